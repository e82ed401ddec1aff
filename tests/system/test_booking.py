"""Bookings by the protocol: what two people cannot both have, what each is told, and what the clock does."""

import threading

import pytest
from rpc import RpcError, new_key

DAY = "2055-03-01"


def book(client, space="A-01", start="09:00", end="17:00", **more):
    return client.call("booking.create", site="KSQ", space=space, start=f"{DAY}T{start}", end=f"{DAY}T{end}",
                       key=more.pop("key", None) or new_key(), **more)


def refuse(client, space="A-01", start="09:00", end="17:00", **more):
    """The refusal that booking it must meet."""
    return client.refused("booking.create", site="KSQ", space=space, start=f"{DAY}T{start}", end=f"{DAY}T{end}",
                          key=new_key(), **more)


def starts(client, site="KSQ", **filters):
    return [row["start"] for row in client.call("booking.list", site=site, **filters)["bookings"]]


# Made and shown

def test_a_desk_is_booked_and_shown_as_booked(connect):
    ada = connect("ada")
    booking = book(ada, title="deep work")["booking"]
    assert booking["local"] == {"start": f"{DAY}T09:00", "end": f"{DAY}T17:00", "zone": "America/New_York"}
    assert booking["start"] == f"{DAY}T14:00:00Z"
    assert booking["state"] == "confirmed" and booking["version"] == 1 and booking["title"] == "deep work"
    assert ada.call("booking.show", site="KSQ", ref=booking["ref"])["booking"] == booking


def test_everything_that_was_said_is_kept(connect, world):
    booking = book(connect("desk"), title="제목", note="line one\nline two\t|", guest="Dr. O'Neil \"Bo\"", source="desk",
                   external_id="x-1", **{"for": world.login["ada"]})["booking"]
    assert (booking["title"], booking["note"], booking["guest"]) == ("제목", "line one\nline two\t|", "Dr. O'Neil \"Bo\"")
    assert (booking["source"], booking["external_id"], booking["tenant"]) == ("desk", "x-1", "acme")
    assert booking["created"].endswith("Z")


MADE = {
    "plain": ("ada", {}),
    "said": ("ada", {"title": "제목", "note": "line one\nline two\t|", "guest": "Dr. O'Neil \"Bo\"", "source": "api"}),
    "private": ("ada", {"title": "quiet", "private": True, "external_id": "x-2"}),
    "nothing said": ("ada", {"title": "", "note": "", "guest": ""}),
    "for a colleague": ("boss", {"for": "ada"}),
    "by the desk": ("desk", {"for": "ada", "source": "desk"}),
    "nobody's": ("desk", {"guest": "Sam Visitor"}),
    "seconds": ("ada", {"start": f"{DAY}T14:00:30Z", "end": f"{DAY}T15:00:45Z"}),
    "over the change of the clocks": ("desk", {"start": "2055-11-07T01:30", "end": "2055-11-07T03:00", "fold": 1}),
}


@pytest.mark.parametrize("who, said", MADE.values(), ids=MADE)
def test_what_was_made_is_told_as_it_is_shown_later(connect, world, who, said):
    client = connect(who)
    said = {**said, "for": world.login[said["for"]]} if "for" in said else said
    made = client.change("booking.create", {"site": "KSQ", "space": "A-01", "start": f"{DAY}T09:00",
                                            "end": f"{DAY}T10:00", **said})["booking"]
    assert made == client.call("booking.show", site="KSQ", ref=made["ref"])["booking"]


def test_what_was_made_is_told_from_memory(connect, sql):
    """Not by a look at the database's joined facts, which would be under the site's lock."""
    ada = connect("ada")
    book(ada, space="A-02")
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.person IN ACCESS EXCLUSIVE MODE")
    assert book(ada)["booking"]["member_name"] == "Ada Park"
    sql.connection.rollback()


def test_a_reference_is_found_however_people_write_it(connect):
    ada = connect("ada")
    ref = book(ada)["booking"]["ref"]
    for text in (ref.lower(), ref.replace("0", "O").replace("1", "l"), ref.lower().replace("0", "o").replace("1", "I")):
        assert ada.call("booking.show", site="ksq", ref=text)["booking"]["ref"] == ref


