"""cowork login and password, with a real daemon: on a terminal, from files, by certificate."""

import pytest

from rig import CommandLine, make_certificate, on_terminal

PASSWORD, OTHER = "correct horse", "battery staple"


@pytest.fixture
def newcomer(short_dir, daemon):
    """A client that knows the daemon and nobody."""
    return CommandLine(short_dir, daemon, "newcomer").context(site="KSQ")


@pytest.fixture
def with_password(connect):
    connect("ada").change("session.password", new=PASSWORD)


def saved(client):
    return (client.folder / "state/cowork/test.token").read_text()


def test_login_by_password_from_standard_input_or_a_file(newcomer, world, with_password):
    done = newcomer.run("login", world.login["ada"], input=PASSWORD + "\n", check=0)
    assert world.login["ada"] in done.stderr and saved(newcomer).startswith("cwk_")
    first = saved(newcomer)
    file = newcomer.folder / "password"
    file.write_text(PASSWORD)
    newcomer.run("login", world.login["ada"], "--password-file", file, check=0)
    assert saved(newcomer) != first and newcomer.run("whoami", "--json", check=0)


def test_a_wrong_password_is_told_and_the_token_before_stays(newcomer, world, with_password):
    newcomer.run("login", world.login["ada"], input=PASSWORD, check=0)
    before = saved(newcomer)
    assert "wrong" in newcomer.run("login", world.login["ada"], input=OTHER, check=4).stderr
    assert saved(newcomer) == before


def test_a_password_is_asked_for_and_not_shown(newcomer, world, with_password):
    seen, status = on_terminal(newcomer, "login", "--password",
                               typed=[world.login["ada"].encode() + b"\n", PASSWORD.encode() + b"\n"])
    assert status == 0 and world.login["ada"] in seen and PASSWORD not in seen
    assert saved(newcomer).startswith("cwk_")


def test_nobody_is_asked_where_nobody_is(newcomer, world, with_password):
    assert "no password" in newcomer.run("login", world.login["ada"], input="", check=66).stderr
    assert "whose password" in newcomer.run("login", "--password", input=PASSWORD, check=64).stderr


@pytest.mark.parametrize("words", [("--code-file", "x"), ("--token-file", "x"), ("--certificate", "x")])
def test_one_logs_in_by_one_thing(newcomer, world, words):
    newcomer.run("login", world.login["ada"], *words, check=64)


def test_a_rehearsed_login_by_password_asks_nobody(newcomer, world, with_password):
    newcomer.run("login", world.login["ada"], "--dry-run", input=OTHER, check=0)
    assert not (newcomer.folder / "state/cowork/test.token").exists()


def test_a_code_on_a_terminal_takes_a_password_along(newcomer, world):
    """Too short, then not the same twice, then right."""
    answers = [world.code["newcomer"], "short", PASSWORD, OTHER, PASSWORD, PASSWORD]
    seen, status = on_terminal(newcomer, "login", typed=[text.encode() + b"\n" for text in answers])
    assert status == 0 and "at least 10" in seen and "not the same" in seen and PASSWORD not in seen
    newcomer.run("logout", check=0)
    newcomer.run("login", world.login["newcomer"], input=PASSWORD, check=0)


def test_a_code_on_a_terminal_needs_no_password(newcomer, world):
    _, status = on_terminal(newcomer, "login", typed=[world.code["newcomer"].encode() + b"\n", b"\n"])
    assert status == 0
    newcomer.run("whoami", check=0)
    newcomer.run("login", world.login["newcomer"], input=PASSWORD, check=4)


def test_a_code_elsewhere_is_swapped_without_a_word_of_passwords(newcomer, world):
    assert "password" not in newcomer.run("login", input=world.code["newcomer"], check=0).stderr


def test_a_password_is_changed_on_a_terminal(cowork, newcomer, world, with_password):
    answers = [PASSWORD, OTHER, OTHER]
    seen, status = on_terminal(cowork("ada"), "password", typed=[text.encode() + b"\n" for text in answers])
    assert status == 0 and "the password is set" in seen and OTHER not in seen
    newcomer.run("login", world.login["ada"], input=OTHER, check=0)


def test_a_password_is_changed_by_files(cowork, newcomer, world):
    ada = cowork("ada")
    old, new = ada.folder / "old", ada.folder / "new"
    old.write_text(PASSWORD + "\n")
    new.write_text(OTHER + "\nwhat stands here is no part of it\n")
    ada.run("password", input=PASSWORD + "\n", check=0)
    assert "old" in ada.run("password", "--password-file", new, check=65).stderr
    ada.run("password", "--password-file", new, "--old-password-file", old, "--dry-run", check=0)
    newcomer.run("login", world.login["ada"], input=PASSWORD, check=0)
    ada.run("password", "--password-file", new, "--old-password-file", old, check=0)
    newcomer.run("login", world.login["ada"], input=OTHER, check=0)


def test_a_password_that_is_too_short_is_told_without_asking_the_server(cowork, daemon):
    mark = daemon.mark()
    assert "at least 10" in cowork("ada").run("password", input="short\n", check=65).stderr
    assert not any("session.password" in line for line in daemon.lines[mark:])


def test_a_program_logs_in_by_certificate(cowork, newcomer, world):
    certificate, key = make_certificate(newcomer.folder)
    cowork("operator").run("token", "issue", "reader", "--for", world.login["service"], "--certificate", certificate,
                           check=0)
    newcomer.run("login", "--certificate", certificate.name, "--certificate-key", key.name, check=0)
    assert world.login["service"] in newcomer.run("whoami", check=0).stdout
    assert "ok" in newcomer.run("doctor", check=0).stdout
    assert str(certificate) in (newcomer.folder / "config/cowork/config").read_text()
    newcomer.run("logout", check=0)
    newcomer.run("whoami", check=4)
    certificate.write_text(certificate.read_text() + key.read_text())
    newcomer.run("login", "--certificate", certificate, check=0)
    assert world.login["service"] in newcomer.run("whoami", check=0).stdout


def test_a_certificate_that_nobody_knows_is_not_kept(newcomer):
    certificate, key = make_certificate(newcomer.folder)
    newcomer.run("login", "--certificate", certificate, "--certificate-key", key, check=4)
    assert "certificate" not in (newcomer.folder / "config/cowork/config").read_text()
    assert "does not belong" in newcomer.run("login", "--certificate", certificate, "--certificate-key",
                                             newcomer.daemon.key, check=78).stderr
    newcomer.run("login", "--certificate", "nothing.pem", check=66)
    newcomer.run("login", "--certificate-key", key, check=64)


def test_a_login_by_token_takes_the_place_of_a_certificate(cowork, newcomer, world):
    certificate, key = make_certificate(newcomer.folder)
    cowork("operator").run("token", "issue", "--for", world.login["service"], "--certificate", certificate, check=0)
    newcomer.run("login", "--certificate", certificate, "--certificate-key", key, check=0)
    newcomer.run("login", input=world.token["ada"], check=0)
    assert world.login["ada"] in newcomer.run("whoami", check=0).stdout
