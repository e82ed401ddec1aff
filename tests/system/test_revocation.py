"""Who is let in is known in memory; what ends a right ends it everywhere: on connections that are open, on every daemon."""

import contextlib
import os
import random
import zlib

import pytest

from rig import wait_until
from rpc import RpcError, new_key
from world import BASE62, digits, new_token

BOOKING = {"site": "KSQ", "space": "A-01", "start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}
LONG = {"limits__login_timeout": "60s"}  # a slow machine is not to close what a test looks at


@pytest.fixture
def start(start_daemon):
    """start(**options): a daemon that knows everybody."""
    def begin(*names, **options):
        daemon = start_daemon(*names, **{**LONG, **options})
        daemon.wait_log("people loaded")
        return daemon

    return begin


@pytest.fixture
def behind(start, pg_proxy, world_db):
    return lambda: start(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")


def closed(client):
    """Whether the connection has come to its end."""
    with contextlib.suppress(RpcError), pytest.raises((EOFError, OSError)):
        client.read_message()
        return False
    return True


def with_secret(token, secret_of):
    body = token[:13] + secret_of[13:-7]
    return f"{body}_{digits(zlib.crc32(body.encode()), BASE62, 6)}"


# By memory

def test_a_token_lets_in_without_a_query(start, world, sql):
    """Nothing of people can be read, and it makes no difference."""
    daemon = start()
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.person, cowork.token, cowork.member, cowork.staff, cowork.tenant")
    for who in ("ada", "boss", "desk", "operator"):
        with daemon.client(world.token[who]) as client:
            assert client.call("session.whoami")["login"] == world.login[who]
    with daemon.client() as stranger:
        wrong = with_secret(world.token["ada"], world.token["bob"])
        assert stranger.refused("session.auth", token=wrong).kind == "unauthenticated"
    sql.connection.rollback()


def test_who_is_let_in_by_memory_is_who_the_database_says(start, world, sql):
    daemon = start()
    columns = ("login", "name", "role", "tenant", "site")
    sql.execute("SELECT k.token_id, f.facts FROM cowork.token k, cowork.token_find(k.token_id) f WHERE k.kind = 'access'")
    facts = {token: facts for token, facts in sql.fetchall()}
    for who, token in world.token.items():
        with daemon.client(token) as client:
            me, row = client.call("session.whoami"), facts[token[4:12]]
            staff = row["role"] not in ("member", "tenant_admin")
            assert {name: me.get(name) for name in columns} == {
                name: None if name == "tenant" and staff else row[name] for name in columns}, who


def test_while_the_database_is_away_tokens_let_in_and_slips_do_not(behind, pg_proxy, world):
    daemon = behind()
    mark = daemon.mark()
    pg_proxy.refuse()
    pg_proxy.end()
    daemon.wait_log("database away", since=mark)
    with daemon.client(world.token["ada"]) as ada:
        assert ada.call("session.whoami")["tenant"] == "acme"
    with daemon.client() as stranger:
        wrong = with_secret(world.token["ada"], world.token["bob"])
        assert stranger.refused("session.auth", token=wrong).kind == "unauthenticated"
        assert stranger.refused("session.auth", token=new_token()[0]).kind == "db_unavailable"


def test_a_token_made_elsewhere_is_good_here_before_we_heard_of_it(start, world):
    one, two = start(), start()
    with one.client(world.token["ada"]) as ada:
        for _ in range(5):
            token = ada.change("token.issue")["token"]
            with two.client(token) as client:
                assert client.call("session.whoami")["login"] == world.login["ada"]


# On open connections

def revoke_token(world, who, operator):
    operator.change("token.revoke", token=world.token[who][4:12])


def disable_person(world, who, operator):
    operator.change("member.update", login=world.login[who], state="disabled")


def disable_tenant(world, who, operator):
    operator.change("tenant.update", tenant="acme", state="disabled")


def invite_again(world, who, operator):
    operator.change("member.invite", tenant="acme", login=world.login[who], name="A", again=True)


def revoke_staff(world, who, operator):
    operator.change("staff.revoke", login=world.login[who])


def grant_again(world, who, operator):
    operator.change("staff.grant", login=world.login[who], name="D", role="front_desk", site="DJN")


ENDS = [("ada", revoke_token), ("ada", disable_person), ("ada", disable_tenant), ("ada", invite_again),
        ("desk", revoke_token), ("desk", revoke_staff), ("desk", grant_again)]


@pytest.mark.parametrize("who, end", ENDS)
def test_what_ends_a_login_ends_it_here_at_once(start, world, who, end):
    daemon = start()
    with daemon.client(world.token[who]) as client, daemon.client(world.token["operator"]) as operator, \
            daemon.client(world.token["minji"]) as other:
        end(world, who, operator)
        assert client.refused("session.whoami").kind == "unauthenticated"
        assert closed(client)
        assert other.call("session.whoami")["login"] == world.login["minji"]
        assert operator.call("session.whoami")["login"] == world.login["operator"]


@pytest.mark.parametrize("who, end", ENDS)
def test_what_ends_a_login_ends_it_on_another_daemon(start, world, who, end):
    one, two = start(), start()
    with two.client(world.token[who]) as client, one.client(world.token["operator"]) as operator:
        end(world, who, operator)
        two.wait_log(f"login ended.*actor={world.login[who]}")
        assert client.refused("session.whoami").kind == "unauthenticated"
        assert closed(client)
        with two.client() as again:
            assert again.refused("session.auth", token=world.token[who]).kind == "unauthenticated"


def test_whoever_ended_themself_hears_that_it_is_done(start, world):
    daemon = start()
    with daemon.client(world.token["ada"]) as ada:
        assert ada.change("token.revoke", token=world.token["ada"][4:12])
        error = ada.refused("session.whoami")
        assert error.kind == "unauthenticated" and "revoked" in error.message
        assert closed(ada)


def test_every_request_sent_before_the_end_of_the_connection_hears_of_the_end(start, world):
    daemon = start()
    with daemon.client(world.token["ada"]) as ada, daemon.client(world.token["operator"]) as operator:
        disable_person(world, "ada", operator)
        lines = b"".join(b'{"jsonrpc":"2.0","id":%d,"method":"%s","params":{}}\n' % (number, method) for number, method
                         in enumerate((b"session.ping", b"site.list", b"no.such", b"session.whoami")))
        ada.send_bytes(lines)
        for number in range(4):
            answer = ada.read_message()
            assert answer["id"] == number and answer["error"]["data"]["kind"] == "unauthenticated", answer
        assert closed(ada)


def test_a_booking_under_way_at_the_end_is_answered_truly(start, world, sql):
    """The site's row is held: the booking waits in the lane while its maker is disabled."""
    one, two = start(), start()
    with one.client(world.token["ada"]) as ada, two.client(world.token["operator"]) as operator:
        ada.call("booking.create", BOOKING, key=new_key(), dry_run=True)
        sql.connection.autocommit = False
        sql.execute("SELECT 1 FROM cowork.site WHERE site_id = %s FOR UPDATE", [world.site["KSQ"]])
        number = ada.send_change("booking.create", BOOKING)
        ada.call("session.ping")
        disable_person(world, "ada", operator)
        one.wait_log("login ended.*actor=ada@")
        behind = ada.send("session.ping")
        sql.connection.rollback()
        try:
            told = [ada.answer(number)["booking"]["ref"]]
        except RpcError as error:  # the lock was held for too long, on a slow machine
            told = None if error.kind == "outcome_unknown" else []
        with pytest.raises(RpcError) as refusal:
            ada.answer(behind)
        assert refusal.value.kind == "unauthenticated"
        assert closed(ada)
        refs = [row["ref"] for row in operator.insist("booking.list", site="KSQ")["bookings"]]
        assert told is None or refs == told


def test_who_says_nothing_is_closed_all_the_same(start, world):
    daemon = start()
    with daemon.client(world.token["ada"]) as ada, daemon.client(world.token["operator"]) as operator:
        daemon.options["limits__login_timeout"] = "100ms"
        daemon.write_config()
        daemon.reload()
        daemon.wait_log("reloaded")
        disable_person(world, "ada", operator)
        assert closed(ada)


def test_who_says_nothing_gets_the_answers_under_way_first(start, world, sql):
    daemon = start()
    with daemon.client(world.token["ada"]) as ada, daemon.client(world.token["operator"]) as operator:
        ada.call("booking.create", BOOKING, key=new_key(), dry_run=True)
        sql.connection.autocommit = False
        sql.execute("SELECT 1 FROM cowork.site WHERE site_id = %s FOR UPDATE", [world.site["KSQ"]])
        number = ada.send_change("booking.create", BOOKING)
        ada.call("session.ping")
        daemon.options["limits__login_timeout"] = "100ms"
        daemon.write_config()
        daemon.reload()
        daemon.wait_log("reloaded")
        disable_person(world, "ada", operator)
        daemon.wait_log("connection finishing after its answers")
        sql.connection.rollback()
        with contextlib.suppress(RpcError):
            assert ada.answer(number)["booking"]
        assert closed(ada)


# Rights that change

def test_a_changed_role_counts_from_the_next_request_on(start, world):
    one, two = start(), start()
    with one.client(world.token["ada"]) as here, two.client(world.token["ada"]) as there, \
            one.client(world.token["boss"]) as boss:
        invited = {"tenant": "acme", "login": "x@acme.example", "name": "X", "dry_run": True}
        assert here.refused("member.invite", invited, key=new_key()).kind == "forbidden"
        boss.change("member.update", login=world.login["ada"], role="tenant_admin")
        assert here.change("member.invite", invited)
        two.wait_log("rights changed.*actor=ada@.*role=tenant_admin")
        assert there.change("member.invite", invited)
        assert here.call("session.whoami")["role"] == there.call("session.whoami")["role"] == "tenant_admin"
        boss.change("member.update", login=world.login["ada"], role="member")
        assert here.refused("member.invite", invited, key=new_key()).kind == "forbidden"


def test_who_was_staff_and_is_a_member_comes_back_as_a_member(start, world):
    daemon = start()
    with daemon.client(world.token["operator"]) as operator, daemon.client() as client:
        code = operator.change("staff.grant", login=world.login["bob"], name="Bob", role="front_desk", site="KSQ")["code"]
        assert client.redeem(code)["role"] == "front_desk"
        assert client.call("member.list")["members"]
        operator.change("staff.revoke", login=world.login["bob"])
        assert client.refused("session.whoami").kind == "unauthenticated"
        code = operator.change("member.invite", tenant="acme", login=world.login["bob"], name="Bob", again=True)["code"]
    with daemon.client() as client:
        me = client.redeem(code)
        assert (me["role"], me["tenant"]) == ("member", "acme")


def role_at(daemon, token):
    """Who the token is on a new connection; None: nobody, or the login was ended before it could be asked."""
    with daemon.client() as client:
        try:
            client.auth(token)
            return client.call("session.whoami")["role"]
        except RpcError as error:
            assert error.kind == "unauthenticated"
            return None


def test_who_is_enabled_again_is_let_in_everywhere(start, world):
    """Elsewhere perhaps not before both changes were heard of: the first one ends what the old state let in."""
    one, two = start(), start()
    token = world.token["ada"]
    with one.client(world.token["operator"]) as operator:
        for _ in range(3):
            disable_person(world, "ada", operator)
            assert role_at(one, token) is None
            operator.change("member.update", login=world.login["ada"], state="active")
            assert role_at(one, token) is None
            code = operator.change("member.invite", tenant="acme", login=world.login["ada"], name="A", again=True)["code"]
            with one.client() as client:
                token = client.redeem(code)["token"]
            assert role_at(one, token) == "member"
            wait_until(lambda: role_at(two, token) == "member", what="a login elsewhere")


def test_a_log_that_went_on_while_the_database_was_away_counts_when_it_is_back(behind, start, pg_proxy, world):
    one, two = behind(), start()
    with one.client(world.token["ada"]) as ada, one.client(world.token["bob"]) as bob, \
            two.client(world.token["operator"]) as operator:
        mark = one.mark()
        pg_proxy.refuse()
        pg_proxy.end()
        one.wait_log("database away", since=mark)
        disable_person(world, "ada", operator)
        assert ada.call("session.whoami")["login"] == world.login["ada"]  # it cannot be known yet
        pg_proxy.refuse(False)
        one.wait_log("login ended.*actor=ada@")
        assert ada.refused("session.whoami").kind == "unauthenticated"
        assert bob.call("session.whoami")["login"] == world.login["bob"]


# All of it at random

SEED = int(os.environ.get("COWORK_SEED", "7470"))


def random_change(dice, people, tokens):
    """A change of who there is; some of them cannot be done, and that is fine."""
    login = dice.choice(people)
    return dice.choice([
        ("member.update", {"login": login, "role": dice.choice(["member", "tenant_admin"])}),
        ("member.update", {"login": login, "state": dice.choice(["active", "active", "disabled"])}),
        ("member.update", {"login": login, "name": f"Name {dice.randrange(100)}"}),
        ("member.disable", {"login": login}),
        ("member.invite", {"login": login, "tenant": dice.choice(["acme", "hanbit"]), "name": "N", "again": True}),
        ("tenant.update", {"tenant": dice.choice(["acme", "hanbit"]), "state": dice.choice(["active", "active", "disabled"])}),
        ("staff.grant", {"login": login, "name": "N", "role": dice.choice(["front_desk", "auditor"]),
                         **dice.choice([{}, {"site": "KSQ"}])}),
        ("staff.revoke", {"login": login}),
        ("token.revoke", {"token": dice.choice(tokens)[4:12]}),
    ])


def test_random_changes_through_two_daemons_leave_both_with_what_the_database_has(start, pg_proxy, world, world_db, sql):
    """In the end PostgreSQL is taken away: whoever is let in then is let in by memory alone."""
    dice = random.Random(f"{SEED} people")
    daemons = [start(name, conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd") for name in ("one", "two")]
    people = [world.login[who] for who in ("ada", "bob", "boss", "minji", "newcomer", "desk")]
    tokens = [token for who, token in world.token.items() if who != "operator"]
    with contextlib.ExitStack() as stack:
        operators = [stack.enter_context(daemon.client(world.token["operator"])) for daemon in daemons]
        for _ in range(150):
            method, params = random_change(dice, people, tokens)
            side = dice.randrange(2)
            with contextlib.suppress(RpcError):
                code = operators[side].change(method, params).get("code")
                if code and dice.random() < 0.7:
                    with daemons[dice.randrange(2)].client() as client:
                        tokens.append(client.redeem(code)["token"])

        def same_names():
            sql.execute("SELECT s.rev, (SELECT jsonb_object_agg(login, (facts->>'name') || (facts->>'state') || role)"
                        " FROM cowork.member_facts) FROM cowork.site s WHERE site_id = 0")
            rev, rows = sql.fetchone()
            answers = [operator.call("member.find", text=text, limit=500) for operator in operators
                       for text in ["n", "a"]]
            return all(answer["rev"] == rev for answer in answers) and all(
                rows[row["login"]] == row["name"] + row["state"] + row["role"]
                for answer in answers for row in answer["members"])

        operators[0].change("member.update", login=world.login["ada"], name="Last Word")  # all before it is read by then
        wait_until(lambda: all(operator.call("member.find", text="last")["members"] for operator in operators) and
                   same_names(), what="both to know the same people")
        sql.execute("SELECT k.token_id, f.facts FROM cowork.token k, cowork.token_find(k.token_id) f")
        facts = dict(sql.fetchall())
        marks = [daemon.mark() for daemon in daemons]
        pg_proxy.refuse()
        pg_proxy.end()
        for daemon, mark in zip(daemons, marks):
            daemon.wait_log("database away", since=mark)
        let_in = 0
        for token in tokens:
            row = facts[token[4:12]]
            staff = row["role"] in ("front_desk", "site_admin", "auditor", "service")
            good = not row["revoked"] and not row["disabled"] and (staff or row["tenant_state"] == "active")
            wanted = (row["role"], None if staff else row["tenant"], row["site"] if staff else None) if good else None
            for daemon in daemons:
                with daemon.client() as client:
                    try:
                        me = client.auth(token)
                        got = (me["role"], me.get("tenant"), me.get("site"))
                    except RpcError as error:
                        assert error.kind in ("unauthenticated", "db_unavailable")
                        got = None
                assert got == wanted, (SEED, daemon.name, row)
                let_in += got is not None
        assert 0 < let_in < 2 * len(tokens), "nothing was tried"
