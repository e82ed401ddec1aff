"""Every limit of the [limits] section: what is too much is refused or closed, and the others are served."""

import ast
import contextlib
import json
import os
import pathlib
import re
import resource
import signal
import socket
import ssl
import subprocess
import time

import pytest

from rig import build, wait_until
from rpc import Client, RpcError, new_key, slow_reader, tls_context
from world import new_token


def turned_away(daemon):
    """Whether a new client is closed before its handshake is done."""
    try:
        with Client(daemon.port, daemon.certificate) as client:
            client.hello()
    except (OSError, EOFError, ssl.SSLError):
        return True
    return False


def let_in(daemon, token):
    """A client that is logged in; None while there is no room."""
    with contextlib.suppress(OSError, EOFError, ssl.SSLError):
        return daemon.client(token)


def waits(daemon, **settings):
    """Clients ended by hand are forgotten a moment later; until then they count."""
    wait_until(lambda: not turned_away(daemon), what="room for a new client", **settings)


def end_within(sock):
    """Reads until the other side ends it; its last bytes."""
    data = b""
    with contextlib.suppress(ConnectionError, ssl.SSLError):
        while piece := sock.recv(65536):
            data += piece
    return data


# How many

@pytest.mark.parametrize("limit", ["connections", "connections_per_source"])
def test_one_client_too_many_is_turned_away_until_another_leaves(start_daemon, world, limit):
    daemon = start_daemon(**{f"limits__{limit}": 3})
    clients = [daemon.client(world.token["ada"]) for _ in range(3)]
    assert turned_away(daemon)
    daemon.wait_log(f"turned away.*limits.{limit}")
    for client in clients:
        client.call("session.ping")
    clients.pop().close()
    waits(daemon)
    for client in clients:
        client.close()


@pytest.mark.parametrize("address", ["127.0.0.1", "::"])  # the second as systemd's socket: IPv4 comes as ::ffff:...
def test_other_sources_do_not_count_for_a_source(start_daemon, world, address):
    daemon = start_daemon(limits__connections_per_source=1, listen__address=address)
    with daemon.client(world.token["ada"]):
        assert turned_away(daemon)
        sock = socket.create_connection(("127.0.0.1", daemon.port), 30, source_address=("127.0.0.2", 0))
        with tls_context(daemon.certificate).wrap_socket(sock, server_hostname="localhost") as other:
            other.sendall(b'{"jsonrpc":"2.0","id":1,"method":"session.ping"}\n')
            assert b"hello_required" in other.recv(4096)


def test_those_not_logged_in_have_a_limit_of_their_own(start_daemon, world):
    daemon = start_daemon(limits__connections_before_login=2)
    known = daemon.client(world.token["ada"])
    strangers = [daemon.client() for _ in range(2)]
    assert turned_away(daemon)
    daemon.wait_log("turned away.*limits.connections_before_login")
    known.call("session.ping")
    strangers[0].auth(world.token["bob"])  # one less before login
    waits(daemon)
    for client in (known, *strangers):
        client.close()


def test_who_holds_a_place_without_a_handshake_makes_room_for_who_comes(start_daemon, world):
    """From however many addresses they come: places before login are for those who go on."""
    daemon = start_daemon(limits__connections_before_login=3, limits__handshake_timeout="5s")
    with daemon.client() as stranger, contextlib.ExitStack() as stack:
        silent = [stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port), 30)) for _ in range(2)]
        for sock in silent:
            sock.sendall(b"\x16\x03\x01")
        client = stack.enter_context(daemon.client(world.token["ada"]))
        assert end_within(silent[0]) == b""
        daemon.wait_log("connection closed.*another needs its place")
        daemon.wait_log("turned away.*limits.connections_before_login")
        client.call("session.ping")
        assert stranger.refused("session.whoami").kind == "unauthenticated"  # who has shaken hands stays


