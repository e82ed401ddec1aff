"""Starts what system tests need: daemons, clients, the command line. Waits for events, never for a time."""

import contextlib
import fcntl
import functools
import os
import pathlib
import pty
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import threading

from rpc import Client
from waiting import WAIT_S, wait_until

ROOT = pathlib.Path(__file__).resolve().parents[2]
PROGRAMS = ("daemon/coworkd", "client/cowork")
SANITIZER = re.compile(r"(AddressSanitizer|LeakSanitizer|UndefinedBehaviorSanitizer|runtime error:).*")


def build():
    """The folder of the build under test."""
    return pathlib.Path(os.environ.get("COWORK_BUILD") or ROOT / "build-test")


@functools.cache
def release():
    """The folder of a build of the two programs as the README has it, without sanitizers; made once a checkout."""
    folder = ROOT / "build-release"
    folder.mkdir(exist_ok=True)
    with open(folder / "lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        commands = [["ninja", "-C", folder, "--quiet", *PROGRAMS]]
        if not (folder / "build.ninja").exists():
            commands.insert(0, ["meson", "setup", folder, ROOT, "--buildtype=release", "-Dtests=false", "-Ddocs=false",
                                "-Dnls=false"])
        for command in commands:
            done = subprocess.run(command, capture_output=True, text=True)
            assert done.returncode == 0, done.stdout + done.stderr
    return folder


def make_certificate(folder, names=("localhost",)):
    """A self-signed certificate and its key; their paths."""
    cert, key = folder / "cert.pem", folder / "key.pem"
    subject = ",".join(f"DNS:{name}" for name in names) + ",IP:127.0.0.1"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                    "-days", "30", "-subj", f"/CN={names[0]}", "-addext", f"subjectAltName={subject}",
                    "-keyout", key, "-out", cert], check=True, capture_output=True)
    return cert, key


def wait_for_batches(sql, count=1):
    """Until so many batches are in the database and wait for the lock that our transaction holds; their backends' pids."""
    def look():
        sql.execute("SELECT pg_stat_clear_snapshot()")
        sql.execute("SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
                    " AND query LIKE '%%lane_run%%'")
        pids = [pid for pid, in sql.fetchall()]
        return pids if len(pids) >= count else None

    return wait_until(look, what=f"{count} under way")


def kept_folder(request):
    """Where the logs of a failed test go; None unless it failed and somewhere was named."""
    folder = os.environ.get("COWORK_KEEP")
    if not folder or not getattr(request.node, "has_failed", False):
        return None
    return pathlib.Path(folder) / re.sub(r"[^\w.-]+", "_", request.node.name)


