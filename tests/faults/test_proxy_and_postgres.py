"""What each place of the proxy means with the real server: which batches are committed, which are not."""

import json
import subprocess

import pytest

from fault_proxy import PLACES
from raw_pg import SYNC, RawPg, batch, parse
from rig import wait_until
from rpc import new_key

LANE = "select cowork.lane_run($1::int, $2::bigint, '{}', null, '{}', $3::jsonb, false)"
COMMITTED = {"unsent": False, "bind_half": False, "unsynced": False, "sent": True, "row_half": True,
             "uncommitted": True, "answered": True}


def tenant_create(code):
    return json.dumps([{"k": "tenant.create", "p": 0, "key": new_key(), "h": "00", "n": 1, "d": False,
                        "a": {"code": code, "name": code}, "r": {}}])


@pytest.fixture
def client(pg_proxy, world_db):
    with RawPg(pg_proxy.listen, database=world_db) as raw:
        raw.until("Z")
        raw.send(parse("lane", LANE), SYNC)
        raw.until("Z")
        yield raw


def tenants(sql):
    sql.execute("SELECT count(*) FROM cowork.tenant WHERE code = 'fate'")
    return sql.fetchone()[0]


def test_psql_passes_through(pg_proxy, world_db):
    done = subprocess.run(["psql", "-XAtq", "-d", f"{pg_proxy.conninfo} dbname={world_db} user=coworkd",
                           "-c", "select count(*) from cowork.space", "-c", "select repeat('x', 3000000)"],
                          capture_output=True, text=True, check=True, timeout=60)
    count, text = done.stdout.split()
    assert (count, len(text)) == ("28", 3000000)


@pytest.mark.parametrize("place", PLACES)
def test_the_fate_of_a_batch_cut_at_each_place(place, pg_proxy, client, sql, world_db):
    pg_proxy.rule(PLACES[place].format("cut"))
    client.send(batch(0, 4711, tenant_create("fate")))
    assert "Z" not in client.rest()
    pg_proxy.wait("cut", 1)

    def gone():
        sql.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND usename = 'coworkd'", (world_db,))
        return sql.fetchone()[0] == 0

    wait_until(gone, what="the end of the cut backend")
    assert tenants(sql) == int(COMMITTED[place])


def test_a_batch_stalled_before_its_sync_holds_the_lock_until_it_goes_on(pg_proxy, client, sql):
    pg_proxy.rule(PLACES["unsynced"].format("stall"))
    client.send(batch(0, 4711, tenant_create("fate")))
    pg_proxy.wait("stalled", 1)

    def holds():
        sql.execute("SELECT wait_event FROM pg_stat_activity WHERE query LIKE '%lane_run%' AND state = 'active' "
                    "AND wait_event = 'ClientRead'")
        return sql.fetchone()

    wait_until(holds, what="a backend that waits for the rest of its batch")
    sql.execute("SELECT site_id FROM cowork.site WHERE site_id = 0 FOR NO KEY UPDATE SKIP LOCKED")
    assert sql.fetchone() is None
    pg_proxy.resume()
    assert client.until() == "2DCZ"
    assert tenants(sql) == 1
