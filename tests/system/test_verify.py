"""coworkd verify: holds on a database that only the lane has written, and finds each single edit made past it."""

import contextlib
import hashlib
import json
import os
import random
import re
import subprocess

import pytest

from rig import SANITIZER, build
from rpc import new_key
from world import Lane, World

HOUR_US = 3_600_000_000
COMMANDS = 600


def verify(cluster, database, *words, user="cowork_report"):
    done = subprocess.run([build() / "daemon/coworkd", "verify", "--database", cluster.conninfo(database, user),
                           *words], text=True, capture_output=True, timeout=120)
    report = SANITIZER.search(done.stderr)
    assert not report, done.stderr
    return done


class History:
    """Some hundred random commands of real people on both sites: made, moved, cancelled, blocked, refused,
    repeated, guarded, and by lanes of which some were fenced off afterwards."""

    def __init__(self, connection, world, seed=20261122):
        self.random = random.Random(seed)
        self.world, self.lane = world, Lane(connection)
        self.cursor = self.lane.cursor
        self.refs = {site: {"R": [], "B": []} for site in world.site.values()}
        self.cursor.execute("SELECT tenant_id FROM cowork.member WHERE person_id = %s", (world.person["ada"],))
        self.tenant = self.cursor.fetchone()[0]
        self.repeated = []
        done = 0
        while done < COMMANDS:
            batch = [self.command(site := self.random.choice(list(self.refs))) for _ in range(1)]
            batch += [self.command(site) for _ in range(self.random.randrange(8))]
            self.run(site, batch, guarded=self.random.random() < 0.1)
            done += len(batch)
            if self.random.random() < 0.05:
                self.fence(site)

    def ref(self, letter):
        return letter + "-" + "".join(self.random.choices("0123456789ABCDEFGHJKMNPQRSTVWXYZ", k=6))

    def command(self, site):
        zone = {self.world.site["KSQ"]: "America/New_York", self.world.site["DJN"]: "Asia/Seoul"}[site]
        space = self.random.choice([f"A-{n:02}" for n in range(1, 11)] + ["AB", "RA", "RB", "P-1", "nowhere"])
        start = (530_000 + self.random.randrange(200)) * HOUR_US
        args = {"space": space, "start": start, "end": start + self.random.randrange(1, 5) * HOUR_US, "zone": zone}
        kind = self.random.choices(["booking.create", "booking.move", "booking.cancel", "booking.undo", "block.create",
                                    "block.end", "site.update", "space.update"], [10, 4, 3, 3, 2, 1, 0.2, 0.5])[0]
        bookings, blocks, r = self.refs[site]["R"], self.refs[site]["B"], {}
        if kind == "booking.create":
            args.update(spaces=[args.pop("space")], tenant_id=self.tenant, member_id=self.world.person["bob"], source="client", title="Standup")
            r = {"refs": [self.ref("R"), self.ref("R")]}
        elif kind in ("booking.move", "booking.cancel"):
            args["ref"] = self.random.choice(bookings) if bookings else "R-000000"
        elif kind == "booking.undo":
            args = {"ref": self.random.choice(bookings)} if bookings and self.random.random() < 0.5 else {}
        elif kind == "block.create":
            args.update(reason="cleaning", note="")
            r = {"refs": [self.ref("B")]}
        elif kind == "block.end":
            args = {"ref": self.random.choice(blocks) if blocks else "B-000000"}
            args["at"] = self.random.choice([None, (530_000 + self.random.randrange(200)) * HOUR_US])
        elif kind == "space.update":
            args = {"space": space, "capacity": self.random.randrange(1, 40)}
        else:
            args = {"name": f"Site {self.random.randrange(100)}", "rules": {"desk": {"horizon": self.random.randrange(100)}}}
        if self.repeated and self.random.random() < 0.05:
            return self.random.choice(self.repeated)
        command = {"k": kind, "p": self.world.person[self.random.choice(["ada", "desk"])], "key": new_key(), "n": 1,
                   "d": self.random.random() < 0.03, "h": hashlib.sha256(os.urandom(8)).hexdigest(), "a": args,
                   "r": r}
        self.repeated.append(command)
        return command

    def run(self, site, batch, guarded=False, fences=()):
        self.cursor.execute("SELECT cowork.lane_run(%s, %s, %s::bigint[], NULL, '{}', %s::jsonb, %s)",
                            (site, self.lane.lane, list(fences), json.dumps(batch), guarded))
        answer = json.loads(self.cursor.fetchone()[0])
        assert answer["status"] == "ok", answer
        for event in answer["events"]:
            if event["kind"] in ("booking.created", "block.created"):
                ref = event["body"]["ref"]
                self.refs[site][ref[0]].append(ref)
        return answer

    def fence(self, site):
        old = self.lane.lane
        self.cursor.execute("SELECT cowork.lane_open()")
        self.lane.lane = self.cursor.fetchone()[0]
        self.run(site, [], fences=[old])


