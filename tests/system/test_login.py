"""Who gets in, who does not, and what a stranger learns: tokens, one-time codes, and their ends."""

import contextlib
import json
import socket
import time
import zlib

import pytest

from rig import wait_for_batches
from rpc import RpcError, new_key
from world import BASE62, digits, new_token

TRIES = 5


def ended(client):
    with pytest.raises((EOFError, OSError)):
        client.call("session.hello", protocol={"min": 1, "max": 1}, client={"name": "t", "version": "0"})
    return True


def with_secret(token, secret_of):
    """A token with the id of one and the secret of another, its check right again."""
    body = token[:13] + secret_of[13:-7]
    return f"{body}_{digits(zlib.crc32(body.encode()), BASE62, 6)}"


# Tokens

def test_a_token_says_who_i_am(connect, world):
    me = connect("ada").call("session.whoami")
    assert (me["login"], me["role"], me["tenant"]) == (world.login["ada"], "member", "acme")
    assert "site" not in me and "token" not in me
    desk = connect("desk").call("session.whoami")
    assert (desk["role"], desk["site"]) == ("front_desk", "KSQ") and "tenant" not in desk


def test_what_is_wrong_with_a_token_is_not_told(connect, world):
    """Unknown, another's secret, revoked: the same words, so that nobody learns which tokens exist."""
    connect("operator").change("token.revoke", token=world.token["minji"][4:12])
    messages = set()
    for token in (new_token()[0], with_secret(world.token["ada"], world.token["bob"]), world.token["minji"]):
        error = connect().refused("session.auth", token=token)
        assert error.kind == "unauthenticated"
        messages.add((error.message, tuple(sorted(set(error.data) - {"request"}))))
    assert len(messages) == 1


def test_a_slip_in_a_token_is_refused_without_asking_the_database(connect, world):
    client = connect()
    token = world.token["ada"]
    for text in ("nonsense", token[:-1], token[:20] + ("A" if token[20] != "A" else "B") + token[21:],
                 world.code["newcomer"]):
        error = client.refused("session.auth", token=text)
        assert error.kind == "unauthenticated" and text not in error.message


def test_an_expired_token_is_refused_and_says_so(start_daemon, world, sql):
    sql.execute("UPDATE cowork.token SET expires_at = now() - interval '1 s', created_at = now() - interval '1 day'"
                " WHERE token_id = %s", [world.token["ada"][4:12]])
    with start_daemon().client() as client:
        assert "expired" in client.refused("session.auth", token=world.token["ada"]).message


def test_the_end_of_a_token_ends_its_open_connection_and_another_login_revives_it(start_daemon, world, sql):
    daemon = start_daemon(limits__login_timeout="60s")
    daemon.wait_log("people loaded")
    with daemon.client(world.token["ada"]) as client, daemon.client(world.token["operator"]) as operator:
        assert client.call("session.whoami")["login"] == world.login["ada"]
        sql.execute("UPDATE cowork.token SET expires_at = clock_timestamp() + interval '1 s' WHERE token_id = %s",
                    [world.token["ada"][4:12]])
        operator.change("member.update", login=world.login["ada"], name="Ada")  # her rows are read again
        daemon.wait_log(r'login ended.*actor=ada@.*expired')
        for method in ("session.whoami", "site.list"):
            error = client.refused(method)
            assert error.kind == "unauthenticated" and "expired" in error.message
        assert client.auth(world.token["bob"])["login"] == world.login["bob"]
        assert client.call("session.whoami")["login"] == world.login["bob"]


@pytest.mark.parametrize("method, params", [
    ("member.update", {"login": "ada@acme.example", "state": "disabled"}),
    ("tenant.update", {"tenant": "acme", "state": "disabled"}),
])
def test_a_disabled_member_or_company_is_not_let_in_by_token(connect, world, method, params):
    connect("operator").change(method, params)
    assert connect().refused("session.auth", token=world.token["ada"]).kind == "unauthenticated"
    assert connect().auth(world.token["minji"])["tenant"] == "hanbit"


def test_a_member_disabled_by_the_operator_is_not_let_in(connect, world):
    connect("operator").change("member.update", login=world.login["ada"], state="disabled")
    assert connect().refused("session.auth", token=world.token["ada"]).kind == "unauthenticated"