def test_times_are_instants_or_the_sites_clock_and_mean_the_same(connect):
    ada, seen = connect("ada"), set()
    for start, end in ((f"{DAY}T09:00", f"{DAY}T10:00"), (f"{DAY}T14:00:00Z", f"{DAY}T15:00:00Z"),
                       (f"{DAY}T23:00:00+09:00", f"{DAY}T10:00:00-05:00"), (f"{DAY}T09:00", f"{DAY}T15:00:00Z")):
        booking = ada.change("booking.create", site="KSQ", space="A-01", start=start, end=end)["booking"]
        seen.add((booking["start"], booking["end"], booking["local"]["start"], booking["local"]["end"]))
        ada.change("booking.cancel", site="KSQ", ref=booking["ref"])
    assert seen == {(f"{DAY}T14:00:00Z", f"{DAY}T15:00:00Z", f"{DAY}T09:00", f"{DAY}T10:00")}


@pytest.mark.parametrize("start, end, field, rule", [
    ("10:00", "10:00", "end", "order"), ("10:00", "09:00", "end", "order"),
])
def test_an_end_that_is_not_after_the_start_is_refused(connect, start, end, field, rule):
    error = refuse(connect("ada"), start=start, end=end)
    assert (error.kind, error.data["field"], error.data["rule"]) == ("bad_time", field, rule)


def test_times_are_whole_seconds_and_no_booking_is_longer_than_a_year(connect):
    ada = connect("ada")
    for start, end, field, rule in (("2055-03-01T09:00:00.5Z", "2055-03-01T10:00:00Z", "start", "granularity"),
                                    ("2055-03-01T09:00:00Z", "2055-03-01T10:00:00.000001Z", "end", "granularity"),
                                    ("2055-03-01T09:00:00Z", "2056-03-05T10:00:00Z", "end", "length")):
        error = ada.refused("booking.create", site="KSQ", space="A-01", start=start, end=end, key=new_key())
        assert (error.kind, error.data["field"], error.data["rule"]) == ("bad_time", field, rule)


# One place, one holder

@pytest.mark.parametrize("start, end", [("09:00", "17:00"), ("08:00", "09:01"), ("16:59", "18:00"), ("10:00", "11:00"),
                                        ("00:00", "23:59")])
def test_a_place_that_is_taken_is_refused_with_the_place_and_the_time(connect, start, end):
    book(connect("ada"))
    error = refuse(connect("bob"), start=start, end=end)
    assert error.kind == "slot_taken" and error.code == -32030
    assert error.data["space"] == "A-01"
    assert (error.data["start"], error.data["end"]) == (f"{DAY}T14:00:00Z", f"{DAY}T22:00:00Z")
    assert error.data["local"] == {"start": f"{DAY}T09:00", "end": f"{DAY}T17:00", "zone": "America/New_York"}
    assert error.message == f"A-01 is taken {DAY} 09:00 to 17:00 EST"


def test_the_refusal_does_not_say_who_holds_the_place(connect, world):
    booking = book(connect("minji"), title="secret plan", note="secret note", guest="secret guest")["booking"]
    error = refuse(connect("ada"))
    text = f"{error.message} {error.data}"
    for secret in ("secret", "minji", "hanbit", booking["ref"]):
        assert secret not in text


def test_bookings_that_touch_do_not_meet(connect):
    ada = connect("ada")
    book(ada, start="09:00", end="10:00")
    book(ada, start="10:00", end="11:00")
    book(ada, start="08:00", end="09:00")
    assert refuse(ada, start="09:59", end="10:01").kind == "slot_taken"


