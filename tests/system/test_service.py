"""What coworkd(8) promises to whoever runs it as a service: sockets, readiness, reload, the end."""

import os
import pathlib
import re
import signal
import socket
import subprocess

import pytest
from rig import build, make_certificate
from rpc import Client, RpcError


def start_line(daemon):
    return f"exec '{build()}/daemon/coworkd' --config '{daemon.config}'"


class OnSocket:
    """coworkd as systemd starts it: the listening socket is descriptor 3."""

    def __init__(self, daemon, listening):
        script = f"exec 3<&{listening.fileno()}; LISTEN_FDS=1 LISTEN_PID=$$ {start_line(daemon)}"
        self.process = subprocess.Popen(["bash", "-c", script], pass_fds=[listening.fileno()], text=True,
                                        stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
        self.lines = []

    def wait(self, pattern):
        for line in self.process.stderr:
            self.lines.append(line)
            if re.search(pattern, line):
                return line
        raise AssertionError("".join(self.lines))

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        rest = self.process.communicate(timeout=30)[1]
        assert self.process.returncode == 0, "".join(self.lines) + rest


@pytest.fixture
def listening():
    with socket.create_server(("127.0.0.1", 0)) as it:
        yield it


def test_a_socket_that_is_passed_is_used_and_outlives_the_daemon(daemon, world, listening):
    port = listening.getsockname()[1]
    first = OnSocket(daemon, listening)
    assert f"address=inherited port={port}" in first.wait("listening")
    first.wait("database up")
    with Client(port, daemon.certificate) as client:
        client.hello()
        client.auth(world.token["ada"])
    first.stop()
    waiting = socket.create_connection(("127.0.0.1", port))  # nobody serves it now; it is not refused
    second = OnSocket(daemon, listening)
    second.wait("database up")
    with Client(port, daemon.certificate) as client:
        client.hello()
    waiting.close()
    second.stop()


def test_two_sockets_are_one_too_many(daemon, listening):
    script = f"LISTEN_FDS=2 LISTEN_PID=$$ {start_line(daemon)}"
    done = subprocess.run(["bash", "-c", script], capture_output=True, text=True, timeout=30)
    assert done.returncode == 78 and "one is wanted" in done.stderr


def test_without_postgresql_it_listens_and_is_ready_when_it_comes(start_daemon, world, pg_proxy, world_db):
    conninfo = f"{pg_proxy.conninfo} dbname={world_db} user=coworkd"
    server = pathlib.Path(re.search(r"host=(\S+)", conninfo).group(1), ".s.PGSQL.5432")
    away = server.rename(server.with_name("away"))
    daemon = start_daemon(conninfo=conninfo, ready=False)
    with daemon.client() as client:
        with pytest.raises(RpcError) as refused:
            client.auth(world.token["ada"])
        assert refused.value.kind == "db_unavailable" and refused.value.data["retry_after_ms"] > 0
    assert not any("READY=1" in note for note in daemon.notes)
    away.rename(server)
    daemon.wait_ready()
    with daemon.client(world.token["ada"]) as client:
        assert client.call("server.status")["ready"] is True


def test_a_reload_is_told_and_takes_a_new_certificate(daemon, world, tmp_path):
    with daemon.client(world.token["ada"]) as old:
        new, key = make_certificate(tmp_path)
        daemon.options["tls__certificate"], daemon.options["tls__key"] = new, key
        daemon.write_config()
        told = len(daemon.notes)
        daemon.reload()
        daemon.wait_log("msg=.?reloaded")
        daemon.wait_note("RELOADING=1")
        with Client(daemon.port, new) as client:
            client.hello()
        assert old.call("session.whoami")["login"] == world.login["ada"]
    notes = daemon.notes[told:]
    assert notes.index("RELOADING=1") < notes.index("READY=1")
    assert any(note.startswith("MONOTONIC_USEC=") for note in notes)


@pytest.mark.parametrize("option, value", [("limits__in_flight", "many"), ("tls__key", "/nonexistent")])
def test_a_reload_with_a_mistake_changes_nothing(daemon, world, option, value):
    daemon.options[option] = value
    daemon.options["log__level"] = "info"
    daemon.write_config()
    daemon.reload()
    daemon.wait_log("reload refused")
    mark = daemon.mark()
    with daemon.client(world.token["ada"]):
        daemon.wait_log("lvl=debug", since=mark)  # the level in force is still the old one
    assert daemon.running()


def test_options_that_need_a_restart_are_named_at_reload(daemon):
    daemon.options["database__read_connections"] = 2
    daemon.write_config()
    daemon.reload()
    daemon.wait_log("need a restart.*database.read_connections")


def test_a_second_signal_does_not_wait_for_clients(start_daemon, world):
    daemon = start_daemon(limits__drain_timeout="10min")
    with daemon.client(world.token["ada"]) as client:
        client.send_bytes(b'{"jsonrpc":')
        daemon.terminate()
        daemon.wait_note("STOPPING=1")
        os.kill(daemon.pid, signal.SIGTERM)
        daemon.stop()


def test_two_signals_at_once_end_it_with_nothing_left_over(start_daemon, world):
    """What the first one began to say is still on its way to the clients."""
    daemon = start_daemon(limits__drain_timeout="10min")
    with daemon.client(world.token["ada"]), daemon.client(world.token["bob"]):
        os.kill(daemon.pid, signal.SIGSTOP)
        os.kill(daemon.pid, signal.SIGTERM)
        os.kill(daemon.pid, signal.SIGINT)
        os.kill(daemon.pid, signal.SIGCONT)
        daemon.stop()


def test_a_schema_of_another_version_ends_the_start(start_daemon, sql, world):
    sql.execute("INSERT INTO cowork.migration (version, name, sha256, ms, by_version) VALUES (9999, 'x', 'x', 0, 'x')")
    daemon = start_daemon(ready=False)
    daemon.wait_log("another version.*install the newer coworkd")
    assert daemon.process.wait(30) == 78
    daemon.exit_wanted = 78


def test_times_in_the_log_are_of_one_width(daemon, connect):
    client = connect("ada")
    for _ in range(30):  # one time in ten would end in a zero
        client.call("session.ping")
    stamps = [re.match(r"ts=(\S+) ", line)[1] for line in daemon.lines if line.startswith("ts=")]
    assert len(stamps) > 30 and {len(stamp) for stamp in stamps} == {len("2026-11-22T18:00:00.123456Z")}
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", stamp) for stamp in stamps)


def test_systemd_socket_activate_serves_a_booking(daemon, world, cowork):
    """The socket and the start at the first connection as systemd has them, and the real client."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(["systemd-socket-activate", "-l", f"127.0.0.1:{port}", build() / "daemon/coworkd",
                                "--config", daemon.config], text=True, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
    try:
        assert "Listening on" in process.stderr.readline()
        client = cowork("ada").context(world.token["ada"], "KSQ", server=f"localhost:{port}")
        out = client.run("book", "A-01", "2055-03-01", "9-10", check=0).stdout
        assert re.search(r"R-[0-9A-Z]{6}", out), out
        assert "A-01" in client.run("list", "--space", "A-01", "2055-03-01", check=0).stdout
    finally:
        process.terminate()
        rest = process.communicate(timeout=30)[1]
    assert process.returncode == 0 and "address=inherited" in rest, rest
