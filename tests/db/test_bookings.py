"""What each booking and block command does and refuses, on one session."""

import pytest

from lane import HOUR, NINE, block, cancel, command, create, move


def test_a_booking_is_made_and_all_that_is_known_of_it_comes_back(campus):
    answer = campus.run(create("d-3", title="Standup", note="bring tea", guest="Zed", external_id="x-1"))
    outcome, event = answer["outcomes"][0], answer["events"][0]
    facts = outcome.pop("facts")
    rev = campus.rev()
    assert outcome == {"o": "done", "id": facts["id"], "v": 1, "rev": rev}
    created = facts.pop("created")
    assert facts == {
        "id": outcome["id"], "ref": facts["ref"], "site": "kendall", "space": "D-3", "start": NINE,
        "end": NINE + HOUR,
        "local": {"start": "2054-11-24T09:00", "end": "2054-11-24T10:00", "zone": "America/New_York"},
        "state": "confirmed", "version": 1, "tenant": "acme", "tenant_id": 1, "member": "ann@acme.example",
        "member_id": 1, "member_name": "Ann", "title": "Standup", "note": "bring tea", "guest": "Zed",
        "created_by": "ann@acme.example", "created_by_id": 1, "source": "client", "external_id": "x-1"}
    space = event["body"].pop("space")
    assert event == {
        "rev": rev, "at": created, "actor": 1, "kind": "booking.created", "subject": outcome["id"],
        "body": {"booking": outcome["id"], "ref": facts["ref"], "units": [4], "start": NINE, "end": NINE + HOUR,
                 "tenant": 1, "member": 1, "by": 1, "state": "confirmed", "version": 1}}
    assert campus.sql("SELECT code FROM cowork.space WHERE space_id = %s", space) == [("D-3",)]


def test_on_behalf_names_the_member_when_another_asked(campus):
    assert "on_behalf" not in campus.book("D-0", actor=1)
    facts = campus.book("D-1", actor=2)
    assert (facts["created_by"], facts["on_behalf"]) == ("bob@acme.example", "ann@acme.example")


def test_a_taken_slot_says_which_interval_is_in_the_way(campus):
    campus.book("D-0", 0, 2)
    assert campus.one(create("D-0", 1, 2)) == {
        "o": "slot_taken", "space": "D-0", "start": NINE, "end": NINE + 2 * HOUR}


def test_neighbours_touch_and_do_not_overlap(campus):
    assert [o["o"] for o in campus.outcomes(create("D-0", 1), create("D-0", 0), create("D-0", 2))] == ["done"] * 3


def test_the_whole_room_and_its_half_exclude_one_another(campus):
    whole, half, other = campus.outcomes(create("AB"), create("A"), create("B", 1))
    assert (whole["o"], half["o"], half["space"], other["o"]) == ("done", "slot_taken", "A", "done")
    assert campus.one(create("AB", 1))["o"] == "slot_taken"
    assert campus.one(create("A", 1))["o"] == "done"
    campus.one(cancel(whole["facts"]["ref"]))
    assert [o["o"] for o in campus.outcomes(create("A"), create("B"))] == ["done", "done"]
    assert campus.overlaps() == 0 and campus.claims_fit_bookings()


@pytest.mark.parametrize("change, refusal", [
    ({"spaces": ["nowhere"]}, {"o": "not_found", "field": "space"}),
    ({"spaces": []}, {"o": "not_found", "field": "space"}),
    ({"end": NINE}, {"o": "bad_time", "field": "start"}),
    ({"end": NINE - HOUR}, {"o": "bad_time", "field": "start"}),
    ({"end": NINE + 367 * 24 * HOUR}, {"o": "bad_time", "field": "start"}),
    ({"start": NINE + 1}, {"o": "bad_time", "field": "start"}),
    ({"end": 2 ** 62}, {"o": "bad_time", "field": "start"}),
    ({"zone": "Asia/Seoul"}, {"o": "behind", "field": "zone"}),
])
def test_a_request_that_cannot_be_is_refused_by_kind(campus, change, refusal):
    before = campus.rev()
    assert campus.one(create("D-0", **change)) == refusal
    assert campus.rev() == before and campus.sql("SELECT count(*) FROM cowork.booking") == [(0,)]


