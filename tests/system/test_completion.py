"""Tab on the command line: the shells' own functions, run for real, ask the client, and it the daemon."""

import os
import re
import shutil
import socket
import subprocess
import time

import pytest

from rig import ROOT, CommandLine, build

SCRIPTS = ROOT / "client/completion"
PATIENT = {"COWORK_COMPLETE_MS": "20000"}  # the budget is for people; a busy machine has none

BASH = """
source "$1"
COMP_LINE=$2 COMP_POINT=${#2}
shift 2
COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
_cowork
printf '%s\\n' "${COMPREPLY[@]}"
"""
ZSH = """
source_file=$1 CURRENT=$(($# - 1)); shift; words=("$@")
_describe() { print -rl -- "${(@)candidates}" }
_files() { print -r -- FILES }
source $source_file
"""


def words_of_bash(line):
    """The line as readline takes it apart."""
    words = re.findall(r"[=:@]+|[^\s=:@]+", line)
    return words + [""] if line.endswith(" ") else words


@pytest.fixture
def tab(short_dir):
    """tab("cowork bo", home): what bash offers there."""
    def press(line, home, **environment):
        done = subprocess.run(["bash", "--norc", "-c", BASH, "bash", SCRIPTS / "cowork.bash", line, *words_of_bash(line)],
                              capture_output=True, text=True, timeout=120, cwd=short_dir,
                              env=shell_environment(home, **environment))
        assert (done.stderr, done.returncode) == ("", 0)
        return [word for word in done.stdout.split("\n") if word]

    return press


def shell_environment(home, **more):
    return home.environment(**{"PATH": f"{build() / 'client'}:{os.environ['PATH']}", **PATIENT, **more})


@pytest.fixture
def lonely(short_dir):
    return CommandLine(short_dir, None)


@pytest.mark.parametrize("line, offered", [
    ("cowork bo", ["book"]),
    ("cowork space ", ["add", "list", "show", "set", "retire"]),
    ("cowork space li", ["list"]),
    ("cowork nonsense ", []),
    ("cowork book --tit", ["--title"]),
    ("cowork book A-12 --fold ", ["0", "1"]),
    ("cowork book --fold=", ["0", "1"]),
    ("cowork book A-12 tomorrow 14:00 --dry", ["--dry-run"]),
    ("cowork mine -o ", ["table", "tsv", "json", "ndjson", "name"]),
    ("cowork mine --output=t", ["table", "tsv"]),
    ("cowork --quiet --tz UTC bo", ["book"]),
    ("cowork free r", ["room"]),
    ("cowork export boo", ["bookings"]),
    ("cowork staff grant x@y.example --role fr", ["front_desk"]),
    ("cowork import bookings x --on-error ", ["stop", "skip"]),
    ("cowork help exi", ["exit-codes"]),
    ("cowork config set ti", []),
    ("cowork config set t", ["tz"]),
    ("cowork when -- --", []),
])
def test_our_own_words_need_no_server(tab, lonely, line, offered):
    assert tab(line, lonely) == offered


def test_every_command_is_offered(tab, lonely):
    overview = lonely.run("help", check=0).stdout
    commands = set(re.findall(r"^  ([a-z]+)", overview.split("Commands:\n")[1].split("cowork help COMMAND")[0], re.M))
    assert set(tab("cowork ", lonely)) == commands
    assert "__complete" not in overview


def test_files_are_left_to_the_shell(tab, lonely, short_dir):
    (short_dir / "spaces.csv").touch()
    assert tab("cowork import spaces spa", lonely) == ["spaces.csv"]
    assert tab("cowork login --ca spa", lonely) == ["spaces.csv"]


def test_contexts_come_from_the_configuration(tab, cowork):
    assert tab("cowork --context ", cowork()) == ["test"]
    assert tab("cowork config use te", cowork()) == ["test"]


@pytest.mark.parametrize("line, offered", [
    ("cowork book RA", ["RA"]),
    ("cowork book ra", ["RA"]),  # codes are found whatever the case
    ("cowork book --site=", ["DJN", "KSQ"]),
    ("cowork day --area ", ["A"]),
    ("cowork free desk tomorrow 9-10 --near A-0", [f"A-0{n}" for n in range(1, 10)]),
])
def test_what_the_daemon_knows_is_offered(tab, cowork, line, offered):
    assert tab(line, cowork("operator")) == offered


def test_members_are_offered_to_those_who_may_see_them(tab, cowork, world):
    login = world.login["bob"]
    assert login.split("@")[1] in tab(f"cowork book A-01 tomorrow 9-10 --for {login.split('@')[0]}@", cowork("operator"))


