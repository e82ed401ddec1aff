"""Logins by password while links to the database are cut: a key has one token, however often it is asked for."""

import os
import random

from rpc import new_key

SEED = int(os.environ.get("COWORK_SEED", "7470"))
LOGINS = 30
PASSWORD, OTHER = "correct horse", "battery staple"


def behind(start_daemon, pg_proxy, world_db):
    return start_daemon(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd",
                        limits__login_timeout="2min")


def test_a_login_by_password_makes_one_token_whatever_link_is_cut(start_daemon, pg_proxy, world_db, world, sql):
    daemon = behind(start_daemon, pg_proxy, world_db)
    got = {}
    with daemon.client(world.token["ada"]) as client:
        client.change("session.password", new=PASSWORD)
        pg_proxy.random(0.3, SEED, actions=("cut", "reset", "late"))
        for number in range(LOGINS):
            params = {"login": world.login["ada"], "password": PASSWORD, "key": new_key(), "label": f"login {number}"}
            got[f"login {number}"] = client.insist("session.auth", params)["token"]
            assert client.insist("session.auth", params, attempt=2)["token"] == got[f"login {number}"]
        pg_proxy.clear()
    assert pg_proxy.stats()["fired"] > 0
    sql.execute("SELECT label, token_id FROM cowork.token WHERE label LIKE 'login %%'")
    rows = sql.fetchall()
    assert len(rows) == LOGINS and dict(rows) == {label: token[4:12] for label, token in got.items()}


def test_a_change_of_password_is_done_once_and_told_truly(start_daemon, pg_proxy, world_db, world, sql):
    daemon, rng = behind(start_daemon, pg_proxy, world_db), random.Random(SEED)
    now = PASSWORD
    with daemon.client(world.token["ada"]) as client:
        client.change("session.password", new=now)
        pg_proxy.random(0.3, SEED, actions=("cut", "reset", "late"))
        for _ in range(LOGINS):
            new = f"password number {rng.randrange(10**6)}"
            client.insist_change("session.password", old=now, new=new)
            now = new
        pg_proxy.clear()
        client.insist("session.auth", {"login": world.login["ada"], "password": now, "key": new_key()})
    assert pg_proxy.stats()["fired"] > 0
    sql.execute("SELECT version FROM cowork.password")
    assert sql.fetchone() == (LOGINS + 1,)


def test_a_code_with_a_password_is_used_once_whatever_link_is_cut(start_daemon, pg_proxy, world_db, world, sql):
    daemon = behind(start_daemon, pg_proxy, world_db)
    with daemon.client(world.token["boss"]) as boss:
        pg_proxy.random(0.3, SEED, actions=("cut", "reset", "late"))
        for number in range(6):
            login = f"new{number}@acme.example"
            code = boss.insist_change("member.invite", tenant="acme", login=login, name="New").get("code")
            if not code:  # it was told to a try whose answer was lost
                code = boss.insist_change("member.invite", tenant="acme", login=login, name="New", again=True).get("code")
            if not code:
                continue
            params = {"code": code, "password": OTHER, "key": new_key()}
            with daemon.client() as stranger:
                first = stranger.insist("session.auth", params)["token"]
                assert stranger.insist("session.auth", params, attempt=2)["token"] == first
                again = stranger.insist("session.auth", {"login": login, "password": OTHER, "key": new_key()})
                assert again["login"] == login
        pg_proxy.clear()
