"""booking.undo: one's own last change of a booking is taken back, or the refusal says why not."""

import pytest

from lane import HOUR, NINE, cancel, command, create, move, undo

BOB = 2


def last_event(campus):
    return campus.sql("SELECT kind, body FROM cowork.event WHERE site_id = %s ORDER BY rev DESC LIMIT 1", campus.site)[0]


def age_the_log(campus, minutes):
    """As if all of it had happened so long ago."""
    campus.sql("ALTER TABLE cowork.event DISABLE TRIGGER event_append_only")
    campus.sql("UPDATE cowork.event SET at = at - make_interval(mins => %s)", minutes)
    campus.sql("ALTER TABLE cowork.event ENABLE ALWAYS TRIGGER event_append_only")


def test_what_was_made_is_cancelled(campus):
    ref = campus.book("D-0", title="Standup")["ref"]
    outcome = campus.one(undo(ref))
    assert (outcome["o"], outcome["v"], outcome["undone"]) == ("done", 2, "created")
    assert (outcome["facts"]["state"], outcome["facts"]["title"]) == ("cancelled", "Standup")
    assert campus.book("D-0") and campus.claims_fit_bookings()


def test_what_was_cancelled_is_booked_again(campus):
    made = campus.book("AB", 0, 2)
    campus.one(cancel(made["ref"]))
    outcome = campus.one(undo(made["ref"]))
    assert (outcome["undone"], outcome["v"]) == ("cancelled", 3)
    assert {**outcome["facts"], "version": 1} == made
    assert campus.one(create("A", 1))["o"] == "slot_taken" and campus.claims_fit_bookings()


def test_what_was_moved_goes_back_in_space_and_time(campus):
    made = campus.book("D-0", 1)
    campus.one(move(made["ref"], space="AB", hour=5, hours=3))
    outcome = campus.one(undo(made["ref"]))
    assert (outcome["undone"], outcome["v"]) == ("moved", 3)
    assert {**outcome["facts"], "version": 1} == made
    assert [o["o"] for o in campus.outcomes(create("D-0", 1), create("A", 5))] == ["slot_taken", "done"]
    assert campus.claims_fit_bookings() and campus.overlaps() == 0


def test_only_the_last_of_several_moves_is_taken_back(campus):
    ref = campus.book("D-0", 1)["ref"]
    campus.outcomes(move(ref, hour=2), move(ref, hour=3))
    assert campus.one(undo(ref))["facts"]["start"] == NINE + 2 * HOUR


def test_the_event_holds_the_whole_state_and_what_was_undone(campus):
    made = campus.book("D-0", 1)
    campus.one(move(made["ref"], hour=4))
    campus.one(undo(made["ref"]))
    kind, body = last_event(campus)
    assert kind == "booking.undone"
    space = body.pop("space")
    assert campus.sql("SELECT code FROM cowork.space WHERE space_id = %s", space) == [("D-0",)]
    assert body == {"booking": made["id"], "ref": made["ref"], "units": [1], "start": NINE + HOUR, "end": NINE + 2 * HOUR,
                    "tenant": 1, "member": 1, "by": 1, "state": "confirmed", "version": 3, "undo": "moved"}
    assert campus.chain_holds()


def test_an_undo_is_not_undone(campus):
    ref = campus.book("D-0")["ref"]
    campus.one(undo(ref))
    for again in (undo(ref), undo()):
        assert campus.one(again) == {"o": "wrong_state", "field": "ref", "rule": "undone", "version": 2}


def test_after_an_undo_the_booking_can_be_changed_and_that_be_undone(campus):
    ref = campus.book("D-0", 1)["ref"]
    campus.one(move(ref, hour=2))
    campus.one(undo(ref))
    campus.one(move(ref, hour=6))
    outcome = campus.one(undo(ref))
    assert (outcome["undone"], outcome["facts"]["start"], outcome["v"]) == ("moved", NINE + HOUR, 5)


def test_without_a_reference_it_is_the_actors_own_last_change(campus):
    first = campus.book("D-0")["ref"]
    campus.book("D-1", actor=BOB)
    assert campus.one(undo())["facts"]["ref"] == first
    assert campus.one(undo(actor=BOB))["facts"]["space"] == "D-1"
    assert campus.one(undo(actor=3)) == {"o": "undo_expired", "rule": "none"}


def test_changes_of_other_things_are_no_bookings(campus):
    campus.one(command("space.update", space="D-0", capacity=2))
    assert campus.one(undo()) == {"o": "undo_expired", "rule": "none"}


def test_in_one_batch_the_change_before_is_what_is_undone(campus):
    campus.book("D-7")
    made, undone, again = campus.outcomes(create("D-0"), undo(), create("D-0"))
    assert (made["o"], undone["undone"], undone["id"], again["o"]) == ("done", "created", made["id"], "done")
    assert campus.rev() == campus.sql("SELECT max(rev) FROM cowork.event WHERE site_id = %s", campus.site)[0][0]
    assert campus.chain_holds()


