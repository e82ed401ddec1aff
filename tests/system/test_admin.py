"""coworkd's command line beside the daemon: configuration, setup, migrate."""

import contextlib
import hashlib
import re
import shlex
import subprocess
import threading

import psycopg2
import pytest

import fake_pg
from cluster import MIGRATIONS, migration_files
from rig import ROOT, SANITIZER, build, make_certificate

SHIPPED = len(migration_files())


def run(*words, program="daemon/coworkd", input=None):
    done = subprocess.run([build() / program, *map(str, words)], text=True, capture_output=True, timeout=120,
                          input=input)
    report = SANITIZER.search(done.stderr)
    assert not report, done.stderr
    return done


def one_line(text):
    assert text.count("\n") == 1 and text.endswith("\n"), text
    return text


@pytest.fixture
def fresh(cluster):
    """The name of a database that does not exist; dropped afterwards."""
    cluster.serial += 1
    name = f"{cluster.prefix}_{cluster.serial}_fresh"
    yield name
    cluster._admin_sql(f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)')


@pytest.fixture
def admin(cluster):
    """An administrator's connection string without a database."""
    return f"host={cluster.host} user={cluster.admin}"


@pytest.fixture
def empty(cluster, fresh):
    """A database after setup.sql and before the first migration."""
    cluster._admin_sql(f'CREATE DATABASE "{fresh}" TEMPLATE template0 OWNER cowork_owner')
    with contextlib.closing(cluster.connect(fresh, cluster.admin)) as connection:
        connection.cursor().execute((MIGRATIONS / "setup.sql").read_text())
    return fresh


def query(cluster, database, sql, *params):
    with contextlib.closing(cluster.connect(database, cluster.admin)) as connection:
        cursor = connection.cursor()
        cursor.execute(sql, params)
        return cursor.fetchall() if cursor.description else None


def version_of(cluster, database):
    return query(cluster, database, "SELECT coalesce(max(version), 0) FROM cowork.migration")[0][0]


# the configuration

def test_check_config_says_where_it_is_wrong(tmp_path):
    file = tmp_path / "c.conf"
    file.write_text("[listen]\nprot = 1\n")
    done = run("--config", file, "--check-config")
    assert done.returncode == 78
    assert one_line(done.stderr) == f'{file}:2: unknown key "prot" in [listen]; did you mean "port"?\n'


@pytest.fixture
def good_config(tmp_path):
    """A configuration with all that belongs to it, in tmp_path."""
    make_certificate(tmp_path)
    file = tmp_path / "c.conf"
    file.write_text(f"[tls]\ncertificate = {tmp_path}/cert.pem\nkey = {tmp_path}/key.pem\n")
    return file


def test_check_config_says_that_it_is_right(good_config):
    done = run("--config", good_config, "--check-config")
    assert (done.returncode, done.stdout) == (0, f"{good_config}: the configuration is right, and so are certificate and key\n")


def test_the_example_is_right_but_for_the_certificate(tmp_path):
    file = tmp_path / "c.conf"
    file.write_text(run("--example-config").stdout)
    done = run("--config", file, "--check-config")
    assert done.returncode in (0, 78) and "c.conf:" not in done.stderr


def renew(folder, days):
    for command in (["req", "-new", "-key", "key.pem", "-subj", "/CN=localhost", "-out", "csr.pem"],
                    ["x509", "-req", "-in", "csr.pem", "-signkey", "key.pem", "-days", str(days), "-out", "cert.pem"]):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)


def old_certificate(folder):
    renew(folder, -1)


def another_key(folder):
    (folder / "other").mkdir()
    make_certificate(folder / "other")[1].rename(folder / "key.pem")


BROKEN = {
    "no certificate": (lambda folder: (folder / "cert.pem").unlink(), r"cert\.pem.*No such file"),
    "no key": (lambda folder: (folder / "key.pem").unlink(), r"key\.pem.*No such file"),
    "no PEM": (lambda folder: (folder / "cert.pem").write_text("nothing\n"), r"cert\.pem"),
    "another's key": (another_key, r"key\.pem.*(not|belong|match|fit)"),
    "expired": (old_certificate, r"cert\.pem.*(expired|ended|no longer)"),
}


@pytest.mark.parametrize("how", BROKEN)
def test_check_config_looks_at_certificate_and_key(good_config, how):
    damage, says = BROKEN[how]
    damage(good_config.parent)
    done = run("--config", good_config, "--check-config")
    assert (done.returncode, done.stdout) == (78, "")
    assert re.search(says, one_line(done.stderr)), done.stderr


