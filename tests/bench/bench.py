#!/usr/bin/python3
"""Measures; scripts/bench starts it, and --help says how.

arguments.py is the command line, place.py makes the database and the site, sides.py starts what makes load, rounds.py
has the sides take turns, figures_speed.py and figures_size.py are the figures, report.py makes goals, the table and
the README's section of them.
"""

import contextlib
import json
import os
import pathlib
import signal
import socket
import sys
import time

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parents[1]
for suite in ("db", "system"):
    sys.path.insert(0, str(HERE.parent / suite))

import arguments  # noqa: E402  these stand in the folders just named, or use what does
import figures_size  # noqa: E402
import figures_speed  # noqa: E402
import report  # noqa: E402
from place import Place  # noqa: E402
from rig import Daemon, build  # noqa: E402
from rpc import RpcError  # noqa: E402
from sides import Failed  # noqa: E402

FIGURES = {name: getattr(figures_speed, name, None) or getattr(figures_size, name) for name in arguments.FIGURES}


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", file=sys.stderr, flush=True)


class OnSocket(Daemon):
    """An instance that is given a listening socket, as systemd would."""

    def __init__(self, listening, *args, **options):
        super().__init__(*args, **options)
        self.passed = (listening.fileno(),)

    def command(self):
        return ["bash", "-c", f"exec 3<&{self.passed[0]}; LISTEN_FDS=1 LISTEN_FDNAMES=shared LISTEN_PID=$$ exec '{self.binary}'"
                              f" --config '{self.config}'"]


class Bench:
    """One run: the place, how long and how often, and daemons started when they are first needed."""

    def __init__(self, place, options, made):
        self.place, self.made, self.quick = place, made, options.quick
        self.rounds = 1 if options.quick else options.rounds
        self.times = {"seconds": 0.2, "warmup": 0} if options.quick else {"seconds": options.seconds, "warmup": 0.5}
        self.database, self.pg_database = place.clone(), place.clone()
        self.next_slot = self.pg_slot = 0
        self.figure = self.measured = None

    say = staticmethod(say)

    def watched(self, *daemons):
        """Whose cores are counted."""
        return {"coworkd": [daemon.pid for daemon in daemons], "postgres": self.place.postgres_pid}

    def options(self, connections=1100):
        return {"log__level": "info", "log__requests": "none", "limits__connections": connections + 200,
                "limits__connections_per_source": connections + 200,
                "limits__handshake_timeout": "1min", "limits__login_timeout": "1min"}  # on a busy machine, too

    def daemon(self):
        """The one that is measured by default; it stays until the end."""
        self.measured = self.measured or self._start("coworkd")
        return self.measured

    def _start(self, name, connections=1100, kind=Daemon, *args):
        daemon = kind(*args, self.place.folder, self.place.conninfo(self.database), self.place.certificate, name,
                      descriptors=connections + 512, **self.options(connections))
        self.made.callback(daemon.stop)
        return daemon.start()

    @contextlib.contextmanager
    def pair(self):
        """Two instances on one socket: its port, and them. Each has read the site: who is stopped accepts nobody."""
        with socket.create_server(("127.0.0.1", 0), backlog=512) as listening:
            first = self._start("pair1", 1100, OnSocket, listening)
            figures_speed.read_site(self, first)
            os.kill(first.pid, signal.SIGSTOP)
            try:
                second = self._start("pair2", 1100, OnSocket, listening)
                figures_speed.read_site(self, second)
            finally:
                os.kill(first.pid, signal.SIGCONT)
            yield listening.getsockname()[1], (first, second)
            first.stop()
            second.stop()

    @contextlib.contextmanager
    def extra_daemon(self, name, connections=1100):
        daemon = self._start(name, connections)
        try:
            yield daemon
        finally:
            daemon.stop()


def checked(bench):
    """What does not hold of the two databases that were booked in."""
    try:
        for database in (bench.database, bench.pg_database):
            figures_size.verify_once(bench, database)
    except Failed as problem:
        return [str(problem)]
    return []


def measure(names, options):
    """All that was found, with what failed."""
    found, failed = {}, []
    with contextlib.ExitStack() as made:
        began = time.monotonic()
        place = made.enter_context(Place(options.spaces, options.days, say))
        bench = Bench(place, options, made)
        for name in names:
            bench.figure = name
            try:
                found[name] = FIGURES[name](bench)
            except (Failed, RpcError, OSError, AssertionError) as problem:
                failed.append(f"{name}: {problem!r}")
                bench.say(f"FAILED {failed[-1]}")
        if "bookings" in found and "verify" not in names:
            failed += checked(bench)
        result = {"machine": report.machine(place), "site": {"spaces": place.spaces, "bookings": place.bookings},
                  "seconds": options.seconds, "quick": options.quick, "figures": found, "failed": failed,
                  "took_s": round(time.monotonic() - began)}
    return result


def main():
    parser, options = arguments.read()
    if options.readme:
        report.write_readme(ROOT / "README.md", json.loads(pathlib.Path(options.readme).read_text()))
        return 0
    os.environ["COWORK_BUILD"] = str(pathlib.Path(options.build or ROOT / "build-bench").resolve())
    if not (build() / "tests" / "bench" / "cowork-load").exists():
        parser.error(f"no cowork-load in {build()}: meson setup with -Dbench=true")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    result = measure(options.figures, options)
    result["goals"] = report.goals(result)
    print(report.table(result))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1) + "\n")
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
