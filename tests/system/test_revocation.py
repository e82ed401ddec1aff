"""Who is let in is known in memory; what ends a right ends it everywhere: on connections that are open, on every daemon."""

import contextlib
import zlib

import pytest

from rpc import RpcError, new_key
from world import BASE62, digits, new_token

BOOKING = {"site": "KSQ", "space": "A-01", "start": "2027-03-01T09:00", "end": "2027-03-01T10:00"}
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
        ref = ada.answer(number)["booking"]["ref"]
        with pytest.raises(RpcError) as refusal:
            ada.answer(behind)
        assert refusal.value.kind == "unauthenticated"
        assert closed(ada)
        assert operator.call("booking.show", site="KSQ", ref=ref)["booking"]["member"] == world.login["ada"]


def test_who_says_nothing_is_closed_all_the_same(start, world):
    daemon = start()
    with daemon.client(world.token["ada"]) as ada, daemon.client(world.token["operator"]) as operator:
        daemon.options["limits__login_timeout"] = "100ms"
        daemon.write_config()
        daemon.reload()
        daemon.wait_log("reloaded")
        disable_person(world, "ada", operator)
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


def test_who_was_staff_and_is_a_member_goes_on_as_a_member(start, world):
    daemon = start()
    with daemon.client(world.token["operator"]) as operator, daemon.client() as client:
        code = operator.change("staff.grant", login=world.login["bob"], name="Bob", role="front_desk", site="KSQ")["code"]
        assert client.redeem(code)["role"] == "front_desk"
        assert client.call("member.list")["members"]
        operator.change("staff.revoke", login=world.login["bob"])
        me = client.call("session.whoami")
        assert (me["role"], me["tenant"]) == ("member", "acme")


def test_who_is_enabled_again_is_let_in_by_memory_and_look_up_alike(start, world):
    one, two = start(), start()
    with one.client(world.token["operator"]) as operator:
        for _ in range(3):
            disable_person(world, "ada", operator)
            operator.change("member.update", login=world.login["ada"], state="active")
            for daemon in (one, two):
                with daemon.client(world.token["ada"]) as ada:
                    assert ada.call("session.whoami")["role"] == "member"


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
