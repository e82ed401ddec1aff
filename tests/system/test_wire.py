"""Lines and envelopes: whatever bytes come, the answer is an error or a close, and nobody else notices."""

import json
import os
import socket

import pytest

from rig import wait_for_batches, wait_until
from rpc import Client, RpcError, new_key
from shapes import bad, good, reply_misfits

LINE_MAX = 65536
LINE_BEFORE_LOGIN = 4096
IN_FLIGHT = 32

NOT_JSON = [
    b"{", b"hello", b"nul", b'"', b"{}{}", b"[1,]", b"{'a':1}", b'{"a":01}', b'{"a":1.5}', b'{"a":1e3}', b'{"a":-0}',
    b'{"a":9007199254740992}', b'{"a":1,"a":2}', b'{"a":1,"\\u0061":2}', b'{"a":"\\u0000"}', b'{"a":"\\ud800"}',
    b'{"a":"\xff"}', b'{"a":"\xc0\x80"}', b'{"a":"\xed\xa0\x80"}', b'{"a":"\t"}', b"\x00", b'\xef\xbb\xbf{}', b"\x16\x03\x01",
    b"[" * 17 + b"]" * 17, b"[" + b"1," * 4096 + b"1]", b"GET / HTTP/1.1",
]
NOT_A_REQUEST = [
    "1", '"x"', "null", "[]", '[{"jsonrpc":"2.0","id":1,"method":"session.ping"}]', "{}",
    '{"jsonrpc":"1.0","id":1,"method":"session.ping"}', '{"id":1,"method":"session.ping"}',
    '{"jsonrpc":"2.0","id":1}', '{"jsonrpc":"2.0","id":1,"method":7}', '{"jsonrpc":"2.0","id":1,"method":""}',
    '{"jsonrpc":"2.0","id":null,"method":"session.ping"}', '{"jsonrpc":"2.0","id":true,"method":"session.ping"}',
    '{"jsonrpc":"2.0","id":[1],"method":"session.ping"}',
    '{"jsonrpc":"2.0","id":"' + "x" * 65 + '","method":"session.ping"}',
    '{"jsonrpc":"2.0","id":1,"method":"session.ping","params":[]}',
    '{"jsonrpc":"2.0","id":1,"method":"session.ping","params":null}',
    '{"jsonrpc":"2.0","id":1,"method":"session.ping","more":1}',
    '{"jsonrpc":"2.0","id":1,"result":{}}', '{"jsonrpc":"2.0","id":1,"method":"' + "x" * 65 + '"}',
]


def ping(number, **more):
    return json.dumps({"jsonrpc": "2.0", "id": number, "method": "session.ping", **more})


def padded(number, size):
    """A ping of exactly that many bytes without its LF."""
    line = ping(number)
    return line + " " * (size - len(line))


def assert_alive(client):
    assert "time" in client.call("session.ping")


# Lines

def test_what_is_not_json_is_refused_and_the_next_line_served(connect):
    client = connect("ada")
    for line in NOT_JSON:
        client.send_line(line)
        answer = client.read_message()
        assert answer["id"] is None and answer["error"]["data"]["kind"] == "parse", (line, answer)
        assert answer["error"]["code"] == -32700
    assert_alive(client)


def test_what_is_no_request_is_refused_and_the_next_line_served(connect):
    client = connect("ada")
    for line in NOT_A_REQUEST:
        client.send_line(line)
        answer = client.read_message()
        assert answer["error"]["data"]["kind"] == "request", (line, answer)
        assert answer["error"]["code"] == -32600
    assert_alive(client)


def test_an_id_that_could_be_read_comes_back_with_the_refusal(connect):
    client = connect("ada")
    client.send_line('{"jsonrpc":"2.0","id":"seven","method":"session.ping","params":[]}')
    assert client.read_message()["id"] == "seven"


def test_ids_come_back_as_they_were(connect):
    client = connect("ada")
    for ident in (0, -1, 2**53 - 1, -(2**53) + 1, "", "x" * 64, "열쇠", 'quote " and \\', "1"):
        client.send_line(ping(ident))
        answer = client.read_message()
        assert answer["id"] == ident and type(answer["id"]) is type(ident)


