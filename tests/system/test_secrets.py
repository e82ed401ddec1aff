"""A secret that was used is not in the daemon's memory any more: not in what it holds, nor in what it let go of."""

import os
import re

import pytest

from rpc import Client

LARGEST = 1 << 30  # what is beyond it is a sanitizer's own shadow
PASSWORD = "Correct-Marker-Battery-Staple-7470"


def memory(pid):
    """Every byte that the process can write, freed ones included, piece by piece."""
    with open(f"/proc/{pid}/maps", encoding="utf-8") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem:
        for line in maps:
            begin, end = (int(word, 16) for word in re.match(r"([0-9a-f]+)-([0-9a-f]+) rw", line).groups()) \
                if " rw" in line else (0, 0)
            if 0 < end - begin < LARGEST:
                try:
                    mem.seek(begin)
                    yield line, mem.read(end - begin)
                except OSError:
                    pass  # a device's


def places(daemon, secret):
    """Where it is, with what stands around it."""
    found = []
    for line, data in memory(daemon.pid):
        for match in re.finditer(re.escape(secret.encode()), data):
            around = data[max(0, match.start() - 60):match.end() + 20]
            found.append(f"{line.split()[0]} {line.split()[-1]} {around!r}")
    return found



def secret_of(text):
    return text.split("_")[2]


@pytest.mark.skipif(os.geteuid() != 0, reason="the daemon is closed to everybody but root")
def test_what_was_presented_is_forgotten(daemon, world):
    with daemon.client(world.token["ada"]) as client:
        client.change("session.password", new=PASSWORD)
    with Client(daemon.port, daemon.certificate) as client:
        client.hello()
        client.change("session.auth", login=world.login["ada"], password=PASSWORD, label="tests")
    with Client(daemon.port, daemon.certificate) as client:
        client.hello()
        client.redeem(world.code["newcomer"])
    with daemon.client(world.token["bob"]) as client:
        client.call("session.whoami")
        # the look itself works: a login is no secret, and is known for as long as the person is
        assert places(daemon, world.login["bob"])
        assert not places(daemon, secret_of(world.token["bob"]))
    daemon.wait_log("connection closed", count=4)
    for secret in (PASSWORD, secret_of(world.token["ada"]), secret_of(world.code["newcomer"])):
        assert not places(daemon, secret)
