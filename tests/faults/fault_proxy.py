"""Starts fault-proxy (proxy.c) and talks to it.

    with FaultProxy(folder, "/run/postgresql/.s.PGSQL.5432") as proxy:       # proxy.conninfo
        proxy.rule("cut after F:S batch")          # the batch is on its way, its reply is lost
        proxy.rule(PLACES["uncommitted"].format("reset"))
        proxy.wait("fired", 1)
        print(proxy.stats()["batches"])

The words of a rule stand in rules.h, the commands in control.c.
"""

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import threading

# The places in the life of a lane's batch, as rules; {} is the action.
PLACES = {
    "unsent": "{} before F:B batch",
    "bind_half": "{} half F:B batch",
    "unsynced": "{} before F:S batch",
    "sent": "{} after F:S batch",
    "row_half": "{} half B:D batch",
    "uncommitted": "{} before B:Z batch",
    "answered": "{} answered",
}


def binary(name):
    """A program of the build under test."""
    build = pathlib.Path(os.environ.get("COWORK_BUILD") or pathlib.Path(__file__).parents[2] / "build-test")
    return build / name


class Asking:
    """A connection to the control socket."""

    def __init__(self, path):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(str(path))
        self.answers = self.sock.makefile("r")

    def ask(self, line, timeout=30):
        self.sock.settimeout(timeout)
        self.sock.sendall(line.encode() + b"\n")
        answer = self.answers.readline().rstrip("\n")
        if answer.startswith("error") or not answer:
            raise RuntimeError(f"{line}: {answer or 'the proxy has ended'}")
        return answer

    def close(self):
        self.answers.close()
        self.sock.close()


class FaultProxy:
    """`connect` is a socket's path, or a port on loopback; so is `listen` (default: a path in folder)."""

    def __init__(self, folder, connect, listen=None, opaque=False, name="proxy"):
        self.folder = pathlib.Path(folder)
        self.listen = str(listen if listen is not None else self.folder / ".s.PGSQL.5432")
        self.control = self.folder / f"{name}.control"
        command = [binary("tests/faults/fault-proxy"), "--listen", self.listen, "--connect", str(connect),
                   "--control", self.control]
        self.process = subprocess.Popen(command + (["--opaque"] if opaque else []), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        words = self.process.stdout.readline().split()
        if words[:1] != ["ready"]:
            self.process.wait(5)
            raise RuntimeError(f"fault-proxy did not start: {self.process.returncode}")
        self.port = int(words[1])
        self.lock = threading.Lock()
        self.asking = Asking(self.control)

    @property
    def conninfo(self):
        """host and port for libpq."""
        if self.port:
            return f"host=127.0.0.1 port={self.port}"
        path = pathlib.Path(self.listen)
        return f"host={path.parent} port={path.name.rsplit('.', 1)[1]}"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def ask(self, line):
        """By one thread at a time."""
        with self.lock:
            return self.asking.ask(line)

    def rule(self, text):
        self.ask(f"rule {text}")

    def random(self, chance, seed, places=(), actions=()):
        words = [f"random {chance} {seed}"]
        words += [f"places={','.join(places)}"] if places else []
        words += [f"actions={','.join(actions)}"] if actions else []
        self.ask(" ".join(words))

    def clear(self):
        self.ask("clear")

    def resume(self):
        self.ask("resume")

    def end(self, action="cut"):
        self.ask(f"end {action}")

    def refuse(self, on=True):
        self.ask(f"refuse {'on' if on else 'off'}")

    def wait(self, count, until, timeout=30):
        """Waits for an event, not for a time: until the count has reached `until`."""
        with contextlib.closing(Asking(self.control)) as alone:  # others may ask meanwhile
            alone.ask(f"wait {count} {until}", timeout)

    def stats(self):
        return json.loads(self.ask("stats"))

    def stop(self):
        """Ends it; the counts it had at the end."""
        if self.process.poll() is None:
            self.process.stdin.close()
        words = self.process.stdout.read()
        status = self.process.wait(30)
        self.asking.close()
        self.process.stdout.close()
        if status != 0:
            raise RuntimeError(f"fault-proxy ended with {status}")
        return json.loads(words.strip().split("\n")[-1]) if words.strip() else {}
