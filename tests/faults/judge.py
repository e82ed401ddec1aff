"""Compares what a load was told with what the database holds. One wrong answer is one too many.

    ok               its effect is there exactly once
    a refusal        no effect, and the place was taken at some moment between question and answer
    not done         no effect
    in doubt         came to one of these, and asked again to the same (load.py)

and of the database itself: nobody shares a place, claims fit the bookings, each event is the effect of one
key, the log has no gap and its chain holds, and no lane wrote anything behind its fence. `coworkd verify`,
which was written apart from this, must say the same.
"""

import collections
import datetime
import json
import os
import pathlib
import subprocess

from rig import build

CLAIMS_OVERLAP = """
SELECT a.site_id, a.claim_id, b.claim_id, a.occupied, b.occupied FROM cowork.claim a
JOIN cowork.claim b ON b.site_id = a.site_id AND b.unit_id = a.unit_id AND b.claim_id > a.claim_id
	AND b.occupied && a.occupied
WHERE a.live AND b.live"""
BOOKINGS_OVERLAP = """
SELECT a.ref, b.ref, a.during, b.during
FROM cowork.booking a JOIN cowork.space_unit ua USING (site_id, space_id)
JOIN cowork.space_unit ub ON ub.site_id = a.site_id AND ub.unit_id = ua.unit_id
JOIN cowork.booking b ON b.site_id = a.site_id AND b.space_id = ub.space_id AND b.booking_id > a.booking_id
	AND b.during && a.during
WHERE a.state = 'confirmed' AND b.state = 'confirmed'"""
CLAIMS_ASTRAY = """
SELECT b.ref, b.state, c.claim_id FROM
	(SELECT x.*, u.unit_id FROM cowork.booking x JOIN cowork.space_unit u USING (site_id, space_id)
	WHERE x.state = 'confirmed') b
FULL JOIN (SELECT * FROM cowork.claim WHERE live AND booking_id IS NOT NULL) c
	ON c.site_id = b.site_id AND c.booking_id = b.booking_id AND c.unit_id = b.unit_id AND c.occupied = b.during
WHERE b.ref IS NULL OR c.claim_id IS NULL"""
CHAIN = """
SELECT e.site_id, e.rev FROM (
	SELECT x.*, row_number() OVER w AS place, lag(x.at) OVER w AS at_before,
		coalesce(lag(x.hash) OVER w, sha256(convert_to('cowork site ' || x.site_id, 'UTF8'))) AS hash_before
	FROM cowork.event x WINDOW w AS (PARTITION BY x.site_id ORDER BY x.rev)) e
WHERE e.rev <> e.place OR e.at < e.at_before
	OR e.hash <> cowork.event_hash(e.hash_before, e.site_id, e.rev, e.at, e.actor, e.kind, e.subject, e.body)
UNION ALL
SELECT s.site_id, s.rev FROM cowork.site s
LEFT JOIN LATERAL (SELECT x.rev, x.hash FROM cowork.event x WHERE x.site_id = s.site_id
	ORDER BY x.rev DESC LIMIT 1) e ON true
WHERE s.rev <> coalesce(e.rev, 0) OR (e.rev IS NOT NULL AND s.last_hash <> e.hash)"""
# Each change by a booking's event is told by one receipt, and each receipt of a change has its event.
RECEIPTS_ASTRAY = """
SELECT e.site_id, e.rev, e.kind, q.key FROM (SELECT * FROM cowork.event WHERE kind LIKE 'booking.%%') e
FULL JOIN (SELECT x.*, (x.outcome ->> 'rev')::bigint AS rev FROM cowork.receipt x
	WHERE x.outcome ->> 'o' = 'done' AND x.key = ANY (%s::uuid[])) q
	ON q.site_id = e.site_id AND q.rev = e.rev AND (q.outcome ->> 'id')::bigint = e.subject
WHERE e.rev IS NULL OR q.key IS NULL"""
BEHIND_FENCE = """
SELECT q.site_id, q.lane_id, q.key, q.outcome, f.rev FROM cowork.receipt q JOIN cowork.fence f USING (site_id, lane_id)
WHERE (q.outcome ->> 'rev')::bigint > f.rev"""


