/* See retry.h. */

#include "daemon/retry.h"

#include "common/crypto.h"

#define LEAST_MS 100
#define MOST_MS	 10000

int64_t retry_after(int64_t waited_ms)
{
	int64_t wait = waited_ms < LEAST_MS ? LEAST_MS : waited_ms > MOST_MS ? MOST_MS : waited_ms;
	uint32_t lot = 0;

	/* Without random bytes all wait equally long. */
	(void)crypto_random(&lot, sizeof(lot));
	return wait + (int64_t)(lot % 1024) * wait / 2048;
}