CONNINFO = {  # what is written: what is said of it
    "host=/x dbnam=cowork": 'invalid connection option "dbnam"',
    "host=/x password='hunter2 dbname=cowork": "unterminated quoted string",
    "ho st=/x": 'missing "=" after "ho"',
    "host=/x sslmode=bogus": "sslmode must be one of disable allow prefer require verify-ca verify-full",
    "host=/x port=many": "port must be a number",
    "host=/x password=hunter2 hunter3": 'missing "=" after "..."',
    "postgresql://kim:hunter2@[::1": "IPv6",
    'host=/x password=a b"hunter2': "it is malformed",
}


@pytest.mark.parametrize("key", ["conninfo", "report_conninfo", "admin_conninfo"])
@pytest.mark.parametrize("text", CONNINFO)
def test_a_connection_string_that_libpq_would_not_take_is_found_at_once(good_config, text, key):
    good_config.write_text(good_config.read_text() + f"[database]\n{key} = {text}\n")
    done = run("--config", good_config, "--check-config")
    assert (done.returncode, done.stdout) == (78, "")
    line = len(good_config.read_text().splitlines())
    assert one_line(done.stderr).startswith(f"{good_config}:{line}: {key}: ") and CONNINFO[text] in done.stderr
    assert "hunter" not in done.stderr


@pytest.mark.parametrize("text", ["dbname=cowork sslmode=verify-full port=5432,5433 password='a b'",
                                  "postgresql://kim:secret@db.example:5432/cowork?sslmode=require", "service=cowork"])
def test_a_connection_string_of_any_form_is_right(good_config, text):
    good_config.write_text(good_config.read_text() + f"[database]\nconninfo = {text}\n")
    done = run("--config", good_config, "--check-config")
    assert done.returncode == 0, done.stderr


EXPOSED = {0o600: None, 0o640: None, 0o644: "others can read it", 0o666: "others can write it",
           0o660: "its group can write it"}


@pytest.mark.parametrize("mode", EXPOSED)
def test_check_config_warns_of_a_key_and_a_password_that_others_can_get_at(good_config, mode):
    key = good_config.parent / "key.pem"
    key.chmod(mode)
    good_config.write_text(good_config.read_text() + "[database]\nconninfo = host=/x password=hunter2\n")
    good_config.chmod(mode)
    done = run("--config", good_config, "--check-config")
    assert (done.returncode, "the configuration is right" in done.stdout) == (0, True)
    warnings = [line for line in done.stderr.splitlines() if "mode" in line]
    expected = [f"warning: {key}: the private key has the mode {mode:04o}: {EXPOSED[mode]}: chown root:coworkd and chmod 640",
                f"warning: {good_config}: the configuration, which has a password in it, has the mode {mode:04o}:"
                f" {EXPOSED[mode]}: chown root:coworkd and chmod 640"]
    assert warnings == (expected if EXPOSED[mode] else [])
    assert "hunter2" not in done.stderr


def test_a_configuration_without_a_password_may_be_read_by_all(good_config):
    good_config.chmod(0o644)
    assert "mode" not in run("--config", good_config, "--check-config").stderr


def test_check_config_warns_of_a_certificate_that_ends_soon(good_config):
    renew(good_config.parent, 40)
    done = run("--config", good_config, "--check-config")
    assert (done.returncode, done.stderr) == (0, "")
    renew(good_config.parent, 3)
    done = run("--config", good_config, "--check-config")
    assert done.returncode == 0
    assert re.fullmatch(r"warning: \S+/cert.pem: the certificate expires soon, at \d{4}-\S+: replace it\n", done.stderr)


def steps_of_the_readme():
    """What README tells root to do, as lists of words, after `coworkd`."""
    block = next(block for block in (ROOT / "README.md").read_text().split("```\n") if "--check-config" in block)
    return [shlex.split(line)[1:] for line in block.splitlines() if line.startswith("coworkd ")]


def test_the_readmes_first_steps_work_in_their_order(tmp_path):
    """Nothing is there yet; each step is one that the ones before it made possible."""
    file = tmp_path / "c.conf"
    for words in steps_of_the_readme():
        if words[0] == "--example-config":
            file.write_text(run("--example-config").stdout.replace("/etc/coworkd/tls", str(tmp_path))
                            .replace("#certificate", "certificate").replace("#key", "key"))
            continue
        done = run("--config", file, *words)
        assert done.returncode == 0, (words, done.stderr)
    assert (tmp_path / "cert.pem").exists()


