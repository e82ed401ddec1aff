"""Figures a second: bookings, a space's day, searches, new connections.

Each takes a Bench and gives {"rows": {side: summary}} and what else it found; sides take turns, round by round.
"""

import datetime
import json
import random
import time

from place import HOUR_US, SITE
from rounds import take_turns
from sides import Failed, Memcached, load, pgbench

BOOK = r"""
\set n :n + 1
\set slot :first + :n
\set day :slot / 56
\set start :day0 + :day * 86400 + 32400 + (:slot - :day * 56) * 900
\set space (:client_id * (:spaces / 64) + :slot) % :spaces
\set lane_id :lane + :client_id
\set person :person0 + :client_id
SELECT cowork.lane_run(:site::int, :lane_id::bigint, '{}', NULL, '{}', format(
	'[{"k":"booking.create","p":%s,"key":"%s","h":"%s","n": 1,"d": false,"a":{"spaces":["S-%s"],"start":%s000000,"end":%s000000,"zone":"Asia/Seoul","source":"client","member_id":%s,"tenant_id":1},"r":{"refs":["R-%s","R-%s","R-%s"]}}]',
	:person::text, k, md5(k) || md5(k), lpad(:space::text, 4, '0'), :start::text, (:start::bigint + 900)::text, :person::text,
	upper(substr(md5(k), 1, 6)), upper(substr(md5(k), 7, 6)), upper(substr(md5(k), 13, 6)))::jsonb, false)
FROM CAST(gen_random_uuid() AS text) k;
"""

DAY = r"""
\set unit :unit0 + random(0, :spaces - 1)
\set start :day0 + 86400 * random(0, :days - 1)
\set until :start + 86400
SELECT c.occupied, c.booking_id FROM cowork.claim c
WHERE c.site_id = :site::int AND c.unit_id = :unit::bigint AND c.live
	AND c.occupied && tstzrange(to_timestamp(:start::int), to_timestamp(:until::int));
"""


def claims(bench, database):
    return bench.place.value(database, "SELECT count(*) FROM cowork.claim WHERE live")


def bookings(bench):
    """One booking a call, at 1, 8 and 64 connections. What either side acknowledged is in its tables afterwards."""
    place, ours, theirs = bench.place, bench.database, bench.pg_database
    before = {name: claims(bench, name) for name in (ours, theirs)}
    acknowledged = {ours: 0, theirs: 0}
    daemon = bench.daemon()
    read_site(bench, daemon)
    lane = place.value(theirs, "SELECT max(l) FROM (SELECT cowork.lane_open() l FROM generate_series(1, 64)) x") - 63
    found = {}
    for connections in (1, 8, 64):

        def with_daemon():
            result = load(place, "book", daemon.port, bench.watched(daemon), connections=connections, site=SITE,
                          spaces=place.spaces, first_day=place.first_day, first=bench.next_slot, **bench.times)
            bench.next_slot = result["next"]
            acknowledged[ours] += result["done"]
            return result

        def with_pgbench():
            return pgbench(place, theirs, BOOK, connections, **bench.times, ran=booked, n=0,
                           first=lambda: bench.pg_slot, day0=midnight(place), spaces=place.spaces, site=place.site,
                           lane=lane, person0=place.bookers[0])

        def booked(count):
            bench.pg_slot += count + 64  # no connection did more than all of them
            acknowledged[theirs] += count

        found.update(take_turns(bench, {f"coworkd {connections}": with_daemon, f"pgbench {connections}": with_pgbench}))
    lost = {name: before[name] + acknowledged[name] - claims(bench, name) for name in acknowledged}
    if any(lost.values()):
        raise Failed(f"bookings acknowledged and not claimed: coworkd {lost[ours]}, pgbench {lost[theirs]}")
    return {"rows": found, "acknowledged": {"coworkd": acknowledged[ours], "pgbench": acknowledged[theirs]}, "lost": 0}


def midnight(place):
    """Of the first day, by UTC, in seconds."""
    return int(datetime.datetime.combine(place.first_day, datetime.time(), datetime.timezone.utc).timestamp())


