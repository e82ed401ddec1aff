"""Client certificates: programs are known by one, and by nothing they could lose on the way."""

import ssl
import subprocess

import pytest

from rig import make_certificate, wait_until
from rpc import RpcError, new_key


def fingerprint(certificate):
    told = subprocess.run(["openssl", "x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"], check=True,
                          capture_output=True, text=True).stdout
    return "SHA256:" + told.split("=", 1)[1].strip()


@pytest.fixture
def identity(short_dir):
    folder = short_dir / "reader"
    folder.mkdir()
    return make_certificate(folder, ("reader",))


@pytest.fixture
def registered(connect, identity, world):
    """The badge reader's certificate is known."""
    return connect("operator").change("token.issue", {"for": world.login["service"]}, label="badge reader",
                                      certificate=identity[0].read_text(), days=20)



def test_a_service_is_known_by_its_certificate(daemon, connect, world, identity, registered):
    assert set(registered) == {"id", "expires", "rev"}
    with daemon.client(identity=identity) as client:
        got = client.call("session.auth", certificate=True)
        assert (got["login"], got["role"]) == (world.login["service"], "service") and "token" not in got
        assert client.call("session.whoami")["expires"] == registered["expires"] == got["expires"]
        mine = {row["token"]: row for row in client.call("token.list")["tokens"]}[registered["id"]]
        assert (mine["kind"], mine["label"], mine["state"]) == ("certificate", "badge reader", "active")
        client.call("site.list")


def test_a_certificate_may_be_for_reading_alone(daemon, connect, world, identity):
    connect("operator").change("token.issue", {"for": world.login["service"]}, certificate=fingerprint(identity[0]), scope="read")
    with daemon.client(identity=identity) as client:
        assert client.call("session.auth", certificate=True)["scope"] == "read"
        assert client.call("site.list")
        assert client.refused("token.issue", key=new_key()).kind == "forbidden"


def test_a_certificate_is_registered_by_its_fingerprint_too(daemon, connect, world, identity):
    service = connect("service")
    service.change("token.issue", certificate=fingerprint(identity[0]))
    with daemon.client(identity=identity) as client:
        assert client.call("session.auth", certificate=True)["login"] == world.login["service"]


def test_a_certificate_shown_by_nobody_we_know_opens_nothing(daemon, connect, identity):
    with daemon.client(identity=identity) as client:
        assert client.refused("session.auth", certificate=True).kind == "unauthenticated"
        assert client.refused("site.list").kind == "unauthenticated"
    assert connect().refused("session.auth", certificate=True).kind == "unauthenticated"


def test_who_shows_a_certificate_may_log_in_otherwise(daemon, world, identity):
    with daemon.client(world.token["ada"], identity=identity) as client:
        assert client.call("session.whoami")["login"] == world.login["ada"]


def test_a_certificate_without_its_key_gets_no_connection(daemon, short_dir, identity, registered):
    other = short_dir / "other"
    other.mkdir()
    with pytest.raises(ssl.SSLError):
        daemon.client(identity=(identity[0], make_certificate(other)[1]))


def test_a_certificate_that_is_revoked_ends_its_connections(daemon, connect, identity, registered):
    with daemon.client(identity=identity) as client:
        client.call("session.auth", certificate=True)
        connect("operator").change("token.revoke", token=registered["id"])
        with pytest.raises((RpcError, EOFError, OSError)):
            while True:
                client.call("session.ping")
    with daemon.client(identity=identity) as client:
        assert client.refused("session.auth", certificate=True).kind == "unauthenticated"
    connect("operator").change("token.issue", {"for": "service@example.com"}, certificate=fingerprint(identity[0]))
    with daemon.client(identity=identity) as client:
        assert client.call("session.auth", certificate=True)["role"] == "service"


def test_a_certificate_is_registered_once(connect, world, identity, registered):
    error = connect("operator").refused("token.issue", {"for": world.login["service"]}, key=new_key(),
                                        certificate=fingerprint(identity[0]))
    assert (error.kind, error.data["field"]) == ("exists", "certificate")


@pytest.mark.parametrize("text", ["SHA256:12", "-----BEGIN CERTIFICATE-----\nnonsense\n-----END CERTIFICATE-----\n",
                                  "reader.pem"])
