"""Memory runs out: allocation number n of a scenario fails, once, or from there on, for one n after another.

No program falls, nothing is lost or leaked, and whoever asked is told the truth: the right answer, or one that says
to try again, and then the retry has it. By default a sample of the numbers, the same in every run; COWORK_ALLOCATIONS=1
takes each of them, =k every k-th.
"""

import itertools
import json
import mmap
import os
import pathlib
import re
import struct
import subprocess

import pytest

from rig import CommandLine, Daemon, build, release, wait_until
from rpc import PASSING, Client, RpcError, new_key

STRIDE = int(os.environ.get("COWORK_ALLOCATIONS", "0"))
FOREVER = 2**63
TRUTHS = PASSING | {"internal"}  # what a daemon without memory may say
WAIT_S = 5
RETRY_S = 20  # who waited for a calendar that could not be made is told after 10


class Plan:
    """The file that a program under tests/faults/no_memory.c shares with us; see there."""

    def __init__(self, folder):
        self.path = pathlib.Path(folder) / "plan"
        self.path.write_bytes(bytes(40))
        with open(self.path, "r+b") as file:
            self.map = mmap.mmap(file.fileno(), 40)

    def set(self, number, forever=False):
        self.map[0:32] = struct.pack("<4Q", 0, number, FOREVER if forever else number + 1, 0)

    def off(self):
        """None fails any more; how many did."""
        self.map[8:24] = bytes(16)
        return struct.unpack("<Q", self.map[24:32])[0]

    @property
    def count(self):
        return struct.unpack("<Q", self.map[0:8])[0]

    @property
    def live(self):
        return struct.unpack("<q", self.map[32:40])[0]

    def environment(self):
        return {"LD_PRELOAD": str(build() / "tests" / "faults" / "no-memory.so"), "COWORK_NO_MEMORY": str(self.path),
                "LSAN_OPTIONS": ""}


@pytest.fixture
def plan(short_dir):
    return Plan(short_dir)


OPTIONS = {"log__level": "info", "log__requests": "none", "limits__request_timeout": "1s"}


@pytest.fixture
def starving(start_daemon, plan):
    return start_daemon("starving", binary=release() / "daemon" / "coworkd", environment=plan.environment(), **OPTIONS)


