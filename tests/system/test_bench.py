"""scripts/bench: each figure is measured, what is wrong is said, and the README has what was found."""

import datetime
import json
import os
import re
import signal
import subprocess
import sys
import time

import pytest
from rig import ROOT, build

BENCH = ROOT / "tests" / "bench"
sys.path.insert(0, str(BENCH))

import figures_speed  # noqa: E402  these stand in the folder just named
import report  # noqa: E402
import sides  # noqa: E402
from bench import FIGURES  # noqa: E402


# The load generator

class Here:
    """A daemon of the tests as the place that is measured."""

    def __init__(self, folder, daemon, token):
        self.folder, self.port, self.certificate = folder, daemon.port, (daemon.certificate, daemon.key)
        self.watched = {"coworkd": daemon.pid}
        self.token_file = folder / "tokens"
        self.token_file.write_text(token + "\n")

    def load(self, mode, **options):
        return sides.Load(self, mode, self.port, self.watched, **options)

    def lines(self, *lines):
        file = self.folder / "lines"
        file.write_text("".join(line + "\n" for line in lines))
        return file


@pytest.fixture
def here(tmp_path, daemon, world):
    return Here(tmp_path, daemon, world.token["ada"])


PING = '"method":"session.ping","params":{}}'
NO_SITE = '"method":"space.day","params":{"site":"NOPE","date":"2027-03-01"}}'


def test_requests_are_answered_and_counted(here, daemon, world):
    with daemon.client(world.token["ada"]) as client:
        before = client.call("server.status")["requests"]
        with here.load("lines", lines=here.lines(PING), connections=3, pipeline=4, seconds=0.2, warmup=0) as load:
            found = load.result()
        asked = client.call("server.status")["requests"] - before - 1 - 3 * 2  # itself, and three who logged in
    assert found["done"] == asked and 0 < found["answers"] <= found["done"] and found["errors"] == 0
    assert 0 < found["p50_us"] <= found["p99_us"] <= found["max_us"]
    assert found["rate"] == pytest.approx(found["answers"] / found["seconds"], rel=0.01)


def test_an_error_that_was_not_expected_is_a_failure(here):
    with here.load("lines", lines=here.lines(NO_SITE), seconds=0.2, warmup=0) as load:
        with pytest.raises(sides.Failed, match="refused: .*not_found"):
            load.result()
    with here.load("lines", lines=here.lines(NO_SITE), seconds=0.2, warmup=0, expect="busy,not_found") as load:
        found = load.result()
    assert found["errors"] == found["answers"] > 0 and found["done"] == 0


def test_a_login_that_is_refused_is_a_failure(here):
    here.token_file.write_text("cwk_00000000_" + "0" * 49 + "\n")
    for mode in ("lines", "connect", "hold"):
        with here.load(mode, lines=here.lines(PING)) as load, pytest.raises(sides.Failed, match="unauthenticated"):
            load.begun()


def test_a_daemon_that_stops_is_a_failure(here, daemon):
    with here.load("lines", lines=here.lines(PING), seconds=60) as load:
        load.begun()
        daemon.exit_wanted = None
        daemon.process.kill()
        with pytest.raises(sides.Failed, match="lines: .*connection"):
            load.result()


def test_what_is_late_counts_from_the_time_it_was_due(here, daemon):
    """A daemon that is away for 300 of 1,000 ms makes 300 of 1,000 requests late, not one."""
    with here.load("lines", lines=here.lines(PING), every_us=1000, seconds=1, warmup=0) as load:
        load.begun()
        os.kill(daemon.pid, signal.SIGSTOP)
        time.sleep(0.3)  # this is the fault itself
        os.kill(daemon.pid, signal.SIGCONT)
        found = load.result()
    assert found["max_us"] > 290_000 and found["p90_us"] > 100_000, found


# Figures

