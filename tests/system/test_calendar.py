"""What is free and what is taken, from the calendars that daemons keep in memory."""

import random
from datetime import datetime

import pytest
from rig import wait_until
from rpc import new_key

DAY = "2055-03-01"


def search(client, start="09:00", end="17:00", site="KSQ", **more):
    found = client.call("space.search", site=site, start=f"{DAY}T{start}", end=f"{DAY}T{end}", limit=500, **more)
    return [each["space"]["code"] for each in found["spaces"]]


def book(client, space="A-01", start="09:00", end="17:00", site="KSQ"):
    return client.change("booking.create", site=site, space=space, start=f"{DAY}T{start}", end=f"{DAY}T{end}")


def day(client, space, site="KSQ", date=DAY, **more):
    found = client.call("space.day", site=site, space=space, date=date, **more)
    return [(span["start"], span["end"], span["state"]) for span in found["spaces"][0]["spans"]]


def test_a_booked_desk_is_found_no_more_and_a_cancelled_one_again(connect):
    ada = connect("ada")
    assert "A-01" in search(ada, kind="desk")
    booking = book(ada)["booking"]
    assert "A-01" not in search(ada, kind="desk")
    assert "A-01" in search(ada, "17:00", "18:00")  # half-open: the next may begin where this one ends
    ada.change("booking.cancel", site="KSQ", ref=booking["ref"])
    assert "A-01" in search(ada, kind="desk")


def test_a_divisible_room_is_taken_when_its_half_is(connect):
    ada = connect("ada")
    assert {"AB", "RA", "RB"} <= set(search(ada))
    book(ada, "RA")
    assert {"AB", "RA", "RB"} & set(search(ada)) == {"RB"}
    states = [state for _, _, state in day(ada, "AB")]
    assert "taken" in states


def test_the_best_fit_comes_first(connect):
    ada = connect("ada")
    assert search(ada, kind="room", capacity=6) == ["RA", "RB", "AB"]
    assert search(ada, kind="room", capacity=9) == ["AB"]


def test_a_day_is_filled_from_midnight_to_midnight_also_where_the_clock_changes(connect):
    ada = connect("ada")
    for date, hours in (("2055-03-13", 24), ("2055-03-14", 23), ("2055-11-07", 25)):
        found = ada.call("space.day", site="KSQ", space="A-01", date=date)
        spans = found["spaces"][0]["spans"]
        assert spans[0]["start"] == found["start"] and spans[-1]["end"] == found["end"]
        assert all(a["end"] == b["start"] for a, b in zip(spans, spans[1:]))
        start, end = (found[edge].replace("Z", "+00:00") for edge in ("start", "end"))
        assert (datetime.fromisoformat(end) - datetime.fromisoformat(start)).total_seconds() == hours * 3600


def test_a_day_that_was_told_before_is_told_as_it_is_now(connect):
    """What who knows nobody there is told is kept; staff are told afresh each time, and see the same without names."""
    minji, ada, desk, operator = (connect(who) for who in ("minji", "ada", "desk", "operator"))
    told = []

    def compare(what):
        for code in ("RA", "RB", "AB", "A-01"):
            fresh = desk.call("space.day", site="KSQ", space=code, date=DAY)["spaces"]
            for span in fresh[0]["spans"]:
                span.pop("booking", None)
            for _ in range(2):
                assert minji.call("space.day", site="KSQ", space=code, date=DAY)["spaces"] == fresh, (what, code)
        told.append(minji.call("space.day", site="KSQ", date=DAY)["spaces"])
        assert told[-1] not in told[:-1], what

    compare("at first")
    ref = book(ada, "RA")["booking"]["ref"]
    compare("booked")
    ada.change("booking.move", site="KSQ", ref=ref, space="RB", start=f"{DAY}T10:00", end=f"{DAY}T11:00")
    compare("moved")
    desk.change("block.create", site="KSQ", space="A-01", start=f"{DAY}T09:00", end=f"{DAY}T10:00", reason="paint")
    compare("blocked")
    operator.change("space.update", site="KSQ", space="AB", name="Both halves")
    compare("named")
    operator.change("site.update", site="KSQ", open="08:00", close="20:00", closed_days=[0])
    compare("open longer")
    ada.change("booking.cancel", site="KSQ", ref=ref)
    compare("cancelled")


def test_what_strangers_were_told_is_not_what_the_holder_is_told(connect):
    minji, ada, bob = (connect(who) for who in ("minji", "ada", "bob"))
    book(ada, "RA")

    def bookings(client):
        spans = client.call("space.day", site="KSQ", space="RA", date=DAY)["spaces"][0]["spans"]
        return [span["booking"]["member"] for span in spans if "booking" in span]

    for _ in range(2):
        assert (bookings(minji), bookings(ada), bookings(bob)) == ([], ["ada@acme.example"], ["ada@acme.example"])