def test_my_bookings_are_offered_and_nobody_elses(tab, cowork):
    refs = {}
    for who, hour in (("ada", 9), ("minji", 10)):
        refs[who] = cowork(who).run("book", "A-01", f"2055-03-01T{hour:02}:00", f"2055-03-01T{hour:02}:30", "-o", "tsv",
                                    "-f", "ref", check=0).stdout.strip()
    assert tab("cowork cancel ", cowork("ada")) == [refs["ada"]]


def test_at_most_twenty_are_offered_and_what_is_common_to_all_stays_true(tab, cowork):
    operator = cowork("operator")
    rows = "".join(f"KSQ,B-{number},Desk {number},desk\n" for number in range(10))
    operator.run("import", "spaces", "-", input=f"site,code,name,kind\n{rows}", check=0)
    every = operator.run("space", "list", "--limit", "0", "-o", "tsv", "-f", "code", check=0).stdout.split()
    offered = tab("cowork space show ", operator)
    assert len(every) > 20 and len(offered) == 20
    assert os.path.commonprefix(offered) == os.path.commonprefix(every)


def test_an_answer_is_kept_for_half_a_minute(tab, cowork, daemon):
    ada = cowork("ada")
    assert tab("cowork book RA", ada) == ["RA"]
    daemon.stop()
    assert tab("cowork book RB", ada) == ["RB"]
    [kept] = (ada.folder / "cache/cowork/complete").iterdir()
    assert kept.stat().st_mode & 0o777 == 0o600
    os.utime(kept, (time.time() - 31, time.time() - 31))
    assert tab("cowork book RB", ada) == []


def test_another_context_or_site_has_its_own_answers(tab, cowork):
    operator = cowork("operator")
    assert tab("cowork book RA", operator) == ["RA"]
    assert tab("cowork --site NONE book RA", operator) == []


def test_a_server_that_is_not_there_is_silence(tab, lonely, short_dir):
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        lonely.daemon = type("Nobody", (), {"port": port, "certificate": "/nowhere"})
        lonely.context("cwk_" + "0" * 60, "KSQ")
        assert tab("cowork book A", lonely) == []


def test_a_server_that_says_nothing_is_not_waited_for(tab, lonely, certificate):
    with socket.create_server(("127.0.0.1", 0)) as sock:  # the kernel accepts, and nobody ever answers
        lonely.daemon = type("Silent", (), {"port": sock.getsockname()[1], "certificate": certificate[0]})
        lonely.context("cwk_" + "0" * 60, "KSQ")
        assert tab("cowork book A", lonely, COWORK_COMPLETE_MS="150") == []


@pytest.mark.parametrize("words", [(), ("--cursor",), ("--cursor", "x", "--", "cowork"), ("--cursor", "9", "--", "cowork"),
                                   ("--cursor", "-1", "--", "cowork", ""), ("--cursor", "2", "--", "cowork", "\x1b[31m", "")])
def test_a_call_that_makes_no_sense_is_silence(lonely, words):
    done = lonely.run("__complete", *words, check=0)
    assert (done.stdout, done.stderr) == ("", "")


@pytest.mark.skipif(not shutil.which("fish"), reason="fish is not installed")
def test_fish_offers_words_with_what_they_are(lonely):
    done = subprocess.run(["fish", "--no-config", "-c", f"source {SCRIPTS}/cowork.fish; complete -C 'cowork bo'; complete -C 'cowork mine -o '"],
                          capture_output=True, text=True, timeout=120, env=shell_environment(lonely))
    assert done.stdout.split("\n")[:3] == ["book\tbook a space", "json", "name"], done


@pytest.mark.skipif(not shutil.which("zsh"), reason="zsh is not installed")
def test_zsh_offers_words_with_what_they_are(lonely):
    def press(*words):
        done = subprocess.run(["zsh", "-f", "-c", ZSH, "zsh", SCRIPTS / "_cowork", *words], capture_output=True,
                              text=True, timeout=120, env=shell_environment(lonely))
        assert (done.stderr, done.returncode) == ("", 0)
        return done.stdout.split("\n")[:-1]

    assert press("cowork", "bo") == ["book:book a space"]
    assert press("cowork", "mine", "-o", "t") == ["table", "tsv"]
    assert press("cowork", "import", "spaces", "") == ["FILES"]


@pytest.mark.parametrize("shell, script", [("bash", "cowork.bash"), ("zsh", "_cowork"), ("fish", "cowork.fish")])
def test_the_scripts_are_in_their_shells_language(shell, script):
    if not shutil.which(shell):
        pytest.skip(f"{shell} is not installed")
    subprocess.run([shell, "-n", SCRIPTS / script], check=True, timeout=60)
