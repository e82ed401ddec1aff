"""A year of a real campus: 373 rooms and 21,868 bookings, booked by the client's import.

In file order the outcome is known: 8 rows find their room taken. In any other order who wins differs, but
nothing else may: no interval is held twice, and no booking is lost, doubled or refused without a reason.
"""

import random
import re
import subprocess

import campus
import pytest
from rig import CommandLine, build

SUMMARY = re.compile(r"(\d+) booked, (\d+) refused, (\d+) already there of (\d+) rows in ([\d.]+) s \((\d+)/s\)")


def overlaps(sql):
    sql.execute("""SELECT count(*) FROM cowork.claim a JOIN cowork.claim b ON a.site_id = b.site_id
        AND a.unit_id = b.unit_id AND a.claim_id < b.claim_id AND a.live AND b.live AND a.occupied && b.occupied""")
    return sql.fetchone()[0]


def deadlocks(sql):
    sql.execute("SELECT pg_stat_force_next_flush()")
    sql.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return sql.fetchone()[0]


def verify(cluster, database):
    done = subprocess.run([build() / "daemon" / "coworkd", "verify", "--database",
                           cluster.conninfo(database, "cowork_report")], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    print(done.stdout.splitlines()[-1])


def open_site(operator, short_dir, site):
    operator.run("import", "sites", campus.write_sites(short_dir / "sites.csv", [site]), check=0)
    operator.run("import", "spaces", campus.write_spaces(short_dir / "spaces.csv"), "--site", site, check=0)


@pytest.fixture
def operator(cowork):
    return cowork("operator", site=None)


@pytest.mark.limit(900)
def test_file_order_books_all_but_the_eight_that_are_taken(operator, short_dir, sql, cluster, world_db):
    bookings = campus.rows("bookings.csv")
    open_site(operator, short_dir, "CAMPUS")
    file = campus.write_bookings(short_dir / "bookings.csv", bookings)
    done = operator.run("import", "bookings", file, "--site", "CAMPUS", "--on-error", "skip", timeout=600)
    assert done.returncode == 65, done.stderr[-2000:]
    summary = SUMMARY.search(done.stdout)
    print(summary.group(0))
    assert summary.groups()[:4] == ("21860", "8", "0", "21868")
    refused = [line for line in done.stderr.splitlines() if "slot_taken" in line]
    assert len(refused) == campus.HELD
    for line in refused:  # each names place and time
        number = int(re.search(r"line (\d+)", line).group(1))
        row = bookings[number - 2]
        assert campus.code(row["room"]) in line and re.search(r"\d\d:\d\d", line), line
    assert overlaps(sql) == 0 and deadlocks(sql) == 0
    sql.execute("SELECT count(*) FROM cowork.booking b JOIN cowork.site USING (site_id) WHERE code = 'CAMPUS'")
    assert sql.fetchone()[0] == 21860
    verify(cluster, world_db)
    again = operator.run("import", "bookings", file, "--site", "CAMPUS", "--on-error", "skip", timeout=600)
    assert SUMMARY.search(again.stdout).groups()[:4] == ("0", "8", "21860", "21868")


@pytest.mark.limit(900)
def test_many_hands_two_daemons_and_cut_links_lose_and_double_nothing(
        operator, short_dir, sql, cluster, world, world_db, start_daemon, pg_proxy):
    bookings = campus.rows("bookings.csv")
    random.Random(7).shuffle(bookings)
    open_site(operator, short_dir, "CAMPUS")
    conninfo = pg_proxy.conninfo + f" dbname={world_db} user=coworkd"
    daemons = [start_daemon(f"campus{number}", conninfo=conninfo) for number in range(2)]
    pg_proxy.random(0.2, seed=7, actions=("cut", "reset"))
    programs = []
    for number in range(8):
        line = CommandLine(short_dir, daemons[number % 2], f"hand{number}").context(world.token["operator"], "CAMPUS")
        file = campus.write_bookings(short_dir / f"part{number}.csv", bookings[number::8])
        programs.append(subprocess.Popen(
            [build() / "client" / "cowork", "import", "bookings", file, "--on-error", "skip", "--timeout", "120"],
            env=line.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True))
    totals = [0, 0, 0, 0]
    for program in programs:
        summed, said = program.communicate(timeout=900)
        summary = SUMMARY.search(summed)
        assert summary and program.returncode in (0, 65), said[-2000:]
        assert all("slot_taken" in line for line in said.splitlines() if "line " in line), said[-2000:]
        print(summary.group(0))
        totals = [a + int(b) for a, b in zip(totals, summary.groups()[:4])]
    pg_proxy.clear()
    booked, refused, already, of = totals
    cuts = pg_proxy.stats()
    print("cuts", cuts)
    assert cuts["fired"] >= 20, "too few links were cut to show anything"
    assert of == len(bookings) and booked + refused + already == of
    sql.execute("SELECT count(*) FROM cowork.booking b JOIN cowork.site USING (site_id) WHERE code = 'CAMPUS'")
    assert sql.fetchone()[0] == booked + already
    assert overlaps(sql) == 0 and deadlocks(sql) == 0
    verify(cluster, world_db)
