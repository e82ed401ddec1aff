"""Clients that book, move and cancel for as long as they are told, and remember every answer.

    load = Load(world, [daemon, other], seed=1, workers=6)
    with load:                       # starts; at the end of the block it is drained
        proxy.wait("fired", 1000)
    Judge(cursor, load).verdict()    # judge.py

A worker is one person on one connection with several requests in flight. A lost connection or an unknown
outcome puts a command in doubt: it is sent again with the same key and the next attempt, to any of the
daemons, until its answer is certain. An answer that says "not done" is sometimes taken at its word and the
command dropped, so that the judge can see whether the word was good. What ever was in doubt is asked once
more at the end: it must not have another answer then.
"""

import collections
import datetime
import heapq
import itertools
import random
import ssl
import threading
import time

from rpc import RpcError, new_key

START = datetime.datetime(2055, 3, 1, tzinfo=datetime.timezone.utc)
PEOPLE = ("ada", "bob", "minji", "boss", "operator")
DESKS = tuple(f"A-{number:02}" for number in range(1, 11))
ROOMS = ("AB", "RA", "RB")
# This attempt did nothing; another may do better.
PASSING = {"db_unavailable", "timeout", "busy", "draining", "behind", "internal"}
LOST = (EOFError, OSError, ssl.SSLError)


class Command:
    """One key: what is asked, and what came of it. Times are the wall clock's, as in the log."""

    def __init__(self, method, params):
        self.key = new_key()
        self.method = method
        self.params = params
        self.attempts = 0
        self.doubt = False   # an attempt is out whose outcome nobody told
        self.doubted = False
        self.first_sent = self.last_answered = None
        self.final = None    # done | refused | not_done
        self.kind = None
        self.answer = None   # the result, or the error's data

    def __repr__(self):
        return f"{self.method} {self.params} key={self.key} attempts={self.attempts}: {self.final} {self.kind} " \
               f"{self.answer} sent={self.first_sent} answered={self.last_answered}"

    def request(self):
        self.attempts += 1
        self.first_sent = self.first_sent or time.time()
        return {**self.params, "key": self.key, "attempt": min(self.attempts, 100)}

    def end(self, final, kind, answer):
        self.final, self.kind, self.answer = final, kind, answer
        self.last_answered = time.time()

    def says(self):
        """The part of the answer that a repetition must give again."""
        if self.final == "done":
            return "done", self.answer["booking"]["ref"]
        return "refused", self.kind, self.answer.get("space"), self.answer.get("start"), self.answer.get("end")


class Slots:
    """Where to book: fresh places that nobody else was given, and those given lately."""

    def __init__(self, sites, spaces, hours=None):
        self.sites, self.spaces = sites, spaces
        self.hours = hours  # few: everything is contended
        self.count = itertools.count()
        self.lately = collections.deque(maxlen=40)

    def at(self, number, site, space):
        begin = START + datetime.timedelta(hours=number)
        words = [time.strftime("%Y-%m-%dT%H:%M:%SZ") for time in (begin, begin + datetime.timedelta(hours=1))]
        return {"site": site, "space": space, "start": words[0], "end": words[1]}

    def fresh(self, rng):
        if self.hours:
            return self.at(rng.randrange(self.hours), rng.choice(self.sites), rng.choice(self.spaces))
        number = next(self.count)
        number, site = divmod(number, len(self.sites))
        number, space = divmod(number, len(self.spaces))
        slot = self.at(number, self.sites[site], self.spaces[space])
        self.lately.append(slot)
        return dict(slot)

    def hot(self, rng):
        return dict(rng.choice(list(self.lately))) if self.lately else self.fresh(rng)


