"""Passwords: set, changed, lost; what they open, what they do not, and what nobody learns of them."""

import json
import ssl
import time

import pytest

from rig import wait_for_batches
from rpc import RpcError, new_key

PASSWORD, OTHER = "correct horse", "battery staple"
# A hash takes some tenths of a second, and on a busy machine a multiple of it.
DEAR = {"password__memory": "64MiB", "password__passes": 2, "limits__login_timeout": "2min",
        "limits__request_timeout": "2min", "limits__drain_timeout": "2min"}


def login(client, world, who="ada", password=PASSWORD, **more):
    return client.change("session.auth", login=world.login[who], password=password, **more)


def refused(client, world, who="ada", password=PASSWORD, **more):
    return client.refused("session.auth", {"key": new_key(), **more}, login=world.login.get(who, who), password=password)


@pytest.fixture
def with_password(connect, world):
    """Ada has one."""
    connect("ada").change("session.password", new=PASSWORD)


# Logging in

def test_a_password_is_swapped_for_a_token_of_90_days(connect, world, with_password):
    client = connect()
    got = login(client, world, label="laptop")
    assert (got["login"], got["role"], got["tenant"]) == (world.login["ada"], "member", "acme")
    assert client.call("session.whoami")["login"] == world.login["ada"]
    other = connect()
    assert other.auth(got["token"])["expires"] == got["expires"]
    mine = {row["token"]: row for row in other.call("token.list")["tokens"]}[got["token"][4:12]]
    assert (mine["label"], mine["kind"], mine["state"]) == ("laptop", "access", "active")


def test_a_login_is_the_same_in_any_case(connect, world, with_password):
    assert connect().change("session.auth", login=world.login["ada"].upper(), password=PASSWORD)["token"]


def test_what_is_wrong_with_a_login_is_not_told(connect, world, sql, with_password):
    """Unknown, without a password, the wrong one, disabled: the same words, so that nobody learns who is here."""
    connect("bob").change("session.password", new=PASSWORD)
    connect("operator").change("member.update", login=world.login["bob"], state="disabled")
    errors = [refused(connect(), world, "nobody@example.org"), refused(connect(), world, "minji"),
              refused(connect(), world, password=OTHER), refused(connect(), world, password=PASSWORD + " "),
              refused(connect(), world, "bob")]
    assert {error.kind for error in errors} == {"unauthenticated"}
    assert len({(error.message, tuple(sorted(set(error.data) - {"request"}))) for error in errors}) == 1


def test_an_unknown_login_takes_as_long_as_a_wrong_password(start_daemon, world):
    daemon = start_daemon(**DEAR)
    with daemon.client(world.token["ada"]) as ada:
        ada.change("session.password", new=PASSWORD)

    def took(who):
        began = time.monotonic()
        with daemon.client() as client:
            assert refused(client, world, who, OTHER).kind == "unauthenticated"
        return time.monotonic() - began

    assert min(took("nobody@example.org") for _ in range(2)) > min(took("ada") for _ in range(2)) / 3


def test_a_retry_with_its_key_is_given_the_same_token(connect, world, with_password):
    key = new_key()
    first = connect().call("session.auth", login=world.login["ada"], password=PASSWORD, key=key)
    again = connect().call("session.auth", login=world.login["ada"], password=PASSWORD, key=key, attempt=2)
    assert (again["token"], again["expires"]) == (first["token"], first["expires"])
    other = connect().call("session.auth", login=world.login["ada"], password=PASSWORD, key=new_key())
    assert other["token"] != first["token"]


def test_a_key_that_was_used_with_another_password_is_told_so(connect, world, with_password):
    key, ada = new_key(), connect("ada")
    login(connect(), world, key=key)
    ada.change("session.password", old=PASSWORD, new=OTHER)
    assert connect().refused("session.auth", login=world.login["ada"], password=OTHER, key=key,
                             attempt=2).kind == "key_reused"


def test_a_login_under_way_when_the_password_changes_is_refused(connect, world, sql, with_password):
    """What was compared was the old one: the lane looks again."""
    ada, client = connect("ada"), connect()
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site WHERE site_id = 0 FOR UPDATE")
    change = ada.send_change("session.password", old=PASSWORD, new=OTHER)
    wait_for_batches(sql)
    number = client.send_change("session.auth", login=world.login["ada"], password=PASSWORD)
    client_done = connect()  # the hash is compared by the time that a second one was
    assert refused(client_done, world, password=OTHER).kind == "unauthenticated"
    sql.connection.rollback()
    ada.answer(change)
    with pytest.raises(RpcError) as caught:
        client.answer(number)
    assert caught.value.kind == "unauthenticated"
    assert login(connect(), world, password=OTHER)["token"]