def test_who_logs_out_is_before_login_again(start_daemon, world):
    daemon = start_daemon(limits__connections_before_login=1, limits__handshake_timeout="1s",
                          limits__login_timeout="1500ms")
    client = daemon.client(world.token["ada"])
    client.call("session.logout")
    assert turned_away(daemon)
    client.send_line(b"x" * 5000)
    assert client.read_message()["error"]["data"]["kind"] == "too_large"
    end_within(client.sock)
    with wait_until(lambda: let_in(daemon, world.token["ada"]), what="room for a new client") as client:
        client.call("session.logout")
        assert client.auth(world.token["bob"])["login"] == world.login["bob"]
        client.call("session.logout")
        assert end_within(client.sock) == b""
        daemon.wait_log("connection closed.*the login took too long")


def test_so_many_are_taken_in_one_go(start_daemon):
    """Whoever is here already is served between them."""
    daemon = start_daemon(limits__accepts=3, listen__backlog=64)
    os.kill(daemon.pid, signal.SIGSTOP)
    with contextlib.ExitStack() as stack:
        for _ in range(10):
            stack.enter_context(socket.create_connection(("127.0.0.1", daemon.port), 30))
        os.kill(daemon.pid, signal.SIGCONT)
        daemon.wait_log('"connections taken" count=3', count=3)
        daemon.wait_log('"connections taken" count=1')


# How long

def test_a_handshake_that_takes_too_long_is_closed(start_daemon):
    daemon = start_daemon(limits__handshake_timeout="300ms")
    with socket.create_connection(("127.0.0.1", daemon.port), 30) as sock:
        sock.sendall(b"\x16\x03\x01")
        assert end_within(sock) == b""
    daemon.wait_log("connection closed.*the handshake took too long")


def test_a_login_that_takes_too_long_is_closed_however_busy_it_is(start_daemon):
    daemon = start_daemon(limits__handshake_timeout="800ms", limits__login_timeout="2500ms")
    client, until = daemon.client(), time.monotonic() + 30
    with socket.create_connection(("127.0.0.1", daemon.port), 30) as later:
        end_within(later)
    client.refused("session.whoami")  # a login may take longer than a handshake
    with pytest.raises((EOFError, OSError)):
        while time.monotonic() < until:
            client.refused("session.whoami")
    daemon.wait_log("connection closed.*the login took too long")
    client.close()


def test_a_logged_in_client_may_be_idle(start_daemon, world):
    daemon = start_daemon(limits__handshake_timeout="1s", limits__login_timeout="1500ms", limits__line_timeout="1s",
                          limits__output_timeout="1s")
    stranger, idle = daemon.client(), daemon.client(world.token["ada"])
    end_within(stranger.sock)  # longer than all of these
    assert "time" in idle.call("session.ping")
    for client in (stranger, idle):
        client.close()


def test_a_line_that_trickles_is_closed_although_each_byte_comes_in_time(start_daemon, world):
    daemon = start_daemon(limits__line_timeout="400ms")
    client, other = daemon.client(world.token["ada"]), daemon.client(world.token["bob"])
    with pytest.raises((OSError, ssl.SSLError)):
        while True:
            client.send_bytes(b" ")
            other.call("session.ping")
    daemon.wait_log("connection closed.*a line took too long")
    for it in (client, other):
        it.close()


def test_who_leaves_in_the_middle_of_a_line_leaves_no_clock_behind(start_daemon, world):
    """The clock of the line was started once more when the end of the connection was found, and fired when it was gone."""
    daemon = start_daemon(limits__line_timeout="300ms")
    for _ in range(4):
        mark = daemon.mark()
        with daemon.client(world.token["ada"]) as client:
            client.send_bytes(b'{"jsonrpc"')
        daemon.wait_log("connection closed.*the client left", since=mark)
    with daemon.client(world.token["ada"]) as later:  # what began before it is over when its own is
        later.send_bytes(b"{")
        daemon.wait_log("connection closed.*a line took too long")
    with daemon.client(world.token["ada"]) as client:
        client.call("session.ping")


