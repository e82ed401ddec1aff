"""Finding people, disabling them, and the operator that there must always be."""

import pytest

from rig import wait_until
from rpc import new_key


@pytest.fixture
def everybody(daemon):
    """All that is asked of memory is known to it."""
    daemon.wait_log("people loaded")
    return daemon


def found(client, text, **more):
    return [row["login"] for row in client.call("member.find", text=text, **more)["members"]]


# member.find

def test_the_desk_finds_a_member_by_login_or_a_word_of_the_name(everybody, connect, world):
    desk = connect("desk")
    ada = {"login": world.login["ada"], "name": "Ada Park", "tenant": "acme", "role": "member", "state": "active"}
    for text in ("ada@", "ADA", "park", "Ada P"):
        assert desk.call("member.find", text=text)["members"] == [ada]
    assert found(desk, "김") == [world.login["minji"]]
    assert found(desk, "ark") == found(desk, "desk") == []  # not within a word; staff are no members
    assert found(desk, "b") == [world.login["bob"], world.login["boss"]]
    first = desk.call("member.find", text="b", limit=1)
    assert [row["login"] for row in first["members"]] == [world.login["bob"]] and first["has_more"] is True


def test_members_find_their_own_company_alone(everybody, connect, world):
    for who in ("ada", "boss"):
        client = connect(who)
        assert found(client, "bo") == [world.login["bob"], world.login["boss"]]
        assert found(client, "minji") == []


def test_who_was_invited_or_renamed_is_found_soon_everywhere(start_daemon, everybody, connect, world):
    other = start_daemon("other")
    other.wait_log("people loaded")
    connect("boss").change("member.invite", tenant="acme", login="zed@acme.example", name="Zed Quill")
    connect("boss").change("member.update", login=world.login["bob"], name="Robert Quill")
    with other.client(world.token["desk"]) as there:
        for client in (connect("desk"), there):
            wait_until(lambda client=client: found(client, "quill") == [world.login["bob"], "zed@acme.example"],
                       what="both Quills")


