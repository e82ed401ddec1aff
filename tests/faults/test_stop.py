"""A daemon that stands still while its half-sent batch holds a site's lock: the others go on, and what it
says when it wakes is true."""

import os
import signal
import time

import pytest

import late
from fault_proxy import PLACES
from judge import CHAIN, CLAIMS_OVERLAP, keep
from rig import wait_until
from rpc import PASSING, RpcError, new_key


def slot(hour, space="A-01"):
    return {"site": "KSQ", "space": space, "start": f"2055-03-01T{hour:02}:00:00Z", "end": f"2055-03-01T{hour:02}:30:00Z"}


@pytest.fixture
def two(start_daemon, pg_proxy, world_db):
    """A daemon behind the proxy and one that is not."""
    behind = start_daemon("stopped", conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")
    return behind, start_daemon("other")


@pytest.fixture
def stopped(two):
    """stopped(): the first daemon stands still until stopped() is called again; it is woken in the end."""
    state = {"stopped": False}

    def toggle():
        state["stopped"] = not state["stopped"]
        os.kill(two[0].pid, signal.SIGSTOP if state["stopped"] else signal.SIGCONT)

    yield toggle
    if state["stopped"]:
        toggle()


def answer_of(client, number):
    try:
        return "ok", client.answer(number)["booking"]["ref"]
    except RpcError as error:
        return error.kind, None


def final_of(client, **params):
    """The same, of a request that is sent until its answer is final."""
    try:
        return "ok", client.insist("booking.create", **params)["booking"]["ref"]
    except RpcError as error:
        return error.kind, None


def booked(sql, key):
    sql.execute("SELECT b.ref FROM cowork.booking b JOIN cowork.booking_text t USING (site_id, booking_id) "
                "WHERE t.title = %s", (key,))
    return [ref for ref, in sql.fetchall()]


def holder(sql):
    """The backend that holds a lock in a half-sent batch."""
    sql.execute("SELECT pid FROM pg_stat_activity WHERE usename = 'coworkd' AND state = 'active' "
                "AND wait_event = 'ClientRead' AND query LIKE '%lane_run%' AND datname = current_database()")
    found = sql.fetchone()
    return found and found[0]


def sound(sql):
    for query in (CLAIMS_OVERLAP, CHAIN):
        sql.execute(query)
        assert sql.fetchall() == []


@pytest.mark.parametrize("resumed", ["delivered", "cut"])
@pytest.mark.parametrize("place", ["bind_half", "unsynced"])
def test_a_daemon_stopped_in_mid_batch_holds_up_nobody_and_wakes_truthful(place, resumed, two, stopped, pg_proxy,
                                                                          world, sql):
    behind, other = two
    with behind.client(world.token["ada"]) as ada, other.client(world.token["minji"]) as minji:
        ada.change("booking.create", **slot(8))  # the statement is prepared
        key = new_key()
        pg_proxy.rule(PLACES[place].format("stall"))
        number = ada.send("booking.create", **slot(9), key=key, title=key)
        pg_proxy.wait("stalled", 1)
        if place == "unsynced":
            stuck = wait_until(lambda: holder(sql), what="a backend that waits for the rest of its batch")
        stopped()

        began = time.monotonic()
        assert minji.insist_change("booking.create", **slot(10))["booking"]["state"] == "confirmed"
        seconds = time.monotonic() - began  # 3 at most, where the machine is not busy with other things
        keep(f"stop-{place}-{resumed}", {"seconds_until_another_daemon_goes_on": round(seconds, 2)})
        if place == "unsynced":
            terminated = other.wait_log(r"stuck holder of a site's lock was terminated.* backend=(\d+)")
            assert int(terminated.group(1)) == stuck

        # the place is given to another before the first daemon wakes, or is still free
        taken = final_of(minji, **slot(9), key=new_key()) if resumed == "cut" else None
        if resumed == "delivered":
            pg_proxy.resume()
        stopped()
        if resumed == "cut":
            pg_proxy.end("reset")
        kind, ref = answer_of(ada, number)
        if kind == "ok":
            assert booked(sql, key) == [ref]
        elif kind == "slot_taken":
            assert taken[0] == "ok" and booked(sql, key) == []
        else:
            assert kind in PASSING
        again = final_of(ada, **slot(9), key=key, title=key, attempt=2)
        assert again[0] == ("slot_taken" if taken else "ok")
        assert again == (kind, ref) or kind in PASSING
        assert booked(sql, key) == ([] if taken else [again[1]])
    sound(sql)


def test_a_daemon_stopped_with_its_reply_on_the_way_knows_it_when_it_wakes(two, stopped, pg_proxy, world, sql):
    behind, other = two
    with behind.client(world.token["ada"]) as ada, other.client(world.token["minji"]) as minji:
        key = new_key()
        pg_proxy.rule(PLACES["answered"].format("stall"))
        number = ada.send("booking.create", **slot(9), key=key, title=key)
        pg_proxy.wait("stalled", 1)
        stopped()
        assert minji.refused("booking.create", **slot(9), key=new_key()).kind == "slot_taken"
        pg_proxy.resume()
        stopped()
        assert answer_of(ada, number) == ("ok", booked(sql, key)[0])
    sound(sql)


def test_a_daemon_stopped_beyond_a_deadline_says_that_it_does_not_know(start_daemon, pg_proxy, world, world_db, sql):
    """What waited is not done; what flew is unknown, and a retry elsewhere finds out."""
    behind = start_daemon("stopped", conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd",
                          limits__request_timeout="300ms")
    other = start_daemon("other")
    with behind.client(world.token["ada"]) as ada, other.client(world.token["ada"]) as elsewhere:
        flown, waited = new_key(), new_key()
        ada.insist_change("booking.create", **slot(8))  # the calendar is here: what is to come takes no longer than it must
        pg_proxy.rule(PLACES["answered"].format("stall"))
        first = ada.send("booking.create", **slot(9), key=flown, title=flown)
        pg_proxy.wait("stalled", 1)
        second = ada.send("booking.create", **slot(10), key=waited, title=waited)
        os.kill(behind.pid, signal.SIGSTOP)
        told = elsewhere.insist("booking.create", **slot(9), key=flown, title=flown, attempt=2)
        time.sleep(0.4)  # past the deadline
        os.kill(behind.pid, signal.SIGCONT)
        assert answer_of(ada, first)[0] == "outcome_unknown"
        assert answer_of(ada, second)[0] == "timeout"
        pg_proxy.resume()
        assert told["replayed"] is True and booked(sql, flown) == [told["booking"]["ref"]]
        assert ada.insist("booking.create", **slot(9), key=flown, title=flown, attempt=3) == told
        assert booked(sql, waited) == []
    sound(sql)


def test_a_batch_that_arrives_behind_its_fence_does_nothing(start_daemon, pg_proxy, world, world_db, sql):
    daemon = start_daemon(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd", database__lane_connections=1)
    stayed, left = late.run_late_batch(daemon, pg_proxy, world)
    assert (late.booked(sql, stayed), late.booked(sql, left)) == (1, 0)
    lost = daemon.wait_log(r"link lost under a batch.* lane=(\d+) ").group(1)
    sql.execute("SELECT lane_id FROM cowork.fence")
    assert sql.fetchall() == [(int(lost),)]
    with daemon.client(world.token["ada"]) as ada:  # who left comes back, and is not refused for what never was
        ada.insist("booking.create", **late.booking(9, left)[1], key=left, attempt=2)
    assert late.booked(sql, left) == 1
    sound(sql)