@pytest.fixture(scope="module")
def history_db(cluster):
    """The name of a database with a long history; for looking only."""
    with cluster.clone() as name:
        with contextlib.closing(cluster.connect(name, cluster.admin)) as connection:
            History(connection, World(connection))
        yield name


@pytest.fixture
def edited(cluster, history_db):
    """edited(sql): a copy of it in which a superuser has done this, past constraints and triggers."""
    with contextlib.ExitStack() as stack:
        def edit(sql):
            name = stack.enter_context(cluster.clone(history_db))
            with contextlib.closing(cluster.connect(name, cluster.admin)) as connection:
                connection.cursor().execute("SET session_replication_role = replica;"
                                            "ALTER TABLE cowork.event DISABLE TRIGGER event_append_only;"
                                            f"{sql};"
                                            "ALTER TABLE cowork.event ENABLE ALWAYS TRIGGER event_append_only")
            return name

        yield edit


def test_a_history_made_by_the_lane_holds(cluster, history_db):
    done = verify(cluster, history_db)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.fullmatch(r"verify: holds \(10 checks over \d+ rows in \d+\.\d s\)", done.stdout.splitlines()[-1])
    rows = {line.split()[0]: int(line.split()[1]) for line in done.stdout.splitlines()[:-1]}
    assert min(rows.values()) > 3, rows
    assert rows["log"] > COMMANDS / 3 and rows["receipts"] >= rows["bookings"] > 50


def test_json_says_the_same(cluster, history_db):
    done = verify(cluster, history_db, "--json")
    answer = json.loads(done.stdout)
    assert (done.returncode, answer["holds"], answer["wrong"]) == (0, True, 0)
    assert [check["name"] for check in answer["checks"]] == [
        "catalogue", "log", "receipts", "fences", "people", "spaces", "bookings", "blocks", "claims", "overlaps"]


def test_an_empty_database_holds(cluster, database):
    assert verify(cluster, database).returncode == 0


def test_one_site_alone_is_verified(cluster, edited):
    name = edited("UPDATE cowork.event SET at = at + interval '1 us' WHERE rev = 5 AND site_id ="
                  " (SELECT site_id FROM cowork.site WHERE code = 'KSQ')")
    assert verify(cluster, name, "--site", "djn").returncode == 0
    assert verify(cluster, name, "--site", "KSQ").returncode == 1


def test_a_site_that_is_none_is_a_wrong_command_line(cluster, database):
    done = verify(cluster, database, "--site", "NOPE")
    assert (done.returncode, done.stdout, done.stderr) == (64, "", 'coworkd: there is no site "NOPE"\n')


@pytest.mark.parametrize("command, option", [("verify", "--database"), ("migrate", "--admin")])
def test_a_database_that_is_not_there_is_what_setup_makes(cluster, command, option):
    """Trying again would not help."""
    done = subprocess.run([build() / "daemon/coworkd", command, option, cluster.conninfo("nowhere", cluster.admin)],
                          text=True, capture_output=True)
    assert (done.returncode, done.stdout) == (78, "")
    assert 'database "nowhere" does not exist: coworkd setup makes it\n' in done.stderr


