"""Real sessions against one another. Each race is released at one instant (Campus.race); every answer must be an
outcome, exactly one may win a place, and the server may have seen no deadlock."""

import collections
import random
import threading

import psycopg2

from lane import HOUR, NINE, block, cancel, command, create, move, refs

SESSIONS = 8
ROUNDS = 25


def kinds(answers):
    """How often each kind of outcome came, errors by their own name."""
    return collections.Counter(a["o"] if isinstance(a, dict) else type(a).__name__ for a in answers)


def settled(campus):
    assert campus.deadlocks() == 0
    assert campus.overlaps() == 0
    assert campus.claims_fit_bookings()
    assert campus.chain_holds()


def booker(*args, **a):
    request = create(*args, **a)
    return lambda lane: lane.one(1, request)


def test_eight_sessions_on_one_slot_have_one_winner(campus):
    for hour in range(ROUNDS):
        answers = campus.race(*[booker("D-0", hour) for _ in range(SESSIONS)])
        assert kinds(answers) == {"done": 1, "slot_taken": SESSIONS - 1}, answers
    settled(campus)


def test_a_combined_room_against_its_halves(campus):
    """Either the whole was quicker, or each half has its winner; never the whole beside a half."""
    for hour in range(ROUNDS):
        rooms = ["AB", "A", "B", "AB", "A", "B"]
        answers = campus.race(*[booker(room, hour) for room in rooms])
        won = sorted(room for room, answer in zip(rooms, answers) if answer["o"] == "done")
        assert won in (["AB"], ["A", "B"]), answers
        assert kinds(answers) == {"done": len(won), "slot_taken": 6 - len(won)}
    settled(campus)


def test_rooms_taken_in_opposite_orders_do_not_deadlock(campus):
    for hour in range(ROUNDS):
        answers = campus.race(*[lambda lane, rooms=rooms: lane.outcomes(1, *[create(r, hour) for r in rooms])
                                for rooms in ("AB", "BA") * 3])
        assert kinds([o for answer in answers for o in answer]) == {"done": 2, "slot_taken": 10}, answers
    settled(campus)


def test_moves_that_cross_are_both_refused(campus):
    """Each wants the other's place: neither can have it, whoever comes first, and nobody loses his own."""
    for hour in range(ROUNDS):
        ann, bob = (campus.book(desk, hour)["ref"] for desk in ("D-0", "D-1"))
        answers = campus.race(lambda lane: lane.one(1, move(ann, space="D-1")),
                              lambda lane: lane.one(1, move(bob, space="D-0")))
        assert kinds(answers) == {"slot_taken": 2}, answers
    settled(campus)


def test_moves_in_a_ring_round_a_free_place_never_overlap(campus):
    """Four bookings and five desks: whoever finds the next desk free goes there, the rest stay."""
    booked = [campus.book("D-%d" % i)["ref"] for i in range(4)]
    at = list(range(4))
    for _ in range(ROUNDS):
        answers = campus.race(*[
            lambda lane, ref=ref, to=(at[i] + 1) % 5: lane.one(1, move(ref, space="D-%d" % to))
            for i, ref in enumerate(booked)])
        assert set(kinds(answers)) <= {"done", "slot_taken"} and kinds(answers)["done"] >= 1, answers
        at = [(place + 1) % 5 if answer["o"] == "done" else place for place, answer in zip(at, answers)]
        assert len(set(at)) == 4
    settled(campus)


def test_eight_moves_to_one_slot_have_one_winner(campus):
    for hour in range(ROUNDS):
        booked = [campus.book("D-%d" % i, hour)["ref"] for i in range(7)]
        answers = campus.race(*[lambda lane, ref=ref: lane.one(1, move(ref, space="D-7")) for ref in booked])
        assert kinds(answers) == {"done": 1, "slot_taken": 6}, answers
    settled(campus)


def test_if_the_holder_rolls_back_one_of_those_who_waited_wins(campus):
    for hour in range(ROUNDS):
        holder = campus.new_lane(autocommit=False)
        assert holder.one(1, create("D-0", hour))["o"] == "done"
        answers = campus.race(*[booker("D-0", hour) for _ in range(SESSIONS)], gate=holder.connection)
        assert kinds(answers) == {"done": 1, "slot_taken": SESSIONS - 1}, answers
    settled(campus)


