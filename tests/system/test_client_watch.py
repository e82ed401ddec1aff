"""`cowork watch` and `cowork who`: the site as it happens, and who is there."""

import json
import os
import signal
import subprocess
import threading

import pytest

from rig import CommandLine, build
from watcher import HERE

DAY = "2055-03-01"
SPAN = {"start": f"{DAY}T09:00", "end": f"{DAY}T10:00"}
WAIT_S = 60


class Running:
    """`cowork watch ...` under way; its lines as they come."""

    def __init__(self, command_line, *words, **environment):
        self.process = subprocess.Popen([build() / "client" / "cowork", "watch", *words], text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=command_line.folder,
                                        env=command_line.environment(**environment))
        self.talk, self.lines, self.came = [], [], threading.Condition()
        self.readers = [threading.Thread(target=self.read, args=where, daemon=True)
                        for where in ((self.process.stdout, self.lines), (self.process.stderr, self.talk))]
        for reader in self.readers:
            reader.start()

    def read(self, pipe, lines):
        for line in pipe:
            with self.came:
                lines.append(line.rstrip("\n"))
                self.came.notify_all()

    def wait(self, what):
        """Waits until what(self) holds."""
        with self.came:
            assert self.came.wait_for(lambda: what(self), WAIT_S), (self.lines, self.talk)
        return self

    def end(self, number=signal.SIGINT):
        """Ends it; the exit status."""
        os.kill(self.process.pid, number)
        status = self.process.wait(WAIT_S)
        for reader in self.readers:
            reader.join(WAIT_S)
        assert not any("Sanitizer" in line for line in self.talk), self.talk
        return status


@pytest.fixture
def watch(cowork, connect):
    """watch("desk", "-o", "ndjson"): running, and watching already."""
    started = []

    def start(who, *words, **environment):
        before = status().get("watches")
        running = Running(cowork(who), *words, **environment)
        started.append(running)
        while status()["watches"] <= before:
            assert running.process.poll() is None, running.talk
        return running

    client = connect("ada")

    def status():
        return client.call("server.status")

    yield start
    for running in started:
        if running.process.poll() is None:
            running.process.kill()
            running.process.wait()


def book(client, space="A-01", **more):
    return client.change("booking.create", site=HERE, space=space, **{**SPAN, **more})


def test_each_event_is_one_object_a_line_until_ctrl_c(watch, connect):
    running = watch("desk", "-o", "ndjson")
    done = book(connect("ada"))
    [line] = running.wait(lambda r: r.lines).lines
    event = json.loads(line)
    assert event["rev"] == done["rev"] and event["booking"]["ref"] == done["booking"]["ref"]
    assert running.end() == 130


def test_on_a_terminal_a_line_says_when_what_where_and_whose(watch, connect):
    running = watch("desk", "-o", "table")
    ada = connect("ada")
    ref = book(ada)["booking"]["ref"]
    ada.change("booking.move", site=HERE, ref=ref, space="A-02")
    ada.change("booking.cancel", site=HERE, ref=ref)
    lines = running.wait(lambda r: len(r.lines) == 3).lines
    for line, what, space in zip(lines, ("booked", "moved", "cancelled"), ("A-01", "A-02", "A-02")):
        words = line.split()
        assert words[1:3] == [what, space] and "09:00–10:00" in line and "Ada Park" in line and words[-1] == ref
    assert max(map(len, lines)) <= 80


def test_fields_are_as_for_a_list(watch, connect):
    running = watch("minji", "-o", "tsv", "-f", "space,taken,booking.ref", "--header")
    book(connect("ada"))
    assert running.wait(lambda r: len(r.lines) == 2).lines == ["space\ttaken\tbooking.ref", "A-01\ttrue\t"]


def test_topics_and_a_limit(watch, connect):
    running = watch("desk", "--topic", "blocks", "--limit", "1", "--json")
    desk = connect("desk")
    book(desk)
    desk.change("block.create", site=HERE, space="A-02", reason="repair", **SPAN)
    assert running.process.wait(WAIT_S) == 0
    [line] = running.wait(lambda r: r.lines).lines
    assert json.loads(line)["kind"] == "block.created"


def test_a_topic_that_does_not_exist_is_told(cowork):
    done = cowork("desk").run("watch", "--topic", "gossip", check=65)
    assert "bookings, blocks and catalogue" in done.stderr


def test_who_may_not_watch_is_told_so(cowork):
    cowork("desk", site="DJN").run("watch", check=77)


