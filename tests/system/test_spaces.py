"""What a site is made of, changed: floors, areas, spaces and their units, names in two languages, external ids;
and what is told when bookings are in the way."""

import subprocess

import pytest

from rig import build
from rpc import new_key

DAY = "2055-03-01"
TIME = {"start": f"{DAY}T09:00", "end": f"{DAY}T10:00"}
CLEARABLE = {  # method: (what names the thing, its noun, what can be taken away)
    "site.update": ({"site": "KSQ"}, "site", {"name_alt": "켄들", "currency": "EUR", "locale": "en-US", "external_id": "s"}),
    "floor.update": ({"site": "KSQ", "floor": "2F"}, "floor", {"name_alt": "2층", "external_id": "f"}),
    "area.update": ({"site": "KSQ", "area": "A"}, "area", {"name_alt": "창가", "floor": "2F", "external_id": "a"}),
    "space.update": ({"site": "KSQ", "space": "A-01"}, "space",
                     {"name_alt": "책상", "floor": "2F", "area": "A", "external_id": "p"}),
    "tenant.update": ({"tenant": "acme"}, "tenant", {"name_alt": "아크미", "email": "a@acme.example", "external_id": "t"}),
    "member.update": ({"login": "ada@acme.example"}, "member", {"lang": "ko", "external_id": "m"}),
}


@pytest.fixture
def operator(connect):
    return connect("operator")


def place(client, code):
    """A space as the calendar knows it."""
    return client.call("space.day", site="KSQ", date=DAY, space=code)["spaces"][0]["space"]


@pytest.mark.parametrize("method", CLEARABLE)
def test_an_optional_text_is_given_and_taken_away(operator, method):
    thing, noun, texts = CLEARABLE[method]
    assert texts.items() <= operator.change(method, thing, **texts)[noun].items()
    for name in texts:
        cleared = operator.change(method, thing, **{name: ""})[noun]
        assert name not in cleared, name
    params = operator.call("rpc.discover", {"method": method})["methods"][method]["params"]
    assert {name for name, field in params.items() if field.get("clearable")} == set(texts)


def test_a_name_is_never_taken_away(operator):
    for method, (thing, _, _) in CLEARABLE.items():
        error = operator.refused(method, thing, name="", key=new_key())
        assert (error.kind, error.data["field"]) == ("params", "name")


def test_what_is_changed_is_told_by_the_calendar_at_once(operator):
    place(operator, "A-01")
    operator.change("floor.create", site="KSQ", code="3F")
    operator.change("space.update", site="KSQ", space="A-01", name="Corner", name_alt="모퉁이", floor="3F", area="")
    assert {"name": "Corner", "name_alt": "모퉁이", "floor": "3F"}.items() <= place(operator, "A-01").items()
    assert "area" not in place(operator, "A-01")
    operator.change("space.update", site="KSQ", space="A-01", name_alt="")
    assert "name_alt" not in place(operator, "A-01")
    operator.change("space.create", site="KSQ", code="N-1", kind="desk", name="New one")
    assert place(operator, "N-1")["name"] == "New one"


def test_floors_and_areas_change_and_a_stale_version_is_told(operator):
    floor = operator.change("floor.update", site="KSQ", floor="2f", name="Two", position=-2, if_version=1)["floor"]
    assert (floor["name"], floor["position"], floor["version"]) == ("Two", -2, 2)
    assert operator.refused("floor.update", site="KSQ", floor="2F", name="x", if_version=1, key=new_key()).kind == "stale_version"
    area = operator.change("area.update", site="KSQ", area="a", name="Quiet")["area"]
    assert (area["name"], area["floor"], area["version"]) == ("Quiet", "2F", 2)
    for method, missing in (("floor.update", "floor"), ("area.update", "area")):
        error = operator.refused(method, site="KSQ", name="x", key=new_key(), **{missing: "NOPE"})
        assert (error.kind, error.data["field"]) == ("not_found", missing)
    assert operator.refused("area.update", site="KSQ", area="A", floor="9F", key=new_key()).data["field"] == "floor"


