"""Reloads and restarts behind a socket that stays open, under load: no connection is refused, no answer that
was given is lost, whoever watches misses nothing, and the command line needs no help."""

import os
import random
import socket
import threading

import pytest

from judge import Judge, keep
from load import Load
from rig import Activated, CommandLine, wait_until
from rpc import Client
from watcher import Lasting, log_revs

SEED = int(os.environ.get("COWORK_SEED", "7470"))
RESTARTS = int(os.environ.get("COWORK_RESTARTS", "6"))
RELOADS = int(os.environ.get("COWORK_RELOADS", "20"))
QUIET = {"log__level": "info", "log__requests": "none", "limits__connections_per_source": 256}


class Door:
    """Where clients come in: the port, whoever serves it."""

    def __init__(self, listening, certificate):
        self.port, self.certificate = listening.getsockname()[1], certificate[0]
        self.opened = self.refused = self.cut = 0
        self.lock = threading.Lock()

    def count(self, **more):
        with self.lock:
            for name, number in more.items():
                setattr(self, name, getattr(self, name) + number)

    def client(self, token, **options):
        """As rig.Daemon.client(). Refused is who gets no connection; cut, who has one and is sent away before login."""
        try:
            client = Client(self.port, self.certificate, **options)
        except ConnectionRefusedError:
            self.count(refused=1)
            raise
        except OSError:
            self.count(cut=1)
            raise
        try:
            client.hello()
            client.insist("session.auth", token=token)
        except (OSError, EOFError):
            self.count(cut=1)
            client.close()
            raise
        self.count(opened=1)
        return client

    def figures(self):
        return {"connections": self.opened, "connections_refused": self.refused, "cut_before_login": self.cut}


@pytest.fixture
def listening():
    """A listening socket as a .socket unit holds it."""
    with socket.create_server(("127.0.0.1", 0), backlog=512) as it:
        yield it


@pytest.fixture
def door(listening, certificate):
    return Door(listening, certificate)


@pytest.fixture
def instance(cluster, world_db, certificate, short_dir, listening):
    """instance(): a daemon more on that socket."""
    started = []

    def start(**options):
        daemon = Activated(short_dir, cluster.conninfo(world_db), certificate, f"instance{len(started) + 1}",
                           inherited=listening, **{**QUIET, **options})
        started.append(daemon)
        return daemon.start()

    yield start
    for daemon in started:
        daemon.stop()


def answers(load, more):
    aim = load.answered + more
    wait_until(lambda: load.answered >= aim or load.problems, timeout=60, what="further bookings")


def restart(daemon):
    """As systemd does it: ended in order, with status 0, and started again."""
    daemon.stop()
    daemon.start()


def run_restarts(door, daemons, world, sql, number):
    """Restarts them in turn under load; the figures."""
    rng = random.Random(SEED)
    before = (log_revs(sql) or [0])[-1]
    with Lasting(door, world.token["desk"], before) as watcher:
        with Load(world, [door], seed=SEED, workers=6, window=4, leaving=0.02) as load:
            for turn in range(number):
                answers(load, rng.randrange(10, 40))
                restart(daemons[turn % len(daemons)])
            answers(load, 20)
        figures = {"seed": SEED, "restarts": number, **door.figures(), **Judge(sql, load).verdict()}
        watcher.until(log_revs(sql)[-1])
    assert watcher.revs == log_revs(sql, after=before)
    return {**figures, "watched": len(watcher.revs), "watch_cuts": watcher.cuts}


@pytest.mark.limit(180 + 8 * RESTARTS)
def test_restarts_under_load_refuse_nobody_and_lose_nothing(instance, door, world, sql):
    figures = run_restarts(door, [instance()], world, sql, RESTARTS)
    keep("restarts", figures)
    assert figures["connections_refused"] == 0 and figures["watch_cuts"] >= RESTARTS


@pytest.mark.limit(180 + 8 * RESTARTS)
def test_two_instances_restarted_in_turn_refuse_nobody_and_lose_nothing(instance, door, world, sql):
    figures = run_restarts(door, [instance(), instance()], world, sql, RESTARTS)
    keep("restarts_of_two", figures)
    assert figures["connections_refused"] == 0


@pytest.mark.limit(180 + 3 * RELOADS)
def test_reloads_under_load_cut_no_connection(instance, door, world, sql):
    rng = random.Random(SEED)
    daemon = instance()
    with Load(world, [door], seed=SEED, workers=6, window=4) as load:
        for turn in range(RELOADS):
            answers(load, rng.randrange(5, 20))
            daemon.options["limits__in_flight"] = 16 + turn % 2
            daemon.write_config()
            daemon.reload()
            daemon.wait_log('msg="?reloaded', count=turn + 1)
        answers(load, 20)
    figures = {"seed": SEED, "reloads": RELOADS, **door.figures(), **Judge(sql, load).verdict()}
    keep("reloads", figures)
    assert figures["connections_refused"] == figures["cut_before_login"] == 0
    assert "connection lost" not in figures["answers"] and figures["in_doubt"] == 0


class Shell(threading.Thread):
    """Somebody who books by the command line, one hour after another, as long as they are let."""

    def __init__(self, cowork):
        super().__init__(daemon=True)
        self.cowork, self.done, self.ending = cowork, [], False
        self.start()

    def run(self):
        while not self.ending:
            day, hour = divmod(len(self.done), 8)
            self.done.append(self.cowork.run("book", "A-01", f"2055-03-{1 + day:02}", f"{9 + hour}-{10 + hour}",
                                             "--title", f"hour {len(self.done)}", "-o", "json"))


def test_the_command_line_does_not_notice_a_restart(instance, door, world, sql, short_dir):
    daemon = instance()
    shell = Shell(CommandLine(short_dir, daemon, "ada").context(world.token["ada"], "KSQ"))
    for _ in range(3):
        aim = len(shell.done) + 3
        wait_until(lambda: len(shell.done) >= aim, timeout=60, what="further bookings")
        restart(daemon)
    shell.ending = True
    shell.join(60)
    assert [done.returncode for done in shell.done] == [0] * len(shell.done), [done.stderr for done in shell.done]
    sql.execute("SELECT title FROM cowork.booking_text ORDER BY booking_id")
    assert [title for title, in sql.fetchall()] == [f"hour {number}" for number in range(len(shell.done))]