def test_a_retired_space_takes_no_bookings_and_keeps_those_it_has(campus):
    facts = campus.book("D-0")
    done = campus.one(command("space.retire", space="D-0", with_bookings=True))
    assert (done["facts"]["state"], done["count"]) == ("retired", 1)
    assert campus.one(create("D-0", 5)) == {"o": "retired", "field": "space", "space": "D-0"}
    assert campus.one(move(facts["ref"], hour=5))["o"] == "retired"
    assert campus.one(move(facts["ref"], space="D-1"))["o"] == "done"


def test_the_first_candidate_that_is_free_is_taken(campus):
    campus.one(command("space.retire", space="D-1"))
    wish = ["D-0", "nowhere", "D-1", "D-2", "D-3"]
    assert [campus.book(wish)["space"] for _ in range(3)] == ["D-0", "D-2", "D-3"]
    assert campus.one(create(wish)) == {"o": "slot_taken", "space": "D-0", "start": NINE, "end": NINE + HOUR}
    assert campus.one(create(["D-1", "D-0"])) == {"o": "retired", "field": "space", "space": "D-1"}
    assert campus.overlaps() == 0 and campus.claims_fit_bookings()


def test_an_external_id_names_one_booking(campus):
    campus.book("D-0", external_id="row 7")
    assert campus.one(create("D-1", external_id="row 7")) == {"o": "exists", "field": "external_id"}


def test_the_first_unused_reference_is_taken(campus):
    first = campus.book("D-0", candidates=["R-AAAAAA"])
    second = campus.book("D-1", candidates=["R-AAAAAA", "R-BBBBBB", "R-CCCCCC"])
    assert (first["ref"], second["ref"]) == ("R-AAAAAA", "R-BBBBBB")


def test_no_unused_reference_is_busy_and_leaves_no_receipt(campus):
    campus.book("D-0", candidates=["R-AAAAAA"])
    request = create("D-1", candidates=["R-AAAAAA"])
    assert campus.one(request) == {"o": "busy", "field": "refs"}
    request["r"] = {"refs": ["R-DDDDDD"]}
    assert campus.one(request)["facts"]["ref"] == "R-DDDDDD"


def test_a_cancelled_booking_frees_the_place_and_stays_in_the_books(campus):
    ref = campus.book("D-0", title="Standup")["ref"]
    outcome = campus.one(cancel(ref.lower()))
    assert (outcome["v"], outcome["facts"]["state"], outcome["facts"]["title"]) == (2, "cancelled", "Standup")
    assert campus.book("D-0")
    assert campus.one(cancel(ref)) == {"o": "wrong_state", "state": "cancelled", "version": 2}
    assert campus.one(cancel("R-ZZZZZZ")) == {"o": "not_found", "field": "ref"}


def test_a_stale_version_is_refused_with_the_current_one(campus):
    ref = campus.book("D-0")["ref"]
    assert campus.one(move(ref, hour=3, if_version=1))["v"] == 2
    assert campus.one(move(ref, hour=4, if_version=1)) == {"o": "stale_version", "version": 2}
    assert campus.one(cancel(ref, if_version=1)) == {"o": "stale_version", "version": 2}
    assert campus.one(cancel(ref, if_version=2))["o"] == "done"


@pytest.mark.parametrize("own, allowed", [
    (None, True), ({"tenant": 1}, True), ({"member": 1}, True), ({"tenant": 1, "member": 1}, True),
    ({"tenant": 2}, False), ({"member": 2}, False), ({"tenant": 1, "member": 2}, False), ({}, False)])
def test_own_hides_what_belongs_to_others(campus, own, allowed):
    ref = campus.book("D-0")["ref"]
    for request in (move(ref, hour=1, own=own), cancel(ref, own=own)):
        outcome = campus.one(request)
        assert outcome["o"] == "done" if allowed else outcome == {"o": "not_found", "field": "ref"}


def test_own_never_fits_a_booking_of_nobody(campus):
    ref = campus.book("D-0", tenant_id=None, member_id=None)["ref"]
    for own in ({"tenant": 1}, {"member": 1}):
        assert campus.one(cancel(ref, own=own))["o"] == "not_found"
    assert campus.one(cancel(ref))["o"] == "done"