def test_a_login_that_ends_is_told_and_ends_it(watch, connect, world):
    running = watch("desk", "-o", "ndjson")
    connect("operator").change("token.revoke", token=world.token["desk"][4:12])
    assert running.process.wait(WAIT_S) == 4
    running.wait(lambda r: any("cowork login" in line for line in r.talk))


def test_a_server_that_is_gone_is_waited_for_and_nothing_is_missed(watch, connect, start_daemon, daemon, world):
    running = watch("desk", "-o", "ndjson")
    first = book(connect("ada"))["rev"]
    running.wait(lambda r: len(r.lines) == 1)
    other = start_daemon("other")
    daemon.stop()
    running.wait(lambda r: any("connection is lost" in line for line in r.talk))
    with other.client(world.token["ada"]) as ada:
        second = book(ada, "A-02")["rev"]
    daemon.options["listen__port"] = daemon.port
    daemon.write_config()
    daemon.start()
    with daemon.client(world.token["ada"]) as ada:
        third = book(ada, "A-03", start=f"{DAY}T12:00", end=f"{DAY}T13:00")["rev"]
    running.wait(lambda r: len(r.lines) >= 3)
    assert [json.loads(line)["rev"] for line in running.lines] == [first, second, third]
    assert running.end() == 130


def test_a_reader_that_leaves_ends_it(cowork, connect, daemon):
    client = connect("ada")
    done = subprocess.Popen(f"{build()}/client/cowork watch -o ndjson | head -1", shell=True, text=True,
                            cwd=cowork("desk").folder, env=cowork("desk").environment(), stdout=subprocess.PIPE)
    while client.call("server.status")["watches"] == 0:
        pass
    while done.poll() is None:  # a write fails only after the reader has left
        ref = book(client)["booking"]["ref"]
        client.change("booking.cancel", site=HERE, ref=ref)
    assert json.loads(done.stdout.read())["kind"] == "booking.created"
    while client.call("server.status")["watches"]:
        pass


# who

def test_who_is_at_the_site_at_a_time(cowork, connect, world):
    ada, minji = connect("ada"), connect("minji")
    book(ada)
    book(minji, "A-02", start=f"{DAY}T09:30", end=f"{DAY}T11:00")
    gone = book(ada, "A-03", start=f"{DAY}T10:00", end=f"{DAY}T11:00")["booking"]["ref"]
    desk = cowork("desk")

    def who(command_line, *when):
        return [line.split("\t")[:2] for line in command_line.run("who", *when, "-o", "tsv", check=0).stdout.splitlines()]

    assert who(desk, DAY, "9:15") == [["A-01", world.login["ada"]]]
    assert who(desk, DAY, "9:45") == [["A-01", world.login["ada"]], ["A-02", world.login["minji"]]]
    assert who(desk, DAY, "10:00") == [["A-02", world.login["minji"]], ["A-03", world.login["ada"]]]
    ada.change("booking.cancel", site=HERE, ref=gone)
    assert who(desk, DAY, "10:00") == [["A-02", world.login["minji"]]]
    assert who(cowork("ada"), DAY, "9:45") == [["A-01", world.login["ada"]]]
    assert who(desk) == []


def test_who_is_at_the_site_now(cowork, connect):
    book(connect("ada"))
    told = cowork("desk").run("who", "-o", "table", check=0, environment={"COWORK_NOW": f"{DAY}T14:30:00Z"}).stdout
    assert "Ada Park" in told and "A-01" in told and "acme" in told


def test_without_the_database_the_desk_still_sees_who_is_in(start_daemon, pg_proxy, world, world_db, short_dir):
    behind = start_daemon("behind", conninfo=pg_proxy.conninfo + f" dbname={world_db} user=coworkd")
    desk = CommandLine(short_dir, behind, "desk").context(world.token["desk"], HERE)
    with behind.client(world.token["ada"]) as ada, behind.client(world.token["minji"]) as minji:
        book(ada)
        book(minji, "A-02", start=f"{DAY}T10:00", end=f"{DAY}T11:00")
        together = book(minji, "AB", start=f"{DAY}T09:00", end=f"{DAY}T11:00")["booking"]
        ada.call("space.day", site=HERE, date=DAY)
        known = desk.run("who", DAY, "9:15", "-o", "tsv", "-f", "space,member,member_name,tenant,ref", check=0).stdout
        pg_proxy.refuse()
        pg_proxy.end()
        behind.wait_log("database away")
        away = desk.run("who", DAY, "9:15", "-o", "tsv", "-f", "space,member,member_name,tenant,ref", check=0)
    assert sorted(away.stdout.splitlines()) == sorted(known.splitlines()) and together["ref"] in known and "Ada Park" in known
    assert "The database is away" in away.stderr