def test_a_login_by_password_names_what_is_missing(connect, world):
    client = connect()
    for params, field in (({"login": world.login["ada"], "key": new_key()}, "password"),
                          ({"login": world.login["ada"], "password": PASSWORD}, "key"),
                          ({"password": PASSWORD, "key": new_key()}, "token"),
                          ({"login": world.login["ada"], "password": PASSWORD, "token": world.token["ada"]}, "token"),
                          ({"password": PASSWORD, "token": world.token["ada"]}, "password"),
                          ({"login": world.login["ada"], "password": "x" * 129, "key": new_key()}, "password")):
        error = client.refused("session.auth", params)
        assert (error.kind, error.data["field"]) == ("params", field), params


# With a code

def test_a_code_takes_a_new_password_along(connect, world):
    key = new_key()
    got = connect().call("session.auth", code=world.code["newcomer"], password=PASSWORD, key=key)
    assert login(connect(), world, "newcomer")["login"] == got["login"] == world.login["newcomer"]
    again = connect().call("session.auth", code=world.code["newcomer"], password=PASSWORD, key=key, attempt=2)
    assert again["token"] == got["token"]
    assert connect().refused("session.auth", code=world.code["newcomer"], password=OTHER, key=key,
                             attempt=2).kind == "key_reused"


@pytest.mark.parametrize("password, rule", [("too short", "range"), ("NEW@acme.example", "login")])
def test_a_password_that_is_refused_does_not_use_the_code_up(connect, world, password, rule):
    error = connect().refused("session.auth", code=world.code["newcomer"], password=password, key=new_key())
    assert (error.kind, error.data["field"], error.data["rule"]) == ("params", "password", rule)
    assert connect().redeem(world.code["newcomer"])["token"]


# Setting and changing

def test_a_change_needs_the_old_password(connect, world, with_password):
    ada = connect("ada")
    error = ada.refused("session.password", new=OTHER, key=new_key())
    assert (error.kind, error.data["field"], error.data["rule"]) == ("params", "old", "missing")
    error = ada.refused("session.password", old="wrong horse", new=OTHER, key=new_key())
    assert (error.kind, error.data["field"], error.data["rule"]) == ("params", "old", "wrong")
    ada.change("session.password", old=PASSWORD, new=OTHER)
    assert refused(connect(), world).kind == "unauthenticated"
    assert login(connect(), world, password=OTHER)["token"]


@pytest.mark.parametrize("new, rule", [("비밀번호는한국어로", "range"), ("x" * 129, "range"), (" " * 12, "range"),
                                       ("Ada@ACME.example", "login"), ("bell\a in the password", "format")])
def test_a_password_has_10_to_128_characters_and_is_not_the_login(connect, new, rule):
    error = connect("ada").refused("session.password", new=new, key=new_key())
    assert (error.kind, error.data["field"], error.data["rule"]) == ("params", "new", rule)


def test_a_password_may_be_of_any_script(connect, world):
    connect("ada").change("session.password", new="비밀번호는 한국어로요")
    assert login(connect(), world, password="비밀번호는 한국어로요")["token"]


def test_a_retry_of_a_change_is_told_that_it_was_done(connect, world, with_password):
    ada, key = connect("ada"), new_key()
    first = ada.call("session.password", old=PASSWORD, new=OTHER, key=key)
    again = ada.call("session.password", old=PASSWORD, new=OTHER, key=key, attempt=2)
    assert again["replayed"] and again["rev"] == first["rev"]
    assert ada.refused("session.password", old=OTHER, new="something else", key=key, attempt=2).kind == "key_reused"
    assert login(connect(), world, password=OTHER)["token"]