def test_a_database_of_something_else_is_78(cluster):
    done = verify(cluster, "postgres", user=cluster.admin)
    assert (done.returncode, done.stdout) == (78, "")
    assert done.stderr == 'coworkd: database "postgres" has no schema of coworkd: coworkd setup makes it\n'


def test_a_connection_string_that_is_wrong_is_78(cluster, database):
    done = subprocess.run([build() / "daemon/coworkd", "verify", "--database", "dbnam=cowork"], text=True,
                          capture_output=True)
    assert done.returncode == 78 and "the connection string is wrong" in done.stderr


def test_what_cannot_be_read_is_75(cluster, database, short_dir):
    done = subprocess.run([build() / "daemon/coworkd", "verify", "--database", f"host={short_dir}"],
                          text=True, capture_output=True)
    assert (done.returncode, done.stdout) == (75, "")
    with contextlib.closing(cluster.connect(database, cluster.admin)) as connection:
        connection.cursor().execute("REVOKE SELECT ON cowork.receipt FROM cowork_report")
    done = verify(cluster, database)
    assert (done.returncode, done.stdout) == (75, "")
    assert done.stderr.startswith("coworkd: could not check: permission denied")


def test_another_version_of_the_schema_is_75(cluster, database):
    with contextlib.closing(cluster.connect(database, cluster.admin)) as connection:
        connection.cursor().execute("DELETE FROM cowork.migration WHERE version > 3")
    done = verify(cluster, database)
    assert done.returncode == 75 and "is at version 3, this coworkd verifies" in done.stderr


# Of the site with the longer history: a booking that stands, one that was moved, and the like.
SITE = "(SELECT max(site_id) FROM cowork.site)"
LIVE = f"(SELECT min(booking_id) FROM cowork.booking WHERE site_id = {SITE} AND state = 'confirmed' AND version = 1)"
MOVED = f"(SELECT min(booking_id) FROM cowork.booking WHERE site_id = {SITE} AND state = 'confirmed' AND version > 1)"
CANCELLED = f"(SELECT min(booking_id) FROM cowork.booking WHERE site_id = {SITE} AND state = 'cancelled')"
ROOM = f"site_id = {SITE} AND code = 'AB'"
LAST = f"(SELECT rev FROM cowork.site WHERE site_id = {SITE})"
BOOKED = f"(SELECT max(rev) FROM cowork.event WHERE site_id = {SITE} AND kind = 'booking.created')"
RECEIPT = f"SELECT * FROM cowork.receipt WHERE site_id = {SITE} AND outcome ->> 'rev' = {BOOKED}::text"

