#pragma once

/*
 * After how many milliseconds a client that is refused as busy should ask again, where who waits has
 * waited for `waited_ms` so far: about as long once more, at least a tenth of a second, at most ten,
 * and up to half as much on top by lot, so that those refused together do not come back together.
 */

#include <stdint.h>

int64_t retry_after(int64_t waited_ms);
