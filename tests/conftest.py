"""Fixtures of all suites; db/cluster.py, system/rig.py and system/world.py say what they give.

`cluster` is the one private server, `database` the name of a fresh migrated database in it. `daemon` is
one coworkd on `world_db`, a database of its own with the people and places of `world`. `start_daemon`
starts more of them, `connect` gives a protocol client and `cowork` the command line of a person, `sql`
an administrator's look into the database, and `pg_proxy` stands between a daemon and PostgreSQL.
"""

import contextlib
import pathlib
import shutil
import signal
import sys
import tempfile
import threading

import pytest

TEST_LIMIT_S = 180
HERE = pathlib.Path(__file__).resolve().parent
for suite in ("db", "system", "faults"):
    sys.path.insert(0, str(HERE / suite))

from cluster import Cluster  # noqa: E402  these three stand in the folders just named
from fault_proxy import FaultProxy  # noqa: E402
from rig import CommandLine, daemons, make_certificate  # noqa: E402
from world import World  # noqa: E402


def takes_signals():
    """A worker of pytest-xdist that is given work before its main thread is ready for it runs in another thread."""
    return threading.current_thread() is threading.main_thread()


def pytest_configure(config):
    """SIGTERM ends a run as Ctrl-C does: what was started is stopped."""
    def interrupt(*_):
        raise KeyboardInterrupt

    config.addinivalue_line("markers", "limit(seconds): how long the test may take")
    if takes_signals():
        signal.signal(signal.SIGTERM, interrupt)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_protocol(item):
    """A test that hangs fails, and says where."""
    marker = item.get_closest_marker("limit")
    limit = marker.args[0] if marker else TEST_LIMIT_S

    def late(*_):
        raise AssertionError(f"not done in {limit} s")

    if not takes_signals():
        yield
        return
    signal.signal(signal.SIGALRM, late)
    signal.alarm(limit)
    yield
    signal.alarm(0)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    outcome = yield
    report = outcome.get_result()
    if report.failed:
        item.has_failed = True


@pytest.fixture(scope="session")
def cluster():
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


@pytest.fixture(scope="session")
def certificate():
    """Paths of a certificate and its key, for localhost."""
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cw-tls-"))
    yield make_certificate(folder)
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def world_template(cluster):
    with cluster.clone() as name:
        with contextlib.closing(cluster.connect(name, cluster.admin)) as connection:
            made = World(connection)
        yield name, made


@pytest.fixture
def world(world_template):
    return world_template[1]


@pytest.fixture
def world_db(cluster, world_template):
    """The name of a database with the world in it."""
    with cluster.clone(world_template[0]) as name:
        yield name


@pytest.fixture
def sql(cluster, world_db):
    """An administrator's psycopg2 cursor in the test's database."""
    with contextlib.closing(cluster.connect(world_db, cluster.admin)) as connection:
        yield connection.cursor()


@pytest.fixture
def start_daemon(request, cluster, world_db, certificate, short_dir):
    """start_daemon(name=..., conninfo=..., ready=True, **options): another coworkd, stopped at the end."""
    with daemons(request, short_dir, certificate, cluster.conninfo(world_db)) as start:
        yield start


@pytest.fixture
def daemon(start_daemon):
    return start_daemon("coworkd")


@pytest.fixture
def connect(daemon, world):
    """connect("ada"): a client logged in as that person of the world; connect(): one that is not."""
    with contextlib.ExitStack() as stack:
        yield lambda who=None, **options: stack.enter_context(
            daemon.client(world.token[who] if who else None, **options))


@pytest.fixture
def cowork(short_dir, daemon, world):
    """cowork("ada", site="KSQ"): the command line of that person; .run(...) runs it."""
    def make(who=None, site="KSQ"):
        return CommandLine(short_dir, daemon, who or "nobody").context(world.token[who] if who else None, site)

    return make


@pytest.fixture
def pg_proxy(short_dir, cluster):
    """A fault proxy in front of the cluster; pg_proxy.conninfo + " dbname=... user=..." goes through it."""
    folder = short_dir / "pg"
    folder.mkdir()
    with FaultProxy(folder, f"{cluster.host}/.s.PGSQL.5432") as proxy:
        yield proxy
