"""The suite is shown what it must catch: the database's functions and the daemon are damaged on purpose, and
each damage must be found by the judge of the answers, by `coworkd verify`, or by the late batch.

The damaged daemon is built from a copy of the sources; the product knows nothing of this. A damage names the
text it replaces: where that is gone, the test fails and wants to be brought up to date.
"""

import contextlib
import os
import re
import shutil
import subprocess

import pytest

import late
from judge import CHAIN, CLAIMS_OVERLAP, Judge, verify
from load import DESKS, ROOMS, Load
from rig import ROOT, wait_until
from rpc import new_key
from test_cuts import MOODY
from test_limits_held import QUIET, OnePerson, at, contest

SEED = int(os.environ.get("COWORK_SEED", "7470"))
FOLDERS = re.findall(r"^subdir\('(\w+)'\)", (ROOT / "meson.build").read_text(), re.M)  # not tests and docs
ANSWERS = 400
CUTS = 60


# Small runs that must not pass

def conninfo(proxy, database):
    return f"{proxy.conninfo} dbname={database} user=coworkd"


def judged(sql, load):
    return Judge(sql, load).judge()


def crowd(start_daemon, world, sql, binary=None):
    """Two daemons, many clients, few places; what is wrong afterwards."""
    daemons = [start_daemon(log__level="info", binary=binary) for _ in range(2)]
    load = Load(world, daemons, seed=SEED, workers=8, window=2, spaces=ROOMS + DESKS[:3], hours=24)
    with load:
        wait_until(lambda: sum(sum(worker.counts.values()) for worker in load.workers) >= ANSWERS or load.problems,
                   timeout=60, what="a crowd")
    return judged(sql, load)


def cut(start_daemon, proxy, world, world_db, sql, binary=None):
    """One daemon whose links are cut; what is wrong afterwards."""
    daemon = start_daemon(conninfo=conninfo(proxy, world_db), database__lane_connections=8, log__level="info",
                          binary=binary)
    load = Load(world, [daemon], seed=SEED, workers=4, window=3)
    with load:
        proxy.ask("delay 50")
        proxy.random(0.5, SEED, actions=("cut", "reset", "late"))
        wait_until(lambda: proxy.stats()["fired"] >= CUTS or load.problems, timeout=60, what="cuts")
        proxy.clear()
    return judged(sql, load)


def found(wrong, pattern):
    """Something was wrong, and it was this."""
    assert any(re.search(pattern, each) for each in wrong), f"{len(wrong)} wrong, none is {pattern!r}: {wrong[:5]}"


# Damage to the database

def damage(sql, name, *changes):
    """Replaces texts in a function of the schema."""
    sql.execute("SELECT pg_get_functiondef(oid) FROM pg_proc WHERE pronamespace = 'cowork'::regnamespace AND proname = %s",
                (name,))
    text = sql.fetchone()[0]
    for old, new in changes:
        assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
        text = text.replace(old, new)
    sql.execute(text)


def test_an_undamaged_crowd_passes(start_daemon, world, sql):
    """Without this and the next the others would prove nothing."""
    assert crowd(start_daemon, world, sql) == []


def test_undamaged_answers_pass(start_daemon, pg_proxy, world, world_db, sql):
    assert cut(start_daemon, pg_proxy, world, world_db, sql) == []


def blind(sql):
    """The database does not look any more who holds a place."""
    damage(sql, "conflict", ("FOREACH v_unit IN ARRAY p_units LOOP", "FOREACH v_unit IN ARRAY '{}'::bigint[] LOOP"))


def test_no_look_and_no_constraint(start_daemon, world, sql):
    """The daemons' own verdicts are exact at their rev: they alone hold. That the constraint is gone is told."""
    blind(sql)
    sql.execute("ALTER TABLE cowork.claim DROP CONSTRAINT claim_alone")
    wrong = crowd(start_daemon, world, sql)
    assert len(wrong) == 1 and "constraint claim_alone: missing" in wrong[0], wrong[:3]


