"""A private PostgreSQL cluster for tests: started on a unix socket in a short temporary folder, migrated once
into a template, cloned for each test, and stopped at the end. It touches no other server.

COWORK_TEST_PGHOST names the socket folder of a cluster that runs already; then only databases are made.
"""

import contextlib
import hashlib
import os
import pathlib
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

import psycopg2
import psycopg2.extensions

ROOT = pathlib.Path(__file__).resolve().parents[2]
MIGRATIONS = ROOT / "migrations"
TEMPLATE = "cowork_template"

SETTINGS = """
listen_addresses = ''
unix_socket_directories = '{socket}'
fsync = off
synchronous_commit = off
full_page_writes = off
shared_buffers = 64MB
max_connections = 100
deadlock_timeout = 200ms
timezone = 'UTC'
log_destination = stderr
logging_collector = off
log_line_prefix = '%m [%p] %u@%d '
"""


def _as_postgres(command):
    """PostgreSQL refuses root: its programs then run as the system's user postgres."""
    return ["runuser", "-u", "postgres", "--"] + command if os.geteuid() == 0 else command


class Cluster:
    """One server. `admin` is its superuser; `clone()` gives a fresh migrated database.

    With settings it is a server of its own with these lines at the end of its configuration; `parent` is where
    its folder is made.
    """

    def __init__(self, settings=None, parent="/tmp"):
        self.settings = settings
        self.parent = parent
        self.folder = None
        self.process = None
        self.made = []
        self.serial = 0
        self.prefix = "t%d" % os.getpid()
        self.host = None if settings is not None else os.environ.get("COWORK_TEST_PGHOST")
        self.admin = os.environ.get("COWORK_TEST_PGUSER") or (
            "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name)

    def start(self):
        if not self.host:
            self._start_own()
        self.template = self.prefix + "_" + TEMPLATE
        self._create(self.template)
        # roles belong to the whole server, and two at once would trip over each other
        with contextlib.closing(self.connect("postgres", self.admin)) as alone:
            alone.cursor().execute("SELECT pg_advisory_lock(7470)")
            migrate(self, self.template)

    def _start_own(self):
        bindir = subprocess.check_output(["pg_config", "--bindir"], text=True).strip()
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="cwpg", dir=self.parent))
        if os.geteuid() == 0:
            shutil.chown(self.folder, "postgres", "postgres")
        data = self.folder / "data"
        log = open(self.folder / "log", "wb")
        subprocess.check_call(
            _as_postgres([bindir + "/initdb", "-N", "-A", "trust", "-U", self.admin, "--locale=C.UTF-8",
                          "-E", "UTF8", "-D", str(data)]), stdout=log, stderr=log, cwd="/")
        settings = SETTINGS.format(socket=self.folder)
        with open(data / "postgresql.conf", "a") as f:
            f.write(settings + (self.settings or ""))
        log.close()
        self.host = str(self.folder)
        self._launch()

    def _launch(self):
        bindir = subprocess.check_output(["pg_config", "--bindir"], text=True).strip()
        notify = self.folder / "notify"
        notify.unlink(missing_ok=True)
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as told, open(self.folder / "log", "ab") as log:
            told.bind(str(notify))
            notify.chmod(0o666)
            self.process = subprocess.Popen(
                _as_postgres([bindir + "/postgres", "-D", str(self.folder / "data")]), stdout=log, stderr=log,
                env={**os.environ, "NOTIFY_SOCKET": str(notify)},
                cwd="/", start_new_session=True)  # a Ctrl-C is ours, not the server's: it is stopped in order
            self._wait_ready(told)

    def _wait_ready(self, told):
        """Until it says that it is, as to systemd; or ends."""
        ended, deadline = os.pidfd_open(self.process.pid), time.monotonic() + 60
        try:
            while True:
                readable, _, _ = select.select([told, ended], [], [], max(deadline - time.monotonic(), 0))
                if told in readable and b"READY=1" in told.recv(4096):
                    return
                if told not in readable:
                    raise RuntimeError("PostgreSQL did not start:\n" + self.log())
        finally:
            os.close(ended)

    def log(self):
        return (self.folder / "log").read_text(errors="replace") if self.folder else ""

    def _pid(self):
        return int((self.folder / "data" / "postmaster.pid").read_text().split()[0])

    def pids(self):
        """The server, and those that it started."""
        children = subprocess.run(["pgrep", "-P", str(self._pid())], check=True, text=True, stdout=subprocess.PIPE)
        return [self._pid(), *map(int, children.stdout.split())]

    def _end(self, number):
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):  # it has gone by itself
            os.kill(self._pid(), number)
        self.process.wait(timeout=60)

    def crash(self):
        """Our own server ends at once, as if it had crashed, and is started again."""
        self._end(signal.SIGQUIT)
        self._launch()

    def stop(self, at_once=False):
        """Stops our own server, at once where nothing of it is wanted any more, or drops what we made on another's."""
        if self.process:
            try:
                self._end(signal.SIGQUIT if at_once else signal.SIGINT)
            finally:
                shutil.rmtree(self.folder, ignore_errors=True)
        elif self.host:
            for name in self.made:
                self._drop(name)

    def connect(self, database, user="coworkd", autocommit=True, **settings):
        connection = psycopg2.connect(host=self.host, dbname=database, user=user, **settings)
        connection.autocommit = autocommit
        return connection

    def conninfo(self, database, user="coworkd"):
        return "host=%s dbname=%s user=%s" % (self.host, database, user)

    def _admin_sql(self, sql):
        with contextlib.closing(self.connect("postgres", self.admin)) as connection:
            connection.cursor().execute(sql)

    def _create(self, name, template="template0"):
        self._admin_sql('CREATE DATABASE "%s" TEMPLATE "%s"' % (name, template))
        self.made.append(name)

    def _drop(self, name):
        self._admin_sql('DROP DATABASE IF EXISTS "%s" WITH (FORCE)' % name)
        self.made.remove(name)

    @contextlib.contextmanager
    def clone(self, template=None):
        """The name of a fresh database, migrated or like the template given; dropped afterwards."""
        self.serial += 1
        name = "%s_%d" % (self.prefix, self.serial)
        self._create(name, template or self.template)
        try:
            yield name
        finally:
            self._drop(name)


def migration_files():
    return sorted(MIGRATIONS.glob("[0-9][0-9][0-9][0-9]_*.sql"))


def migrate(cluster, database):
    """What `coworkd setup` and `coworkd migrate` do, by the same texts."""
    with contextlib.closing(cluster.connect(database, cluster.admin)) as connection:
        cursor = connection.cursor()
        cursor.execute((MIGRATIONS / "setup.sql").read_text())
        cursor.execute('ALTER DATABASE "%s" OWNER TO cowork_owner' % database)
    with contextlib.closing(cluster.connect(database, cluster.admin, autocommit=False)) as connection:
        cursor = connection.cursor()
        for file in migration_files():
            text = file.read_text()
            begun = time.monotonic()
            cursor.execute("SET ROLE cowork_owner")
            cursor.execute("SET search_path = ''")
            cursor.execute(text)
            cursor.execute(
                "INSERT INTO cowork.migration (version, name, sha256, ms, by_version) VALUES (%s, %s, %s, %s, %s)",
                (int(file.name[:4]), file.stem[5:], hashlib.sha256(text.encode()).hexdigest(),
                 int((time.monotonic() - begun) * 1000), "test"))
            connection.commit()