def test_in_a_guarded_batch_too(campus):
    made, undone = campus.outcomes(create("D-0"), undo(), guarded=True)
    assert (undone["undone"], undone["id"]) == ("created", made["id"]) and campus.chain_holds()


def test_a_rehearsal_says_what_it_would_be_and_changes_nothing(campus):
    made = campus.book("D-0")
    outcome = campus.one(undo(made["ref"], dry=True))
    assert (outcome["undone"], outcome["facts"]["state"]) == ("created", "cancelled")
    assert campus.one(undo(made["ref"]))["o"] == "done"


def test_anothers_change_is_not_ones_own_to_undo(campus):
    ref = campus.book("D-0")["ref"]
    assert campus.one(undo(ref, actor=BOB)) == {"o": "wrong_state", "field": "ref", "rule": "not_own", "version": 1}


def test_what_another_changed_meanwhile_is_not_undone(campus):
    ref = campus.book("D-0")["ref"]
    campus.one({**move(ref, hour=3), "p": BOB})
    assert campus.one(undo(ref)) == {"o": "stale_version", "version": 2}
    assert campus.one(undo(ref, if_version=2))["o"] == "stale_version"


def test_a_version_that_is_asked_for_has_to_be_the_present_one(campus):
    ref = campus.book("D-0")["ref"]
    assert campus.one(undo(ref, if_version=2)) == {"o": "stale_version", "version": 1}
    assert campus.one(undo(ref, if_version=1))["o"] == "done"


def test_after_ten_minutes_it_is_too_late(campus):
    ref = campus.book("D-0")["ref"]
    age_the_log(campus, 9)
    assert campus.one(undo(ref, dry=True))["o"] == campus.one(undo(dry=True))["o"] == "done"
    age_the_log(campus, 1)
    assert campus.one(undo(ref)) == {"o": "undo_expired", "field": "ref", "rule": "late"}
    assert campus.one(undo()) == {"o": "undo_expired", "rule": "none"}


def test_a_place_that_somebody_took_meanwhile_is_not_taken_back(campus):
    cancelled, moved = campus.book("D-0"), campus.book("D-1")
    campus.outcomes(cancel(cancelled["ref"]), move(moved["ref"], hour=5))
    campus.book("D-0", 0, 3)
    campus.book("D-1", 0, 2)
    for ref, space, end in ((cancelled["ref"], "D-0", 3), (moved["ref"], "D-1", 2)):
        assert campus.one(undo(ref)) == {"o": "slot_taken", "space": space, "start": NINE, "end": NINE + end * HOUR}
    assert campus.claims_fit_bookings() and campus.overlaps() == 0


def test_what_would_be_restored_is_told_to_who_wants_to_judge_it_first(campus):
    ref = campus.book("D-0", 1)["ref"]
    campus.one(move(ref, space="D-1", hour=5))
    told = {"o": "behind", "field": "ref", "ref": ref, "version": 2, "space": "D-0", "start": NINE + HOUR,
            "end": NINE + 2 * HOUR, "member": 1}
    request = undo(judged=0)
    assert campus.one(request) == told
    assert campus.one(undo(ref, judged=1)) == told
    assert campus.one({**request, "a": {"ref": ref, "judged": 2}})["undone"] == "moved"
    assert campus.one(undo(campus.book("D-2")["ref"], judged=0))["undone"] == "created"


def test_a_space_that_was_retired_meanwhile_is_not_booked_again(campus):
    ref = campus.book("D-0")["ref"]
    campus.outcomes(cancel(ref), command("space.retire", space="D-0"))
    assert campus.one(undo(ref)) == {"o": "retired", "field": "space", "space": "D-0"}


@pytest.mark.parametrize("own, allowed", [(None, True), ({"tenant": 1}, True), ({"tenant": 2}, False), ({"member": 2}, False)])
def test_own_hides_what_belongs_to_others(campus, own, allowed):
    ref = campus.book("D-0")["ref"]
    for request in (undo(ref, own=own, dry=True), undo(own=own, dry=True)):
        assert campus.one(request)["o"] == ("done" if allowed else "not_found")
    assert campus.one(undo("R-ZZZZZZ", own=own)) == {"o": "not_found", "field": "ref"}


def test_of_one_who_undoes_and_many_who_book_one_wins(campus):
    ref = campus.book("D-0")["ref"]
    campus.one(cancel(ref))
    answers = campus.race(*[lambda lane: lane.one(campus.site, create("D-0", actor=BOB))] * 5,
                          lambda lane: lane.one(campus.site, undo(ref)),
                          *[lambda lane: lane.one(campus.site, create("D-0", actor=BOB))] * 5)
    assert sorted(answer["o"] for answer in answers) == ["done"] + ["slot_taken"] * 10
    assert campus.overlaps() == 0 and campus.claims_fit_bookings() and campus.chain_holds()
