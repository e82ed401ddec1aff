"""What is measured and what it is measured against: each call gives a dictionary with the rate (a second), p50_us and
p99_us, and the cores that each program used while it was measured.
"""

import contextlib
import json
import os
import pathlib
import re
import socket
import ssl
import subprocess
import threading
import time

from place import bindir, free_port
from rig import build

TICKS = os.sysconf("SC_CLK_TCK")
CPUS = len(os.sched_getaffinity(0))


class Failed(Exception):
    """Something was not measured, or it went wrong while it was."""


# Cores

def cpu_of(pid, tree=False):
    """Seconds of CPU that a process used; of a tree also its children, those that ended too."""
    fields = stat_of(pid)
    used = int(fields[11]) + int(fields[12])
    if tree:
        used += int(fields[13]) + int(fields[14])
        for child in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                used += sum(int(field) for field in stat_of(child)[11:13])
    return used / TICKS


def stat_of(pid):
    """The fields of /proc/PID/stat behind the program's name; the first is its state."""
    return pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


class Cores:
    """`pids`: name to pid, or to a list; "postgres" is a tree."""

    def __init__(self, **pids):
        self.pids = {name: pid if isinstance(pid, list) else [pid] for name, pid in pids.items()}
        self.began = self.now()
        self.began_s = time.monotonic()

    def now(self):
        return {name: sum(cpu_of(pid, name == "postgres") for pid in pids) for name, pids in self.pids.items()}

    def used(self):
        ended, seconds = self.now(), time.monotonic() - self.began_s
        return {name: round((ended[name] - self.began[name]) / seconds, 3) for name in ended}


# The load generator

