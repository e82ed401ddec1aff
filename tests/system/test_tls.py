"""TLS 1.3 with ALPN cowork/1, nothing kept between connections, and an end that both sides can tell."""

import socket
import ssl
import subprocess

import pytest

from rpc import Client, tls_context


IGNORE_UNEXPECTED_EOF = 1 << 7  # SSL_OP_IGNORE_UNEXPECTED_EOF, which Python sets unless told


def raw(daemon, alpn="cowork/1", **versions):
    """A handshake by hand; the socket stays usable for what a Client does not do."""
    context = tls_context(daemon.certificate, alpn)
    for name, value in versions.items():
        setattr(context, name, value)
    sock = socket.create_connection(("127.0.0.1", daemon.port), 30)
    return context.wrap_socket(sock, server_hostname="localhost")


def closed(sock):
    """Whether the other side ends it without a byte."""
    try:
        return sock.recv(1) == b""
    except (ConnectionError, ssl.SSLError):
        return True


@pytest.mark.parametrize("alpn", [None, "http/1.1", "cowork/2"])
def test_without_our_alpn_the_connection_is_closed_unheard(daemon, alpn):
    """A client that sends none completes the handshake on its side: it is closed right after."""
    try:
        sock = raw(daemon, alpn)
    except (ssl.SSLError, ConnectionError):
        return  # refused in the handshake itself
    with sock:
        assert closed(sock)
    daemon.wait_log('msg="connection closed"')
    assert not daemon.log_has("from=handshake to=login")


def test_our_alpn_among_others_is_chosen(daemon):
    context = tls_context(daemon.certificate, None)
    context.set_alpn_protocols(["h2", "cowork/1"])
    with context.wrap_socket(socket.create_connection(("127.0.0.1", daemon.port), 30), server_hostname="localhost") as sock:
        assert sock.selected_alpn_protocol() == "cowork/1"
        assert sock.version() == "TLSv1.3"


def test_tls_1_2_is_refused(daemon):
    with pytest.raises((ssl.SSLError, ConnectionError)):
        raw(daemon, minimum_version=ssl.TLSVersion.TLSv1_2, maximum_version=ssl.TLSVersion.TLSv1_2).close()


def test_a_connection_gives_no_ticket_to_resume(daemon):
    """s_client prints each ticket it is given; the request makes sure that it had time to come."""
    request = b'{"jsonrpc":"2.0","id":1,"method":"session.ping"}\n'
    client = subprocess.Popen(["openssl", "s_client", "-connect", f"127.0.0.1:{daemon.port}", "-alpn", "cowork/1",
                               "-CAfile", daemon.certificate, "-quiet", "-msg"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    client.stdin.write(request)
    client.stdin.flush()
    seen = b""
    while b"hello_required" not in seen:
        line = client.stdout.readline()
        assert line, seen
        seen += line
    client.stdin.close()
    client.kill()
    client.wait()
    client.stdout.close()
    assert b"Finished" in seen and b"NewSessionTicket" not in seen


def test_the_certificate_shown_is_the_configured_one(daemon):
    with raw(daemon) as sock:
        shown = ssl.DER_cert_to_PEM_cert(sock.getpeercert(binary_form=True))
    assert shown.strip() in daemon.certificate.read_text()


class Memory:
    """TLS over a socket by hand, so that the alert of the end can be told from a mere end of file."""

    def __init__(self, daemon):
        self.sock = socket.create_connection(("127.0.0.1", daemon.port), 30)
        self.inside, self.outside = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = tls_context(daemon.certificate)
        context.options &= ~IGNORE_UNEXPECTED_EOF
        self.tls = context.wrap_bio(self.inside, self.outside, server_hostname="localhost")
        self.turn(self.tls.do_handshake)

    def turn(self, act, *arguments):
        while True:
            try:
                result = act(*arguments)
                self.sock.sendall(self.outside.read())
                return result
            except ssl.SSLWantReadError:
                self.sock.sendall(self.outside.read())
                data = self.sock.recv(65536)
                if data:
                    self.inside.write(data)
                else:
                    self.inside.write_eof()

    def read_to_end(self):
        """All bytes until close_notify; ssl.SSLEOFError where the end came without."""
        data = b""
        while True:
            try:
                piece = self.turn(self.tls.read, 65536)
            except ssl.SSLZeroReturnError:
                return data
            if not piece:
                return data
            data += piece


def test_the_server_says_close_notify_when_it_closes(daemon):
    client = Memory(daemon)
    client.turn(client.tls.write, b"x" * 5000 + b"\n")
    assert b"too_large" in client.read_to_end()  # raises where close_notify is missing
    client.sock.close()


def test_the_server_says_close_notify_when_it_stops(daemon):
    client = Memory(daemon)
    daemon.terminate()
    assert client.read_to_end() == b""
    client.sock.close()


@pytest.mark.parametrize("how", ["close_notify", "end of file", "reset"])
def test_however_a_client_ends_the_server_forgets_it_and_serves_others(daemon, connect, how):
    client, other = Client(daemon.port, daemon.certificate), connect("ada")
    client.hello()
    mark = daemon.mark()
    if how == "close_notify":
        with pytest.raises((OSError, ssl.SSLError, ValueError)):
            while True:
                client.sock = client.sock.unwrap()
    elif how == "end of file":
        client.sock.shutdown(socket.SHUT_RDWR)
    else:
        client.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        client.sock.close()
    daemon.wait_log("connection closed.*the client left", since=mark)
    assert other.call("server.status")["connections"] == 1
    client.close()
