"""The promises of lane_run itself: order, receipts, fences, guarded batches, dry runs, the log and its chain."""

import json
import threading
import uuid

import psycopg2
import pytest

from lane import HOUR, NINE, block, cancel, command, create, move, refs, refused


def broken():
    """A command whose error nobody expects: its source is none of those that exist."""
    return create("D-7", source="carrier pigeon")


def snapshot(campus):
    """All that a batch could have left behind."""
    return campus.sql("""SELECT
        (SELECT array_agg(t ORDER BY site_id) FROM cowork.site t)::text,
        (SELECT array_agg(e ORDER BY site_id, rev) FROM cowork.event e)::text,
        (SELECT array_agg(b ORDER BY booking_id) FROM cowork.booking b)::text,
        (SELECT array_agg(c ORDER BY claim_id) FROM cowork.claim c)::text,
        (SELECT array_agg(x ORDER BY booking_id) FROM cowork.booking_text x)::text,
        (SELECT array_agg(s ORDER BY space_id) FROM cowork.space s)::text,
        (SELECT array_agg(r ORDER BY site_id, key) FROM cowork.receipt r)::text""")[0]


# order

def test_a_site_that_is_not_there(campus):
    assert campus.lane.run(99, create("D-0")) == {"status": "no_site"}


def test_outcomes_stand_in_the_order_of_the_commands(campus):
    answer = campus.run(create("D-0"), create("nowhere"), create("D-0"), create("D-1"))
    assert [o["o"] for o in answer["outcomes"]] == ["done", "not_found", "slot_taken", "done"]
    assert [e["rev"] for e in answer["events"]] == [o["rev"] for o in answer["outcomes"] if o["o"] == "done"]
    assert answer["rev"] == answer["events"][-1]["rev"] == campus.rev()


def test_each_command_is_judged_with_the_earlier_ones_applied(campus):
    ref = refs()[:1]
    outcomes = campus.outcomes(
        create("D-0", candidates=ref), create("D-0"), move(ref[0], hour=2), create("D-0"), cancel(ref[0]),
        create("D-0", 2), command("space.retire", space="D-1"), create("D-1"))
    assert [o["o"] for o in outcomes] == [
        "done", "slot_taken", "done", "done", "done", "done", "done", "retired"]
    assert campus.overlaps() == 0 and campus.claims_fit_bookings()


def test_a_zone_changed_earlier_in_the_batch_counts(campus):
    outcomes = campus.outcomes(command("site.update", zone="Asia/Seoul"), create("D-0"),
                               create("D-0", zone="Asia/Seoul"))
    assert [o["o"] for o in outcomes] == ["done", "behind", "done"]


def test_an_empty_batch_does_nothing(campus):
    before = snapshot(campus)
    answer = campus.run()
    assert len(bytes.fromhex(answer.pop("hash"))) == 32
    assert answer == {"status": "ok", "rev": campus.rev(), "outcomes": [], "events": []}
    assert snapshot(campus) == before


def test_a_lane_needs_read_committed(campus):
    lane = campus.new_lane(autocommit=False)
    lane.connection.set_session(isolation_level="REPEATABLE READ")
    with pytest.raises(psycopg2.Error):
        lane.run(1, create("D-0"))
    lane.close()


# expected rev

def test_a_lane_that_is_behind_does_nothing_and_gets_what_it_missed(campus):
    seen = campus.rev()
    missed = campus.run(create("D-0"), create("D-1"))["events"]
    before = snapshot(campus)
    answer = campus.run(create("D-2"), expected=seen)
    head = campus.lane.value("SELECT encode(last_hash, 'hex') FROM cowork.site WHERE site_id = 1")
    assert answer == {"status": "behind", "rev": seen + 2, "hash": head, "events": missed}
    assert snapshot(campus) == before
    assert campus.outcomes(create("D-2"), expected=seen + 2)[0]["o"] == "done"


