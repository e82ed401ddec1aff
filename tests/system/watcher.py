"""Somebody who watches a site, and believes what is told: the state of the spaces, built from the notifications alone.

    watcher = Watcher(client, "KSQ")            # watch.start; everything it is told is checked and applied
    watcher.until(rev)                          # reads until it was told all up to that rev
    watcher.revs, watcher.held                  # the events' revs in order; {space: {(start, end): held}}
"""

import json
import socket
import threading

import shapes
from rpc import PASSING, RpcError

HERE = "KSQ"
DAY = "2055-03-01"
WAIT_S = 90


class Watcher:
    def __init__(self, client, site=HERE, whole=True, **params):
        self.client = client
        self.revs, self.events, self.lines, self.ticks = [], [], [], []
        self.held, self.skipped, self.parts, self.lost = {}, 0, 0, None
        self.declared = client.call("rpc.discover")["notifications"]
        mark = len(client.notifications)
        reply = client.call("watch.start", site=site, **params)
        self.number, self.site = reply["watch"], site
        self.began = self.rev = params.get("since_rev", reply["rev"])
        self.complete = "since_rev" in params
        for message in client.notifications[mark:]:
            self.take(message)
        while whole and not self.complete and not self.lost:
            self.step()

    def step(self):
        """Reads one notification; others' answers are kept for them."""
        message = self.client.read_message()
        if "id" in message:
            self.client.answers[message["id"]] = message
        else:
            self.take(message)
        return message

    def until(self, rev):
        while self.rev < rev and not self.lost:
            self.step()
        return self

    def until_lost(self):
        while not self.lost:
            self.step()
        return self.lost

    def take(self, message):
        name, params = message["method"], message["params"]
        wrong = shapes.misfits(params, self.declared[name]["params"])
        assert not wrong, (name, wrong)
        if name == "server.draining" or params["watch"] != self.number:
            return
        self.lines.append(json.dumps(message, ensure_ascii=False))
        assert params["rev"] >= self.rev, "the watch went back"
        if name == "watch.event":
            self.skipped += params.get("skipped", 0)
            for event in params["events"]:
                assert self.rev < event["rev"] <= params["rev"], "events are told in order, each once"
                self.rev = event["rev"]
                self.apply(event)
        elif name == "watch.snapshot":
            self.parts += 1
            assert params["part"] == self.parts and not self.complete
            self.complete = params["last"]
            for space in params["spaces"]:
                self.held[space["space"]] = {(held["start"], held["end"]): held for held in space["held"]}
        elif name == "watch.tick":
            self.ticks.append(params)
        else:
            self.lost = params["reason"]
        self.rev = params["rev"]

    def apply(self, event):
        self.revs.append(event["rev"])
        self.events.append(event)
        if "space" not in event:
            return
        if "was" in event:
            was = event["was"]
            self.held.setdefault(was["space"], {}).pop((was["start"], was["end"]), None)
        space = self.held.setdefault(event["space"], {})
        space.pop((event["start"], event["end"]), None)
        if event["taken"]:
            space[event["start"], event["end"]] = {name: event[name] for name in event
                                                   if name in ("start", "end", "taken", "blocked", "booking", "block")}

    def state(self):
        """What holds what, spaces that nothing holds left out."""
        return {space: held for space, held in self.held.items() if held}


def log_revs(sql, site=HERE, after=0):
    """All revs of a site's log behind one."""
    sql.execute("SELECT e.rev FROM cowork.event e JOIN cowork.site s USING (site_id) WHERE s.code = %s AND e.rev > %s"
                " ORDER BY e.rev", (site, after))
    return [rev for rev, in sql.fetchall()]


class Lasting:
    """Watches from a thread of its own, and goes on behind the last rev whenever it was cut off."""

    def __init__(self, daemon, token, since_rev, site=HERE):
        self.daemon, self.token, self.site, self.began, self.rev = daemon, token, site, since_rev, since_rev
        self.revs, self.cuts, self.problem = [], 0, None
        self.leaving, self.moved = threading.Event(), threading.Condition()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.leaving.set()
        self.thread.join(WAIT_S)

    def run(self):
        while not self.leaving.is_set():
            try:
                with self.daemon.client(self.token, timeout=1) as client:
                    self.follow(client)
            except (OSError, EOFError):
                self.cuts += 1
                self.leaving.wait(0.02)  # the daemon may be back
            except RpcError as error:
                if error.kind not in PASSING:
                    return self.fail(error)
            except BaseException as error:  # a check of the watcher's
                return self.fail(error)

    def fail(self, problem):
        with self.moved:
            self.problem = problem
            self.moved.notify_all()

    def follow(self, client):
        watcher = Watcher(client, self.site, since_rev=self.rev)
        while not self.leaving.is_set() and not watcher.lost:
            with self.moved:
                self.revs += watcher.revs
                watcher.revs.clear()
                self.rev = watcher.rev
                self.moved.notify_all()
            try:
                watcher.step()
            except socket.timeout:  # nothing has come; perhaps it is to leave
                pass
        assert watcher.lost in (None, "slow"), watcher.lost

    def until(self, rev):
        with self.moved:
            assert self.moved.wait_for(lambda: self.rev >= rev or self.problem, WAIT_S), f"{self.rev} is not {rev}"
        assert not self.problem, self.problem
        return self


# What there is to watch

def book(client, space="A-01", start="09:00", end="10:00", **more):
    return client.change("booking.create", site=HERE, space=space, start=f"{DAY}T{start}", end=f"{DAY}T{end}", **more)


def cancel(client, ref):
    return client.change("booking.cancel", site=HERE, ref=ref)


def move(client, ref, **more):
    return client.change("booking.move", site=HERE, ref=ref, **more)


def block(client, space="A-01", start="12:00", end="13:00"):
    return client.change("block.create", site=HERE, space=space, start=f"{DAY}T{start}", end=f"{DAY}T{end}",
                         reason="repair")
