"""A week of 300 people at one site: they look, book, move, cancel, and take any desk, through two daemons, one
of which is killed in the middle and comes back. What each was told is what the database holds in the end."""

import json
import os
import random
import subprocess
import threading

import pytest

from judge import BOOKINGS_OVERLAP, CHAIN, CLAIMS_ASTRAY, CLAIMS_OVERLAP
from rig import build
from rpc import RpcError, new_key
from world import Lane, World, new_token

MEMBERS = int(os.environ.get("COWORK_WEEK_MEMBERS", 300))
DESKS, ROOMS = MEMBERS * 2 // 5, 10
THREADS = 12
DAYS = [f"2055-03-{day:02}" for day in range(1, 6)]  # Monday to Friday
RULES = {"desk": {"longest": 720, "shortest": 60, "granularity": 30, "one_at_a_time": True},
         "room": {"longest": 240, "shortest": 30, "granularity": 30, "one_at_a_time": True}}
AGAIN = ("db_unavailable", "busy", "timeout", "outcome_unknown", "in_progress", "draining", "behind")
ONE_PERSON_TWO_PLACES = """
SELECT a.ref, b.ref FROM cowork.booking a JOIN cowork.space sa USING (site_id, space_id)
JOIN cowork.booking b ON b.site_id = a.site_id AND b.member_id = a.member_id AND b.booking_id > a.booking_id
	AND b.during && a.during AND b.state = 'confirmed'
JOIN cowork.space sb ON sb.site_id = b.site_id AND sb.space_id = b.space_id AND sb.kind = sa.kind
WHERE a.state = 'confirmed'"""


def make_people(connection):
    """Tenants of ten people each; a token for everybody."""
    lane, tokens = Lane(connection), []
    for first in range(0, MEMBERS, 10):
        tenant = f"firm-{first // 10:02}"
        lane.do(0, "tenant.create", {"code": tenant, "name": f"Firm {first // 10}"})
        codes = [new_token("cwc_") for _ in range(10)]
        made = [new_token() for _ in range(10)]
        invited = [("member.invite", {"tenant": tenant, "login": f"p{first + n:03}@{tenant}.example",
                                      "name": f"Person {first + n}", "role": "member"},
                    {"code": {"id": ident, "hash": digest, "expires": World.in_days(1)}})
                   for n, (_, ident, digest) in enumerate(codes)]
        redeemed = [("code.redeem", {"code": ident, "hash": digest, "label": "week"},
                     {"id": token[1], "hash": token[2], "expires": World.in_days(1)})
                    for (_, ident, digest), token in zip(codes, made)]
        outcomes = lane.run(0, invited) + lane.run(0, redeemed)
        assert {outcome["o"] for outcome in outcomes} == {"done"}
        tokens += [token[0] for token in made]
    return tokens


def make_places(connection, site):
    lane = Lane(connection)
    spaces = [("space.create", {"code": f"D-{n:03}", "name": f"Desk {n}", "kind": "desk", "floor": "2F", "area": "A",
                                "capacity": 1, "amenities": [], "units": []}) for n in range(DESKS)]
    spaces += [("space.create", {"code": f"M-{n}", "name": f"Room {n}", "kind": "room", "floor": "2F", "area": None,
                                 "capacity": 6, "amenities": [], "units": []}) for n in range(ROOMS)]
    for first in range(0, len(spaces), 50):
        assert {outcome["o"] for outcome in lane.run(site, spaces[first:first + 50])} == {"done"}


class Member:
    """One person with a will of their own: the same seed wants the same things."""

    def __init__(self, number, token, week):
        self.chance = random.Random(f"week {number}")
        self.number, self.token, self.week = number, token, week
        self.client = None
        self.told = {}  # ref: (state, space, start), as last acknowledged
        self.kinds = {}

    def connect(self):
        """To the daemon of this person, or to the other while that is away."""
        self.leave()
        daemons = self.week.daemons
        for daemon in (daemons[self.number % 2], daemons[1 - self.number % 2]) * 50:
            try:
                self.client = daemon.client(self.token)
                return
            except (OSError, EOFError):
                self.week.restarted.wait(0.1)
        raise AssertionError("neither daemon takes connections")

    def leave(self):
        if self.client:
            self.client.close()
            self.client = None

    def ask(self, method, **params):
        """The result or a refusal; asks again for as long as it is not known, always with the same key."""
        for attempt in range(1, 200):
            try:
                if not self.client:
                    self.connect()
                if "key" in params:
                    params["attempt"] = attempt
                return self.client.call(method, site="KSQ", **params)
            except RpcError as error:
                if error.kind not in AGAIN:
                    self.week.count(error.kind)
                    return error
                self.week.restarted.wait(0.02)
            except (OSError, EOFError):
                self.leave()
        raise AssertionError(f"no final answer to {method} {params}")

    def change(self, method, **params):
        answer = self.ask(method, key=new_key(), **params)
        if isinstance(answer, RpcError):
            return answer
        booking = answer["booking"]
        self.told[booking["ref"]] = (booking["state"], booking["space"], booking["start"])
        self.week.count(method)
        return booking

    def book_desk(self, day, start, end):
        span = {"start": f"{day}T{start:02}:00", "end": f"{day}T{end:02}:00"}
        if self.chance.random() < 0.5:
            return self.change("booking.create", like={"kind": "desk"}, **span)
        found = self.ask("space.search", kind="desk", limit=20, **span)
        if isinstance(found, RpcError) or not found["spaces"]:
            return None
        wanted = self.chance.choice(found["spaces"])["space"]["code"]
        answer = self.change("booking.create", space=wanted, **span)
        if isinstance(answer, RpcError) and answer.data.get("alternatives"):
            other = answer.data["alternatives"][0]
            answer = self.change("booking.create", **{name: other[name] for name in ("space", "start", "end")})
        return answer

    def live_day(self, day):
        start = self.chance.choice([8, 9, 10])
        desk = self.book_desk(day, start, start + self.chance.choice([4, 8])) if self.chance.random() < 0.7 else None
        held = isinstance(desk, dict)
        if held and self.chance.random() < 0.2:
            self.change("booking.move", ref=desk["ref"], start=f"{day}T13:00", end=f"{day}T18:00")
        if held and self.chance.random() < 0.2:
            self.change("booking.cancel", ref=desk["ref"])
        if self.chance.random() < 0.3:
            hour = self.chance.randrange(8, 19)
            self.change("booking.create", space=f"M-{self.chance.randrange(ROOMS)}", start=f"{day}T{hour:02}:00",
                        end=f"{day}T{hour + 1:02}:00", title=f"meeting of {self.number}")


