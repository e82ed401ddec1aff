"""Every cell of the table of rights, as rpc.discover tells it: each role, each method, each thing it could touch.

A case is one request about a thing that is somebody's and somewhere: one's own, a colleague's or another
company's; at the staff's site (KSQ) or at another (DJN). Changes are rehearsed only (dry_run).
"""

import pytest

from rpc import RpcError, new_key

ROLES = {  # role: who of the world has it
    "member": "ada", "tenant_admin": "boss", "front_desk": "desk", "site_admin": "admin", "operator": "operator",
    "auditor": "auditor", "service": "service",
}
OWN, COLLEAGUE, OTHER = "own", "colleague", "other"
HERE, THERE = "KSQ", "DJN"
TIME = {"start": "2027-03-01T09:00", "end": "2027-03-01T10:00"}


def made(operator, world):
    """Bookings and blocks of everyone everywhere: {(who, site): ref}."""
    refs = {}
    for site in (HERE, THERE):
        for number, who in enumerate(("ada", "bob", "boss", "minji"), 1):
            refs[who, site] = operator.change("booking.create", TIME, site=site, space=f"A-{number:02}",
                                              **{"for": world.login[who]})["booking"]["ref"]
        refs["block", site] = operator.change("block.create", TIME, site=site, space="P-1",
                                              reason="repair")["block"]["ref"]
    return refs


def cases(method, me, world, refs):
    """(params, whose, where) of a method's requests; whose or where is None where it makes no difference."""
    people = {OWN: me if me in ("ada", "boss") else "ada", COLLEAGUE: "bob", OTHER: "minji"}
    tenants = {OWN: "acme", OTHER: "hanbit"}
    at_sites = {
        "site.show": {}, "site.update": {"name": "N"}, "floor.create": {"code": "9F"}, "floor.list": {},
        "floor.update": {"floor": "2F", "name": "N"}, "area.update": {"area": "A", "name": "N"},
        "area.create": {"code": "Z"}, "area.list": {}, "space.create": {"code": "Z-1", "kind": "desk"},
        "space.update": {"space": "A-01", "capacity": 2}, "space.retire": {"space": "A-08"}, "space.list": {},
        "space.search": TIME, "space.day": {"date": "2027-03-01"}, "space.week": {"date": "2027-03-01"},
        "space.show": {"space": "A-01"}, "block.create": {"space": "A-09", "reason": "repair", **TIME}, "block.list": {},
        "watch.start": {},
    }
    for_all = {
        "session.whoami": {}, "session.ping": {}, "rpc.discover": {}, "server.status": {}, "token.issue": {},
        "session.password": {"new": "a new password"},
        "token.list": {}, "site.list": {}, "tenant.list": {},
        "site.create": {"code": "Z", "name": "Z", "zone": "UTC"}, "tenant.create": {"code": "z", "name": "Z"},
        "tenant.update": {"tenant": "acme", "name": "Z"},
        "staff.grant": {"login": "z@example.org", "name": "Z", "role": "service"},
        "staff.revoke": {"login": world.login["service"]},
        "watch.stop": {"watch": 1},  # the one that watch.start began before
    }
    if method in for_all:
        yield for_all[method], None, None
    elif method in at_sites:
        for site in (HERE, THERE):
            yield {"site": site, **at_sites[method]}, None, site
    elif method == "block.end":
        for site in (HERE, THERE):
            yield {"site": site, "ref": refs["block", site]}, None, site
    elif method == "tenant.show":
        for whose, tenant in tenants.items():
            yield {"tenant": tenant}, whose, None
    elif method == "member.invite":
        for whose, tenant in tenants.items():
            yield {"tenant": tenant, "login": "z@example.org", "name": "Z"}, whose, None
    elif method == "member.list":
        for whose, tenant in tenants.items():
            yield {"tenant": tenant}, whose, None
    elif method == "member.update":
        for whose in (COLLEAGUE, OTHER):
            yield {"login": world.login[people[whose]], "name": "Z"}, whose, None
    elif method == "token.revoke":
        tokens = {OWN: me, COLLEAGUE: "bob", OTHER: "minji"}
        for whose, who in tokens.items():
            yield {"token": world.token[who][4:12]}, whose, None
    elif method in ("booking.show", "booking.history", "booking.cancel", "booking.move", "booking.undo"):
        for site in (HERE, THERE):
            for whose, who in people.items():
                change = {"space": "A-10"} if method == "booking.move" else {}
                yield {"site": site, "ref": refs[who, site], **change}, whose, site
    elif method == "booking.list":
        for site in (HERE, THERE):
            for whose, tenant in tenants.items():
                yield {"site": site, "tenant": tenant}, whose, site
    elif method == "booking.create":
        for site in (HERE, THERE):
            yield {"site": site, "space": "A-10", **TIME}, OWN, site
            for whose, who in people.items():
                yield {"site": site, "space": "A-10", "for": world.login[who], **TIME}, whose, site
    else:
        raise AssertionError(f"nobody has thought of who may do {method}")


def expected(method, scope, whose, where):
    """What the table says of a case: ok, forbidden, not_found or empty."""
    if scope is None or (scope == "site" and where not in (None, HERE)):
        return "forbidden"
    reach = {"own": (OWN, None), "tenant": (OWN, COLLEAGUE, None)}.get(scope)
    if not reach or whose in reach:
        return "ok"
    if method == "member.invite":
        return "forbidden"
    return "empty" if method.endswith(".list") else "not_found"


