"""What the figures mean: the goals, the table on standard output, the section of the README.

All of it is made of a result, as --json writes it, and of nothing else.
"""

import datetime
import os
import pathlib
import re
import subprocess
import time

BEGIN = "<!-- what follows is written by scripts/bench --readme -->"
END = "<!-- end of what scripts/bench --readme wrote -->"


def machine(place):
    """Its shape; no names."""
    cpu = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    memory = int(re.search(r"MemTotal:\s+(\d+)", pathlib.Path("/proc/meminfo").read_text()).group(1))
    return {"cores": len(os.sched_getaffinity(0)), "cpu": cpu.group(1) if cpu else "unknown",
            "memory_gib": round(memory / 1048576), "postgresql": place.value(place.full, "SHOW server_version").split()[0],
            "openssl": subprocess.check_output(["openssl", "version"], text=True).split()[1],
            "date": datetime.date.today().isoformat(), "fsync_ms": round(fsync_ms(place.folder), 3)}


def fsync_ms(folder):
    """Median of writing 8 KiB and waiting for the disk."""
    taken, file = [], os.open(folder / "fsync", os.O_CREAT | os.O_RDWR, 0o600)
    for _ in range(50):
        began = time.perf_counter()
        os.pwrite(file, b"x" * 8192, 0)
        os.fdatasync(file)
        taken.append((time.perf_counter() - began) * 1000)
    os.close(file)
    return sorted(taken)[len(taken) // 2]


# Goals

def ratio(figure, ours, theirs, value="rate"):
    def of(result):
        rows = result["figures"][figure]["rows"]
        return rows[ours][value] / rows[theirs][value]

    return of


def first_row(figure, value):
    return lambda result: next(iter(result["figures"][figure]["rows"].values()))[value]


def of_figure(figure, value):
    return lambda result: result["figures"][figure][value]


# What is said of it, the figure, how it is found, whether it is to be at least or at most, the goal, how it is written.
GOALS = (
    ("bookings at 64 connections, times pgbench", ratio("bookings", "coworkd 64", "pgbench 64"), "least", 2.5, "{:.2f}"),
    ("p99 of bookings at 64 connections, times pgbench's", ratio("bookings", "coworkd 64", "pgbench 64", "p99_us"),
     "most", 1, "{:.2f}"),
    ("bookings at 1 connection, times pgbench", ratio("bookings", "coworkd 1", "pgbench 1"), "least", 0.8, "{:.2f}"),
    ("acknowledged bookings that are not in the database", of_figure("bookings", "lost"), "most", 0, "{:.0f}"),
    *((f"a space's day at {connections} connections, times {what}", ratio("day", f"{ours} {connections}",
                                                                          f"{theirs} {connections}"), "least", goal, "{:.2f}")
      for connections in (8, 32)
      for what, ours, theirs, goal in (
          ("pgbench's SELECT", "coworkd", "pgbench", 2),
          ("pgbench's SELECT, with two instances on one socket", "coworkd x2", "pgbench", 3),
          ("memcached's get", "coworkd", "memcached", 0.5))),
    ("p99 of a search, ms", lambda result: first_row("search", "p99_us")(result) / 1000, "most", 5, "{:.2f}"),
    ("an idle connection, KiB", lambda result: of_figure("idle", "bytes_each")(result) / 1024, "most", 24, "{:.1f}"),
    ("p99 of telling all watchers, ms", lambda result: first_row("watch", "p99_us")(result) / 1000, "most", 100, "{:.1f}"),
    ("longest pause while a site is loaded, ms", of_figure("loading", "pause_ms"), "most", 20, "{:.1f}"),
    ("cowork mine, times psql -c", ratio("client", "cowork mine", "psql -c", "p50_ms"), "most", 1, "{:.2f}"),
)


def goals(result):
    """Of those whose figures were measured: name, goal, value, met."""
    found = []
    for name, of, kind, goal, form in GOALS:
        try:
            value = of(result)
        except KeyError:
            continue
        # as it is written: nobody is to read 2.50 and "missed"
        shown = float(form.format(value))
        found.append({"name": name, "goal": f"at {kind} {goal:g}", "value": form.format(value),
                      "met": shown >= goal if kind == "least" else shown <= goal})
    return found


# Tables

def number(value):
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def milliseconds(row, name):
    value = row.get(f"{name}_ms", row[f"{name}_us"] / 1000 if f"{name}_us" in row else None)
    return "" if value is None else f"{value:,.2f}"


def cores(row):
    return ", ".join(f"{name} {used:.2f}" for name, used in row.get("cores", {}).items())


TITLES = {
    "bookings": "bookings, one a call",
    "day": "one space's day",
    "search": "search",
    "connect": "new connections: TLS, login, one request",
    "watch": "from a booking's answer to each watcher",
    "client": "a whole process",
}
SIDES = {"ping": "coworkd, session.ping", "coworkd x2": "coworkd, two instances", "memcached": "memcached, get"}


def side_of(name):
    """What a row is of, and at how many connections."""
    side, _, connections = name.rpartition(" ")
    return (SIDES.get(side, side), connections) if connections.isdigit() else (name, "1")


def rows_of(result):
    """Figure, side, connections, rate, its range, p50, p99, longest, cores: all as text."""
    for figure, found in result["figures"].items():
        for name, row in found.get("rows", {}).items():
            side, connections = side_of(name)
            least, most = row.get("range", {}).get("rate", (None, None))
            yield (TITLES[figure], side, connections, number(row["rate"]) if "rate" in row else "",
                   f"{number(least)} to {number(most)}" if least is not None else "", milliseconds(row, "p50"),
                   milliseconds(row, "p99"), milliseconds(row, "max") or milliseconds(row, "most"), cores(row))


HEADINGS = ("figure", "side", "connections", "a second", "least to most", "p50 ms", "p99 ms", "longest ms", "cores used")


def sentences(result):
    """What is not a rate with its delays."""
    figures = result["figures"]
    if found := figures.get("day"):
        yield f"An answer to a space's day is {found['answer_bytes']} bytes, and so is memcached's value."
    if found := figures.get("idle"):
        yield (f"{found['connections']:,} idle connections that are logged in take "
               f"{found['rss_grown'] / 1048576:,.0f} MiB: {found['bytes_each'] / 1024:.1f} KiB each.")
    if found := figures.get("loading"):
        yield (f"A site of {found['claims']:,} claims is there {found['first_read_s']:.2f} s after the first request; "
               f"meanwhile pings, one a millisecond, were answered within {found['pause_ms']:.1f} ms in the best of "
               f"{found['rounds']} rounds and {found['range']['pause_ms'][1]:.1f} ms in the worst, p99 "
               f"{found['ping_p99_us'] / 1000:.1f} ms; on the same daemon at rest within "
               f"{found['quiet_pause_ms']:.1f} and {found['range']['quiet_pause_ms'][1]:.1f} ms.")
    if found := figures.get("verify"):
        yield (f"coworkd verify reads {found['events']:,} events in {found['seconds']:.1f} s: "
               f"{number(found['rate'])} a second.")


def conditions(result):
    on, site = result["machine"], result["site"]
    return (f"On {on['cores']} cores ({on['cpu']}), {on['memory_gib']} GiB, PostgreSQL {on['postgresql']}, OpenSSL "
            f"{on['openssl']}, a disk that takes {on['fsync_ms']:.2f} ms to sync 8 KiB, on {on['date']}; a site of "
            f"{site['spaces']:,} spaces with {site['bookings']:,} live bookings; all sides on the same machine, over TLS on "
            f"loopback, PostgreSQL with fsync and synchronous_commit on.")


def aligned(rows):
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return ["  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip() for row in rows]


def table(result):
    """For a terminal: goals first."""
    lines = [conditions(result), ""]
    if result["goals"]:
        lines += aligned([("goal", "found", "wanted", ""),
                          *((goal["name"], goal["value"], goal["goal"], "met" if goal["met"] else "MISSED")
                            for goal in result["goals"])]) + [""]
    if rows := list(rows_of(result)):
        lines += aligned([HEADINGS, *rows]) + [""]
    lines += list(sentences(result))
    return "\n".join(lines + [f"FAILED {problem}" for problem in result["failed"]])


def marked_down(rows):
    return ["| " + " | ".join(rows[0]) + " |", "|" + "---|" * len(rows[0]),
            *("| " + " | ".join(row) + " |" for row in rows[1:])]


def section(result):
    """The same as Markdown, for between the marks of the README."""
    lines = [conditions(result), "", "Ratios and goals, each of the medians of rounds in turn:", ""]
    lines += marked_down([("", "found", "goal", ""), *((goal["name"], goal["value"], goal["goal"],
                                                        "met" if goal["met"] else "missed") for goal in result["goals"])])
    lines += [""] + marked_down([HEADINGS, *rows_of(result)])
    lines += [""] + [f"- {sentence}" for sentence in sentences(result)]
    return "\n".join(lines)


def write_readme(path, result):
    """Puts the section between its marks."""
    text = path.read_text()
    if text.count(BEGIN) != 1 or text.count(END) != 1:
        raise SystemExit(f"{path}: the marks of the figures are not there once")
    if result["failed"] or result["quick"]:
        raise SystemExit("these figures are not for a README: " + ("; ".join(result["failed"]) or "a quick run's"))
    before, rest = text.split(BEGIN)
    path.write_text(f"{before}{BEGIN}\n\n{section(result)}\n\n{END}{rest.split(END)[1]}")