def test_one_key_from_eight_sessions_books_once(campus):
    for hour in range(ROUNDS):
        request = create("D-0", hour)
        answers = campus.race(*[lambda lane: lane.one(1, request) for _ in range(SESSIONS)])
        assert kinds(answers) == {"done": SESSIONS}, answers
        assert len({answer["id"] for answer in answers}) == 1
        assert sum("replayed" in answer for answer in answers) == SESSIONS - 1
    assert campus.sql("SELECT count(*) FROM cowork.booking") == [(ROUNDS,)]
    settled(campus)


def test_a_cancel_races_with_who_waits_for_the_place(campus):
    for hour in range(ROUNDS):
        ref = campus.book("D-0", hour)["ref"]
        answers = campus.race(lambda lane: lane.one(1, cancel(ref)), booker("D-0", hour), booker("D-0", hour))
        assert answers[0]["o"] == "done"
        assert kinds(answers[1:]) in ({"done": 1, "slot_taken": 1}, {"slot_taken": 2}), answers
    settled(campus)


def test_two_changes_of_one_version_have_one_winner(campus):
    for hour in range(ROUNDS):
        ref = campus.book("D-0", hour)["ref"]
        answers = campus.race(
            lambda lane: lane.one(1, cancel(ref, if_version=1)),
            *[lambda lane, n=n: lane.one(1, move(ref, space="D-%d" % n, if_version=1)) for n in range(1, 8)])
        assert kinds(answers)["done"] == 1, answers
        assert set(kinds(answers)) <= {"done", "stale_version", "wrong_state"}
    settled(campus)


def test_a_fence_and_the_batch_it_is_for_have_no_third_case(campus):
    """Either the old lane's batch is committed and found, or it is fenced and run by the new lane: once in all."""
    for hour in range(ROUNDS):
        request = create("D-0", hour)
        lane_id = campus.lane.value("SELECT cowork.lane_open()")
        before, after = campus.race(lambda lane: lane.run(1, request, lane=lane_id),
                                    lambda lane: lane.run(1, request, fences=[lane_id]))
        assert after["status"] == "ok" and after["outcomes"][0]["o"] == "done", after
        if before["status"] == "fenced":
            assert "replayed" not in after["outcomes"][0]
        else:
            assert after["outcomes"][0] == {**before["outcomes"][0], "replayed": True}
    assert campus.sql("SELECT count(*) FROM cowork.booking") == [(ROUNDS,)]
    settled(campus)


def test_only_one_of_those_who_judged_at_one_rev_gets_to_write(campus):
    for hour in range(ROUNDS):
        rev = campus.rev()
        answers = campus.race(*[
            lambda lane, n=n: lane.run(1, create("D-%d" % n, hour), expected=rev) for n in range(SESSIONS)])
        assert collections.Counter(a["status"] for a in answers) == {"ok": 1, "behind": SESSIONS - 1}
        assert all(len(a["events"]) == 1 for a in answers)
    settled(campus)


def test_sites_do_not_wait_for_one_another(campus):
    campus.lane.one(0, command("site.create", code="daejeon", name="Daejeon", zone="Asia/Seoul"))
    holder = campus.new_lane(autocommit=False)
    holder.one(1, create("D-0"))
    other = campus.new_lane()
    other.cursor.execute("SET lock_timeout = '1s'")
    assert other.one(2, command("space.create", code="D-0", name="Desk", kind="desk"))["o"] == "done"
    assert other.one(0, command("tenant.create", code="zeta", name="Zeta"))["o"] == "done"
    holder.connection.rollback()
    holder.close()
    other.close()


def test_time_and_numbers_of_the_log_run_forward_under_eight_writers(campus):
    def write(lane):
        number = lane.pid()
        for hour in range(30):
            lane.outcomes(1, *[create("D-%d" % random.randrange(8), hour) for _ in range(3)])
        return number

    answers = campus.race(*[write] * SESSIONS)
    assert all(isinstance(answer, int) for answer in answers), answers
    rows = campus.sql("SELECT rev, at FROM cowork.event WHERE site_id = 1 ORDER BY rev")
    assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
    assert all(a[1] <= b[1] for a, b in zip(rows, rows[1:]))
    settled(campus)


