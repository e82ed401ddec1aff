"""A PostgreSQL client that sends each message of the extended protocol when a test says so."""

import socket
import struct

from fake_pg import message, text


class RawPg:
    def __init__(self, path, user="coworkd", database="fake"):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.settimeout(20)
        self.sock.connect(str(path))
        body = struct.pack(">I", 196608) + text("user") + text(user) + text("database") + text(database) + b"\0"
        self.sock.sendall(struct.pack(">I", len(body) + 4) + body)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.sock.close()

    def send(self, *messages):
        self.sock.sendall(b"".join(messages))

    def read(self):
        """The next message: type letter and body. EOFError at the end, also within a message."""
        return self._exactly(1).decode(), self._exactly(struct.unpack(">I", self._exactly(4))[0] - 4)

    def _exactly(self, size):
        data = b""
        while len(data) < size:
            try:
                piece = self.sock.recv(size - len(data))
            except ConnectionResetError:
                piece = b""
            if not piece:
                raise EOFError(len(data))
            data += piece
        return data

    def until(self, kind="Z"):
        """The types of the messages up to the first of that kind."""
        kinds = ""
        while not kinds.endswith(kind):
            kinds += self.read()[0]
        return kinds

    def rest(self):
        """The types of the messages that still come before the end."""
        kinds = ""
        try:
            while True:
                kinds += self.read()[0]
        except EOFError:
            return kinds


def parse(name, query):
    return message("P", text(name) + text(query) + struct.pack(">H", 0))


def bind(name, *params):
    body = text("") + text(name) + struct.pack(">HH", 0, len(params))
    for param in params:
        data = str(param).encode()
        body += struct.pack(">I", len(data)) + data
    return message("B", body + struct.pack(">H", 0))


EXECUTE = message("E", text("") + struct.pack(">I", 0))
SYNC = message("S")


def batch(*params):
    """A lane's batch, by a statement prepared under the name "lane"."""
    return bind("lane", *params) + EXECUTE + SYNC