def test_a_week_is_seven_days(connect):
    ada = connect("ada")
    book(ada)
    found = ada.call("space.week", site="KSQ", space="A-01", date=DAY)
    assert found["start"] == "2055-03-01T05:00:00Z" and found["end"] == "2055-03-08T05:00:00Z"
    assert [span["state"] for span in found["spaces"][0]["spans"]] == ["free", "taken", "free"]


def test_another_tenants_booking_is_only_taken(connect):
    book(connect("minji"), site="DJN")
    ada = connect("ada")
    spans = ada.call("space.day", site="DJN", space="A-01", date=DAY)["spaces"][0]["spans"]
    taken = [span for span in spans if span["state"] == "taken"]
    assert taken and all(set(span) == {"start", "end", "state"} for span in taken)
    assert "booking" in [span for span in connect("operator").call(
        "space.day", site="DJN", space="A-01", date=DAY)["spaces"][0]["spans"] if span["state"] == "taken"][0]


def test_outside_opening_hours_a_site_is_closed(connect):
    operator = connect("operator")
    operator.change("site.update", site="KSQ", open="08:00", close="20:00", closed_days=[0])
    monday = day(operator, "A-01", date="2055-03-01")
    assert [state for _, _, state in monday] == ["closed", "free", "closed"]
    assert monday[1][:2] == ("2055-03-01T13:00:00Z", "2055-03-02T01:00:00Z")
    assert [state for _, _, state in day(operator, "A-01", date="2055-03-07")] == ["closed"]


def test_what_is_found_can_be_booked(connect):
    """A time that no rule allows is refused as the booking would be; staff may pass rules."""
    operator, ada = connect("operator"), connect("ada")
    operator.change("site.update", site="KSQ", open="08:00", close="20:00", closed_days=[0],
                    rules={"desk": {"longest": 480, "one_at_a_time": True}, "room": {"longest": 120}, "booth": {"longest": 120}})
    at = {"site": "KSQ", "start": f"{DAY}T08:00", "end": f"{DAY}T12:00"}
    wait_until(lambda: {each["space"]["kind"] for each in ada.call("space.search", **at, limit=500)["spaces"]} == {"desk"})
    assert "room" in {each["space"]["kind"] for each in operator.call("space.search", **at, limit=500)["spaces"]}
    for more, kind, rule, field in (
            ({"end": f"{DAY}T16:01", "kind": "desk"}, "too_long", "longest", "end"),
            ({"kind": "room"}, "too_long", "longest", "end"),
            ({"start": f"{DAY}T07:59"}, "closed", "hours", "start"),
            ({"start": "2055-03-07T09:00", "end": "2055-03-07T10:00"}, "closed", "closed_day", "start")):
        error = ada.refused("space.search", **{**at, **more})
        assert (error.kind, error.data["rule"], error.data["field"]) == (kind, rule, field), more
        assert error.data["hint"]
    assert ada.refused("space.search", **at, kind="room").data["limit"] == 120
    book(ada, "A-01", "08:00", "12:00")
    assert search(ada, "08:00", "12:00", kind="desk"), "for somebody else it is free"


def test_another_daemon_shows_a_booking_to_who_has_seen_its_rev(start_daemon, world):
    one, two = start_daemon("one"), start_daemon("two")
    with one.client(world.token["ada"]) as ada, two.client(world.token["ada"]) as elsewhere:
        search(elsewhere)  # its calendar is loaded, before the booking
        for number in range(1, 10):
            rev = book(ada, f"A-{number:02}")["rev"]
            assert f"A-{number:02}" not in search(elsewhere, min_rev=rev)


def taken_by_database(sql, unit):
    sql.execute("""SELECT lower(occupied), upper(occupied) FROM cowork.claim c JOIN cowork.unit u USING (site_id, unit_id)
        JOIN cowork.site s USING (site_id) WHERE live AND s.code = 'KSQ' AND u.code = %s ORDER BY 1""", (unit,))
    return [tuple(at.strftime("%Y-%m-%dT%H:%M:%SZ") for at in row) for row in sql.fetchall()]


