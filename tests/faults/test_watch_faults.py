"""Whatever breaks, who watches is told every event of the log once and in order: they go on where they were."""

import contextlib
import random
import threading

import pytest

from cluster import Cluster
from rpc import PASSING, RpcError, new_key
from watcher import HERE, Lasting, Watcher, log_revs
from world import World

SEED = 7
DAY = "2055-03-01"


class Booker:
    """Books and cancels from a thread of its own, as fast as it is answered, whatever happens to the daemon."""

    def __init__(self, daemon, token, space):
        self.daemon, self.token, self.space = daemon, token, space
        self.done, self.leaving, self.counted = 0, threading.Event(), threading.Condition()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while not self.leaving.is_set():
            try:
                with self.daemon.client(self.token) as client:
                    while not self.leaving.is_set():
                        self.once(client)
            except (OSError, EOFError):
                self.leaving.wait(0.02)  # the daemon may be back
            except RpcError as error:  # the login's
                if error.kind not in PASSING:
                    raise

    def once(self, client):
        try:
            booked = client.call("booking.create", site=HERE, space=self.space, start=f"{DAY}T09:00",
                                 end=f"{DAY}T10:00", key=new_key())["booking"]
            client.call("booking.cancel", site=HERE, ref=booked["ref"], key=new_key())
        except RpcError as error:
            if error.kind == "slot_taken":  # by the booking whose answer was lost
                held = client.insist("booking.list", site=HERE, mine=True)["bookings"]
                for booking in held:
                    client.insist_change("booking.cancel", site=HERE, ref=booking["ref"])
            elif error.kind not in PASSING | {"draining", "wrong_state"}:
                raise
        with self.counted:
            self.done += 1
            self.counted.notify_all()

    def more(self, count):
        """Waits for so many further ones."""
        with self.counted:
            wanted = self.done + count
            assert self.counted.wait_for(lambda: self.done >= wanted, 90)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leaving.set()
        self.thread.join(90)


def stay(daemon):
    """It comes back at the same port."""
    daemon.options["listen__port"] = daemon.port
    return daemon


def told_all(sql, watchers):
    """Every one of them was told the log, each event once."""
    revs = log_revs(sql)
    for watcher in watchers:
        wanted = [rev for rev in revs if rev > watcher.began]
        watcher.until(revs[-1])
        assert watcher.revs == wanted
    return revs


def test_a_daemon_that_is_killed_and_started_again(start_daemon, world, sql):
    chance = random.Random(SEED)
    daemon, other = stay(start_daemon("killed")), start_daemon("other")
    with Lasting(daemon, world.token["desk"], 0) as first, Lasting(other, world.token["desk"], 0) as second, \
            Booker(daemon, world.token["ada"], "A-01"), Booker(other, world.token["minji"], "A-02") as booker:
        for _ in range(4):
            booker.more(chance.randint(2, 20))
            daemon.kill()
            booker.more(chance.randint(2, 20))
            daemon.start()
    with Lasting(daemon, world.token["desk"], 0) as third:
        revs = told_all(sql, [third])
    assert first.cuts >= 4 and len(revs) > 40
    for watcher in (first, second):
        assert watcher.problem is None
        assert watcher.revs == [rev for rev in revs if rev <= watcher.rev]


def test_a_link_to_the_database_that_is_cut_again_and_again(start_daemon, pg_proxy, world, world_db, sql):
    chance = random.Random(SEED)
    behind = start_daemon("behind", conninfo=pg_proxy.conninfo + f" dbname={world_db} user=coworkd")
    other = start_daemon("other")
    with behind.client(world.token["desk"]) as here, behind.client(world.token["desk"]) as anew:
        watcher = Watcher(here)
        with Booker(other, world.token["ada"], "A-01") as booker, Booker(behind, world.token["minji"], "A-02"):
            for _ in range(6):
                booker.more(chance.randint(1, 10))
                pg_proxy.end(chance.choice(["cut", "reset"]))
                booker.more(chance.randint(1, 10))
        revs = log_revs(sql)
        assert watcher.until(revs[-1]).revs == [rev for rev in revs if rev > watcher.began]
        # and one that begins while the way is cut is told as soon as it is back
        pg_proxy.refuse()
        pg_proxy.end()
        behind.wait_log("database away")
        late = Watcher(anew, since_rev=0)
        pg_proxy.refuse(False)
        assert late.until(revs[-1]).revs == revs


@pytest.fixture
def own_cluster():
    it = Cluster(settings="fsync = on\nsynchronous_commit = on\n")
    it.host = None
    try:
        it.start()
        yield it
    finally:
        it.stop()


def test_a_database_that_crashes_and_comes_back(own_cluster, start_daemon):
    with own_cluster.clone() as database:
        with contextlib.closing(own_cluster.connect(database, own_cluster.admin)) as connection:
            world = World(connection)
        daemons = [start_daemon(conninfo=own_cluster.conninfo(database)) for _ in range(2)]
        clients = [daemon.client(world.token["desk"]) for daemon in daemons]
        watchers = [Watcher(client) for client in clients]
        with Booker(daemons[0], world.token["ada"], "A-01") as one, Booker(daemons[1], world.token["minji"], "A-02") as two:
            for _ in range(2):
                one.more(5)
                own_cluster.crash()
                one.more(5)
                two.more(5)
        with contextlib.closing(own_cluster.connect(database, own_cluster.admin)) as connection:
            revs = log_revs(connection.cursor())
        for watcher in watchers:
            assert watcher.until(revs[-1]).revs == [rev for rev in revs if rev > watcher.began]
        for it in (*clients, *daemons):
            getattr(it, "close", getattr(it, "stop", None))()