def test_too_many_missed_events_are_not_sent(campus):
    seen = campus.rev()
    campus.outcomes(*[create("D-%d" % (i % 8), i // 8) for i in range(128)])
    campus.outcomes(*[create("D-%d" % (i % 8), 100 + i // 8) for i in range(129)])
    text = campus.lane.text(1, [], expected=seen)
    answer = json.loads(text)
    assert (answer["status"], answer["rev"], answer["events"]) == ("behind", seen + 257, None)
    text = campus.lane.text(1, [], expected=seen + 57)
    assert len(json.loads(text)["events"]) == 200 and len(text) < 65536


def test_a_log_shorter_than_expected_is_behind_too(campus):
    answer = campus.run(create("D-0"), expected=campus.rev() + 1)
    assert (answer["status"], answer["rev"], answer["events"]) == ("behind", campus.rev(), None)


def test_two_flights_lock_look_and_then_run(campus):
    lane = campus.new_lane(autocommit=False)
    seen = campus.rev()
    campus.book("D-0")
    assert lane.run(1, expected=seen)["status"] == "behind"
    outcome = lane.one(1, create("D-1"), expected=seen + 1)
    lane.connection.commit()
    assert outcome["o"] == "done" and campus.rev() == seen + 2 and campus.chain_holds()
    lane.close()


# the daemon's own verdicts

CLOSED = {"o": "closed", "rule": "hours", "field": "end", "limit": 1080,
          "alternatives": [{"space": "D-1", "start": NINE, "end": NINE + HOUR}]}


def test_a_command_refused_by_the_daemon_is_answered_so_and_leaves_a_receipt(campus):
    request, rev = refused(create("D-0"), CLOSED), campus.rev()
    assert campus.run(request) == {**campus.run(), "outcomes": [CLOSED]} and campus.rev() == rev
    del request["x"]  # it would be let pass now, and it was refused
    assert campus.one(request) == {**CLOSED, "replayed": True}
    assert campus.one(create("D-0"))["o"] == "done"


def test_a_receipt_stands_before_the_daemons_verdict(campus):
    request = create("D-0")
    done = campus.one(request)
    again = campus.one(refused(request, CLOSED))
    assert (again["o"], again["rev"], again["replayed"]) == ("done", done["rev"], True)
    assert campus.one({**refused(request, CLOSED), "h": "01"}) == {"o": "key_reused"}


def test_what_is_there_already_is_told_before_the_daemons_verdict(campus):
    campus.book("D-0", external_id="x")
    known = {"o": "exists", "field": "external_id"}
    assert campus.one(refused(create("D-1"), {**CLOSED, "external_id": "x"})) == known
    assert campus.one(refused(create("D-1"), {**CLOSED, "external_id": "y"})) == CLOSED


def test_a_verdict_of_a_dry_run_or_of_a_full_daemon_leaves_nothing(campus):
    before = snapshot(campus)
    dry = refused(create("D-0", dry=True), CLOSED)
    assert campus.outcomes(dry, refused(create("D-1"), {"o": "busy"})) == [{**CLOSED, "dry": True}, {"o": "busy"}]
    assert snapshot(campus) == before


def test_what_was_waived_is_told_again(campus):
    request = {**create("D-0"), "w": ["closed"]}
    assert campus.one(request)["waived"] == ["closed"]
    assert campus.one(request)["waived"] == ["closed"]
    assert "waived" not in campus.one({**create("D-0"), "w": ["closed"]})


# receipts

def test_the_same_key_gets_the_same_answer_and_no_second_booking(campus):
    request = create("D-0")
    first = campus.run(request)
    again = campus.run(request)
    outcome = again["outcomes"][0]
    assert outcome.pop("replayed") and outcome == first["outcomes"][0]
    assert again["events"] == [] and again["rev"] == first["rev"]
    assert campus.sql("SELECT count(*) FROM cowork.booking") == [(1,)]


def test_a_refusal_leaves_a_receipt_too(campus):
    taken = campus.book("D-0")
    request = create("D-0")
    refused = campus.one(request)
    campus.one(cancel(taken["ref"]))
    assert campus.one(request) == {**refused, "replayed": True}
    assert campus.one(create("D-0"))["o"] == "done"


def test_a_key_used_for_another_request_is_refused_and_stores_nothing(campus):
    request = create("D-0", request="aa")
    campus.one(request)
    before = snapshot(campus)
    assert campus.one({**request, "h": "bb"}) == {"o": "key_reused"}
    assert snapshot(campus) == before
    assert campus.one(request)["replayed"]


def test_keys_belong_to_who_uses_them(campus):
    key = str(uuid.uuid4())
    assert campus.one(create("D-0", key=key, actor=1))["o"] == "done"
    assert campus.one(create("D-1", key=key, actor=2))["facts"]["space"] == "D-1"


def test_one_key_twice_in_a_batch_counts_once(campus):
    request = create("D-0")
    one, two, other, three = campus.outcomes(request, request, {**request, "h": "bb"}, request)
    assert (one["o"], two, three) == ("done", {**one, "replayed": True}, {**one, "replayed": True})
    assert other == {"o": "key_reused"}


def test_a_key_whose_first_use_left_no_receipt_is_free_in_the_same_batch(campus):
    key = str(uuid.uuid4())
    outcomes = campus.outcomes(create("D-0", key=key, zone="Asia/Seoul"), create("D-0", key=key),
                               create("D-0", key=key))
    assert [(o["o"], "replayed" in o) for o in outcomes] == [
        ("behind", False), ("done", False), ("done", True)]


@pytest.mark.parametrize("request_, kind", [
    (create("D-0", zone="Asia/Seoul"), "behind"), (create("D-0", candidates=[]), "busy")])
def test_what_may_pass_by_itself_leaves_no_receipt(campus, request_, kind):
    assert campus.one(request_)["o"] == kind
    assert campus.sql("SELECT count(*) FROM cowork.receipt WHERE key = %s", request_["key"]) == [(0,)]


def test_a_replay_shows_the_noun_as_it_is_now(campus):
    request = create("D-0")
    ref = campus.one(request)["facts"]["ref"]
    campus.one(move(ref, space="D-1"))
    replay = campus.one(request)
    assert (replay["v"], replay["facts"]["version"], replay["facts"]["space"]) == (1, 2, "D-1")


# fences

def test_a_fenced_lane_is_refused_and_does_nothing(campus):
    old, new = campus.new_lane(), campus.new_lane()
    assert new.run(1, fences=[old.id])["status"] == "ok"
    before = snapshot(campus)
    assert old.run(1, create("D-0")) == {"status": "fenced"}
    assert snapshot(campus) == before
    assert new.one(1, create("D-0"))["o"] == "done"
    assert old.run(0)["status"] == "ok", "a fence is one site's"
    old.close()
    new.close()


def test_resolving_finds_what_the_old_lane_had_committed(campus):
    old, new = campus.new_lane(), campus.new_lane()
    committed, lost = create("D-0"), create("D-1")
    first = old.one(1, committed)
    found, run = new.outcomes(1, committed, lost, fences=[old.id])
    assert found == {**first, "replayed": True}
    assert run["o"] == "done" and "replayed" not in run
    assert new.run(1, fences=[old.id])["status"] == "ok", "fencing twice is nothing new"
    old.close()
    new.close()


def test_resolving_waits_for_an_old_batch_still_under_way_and_sees_its_commit(campus):
    old, new = campus.new_lane(autocommit=False), campus.new_lane()
    request = create("D-0")
    first = old.one(1, request)
    answer = []
    thread = threading.Thread(target=lambda: answer.append(new.one(1, request, fences=[old.id])))
    thread.start()
    campus.wait_blocked(1)
    old.connection.commit()
    thread.join()
    assert answer == [{**first, "replayed": True}]
    old.close()
    new.close()


# errors

def test_an_unexpected_error_undoes_the_whole_batch(campus):
    before = snapshot(campus)
    with pytest.raises(psycopg2.errors.CheckViolation):
        campus.run(create("D-0"), broken(), create("D-1"))
    assert snapshot(campus) == before


def test_guarded_only_the_culprit_answers_internal(campus):
    first, culprit, last = campus.outcomes(create("D-0"), broken(), create("D-1"), guarded=True)
    assert (first["o"], last["o"], last["rev"]) == ("done", "done", first["rev"] + 1)
    assert culprit == {"o": "internal", "sqlstate": "23514", "constraint": "booking_source_check"}
    assert campus.chain_holds() and campus.claims_fit_bookings()


def test_an_internal_error_leaves_no_receipt(campus):
    request = broken()
    campus.one(request, guarded=True)
    request["a"]["source"] = "client"
    assert campus.one(request)["o"] == "done"


def test_a_command_nobody_knows_is_an_error_of_its_own(campus):
    for site, kind in ((1, "booking.sell"), (1, "tenant.create"), (0, "booking.create")):
        assert campus.lane.one(site, command(kind), guarded=True)["o"] == "internal"
        with pytest.raises(psycopg2.Error):
            campus.lane.run(site, command(kind))


@pytest.mark.parametrize("setting, sqlstate", [
    ("lock_timeout = '50ms'", "55P03"), ("statement_timeout = '50ms'", "57014")])
def test_guarded_never_swallows_what_concerns_the_whole_call(campus, setting, sqlstate):
    """An intruder, who does not take the site's lock, holds the very slot uncommitted."""
    other = campus.cluster.connect(campus.database, campus.cluster.admin, autocommit=False)
    intrude(other, "D-0")
    lane = campus.new_lane()
    lane.cursor.execute("SET " + setting)
    before = snapshot(campus)
    with pytest.raises(psycopg2.Error) as caught:
        lane.run(1, create("D-1"), create("D-0"), guarded=True)
    assert caught.value.pgcode == sqlstate
    other.rollback()
    other.close()
    lane.close()
    assert snapshot(campus) == before


def intrude(connection, space, hour=0):
    """A claim written past the site's lock, as no program of ours does."""
    connection.cursor().execute("""
        WITH s AS (SELECT space_id, unit_id FROM cowork.space JOIN cowork.space_unit USING (site_id, space_id)
                WHERE code = %(space)s),
        span AS (SELECT tstzrange(cowork.from_us(%(start)s), cowork.from_us(%(end)s)) AS during),
        b AS (INSERT INTO cowork.booking (site_id, ref, space_id, during, local_start, local_end, zone, state,
                    created_by, source, created_at)
                SELECT 1, %(ref)s, space_id, during, now(), now(), 'UTC', 'confirmed', 0, 'api', now() FROM s, span
                RETURNING booking_id)
        INSERT INTO cowork.claim (site_id, unit_id, occupied, booking_id)
        SELECT 1, unit_id, during, booking_id FROM s, span, b""",
        {"space": space, "start": NINE + hour * HOUR, "end": NINE + (hour + 1) * HOUR, "ref": refs()[0]})


@pytest.mark.parametrize("request_, taken", [
    (lambda ref: create("AB"), "B"), (lambda ref: move(ref, space="AB", hour=0), "B"),
    (lambda ref: block("AB"), "B")])
def test_the_constraint_catches_what_went_past_the_lock_and_raises_the_alarm(campus, request_, taken):
    """The look sees nothing, for the intruder has not committed; the insert waits for him and then finds out."""
    ref = campus.book("D-0", 5)["ref"]
    other = campus.cluster.connect(campus.database, campus.cluster.admin, autocommit=False)
    intrude(other, taken)
    request = request_(ref)
    answers = []
    thread = threading.Thread(target=lambda: answers.append(campus.run(request)))
    before = campus.sql("SELECT count(*) FROM cowork.booking"), campus.sql("SELECT count(*) FROM cowork.block")
    thread.start()
    campus.wait_blocked(1)
    other.commit()
    other.close()
    thread.join()
    assert answers[0]["outcomes"] == [
        {"o": "slot_taken", "alarm": "exclusion", "space": "AB", "start": NINE, "end": NINE + HOUR}]
    assert answers[0]["events"] == []
    assert campus.sql("SELECT count(*) FROM cowork.block") == before[1]
    assert campus.claims_fit_bookings() and campus.overlaps() == 0
    replay = campus.one(request)
    assert replay["replayed"] and "alarm" not in replay


# dry runs

@pytest.mark.parametrize("guarded", [False, True])
def test_a_dry_run_answers_as_it_would_be_and_leaves_nothing(campus, guarded):
    ref = campus.book("D-0", title="Standup")["ref"]
    before = snapshot(campus)
    made, taken, moved, gone = campus.outcomes(
        create("D-1", dry=True, title="New"), create("D-0", dry=True),
        {**move(ref, space="D-2"), "d": True}, {**cancel(ref), "d": True}, guarded=guarded)
    assert (made["o"], made["dry"], made["facts"]["title"], made["facts"]["space"]) == ("done", True, "New", "D-1")
    assert (taken["o"], taken["dry"]) == ("slot_taken", True)
    assert (moved["facts"]["space"], moved["v"]) == ("D-2", 2)
    assert (gone["facts"]["state"], gone["v"]) == ("cancelled", 2)
    assert snapshot(campus) == before


def test_a_dry_run_and_the_real_one_may_share_a_key(campus):
    request = create("D-0")
    dry, real, again = campus.outcomes({**request, "d": True}, request, {**request, "d": True})
    assert (dry["o"], real["o"], "replayed" in real) == ("done", "done", False)
    assert (again["o"], again["dry"]) == ("slot_taken", True)


def test_an_error_in_a_dry_run_is_an_error(campus):
    with pytest.raises(psycopg2.errors.CheckViolation):
        campus.run({**broken(), "d": True})
    assert campus.one({**broken(), "d": True}, guarded=True)["o"] == "internal"


# the log

def test_the_chain_can_be_recomputed_elsewhere(campus):
    campus.outcomes(create("D-0", title="Grüße, 안녕"), block("D-1"), command("site.update", name="안녕"))
    for hour in range(5):
        campus.outcomes(*[create("D-%d" % i, hour) for i in range(8)], guarded=hour % 2 == 1)
    assert campus.chain_holds(0) and campus.chain_holds(1)


@pytest.mark.parametrize("column, value", [
    ("at", "at + interval '1 microsecond'"), ("actor", "actor + 1"), ("kind", "'booking.moved'"),
    ("subject", "subject + 1"), ("body", "body || '{\"version\": 7}'"), ("hash", "sha256('other')")])
def test_a_changed_event_breaks_the_chain(campus, column, value):
    campus.outcomes(create("D-0"), create("D-1"))
    campus.sql("ALTER TABLE cowork.event DISABLE TRIGGER event_append_only")
    campus.sql("UPDATE cowork.event SET %s = %s WHERE site_id = 1 AND rev = %d" % (column, value, campus.rev() - 1))
    assert not campus.chain_holds()


def test_time_in_the_log_never_runs_backwards_even_if_the_clock_does(campus):
    campus.sql("UPDATE cowork.site SET last_at = clock_timestamp() + interval '1 hour' WHERE site_id = 1")
    ahead = campus.lane.value("SELECT cowork.us(last_at) FROM cowork.site WHERE site_id = 1")
    events = campus.run(create("D-0"), create("D-1"))["events"]
    assert [e["at"] for e in events] == [ahead, ahead]


def test_names_and_titles_stand_in_neither_log_nor_receipts(campus):
    marks = ["Zaphod", "Heart of Gold", "zaphod@beeble.example", "Trillian", "Marvin"]
    campus.lane.outcomes(
        0, command("member.invite", tenant="acme", login=marks[2], name=marks[0], role="member"),
        command("member.update", login=marks[2], name=marks[0] + " B."),
        command("tenant.update", tenant="acme", name=marks[1], email=marks[2]))
    request = create("D-0", title=marks[1], note=marks[3], guest=marks[4], member_id=3)
    facts = campus.one(request)["facts"]
    campus.outcomes(create("D-0", title=marks[1]), move(facts["ref"], hour=3), block("D-1", note=marks[3]),
                    cancel(facts["ref"]))
    assert facts["title"] == marks[1] and facts["member_name"] == "Zaphod B."
    stored = " ".join(row[0] for row in campus.sql(
        "SELECT e::text FROM cowork.event e UNION ALL SELECT r::text FROM cowork.receipt r"))
    assert [mark for mark in marks if mark in stored] == []


# size

def test_a_full_batch_answers_in_less_than_64_kib(campus):
    """Long notes leave room for a few facts only; each outcome and event is there all the same."""
    text = campus.lane.text(1, [create("D-%d" % (i % 8), i // 8, note="x" * 2000) for i in range(128)])
    assert len(text.encode()) < 65536
    answer = json.loads(text)
    assert [o["o"] for o in answer["outcomes"]] == ["done"] * 128 and len(answer["events"]) == 128
    with_facts = [o for o in answer["outcomes"] if "facts" in o]
    assert 0 < len(with_facts) < 20 and answer["outcomes"][:len(with_facts)] == with_facts


def test_a_batch_writes_the_site_row_once(campus):
    campus.sql("SELECT pg_stat_force_next_flush()")
    before = updates(campus)
    campus.outcomes(*[create("D-%d" % i) for i in range(8)])
    assert updates(campus) == before + 1


def updates(campus):
    campus.lane.value("SELECT pg_stat_force_next_flush()")
    return campus.lane.value("SELECT n_tup_upd FROM pg_stat_user_tables WHERE relname = 'site'")