@pytest.mark.parametrize("seed", range(3))
def test_random_changes_by_two_daemons_leave_both_calendars_as_the_database_is(start_daemon, world, sql, seed):
    chance = random.Random(seed)
    daemons = [start_daemon("one"), start_daemon("two")]
    clients = [daemon.client(world.token["operator"]) for daemon in daemons]
    for client in clients:
        search(client)
    live = []
    units = {"A-01": "A-01", "A-02": "A-02", "RA": "RA", "RB": "RB"}
    for _ in range(60):
        client = chance.choice(clients)
        what = chance.random()
        start = chance.randrange(0, 22)
        span = {"start": f"{DAY}T{start:02}:00", "end": f"{DAY}T{start + chance.randrange(1, 3):02}:00"}
        space = chance.choice(["A-01", "A-02", "AB", "RA", "RB"])
        if what < 0.5 or not live:
            number = client.send_change("booking.create", site="KSQ", space=space, **span)
        elif what < 0.75:
            number = client.send_change("booking.move", site="KSQ", ref=chance.choice(live), space=space, **span)
        elif what < 0.9:
            number = client.send_change("booking.cancel", site="KSQ", ref=live.pop(chance.randrange(len(live))))
        else:
            number = client.send_change("booking.undo", site="KSQ")
        try:
            reply = client.answer(number)
        except Exception as error:
            assert error.kind in ("slot_taken", "not_found", "wrong_state"), error
            continue
        if reply.get("undone") == "created" and reply["booking"]["ref"] in live:
            live.remove(reply["booking"]["ref"])
        if reply["booking"]["state"] == "confirmed" and reply["booking"]["ref"] not in live:
            live.append(reply["booking"]["ref"])
        for space, unit in units.items():
            expected = taken_by_database(sql, unit)
            for each in clients:
                spans = [(start, end) for start, end, state in day(each, space, min_rev=reply["rev"])
                         if state == "taken"]
                assert spans == expected, (seed, space, reply)
    for client in clients:
        client.close()


def test_a_log_with_another_hash_makes_a_daemon_load_again_and_say_so(connect, daemon, sql):
    ada = connect("ada")
    book(ada)
    search(ada)
    sql.execute("UPDATE cowork.site SET last_hash = sha256('other') WHERE code = 'KSQ'")
    sql.connection.commit()
    daemon.wait_log("a calendar was wrong and is loaded again")
    assert ada.call("server.status")["calendar_reloads"] > 0
    assert "A-01" not in search(ada)


def test_without_the_database_the_desk_still_sees_who_is_in(connect, daemon, pg_proxy, start_daemon, world, world_db):
    behind = start_daemon("behind", conninfo=pg_proxy.conninfo + f" dbname={world_db} user=coworkd")
    with behind.client(world.token["desk"]) as desk:
        book(desk)
        assert "A-01" not in search(desk)
        pg_proxy.refuse()
        pg_proxy.end()
        behind.wait_log("database away")
        found = desk.call("space.day", site="KSQ", space="A-01", date=DAY)
        assert found["stale_ms"] > 0
        assert "taken" in [span["state"] for span in found["spaces"][0]["spans"]]
        assert desk.refused("booking.create", site="KSQ", space="A-02", start=f"{DAY}T09:00", end=f"{DAY}T10:00",
                            key=new_key()).kind == "db_unavailable"
        pg_proxy.refuse(False)
        behind.wait_log("database up", count=2)
        wait_until(lambda: "stale_ms" not in desk.call("space.day", site="KSQ", space="A-01", date=DAY))


def test_what_was_before_the_calendar_is_not_called_free(connect):
    operator = connect("operator")
    past = {"start": "2026-01-05T09:00", "end": "2026-01-05T17:00"}
    operator.change("booking.create", site="KSQ", space="A-01", **past)
    for method, more in (("space.search", past), ("space.day", {"date": "2026-01-05"}), ("space.week", {"date": "2026-01-05"})):
        error = operator.refused(method, site="KSQ", **more)
        assert error.kind == "bad_time" and error.data["rule"] == "past", method


def test_a_database_that_hangs_makes_answers_stale_although_its_links_are_up(pg_proxy, start_daemon, world, world_db):
    behind = start_daemon("behind", conninfo=pg_proxy.conninfo + f" dbname={world_db} user=coworkd")
    with behind.client(world.token["desk"]) as desk:
        assert "stale_ms" not in desk.call("space.day", site="KSQ", space="A-01", date=DAY)
        assert desk.call("server.status")["calendars"] == 2  # the operator's log is one
        pg_proxy.rule("stall before F:* times=1000")
        pg_proxy.wait("stalled", 1)
        wait_until(lambda: "stale_ms" in desk.call("space.day", site="KSQ", space="A-01", date=DAY))
        assert desk.call("server.status")["database"] == "up"
        pg_proxy.clear()
        pg_proxy.resume()
        wait_until(lambda: "stale_ms" not in desk.call("space.day", site="KSQ", space="A-01", date=DAY))