def test_a_request_is_answered_in_its_time_if_only_by_timeout(start_daemon, world, sql):
    daemon = start_daemon(limits__request_timeout="1s")
    client = daemon.client(world.token["ada"])
    client.call("booking.list", site="KSQ")
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.booking IN ACCESS EXCLUSIVE MODE")
    assert client.refused("booking.list", site="KSQ").kind == "timeout"
    sql.connection.rollback()
    assert client.call("booking.list", site="KSQ")["bookings"] == []
    client.close()


def test_a_change_under_way_past_its_time_is_unknown_and_the_retry_tells(start_daemon, world, sql):
    daemon = start_daemon(limits__request_timeout="1s")
    client = daemon.client(world.token["ada"])
    change = {"site": "KSQ", "space": "A-01", "start": "2055-03-01T09:00", "end": "2055-03-01T10:00", "key": new_key()}
    client.call("booking.create", {**change, "dry_run": True})
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    assert client.refused("booking.create", change).kind == "outcome_unknown"
    # one that only waits for the one under way was certainly not done
    assert client.refused("booking.create", change, key=new_key(), space="A-02").kind == "timeout"
    sql.connection.rollback()
    again = client.call("booking.create", change, attempt=2)
    assert again["replayed"] is True and again["booking"]["space"] == "A-01"
    assert [row["space"] for row in client.call("booking.list", site="KSQ")["bookings"]] == ["A-01"]
    client.close()


# How much

def discover_lines(first, count):
    return b"".join(json.dumps({"jsonrpc": "2.0", "id": number, "method": "rpc.discover"}).encode() + b"\n"
                    for number in range(first, first + count))


def answered(client):
    """Requests that the daemon has answered since its start."""
    return client.call("server.status")["requests"]


def test_a_client_that_takes_nothing_is_closed_and_did_not_fill_the_memory(start_daemon, world):
    daemon = start_daemon(limits__output_timeout="500ms", limits__output_bytes="64KiB")
    slow, other = slow_reader(daemon, world.token["ada"]), daemon.client(world.token["bob"])
    before = answered(other)
    with contextlib.suppress(OSError):
        slow.send_bytes(discover_lines(0, 500))
    daemon.wait_log("connection closed.*the output was not taken")
    # each answer is over 30 KiB: without backpressure there would have been 500 of them
    assert answered(other) - before < 250
    for client in (slow, other):
        client.close()


def test_a_slow_reader_is_not_read_from_and_gets_every_answer_when_it_reads(start_daemon, world):
    daemon = start_daemon(limits__output_bytes="64KiB")
    slow, other = slow_reader(daemon, world.token["ada"]), daemon.client(world.token["bob"])
    count = 200
    before = answered(other)
    slow.send_bytes(discover_lines(0, count))
    daemon.wait_log("method=rpc.discover")
    assert answered(other) - before < count
    assert [slow.read_message()["id"] for _ in range(count)] == list(range(count))
    for client in (slow, other):
        client.close()


def test_a_client_that_trickles_is_closed_although_it_takes_some_all_the_time(start_daemon, world):
    # it takes at most 800 KiB a second, and should take 2 MiB
    daemon = start_daemon(limits__output_timeout="1s", limits__output_bytes="16MiB")
    slow = slow_reader(daemon, world.token["ada"])
    slow.send_bytes(discover_lines(0, 300))
    until = time.monotonic() + 30
    with contextlib.suppress(OSError, ssl.SSLError):
        while time.monotonic() < until and slow.sock.recv(16384):
            if daemon.log_has("connection closed.*the output was not taken"):
                break
            time.sleep(0.02)
    daemon.wait_log("connection closed.*the output was not taken")
    slow.close()


def test_all_together_have_a_budget_and_above_it_who_does_not_take_is_not_read(start_daemon, world):
    daemon = start_daemon(limits__output_bytes="1MiB", limits__output_total="2MiB", limits__output_timeout="60s")
    slow = [slow_reader(daemon, world.token["ada"]) for _ in range(8)]
    other = daemon.client(world.token["bob"])
    before = answered(other)
    for client in slow:
        client.send_bytes(discover_lines(0, 100))
    for client in slow:
        line = client.read_line()
    # what waited without a budget of all would be eight times 1 MiB, and what the kernel takes on top
    assert (answered(other) - before) * len(line) < 8 * 1024 * 1024
    assert not daemon.log_has("too much output")
    for client in slow:
        assert [client.read_message()["id"] for _ in range(1, 100)] == list(range(1, 100))
    for client in (*slow, other):
        client.close()


