"""cowork doctor: what is wrong between here and the server, by how much, and what to do."""

import datetime
import re
import subprocess

import pytest

from fake_server import FakeServer
from rig import CommandLine, on_terminal
from test_client import TOKEN

UTC = datetime.timezone.utc


@pytest.fixture
def server(certificate):
    it = FakeServer(certificate)
    yield it
    it.close()


@pytest.fixture
def cowork(server, short_dir):
    return CommandLine(short_dir, server).context(TOKEN, "KSQ")


def at(**delta):
    """That far from now, as the server tells it."""
    return (datetime.datetime.now(UTC) + datetime.timedelta(**delta)).strftime("%Y-%m-%dT%H:%M:%SZ")


def hello(server, time):
    server.replies["session.hello"] = {"protocol": 1, "server": {"name": "fake", "version": "1"}, "time": time}


def line(text, step):
    found = re.search(rf"^(\w+)\t{step}\t(.*)\n\t\t(.*)$", text, re.M)
    assert found, text
    return found.groups()


@pytest.mark.parametrize("server_is, says", [
    (dict(hours=-3), r"this clock is (3 h 0 min|2 h 59 min) ahead of the server's"),
    (dict(hours=9), r"this clock is (9 h 0 min|8 h 59 min) behind the server's"),
    (dict(minutes=-2), r"this clock is (2 min \d+ s|1 min 5\d s) ahead of the server's"),
    (dict(days=400), r"this clock is (400 days 0 h|399 days 23 h) behind the server's"),
])
def test_a_clock_that_is_wrong_is_told_with_how_much_and_what_to_do(server, cowork, server_is, says):
    hello(server, at(**server_is))
    word, told, fix = line(cowork.run("doctor", check=78).stdout, "clock")
    assert word == "FAIL" and re.fullmatch(says, told), told
    assert "NTP" in fix and "server's" in fix


def test_a_clock_that_is_right_is_no_word(server, cowork):
    hello(server, at(seconds=1))
    assert re.search(r"^ok\tclock\tless than 5 s apart$", cowork.run("doctor", check=0).stdout, re.M)


def test_a_wrong_clock_is_told_in_korean(server, cowork):
    hello(server, at(hours=-3, minutes=-5))
    told = cowork.run("--lang", "ko", "doctor", "-o", "table", check=78).stdout
    assert re.search(r"^실패 +시계 +이 시계가 서버보다 3시간 [45]분 빠릅니다$", told, re.M), told


@pytest.fixture
def old(short_dir):
    """A server whose certificate has expired."""
    folder = short_dir / "old"
    folder.mkdir()
    for command in (["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=localhost",
                     "-addext", "subjectAltName=DNS:localhost", "-keyout", "key.pem", "-out", "csr.pem"],
                    ["x509", "-req", "-in", "csr.pem", "-signkey", "key.pem", "-days", "-1", "-copy_extensions", "copy",
                     "-out", "cert.pem"]):
        subprocess.run(["openssl", *command], cwd=folder, check=True, capture_output=True)
    it = FakeServer((folder / "cert.pem", folder / "key.pem"))
    yield it
    it.close()


def test_a_certificate_of_another_time_makes_it_ask_for_the_clock(old, short_dir):
    """Who is hours off sees a good certificate as expired, or as not yet valid."""
    word, told, fix = line(CommandLine(short_dir, old).context(TOKEN, "KSQ").run("doctor", check=69).stdout, "tls")
    assert word == "FAIL" and "expired" in told
    assert re.search(r"is this clock right\? It shows \w+ \d+ \w+ \d+:\d\d", fix)


def test_a_certificate_of_another_time_is_for_the_administrator_to_renew(old, short_dir):
    for words in (["whoami"], ["login", "--ca", old.certificate]):
        done = CommandLine(short_dir, old).context(TOKEN, "KSQ").run(*words, input=TOKEN, check=69)
        assert "has expired" in done.stderr and "administrator" in done.stderr and "clock" in done.stderr
        assert "--ca" not in done.stderr and "fingerprint" not in done.stderr


def test_what_is_to_be_fixed_breaks_between_words(server, cowork):
    hello(server, at(hours=-3))
    told, status = on_terminal(cowork, "doctor", columns=60)
    lines = told.replace("\r", "").splitlines()
    assert status == 78 and all(len(line) <= 60 for line in lines if "/" not in line), told
    assert "fix: " in told and any(re.match(r" {17}\w", line) for line in lines)


@pytest.mark.parametrize("days, word", [(3, "warn"), (60, "ok")])
def test_a_token_that_is_about_to_expire_is_told_before(server, cowork, days, word):
    server.replies["session.whoami"] = {"login": "ada@example.org", "name": "Ada", "role": "member", "expires": at(days=days)}
    told = cowork.run("doctor", check=0).stdout
    assert re.search(rf"^{word}\ttoken\tlogged in as ada@example.org (only )?until \w+ \d+ \w+", told, re.M), told
    assert ("cowork login again" in told) == (word == "warn")