def test_an_external_id_names_one_thing_of_its_kind(operator):
    operator.change("floor.create", site="KSQ", code="3F", external_id="x")
    operator.change("area.create", site="KSQ", code="B", external_id="x")
    operator.change("space.update", site="KSQ", space="A-01", external_id="x")
    operator.change("block.create", TIME, site="KSQ", space="P-1", reason="repair", external_id="x")
    operator.change("booking.create", TIME, site="KSQ", space="A-02", external_id="x")
    for method, params in (("floor.update", {"floor": "2F"}), ("floor.create", {"code": "4F"}), ("area.update", {"area": "A"}),
                           ("area.create", {"code": "C"}), ("space.update", {"space": "A-02"}),
                           ("block.create", {**TIME, "space": "A-03", "reason": "repair"}),
                           ("booking.create", {**TIME, "space": "A-03"})):
        error = operator.refused(method, params, site="KSQ", external_id="x", key=new_key())
        assert (error.kind, error.data["field"]) == ("exists", "external_id"), method
    operator.change("space.update", site="KSQ", space="A-01", external_id="x", capacity=2)
    operator.change("space.update", site="DJN", space="A-01", external_id="x")


def test_a_reference_is_an_external_id_of_its_own_booking(operator):
    """What is exported by its reference and comes back is known."""
    ref = operator.change("booking.create", TIME, site="KSQ", space="A-01")["booking"]["ref"]
    operator.change("booking.cancel", site="KSQ", ref=ref)
    error = operator.refused("booking.create", TIME, site="KSQ", space="A-01", external_id=ref, key=new_key())
    assert (error.kind, error.data["field"]) == ("exists", "external_id")
    operator.change("booking.create", TIME, site="DJN", space="A-01", external_id=ref)


def test_that_it_is_there_already_is_told_before_the_place_it_holds_itself(operator):
    operator.change("booking.create", TIME, site="KSQ", space="A-01", external_id="x")
    for space, kind in (("A-01", "exists"), ("A-02", "exists")):
        assert operator.refused("booking.create", TIME, site="KSQ", space=space, external_id="x", key=new_key()).kind == kind
    error = operator.refused("booking.create", TIME, site="KSQ", space="A-01", external_id="y", key=new_key())
    assert error.kind == "slot_taken" and error.data["alternatives"] and "external_id" not in error.data


