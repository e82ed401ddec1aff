"""The fault proxy does what its rules say, where they say it, and nothing else."""

import socket
import threading

import pytest

from fake_pg import FakePg, message, text
from fault_proxy import PLACES, FaultProxy
from raw_pg import EXECUTE, SYNC, RawPg, batch, bind, parse
from rig import wait_until

LANE = "select cowork.lane_run($1)"


@pytest.fixture
def folder(short_dir):
    (short_dir / "p").mkdir()
    return short_dir


@pytest.fixture
def server(folder):
    with FakePg(folder) as fake:
        fake.answer("lane_run", [["done"]])
        fake.answer("other", [["1"]])
        yield fake


@pytest.fixture
def proxy(folder, server):
    with FaultProxy(folder / "p", server.path) as it:
        yield it


@pytest.fixture
def client(proxy):
    """Logged in, with the lane's statement prepared."""
    with RawPg(proxy.listen) as raw:
        raw.until("Z")
        raw.send(parse("lane", LANE), parse("other", "select other($1)"), SYNC)
        raw.until("Z")
        yield raw


def test_without_rules_everything_passes_and_batches_are_counted(proxy, client):
    client.send(batch("a"), batch("b"), bind("other", 1), EXECUTE, SYNC)
    assert [client.until(), client.until(), client.until()] == ["2DCZ", "2DCZ", "2DCZ"]
    stats = proxy.stats()
    assert (stats["batches"], stats["accepted"], stats["fired"]) == (2, 1, 0)


def test_encryption_is_refused_by_the_proxy_and_the_start_goes_on(proxy, server):
    with RawPg(proxy.listen) as raw:
        raw.until("Z")
    with socket.socket(socket.AF_UNIX) as sock:
        sock.connect(proxy.listen)
        sock.sendall(bytes.fromhex("0000000804d2162f"))
        assert sock.recv(1) == b"N"
    assert len(server.steps("startup")) == 1


# place, what the server has seen of the batch, what the client has got of its reply
FATES = [
    ("unsent", [], ""),
    ("bind_half", [], ""),
    ("unsynced", ["bind", "execute"], None),
    ("sent", ["bind", "execute", "sync"], None),
    ("uncommitted", ["bind", "execute", "sync"], "2DC"),
    ("answered", ["bind", "execute", "sync"], ""),
    ("row_half", ["bind", "execute", "sync"], "2"),
]


@pytest.mark.parametrize("action", ["cut", "reset"])
@pytest.mark.parametrize("place, seen, got", FATES)
def test_a_batch_is_cut_at_its_place(place, seen, got, action, proxy, client, server):
    proxy.rule(PLACES[place].format(action))
    before = len(server.steps("sync"))
    client.send(bind("other", 1), EXECUTE, SYNC)  # no batch: passes
    assert client.until() == "2DCZ"
    client.send(batch("a"))
    kinds = client.rest()
    if got is not None:
        assert kinds == got
    assert "Z" not in kinds
    proxy.wait(action, 1)
    for step in seen:
        query = "" if step == "sync" else "lane_run"
        server.seen(step, query, count=before + 2 if step == "sync" else 1)
    for step in {"bind", "execute"} - set(seen):
        assert server.steps(step, "lane_run") == []


def test_a_stalled_batch_goes_on_when_told(proxy, client, server):
    proxy.rule("stall before F:S batch")
    client.send(batch("a"))
    proxy.wait("stalled", 1)
    server.seen("execute", "lane_run")
    assert len(server.steps("sync")) == 1  # that of the preparation
    proxy.resume()
    assert client.until() == "2DCZ"
    assert proxy.stats()["stalled"] == 0


def test_half_a_message_stalls_and_the_rest_follows(proxy, client, server):
    proxy.rule("stall half F:B batch")
    client.send(batch("x" * 100_000))
    proxy.wait("stalled", 1)
    assert server.steps("bind", "lane_run") == []
    proxy.resume()
    assert client.until() == "2DCZ"
    assert server.seen("bind", "lane_run") == ["x" * 100_000]


def test_a_reply_is_held_back_whole_and_then_delivered(proxy, client, server):
    proxy.rule("stall answered")
    client.send(batch("a"))
    proxy.wait("stalled", 1)
    server.seen("sync", count=2)
    proxy.resume()
    assert client.until() == "2DCZ"


@pytest.mark.parametrize("place", ["unsent", "bind_half", "unsynced"])
def test_a_late_batch_arrives_when_its_sender_has_lost_the_link(place, proxy, client, server):
    proxy.rule(PLACES[place].format("late"))
    client.send(batch("x" * 100_000))
    assert client.rest() == ""
    assert proxy.stats()["stalled"] == 1 and len(server.steps("sync")) == 1
    proxy.resume()
    server.seen("sync", count=2)
    assert server.steps("execute", "lane_run") == [["x" * 100_000]]
    wait_until(lambda: proxy.stats()["open"] == 0, what="the end of the late link")


