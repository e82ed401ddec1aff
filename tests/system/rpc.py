"""A client of the protocol, apart from ours in C: what it understands is what the pages say.

    with Client(port, ca) as c:
        c.hello(); c.auth(token)
        c.call("site.list")                                   # the result, or RpcError
        c.change("booking.create", site="KSQ", ...)           # the same with a key of its own
        c.insist("booking.create", key=key, ...)              # the same until the answer is final
        first, second = c.send("session.ping"), c.send(...)   # pipelined; answers in any order
        c.answer(second); c.answer(first)
"""

import contextlib
import json
import os
import select
import socket
import ssl
import time
import uuid


# "Not now" or "nobody knows": what follows an outage until its last link is back. The same request, with the
# same key, will be answered.
PASSING = {"db_unavailable", "busy", "timeout", "outcome_unknown", "in_progress", "behind"}
INSIST_S = 60


class RpcError(Exception):
    def __init__(self, error):
        self.code = error["code"]
        self.message = error["message"]
        self.data = error.get("data") or {}
        self.kind = self.data.get("kind")
        super().__init__(f"{self.kind}: {self.message} {self.data}")


def new_key():
    """UUID version 7: milliseconds, then random bits."""
    value = int(time.time() * 1000) << 80 | int.from_bytes(os.urandom(10), "big")
    value = value & ~(0xF << 76) | 7 << 76
    return str(uuid.UUID(int=value & ~(3 << 62) | 2 << 62))


def tls_context(ca, alpn="cowork/1", identity=None):
    """`identity`: the files of a client certificate and its key."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_verify_locations(str(ca))
    if identity:
        context.load_cert_chain(*identity)
    if alpn:
        context.set_alpn_protocols([alpn])
    return context


class Client:
    def __init__(self, port, ca, timeout=30, alpn="cowork/1", host="127.0.0.1", identity=None):
        self.timeout = timeout
        sock = socket.create_connection((host, port), timeout)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.sock = tls_context(ca, alpn, identity).wrap_socket(sock, server_hostname="localhost")
        except BaseException:
            sock.close()
            raise
        self.buffer = b""
        self.serial = 0
        self.answers = {}
        self.notifications = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def close(self):
        self.sock.close()

    # Lines

    def send_bytes(self, data):
        self.sock.sendall(data)

    def send_line(self, line):
        self.send_bytes((line if isinstance(line, bytes) else line.encode()) + b"\n")

    def read_line(self):
        """The next line as bytes; EOFError at the end of the connection."""
        while b"\n" not in self.buffer:
            try:
                piece = self.sock.recv(65536)
            except (ConnectionError, ssl.SSLEOFError):
                piece = b""
            if not piece:
                raise EOFError(f"the connection ended; left over: {self.buffer!r}")
            self.buffer += piece
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line

    def read_message(self):
        return json.loads(self.read_line())

    def exchange(self, data, count):
        """Sends all of it and reads `count` messages meanwhile: in one thread, since a TLS connection is not for two."""
        messages, left = [], memoryview(data)
        while left or len(messages) < count:
            select.select([self.sock], [self.sock] if left else [], [], self.timeout)
            self.sock.setblocking(False)
            try:
                with contextlib.suppress(ssl.SSLWantWriteError, ssl.SSLWantReadError):
                    left = left[self.sock.send(left[:16384]):] if left else left
                with contextlib.suppress(ssl.SSLWantReadError):
                    piece = self.sock.recv(65536)
                    if not piece:
                        raise EOFError(f"the connection ended; {count - len(messages)} messages to come")
                    self.buffer += piece
            finally:
                self.sock.settimeout(self.timeout)
            while b"\n" in self.buffer:
                messages.append(self.read_message())
        return messages

    # Requests

    def send(self, method, params=None, **more):
        """Sends a request; its id."""
        self.serial += 1
        request = {"jsonrpc": "2.0", "id": self.serial, "method": method, "params": {**(params or {}), **more}}
        self.send_line(json.dumps(request, ensure_ascii=False))
        return self.serial

    def answer(self, number):
        """The result of that request, whenever it comes; RpcError if it was refused."""
        while number not in self.answers:
            message = self.read_message()
            if "id" in message and message["id"] is not None:
                self.answers[message["id"]] = message
            elif "error" in message:
                raise RpcError(message["error"])
            else:
                self.notifications.append(message)
        message = self.answers.pop(number)
        if "error" in message:
            raise RpcError(message["error"])
        return message["result"]

    def call(self, method, params=None, **more):
        return self.answer(self.send(method, params, **more))

    def send_change(self, method, params=None, **more):
        return self.send(method, {"key": new_key(), **(params or {}), **more})

    def change(self, method, params=None, **more):
        return self.answer(self.send_change(method, params, **more))

    def insist(self, method, params=None, attempt=1, **more):
        """As clients are told to: asks again, a change with its key and the next attempt, until it is final."""
        params = {**(params or {}), **more}
        deadline = time.monotonic() + INSIST_S
        while True:
            try:
                return self.call(method, params, **({"attempt": min(attempt, 100)} if "key" in params else {}))
            except RpcError as error:
                if error.kind not in PASSING or time.monotonic() > deadline:
                    raise
            attempt += 1
            time.sleep(0.05)

    def settle(self, number, method, params=None, **more):
        """The final answer of a request that was sent: where its own is none, it is asked again."""
        try:
            return self.answer(number)
        except RpcError as error:
            if error.kind not in PASSING:
                raise
        return self.insist(method, params, attempt=2, **more)

    def insist_change(self, method, params=None, **more):
        return self.insist(method, {"key": new_key(), **(params or {}), **more})

    def refused(self, method, params=None, **more):
        """The error that the request must meet."""
        try:
            result = self.call(method, params, **more)
        except RpcError as error:
            return error
        raise AssertionError(f"{method} was not refused: {result}")

    # Beginnings

    def hello(self, **more):
        return self.call("session.hello", protocol={"min": 1, "max": 1},
                         client={"name": "tests", "version": "0"}, **more)

    def auth(self, token):
        return self.call("session.auth", token=token)

    def redeem(self, code, label="tests"):
        """Swaps a one-time code for a token; the reply."""
        return self.change("session.auth", code=code, label=label)


def slow_reader(daemon, token, window=4096):
    """A client with small buffers that does not read unless told."""
    sock = socket.socket()
    # small segments keep the kernel's buffers small on the daemon's side, too: what waits, waits in the daemon
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, 536)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, window)
    sock.settimeout(30)
    sock.connect(("127.0.0.1", daemon.port))
    client = Client.__new__(Client)
    client.timeout, client.buffer, client.serial, client.answers, client.notifications = 30, b"", 0, {}, []
    client.sock = tls_context(daemon.certificate).wrap_socket(sock, server_hostname="localhost")
    client.hello()
    client.auth(token)
    return client
