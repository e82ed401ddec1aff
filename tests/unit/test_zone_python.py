#!/usr/bin/python3
"""Every zone of the system against Python's zoneinfo, an independent reader of the same files.

For each zone every change of offset from 2024 to 2045 is found with zoneinfo alone, and then asked
of zone_dump: the instants around it, the readings at both ends and in the middle of its gap or fold,
and the chain of changes itself. A few zones with an odd past are compared over their whole history.

usage: test_zone_python.py PATH-TO-ZONE_DUMP
"""

import bisect
import subprocess
import sys
import zoneinfo
from datetime import datetime, timedelta, timezone

ZONE_DIR = "/usr/share/zoneinfo"
EPOCH = datetime(1970, 1, 1)
DAY = 86400
STEP = 4 * DAY  # a change that it would step over still shows as an unexpected `next`
FROM, TO = 2024, 2046
# Whole-day steps over the date line, half-hour and negative daylight saving, Ramadan, seconds in the
# offset, and a permanent change of a standard offset.
ODD = ["Africa/Casablanca", "Africa/Monrovia", "America/Caracas", "America/Juneau", "Asia/Pyongyang",
       "Asia/Seoul", "Australia/Lord_Howe", "Europe/Amsterdam", "Europe/Dublin", "Europe/London",
       "Pacific/Apia", "Pacific/Kwajalein"]
ODD_FROM = 1900


def seconds(naive):
    return (naive - EPOCH) // timedelta(seconds=1)


def naive(at):
    return EPOCH + timedelta(seconds=at)


def local(zone, at):
    return (naive(at).replace(tzinfo=timezone.utc)).astimezone(zone)


def offset(zone, at):
    return local(zone, at).utcoffset() // timedelta(seconds=1)


def changes(zone, first, last):
    """Every second in [first, last) at which the offset differs from the second before."""
    found = []
    before = offset(zone, first)
    for day in range(first + STEP, last + 1, STEP):
        after = offset(zone, day)
        if after != before:
            low, high = day - STEP, day  # offset(low) == before, offset(high) == after
            while high - low > 1:
                middle = (low + high) // 2
                if offset(zone, middle) == before:
                    low = middle
                else:
                    high = middle
            found.append((high, before, after))
        before = after
    return found


def wall_text(reading):
    return reading.strftime("%Y-%m-%dT%H:%M" + (":%S" if reading.second else ""))


def expect_at(zone, at):
    t = local(zone, at)
    return f"{wall_text(t)} {offset(zone, at)} {t.fold} {int(bool(t.dst()))} {t.tzname()}"


def expect_wall(zone, reading, gap):
    """What a reading means: the instants of both folds, each taken back to a wall clock."""
    instants = []
    for fold in (0, 1):
        aware = reading.replace(tzinfo=zone, fold=fold)
        at = seconds(reading - aware.utcoffset())
        if local(zone, at).replace(tzinfo=None) == reading and at not in instants:
            instants.append(at)
    if not instants:
        return f"gap {wall_text(naive(gap[0]))} {wall_text(naive(gap[1]))}"
    if len(instants) == 2:
        return f"twice {instants[0]} {instants[1]}"
    return f"ok {instants[0]}"


class Dump:
    """Collects questions with their expected answers, then asks them all at once."""

    def __init__(self):
        self.asked = []
        self.counts = {}

    def ask(self, name, question, expected):
        self.asked.append((name, question, expected))
        kind = question.split()[0] + " " + (expected.split()[0] if "wall" in question else "")
        self.counts[kind.strip()] = self.counts.get(kind.strip(), 0) + 1

    def run(self, tool):
        text = "".join(question + "\n" for _, question, _ in self.asked)
        done = subprocess.run([tool, ZONE_DIR], input=text, capture_output=True, text=True, check=True)
        answers = done.stdout.splitlines()
        wrong = [(a, b) for a, b in zip(self.asked, answers) if a[2] != b]
        for (name, question, expected), answer in wrong[:20]:
            print(f"{name}: {question}: expected {expected}, got {answer}")
        return len(wrong) + abs(len(answers) - len(self.asked))


def ask_change(dump, name, zone, change):
    at, before, after = change
    shift = abs(after - before)
    for near in (-shift - 1, -shift, -1, 0, 1, shift - 1, shift, shift + 1):
        dump.ask(name, f"at {at + near}", expect_at(zone, at + near))
    low, high = sorted((at + before, at + after))  # readings: the ends of the gap or the fold
    for reading in (low - 1, low, low + 1, (low + high) // 2, high - 1, high, high + 1):
        when = naive(reading)
        dump.ask(name, f"wall {wall_text(when)}", expect_wall(zone, when, (low, high)))


def ask_zone(dump, name, first_year, last_year):
    zone = zoneinfo.ZoneInfo(name)
    first, last = (seconds(datetime(year, 1, 1)) for year in (first_year, last_year))
    found = changes(zone, first, last)
    times = [at for at, _, _ in found]
    dump.ask(name, f"zone {name}", "ok")
    for change in found:
        ask_change(dump, name, zone, change)
    for at in [first] + times:
        following = bisect.bisect_right(times, at)
        if following < len(times):
            dump.ask(name, f"next {at}", str(times[following]))
    for year in range(first_year, last_year):
        for month in (1, 7):
            noon = datetime(year, month, 1, 12)
            dump.ask(name, f"at {seconds(noon)}", expect_at(zone, seconds(noon)))
            dump.ask(name, f"wall {wall_text(noon)}", expect_wall(zone, noon, (0, 0)))
    return len(found)


def main():
    zoneinfo.reset_tzpath([ZONE_DIR])
    names = sorted(zoneinfo.available_timezones())
    if len(names) < 300:
        print(f"only {len(names)} zones in {ZONE_DIR}: is tzdata installed?")
        return 1
    dump = Dump()
    found = sum(ask_zone(dump, name, FROM, TO) for name in names)
    past = sum(ask_zone(dump, name, ODD_FROM, FROM) for name in ODD if name in names)
    failed = dump.run(sys.argv[1])
    kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(dump.counts.items()))
    print(f"{len(names)} zones, {found} changes of {FROM} to {TO - 1}, {past} of the odd past")
    print(f"{len(dump.asked)} questions ({kinds}): {failed} wrong")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
