"""Sites, floors, areas, spaces and their units."""

import psycopg2
import pytest

from lane import command, create

SPACE = {"code": "E-1", "name": "Hall", "kind": "event"}


def test_a_site_starts_a_log_of_its_own(campus):
    answer = campus.lane.run(0, command(
        "site.create", code="daejeon", name="Daejeon", name_alt="대전", zone="Asia/Seoul", open=480, close=1320,
        closed_days=[0, 6], currency="KRW", locale="ko-KR", external_id="s-2"))
    outcome, event = answer["outcomes"][0], answer["events"][0]
    assert outcome["facts"] == {
        "id": 2, "rev": 0, "code": "daejeon", "name": "Daejeon", "name_alt": "대전", "zone": "Asia/Seoul",
        "open": 480, "close": 1320, "closed_days": [0, 6], "currency": "KRW", "locale": "ko-KR",
        "external_id": "s-2", "version": 1}
    assert (event["kind"], event["subject"], event["body"]) == (
        "site.created", 2, {"site": 2, "code": "daejeon", "zone": "Asia/Seoul", "version": 1})
    assert campus.chain_holds(2)
    assert campus.lane.one(2, command("floor.create", code="1", name="First"))["rev"] == 1
    assert campus.chain_holds(2) and campus.chain_holds(0)


@pytest.mark.parametrize("a, field", [
    ({"code": "KENDALL"}, "code"), ({"code": "x", "external_id": "s-1"}, "external_id"),
    ({"code": "first", "external_id": "s-1"}, "external_id")])  # the same row of a file again
def test_a_site_that_exists_is_not_made_again(campus, a, field):
    campus.lane.one(0, command("site.create", code="first", name="x", zone="UTC", external_id="s-1"))
    assert campus.lane.one(0, command("site.create", **{"name": "x", "zone": "UTC", **a})) == {
        "o": "exists", "field": field}


def test_a_zone_this_server_does_not_know_makes_no_site(campus):
    with pytest.raises(psycopg2.errors.InvalidParameterValue):
        campus.lane.run(0, command("site.create", code="x", name="x", zone="Mars/Olympus"))
    with pytest.raises(psycopg2.errors.InvalidParameterValue):
        campus.run(command("site.update", zone="Mars/Olympus"))


def test_a_site_is_changed_under_its_version(campus):
    campus.one(command("site.update", name_alt="Kendall", currency="USD", closed_days=[0]))
    changed = campus.one(command("site.update", name="Kendall", name_alt="", open=420, close=1380, closed_days=[],
                                 locale="en-US", if_version=2))
    assert changed["facts"] == {
        "id": 1, "rev": campus.rev(), "code": "kendall", "name": "Kendall", "zone": "America/New_York", "open": 420,
        "close": 1380, "closed_days": [], "currency": "USD", "locale": "en-US", "version": 3}
    assert campus.one(command("site.update", name="x", if_version=2)) == {"o": "stale_version", "version": 3}


def test_rules_stand_in_facts_events_and_the_calendar(campus):
    rules = {"desk": {"longest": 480, "shortest": 15, "granularity": 15, "notice": 0, "horizon": 90, "one_at_a_time": True},
             "room": {"one_at_a_time": False}}
    answer = campus.run(command("site.update", rules=rules))
    assert answer["outcomes"][0]["facts"]["rules"] == rules
    assert answer["events"][0]["body"]["rules"] == rules
    body = campus.lane.rows("SELECT body FROM cowork.calendar_rows WHERE site_id = 1 AND what = 'site'")[0][0]
    assert (body["rules"], body["zone"]) == (rules, "America/New_York")
    answer = campus.run(command("site.update", rules={"desk": {"horizon": 0}}))
    assert answer["events"][0]["body"]["rules"] == {**rules, "desk": {"horizon": 0, "one_at_a_time": False}}


def test_the_operator_is_no_site_to_see(campus):
    assert campus.lane.rows("SELECT site_id FROM cowork.site_facts") == [(1,)]