def test_far_above_the_budget_the_client_with_the_most_waiting_is_closed(start_daemon, world):
    daemon = start_daemon(limits__output_bytes="16MiB", limits__output_total="64KiB")
    slow, other = [slow_reader(daemon, world.token["ada"]) for _ in range(8)], daemon.client(world.token["bob"])
    for client in slow:
        client.send_bytes(discover_lines(0, 20))
    daemon.wait_log("lvl=warning.*too much output waits.*limits.output_total")
    assert other.call("session.whoami")["login"] == world.login["bob"]
    for client in (*slow, other):
        client.close()


def test_no_more_than_in_flight_are_read_at_a_time(start_daemon, world, sql):
    daemon = start_daemon(limits__in_flight=3)
    client, other = daemon.client(world.token["ada"]), daemon.client(world.token["bob"])
    client.call("booking.list", site="KSQ")
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.booking IN ACCESS EXCLUSIVE MODE")
    reads = [client.send("booking.list", site="KSQ") for _ in range(3)]
    ping = client.send("session.ping")  # needs no database, and waits all the same
    for _ in range(20):
        other.call("session.ping")
    daemon.wait_log("method=session.ping actor=bob", count=20)
    assert not daemon.log_has("method=session.ping actor=ada")
    sql.connection.rollback()
    for number in (*reads, ping):
        client.answer(number)
    for it in (client, other):
        it.close()


def test_a_full_lane_answers_busy_at_once_and_does_what_it_took(start_daemon, world, sql):
    daemon = start_daemon(limits__lane_queue=2)
    client, reader = daemon.client(world.token["ada"]), daemon.client(world.token["bob"])
    client.change("booking.create", site="KSQ", space="P-1", start="2055-03-01T09:00", end="2055-03-01T10:00")
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    numbers = [client.send_change("booking.create", site="KSQ", space=f"A-{n:02}", start="2055-03-01T09:00",
                                  end="2055-03-01T10:00") for n in range(1, 9)]
    kinds = {}
    for number in reversed(numbers):
        if len(kinds) < 3:  # the last ones are refused while the lock is held
            with pytest.raises(RpcError) as refusal:
                client.answer(number)
            assert refusal.value.data["retry_after_ms"] > 0
            kinds[number] = refusal.value.kind
    assert set(kinds.values()) == {"busy"}
    assert len(reader.call("booking.list", site="KSQ")["bookings"]) == 1
    sql.connection.rollback()
    done = 0
    for number in numbers:
        if number in kinds:
            continue
        try:
            done += client.answer(number)["booking"]["state"] == "confirmed"
        except RpcError as error:
            assert error.kind == "busy"
    assert done >= 2
    assert len(reader.call("booking.list", site="KSQ")["bookings"]) == 1 + done
    for it in (client, reader):
        it.close()


def test_one_person_cannot_fill_a_lane(start_daemon, world, sql):
    """However many connections they have: what is theirs is refused, and others still find room."""
    daemon = start_daemon(limits__lane_queue_per_person=3)
    ada, again, bob = (daemon.client(world.token[who]) for who in ("ada", "ada", "bob"))
    bob.change("booking.create", site="KSQ", space="P-1", start="2055-03-01T09:00", end="2055-03-01T10:00")
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    numbers = [(client, client.send_change("booking.create", site="KSQ", space="A-01", start=f"2055-03-{day:02}T09:00",
                                           end=f"2055-03-{day:02}T10:00"))
               for day, client in enumerate([ada] * 4 + [again] * 4, 1)]
    for client, number in numbers[-2:]:
        with pytest.raises(RpcError) as refusal:
            client.answer(number)
        assert refusal.value.kind == "busy" and refusal.value.data["retry_after_ms"] >= 100
    other = bob.send_change("booking.create", site="KSQ", space="A-02", start="2055-03-01T11:00", end="2055-03-01T12:00")
    sql.connection.rollback()
    assert bob.answer(other)["booking"]["state"] == "confirmed"
    told = []
    for client, number in numbers[:-2]:
        try:
            told.append(client.answer(number)["booking"]["state"])
        except RpcError as error:
            told.append(error.kind)
    assert told.count("confirmed") >= 3 and set(told) <= {"confirmed", "busy"}
    for client in (ada, again, bob):
        client.close()


