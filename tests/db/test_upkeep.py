"""Purging, and the evictor: who holds a site's lock and will never give it back is found and ended."""

import json
import socket
import struct
import threading
import time

import psycopg2
import pytest

from lane import FAR, command, create
from waiting import wait_until


def test_purge_takes_the_old_in_bounded_steps_and_leaves_the_young(campus):
    requests = [create("D-%d" % i) for i in range(5)]
    campus.outcomes(*requests)
    campus.run(fences=[1001, 1002])
    young = campus.sql("SELECT count(*) FROM cowork.receipt WHERE site_id = 0")[0][0]
    campus.sql("UPDATE cowork.receipt SET at = clock_timestamp() - interval '48 hours 1 minute' WHERE site_id = 1")
    campus.sql("UPDATE cowork.receipt SET at = clock_timestamp() - interval '47 hours' WHERE site_id = 0")
    campus.sql("UPDATE cowork.fence SET at = clock_timestamp() - interval '1 day 1 minute' WHERE lane_id = 1001")
    old = campus.sql("SELECT count(*) FROM cowork.receipt WHERE site_id = 1")[0][0]
    steps = []
    while not steps or steps[-1]:
        steps.append(campus.lane.value("SELECT cowork.purge(3)"))
    assert sum(steps) == old + 1 and max(steps) == 3
    assert campus.sql("SELECT site_id, count(*) FROM cowork.receipt GROUP BY 1") == [(0, young)]
    assert campus.sql("SELECT lane_id FROM cowork.fence") == [(1002,)]
    assert campus.one(requests[0])["o"] == "slot_taken", "its receipt is gone, so it is a new request"


def test_purge_does_not_wait_for_a_receipt_that_is_in_use(campus):
    campus.one(create("D-0"))
    campus.sql("UPDATE cowork.receipt SET at = at - interval '3 days'")
    other = campus.cluster.connect(campus.database, campus.cluster.admin, autocommit=False)
    other.cursor().execute("SELECT FROM cowork.receipt WHERE site_id = 1 FOR UPDATE")
    held = other.cursor()
    held.execute("SELECT count(*) FROM cowork.receipt WHERE site_id = 1")
    count = held.fetchone()[0]
    campus.lane.value("SELECT cowork.purge(1000)")
    other.rollback()
    other.close()
    assert campus.sql("SELECT site_id, count(*) FROM cowork.receipt GROUP BY 1") == [(1, count)]


def test_a_token_is_noted_as_used_at_most_once_a_minute(campus):
    campus.lane.one(0, command("token.issue", person=1, label="laptop",
                               r={"id": "ABCDEFGH", "hash": "00" * 32, "expires": FAR}))
    assert campus.lane.value("SELECT cowork.token_seen('{ABCDEFGH,ABCDEFGX}')") == 1
    assert campus.lane.value("SELECT cowork.token_seen('{ABCDEFGH}')") == 0
    facts = campus.lane.value("SELECT facts FROM cowork.token_facts WHERE token_id = 'ABCDEFGH'")
    assert facts["last_used"] >= facts["created"]


