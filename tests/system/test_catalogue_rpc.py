"""Sites, floors, areas, spaces, blocks, tenants and members: made, changed, listed page by page, retired.

And what all changes have in common: rehearsals, retries with the same key, versions.
"""

import json

import pytest

from rig import wait_until
from rpc import RpcError, new_key

TIME = {"start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}


@pytest.fixture
def operator(connect):
    return connect("operator")


def pages(client, method, plural, limit, **params):
    """All rows of a list, page by page, and how many pages there were."""
    rows, cursor, count = [], {}, 0
    while True:
        page = client.call(method, limit=limit, **params, **cursor)
        assert len(page[plural]) <= limit
        assert ("cursor" in page) == page["has_more"]
        rows += page[plural]
        count += 1
        if not page["has_more"]:
            return rows, count
        cursor = {"cursor": page["cursor"]}


# Each noun: made, shown as made, changed

def test_a_site_is_made_changed_and_shown(operator):
    fields = {"code": "SEL", "name": "Seoul", "name_alt": "서울", "zone": "Asia/Seoul", "open": "08:30", "close": "24:00",
              "closed_days": [0, 6], "currency": "KRW", "locale": "ko_KR", "external_id": "cic-7", "rules": {"desk": {"longest": 480, "one_at_a_time": True}}}
    made = operator.change("site.create", fields)["site"]
    assert made == {**fields, "version": 1}
    changed = operator.change("site.update", site="sel", name="Seoul Station", closed_days=[], zone="Asia/Tokyo")["site"]
    assert changed == {**fields, "name": "Seoul Station", "closed_days": [], "zone": "Asia/Tokyo", "version": 2}
    shown = operator.call("site.show", site="Sel")
    assert shown["site"] == changed and shown["rev"] == 1
    assert changed in operator.call("site.list")["sites"]


def test_a_new_site_has_rules_of_its_own_accord(operator):
    rules = operator.change("site.create", code="RUL", name="Rules", zone="Asia/Seoul")["site"]["rules"]
    assert set(rules) == {"desk", "room", "booth", "office", "event"}
    assert rules["desk"] == {"longest": 1440, "shortest": 15, "granularity": 15, "horizon": 90, "one_at_a_time": True}
    assert operator.change("site.create", code="NON", name="None", zone="Asia/Seoul", rules={})["site"].get("rules") is None


def test_the_rules_of_a_kind_are_replaced_as_a_whole(operator):
    rules = {"desk": {"longest": 480, "shortest": 15, "granularity": 30, "notice": 5, "horizon": 0, "one_at_a_time": True},
             "room": {"longest": 60, "one_at_a_time": False}}
    operator.change("site.create", code="REP", name="Replaced", zone="Asia/Seoul", rules=rules)
    changed = operator.change("site.update", site="REP", rules={"desk": {"shortest": 60}})["site"]
    assert changed["rules"] == {"desk": {"shortest": 60, "one_at_a_time": False}, "room": rules["room"]}
    unchanged = operator.change("site.update", site="REP", name="Same rules")["site"]
    assert unchanged["rules"] == changed["rules"]


@pytest.mark.parametrize("rules, field", [
    ({"desk": {"granularity": 7}}, "rules.desk.granularity"),
    ({"room": {"granularity": 1441}}, "rules.room.granularity"),
    ({"desk": {"granularity": 15}, "booth": {"shortest": 61, "longest": 60}}, "rules.booth.shortest"),
    ({"desk": {"longest": 0}}, "rules.desk.longest"),
    ({"desk": {"longest": 527041}}, "rules.desk.longest"),
    ({"desk": {"horizon": -1}}, "rules.desk.horizon"),
    ({"desk": {"notice": "1h"}}, "rules.desk.notice"),
    ({"desk": {"one_at_a_time": 1}}, "rules.desk.one_at_a_time"),
    ({"desk": {"price": 1}}, "rules.desk.price"),
    ({"boat": {}}, "rules.boat"),
    ({"desk": 15}, "rules.desk"),
    (15, "rules"),
])
def test_rules_that_cannot_be_kept_are_refused_by_name(operator, rules, field):
    for method, params in (("site.create", {"code": "BAD", "name": "Bad", "zone": "UTC"}), ("site.update", {"site": "KSQ"})):
        error = operator.refused(method, params, rules=rules, key=new_key())
        assert (error.kind, error.data["field"]) == ("params", field)


def test_a_site_needs_a_zone_that_exists(operator):
    for call in ((("site.create"), {"code": "X", "name": "X"}), (("site.update"), {"site": "KSQ"})):
        error = operator.refused(call[0], call[1], zone="Asia/Atlantis", key=new_key())
        assert (error.kind, error.data["field"]) == ("params", "zone")


def test_a_site_opens_before_it_closes_and_has_a_currency_that_is_one(operator):
    made = {"code": "X", "name": "X", "zone": "UTC"}
    wrong = [({"currency": "krw"}, "currency"), ({"currency": "K1W"}, "currency"), ({"currency": "../"}, "currency"),
             ({"open": "10:00", "close": "10:00"}, "close"), ({"open": "24:00"}, "close"), ({"close": "00:00"}, "close"),
             ({"open": "18:00", "close": "09:00"}, "close")]
    for params, field in wrong:
        for method, more in (("site.create", made), ("site.update", {"site": "KSQ"})):
            error = operator.refused(method, {**more, **params}, key=new_key())
            assert (error.kind, error.data["field"]) == ("params", field), (method, params, error)
    operator.change("site.update", site="KSQ", open="09:00", close="18:00")
    assert operator.refused("site.update", site="KSQ", open="18:00", key=new_key()).data["field"] == "close"
    assert operator.change("site.update", site="KSQ", close="09:01")["site"]["close"] == "09:01"


def test_a_zone_that_only_one_of_us_knows_is_refused(operator):
    """Files beside the zones, which the system would open and PostgreSQL may not know."""
    for zone in ("Factory", "posixrules", "localtime", "posix/UTC", "right/UTC", "leapseconds", "tzdata.zi", "zone.tab"):
        try:
            operator.change("site.create", code="X", name="X", zone=zone, dry_run=True)
        except RpcError as error:
            assert (error.kind, error.data["field"]) == ("params", "zone"), (zone, error)


def test_the_reason_of_a_block_is_a_word(operator):
    """It stands in the log for good, where no number of anybody's telephone belongs."""
    for reason in ("010-1234-5678", "1", "a.b", "9F"):
        error = operator.refused("block.create", TIME, site="KSQ", space="A-01", reason=reason, key=new_key())
        assert (error.kind, error.data["field"]) == ("params", "reason"), (reason, error)
    operator.change("block.create", TIME, site="KSQ", space="A-01", reason="deep-clean_2")


def test_a_new_site_can_be_worked_on_in_the_next_line(operator):
    operator.change("site.create", code="NEW", name="New", zone="UTC")
    numbers = [operator.send_change("floor.create", site="NEW", code="1F"),
               operator.send_change("area.create", site="NEW", code="A", floor="1F"),
               operator.send_change("space.create", site="NEW", code="A-1", kind="desk", area="A"),
               operator.send_change("booking.create", TIME, site="NEW", space="A-1")]
    replies = [operator.answer(number) for number in numbers]
    assert [reply["rev"] >= n for n, reply in enumerate(replies, 1)] == [True] * 4
    assert replies[2]["space"]["floor"] == "1F"


def test_floors_and_areas_are_made_and_listed(operator):
    floor = operator.change("floor.create", site="KSQ", code="3F", name="Third", position=-3)["floor"]
    assert floor == {"site": "KSQ", "code": "3F", "name": "Third", "position": -3, "version": 1}
    area = operator.change("area.create", site="KSQ", code="N", name="North", floor="3f")["area"]
    assert area == {"site": "KSQ", "floor": "3F", "code": "N", "name": "North", "version": 1}
    assert floor in operator.call("floor.list", site="KSQ")["floors"]
    assert area in operator.call("area.list", site="KSQ")["areas"]


def test_a_space_is_made_changed_and_shown(operator):
    made = operator.change("space.create", site="KSQ", code="M-1", name="Maple", name_alt="단풍", kind="room", area="A",
                           capacity=6, amenities=["screen", "phone"], x=-4, y=0, units=["M1a", "M1b"],
                           external_id="e-1")["space"]
    assert made == {"site": "KSQ", "floor": "2F", "area": "A", "code": "M-1", "name": "Maple", "name_alt": "단풍",
                    "kind": "room", "capacity": 6, "amenities": ["screen", "phone"], "x": -4, "y": 0,
                    "units": ["M1a", "M1b"], "state": "active", "external_id": "e-1", "version": 1}
    changed = operator.change("space.update", site="KSQ", space="m-1", capacity=7, amenities=[], kind="event")["space"]
    assert changed == {**made, "capacity": 7, "amenities": [], "kind": "event", "version": 2}
    assert operator.call("space.show", site="KSQ", space="M-1")["space"] == changed


def test_lists_of_spaces_are_narrowed(operator):
    def codes(**filters):
        return [row["code"] for row in operator.call("space.list", site="KSQ", **filters)["spaces"]]

    assert len(codes()) == 14
    assert codes(kind="room") == ["AB", "RA", "RB"]
    assert codes(area="a") == [f"A-{n:02}" for n in range(1, 11)] and codes(floor="9F") == []
    operator.change("space.retire", site="KSQ", space="AB")
    assert codes(kind="room") == ["RA", "RB"] and codes(kind="room", retired=True) == ["AB", "RA", "RB"]


def test_a_tenant_and_its_members_are_made_changed_and_shown(operator):
    made = operator.change("tenant.create", code="ink", name="Ink", email="Office@Ink.example", external_id="t-1")["tenant"]
    assert made == {"code": "ink", "name": "Ink", "email": "office@ink.example", "state": "active", "external_id": "t-1",
                    "version": 1}
    changed = operator.change("tenant.update", tenant="INK", name="Ink & Co")["tenant"]
    assert changed == {**made, "name": "Ink & Co", "version": 2} == operator.call("tenant.show", tenant="ink")["tenant"]
    member = operator.change("member.invite", tenant="ink", login="Kim@Ink.example", name="Kim", lang="ko",
                             role="tenant_admin", external_id="m-1")["member"]
    assert member == {"tenant": "ink", "login": "kim@ink.example", "name": "Kim", "lang": "ko", "role": "tenant_admin",
                      "state": "invited", "external_id": "m-1", "version": 1}
    changed = operator.change("member.update", login="KIM@ink.example", name="Kim Ji", role="member")["member"]
    assert changed == {**member, "name": "Kim Ji", "role": "member", "version": 2}
    assert operator.call("member.list", tenant="ink")["members"] == [changed]


def test_an_invited_person_logs_in_with_the_code(operator, connect):
    code = operator.change("member.invite", tenant="acme", login="kim@acme.example", name="Kim")["code"]
    assert connect().redeem(code)["tenant"] == "acme"
    code = operator.change("staff.grant", login="lee@example.org", name="Lee", role="front_desk", site="DJN")["code"]
    got = connect().redeem(code)
    assert (got["role"], got["site"]) == ("front_desk", "DJN")


def test_a_company_that_is_disabled_invites_nobody(operator):
    operator.change("tenant.update", tenant="acme", state="disabled")
    error = operator.refused("member.invite", tenant="acme", login="x@example.org", name="X", key=new_key())
    assert (error.kind, error.data["field"], error.data["state"]) == ("wrong_state", "tenant", "disabled")


def test_a_block_takes_a_space_out_of_service_until_it_ends(operator):
    block = operator.change("block.create", TIME, site="KSQ", space="A-01", reason="repair", note="lamp\nand chair")["block"]
    assert (block["space"], block["reason"], block["note"], block["state"]) == ("A-01", "repair", "lamp\nand chair", "active")
    error = operator.refused("booking.create", TIME, site="KSQ", space="A-01", key=new_key())
    assert error.kind == "blocked" and error.data["space"] == "A-01" and error.data["start"] == block["start"]
    assert operator.call("block.list", site="KSQ")["blocks"] == [block]
    ended = operator.change("block.end", site="KSQ", ref=block["ref"], if_version=1)["block"]
    assert (ended["state"], ended["version"]) == ("ended", 2)
    assert operator.call("block.list", site="KSQ")["blocks"] == []
    assert operator.call("block.list", site="KSQ", ended=True)["blocks"] == [ended]
    operator.change("booking.create", TIME, site="KSQ", space="A-01")


def test_a_booked_space_is_not_blocked(operator):
    operator.change("booking.create", TIME, site="KSQ", space="RA")
    error = operator.refused("block.create", TIME, site="KSQ", space="AB", reason="repair", key=new_key())
    assert (error.kind, error.data["space"]) == ("slot_taken", "AB")


# What is there already, what is not, what changed

def test_what_exists_already_is_refused_and_the_parameter_named(operator, world):
    again = [
        ("site.create", {"code": "ksq", "name": "K", "zone": "UTC"}, "code"),
        ("floor.create", {"site": "KSQ", "code": "2f"}, "code"),
        ("area.create", {"site": "KSQ", "code": "a"}, "code"),
        ("space.create", {"site": "KSQ", "code": "a-01", "kind": "desk"}, "code"),
        ("tenant.create", {"code": "ACME", "name": "A"}, "code"),
        ("member.invite", {"tenant": "acme", "login": world.login["ada"].upper(), "name": "A"}, "login"),
    ]
    for method, params, field in again:
        error = operator.refused(method, params, key=new_key())
        assert (error.kind, error.data["field"]) == ("exists", field), method
    operator.change("space.create", site="DJN", code="A-99", kind="desk", external_id="e")
    operator.change("space.create", site="KSQ", code="A-99", kind="desk", external_id="e")
    error = operator.refused("space.create", site="KSQ", code="A-98", kind="desk", external_id="e", key=new_key())
    assert (error.kind, error.data["field"]) == ("exists", "external_id")


def test_what_is_not_there_is_refused_and_the_parameter_named(operator):
    site = {"site": "KSQ"}
    absent = [
        ("site.show", {"site": "NOPE"}, "site"), ("floor.list", {"site": "NOPE"}, "site"),
        ("floor.create", {"site": "NOPE", "code": "1F"}, "site"),
        ("area.create", {**site, "code": "Z", "floor": "NOPE"}, "floor"),
        ("space.create", {**site, "code": "Z", "kind": "desk", "floor": "NOPE"}, "floor"),
        ("space.create", {**site, "code": "Z", "kind": "desk", "area": "NOPE"}, "area"),
        ("space.update", {**site, "space": "NOPE", "capacity": 1}, "space"),
        ("space.update", {**site, "space": "A-01", "area": "NOPE"}, "area"),
        ("space.retire", {**site, "space": "NOPE"}, "space"), ("space.show", {**site, "space": "NOPE"}, "space"),
        ("block.create", {**site, **TIME, "space": "NOPE", "reason": "repair"}, "space"),
        ("block.end", {**site, "ref": "B-000000"}, "ref"),
        ("tenant.update", {"tenant": "nope", "name": "N"}, "tenant"), ("tenant.show", {"tenant": "nope"}, "tenant"),
        ("member.invite", {"tenant": "nope", "login": "x@example.org", "name": "X"}, "tenant"),
        ("member.update", {"login": "nobody@example.org", "name": "N"}, "login"),
        ("staff.grant", {"login": "x@example.org", "name": "X", "role": "front_desk", "site": "NOPE"}, "site"),
        ("staff.revoke", {"login": "nobody@example.org"}, "login"),
        ("member.disable", {"login": "nobody@example.org"}, "login"),
        ("member.list", {"tenant": "nope"}, "tenant"), ("staff.list", {"site": "NOPE"}, "site"),
        ("booking.list", {**site, "space": "NOPE"}, "space"), ("booking.list", {**site, "tenant": "nope"}, "tenant"),
        ("booking.list", {**site, "tenant": "nope", "newest": True}, "tenant"),
        ("block.list", {**site, "space": "NOPE"}, "space"),
        ("booking.show", {**site, "ref": "R-000000"}, "ref"), ("booking.history", {**site, "ref": "R-000000"}, "ref"),
        ("booking.create", {**site, **TIME, "space": "NOPE"}, "space"),
        ("booking.create", {**site, **TIME, "space": "A-01", "for": "nobody@example.org"}, "for"),
        ("booking.cancel", {**site, "ref": "R-000000"}, "ref"),
        ("booking.move", {**site, "ref": "R-000000", "space": "A-01"}, "ref"),
        ("token.revoke", {"token": "00000000"}, "token"),
    ]
    changes = {name for name, method in operator.call("rpc.discover")["methods"].items() if method["changes"]}
    for method, params, field in absent:
        error = operator.refused(method, params, **({"key": new_key()} if method in changes else {}))
        assert (error.kind, error.data["field"]) == ("not_found", field), (method, params, error)


def test_a_change_meant_for_another_version_is_refused_with_the_version_it_has(operator, world):
    block = operator.change("block.create", TIME, site="KSQ", space="A-01", reason="repair")["block"]["ref"]
    booking = operator.change("booking.create", TIME, site="KSQ", space="A-02")["booking"]["ref"]
    stale = [
        ("site.update", {"site": "KSQ", "name": "N"}), ("space.update", {"site": "KSQ", "space": "A-01", "capacity": 2}),
        ("space.retire", {"site": "KSQ", "space": "A-01"}), ("block.end", {"site": "KSQ", "ref": block}),
        ("tenant.update", {"tenant": "acme", "name": "N"}), ("member.update", {"login": world.login["ada"], "name": "N"}),
        ("member.disable", {"login": world.login["ada"]}),
        ("booking.move", {"site": "KSQ", "ref": booking, "space": "A-03"}), ("booking.cancel", {"site": "KSQ", "ref": booking}),
    ]
    for method, params in stale:
        error = operator.refused(method, params, if_version=7, key=new_key())
        assert error.kind == "stale_version" and error.data["version"] != 7, method
        operator.change(method, params, if_version=error.data["version"])


def test_two_who_change_the_same_version_are_not_both_heard(operator, connect):
    numbers = [(client, client.send_change("space.update", site="KSQ", space="A-01", capacity=capacity, if_version=1))
               for client, capacity in ((operator, 2), (connect("admin"), 3))]
    kinds = []
    for client, number in numbers:
        try:
            kinds.append(client.answer(number)["space"]["version"])
        except RpcError as error:
            kinds.append(error.kind)
    assert sorted(map(str, kinds)) == ["2", "stale_version"]


def test_a_retired_space_takes_no_bookings_and_keeps_those_it_has(operator):
    ref = operator.change("booking.create", TIME, site="KSQ", space="A-01")["booking"]["ref"]
    retired = operator.change("space.retire", site="KSQ", space="A-01", with_bookings=True)["space"]
    assert (retired["state"], retired["version"]) == ("retired", 2)
    later = {"start": "2055-03-02T09:00", "end": "2055-03-02T10:00"}
    for method, params in (("booking.create", later), ("block.create", {**later, "reason": "repair"})):
        error = operator.refused(method, params, site="KSQ", space="A-01", key=new_key())
        assert (error.kind, error.data["field"]) == ("retired", "space")
    assert operator.refused("space.retire", site="KSQ", space="A-01", key=new_key()).kind == "wrong_state"
    assert operator.call("booking.show", site="KSQ", ref=ref)["booking"]["state"] == "confirmed"
    operator.change("booking.move", site="KSQ", ref=ref, space="A-02")


def test_a_divisible_room_and_its_halves_exclude_each_other(operator):
    def book(space, **more):
        return operator.change("booking.create", TIME, site="KSQ", space=space, **more)["booking"]["ref"]

    def refused(space):
        return operator.refused("booking.create", TIME, site="KSQ", space=space, key=new_key())

    left = book("RA")
    assert refused("AB").kind == refused("RA").kind == "slot_taken"
    right = book("RB")
    operator.change("booking.cancel", site="KSQ", ref=left)
    assert refused("AB").kind == "slot_taken"
    operator.change("booking.cancel", site="KSQ", ref=right)
    whole = book("AB")
    assert refused("RA").kind == refused("RB").kind == "slot_taken"
    operator.change("booking.move", site="KSQ", ref=whole, space="RA")
    book("RB")


# Pages

def test_every_list_comes_whole_in_pages_of_any_size(operator):
    for number in range(7):
        operator.change("site.create", code=f"S{number}", name="S", zone="UTC")
        operator.change("floor.create", site="KSQ", code=f"{number + 3}F")
        operator.change("area.create", site="KSQ", code=f"Z{number}")
        operator.change("tenant.create", code=f"t{number}", name="T")
        operator.change("member.invite", tenant="acme", login=f"m{number}@acme.example", name="M")
        operator.change("token.issue", label=f"l{number}")
        operator.change("staff.grant", login=f"s{number}@example.com", name="S", role="auditor")
        operator.change("block.create", TIME, site="KSQ", space=f"A-{number + 1:02}", reason="repair")
        operator.change("booking.create", site="DJN", space="A-01", start=f"2055-03-{number + 1:02}T09:00",
                        end=f"2055-03-{number + 1:02}T10:00")
    lists = [("site.list", "sites", {}), ("floor.list", "floors", {"site": "KSQ"}), ("area.list", "areas", {"site": "KSQ"}),
             ("space.list", "spaces", {"site": "KSQ"}), ("tenant.list", "tenants", {}), ("member.list", "members", {}),
             ("token.list", "tokens", {}), ("staff.list", "staff", {}), ("block.list", "blocks", {"site": "KSQ"}),
             ("booking.list", "bookings", {"site": "DJN"})]
    def steady(rows):  # when a token was last used is noted while this runs
        return [{name: value for name, value in row.items() if name != "last_used"} for row in rows]

    for method, plural, params in lists:
        whole = operator.call(method, **params)
        assert whole["has_more"] is False and len(whole[plural]) >= 6, method
        for limit in (1, 2, len(whole[plural]), len(whole[plural]) + 1):
            rows, count = pages(operator, method, plural, limit, **params)
            assert steady(rows) == steady(whole[plural]), (method, limit)
            assert count == -(-len(rows) // limit), (method, limit)


def test_bookings_that_start_together_are_all_on_some_page(operator):
    for number in range(1, 10):
        operator.change("booking.create", TIME, site="KSQ", space=f"A-{number:02}")
    rows, _ = pages(operator, "booking.list", "bookings", 2, site="KSQ")
    assert sorted(row["space"] for row in rows) == [f"A-{n:02}" for n in range(1, 10)]


def test_a_cursor_that_is_not_ours_is_refused_or_gives_nothing(operator):
    lists = [("site.list", {}), ("floor.list", {"site": "KSQ"}), ("space.list", {"site": "KSQ"}), ("tenant.list", {}),
             ("member.list", {}), ("staff.list", {}), ("token.list", {}), ("block.list", {"site": "KSQ"}), ("booking.list", {"site": "KSQ"})]
    for method, params in lists:
        for cursor in ("x", "zz", "0", "00", "ff", "c080", "6100", "27", "%", "é"):
            error = operator.refused(method, params, cursor=cursor) if cursor != "27" else None
            assert error is None or (error.kind, error.data["field"]) == ("params", "cursor"), (method, cursor)
        # well formed, and nonsense inside
        for text in ("' OR 1=1 --", "99999999999999999/R-000000", "1/", "/", "-1/x", "9" * 200):
            result = operator.call(method, params, cursor=text.encode().hex())
            assert result["has_more"] is False
    ref = operator.change("booking.create", TIME, site="KSQ", space="A-01")["booking"]["ref"]
    for text in ("' OR 1=1 --", "99999999999999999", "x"):
        assert operator.call("booking.history", site="KSQ", ref=ref, cursor=text.encode().hex())["events"] == []


def test_a_page_too_large_for_a_line_is_shortened_and_nothing_is_lost(operator):
    """Notes of 2,000 signs of four bytes each: a hundred of them do not fit a line of 1 MiB."""
    numbers = [operator.send_change("booking.create", site="KSQ", space="A-01", note="🪑" * 2000,
                                    start=f"2055-{3 + day // 28:02}-{day % 28 + 1:02}T09:00",
                                    end=f"2055-{3 + day // 28:02}-{day % 28 + 1:02}T10:00") for day in range(160)]
    refs = [operator.answer(number)["booking"]["ref"] for number in numbers]
    rows, count = pages(operator, "booking.list", "bookings", 500, site="KSQ")
    assert [row["ref"] for row in rows] == refs
    assert count > 1 and all(len(row["note"]) == 2000 for row in rows)


# Rehearsals and retries

CHANGES = [
    ("site.create", {"code": "Z", "name": "Z", "zone": "UTC"}), ("site.update", {"site": "KSQ", "name": "Z"}),
    ("floor.create", {"site": "KSQ", "code": "9F"}), ("area.create", {"site": "KSQ", "code": "Z"}),
    ("space.create", {"site": "KSQ", "code": "Z-1", "kind": "desk", "units": ["Z1", "Z2"]}),
    ("space.update", {"site": "KSQ", "space": "A-01", "capacity": 5}), ("space.retire", {"site": "KSQ", "space": "A-01"}),
    ("block.create", {"site": "KSQ", "space": "A-02", "reason": "repair", "note": "n", **TIME}),
    ("tenant.create", {"code": "z", "name": "Z"}), ("tenant.update", {"tenant": "acme", "name": "Z"}),
    ("member.invite", {"tenant": "acme", "login": "z@example.org", "name": "Z"}),
    ("member.update", {"login": "ada@acme.example", "name": "Z"}), ("member.disable", {"login": "bob@acme.example"}),
    ("staff.grant", {"login": "y@example.org", "name": "Y", "role": "auditor"}),
    ("staff.revoke", {"login": "service@example.com"}), ("token.issue", {"label": "z"}),
    ("booking.create", {"site": "KSQ", "space": "A-03", "title": "t", **TIME}),
]


def snapshot(sql):
    """Every row of every table but the sequence's gaps."""
    sql.execute("SELECT table_name FROM information_schema.tables WHERE table_schema = 'cowork'"
                " AND table_type = 'BASE TABLE' ORDER BY 1")
    rows = {}
    for table, in sql.fetchall():
        sql.execute(f"SELECT count(*), md5(coalesce(string_agg(x, ',' ORDER BY x), '')) FROM"
                    f" (SELECT (to_jsonb(t) - 'last_used_at')::text AS x FROM cowork.{table} t) y")
        rows[table] = sql.fetchone()
    return rows


def test_a_rehearsal_leaves_nothing(operator, sql):
    operator.change("booking.create", TIME, site="KSQ", space="A-05")
    before = snapshot(sql)
    for method, params in CHANGES:
        key = new_key()
        reply = operator.call(method, params, key=key, dry_run=True)
        assert reply["dry_run"] is True, method
    assert snapshot(sql) == before
    error = operator.refused("booking.create", TIME, site="KSQ", space="A-05", key=new_key(), dry_run=True)
    assert error.kind == "slot_taken" and snapshot(sql) == before


def test_a_rehearsal_says_what_would_be_and_its_key_stays_free(operator):
    for method, params in CHANGES:
        key = new_key()
        rehearsed, done = operator.call(method, params, key=key, dry_run=True), operator.call(method, params, key=key)
        assert "replayed" not in done
        for noun in ("site", "floor", "area", "space", "tenant", "member", "staff"):
            if noun in done:
                assert rehearsed[noun] == done[noun], method


def test_every_refusal_of_a_rehearsal_is_that_of_the_change(operator):
    operator.change("booking.create", TIME, site="KSQ", space="A-01")
    for method, params in (("booking.create", {"site": "KSQ", "space": "A-01", **TIME}),
                           ("floor.create", {"site": "KSQ", "code": "2F"}),
                           ("space.update", {"site": "KSQ", "space": "A-01", "capacity": 2, "if_version": 9})):
        rehearsed = operator.refused(method, params, key=new_key(), dry_run=True)
        meant = operator.refused(method, params, key=new_key())
        assert (rehearsed.kind, rehearsed.message) == (meant.kind, meant.message)


def test_a_retry_with_the_same_key_gives_the_same_answer_and_happens_once(operator, sql):
    for method, params in CHANGES:
        key = new_key()
        first = operator.call(method, params, key=key)
        before = snapshot(sql)
        again = operator.call(method, params, key=key, attempt=2)
        assert again.pop("replayed") is True
        for shown_once in ("code", "token", "id", "expires"):
            first.pop(shown_once, None)
        assert {**again, "rev": 0} == {**first, "rev": 0}, method
        assert snapshot(sql) == before, method


def test_a_refusal_is_given_again_although_it_would_succeed_by_now(operator):
    ref = operator.change("booking.create", TIME, site="KSQ", space="A-01")["booking"]["ref"]
    key = new_key()
    first = operator.refused("booking.create", TIME, site="KSQ", space="A-01", key=key)
    operator.change("booking.cancel", site="KSQ", ref=ref)
    again = operator.refused("booking.create", TIME, site="KSQ", space="A-01", key=key, attempt=2)
    assert (again.kind, again.message) == (first.kind, first.message) and again.data["replayed"] is True
    operator.change("booking.create", TIME, site="KSQ", space="A-01")


def test_a_key_used_for_another_request_is_refused_and_does_nothing(operator, sql):
    key = new_key()
    operator.call("floor.create", site="KSQ", code="7F", key=key)
    before = snapshot(sql)
    for method, params in (("floor.create", {"site": "KSQ", "code": "8F"}),
                           ("area.create", {"site": "KSQ", "code": "7F"}),
                           ("floor.create", {"site": "KSQ", "code": "7F", "name": "other"})):
        assert operator.refused(method, params, key=key).kind == "key_reused"
    assert snapshot(sql) == before


def test_anothers_key_is_not_mine(connect):
    key, refs = new_key(), set()
    for who, space in (("ada", "A-01"), ("bob", "A-02")):
        refs.add(connect(who).call("booking.create", TIME, site="KSQ", space=space, key=key)["booking"]["ref"])
    assert len(refs) == 2


def test_the_same_key_again_while_it_is_under_way_is_told_so(operator, sql):
    params = {"site": "KSQ", "space": "A-01", "key": new_key(), **TIME}
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    first = operator.send("booking.create", params)
    error = operator.refused("booking.create", params, attempt=2)
    assert error.kind == "in_progress" and error.data["retry_after_ms"] > 0
    sql.connection.rollback()
    assert operator.answer(first)["booking"]["state"] == "confirmed"
    assert operator.call("booking.create", params, attempt=3)["replayed"] is True


def test_the_word_of_a_key_does_not_depend_on_how_it_is_written(operator):
    key = new_key()
    operator.call("floor.create", site="KSQ", code="7F", key=key)
    assert operator.call("floor.create", site="KSQ", code="7F", key=key.upper())["replayed"] is True


def test_replies_of_a_full_batch_of_long_records_all_hold_their_record(operator, sql):
    """32 at once of the longest there are: more than the answer of one batch has room for."""
    long = {"name": "가" * 200, "name_alt": "나" * 200, "external_id": "다" * 190,
            "amenities": [f"amenity-{n:02}-{'x' * 20}" for n in range(64)], "units": None}
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    numbers = []
    for number in range(32):
        fields = {**long, "external_id": long["external_id"] + str(number), "code": f"L-{number}", "kind": "desk"}
        del fields["units"]
        numbers.append(operator.send_change("space.create", site="KSQ", **fields))
    sql.connection.rollback()
    assert [operator.answer(number)["space"]["code"] for number in numbers] == [f"L-{n}" for n in range(32)]
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    numbers = [operator.send_change("space.update", site="KSQ", space=f"L-{n}", capacity=2) for n in range(32)]
    sql.connection.rollback()
    assert [operator.answer(number)["space"]["capacity"] for number in numbers] == [2] * 32


# Revs

def test_a_reply_is_as_of_a_rev_and_a_reader_can_ask_for_at_least_that(operator):
    rev = operator.change("floor.create", site="KSQ", code="7F")["rev"]
    shown = operator.call("floor.list", site="KSQ", min_rev=rev)
    assert shown["rev"] >= rev and "7F" in json.dumps(shown)
    error = operator.refused("floor.list", site="KSQ", min_rev=rev + 1000)
    assert error.kind == "behind" and error.data["retry_after_ms"] > 0


def test_what_one_daemon_made_the_other_finds(start_daemon, world):
    first, second = start_daemon("first"), start_daemon("second")
    with first.client(world.token["operator"]) as one, second.client(world.token["operator"]) as two:
        two.call("site.list")
        one.change("site.create", code="NEW", name="New", zone="UTC")
        two.change("floor.create", site="NEW", code="1F")
        assert [row["code"] for row in one.call("floor.list", site="NEW")["floors"]] == ["1F"]


def test_a_site_whose_clock_was_changed_elsewhere_is_read_by_the_new_one(start_daemon, world):
    first, second = start_daemon("first"), start_daemon("second")
    with first.client(world.token["operator"]) as one, second.client(world.token["operator"]) as two:
        assert two.change("booking.create", TIME, site="KSQ", space="A-01")["booking"]["start"] == "2055-03-01T14:00:00Z"
        one.change("site.update", site="KSQ", zone="Asia/Seoul")
        booking = two.change("booking.create", TIME, site="KSQ", space="A-02")["booking"]
        assert booking["start"] == "2055-03-01T00:00:00Z" and booking["local"]["zone"] == "Asia/Seoul"
        moved = two.change("booking.move", site="KSQ", ref=booking["ref"], start="2055-03-01T08:00")["booking"]
        assert moved["start"] == "2055-02-28T23:00:00Z"


def test_a_block_in_a_site_whose_clock_was_changed_elsewhere(start_daemon, world):
    first, second = start_daemon("first"), start_daemon("second")
    with first.client(world.token["operator"]) as one, second.client(world.token["operator"]) as two:
        two.call("floor.list", site="KSQ")
        one.change("site.update", site="KSQ", zone="Asia/Seoul")
        block = two.change("block.create", TIME, site="KSQ", space="A-01", reason="repair")["block"]
        assert block["start"] == "2055-03-01T00:00:00Z"


def test_lists_by_wall_clock_follow_a_clock_changed_elsewhere(start_daemon, world):
    first, second = start_daemon("first"), start_daemon("second")
    with first.client(world.token["operator"]) as one, second.client(world.token["operator"]) as two:
        two.call("floor.list", site="KSQ")
        one.change("site.update", site="KSQ", zone="Asia/Seoul")
        ref = one.change("booking.create", TIME, site="KSQ", space="A-01")["booking"]["ref"]

        def found():
            rows = two.call("booking.list", site="KSQ", **{"from": TIME["start"], "to": TIME["end"]})["bookings"]
            return [row["ref"] for row in rows] == [ref]

        wait_until(found, what="the new clock in the other daemon")