def test_who_has_no_certificate_yet_is_told_how_to_make_one(good_config):
    (good_config.parent / "cert.pem").unlink()
    for words in (["--check-config"], []):
        done = run("--config", good_config, *words)
        assert done.returncode == 78
        assert "No such file or directory; coworkd setup --certificate-for HOST makes one" in one_line(done.stderr)


def test_dump_config_names_files_and_keeps_secrets(tmp_path):
    file = tmp_path / "c.conf"
    file.write_text("[database]\nconninfo = host=db password=hunter2\n")
    dump = run("--config", file, "--dump-config").stdout
    assert f"# {file}:2\nconninfo = host=db password=********\n" in dump
    assert "# default\nport = 7470\n" in dump


def test_a_configuration_that_was_named_must_be_there(tmp_path):
    done = run("--config", tmp_path / "none", "--check-config")
    assert done.returncode == 78 and "No such file" in one_line(done.stderr)


def test_usage_is_64():
    for words in (["--nonsense"], ["nonsense"], ["migrate", "--nonsense"], ["migrate", "--status", "--plan"],
                  ["setup", "--operator", "a@b.example"], ["setup", "--csr"], ["setup", "word"]):
        done = run(*words)
        assert (done.returncode, done.stdout) == (64, ""), words
        assert "Usage: coworkd" in done.stderr, words
    assert run("--help").stdout.startswith("Usage: coworkd")


@pytest.mark.parametrize("words, says", [
    ("--operator kim", "--operator needs --name NAME"), ("--operator kim@example.org", "--operator needs --name NAME"),
    ("--name Kim", "needs --operator LOGIN"), ("--new-code", "needs --operator LOGIN --name NAME"),
    ("--certificate /c.pem --certificate-for x", "--certificate and --key need one another"),
    ("--csr", "need --certificate-for NAME"), ("word", 'no word beside its options: "word"')])
def test_setup_says_what_is_missing_on_its_command_line(words, says):
    first = run("setup", *words.split()).stderr.splitlines()[0]
    assert first.startswith("coworkd: ") and says in first


@pytest.mark.parametrize("command", ["setup", "migrate", "verify"])
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_on_a_command_is_no_error(command, option, tmp_path):
    for words in ([command, option], ["--config", tmp_path / "none", command, "--nonsense", option]):
        done = run(*words)
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.startswith(f"Usage: coworkd {command}")


# setup

def test_setup_makes_a_database_and_its_operator_once(cluster, fresh, admin):
    words = ("setup", "--admin", admin, "--database", fresh, "--operator", "Olive@Example.org", "--name", "Olive")
    done = run(*words)
    assert done.returncode == 0, done.stderr
    assert "coworkd: made operator olive@example.org; the code below" in done.stderr
    code = re.fullmatch(r"cwc_([0-9A-Z]{8})_(\w{43})_\w{6}\n", done.stdout)
    assert code, done.stdout
    assert query(cluster, fresh, "SELECT token_id, encode(hash, 'hex'), kind FROM cowork.token") == [
        (code[1], hashlib.sha256(code[2].encode()).hexdigest(), "code")]
    assert query(cluster, fresh, "SELECT login, name, role, state, site_id FROM cowork.staff"
                 " JOIN cowork.person USING (person_id)") == [
        ("olive@example.org", "Olive", "operator", "invited", None)]
    assert query(cluster, fresh, "SELECT rev, actor, kind FROM cowork.event") == [(1, 0, "staff.granted")]
    assert query(cluster, fresh, "SELECT d.datcollate, d.datctype, pg_encoding_to_char(encoding), r.rolname"
                 " FROM pg_database d JOIN pg_roles r ON r.oid = datdba WHERE datname = %s", fresh) == [
        ("C.UTF-8", "C.UTF-8", "UTF8", "cowork_owner")]
    assert version_of(cluster, fresh) == SHIPPED

    again = run(*words)
    assert (again.returncode, again.stdout) == (0, "")
    assert "olive@example.org is an operator already" in again.stderr
    assert query(cluster, fresh, "SELECT count(*) FROM cowork.event") == [(1,)]

    lost = run(*words, "--new-code")
    assert lost.returncode == 0 and lost.stdout.startswith("cwc_") and lost.stdout != done.stdout
    assert "coworkd: made a new code for operator olive@example.org; the code below" in lost.stderr
    assert query(cluster, fresh, "SELECT count(*) FROM cowork.token WHERE revoked_at IS NULL") == [(1,)]


