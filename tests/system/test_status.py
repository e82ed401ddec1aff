"""What a sysadmin is told of the daemon's state: the STATUS line, server.status, and the log beside them."""

import datetime
import re
import resource
import subprocess
import time

import pytest

from rig import Daemon, build, make_certificate, wait_until


def statuses(daemon):
    with daemon.changed:
        return [note for note in daemon.notes if note.startswith("STATUS=")]


def status_of(client):
    return client.call("server.status")


# The line

def test_clients_are_counted_in_the_status_line(daemon, connect):
    daemon.wait_note("STATUS=database up; 0 clients")
    client = connect("ada")
    daemon.wait_note("STATUS=database up; 1 client")
    assert re.fullmatch("database up; 1 client(;.*)?", status_of(client)["status"])


def test_the_status_line_is_not_written_for_each_client(daemon, world):
    began, told = time.monotonic(), len(statuses(daemon))
    for _ in range(20):
        with daemon.client(world.token["ada"]) as client:
            client.call("session.ping")
    with daemon.client(world.token["ada"]), daemon.client(world.token["bob"]), daemon.client(world.token["ada"]):
        daemon.wait_note("; 3 clients")
        assert len(statuses(daemon)) - told <= 2 + (time.monotonic() - began) / 2


def test_a_refused_reload_stays_in_the_status_until_one_is_taken(daemon, connect):
    client = connect("ada")
    assert status_of(client)["reload_refused"] is False
    daemon.options["limits__in_flight"] = "many"
    daemon.write_config()
    daemon.reload()
    daemon.wait_note("the last reload was refused")
    state = status_of(client)
    assert state["reload_refused"] is True and "the last reload was refused" in state["status"]
    del daemon.options["limits__in_flight"]
    daemon.write_config()
    told = len(statuses(daemon))
    daemon.reload()
    wait_until(lambda: status_of(client)["reload_refused"] is False, what="the reload")
    wait_until(lambda: statuses(daemon)[told:], what="the status line")
    assert "refused" not in statuses(daemon)[-1]


# Descriptors

def test_the_soft_limit_on_descriptors_is_raised_for_the_clients(start_daemon, world):
    daemon = start_daemon(descriptors="80:1024", limits__connections=300)
    with daemon.client(world.token["ada"]) as client:
        assert status_of(client)["connections_max"] == 300
    soft, hard = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    assert 300 < soft < 1024 and hard == 1024
    assert not daemon.log_has("descriptor limit")


def test_a_low_descriptor_limit_is_told_with_the_clients_that_fit(start_daemon, world):
    daemon = start_daemon(descriptors=64 + 9, limits__connections=300)
    daemon.wait_log(r"lvl=warning .*descriptor limit has room for fewer clients.*clients=9 .*connections=300.*LimitNOFILE")
    daemon.wait_note("room for 9 clients only: descriptor limit")
    with daemon.client(world.token["ada"]) as client:
        assert status_of(client)["connections_max"] == 9


def test_a_descriptor_limit_without_room_for_a_client_ends_the_start(short_dir, certificate):
    daemon = Daemon(short_dir, "host=/nowhere", certificate, descriptors=64)
    daemon.write_config()
    done = subprocess.run(daemon._limited(daemon.command()), capture_output=True, text=True, timeout=60)
    assert done.returncode == 71 and "no room for any client" in done.stderr and "LimitNOFILE" in done.stderr


# The certificate

AUTHORITY = """[ca]
default_ca = it
[it]
database = index
serial = serial
new_certs_dir = .
default_md = sha256
policy = any
x509_extensions = names
copy_extensions = none
[any]
commonName = supplied
[names]
subjectAltName = DNS:localhost,IP:127.0.0.1
"""


