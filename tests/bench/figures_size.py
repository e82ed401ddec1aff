"""Figures of size and delay: idle connections, watchers, loading a site, whole processes, verify."""

import json
import resource
import statistics
import subprocess
import time

from figures_speed import read_site, write_requests
from place import SITE
from rig import CommandLine, build
from rounds import summary, take_turns
from sides import Failed, Load, load


def idle(bench):
    """Growth of the daemon's resident memory by so many logged-in connections that do nothing."""
    room = resource.getrlimit(resource.RLIMIT_NOFILE)[1] - 256
    count = min(10_000 if not bench.quick else 50, room if room > 0 else 10_000)
    with bench.extra_daemon("idle", count) as daemon:
        with Load(bench.place, "hold", daemon.port, {}, connections=8) as few:
            few.begun()  # what is allocated once is allocated now
            few.close_input()
            few.result()
        before = daemon.rss()
        with Load(bench.place, "hold", daemon.port, bench.watched(daemon), connections=count) as held:
            held.begun()
            grown = daemon.rss() - before
            held.close_input()
            result = held.result()
    return {"connections": count, "bytes_each": round(grown / count), "rss_before": before, "rss_grown": grown,
            "cores": result["cores"]}


def watch(bench):
    """Many watch a site where somebody books ten times a second: from the answer to the booking to each event."""
    place = bench.place
    count = 1000 if not bench.quick else 20
    daemon = bench.daemon()

    def once():
        rev = read_site(bench, daemon)[0]["rev"]
        result = load(place, "watch", daemon.port, bench.watched(daemon), connections=count, every_us=100_000, site=SITE,
                      spaces=place.spaces, first_day=place.first_day, first=bench.next_slot, since_rev=rev,
                      **{**bench.times, "seconds": max(bench.times["seconds"], 0.5 if bench.quick else 4)})
        bench.next_slot = result["next"]
        if result["answers"] == 0:
            raise Failed("no watch was told anything")
        return result

    return {"rows": take_turns(bench, {f"coworkd {count}": once})}


def loading(bench):
    """A daemon that has just begun is asked for the site: until the first answer, and how late the pings of somebody
    else, one a millisecond, were meanwhile. Of the longest pauses the least counts: what the daemon does it does each
    time, and the machine, on which PostgreSQL sends as fast as it can, adds its own."""
    place = bench.place
    ping = write_requests(place, "ping.lines", "session.ping", [{}])
    with bench.extra_daemon("loading") as daemon:
        lasts = 2 * read_site(bench, daemon)[1] + (0.1 if bench.quick else 1)
    results = [first_read(bench, ping, lasts) for _ in range(bench.rounds if bench.quick else bench.rounds + 2)]
    found = summary(results)
    for name in ("pause_ms", "quiet_pause_ms"):
        found[name] = found["range"][name][0]
    return {**found, "claims": place.bookings}


def first_read(bench, lines, seconds):
    options = {"lines": lines, "every_us": 1000, "seconds": seconds, "warmup": bench.times["warmup"]}
    with bench.extra_daemon("loading") as daemon:
        watched = bench.watched(daemon)
        with Load(bench.place, "lines", daemon.port, watched, **options) as pings:
            pings.begun()
            first_read_s = read_site(bench, daemon)[1]
            if first_read_s > seconds:
                raise Failed("loading took longer than it was watched")
            result = pings.result()
        quiet = load(bench.place, "lines", daemon.port, watched, **options)
    return {"first_read_s": first_read_s, "pause_ms": result["max_us"] / 1000, "ping_p99_us": result["p99_us"],
            "quiet_pause_ms": quiet["max_us"] / 1000, "cores": result["cores"]}


MINE = """SELECT b.ref, s.code, s.name, lower(b.during), upper(b.during), b.local_start, b.local_end, b.state
FROM cowork.booking b JOIN cowork.space s USING (site_id, space_id)
WHERE b.site_id = {site} AND b.member_id = {member} AND b.state IN ('held', 'confirmed', 'checked_in')
	AND upper(b.during) > now() ORDER BY lower(b.during) LIMIT 50"""


def client(bench):
    """Whole processes, one after the other by turns: what somebody waits for who has typed the command."""
    place, daemon = bench.place, bench.daemon()
    command = CommandLine(place.folder, daemon, "cowork").context(place.tokens[-1], SITE)
    words = {
        "cowork mine": ([str(build() / "client" / "cowork"), "mine"], command.environment()),
        "psql -c": (["psql", "-X", "-d", place.conninfo(bench.database), "-c",
                     MINE.format(site=place.site, member=place.bookers[-1])], None)}
    taken = {name: [] for name in words}
    for number in range(60 if not bench.quick else 2):
        for name in (list(words) if number % 2 == 0 else reversed(words)):
            argv, environment = words[name]
            began = time.perf_counter()
            done = subprocess.run(argv, env=environment, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            taken[name].append((time.perf_counter() - began) * 1000)
            if done.returncode != 0 or not done.stdout:
                raise Failed(f"{name}: {done.stderr.decode()}")
    return {"rows": {name: {"p50_ms": statistics.median(times), "least_ms": min(times), "most_ms": max(times),
                            "rounds": len(times)} for name, times in taken.items()}}


def verify_once(bench, database):
    began = time.monotonic()
    done = subprocess.run([build() / "daemon" / "coworkd", "verify", "--json", "--database",
                           bench.place.conninfo(database, "cowork_report")], capture_output=True, text=True)
    seconds = time.monotonic() - began
    if done.returncode != 0:
        raise Failed(f"verify of {database}: {done.stdout[:2000]}{done.stderr}")
    return {"seconds": seconds, "report": json.loads(done.stdout)}


def verify(bench):
    """The whole database, with all that the figures before have booked; and that of the other side."""
    verify_once(bench, bench.pg_database)
    events = bench.place.value(bench.database, "SELECT count(*) FROM cowork.event")
    results = [verify_once(bench, bench.database)["seconds"] for _ in range(bench.rounds)]
    return {"rate": events / statistics.median(results), "events": events, "seconds": statistics.median(results),
            "rounds": len(results)}