def test_a_booking_for_somebody_is_theirs_and_their_tenants(campus):
    facts = campus.book("D-0", **{"for": "BOB@acme.example"})
    assert (facts["member"], facts["tenant"], facts["on_behalf"]) == ("bob@acme.example", "acme", "bob@acme.example")
    assert campus.one(create("D-1", **{"for": "nobody@acme.example"})) == {"o": "not_found", "field": "for"}
    assert campus.one(create("D-1", **{"for": "bob@acme.example", "own": {"tenant": 2}}))["o"] == "not_found"
    assert campus.one(create("D-1", **{"for": "bob@acme.example", "own": {"tenant": 1}}))["o"] == "done"
    bob = campus.sql("SELECT person_id FROM cowork.person WHERE login = 'bob@acme.example'")[0][0]
    assert campus.one(create("D-2", **{"for": "bob@acme.example", "for_id": bob}))["o"] == "done"
    assert campus.one(create("D-3", **{"for": "bob@acme.example", "for_id": bob + 1})) == {"o": "behind", "field": "for"}
    campus.lane.one(0, command("member.update", login="bob@acme.example", state="disabled"))
    assert campus.one(create("D-4", **{"for": "bob@acme.example"}))["o"] == "not_found"


def test_a_move_changes_space_and_time_and_frees_the_old_place(campus):
    facts = campus.book("D-0", 0)
    answer = campus.run(move(facts["ref"], space="d-1", hour=4, hours=2))
    moved, event = answer["outcomes"][0]["facts"], answer["events"][0]
    assert (moved["space"], moved["start"], moved["end"], moved["version"]) == (
        "D-1", NINE + 4 * HOUR, NINE + 6 * HOUR, 2)
    assert moved["local"]["start"] == "2054-11-24T13:00"
    assert (event["kind"], event["body"]["units"], event["body"]["version"]) == ("booking.moved", [2], 2)
    assert [o["o"] for o in campus.outcomes(create("D-0", 0), create("D-1", 5))] == ["done", "slot_taken"]
    assert campus.claims_fit_bookings()


def test_a_move_may_overlap_its_own_old_place(campus):
    ref = campus.book("AB", 0, 2)["ref"]
    assert campus.one(move(ref, hour=1, hours=2))["o"] == "done"
    assert campus.one(move(ref, space="A"))["o"] == "done"
    assert campus.one(move(ref, space="AB"))["o"] == "done"
    assert campus.claims_fit_bookings() and campus.overlaps() == 0


def test_a_move_onto_another_is_refused_and_nothing_has_moved(campus):
    ref = campus.book("AB", 0)["ref"]
    campus.book("B", 3)
    before = campus.sql("SELECT claim_id, unit_id, occupied, live FROM cowork.claim ORDER BY 1")
    assert campus.one(move(ref, hour=3)) == {
        "o": "slot_taken", "space": "AB", "start": NINE + 3 * HOUR, "end": NINE + 4 * HOUR}
    assert campus.sql("SELECT claim_id, unit_id, occupied, live FROM cowork.claim ORDER BY 1") == before


def test_a_booking_that_the_calendar_does_not_know_any_more_stays_where_it_is(campus):
    facts = campus.book("D-0")
    assert campus.one(move(facts["ref"], hour=5, unseen=True)) == {"o": "in_the_past", "field": "ref", "rule": "past"}
    campus.one(cancel(facts["ref"]))
    assert campus.one(move(facts["ref"], hour=5, unseen=True))["o"] == "wrong_state"
    assert campus.one(move("R-ZZZZZZ", hour=5, unseen=True))["o"] == "not_found"


@pytest.mark.parametrize("change, refusal", [
    ({"space": "nowhere"}, {"o": "not_found", "field": "space"}),
    ({"end": NINE - HOUR}, {"o": "bad_time", "field": "start"}),
    ({"zone": "Asia/Seoul"}, {"o": "behind", "field": "zone"}),
    ({"ref": "R-ZZZZZZ"}, {"o": "not_found", "field": "ref"}),
])
def test_a_move_that_cannot_be_is_refused_by_kind(campus, change, refusal):
    request = move(campus.book("D-0")["ref"])
    request["a"].update(change)
    assert campus.one(request) == refusal