def test_revoked_staff_are_not_let_in(connect, world):
    connect("operator").change("staff.revoke", login=world.login["desk"])
    assert connect().refused("session.auth", token=world.token["desk"]).kind == "unauthenticated"


def test_a_login_on_top_of_another_changes_who_i_am_and_a_failed_one_does_not(connect, world):
    client = connect("ada")
    assert client.refused("session.auth", token="nonsense").kind == "unauthenticated"
    assert client.call("session.whoami")["login"] == world.login["ada"]
    client.auth(world.token["bob"])
    assert client.call("session.whoami")["login"] == world.login["bob"]


def test_five_failed_logins_end_the_connection(connect):
    client = connect()
    for _ in range(TRIES):
        assert client.refused("session.auth", token="nonsense").kind == "unauthenticated"
    assert ended(client)


def test_a_login_that_works_forgives_the_failed_ones_before(connect, world):
    client = connect()
    for _ in range(3):
        for _ in range(TRIES - 1):
            client.refused("session.auth", token="nonsense")
        client.auth(world.token["ada"])
    for _ in range(TRIES):
        client.refused("session.auth", token="nonsense")
    assert ended(client)


def test_only_greeting_and_login_go_before_login(connect):
    client, methods = connect(), connect("ada").call("rpc.discover")["methods"]
    early = {name for name, method in methods.items() if method["before_login"]}
    assert early == {"session.hello", "session.auth"}
    for name in set(methods) - early | {"no.such"}:
        assert client.refused(name).kind == "unauthenticated", name


def test_after_logout_i_am_nobody_and_the_token_is_good_again(connect, world):
    client = connect("ada")
    assert client.call("session.logout") == {}
    assert client.refused("session.whoami").kind == "unauthenticated"
    assert client.auth(world.token["ada"])["login"] == world.login["ada"]


def test_a_token_is_given_by_token_or_by_code_not_both(connect, world):
    client = connect()
    assert client.refused("session.auth").data["field"] == "token"
    error = client.refused("session.auth", token=world.token["ada"], code=world.code["newcomer"], key=new_key())
    assert (error.kind, error.data["field"]) == ("params", "token")


def test_secrets_are_not_in_the_log(daemon, connect, world):
    client = connect("ada")
    issued = client.change("token.issue", label="spare")
    invited = connect("operator").change("member.invite", tenant="acme", login="p@example.org", name="P")
    got = connect().redeem(world.code["newcomer"])
    with contextlib.suppress(RpcError):
        connect().auth(world.token["bob"] + "x")
    client.call("session.ping")
    daemon.stop()
    text = daemon.logfile.read_text()
    for secret in (world.token["ada"], world.token["bob"], issued["token"], invited["code"], got["token"],
                   world.code["newcomer"]):
        assert secret[13:-7] not in text


# One-time codes

def test_a_code_is_swapped_once_for_a_token_of_90_days(connect, world):
    client = connect()
    got = client.redeem(world.code["newcomer"])
    assert got["login"] == world.login["newcomer"] and got["role"] == "member"
    assert client.call("session.whoami")["login"] == world.login["newcomer"]
    assert connect().auth(got["token"])["login"] == world.login["newcomer"]
    error = connect().refused("session.auth", code=world.code["newcomer"], key=new_key())
    assert error.kind == "unauthenticated"


def test_a_retry_of_a_code_with_its_key_is_given_the_same_token(connect, world):
    key = new_key()
    first = connect().call("session.auth", code=world.code["newcomer"], key=key)
    again = connect().call("session.auth", code=world.code["newcomer"], key=key, attempt=2)
    assert again["token"] == first["token"] and again["expires"] == first["expires"]


def test_an_invited_person_is_active_after_the_code(connect, world):
    operator = connect("operator")

    def state():
        return {row["login"]: row["state"] for row in operator.call("member.list", tenant="acme")["members"]}

    assert state()[world.login["newcomer"]] == "invited"
    connect().redeem(world.code["newcomer"])
    assert state()[world.login["newcomer"]] == "active"