def make_ending(folder, **left):
    """A certificate that ends so much later than now, to the second."""
    folder.mkdir()
    cert, key = make_certificate(folder)
    now = datetime.datetime.now(datetime.timezone.utc)
    (folder / "ca.conf").write_text(AUTHORITY)
    (folder / "index").write_text("")
    (folder / "serial").write_text("01\n")
    stamps = [f"{when:%Y%m%d%H%M%SZ}" for when in (now - datetime.timedelta(days=1), now + datetime.timedelta(**left))]
    for command in (["req", "-new", "-key", key, "-subj", "/CN=localhost", "-out", "csr.pem"],
                    ["ca", "-batch", "-config", "ca.conf", "-selfsign", "-keyfile", key, "-in", "csr.pem", "-out", cert,
                     "-startdate", stamps[0], "-enddate", stamps[1], "-notext"]):
        done = subprocess.run(["openssl", *command], cwd=folder, capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
    return cert, key


def options(pair):
    return {"tls__certificate": pair[0], "tls__key": pair[1]}


def test_a_certificate_that_expires_while_running_is_told_before_and_then(start_daemon, short_dir, world):
    pair = make_ending(short_dir / "tls", seconds=12)
    daemon = start_daemon(ready=False, **options(pair))
    daemon.certificate = pair[0]
    daemon.wait_log(r"lvl=warning .*the certificate expires soon.* days=0 ")
    daemon.wait_note("the certificate expires within a day")
    daemon.wait_ready()
    with daemon.client(world.token["ada"]) as client:
        assert "expires within a day" in status_of(client)["status"]
        daemon.wait_log(r"lvl=error .*the certificate has expired")
        daemon.wait_note("the certificate has expired")
        assert "the certificate has expired" in status_of(client)["status"]  # who is in stays in
        with pytest.raises(OSError, match="expired"):
            daemon.client()
        assert sum("the certificate expires soon" in line for line in daemon.lines) == 1

        daemon.options |= options(make_ending(short_dir / "new", days=200))  # replaced and reloaded, all is well
        daemon.write_config()
        daemon.reload()
        wait_until(lambda: "certificate" not in status_of(client)["status"], what="the new certificate")


@pytest.mark.parametrize("left, said", [
    ({"days": 31}, None), ({"days": 29}, "in 28 days"), ({"days": 6}, "in 5 days"), ({"hours": 20}, "within a day")])
def test_how_long_the_certificate_holds_is_told_from_thirty_days_on(start_daemon, short_dir, left, said):
    daemon = start_daemon(**options(make_ending(short_dir / "tls", **left)))
    daemon.wait_note("STATUS=database up")
    if said:
        assert f"the certificate expires {said}" in statuses(daemon)[-1]
        daemon.wait_log(r"lvl=warning .*the certificate expires soon.*do=\"?replace it and reload")
    else:
        assert "certificate" not in statuses(daemon)[-1] and not daemon.log_has("expires soon")


def test_each_of_the_days_named_is_warned_of_when_it_comes(start_daemon, short_dir):
    daemon = start_daemon(**options(make_ending(short_dir / "tls", days=7, seconds=8)))
    daemon.wait_log("the certificate expires soon.* days=7 ")
    daemon.wait_log("the certificate expires soon.* days=6 ")
    assert sum("the certificate expires soon" in line for line in daemon.lines) == 2


# The socket of a service manager, where it is of another kind

KINDS = """
import os, socket, sys
kind, binary = sys.argv[1], sys.argv[2:]
def passed():
    if kind == "datagram":
        return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    if kind == "unix":
        it = socket.socket(socket.AF_UNIX)
        it.bind("\\0coworkd-test-%d" % os.getpid())
        it.listen(1)
        return it
    if kind == "connected":  # Accept=yes
        listening = socket.create_server(("127.0.0.1", 0))
        other = socket.create_connection(listening.getsockname())
        return listening.accept()[0]
    return open("/dev/null")
it = passed() if kind != "nothing" else None
if it:
    os.dup2(it.fileno(), 3)
    os.set_inheritable(3, True)
else:
    os.closerange(3, 20)
os.environ["LISTEN_PID"] = "x" if kind == "garbled" else str(os.getpid())
os.environ["LISTEN_FDS"] = "1"
os.execv(binary[0], binary)
"""


@pytest.mark.parametrize("kind, says", [
    ("nothing", "no socket was passed"), ("file", "it is no socket"), ("datagram", "no stream socket"),
    ("unix", "not a TCP socket"), ("connected", "Accept=no"), ("garbled", "no socket was passed")])
def test_a_passed_descriptor_of_another_kind_is_refused_in_words(short_dir, certificate, kind, says):
    daemon = Daemon(short_dir, "host=/nowhere", certificate)
    daemon.write_config()
    done = subprocess.run(["/usr/bin/python3", "-c", KINDS, kind, build() / "daemon/coworkd", "--config", daemon.config],
                          capture_output=True, text=True, timeout=60)
    assert done.returncode == 78, done.stderr
    [line] = [line for line in done.stderr.splitlines() if "lvl=error" in line]
    assert says in line and re.search(r"\.socket unit|LISTEN_FDS", line)