def micros(text):
    """Microseconds of an instant as it is on the wire."""
    when = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return round((when - datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)).total_seconds() * 1_000_000)


class Holding:
    """A booking held these units at that time, in the log's time from `since` to `until`."""

    def __init__(self, booking, start, end, since):
        self.booking, self.start, self.end, self.since, self.until = booking, start, end, since, float("inf")


class Judge:
    def __init__(self, cursor, load):
        self.cursor, self.load = cursor, load
        self.wrong = list(load.problems)
        self.read()

    def rows(self, query, *parameters):
        self.cursor.execute(query, parameters or None)
        return self.cursor.fetchall()

    def read(self):
        """The database's side of it."""
        self.site = dict(self.rows("SELECT code, site_id FROM cowork.site WHERE code IS NOT NULL"))
        self.units = collections.defaultdict(list)
        for site, space, unit in self.rows("SELECT s.site_id, s.code, u.unit_id FROM cowork.space s "
                                           "JOIN cowork.space_unit u USING (site_id, space_id)"):
            self.units[site, space].append(unit)
        self.by_title = collections.defaultdict(list)
        for title, site, booking, ref in self.rows(
                "SELECT t.title, b.site_id, b.booking_id, b.ref FROM cowork.booking_text t "
                "JOIN cowork.booking b USING (site_id, booking_id)"):
            self.by_title[title].append((site, booking, ref))
        self.booking = {(site, ref): number for site, ref, number in
                        self.rows("SELECT site_id, ref, booking_id FROM cowork.booking")}
        self.outcome = {key: outcome for key, outcome in self.rows("SELECT key::text, outcome FROM cowork.receipt")}
        self.events = {}
        self.holdings = collections.defaultdict(list)  # (site, unit)
        self.cancelled = {}
        current = {}
        for site, rev, at, kind, body in self.rows(
                "SELECT site_id, rev, extract(epoch FROM at)::float8, kind, body FROM cowork.event "
                "WHERE kind LIKE 'booking.%' ORDER BY site_id, rev"):
            self.events[site, rev] = (kind, body)
            for holding in current.pop((site, body["booking"]), ()):
                holding.until = at
            if body["state"] != "confirmed":
                self.cancelled[site, body["booking"]] = at
                continue
            holding = Holding(body["booking"], body["start"], body["end"], at)
            current[site, body["booking"]] = [holding]
            for unit in body["units"]:
                self.holdings[site, unit].append(holding)

    # One command

    def blame(self, command, why):
        self.wrong.append(f"{why}: {command}; receipt {self.outcome.get(command.key)}")

    def effects(self, command):
        """How often the log says that this key was done."""
        if command.method == "booking.create":
            return len(self.by_title[command.key])
        return int((self.outcome.get(command.key) or {}).get("o") == "done")

    def check_done(self, command):
        site = self.site[command.params["site"]]
        booking = command.answer["booking"]
        number = self.booking.get((site, booking["ref"]))
        outcome = self.outcome.get(command.key) or {}
        kind, body = self.events.get((site, outcome.get("rev")), (None, {}))
        wanted = {"booking.create": "booking.created", "booking.move": "booking.moved",
                  "booking.cancel": "booking.cancelled"}[command.method]
        if self.effects(command) != 1:
            self.blame(command, f"ok, and done {self.effects(command)} times")
        elif kind != wanted or body["booking"] != number or outcome.get("id") != number:
            self.blame(command, f"ok, but the log has {kind} of {body.get('booking')}")
        elif command.method == "booking.create" and self.by_title[command.key][0][2] != booking["ref"]:
            self.blame(command, "ok, but another reference was booked")
        elif command.method != "booking.cancel" and (
                body["start"] != micros(command.params["start"]) or body["end"] != micros(command.params["end"])):
            self.blame(command, "ok, but for another time")

    def taken(self, command):
        """Was the interval that the refusal names held by another while it was asked?"""
        site, data = self.site[command.params["site"]], command.answer
        own = self.booking.get((site, command.params.get("ref")))
        if "start" not in data:
            return False
        start, end = micros(data["start"]), micros(data["end"])
        if start >= micros(command.params["end"]) or end <= micros(command.params["start"]):
            return False
        return any(holding.start == start and holding.end == end and holding.booking != own
                   and holding.since <= command.last_answered and holding.until >= command.first_sent
                   for unit in self.units[site, command.params["space"]] for holding in self.holdings[site, unit])

    def check_refused(self, command):
        site = self.site[command.params["site"]]
        if self.effects(command) != 0:
            self.blame(command, "refused, and done all the same")
        elif command.kind == "slot_taken":
            if not self.taken(command):
                self.blame(command, "refused for a place that nobody held")
        elif command.kind == "wrong_state":
            at = self.cancelled.get((site, self.booking.get((site, command.params["ref"]))))
            if at is None or at > command.last_answered:
                self.blame(command, "refused for a state it was not in")
        else:
            self.blame(command, "refused without need")

    def check(self, command):
        if command.final == "done":
            self.check_done(command)
        elif command.final == "refused":
            self.check_refused(command)
        elif command.final is None:
            self.blame(command, "never answered")
        elif self.effects(command) != 0:
            self.blame(command, "told that nothing was done, and it was done")

    # All of them

    def check_database(self):
        for what, query in (("two claims at once", CLAIMS_OVERLAP), ("two bookings at once", BOOKINGS_OVERLAP),
                            ("claims that do not fit", CLAIMS_ASTRAY), ("the log's chain is broken", CHAIN),
                            ("written behind its fence", BEHIND_FENCE)):
            self.wrong += [f"{what}: {row}" for row in self.rows(query)]
        keys = [command.key for command in self.load.commands]
        self.wrong += [f"receipts and events do not fit: {row}" for row in self.rows(RECEIPTS_ASTRAY, keys)]

    def judge(self):
        """Everything that is wrong, as texts."""
        for command in self.load.commands:
            self.check(command)
        self.check_database()
        status, words = verify(self.cursor)
        if status != 0:
            self.wrong.append(f"coworkd verify: {words}")
        return self.wrong

    def figures(self):
        finals = collections.Counter(command.final for command in self.load.commands)
        doubted = [command for command in self.load.commands if command.doubted]
        return {
            "commands": len(self.load.commands), "attempts": sum(command.attempts for command in self.load.commands),
            "done": finals["done"], "refused": finals["refused"], "not_done": finals["not_done"],
            "in_doubt": len(doubted), "in_doubt_done": sum(command.final == "done" for command in doubted),
            "wrong": len(self.wrong), "answers": self.load.counts(),
        }

    def verdict(self):
        """Fails with what is wrong; the figures."""
        wrong = self.judge()
        assert not wrong, f"{len(wrong)} wrong, seed {self.load.seed}:\n" + "\n".join(map(str, wrong[:12]))
        return self.figures()


def verify(cursor):
    """What `coworkd verify` says of the cursor's database: exit status and words."""
    info = cursor.connection.info
    done = subprocess.run([build() / "daemon/coworkd", "verify", "--database",
                           f"host={info.host} dbname={info.dbname} user=cowork_report"],
                          capture_output=True, text=True, timeout=120)
    return done.returncode, done.stdout + done.stderr


def deadlocks(cursor):
    """Of this database, so far."""
    cursor.execute("SELECT pg_stat_force_next_flush()")
    cursor.execute("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()")
    return cursor.fetchone()[0]


def keep(name, figures):
    """For the release note."""
    print(f"\n{name}: {json.dumps(figures)}")
    if folder := os.environ.get("COWORK_KEEP"):
        pathlib.Path(folder).mkdir(parents=True, exist_ok=True)
        (pathlib.Path(folder) / f"{name}.json").write_text(json.dumps(figures) + "\n")