def test_units_change_while_nobody_holds_the_space(operator, cluster, world_db):
    taken = operator.change("booking.create", TIME, site="KSQ", space="AB")["booking"]["ref"]
    error = operator.refused("space.update", site="KSQ", space="AB", units=["RA", "RC"], key=new_key())
    assert (error.kind, error.data["field"], error.data["rule"], error.data["count"]) == ("wrong_state", "units", "held", 1)
    operator.change("booking.cancel", site="KSQ", ref=taken)
    space = operator.change("space.update", site="KSQ", space="AB", units=["RA", "RC"])["space"]
    assert space["units"] == ["RA", "RC"]
    operator.change("booking.create", TIME, site="KSQ", space="AB")
    assert operator.refused("booking.create", TIME, site="KSQ", space="RA", key=new_key()).kind == "slot_taken"
    operator.change("booking.create", TIME, site="KSQ", space="RB")
    assert operator.change("space.update", site="KSQ", space="P-1", units=[])["space"]["units"] == ["P-1"]
    done = subprocess.run([build() / "daemon/coworkd", "verify", "--database",
                           cluster.conninfo(world_db, "cowork_report")], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_what_is_over_keeps_the_units_that_it_held(operator, cluster, world_db):
    operator.change("booking.create", site="KSQ", space="AB", start="2026-01-05T09:00", end="2026-01-05T10:00")
    operator.change("space.update", site="KSQ", space="AB", units=["RA", "RC"])
    done = subprocess.run([build() / "daemon/coworkd", "verify", "--database",
                           cluster.conninfo(world_db, "cowork_report")], text=True, capture_output=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_space_with_bookings_is_retired_only_if_that_is_meant(operator):
    refs = [operator.change("booking.create", site="KSQ", space="A-01", start=f"{DAY}T{hour:02}:00",
                            end=f"{DAY}T{hour:02}:30")["booking"]["ref"] for hour in (9, 10)]
    operator.change("booking.create", site="KSQ", space="A-01", start="2026-01-05T09:00", end="2026-01-05T10:00")
    error = operator.refused("space.retire", site="KSQ", space="A-01", key=new_key())
    assert (error.kind, error.data["rule"], error.data["count"]) == ("wrong_state", "booked", 2)
    assert "2 bookings" in error.message
    rehearsed = operator.change("space.retire", site="KSQ", space="A-01", with_bookings=True, dry_run=True)
    assert rehearsed["bookings"] == 2 and operator.call("space.show", site="KSQ", space="A-01")["space"]["state"] == "active"
    done = operator.change("space.retire", site="KSQ", space="A-01", with_bookings=True)
    assert (done["bookings"], done["space"]["state"]) == (2, "retired")
    for ref in refs:
        assert operator.call("booking.show", site="KSQ", ref=ref)["booking"]["state"] == "confirmed"
        operator.change("booking.move", site="KSQ", ref=ref, space="A-02")
    assert operator.change("space.retire", site="KSQ", space="A-03")["bookings"] == 0


def test_a_block_that_cannot_be_tells_which_bookings_are_in_its_way(operator, connect):
    made = [connect("ada").change("booking.create", site="KSQ", space=space, start=f"{DAY}T{hour:02}:00",
                                  end=f"{DAY}T{hour:02}:45")["booking"]
            for hour, space in [(hour, "RA") for hour in range(1, 13)] + [(3, "RB"), (22, "RB")]]
    error = operator.refused("block.create", site="KSQ", space="AB", start=f"{DAY}T00:00", end=f"{DAY}T20:00", reason="repair",
                             key=new_key())
    assert (error.kind, error.data["count"]) == ("slot_taken", 13)
    there = sorted((row["start"], row["ref"], row["end"]) for row in made[:13])
    assert [(row["start"], row["ref"], row["end"]) for row in error.data["bookings"]] == there[:10]


def test_a_block_on_a_block_has_no_bookings_in_its_way(operator):
    operator.change("block.create", TIME, site="KSQ", space="P-1", reason="repair")
    error = operator.refused("block.create", TIME, site="KSQ", space="P-1", reason="repair", key=new_key())
    assert (error.kind, error.data["count"], error.data["bookings"]) == ("blocked", 0, [])


# On the command line

def test_floors_and_areas_are_set_and_an_empty_value_takes_away(cowork):
    person = cowork("operator")
    person.run("floor", "set", "2F", "--name", "Two", "--name-alt", "2층", "--position", "-1", check=0)
    assert person.run("floor", "list", "-o", "tsv", "-f", "code,name,name_alt,position", check=0).stdout == "2F\tTwo\t2층\t-1\n"
    person.run("area", "set", "A", "--floor", "", "--external-id", "x", check=0)
    assert person.run("area", "list", "-o", "tsv", "-f", "code,floor,external_id", check=0).stdout == "A\t\tx\n"
    person.run("floor", "set", "2F", "--name-alt", "", check=0)
    assert person.run("floor", "list", "-o", "tsv", "-f", "name_alt", check=0).stdout == "\n"
    person.run("space", "set", "AB", "--units", "RA,RC", check=0)
    assert person.run("space", "show", "AB", "-o", "tsv", "-f", "units", check=0).stdout == "RA;RC\n"


def test_a_block_takes_times_as_book_does_and_names_who_is_in_its_way(cowork):
    ada, desk = cowork("ada"), cowork("desk")
    ref = ada.run("book", "A-01", f"{DAY}T09:00", f"{DAY}T10:00", "-o", "tsv", "-f", "ref", check=0).stdout.strip()
    clock = {"environment": {"COWORK_NOW": "2055-02-28T15:00:00Z"}}
    refused = desk.run("block", "add", "A-01", "tomorrow", "8-12", "--reason", "repair", **clock)
    assert refused.returncode == 10 and ref in refused.stderr and "Mon 1 Mar 09:00–10:00" in refused.stderr
    rehearsed = desk.run("block", "add", "A-01", "tomorrow", "10-12", "--reason", "repair", "--dry-run", "-o", "table", **clock)
    assert rehearsed.returncode == 0 and "would be blocked" in rehearsed.stdout
    done = desk.run("block", "add", "A-01", "tomorrow", "10-12", "--reason", "repair", "-o", "tsv", **clock, check=0)
    assert done.stdout.split("\t")[1:4] == ["A-01", f"{DAY}T10:00", f"{DAY}T12:00"]
    assert "Mon 1 Mar" in done.stderr


def test_times_in_tsv_are_of_the_sites_clock_for_every_noun(cowork):
    person = cowork("operator")
    ref = person.run("book", "A-01", f"{DAY}T09:00", f"{DAY}T10:00", "-o", "tsv", "-f", "ref", check=0).stdout.strip()
    person.run("block", "add", "P-1", f"{DAY}T09:00", f"{DAY}T10:00", "--reason", "repair", check=0)
    local = [f"{DAY}T09:00", f"{DAY}T10:00"]
    assert person.run("show", ref, "-o", "tsv", check=0).stdout.split("\t")[2:4] == local
    assert person.run("block", "list", "-o", "tsv", check=0).stdout.split("\t")[2:4] == local
    event = person.run("history", ref, "-o", "tsv", check=0).stdout.split("\t")
    assert event[5:7] == local and event[1].endswith("Z")
    assert person.run("history", ref, "-o", "tsv", "-f", "start", check=0).stdout == f"{DAY}T14:00:00Z\n"
