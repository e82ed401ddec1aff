#!/usr/bin/python3
"""Many who watch a site, in one process that does nothing else: a test starts it and asks it how far they are.

    crowd.py PORT CA TOKEN COUNT SITE      says "ready REV", then for each line REV on its standard input waits
                                           until everybody was told that rev, and says "told EVENTS"
"""

import json
import selectors
import ssl
import sys

from rpc import Client

WAIT_S = 120


class Member:
    """One connection; its lines are read as they come."""

    def __init__(self, port, ca, token, site):
        self.client = Client(port, ca)
        self.client.hello()
        self.client.auth(token)
        self.rev = self.client.call("watch.start", site=site)["rev"]
        self.events = 0
        for message in self.client.notifications:
            self.take(message)
        self.buffer, self.sock = self.client.buffer, self.client.sock
        self.sock.setblocking(False)

    def take(self, message):
        self.rev = message["params"]["rev"]
        revs = [event["rev"] for event in message["params"].get("events", [])]
        assert revs == sorted(set(revs)) and message["method"] != "watch.lost", message
        self.events += len(revs)

    def read(self):
        while True:
            try:
                piece = self.sock.recv(65536)
            except (ssl.SSLWantReadError, BlockingIOError):
                break
            assert piece, "the connection ended"
            self.buffer += piece
        *lines, self.buffer = self.buffer.split(b"\n")
        for line in lines:
            self.take(json.loads(line))


def main():
    port, ca, token, count, site = sys.argv[1:]
    members = [Member(int(port), ca, token, site) for _ in range(int(count))]
    selector = selectors.DefaultSelector()
    for member in members:
        selector.register(member.sock, selectors.EVENT_READ, member)
    selector.register(sys.stdin, selectors.EVENT_READ, None)
    print("ready", max(member.rev for member in members), flush=True)
    wanted = None
    while True:
        for key, _ in selector.select():
            if key.data:
                key.data.read()
                continue
            line = sys.stdin.readline()
            if not line:
                return
            wanted = int(line)
        if wanted is not None and min(member.rev for member in members) >= wanted:
            print("told", sum(member.events for member in members), flush=True)
            wanted = None


if __name__ == "__main__":
    main()