def test_of_many_who_want_one_place_exactly_one_gets_it(daemon, world):
    """Ten clients, released at once, ten times over."""
    names = [who for who in world.token if who not in ("auditor",)]
    clients = [daemon.client(world.token[who]) for who in names]
    for hour in range(8, 18):
        barrier, outcomes = threading.Barrier(len(clients)), []

        def attempt(client, hour=hour, barrier=barrier, outcomes=outcomes):
            barrier.wait()
            try:
                outcomes.append(book(client, start=f"{hour:02}:00", end=f"{hour:02}:30")["booking"]["state"])
            except RpcError as error:
                outcomes.append(error.kind)

        threads = [threading.Thread(target=attempt, args=(client,)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(outcomes) == ["confirmed"] + ["slot_taken"] * (len(clients) - 1)
    for client in clients:
        client.close()


def test_daemons_that_share_a_database_share_its_places(start_daemon, world, sql):
    """Three daemons, one desk each hour: one winner each time, and one history without a gap."""
    daemons = [start_daemon(f"d{number}") for number in range(3)]
    clients = [daemon.client(world.token["ada"]) for daemon in daemons]
    for hour in range(24):
        numbers = [client.send_change("booking.create", site="KSQ", space="A-01", start=f"{DAY}T{hour:02}:00",
                                      end=f"{DAY}T{hour:02}:30") for client in clients]
        outcomes = []
        for client, number in zip(clients, numbers):
            try:
                outcomes.append(client.answer(number)["booking"]["state"])
            except RpcError as error:
                outcomes.append(error.kind)
        assert sorted(outcomes) == ["confirmed", "slot_taken", "slot_taken"]
    sql.execute("SELECT max(e.rev), count(*), max(s.rev) FROM cowork.event e JOIN cowork.site s USING (site_id)"
                " WHERE s.code = 'KSQ'")
    last, count, rev = sql.fetchone()
    assert last == count == rev
    for client in clients:
        client.close()


def test_a_retry_at_another_daemon_is_the_same_booking(start_daemon, world):
    first, second, key = start_daemon("first"), start_daemon("second"), new_key()
    with first.client(world.token["ada"]) as one, second.client(world.token["ada"]) as two:
        made, again = book(one, key=key), book(two, key=key, attempt=2)
        assert again["replayed"] is True and again["booking"] == made["booking"]
        assert len(starts(two)) == 1


# Moved and cancelled

def test_a_booking_moves_to_another_place_or_time_and_frees_the_old_one(connect):
    ada = connect("ada")
    ref = book(ada)["booking"]["ref"]
    moved = ada.change("booking.move", site="KSQ", ref=ref, space="A-02")["booking"]
    assert (moved["space"], moved["version"], moved["ref"]) == ("A-02", 2, ref)
    book(ada)
    moved = ada.change("booking.move", site="KSQ", ref=ref, end=f"{DAY}T12:00")["booking"]
    assert moved["local"] == {"start": f"{DAY}T09:00", "end": f"{DAY}T12:00", "zone": "America/New_York"}
    moved = ada.change("booking.move", site="KSQ", ref=ref, start=f"{DAY}T10:00", if_version=3)["booking"]
    assert moved["start"] == f"{DAY}T15:00:00Z" and moved["version"] == 4
    book(ada, space="A-02", start="09:00", end="10:00")


def test_a_booking_may_move_into_its_own_time(connect):
    ada = connect("ada")
    ref = book(ada)["booking"]["ref"]
    ada.change("booking.move", site="KSQ", ref=ref, start=f"{DAY}T10:00", end=f"{DAY}T18:00")
    assert starts(ada) == [f"{DAY}T15:00:00Z"]


def test_a_move_that_is_refused_leaves_all_as_it_was(connect):
    ada, bob = connect("ada"), connect("bob")
    ref = book(ada)["booking"]["ref"]
    book(bob, space="A-02")
    before = ada.call("booking.show", site="KSQ", ref=ref)["booking"]
    error = ada.refused("booking.move", site="KSQ", ref=ref, space="A-02", key=new_key())
    assert (error.kind, error.data["space"]) == ("slot_taken", "A-02")
    for params, kind, field in (({"space": "NOPE"}, "not_found", "space"), ({"end": f"{DAY}T08:00"}, "bad_time", "end"),
                                ({"start": f"{DAY}T12:00", "end": f"{DAY}T11:00"}, "bad_time", "end"),
                                ({}, "params", "space")):
        error = ada.refused("booking.move", site="KSQ", ref=ref, key=new_key(), **params)
        assert (error.kind, error.data["field"]) == (kind, field), params
    assert ada.call("booking.show", site="KSQ", ref=ref)["booking"] == before
    assert refuse(bob).kind == "slot_taken"


def test_two_bookings_swap_places_by_way_of_a_third(connect):
    ada = connect("ada")
    one, two = book(ada, space="A-01")["booking"]["ref"], book(ada, space="A-02")["booking"]["ref"]
    numbers = [ada.send_change("booking.move", site="KSQ", ref=ref, space=space)
               for ref, space in ((one, "A-03"), (two, "A-01"), (one, "A-02"))]
    assert [ada.answer(number)["booking"]["space"] for number in numbers] == ["A-03", "A-01", "A-02"]


def test_a_cancelled_booking_frees_its_place_and_stays_as_history(connect):
    ada = connect("ada")
    ref = book(ada)["booking"]["ref"]
    cancelled = ada.change("booking.cancel", site="KSQ", ref=ref, if_version=1)["booking"]
    assert (cancelled["state"], cancelled["version"]) == ("cancelled", 2)
    book(connect("bob"))
    assert starts(ada, mine=True) == [] and len(starts(ada, mine=True, state="all")) == 1
    for method, more in (("booking.cancel", {}), ("booking.move", {"space": "A-05"})):
        error = ada.refused(method, site="KSQ", ref=ref, key=new_key(), **more)
        assert (error.kind, error.data["state"], error.data["version"]) == ("wrong_state", "cancelled", 2)


def test_the_history_tells_what_became_of_a_booking_and_by_whom(connect, world):
    ada, desk = connect("ada"), connect("desk")
    ref = book(ada)["booking"]["ref"]
    desk.change("booking.move", site="KSQ", ref=ref, space="A-02")
    ada.change("booking.move", site="KSQ", ref=ref, start=f"{DAY}T10:00")
    ada.change("booking.cancel", site="KSQ", ref=ref)
    events = ada.call("booking.history", site="KSQ", ref=ref)["events"]
    assert [event["kind"] for event in events] == ["booking.created", "booking.moved", "booking.moved", "booking.cancelled"]
    assert [event["actor"] for event in events] == [world.login[who] for who in ("ada", "desk", "ada", "ada")]
    assert [event["space"] for event in events] == ["A-01", "A-02", "A-02", "A-02"]
    assert [event["start"][11:16] for event in events] == ["14:00", "14:00", "15:00", "15:00"]
    assert [event["version"] for event in events] == [1, 2, 3, 4]
    assert [event["state"] for event in events] == ["confirmed"] * 3 + ["cancelled"]
    revs = [event["rev"] for event in events]
    assert revs == sorted(set(revs)) and [event["at"] for event in events] == sorted(event["at"] for event in events)
    page = ada.call("booking.history", site="KSQ", ref=ref, limit=3)
    rest = ada.call("booking.history", site="KSQ", ref=ref, cursor=page["cursor"])
    assert page["events"] + rest["events"] == events and not rest["has_more"]


# For another

def test_an_admin_books_for_a_colleague_and_both_are_named(connect, world):
    booking = book(connect("boss"), **{"for": world.login["ada"].upper()})["booking"]
    assert booking["member"] == booking["on_behalf"] == world.login["ada"]
    assert booking["created_by"] == world.login["boss"] and booking["member_name"] == "Ada Park"
    assert connect("ada").call("booking.list", site="KSQ", mine=True)["bookings"] == [booking]
    own = book(connect("bob"), space="A-02")["booking"]
    assert own["created_by"] == own["member"] == world.login["bob"] and "on_behalf" not in own


def test_a_member_books_for_nobody_else(connect, world):
    ada = connect("ada")
    for who in ("bob", "minji", "operator"):
        error = refuse(ada, **{"for": world.login[who]})
        assert (error.kind, error.data["field"]) == ("not_found", "for")
    assert book(ada, **{"for": world.login["ada"]})["booking"]["member"] == world.login["ada"]


def test_nobody_books_for_a_member_who_is_disabled(connect, world):
    connect("operator").change("member.update", login=world.login["bob"], state="disabled")
    error = refuse(connect("desk"), **{"for": world.login["bob"]})
    assert (error.kind, error.data["field"]) == ("not_found", "for")


# Lists

@pytest.fixture
def week(connect, world):
    """Bookings of three people on four days; their refs by (who, day)."""
    refs = {}
    for who, space in (("ada", "A-01"), ("bob", "A-02"), ("minji", "A-03")):
        for day in range(1, 5):
            refs[who, day] = connect(who).change(
                "booking.create", site="KSQ", space=space, start=f"2055-03-{day:02}T09:00",
                end=f"2055-03-{day:02}T17:00")["booking"]["ref"]
    return refs


def test_lists_are_mine_or_a_tenants_or_a_spaces_or_all(connect, week):
    def refs(who, **filters):
        return {row["ref"] for row in connect(who).call("booking.list", site="KSQ", **filters)["bookings"]}

    mine = {ref for (who, _), ref in week.items() if who == "ada"}
    acme = {ref for (who, _), ref in week.items() if who in ("ada", "bob")}
    assert refs("ada", mine=True) == refs("desk", space="a-01") == mine
    assert refs("ada") == refs("desk", tenant="ACME") == refs("ada", tenant="acme") == acme
    assert refs("desk") == refs("auditor") == set(week.values())
    assert refs("ada", space="A-03") == refs("desk", mine=True) == set()
    assert connect("ada").refused("booking.list", site="KSQ", tenant="hanbit").kind == "not_found"


def test_lists_come_in_order_of_start(connect, week):
    rows = connect("desk").call("booking.list", site="KSQ")["bookings"]
    assert [row["start"] for row in rows] == sorted(row["start"] for row in rows)


def test_a_list_from_to_has_what_overlaps(connect, week):
    desk = connect("desk")

    def days(**span):
        return sorted({row["local"]["start"][8:10] for row in desk.call("booking.list", site="KSQ", **span)["bookings"]})

    assert days(**{"from": "2055-03-02T00:00", "to": "2055-03-04T00:00"}) == ["02", "03"]
    assert days(**{"from": "2055-03-02T16:59"}) == ["02", "03", "04"]
    assert days(**{"from": "2055-03-02T17:00"}) == ["03", "04"]
    assert days(to="2055-03-02T09:00") == ["01"] and days(to="2055-03-02T09:01") == ["01", "02"]
    assert days(**{"from": "2055-03-02T14:00:00Z", "to": "2055-03-02T14:00:01Z"}) == ["02"]
    error = desk.refused("booking.list", site="KSQ", **{"from": "2055-03-02T00:00", "to": "2055-03-02T00:00"})
    assert (error.kind, error.data["field"]) == ("bad_time", "to")


def test_filters_that_exclude_each_other_are_refused(connect):
    for filters in ({"mine": True, "space": "A-01"}, {"tenant": "acme", "space": "A-01"}, {"mine": True, "tenant": "acme"}):
        error = connect("ada").refused("booking.list", site="KSQ", **filters)
        assert (error.kind, error.data["rule"]) == ("params", "choice")


# The clock. In New York it goes forward on 2055-03-14 at 02:00 and back on 2054-11-01 and 2055-11-07 at 02:00.

@pytest.mark.parametrize("start, end, field", [("02:00", "04:00", "start"), ("02:59", "04:00", "start"),
                                               ("01:00", "02:30", "end")])
def test_a_time_that_the_clock_skips_is_refused_and_the_gap_told(connect, start, end, field):
    error = connect("ada").refused("booking.create", site="KSQ", space="A-01", start=f"2055-03-14T{start}",
                                   end=f"2055-03-14T{end}", key=new_key())
    assert (error.kind, error.data["field"]) == ("wall_clock_gap", field)
    assert (error.data["gap_from"], error.data["gap_to"]) == ("2055-03-14T02:00", "2055-03-14T03:00")


def test_a_booking_over_the_gap_is_as_long_as_its_clock_says_less_an_hour(connect):
    booking = connect("ada").change("booking.create", site="KSQ", space="A-01", start="2055-03-14T01:59",
                                    end="2055-03-14T03:00")["booking"]
    assert (booking["start"], booking["end"]) == ("2055-03-14T06:59:00Z", "2055-03-14T07:00:00Z")


@pytest.mark.parametrize("who, day", [("desk", "2054-11-01"), ("ada", "2055-11-07")])
def test_a_time_that_comes_twice_has_to_be_told_apart(connect, who, day):
    ada, span = connect(who), {"site": "KSQ", "space": "A-01", "start": f"{day}T01:30", "end": f"{day}T02:00"}
    error = ada.refused("booking.create", span, key=new_key())
    assert (error.kind, error.data["field"], error.data["rule"]) == ("wall_clock_twice", "start", "fold")
    first, second = (ada.change("booking.create", {**span, "fold": fold, "space": f"A-0{fold + 1}"})["booking"]
                     for fold in (0, 1))
    assert (first["start"], second["start"]) == (f"{day}T05:30:00Z", f"{day}T06:30:00Z")
    assert first["local"] == second["local"] == {"start": f"{day}T01:30", "end": f"{day}T02:00", "zone": "America/New_York"}
    assert first["end"] == second["end"] == f"{day}T07:00:00Z"
    assert ada.refused("booking.create", {**span, "start": f"{day}T00:30", "end": f"{day}T01:00"},
                       key=new_key()).data["field"] == "end"


def test_before_and_after_the_change_nothing_has_to_be_told(connect):
    ada = connect("desk")  # who may enter what has been
    for start, instant in (("2054-11-01T00:59", "2054-11-01T04:59:00Z"), ("2054-11-01T02:00", "2054-11-01T07:00:00Z"),
                           ("2055-03-14T03:00", "2055-03-14T07:00:00Z"), ("2055-11-07T00:59", "2055-11-07T04:59:00Z")):
        booking = ada.change("booking.create", site="KSQ", space="A-01", start=start, end=start[:11] + "23:00",
                             dry_run=True)["booking"]
        assert booking["start"] == instant


def test_a_fold_does_no_harm_where_the_time_is_plain(connect):
    for fold in (0, 1):
        booking = book(connect("ada"), fold=fold, space=f"A-0{fold + 1}")["booking"]
        assert booking["start"] == f"{DAY}T14:00:00Z"


def test_a_taken_place_is_told_in_the_sites_own_clock_on_the_day_of_change(connect):
    ada, span = connect("ada"), {"site": "KSQ", "space": "A-01", "start": "2055-11-07T01:30", "end": "2055-11-07T02:30"}
    ada.change("booking.create", span, fold=1)
    error = ada.refused("booking.create", span, fold=0, key=new_key())
    assert error.data["start"] == "2055-11-07T06:30:00Z" and "01:30 to 02:30 EST" in error.message
    ada.change("booking.create", span, fold=0, end="2055-11-07T06:30:00Z")


def test_a_move_and_a_list_know_the_gap_too(connect):
    ada = connect("ada")
    ref = book(ada)["booking"]["ref"]
    error = ada.refused("booking.move", site="KSQ", ref=ref, end="2055-03-14T02:30", key=new_key())
    assert (error.kind, error.data["field"]) == ("wall_clock_gap", "end")
    assert ada.refused("booking.list", site="KSQ", **{"from": "2055-03-14T02:30"}).data["field"] == "from"
    assert ada.refused("booking.list", site="KSQ", **{"to": "2055-11-07T01:30"}).kind == "wall_clock_twice"
    assert starts(ada, **{"from": "2054-11-01T01:30", "fold": 1}) == [f"{DAY}T14:00:00Z"]


def test_seoul_has_no_such_hours(connect):
    booking = connect("minji").change("booking.create", site="DJN", space="A-01", start="2055-03-14T02:30",
                                      end="2055-03-14T03:30")["booking"]
    assert booking["start"] == "2055-03-13T17:30:00Z"


def test_what_is_no_time_is_refused_and_never_guessed(connect):
    ada = connect("ada")
    for text in ("2055-02-29T09:00", "2055-13-01T09:00", "0000-01-01T00:00", "now", "2055-03-01T24:00", "10000-01-01T00:00",
                 "2055-03-01T09:00+25:00", "2055-03-01T09:60", "2055-03-01", "2055-03-01T9:00", " 2055-03-01T09:00"):
        error = ada.refused("booking.create", site="KSQ", space="A-01", start=text, end=f"{DAY}T17:00", key=new_key())
        assert error.kind in ("params", "bad_time") and error.data["field"] in ("start", "end"), text