def test_setup_makes_a_second_operator_only_when_named(cluster, fresh, admin):
    words = ("setup", "--admin", admin, "--database", fresh)
    assert run(*words, "--operator", "a@x.example", "--name", "A").stdout.startswith("cwc_")
    assert run(*words).stdout == ""
    assert run(*words, "--operator", "b@x.example", "--name", "B").stdout.startswith("cwc_")
    assert query(cluster, fresh, "SELECT count(*) FROM cowork.staff WHERE role = 'operator'") == [(2,)]


def test_operator_whose_code_ran_out_gets_another(cluster, fresh, admin):
    words = ("setup", "--admin", admin, "--database", fresh, "--operator", "a@x.example", "--name", "A")
    first = run(*words).stdout
    query(cluster, fresh, "UPDATE cowork.token SET expires_at = now() - interval '1 s'")
    second = run(*words)
    assert second.stdout.startswith("cwc_") and second.stdout != first
    assert "made a new code for operator a@x.example" in second.stderr


def test_setup_refuses_a_login_that_is_none_before_it_touches_anything(cluster, fresh, admin):
    done = run("setup", "--admin", admin, "--database", fresh, "--operator", "olive", "--name", "Olive")
    assert done.returncode == 78
    assert "--operator must be an e-mail address" in one_line(done.stderr)
    assert query(cluster, "postgres", "SELECT count(*) FROM pg_database WHERE datname = %s", fresh) == [(0,)]


def test_setup_without_rights_is_refused(cluster, fresh):
    done = run("setup", "--admin", f"host={cluster.host} user=coworkd dbname=postgres", "--database", fresh)
    assert done.returncode == 78
    assert 'role "coworkd" may not create roles and databases' in one_line(done.stderr)


def test_setup_needs_no_superuser(cluster, fresh):
    role = fresh.replace("fresh", "half")
    cluster._admin_sql(f'CREATE ROLE "{role}" LOGIN CREATEROLE CREATEDB')
    try:
        done = run("setup", "--admin", f"host={cluster.host} user={role}", "--database", fresh,
                   "--operator", "a@x.example", "--name", "A")
        assert done.returncode == 0, done.stderr
        cluster._admin_sql(f'DROP DATABASE "{fresh}"')
    finally:
        cluster._admin_sql(f'REVOKE cowork_owner FROM "{role}"; DROP ROLE "{role}"')


def test_setup_refuses_a_database_of_another_encoding(cluster, fresh, admin):
    cluster._admin_sql(f"""CREATE DATABASE "{fresh}" TEMPLATE template0 ENCODING 'LATIN1'
                           LC_COLLATE 'C' LC_CTYPE 'C'""")
    done = run("setup", "--admin", admin, "--database", fresh)
    assert done.returncode == 78
    assert "has the encoding LATIN1; coworkd needs UTF8" in one_line(done.stderr)


def test_setup_says_that_the_server_is_away(short_dir):
    done = run("setup", "--admin", f"host={short_dir}")
    assert done.returncode == 75
    assert one_line(done.stderr).startswith("coworkd: could not connect: ")


@pytest.fixture
def scripted(short_dir):
    """A server that answers setup's first questions as a good one would."""
    with fake_pg.FakePg(short_dir) as pg:
        pg.answer("", [])
        pg.answer("rolsuper OR rolcreaterole", [["t"]])
        pg.answer("pg_encoding_to_char", [["UTF8"]])
        yield pg, f"host={short_dir} user=postgres"


def test_setup_names_the_package_of_a_missing_extension(scripted):
    pg, admin = scripted
    pg.answer("btree_gist", [])
    done = run("setup", "--admin", admin, "--database", "d")
    assert done.returncode == 78
    assert one_line(done.stderr) == ("coworkd: PostgreSQL's contrib package is missing on the server (extension "
                                     "btree_gist): install postgresql-contrib or postgresql-15\n")


def test_setup_refuses_an_old_server(scripted, monkeypatch):
    monkeypatch.setitem(fake_pg.PARAMETERS, "server_version", "14.9")
    done = run("setup", "--admin", scripted[1])
    assert done.returncode == 78
    assert one_line(done.stderr) == "coworkd: the server is PostgreSQL 14.9; coworkd needs PostgreSQL 15 or later\n"


