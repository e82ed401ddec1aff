"""What the daemon does with the database, in few words: lanes, commands, and a small site to use them on."""

import hashlib
import itertools
import json
import struct
import threading
import uuid

from waiting import wait_until

HOUR = 3600 * 1000000
NINE = 2679141600 * 1000000  # 2054-11-24 14:00 UTC, a Tuesday, nine in the morning in New York
ZONE = "America/New_York"
FAR = 1900000000 * 1000000  # 2030, when tokens expire

_refs = itertools.count()


def refs(letter="R", count=3):
    """Candidates nobody used before. Real ones carry a check symbol, which is the daemon's business."""
    return ["%s-%06d" % (letter, next(_refs)) for _ in range(count)]


def refused(request, outcome):
    """The command with the daemon's own verdict."""
    return {**request, "x": outcome}


def command(kind, /, actor=1, key=None, request="00", dry=False, r=None, **a):
    """One command as the lane takes it. None leaves an argument out."""
    return {"k": kind, "p": actor, "key": key or str(uuid.uuid4()), "h": request, "n": 1, "d": dry,
            "a": {k: v for k, v in a.items() if v is not None}, "r": r or {}}


def create(space, /, hour=0, hours=1, key=None, request="00", dry=False, actor=1, candidates=None, **a):
    """Book a space, or the first free of several, `hour` hours after nine."""
    a = {"spaces": [space] if isinstance(space, str) else space, "start": NINE + hour * HOUR,
         "end": NINE + (hour + hours) * HOUR, "zone": ZONE, "tenant_id": 1, "member_id": 1, "source": "client", **a}
    return command("booking.create", actor, key, request, dry, {"refs": refs() if candidates is None else candidates}, **a)


def move(ref, space=None, hour=None, hours=1, **a):
    if hour is not None:
        a.update(start=NINE + hour * HOUR, end=NINE + (hour + hours) * HOUR)
    return command("booking.move", ref=ref, space=space, zone=ZONE, **a)


def cancel(ref, **a):
    return command("booking.cancel", ref=ref, **a)


def undo(ref=None, **a):
    return command("booking.undo", ref=ref, **a)


def block(space, hour=0, hours=1, end=None, **a):
    return command("block.create", r={"refs": refs("B")}, space=space, start=NINE + hour * HOUR,
                   end=end or NINE + (hour + hours) * HOUR, **{"reason": "repair", **a})


class Lane:
    """One connection of the daemon and its lane id."""

    def __init__(self, cluster, database, user="coworkd", autocommit=True):
        self.connection = cluster.connect(database, user, autocommit)
        self.cursor = self.connection.cursor()
        self.id = self.value("SELECT cowork.lane_open()")
        if not autocommit:
            self.connection.rollback()

    def value(self, sql, *values):
        self.cursor.execute(sql, values or None)
        row = self.cursor.fetchone()
        return row[0] if row else None

    def rows(self, sql, *values):
        self.cursor.execute(sql, values or None)
        return self.cursor.fetchall()

    def text(self, site, commands, expected=None, guarded=False, fences=(), lane=None):
        return self.value(
            "SELECT cowork.lane_run(%s, %s, %s::bigint[], %s, '{}'::bigint[], %s::jsonb, %s)",
            site, lane or self.id, list(fences), expected, json.dumps(commands), guarded)

    def run(self, site, *commands, **options):
        return json.loads(self.text(site, commands, **options))

    def outcomes(self, site, *commands, **options):
        answer = self.run(site, *commands, **options)
        assert answer["status"] == "ok", answer
        return answer["outcomes"]

    def one(self, site, command, **options):
        return self.outcomes(site, command, **options)[0]

    def pid(self):
        return self.connection.info.backend_pid

    def close(self):
        self.connection.close()