def test_a_space_stands_in_an_area_on_a_floor(campus):
    floor, area, space = campus.outcomes(
        command("floor.create", code="14", name="Fourteenth", position=14),
        command("area.create", code="North", name="North side", floor="14"),
        command("space.create", name_alt="홀", area="NORTH", capacity=80, amenities=["screen", "piano"], x=3, y=-4,
                external_id="h-1", **SPACE))
    assert floor["facts"] == {"site": "kendall", "code": "14", "name": "Fourteenth", "position": 14, "version": 1}
    assert area["facts"] == {"site": "kendall", "floor": "14", "code": "North", "name": "North side", "version": 1}
    assert space["facts"] == {
        "id": space["id"], "site": "kendall", "floor": "14", "area": "North", "code": "E-1", "name": "Hall",
        "name_alt": "홀", "kind": "event", "capacity": 80, "amenities": ["screen", "piano"], "x": 3, "y": -4,
        "units": ["E-1"], "state": "active", "external_id": "h-1", "version": 1}


@pytest.mark.parametrize("kind, a, refusal", [
    ("area.create", {"code": "N", "floor": "9"}, {"o": "not_found", "field": "floor"}),
    ("space.create", {**SPACE, "floor": "9"}, {"o": "not_found", "field": "floor"}),
    ("space.create", {**SPACE, "area": "9"}, {"o": "not_found", "field": "area"}),
    ("space.create", {**SPACE, "code": "d-0"}, {"o": "exists", "field": "code"}),
    ("space.create", {**SPACE, "external_id": "x"}, {"o": "exists", "field": "external_id"}),
    ("space.create", {**SPACE, "code": "e-0", "external_id": "x"}, {"o": "exists", "field": "external_id"}),
    ("floor.create", {"code": "ONE"}, {"o": "exists", "field": "code"}),
    ("area.create", {"code": "WEST"}, {"o": "exists", "field": "code"}),
    ("space.update", {"space": "nowhere"}, {"o": "not_found", "field": "space"}),
    ("space.update", {"space": "D-0", "floor": "9"}, {"o": "not_found", "field": "floor"}),
    ("space.update", {"space": "D-0", "area": "9"}, {"o": "not_found", "field": "area"}),
    ("space.update", {"space": "D-0", "if_version": 2}, {"o": "stale_version", "version": 1}),
    ("space.retire", {"space": "nowhere"}, {"o": "not_found", "field": "space"}),
    ("space.retire", {"space": "D-0", "if_version": 2}, {"o": "stale_version", "version": 1})])
def test_what_does_not_fit_the_catalogue_is_refused_by_kind(campus, kind, a, refusal):
    campus.outcomes(command("floor.create", code="one"), command("area.create", code="west"),
                    command("space.create", code="E-0", name="x", kind="event", external_id="x"))
    assert campus.one(command(kind, **a)) == refusal


def test_units_are_shared_by_naming_them_in_any_case(campus):
    made = campus.one(command("space.create", code="ABC", name="All", kind="event", units=["a", "B", "C", "c"]))
    assert made["facts"]["units"] == ["A", "B", "C"]
    assert campus.one(create("ABC"))["o"] == "done"
    assert [o["o"] for o in campus.outcomes(create("A"), create("AB"), create("D-0"))] == [
        "slot_taken", "slot_taken", "done"]


def test_a_space_is_changed_and_retired_once(campus):
    campus.outcomes(command("floor.create", code="1"), command("floor.create", code="2"),
                    command("area.create", code="N", floor="2"))
    changed = campus.one(command("space.update", space="d-0", name="Window desk", kind="room", capacity=2,
                                 amenities=["monitor"], x=1, y=2, area="n", if_version=1))["facts"]
    assert [changed[key] for key in ("name", "kind", "capacity", "amenities", "x", "y", "area", "floor", "version")] == [
        "Window desk", "room", 2, ["monitor"], 1, 2, "N", "2", 2]
    kept = campus.one(command("space.update", space="D-0", area="", floor="1", amenities=[]))["facts"]
    assert ("area" in kept, kept["floor"], kept["amenities"], kept["name"]) == (False, "1", [], "Window desk")
    answer = campus.run(command("space.retire", space="D-0", if_version=3))
    assert answer["events"][0]["body"] == {
        "space": 1, "code": "D-0", "name": "Window desk", "name_alt": None, "kind": "room", "floor": 1, "area": None, "capacity": 2, "amenities": [],
        "x": 1, "y": 2, "units": [1], "state": "retired", "version": 4}
    assert campus.one(command("space.retire", space="D-0")) == {"o": "wrong_state", "state": "retired", "version": 4}
