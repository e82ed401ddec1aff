"""A PostgreSQL that does what a test says: answers by script, and fails at a chosen step.

    pg = FakePg(folder)                                # listens on folder/.s.PGSQL.5432
    pg.answer("lane_open", [["7"]])                    # rows for queries that contain the text
    pg.answer("lane_run", lambda params: [[...]])      # or made from the parameters
    pg.answer("status", SqlError("57014"))             # or refused
    pg.fault("execute", "close", query="lane_run")     # a kind of the list below
    pg.seen("execute", "lane_run")                     # waits until it came; its parameters

A step is startup, query, parse, bind, describe, execute or sync (its query: the one executed before it). A
fault strikes the first fitting step (after=N: lets N pass), times=N times. `close` closes, `hang` answers
nothing more on this connection until release(), `garbage` sends bytes that are no message, `half` sends half
of the answer and closes, `error` answers with an ErrorResponse (sqlstate=...), `fatal` with one that ends the
session. `notice`, `warning` and `notify` send such a message and then the answer, `open` answers a Sync as if
a transaction were left open. Everything is text format; TLS is answered "no".
"""

import os
import pathlib
import socket
import struct
import threading

SSL_REQUEST, GSS_REQUEST, CANCEL_REQUEST = 80877103, 80877104, 80877102
KINDS = ("close", "hang", "garbage", "half", "error", "fatal", "notice", "warning", "notify", "open")
STEPS = ("startup", "query", "parse", "bind", "describe", "execute", "sync")
PARAMETERS = {"server_version": "15.20", "client_encoding": "UTF8", "server_encoding": "UTF8",
              "standard_conforming_strings": "on", "integer_datetimes": "on", "TimeZone": "UTC",
              "DateStyle": "ISO, MDY", "is_superuser": "off"}


class SqlError(Exception):
    def __init__(self, sqlstate, message="scripted"):
        super().__init__(sqlstate)
        self.sqlstate = sqlstate
        self.message = message


class Gone(Exception):
    """The connection is over, by the client or by a fault."""


def message(kind, body=b""):
    return kind.encode() + struct.pack(">I", len(body) + 4) + body


def text(value):
    return value.encode() + b"\0"


def response(kind, severity, sqlstate, words):
    """An ErrorResponse (E) or a NoticeResponse (N)."""
    fields = {"S": severity, "V": severity, "C": sqlstate, "M": words}
    return message(kind, b"".join(key.encode() + text(value) for key, value in fields.items()) + b"\0")


def asides(kind):
    """Messages that may come before any answer."""
    if kind == "notify":
        return message("A", struct.pack(">I", 4712) + text("cowork") + text("1 99"))
    if kind in ("notice", "warning"):
        return response("N", kind.upper(), "01000", f"scripted {kind}")
    return b""


def row_description(columns):
    body = struct.pack(">H", columns)
    for number in range(columns):
        body += text(f"c{number}") + struct.pack(">IHIhiH", 0, 0, 25, -1, -1, 0)
    return message("T", body)


def data_row(row):
    body = struct.pack(">H", len(row))
    for value in row:
        data = None if value is None else str(value).encode()
        body += struct.pack(">i", -1) if data is None else struct.pack(">i", len(data)) + data
    return message("D", body)


class Fault:
    def __init__(self, step, kind, query, after, times, sqlstate):
        self.step, self.kind, self.query = step, kind, query
        self.after, self.times, self.sqlstate = after, times, sqlstate


