"""SIGHUP: configuration and certificate are read again, all of it or nothing, and clients stay."""

import os
import signal
import socket
import ssl

import pytest

from rig import make_certificate
from rpc import tls_context


def shown(daemon, ca=None):
    """The certificate that a new client is shown."""
    context = tls_context(ca or daemon.certificate)
    sock = socket.create_connection(("127.0.0.1", daemon.port), 30)
    with context.wrap_socket(sock, server_hostname="localhost") as tls:
        return ssl.DER_cert_to_PEM_cert(tls.getpeercert(binary_form=True)).strip()


@pytest.fixture
def reload(daemon):
    """reload("reloaded"): sends SIGHUP and waits for what the log then says."""
    def act(outcome):
        mark = daemon.mark()
        notes = sum("READY=1" in note for note in daemon.notes)
        daemon.reload()
        daemon.wait_log(f'msg="?{outcome}', since=mark)
        with daemon.changed:  # systemd is told that it is over, either way
            assert daemon.changed.wait_for(lambda: sum("READY=1" in n for n in daemon.notes) > notes, 30)
        return daemon.lines[mark:]

    return act


@pytest.fixture
def own_certificate(daemon, short_dir):
    """A certificate of this test's own in the place of the shared one; its folder."""
    folder = short_dir / "tls"
    folder.mkdir()
    daemon.options["tls__certificate"], daemon.options["tls__key"] = make_certificate(folder)
    daemon.write_config()
    return folder


def test_a_good_configuration_is_in_force_at_once_and_clients_stay(daemon, connect, reload):
    client = connect("ada")
    daemon.options["limits__connections_per_source"] = 1
    daemon.write_config()
    reload("reloaded")
    with pytest.raises((OSError, EOFError, ssl.SSLError)):
        daemon.client()
    assert client.call("session.whoami")["login"].startswith("ada")
    daemon.options["limits__connections_per_source"] = 64
    daemon.write_config()
    reload("reloaded")
    daemon.client().close()


@pytest.mark.parametrize("text", ["[limits]\nin_flight = many\n", "[limits]\nno_such = 1\n", "nonsense\n", "[limits\n",
                                  "[limits]\nin_flight = 0\n", "[database]\nreport_conninfo = host=/x dbnam=cowork\n",
                                  None])
def test_a_broken_configuration_changes_nothing_and_is_told(daemon, connect, reload, text):
    client, before = connect("ada"), shown(daemon)
    if text is None:
        daemon.config.unlink()
    else:
        daemon.options["limits__connections_per_source"] = 1  # would be noticed if half of it were taken
        daemon.write_config()
        daemon.config.write_text(daemon.config.read_text() + text)
    lines = reload("reload refused")
    assert any("configuration unusable" in line for line in lines)
    if text and "=" in text:
        assert any("coworkd.conf:" in line for line in lines), lines
    assert client.call("session.ping")
    with daemon.client() as other:
        assert other.hello()
    assert shown(daemon) == before


def test_a_new_certificate_is_shown_to_new_clients_and_old_ones_stay(daemon, connect, reload, own_certificate):
    client, before = connect("ada"), shown(daemon)
    reload("reloaded")
    after = shown(daemon, own_certificate / "cert.pem")
    assert after != before and after == (own_certificate / "cert.pem").read_text().strip()
    assert client.call("session.ping")
    # the same paths with other contents are read again, too
    make_certificate(own_certificate)
    reload("reloaded")
    assert shown(daemon, own_certificate / "cert.pem") not in (before, after)


def broken(folder, how):
    cert, key = folder / "cert.pem", folder / "key.pem"
    if how == "no certificate":
        cert.unlink()
    elif how == "no key":
        key.unlink()
    elif how == "garbage":
        cert.write_text("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    elif how == "empty key":
        key.write_text("")
    elif how == "another's key":
        other = folder / "other"
        other.mkdir()
        key.write_text(make_certificate(other)[1].read_text())


@pytest.mark.parametrize("how", ["no certificate", "no key", "garbage", "empty key", "another's key"])
def test_a_broken_certificate_changes_nothing_not_even_the_configuration(daemon, connect, reload, own_certificate, how):
    client = connect("ada")
    reload("reloaded")
    ca = (own_certificate / "cert.pem").read_text()
    broken(own_certificate, how)
    daemon.options["limits__connections_per_source"] = 1
    daemon.write_config()
    lines = reload("reload refused")
    assert any("certificate unusable" in line for line in lines)
    kept = own_certificate / "kept.pem"
    kept.write_text(ca)
    assert shown(daemon, kept) == ca.strip()
    assert client.call("session.ping")
    daemon.certificate = kept
    daemon.client().close()


def test_a_key_that_others_can_read_is_taken_with_a_warning(daemon, reload, own_certificate):
    key = own_certificate / "key.pem"
    lines = reload("reloaded")
    assert not any("open to more" in line for line in lines)
    key.chmod(0o644)
    [told] = [line for line in reload("reloaded") if "open to more" in line]
    assert 'lvl=warning' in told and f"file={key} mode=0644" in told and "chmod 640" in told
    daemon.stop()
    daemon.start()
    daemon.wait_log(f"lvl=warning .*open to more.*{key}", since=0)


def test_options_that_need_a_restart_are_named_and_stay(daemon, connect, reload):
    port, conninfo = daemon.port, daemon.options["database__conninfo"]
    daemon.options |= {"listen__port": 1, "database__conninfo": "host=/nowhere", "database__read_connections": 9,
                       "limits__in_flight": 7}
    daemon.write_config()
    lines = reload("reloaded")
    [told] = [line for line in lines if "need a restart" in line]
    for name in ("listen.port", "database.conninfo", "database.read_connections"):
        assert name in told
    assert "in_flight" not in told and conninfo not in "".join(lines) and "/nowhere" not in "".join(lines)
    assert daemon.port == port
    assert connect("ada").call("site.list")["sites"]


def test_a_reload_changes_what_is_logged(daemon, connect, reload):
    client = connect("ada")
    daemon.options["log__requests"], daemon.options["log__level"] = "changes", "info"
    daemon.write_config()
    reload("reloaded")
    mark = daemon.mark()
    client.call("session.ping")
    client.change("booking.create", site="KSQ", space="A-01", start="2055-03-01T09:00", end="2055-03-01T10:00")
    daemon.wait_log("answered.*method=booking.create", since=mark)
    assert not any("session.ping" in line or "lvl=debug" in line for line in daemon.lines[mark:])


def test_requests_under_way_live_through_many_reloads(daemon, connect, sql):
    client = connect("ada")
    sql.connection.autocommit = False
    sql.execute("SELECT 1 FROM cowork.site FOR UPDATE")
    number = client.send_change("booking.create", site="KSQ", space="A-01", start="2055-03-01T09:00", end="2055-03-01T10:00")
    client.call("session.ping")
    for _ in range(20):
        daemon.reload()
        client.call("session.ping")
    daemon.wait_log('msg="?reloaded')
    sql.connection.rollback()
    assert client.answer(number)["booking"]["state"] == "confirmed"


def test_connections_are_never_refused_while_it_reloads(daemon, world):
    for _ in range(20):
        daemon.reload()
        with daemon.client(world.token["ada"]) as client:
            client.call("session.ping")
    assert daemon.running()


def test_signals_without_meaning_do_no_harm(daemon, connect):
    client = connect("ada")
    os.kill(daemon.pid, signal.SIGPIPE)
    assert client.call("session.ping")