class Worker(threading.Thread):
    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.number = load, number
        self.rng = random.Random(load.seed * 1000 + number)
        self.who = PEOPLE[number % len(PEOPLE)]
        self.client = None
        self.flying = {}   # request id: command
        self.again = []    # heap of (due, serial, command)
        self.serial = itertools.count()
        self.live = []     # own bookings: (site, ref, space, start, end)
        self.commands = []
        self.counts = collections.Counter()
        self.problems = []

    # What to ask

    def invent(self):
        rng, slots = self.rng, self.load.slots
        dice = rng.random()
        if dice < 0.2 and self.live:
            site, ref = self.live.pop(rng.randrange(len(self.live)))
            return Command("booking.cancel", {"site": site, "ref": ref})
        if dice < 0.4 and self.live:
            site, ref = self.live.pop(rng.randrange(len(self.live)))
            slot = slots.fresh(rng) if rng.random() < 0.5 else slots.hot(rng)
            return Command("booking.move", {**slot, "site": site, "ref": ref})
        command = Command("booking.create", slots.hot(rng) if dice < 0.55 else slots.fresh(rng))
        command.params["title"] = command.key
        return command

    def next_command(self):
        if self.again and self.again[0][0] <= time.monotonic():
            return heapq.heappop(self.again)[2]
        if self.load.stopping:
            return None
        command = self.invent()
        self.commands.append(command)
        return command

    # What came of it

    def retry(self, command, seconds=0.0):
        heapq.heappush(self.again, (time.monotonic() + seconds, next(self.serial), command))

    def settle(self, command, message):
        if "result" in message:
            self.counts["ok"] += 1
            self.counts["replayed"] += bool(message["result"].get("replayed"))
            self.end(command, "done", None, message["result"])
            return
        data = message["error"].get("data") or {}
        kind = data.get("kind")
        self.counts[kind] += 1
        if kind == "db_unavailable":
            self.load.given_up.wait(0.01)  # as it was told to
        if kind == "outcome_unknown":
            command.doubt = command.doubted = True
            self.retry(command)
        elif kind == "in_progress":
            if not command.doubt:
                self.problems.append(f"in progress, but no attempt is out: {command}")
            self.retry(command, 0.02)
        elif kind in PASSING and (command.doubt or self.rng.random() < 0.7):
            self.retry(command, 0.02 * self.rng.random())
        elif kind in PASSING:
            self.end(command, "not_done", kind, data)
        else:
            self.end(command, "refused", kind, data)

    def end(self, command, final, kind, answer):
        command.doubt = False
        command.end(final, kind, answer)
        if final == "done" and answer["booking"]["state"] == "confirmed":
            self.live.append((command.params["site"], answer["booking"]["ref"]))
        elif command.method != "booking.create" and kind == "slot_taken":
            self.live.append((command.params["site"], command.params["ref"]))

    def lose(self):
        """The connection is gone: of what was in flight nobody knows."""
        self.counts["connection lost"] += 1
        for command in self.flying.values():
            command.doubt = command.doubted = True
            self.retry(command)
        self.flying.clear()
        if self.client:
            self.client.close()
        self.client = None

    # Getting there

    def connect(self):
        daemon = self.rng.choice(self.load.daemons)
        try:
            self.client = daemon.client(self.load.world.token[self.who])
        except (RpcError, *LOST) as problem:
            self.counts["connection refused"] += 1
            if isinstance(problem, RpcError) and problem.kind not in PASSING:
                raise
            self.load.given_up.wait(0.01)

    def fill(self):
        while len(self.flying) < self.load.window and (command := self.next_command()):
            number = self.client.serial + 1
            self.flying[number] = command
            self.client.send(command.method, command.request())

    def step(self):
        if not self.client:
            self.connect()
            return
        try:
            self.fill()
            if not self.flying:
                due = self.again[0][0] if self.again else 0
                self.load.given_up.wait(max(0, due - time.monotonic()))  # till one may be tried again
                return
            message = self.client.read_message()
        except LOST:
            self.lose()
            return
        if message.get("id") is not None:
            self.settle(self.flying.pop(message["id"]), message)
        if self.rng.random() < self.load.leaving:
            self.lose()

    def run(self):
        try:
            while not (self.load.stopping and not self.flying and not self.again):
                if self.load.given_up.is_set():
                    return
                self.step()
            self.ask_again()
        except BaseException as problem:  # noqa: whatever it was, the main thread wants to know
            self.problems.append(f"worker {self.number}: {problem!r}")
        finally:
            if self.client:
                self.client.close()

    def ask_again(self):
        """What was once in doubt has one answer for ever."""
        doubted = [each for each in self.commands if each.doubted and each.final in ("done", "refused")]
        before = [(each.says(), each.final, each.kind, each.answer, each.last_answered) for each in doubted]
        for command in doubted:
            command.final = None
            command.doubt = True  # never taken as "not done"
            self.retry(command)
        while (self.again or self.flying) and not self.load.given_up.is_set():
            self.step()
        for command, (said, *first) in zip(doubted, before):
            self.counts["asked again"] += 1
            if command.final is None or command.says() != said:
                self.problems.append(f"first {said}, and asked again: {command}")
            elif command.final == "done" and not command.answer.get("replayed"):
                self.problems.append(f"done a second time: {command}")
            command.final, command.kind, command.answer, command.last_answered = first


class Load:
    """`daemons` are rig.Daemon or anything with client(token). `leaving`: chance to leave after an answer."""

    def __init__(self, world, daemons, seed=1, workers=6, window=4, sites=("KSQ", "DJN"), spaces=DESKS, hours=None,
                 leaving=0.0):
        self.world, self.daemons, self.seed, self.window = world, daemons, seed, window
        self.leaving = leaving
        self.slots = Slots(sites, spaces, hours)
        self.stopping, self.given_up = False, threading.Event()
        self.workers = [Worker(self, number) for number in range(workers)]

    def __enter__(self):
        for worker in self.workers:
            worker.start()
        return self

    def __exit__(self, kind, *_):
        self.finish(given_up=kind is not None)

    def finish(self, given_up=False, timeout=90):
        """Nothing new; what is out is brought to an end."""
        if given_up:
            self.given_up.set()
        self.stopping = True
        deadline = time.monotonic() + timeout
        for worker in self.workers:
            worker.join(max(0.1, deadline - time.monotonic()))
        if any(worker.is_alive() for worker in self.workers):
            self.given_up.set()
            self.workers[0].problems.append("the load did not come to an end")

    @property
    def commands(self):
        return [command for worker in self.workers for command in worker.commands]

    @property
    def problems(self):
        return [problem for worker in self.workers for problem in worker.problems]

    @property
    def answered(self):
        return sum(worker.counts["ok"] for worker in self.workers)

    def counts(self):
        return dict(sum((worker.counts for worker in self.workers), collections.Counter()).most_common())