def test_who_is_refused_is_told_to_come_again_after_about_the_wait_there_is(start_daemon, world, sql):
    daemon = start_daemon(limits__lane_queue=1)
    client, other = daemon.client(world.token["ada"]), daemon.client(world.token["bob"])
    change = {"site": "KSQ", "start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}
    client.change("booking.create", change, space="P-1", dry_run=True)
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    stuck = [client.send_change("booking.create", change, space=f"A-0{number}") for number in (1, 2)]
    client.call("session.ping")  # both are with the lane
    asked = []

    def refused_later():
        asked.append(other.refused("booking.create", change, space="A-05", key=new_key()).data["retry_after_ms"])
        return asked[-1] > 600

    wait_until(refused_later, what="a longer wait")
    assert min(asked) <= 400 and sorted(asked)[0] >= 100
    sql.connection.rollback()
    for number in stuck:
        client.answer(number)
    for it in (client, other):
        it.close()


def test_another_sites_lane_is_not_full(start_daemon, world, sql):
    daemon = start_daemon(limits__lane_queue=1)
    client = daemon.client(world.token["ada"])
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site WHERE code = 'KSQ' FOR UPDATE")
    stuck = [client.send_change("booking.create", site="KSQ", space="A-01", start="2055-03-01T09:00",
                                end="2055-03-01T10:00") for _ in range(5)]
    client.change("booking.create", site="DJN", space="A-01", start="2055-03-01T09:00", end="2055-03-01T10:00")
    sql.connection.rollback()
    for number in stuck:
        with contextlib.suppress(RpcError):
            client.answer(number)
    client.close()


def test_a_full_reading_queue_answers_busy(start_daemon, world, sql):
    daemon = start_daemon(database__read_connections=1, database__read_queue=2)
    client = daemon.client(world.token["ada"])
    daemon.wait_log("people loaded")
    client.call("booking.list", site="KSQ")
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.booking IN ACCESS EXCLUSIVE MODE")
    first = client.send("booking.list", site="KSQ")
    waiting(sql, 1)
    numbers = [client.send("booking.list", site="KSQ") for _ in range(3)]
    with pytest.raises(RpcError) as refusal:
        client.answer(numbers[-1])
    assert refusal.value.kind == "busy"
    sql.connection.rollback()
    assert client.answer(first)["bookings"] == []
    client.close()


def waiting(sql, count):
    """Waits until so many reads stand before the locked table."""
    def there():
        sql.execute("SELECT pg_stat_clear_snapshot()")
        sql.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND wait_event_type = 'Lock' AND pid <> pg_backend_pid()")
        return sql.fetchone()[0] == count

    wait_until(there, what=f"{count} reads before the lock")


@pytest.mark.parametrize("reads, options", [(4, {}), (2, {"limits__reads_in_flight": 2})])
def test_one_client_has_few_reads_at_a_time_and_the_other_links_are_for_others(start_daemon, world, sql, reads, options):
    daemon = start_daemon(database__read_connections=6, **options)
    client, other = daemon.client(world.token["ada"]), daemon.client(world.token["bob"])
    client.call("booking.list", site="KSQ")
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.booking IN ACCESS EXCLUSIVE MODE")
    numbers = [client.send("booking.list", site="KSQ") for _ in range(12)]
    waiting(sql, reads)
    assert {row["code"] for row in other.call("site.list")["sites"]} == {"KSQ", "DJN"}
    waiting(sql, reads)
    sql.connection.rollback()
    for number in numbers:
        assert client.answer(number)["bookings"] == []
    for it in (client, other):
        it.close()


def test_a_login_does_not_wait_behind_what_others_read(start_daemon, world, sql):
    daemon = start_daemon(database__read_connections=1)
    readers = [daemon.client(world.token["ada"]) for _ in range(3)]
    stranger = daemon.client()
    readers[0].call("booking.list", site="KSQ")
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.booking IN ACCESS EXCLUSIVE MODE")
    numbers = [(reader, reader.send("booking.list", site="KSQ")) for reader in readers for _ in range(3)]
    waiting(sql, 1)
    login = stranger.send("session.auth", token=new_token()[0])  # not known here: it has to be looked up
    for _ in range(3):
        for reader in readers:
            reader.call("session.ping")  # so the login has been read, too
    sql.connection.rollback()
    with pytest.raises(RpcError) as refusal:
        stranger.answer(login)
    assert refusal.value.kind == "unauthenticated"
    for reader, number in numbers:
        reader.answer(number)
    daemon.stop()
    asked = re.findall(r'msg="?(login refused|answered"? .*method=booking.list)', daemon.logfile.read_text())
    assert [it == "login refused" for it in asked[-len(numbers):]] == [True] + (len(numbers) - 1) * [False]


def test_the_queue_of_reads_is_as_long_as_a_reload_says(start_daemon, world, sql):
    daemon = start_daemon(database__read_connections=1, database__read_queue=1000)
    client = daemon.client(world.token["ada"])
    client.call("booking.list", site="KSQ")
    daemon.wait_log("people loaded")  # what it reads for itself has its turn before
    client.call("booking.list", site="KSQ")
    daemon.options["database__read_queue"] = 1
    daemon.write_config()
    daemon.reload()
    daemon.wait_log("reloaded")
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.booking IN ACCESS EXCLUSIVE MODE")
    numbers = [client.send("booking.list", site="KSQ")]
    waiting(sql, 1)
    numbers += [client.send("booking.list", site="KSQ") for _ in range(3)]
    with pytest.raises(RpcError) as refusal:
        client.answer(numbers[-1])
    assert refusal.value.kind == "busy" and refusal.value.data["retry_after_ms"] >= 100
    sql.connection.rollback()
    assert client.answer(numbers[0])["bookings"] == []
    client.close()


# Lines, and the end

@pytest.mark.parametrize("option, who", [("line_bytes", "ada"), ("line_bytes_before_login", None)])
def test_a_line_is_as_long_as_it_may_be_and_no_longer(start_daemon, world, option, who):
    daemon = start_daemon(**{f"limits__{option}": 4096 if who else 2048})
    most = 4096 if who else 2048
    client = daemon.client(world.token[who] if who else None)
    ping = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "session.ping"})
    client.send_line(ping.ljust(most))
    answer = client.read_message()
    assert answer["id"] == 7 and answer.get("error", {}).get("data", {}).get("kind") != "too_large"
    client.send_line(ping.ljust(most + 1))
    assert client.read_message()["error"]["data"]["kind"] == "too_large"
    assert end_within(client.sock) == b""
    client.close()


