"""The rig itself: what the other tests stand on."""

import pytest

from rpc import RpcError


def test_the_world_has_its_places_and_people(sql, world):
    sql.execute("SELECT count(*) FROM cowork.space")
    assert sql.fetchone() == (28,)
    sql.execute("SELECT p.login FROM cowork.token t JOIN cowork.person p USING (person_id) WHERE t.kind = 'access'")
    assert {login for login, in sql.fetchall()} == {world.login[who] for who in world.token}


def test_everyone_in_the_world_can_log_in(daemon, connect, world):
    for who in world.token:
        assert connect(who).call("session.whoami")["login"] == world.login[who]


def test_answers_are_told_apart_whatever_their_order(connect):
    client = connect("ada")
    numbers = [client.send("session.ping") for _ in range(20)]
    for number in reversed(numbers):
        assert "time" in client.answer(number)


def test_a_refusal_is_an_error_with_its_kind(connect):
    with pytest.raises(RpcError) as refusal:
        connect("ada").change("site.create", code="X", name="X", zone="UTC")
    assert refusal.value.kind == "forbidden"


def test_two_daemons_share_a_database(start_daemon, world):
    first, second = start_daemon("first"), start_daemon("second")
    assert first.port != second.port
    with first.client(world.token["ada"]) as one, second.client(world.token["ada"]) as two:
        ref = one.change("booking.create", site="KSQ", space="A-01", start="2054-12-01T09:00",
                         end="2054-12-01T10:00")["booking"]["ref"]
        assert two.call("booking.show", site="KSQ", ref=ref)["booking"]["space"] == "A-01"


def test_a_daemon_behind_the_proxy_and_its_batches(start_daemon, pg_proxy, world, world_db):
    daemon = start_daemon(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")
    with daemon.client(world.token["ada"]) as client:
        client.change("booking.create", site="KSQ", space="A-01", start="2054-12-01T09:00", end="2054-12-01T10:00")
    assert pg_proxy.stats()["batches"] >= 1
