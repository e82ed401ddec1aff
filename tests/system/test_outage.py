"""PostgreSQL goes away in all its ways: changes and reads are refused at once, clients stay, all comes back by itself."""

import contextlib
import os
import signal
import subprocess
import time

import pytest

from cluster import Cluster
from rig import Daemon, build, wait_for_batches, wait_until
from rpc import PASSING, RpcError, new_key
from world import World, new_token

BOOKING = {"site": "KSQ", "space": "A-01", "start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}


def conninfo(proxy, database):
    return f"{proxy.conninfo} dbname={database} user=coworkd"


@pytest.fixture
def behind(start_daemon, pg_proxy, world_db):
    """behind(**options): a daemon whose way to PostgreSQL leads through the proxy."""
    return lambda ready=True, **options: start_daemon(conninfo=conninfo(pg_proxy, world_db), ready=ready, **options)


def away(daemon, proxy):
    """Cuts the way to PostgreSQL and waits until the daemon knows."""
    mark = daemon.mark()
    proxy.refuse()
    proxy.end()
    daemon.wait_log("database away", since=mark)


def back(daemon, proxy):
    mark = daemon.mark()
    proxy.refuse(False)
    daemon.wait_log("database up", since=mark)
    daemon.wait_links(since=mark)


def works(client, **more):
    """Whether a change is done now; one key, so that it happens once."""
    try:
        return client.call("booking.create", {**BOOKING, **more})["booking"]
    except RpcError as error:
        assert error.kind in PASSING, error
        return None


def test_away_everything_that_needs_it_is_refused_at_once_and_the_rest_served(behind, pg_proxy, world):
    daemon = behind()
    daemon.wait_log("people loaded")
    client, stranger = daemon.client(world.token["operator"]), daemon.client()
    away(daemon, pg_proxy)
    methods = client.call("rpc.discover")["methods"]
    for method, params in (("booking.create", BOOKING), ("booking.list", {"site": "KSQ"}), ("site.list", {}),
                           ("site.create", {"code": "Z", "name": "Z", "zone": "UTC"}), ("token.list", {}),
                           ("space.show", {"site": "NOPE", "space": "A-01"})):
        number = client.send(method, params, **({"key": new_key()} if methods[method]["changes"] else {}))
        ping, first = client.send("session.ping"), client.read_message()
        assert first["id"] == number, "it waited for something: what came behind it was answered before"
        assert first["error"]["data"]["kind"] == "db_unavailable" and first["error"]["data"]["retry_after_ms"] > 0
        client.answer(ping)
    for method in ("session.ping", "session.whoami", "rpc.discover"):
        assert client.call(method)
    status = client.call("server.status")
    assert status["ready"] is False and status["database"] != "up"
    assert stranger.refused("session.auth", token=new_token()[0]).kind == "db_unavailable"
    assert stranger.refused("session.auth", code=world.code["newcomer"], key=new_key()).kind == "db_unavailable"
    for it in (client, stranger):
        it.close()


def test_a_refused_login_while_it_is_away_is_no_failed_login(behind, pg_proxy, world):
    daemon = behind()
    with daemon.client() as client:
        away(daemon, pg_proxy)
        for _ in range(10):
            assert client.refused("session.auth", token=new_token()[0]).kind == "db_unavailable"
        back(daemon, pg_proxy)
        assert client.insist("session.auth", token=world.token["ada"])["login"] == world.login["ada"]


def test_it_comes_back_by_itself_and_says_so(behind, pg_proxy, world):
    daemon = behind()
    with daemon.client(world.token["ada"]) as client:
        for round in range(3):
            away(daemon, pg_proxy)
            assert client.refused("booking.list", site="KSQ").kind == "db_unavailable"
            daemon.wait_note("STATUS=waiting for the database")
            back(daemon, pg_proxy)
            wait_until(lambda: client.call("server.status")["ready"], what="READY")
            assert client.insist_change("booking.create", BOOKING, space=f"A-{round + 1:02}")["booking"]
        assert client.call("server.status")["database"] == "up"


def test_what_waits_when_it_goes_away_is_refused_and_was_not_done(behind, pg_proxy, world, sql):
    daemon = behind()
    client = daemon.client(world.token["ada"])
    client.call("booking.create", BOOKING, key=new_key(), dry_run=True)
    pg_proxy.rule("stall before F:S batch")
    first = client.send_change("booking.create", BOOKING)
    pg_proxy.wait("stalled", 1)
    second = client.send_change("booking.create", BOOKING, space="A-02")
    client.call("session.ping")
    pg_proxy.refuse()
    pg_proxy.end()
    with pytest.raises(RpcError) as refusal:
        client.answer(second)
    assert refusal.value.kind == "db_unavailable"
    pg_proxy.refuse(False)
    assert client.answer(first)["booking"]["state"] == "confirmed"  # it was under way, and its fate was found out
    sql.execute("SELECT count(*) FROM cowork.booking")
    assert sql.fetchone() == (1,)
    client.close()


@pytest.mark.parametrize("place", ["cut before F:S batch", "cut after F:S batch", "cut before B:Z batch",
                                   "reset half B:D batch", "cut answered"])
def test_a_link_that_breaks_under_a_change_leaves_one_booking_and_one_answer(behind, pg_proxy, world, sql, place):
    daemon = behind()
    with daemon.client(world.token["ada"]) as client:
        client.call("booking.create", BOOKING, key=new_key(), dry_run=True)
        pg_proxy.rule(place)
        ref = client.change("booking.create", BOOKING)["booking"]["ref"]
        assert pg_proxy.stats()["fired"] == 1
        daemon.wait_log("link lost under a batch")
    sql.execute("SELECT ref FROM cowork.booking")
    assert sql.fetchall() == [(ref,)]


def test_all_backends_terminated_at_once_nothing_acknowledged_is_lost(daemon, connect, sql, world_db):
    clients, refs = [connect(who) for who in ("ada", "bob", "minji")], []
    for turn in range(5):
        numbers = [(client, client.send_change("booking.create", BOOKING, space=f"A-{n + 1:02}",
                                               start=f"2055-03-{turn + 1:02}T09:00", end=f"2055-03-{turn + 1:02}T10:00"))
                   for n, client in enumerate(clients)]
        sql.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND usename = 'coworkd'",
                    [world_db])
        for client, number in numbers:
            try:
                refs.append(client.answer(number)["booking"]["ref"])
            except RpcError as error:
                assert error.kind in PASSING, error
        wait_until(lambda: clients[0].call("server.status")["ready"], what="the database back")
    sql.execute("SELECT ref FROM cowork.booking WHERE state = 'confirmed'")
    assert set(refs) <= {ref for ref, in sql.fetchall()}


