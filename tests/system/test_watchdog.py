"""The watchdog is fed while the loop, the lanes and the feed make progress, and not when one stands still."""

import os
import signal
import time

import pytest

from fault_proxy import PLACES
from rig import wait_until

BOOKING = {"site": "KSQ", "space": "A-01", "start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}
WATCHED = {"WATCHDOG_USEC": "2000000"}  # it is looked at each second, and two without progress are too many


def fed(daemon):
    with daemon.changed:
        return daemon.notes.count("WATCHDOG=1")


def wait_fed(daemon, more=2):
    aim = fed(daemon) + more
    with daemon.changed:
        assert daemon.changed.wait_for(lambda: daemon.notes.count("WATCHDOG=1") >= aim, 30), "the watchdog is not fed"


def wait_stuck(daemon, what):
    """Says so at each look, and from the first on the watchdog hears nothing."""
    mark = daemon.mark()
    daemon.wait_log(f"lvl=error .*no progress; the watchdog is not fed.*{what}", since=mark)
    before = fed(daemon)
    daemon.wait_log("the watchdog is not fed", count=3, since=mark)
    assert fed(daemon) == before
    daemon.wait_note("; no progress: ")


@pytest.fixture
def watched(start_daemon, pg_proxy, world_db):
    """A watched daemon behind the proxy, with one link for each purpose."""
    return start_daemon(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd", environment=WATCHED,
                        database__lane_connections=1, database__read_connections=1)


def test_the_watchdog_is_fed_while_nothing_happens_and_under_work(watched, world):
    wait_fed(watched)
    with watched.client(world.token["ada"]) as client:
        client.change("booking.create", BOOKING)
        wait_fed(watched)
        assert client.call("server.status")["progress"] is True


def test_without_a_watchdog_nobody_is_told(start_daemon, world):
    daemon = start_daemon()
    with daemon.client(world.token["ada"]) as client:
        client.change("booking.create", BOOKING)
    daemon.stop()
    assert fed(daemon) == 0


def test_the_watchdog_is_fed_while_postgresql_is_away(watched, pg_proxy):
    pg_proxy.refuse()
    pg_proxy.end("cut")
    watched.wait_note("STATUS=waiting for the database")
    wait_fed(watched, 4)
    pg_proxy.refuse(False)
    watched.wait_log("database up", count=2)
    wait_fed(watched)


def test_the_watchdog_is_fed_before_postgresql_ever_came(start_daemon):
    daemon = start_daemon(conninfo="host=/nowhere user=coworkd", environment=WATCHED, ready=False)
    wait_fed(daemon, 4)


def test_a_lane_that_ends_nothing_starves_the_watchdog(watched, pg_proxy, world):
    with watched.client(world.token["ada"]) as client:
        client.change("booking.create", BOOKING)
        pg_proxy.rule(PLACES["sent"].format("stall"))
        number = client.send_change("booking.create", BOOKING, space="A-02")
        pg_proxy.wait("stalled", 1)
        wait_stuck(watched, "1 changes of KSQ wait")
        state = client.call("server.status")
        assert state["progress"] is False and "no progress: 1 changes of KSQ wait" in state["status"]
        pg_proxy.resume()
        assert client.answer(number)["booking"]["state"] == "confirmed"
        watched.wait_log("progress again")
        wait_fed(watched)


def test_a_feed_that_is_not_answered_starves_the_watchdog(watched, pg_proxy):
    wait_fed(watched, 3)  # housekeeping comes a second after the start, and a minute later: only the feed asks now
    pg_proxy.rule("stall before B:*")
    pg_proxy.wait("stalled", 1)
    wait_stuck(watched, "the database has not answered the feed")
    pg_proxy.resume()
    watched.wait_log("progress again")
    wait_fed(watched)


def test_a_loop_that_was_away_is_told(watched):
    wait_fed(watched)
    os.kill(watched.pid, signal.SIGSTOP)
    time.sleep(3)  # a look each second, and a second late: there is no event for it
    before = fed(watched)
    os.kill(watched.pid, signal.SIGCONT)
    watched.wait_log(r"the loop was away.* ms=\d{4}")
    wait_until(lambda: fed(watched) > before, what="the watchdog fed again")
