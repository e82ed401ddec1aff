"""Where things are measured: one private PostgreSQL on a real disk, with fsync, and TLS on loopback for everybody, and
in it a site of `spaces` spaces with `bookings` live bookings.

`full` is that database; it is cloned for each side that books, so that both begin alike.
"""

import contextlib
import datetime
import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

from cluster import Cluster
from rig import make_certificate
from world import Lane, new_token

SITE = "BENCH"
ZONE = "Asia/Seoul"  # no summer time, so that all days are alike
BOOKERS = 64         # people who book while it is measured, one a connection
DAY_US = 86_400_000_000
HOUR_US = 3_600_000_000
BATCH = 128

SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
ssl = on
ssl_cert_file = '{folder}/cert.pem'
ssl_key_file = '{folder}/key.pem'
fsync = on
synchronous_commit = on
full_page_writes = on
shared_buffers = 256MB
max_wal_size = 4GB
checkpoint_timeout = 30min
max_connections = 160
autovacuum = off
"""

# Between 8 and 18 o'clock there are five times of two hours; each space has four of them taken each day, by one person.
# Of the first space the fifth is somebody else's.
BOOKINGS = """
INSERT INTO cowork.booking (site_id, ref, space_id, tenant_id, member_id, during, local_start, local_end, zone, state,
	created_by, source, created_at)
SELECT %(site)s, 'R-' || lpad(upper(to_hex(row_number() OVER () * 10368889 %% 16777216)), 6, '0'), w.space_id,
	w.tenant_id, w.member_id, tstzrange(w.at, w.at + interval '2 hours'), w.at AT TIME ZONE %(zone)s,
	(w.at + interval '2 hours') AT TIME ZONE %(zone)s, %(zone)s, 'confirmed', 0, 'import', now()
FROM (
	SELECT s.space_id, to_timestamp(%(first)s) + d * interval '1 day' + (8 + 2 * k) * interval '1 hour' AS at,
		CASE WHEN (s.n + d) %% 5 = k THEN %(other)s ELSE (%(people)s::bigint[])[s.n + 1] END AS member_id,
		(%(tenants)s::bigint[])[CASE WHEN (s.n + d) %% 5 = k THEN cardinality(%(tenants)s::bigint[]) ELSE s.n + 1 END]
			AS tenant_id
	FROM (SELECT space_id, right(code, 4)::int AS n FROM cowork.space) s, generate_series(0, %(days)s - 1) d,
		generate_series(0, 4) k
	WHERE (s.n + d) %% 5 <> k OR s.n = 0
	ORDER BY d, s.n, k) w
"""

CLAIMS = """
INSERT INTO cowork.claim (site_id, unit_id, occupied, booking_id)
SELECT b.site_id, u.unit_id, b.during, b.booking_id
FROM cowork.booking b JOIN cowork.space_unit u USING (site_id, space_id) ORDER BY b.booking_id
"""

EVENTS = """
DO $$
DECLARE
	v cowork.site;
	b record;
BEGIN
	SELECT * INTO v FROM cowork.site WHERE site_id = %(site)s FOR NO KEY UPDATE;
	FOR b IN SELECT x.booking_id, cowork.booking_body(x, ARRAY[u.unit_id], 0) AS body
		FROM cowork.booking x JOIN cowork.space_unit u USING (site_id, space_id) ORDER BY x.booking_id
	LOOP
		v.rev := v.rev + 1;
		v.last_at := greatest(clock_timestamp(), v.last_at);
		v.last_hash := cowork.event_hash(v.last_hash, v.site_id, v.rev, v.last_at, 0, 'booking.created', b.booking_id,
			b.body);
		INSERT INTO cowork.event (site_id, rev, at, actor, kind, subject, body, hash)
		VALUES (v.site_id, v.rev, v.last_at, 0, 'booking.created', b.booking_id, b.body, v.last_hash);
	END LOOP;
	UPDATE cowork.site SET rev = v.rev, last_hash = v.last_hash, last_at = v.last_at WHERE site_id = v.site_id;