class Week:
    def __init__(self, daemons, tokens):
        self.daemons = daemons
        self.restarted = threading.Event()
        self.changed = threading.Condition()
        self.counts, self.done, self.problems = {}, 0, []
        self.members = [Member(number, token, self) for number, token in enumerate(tokens)]

    def count(self, what):
        with self.changed:
            self.counts[what] = self.counts.get(what, 0) + 1

    def lead(self, members):
        try:
            for day in DAYS:
                for member in members:
                    member.live_day(day)
                    with self.changed:
                        self.done += 1
                        self.changed.notify_all()
        except BaseException as problem:
            self.problems.append(problem)
            raise
        finally:
            for member in members:
                member.leave()
            with self.changed:
                self.done += len(DAYS) * MEMBERS  # whoever waits for more is not left waiting
                self.changed.notify_all()

    def live(self, in_the_middle):
        threads = [threading.Thread(target=self.lead, args=(self.members[n::THREADS],)) for n in range(THREADS)]
        for thread in threads:
            thread.start()
        with self.changed:
            self.changed.wait_for(lambda: self.done >= MEMBERS * len(DAYS) // 2)
        in_the_middle()
        self.restarted.set()
        for thread in threads:
            thread.join()
        assert not self.problems, self.problems


@pytest.fixture
def week(start_daemon, world, world_db, cluster, sql):
    tokens = make_people(sql.connection)
    make_places(sql.connection, world.site["KSQ"])
    sql.connection.commit()
    daemons = [start_daemon(name, limits__connections_per_source=1000) for name in ("one", "two")]
    with daemons[0].client(world.token["operator"]) as operator:
        operator.change("site.update", site="KSQ", open="08:00", close="20:00", rules=RULES)
    return Week(daemons, tokens)


def held_by_database(sql):
    sql.execute("""SELECT s.code, lower(occupied) AT TIME ZONE 'UTC', upper(occupied) AT TIME ZONE 'UTC'
        FROM cowork.claim c JOIN cowork.space_unit USING (site_id, unit_id) JOIN cowork.space s USING (site_id, space_id)
        JOIN cowork.site t USING (site_id) WHERE live AND t.code = 'KSQ' ORDER BY 1, 2""")
    return [(code, f"{start:%Y-%m-%dT%H:%M:%SZ}", f"{end:%Y-%m-%dT%H:%M:%SZ}") for code, start, end in sql.fetchall()]


def held_by_calendar(daemon, token, rev):
    """The week of every space, as this daemon has it in memory."""
    held = []
    with daemon.client(token) as client:
        for area in ("A", None):
            codes = [None] if area else sorted(
                space["code"] for space in client.call("space.list", site="KSQ", limit=500)["spaces"]
                if not space.get("area"))
            for code in codes:
                where = {"area": area} if area else {"space": code}
                found = client.call("space.week", site="KSQ", date=DAYS[0], min_rev=rev, limit=500, **where)
                assert not found.get("has_more")
                held += [(space["space"]["code"], span["start"], span["end"]) for space in found["spaces"]
                         for span in space["spans"] if span["state"] == "taken"]
    return sorted(held)


@pytest.mark.limit(300)
def test_a_week_of_many_people_ends_as_each_of_them_was_told(week, world, world_db, cluster, sql):
    def kill_and_restart():
        week.daemons[1].kill()
        week.daemons[1].start()

    week.live(kill_and_restart)

    sql.execute("SELECT b.ref, b.state, s.code, lower(b.during) AT TIME ZONE 'UTC', b.member_id FROM cowork.booking b "
                "JOIN cowork.space s USING (site_id, space_id)")
    held = {ref: (state, space, f"{start:%Y-%m-%dT%H:%M:%SZ}") for ref, state, space, start, _ in sql.fetchall()}
    told = {ref: what for member in week.members for ref, what in member.told.items()}
    assert told == held
    for query in (CLAIMS_OVERLAP, BOOKINGS_OVERLAP, CLAIMS_ASTRAY, CHAIN, ONE_PERSON_TWO_PLACES):
        sql.execute(query)
        assert sql.fetchall() == [], query
    done = subprocess.run([build() / "daemon/coworkd", "verify", "--database", cluster.conninfo(world_db, "cowork_report"),
                           "--json"], text=True, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr

    sql.execute("SELECT rev FROM cowork.site WHERE code = 'KSQ'")
    rev = sql.fetchone()[0]
    expected = held_by_database(sql)
    for daemon in week.daemons:
        assert held_by_calendar(daemon, world.token["operator"], rev) == expected, daemon.name
    print(json.dumps({"members": MEMBERS, "rev": rev, **dict(sorted(week.counts.items()))}))
    for what in ("booking.create", "booking.move", "booking.cancel", "slot_taken"):
        assert week.counts.get(what, 0) > 0, f"a week without any {what} proves little: {week.counts}"
