"""The scripted PostgreSQL answers libpq as the real one does, and fails where it is told to."""

import psycopg2
import pytest

from fake_pg import FakePg, SqlError
from raw_pg import EXECUTE, SYNC, RawPg, bind, parse


@pytest.fixture
def fake(short_dir):
    with FakePg(short_dir) as it:
        it.answer("lane_open", [["7"]])
        it.answer("lane_run", lambda params: [[f"ran {params[0]}"]])
        yield it


def ask(fake, query):
    connection = psycopg2.connect(fake.conninfo)
    try:
        connection.autocommit = True
        cursor = connection.cursor()
        cursor.execute(query)
        return cursor.fetchall()
    finally:
        connection.close()


def test_libpq_logs_in_and_gets_the_scripted_rows(fake):
    assert ask(fake, "select cowork.lane_open()") == [("7",)]
    assert fake.unexpected == []


def test_a_scripted_refusal_and_an_unscripted_query(fake):
    fake.answer("lane_open", SqlError("57014", "cancelled"))
    with pytest.raises(psycopg2.errors.QueryCanceled):
        ask(fake, "select cowork.lane_open()")
    with pytest.raises(psycopg2.errors.FeatureNotSupported):
        ask(fake, "select 1")
    assert fake.unexpected == ["select 1"]


def test_the_extended_protocol_with_parameters(fake):
    with RawPg(fake.path) as raw:
        raw.until("Z")
        raw.send(parse("lane", "select lane_run($1)"), bind("lane", "a batch"), EXECUTE, SYNC)
        assert raw.until() == "12DCZ"
    assert fake.seen("execute", "lane_run") == ["a batch"]


@pytest.mark.parametrize("step, got", [("parse", "EZ"), ("bind", "1EZ"), ("execute", "12EZ"), ("sync", "12DCEZ")])
def test_an_error_at_each_step_skips_to_the_sync(fake, step, got):
    fake.fault(step, "error", sqlstate="40001")
    with RawPg(fake.path) as raw:
        raw.until("Z")
        raw.send(parse("lane", "select lane_run($1)"), bind("lane", "x"), EXECUTE, SYNC)
        assert raw.until() == got


@pytest.mark.parametrize("kind, got", [("close", ""), ("half", "12")])
def test_the_connection_ends_at_the_step(fake, kind, got):
    fake.fault("execute", kind, query="lane_run")
    with RawPg(fake.path) as raw:
        raw.until("Z")
        raw.send(parse("lane", "select lane_run($1)"), bind("lane", "x"), EXECUTE, SYNC)
        assert raw.rest() == got
    assert ask(fake, "select cowork.lane_open()") == [("7",)]  # the next connection is whole


def test_a_step_hangs_until_released(fake):
    fake.fault("sync", "hang")
    with RawPg(fake.path) as raw:
        raw.until("Z")
        raw.send(parse("lane", "select lane_run($1)"), bind("lane", "x"), EXECUTE, SYNC)
        fake.seen("sync")
        fake.release()
        assert raw.rest() == ""


def test_garbage_is_no_message(fake):
    fake.fault("query", "garbage")
    with pytest.raises(psycopg2.OperationalError):
        ask(fake, "select cowork.lane_open()")