class Campus:
    """Site 1 `kendall`: desks D-0 .. D-7, rooms A, B and AB (both of them), tenant acme, Ann and Bob (member_id 1
    and 2), a lane on it, and an owner's connection for what the daemon may not do."""

    site = 1

    def __init__(self, cluster, database, fill=False):
        self.cluster = cluster
        self.database = database
        self.lane = Lane(cluster, database)
        self.owner = cluster.connect(database, cluster.admin)
        self.owner.cursor().execute("SET ROLE cowork_owner")
        self.racers = []
        self.watcher = cluster.connect(database, cluster.admin)
        if fill:
            self.fill()

    def fill(self):
        done = self.lane.outcomes(
            0,
            command("site.create", code="kendall", name="Kendall Square", zone=ZONE),
            command("tenant.create", code="acme", name="Acme"),
            command("member.invite", tenant="acme", login="ann@acme.example", name="Ann", role="member"),
            command("member.invite", tenant="acme", login="bob@acme.example", name="Bob", role="tenant_admin"))
        assert [o["o"] for o in done] == ["done"] * 4, done
        spaces = [command("space.create", code="D-%d" % i, name="Desk %d" % i, kind="desk") for i in range(8)]
        spaces += [command("space.create", code=code, name="Room " + code, kind="room", units=units)
                   for code, units in (("A", None), ("B", None), ("AB", ["A", "B"]))]
        done = self.lane.outcomes(self.site, *spaces)
        assert [o["o"] for o in done] == ["done"] * 11, done

    def sql(self, text, *values):
        """As the owner of everything, but not as a superuser."""
        cursor = self.owner.cursor()
        cursor.execute(text, values or None)
        return cursor.fetchall() if cursor.description else cursor.rowcount

    def run(self, *commands, **options):
        return self.lane.run(self.site, *commands, **options)

    def outcomes(self, *commands, **options):
        return self.lane.outcomes(self.site, *commands, **options)

    def one(self, command, **options):
        return self.lane.one(self.site, command, **options)

    def book(self, *args, **a):
        """The facts of a booking that must succeed."""
        outcome = self.one(create(*args, **a))
        assert outcome["o"] == "done", outcome
        return outcome["facts"]

    def rev(self):
        return self.lane.value("SELECT rev FROM cowork.site WHERE site_id = %s", self.site)

    def new_lane(self, **options):
        return Lane(self.cluster, self.database, **options)

    def overlaps(self):
        """Live claims of one unit that share an instant: what must never be."""
        return self.sql("""
            SELECT count(*) FROM cowork.claim a JOIN cowork.claim b USING (site_id, unit_id)
            WHERE a.live AND b.live AND a.claim_id < b.claim_id AND a.occupied && b.occupied""")[0][0]

    def claims_fit_bookings(self):
        """Bookings whose live claims are not exactly the units and the interval they should be."""
        return self.sql("""
            SELECT b.ref FROM cowork.booking b
            WHERE ARRAY(SELECT ROW(c.unit_id, c.occupied::tstzrange)::text FROM cowork.claim c
                    WHERE c.site_id = b.site_id AND c.booking_id = b.booking_id AND c.live ORDER BY c.unit_id)
                IS DISTINCT FROM ARRAY(SELECT ROW(u.unit_id, b.during::tstzrange)::text FROM cowork.space_unit u
                    WHERE u.site_id = b.site_id AND u.space_id = b.space_id
                        AND b.state IN ('held', 'confirmed', 'checked_in') ORDER BY u.unit_id)""") == []

    def wait_blocked(self, count):
        """Until so many sessions of this database wait for a lock."""
        cursor = self.watcher.cursor()

        def are_there():
            cursor.execute("""SELECT count(*) FROM pg_stat_activity
                WHERE datname = current_database() AND wait_event_type = 'Lock'""")
            return cursor.fetchone()[0] >= count

        wait_until(are_there, what=f"that {count} wait")

    def race(self, *turns, gate=None):
        """Runs each turn (a function of a lane) on a session of its own, all released at the same instant: they
        queue at the site's lock, held by `gate`, until the last has come and the gate rolls back. Gives what each
        returned or raised, in their order."""
        if not gate:
            gate = self.cluster.connect(self.database, self.cluster.admin, autocommit=False)
            gate.cursor().execute("SELECT FROM cowork.site WHERE site_id = %s FOR NO KEY UPDATE", (self.site,))
        answers = [None] * len(turns)
        while len(self.racers) < len(turns):
            self.racers.append(self.new_lane())

        def play(number, turn):
            try:
                answers[number] = turn(self.racers[number])
                self.racers[number].value("SELECT pg_stat_force_next_flush()")
            except Exception as error:  # an error is an answer, which the test then finds
                answers[number] = error

        threads = [threading.Thread(target=play, args=each) for each in enumerate(turns)]
        for thread in threads:
            thread.start()
        self.wait_blocked(len(turns))
        gate.rollback()
        gate.close()
        for thread in threads:
            thread.join()
        return answers

    def deadlocks(self):
        self.lane.value("SELECT pg_stat_force_next_flush()")
        return self.lane.value(
            "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")

    def chain_holds(self, site=None):
        """Recomputes a site's log, hash by hash, in another language than it was written in."""
        site = self.site if site is None else site
        cursor = self.owner.cursor()
        cursor.execute("""
            SELECT rev, (extract(epoch FROM at) * 1000000)::bigint, actor, kind, subject, body::text, hash
            FROM cowork.event WHERE site_id = %s ORDER BY rev""", (site,))
        link = hashlib.sha256(b"cowork site %d" % site).digest()
        expected, last = 0, 0
        for rev, at, actor, kind, subject, body, link_stored in cursor:
            expected += 1
            assert rev == expected, "a gap before %d" % rev
            assert at >= last, "time ran backwards at %d" % rev
            last = at
            for field in (site, rev, at, actor, kind, subject, body):
                data = struct.pack(">q", field) if isinstance(field, int) else field.encode()
                link_fields = struct.pack(">i", len(data)) + data
                link += link_fields
            link = hashlib.sha256(link).digest()
            if link != bytes(link_stored):
                return False
        cursor.execute("SELECT rev, last_hash FROM cowork.site WHERE site_id = %s", (site,))
        rev, head = cursor.fetchone()
        return (rev, bytes(head)) == (expected, link)

    def close(self):
        self.lane.close()
        self.owner.close()
        self.watcher.close()
        for lane in self.racers:
            lane.close()