# what was done, the statement, the check that finds it, what it says
MUTANTS = [
    ("event body edited", f"""UPDATE cowork.event SET body = body || '{{"state": "held"}}'
        WHERE site_id = {SITE} AND rev = {BOOKED}""", "log", r"rev \d+ \(booking.created\): the hash does not follow"),
    ("event kind edited", f"UPDATE cowork.event SET kind = 'space.updated' WHERE site_id = {SITE} AND rev = 4",
     "log", r"rev 4 \(space.updated\): the hash does not follow"),
    ("event actor edited", f"UPDATE cowork.event SET actor = 2 WHERE site_id = {SITE} AND rev = 4", "log",
     "rev 4 .*: the hash does not follow"),
    ("event subject edited", f"UPDATE cowork.event SET subject = 999 WHERE site_id = {SITE} AND rev = {BOOKED}",
     "receipts", "another subject than its event"),
    ("hash edited", f"UPDATE cowork.event SET hash = sha256('x') WHERE site_id = {SITE} AND rev = 7", "log",
     "rev 8 .*: the hash does not follow"),
    ("last hash edited with the site's", f"""UPDATE cowork.event SET hash = sha256('x') WHERE site_id = {SITE}
        AND rev = {LAST}; UPDATE cowork.site SET last_hash = sha256('x') WHERE site_id = {SITE}""", "log",
     r"rev \d+ .*: the hash does not follow"),
    ("site's hash edited", f"UPDATE cowork.site SET last_hash = sha256('x') WHERE site_id = {SITE}", "log",
     "the site's hash is not that of rev"),
    ("event deleted", f"DELETE FROM cowork.event WHERE site_id = {SITE} AND rev = 9", "log", "rev 10 follows rev 8"),
    ("first event deleted", f"DELETE FROM cowork.event WHERE site_id = {SITE} AND rev = 1", "log",
     "rev 2 follows rev 0"),
    ("last event deleted", f"DELETE FROM cowork.event WHERE site_id = {SITE} AND rev = {LAST}", "log",
     r"the log ends at rev \d+, the site is at rev \d+"),
    ("all events deleted", f"DELETE FROM cowork.event WHERE site_id = {SITE}", "log", "the log ends at rev 0"),
    ("revs skipped", f"""UPDATE cowork.event SET rev = rev + 1000 WHERE site_id = {SITE} AND rev > 20;
        UPDATE cowork.site SET rev = rev + 1000 WHERE site_id = {SITE}""", "log", "rev 1021 follows rev 20"),
    ("two events swapped", f"""UPDATE cowork.event SET rev = 100000 WHERE site_id = {SITE} AND rev = 11;
        UPDATE cowork.event SET rev = 11 WHERE site_id = {SITE} AND rev = 12;
        UPDATE cowork.event SET rev = 12 WHERE site_id = {SITE} AND rev = 100000""", "log",
     "rev 12 is earlier than rev 11"),
    ("time put back", f"UPDATE cowork.event SET at = at - interval '1 h' WHERE site_id = {SITE} AND rev = 20", "log",
     "rev 20 is earlier than rev 19"),
    ("site's time put back", f"UPDATE cowork.site SET last_at = last_at - interval '1 h' WHERE site_id = {SITE}",
     "log", "the site's time is before that of rev"),
    ("event of no site", f"INSERT INTO cowork.event SELECT 777, 1, at, actor, kind, subject, body, hash"
     f" FROM cowork.event WHERE site_id = {SITE} AND rev = 1", "log", "events of site 777, which does not exist"),

    ("booking's state edited", f"UPDATE cowork.booking SET state = 'completed' WHERE booking_id = {LIVE}", "bookings",
     "R-......: its state is not that of its last event"),
    ("booking's interval edited", f"""UPDATE cowork.booking SET during = tstzrange(lower(during),
        upper(during) + interval '1 h') WHERE booking_id = {LIVE}""", "bookings", "its interval is not"),
    ("booking's space edited", f"UPDATE cowork.booking SET space_id = space_id + 1 WHERE booking_id = {LIVE}",
     "bookings", "its space is not"),
    ("booking's tenant edited", f"UPDATE cowork.booking SET tenant_id = tenant_id + 1 WHERE booking_id = {LIVE}",
     "bookings", "its tenant is not"),
    ("booking's member taken away", f"UPDATE cowork.booking SET member_id = NULL WHERE booking_id = {LIVE}",
     "bookings", "its member is not"),
    ("booking's version edited", f"UPDATE cowork.booking SET version = 9 WHERE booking_id = {LIVE}", "bookings",
     "its version is not"),
    ("booking's reference edited", f"UPDATE cowork.booking SET ref = 'R-ZZZZZZ' WHERE booking_id = {LIVE}",
     "bookings", "R-ZZZZZZ: its reference is not"),
    ("booking deleted", f"""DELETE FROM cowork.claim WHERE booking_id = {LIVE};
        DELETE FROM cowork.booking WHERE booking_id = {LIVE}""", "bookings", "it does not exist"),
    ("booking without a history", f"""INSERT INTO cowork.booking (site_id, ref, space_id, during, local_start,
        local_end, zone, state, created_by, source, created_at) SELECT site_id, 'R-000001', space_id, during,
        local_start, local_end, zone, 'cancelled', created_by, source, created_at FROM cowork.booking
        WHERE booking_id = {LIVE}""", "bookings", "R-000001: no event tells of it"),
    ("first event of a booking taken away", f"""DELETE FROM cowork.event WHERE site_id = {SITE}
        AND subject = {MOVED} AND kind = 'booking.created'""", "bookings", r"booking\.\w+ is its first event"),
    ("step of a booking taken away", f"""DELETE FROM cowork.event WHERE site_id = {SITE} AND rev =
        (SELECT min(rev) FROM cowork.event WHERE site_id = {SITE} AND body ->> 'version' = '2' AND subject =
            (SELECT min(booking_id) FROM cowork.booking WHERE site_id = {SITE} AND version > 2))""", "bookings",
     r"version 3 after version 1"),
    ("booking's maker edited", f"UPDATE cowork.booking SET created_by = 1 WHERE booking_id = {LIVE}", "bookings",
     "who made it is not who its first event names"),
    ("booking's wall clock edited", f"""UPDATE cowork.booking SET local_end = local_end + interval '1 h'
        WHERE booking_id = {LIVE}""", "bookings", "its wall clock is not that of its interval"),
    ("booking's zone edited", f"UPDATE cowork.booking SET zone = 'Mars/North' WHERE booking_id = {LIVE}", "bookings",
     "there is no zone Mars/North"),
    ("block's maker edited", f"""UPDATE cowork.block SET created_by = 1 WHERE site_id = {SITE} AND block_id =
        (SELECT min(block_id) FROM cowork.block WHERE site_id = {SITE})""", "blocks",
     "who made it is not who its first event names"),
    ("block's reason edited", f"""UPDATE cowork.block SET reason = 'party' WHERE site_id = {SITE} AND block_id =
        (SELECT min(block_id) FROM cowork.block WHERE site_id = {SITE})""", "blocks", "its reason is not"),

    ("space's state edited", f"UPDATE cowork.space SET state = 'retired' WHERE {ROOM}", "spaces",
     "AB: its state is not that of its last event"),
    ("space's kind edited", f"UPDATE cowork.space SET kind = 'booth' WHERE {ROOM}", "spaces", "AB: its kind is not"),
    ("space's capacity edited", f"UPDATE cowork.space SET capacity = 777 WHERE {ROOM}", "spaces",
     "AB: its capacity is not"),
    ("space's version edited", f"UPDATE cowork.space SET version = 77 WHERE {ROOM}", "spaces",
     "AB: its version is not the number of its events"),
    ("space's code edited", f"UPDATE cowork.space SET code = 'ABC' WHERE {ROOM}", "spaces", "ABC: its code is not"),
    ("space's unit taken away", f"""DELETE FROM cowork.space_unit WHERE site_id = {SITE} AND unit_id =
        (SELECT min(unit_id) FROM cowork.space_unit JOIN cowork.space USING (site_id, space_id) WHERE {ROOM})""",
     "spaces", "AB: its list of units is not"),
    ("site's zone edited", f"UPDATE cowork.site SET zone = 'Asia/Tokyo' WHERE site_id = {SITE}", "spaces",
     "its zone is not that of its last event"),
    ("site's hours edited", f"UPDATE cowork.site SET close_min = 1 + open_min WHERE site_id = {SITE}", "spaces",
     "when it is open is not that of its last event"),
    ("site's version edited", f"UPDATE cowork.site SET version = 77 WHERE site_id = {SITE}", "spaces",
     "its version is not the number of its events"),
    ("site's rule added", f"INSERT INTO cowork.booking_rule (site_id, kind, longest) VALUES ({SITE}, 'event', 60)", "spaces",
     "the list of its rules is not that of its last event"),
    ("site's rule edited", f"UPDATE cowork.booking_rule SET horizon = 1000 WHERE site_id = {SITE} AND kind = 'desk'", "spaces",
     "the list of its rules is not that of its last event"),
    ("space deleted", f"DELETE FROM cowork.space WHERE {ROOM}", "spaces", "the log speaks of it, but it does not exist"),
    ("space without a history", f"""INSERT INTO cowork.space (site_id, code, name, kind)
        VALUES ({SITE}, 'X-1', 'X', 'desk')""", "spaces", "X-1: no event tells of it"),

    ("block's state edited", f"""UPDATE cowork.block SET state = 'ended' WHERE site_id = {SITE} AND block_id =
        (SELECT min(block_id) FROM cowork.block WHERE site_id = {SITE} AND state = 'active')""", "blocks",
     "B-......: its state is not that of its last event"),

    ("claim missing", f"DELETE FROM cowork.claim WHERE booking_id = {LIVE}", "claims", r"unit \d+ is not claimed"),
    ("claim not live any more", f"UPDATE cowork.claim SET live = false WHERE booking_id = {LIVE}", "claims",
     r"unit \d+ is not claimed"),
    ("claim of another unit", f"""UPDATE cowork.claim c SET unit_id = (SELECT max(u.unit_id) FROM cowork.unit u
        WHERE u.site_id = c.site_id AND u.unit_id <> c.unit_id AND NOT EXISTS (SELECT FROM cowork.claim o
            WHERE o.live AND o.site_id = u.site_id AND o.unit_id = u.unit_id AND o.occupied && c.occupied))
        WHERE claim_id = (SELECT min(claim_id) FROM cowork.claim WHERE booking_id = {LIVE})""", "claims", r"claim \d+ of unit \d+ is not its"),
    ("claim of another interval", f"""UPDATE cowork.claim SET occupied = tstzrange(lower(occupied),
        lower(occupied) + interval '1 s') WHERE booking_id = {LIVE}""", "claims", r"claim \d+ is of another interval"),
    ("claim of a cancelled booking", f"""INSERT INTO cowork.claim (site_id, unit_id, occupied, booking_id)
        SELECT site_id, unit_id, tstzrange('2040-01-01', '2040-01-02'), booking_id FROM cowork.claim
        WHERE booking_id = {CANCELLED} LIMIT 1""", "claims", r"claim \d+ of unit \d+ is not its"),
    ("space of a live booking given another unit", f"""INSERT INTO cowork.space_unit SELECT site_id, space_id,
        (SELECT max(unit_id) FROM cowork.unit WHERE site_id = {SITE}) + 1 FROM cowork.booking WHERE booking_id = {LIVE}""",
     "claims", "R-......: its claims are not the units of its space"),
    ("space of an active block without units", f"""DELETE FROM cowork.space_unit u USING cowork.block b
        WHERE b.site_id = {SITE} AND b.state = 'active' AND u.site_id = b.site_id AND u.space_id = b.space_id""",
     "claims", "B-......: its claims are not the units of its space"),
    ("retired claim of no booking", """UPDATE cowork.claim SET booking_id = 999999 WHERE claim_id =
        (SELECT min(claim_id) FROM cowork.claim WHERE NOT live AND booking_id IS NOT NULL)""", "claims",
     r"claim \d+: there is no booking 999999"),
    ("retired claim of no unit", """UPDATE cowork.claim SET unit_id = 999999 WHERE claim_id =
        (SELECT min(claim_id) FROM cowork.claim WHERE NOT live)""", "claims",
     r"claim \d+: there is no unit 999999"),
    ("only a retired claim", f"UPDATE cowork.claim SET live = false WHERE booking_id = {LIVE}", "claims",
     "its claims are not the units of its space"),
    ("claim of a block missing", f"""DELETE FROM cowork.claim WHERE site_id = {SITE} AND block_id =
        (SELECT min(block_id) FROM cowork.block WHERE site_id = {SITE} AND state = 'active')""", "claims",
     "B-......: unit"),
    ("claim twice, the constraint dropped", f"""ALTER TABLE cowork.claim DROP CONSTRAINT claim_alone;
        INSERT INTO cowork.claim (site_id, unit_id, occupied, booking_id) SELECT site_id, unit_id, occupied,
        booking_id FROM cowork.claim WHERE booking_id = {LIVE} AND live LIMIT 1""", "overlaps",
     r"unit \d+: claims \d+ and \d+ overlap from \d{4}-"),

    ("receipt deleted", f"""DELETE FROM cowork.receipt WHERE site_id = {SITE} AND
        outcome ->> 'rev' = {BOOKED}::text""", "receipts", r"rev \d+ \(booking.created\) has no receipt"),
    ("receipt for nothing", f"""INSERT INTO cowork.receipt SELECT site_id, lane_id, principal,
        gen_random_uuid(), request_hash, outcome || '{{"rev": 99999}}', at FROM ({RECEIPT}) r""", "receipts",
     "rev 99999 is not in the log"),
    ("receipt of a site without events", f"""INSERT INTO cowork.receipt SELECT 500, lane_id, principal, key,
        request_hash, outcome, at FROM ({RECEIPT}) r""", "receipts", r"receipt \S+: rev \d+ is not in the log"),
    ("two receipts of one event", f"""INSERT INTO cowork.receipt SELECT site_id, lane_id, principal,
        gen_random_uuid(), request_hash, outcome, at FROM ({RECEIPT}) r""", "receipts", r"rev \d+ has 2 receipts"),
    ("receipt of another thing", f"""UPDATE cowork.receipt SET outcome = outcome || '{{"id": 424242}}'
        WHERE site_id = {SITE} AND outcome ->> 'rev' = {BOOKED}::text""", "receipts", "another subject than its event"),
    ("receipt of another version", f"""UPDATE cowork.receipt SET outcome = outcome || '{{"v": 77}}'
        WHERE site_id = {SITE} AND outcome ->> 'rev' = {BOOKED}::text""", "receipts", "another version than its event"),
    ("receipt of another time", f"""UPDATE cowork.receipt SET at = at + interval '1 s'
        WHERE site_id = {SITE} AND outcome ->> 'rev' = {BOOKED}::text""", "receipts", "another time than its event"),
    ("receipt of another person", f"""UPDATE cowork.receipt SET principal = 1
        WHERE site_id = {SITE} AND outcome ->> 'rev' = {BOOKED}::text""", "receipts", "another person than its event"),
    ("what was done made a refusal", f"""UPDATE cowork.receipt SET outcome = outcome || '{{"o": "slot_taken"}}'
        WHERE site_id = {SITE} AND outcome ->> 'rev' = {BOOKED}::text""", "receipts",
     "slot_taken, but names what was done"),
    ("refusal made done", """UPDATE cowork.receipt SET outcome = '{"o": "done"}' WHERE key =
        (SELECT key FROM cowork.receipt WHERE outcome ->> 'o' = 'slot_taken' LIMIT 1)""", "receipts",
     "done, but without a rev"),
    ("refusal of an unknown kind", """UPDATE cowork.receipt SET outcome = '{"o": "tired"}' WHERE key =
        (SELECT key FROM cowork.receipt WHERE outcome ->> 'o' = 'slot_taken' LIMIT 1)""", "receipts",
     "unknown outcome"),

    ("tenant missing", "DELETE FROM cowork.tenant WHERE code = 'acme'", "people", "R-......: there is no tenant 1"),
    ("person missing", "DELETE FROM cowork.person WHERE login = 'bob@acme.example'", "people",
     r"R-......: there is no person \d+"),
    ("staff without a person", "UPDATE cowork.staff SET person_id = 999999 WHERE role = 'front_desk'", "people",
     "staff: there is no person 999999"),
    ("staff of no site", "UPDATE cowork.staff SET site_id = 999 WHERE role = 'front_desk'", "people",
     "staff of a site that does not exist"),
    ("member of no tenant", "UPDATE cowork.member SET tenant_id = 999999", "people",
     r"member \d+: there is no tenant 999999"),
    ("token without a person", "UPDATE cowork.token SET person_id = 999999", "people",
     "token ........: there is no person 999999"),
    ("fence that came too late", f"UPDATE cowork.fence SET rev = 1 WHERE site_id = {SITE}", "fences",
     r"rev \d+ was written by lane \d+, which was fenced off at rev 1"),

    ("constraint weakened", """ALTER TABLE cowork.claim DROP CONSTRAINT claim_alone; ALTER TABLE cowork.claim
        ADD CONSTRAINT claim_alone EXCLUDE USING gist (unit_id WITH =, site_id WITH =, occupied WITH &&)
        WHERE (live AND block_id IS NULL)""", "catalogue", "the constraint claim_alone: EXCLUDE .*; must be EXCLUDE"),
    ("domain's check dropped", "ALTER DOMAIN cowork.span DROP CONSTRAINT span_check", "catalogue",
     "the columns of checked intervals: missing"),
    ("too many rights", "GRANT UPDATE (body) ON cowork.event TO coworkd", "catalogue", "may change: coworkd: event"),
    ("entry function for everyone", "GRANT EXECUTE ON FUNCTION cowork.purge(int) TO PUBLIC", "catalogue",
     "not closed: purge"),
    ("a table that may not be read", "REVOKE SELECT ON cowork.booking FROM coworkd", "catalogue",
     "^role coworkd lacks SELECT on cowork.booking: coworkd setup gives it back$"),
    ("a function that may not be called", "REVOKE EXECUTE ON FUNCTION cowork.lane_open() FROM coworkd", "catalogue",
     "^role coworkd lacks EXECUTE on cowork.lane_open: coworkd setup gives it back$"),
    ("a schema that is closed", "REVOKE USAGE ON SCHEMA cowork FROM coworkd", "catalogue",
     "^role coworkd lacks USAGE on schema cowork: coworkd setup gives it back$"),
]


