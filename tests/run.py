#!/usr/bin/python3
"""Builds and runs the suites; started by scripts/test, which has installed what is needed.

Two builds: build-test (gcc, ASan and UBSan; what the suites run) and build-clang (clang, with the
fuzzers; shows that both compilers are content). Two rows of work go side by side: the suites that need
a daemon or a database in one, compiling with clang, fuzzing and lint in the other. One private
PostgreSQL cluster serves all. Logs stay in .test/; of a level that passes one line is printed, of one
that fails everything. The last line is `N passed, N failed`, with `, N skipped` where tests were.
"""

import fcntl
import importlib.util
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import xml.etree.ElementTree

TOP = pathlib.Path(__file__).resolve().parent.parent
OUT = TOP / ".test"
GCC = TOP / "build-test"
CLANG = TOP / "build-clang"
LEVELS = ("unit", "db", "system", "faults", "fuzz", "lint")
SUITES = ("db", "system", "faults")  # by pytest
LEVEL_LIMIT_S = 1200  # a single test has its own, in conftest.py
WORKERS = 1 + (os.cpu_count() or 1)  # tests wait much of their time: for a process, a clock, a disk
FUZZ_SECONDS = int(os.environ.get("COWORK_FUZZ_SECONDS", "10"))
SANITIZERS = {
    "ASAN_OPTIONS": "abort_on_error=1:detect_leaks=1:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


class Tally:
    """Counts of one run, added to from both rows of work."""

    def __init__(self):
        self.lock = threading.Lock()
        self.passed = self.failed = self.skipped = 0

    def add(self, level, counts, began, log=None):
        passed, failed, skipped = counts
        words = f"{passed} passed, {failed} failed" + (f", {skipped} skipped" if skipped else "")
        with self.lock:
            self.passed += passed
            self.failed += failed
            self.skipped += skipped
            if failed and log is not None:
                print(log.read_text(errors="replace").rstrip())
            print(f"{level:8} {words} ({time.monotonic() - began:.0f} s)", flush=True)

    def line(self):
        words = f"{self.passed} passed, {self.failed} failed"
        return words + (f", {self.skipped} skipped" if self.skipped else "")


class Runner:
    def __init__(self, levels, pytest_args):
        self.levels = levels
        self.pytest_args = pytest_args
        self.tally = Tally()
        self.children = {}
        self.scratch = None
        self.cluster = None

    # Children get a process group each, so that ending a level ends all that it started.
    def run(self, command, log, limit=LEVEL_LIMIT_S, env=None):
        with open(log, "wb") as out:
            child = subprocess.Popen(
                command, cwd=TOP, stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT,
                env={**os.environ, **SANITIZERS, **(env or {})}, start_new_session=True)
            self.children[child.pid] = child
            try:
                return child.wait(limit)
            except subprocess.TimeoutExpired:
                out.write(f"\nended after {limit} s\n".encode())
                return -1
            finally:
                self.children.pop(child.pid, None)
                end_group(child)

    def build(self, folder, options, env=None):
        log = OUT / f"{folder.name}.log"
        began = time.monotonic()
        setup = ["meson", "setup", str(folder), *options]
        if (folder / "build.ninja").exists():
            setup.insert(2, "--reconfigure")
        ok = self.run(setup, log, env=env) == 0
        ok = ok and self.run(["ninja", "-C", str(folder), "-k", "0", "--quiet"], log) == 0
        if not ok:
            self.tally.add(folder.name, (0, 1, 0), began, log)
        return ok

    def build_gcc(self):
        return self.build(GCC, ["-Db_sanitize=address,undefined", "-Dwerror=true"], {"CC": "gcc"})

    def build_clang(self):
        return self.build(CLANG, ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dwerror=true",
                                  "-Dfuzz=true", "-Ddocs=false"], {"CC": "clang"})

    def unit(self):
        log, began = OUT / "unit.log", time.monotonic()
        status = self.run(["meson", "test", "-C", str(GCC), "--no-rebuild", "--suite", "unit", "-q",
                           "--print-errorlogs", "--num-processes", "2"], log)
        self.tally.add("unit", counted(GCC / "meson-logs/testlog.junit.xml", status), began, log)

    def suite(self, level):
        if not any((TOP / "tests" / level).glob("test_*.py")):
            return
        log, junit, began = OUT / f"{level}.log", OUT / f"{level}.xml", time.monotonic()
        junit.unlink(missing_ok=True)
        command = ["/usr/bin/python3", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-n", str(WORKERS),
                   f"--basetemp={self.scratch}/{level}", f"--junitxml={junit}", f"tests/{level}",
                   *self.pytest_args]
        env = {"COWORK_BUILD": str(GCC), "COWORK_KEEP": str(OUT / f"{level}-kept"),
               "PYTHONDONTWRITEBYTECODE": "1"}
        if self.cluster:
            env["COWORK_TEST_PGHOST"] = self.cluster.host
        shutil.rmtree(OUT / f"{level}-kept", ignore_errors=True)
        status = self.run(command, log, env=env)
        self.tally.add(level, counted(junit, status), began, log)

    def fuzz(self):
        for target in sorted((CLANG / "tests/fuzz").glob("fuzz-*")):
            if not os.access(target, os.X_OK) or target.is_dir():
                continue
            name = target.name.removeprefix("fuzz-")
            log, began = OUT / f"{target.name}.log", time.monotonic()
            found = pathlib.Path(self.scratch) / target.name
            found.mkdir()
            corpus = TOP / "tests/fuzz/corpus" / name
            words = TOP / "tests/fuzz" / f"{name}.dict"
            command = [str(target), f"-max_total_time={FUZZ_SECONDS}", "-timeout=10", "-rss_limit_mb=1024",
                       "-verbosity=0", "-print_final_stats=1", f"-artifact_prefix={OUT}/{target.name}-"]
            command += [f"-dict={words}"] if words.exists() else []
            command += [str(found)] + ([str(corpus)] if corpus.is_dir() else [])
            status = self.run(command, log, limit=FUZZ_SECONDS + 120)
            self.tally.add(target.name, (int(status == 0), int(status != 0), 0), began, log)

    def lint(self):
        log, began = OUT / "lint.log", time.monotonic()
        status = self.run(["scripts/lint", "--build", str(GCC), "--clang", str(CLANG)], log)
        text = log.read_text(errors="replace")
        passed = len(re.findall(r"^ok ", text, re.M))
        failed = len(re.findall(r"^not ok ", text, re.M))
        skipped = len(re.findall(r"^skip ", text, re.M))
        self.tally.add("lint", (passed, max(failed, int(status != 0)), skipped), began, log)

    def row_of_suites(self):
        if "unit" in self.levels:
            self.unit()
        wanted = [level for level in SUITES if level in self.levels]
        if wanted:
            self.start_cluster()
        for level in wanted:
            self.suite(level)

    def row_of_compilers(self):
        if "lint" in self.levels:
            self.lint()
        if "fuzz" in self.levels and self.build_clang():
            self.fuzz()

    def start_cluster(self):
        path = TOP / "tests/db/cluster.py"
        if not path.exists():
            return
        spec = importlib.util.spec_from_file_location("cluster", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.cluster = module.Cluster()
        self.cluster.start()

    def go(self):
        OUT.mkdir(exist_ok=True)
        self.scratch = tempfile.mkdtemp(prefix="cw-test-")
        rows = []
        try:
            if self.build_gcc():
                rows = [threading.Thread(target=guarded, args=(self, row), daemon=True)
                        for row in (self.row_of_suites, self.row_of_compilers)]
                for row in rows:
                    row.start()
                for row in rows:
                    row.join()
        finally:
            for child in list(self.children.values()):
                end_group(child)
            if self.cluster:
                self.cluster.stop()
            shutil.rmtree(self.scratch, ignore_errors=True)
        print(self.tally.line())
        return 0 if self.tally.failed == 0 and self.tally.passed > 0 else 1


def guarded(runner, row):
    """A row that falls over counts as a failure instead of vanishing with its thread."""
    began = time.monotonic()
    try:
        row()
    except Exception as error:  # noqa: whatever it was, the run has failed
        log = OUT / f"{row.__name__}.log"
        log.write_text(f"{row.__name__}: {error!r}\n")
        runner.tally.add(row.__name__, (0, 1, 0), began, log)


def end_group(child):
    """Ends a child and what it started; it may clean up first."""
    try:
        if child.poll() is None:
            child.terminate()
            child.wait(20)
    except subprocess.TimeoutExpired:
        pass
    try:
        os.killpg(child.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    child.wait()


def counted(junit, status):
    """(passed, failed, skipped) of a JUnit file; what failed without saying so counts as one."""
    passed = failed = skipped = 0
    if junit.exists():
        for case in xml.etree.ElementTree.parse(junit).iter("testcase"):
            if case.find("failure") is not None or case.find("error") is not None:
                failed += 1
            elif case.find("skipped") is not None:
                skipped += 1
            else:
                passed += 1
    if status not in (0, 5) and failed == 0:  # 5: pytest found nothing to run
        failed = 1
    return passed, failed, skipped


def main(arguments):
    pytest_args = []
    if "--" in arguments:
        at = arguments.index("--")
        arguments, pytest_args = arguments[:at], arguments[at + 1:]
    unknown = [word for word in arguments if word not in (*LEVELS, "all")]
    if unknown:
        print(f"scripts/test: {unknown[0]}: not a level; levels: {' '.join(LEVELS)}", file=sys.stderr)
        return 64
    levels = set(arguments) - {"all"} or set(LEVELS)
    if "all" in arguments:
        levels = set(LEVELS)

    OUT.mkdir(exist_ok=True)
    with open(OUT / "lock", "w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print("scripts/test: waits for another run in this checkout", file=sys.stderr)
            fcntl.flock(lock, fcntl.LOCK_EX)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, lambda *_: sys.exit(1))
        return Runner(levels, pytest_args).go()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