def test_a_backend_terminated_under_a_change_is_run_again(daemon, connect, sql):
    client = connect("ada")
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    number = client.send_change("booking.create", BOOKING)
    [pid] = wait_for_batches(sql)
    sql.execute("SELECT pg_terminate_backend(%s)", [pid])
    sql.connection.rollback()
    assert client.answer(number)["booking"]["state"] == "confirmed"
    daemon.wait_log("link lost under a batch")


def test_a_black_hole_is_noticed_and_meanwhile_every_request_is_answered(behind, pg_proxy, world, sql):
    """No byte comes any more and nothing is closed: only our own clocks tell."""
    daemon = behind(limits__request_timeout="1s")
    client = daemon.client(world.token["ada"])
    client.insist("booking.create", BOOKING, key=new_key(), dry_run=True)
    client.insist("booking.list", site="KSQ")
    for _ in range(20):
        pg_proxy.rule("stall before F:*")
    key = new_key()
    change, read = client.send("booking.create", {**BOOKING, "key": key}), client.send("booking.list", site="KSQ")
    kinds = set()
    for number in (change, read):
        with pytest.raises(RpcError) as refusal:
            client.answer(number)
        kinds.add(refusal.value.kind)
    assert kinds == {"outcome_unknown", "timeout"}
    assert client.call("session.ping")
    pg_proxy.clear()
    pg_proxy.resume()
    again = wait_until(lambda: works(client, key=key, attempt=2), what="the way back")
    assert again["space"] == "A-01"
    sql.execute("SELECT count(*) FROM cowork.booking")
    assert sql.fetchone() == (1,)
    client.close()