def numbers(count, sample):
    """Which allocations of `count` fail; the last ones stand for those that come late in one run and not in another."""
    return range(0, count + 5, STRIDE or max(1, count // sample))


def ask(client, method, /, **params):
    """One try; the result, or None where the answer says to try again or does not come."""
    try:
        return client.call(method, **params)
    except RpcError as error:
        assert error.kind in TRUTHS, f"{method}: {error.kind}: {error}"
    except (EOFError, OSError):
        pass
    return None


class Scenario:
    """What is asked on a connection that stands, or on one that is yet to be made, and what is right."""

    def __init__(self, daemon, world):
        self.daemon, self.world, self.serial = daemon, world, 0

    def before(self):
        """Without want: what the request needs."""
        self.client = self.daemon.client(self.world.token["ada"], timeout=WAIT_S)

    def act(self, attempt):
        raise NotImplementedError

    def check(self, result):
        raise NotImplementedError

    def after(self):
        self.client.close()


class Login(Scenario):
    def before(self):
        self.client = None

    def act(self, attempt):
        try:
            with Client(self.daemon.port, self.daemon.certificate, timeout=WAIT_S) as client:
                if ask(client, "session.hello", protocol={"min": 1, "max": 1}, client={"name": "t", "version": "0"}):
                    return ask(client, "session.auth", token=self.world.token["ada"])
        except (OSError, EOFError):
            pass
        return None

    def check(self, result):
        assert result["login"] == self.world.login["ada"]

    def after(self):
        pass


class Book(Scenario):
    method = "booking.create"

    def before(self):
        super().before()
        self.serial += 1
        day = 1 + self.serial % 28
        month, hour = 1 + self.serial // 28 % 12, 8 + self.serial // 336 % 10
        self.params = {"key": new_key(), "site": "KSQ", "space": f"A-{1 + self.serial // 3360:02}",
                       "start": f"2055-{month:02}-{day:02}T{hour:02}:00", "end": f"2055-{month:02}-{day:02}T{hour:02}:30"}

    def act(self, attempt):
        if attempt > 1:  # the connection may be gone, and a retry need not come on the same
            self.client.close()
            self.client = self.daemon.client(self.world.token["ada"], timeout=WAIT_S)
        more = {"attempt": attempt} if "key" in self.params else {}
        return ask(self.client, self.method, **more, **self.params)

    def check(self, result):
        booking = result["booking"]
        assert booking["space"] == self.params["space"] and booking["local"]["start"] == self.params["start"]
        assert booking["state"] == "confirmed"
        self.ref = booking["ref"]


class Cancel(Book):
    """Of a booking made without want; the database may be away still, for want before."""

    def before(self):
        super().before()
        self.ref = self.client.insist("booking.create", **{**self.params, "space": "A-10"})["booking"]["ref"]
        self.method, self.params = "booking.cancel", {"key": new_key(), "site": "KSQ", "ref": self.ref}

    def check(self, result):
        assert result["booking"]["ref"] == self.ref and result["booking"]["state"] == "cancelled"


class List(Book):
    method = "booking.list"

    def __init__(self, daemon, world):
        super().__init__(daemon, world)
        with daemon.client(world.token["ada"]) as client:
            self.refs = {client.change("booking.create", site="KSQ", space=f"A-0{n}", start=f"2056-02-0{n}T09:00",
                                       end=f"2056-02-0{n}T10:00")["booking"]["ref"] for n in range(1, 6)}

    def before(self):
        Scenario.before(self)
        self.params = {"site": "KSQ", "from": "2056-02-01T00:00", "to": "2056-02-20T00:00"}

    def check(self, result):
        assert {booking["ref"] for booking in result["bookings"]} == self.refs


class Search(List):
    method = "space.search"

    def before(self):
        Scenario.before(self)
        self.params = {"site": "KSQ", "kind": "desk", "start": "2056-02-01T09:00", "end": "2056-02-01T10:00"}

    def check(self, result):
        assert "A-02" in json.dumps(result) and '"A-01"' not in json.dumps(result)


class Reload(Scenario):
    """SIGHUP: the new configuration and certificate, or the old ones and a line that says so."""

    def before(self):
        self.client = None

    def act(self, attempt):
        since = self.daemon.mark()
        self.daemon.reload()
        line = self.daemon.wait_log(r"msg=\"?(reloaded|reload refused)", since=since)
        return True if line.group(1) == "reloaded" else None

    def check(self, result):
        with self.daemon.client(self.world.token["ada"]) as client:
            assert client.call("session.ping")["time"]

    def after(self):
        pass


SCENARIOS = {"login": (Login, 40), "book": (Book, 60), "list": (List, 40), "search": (Search, 30), "cancel": (Cancel, 40),
             "reload": (Reload, 40)}


def run_once(scenario, plan, number, forever):
    """One number: the answer under want, or the retry's without it. Whether an allocation failed."""
    scenario.before()
    plan.set(number, forever)
    try:
        result = scenario.act(1)
    finally:
        failed = plan.off()
    tries = itertools.count(2)
    if result is None:
        result = wait_until(lambda: scenario.act(next(tries)), RETRY_S, "an answer with memory again")
    scenario.check(result)
    scenario.after()
    return failed > 0


@pytest.mark.limit(3600 if STRIDE else 180)
@pytest.mark.parametrize("forever", [False, True], ids=["once", "from there on"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_a_daemon_without_memory_says_so_and_goes_on(starving, plan, world, name, forever, request):
    make, sample = SCENARIOS[name]
    scenario = make(starving, world)
    for _ in range(3):  # caches fill
        run_once(scenario, plan, FOREVER - 1, False)
    scenario.before()
    plan.set(FOREVER - 1)
    assert scenario.act(1) is not None
    count = plan.count
    plan.off()
    scenario.after()
    starving.stop()
    kept = plan.live  # what libraries do not give back at their end
    starving.start()
    for _ in range(3):
        run_once(scenario, plan, FOREVER - 1, False)
    files, met, at = starving.open_files(), 0, None
    try:
        for at in numbers(count, sample):
            met += run_once(scenario, plan, at, forever)
    except BaseException as problem:
        plan.off()
        alive = starving.running()
        raise AssertionError(f"{name}, allocation {at} of {count}; the daemon {'lives' if alive else 'fell'}: {problem!r}"
                             ) from problem
    wait_until(lambda: starving.open_files() <= files, what="the descriptors")
    print(f"{name}: {met} of {len(numbers(count, sample))} numbers met an allocation; {count} allocations")
    assert met > len(numbers(count, sample)) // 2
    starving.stop()
    assert plan.live <= kept, f"{plan.live - kept} pieces are lost after {met} failed allocations"


# The beginning

class Start:
    """A daemon that may end before it listens."""

    def __init__(self, folder, conninfo, certificate, plan):
        self.plan = plan
        self.daemon = Daemon(folder, conninfo, certificate, "starting", **OPTIONS)
        self.daemon.write_config()
        self.number = 0

    def begin(self):
        self.number += 1
        self.log = self.daemon.folder / f"log{self.number}"
        with open(self.log, "wb") as out:
            self.process = subprocess.Popen([release() / "daemon" / "coworkd", "--config", self.daemon.config], stderr=out,
                                            env={**os.environ, **self.plan.environment()})
        return self

    def find(self, pattern):
        return re.search(pattern, self.log.read_text(encoding="utf-8"))

    def wait(self, pattern):
        """The line, or None for a daemon that has ended."""
        wait_until(lambda: self.process.poll() is not None or self.find(pattern), what=pattern)
        return self.find(pattern)

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)


@pytest.mark.limit(7200 if STRIDE else 180)
@pytest.mark.parametrize("forever", [False, True], ids=["once", "from there on"])
def test_a_daemon_that_starts_without_memory_ends_with_a_word_or_serves(short_dir, cluster, world_db, world, certificate,
                                                                        plan, forever):
    start = Start(short_dir, cluster.conninfo(world_db), certificate, plan)
    plan.set(FOREVER - 1)
    assert start.begin().wait("database up")
    count = plan.count
    assert start.stop() == 0
    ended = 0
    for number in numbers(count, 24):
        plan.set(number, forever)
        start.begin()
        try:
            if forever:  # it listens, and would try for ever; or it ends
                start.wait("msg=\"?listening")
            else:
                start.wait("database up")
            plan.off()
            if start.process.poll() is None:
                assert start.wait("database up")
                port = int(start.find(r"listening.* port=(\d+)").group(1))
                with Client(port, certificate[0]) as client:
                    client.hello()
                    assert client.auth(world.token["ada"])["login"] == world.login["ada"]
                assert start.stop() == 0
            else:
                ended += 1
                assert start.process.returncode > 0, "it fell"
                assert start.log.read_text(), "it ended without a word"
        except BaseException as problem:
            start.process.kill()
            raise AssertionError(f"allocation {number} of {count}: {problem!r}\n{start.log.read_text()}") from problem
    print(f"start: {len(numbers(count, 24))} of {count} allocations, {ended} ended")
    assert ended > 0


# The client

@pytest.mark.limit(3600 if STRIDE else 180)
@pytest.mark.parametrize("forever", [False, True], ids=["once", "from there on"])
@pytest.mark.parametrize("words", [("list", "--json"), ("book", "A-07", "2056-03-01", "9-10")], ids=["list", "book"])
def test_a_client_without_memory_says_so(daemon, world, short_dir, plan, words, forever):
    """It shows what is, or ends with a status that is none of success; and what it could not say, its key tells."""
    cowork = CommandLine(short_dir, daemon, "home").context(world.token["ada"], "KSQ")
    program = release() / "client" / "cowork"
    key = new_key()
    asked = [program, *words] + (["--key", key] if words[0] == "book" else [])

    def run(environment):
        return subprocess.run(asked, capture_output=True, text=True, cwd=cowork.folder, timeout=60,
                              env=cowork.environment(**environment))

    plan.set(FOREVER - 1)
    right = run(plan.environment())
    count = plan.count
    assert right.returncode == 0, right.stderr
    failed = 0
    for number in numbers(count, 40):
        plan.set(number, forever)
        done = run(plan.environment())
        plan.off()
        what = f"allocation {number} of {count}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        assert done.returncode >= 0, what
        if done.returncode == 0:
            assert done.stdout == right.stdout, what
        else:
            failed += 1
    print(f"{words[0]}: {len(numbers(count, 40))} of {count} allocations, {failed} ended in an error")
    assert failed > 0
    assert run({}).stdout == right.stdout
