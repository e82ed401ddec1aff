"""A server that speaks just enough of the protocol for the client to be led astray on purpose.

It keeps one receipt a key, as coworkd does, so that "booked twice" can be counted. A script says what goes
wrong at which request: `server.script["booking.create"] = [CUT, OK]` makes the first one take effect and
then cuts the link instead of answering, and answers the second. When a script is used up, or absent, the
request is answered.
"""

import datetime
import json
import socket
import ssl
import threading

OK = "ok"          # answer
CUT = "cut"        # do it, then close the connection without an answer
LOSE = "lose"      # close the connection before doing it
SILENT = "silent"  # do it and never answer
GARBAGE = "garbage"  # answer with a line that is no reply


class Refuse:
    """An answer of this kind instead of doing it; a receipt is kept unless `door`."""

    def __init__(self, kind, message=None, door=False, **data):
        self.kind, self.message, self.door, self.data = kind, message or kind.replace("_", " "), door, data


class FakeServer:
    def __init__(self, certificate, alpn=("cowork/1",)):
        self.certificate, key = certificate
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version = ssl.TLSVersion.TLSv1_3
        self.context.num_tickets = 0
        self.context.load_cert_chain(self.certificate, key)
        if alpn:
            self.context.set_alpn_protocols(list(alpn))
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.port = self.socket.getsockname()[1]
        self.lock = threading.Lock()
        self.seen = []       # (method, params) of everything that arrived
        self.script = {}     # method -> what happens to the next ones
        self.receipts = {}   # key -> outcome
        self.booked = []     # params of what was booked
        self.replies = {}    # method -> result, or a function of the parameters
        self.site = {"zone": "America/New_York", "open": "09:00", "close": "18:00"}
        self.connections = 0
        self.on_request = None  # called with (method, params) before each is handled
        self.open = set()
        threading.Thread(target=self.accept, daemon=True).start()

    def close(self):
        self.cut(self.socket)  # shut down first: a thread waits in accept()
        for connection in list(self.open):
            self.cut(connection)

    def requests(self, method):
        with self.lock:
            return [params for name, params in self.seen if name == method]

    @staticmethod
    def cut(connection):
        for end in (lambda: connection.shutdown(socket.SHUT_RDWR), connection.close):
            try:
                end()
            except OSError:
                pass

    def accept(self):
        while True:
            try:
                raw, _ = self.socket.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self.serve, args=(raw,), daemon=True).start()

    def serve(self, raw):
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            connection = self.context.wrap_socket(raw, server_side=True)
        except (OSError, ssl.SSLError):
            self.cut(raw)
            return
        self.open.add(connection)
        try:
            for line in connection.makefile("rb"):
                if not self.handle(connection, json.loads(line)):
                    break
        except (OSError, ValueError):
            pass
        self.open.discard(connection)
        self.cut(connection)

    def handle(self, connection, request):
        """One request; false ends the connection."""
        method, params = request["method"], request.get("params", {})
        if self.on_request:
            self.on_request(method, params)
        with self.lock:
            self.seen.append((method, params))
            script = self.script.get(method) or [OK]
            fate = script.pop(0) if self.script.get(method) else OK
            answer = self.answer(method, params, fate) if fate != LOSE else None
        if fate in (CUT, LOSE):
            return False
        if fate == SILENT:
            return True
        line = "{]" if fate == GARBAGE else json.dumps({"jsonrpc": "2.0", "id": request["id"], **answer},
                                                       ensure_ascii=False)
        connection.sendall(line.encode() + b"\n")
        return True

    def answer(self, method, params, fate):
        key = params.get("key")
        if key and method != "session.auth" and key in self.receipts:
            return self.replayed(self.receipts[key])
        if isinstance(fate, Refuse):
            outcome = {"error": {"code": -32000, "message": fate.message,
                                 "data": {"kind": fate.kind, "request": "r1", **fate.data}}}
            if fate.door:
                return outcome
        else:
            outcome = {"result": self.result(method, params)}
        if key and not params.get("dry_run"):
            self.receipts[key] = outcome
            if "result" in outcome and method == "booking.create":
                self.booked.append(params)
        return outcome

    @staticmethod
    def replayed(outcome):
        copy = json.loads(json.dumps(outcome))
        if "result" in copy:
            copy["result"]["replayed"] = True
        else:
            copy["error"]["data"]["replayed"] = True
        return copy

    def result(self, method, params):
        if method in self.replies:
            reply = self.replies[method]
            return reply(params) if callable(reply) else reply
        if method == "session.hello":
            now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
            return {"protocol": 1, "server": {"name": "fake", "version": "1"}, "time": now}
        if method in ("session.auth", "session.whoami"):
            return {"login": "ada@example.org", "name": "Ada", "role": "member"}
        if method == "site.list":
            return {"sites": [{"code": "KSQ"}], "rev": 1, "has_more": False}
        if method == "site.show":
            return {"site": {"code": params["site"], **self.site}, "rev": 1}
        if method == "booking.create":
            return {"booking": booking(space=params.get("space", "A-12")), "rev": 7}
        return {}


def booking(**changes):
    return {"ref": "R-7F3KAT", "site": "KSQ", "space": "A-12", "start": "2026-11-23T14:00:00Z",
            "end": "2026-11-23T22:00:00Z",
            "local": {"start": "2026-11-23T09:00", "end": "2026-11-23T17:00", "zone": "America/New_York"},
            "state": "confirmed", "version": 1, "tenant": "BIO", "member": "ada@example.org", **changes}