def test_so_many_failed_logins_end_a_connection(start_daemon, world):
    daemon = start_daemon(limits__login_tries=2)
    client = daemon.client()
    for _ in range(2):
        assert client.refused("session.auth", token=new_token()[0]).kind == "unauthenticated"
    assert end_within(client.sock) == b""
    daemon.wait_log("connection (finishing|closed).*too many failed logins")
    client.close()


def test_who_does_not_take_the_last_answers_is_closed_all_the_same(start_daemon, world):
    daemon = start_daemon(limits__finish_timeout="300ms", limits__output_timeout="60s", limits__output_bytes="16MiB",
                          limits__line_bytes=4096)
    slow = slow_reader(daemon, world.token["ada"])
    slow.send_bytes(discover_lines(0, 100) + b" " * 5000)
    daemon.wait_log("connection finishing.*a line was too long")
    daemon.wait_log("connection closed.*the last answer was not taken")
    slow.close()


def test_what_is_under_way_past_the_time_to_drain_is_left_to_its_fate(start_daemon, world, sql):
    daemon = start_daemon(limits__drain_timeout="300ms", limits__request_timeout="3s")
    client = daemon.client(world.token["ada"])
    change = {"site": "KSQ", "start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}
    client.call("booking.create", {**change, "space": "A-01", "key": new_key(), "dry_run": True})
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    number = client.send_change("booking.create", change, space="A-01")
    waiting(sql, 1)
    daemon.terminate()
    with pytest.raises(EOFError):  # with more time it would be told that the outcome is unknown
        client.answer(number)
    assert daemon.process.wait(30) == 0
    sql.connection.rollback()
    client.close()


def test_one_client_has_so_many_watches(start_daemon, world):
    daemon = start_daemon(limits__watches=2)
    client, other = (daemon.client(world.token["desk"]) for _ in range(2))
    first, _ = (client.call("watch.start", site="KSQ")["watch"] for _ in range(2))
    assert client.refused("watch.start", site="KSQ").kind == "busy"
    other.call("watch.start", site="KSQ")
    client.call("watch.stop", watch=first)
    client.call("watch.start", site="KSQ")
    for it in (client, other):
        it.close()


# Every limit

# Which test shows that an option holds: it sets the option, and fails where it does nothing.
HELD_BY = {
    "limits.connections": "test_limits.test_one_client_too_many_is_turned_away_until_another_leaves",
    "limits.connections_per_source": "test_limits.test_one_client_too_many_is_turned_away_until_another_leaves",
    "limits.connections_before_login": "test_limits.test_those_not_logged_in_have_a_limit_of_their_own",
    "limits.handshake_timeout": "test_limits.test_a_handshake_that_takes_too_long_is_closed",
    "limits.login_timeout": "test_limits.test_a_login_that_takes_too_long_is_closed_however_busy_it_is",
    "limits.line_timeout": "test_limits.test_a_line_that_trickles_is_closed_although_each_byte_comes_in_time",
    "limits.line_bytes": "test_limits.test_a_line_is_as_long_as_it_may_be_and_no_longer",
    "limits.line_bytes_before_login": "test_limits.test_a_line_is_as_long_as_it_may_be_and_no_longer",
    "limits.request_timeout": "test_limits.test_a_request_is_answered_in_its_time_if_only_by_timeout",
    "limits.output_timeout": "test_limits.test_a_client_that_takes_nothing_is_closed_and_did_not_fill_the_memory",
    "limits.output_bytes": "test_limits.test_a_slow_reader_is_not_read_from_and_gets_every_answer_when_it_reads",
    "limits.output_total": "test_limits.test_far_above_the_budget_the_client_with_the_most_waiting_is_closed",
    "limits.finish_timeout": "test_limits.test_who_does_not_take_the_last_answers_is_closed_all_the_same",
    "limits.in_flight": "test_limits.test_no_more_than_in_flight_are_read_at_a_time",
    "limits.reads_in_flight": "test_limits.test_one_client_has_few_reads_at_a_time_and_the_other_links_are_for_others",
    "limits.login_tries": "test_limits.test_so_many_failed_logins_end_a_connection",
    "limits.login_delay": "test_login.test_the_answer_to_a_failed_login_comes_later_each_time_until_one_works",
    "limits.login_failures": "test_login.test_an_address_of_many_failed_logins_is_told_to_wait_but_who_is_right_is_let_in",
    "limits.lane_queue": "test_limits.test_a_full_lane_answers_busy_at_once_and_does_what_it_took",
    "limits.lane_queue_per_person": "test_limits.test_one_person_cannot_fill_a_lane",
    "limits.hash_queue": "test_password.test_more_passwords_than_may_wait_are_refused_as_busy",
    "limits.hash_queue_per_source": "test_password.test_more_passwords_than_may_wait_are_refused_as_busy",
    "limits.accepts": "test_limits.test_so_many_are_taken_in_one_go",
    "limits.drain_timeout": "test_limits.test_what_is_under_way_past_the_time_to_drain_is_left_to_its_fate",
    "limits.watches": "test_limits.test_one_client_has_so_many_watches",
    "limits.watch_queue": "test_watch_crowd.test_what_waits_for_slow_watchers_is_bounded",
    "limits.watch_tick": "test_watch.test_a_watch_says_again_and_again_that_it_goes_on",
    "database.read_queue": "test_limits.test_a_full_reading_queue_answers_busy",
}


def source_of(name):
    """A test function with its decorators, as text."""
    module, function = name.split(".")
    text = pathlib.Path(__file__).with_name(f"{module}.py").read_text(encoding="utf-8")
    tree = ast.parse(text)
    found = [node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == function]
    assert found, f"there is no {name}"
    return "\n".join(ast.get_source_segment(text, part) for part in (*found[0].decorator_list, found[0]))


def test_every_limit_has_a_test_that_it_holds_and_stands_in_both_pages():
    example = subprocess.run([build() / "daemon/coworkd", "--example-config"], capture_output=True, text=True,
                             check=True).stdout
    section = example[example.index("[limits]"):]
    keys = re.findall(r"^#?\s*(\w+) = ", section[:section.index("\n[", 1)], re.MULTILINE)
    assert {f"limits.{key}" for key in keys} == {name for name in HELD_BY if name.startswith("limits.")}
    pages = {page: (build() / "docs" / f"{page}.scd").read_text().replace("\\", "")
             for page in ("coworkd.conf.5", "cowork-protocol.7")}
    for name, test in HELD_BY.items():
        section, key = name.split(".")
        source = source_of(test)
        assert f"{section}__{key}" in source or ("limits__{" in source and f'"{key}"' in source), \
            f"{test} does not set {name}"
        assert f"*{key}* = " in pages["coworkd.conf.5"]
        assert section != "limits" or f"*{name}* = " in pages["cowork-protocol.7"]


# Descriptors

def ticks(pid):
    """Time this process was running, in the kernel's ticks."""
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def fill_descriptors(daemon, count):
    """Connects until the daemon has no descriptor left; the sockets."""
    sockets = []
    for _ in range(count):
        sock = socket.socket()
        sock.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            sock.connect(("127.0.0.1", daemon.port))
        sockets.append(sock)
    return sockets


def test_the_descriptor_limit_less_a_reserve_bounds_the_connections(start_daemon, world):
    daemon = start_daemon(descriptors=64 + 5)
    with contextlib.ExitStack() as stack:
        for _ in range(5):
            stack.enter_context(daemon.client(world.token["ada"]))
        assert turned_away(daemon)
        daemon.wait_log("turned away.*limits.connections")


def test_without_descriptors_those_here_are_served_and_the_processor_is_left_alone(start_daemon, world):
    daemon = start_daemon()
    client = daemon.client(world.token["ada"])
    client.call("booking.list", site="KSQ")
    used = daemon.open_files()
    _, most = resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (used, most))
    sockets = fill_descriptors(daemon, 20)
    daemon.wait_log("turned away.*no descriptor is left")
    before, began = ticks(daemon.pid), time.monotonic()
    calls = 0
    while time.monotonic() - began < 1:
        client.call("session.ping")
        calls += 1
        time.sleep(0.02)
    spent = (ticks(daemon.pid) - before) / os.sysconf("SC_CLK_TCK")
    assert spent < 0.5 * (time.monotonic() - began), f"{spent} s of processor time, {calls} calls"
    assert client.change("booking.create", site="KSQ", space="A-01", start="2055-03-01T09:00",
                         end="2055-03-01T10:00")["booking"]
    resource.prlimit(daemon.pid, resource.RLIMIT_NOFILE, (most, most))
    for sock in sockets:
        sock.close()
    waits(daemon)
    client.close()