def test_receipts_that_are_not_looked_up(start_daemon, pg_proxy, world, world_db, sql):
    damage(sql, "lane_run", ("ELSIF c.receipt_request IS NOT NULL THEN", "ELSIF false THEN"),
           ("v.* FROM unnest(re_principal, re_key, re_request, re_outcome, re_at) v;",
            "v.* FROM unnest(re_principal, re_key, re_request, re_outcome, re_at) v ON CONFLICT DO NOTHING;"))
    found(cut(start_daemon, pg_proxy, world, world_db, sql), "refused, and done all the same|refused for a place that nobody held|done 2 times")


def test_receipts_that_are_not_written(start_daemon, pg_proxy, world, world_db, sql):
    damage(sql, "lane_run", ("IF cardinality(re_key) > 0 THEN", "IF false THEN"))
    wrong = cut(start_daemon, pg_proxy, world, world_db, sql)
    found(wrong, "refused for a place|refused, and done all the same|done 2 times")
    found(wrong, "coworkd verify|receipts and events do not fit")


def test_a_fence_that_nobody_looks_at(start_daemon, pg_proxy, world, world_db, sql):
    damage(sql, "lane_run", ("IF EXISTS (SELECT FROM cowork.fence", "IF false AND EXISTS (SELECT FROM cowork.fence"))
    daemon = start_daemon(conninfo=conninfo(pg_proxy, world_db), database__lane_connections=1)
    _, left = late.run_late_batch(daemon, pg_proxy, world, late.tenant)
    assert late.answered(sql, left) == 1
    status, words = verify(sql)
    assert status == 1 and "fence" in words


def test_a_rev_skipped(start_daemon, world, sql):
    damage(sql, "lane_run", ("v_rev := v_rev + 1;", "v_rev := v_rev + 1 + (v_rev = 40)::int;"))
    wrong = crowd(start_daemon, world, sql)
    found(wrong, "chain is broken")
    found(wrong, "coworkd verify")


def test_an_event_edited(start_daemon, world, sql):
    assert crowd(start_daemon, world, sql) == []
    sql.execute("ALTER TABLE cowork.event DISABLE TRIGGER event_append_only")
    sql.execute("UPDATE cowork.event SET actor = actor + 1 WHERE kind = 'booking.moved' AND rev = "
                "(SELECT max(rev) FROM cowork.event WHERE kind = 'booking.moved')")
    assert sql.rowcount >= 1
    sql.execute("ALTER TABLE cowork.event ENABLE ALWAYS TRIGGER event_append_only")
    sql.execute(CHAIN)
    assert sql.fetchall()
    assert verify(sql)[0] == 1


def test_a_move_that_keeps_what_it_had(start_daemon, world, sql):
    damage(sql, "booking_hold", ("UPDATE cowork.claim c SET live = false", "UPDATE cowork.claim c SET live = true"))
    wrong = crowd(start_daemon, world, sql)
    found(wrong, "claims that do not fit")
    found(wrong, "coworkd verify")


# Damage to the daemon

class Workshop:
    """A copy of the sources, built once; a damage is patched in, built, and taken out again."""

    def __init__(self, folder):
        self.folder = folder
        for name in FOLDERS:
            shutil.copytree(ROOT / name, folder / name)
        for name in ("meson.build", "meson_options.txt"):
            shutil.copy(ROOT / name, folder / name)
        self.run("meson", "setup", "build", "-Dtests=false", "-Ddocs=false", "-Dnls=false", "-Dwerror=false", "--buildtype=plain")
        self.run("ninja", "-C", "build", "daemon/coworkd")

    def run(self, *command):
        done = subprocess.run(command, cwd=self.folder, capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

    @contextlib.contextmanager
    def damaged(self, name, *changes):
        """The daemon with other texts in a file of it."""
        file = self.folder / "daemon" / name
        whole = text = file.read_text()
        for old, new in changes:
            assert text.count(old) == 1, f"{name} has {text.count(old)} times {old!r}"
            text = text.replace(old, new)
        file.write_text(text)
        try:
            self.run("ninja", "-C", "build", "daemon/coworkd")
            yield self.folder / "build/daemon/coworkd"
        finally:
            file.write_text(whole)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory):
    return Workshop(tmp_path_factory.mktemp("workshop"))


