"""Undo, by the protocol and on the command line: back to how it was, or told why not."""

import subprocess
import threading

import pytest

from rig import build
from rpc import RpcError, new_key

DAY = "2055-03-01"


def book(client, space="A-01", start="09:00", end="17:00", **more):
    return client.change("booking.create", site="KSQ", space=space, start=f"{DAY}T{start}", end=f"{DAY}T{end}",
                         **more)["booking"]


def refuse(client, **params):
    return client.refused("booking.undo", site="KSQ", key=new_key(), **params)


def test_each_change_is_taken_back_and_the_calendar_knows(connect):
    ada = connect("ada")

    def taken(space):
        spaces = ada.call("space.day", site="KSQ", date=DAY, space=space)["spaces"]
        return [span["booking"]["version"] for span in spaces[0]["spans"] if span["state"] == "taken"]

    made = book(ada)
    undone = ada.change("booking.undo", site="KSQ")
    assert (undone["undone"], undone["booking"]["state"], taken("A-01")) == ("created", "cancelled", [])
    made = book(ada)
    ada.change("booking.move", site="KSQ", ref=made["ref"], space="A-02", start=f"{DAY}T10:00", end=f"{DAY}T11:00")
    undone = ada.change("booking.undo", site="KSQ")
    assert undone["undone"] == "moved" and undone["booking"] == {**made, "version": 3}
    assert (taken("A-01"), taken("A-02")) == ([3], [])
    ada.change("booking.cancel", site="KSQ", ref=made["ref"])
    undone = ada.change("booking.undo", site="KSQ", ref=made["ref"])
    assert undone["undone"] == "cancelled" and undone["booking"] == {**made, "version": 5}
    assert taken("A-01") == [5]


def test_the_history_tells_what_was_undone(connect):
    ada = connect("ada")
    ref = book(ada)["ref"]
    ada.change("booking.cancel", site="KSQ", ref=ref)
    ada.change("booking.undo", site="KSQ", ref=ref)
    events = ada.call("booking.history", site="KSQ", ref=ref)["events"]
    assert [(e["kind"], e["state"], e["version"], e.get("undo")) for e in events] == [
        ("booking.created", "confirmed", 1, None), ("booking.cancelled", "cancelled", 2, None),
        ("booking.undone", "confirmed", 3, "cancelled")]


def test_a_retry_gets_the_same_answer_and_undoes_nothing_more(connect):
    ada = connect("ada")
    book(ada, "A-01")
    book(ada, "A-02")
    key = new_key()
    first = ada.call("booking.undo", site="KSQ", key=key)
    again = ada.call("booking.undo", site="KSQ", key=key, attempt=2)
    assert again.pop("replayed") is True and again == {**first, "rev": again["rev"]}
    assert [row["space"] for row in ada.call("booking.list", site="KSQ")["bookings"]] == ["A-01"]


def test_what_is_sent_right_behind_a_booking_undoes_that_booking(connect):
    ada = connect("ada")
    book(ada, "A-01")
    numbers = [ada.send_change("booking.create", site="KSQ", space="A-02", start=f"{DAY}T09:00", end=f"{DAY}T10:00"),
               ada.send_change("booking.undo", site="KSQ")]
    made, undone = (ada.answer(number) for number in numbers)
    assert undone["booking"]["ref"] == made["booking"]["ref"]


def test_every_refusal_says_why(connect):
    ada, desk = connect("ada"), connect("desk")
    none = refuse(ada)
    assert (none.kind, none.data["rule"]) == ("undo_expired", "none") and "no booking" in none.message
    ref = book(ada)["ref"]
    assert refuse(desk, ref=ref).data["rule"] == "not_own"
    assert refuse(connect("minji"), ref=ref).kind == "not_found"
    ada.change("booking.cancel", site="KSQ", ref=ref)
    book(desk, start="10:00", end="11:00")
    taken = refuse(ada, ref=ref)
    assert (taken.kind, taken.data["space"], taken.data["start"]) == ("slot_taken", "A-01", f"{DAY}T15:00:00Z")
    mine = book(ada, "A-03")["ref"]
    ada.change("booking.undo", site="KSQ")
    undone = refuse(ada)
    assert (undone.kind, undone.data["rule"], undone.message) == ("wrong_state", "undone", "an undo cannot be undone")
    desk.change("booking.move", site="KSQ", ref=book(ada, "A-04")["ref"], space="A-05")
    assert refuse(ada).kind == "stale_version"
    assert refuse(ada, ref=mine).data["rule"] == "undone"


def test_the_place_goes_to_one_of_two_who_want_it_and_the_other_is_told(start_daemon, world):
    """One takes a cancellation back, one books the place: by two daemons, at once."""
    daemons = [start_daemon("one"), start_daemon("two")]
    ada, minji = daemons[0].client(world.token["ada"]), daemons[1].client(world.token["minji"])
    for hour in range(8, 18):
        span = {"start": f"{hour:02}:00", "end": f"{hour + 1:02}:00"}
        ref = book(ada, **span)["ref"]
        ada.change("booking.cancel", site="KSQ", ref=ref)
        answers = []

        def attempt(act):
            try:
                answers.append(act())
            except RpcError as error:
                answers.append(error.kind)

        racers = [threading.Thread(target=attempt, args=(act,)) for act in (
            lambda: ada.change("booking.undo", site="KSQ", ref=ref), lambda: book(minji, **span))]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert answers.count("slot_taken") == 1, answers
    ada.close()
    minji.close()


ONE_DESK = {"desk": {"one_at_a_time": True}}