def test_two_changes_at_once_do_not_both_come_to_pass(connect, start_daemon, world, sql, with_password):
    """In two instances, so that both are seen to be past the look at the old one."""
    one, two = connect("ada"), start_daemon("another").client(world.token["ada"])
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site WHERE site_id = 0 FOR UPDATE")
    numbers = [(client, client.send_change("session.password", old=PASSWORD, new=new))
               for client, new in ((one, OTHER), (two, "something else"))]
    wait_for_batches(sql, 2)
    sql.connection.rollback()
    kinds = []
    for client, number in numbers:
        try:
            client.answer(number)
            kinds.append("ok")
        except RpcError as error:
            kinds.append(error.kind)
    assert sorted(kinds) == ["ok", "stale_version"]


def test_a_rehearsed_change_changes_nothing(connect, world, with_password):
    assert connect("ada").change("session.password", old=PASSWORD, new=OTHER, dry_run=True)["dry_run"]
    assert login(connect(), world)["token"]


def test_who_is_invited_again_has_no_password_any_more(connect, world, with_password):
    code = connect("boss").change("member.invite", tenant="acme", login=world.login["ada"], name="Ada", again=True)["code"]
    assert refused(connect(), world).kind == "unauthenticated"
    connect().change("session.auth", code=code, password=OTHER)
    assert login(connect(), world, password=OTHER)["token"]


def test_a_password_of_another_cost_is_hashed_anew_at_its_login(start_daemon, world, sql):
    def stored():
        sql.execute("SELECT hash, version FROM cowork.password")
        return sql.fetchone()

    daemon = start_daemon()
    with daemon.client(world.token["ada"]) as ada:
        ada.change("session.password", new=PASSWORD)
    assert stored()[0].startswith("$argon2id$v=19$m=64,t=1,p=1$")
    daemon.options |= {"password__memory": "128KiB", "password__passes": 2}
    daemon.write_config()
    mark = daemon.mark()
    daemon.reload()
    daemon.wait_log("reloaded", since=mark)
    for _ in range(2):
        with daemon.client() as client:
            assert login(client, world)["token"]
        assert stored()[0].startswith("$argon2id$v=19$m=128,t=2,p=1$") and stored()[1] == 1


# What is kept

def test_a_password_is_in_no_log_and_its_hash_in_no_history(daemon, connect, world, sql, with_password):
    connect("ada").change("session.password", old=PASSWORD, new=OTHER)
    got = login(connect(), world, password=OTHER)
    refused(connect(), world, password="wrong horse")
    sql.execute("SELECT hash FROM cowork.password")
    hashes = [row[0] for row in sql.fetchall()]
    sql.execute("SELECT body::text FROM cowork.event UNION ALL SELECT outcome::text FROM cowork.receipt")
    history = "\n".join(row[0] for row in sql.fetchall())
    daemon.stop()
    log = daemon.logfile.read_text()
    for secret in (PASSWORD, OTHER, "wrong horse", got["token"][13:-7], *hashes):
        assert secret not in log and secret not in history


# Many at once

def test_requests_are_answered_while_passwords_are_hashed(start_daemon, world):
    daemon = start_daemon(**{**DEAR, "password__passes": 16})
    guessers = [daemon.client() for _ in range(4)]
    for client in guessers:
        client.send_change("session.auth", login="nobody@example.org", password=PASSWORD)
    with daemon.client(world.token["ada"]) as ada:
        for _ in range(20):
            ada.call("session.ping")
        guessers[-1].sock.setblocking(False)
        with pytest.raises(ssl.SSLWantReadError):  # the last of them is not done yet
            guessers[-1].sock.recv(1)
    for client in guessers:
        client.close()


@pytest.mark.parametrize("options", [{"limits__hash_queue": 2}, {}, {"limits__hash_queue_per_source": 1}],
                         ids=["of all", "of one source", "of one source, said"])
def test_more_passwords_than_may_wait_are_refused_as_busy(start_daemon, world, options):
    daemon = start_daemon(**options, **DEAR)
    guessers = [daemon.client() for _ in range(8)]
    numbers = [client.send_change("session.auth", login=f"nobody{at}@example.org", password=PASSWORD)
               for at, client in enumerate(guessers)]
    errors = []
    for client, number in zip(guessers, numbers):
        with pytest.raises(RpcError) as caught:
            client.answer(number)
        errors.append(caught.value)
        client.close()
    kinds = [error.kind for error in errors]
    assert set(kinds) == {"unauthenticated", "busy"}
    assert kinds.count("unauthenticated") >= options.get("limits__hash_queue_per_source", 2)
    assert "limits__hash_queue_per_source" not in options or kinds.count("unauthenticated") < 4
    assert all(error.data["retry_after_ms"] >= 1000 for error in errors if error.kind == "busy")


