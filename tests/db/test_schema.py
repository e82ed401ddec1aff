"""What the tables refuse by themselves, whoever writes: each row here was good but for the one value."""

import pytest
from psycopg2 import errors

from cluster import MIGRATIONS
from lane import Campus

BOOKING = {"site_id": "1", "ref": "'R-ZZZZZ0'", "space_id": "1", "during": "'[2054-11-24 14:00+00,2054-11-24 15:00+00)'",
           "local_start": "now()", "local_end": "now()", "zone": "'UTC'", "state": "'confirmed'", "version": "1",
           "created_by": "1", "source": "'client'", "created_at": "now()", "external_id": "NULL"}
CLAIM = {"site_id": "1", "unit_id": "1", "occupied": "'[2054-11-24 14:00+00,2054-11-24 15:00+00)'",
         "booking_id": "1", "block_id": "NULL", "live": "true"}
BLOCK = {"site_id": "1", "ref": "'B-ZZZZZ0'", "space_id": "1", "during": BOOKING["during"], "reason": "'repair'",
         "note": "NULL", "state": "'active'", "version": "1", "created_by": "1", "created_at": "now()"}
TEXT = {"site_id": "1", "booking_id": "1", "title": "'t'", "note": "'n'", "guest": "'g'"}
SITE = {"last_hash": "sha256('x')", "code": "'seoul'", "name": "'Seoul'", "zone": "'Asia/Seoul'", "open_min": "0",
        "close_min": "1440", "closed_days": "'{0,6}'", "currency": "'KRW'", "locale": "'ko-KR'", "version": "1"}
RULE = {"site_id": "1", "kind": "'desk'", "longest": "480", "shortest": "15", "granularity": "15", "notice": "0",
        "horizon": "0", "one_at_a_time": "true"}
FLOOR = {"site_id": "1", "code": "'1'", "name": "'First'"}
AREA = {"site_id": "1", "code": "'N'", "name": "'North'", "floor_id": "NULL"}
SPACE = {"site_id": "1", "code": "'Z'", "name": "'Zed'", "kind": "'desk'", "capacity": "1", "amenities": "'{}'",
         "state": "'active'", "floor_id": "NULL", "area_id": "NULL"}
UNIT = {"site_id": "1", "code": "'Z'"}
SPACE_UNIT = {"site_id": "1", "space_id": "1", "unit_id": "2"}
TENANT = {"code": "'zeta'", "name": "'Zeta'", "email": "'z@z.example'", "state": "'active'", "version": "1"}
PERSON = {"login": "'zed@z.example'", "name": "'Zed'", "lang": "'en'"}
MEMBER = {"person_id": "3", "tenant_id": "1", "role": "'member'", "state": "'active'", "version": "1"}
STAFF = {"person_id": "1", "site_id": "NULL", "role": "'operator'", "state": "'active'", "version": "1"}
TOKEN = {"token_id": "'ABCDEFGH'", "person_id": "1", "kind": "'access'", "hash": "sha256('x')", "label": "'laptop'",
         "scope": "'full'", "created_at": "now()", "expires_at": "now()"}
PASSWORD = {"person_id": "1", "hash": "'$argon2id$v=19$m=65536,t=3,p=1$c2FsdHNhbHQ$aGFzaGhhc2g'", "version": "1",
            "set_at": "now()"}
EVENT = {"site_id": "1", "rev": "1000", "at": "now()", "actor": "1", "kind": "'booking.created'", "subject": "1",
         "body": "'{}'", "hash": "sha256('x')"}
RECEIPT = {"site_id": "1", "lane_id": "1", "principal": "1", "key": "gen_random_uuid()", "request_hash": "'\\x00'",
           "outcome": "'{}'", "at": "now()"}
FENCE = {"site_id": "1", "lane_id": "1000", "rev": "1", "at": "now()"}

ROWS = {"booking": BOOKING, "claim": CLAIM, "block": BLOCK, "booking_text": TEXT, "site": SITE,
        "booking_rule": RULE, "floor": FLOOR, "area": AREA, "space": SPACE, "unit": UNIT, "space_unit": SPACE_UNIT,
        "tenant": TENANT, "person": PERSON, "member": MEMBER, "staff": STAFF, "token": TOKEN, "password": PASSWORD, "event": EVENT, "receipt": RECEIPT, "fence": FENCE}

RANGES = ["'empty'", "'(2054-11-24 14:00+00,2054-11-24 15:00+00)'", "'[2054-11-24 14:00+00,2054-11-24 15:00+00]'",
          "'[2054-11-24 14:00+00,)'", "'[,2054-11-24 15:00+00)'", "'(,)'", "'[2054-11-24 14:00+00,infinity)'",
          "'[-infinity,2054-11-24 15:00+00)'", "'[2054-11-24 14:00+00,2055-11-26 14:00+00)'"]