class FakePg:
    def __init__(self, folder, port=5432):
        self.path = pathlib.Path(folder) / f".s.PGSQL.{port}"
        self.conninfo = f"host={folder} port={port} user=coworkd dbname=fake"
        self.changed = threading.Condition()
        self.answers, self.faults, self.log, self.unexpected = [], [], [], []
        self.released = False
        self.stopping = False
        self.open = set()
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(self.path))
        os.chmod(self.path, 0o700)
        self.listener.listen(64)
        self.thread = threading.Thread(target=self._accept, daemon=True)
        self.thread.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def answer(self, query, rows, tag=None):
        """Later answers stand before earlier ones."""
        with self.changed:
            self.answers.insert(0, (query, rows, tag))

    def fault(self, step, kind, query="", after=0, times=1, sqlstate="XX000"):
        assert step in STEPS and kind in KINDS
        with self.changed:
            self.faults.append(Fault(step, kind, query, after, times, sqlstate))

    def release(self):
        """Connections that hang are closed."""
        with self.changed:
            self.released = True
            self.changed.notify_all()

    def say(self, data):
        """Sends to every connection, unasked."""
        with self.changed:
            links = list(self.open)
        for link in links:
            link.flush(data)

    def steps(self, step, query=""):
        with self.changed:
            return [params for was, about, params in self.log if was == step and query in about]

    def seen(self, step, query="", count=1, timeout=10):
        """Waits until the step came `count` times; the parameters of the last of them."""
        with self.changed:
            fits = lambda: [params for was, about, params in self.log if was == step and query in about]
            if not self.changed.wait_for(lambda: len(fits()) >= count, timeout):
                raise AssertionError(f"{step} {query!r}: {len(fits())} of {count} in {timeout} s")
            return fits()[count - 1]

    def stop(self):
        self.stopping = True
        self.release()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        with self.changed:
            links = list(self.open)
        for link in links:
            link.close_now()
        self.thread.join(5)
        self.path.unlink(missing_ok=True)

    def _accept(self):
        while not self.stopping:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=_Link(self, sock).serve, daemon=True).start()

    def find(self, query):
        if "has_table_privilege" in query:  # names what others are scripted for; no role lacks a right here
            return [[None]], None
        with self.changed:
            for part, rows, tag in self.answers:
                if part in query:
                    return rows, tag
        return None

    def note(self, step, query, params):
        """Logs a step; the fault that strikes it, if any."""
        with self.changed:
            self.log.append((step, query, params))
            self.changed.notify_all()
            for fault in self.faults:
                if fault.step != step or fault.query not in query:
                    continue
                if fault.after > 0:
                    fault.after -= 1
                    continue
                fault.times -= 1
                if fault.times == 0:
                    self.faults.remove(fault)
                return fault
        return None


