"""The end: SIGTERM with clients here, requests under way, and a socket that outlives the daemon."""

import contextlib
import os
import re
import signal
import socket
import subprocess

import pytest

from rig import Activated, Daemon, build, wait_for_batches, wait_until
from rpc import Client, new_key, tls_context

BOOKING = {"site": "KSQ", "space": "A-01", "start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}


def notification(client):
    """The next thing the server says by itself."""
    message = client.read_message()
    assert "id" not in message, message
    return message


def ended(client):
    with pytest.raises(EOFError):
        client.read_line()
    return True


def hold_site(sql):
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")


def start_change(daemon, world, sql):
    """A client and its change, which is under way until the administrator's transaction ends."""
    client = daemon.client(world.token["ada"])
    hold_site(sql)
    number = client.send_change("booking.create", BOOKING)
    wait_for_batches(sql)
    return client, number


def test_sigterm_ends_well_with_many_idle_clients(start_daemon, world):
    daemon = start_daemon()
    clients = [daemon.client(world.token["ada"]) for _ in range(8)]
    daemon.stop()  # fails if anything of them was left in memory
    for client in clients:
        client.close()


@pytest.mark.parametrize("name", ["SIGTERM", "SIGINT"])
def test_clients_are_told_and_then_closed(daemon, connect, name):
    client, stranger = connect("ada"), connect()
    os.kill(daemon.pid, getattr(signal, name))
    message = notification(client)
    assert message["method"] == "server.draining" and message["params"]["retry_after_ms"] > 0
    assert ended(client) and ended(stranger)
    daemon.wait_note("STOPPING=1")
    assert daemon.process.wait(30) == 0


def test_what_is_under_way_is_answered_before_the_end(start_daemon, world, sql):
    daemon = start_daemon(limits__drain_timeout="30s")
    client, number = start_change(daemon, world, sql)
    daemon.terminate()
    assert notification(client)["method"] == "server.draining"
    sql.connection.rollback()
    ref = client.answer(number)["booking"]["ref"]
    assert ended(client)
    assert daemon.process.wait(30) == 0
    sql.execute("SELECT count(*) FROM cowork.booking WHERE ref = %s", [ref])
    assert sql.fetchone() == (1,)
    client.close()


def test_the_service_manager_is_asked_for_time_as_long_as_it_drains(start_daemon, world, sql):
    """TimeoutStopSec= need not know limits.drain_timeout."""
    daemon = start_daemon(limits__drain_timeout="60s")
    client, number = start_change(daemon, world, sql)
    daemon.terminate()
    daemon.wait_note("STOPPING=1")
    daemon.wait_note("STATUS=finishing requests under way; 1 client, 1 change")
    with daemon.changed:
        assert daemon.changed.wait_for(
            lambda: sum(note.startswith("EXTEND_TIMEOUT_USEC=") for note in daemon.notes) >= 3, 30)
    sql.connection.rollback()
    assert client.answer(number)["booking"]
    client.close()


def test_what_is_under_way_is_done_although_its_client_has_left(start_daemon, world, sql):
    daemon = start_daemon(limits__drain_timeout="30s")
    client, _ = start_change(daemon, world, sql)
    client.close()
    daemon.wait_log("client left while its change was under way")
    daemon.terminate()
    daemon.wait_log("stopping")
    mark = daemon.mark()
    sql.connection.rollback()
    daemon.wait_log("database link.*from=running to=idle", since=mark)  # it was still there to see it done
    assert daemon.process.wait(30) == 0
    sql.execute("SELECT count(*) FROM cowork.booking")
    assert sql.fetchone() == (1,)


def test_no_new_client_is_taken_while_it_drains(start_daemon, world, sql):
    daemon = start_daemon(limits__drain_timeout="30s")
    client, number = start_change(daemon, world, sql)
    daemon.terminate()
    notification(client)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", daemon.port), 30)
    sql.connection.rollback()
    assert client.answer(number)
    client.close()


def test_the_drain_has_an_end_and_what_is_stuck_is_left(start_daemon, world, sql):
    daemon = start_daemon(limits__drain_timeout="300ms")
    client, _ = start_change(daemon, world, sql)
    daemon.terminate()
    notification(client)
    assert ended(client)
    assert daemon.process.wait(30) == 0
    daemon.wait_log("stopping with clients still here")
    sql.connection.rollback()
    client.close()


def test_a_second_sigterm_ends_it_at_once(start_daemon, world, sql):
    daemon = start_daemon(limits__drain_timeout="600s")
    client, _ = start_change(daemon, world, sql)
    daemon.terminate()
    notification(client)
    daemon.terminate()
    assert daemon.process.wait(30) == 0
    assert ended(client)
    sql.connection.rollback()
    client.close()


def test_a_client_that_takes_nothing_does_not_hold_up_the_end(start_daemon, world):
    """Its answers wait in the daemon; they are given up after a moment, not after the drain's whole time."""
    daemon = start_daemon(limits__drain_timeout="600s", limits__output_bytes="4KiB")
    client = daemon.client(world.token["ada"])
    for _ in range(200):
        client.send("rpc.discover")
    daemon.wait_log("method=rpc.discover")
    daemon.terminate()
    assert daemon.process.wait(30) == 0
    client.close()


def test_started_again_it_knows_what_was_booked(daemon, world):
    with daemon.client(world.token["ada"]) as client:
        ref = client.change("booking.create", BOOKING)["booking"]["ref"]
    daemon.stop()
    daemon.start()
    with daemon.client(world.token["ada"]) as client:
        assert client.call("booking.show", site="KSQ", ref=ref)["booking"]["ref"] == ref


def test_killed_without_a_word_it_loses_nothing_that_was_acknowledged(daemon, world):
    refs, keys = [], []
    with daemon.client(world.token["ada"]) as client:
        for number in range(1, 6):
            keys.append(new_key())
            refs.append(client.call("booking.create", BOOKING, space=f"A-{number:02}", key=keys[-1])["booking"]["ref"])
        daemon.kill()
    daemon.start()
    with daemon.client(world.token["ada"]) as client:
        assert {row["ref"] for row in client.call("booking.list", site="KSQ")["bookings"]} == set(refs)
        again = client.call("booking.create", BOOKING, space="A-01", key=keys[0], attempt=2)
        assert again["replayed"] is True and again["booking"]["ref"] == refs[0]


# The socket of a service manager

@pytest.fixture
def listening():
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(64)
    yield sock
    sock.close()


@pytest.fixture
def activate(cluster, world_db, certificate, short_dir, listening):
    started = []

    def start(**options):
        daemon = Activated(short_dir, cluster.conninfo(world_db), certificate, f"activated{len(started)}",
                           inherited=listening, **options)
        started.append(daemon)
        return daemon.start()

    yield start
    for daemon in started:
        daemon.stop()


def test_an_inherited_socket_is_served_and_its_port_told(activate, listening, world):
    daemon = activate(listen__port=1)  # the configured address is not looked at
    assert daemon.port == listening.getsockname()[1]
    daemon.wait_log("listening.*address=inherited")
    with daemon.client(world.token["ada"]) as client:
        assert client.call("session.ping")
    assert not os.get_blocking(listening.fileno())  # one flag for all who hold it: it was set


def test_two_daemons_share_one_socket_and_both_serve(activate, world):
    first, second = activate(), activate()
    for _ in range(40):
        with first.client(world.token["ada"]) as client:
            client.call("session.ping")
    second.stop()
    for _ in range(10):
        with first.client(world.token["ada"]) as client:
            client.call("session.ping")


@pytest.mark.parametrize("name, taken", [("shared", [1, 1, 1, 1, 1, 1]), ("coworkd.socket", [6])])
def test_who_come_together_on_a_shared_socket_are_taken_one_at_a_time_with_room_for_others(activate, listening, name, taken):
    """So that the instance that is woken first does not take them all."""
    daemon = activate(limits__accepts=16, socket_name=name)
    os.kill(daemon.pid, signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        for _ in range(6):
            stack.enter_context(socket.create_connection(listening.getsockname(), 30))
        os.kill(daemon.pid, signal.SIGCONT)
        daemon.wait_log("connections taken", count=len(taken))
        log = "\n".join(daemon.lines)
    assert [int(count) for count in re.findall('"connections taken" count=([0-9]+)', log)] == taken
    assert log.count("left to the other instances") == len(taken) - 1


def test_instances_that_share_a_socket_take_turns(activate, listening):
    both = [activate(socket_name="shared"), activate(socket_name="shared")]
    shares = lambda: [len(re.findall('"connections taken" count=1', "\n".join(daemon.lines))) for daemon in both]
    with contextlib.ExitStack() as stack:
        for _ in range(60):
            client = stack.enter_context(Client(listening.getsockname()[1], both[0].certificate))
            client.hello()
        wait_until(lambda: sum(shares()) == 60, what="all in the logs")
    assert min(shares()) >= 15, shares()


def test_a_restart_keeps_the_socket_and_those_who_connect_meanwhile(activate, listening, world):
    first = activate()
    with first.client(world.token["ada"]) as client:
        client.call("session.ping")
    first.stop()
    waiting = socket.create_connection(("127.0.0.1", listening.getsockname()[1]), 30)
    second = activate()
    with tls_context(second.certificate).wrap_socket(waiting, server_hostname="localhost") as late:
        late.sendall(b'{"jsonrpc":"2.0","id":1,"method":"session.ping"}\n')
        assert b"hello_required" in late.recv(4096)


def test_a_drained_daemon_leaves_the_socket_to_the_other(activate, world, sql):
    first = activate(limits__drain_timeout="30s")
    client, number = start_change(first, world, sql)
    first.terminate()
    assert notification(client)["method"] == "server.draining"
    second = activate()
    with second.client(world.token["bob"]) as other:
        assert other.call("session.ping")
    sql.connection.rollback()
    assert client.answer(number)["booking"]
    client.close()


def run_with(cluster, world_db, certificate, folder, sock, count):
    """Starts a daemon that must not start; its exit status and what it wrote."""
    daemon = Activated(folder, cluster.conninfo(world_db), certificate, "refused", inherited=sock, count=count)
    daemon.write_config()
    done = subprocess.run(daemon.command(), capture_output=True, text=True, timeout=60, pass_fds=daemon.passed)
    return done.returncode, done.stderr


def test_what_is_no_listening_socket_is_refused(cluster, world_db, certificate, short_dir, listening):
    with socket.socket() as plain:
        status, text = run_with(cluster, world_db, certificate, short_dir, plain, 1)
        assert status == 78 and "not a listening stream socket" in text
    status, text = run_with(cluster, world_db, certificate, short_dir, listening, 2)
    assert status == 78 and "more than one socket" in text


def test_a_port_that_is_taken_is_told(start_daemon, listening, cluster, world_db, certificate, short_dir):
    daemon = Daemon(short_dir, cluster.conninfo(world_db), certificate, "refused",
                    listen__port=listening.getsockname()[1])
    daemon.write_config()
    done = subprocess.run([build() / "daemon" / "coworkd", "--config", daemon.config], capture_output=True, text=True,
                          timeout=60)
    assert done.returncode == 78 and "cannot listen" in done.stderr and "in use" in done.stderr
