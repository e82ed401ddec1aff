"""What the programs are made of when they ship, read from a release build of the two: nothing in them may be written
and run, and their stacks are watched. And of the running daemon, what another program may see."""

import os
import platform
import pwd
import re
import shutil
import subprocess

import pytest
from rig import PROGRAMS, Daemon, make_certificate, release

MACHINE = platform.machine()
# How a compiler touches each page of a large frame before the next, so that none steps over the guard.
PROBES = {"x86_64": r"\bor[qlb]?\s+\$0x0,(0x[0-9a-f]+)?\(%rsp\)", "aarch64": r"\bstr\s+xzr, \[sp"}


def run(*command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True,
                          env={**os.environ, "LC_ALL": "C"})
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def readelf(option, file):
    return run("readelf", "-W", option, file)


@pytest.fixture(params=PROGRAMS)
def program(request):
    return release() / request.param


@pytest.mark.limit(600)
def test_it_can_be_loaded_anywhere(program):
    assert re.search(r"Type:\s+DYN", readelf("-h", program))
    assert re.search(r"FLAGS_1.*\bPIE\b", readelf("-d", program))


@pytest.mark.limit(600)
def test_its_tables_are_closed_before_it_begins(program):
    assert re.search(r"^\s+GNU_RELRO\b", readelf("-l", program), re.M)
    assert re.search(r"FLAGS_1.*\bNOW\b", readelf("-d", program))
    assert ".got.plt" not in readelf("-S", program)  # with all bound at once there is nothing to keep open


@pytest.mark.limit(600)
def test_nothing_in_it_is_both_written_and_run(program):
    segments = re.findall(r"^\s+(LOAD|GNU_STACK)(?:\s+0x[0-9a-f]+){5}\s+([RWE ]{3})", readelf("-l", program), re.M)
    assert ("GNU_STACK", "RW ") in segments
    loaded = [rights for kind, rights in segments if kind == "LOAD"]
    assert "R E" in loaded and "RW " in loaded
    assert not [rights for rights in loaded if "W" in rights and "E" in rights]
    assert loaded[0] == "R  "  # separate code: headers and constants are not run


@pytest.mark.limit(600)
def test_its_stacks_and_buffers_are_watched(program):
    wanted = set(re.findall(r"\bUND\s+(\w+)", readelf("--dyn-syms", program)))
    assert "__stack_chk_fail" in wanted
    assert {name for name in wanted if name.endswith("_chk")} - {"__stack_chk_fail"}


@pytest.mark.limit(600)
@pytest.mark.parametrize("name", ["common/libcommon.a", "daemon/libdaemon.a", "client/libclient.a"])
def test_no_object_is_without(name):
    """What each object was compiled with; one that differs would hide in a program."""
    folder = (release() / name).with_name((release() / name).name + ".p")
    objects = sorted(folder.glob("*.o"))
    assert objects
    if MACHINE == "x86_64":
        bare = [file.name for file in objects if not re.search(r"x86 feature:.*IBT.*SHSTK", readelf("-n", file))]
        assert not bare
    # A frame of more than a page is somewhere in each of them.
    assert re.search(PROBES[MACHINE], run("objdump", "-d", "--no-show-raw-insn", *objects))


@pytest.mark.limit(600)
def test_checked_buffers_are_those_of_the_highest_level():
    """Of glibc's checks, the level that it has for this compiler."""
    made = run("sh", "-c", "echo __USE_FORTIFY_LEVEL | gcc -O2 -w -D_FORTIFY_SOURCE=3 -include features.h -E - | tail -n 1")
    commands = (release() / "compile_commands.json").read_text()
    assert commands.count('"command"') == commands.count(f"-D_FORTIFY_SOURCE={made.strip()} ") > 100


@pytest.fixture
def user():
    """Who the daemon is to run as: not root, whose processes are open to root anyway."""
    return os.geteuid() or pwd.getpwnam("nobody").pw_uid


def test_a_running_daemon_is_closed_to_its_own_user(cluster, world_db, short_dir, user):
    """It leaves no core and lets nobody of its user read its memory: tokens and keys are in it."""
    certificate = make_certificate(short_dir)
    daemon = Daemon(short_dir, cluster.conninfo(world_db), certificate)
    if os.geteuid() == 0:
        plain = daemon.command
        daemon.command = lambda: ["setpriv", f"--reuid={user}", "--clear-groups", *plain()]
        daemon.write_config()
        for path in (short_dir, daemon.folder, daemon.config, *certificate):
            shutil.chown(path, user)
    daemon.start(ready=False)
    try:
        status = open(f"/proc/{daemon.pid}/status", encoding="utf-8").read()
        assert re.search(rf"^Uid:\s+{user}\s", status, re.M)
        assert os.stat(f"/proc/{daemon.pid}/mem").st_uid == 0
        limits = open(f"/proc/{daemon.pid}/limits", encoding="utf-8").read()
        assert re.search(r"^Max core file size\s+0\s+0\s", limits, re.M)
    finally:
        daemon.stop()