def test_what_is_no_certificate_is_told_so(connect, world, text):
    error = connect("operator").refused("token.issue", {"for": world.login["service"]}, key=new_key(), certificate=text)
    assert (error.kind, error.data["field"], error.data["rule"]) == ("params", "certificate", "format")


def test_certificates_and_tokens_of_others_are_for_services_alone(connect, world, identity):
    """Nobody is given another person's token, not even the operator."""
    shown = fingerprint(identity[0])
    operator = connect("operator")
    for more in ({}, {"certificate": shown}):
        for login in (world.login["ada"], world.login["desk"], "nobody@example.org"):
            error = operator.refused("token.issue", {"for": login, **more}, key=new_key())
            assert (error.kind, error.data["field"]) == ("not_found", "for")
        for who in ("boss", "ada", "desk", "service"):
            assert connect(who).refused("token.issue", {"for": world.login["service"], **more},
                                        key=new_key()).kind == "forbidden"
    for who in ("ada", "operator"):
        error = connect(who).refused("token.issue", key=new_key(), certificate=shown)
        assert (error.kind, error.data["rule"]) == ("params", "role")


def test_an_operator_makes_a_token_for_a_service(connect, world):
    made = connect("operator").change("token.issue", {"for": world.login["service"]}, label="door", days=1)
    assert connect().auth(made["token"])["login"] == world.login["service"]


def test_a_certificate_that_has_expired_opens_nothing(daemon, connect, world, identity, short_dir):
    request, late = short_dir / "late.csr", short_dir / "late.pem"
    subprocess.run(["openssl", "req", "-new", "-key", identity[1], "-subj", "/CN=late", "-out", request], check=True)
    subprocess.run(["openssl", "x509", "-req", "-in", request, "-signkey", identity[1], "-days", "-1", "-out", late],
                   check=True, capture_output=True)
    connect("operator").change("token.issue", {"for": world.login["service"]}, certificate=fingerprint(late))
    with daemon.client(identity=(late, identity[1])) as client:
        error = client.refused("session.auth", certificate=True)
        assert error.kind == "unauthenticated" and "expired" in error.message


def test_a_login_by_certificate_ends_no_later_than_the_certificate(daemon, connect, world, identity):
    made = connect("operator").change("token.issue", {"for": world.login["service"]}, days=365,
                                      certificate=identity[0].read_text())
    with daemon.client(identity=identity) as client:
        assert client.call("session.auth", certificate=True)["expires"] < made["expires"]
        connect("operator").change("staff.grant", login=world.login["admin"], name="Sam", role="site_admin", site="KSQ")
        assert client.call("session.whoami")["expires"] < made["expires"]


def test_a_service_that_becomes_another_is_not_let_in_by_its_certificate(daemon, connect, world, identity, registered):
    connect("operator").change("staff.grant", login=world.login["service"], name="B", role="operator")
    with daemon.client(identity=identity) as client:
        assert client.refused("session.auth", certificate=True).kind == "unauthenticated"


def test_certificate_stands_alone(connect, world):
    client = connect()
    for more in ({"token": world.token["ada"]}, {"code": world.code["newcomer"], "key": new_key()},
                 {"login": world.login["ada"], "password": "x", "key": new_key()}, {"password": "x"}):
        assert client.refused("session.auth", more, certificate=True).kind == "params"


def test_a_known_certificate_logs_in_while_the_database_is_away(start_daemon, pg_proxy, world_db, world, identity):
    daemon = start_daemon(conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")
    with daemon.client(world.token["operator"]) as operator:
        operator.change("token.issue", {"for": world.login["service"]}, certificate=fingerprint(identity[0]))
    with daemon.client(identity=identity) as client:
        client.call("session.auth", certificate=True)

    def known():  # once memory has read it, nobody is asked
        with daemon.client(identity=identity) as client:
            mark = daemon.mark()
            client.call("session.auth", certificate=True)
            client.call("session.ping")
            return any("method=session.auth" in line and "db_us=0 " in line for line in daemon.lines[mark:])

    wait_until(known, what="the certificate in memory")
    mark = daemon.mark()
    pg_proxy.refuse()
    pg_proxy.end()
    daemon.wait_log("database away", since=mark)
    with daemon.client(identity=identity) as client:
        assert client.call("session.auth", certificate=True)["login"] == world.login["service"]
    with daemon.client() as client:
        assert client.refused("session.auth", certificate=True).kind == "unauthenticated"