def test_an_answer_before_the_commit(workshop, start_daemon, world, sql):
    """The result is there; then the commit fails, that of every fifth event."""
    sql.execute("CREATE SEQUENCE public.moods; GRANT USAGE ON SEQUENCE public.moods TO PUBLIC")
    sql.execute(MOODY.replace("random() < 0.004", "nextval('public.moods') % 5 = 0"))
    with workshop.damaged("db_link.c", ("\t\tdb_link_keep_result(link, result);\n", """\t\tdb_link_keep_result(link, result);
		if (link->state == LINK_RUNNING && PQresultStatus(result) == PGRES_TUPLES_OK)
			db_link_end_call(link, DB_DONE);
""")) as binary:
        found(crowd(start_daemon, world, sql, binary), "ok, and done 0 times|ok, but the log has")


def test_a_lost_link_told_as_not_done(workshop, start_daemon, pg_proxy, world, world_db, sql):
    with workshop.damaged("lane.c", ("\tlane->fences[lane->fence_count++] = lane_id;\n",
                                     "\tlane_end_flying(lane, ERROR_db_unavailable);\n")) as binary:
        found(cut(start_daemon, pg_proxy, world, world_db, sql, binary), "told that nothing was done, and it was done")


def test_a_batch_under_other_keys(workshop, start_daemon, pg_proxy, world, world_db, sql):
    """What became of it is then asked in vain."""
    with workshop.damaged("lane_batch.c", ('\tjsonw_kstr(w, "key", command->key);\n', """\tchar key[UUID_TEXT_MAX];

	uuid7_make(instant_now(), key);
	jsonw_kstr(w, "key", look ? command->key : key);
""")) as binary:
        found(cut(start_daemon, pg_proxy, world, world_db, sql, binary), "refused for a place that nobody held|done [02] times")


def test_a_fence_that_is_not_put_up(workshop, start_daemon, pg_proxy, world, world_db, sql):
    with workshop.damaged("lane_batch.c", ("for (int i = 0; i < lane->fence_count; i++)\n\t\tused +=",
                                     "for (int i = 0; i < 0; i++)\n\t\tused +=")) as binary:
        daemon = start_daemon(conninfo=conninfo(pg_proxy, world_db), database__lane_connections=1, binary=binary)
        _, left = late.run_late_batch(daemon, pg_proxy, world, late.tenant)
        assert late.answered(sql, left) == 1


FORGOTTEN = ("lane_batch.c", ("\tif (!calendar)\n\t\treturn NULL;\n", "\treturn NULL;\n"))


def race(start_daemon, world, binary, found, rounds=200):
    """Two daemons' clients want one desk at one moment, hour after hour, until what is looked for was found."""
    daemons = [start_daemon(binary=binary, **QUIET) for _ in range(2)]
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(daemon.client(world.token[who]))
                   for who in ("ada", "bob", "minji", "boss") for daemon in daemons]
        for hour in range(rounds):
            contest(clients, [("booking.create", {**at(hour), "space": "A-01", "key": new_key()})
                              for _ in clients])
            if found():
                return True
    return False


def test_an_expected_rev_that_is_forgotten(workshop, start_daemon, world, sql):
    """Two daemons then both allow what only policy forbids: two desks at once for one person."""
    with workshop.damaged(*FORGOTTEN) as binary:
        daemons = [start_daemon(binary=binary, **QUIET) for _ in range(2)]
        with OnePerson(world, daemons) as person:
            assert any(len(person.rush(hour)[0]) > 1 for hour in range(50))


def test_an_expected_rev_that_is_forgotten_over_a_blind_database(workshop, start_daemon, world, sql):
    """The constraint still holds, and that it had to is an alarm in the log."""
    with workshop.damaged(*FORGOTTEN) as binary:
        blind(sql)
        assert race(start_daemon, world, binary, lambda: any(
            daemon.log_has("lvl=error .*a backstop of the database fired.* alarm=exclusion")
            for daemon in start_daemon.started))
        sql.execute(CLAIMS_OVERLAP)
        assert sql.fetchall() == []


def test_an_expected_rev_that_is_forgotten_with_no_constraint(workshop, start_daemon, world, sql):
    def shared():
        sql.execute(CLAIMS_OVERLAP)
        return sql.fetchall()

    with workshop.damaged(*FORGOTTEN) as binary:
        blind(sql)
        sql.execute("ALTER TABLE cowork.claim DROP CONSTRAINT claim_alone")
        assert race(start_daemon, world, binary, shared)
        status, words = verify(sql)
        assert status == 1 and "overlap" in words