def test_started_without_it_it_listens_and_is_ready_when_it_comes(behind, pg_proxy, world):
    pg_proxy.refuse()
    daemon = behind(ready=False)
    with daemon.client() as client:
        assert client.refused("session.auth", token=world.token["ada"]).kind == "db_unavailable"
    daemon.wait_log("database link lost")
    assert not any("READY=1" in note for note in daemon.notes)
    pg_proxy.refuse(False)
    daemon.wait_ready()
    with daemon.client(world.token["ada"]) as client:
        assert client.insist_change("booking.create", BOOKING)["booking"]


def test_tries_to_come_back_get_fewer_and_the_outage_is_told_once(behind, pg_proxy):
    daemon = behind()
    links = 4 + 4 + 1
    before = pg_proxy.stats()["refused"]
    away(daemon, pg_proxy)
    began = time.monotonic()
    pg_proxy.wait("refused", before + 3 * links)
    three = time.monotonic() - began
    pg_proxy.wait("refused", before + 5 * links)
    assert time.monotonic() - began - three > three  # two rounds take longer than the three before them
    assert sum("database link lost" in line for line in daemon.lines) <= links
    assert sum("database away" in line for line in daemon.lines) == 1
    back(daemon, pg_proxy)


# A server of one's own, to stop

@pytest.fixture
def own_server():
    it = Cluster()
    it.host = None
    it.prefix += "o"
    it.start()
    yield it
    if it.process.poll() is not None:
        it.process = None
    it.stop()


def postmaster(cluster):
    return int((cluster.folder / "data" / "postmaster.pid").read_text().split()[0])


def start_again(cluster):
    log = open(cluster.folder / "log", "ab")
    bindir = subprocess.check_output(["pg_config", "--bindir"], text=True).strip()
    as_postgres = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    cluster.process = subprocess.Popen(as_postgres + [f"{bindir}/postgres", "-D", str(cluster.folder / "data")],
                                       stdout=log, stderr=log, cwd="/")
    log.close()


@pytest.mark.parametrize("how", ["SIGINT", "SIGQUIT"])
def test_the_server_stopped_and_started_again(own_server, certificate, short_dir, how):
    """In order (fast) and as if the power went (immediate)."""
    with own_server.clone() as name:
        world = World(own_server.connect(name, own_server.admin))
        daemon = Daemon(short_dir, own_server.conninfo(name), certificate).start()
        try:
            with daemon.client(world.token["ada"]) as client:
                client.change("booking.create", BOOKING)
                os.kill(postmaster(own_server), getattr(signal, how))
                own_server.process.wait(30)
                daemon.wait_log("database away")
                assert client.refused("booking.list", site="KSQ").kind == "db_unavailable"
                start_again(own_server)
                daemon.wait_log("database up", count=2)
                assert wait_until(lambda: works(client, space="A-02", key=new_key()), what="a change")
        finally:
            daemon.stop()


# The wrong one