class _Link:
    """One connection, in a thread of its own."""

    def __init__(self, server, sock):
        self.server, self.sock = server, sock
        self.statements, self.portals = {}, {}
        self.status = b"I"
        self.skipping = False  # after an error, to the next Sync
        self.pending = b""     # as the real one does: sent with the answer to the Sync
        self.last = ""         # query executed last

    def close_now(self):
        try:
            self.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass

    def read(self, size):
        data = b""
        while len(data) < size:
            piece = self.sock.recv(size - len(data))
            if not piece:
                raise Gone
            data += piece
        return data

    def serve(self):
        with self.server.changed:
            self.server.open.add(self)
        try:
            self.startup()
            while True:
                kind, size = struct.unpack(">cI", self.read(5))
                self.obey(kind.decode(), self.read(size - 4))
        except (Gone, OSError):
            pass
        finally:
            with self.server.changed:
                self.server.open.discard(self)
            self.sock.close()

    def startup(self):
        while True:
            size, code = struct.unpack(">II", self.read(8))
            body = self.read(size - 8)
            if code == CANCEL_REQUEST:
                raise Gone
            if code not in (SSL_REQUEST, GSS_REQUEST):
                break
            self.sock.sendall(b"N")
        reply = message("R", struct.pack(">I", 0))
        reply += b"".join(message("S", text(key) + text(value)) for key, value in PARAMETERS.items())
        reply += message("K", struct.pack(">II", 4711, 1)) + message("Z", b"I")
        self.reply("startup", body.decode(errors="replace"), None, lambda: reply)

    def reply(self, step, query, params, make):
        """Sends what make() gives, unless a fault strikes."""
        fault = self.server.note(step, query, params)
        kind = fault.kind if fault else None
        if kind == "close":
            raise Gone
        if kind == "hang":
            with self.server.changed:
                self.server.changed.wait_for(lambda: self.server.released)
            raise Gone
        if kind == "garbage":
            self.flush(b"\xff\x00\x00\x00\x01nothing a server says" * 8)
            return
        if kind == "fatal":
            self.flush(response("E", "FATAL", fault.sqlstate, "scripted end"))
            raise Gone
        self.pending += asides(kind)
        if kind == "open":
            self.status = b"T"
        try:
            if kind == "error":
                raise SqlError(fault.sqlstate)
            data = make()
        except SqlError as error:
            data = response("E", "ERROR", error.sqlstate, error.message)
            self.status = b"E" if self.status != b"I" else b"I"
            self.skipping = step not in ("query", "startup", "sync")
            if step in ("query", "sync"):  # an error at the Sync is a commit that failed
                data += message("Z", self.status)
        if kind == "half":
            self.flush(data[:max(1, len(data) // 2)])
            raise Gone
        self.pending += data
        if step in ("startup", "query", "sync"):
            self.flush()

    def flush(self, more=b""):
        data, self.pending = self.pending + more, b""
        self.sock.sendall(data)

    def obey(self, kind, body):
        if kind == "X":
            raise Gone
        if kind == "S":
            self.skipping = False
            self.reply("sync", self.last, None, lambda: message("Z", self.status))
        elif kind == "H":
            self.flush()
        elif self.skipping:
            pass
        elif kind == "Q":
            query = body[:-1].decode()
            self.reply("query", query, None,
                       lambda: self.run(query, [], described=True) + message("Z", self.status))
        elif kind == "P":
            name, query = (part.decode() for part in body.split(b"\0")[:2])
            self.statements[name] = query
            self.last = ""
            self.reply("parse", query, None, lambda: message("1"))
        elif kind == "B":
            portal, query, params = self.bind(body)
            self.portals[portal] = (query, params)
            self.reply("bind", query, params, lambda: message("2"))
        elif kind == "D":
            self.describe(body)
        elif kind == "E":
            query, params = self.portals[body.split(b"\0")[0].decode()]
            self.last = query
            self.reply("execute", query, params, lambda: self.run(query, params))
        elif kind == "C":
            self.pending += message("3")

    def bind(self, body):
        portal, statement, rest = body.split(b"\0", 2)
        formats = struct.unpack(">H", rest[:2])[0]
        rest = rest[2 + 2 * formats:]
        count, rest = struct.unpack(">H", rest[:2])[0], rest[2:]
        params = []
        for _ in range(count):
            size, rest = struct.unpack(">i", rest[:4])[0], rest[4:]
            params.append(None if size < 0 else rest[:size].decode(errors="replace"))
            rest = rest[max(size, 0):]
        return portal.decode(), self.statements.get(statement.decode(), ""), params

    def describe(self, body):
        name = body[1:-1].decode()
        if body[:1] == b"S":
            query = self.statements.get(name, "")
            head = message("t", struct.pack(">H", 0))
        else:
            query = self.portals.get(name, ("", []))[0]
            head = b""

        def make():
            found = self.server.find(query)
            rows = found[0] if found else None
            if rows is None or isinstance(rows, SqlError):
                return head + message("n")
            return head + (row_description(len(rows[0])) if not callable(rows) and rows else row_description(1))

        self.reply("describe", query, None, make)

    def run(self, query, params, described=False):
        found = self.server.find(query)
        word = query.split()[0].upper().rstrip(";") if query.split() else ""
        if not found and word in ("BEGIN", "COMMIT", "ROLLBACK", "SET", "LISTEN", "UNLISTEN", "NOTIFY"):
            return self.transaction(word)
        if not found:
            self.server.unexpected.append(query)
            raise SqlError("0A000", "nothing is scripted for this")
        rows, tag = found
        rows = rows(params) if callable(rows) else rows
        if isinstance(rows, SqlError):
            raise rows
        data = row_description(len(rows[0]) if rows else 1) if described else b""
        data += b"".join(data_row(row) for row in rows or [])
        return data + message("C", text(tag or f"SELECT {len(rows or [])}"))

    def transaction(self, word):
        if word == "BEGIN":
            self.status = b"T"
        elif word in ("COMMIT", "ROLLBACK"):
            word = "ROLLBACK" if self.status == b"E" else word
            self.status = b"I"
        return message("C", text(word))