def test_writers_past_the_lock_meet_the_constraint_and_it_alone_suffices(campus):
    """Not what any program of ours does: claims inserted without the site's lock, as the owner. With DO NOTHING
    one wins, none fails, and nothing deadlocks."""
    for hour in range(ROUNDS):
        ids = [campus.book("D-7", 100 + hour * SESSIONS + i)["id"] for i in range(SESSIONS)]
        start = threading.Barrier(SESSIONS)
        answers = []

        def insert(booking):
            connection = campus.cluster.connect(campus.database, campus.cluster.admin)
            cursor = connection.cursor()
            start.wait()
            try:
                cursor.execute("""
                    INSERT INTO cowork.claim (site_id, unit_id, occupied, booking_id)
                    VALUES (1, 1, tstzrange(cowork.from_us(%s), cowork.from_us(%s)), %s) ON CONFLICT DO NOTHING""",
                    (NINE + hour * HOUR, NINE + (hour + 1) * HOUR, booking))
                answers.append(cursor.rowcount)
            except psycopg2.Error as error:
                answers.append(error)
            cursor.execute("SELECT pg_stat_force_next_flush()")
            connection.close()

        threads = [threading.Thread(target=insert, args=(booking,)) for booking in ids]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers, key=str) == [0] * (SESSIONS - 1) + [1], answers
    assert campus.overlaps() == 0 and campus.deadlocks() == 0


def test_random_commands_from_eight_sessions_keep_every_promise(campus):
    """Whatever they ask, at the end no unit is held twice, claims fit bookings, the log replays to the same
    calendar, and each answer was an outcome."""
    shared = []

    def live(seed):
        dice = random.Random(seed)

        def any_command():
            ref = dice.choice(shared) if shared else "R-ZZZZZZ"
            space = dice.choice(["D-0", "D-1", "D-2", "A", "B", "AB"])
            hour, hours = dice.randrange(12), dice.randrange(1, 4)
            dry = dice.random() < 0.1
            kind = dice.random()
            if kind < 0.45:
                candidates = refs()
                request = create(space, hour, hours, candidates=candidates)
                shared.append(candidates[0])
            elif kind < 0.75:
                request = move(ref, space=dice.choice([None, space]), hour=hour, hours=hours,
                               if_version=dice.choice([None, None, 1, 2]))
            elif kind < 0.95:
                request = cancel(ref, own=dice.choice([None, {"member": 1}, {"member": 2}]))
            else:
                request = block(space, hour, hours)
            return {**request, "d": dry}

        def play(lane):
            seen = []
            for _ in range(25):
                batch = [any_command() for _ in range(dice.randrange(1, 9))]
                if dice.random() < 0.2:
                    batch.append(batch[0])
                seen += lane.outcomes(1, *batch, guarded=dice.random() < 0.3)
            return seen

        return play

    answers = campus.race(*[live(seed) for seed in range(SESSIONS)])
    assert all(isinstance(answer, list) for answer in answers), answers
    assert set(kinds([o for answer in answers for o in answer])) <= {
        "done", "slot_taken", "blocked", "not_found", "stale_version", "wrong_state"}
    settled(campus)
    assert replayed(campus) == campus.sql("""
        SELECT unit_id, cowork.us(lower(occupied)), cowork.us(upper(occupied)), booking_id, block_id
        FROM cowork.claim WHERE live ORDER BY 1, 2""")


def replayed(campus):
    """The live claims as a reader of the log alone would have them."""
    held = {}
    for kind, subject, body in campus.sql("""
            SELECT kind, subject, body FROM cowork.event
            WHERE site_id = 1 AND kind ~ '^(booking|block)[.]' ORDER BY rev"""):
        noun = kind.split(".")[0]
        live = noun == "block" or body["state"] in ("held", "confirmed", "checked_in")
        held[noun, subject] = [(unit, body["start"], body["end"]) for unit in body["units"]] if live else []
    return sorted(
        (unit, start, end, subject if noun == "booking" else None, subject if noun == "block" else None)
        for (noun, subject), claims in held.items() for unit, start, end in claims)