@pytest.mark.parametrize("change, word", [
    ("INSERT INTO cowork.migration (version, name, sha256, ms, by_version) SELECT max(version) + 1, 'later', repeat('0', 64),"
     " 1, 'test' FROM cowork.migration", "install the newer coworkd"),
    ("DELETE FROM cowork.migration WHERE version = (SELECT max(version) FROM cowork.migration)", "coworkd migrate"),
    ("DELETE FROM cowork.migration", "coworkd migrate"),
])
def test_a_schema_of_another_version_is_not_served(cluster, world_db, certificate, short_dir, sql, change, word):
    sql.execute(change)
    daemon = Daemon(short_dir, cluster.conninfo(world_db), certificate, "refused")
    daemon.write_config()
    done = subprocess.run([build() / "daemon" / "coworkd", "--config", daemon.config], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 78, done.stderr
    assert "another version" in done.stderr and word in done.stderr
    assert "Sanitizer" not in done.stderr


@pytest.mark.parametrize("wrong, says", [("dbname", "the database does not exist: coworkd setup"),
                                         ("user", "the role does not exist: coworkd setup")])
def test_what_is_missing_is_said_to_the_service_manager(start_daemon, cluster, wrong, says):
    daemon = start_daemon(conninfo=cluster.conninfo("postgres") + f" {wrong}=nowhere", ready=False)
    daemon.wait_note(f"STATUS=waiting for the database ({says}")


def test_a_server_that_is_not_there_is_said_too(start_daemon, short_dir):
    daemon = start_daemon(conninfo=f"host={short_dir} dbname=cowork user=coworkd", ready=False)
    daemon.wait_note("STATUS=waiting for the database (the server cannot be reached)")


def set_up(cluster, database):
    return subprocess.run([build() / "daemon/coworkd", "setup", "--admin", f"host={cluster.host} user={cluster.admin}",
                           "--database", database], capture_output=True, text=True, timeout=60)


LACKING = "the role lacks rights: coworkd setup gives them back"


@pytest.mark.parametrize("right, method, params", [
    ("EXECUTE ON ALL FUNCTIONS IN SCHEMA cowork", "booking.create", BOOKING),
    ("SELECT ON ALL TABLES IN SCHEMA cowork", "booking.list", {"site": "KSQ"})])
def test_a_right_taken_away_while_it_runs_is_told_and_waited_for(daemon, connect, cluster, world_db, sql, right, method,
                                                                 params):
    client = connect("ada")
    sql.execute(f"REVOKE {right} FROM coworkd")
    with contextlib.suppress(RpcError):
        client.change(method, params) if method == "booking.create" else client.call(method, params)
    daemon.wait_note(f"STATUS=waiting for the database ({LACKING})")
    daemon.wait_log(f'waiting for the database.*why="{LACKING}"')
    with pytest.raises(RpcError) as refusal:
        client.call("booking.list", site="KSQ")
    assert refusal.value.kind == "db_unavailable"
    assert set_up(cluster, world_db).returncode == 0
    daemon.wait_log("database up", count=2)
    assert client.insist("booking.create", key=new_key(), **BOOKING)["booking"]


def test_a_schema_that_changes_while_it_runs_is_told_and_waited_for(daemon, connect, sql):
    """A migration cuts no link; what we would do to tables that we do not know is not done."""
    client = connect("ada")
    sql.execute("CREATE TEMP TABLE next AS SELECT * FROM cowork.migration ORDER BY version DESC LIMIT 1;"
                "UPDATE next SET version = 999; INSERT INTO cowork.migration SELECT * FROM next")
    daemon.wait_log('waiting for the database.*why="the schema is of another version')
    assert client.refused("booking.create", {"key": new_key()}, **BOOKING).kind == "db_unavailable"
    sql.execute("DELETE FROM cowork.migration WHERE version = 999")
    daemon.wait_log("database up", count=2)
    assert client.insist("booking.create", key=new_key(), **BOOKING)["booking"]


RIGHTS = {
    "EXECUTE on cowork.lane_run": "EXECUTE ON ALL FUNCTIONS IN SCHEMA cowork", "SELECT on cowork.event": "SELECT ON cowork.event",
    "SELECT on cowork.migration": "SELECT ON cowork.migration", "USAGE on schema cowork": "USAGE ON SCHEMA cowork"}


@pytest.mark.parametrize("missing", RIGHTS)
def test_a_role_without_a_right_is_told_and_setup_gives_it_back(start_daemon, cluster, world_db, sql, missing):
    sql.execute(f"REVOKE {RIGHTS[missing]} FROM coworkd")
    daemon = start_daemon(ready=False)
    daemon.wait_log(rf"lvl=error .*the database role lacks rights.* role=coworkd missing=.*{missing}.*run coworkd setup")
    daemon.wait_note("STATUS=waiting for the database (the role lacks rights: coworkd setup gives them back)")
    assert not any("READY=1" in note for note in daemon.notes)
    done = set_up(cluster, world_db)
    assert done.returncode == 0 and missing in done.stderr, done.stderr
    daemon.wait_ready()


def test_setup_gives_back_the_use_of_the_database_too(start_daemon, cluster, world_db, sql):
    sql.execute(f'REVOKE ALL ON DATABASE "{world_db}" FROM PUBLIC, coworkd, cowork_report')
    daemon = start_daemon(ready=False)
    daemon.wait_log("waiting for the database.*the role may not use the database")
    assert set_up(cluster, world_db).returncode == 0
    daemon.wait_ready()
    sql.execute("SELECT has_database_privilege('cowork_report', current_database(), 'CONNECT')")
    assert sql.fetchone() == (True,)


def test_every_right_that_a_migration_gives_is_missed(cluster, world_db, sql):
    """The daemon's own list of its rights is that of the migrations."""
    sql.execute("""SELECT 'SELECT on cowork.' || c.relname FROM pg_class c, aclexplode(c.relacl) a
        WHERE c.relnamespace = 'cowork'::regnamespace AND a.grantee = 'coworkd'::regrole
        UNION SELECT 'EXECUTE on cowork.' || p.proname FROM pg_proc p, aclexplode(p.proacl) a
        WHERE p.pronamespace = 'cowork'::regnamespace AND a.grantee = 'coworkd'::regrole""")
    given = {what for what, in sql.fetchall()} | {"USAGE on schema cowork"}
    sql.execute("REVOKE ALL ON ALL TABLES IN SCHEMA cowork FROM coworkd; REVOKE ALL ON SCHEMA cowork FROM coworkd;"
                "REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cowork FROM coworkd")
    done = subprocess.run([build() / "daemon/coworkd", "migrate", "--admin", cluster.conninfo(world_db, cluster.admin)],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    [line] = [line for line in done.stderr.splitlines() if "gave role coworkd back" in line]
    assert set(line.partition(" back ")[2].split(", ")) == given
    again = subprocess.run([build() / "daemon/coworkd", "migrate", "--admin", cluster.conninfo(world_db, cluster.admin)],
                           capture_output=True, text=True, timeout=60)
    assert "gave role" not in again.stderr


def test_a_right_taken_away_while_it_runs_is_told_in_words(daemon, connect, sql):
    client = connect("ada")
    assert works(client, key=new_key())
    sql.execute("REVOKE ALL ON ALL FUNCTIONS IN SCHEMA cowork FROM coworkd")
    assert client.refused("booking.create", BOOKING, space="A-02", key=new_key()).kind == "db_unavailable"
    daemon.wait_log(r"lvl=error .*the database role lacks a right.* role=coworkd statement=lane_run "
                    r"why=\"permission denied for function lane_run\" do=\"run coworkd setup")


def test_what_is_missing_stands_in_the_status_for_clients(daemon, connect, cluster, world_db, sql):
    client = connect("operator")
    with contextlib.closing(cluster.connect("postgres", cluster.admin)) as connection:
        connection.autocommit = True
        other = connection.cursor()
        sql.connection.close()
        other.execute(f"ALTER DATABASE {world_db} ALLOW_CONNECTIONS false")
        other.execute("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", [world_db])
        wait_until(lambda: other.execute("SELECT 1 FROM pg_stat_activity WHERE datname = %s", [world_db]) or not other.fetchall())
        other.execute(f"ALTER DATABASE {world_db} RENAME TO {world_db}_away")
        try:
            wait_until(lambda: client.call("server.status")["database"] == "the database does not exist: coworkd setup makes it")
        finally:
            other.execute(f"ALTER DATABASE {world_db}_away RENAME TO {world_db}")
            other.execute(f"ALTER DATABASE {world_db} ALLOW_CONNECTIONS true")
    wait_until(lambda: client.call("server.status")["database"] == "up", timeout=60)


def test_a_migration_under_a_running_daemon_makes_it_wait_not_end(daemon, connect, sql, world_db):
    client = connect("ada")
    sql.execute("SELECT max(version) FROM cowork.migration")
    [version] = sql.fetchone()
    sql.execute("UPDATE cowork.migration SET version = version + 100 WHERE version = %s", [version])
    sql.execute("SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = %s AND usename = 'coworkd'",
                [world_db])
    daemon.wait_log("database away")
    assert client.refused("site.list").kind == "db_unavailable"
    sql.execute("UPDATE cowork.migration SET version = version - 100 WHERE version = %s", [version + 100])
    daemon.wait_log("database up", count=2)
    assert client.insist("site.list")["sites"]


def test_a_database_without_our_schema_is_told(cluster, certificate, short_dir):
    cluster.serial += 1
    name = f"{cluster.prefix}_{cluster.serial}_empty"
    cluster._create(name)
    try:
        daemon = Daemon(short_dir, cluster.conninfo(name), certificate, "refused")
        daemon.write_config()
        done = subprocess.run([build() / "daemon" / "coworkd", "--config", daemon.config], capture_output=True, text=True,
                              timeout=60)
        assert done.returncode == 78 and "coworkd migrate" in done.stderr
    finally:
        cluster._drop(name)
