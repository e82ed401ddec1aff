"""What all suites share: one private cluster, short private folders, and logs kept when a test fails.

`cluster` is the server of tests/db/cluster.py; `database` the name of a fresh migrated one in it.
"""

import pathlib
import shutil
import sys
import tempfile

import pytest

HERE = pathlib.Path(__file__).resolve().parent
for suite in ("db", "system", "faults"):
    sys.path.insert(0, str(HERE / suite))


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.has_failed = True


@pytest.fixture(scope="session")
def cluster():
    from cluster import Cluster
    it = Cluster()
    try:
        it.start()
        yield it
    finally:
        it.stop()


@pytest.fixture
def database(cluster):
    with cluster.clone() as name:
        yield name


@pytest.fixture
def short_dir():
    """A folder whose path is short enough for a socket in it (107 bytes)."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cw-"))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)