def test_a_notification_is_never_answered(connect):
    client = connect("ada")
    client.send_line('{"jsonrpc":"2.0","method":"session.ping"}')
    client.send_line('{"jsonrpc":"2.0","method":"no.such","params":{"a":1}}')
    client.send_line('{"jsonrpc":"2.0","method":"$/cancel","params":{"id":[]}}')
    client.send_line('{"jsonrpc":"2.0","method":"$/cancel"}')
    assert_alive(client)
    assert not client.notifications


def test_empty_lines_and_carriage_returns_are_no_matter(connect):
    client = connect("ada")
    client.send_bytes(b"\n\r\n\n" + ping(1).encode() + b"\r\n\n")
    assert client.read_message()["id"] == 1
    assert_alive(client)


def test_one_byte_at_a_time_is_a_line_too(connect):
    client = connect("ada")
    for byte in (ping("slow") + "\n").encode():
        client.send_bytes(bytes([byte]))
    assert client.read_message()["id"] == "slow"


def test_a_line_of_64_kib_is_served_and_a_longer_one_refused_and_the_connection_closed(connect):
    client = connect("ada")
    client.send_line(padded(1, LINE_MAX))
    assert client.read_message()["id"] == 1
    client.send_line(padded(2, LINE_MAX + 1))
    answer = client.read_message()
    assert answer["error"]["data"]["kind"] == "too_large" and answer["id"] is None
    with pytest.raises(EOFError):
        client.read_line()


def test_the_refusal_of_a_long_line_arrives_although_more_of_it_is_on_its_way(connect):
    for _ in range(5):
        client = connect("ada")
        try:
            client.send_bytes(b"x" * 1_000_000)
        except OSError:
            pass  # closed on us while we were sending
        assert client.read_message()["error"]["data"]["kind"] == "too_large"


def test_before_login_a_line_is_at_most_4_kib(connect):
    client = connect()
    client.send_line(padded(1, LINE_BEFORE_LOGIN))
    assert client.read_message()["error"]["data"]["kind"] == "unauthenticated"
    client.send_line(padded(2, LINE_BEFORE_LOGIN + 1))
    assert client.read_message()["error"]["data"]["kind"] == "too_large"
    with pytest.raises(EOFError):
        client.read_line()


def test_hello_login_and_a_long_first_request_come_in_one_flight(daemon, world):
    client = daemon.client()
    client.send_bytes(b"".join(line.encode() + b"\n" for line in (
        json.dumps({"jsonrpc": "2.0", "id": "auth", "method": "session.auth", "params": {"token": world.token["ada"]}}),
        padded("first", 30_000))))
    assert client.read_message()["result"]["login"] == world.login["ada"]
    assert "time" in client.read_message()["result"]
    client.close()