LONG = "repeat('x', 201)"
CHECKS = (
    [("booking", "during", v) for v in RANGES] + [("claim", "occupied", v) for v in RANGES]
    + [("block", "during", v) for v in RANGES] + [
        ("booking", "ref", "'7F3KA2'"), ("booking", "ref", "'r-7f3ka2'"), ("booking", "state", "'taken'"),
        ("booking", "version", "0"), ("booking", "source", "'pigeon'"), ("booking", "external_id", "''"),
        ("booking_text", "title", LONG), ("booking_text", "note", "repeat('x', 2001)"), ("booking_text", "guest", "''"),
        ("block", "ref", "'B-1'"), ("block", "reason", "'two words'"), ("block", "state", "'held'"),
        ("block", "note", "''"), ("block", "version", "0"),
        ("claim", "booking_id", "NULL"),
        ("site", "last_hash", "'\\x00'"), ("site", "code", "'-'"), ("site", "code", "''"), ("site", "name", "''"),
        ("site", "open_min", "-1"), ("site", "open_min", "1440"), ("site", "close_min", "1441"),
        ("site", "closed_days", "'{7}'"), ("site", "currency", "'won'"), ("site", "locale", "''"),
        ("site", "zone", "''"), ("site", "version", "0"),
        ("booking_rule", "kind", "'boat'"), ("booking_rule", "longest", "0"), ("booking_rule", "longest", "527041"),
        ("booking_rule", "longest", "14"), ("booking_rule", "shortest", "0"), ("booking_rule", "granularity", "0"),
        ("booking_rule", "granularity", "7"), ("booking_rule", "notice", "-1"), ("booking_rule", "notice", "527041"),
        ("booking_rule", "horizon", "-1"), ("booking_rule", "horizon", "3661"),
        ("floor", "code", "'a b'"), ("floor", "name", LONG), ("area", "code", "repeat('x', 33)"), ("area", "name", "''"),
        ("space", "code", "'ä'"), ("space", "name", "''"), ("space", "kind", "'boat'"), ("space", "capacity", "0"),
        ("space", "state", "'gone'"), ("space", "amenities", "array_fill('x'::text, array[65])"),
        ("unit", "code", "'.x'"),
        ("tenant", "code", "'a/b'"), ("tenant", "name", "''"), ("tenant", "state", "'gone'"), ("tenant", "email", "''"),
        ("person", "login", "'Zed@z.example'"), ("person", "login", "''"), ("person", "login", "repeat('x', 255)"),
        ("person", "name", "''"), ("person", "lang", "''"),
        ("member", "role", "'king'"), ("member", "state", "'gone'"), ("staff", "role", "'king'"),
        ("staff", "state", "'disabled'"), ("token", "token_id", "'ABC'"), ("token", "kind", "'password'"),
        ("token", "hash", "'\\x00'"), ("token", "scope", "'some'"), ("token", "expires_at", "'infinity'"),
        ("token", "label", LONG),
        ("password", "hash", "'secret'"), ("password", "hash", "'$argon2i$v=19$m=65536,t=3,p=1$c2FsdA$aGFzaA'"),
        ("password", "version", "0"), ("event", "rev", "0"), ("event", "kind", "'Booked'"), ("event", "hash", "'\\x00'")])

FOREIGN = [("booking", "space_id", "999"), ("booking", "site_id", "0"), ("booking_text", "booking_id", "999"),
           ("block", "space_id", "999"), ("claim", "unit_id", "999"), ("claim", "booking_id", "999"),
           ("claim", "site_id", "0"), ("booking_rule", "site_id", "9"), ("floor", "site_id", "9"), ("area", "floor_id", "9"), ("space", "floor_id", "9"),
           ("space", "area_id", "9"), ("unit", "site_id", "9"), ("space_unit", "unit_id", "999"),
           ("space_unit", "space_id", "999"), ("member", "tenant_id", "9"), ("member", "person_id", "9"),
           ("staff", "person_id", "9"), ("staff", "site_id", "9"), ("token", "person_id", "9"), ("password", "person_id", "9"), ("event", "site_id", "9"),
           ("fence", "site_id", "9")]


@pytest.fixture(scope="module")
def books(cluster, campus_template):
    """One database for all rows, since each is rolled back."""
    with cluster.clone(campus_template) as name:
        campus = Campus(cluster, name)
        campus.book("D-1", 200, title=None)
        campus.sql("INSERT INTO cowork.person (login, name) VALUES ('new@acme.example', 'New')")
        campus.owner.autocommit = False
        yield campus
        campus.close()


def insert(books, table, column=None, value=None):
    row = dict(ROWS[table])
    if column:
        row[column] = value
    try:
        books.sql("INSERT INTO cowork.%s (%s) VALUES (%s)" % (table, ", ".join(row), ", ".join(row.values())))
    finally:
        books.owner.rollback()


@pytest.mark.parametrize("table", ROWS)
def test_a_good_row_goes_in(books, table):
    insert(books, table)


