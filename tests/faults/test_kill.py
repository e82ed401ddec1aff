"""Daemons, backends and the whole server are killed in mid-booking: what was acknowledged stays, and nothing
is done twice."""

import contextlib
import os
import random
import signal

import psycopg2
import pytest

from cluster import Cluster
from fault_proxy import PLACES
from judge import CHAIN, CLAIMS_OVERLAP, Judge, deadlocks, keep
from load import Load
from rig import wait_until
from rpc import new_key
from world import World

SEED = int(os.environ.get("COWORK_SEED", "7470"))
KILLS = int(os.environ.get("COWORK_KILLS", "12"))          # of daemons under load
BACKENDS = int(os.environ.get("COWORK_BACKENDS", "150"))   # of backends under load
CRASHES = int(os.environ.get("COWORK_CRASHES", "6"))      # of the server under load
# After a crash of its processes the server must know what it acknowledged: no such short cut here.
DURABLE = "synchronous_commit = on\n"
QUIET = {"log__level": "info", "log__requests": "none"}


def slot(hour):
    return {"site": "KSQ", "space": "A-01", "start": f"2055-03-01T{hour:02}:00:00Z", "end": f"2055-03-01T{hour:02}:30:00Z"}


# What becomes of the bytes that were on the way when the daemon died: lost, delivered at once, or delivered
# when the command was run elsewhere already.
@pytest.mark.parametrize("then", ["lost", "delivered", "delayed"])
@pytest.mark.parametrize("place", PLACES)
def test_a_daemon_killed_in_mid_booking_and_the_retry_elsewhere(place, then, start_daemon, pg_proxy, world, world_db,
                                                                sql):
    doomed = start_daemon("doomed", conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")
    other = start_daemon("other")
    with doomed.client(world.token["ada"]) as ada:
        ada.change("booking.create", **slot(8))  # the statement is prepared
        key = new_key()
        asked = {**slot(9), "key": key, "title": key}
        pg_proxy.rule(PLACES[place].format("stall"))
        ada.send("booking.create", **asked)
        pg_proxy.wait("stalled", 1)
        doomed.kill()
    if then == "lost":
        pg_proxy.end("cut")
    elif then == "delivered":
        pg_proxy.resume()
    with other.client(world.token["ada"]) as ada:
        told = ada.insist("booking.create", **asked, attempt=2)
    if then == "delayed":
        pg_proxy.resume()
        pg_proxy.wait("accepted", 1)
    wait_until(lambda: pg_proxy.stats()["open"] == 0, what="the end of the dead daemon's links")
    doomed.start()
    with doomed.client(world.token["ada"]) as ada:
        again = ada.insist("booking.create", **asked, attempt=3)
    assert again["booking"] == told["booking"] and again["replayed"] is True
    sql.execute("SELECT b.ref FROM cowork.booking b JOIN cowork.booking_text USING (site_id, booking_id) "
                "WHERE title = %s", (key,))
    assert sql.fetchall() == [(told["booking"]["ref"],)]
    for query in (CLAIMS_OVERLAP, CHAIN):
        sql.execute(query)
        assert sql.fetchall() == []


def answers(load, more):
    """Waits until the load got that many more of its bookings done."""
    aim = load.answered + more
    wait_until(lambda: load.answered >= aim or load.problems, timeout=60, what="further bookings")


@pytest.mark.limit(180 + 5 * KILLS)
def test_daemons_killed_under_load_lose_and_double_nothing(start_daemon, world, sql):
    rng = random.Random(SEED)
    daemons = [start_daemon(**QUIET) for _ in range(2)]
    with Load(world, daemons, seed=SEED, workers=6, window=4) as load:
        for number in range(KILLS):
            answers(load, rng.randrange(10, 60))
            daemon = daemons[number % 2]
            daemon.kill()
            daemon.start()
    figures = {"seed": SEED, "daemons_killed": KILLS, **Judge(sql, load).verdict()}
    keep("kill_daemons", figures)
    assert figures["in_doubt"] > 0


@pytest.mark.limit(180 + BACKENDS)
def test_backends_terminated_under_load_lose_and_double_nothing(start_daemon, world, sql):
    rng = random.Random(SEED)
    daemons = [start_daemon(**QUIET, database__lane_connections=8) for _ in range(2)]
    before = deadlocks(sql)
    ended = 0
    with Load(world, daemons, seed=SEED, workers=6, window=4) as load:
        while ended < BACKENDS and not load.problems:
            sql.execute("SELECT pid, pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'coworkd' AND "
                        "datname = current_database() AND state = 'active' AND query LIKE '%lane_run%' LIMIT 1")
            ended += len(sql.fetchall())
            answers(load, rng.randrange(1, 12))
    figures = {"seed": SEED, "backends_terminated": ended, **Judge(sql, load).verdict()}
    keep("kill_backends", figures)
    assert deadlocks(sql) == before


@pytest.fixture(scope="module")
def own_cluster():
    """A server that may be crashed; it keeps its word after that."""
    it = Cluster(settings=DURABLE)
    try:
        it.start()
        yield it
    finally:
        it.stop()


def lane_backend(cluster, database):
    """The process of a backend that works on a batch."""
    with contextlib.closing(cluster.connect(database, cluster.admin)) as connection:
        cursor = connection.cursor()
        cursor.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'coworkd' AND datname = current_database() "
                       "AND query LIKE '%lane_run%' ORDER BY state LIMIT 1")  # active before idle
        found = cursor.fetchone()
        return found and found[0]


def server_back(cluster, database):
    def look():
        try:
            cluster.connect(database, cluster.admin).close()
            return True
        except psycopg2.OperationalError:
            return False

    wait_until(look, timeout=60, what="the server's recovery")


@pytest.mark.limit(180 + 15 * CRASHES)
def test_a_server_crashed_under_load_loses_and_doubles_nothing(own_cluster, start_daemon):
    rng = random.Random(SEED)
    with own_cluster.clone() as database:
        with contextlib.closing(own_cluster.connect(database, own_cluster.admin)) as connection:
            world = World(connection)
        daemons = [start_daemon(conninfo=own_cluster.conninfo(database), **QUIET) for _ in range(2)]
        with Load(world, daemons, seed=SEED, workers=6, window=4) as load:
            for number in range(CRASHES):
                answers(load, rng.randrange(20, 120))
                if number % 2 == 0:
                    own_cluster.crash()
                elif pid := lane_backend(own_cluster, database):
                    os.kill(pid, signal.SIGKILL)  # the server then ends all others and recovers
                server_back(own_cluster, database)
        for daemon in daemons:
            daemon.stop()
        with contextlib.closing(own_cluster.connect(database, own_cluster.admin)) as connection:
            figures = {"seed": SEED, "server_crashes": CRASHES, **Judge(connection.cursor(), load).verdict()}
        keep("kill_server", figures)
