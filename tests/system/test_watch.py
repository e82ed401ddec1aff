"""Watching a site: a snapshot, then everything that happens, each once, in order, and to each what they may know."""

import datetime
import json
import random

import pytest

from rig import wait_until
from watcher import DAY, HERE, Watcher, block, book, cancel, log_revs, move
from world import Lane

FAR_REV = 10**12


def fill(world, sql, count, space="A-10"):
    """Bookings straight into the database: one an hour."""
    lane = Lane(sql.connection)
    start = 1_900_000_000_000_000 // 3_600_000_000 * 3_600_000_000
    for first in range(0, count, 100):
        commands = [("booking.create", {"spaces": [space], "start": start + n * 3_600_000_000, "end": start + (n + 1) * 3_600_000_000,
                                        "zone": "America/New_York", "source": "import"},
                     {"refs": refs(n)}) for n in range(first, min(first + 100, count))]
        outcomes = lane.run(world.site[HERE], commands)
        assert all(outcome["o"] == "done" for outcome in outcomes), outcomes[0]
    sql.connection.commit()


def refs(number):
    """References that nobody else makes, good enough for a row that nobody looks up."""
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    text = "".join(alphabet[number // 32**place % 32] for place in range(5))
    return [f"R-{text}0"]


# What is told

def test_who_begins_to_watch_is_told_what_is_held_and_then_what_happens(connect):
    ada, desk = connect("ada"), connect("desk")
    first = book(ada)["booking"]
    watcher = Watcher(desk)
    assert watcher.state()["A-01"][first["start"], first["end"]]["booking"]["ref"] == first["ref"]
    assert {"A-02", "A-10", "P-1"} <= set(watcher.held), "a space that nothing holds is told, too"
    done = book(ada, "A-02")
    watcher.until(done["rev"])
    [event] = watcher.events
    assert event["kind"] == "booking.created" and event["space"] == "A-02" and event["taken"]
    for name in ("ref", "state", "version", "tenant", "member", "member_name"):
        assert event["booking"][name] == done["booking"][name]
    assert event["actor"] == done["booking"]["created_by"]


def test_a_move_tells_what_is_free_by_it_and_a_cancellation_frees(connect):
    ada = connect("ada")
    ref = book(ada)["booking"]["ref"]
    watcher = Watcher(connect("desk"))
    moved = move(ada, ref, space="A-03")
    watcher.until(moved["rev"])
    assert watcher.events[-1]["was"]["space"] == "A-01" and watcher.events[-1]["space"] == "A-03"
    assert "A-01" not in watcher.state() and "A-03" in watcher.state()
    watcher.until(cancel(ada, ref)["rev"])
    assert watcher.events[-1]["taken"] is False and "was" not in watcher.events[-1]
    assert not watcher.state()


def test_a_block_that_ends_gives_back_what_it_held(connect, world, sql):
    desk = connect("desk")
    watcher = Watcher(connect("desk"))
    made = block(desk)
    watcher.until(made["rev"])
    [held] = watcher.state()["A-01"].values()
    assert held["blocked"] and held["block"]["ref"] == made["block"]["ref"]
    half = datetime.datetime.fromisoformat(made["block"]["start"]) + datetime.timedelta(minutes=30)
    lane = Lane(sql.connection)
    rev = lane.do(world.site[HERE], "block.end", {"ref": made["block"]["ref"], "at": int(half.timestamp()) * 1_000_000})["rev"]
    sql.connection.commit()
    watcher.until(rev)
    [(start, end)] = watcher.state()["A-01"]
    assert start == made["block"]["start"] and datetime.datetime.fromisoformat(end) == half
    assert watcher.events[-1]["was"]["end"] == made["block"]["end"]


def test_the_snapshot_tells_which_spaces_are_taken_together(connect):
    watcher = Watcher(connect("minji"))
    spaces = {space["space"]: space.get("shares") for line in watcher.lines for space in json.loads(line)["params"]["spaces"]}
    assert (spaces["AB"], spaces["RA"], spaces["A-01"]) == (["RA", "RB"], ["AB"], None)


def test_a_change_of_the_catalogue_is_told_by_its_code(connect):
    watcher = Watcher(connect("ada"))
    done = connect("admin").change("space.update", site=HERE, space="A-01", capacity=2)
    watcher.until(done["rev"])
    assert watcher.events == [{"rev": done["rev"], "kind": "space.updated", "code": "A-01"}]


@pytest.mark.parametrize("topic,kinds", [("bookings", {"booking.created"}), ("blocks", {"block.created"}),
                                         ("catalogue", {"space.updated"})])
def test_topics_leave_out_the_rest(connect, topic, kinds):
    desk, admin = connect("desk"), connect("admin")
    watcher = Watcher(connect("admin"), topics=[topic])
    book(desk)
    block(desk)
    admin.change("space.update", site=HERE, space="A-01", capacity=3)
    # the last one is of all topics' kinds in turn, so the others have been passed by then
    last = {"bookings": lambda: book(desk, "A-05"), "blocks": lambda: block(desk, "A-05"),
            "catalogue": lambda: admin.change("space.update", site=HERE, space="A-05", capacity=3)}[topic]()
    watcher.until(last["rev"])
    assert {event["kind"] for event in watcher.events} == kinds and len(watcher.events) == 2


@pytest.mark.parametrize("who", ["desk", "boss", "minji"])
@pytest.mark.parametrize("seed", [1, 2])
def test_the_events_keep_the_snapshot_true_for_every_class(connect, world, who, seed):
    chance = random.Random(seed)
    desk = connect("desk")
    watcher, live, blocks = Watcher(connect(who)), [], []
    done = {"rev": watcher.rev}
    for _ in range(60):
        space, hour = f"A-{chance.randint(1, 4):02}", chance.randint(8, 17)
        span = {"start": f"{DAY}T{hour:02}:00", "end": f"{DAY}T{hour + chance.randint(1, 3):02}:00"}
        what = chance.random()
        try:
            if what < 0.5 or not live:
                done = desk.change("booking.create", site=HERE, space=space, **span,
                                   **chance.choice([{}, {"for": world.login["ada"]}, {"for": world.login["minji"]}]))
                live.append(done["booking"]["ref"])
            elif what < 0.7:
                done = move(desk, chance.choice(live), space=space, **span)
            elif what < 0.85:
                done = cancel(desk, live.pop(chance.randrange(len(live))))
            elif what < 0.93 or not blocks:
                done = desk.change("block.create", site=HERE, space=space, reason="repair", **span)
                blocks.append(done["block"]["ref"])
            else:
                done = desk.change("block.end", site=HERE, ref=blocks.pop())
        except Exception as error:
            assert error.kind in ("slot_taken", "blocked", "wrong_state", "bad_time", "own_overlap"), error
    watcher.until(done["rev"])
    assert len(watcher.revs) > 20 and watcher.state() == Watcher(connect(who)).state()


def test_every_class_is_told_what_it_may_know_and_nothing_else(connect, world):
    ada, desk = connect("ada"), connect("desk")
    watchers = {who: Watcher(connect(who)) for who in ("minji", "bob", "desk", "auditor")}
    private = {"title": "Merger talks", "note": "tell nobody", "guest": "Gwen Guest"}
    ref = book(ada, **private)["booking"]["ref"]
    move(ada, ref, space="A-02")
    ended = desk.change("block.end", site=HERE, ref=block(desk, "A-03")["block"]["ref"])
    started = Watcher(connect("minji"))
    last = cancel(ada, ref)
    for watcher in (*watchers.values(), started):
        watcher.until(last["rev"])
    assert ended["rev"] < last["rev"]
    for event in watchers["minji"].events:
        assert set(event) <= {"rev", "space", "start", "end", "taken", "blocked", "was"}, event
    for watcher in (watchers["minji"], started):
        told = "".join(watcher.lines)
        assert ref not in told and "booking" not in told.replace("bookings", "") and "repair" not in told
        for person in people(world):
            assert person not in told
    for who in ("bob", "desk", "auditor"):
        events = watchers[who].events
        assert [event["kind"] for event in events if "booking" in event] == \
            ["booking.created", "booking.moved", "booking.cancelled"]
        assert all(event["booking"]["ref"] == ref for event in events if "booking" in event)
    assert all("block" not in event and "kind" not in event for event in watchers["bob"].events if "blocked" in event)
    assert [event["block"]["state"] for event in watchers["desk"].events if "block" in event] == ["active", "ended"]
    for watcher in watchers.values():
        told = "".join(watcher.lines)
        assert not any(text in told for text in private.values())


def people(world):
    return [text for login, name, *_ in world.PEOPLE.values() for text in (login, name)]


# Going on behind a rev

def test_who_goes_on_behind_a_rev_is_told_every_event_since_from_the_log(connect, world, sql):
    fill(world, sql, 700)
    revs = log_revs(sql)
    watcher = Watcher(connect("desk"), since_rev=0).until(revs[-1])
    assert watcher.revs == revs and watcher.parts == 0 and watcher.skipped == 0
    done = book(connect("ada"))
    assert watcher.until(done["rev"]).revs == [*revs, done["rev"]]
    middle = Watcher(connect("desk"), since_rev=revs[300]).until(done["rev"])
    assert middle.revs == [*revs[301:], done["rev"]]


def test_events_from_the_log_are_those_that_were_told_when_they_happened(connect):
    desk = connect("desk")
    for who in ("desk", "bob", "minji"):
        live = Watcher(connect(who))
        ref = book(desk, "A-04", **{"for": "ada@acme.example"})["booking"]["ref"]
        move(desk, ref, space="A-05")
        cancel(desk, ref)
        made = block(desk, "A-06")["block"]["ref"]
        last = desk.change("block.end", site=HERE, ref=made)
        live.until(last["rev"])
        # another daemon's log does not begin before its first watcher; here it is long enough to be asked for
        again = Watcher(connect(who), since_rev=0).until(last["rev"])
        assert [event for event in again.events if event["rev"] > live.began] == live.events


def test_nobody_is_told_of_a_rev_that_the_site_never_had(connect):
    error = connect("desk").refused("watch.start", site=HERE, since_rev=FAR_REV)
    assert error.kind == "behind"


def test_a_history_that_was_replaced_ends_the_watch_and_says_so(connect, sql):
    ada = connect("ada")
    book(ada)
    watcher = Watcher(connect("desk"))
    sql.execute("UPDATE cowork.site SET last_hash = sha256('other') WHERE code = %s", (HERE,))
    sql.connection.commit()
    assert watcher.until_lost() == "reset"
    assert Watcher(connect("desk")).state()


# The life of a watch

def test_nothing_comes_behind_the_answer_of_stop(connect):
    desk = connect("desk")
    watcher = Watcher(desk)
    assert desk.call("watch.stop", watch=watcher.number) == {}
    mark = len(desk.notifications)
    rev = book(connect("ada"))["rev"]
    Watcher(connect("desk"), since_rev=rev - 1).until(rev)
    desk.call("session.ping")
    assert desk.notifications[mark:] == []
    assert desk.refused("watch.stop", watch=watcher.number).kind == "not_found"


def test_a_connection_has_so_many_watches_and_no_more(connect):
    desk = connect("desk")
    numbers = [desk.call("watch.start", site=HERE)["watch"] for _ in range(8)]
    assert len(set(numbers)) == 8
    assert desk.refused("watch.start", site=HERE).kind == "busy"
    desk.call("watch.stop", watch=numbers[0])
    assert desk.call("watch.start", site=HERE)["watch"] not in numbers
    assert connect("desk").call("watch.start", site=HERE)
    assert desk.call("server.status")["watches"] == 9


def test_two_watches_of_one_connection_are_told_apart(connect):
    desk = connect("operator")
    here, there = desk.call("watch.start", site="KSQ")["watch"], desk.call("watch.start", site="DJN")["watch"]
    booked = desk.change("booking.create", site="DJN", space="A-01", start=f"{DAY}T09:00", end=f"{DAY}T10:00")
    while not any(n["method"] == "watch.event" for n in desk.notifications):
        desk.notifications.append(desk.read_message())
    [told] = [n["params"] for n in desk.notifications if n["method"] == "watch.event"]
    assert told["watch"] == there != here and told["rev"] == booked["rev"]


def test_a_watch_says_again_and_again_that_it_goes_on(start_daemon, world):
    daemon = start_daemon("ticking", limits__watch_tick="200ms")
    with daemon.client(world.token["desk"]) as client:
        watcher = Watcher(client)
        while len(watcher.ticks) < 3:
            watcher.step()
        assert {tick["rev"] for tick in watcher.ticks} == {watcher.rev}


def test_a_watch_ends_with_the_login_it_was_begun_by(connect, world):
    client = connect("desk")
    watcher = Watcher(client)
    client.auth(world.token["minji"])
    book(connect("ada"), title="for the desk alone")
    assert watcher.until_lost() == "revoked" and not watcher.events
    client.call("session.logout")
    mark = len(client.notifications)
    client.auth(world.token["desk"])
    client.call("session.ping")
    assert client.notifications[mark:] == []


def test_a_login_that_is_revoked_ends_its_watches_at_once(connect, world):
    watcher, other = Watcher(connect("desk")), Watcher(connect("auditor"))
    connect("operator").change("token.revoke", token=world.token["desk"][4:12])
    assert watcher.until_lost() == "revoked"
    last = book(connect("ada"))
    assert other.until(last["rev"]).events and not watcher.events


def test_other_rights_need_another_watch(connect, world):
    client = connect("bob")
    watcher = Watcher(client)
    connect("operator").change("member.update", login=world.login["bob"], role="tenant_admin")
    assert watcher.until_lost() == "revoked"
    again = Watcher(client, since_rev=watcher.rev)
    assert again.until(book(connect("ada"))["rev"]).events[0]["booking"]["member"] == world.login["ada"]


def test_staff_of_one_site_watch_no_other(connect):
    assert connect("desk").refused("watch.start", site="DJN").kind == "forbidden"
    assert connect("desk").refused("watch.start", site=HERE, topics=["secrets"]).data["field"] == "topics"


def test_all_who_watch_are_told_that_the_server_stops(daemon, connect):
    desk = connect("desk")
    watcher = Watcher(desk)
    daemon.terminate()
    while watcher.step()["method"] != "server.draining":
        pass
    with pytest.raises(EOFError):
        desk.read_message()


def test_the_client_that_leaves_leaves_no_watch_behind(daemon, connect, world):
    for _ in range(20):
        with daemon.client(world.token["desk"]) as client:
            client.call("watch.start", site=HERE)
    status = connect("desk")
    wait_until(lambda: status.call("server.status")["watches"] == 0)
    book(status)


def test_a_snapshot_of_many_bookings_comes_in_parts_of_moderate_size(connect, world, sql):
    fill(world, sql, 1500)
    fill_other = [f"A-{n:02}" for n in range(1, 10)]
    desk = connect("desk")
    for space in fill_other:
        book(desk, space)
    watcher = Watcher(connect("desk"))
    assert watcher.parts > 1 and len(watcher.held["A-10"]) == 1500
    assert all(len(watcher.held[space]) == 1 for space in fill_other)
    assert max(map(len, watcher.lines)) < 1024 * 1024
    assert json.loads(watcher.lines[0])["params"]["part"] == 1