def test_what_is_late_arrives_by_itself_within_the_delay(proxy, client, server):
    proxy.ask("delay 20")
    proxy.rule(PLACES["unsynced"].format("late"))
    client.send(batch("a"))
    assert client.rest() == ""
    server.seen("sync", count=2)


def test_the_nth_place_and_the_number_of_times(proxy, client, server):
    proxy.rule("stall before F:B batch nth=2 times=2")
    client.send(batch("a"))
    assert client.until() == "2DCZ"
    for stalls in (1, 2):
        client.send(batch("b"))
        proxy.wait("stall", stalls)
        proxy.resume()
        assert client.until() == "2DCZ"
    client.send(batch("c"))
    assert client.until() == "2DCZ"
    assert proxy.stats()["stall"] == 2


def test_a_name_prepared_again_for_another_query_is_no_batch(proxy, client):
    client.send(parse("lane", "select other($1)"), SYNC)
    client.until()
    client.send(batch("a"))
    assert client.until() == "2DCZ"
    assert proxy.stats()["batches"] == 0


def test_a_rule_for_one_connection_spares_the_others(proxy, client):
    proxy.rule("cut before F:Q conn=2")
    with RawPg(proxy.listen) as second:
        second.until("Z")
        client.send(message("Q", text("BEGIN")))
        assert client.until() == "CZ"
        second.send(message("Q", text("BEGIN")))
        assert second.rest() == ""


def fates(folder, server, seed):
    """The faults that 40 connections with two batches each meet."""
    with FaultProxy(folder / "p", server.path) as proxy:
        proxy.random(0.4, seed)
        for _ in range(40):
            with RawPg(proxy.listen) as raw:
                raw.until("Z")
                raw.send(parse("lane", LANE), batch("a"), batch("b"), message("X"))
                raw.rest()
        return proxy.stats()["random"]


def test_random_faults_follow_from_the_seed(folder, server):
    first = fates(folder, server, 7)
    assert first == fates(folder, server, 7)
    assert first != fates(folder, server, 8)
    assert 10 < sum(first.values()) <= 40


def test_refused_and_ended_connections(proxy, client):
    proxy.refuse()
    with pytest.raises((EOFError, BrokenPipeError)), RawPg(proxy.listen) as raw:
        raw.until("Z")
    proxy.refuse(False)
    with RawPg(proxy.listen) as raw:
        raw.until("Z")
    proxy.end("cut")
    assert client.rest() == ""
    assert proxy.stats()["open"] == 0


@pytest.mark.parametrize("line", ["cut", "hurt before F:S", "cut before X:S", "cut byte F:0", "cut answered often",
                                  "cut before F:S nth=0"])
def test_a_wrong_rule_is_an_error(proxy, line):
    with pytest.raises(RuntimeError, match="error"):
        proxy.rule(line)


class Echo:
    """Sends back what it gets; stands for a daemon whose bytes the proxy cannot read."""

    def __init__(self):
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        self.got = []
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            data = b""
            self.got.append(data)
            try:
                while piece := sock.recv(65536):
                    data += piece
                    self.got[-1] = data
                    sock.sendall(piece)
            except OSError:
                pass
            sock.close()


@pytest.fixture
def echo():
    it = Echo()
    yield it
    it.listener.close()


def everything(sock):
    data = b""
    try:
        while piece := sock.recv(65536):
            data += piece
    except ConnectionResetError:
        return data, "reset"
    return data, "end"


@pytest.fixture
def opaque(folder, echo):
    with FaultProxy(folder / "p", echo.port, listen=0, opaque=True) as it:
        yield it


def test_bytes_are_counted_exactly_in_both_directions(opaque, echo):
    opaque.rule("cut byte F:1000 conn=1")
    opaque.rule("cut byte B:70001 conn=2")
    for size in (1000, 70001):
        with socket.create_connection(("127.0.0.1", opaque.port)) as sock:
            sock.settimeout(20)
            sender = threading.Thread(target=send_quietly, args=(sock, b"x" * 200_000))
            sender.start()
            data, _ = everything(sock)
            sender.join()
        assert len(data) == size if size == 70001 else len(data) <= size
    assert len(echo.got[0]) == 1000


def send_quietly(sock, data):
    try:
        sock.sendall(data)
    except OSError:
        pass


def test_a_reset_is_a_reset_on_tcp(opaque):
    opaque.rule("reset before F:- nth=2")
    with socket.create_connection(("127.0.0.1", opaque.port)) as sock:
        sock.settimeout(20)
        sock.sendall(b"one")
        assert sock.recv(3) == b"one"
        sock.sendall(b"two")
        assert everything(sock) == (b"", "reset")


def test_the_end_of_one_direction_passes_and_the_other_stays(opaque):
    with socket.create_connection(("127.0.0.1", opaque.port)) as sock:
        sock.settimeout(20)
        sock.sendall(b"x" * 300_000)
        sock.shutdown(socket.SHUT_WR)
        data, how = everything(sock)
    assert (len(data), how) == (300_000, "end")
