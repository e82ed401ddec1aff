"""Who may do what: the runtime role reads and calls, the report role reads, and nobody else comes in."""

import psycopg2
import pytest
from psycopg2 import errors

TABLES = ["migration", "site", "booking_rule", "floor", "area", "space", "unit", "space_unit", "tenant", "person", "member", "staff",
          "token", "password", "booking", "booking_text", "block", "claim", "event", "receipt", "fence"]
HIDDEN = {"coworkd": {"person", "token", "password", "booking_text", "receipt", "fence"},
          "cowork_report": {"person", "token", "password", "booking_text"}}
VIEWS = ["site_facts", "floor_facts", "area_facts", "space_facts", "block_facts", "tenant_facts", "member_facts",
         "staff_facts", "token_facts", "booking_facts", "booking_history"]
CALLS = {
    "lane_open": "SELECT cowork.lane_open()",
    "lane_run": "SELECT cowork.lane_run(1, 1, '{}', NULL, '{}', '[]', false)",
    "token_find": "SELECT cowork.token_find('ABCDEFGH')",
    "certificate_find": "SELECT cowork.certificate_find('ab')",
    "password_find": "SELECT cowork.password_find('kim@example.org')",
    "token_seen": "SELECT cowork.token_seen('{}')",
    "analyze_grown": "SELECT cowork.analyze_grown()",
    "purge": "SELECT cowork.purge(1)",
    "evict": "SELECT cowork.evict(0, NULL)",
}
HELPERS = {"us", "from_us", "wall", "site_rules", "space_body", "block_body"}


@pytest.fixture(scope="module")
def base(cluster):
    with cluster.clone() as name:
        yield name


def tried(cluster, database, role, sql):
    """None if the role may, else the error."""
    connection = cluster.connect(database, role, autocommit=False)
    try:
        connection.cursor().execute(sql)
        return None
    except psycopg2.Error as error:
        return type(error)
    finally:
        connection.close()


@pytest.mark.parametrize("role", ["coworkd", "cowork_report"])
@pytest.mark.parametrize("table", TABLES)
def test_no_role_of_the_runtime_writes_a_table(cluster, base, role, table):
    refusals = {errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction}
    column = last_column(cluster, base, table)
    for sql in ("INSERT INTO cowork.%s DEFAULT VALUES", "UPDATE cowork.%s SET " + column + " = NULL",
                "DELETE FROM cowork.%s", "TRUNCATE cowork.%s", "SELECT * FROM cowork.%s FOR UPDATE", "LOCK cowork.%s IN EXCLUSIVE MODE",
                "DROP TABLE cowork.%s", "ALTER TABLE cowork.%s ADD evil int",
                "CREATE TRIGGER evil BEFORE INSERT ON cowork.%s EXECUTE FUNCTION cowork.event_refuse()"):
        got = tried(cluster, base, role, sql % table)
        assert got in refusals, (sql % table, got)


def last_column(cluster, base, table):
    connection = cluster.connect(base, cluster.admin)
    cursor = connection.cursor()
    cursor.execute("""SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0
        ORDER BY attnum DESC LIMIT 1""",
                   ("cowork." + table,))
    name = cursor.fetchone()[0]
    connection.close()
    return name


@pytest.mark.parametrize("role", ["coworkd", "cowork_report"])
@pytest.mark.parametrize("name", TABLES + VIEWS)
def test_secrets_and_personal_texts_are_not_for_reading_but_the_rest_is(cluster, base, role, name):
    expected = errors.InsufficientPrivilege if name in HIDDEN[role] else None
    assert tried(cluster, base, role, "SELECT * FROM cowork." + name) is expected


def test_the_digests_of_tokens_are_for_the_daemon_alone(cluster, base):
    assert tried(cluster, base, "coworkd", "SELECT body FROM cowork.people_rows") is None
    assert tried(cluster, base, "cowork_report", "SELECT body FROM cowork.people_rows") is errors.InsufficientPrivilege


def test_the_report_role_sees_that_a_person_exists_and_no_more(cluster, base):
    assert tried(cluster, base, "cowork_report", "SELECT person_id FROM cowork.person") is None
    assert tried(cluster, base, "cowork_report", "SELECT login FROM cowork.person") is errors.InsufficientPrivilege
    assert tried(cluster, base, "cowork_report", "SELECT token_id, person_id FROM cowork.token") is None
    assert tried(cluster, base, "cowork_report", "SELECT hash FROM cowork.token") is errors.InsufficientPrivilege


@pytest.mark.parametrize("name", CALLS)
def test_the_entry_functions_are_for_the_daemon_alone(cluster, base, name):
    assert tried(cluster, base, "coworkd", CALLS[name]) is None
    assert tried(cluster, base, "cowork_report", CALLS[name]) is errors.InsufficientPrivilege


def test_no_other_function_can_be_called(cluster, base):
    connection = cluster.connect(base, cluster.admin)
    cursor = connection.cursor()
    cursor.execute("""
        SELECT proname, has_function_privilege('coworkd', oid, 'EXECUTE'),
            has_function_privilege('cowork_report', oid, 'EXECUTE'), coalesce(array_to_string(proacl, ' '), '=X')
        FROM pg_proc WHERE pronamespace = 'cowork'::regnamespace""")
    rows = cursor.fetchall()
    connection.close()
    assert {r[0] for r in rows if r[1]} == set(CALLS) | HELPERS
    assert {r[0] for r in rows if r[2]} == HELPERS
    assert [r[0] for r in rows if any(part.startswith("=") for part in r[3].split())] == []


def test_what_runs_as_its_owner_cannot_be_led_astray(cluster, base):
    """A definer function without a search path of its own would look names up where the caller says."""
    connection = cluster.connect(base, cluster.admin)
    cursor = connection.cursor()
    cursor.execute("""
        SELECT proname, prosecdef, coalesce('search_path=pg_catalog, pg_temp' = ANY (proconfig), false), pg_get_userbyid(proowner)
        FROM pg_proc WHERE pronamespace = 'cowork'::regnamespace""")
    rows = cursor.fetchall()
    connection.close()
    assert {r[0] for r in rows if r[1]} == set(CALLS) - {"evict"}
    assert [r[0] for r in rows if r[1] and not r[2]] == []
    assert {r[3] for r in rows} == {"cowork_owner"}


@pytest.mark.parametrize("role", ["coworkd", "cowork_report"])
def test_sessions_begin_with_the_patience_they_should_have(cluster, base, role):
    connection = cluster.connect(base, role)
    cursor = connection.cursor()
    got = {}
    for name in ("lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout", "TimeZone", "search_path"):
        cursor.execute("SELECT current_setting(%s)", (name,))
        got[name] = cursor.fetchone()[0]
    connection.close()
    assert got == {"lock_timeout": "5s", "statement_timeout": "10s", "idle_in_transaction_session_timeout": "2s",
                   "TimeZone": "UTC", "search_path": '""'}


def test_the_report_role_only_reads_wherever_it_is(cluster, base):
    assert tried(cluster, base, "cowork_report", "CREATE TEMP TABLE t (x int)") is errors.ReadOnlySqlTransaction
    for role in ("coworkd", "cowork_report"):
        assert tried(cluster, base, role, "SET ROLE cowork_owner") is errors.InsufficientPrivilege
        assert tried(cluster, base, role, "CREATE TABLE cowork.t (x int)") in (
            errors.InsufficientPrivilege, errors.ReadOnlySqlTransaction)


def test_the_owner_of_everything_cannot_log_in(cluster, base):
    with pytest.raises(psycopg2.OperationalError, match="not permitted to log in"):
        cluster.connect(base, "cowork_owner")