def test_a_cancelled_booking_does_not_move(campus):
    ref = campus.book("D-0")["ref"]
    campus.one(cancel(ref))
    assert campus.one(move(ref, hour=2)) == {"o": "wrong_state", "state": "cancelled", "version": 2}


def test_the_history_of_a_booking_comes_from_the_log(campus):
    facts = campus.book("D-0")
    campus.book("D-1")
    campus.one(move(facts["ref"], hour=2))
    campus.one(cancel(facts["ref"], actor=2))
    rows = campus.lane.rows("""SELECT kind, actor_login, body ->> 'state', (body ->> 'start')::bigint
        FROM cowork.booking_history WHERE site_id = 1 AND booking_id = %s ORDER BY rev""", facts["id"])
    assert rows == [("booking.created", "ann@acme.example", "confirmed", NINE),
                    ("booking.moved", "ann@acme.example", "confirmed", NINE + 2 * HOUR),
                    ("booking.cancelled", "bob@acme.example", "cancelled", NINE + 2 * HOUR)]


def test_wall_clock_is_kept_as_booked_with_seconds_only_where_there_are_any(campus):
    facts = campus.book("D-0", start=NINE + 30 * 1000000)
    assert facts["local"] == {
        "start": "2054-11-24T09:00:30", "end": "2054-11-24T10:00", "zone": "America/New_York"}
    campus.one(command("site.update", zone="Asia/Seoul"))
    again = campus.lane.value("SELECT facts FROM cowork.booking_facts WHERE ref = %s", facts["ref"])
    assert again["local"] == facts["local"]


def test_a_block_takes_the_place_and_says_blocked(campus):
    answer = campus.run(block("AB", 0, 2, note="paint is wet"))
    facts, event = answer["outcomes"][0]["facts"], answer["events"][0]
    assert (facts["space"], facts["reason"], facts["note"], facts["state"]) == (
        "AB", "repair", "paint is wet", "active")
    assert (event["kind"], event["body"]["units"]) == ("block.created", [9, 10])
    assert "note" not in event["body"]
    assert campus.one(create("A", 1)) == {"o": "blocked", "space": "A", "start": NINE, "end": NINE + 2 * HOUR}
    assert campus.one(block("B", 1))["o"] == "blocked"
    campus.book("D-0")
    assert campus.one(block("D-0"))["o"] == "slot_taken"


def test_a_block_that_ends_early_gives_back_the_rest(campus):
    ref = campus.one(block("AB", 0, 4))["facts"]["ref"]
    answer = campus.run(command("block.end", ref=ref.lower(), at=NINE + HOUR))
    facts, event = answer["outcomes"][0]["facts"], answer["events"][0]
    assert (facts["state"], facts["end"], facts["version"]) == ("ended", NINE + HOUR, 2)
    assert (event["kind"], event["body"]["units"], event["body"]["end"]) == ("block.ended", [9, 10], NINE + HOUR)
    assert [o["o"] for o in campus.outcomes(create("A", 0), create("A", 1))] == ["blocked", "done"]
    assert campus.one(command("block.end", ref=ref)) == {"o": "wrong_state", "state": "ended", "version": 2}


def test_a_block_that_ends_before_it_began_claims_nothing(campus):
    ref = campus.one(block("A", 0, 4))["facts"]["ref"]
    answer = campus.run(command("block.end", ref=ref))  # now, and the site's nine o'clock is years from 1970
    assert answer["events"][0]["body"]["units"] == []
    assert campus.one(create("A", 1))["o"] == "done"


@pytest.mark.parametrize("change, refusal", [
    ({"at": NINE + 9 * HOUR}, "bad_time"), ({"at": NINE + 1}, "bad_time"), ({"if_version": 7}, "stale_version"),
    ({"ref": "B-ZZZZZZ"}, "not_found")])
def test_a_block_ends_only_inside_itself(campus, change, refusal):
    ref = campus.one(block("A", 0, 4))["facts"]["ref"]
    assert campus.one(command("block.end", **{"ref": ref, **change}))["o"] == refusal


@pytest.mark.parametrize("change, refusal", [
    ({"space": "nowhere"}, "not_found"), ({"end": NINE}, "bad_time")])
def test_a_block_that_cannot_be_is_refused_by_kind(campus, change, refusal):
    assert campus.one(block(**{"space": "A", **change}))["o"] == refusal
