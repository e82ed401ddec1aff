"""The one way to wait for what announces itself to nobody: a row of the database, a count of the kernel's."""

import time

WAIT_S = 30


def wait_until(condition, timeout=WAIT_S, what="it"):
    """Looks again and again; the first true answer."""
    deadline = time.monotonic() + timeout
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen in {timeout} s")
        time.sleep(0.002)
    return value