def test_people_are_found_while_the_database_is_away(start_daemon, pg_proxy, world_db, world):
    daemon = start_daemon(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")
    daemon.wait_log("people loaded")
    with daemon.client(world.token["desk"]) as desk:
        assert "stale_ms" not in desk.call("member.find", text="ada")
        mark = daemon.mark()
        pg_proxy.refuse()
        pg_proxy.end()
        daemon.wait_log("database away", since=mark)
        answer = desk.call("member.find", text="ada")
        assert answer["members"][0]["login"] == world.login["ada"] and answer["stale_ms"] > 0


# member.disable

def test_a_disabled_member_is_out_and_what_they_booked_stays_and_is_counted(connect, world, sql):
    ada, boss, operator = connect("ada"), connect("boss"), connect("operator")
    for site, day in (("KSQ", 1), ("KSQ", 2), ("DJN", 3)):
        ada.change("booking.create", site=site, space="A-01", start=f"2055-03-0{day}T09:00", end=f"2055-03-0{day}T10:00")
    gone = ada.change("booking.create", site="KSQ", space="A-02", start="2055-03-01T09:00", end="2055-03-01T10:00")
    ada.change("booking.cancel", site="KSQ", ref=gone["booking"]["ref"])
    connect("bob").change("booking.create", site="KSQ", space="A-03", start="2055-03-01T09:00", end="2055-03-01T10:00")
    rehearsed = boss.change("member.disable", login=world.login["ada"], dry_run=True)
    assert rehearsed["bookings"] == 3 and ada.call("session.whoami")
    done = boss.change("member.disable", login=world.login["ada"])
    assert done["bookings"] == 3 and done["member"]["state"] == "disabled"
    assert ada.refused("session.whoami").kind == "unauthenticated"
    assert len(operator.call("booking.list", site="KSQ", tenant="acme")["bookings"]) == 3
    error = boss.refused("member.disable", login=world.login["ada"], key=new_key())
    assert (error.kind, error.data["state"]) == ("wrong_state", "disabled")


def test_who_is_enabled_again_needs_a_new_code(connect, world):
    boss, ada = connect("boss"), {"login": world.login["ada"]}
    boss.change("member.disable", ada)
    assert boss.refused("member.invite", ada, tenant="acme", name="Ada", again=True, key=new_key()).kind == "exists"
    connect("admin").change("member.update", ada, state="active")
    assert connect().refused("session.auth", token=world.token["ada"]).kind == "unauthenticated"
    code = boss.change("member.invite", ada, tenant="acme", name="Ada", again=True)["code"]
    assert connect().redeem(code)["login"] == world.login["ada"]


def test_a_code_not_used_yet_ends_with_its_member(connect, world):
    connect("boss").change("member.disable", login=world.login["newcomer"])
    error = connect().refused("session.auth", code=world.code["newcomer"], key=new_key())
    assert error.kind == "unauthenticated"


def test_who_is_of_the_staff_too_goes_on_there(connect, world):
    operator, client = connect("operator"), connect()
    client.redeem(operator.change("staff.grant", login=world.login["bob"], name="Bob", role="front_desk")["code"])
    connect("boss").change("member.disable", login=world.login["bob"])
    assert client.call("session.whoami")["role"] == "front_desk"


@pytest.mark.parametrize("state", ["active", "invited"])
def test_a_tenants_admin_does_not_let_in_again_whom_the_operator_disabled(connect, world, state):
    operator, boss, ada = connect("operator"), connect("boss"), {"login": world.login["ada"]}
    operator.change("member.disable", ada)
    error = boss.refused("member.update", ada, state=state, key=new_key())
    assert (error.kind, error.data["field"], error.data["rule"]) == ("forbidden", "state", "enable")
    assert "operator" in error.message
    assert boss.change("member.update", ada, name="Ada P.")["member"]["state"] == "disabled"
    assert operator.change("member.update", ada, state=state)["member"]["state"] == state


def test_disabling_by_update_ends_what_disabling_ends(connect, world):
    """Token, password and a code that was not used: none of it is good again when the person is let in again."""
    operator, ada = connect("operator"), connect("ada")
    ada.change("session.password", new="correct horse")
    for login in (world.login["ada"], world.login["newcomer"]):
        operator.change("member.update", login=login, state="disabled")
        operator.change("member.update", login=login, state="active")
    assert ada.refused("session.whoami").kind == "unauthenticated"
    for form in ({"token": world.token["ada"]}, {"code": world.code["newcomer"], "key": new_key()},
                 {"login": world.login["ada"], "password": "correct horse", "key": new_key()}):
        assert connect().refused("session.auth", form).kind == "unauthenticated"


def test_what_somebody_had_as_staff_is_not_good_for_the_member_they_are(connect, world):
    operator, client = connect("operator"), connect()
    bob = {"login": world.login["bob"]}
    got = client.redeem(operator.change("staff.grant", bob, name="Bob", role="front_desk")["code"])
    client.change("session.password", new="correct horse")
    operator.change("member.disable", bob)
    operator.change("staff.revoke", bob)
    assert client.refused("session.whoami").kind == "unauthenticated"
    operator.change("member.update", bob, state="active")
    for form in ({"token": got["token"]}, {**bob, "password": "correct horse", "key": new_key()}):
        assert connect().refused("session.auth", form).kind == "unauthenticated"
    code = operator.change("member.invite", bob, tenant="acme", name="Bob", again=True)["code"]
    assert connect().redeem(code)["role"] == "member"


# The last operator

def test_the_last_operator_can_neither_leave_nor_be_made_less(connect, world):
    operator, login = connect("operator"), world.login["operator"]
    tries = [("staff.revoke", {"login": login}),
             ("staff.grant", {"login": login, "name": "O", "role": "auditor"}),
             ("staff.grant", {"login": login, "name": "O", "role": "operator", "site": "KSQ"})]
    for method, params in tries:
        error = operator.refused(method, params, key=new_key())
        assert (error.kind, error.data["rule"], error.data["field"]) == ("wrong_state", "last_operator", "login")
        assert login in error.message and "last operator" in error.message
    assert operator.call("session.whoami")["role"] == "operator"


@pytest.mark.parametrize("method, params", [("member.disable", {}), ("member.update", {"state": "disabled"})])
def test_the_last_operator_is_not_disabled_as_a_member(connect, world, method, params):
    operator, two = connect("operator"), connect()
    two.redeem(operator.change("staff.grant", login=world.login["bob"], name="Bob", role="operator")["code"])
    two.change("staff.revoke", login=world.login["operator"])
    error = two.refused(method, params, login=world.login["bob"], key=new_key())
    assert (error.kind, error.data["rule"]) == ("wrong_state", "last_operator")


def test_an_operator_goes_when_another_one_is_there_and_not_before(connect, world):
    operator, two = connect("operator"), connect()
    code = operator.change("staff.grant", login="two@example.com", name="Two", role="operator")["code"]
    # invited is not there yet
    assert operator.refused("staff.revoke", login=world.login["operator"], key=new_key()).data["rule"] == "last_operator"
    two.redeem(code)
    operator.change("staff.revoke", login=world.login["operator"])
    assert operator.refused("session.whoami").kind == "unauthenticated"
    assert two.refused("staff.revoke", login="two@example.com", key=new_key()).data["rule"] == "last_operator"


def test_an_operator_who_is_a_member_too_and_the_last_one_is_not_disabled(connect, world):
    operator = connect("operator")
    two = connect()
    two.redeem(operator.change("staff.grant", login=world.login["bob"], name="Bob", role="operator")["code"])
    two.change("staff.revoke", login=world.login["operator"])
    error = connect("boss").refused("member.disable", login=world.login["bob"], key=new_key())
    assert (error.kind, error.data["rule"]) == ("wrong_state", "last_operator")


# staff.list

def test_the_staff_are_listed_by_role_and_by_the_site_they_are_there_for(connect, world):
    operator = connect("operator")

    def logins(**filters):
        return [row["login"] for row in operator.call("staff.list", **filters)["staff"]]

    everyone = sorted(world.login[who] for who in ("operator", "admin", "desk", "auditor", "service"))
    assert logins() == everyone == logins(site="ksq")
    assert logins(site="DJN") == sorted(set(everyone) - {world.login["admin"], world.login["desk"]})
    assert logins(role="front_desk") == [world.login["desk"]]
    operator.change("staff.revoke", login=world.login["service"])
    assert world.login["service"] not in logins()
    assert {row["login"]: row["state"] for row in operator.call("staff.list", revoked=True)["staff"]}[
        world.login["service"]] == "revoked"


# A list of nothing that is there is not empty: it is none

def test_what_others_have_looks_as_if_it_were_not_there(connect):
    ada = connect("ada")
    for method, params in (("member.list", {}), ("booking.list", {"site": "KSQ"})):
        theirs = ada.refused(method, params, tenant="hanbit")
        nobodys = ada.refused(method, params, tenant="nope")
        assert theirs.kind == nobodys.kind == "not_found"
        assert theirs.message.replace("hanbit", "nope") == nobodys.message
        assert ada.call(method, params, tenant="ACME")


# By the command line

def test_staff_keep_people_from_the_command_line(everybody, cowork, world):
    operator = cowork("operator")
    assert world.login["desk"] in operator.run("staff", "list", "--role", "front_desk", check=0).stdout
    lines = operator.run("member", "find", "park", check=0).stdout
    assert world.login["ada"] in lines and world.login["bob"] not in lines
    cowork("ada").run("book", "A-01", "2055-03-01T09:00", "2055-03-01T10:00", check=0)
    done = operator.run("member", "disable", world.login["ada"], "--output", "table", check=0)
    assert "disabled" in done.stdout and "They still have bookings: 1." in done.stderr
    assert operator.run("list", "--space", "NOPE").returncode == 12
    assert operator.run("list", "--tenant", "nope").returncode == 12
    refused = operator.run("staff", "revoke", world.login["operator"])
    assert refused.returncode == 10 and "last operator" in refused.stderr