def test_tables_that_grew_are_analysed_and_those_that_did_not_are_left(campus):
    campus.lane.value("SELECT cowork.analyze_grown()")
    for day in range(3):
        campus.outcomes(*[create("D-%d" % (i % 8), day * 24 + i // 8) for i in range(128)])
    campus.lane.value("SELECT pg_stat_force_next_flush()")
    assert campus.lane.value("SELECT cowork.analyze_grown()") >= 4
    assert campus.sql("SELECT reltuples FROM pg_class WHERE oid = 'cowork.booking'::regclass") == [(384.0,)]
    campus.lane.value("SELECT pg_stat_force_next_flush()")
    assert campus.lane.value("SELECT cowork.analyze_grown()") == 0


class RawBackend:
    """A session that speaks the protocol by hand, to stop where no driver would: after Execute, before Sync. The
    server has then done the work, holds its locks, and waits for the rest of the batch for ever."""

    def __init__(self, cluster, database, user="coworkd"):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect("%s/.s.PGSQL.5432" % cluster.host)
        body = struct.pack(">i", 196608) + ("user\0%s\0database\0%s\0\0" % (user, database)).encode()
        self.socket.sendall(struct.pack(">i", len(body) + 4) + body)
        self.pid = None
        for kind, body in self.messages():
            if kind == b"K":
                self.pid = struct.unpack(">i", body[:4])[0]
            if kind == b"Z":
                break

    def messages(self):
        while True:
            head = self.read(5)
            yield head[:1], self.read(struct.unpack(">i", head[1:])[0] - 4)

    def read(self, count):
        data = b""
        while len(data) < count:
            piece = self.socket.recv(count - len(data))
            if not piece:
                raise EOFError
            data += piece
        return data

    @staticmethod
    def message(kind, body):
        return kind + struct.pack(">i", len(body) + 4) + body

    def execute(self, sql):
        """Parse, Bind, Execute, Flush, and no Sync."""
        self.socket.sendall(
            self.message(b"P", b"\0" + sql.encode() + b"\0\0\0") + self.message(b"B", b"\0\0\0\0\0\0\0\0")
            + self.message(b"E", b"\0\0\0\0\0") + self.message(b"H", b""))

    def close(self):
        self.socket.close()


def evict(lane, pid, seen=None):
    return json.loads(lane.value("SELECT cowork.evict(%s, %s)", pid, seen))


def look(watcher, waiting, pid, state, wait):
    """The root, as soon as it is seen where it is known to get to."""
    def once():
        seen = evict(watcher, waiting.pid())
        return seen if (seen["root"], seen.get("state"), seen.get("wait")) == (pid, state, wait) else None
    return wait_until(once)


def waits(watcher, pid, wait):
    """Until a backend at work waits for this."""
    wait_until(lambda: watcher.value("SELECT true FROM pg_stat_activity WHERE pid = %s AND state = 'active'"
                                     " AND wait_event = %s", pid, wait), what=wait)


@pytest.fixture
def queue(campus):
    """A lane that waits for the site's lock, and one that watches."""
    waiting, watcher = campus.new_lane(), campus.new_lane()
    answers = []

    def book():
        try:
            answers.append(waiting.one(1, create("D-0")))
        except psycopg2.Error as error:
            answers.append(error)

    thread = threading.Thread(target=book)
    yield waiting, watcher, thread, answers
    thread.join()
    waiting.close()
    watcher.close()


def second_look(watcher, waiting, pid):
    """The evictor comes back a second later; by then the root has to have been in one transaction all along."""
    def once():
        seen = evict(watcher, waiting.pid(), pid)
        return seen if seen["root"] is None or seen["terminated"] else None
    return wait_until(once)


def test_a_half_sent_batch_is_ended_at_the_second_look_and_the_lane_goes_on(campus, queue):
    waiting, watcher, thread, answers = queue
    stuck = RawBackend(campus.cluster, campus.database)
    stuck.execute("SELECT cowork.lane_run(1, 7, '{}', NULL, '{}', '[]', false)")
    waits(watcher, stuck.pid, "ClientRead")
    thread.start()
    campus.wait_blocked(1)
    first = look(watcher, waiting, stuck.pid, "active", "ClientRead")
    assert first == {"root": stuck.pid, "state": "active", "wait": "ClientRead", "terminated": False}
    assert not evict(watcher, waiting.pid(), stuck.pid + 1)["terminated"], "another root was seen before"
    assert second_look(watcher, waiting, stuck.pid)["terminated"]
    thread.join()
    assert answers[0]["o"] == "done"
    stuck.close()


def test_a_holder_idle_in_its_transaction_is_ended_too(campus, queue):
    waiting, watcher, thread, answers = queue
    stuck = campus.new_lane(autocommit=False)
    stuck.one(1, create("D-1"))
    thread.start()
    campus.wait_blocked(1)
    look(watcher, waiting, stuck.pid(), "idle in transaction", "ClientRead")
    assert second_look(watcher, waiting, stuck.pid())["terminated"]
    thread.join()
    assert answers[0]["o"] == "done"
    stuck.close()


def test_one_who_cannot_send_its_answer_is_ended_too(campus, queue):
    """It holds the lock and writes more than anybody reads."""
    waiting, watcher, thread, answers = queue
    stuck = RawBackend(campus.cluster, campus.database)
    stuck.execute("SELECT cowork.lane_run(1, 7, '{}', NULL, '{}', '[]', false),"
                  " (SELECT repeat('x', 20000000))")
    waits(watcher, stuck.pid, "ClientWrite")
    thread.start()
    campus.wait_blocked(1)
    look(watcher, waiting, stuck.pid, "active", "ClientWrite")
    assert second_look(watcher, waiting, stuck.pid)["terminated"]
    thread.join()
    assert answers[0]["o"] == "done"
    stuck.close()


def test_the_root_is_found_behind_a_queue(campus, queue):
    waiting, watcher, thread, answers = queue
    holder = campus.new_lane(autocommit=False)
    holder.one(1, create("D-1"))
    before = campus.new_lane()
    others = threading.Thread(target=lambda: before.one(1, create("D-2")))
    others.start()
    campus.wait_blocked(1)
    thread.start()
    campus.wait_blocked(2)
    assert evict(watcher, waiting.pid())["root"] == holder.pid()
    holder.connection.commit()
    thread.join()
    others.join()
    for lane in (holder, before):
        lane.close()


def test_who_is_not_waiting_has_no_root(campus):
    assert evict(campus.lane, campus.lane.pid()) == {"root": None}
    assert evict(campus.lane, 0) == {"root": None}


def test_another_roles_backend_is_left_alone(campus, queue):
    waiting, watcher, thread, answers = queue
    admin = campus.cluster.connect(campus.database, campus.cluster.admin, autocommit=False)
    admin.cursor().execute("SELECT FROM cowork.site WHERE site_id = 1 FOR NO KEY UPDATE")
    pid = admin.info.backend_pid
    thread.start()
    campus.wait_blocked(1)
    assert evict(watcher, waiting.pid())["root"] == pid
    backdate = time.monotonic() + 1
    while time.monotonic() < backdate:
        assert not evict(watcher, waiting.pid(), pid)["terminated"]
    admin.rollback()
    admin.close()
    thread.join()
    assert answers[0]["o"] == "done"


def test_one_that_is_at_work_is_left_alone(campus, queue):
    waiting, watcher, thread, answers = queue
    busy = campus.new_lane()
    work = threading.Thread(target=lambda: busy.value(
        "SELECT cowork.lane_run(1, 7, '{}', NULL, '{}', '[]', false) || pg_sleep(1.2)"))
    work.start()
    waits(watcher, busy.pid(), "PgSleep")
    thread.start()
    campus.wait_blocked(1)
    while work.is_alive():
        assert not evict(watcher, waiting.pid(), busy.pid()).get("terminated")
        work.join(0.05)
    thread.join()
    assert answers[0]["o"] == "done"
    busy.close()