def outcome(client, method, params, change):
    try:
        result = client.call(method, params, **({"key": new_key(), "dry_run": True} if change else {}))
    except RpcError as error:
        if method == "booking.undo" and error.data.get("rule") == "not_own":
            return "ok"  # it was found, and made by somebody else
        return error.kind
    rows = [value for value in result.values() if isinstance(value, list)]
    return "empty" if rows and method in ("booking.list", "member.list") and not rows[0] else "ok"


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_the_table_says_and_nothing_else(connect, world, role):
    refs = made(connect("operator"), world)
    client = connect(ROLES[role])
    methods = client.call("rpc.discover")["methods"]
    wrong = []
    for name, method in methods.items():
        if method["before_login"] or name == "session.logout":
            continue
        scope = method["roles"].get(role)
        for params, whose, where in cases(name, ROLES[role], world, refs):
            got, wanted = outcome(client, name, params, method["changes"]), expected(name, scope, whose, where)
            if got != wanted:
                wrong.append((name, scope, whose, where, f"is {got}, should be {wanted}"))
    assert not wrong
    assert client.call("session.logout") == {}


def test_every_method_says_who_may_use_it(connect):
    for name, method in connect("ada").call("rpc.discover")["methods"].items():
        assert method["before_login"] or "operator" in method["roles"], name
        assert method.get("roles", {}).items() <= {(role, scope) for role in ROLES
                                                   for scope in ("own", "tenant", "site", "all")}, name


def test_the_auditor_changes_nothing(connect):
    for name, method in connect("auditor").call("rpc.discover")["methods"].items():
        assert not method["changes"] or "auditor" not in method["roles"] or name.startswith(("token.", "session.")), name


def test_who_may_not_is_told_so_before_anything_about_the_thing(connect):
    """Whether it exists is no business of theirs."""
    ada = connect("ada")
    for method, params in (("space.retire", {"site": "KSQ", "space": "NOPE"}), ("tenant.update", {"tenant": "nope"}),
                           ("block.end", {"site": "KSQ", "ref": "B-000000"})):
        assert ada.refused(method, params, key=new_key()).kind == "forbidden"


def test_another_companys_booking_looks_as_if_it_were_not_there(connect, world):
    ref = connect("minji").change("booking.create", TIME, site="KSQ", space="A-01")["booking"]["ref"]
    ada, absent = connect("ada"), "R-000000"
    for method in ("booking.show", "booking.history", "booking.cancel", "booking.move", "booking.undo"):
        more = {"key": new_key()} if method in ("booking.cancel", "booking.move", "booking.undo") else {}
        more |= {"space": "A-02"} if method == "booking.move" else {}
        theirs = ada.refused(method, site="KSQ", ref=ref, **more)
        nobodys = ada.refused(method, site="KSQ", ref=absent, **{**more, **({"key": new_key()} if more else {})})
        assert theirs.kind == nobodys.kind == "not_found"
        assert theirs.message.replace(ref, absent) == nobodys.message
        assert set(theirs.data) == set(nobodys.data)


def test_what_staff_alone_see_is_not_shown_to_members(connect):
    operator, ada = connect("operator"), connect("ada")
    operator.change("space.create", site="KSQ", code="S-1", kind="desk", external_id="ext")
    assert operator.call("space.show", site="KSQ", space="S-1")["space"]["external_id"] == "ext"
    assert "external_id" not in ada.call("space.show", site="KSQ", space="S-1")["space"]
    assert all("external_id" not in row for row in ada.call("space.list", site="KSQ")["spaces"])


def test_a_member_sees_the_bookings_of_the_own_company_alone(connect, world):
    operator, ada = connect("operator"), connect("ada")
    refs = made(operator, world)
    mine = {refs[who, HERE] for who in ("ada", "bob", "boss")}
    assert {row["ref"] for row in ada.call("booking.list", site=HERE)["bookings"]} == mine
    assert {row["ref"] for row in ada.call("booking.list", site=HERE, space="A-04")["bookings"]} == set()
    assert len(operator.call("booking.list", site=HERE)["bookings"]) == 4


def test_rights_are_those_of_each_login_not_of_the_connection(connect, world):
    client = connect("operator")
    client.change("floor.create", site="KSQ", code="8F")
    client.auth(world.token["ada"])
    assert client.refused("floor.create", site="KSQ", code="9F", key=new_key()).kind == "forbidden"


def test_an_invitation_is_no_way_to_anothers_role(connect, world):
    boss = connect("boss")
    for who in ("operator", "admin", "desk", "service"):
        assert boss.refused("member.invite", tenant="acme", login=world.login[who], name="X", key=new_key()).kind == "exists"


def test_what_was_given_out_before_does_not_grow_with_a_person(connect, daemon, world):
    boss, operator = connect("boss"), connect("operator")
    friend = boss.change("member.invite", tenant="acme", login="friend@acme.example", name="Friend")["code"]
    kept = boss.change("member.invite", tenant="acme", login="other@acme.example", name="Other")["code"]
    with daemon.client() as client:
        token = client.redeem(friend)["token"]
    for login in ("friend@acme.example", "other@acme.example"):
        operator.change("staff.grant", login=login, name="Now of the staff", role="operator")
    with daemon.client() as client:
        assert client.refused("session.auth", token=token).kind == "unauthenticated"
        assert client.refused("session.auth", code=kept, key=new_key()).kind == "unauthenticated"