END
$$
"""


def free_port():
    with socket.socket() as it:
        it.bind(("127.0.0.1", 0))
        return it.getsockname()[1]


def first_day():
    """The first day with bookings, by UTC: some days ahead, so that none is over while it is measured."""
    return datetime.datetime.now(datetime.timezone.utc).date() + datetime.timedelta(days=3)


class Place:
    """`spaces` a multiple of 10; each has 4 bookings of two hours on each of `days` days."""

    def __init__(self, spaces, days, say):
        self.spaces, self.days, self.say = spaces, days, say
        self.first_day = first_day()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cwbench", dir="/var/tmp"))
        self.folder.chmod(0o755)
        self.certificate = make_certificate(self.folder)
        for file in self.certificate:
            file.chmod(0o644)
        self.port = free_port()
        self.cluster, self.count = None, 0

    def __enter__(self):
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(self, *_):
        self._stop()

    def _start(self):
        keys = self.folder / "postgres"
        keys.mkdir()
        for file in self.certificate:
            copy = keys / file.name
            shutil.copy(file, copy)
            copy.chmod(0o600)
            if os.geteuid() == 0:
                shutil.chown(copy, "postgres", "postgres")
        os.environ["PGPORT"] = str(self.port)
        os.environ.pop("COWORK_TEST_PGHOST", None)
        os.environ["TMPDIR"] = "/var/tmp"
        self.cluster = Cluster(SETTINGS.format(port=self.port, folder=keys), parent="/var/tmp")
        self.cluster.start()
        self.full = self.clone(self.cluster.template)
        began = time.monotonic()
        with contextlib.closing(self.cluster.connect(self.full, self.cluster.admin)) as connection:
            self._fill(connection)
        self.fill_s = time.monotonic() - began
        self.say(f"{self.spaces} spaces and {self.bookings} bookings in {self.fill_s:.1f} s")

    def _stop(self):
        with contextlib.ExitStack() as stack:
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            if self.cluster:
                stack.callback(self.cluster.stop, at_once=True)

    # What is in it

    def _fill(self, connection):
        connection.cursor().execute("SET synchronous_commit = off; SET statement_timeout = 0")
        self.lane = Lane(connection)
        self.batches = 0
        self._make_site()
        self._make_people()
        self.batches = 0
        self._make_bookings()
        connection.cursor().execute("VACUUM ANALYZE")
        connection.cursor().execute("CHECKPOINT")

    # Plans that were made while a table was empty are bad ones when it is not; the daemon has an eye on that, too.
    def _analyze_grown(self):
        self.batches += 1
        if self.batches & (self.batches - 1) == 0:
            self.lane.cursor.execute("ANALYZE")

    def _all_done(self, site, commands):
        ids = []
        for at in range(0, len(commands), BATCH):
            self._analyze_grown()
            outcomes = self.lane.run(site, commands[at:at + BATCH])
            for outcome in outcomes:
                if outcome["o"] != "done":
                    raise RuntimeError(f"the site could not be filled: {outcome}")
            ids += [outcome["id"] for outcome in outcomes]
        return ids

    def _make_site(self):
        rules = {"longest": 1440, "shortest": 15, "granularity": 15, "horizon": 3650, "one_at_a_time": True}
        self.site = self.lane.do(0, "site.create", {
            "code": SITE, "name": "Bench", "zone": ZONE, "open": 0, "close": 1440, "closed_days": [],
            "currency": "KRW", "rules": {"desk": rules, "room": rules, "booth": rules}})["id"]
        self._all_done(self.site, [("floor.create", {"code": f"{n}F", "name": f"Floor {n}", "position": n})
                                   for n in range(1, 6)])
        self._all_done(self.site, [("area.create", {"floor": f"{n % 5 + 1}F", "code": f"A{n}", "name": f"Area {n}"})
                                   for n in range(20)])
        self._all_done(self.site, [("space.create", self._space(n)) for n in range(self.spaces)])

    def _space(self, n):
        kind, capacity, amenities = "desk", 1, ["monitor"] if n % 2 else []
        if n % 10 == 0:
            kind, capacity, amenities = "room", 4 + n // 10 % 5 * 4, ["screen"] if n % 20 else ["screen", "phone"]
        elif n % 10 == 1:
            kind = "booth"
        area = n * 20 // self.spaces
        return {"code": f"S-{n:04}", "name": f"{kind} {n}", "kind": kind, "floor": f"{area % 5 + 1}F", "area": f"A{area}",
                "capacity": capacity, "amenities": amenities, "units": [], "x": n % 50 * 10, "y": n // 50 * 10}

    def _make_people(self):
        self._all_done(0, [("tenant.create", {"code": f"t{n}", "name": f"Tenant {n}", "email": f"office@t{n}.example"})
                           for n in range(50)])
        count = self.spaces + BOOKERS
        codes = [new_token("cwc_") for _ in range(count)]
        far = int(time.time() * 1e6) + 90 * DAY_US
        self.logins = [f"m{n}@t{n % 50}.example" for n in range(count)]
        self.people = self._all_done(0, [
            ("member.invite", {"login": self.logins[n], "name": f"Member {n}", "role": "member", "tenant": f"t{n % 50}"},
             {"code": {"id": codes[n][1], "hash": codes[n][2], "expires": far}}) for n in range(count)])
        tokens = [new_token() for _ in range(BOOKERS)]
        self._all_done(0, [
            ("code.redeem", {"code": codes[self.spaces + n][1], "hash": codes[self.spaces + n][2], "label": "bench"},
             {"id": tokens[n][1], "hash": tokens[n][2], "expires": far}) for n in range(BOOKERS)])
        self.tokens = [token[0] for token in tokens]
        self.bookers = self.people[self.spaces:]
        self.tenants = self._tenant_ids()
        self.token_file = self.folder / "tokens"
        self.token_file.write_text("".join(token + "\n" for token in self.tokens))

    def _tenant_ids(self):
        self.lane.cursor.execute("SELECT person_id, tenant_id FROM cowork.member")
        return dict(self.lane.cursor.fetchall())

    def day_us(self, day):
        """Midnight of the day-th day on the site's clock."""
        midnight = datetime.datetime.combine(self.first_day, datetime.time(), datetime.timezone.utc)
        return int(midnight.timestamp() * 1e6) + day * DAY_US - 9 * HOUR_US

    def _make_bookings(self):
        """As the lane would: bookings, their claims, and an event for each in the site's log, whose chain goes on. By sets,
        since by commands it would take minutes; coworkd verify looks at it all afterwards."""
        names = {"site": self.site, "zone": ZONE, "days": self.days, "first": self.day_us(0) / 1e6,
                 "people": self.people[:self.spaces], "other": self.bookers[-1],
                 "tenants": [self.tenants[person] for person in self.people]}
        for text in (BOOKINGS, CLAIMS, EVENTS.replace("%(site)s", str(self.site))):
            self.lane.cursor.execute(text, names if "%(" in text else None)
        self.lane.cursor.execute("SELECT count(*) FROM cowork.booking")
        self.bookings = self.lane.cursor.fetchone()[0]

    # What it gives

    def clone(self, template=None):
        """The name of a database like `full`, or like another; it goes with the server."""
        self.count += 1
        name = f"bench{self.count}"
        self.run_sql("postgres", f'CREATE DATABASE {name} TEMPLATE "{template or self.full}"')
        return name

    def conninfo(self, database, user="coworkd"):
        """Over loopback, with TLS."""
        return f"hostaddr=127.0.0.1 port={self.port} sslmode=require dbname={database} user={user}"

    def value(self, database, sql, *values):
        with contextlib.closing(self.cluster.connect(database, self.cluster.admin)) as connection:
            cursor = connection.cursor()
            cursor.execute(sql, values or None)
            return cursor.fetchone()[0]

    def run_sql(self, database, sql):
        with contextlib.closing(self.cluster.connect(database, self.cluster.admin)) as connection:
            connection.cursor().execute(sql)

    @property
    def postgres_pid(self):
        return int((self.cluster.folder / "data" / "postmaster.pid").read_text().split()[0])


def bindir():
    return pathlib.Path(subprocess.check_output(["pg_config", "--bindir"], text=True).strip())