def test_nobody_gets_two_places_at_once_by_taking_back(connect):
    operator, ada = connect("operator"), connect("ada")
    operator.change("site.update", site="KSQ", rules=ONE_DESK)
    cancelled, moved = book(ada, "A-01")["ref"], book(ada, "A-02", "18:00", "19:00")["ref"]
    ada.change("booking.cancel", site="KSQ", ref=cancelled)
    ada.change("booking.move", site="KSQ", ref=moved, start=f"{DAY}T20:00", end=f"{DAY}T21:00")
    book(ada, "A-03", "16:00", "19:00")
    for ref in (cancelled, moved):
        error = refuse(ada, ref=ref)
        assert (error.kind, error.data["rule"], error.data["space"]) == ("own_overlap", "one_at_a_time", "A-03")
        assert ada.refused("booking.undo", site="KSQ", ref=ref, key=new_key(), dry_run=True).kind == "own_overlap"
    operator.change("site.update", site="KSQ", rules={"desk": {}})
    assert ada.change("booking.undo", site="KSQ", ref=moved)["undone"] == "moved"


def test_staff_take_back_although_the_person_has_another_place(connect, world):
    operator, desk, ada = connect("operator"), connect("desk"), connect("ada")
    operator.change("site.update", site="KSQ", rules=ONE_DESK)
    ref = book(desk, "A-01", **{"for": world.login["ada"]})["ref"]
    desk.change("booking.cancel", site="KSQ", ref=ref)
    book(ada, "A-02")
    done = desk.change("booking.undo", site="KSQ", ref=ref)
    assert done["booking"]["state"] == "confirmed" and "waived" not in done


def test_hours_and_lengths_are_not_asked_again(connect):
    operator, ada = connect("operator"), connect("ada")
    ref = book(ada)["ref"]
    ada.change("booking.cancel", site="KSQ", ref=ref)
    operator.change("site.update", site="KSQ", open="20:00", close="21:00", rules={"desk": {"longest": 30, "horizon": 1}})
    assert ada.change("booking.undo", site="KSQ")["booking"]["state"] == "confirmed"


def test_a_place_that_is_gone_is_answered_with_what_is_free(connect):
    ada = connect("ada")
    ref = book(ada)["ref"]
    ada.change("booking.cancel", site="KSQ", ref=ref)
    book(connect("minji"))
    error = refuse(ada, ref=ref)
    assert error.kind == "slot_taken" and len(error.data["alternatives"]) == 3 and "free_from" in error.data


def test_by_two_daemons_at_once_a_person_still_gets_one_place(start_daemon, world):
    daemons = [start_daemon("one"), start_daemon("two")]
    clients = [daemon.client(world.token["ada"]) for daemon in daemons]
    with daemons[0].client(world.token["operator"]) as operator:
        operator.change("site.update", site="KSQ", rules=ONE_DESK)
    for hour in range(8, 16):
        span = {"start": f"{hour:02}:00", "end": f"{hour + 1:02}:00"}
        ref = book(clients[0], **span)["ref"]
        clients[0].change("booking.cancel", site="KSQ", ref=ref)
        answers = []

        def attempt(act):
            try:
                answers.append(act()["version"])
            except RpcError as error:
                answers.append(error.kind)

        racers = [threading.Thread(target=attempt, args=(act,)) for act in (
            lambda: clients[0].change("booking.undo", site="KSQ", ref=ref)["booking"],
            lambda: book(clients[1], "A-07", **span))]
        for racer in racers:
            racer.start()
        for racer in racers:
            racer.join()
        assert answers.count("own_overlap") == 1, answers
    for client in clients:
        client.close()


def test_verify_holds_after_undos(connect, cluster, world_db):
    ada = connect("ada")
    for change in (None, {"space": "AB"}, {"start": f"{DAY}T12:00"}):
        ref = book(ada, "A-01", "11:00", "13:00")["ref"]
        if change:
            ada.change("booking.move", site="KSQ", ref=ref, **change)
        else:
            ada.change("booking.cancel", site="KSQ", ref=ref)
        ada.change("booking.undo", site="KSQ")
        ada.change("booking.cancel", site="KSQ", ref=ref)
    done = subprocess.run([build() / "daemon/coworkd", "verify", "--database",
                           cluster.conninfo(world_db, "cowork_report")], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


# On the command line

def test_undo_tells_what_it_took_back(cowork):
    ada = cowork("ada")
    done = ada.run("book", "A-01", f"{DAY}T09:00", f"{DAY}T10:00", "-o", "tsv", "-f", "ref")
    ref = done.stdout.split()[-1]
    rehearsed = ada.run("undo", "--dry-run", "-o", "table")
    assert rehearsed.returncode == 0 and "A-01" in rehearsed.stdout and "Undone" not in rehearsed.stderr
    undone = ada.run("undo", "-o", "table")
    assert undone.returncode == 0, undone.stderr
    assert ref in undone.stdout and "cancelled" in undone.stdout and "Undone: the booking" in undone.stderr
    again = ada.run("undo")
    assert again.returncode == 10 and "an undo cannot be undone" in again.stderr
    assert ada.run("undo", "R-000001").returncode == 65


def test_nothing_overtakes_an_undo(connect):
    ada = connect("ada")
    first = book(ada, "A-01")
    ada.change("booking.cancel", site="KSQ", ref=first["ref"])
    undo = ada.send_change("booking.undo", site="KSQ", ref=first["ref"])
    late = ada.send_change("booking.create", site="KSQ", space="A-01", start="2055-03-01T09:00", end="2055-03-01T10:00")
    assert ada.answer(undo)["booking"]["state"] == "confirmed"
    with pytest.raises(RpcError, match="slot_taken"):
        ada.answer(late)
