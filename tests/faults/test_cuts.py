"""Links are cut around the commit, under load, at every place of a batch; each answer is then compared with
the database. Also cut: the clients' own connections.

COWORK_CUTS says how many cuts between daemon and database (default below: what fits into a test run; a
release takes 3000 and more), COWORK_SEED which ones. The figures are printed (pytest -s) and kept in
COWORK_KEEP/cuts.json.
"""

import collections
import contextlib
import os
import random
import threading
import time

import pytest

from fault_proxy import FaultProxy
from judge import Judge, deadlocks, keep
from load import Load
from rpc import Client

CUTS = int(os.environ.get("COWORK_CUTS", "1000"))
CLIENT_CUTS = int(os.environ.get("COWORK_CLIENT_CUTS", "200"))
SEED = int(os.environ.get("COWORK_SEED", "7470"))
CHANCE = 0.35  # of a batch to be hurt

# A commit that fails at its very end, after the result: now and then, worth a retry or not.
MOODY = """
CREATE FUNCTION public.moody() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
	IF random() < 0.004 THEN
		RAISE EXCEPTION 'moody' USING ERRCODE = (ARRAY['40001', '53200', 'XX000'])[1 + floor(random() * 3)::int];
	END IF;
	RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER moody AFTER INSERT ON cowork.event DEFERRABLE INITIALLY DEFERRED
	FOR EACH ROW EXECUTE FUNCTION public.moody()"""


@pytest.fixture
def proxies(short_dir, cluster):
    """Two proxies in front of the database, one a daemon."""
    with contextlib.ExitStack() as stack:
        made = []
        for name in ("p1", "p2"):
            (short_dir / name).mkdir()
            made.append(stack.enter_context(FaultProxy(short_dir / name, f"{cluster.host}/.s.PGSQL.5432")))
        yield made


def added(counts):
    """The sums of several proxies' counts."""
    return dict(sum((collections.Counter(each) for each in counts), collections.Counter()))


@pytest.mark.limit(180 + CUTS // 4)
def test_every_answer_is_true_whatever_link_is_cut(proxies, start_daemon, world, world_db, sql):
    sql.execute(MOODY)
    began = time.monotonic()
    before = deadlocks(sql)
    # many links, since one that was cut rests for a while; one daemon gives its answers up early
    daemons = [start_daemon(conninfo=f"{proxy.conninfo} dbname={world_db} user=coworkd", log__level="info",
                            log__requests="none", database__lane_connections=12, limits__request_timeout=timeout)
               for proxy, timeout in zip(proxies, ("15s", "400ms"))]
    with Load(world, daemons, seed=SEED, workers=8, window=4, leaving=0.002) as load:
        for number, proxy in enumerate(proxies):
            proxy.ask("delay 150")
            proxy.random(CHANCE, SEED + number, actions=("cut", "reset", "late"))
        for proxy in proxies:
            proxy.wait("fired", CUTS // 2, timeout=1800)
        for proxy in proxies:
            proxy.clear()
    stats = [proxy.stats() for proxy in proxies]
    figures = {
        "seed": SEED, "cuts": sum(each["fired"] for each in stats), "batches": sum(each["batches"] for each in stats),
        "places": added(each["random"] for each in stats),
        "actions": {action: sum(each[action] for each in stats) for action in ("cut", "reset", "late")},
        **Judge(sql, load).verdict(), "deadlocks": deadlocks(sql) - before,
        "seconds": round(time.monotonic() - began, 1)}
    keep("cuts", figures)
    assert figures["cuts"] >= CUTS and figures["in_doubt"] > 0
    assert figures["deadlocks"] == 0


class Through:
    """A daemon behind a proxy that ends each connection at a place of its own."""

    def __init__(self, daemon, proxy, rng):
        self.daemon, self.proxy, self.rng = daemon, proxy, rng
        self.lock = threading.Lock()
        self.number = 0
        self.mild = False

    def place(self):
        """A byte, or a place in what was read at once: saying hello and logging in are among them."""
        rng = self.rng
        if rng.random() < 0.5:
            return f"byte {rng.choice('FB')}:{rng.randrange(500, 9000)}"
        return f"{rng.choice(('before', 'half', 'after'))} {rng.choice('FB')}:- nth={rng.randrange(1, 25)}"

    def client(self, token):
        with self.lock:  # connections are numbered as they come
            self.number += 1
            if not self.mild:
                action = self.rng.choice(("cut", "reset", "late"))
                self.proxy.rule(f"{action} {self.place()} conn={self.number}")
            client = Client(self.proxy.port, self.daemon.certificate)
        client.hello()
        client.auth(token)
        return client


@pytest.mark.limit(180 + CLIENT_CUTS)
def test_every_answer_is_true_whatever_client_is_cut_off(short_dir, start_daemon, world, sql):
    rng = random.Random(SEED)
    daemons = [start_daemon(log__level="info", log__requests="none") for _ in range(2)]
    with contextlib.ExitStack() as stack:
        proxies = [stack.enter_context(FaultProxy(short_dir, daemon.port, listen=0, opaque=True, name=daemon.name))
                   for daemon in daemons]
        for proxy in proxies:
            proxy.ask("delay 50")
        doors = [Through(*pair, rng) for pair in zip(daemons, proxies)]
        with Load(world, doors, seed=SEED, workers=6, window=4) as load:
            for proxy in proxies:
                proxy.wait("fired", CLIENT_CUTS // 2, timeout=300)
            for door in doors:
                with door.lock:
                    door.mild = True
                    door.proxy.clear()
        cuts = sum(proxy.stats()["fired"] for proxy in proxies)
    figures = {"seed": SEED, "cuts": cuts, **Judge(sql, load).verdict()}
    keep("client_cuts", figures)
    assert figures["in_doubt"] > 0
