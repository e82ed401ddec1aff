"""Every cell of the table of rights, daemon/auth.def: each role, each method, each thing it could touch.

A case is one request about a thing that is somebody's and somewhere: one's own, a colleague's or another
company's; at the staff's site (KSQ) or at another (DJN). Changes are rehearsed only (dry_run). Each case is
also tried as somebody whose rights were ended, and with a token that has run out. A method without a row, or
a row without cases, fails.
"""

import contextlib
import re

import pytest

from rig import ROOT
from rpc import RpcError, new_key

ROLES = {  # role: who of the world has it
    "member": "ada", "tenant_admin": "boss", "front_desk": "desk", "site_admin": "admin", "operator": "operator",
    "auditor": "auditor", "service": "service",
}
SCOPES = {"o": "own", "t": "tenant", "s": "site", "a": "all"}
# {method: {role: scope}}, without the cells that say no
TABLE = {method: {role: SCOPES[letter] for role, letter in zip(ROLES, re.findall(r"\w", letters)) if letter != "x"}
         for method, letters in re.findall(r'^MAY\("([\w.]+)",([\s\w,]+)\)',
                                           (ROOT / "daemon" / "auth.def").read_text(), re.M)}
OWN, COLLEAGUE, OTHER = "own", "colleague", "other"
HERE, THERE = "KSQ", "DJN"
TIME = {"start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}


def made(operator, world):
    """Bookings and blocks of everyone everywhere: {(who, site): ref}; and of two companies somebody who is disabled."""
    for tenant in ("acme", "hanbit"):
        operator.change("member.invite", tenant=tenant, login=f"out@{tenant}.example", name="Out")
        operator.change("member.disable", login=f"out@{tenant}.example")
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
        "space.search": TIME, "space.day": {"date": "2055-03-01"}, "space.week": {"date": "2055-03-01"},
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
        "staff.revoke": {"login": world.login["service"]}, "staff.list": {},
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
    elif method == "member.find":
        for whose in (COLLEAGUE, OTHER):
            yield {"text": world.login[people[whose]]}, whose, None
    elif method == "member.disable":
        for whose in (COLLEAGUE, OTHER):
            yield {"login": world.login[people[whose]]}, whose, None
    elif method == "member.update":
        for whose, tenant in ((COLLEAGUE, "acme"), (OTHER, "hanbit")):
            for change in ({"name": "Z"}, {"role": "tenant_admin"}, {"role": "member"}, {"state": "disabled"}):
                yield {"login": world.login[people[whose]], **change}, whose, None
            for change in ({"name": "Z"}, {"state": "disabled"}, {"state": "active"}, {"state": "invited"}):
                yield {"login": f"out@{tenant}.example", **change}, whose, None
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


def lets_in_again(params):
    return params.get("login", "").startswith("out@") and params.get("state") in ("active", "invited")


def expected(method, scope, whose, where, params):
    """What the table says of a case: ok, forbidden, not_found or empty."""
    if scope is None or (scope == "site" and where not in (None, HERE)):
        return "forbidden"
    reach = {"own": (OWN, None), "tenant": (OWN, COLLEAGUE, None)}.get(scope)
    if not reach or whose in reach:
        return "forbidden" if reach and lets_in_again(params) else "ok"
    if method == "member.invite":
        return "forbidden"
    return "empty" if method == "member.find" else "not_found"


def outcome(client, method, params, change):
    try:
        result = client.call(method, params, **({"key": new_key(), "dry_run": True} if change else {}))
    except RpcError as error:
        if method == "booking.undo" and error.data.get("rule") == "not_own":
            return "ok"  # it was found, and made by somebody else
        return error.kind
    return "empty" if method == "member.find" and not result["members"] else "ok"


def tried(method):
    """Whether its cells are tried; session.logout would end the test's own connection, and comes last there."""
    return method != "session.logout"


def test_the_table_that_is_told_is_the_one_in_the_source(connect):
    told = {name: method["roles"] for name, method in connect("ada").call("rpc.discover")["methods"].items()
            if not method["before_login"]}
    assert told == TABLE


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_do_what_the_table_says_and_nothing_else(connect, world, role):
    refs = made(connect("operator"), world)
    client = connect(ROLES[role])
    methods = client.call("rpc.discover")["methods"]
    wrong = []
    for name in filter(tried, TABLE):
        scope = TABLE[name].get(role)
        for params, whose, where in cases(name, ROLES[role], world, refs):
            got, wanted = (outcome(client, name, params, methods[name]["changes"]),
                           expected(name, scope, whose, where, params))
            if got != wanted:
                wrong.append((name, scope, whose, where, f"is {got}, should be {wanted}"))
    assert not wrong
    assert client.call("session.logout") == {}


@pytest.mark.parametrize("role", ROLES)
def test_a_token_of_the_scope_read_reads_what_the_role_may_and_changes_nothing(connect, world, role):
    refs = made(connect("operator"), world)
    token = connect(ROLES[role]).change("token.issue", scope="read")["token"]
    client = connect()
    assert client.auth(token)["scope"] == "read"
    methods = client.call("rpc.discover")["methods"]
    wrong = []
    for name in filter(tried, TABLE):
        change = methods[name]["changes"]
        for params, whose, where in cases(name, ROLES[role], world, refs):
            got = outcome(client, name, params, change)
            wanted = "forbidden" if change else expected(name, TABLE[name].get(role), whose, where, params)
            if got != wanted:
                wrong.append((name, whose, where, f"is {got}, should be {wanted}"))
    assert not wrong
    assert client.call("session.logout") == {}
    client.auth(world.token[ROLES[role]])  # the connection is none of the token's
    assert "scope" not in client.call("session.whoami") and client.change("token.issue")


@pytest.mark.parametrize("role", ["front_desk", "site_admin", "auditor", "service"])
def test_who_is_staff_of_one_site_does_elsewhere_what_anybody_may(connect, world, role):
    operator = connect("operator")
    refs = made(operator, world)
    client = connect()
    client.redeem(operator.change("staff.grant", login="one@demo.example", name="One", role=role, site=HERE)["code"])
    methods = client.call("rpc.discover")["methods"]
    wrong = []
    for name in filter(tried, TABLE):
        for params, whose, where in cases(name, "ada", world, refs):
            if where != THERE:
                continue
            wanted = "ok" if TABLE[name].get("member") == "all" else "forbidden"
            got = outcome(client, name, params, methods[name]["changes"])
            if got != wanted:
                wrong.append((name, whose, f"is {got}, should be {wanted}"))
    assert not wrong
    for method in ("space.day", "space.week"):
        for where, known in ((HERE, True), (THERE, False)):
            text = str(client.call(method, site=where, date="2055-03-01"))
            for told in (world.login["minji"], refs["minji", where]):
                assert (told in text) == known, (method, where, told)


def every_request(world, me, methods):
    """One request of each method, as somebody would send it who may."""
    refs = {(who, site): "R-000000" for who in ("ada", "bob", "boss", "minji") for site in (HERE, THERE)}
    refs |= {("block", site): "B-000000" for site in (HERE, THERE)}
    for name in TABLE:
        params = next(iter(cases(name, me, world, refs)))[0] if tried(name) else {}
        yield name, {**params, **({"key": new_key()} if methods[name]["changes"] else {})}


@pytest.mark.parametrize("role", ROLES)
def test_whose_rights_were_ended_may_do_nothing_on_a_connection_that_is_open(start_daemon, world, role):
    daemon = start_daemon(limits__connections_per_source=1000, limits__login_timeout="60s")
    daemon.wait_log("people loaded")
    me = ROLES[role]
    with contextlib.ExitStack() as stack:
        operator = stack.enter_context(daemon.client(world.token["operator"]))
        methods = operator.call("rpc.discover")["methods"]
        if role == "operator":  # the last one cannot be revoked
            code = operator.change("staff.grant", login="two@example.com", name="Two", role="operator")["code"]
            operator = stack.enter_context(daemon.client())
            operator.redeem(code)
        clients = [(name, params, stack.enter_context(daemon.client(world.token[me])))
                   for name, params in every_request(world, me, methods)]
        member = role in ("member", "tenant_admin")
        operator.change("member.disable" if member else "staff.revoke", login=world.login[me])
        for name, params, client in clients:
            assert client.refused(name, params).kind == "unauthenticated", name


@pytest.mark.parametrize("role", ROLES)
def test_whose_token_ran_out_may_do_nothing_on_a_connection_that_is_open(start_daemon, world, sql, role):
    daemon = start_daemon(limits__login_timeout="60s")
    daemon.wait_log("people loaded")
    me = ROLES[role]
    with daemon.client(world.token[me]) as client:
        methods = client.call("rpc.discover")["methods"]
        sql.execute("UPDATE cowork.token SET expires_at = clock_timestamp() + interval '0.1 s' WHERE token_id = %s",
                    [world.token[me][4:12]])
        client.change("token.issue", label="another")  # whoever has another token is read again
        daemon.wait_log(f"login ended.*actor={world.login[me]}.*expired")
        for name, params in every_request(world, me, methods):
            error = client.refused(name, params)
            assert error.kind == "unauthenticated" and "expired" in error.message, name


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