class Daemon:
    """One coworkd. Options are "section__key=value"; the port is any free one unless given."""

    def __init__(self, folder, conninfo, certificate, name="coworkd", environment=None, descriptors=None, binary=None,
                 **options):
        self.folder = pathlib.Path(folder) / name
        self.folder.mkdir(exist_ok=True)
        self.name = name
        self.certificate, self.key = certificate
        self.environment = environment or {}
        self.descriptors = descriptors
        self.binary = binary or build() / "daemon" / "coworkd"
        self.options = {
            "listen__address": "127.0.0.1", "listen__port": 0, "tls__certificate": self.certificate,
            "tls__key": self.key, "database__conninfo": conninfo, "limits__drain_timeout": "10s",
            "limits__login_delay": "0ms", "limits__login_failures": 1000000,  # all tests come from one address
            "password__memory": "64KiB", "password__passes": 1,  # not what is measured here
            "log__level": "debug", "log__requests": "all", **options,
        }
        self.config = self.folder / "coworkd.conf"
        self.logfile = self.folder / "log"
        self.process = self.port = None
        self.lines = []
        self.notes = []
        self.changed = threading.Condition()
        self.exit_wanted = 0
        self.passed = ()  # descriptors that the program inherits

    def write_config(self):
        sections = {}
        for option, value in self.options.items():
            section, key = option.split("__", 1)
            sections.setdefault(section, []).append(f"{key} = {value}\n")
        self.config.write_text("".join(f"[{name}]\n{''.join(keys)}\n" for name, keys in sections.items()))

    def start(self, ready=True):
        """Starts it and waits until it listens, and with `ready` until its database is there."""
        self.write_config()
        self.lines, self.notes, self.exit_wanted = [], [], 0
        notify = self.folder / "notify"
        notify.unlink(missing_ok=True)
        self.notify = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.notify.bind(str(notify))
        self.process = subprocess.Popen(
            self._limited(self.command()), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, cwd="/", pass_fds=self.passed,
            env={**os.environ, "NOTIFY_SOCKET": str(notify), **self.environment})
        self.readers = [threading.Thread(target=target, args=argument, daemon=True) for target, argument in
                        ((self._read_log, (self.process.stderr,)), (self._read_notes, (self.notify,)))]
        for reader in self.readers:
            reader.start()
        self.port = int(self.wait_log(r"msg=\"?listening\"? .*port=(\d+)").group(1))
        if ready:
            self.wait_ready()
            self.wait_links()
        return self

    def command(self):
        return [self.binary, "--config", self.config]

    # By a program, not between fork and exec in ours: other threads may hold locks that the child needs.
    def _limited(self, command):
        return ["prlimit", f"--nofile={self.descriptors}", *command] if self.descriptors else command

    # A pipe and a thread, so that a waiting test is woken by the line it waits for.
    def _read_log(self, pipe):
        with open(self.logfile, "a", encoding="utf-8") as out:
            for raw in pipe:
                line = raw.decode(errors="replace")
                out.write(line)
                out.flush()
                with self.changed:
                    self.lines.append(line.rstrip("\n"))
                    self.changed.notify_all()
        pipe.close()
        with self.changed:
            self.lines.append("(end of the log)")
            self.changed.notify_all()

    def _read_notes(self, sock):
        while True:
            try:
                data = sock.recv(4096)
            except OSError:
                return
            with self.changed:
                self.notes += data.decode().split("\n")
                self.changed.notify_all()
                if not data:
                    return

    def _find(self, pattern, count, since):
        found = [match for line in self.lines[since:] if (match := re.search(pattern, line))]
        return found[count - 1] if len(found) >= count else None

    def wait_log(self, pattern, count=1, since=0, timeout=WAIT_S):
        """The count-th line with the pattern, from line number `since` on (see mark()), as a match."""
        def look():
            return self._find(pattern, count, since) or "(end of the log)" in self.lines[-1:]

        with self.changed:
            self.changed.wait_for(look, timeout)
            found = self._find(pattern, count, since)
        if not found:
            raise AssertionError(f"{self.name}: no {pattern!r} in its log:\n" + "\n".join(self.lines[-40:]))
        return found

    def mark(self):
        """Where the log stands now, for wait_log(since=...)."""
        with self.changed:
            return len(self.lines)

    def log_has(self, pattern):
        with self.changed:
            return bool(self._find(pattern, 1, 0))

    def wait_note(self, text, timeout=WAIT_S):
        """Waits for a message to systemd, e.g. "READY=1"."""
        with self.changed:
            if not self.changed.wait_for(lambda: any(text in note for note in self.notes) or
                                         "(end of the log)" in self.lines[-1:], timeout):
                raise AssertionError(f"{self.name}: no {text} in {timeout} s")
            if not any(text in note for note in self.notes):
                raise AssertionError(f"{self.name} ended:\n" + "\n".join(self.lines[-40:]))

    def wait_ready(self):
        self.wait_note("READY=1")

    def wait_links(self, since=0):
        """Ready is who has one link of each pool. Waits for all of them, where the log tells."""
        if self.options["log__level"] != "debug":
            return
        count = 1 + sum(int(self.options.get(f"database__{pool}_connections", 4)) for pool in ("lane", "read"))
        self.wait_log(r"database link.* from=greeting to=idle", count=count, since=since)

    def client(self, token=None, **options):
        """A connected client, said hello to; with a token logged in."""
        client = Client(self.port, self.certificate, **options)
        try:
            client.hello()
            if token:
                client.insist("session.auth", token=token)
        except BaseException:
            client.close()
            raise
        return client

    @property
    def pid(self):
        return self.process.pid

    def running(self):
        return self.process is not None and self.process.poll() is None

    def rss(self):
        """Resident memory in bytes."""
        pages = int(pathlib.Path(f"/proc/{self.pid}/statm").read_text().split()[1])
        return pages * resource.getpagesize()

    def open_files(self):
        """The daemon is closed to everybody but root (PR_SET_DUMPABLE)."""
        folder = f"/proc/{self.pid}/fd"
        if os.geteuid() == 0:
            return len(os.listdir(folder))
        return len(subprocess.run(["sudo", "-n", "ls", folder], check=True, capture_output=True).stdout.split())

    def reload(self):
        os.kill(self.pid, signal.SIGHUP)

    def kill(self):
        """As if the power went: no last words, and none are expected."""
        self.exit_wanted = None
        self.process.kill()
        self._finish()

    def terminate(self):
        """Asks it to end and returns at once."""
        self.process.terminate()

    def stop(self):
        """Ends it in order; fails if it did not end well or a sanitizer has spoken."""
        if self.process is None:
            return
        if self.running():
            self.process.terminate()
        self._finish()
        self.check()

    def _finish(self):
        try:
            self.process.wait(WAIT_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end:\n" + "\n".join(self.lines[-40:])) from None
        finally:
            self.notify.shutdown(socket.SHUT_RDWR)
            for reader in self.readers:
                reader.join(WAIT_S)
            self.notify.close()

    def check(self):
        status, self.process = self.process.returncode, None
        text = self.logfile.read_text(encoding="utf-8") if self.logfile.exists() else ""
        report = SANITIZER.search(text)
        assert not report, f"{self.name}: {text[report.start():report.start() + 6000]}"
        assert self.exit_wanted is None or status == self.exit_wanted, \
            f"{self.name} ended with {status}:\n" + "\n".join(self.lines[-40:])

    def keep(self, folder):
        """Copies what explains a failure."""
        target = pathlib.Path(folder) / self.name
        target.mkdir(parents=True, exist_ok=True)
        for file in (self.config, self.logfile):
            if file.exists():
                shutil.copy(file, target)


PARENT = """
import os, sys
fd = int(sys.argv[1])
os.dup2(fd, 3)
os.set_inheritable(3, True)
os.environ["LISTEN_PID"] = str(os.getpid())
os.environ["LISTEN_FDS"] = sys.argv[2]
os.environ["LISTEN_FDNAMES"] = sys.argv[3]
os.execv(sys.argv[4], sys.argv[4:])
"""


class Activated(Daemon):
    """Started as systemd would: with a listening socket as descriptor 3, and sent away without closing it."""

    def __init__(self, *arguments, inherited, count=1, socket_name="coworkd.socket", **options):
        self.inherited, self.count, self.socket_name = inherited, count, socket_name
        super().__init__(*arguments, **options)
        self.passed = [inherited.fileno()]

    def command(self):
        return [sys.executable, "-c", PARENT, str(self.inherited.fileno()), str(self.count), self.socket_name,
                str(build() / "daemon" / "coworkd"), "--config", str(self.config)]


@contextlib.contextmanager
def daemons(request, folder, certificate, conninfo):
    """A function that starts daemons, all of them stopped at the end; see start_daemon in conftest.py."""
    started = []

    def start(name=None, conninfo=conninfo, ready=True, **options):
        daemon = Daemon(folder, conninfo, certificate, name or f"coworkd{len(started) + 1}", **options)
        started.append(daemon)
        return daemon.start(ready)

    start.started = started
    yield start
    problems = []
    for daemon in started:
        try:
            daemon.stop()
        except AssertionError as problem:
            problems.append(problem)
    kept = kept_folder(request)
    for daemon in started:
        if kept:
            daemon.keep(kept)
    if problems:
        raise problems[0]


class CommandLine:
    """The `cowork` program with files of its own. `login` writes a context that needs no question."""

    def __init__(self, folder, daemon, name="home"):
        self.folder = pathlib.Path(folder) / name
        self.daemon = daemon
        for sub in ("config", "state", "cache", "run"):
            (self.folder / sub).mkdir(parents=True, exist_ok=True)

    def environment(self, **more):
        clean = {name: value for name, value in os.environ.items() if not name.startswith(("COWORK_", "XDG_", "LC_"))}
        return {**clean, "HOME": str(self.folder), "XDG_CONFIG_HOME": str(self.folder / "config"),
                "XDG_STATE_HOME": str(self.folder / "state"), "XDG_CACHE_HOME": str(self.folder / "cache"),
                "XDG_RUNTIME_DIR": str(self.folder / "run"), "LANG": "C.UTF-8", "LANGUAGE": "", "TZ": "UTC",
                "COWORK_LOCALEDIR": str(build() / "po"), "COWORK_PAGER": "",
                "NO_COLOR": "1", **more}

    def run(self, *words, input="", timeout=120, environment=None, check=None):
        """Runs `cowork WORDS`; with check=N its exit status must be N."""
        done = subprocess.run([build() / "client" / "cowork", *map(str, words)], input=input, text=True,
                              capture_output=True, timeout=timeout, cwd=self.folder,
                              env=self.environment(**(environment or {})))
        report = SANITIZER.search(done.stderr)
        assert not report, done.stderr
        assert check is None or done.returncode == check, \
            f"cowork {' '.join(map(str, words))}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def shell(self, line, check=None, environment=None, timeout=120):
        """Runs a line as it was printed, word for word, by a shell that finds `cowork`."""
        path = f"{build() / 'client'}:{os.environ['PATH']}"
        done = subprocess.run(["sh", "-c", line], text=True, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=timeout, cwd=self.folder, env=self.environment(PATH=path, **(environment or {})))
        assert not SANITIZER.search(done.stderr), done.stderr
        assert check is None or done.returncode == check, f"{line}: {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def context(self, token=None, site=None, name="test", server=None):
        """A context for the daemon, as `cowork login` would leave it."""
        config = self.folder / "config" / "cowork"
        state = self.folder / "state" / "cowork"
        config.mkdir(exist_ok=True)
        state.mkdir(exist_ok=True, mode=0o700)
        lines = [f"current = {name}", f"[context {name}]", f"server = {server or f'localhost:{self.daemon.port}'}",
                 f"ca = {self.daemon.certificate}"] + ([f"site = {site}"] if site else [])
        (config / "config").write_text("\n".join(lines) + "\n")
        if token:
            file = state / f"{name}.token"
            file.write_text(token + "\n")
            file.chmod(0o600)
        return self


def on_terminal(cowork, *words, columns=80, typed=b"", environment=None):
    """Runs it on a terminal of its own; what the terminal saw, and the exit status. `typed`: the answer to the
    first question, or a list of them."""
    answers = [typed] if isinstance(typed, bytes) else list(typed)
    program = str(build() / "client" / "cowork")
    variables = cowork.environment(**{"COLUMNS": str(columns), "TERM": "xterm", "ASAN_OPTIONS": "detect_leaks=0",
                                      **(environment or {})})
    pid, terminal = pty.fork()
    if pid == 0:
        try:
            os.execve(program, [program, *map(str, words)], variables)
        finally:
            os._exit(127)
    seen, answered = b"", 0
    watchdog = threading.Timer(60, os.kill, (pid, signal.SIGKILL))
    watchdog.start()
    while True:
        try:
            chunk = os.read(terminal, 4096)
        except OSError:
            break
        if not chunk:
            break
        seen += chunk
        if answers and seen[answered:].rstrip().endswith((b":", b"]")):
            answered = len(seen)
            os.write(terminal, answers.pop(0))
    watchdog.cancel()
    _, status = os.waitpid(pid, 0)
    os.close(terminal)
    return seen.decode(), os.waitstatus_to_exitcode(status)