def test_a_code_wrong_used_or_late_is_refused_in_the_same_words(connect, world, sql):
    operator = connect("operator")
    late = operator.change("member.invite", tenant="acme", login="late@example.org", name="L")["code"]
    sql.execute("UPDATE cowork.token SET expires_at = now() - interval '1 s', created_at = now() - interval '1 day'"
                " WHERE token_id = %s", [late[4:12]])
    gone = operator.change("member.invite", tenant="acme", login="gone@example.org", name="G")["code"]
    operator.change("member.update", login="gone@example.org", state="disabled")
    connect().redeem(world.code["newcomer"])
    messages = set()
    for code in (world.code["newcomer"], late, gone, with_secret(late, world.token["ada"])):
        error = connect().refused("session.auth", code=code, key=new_key())
        assert error.kind == "unauthenticated"
        messages.add(error.message)
    assert len(messages) == 1


def test_a_code_with_another_secret_gets_no_further_than_a_look(start_daemon, world, sql):
    """Whatever attempt it says it is: strangers make the database write nothing, and wait for nobody's change."""
    daemon = start_daemon(limits__request_timeout="5s")
    wrong = with_secret(world.code["newcomer"], world.token["ada"])
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    with daemon.client() as client:
        for attempt in (1, 2):
            error = client.refused("session.auth", code=wrong, key=new_key(), attempt=attempt)
            assert error.kind == "unauthenticated"
        assert client.refused("session.auth", code=new_token("cwc_")[0], key=new_key()).kind == "unauthenticated"
    sql.connection.rollback()


def test_a_used_code_with_another_key_leaves_no_receipt(connect, world, sql):
    connect().redeem(world.code["newcomer"])
    sql.execute("SELECT count(*) FROM cowork.receipt")
    before = sql.fetchone()
    assert connect().refused("session.auth", code=world.code["newcomer"], key=new_key()).kind == "unauthenticated"
    sql.execute("SELECT count(*) FROM cowork.receipt")
    assert sql.fetchone() == before


def test_a_used_code_answers_its_key_again_even_when_it_says_it_is_the_first_time(connect, world):
    key = new_key()
    first = connect().call("session.auth", code=world.code["newcomer"], key=key)
    assert connect().call("session.auth", code=world.code["newcomer"], key=key)["token"] == first["token"]


def test_five_failed_codes_end_the_connection(connect, world):
    client = connect()
    wrong = with_secret(world.code["newcomer"], world.token["ada"])
    for _ in range(TRIES):
        assert client.refused("session.auth", code=wrong, key=new_key()).kind == "unauthenticated"
    assert ended(client)


def test_a_code_needs_a_key_and_is_not_a_token(connect, world):
    client = connect()
    error = client.refused("session.auth", code=world.code["newcomer"])
    assert (error.kind, error.data["field"], error.data["rule"]) == ("params", "key", "missing")
    assert client.refused("session.auth", code=world.token["ada"], key=new_key()).kind == "unauthenticated"
    assert client.refused("session.auth", token=world.code["newcomer"]).kind == "unauthenticated"


def test_two_who_redeem_one_code_at_once_are_not_both_let_in(daemon, world):
    with daemon.client() as one, daemon.client() as two:
        numbers = [(client, client.send("session.auth", code=world.code["newcomer"], key=new_key()))
                   for client in (one, two)]
        kinds = []
        for client, number in numbers:
            try:
                kinds.append(client.answer(number)["role"])
            except RpcError as error:
                kinds.append(error.kind)
        assert sorted(kinds) == ["member", "unauthenticated"]