def test_migrate_whose_link_breaks_says_that_it_can_be_tried_again(scripted):
    pg, admin = scripted
    pg.answer("pg_extension", [["btree_gist"]])
    pg.fault("query", "close", query="COMMIT")
    done = run("migrate", "--admin", admin + " dbname=d")
    assert done.returncode == 75
    assert "migration 0001_catalogue.sql: server closed the connection" in one_line(done.stderr)


def test_setup_twice_at_once_makes_one(fresh, admin):
    words = ("setup", "--admin", admin, "--database", fresh, "--operator", "a@x.example", "--name", "A")
    done = in_parallel(lambda: run(*words))
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert sum(one.stderr.count("created database") for one in done) == 1


def test_setup_makes_a_certificate_and_never_overwrites_one(tmp_path):
    words = ("setup", "--certificate-for", "localhost,127.0.0.1", "--certificate", tmp_path / "cert.pem",
             "--key", tmp_path / "key.pem")
    assert run(*words).returncode == 0
    made = (tmp_path / "cert.pem").read_bytes(), (tmp_path / "key.pem").read_bytes()
    assert (tmp_path / "key.pem").stat().st_mode & 0o777 == 0o640
    again = run(*words)
    assert again.returncode == 0 and "left alone" in again.stderr
    assert made == ((tmp_path / "cert.pem").read_bytes(), (tmp_path / "key.pem").read_bytes())


def test_setup_makes_a_request_beside_the_certificate(tmp_path):
    assert run("setup", "--certificate-for", "localhost", "--csr", "--certificate", tmp_path / "cert.pem",
               "--key", tmp_path / "key.pem").returncode == 0
    assert "CERTIFICATE REQUEST" in (tmp_path / "cert.pem.csr").read_text()
    assert not (tmp_path / "cert.pem").exists()


# migrate