def write_requests(place, name, method, params):
    file = place.folder / name
    file.write_text("".join(f'"method":"{method}","params":{json.dumps(each)}}}\n' for each in params))
    return file


def day_requests(place):
    dates = [(place.first_day + datetime.timedelta(days=day)).isoformat() for day in range(min(place.days, 14))]
    return write_requests(place, "day.lines", "space.day", [
        {"site": SITE, "space": f"S-{space:04}", "date": date} for space in range(place.spaces) for date in dates])


def day(bench):
    """One space's day, any of 1,000 spaces and 14 days: from the calendar; as one prepared SELECT of its claims; as a
    value of the same size that memcached has; and an answer that takes no work at all."""
    place, found = bench.place, {}
    days, ping = day_requests(place), write_requests(place, "ping.lines", "session.ping", [{}])
    daemon = bench.daemon()
    unit0 = place.value(bench.database, "SELECT min(unit_id) FROM cowork.unit")
    read_site(bench, daemon)
    size = round(load(place, "lines", daemon.port, bench.watched(daemon), lines=days, seconds=0.1, warmup=0)["bytes"])
    keys = min(14000, place.spaces * 14)
    with Memcached(place) as memcached, bench.pair() as (port, daemons):
        memcached.fill(keys, size)
        for connections in (8, 32):
            same = {"connections": connections, **bench.times}
            found.update(take_turns(bench, {
                f"coworkd {connections}": lambda: load(
                    place, "lines", daemon.port, bench.watched(daemon), lines=days, **same),
                f"pgbench {connections}": lambda: pgbench(
                    place, bench.database, DAY, connections, **bench.times, sampling=None if bench.quick else 0.1, unit0=unit0,
                    day0=midnight(place) - 9 * 3600, days=min(place.days, 14), spaces=place.spaces, site=place.site),
                f"memcached {connections}": lambda: load(
                    place, "get", memcached.port, {"memcached": memcached.process.pid}, keys=keys, **same),
                f"ping {connections}": lambda: load(
                    place, "lines", daemon.port, bench.watched(daemon), lines=ping, **same),
                f"coworkd x2 {connections}": lambda: load(
                    place, "lines", port, bench.watched(*daemons), lines=days, **same),
            }))
    return {"rows": found, "answer_bytes": size}


def read_site(bench, daemon):
    """Has a daemon read the site, as the first to ask does; the answer, and how many seconds it took. A client is told to
    ask again where that takes long."""
    with daemon.client(bench.place.tokens[0]) as client:
        began = time.monotonic()
        answer = client.insist("space.day", site=SITE, space="S-0000", date=str(bench.place.first_day))
        return answer, time.monotonic() - began


def search(bench):
    """Which spaces are free for two hours and fit, in a site where four of five are taken then."""
    place, daemon = bench.place, bench.daemon()
    drawn = random.Random(1)
    wishes = []
    for _ in range(2000):
        hour = place.day_us(drawn.randrange(place.days)) // HOUR_US + 8 + drawn.randrange(5) * 2
        start, end = (datetime.datetime.fromtimestamp(h * 3600, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
                      for h in (hour, hour + 2))
        wish = [{}, {"kind": "desk", "near": f"S-{drawn.randrange(place.spaces):04}"}, {"kind": "room", "capacity": 8},
                {"kind": "desk", "amenities": ["monitor"]}, {"area": f"A{drawn.randrange(20)}"}][drawn.randrange(5)]
        wishes.append({"site": SITE, "start": start, "end": end, **wish})
    lines = write_requests(place, "search.lines", "space.search", wishes)
    read_site(bench, daemon)
    return {"rows": take_turns(bench, {"coworkd 1": lambda: load(
        place, "lines", daemon.port, bench.watched(daemon), lines=lines, connections=1, **bench.times)})}


def connect(bench):
    """TCP, TLS, hello, login by token, one request, close."""
    place, daemon = bench.place, bench.daemon()
    return {"rows": take_turns(bench, {f"coworkd {connections}": lambda connections=connections: load(
        place, "connect", daemon.port, bench.watched(daemon), connections=connections, **bench.times)
        for connections in (1, 16)})}