class Load:
    """One cowork-load; `with Load(...) as load: load.result()`."""

    def __init__(self, place, mode, port, watched, **options):
        self.watched, self.cores, self.ended = watched, None, None
        words = [f"--{name.replace('_', '-')}={value}" for name, value in options.items() if value is not None]
        self.process = subprocess.Popen(
            [build() / "tests" / "bench" / "cowork-load", mode, f"--port={port}", f"--ca={place.certificate[0]}",
             f"--tokens={place.token_file}", *words],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.errors = []
        self.reader = threading.Thread(target=lambda: self.errors.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.reader.join()
        for pipe in (self.process.stdin, self.process.stdout, self.process.stderr):
            pipe.close()

    def _line(self, word=None):
        line = self.process.stdout.readline()
        if not line or word and line.strip() != word:
            self.process.wait()
            self.reader.join()
            raise Failed(f"{' '.join(map(str, self.process.args[1:2]))}: {line} {''.join(self.errors)}".strip())
        return line

    def begun(self):
        self._line("begin")
        self.cores = Cores(**self.watched)

    def result(self):
        if not self.cores:
            self.begun()
        self._line("end")
        used = self.cores.used()
        found = json.loads(self._line())
        if self.process.wait() != 0:
            raise Failed("".join(self.errors))
        return {**found, "cores": {**used, "load": found["cores"]}}

    def close_input(self):
        self.process.stdin.close()


def load(place, mode, port, watched, **options):
    with Load(place, mode, port, watched, **options) as it:
        return it.result()


# pgbench

class Sampler(threading.Thread):
    """Looks at cores now and then, so that afterwards they are known for any part of the time."""

    def __init__(self, cores):
        super().__init__(daemon=True)
        self.cores, self.samples, self.over = cores, [], threading.Event()
        self.start()

    def run(self):
        while not self.over.is_set():
            with contextlib.suppress(FileNotFoundError, ProcessLookupError):
                self.samples.append((time.time(), self.cores.now()))
            self.over.wait(0.2)

    def used(self, begin, end):
        """Between the looks nearest to the two times."""
        first, last = (min(self.samples, key=lambda sample: abs(sample[0] - at)) for at in (begin, end))
        seconds = last[0] - first[0]
        return {name: round((last[1][name] - first[1][name]) / seconds, 3) if seconds else 0.0 for name in last[1]}


def percentile(values, part):
    return values[min(len(values) - 1, int(part * len(values)))]


def pgbench(place, database, script, clients, seconds, warmup, sampling=None, ran=None, **variables):
    """Prepared statements over TLS; rate, percentiles and cores are of `seconds` behind the warm-up and the first
    transaction of each client, for which its backend makes its plans. Without a warm-up each client does one, and all
    count. It is run again, for longer, where that left too little; `ran` is told after each run how many it did, and
    a variable may be a function that knows of it."""
    place.folder.joinpath("script.sql").write_text(script)
    words = ["-c", str(clients), "-j", str(min(CPUS, clients)), *([f"--sampling-rate={sampling}"] if sampling else [])]
    lasts, done, measured = seconds + warmup + 0.1 * clients, 0, []
    while not measured:
        # it counts the time that connecting takes
        how_long = ["-T", str(round(lasts + 0.5))] if warmup else ["-t", "1"]
        given = [f"-D{name}={value() if callable(value) else value}" for name, value in variables.items()]
        out, ended, sampler = run_pgbench(place, [*how_long, *words, *given, place.conninfo(database)])
        done = int(re.search(r"transactions actually processed: (\d+)", out).group(1))
        if ran:
            ran(done)
        begin, end, measured = window(ended, clients, seconds, warmup)
        lasts *= 2
        if lasts > 60:
            raise Failed(f"pgbench: {done} transactions, too few to measure: the machine is too busy")
    return {"rate": len(measured) / (end - begin) / (sampling or 1), "p50_us": percentile(measured, 0.5),
            "p99_us": percentile(measured, 0.99), "max_us": measured[-1], "cores": sampler.used(begin, end)}


def window(ended, clients, seconds, warmup):
    """Begin and end of what counts, and its latencies, sorted; none where it is shorter than wanted."""
    firsts = {}
    for at, us, number in ended:
        firsts.setdefault(number, (at - us / 1e6, at))
    begin = min((first for first, _ in firsts.values()), default=0)
    end = max((at for at, _, _ in ended), default=0)
    if warmup:
        begin = max(begin + warmup, max((at for _, at in firsts.values()), default=0))
        if len(firsts) < clients or end - begin < 0.9 * seconds:
            return begin, end, []
        end = begin + seconds
    return begin, end, sorted(us for at, us, _ in ended if begin <= at <= end)


def run_pgbench(place, words):
    """What it printed, when each transaction ended and how long it took, and the cores."""
    process = subprocess.Popen(
        [bindir() / "pgbench", "-n", "-M", "prepared", "-f", place.folder / "script.sql", "-l",
         f"--log-prefix={place.folder}/pgbench", *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True, cwd=place.folder)
    sampler = Sampler(Cores(postgres=place.postgres_pid, pgbench=process.pid))
    out, err = process.communicate()
    sampler.over.set()
    sampler.join()
    ended = read_log(place.folder)
    if process.returncode != 0 or "number of failed transactions: 0 " not in out:
        raise Failed(f"pgbench: {out}{err}")
    return out, ended, sampler


def read_log(folder):
    """When each transaction ended, how many microseconds it took, and whose it was; in that order."""
    rows = []
    for file in folder.glob("pgbench.*"):
        for line in file.read_text().splitlines():
            fields = line.split()
            rows.append((int(fields[4]) + int(fields[5]) / 1e6, int(fields[2]), int(fields[0])))
        file.unlink()
    return sorted(rows)


# memcached

class Memcached:
    """One with TLS by the same certificate, at its defaults."""

    def __init__(self, place):
        self.place, self.port = place, free_port()
        cert, key = place.certificate
        user = ["-u", "nobody"] if os.geteuid() == 0 else []
        self.process = subprocess.Popen(
            ["memcached", "-l", "127.0.0.1", "-p", str(self.port), "-U", "0", "-Z", "-o",
             f"ssl_chain_cert={cert},ssl_key={key}", "-m", "256", *user],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def _connect(self):
        deadline = time.monotonic() + 10
        context = ssl.create_default_context(cafile=str(self.place.certificate[0]))
        while True:
            try:
                sock = socket.create_connection(("127.0.0.1", self.port), 10)
                return context.wrap_socket(sock, server_hostname="localhost")
            except ConnectionError:
                if time.monotonic() > deadline or self.process.poll() is not None:
                    raise Failed("memcached did not start") from None
                time.sleep(0.02)

    def fill(self, keys, size):
        value = b"x" * size
        with self._connect() as sock:
            for number in range(keys):
                sock.sendall(b"set k%06d 0 0 %d\r\n%s\r\n" % (number, size, value))
                if sock.recv(64) != b"STORED\r\n":
                    raise Failed("memcached did not take a value")