@pytest.mark.parametrize("sql, check, says", [mutant[1:] for mutant in MUTANTS], ids=[mutant[0] for mutant in MUTANTS])
def test_an_edit_is_found(cluster, edited, sql, check, says):
    done = verify(cluster, edited(sql), "--json")
    assert done.returncode == 1, done.stdout + done.stderr
    answer = json.loads(done.stdout)
    assert answer["holds"] is False
    faults = {one["name"]: [fault["text"] for fault in one["faults"]] for one in answer["checks"]}
    assert any(re.search(says, text) for text in faults[check]), faults


def test_what_the_servers_role_lacks_is_one_fault_each_and_setup_mends_it(cluster, edited):
    name = edited("REVOKE SELECT ON cowork.site, cowork.event FROM coworkd;"
                  "REVOKE EXECUTE ON FUNCTION cowork.token_find(text) FROM coworkd")
    done = verify(cluster, name)
    assert done.returncode == 1
    assert re.findall("lacks (.*): coworkd setup", done.stdout) == [
        "EXECUTE on cowork.token_find", "SELECT on cowork.event", "SELECT on cowork.site"]
    assert done.stdout.splitlines()[-1].startswith("verify: does not hold: 3 wrong (")
    subprocess.run([build() / "daemon/coworkd", "setup", "--admin", cluster.conninfo(name, cluster.admin),
                    "--database", name], check=True, capture_output=True)
    assert verify(cluster, name).returncode == 0


def test_a_trigger_left_off_is_found(cluster, history_db):
    with cluster.clone(history_db) as name:
        with contextlib.closing(cluster.connect(name, cluster.admin)) as connection:
            connection.cursor().execute("ALTER TABLE cowork.event DISABLE TRIGGER event_append_only")
        done = verify(cluster, name)
    assert done.returncode == 1
    assert "the trigger event_append_only: 58 D event_refuse; must be 58 A event_refuse" in done.stdout


def test_the_first_faults_are_shown_and_the_rest_counted(cluster, edited):
    done = verify(cluster, edited("DELETE FROM cowork.claim"))
    assert done.returncode == 1
    lines = done.stdout.splitlines()
    count = int(re.search(r"^claims +\d+ rows +(\d+) wrong$", done.stdout, re.M)[1])
    assert sum(line.startswith("  site ") for line in lines) == 20
    assert f"  and {count - 20} more" in lines
    assert lines[-1].startswith(f"verify: does not hold: {count} wrong (")