@pytest.mark.parametrize("table, column, value", CHECKS)
def test_a_value_that_must_not_be_is_refused(books, table, column, value):
    with pytest.raises(errors.CheckViolation):
        insert(books, table, column, value)


@pytest.mark.parametrize("table, column", [
    (table, column) for table, row in ROWS.items() for column, value in row.items()
    if (table, column) in {
        ("booking", "site_id"), ("booking", "ref"), ("booking", "space_id"), ("booking", "during"),
        ("booking", "local_start"), ("booking", "local_end"), ("booking", "zone"), ("booking", "state"),
        ("booking", "version"), ("booking", "created_by"), ("booking", "source"), ("booking", "created_at"),
        ("claim", "site_id"), ("claim", "unit_id"), ("claim", "occupied"), ("claim", "live"), ("block", "during"),
        ("block", "space_id"), ("block", "reason"), ("event", "at"), ("event", "actor"), ("event", "body"),
        ("event", "hash"), ("event", "subject"), ("receipt", "outcome"), ("receipt", "request_hash"),
        ("receipt", "at"), ("site", "zone"), ("site", "last_hash"), ("token", "expires_at"), ("token", "hash"),
        ("person", "login"), ("member", "tenant_id")}])
def test_what_must_be_known_may_not_be_null(books, table, column):
    with pytest.raises(errors.NotNullViolation):
        insert(books, table, column, "NULL")


@pytest.mark.parametrize("table, column, value", FOREIGN)
def test_a_row_points_at_something_of_its_own_site(books, table, column, value):
    with pytest.raises(errors.ForeignKeyViolation):
        insert(books, table, column, value)


def test_a_claim_has_one_holder(books):
    with pytest.raises(errors.CheckViolation):
        insert(books, "claim", "block_id", "1")


@pytest.mark.parametrize("table, column, value", [
    ("site", "code", "'Kendall'"), ("space", "code", "'d-0'"), ("unit", "code", "'d-0'"), ("tenant", "code", "'ACME'"),
    ("person", "login", "'ann@acme.example'"), ("member", "person_id", "1")])
def test_a_code_is_taken_in_any_case(books, table, column, value):
    with pytest.raises(errors.UniqueViolation):
        insert(books, table, column, value)


def test_an_external_id_is_unique_for_its_noun_and_site(books):
    for table, row in ROWS.items():
        if table not in ("booking", "space", "tenant", "member", "site"):
            continue
        index = books.sql("SELECT indexdef FROM pg_indexes WHERE indexname = %s", table + "_external")[0][0]
        assert index.startswith("CREATE UNIQUE INDEX")
        assert ("site_id" in index) == (table in ("booking", "space"))
    books.owner.rollback()


def test_two_live_claims_of_a_unit_never_share_an_instant(books):
    at = "'[2054-12-02 22:30+00,2054-12-02 23:30+00)'"  # the booking of the fixture begins at 22:00
    with pytest.raises(errors.ExclusionViolation):
        insert_claim(books, "2", at, "true")
    insert_claim(books, "2", at, "false")
    insert_claim(books, "3", at, "true")
    insert_claim(books, "2", "'[2054-12-02 23:00+00,2054-12-02 23:30+00)'", "true")


def insert_claim(books, unit, occupied, live):
    try:
        books.sql("INSERT INTO cowork.claim (site_id, unit_id, occupied, booking_id, live) VALUES (1, %s, %s, 1, %s)"
                  % (unit, occupied, live))
    finally:
        books.owner.rollback()


def test_a_booking_cannot_be_deleted_under_its_claims(books):
    with pytest.raises(errors.ForeignKeyViolation):
        try:
            books.sql("DELETE FROM cowork.booking")
        finally:
            books.owner.rollback()


def test_the_log_takes_no_update_delete_or_truncate_even_from_its_owner(books):
    for statement in ("UPDATE cowork.event SET actor = 7", "UPDATE cowork.event SET actor = 7 WHERE false",
                      "DELETE FROM cowork.event", "TRUNCATE cowork.event", "TRUNCATE cowork.site CASCADE"):
        with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
            try:
                books.sql(statement)
            finally:
                books.owner.rollback()


def test_the_log_stays_append_only_for_a_replica_too(cluster, books):
    admin = cluster.connect(books.database, cluster.admin)
    admin.cursor().execute("SET session_replication_role = replica")
    with pytest.raises(errors.InsufficientPrivilege, match="append-only"):
        admin.cursor().execute("DELETE FROM cowork.event")
    admin.close()


def test_every_row_of_the_schema_is_known_here(books):
    tables = {row[0] for row in books.sql("""
        SELECT relname FROM pg_class WHERE relnamespace = 'cowork'::regnamespace AND relkind = 'r'""")}
    books.owner.rollback()
    assert tables - {"migration"} == set(ROWS)


def test_the_migrations_can_be_set_up_twice(cluster, books):
    admin = cluster.connect(books.database, cluster.admin)
    admin.cursor().execute((MIGRATIONS / "setup.sql").read_text())
    admin.close()