def test_who_leaves_while_a_password_is_hashed_leaves_nothing_behind(start_daemon, world):
    daemon = start_daemon(**DEAR)
    for _ in range(3):
        with daemon.client() as client:
            client.send_change("session.auth", login="nobody@example.org", password=PASSWORD)
            client.send_line(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": client.serial}}))
    with daemon.client(world.token["ada"]) as ada:
        assert ada.call("session.ping")
    daemon.stop()


def test_a_login_under_way_is_finished_when_the_service_stops(start_daemon, world):
    daemon = start_daemon(**DEAR)
    with daemon.client(world.token["ada"]) as ada:
        ada.change("session.password", new=PASSWORD)
        number = ada.send_change("session.auth", login=world.login["ada"], password=PASSWORD)
        ada.call("session.ping")  # what came before it is under way
        daemon.process.terminate()
        assert ada.answer(number)["token"]
    daemon.stop()


def test_a_reload_leaves_a_login_under_way_alone(start_daemon, world):
    daemon = start_daemon(**DEAR)
    with daemon.client(world.token["ada"]) as ada:
        ada.change("session.password", new=PASSWORD)
        number = ada.send_change("session.auth", login=world.login["ada"], password=PASSWORD)
        ada.call("session.ping")  # what came before it is under way
        mark = daemon.mark()
        daemon.reload()
        daemon.wait_log("reloaded", since=mark)
        assert ada.answer(number)["token"]


# Guessing

def test_guesses_at_one_account_take_turns_wherever_they_come_from(start_daemon, world):
    """And its tokens work all the while."""
    daemon = start_daemon(limits__login_delay="30s")
    with daemon.client(world.token["ada"]) as ada:
        ada.change("session.password", new=PASSWORD)
    mark = daemon.mark()
    guessers = [daemon.client() for _ in range(4)]
    for client in guessers:
        client.send_change("session.auth", login=world.login["ada"], password=OTHER)
    daemon.wait_log("login refused", count=4, since=mark)
    with daemon.client() as client:
        error = refused(client, world)
        assert error.kind == "throttled" and 0 < error.data["retry_after_ms"] <= 30000
    with daemon.client(world.token["ada"]) as ada:
        assert ada.call("session.whoami")["login"] == world.login["ada"]
        assert ada.refused("session.password", old=PASSWORD, new=OTHER, key=new_key()).kind == "throttled"
    with daemon.client() as client:
        client.send_change("session.auth", login=world.login["bob"], password=OTHER)
        daemon.wait_log("login refused", count=5, since=mark)
    for client in guessers:
        client.close()


def test_a_password_that_was_not_looked_at_is_no_guess_at_its_account(start_daemon, world):
    daemon = start_daemon(limits__login_delay="30s", **DEAR)
    with daemon.client(world.token["ada"]) as ada:
        ada.change("session.password", new=PASSWORD)
    guessers = [daemon.client() for _ in range(4)]
    for at, client in enumerate(guessers):
        client.send_change("session.auth", login=f"nobody{at}@example.org", password=OTHER)
    token = None
    while not token:
        with daemon.client() as client:
            try:
                number = client.send_change("session.auth", login=world.login["ada"], password=PASSWORD)
                token = client.answer(number)["token"]
            except RpcError as error:
                assert error.kind == "busy"
    for client in guessers:
        client.close()


def test_a_right_password_forgives_the_wrong_ones_of_its_account(start_daemon, world):
    daemon = start_daemon(limits__login_delay="1ms")
    with daemon.client(world.token["ada"]) as ada:
        ada.change("session.password", new=PASSWORD)
    for _ in range(2):
        for _ in range(3):
            with daemon.client() as client:
                assert refused(client, world, password=OTHER).kind == "unauthenticated"
        with daemon.client() as client:
            assert login(client, world)["token"]


def test_without_the_database_a_password_is_refused_at_once(start_daemon, pg_proxy, world_db, world):
    daemon = start_daemon(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")
    with daemon.client() as client:
        mark = daemon.mark()
        pg_proxy.refuse()
        pg_proxy.end()
        daemon.wait_log("database away", since=mark)
        assert refused(client, world).kind == "db_unavailable"