def test_half_a_line_and_the_end_is_no_request(daemon, connect, sql):
    client = connect("ada")
    line = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "booking.create", "params": {
        "key": new_key(), "site": "KSQ", "space": "A-01", "start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}})
    client.send_bytes(line.encode())
    client.close()
    daemon.wait_log("connection closed.*the client left")
    sql.execute("SELECT count(*) FROM cowork.booking")
    assert sql.fetchone() == (0,)


def test_garbage_of_many_kinds_never_harms_the_neighbour(daemon, connect, world):
    neighbour = connect("bob")
    blocks = [os.urandom(5000), b"\n" * 5000, b"{" * 5000 + b"\n", b'{"jsonrpc":"2.0","id":1,"method":"a"}' * 100 + b"\n",
              b"\x16\x03\x01\x02\x00\x01" * 500, "가나다".encode() * 500 + b"\n", b'"' + b"\\" * 4999 + b"\n"]
    for block in blocks:
        client = daemon.client(world.token["ada"])
        client.send_bytes(block)
        client.close()
        assert_alive(neighbour)


def test_bytes_that_are_not_tls_are_closed_and_harm_nobody(daemon, connect):
    neighbour = connect("bob")
    for block in (b"GET / HTTP/1.0\r\n\r\n", os.urandom(3000), b"\x16\x03\x01\xff\xff" + b"\x00" * 70000, b""):
        with socket.create_connection(("127.0.0.1", daemon.port), 30) as sock:
            try:
                sock.sendall(block)
                sock.shutdown(socket.SHUT_WR)
                while sock.recv(4096):
                    pass
            except OSError:
                pass  # a reset is a close as well
        assert_alive(neighbour)


# Envelopes and methods

def test_nothing_goes_before_hello(daemon):
    client = Client(daemon.port, daemon.certificate)
    for method in ("session.auth", "session.ping", "site.list", "no.such"):
        assert client.refused(method).kind == "hello_required"
    client.hello()
    client.close()


def test_hello_agrees_on_the_one_version_there_is(connect):
    client = connect()
    assert client.hello(lang="ko", tz="Asia/Seoul")["protocol"] == 1
    who = {"name": "tests", "version": "0"}
    assert client.call("session.hello", protocol={"min": 1, "max": 9}, client=who)["protocol"] == 1
    error = client.refused("session.hello", protocol={"min": 2, "max": 9}, client=who)
    assert error.kind == "version" and (error.data["min"], error.data["max"]) == (1, 1)


def test_an_unknown_method_is_named(connect):
    error = connect("ada").refused("booking.creat")
    assert error.kind == "method" and error.code == -32601 and "booking.creat" in error.message


def test_every_refusal_carries_its_number_and_the_id_of_the_log(connect, daemon):
    client = connect("ada")
    codes = client.call("rpc.discover")["errors"]
    for error in (client.refused("no.such"), client.refused("site.show"), client.refused("site.show", site="NOPE"),
                  client.refused("site.create", key=new_key(), code="X", name="X", zone="UTC")):
        assert error.code == codes[error.kind]["code"]
        daemon.wait_log(rf"answered\"? req={error.data['request']} .*kind={error.kind}")


def all_methods(client):
    return client.call("rpc.discover")["methods"]


def test_every_method_names_the_parameter_it_does_not_know(connect):
    client = connect("operator")
    for name, method in all_methods(client).items():
        params = {param: good(field) for param, field in method["params"].items()}
        error = client.refused(name, {**params, "no_such": 1})
        assert (error.kind, error.data["field"], error.data["rule"]) == ("params", "no_such", "unknown"), name
        assert "no_such" in error.message


def test_every_method_names_each_parameter_that_is_missing(connect):
    client = connect("operator")
    count = 0
    for name, method in all_methods(client).items():
        params = {param: good(field) for param, field in method["params"].items()}
        for missing in (param for param, field in method["params"].items() if field.get("required")):
            error = client.refused(name, {param: value for param, value in params.items() if param != missing})
            assert (error.kind, error.data["field"], error.data["rule"]) == ("params", missing, "missing"), name
            count += 1
    assert count > 60


def test_every_method_refuses_each_parameter_of_a_wrong_type_form_or_range(connect):
    client = connect("operator")
    sent = []
    for name, method in all_methods(client).items():
        params = {param: good(field) for param, field in method["params"].items()}
        for param, field in method["params"].items():
            for value, rule in bad(field):
                sent.append((client.send(name, {**params, param: value}), name, param, value, rule))
            for inner, inner_field in field.get("fields", {}).items():
                for value, rule in bad(inner_field):
                    nested = {**params[param], inner: value}
                    sent.append((client.send(name, {**params, param: nested}), name, f"{param}.{inner}", value, rule))
            while len(sent) > 20:
                check_refused(client, *sent.pop(0))
    for row in sent:
        check_refused(client, *row)


def check_refused(client, number, name, param, value, rule):
    with pytest.raises(RpcError) as refusal:
        client.answer(number)
    error = refusal.value
    assert error.kind == "params" and error.code == -32602, (name, param, value, error)
    assert error.data["field"] == param and error.data["rule"] == rule, (name, param, value, error)


def test_every_reply_is_as_rpc_discover_declares_it(connect, world):
    """One story through every method; each reply is held against the tables."""
    operator, fresh = connect("operator"), connect()
    discovered = operator.call("rpc.discover")
    methods, nouns = discovered["methods"], discovered["nouns"]
    left = set(methods)

    def check(name, result):
        assert not reply_misfits(result, methods[name], nouns), (name, result)
        left.discard(name)
        return result

    def call(name, by=operator, /, **params):
        return check(name, by.call(name, params))

    def change(name, /, **params):
        check(name, operator.change(name, params, dry_run=True))
        params["key"] = new_key()
        first = check(name, operator.call(name, params))
        again = check(name, operator.call(name, params, attempt=2))
        assert again["replayed"] is True and again["rev"] >= first["rev"]
        return first

    call("session.hello", fresh, protocol={"min": 1, "max": 1}, client={"name": "tests", "version": "0"})
    call("session.auth", fresh, code=world.code["newcomer"], key=new_key(), label="tests")
    for name in ("session.whoami", "session.ping", "server.status", "rpc.discover"):
        call(name)
    change("session.password", new="correct horse")
    call("session.auth", fresh, login=world.login["operator"], password="correct horse", key=new_key())
    issued = change("token.issue", label="spare", days=1, scope="read")
    call("session.auth", fresh, token=issued["token"])
    call("session.whoami", fresh)
    call("token.list")
    change("token.revoke", token=issued["id"])
    change("site.create", code="NEW", name="New", name_alt="새", zone="Asia/Seoul", open="08:00", close="24:00",
           closed_days=[0, 6], currency="KRW", locale="ko", external_id="n1",
           rules={"desk": {"longest": 480, "shortest": 15, "granularity": 15, "notice": 0, "horizon": 90}})
    change("site.update", site="NEW", name="Newer", closed_days=[0])
    call("site.list", limit=2)
    call("site.show", site="NEW")
    change("floor.create", site="NEW", code="3F", name="Third", position=3)
    change("floor.update", site="NEW", floor="3F", name_alt="3층", position=4)
    call("floor.list", site="NEW")
    change("area.create", site="NEW", code="N", name="North", floor="3F", name_alt="북", external_id="a1")
    change("area.update", site="NEW", area="N", floor="", external_id="")
    call("area.list", site="NEW")
    change("space.create", site="NEW", code="N-1", name="One", kind="room", floor="3F", area="N", capacity=4,
           amenities=["screen"], x=-5, y=7, units=["U1", "U2"], external_id="s1")
    change("space.update", site="NEW", space="N-1", capacity=5, amenities=[], units=["U1", "U3"], external_id="s2")
    call("space.list", site="NEW")
    call("space.show", site="NEW", space="N-1")
    call("space.search", site="NEW", start="2055-03-01T09:00", end="2055-03-01T10:00", near="N-1")
    block = change("block.create", site="NEW", space="N-1", start="2055-03-01T09:00", end="2055-03-01T10:00",
                   reason="repair", note="the lamp\nover the door")
    call("block.list", site="NEW")
    change("block.end", site="NEW", ref=block["block"]["ref"])
    change("tenant.create", code="tnt", name="Tenant", email="t@example.org", external_id="t1")
    change("tenant.update", tenant="tnt", name="Tenants")
    call("tenant.list")
    call("tenant.show", tenant="tnt")
    change("member.invite", tenant="tnt", login="x@example.org", name="X", lang="ko", role="tenant_admin",
           external_id="m1")
    change("member.update", login="x@example.org", name="Y", state="disabled")
    change("member.update", login="x@example.org", state="active")
    change("member.disable", login="x@example.org")
    call("member.list", tenant="tnt")
    call("member.find", text="x@")
    change("staff.grant", login="y@example.org", name="Y", lang="en", role="front_desk", site="NEW")
    call("staff.list", site="NEW")
    change("staff.revoke", login="y@example.org")
    booking = change("booking.create", site="NEW", space="N-1", start="2055-03-02T09:00", end="2055-03-02T10:00",
                     title="t", note="n", guest="g", source="desk", external_id="b1", **{"for": world.login["ada"]})
    ref = booking["booking"]["ref"]
    change("booking.move", site="NEW", ref=ref, start="2055-03-02T09:30")
    call("booking.show", site="NEW", ref=ref)
    call("booking.list", site="NEW")
    call("space.day", site="NEW", date="2055-03-02")
    call("space.week", site="NEW", space="N-1", date="2055-03-02")
    call("booking.history", site="NEW", ref=ref)
    watch = call("watch.start", site="NEW", topics=["bookings", "blocks"])
    call("watch.stop", watch=watch["watch"])
    change("booking.cancel", site="NEW", ref=ref)
    change("booking.undo", site="NEW", ref=ref)
    change("space.retire", site="NEW", space="N-1", with_bookings=True)
    call("session.logout")
    assert not left, f"no reply of these was looked at: {left}"


# Many at once

def test_32_requests_are_under_way_and_all_are_answered(connect):
    client = connect("ada")
    numbers = [client.send("booking.list", site="KSQ") for _ in range(IN_FLIGHT)]
    for number in numbers:
        assert client.answer(number)["bookings"] == []


def test_thousands_in_one_flight_are_all_answered(connect):
    """More than the socket, the connection and the reading pool hold: the daemon reads as it answers."""
    client = connect("ada")
    count = 3000
    lines = "".join(json.dumps({"jsonrpc": "2.0", "id": number, "method": "booking.list" if number % 3 else "session.ping",
                                "params": {"site": "KSQ"} if number % 3 else {}}) + "\n" for number in range(count))
    seen = [message["id"] for message in client.exchange(lines.encode(), count)]
    assert sorted(seen) == list(range(count))


def test_an_id_under_way_is_refused_a_second_time(connect):
    client = connect("ada")
    line = json.dumps({"jsonrpc": "2.0", "id": 7, "method": "booking.list", "params": {"site": "KSQ"}})
    client.send_bytes(f"{line}\n{line}\n".encode())
    answers = [client.read_message(), client.read_message()]
    kinds = sorted(answer.get("error", {}).get("data", {}).get("kind", "ok") for answer in answers)
    assert kinds == ["ok", "request"]
    client.send_line(line)
    assert "result" in client.read_message()


def test_changes_of_one_connection_take_effect_in_the_order_sent(connect):
    """Each books what the one before gave back: any other order is refused somewhere."""
    client = connect("ada")
    refs = [client.change("booking.create", site="KSQ", space=f"A-{n:02}", start="2055-03-01T09:00",
                          end="2055-03-01T10:00")["booking"]["ref"] for n in range(1, 11)]
    numbers = []
    for n in range(10, 0, -1):  # everyone one place up; the last place is freed first
        if n == 10:
            numbers.append(client.send_change("booking.cancel", site="KSQ", ref=refs[n - 1]))
        else:
            numbers.append(client.send_change("booking.move", site="KSQ", ref=refs[n - 1], space=f"A-{n + 1:02}"))
    revs = [client.answer(number)["booking"]["version"] for number in numbers]
    assert revs == [2] * 10


def test_a_cancelled_read_is_answered_once(connect, sql, daemon):
    client = connect("ada")
    sql.connection.autocommit = False
    sql.execute("LOCK TABLE cowork.booking IN ACCESS EXCLUSIVE MODE")
    number = client.send("booking.list", site="KSQ")
    client.send_line(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": number}}))
    with pytest.raises(RpcError) as refusal:
        client.answer(number)
    assert refusal.value.kind == "cancelled"
    sql.connection.rollback()
    assert client.call("booking.list", site="KSQ")["bookings"] == []


def test_a_cancelled_change_under_way_has_its_own_answer(connect, sql):
    client = connect("ada")
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    number = client.send_change("booking.create", site="KSQ", space="A-01", start="2055-03-01T09:00",
                                end="2055-03-01T10:00")
    wait_for_batches(sql)
    client.send_line(json.dumps({"jsonrpc": "2.0", "method": "$/cancel", "params": {"id": number}}))
    assert_alive(client)
    sql.connection.rollback()
    assert client.answer(number)["booking"]["state"] == "confirmed"


def test_a_client_that_leaves_under_way_leaves_nothing_behind(daemon, connect, sql):
    neighbour = connect("bob")
    before = neighbour.call("server.status")["connections"]
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    client = connect("ada")
    client.send_change("booking.create", site="KSQ", space="A-01", start="2055-03-01T09:00", end="2055-03-01T10:00")
    wait_for_batches(sql)
    for _ in range(5):
        client.send("booking.list", site="KSQ")
    client.close()
    wait_until(lambda: neighbour.call("server.status")["connections"] == before)
    sql.connection.rollback()
    # what was under way is done all the same: it was never taken back
    wait_until(lambda: neighbour.call("booking.list", site="KSQ")["bookings"])
