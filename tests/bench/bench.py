#!/usr/bin/python3
"""Measures; scripts/bench starts it, and --help says how.

place.py makes the database and the site, sides.py starts what makes load, rounds.py has the sides take turns,
figures_speed.py and figures_size.py are the figures, report.py makes goals, the table and the README's section of them.
"""

import argparse
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

import figures_size  # noqa: E402  these stand in the folders just named, or use what does
import figures_speed  # noqa: E402
import report  # noqa: E402
from place import Place  # noqa: E402
from rig import Daemon, build  # noqa: E402
from rpc import RpcError  # noqa: E402
from sides import Failed  # noqa: E402

FIGURES = {
    "bookings": figures_speed.bookings, "day": figures_speed.day, "search": figures_speed.search,
    "connect": figures_speed.connect, "idle": figures_size.idle, "watch": figures_size.watch,
    "loading": figures_size.loading, "client": figures_size.client, "verify": figures_size.verify,
}


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


def read_arguments():
    parser = argparse.ArgumentParser(prog="scripts/bench",
                                     description="Measures coworkd against pgbench, memcached and psql.")
    parser.add_argument("--only", metavar="FIGURE,...", help=f"of {', '.join(FIGURES)}")
    parser.add_argument("--seconds", type=float, default=2.5, help="how long each measurement lasts (2.5)")
    parser.add_argument("--rounds", type=int, default=3, help="how often each side is measured (3)")
    parser.add_argument("--spaces", type=int, default=1000, help="of the site, a multiple of 10 (1000)")
    parser.add_argument("--days", type=int, default=50, help="with four bookings a space and day (50)")
    parser.add_argument("--json", metavar="FILE", help="where all that was found is written")
    parser.add_argument("--build", metavar="DIR", help="measure this build instead of making one (build-bench)")
    parser.add_argument("--quick", action="store_true", help="a glance at each, to see that it works; a tiny site")
    parser.add_argument("--readme", metavar="FILE",
                        help="measure nothing: put the figures of a --json FILE into README.md")
    options = parser.parse_args()
    if options.quick:
        options.spaces, options.days = min(options.spaces, 100), min(options.days, 2)
    return parser, options


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
    parser, options = read_arguments()
    if options.readme:
        report.write_readme(ROOT / "README.md", json.loads(pathlib.Path(options.readme).read_text()))
        return 0
    names = options.only.split(",") if options.only else list(FIGURES)
    if unknown := set(names) - set(FIGURES):
        parser.error(f"no such figure: {', '.join(sorted(unknown))}")
    os.environ["COWORK_BUILD"] = str(pathlib.Path(options.build or ROOT / "build-bench").resolve())
    if not (build() / "tests" / "bench" / "cowork-load").exists():
        parser.error(f"no cowork-load in {build()}: meson setup with -Dbench=true")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    result = measure(names, options)
    result["goals"] = report.goals(result)
    print(report.table(result))
    if options.json:
        pathlib.Path(options.json).write_text(json.dumps(result, indent=1) + "\n")
    return 1 if result["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