def in_parallel(action, count=2):
    results = []
    threads = [threading.Thread(target=lambda: results.append(action())) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def test_migrate_from_empty_records_what_it_applied(cluster, empty):
    done = run("migrate", "--admin", cluster.conninfo(empty, cluster.admin))
    assert done.returncode == 0, done.stderr
    assert query(cluster, empty, "SELECT version, name, sha256, by_version FROM cowork.migration ORDER BY 1") == [
        (int(file.name[:4]), file.stem[5:], hashlib.sha256(file.read_bytes()).hexdigest(),
         run("--version").stdout.split()[1]) for file in migration_files()]
    assert query(cluster, empty, "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = 'cowork'") == [
        ("cowork_owner",)]


def test_two_who_migrate_at_once_apply_each_migration_once(cluster, empty):
    done = in_parallel(lambda: run("migrate", "--admin", cluster.conninfo(empty, cluster.admin)))
    assert [one.returncode for one in done] == [0, 0], [one.stderr for one in done]
    assert sum(one.stderr.count("applied migration") for one in done) == SHIPPED


def test_plan_and_status_change_nothing(cluster, empty):
    where = ("--admin", cluster.conninfo(empty, cluster.admin))
    plan, status = run("migrate", "--plan", *where), run("migrate", "--status", *where)
    assert (plan.returncode, status.returncode) == (0, 0)
    assert plan.stdout.split() == [file.name for file in migration_files()]
    assert status.stdout.count(" missing\n") == SHIPPED
    assert version_of(cluster, empty) == 0

    run("migrate", *where)
    assert run("migrate", "--plan", *where).stdout == ""
    status = run("migrate", "--status", *where).stdout
    assert "missing" not in status and status.count(" applied ") == SHIPPED


@pytest.mark.parametrize("words", [(), ("--status",), ("--plan",)])
def test_a_changed_migration_is_refused(cluster, database, words):
    query(cluster, database, "UPDATE cowork.migration SET sha256 = repeat('0', 64) WHERE version = 2")
    done = run("migrate", *words, "--admin", cluster.conninfo(database, cluster.admin))
    assert done.returncode == 78
    assert "migration 0002_people.sql was applied" in one_line(done.stderr)


@pytest.mark.parametrize("words", [(), ("--status",), ("--plan",)])
def test_a_newer_database_is_refused(cluster, database, words):
    query(cluster, database, "INSERT INTO cowork.migration (version, name, sha256, ms, by_version)"
          " VALUES (%s, 'later', 'x', 1, '9')", SHIPPED + 1)
    done = run("migrate", *words, "--admin", cluster.conninfo(database, cluster.admin))
    assert done.returncode == 78
    assert f"is at version {SHIPPED + 1}, newer than this coworkd" in one_line(done.stderr)


def test_a_history_with_a_hole_is_refused(cluster, database):
    query(cluster, database, "DELETE FROM cowork.migration WHERE version = 3")
    done = run("migrate", "--admin", cluster.conninfo(database, cluster.admin))
    assert done.returncode == 78
    assert "has seen migration 4 but not 3" in one_line(done.stderr)


def test_migrate_tells_who_has_not_set_up(cluster):
    done = run("migrate", "--admin", cluster.conninfo("postgres", cluster.admin))
    assert done.returncode == 78
    assert one_line(done.stderr) == 'coworkd: database "postgres" is not set up: run coworkd setup\n'


def test_migrate_without_the_extension_says_what_to_run(cluster, empty):
    query(cluster, empty, "DROP EXTENSION btree_gist")
    done = run("migrate", "--admin", cluster.conninfo(empty, cluster.admin))
    assert done.returncode == 78
    assert one_line(done.stderr) == (f'coworkd: the extension btree_gist is not in database "{empty}": '
                                     "run coworkd setup\n")
    assert version_of(cluster, empty) == 0


def test_migrate_names_the_package_of_a_missing_extension(scripted):
    pg, admin = scripted
    pg.answer("FROM cowork.migration", [])
    pg.answer("pg_extension", [])
    pg.answer("pg_available_extensions", [])
    done = run("migrate", "--admin", admin + " dbname=d")
    assert done.returncode == 78
    assert "(extension btree_gist): install postgresql-contrib or postgresql-15" in one_line(done.stderr)


def test_migrate_without_rights_is_refused(cluster, empty):
    done = run("migrate", "--admin", cluster.conninfo(empty, "coworkd"))
    assert done.returncode == 78
    assert 'role "coworkd" may not act as cowork_owner' in one_line(done.stderr)


def test_migrate_waits_for_a_lock_and_tries_again(cluster, empty):
    """Somebody's long transaction must not make the daemon's queries queue behind a waiting migration."""
    with contextlib.closing(cluster.connect(empty, cluster.admin, autocommit=False)) as holder:
        holder.cursor().execute("LOCK TABLE cowork.migration IN EXCLUSIVE MODE")
        process = subprocess.Popen([build() / "daemon/coworkd", "migrate", "--admin",
                                    cluster.conninfo(empty, cluster.admin)], stderr=subprocess.PIPE, text=True)
        assert "waits for a lock" in process.stderr.readline()
        holder.rollback()
        rest = process.stderr.read()
        assert process.wait() == 0, rest
        process.stderr.close()
    assert version_of(cluster, empty) == SHIPPED


def test_a_failing_migration_is_named_with_its_line_and_leaves_nothing(cluster, empty):
    where = ("--admin", cluster.conninfo(empty, cluster.admin))
    done = run("migrate", *where, program="tests/system/migrate-sample")
    assert done.returncode == 78
    assert 'migrations/0003_broken.sql:3: column "nowhere"' in done.stderr.splitlines()[-1]
    assert version_of(cluster, empty) == 2
    assert query(cluster, empty, "SELECT count(*) FROM cowork.thing") == [(0,)]


def test_a_migration_may_go_without_a_transaction(cluster, empty):
    where = ("--admin", cluster.conninfo(empty, cluster.admin))
    plan = run("migrate", "--plan", *where, program="tests/system/migrate-sample").stdout
    assert "0002_index.sql (without a transaction)\n" in plan
    run("migrate", *where, program="tests/system/migrate-sample")
    assert query(cluster, empty, "SELECT indisvalid FROM pg_index WHERE indexrelid = 'cowork.thing_a'::regclass") == [
        (True,)]
    assert query(cluster, empty, "SELECT column_default FROM information_schema.columns"
                 " WHERE table_name = 'thing' AND column_name = %s", 'b \\ "?" c') == [("'é\ttab'::text",)]


def test_the_daemons_role_cannot_write_the_migrations(cluster, database):
    with contextlib.closing(cluster.connect(database)) as connection:
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            connection.cursor().execute("DELETE FROM cowork.migration")