def test_a_login_by_code_that_is_cancelled_under_way_is_not_called_undone(connect, world, sql):
    """The code may be used up by then; the same key finds out."""
    client, key = connect("ada"), new_key()
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    number = client.send("session.auth", code=world.code["newcomer"], key=key)
    wait_for_batches(sql)
    client.send_line(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": number}}))
    client.send_line(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": number}}))
    sql.connection.rollback()
    try:
        token = client.answer(number)["token"]
    except RpcError as error:
        assert error.kind == "outcome_unknown"
        token = None
    again = connect().call("session.auth", code=world.code["newcomer"], key=key, attempt=2)
    assert again["token"] and token in (None, again["token"])


# While a login waits for its answer

def start_waiting_login(daemon):
    """A client whose refusal comes late; nothing more of it is worked on until then."""
    client, mark = daemon.client(), daemon.mark()
    client.send("session.auth", token=new_token()[0])
    daemon.wait_log("login refused", since=mark)
    return client


@pytest.mark.parametrize("how", ["end of file", "reset"])
def test_who_leaves_while_its_login_waits_is_heard_to_leave(start_daemon, how):
    daemon = start_daemon(limits__login_delay="4s", log__level="debug")
    client, mark = start_waiting_login(daemon), daemon.mark()
    if how == "reset":
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    client.sock.close()
    daemon.wait_log("client left; request dropped", since=mark)  # it was not answered first


def test_lines_sent_behind_a_login_that_waits_are_worked_on_after_it(start_daemon, world):
    daemon = start_daemon(limits__login_delay="300ms", limits__finish_timeout="30s")
    with start_waiting_login(daemon) as client:
        numbers = [client.send("session.auth", token=world.token["ada"])]
        numbers += [client.send("session.ping") for _ in range(400)]  # more than is read ahead
        assert client.answer(numbers[0])["login"] == world.login["ada"]
        for number in numbers[1:]:
            client.answer(number)


# Guessing

def test_the_answer_to_a_failed_login_comes_later_each_time_until_one_works(start_daemon, world):
    daemon = start_daemon(limits__login_delay="400ms")

    def took():
        began = time.monotonic()
        with daemon.client() as client:
            assert client.refused("session.auth", token=new_token()[0]).kind == "unauthenticated"
        return time.monotonic() - began

    assert took() >= 0.4
    assert took() >= 0.8
    assert took() >= 1.6
    with daemon.client(world.token["ada"]) as ada, daemon.client() as guesser:
        guesser.send("session.auth", token=new_token()[0])
        daemon.wait_log("login refused", count=4)
        ada.call("session.whoami")  # whoever waits holds up nobody; and may leave


def test_an_address_of_many_failed_logins_is_told_to_wait_but_who_is_right_is_let_in(start_daemon, world):
    daemon = start_daemon(limits__login_failures=2)

    def kind(**what):
        with daemon.client() as client:
            error = client.refused("session.auth", **what)
            return error.kind, error.data.get("retry_after_ms")

    assert [kind(token="nonsense") for _ in range(2)] == 2 * [("unauthenticated", None)]
    throttled, after = kind(code=new_token("cwc_")[0], key=new_key())
    assert throttled == "throttled" and 500 < after <= 60000
    with daemon.client(world.token["ada"]):
        pass
    assert kind(token="nonsense") == ("unauthenticated", None)


# Further tokens

def test_a_token_issued_is_listed_works_and_ends_when_revoked(connect, world):
    ada = connect("ada")
    issued = ada.change("token.issue", label="laptop", days=7)
    listed = {row["token"]: row for row in ada.call("token.list")["tokens"]}
    assert listed[issued["id"]]["label"] == "laptop" and listed[issued["id"]]["expires"] == issued["expires"]
    assert len(listed) == 2 and issued["token"] not in str(listed)
    assert connect().auth(issued["token"])["login"] == world.login["ada"]
    ada.change("token.revoke", token=issued["id"])
    assert connect().refused("session.auth", token=issued["token"]).kind == "unauthenticated"
    assert {row["token"]: row["state"] for row in ada.call("token.list")["tokens"]}[issued["id"]] == "revoked"
    assert ada.call("session.whoami")["login"] == world.login["ada"]
    error = ada.refused("token.revoke", key=new_key(), token=issued["id"])
    assert (error.kind, error.data["state"]) == ("wrong_state", "revoked")


def test_a_token_has_the_scope_that_it_was_made_with(connect, world):
    ada = connect("ada")
    made = {scope: ada.change("token.issue", **({"scope": scope} if scope else {})) for scope in (None, "full", "read")}
    listed = {row["token"]: row["scope"] for row in ada.call("token.list")["tokens"]}
    assert [listed[made[scope]["id"]] for scope in made] == ["full", "full", "read"]
    assert listed[world.token["ada"][4:12]] == "full"
    assert ada.refused("token.issue", scope="some", key=new_key()).data["field"] == "scope"


def test_a_token_that_reads_is_no_way_to_one_that_does_more(connect, world):
    token, client = connect("ada").change("token.issue", scope="read")["token"], connect()
    client.auth(token)
    for method, params in (("token.issue", {}), ("session.password", {"new": "correct horse"})):
        error = client.refused(method, params, key=new_key())
        assert error.kind == "forbidden" and "scope read" in error.message
    assert client.call("watch.start", site="KSQ")["watch"] == 1
    assert client.call("session.whoami")["scope"] == "read"


def test_a_token_that_reads_does_so_whoever_tells_of_it(connect, start_daemon, pg_proxy, world, world_db):
    """The database, where another daemon made the token just now; and memory alone, while the database is away."""
    ada = connect("ada")
    known = ada.change("token.issue", scope="read")["token"]
    daemon = start_daemon(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")
    daemon.wait_log("people loaded")
    for _ in range(3):
        with daemon.client(ada.change("token.issue", scope="read")["token"]) as client:
            assert client.call("session.whoami")["scope"] == "read"
            assert client.refused("token.issue", key=new_key()).kind == "forbidden"
    mark = daemon.mark()
    pg_proxy.refuse()
    pg_proxy.end()
    daemon.wait_log("database away", since=mark)
    with daemon.client(known) as client:
        assert client.call("session.whoami")["scope"] == "read"


def test_nobody_revokes_anothers_token_but_the_operator(connect, world):
    ada_token = world.token["ada"][4:12]
    for who in ("bob", "boss", "minji", "desk", "admin", "auditor"):
        error = connect(who).refused("token.revoke", key=new_key(), token=ada_token)
        assert (error.kind, error.data["field"]) == ("not_found", "token"), who
    connect("operator").change("token.revoke", token=ada_token)
    assert connect().refused("session.auth", token=world.token["ada"]).kind == "unauthenticated"


def test_a_retry_of_an_issue_is_told_it_happened_without_the_secret(connect, sql):
    ada, key = connect("ada"), new_key()
    first = ada.call("token.issue", key=key, label="x")
    again = ada.call("token.issue", key=key, label="x", attempt=2)
    assert "token" in first and "token" not in again and again["replayed"] is True
    sql.execute("SELECT count(*) FROM cowork.token WHERE label = 'x'")
    assert sql.fetchone() == (1,)


def test_a_rehearsed_issue_gives_no_token(connect, sql):
    assert "token" not in connect("ada").change("token.issue", label="x", dry_run=True)
    sql.execute("SELECT count(*) FROM cowork.token WHERE label = 'x'")
    assert sql.fetchone() == (0,)


def test_the_database_has_no_secret(connect, sql, world):
    issued = connect("ada").change("token.issue", label="x")
    got = connect().redeem(world.code["newcomer"])
    sql.execute("SELECT coalesce(string_agg(t.x::text, ''), '') FROM (SELECT to_jsonb(k) AS x FROM cowork.token k UNION ALL"
                " SELECT to_jsonb(e) FROM cowork.event e UNION ALL SELECT to_jsonb(r) FROM cowork.receipt r) t")
    text = sql.fetchone()[0]
    for secret in (issued["token"], got["token"], world.code["newcomer"]):
        assert secret[13:-7] not in text and secret[4:12] in text


def test_who_lost_code_or_token_is_invited_again_and_what_was_given_out_ends(connect, daemon, world):
    boss, ada = connect("boss"), connect("ada")
    asked = {"tenant": "acme", "login": world.login["ada"], "name": "Ada"}
    assert boss.refused("member.invite", asked, key=new_key()).kind == "exists"
    code = boss.change("member.invite", asked, again=True)["code"]
    with daemon.client() as client:
        assert client.refused("session.auth", token=world.token["ada"]).kind == "unauthenticated"
        client.redeem(code)
        assert client.call("session.whoami")["login"] == world.login["ada"]
    minji = {"tenant": "acme", "login": world.login["minji"], "name": "M", "again": True}
    assert boss.refused("member.invite", minji, key=new_key()).kind == "exists"  # another tenant's
    ada.close()