@pytest.mark.limit(120)
def test_every_figure_is_measured_and_what_was_booked_holds(tmp_path):
    done = subprocess.run(["/usr/bin/python3", BENCH / "bench.py", "--quick", "--build", build(), "--json",
                           tmp_path / "json"], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    result = json.loads((tmp_path / "json").read_text())
    assert list(result["figures"]) == list(FIGURES) and result["failed"] == []
    for figure, found in result["figures"].items():
        for name, row in found.get("rows", {}).items():
            assert row.get("rate", row.get("p50_ms", 0)) > 0, (figure, name)
    figures = result["figures"]
    assert all(count > 0 for count in figures["bookings"]["acknowledged"].values())
    assert figures["verify"]["events"] > figures["bookings"]["acknowledged"]["coworkd"]
    assert figures["idle"]["bytes_each"] > 0 and figures["loading"]["pause_ms"] > 0
    assert [goal["name"] for goal in result["goals"]] == [goal[0] for goal in report.GOALS]
    assert all(title in done.stdout for title in report.TITLES.values())
    assert len(list(report.sentences(result))) == 4 and "FAILED" not in done.stdout


class Forgetful:
    """As much of a Bench as bookings need, of which each is lost."""

    database, pg_database, figure, rounds = "ours", "theirs", "bookings", 1
    next_slot = pg_slot = 0
    times = {"seconds": 1, "warmup": 0}
    place = type("Place", (), {"value": lambda *_: 64, "spaces": 100, "first_day": datetime.date(2027, 3, 1),
                               "site": 1, "bookers": [1], "people": []})()

    def say(self, _):
        pass

    def daemon(self):
        return type("Daemon", (), {"port": 1})()

    def watched(self, *_):
        return {}


def test_a_booking_that_was_acknowledged_and_is_not_there_is_a_failure(monkeypatch):
    monkeypatch.setattr(figures_speed, "read_site", lambda *_: None)
    monkeypatch.setattr(figures_speed, "load", lambda *_, **__: {"rate": 5.0, "done": 5, "next": 5})
    monkeypatch.setattr(figures_speed, "pgbench", lambda *_, ran, **__: ran(7) or {"rate": 5.0})
    with pytest.raises(sides.Failed, match="not claimed: coworkd 15, pgbench 21"):
        figures_speed.bookings(Forgetful())


# What is made of them

def row(rate, p99=1000.0):
    return {"rounds": 3, "rate": rate, "p50_us": 500.0, "p99_us": p99, "max_us": 2000.0,
            "range": {"rate": [rate - 1, rate + 1]}, "cores": {"coworkd": 0.5, "load": 0.25}}


@pytest.fixture
def result():
    made = {
        "machine": {"cores": 2, "cpu": "Some CPU", "memory_gib": 8, "postgresql": "15.1", "openssl": "3.0.1",
                    "date": "2027-03-01", "fsync_ms": 0.5},
        "site": {"spaces": 1000, "bookings": 200050}, "quick": False, "failed": [],
        "figures": {
            "bookings": {"rows": {"coworkd 64": row(2500.0), "pgbench 64": row(1000.0, 900.0), "coworkd 1": row(400.0),
                                  "pgbench 1": row(1000.0)}, "lost": 0},
            "day": {"rows": {"coworkd 8": row(30000.0), "pgbench 8": row(10000.0)}, "answer_bytes": 700},
            "idle": {"connections": 10000, "bytes_each": 24 * 1024, "rss_grown": 240 << 20},
            "loading": {"claims": 200050, "first_read_s": 1.5, "pause_ms": 20.04, "ping_p99_us": 3000.0,
                        "quiet_pause_ms": 1.0, "rounds": 5, "range": {"pause_ms": [20.04, 41.0], "quiet_pause_ms": [1.0, 2.0]}},
            "client": {"rows": {"cowork mine": {"p50_ms": 10.0, "rounds": 60}, "psql -c": {"p50_ms": 20.0, "rounds": 60}}},
        },
    }
    made["goals"] = report.goals(made)
    return made


def test_goals_are_met_or_missed_by_what_was_measured(result):
    met = {goal["name"]: (goal["value"], goal["met"]) for goal in result["goals"]}
    assert met == {
        "bookings at 64 connections, times pgbench": ("2.50", True),
        "p99 of bookings at 64 connections, times pgbench's": ("1.11", False),
        "bookings at 1 connection, times pgbench": ("0.40", False),
        "acknowledged bookings that are not in the database": ("0", True),
        "a space's day at 8 connections, times pgbench's SELECT": ("3.00", True),
        "an idle connection, KiB": ("24.0", True),
        "longest pause while a site is loaded, ms": ("20.0", True),
        "cowork mine, times psql -c": ("0.50", True),
    }


def test_the_table_begins_with_goals_and_has_every_row(result):
    lines = report.table({**result, "failed": ["search: no"]}).splitlines()
    assert lines[2].split() == ["goal", "found", "wanted"]
    assert lines[3].split()[-1] == "met" and lines[4].split()[-1] == "MISSED"
    text = "\n".join(lines)
    assert "one space's day" in text and "coworkd 0.50, load 0.25" in text and "2,499 to 2,501" in text
    assert "24.0 KiB each" in text and lines[-1] == "FAILED search: no"


def test_the_readme_gets_the_figures_between_its_marks_and_nothing_else(result, tmp_path):
    readme = tmp_path / "README.md"
    readme.write_text(f"# Title\n\n{report.BEGIN}\nold\n{report.END}\n\n## After\n")
    report.write_readme(readme, result)
    first = readme.read_text()
    assert first.startswith(f"# Title\n\n{report.BEGIN}\n") and first.endswith(f"{report.END}\n\n## After\n")
    assert "old" not in first and "| bookings at 1 connection, times pgbench | 0.40 | at least 0.8 | missed |" in first
    assert "| one space's day | coworkd | 8 | 30,000 | 29,999 to 30,001 | 0.50 | 1.00 | 2.00 |" in first
    assert "PostgreSQL 15.1" in first and "2027-03-01" in first
    report.write_readme(readme, result)
    assert readme.read_text() == first, "it can be done again"


@pytest.mark.parametrize("broken", [{"failed": ["day: no"]}, {"quick": True}])
def test_the_readme_takes_no_figures_that_are_none(result, tmp_path, broken):
    readme = tmp_path / "README.md"
    readme.write_text(f"{report.BEGIN}\n{report.END}\n")
    with pytest.raises(SystemExit):
        report.write_readme(readme, {**result, **broken})
    assert readme.read_text() == f"{report.BEGIN}\n{report.END}\n"


def test_the_readme_has_what_its_json_says():
    """Nobody edits one of the two by hand."""
    figures = json.loads((ROOT / "docs" / "figures.json").read_text())
    written = (ROOT / "README.md").read_text().split(report.BEGIN)[1].split(report.END)[0].strip()
    assert written == report.section(figures)


# The command line

def without_tools(tmp_path, script, *words):
    """The script where nothing can be installed or built: what was tried is in the list."""
    tried = tmp_path / "tried"
    for name in ("dpkg-query", "apt-get", "sudo", "meson", "ninja"):
        (tmp_path / name).write_text(f"#!/bin/sh\necho {name} >>{tried}\nexit 1\n")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run([ROOT / "scripts" / script, *words], capture_output=True, text=True,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    return done, tried.read_text().split() if tried.exists() else []


@pytest.mark.parametrize("words, says", [(["--bogus"], "unrecognized arguments: --bogus"),
                                         (["--only", "speed"], "no such figure: speed"),
                                         (["--rounds", "many"], "invalid int value: 'many'")])
def test_a_wrong_word_is_told_before_anything_is_built(tmp_path, words, says):
    done, tried = without_tools(tmp_path, "bench", *words)
    assert done.returncode != 0 and tried == []
    assert done.stderr.startswith("usage: scripts/bench") and says in done.stderr


@pytest.mark.parametrize("script", ["bench", "deps", "test", "lint"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_each_script_says_what_it_does_and_does_nothing(tmp_path, script, option):
    done, tried = without_tools(tmp_path, script, option)
    assert (done.returncode, done.stderr, tried) == (0, "", [])
    assert f"scripts/{script} [" in done.stdout and not re.search("^#|set -|shellcheck disable", done.stdout, re.M)


# What it needs

def deps(tmp_path, *groups):
    """scripts/deps where every package is there: its exit status, what it says, and for which packages it looked."""
    asked = tmp_path / "asked"
    there = tmp_path / "dpkg-query"
    there.write_text(f'#!/bin/sh\nfor word; do last=$word; done\necho "$last" >>{asked}\nprintf "ii "\n')
    there.chmod(0o755)
    done = subprocess.run([ROOT / "scripts" / "deps", *groups], capture_output=True, text=True,
                          env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"})
    return done.returncode, done.stderr, asked.read_text().split() if asked.exists() else []


def test_what_is_measured_beside_is_installed(tmp_path):
    status, said, packages = deps(tmp_path, "bench")
    assert (status, said) == (0, "") and "memcached" in packages


def test_all_lists_are_looked_at_by_default(tmp_path):
    status, _, packages = deps(tmp_path)
    assert status == 0 and {"gcc", "postgresql-15", "libcmocka-dev", "memcached"} <= set(packages)


def test_a_list_that_is_not_there_is_refused(tmp_path):
    assert deps(tmp_path, "bunch") == (64, "scripts/deps: no such list: bunch; there are build, run, test and bench\n", [])
