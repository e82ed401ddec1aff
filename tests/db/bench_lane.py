"""How long one call of a lane takes, inside a private server and without the daemon:

    /usr/bin/python3 tests/db/bench_lane.py [BATCHES]

Prints milliseconds a call for batches of 1 and of 128 bookings, on a small site and beside 200,000 live
bookings of 1,000 spaces; tables are analysed first, and fsync is off.
"""

import statistics
import sys
import time

from cluster import Cluster
from lane import Campus, create

FILL = """
INSERT INTO cowork.space (site_id, code, name, kind) SELECT 1, 'S-' || i, 'S', 'desk' FROM generate_series(1, 1000) i;
INSERT INTO cowork.unit (site_id, code) SELECT 1, 'S-' || i FROM generate_series(1, 1000) i;
INSERT INTO cowork.space_unit SELECT 1, s.space_id, u.unit_id FROM cowork.space s JOIN cowork.unit u USING (code)
WHERE s.code LIKE 'S-%';
WITH b AS (
	INSERT INTO cowork.booking (site_id, ref, space_id, tenant_id, member_id, during, local_start, local_end, zone,
		state, created_by, source, created_at)
	SELECT 1, 'R-' || lpad(upper(to_hex(s.n * 200 + d)), 6, 'X'), s.space_id, 1, 1, tstzrange(t, t + interval '8 hours'),
		t, t, 'UTC', 'confirmed', 1, 'import', now()
	FROM (SELECT space_id, row_number() OVER () AS n FROM cowork.space WHERE code LIKE 'S-%') s,
		generate_series(0, 199) d, LATERAL (SELECT timestamptz '2026-06-01 09:00+00' + d * interval '1 day') x (t)
	ORDER BY random() RETURNING *)
INSERT INTO cowork.claim (site_id, unit_id, occupied, booking_id)
SELECT 1, u.unit_id, b.during, b.booking_id FROM b JOIN cowork.space_unit u USING (site_id, space_id)
"""


def measure(campus, size, count, first):
    """Median and least milliseconds of `count` batches, each hour of a desk booked once."""
    taken = []
    for batch in range(count):
        slots = range(batch * size, (batch + 1) * size)
        commands = [create("D-%d" % (slot % 8), first + slot // 8, title="Standup") for slot in slots]
        begun = time.perf_counter()
        answer = campus.run(*commands)
        taken.append((time.perf_counter() - begun) * 1000)
        assert all(outcome["o"] == "done" for outcome in answer["outcomes"])
    return statistics.median(taken), min(taken)


def main():
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 40
    cluster = Cluster()
    try:
        cluster.start()
        with cluster.clone() as name:
            campus = Campus(cluster, name, fill=True)
            for title, text, start in (("small site", "SELECT", 0), ("200,000 bookings", FILL, 20000)):
                campus.sql(text)
                measure(campus, 128, 2, start)
                campus.sql("ANALYZE")
                for size, hours in ((128, 100), (1, 15000)):
                    median, least = measure(campus, size, count, start + hours)
                    print("%-18s %4d bookings a call: median %6.2f ms, least %6.2f ms" % (title, size, median, least))
            campus.close()
    finally:
        cluster.stop()


if __name__ == "__main__":
    main()
