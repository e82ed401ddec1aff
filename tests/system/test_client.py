"""The `cowork` client against a server that fails on purpose: nothing twice, nothing hidden, nothing leaked."""

import csv
import io
import json
import re
import signal
import subprocess
import threading
import time
import zlib

import pytest

from fake_server import CUT, GARBAGE, LOSE, SILENT, FakeServer, Refuse, booking
from rig import CommandLine, ROOT, build, make_certificate, on_terminal

BOOK = ("book", "A-12", "2026-11-23T09:00", "2026-11-23T17:00")
SYMBOLS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"


def make_token(kind="cwk", letter="a"):
    """A well-formed token that nobody issued: its last part is the CRC-32 of the rest in base 62."""
    text = f"{kind}_ABCDEFGH_{letter * 43}"
    check, number = "", zlib.crc32(text.encode())
    for _ in range(6):
        number, digit = divmod(number, 62)
        check = SYMBOLS[digit] + check
    return f"{text}_{check}"


TOKEN = make_token()
CODE = make_token("cwc", "b")


@pytest.fixture
def server(certificate):
    it = FakeServer(certificate)
    yield it
    it.close()


@pytest.fixture
def cowork(server, short_dir):
    return CommandLine(short_dir, server).context(TOKEN, "KSQ")


@pytest.fixture
def newcomer(server, short_dir):
    """Someone without any file."""
    return CommandLine(short_dir, server, "new")


# --- retries ---

def test_a_cut_link_is_asked_again_with_the_same_key(server, cowork):
    server.script["booking.create"] = [CUT]
    done = cowork.run(*BOOK, check=0)
    first, second = server.requests("booking.create")
    assert first["key"] == second["key"] and second["attempt"] == first["attempt"] + 1
    assert len(server.booked) == 1
    assert done.stdout.startswith("R-7F3KAT\tA-12\t2026-11-23T09:00\t2026-11-23T17:00\tconfirmed")


def test_a_server_that_is_busy_is_asked_again_after_its_wait(server, cowork):
    server.script["booking.create"] = [Refuse("busy", door=True, retry_after_ms=300),
                                       Refuse("db_unavailable", door=True)]
    cowork.run(*BOOK, check=0)
    keys = {params["key"] for params in server.requests("booking.create")}
    assert len(keys) == 1 and len(server.booked) == 1
    assert [params["attempt"] for params in server.requests("booking.create")] == [1, 2, 3]


@pytest.mark.parametrize("kind", ["busy", "throttled", "draining"])
def test_a_longer_wait_that_the_server_asks_for_is_kept_and_said(server, cowork, kind):
    times = []
    server.script["booking.create"] = [Refuse(kind, door=True, retry_after_ms=1300)]
    server.on_request = lambda method, params: method == "booking.create" and times.append(time.monotonic())
    done = cowork.run(*BOOK, check=0)
    assert re.search(r"asking again in [12] s", done.stderr)
    assert times[1] - times[0] >= 1.3 and len(server.booked) == 1


def test_a_wait_beyond_the_timeout_is_not_begun_and_said(server, cowork):
    server.script["booking.create"] = [Refuse("busy", door=True, retry_after_ms=59500)]
    done = cowork.run(*BOOK, "--timeout", "10", check=75)
    assert "the same again in 60 s" in done.stderr and len(server.requests("booking.create")) == 1


def test_an_unknown_outcome_prints_the_command_that_finds_out(server, cowork):
    server.script["booking.create"] = [SILENT] * 20
    done = cowork.run(*BOOK, "--title", "it's mine", "--timeout", "3", check=75)
    line = re.search(r"cowork book .* --key ([0-9a-f-]{36})", done.stderr)
    assert line and "'it'\\''s mine'" in done.stderr and not done.stdout
    assert line[0] in "".join(file.read_text() for file in (cowork.folder / "state/cowork/pending").iterdir())
    server.script.clear()
    again = cowork.run(*BOOK, "--title", "it's mine", "--key", line[1], check=0)
    assert "R-7F3KAT" in again.stdout and len(server.booked) == 1
    assert server.requests("booking.create")[-1]["attempt"] >= 2, "a receipt must be looked for"
    assert not list((cowork.folder / "state/cowork/pending").iterdir())


def test_a_key_is_kept_before_its_request_leaves(server, cowork):
    """Even a client that is killed leaves the way to find out behind."""
    arrived = threading.Event()
    server.script["booking.create"] = [SILENT]
    server.on_request = lambda method, params: method == "booking.create" and arrived.set()
    process = subprocess.Popen([build() / "client/cowork", *BOOK], env=cowork.environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert arrived.wait(20)
    process.kill()
    process.communicate()
    kept = [file.name for file in (cowork.folder / "state/cowork/pending").iterdir()]
    assert kept == [server.requests("booking.create")[0]["key"]]
    doctor = cowork.run("doctor", check=75)
    assert f"--key {kept[0]}" in doctor.stdout


def test_ctrl_c_leaves_the_command_that_finds_out(server, cowork):
    arrived = threading.Event()
    server.script["booking.create"] = [SILENT]
    server.on_request = lambda method, params: method == "booking.create" and arrived.set()
    process = subprocess.Popen([build() / "client/cowork", *BOOK], env=cowork.environment(), text=True,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert arrived.wait(20)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130 and "--key" in err


def test_a_refusal_is_final_and_forgets_the_key(server, cowork):
    server.script["booking.create"] = [Refuse("slot_taken", space="A-12", start="2026-11-23T15:00:00Z",
                                              end="2026-11-23T17:00:00Z",
                                              local={"start": "2026-11-23T10:00", "end": "2026-11-23T12:00",
                                                     "zone": "America/New_York"})]
    done = cowork.run(*BOOK, check=10)
    assert done.stderr.splitlines()[0] == "cowork: A-12 is taken Mon 23 Nov 2026 10:00–12:00 EST"
    assert not done.stdout and len(server.requests("booking.create")) == 1
    assert not list((cowork.folder / "state/cowork/pending").iterdir())


def test_a_dry_run_says_so_to_the_server(server, cowork):
    cowork.run(*BOOK, "--dry-run", check=0)
    assert server.requests("booking.create")[0]["dry_run"] is True and not server.booked


class FullServer(FakeServer):
    """Hangs up on the first connections before TLS, as a server at its limit of connections does."""

    def __init__(self, certificate, turned_away):
        self.turned_away = turned_away
        super().__init__(certificate)

    def serve(self, raw):
        if self.turned_away:
            self.turned_away -= 1
            self.cut(raw)
            return
        super().serve(raw)


@pytest.fixture
def full_server(certificate, short_dir):
    servers = []

    def start(turned_away):
        servers.append(FullServer(certificate, turned_away))
        return servers[0], CommandLine(short_dir, servers[0], "full").context(TOKEN, "KSQ")
    yield start
    for it in servers:
        it.close()


def test_a_client_that_is_turned_away_comes_back(full_server):
    server, cowork = full_server(2)
    cowork.run(*BOOK, check=0)
    assert len(server.booked) == 1 and server.connections == 3


def test_a_server_that_stays_full_is_75_and_named_busy(full_server):
    server, cowork = full_server(10 ** 6)
    done = cowork.run("mine", "--timeout", "3", check=75)
    assert "the server closed the connection; it may be busy: try again" in done.stderr
    assert "unknown reason" not in done.stderr and server.connections > 1
    assert "may be busy" in cowork.run("doctor", "--timeout", "3", check=75).stdout


# --- exit statuses ---

def test_nobody_there_is_69_at_once(server, cowork):
    server.close()
    done = cowork.run("mine", check=69)
    assert "cannot be reached" in done.stderr


def test_no_answer_is_75(server, cowork):
    server.script["booking.list"] = [SILENT] * 9
    cowork.run("mine", "--timeout", "3", check=75)


def test_a_server_that_hangs_up_on_a_read_is_69(server, cowork):
    server.script["booking.list"] = [LOSE] * 99
    cowork.run("mine", "--timeout", "1", check=69)


def test_a_line_that_is_no_reply_is_76(server, cowork):
    server.script["booking.list"] = [GARBAGE]
    cowork.run("mine", check=76)


def test_another_protocol_is_76(certificate, short_dir):
    other = FakeServer(certificate, alpn=("http/1.1",))
    CommandLine(short_dir, other).context(TOKEN, "KSQ").run("mine", check=76)
    other.close()


def test_no_common_version_is_76(server, cowork):
    server.script["session.hello"] = [Refuse("version", "this server speaks 2 to 3")]
    assert "speaks 2 to 3" in cowork.run("mine", check=76).stderr


@pytest.mark.parametrize("kind, status", [("not_found", 12), ("forbidden", 77), ("closed", 11), ("params", 65),
                                          ("internal", 70), ("unauthenticated", 4)])
def test_kinds_have_their_exit_status(server, cowork, kind, status):
    server.script["booking.show"] = [Refuse(kind)]
    cowork.run("show", "R-7F3KAT", check=status)


def test_a_token_that_was_revoked_is_4(server, cowork):
    server.script["session.auth"] = [Refuse("unauthenticated", "the token was revoked")]
    done = cowork.run("mine", check=4)
    assert "cowork login" in done.stderr


def test_words_that_are_wrong_are_64_and_nothing_is_sent(server, cowork):
    for words in (["bok"], ["book", "A-12"], ["mine", "--pats"], ["list", "-o", "xml"], ["space"]):
        done = cowork.run(*words, check=64)
        assert done.stderr.startswith("cowork: ") and not done.stdout
    assert not server.seen


def test_a_damaged_configuration_is_78(server, cowork):
    (cowork.folder / "config/cowork/config").write_text("[context a]\nserver\n")
    assert "config:2:" in cowork.run("mine", check=78).stderr


def test_a_reader_that_leaves_ends_it_quietly(server, cowork):
    rows = [booking(ref=f"R-{i:05}", title="x" * 100) for i in range(500)]
    server.replies["booking.list"] = {"bookings": rows, "rev": 1, "has_more": True, "cursor": "00"}
    process = subprocess.Popen([build() / "client/cowork", "list", "--limit", "0"], env=cowork.environment(),
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.read(10)
    process.stdout.close()
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""


def test_output_that_cannot_be_written_is_74(server, cowork):
    with open("/dev/full", "w") as full:
        done = subprocess.run([build() / "client/cowork", "whoami"], env=cowork.environment(), stdout=full,
                              stderr=subprocess.PIPE, text=True)
    assert done.returncode == 74 and "cannot be written" in done.stderr


# --- secrets and trust ---

def files_of(cowork):
    return {str(file.relative_to(cowork.folder)): file for file in cowork.folder.rglob("*") if file.is_file()}


def test_login_keeps_the_token_for_the_user_alone(server, newcomer):
    done = newcomer.run("login", "--server", f"localhost:{server.port}", "--ca", server.certificate, input=TOKEN,
                        check=0)
    token = files_of(newcomer)["state/cowork/default.token"]
    assert token.stat().st_mode & 0o777 == 0o600 and token.read_text().strip() == TOKEN
    assert token.parent.stat().st_mode & 0o077 == 0
    assert TOKEN not in done.stdout + done.stderr
    assert "site = KSQ" in files_of(newcomer)["config/cowork/config"].read_text(), "the only site is adopted"
    newcomer.run("whoami", check=0)


def test_a_code_is_swapped_for_a_token(server, newcomer):
    server.replies["session.auth"] = lambda params: {"login": "ada@example.org",
                                                     **({"token": TOKEN} if "code" in params else {})}
    file = newcomer.folder / "code"
    file.write_text(CODE + "\n")
    done = newcomer.run("login", "--server", f"localhost:{server.port}", "--ca", server.certificate,
                        "--code-file", file, check=0)
    assert files_of(newcomer)["state/cowork/default.token"].read_text().strip() == TOKEN
    assert TOKEN not in done.stdout + done.stderr and CODE not in done.stdout + done.stderr
    assert not any(CODE in path.read_text() for name, path in files_of(newcomer).items() if name != "code")


def test_a_slip_in_a_token_is_found_before_it_is_sent(server, newcomer):
    slip = TOKEN[:-1] + ("0" if TOKEN[-1] != "0" else "1")
    done = newcomer.run("login", "--server", f"localhost:{server.port}", "--ca", server.certificate, input=slip,
                        check=65)
    assert slip not in done.stderr and not server.requests("session.auth")
    assert "state/cowork/default.token" not in files_of(newcomer)


def test_a_token_that_is_refused_is_not_kept(server, newcomer):
    server.script["session.auth"] = [Refuse("unauthenticated")]
    newcomer.run("login", "--server", f"localhost:{server.port}", "--ca", server.certificate, input=TOKEN, check=4)
    assert "state/cowork/default.token" not in files_of(newcomer)


def test_a_dry_run_changes_no_file_of_the_client(server, cowork, newcomer):
    def content():
        return {name: file.read_text() for name, file in files_of(cowork).items()}
    before = content()
    for words in (["logout"], ["config", "set", "site", "DJN"], ["config", "use", "test"]):
        assert "would be" in cowork.run(*words, "--dry-run", check=0).stderr
    assert content() == before
    for secret in (TOKEN, CODE):
        newcomer.run("login", "--server", f"localhost:{server.port}", "--ca", server.certificate, "--dry-run",
                     input=secret, check=0)
    assert not files_of(newcomer)
    assert all("code" not in params for params in server.requests("session.auth")), "a code works only once"


def test_an_unknown_certificate_gets_no_secret(server, newcomer):
    done = newcomer.run("login", "--server", f"localhost:{server.port}", input=TOKEN, check=69)
    assert "SHA256:" in done.stderr and "--trust-fingerprint" in done.stderr
    assert not server.seen


def test_a_fingerprint_is_trusted_alone(server, newcomer, tmp_path):
    print_ = re.search(r"SHA256:\S+", newcomer.run("login", "--server", f"localhost:{server.port}",
                                                   input=TOKEN).stderr)[0]
    newcomer.run("login", "--server", f"localhost:{server.port}", "--trust-fingerprint", print_, input=TOKEN,
                 check=0)
    newcomer.run("whoami", check=0)
    impostor = FakeServer(make_certificate(tmp_path))
    newcomer.run("config", "set", "server", f"localhost:{impostor.port}", check=0)
    newcomer.run("whoami", check=69)
    assert not impostor.seen
    impostor.close()


def test_a_certificate_s_file_is_found_from_any_folder(server, newcomer):
    (newcomer.folder / "tls").mkdir()
    (newcomer.folder / "tls/cert.pem").write_bytes(server.certificate.read_bytes())
    newcomer.run("login", "--server", f"localhost:{server.port}", "--ca", "tls/cert.pem", input=TOKEN, check=0)
    elsewhere = 'cd tls && cowork whoami'
    newcomer.shell(elsewhere, check=0)
    newcomer.run("config", "set", "ca", "tls/../tls/cert.pem", check=0)
    newcomer.shell(elsewhere, check=0)
    assert "No such file" in newcomer.run("config", "set", "ca", "cert.pem", check=66).stderr
    newcomer.shell(elsewhere, check=0)


def test_a_person_is_asked_about_a_fingerprint_and_a_token(server, newcomer):
    seen, status = on_terminal(newcomer, "login", "--server", f"localhost:{server.port}", typed=b"n\n")
    assert status == 2 and "SHA256:" in seen and not server.seen
    halves = re.search(r"(SHA256(?::\w\w){16})\r\n {9}((?::\w\w){16})\r\n", seen)
    assert halves, seen
    assert max(len(line) for line in seen.split("\r\n")[:3]) <= 80
    once = newcomer.run("login", "--server", f"localhost:{server.port}", input=TOKEN, check=69).stderr
    assert halves[1] + halves[2] in once, "what is copied stays in one piece"


def test_a_token_is_not_shown_when_it_is_typed(server, newcomer):
    seen, status = on_terminal(newcomer, "login", "--server", f"localhost:{server.port}", "--ca",
                               str(server.certificate), typed=TOKEN.encode() + b"\n")
    assert status == 0 and TOKEN not in seen and "ada@example.org" in seen


def test_another_server_does_not_see_the_context_s_token(server, cowork, certificate):
    other = FakeServer(certificate)
    cowork.run("whoami", "--server", f"localhost:{other.port}", "--ca", server.certificate, check=4)
    assert not other.seen
    other.close()


def test_there_is_no_option_for_a_secret():
    """A token in argv would stand in the process list and in the shell's history."""
    text = subprocess.run([build() / "client/cowork", "help", "login"], capture_output=True, text=True).stdout
    assert not re.search(r"--(token|code|password) [A-Z]", text)


# --- what is printed ---

EVIL = "\x1b]0;owned\x07\x1b[2Jred\x9b31m\u202eevil\nnext\tcell"


@pytest.mark.parametrize("words", [("list",), ("list", "-o", "table"), ("list", "--json"), ("show", "R-7F3KAT"),
                                   ("show", "R-7F3KAT", "-o", "table")])
def test_no_escape_of_another_tenant_reaches_the_terminal(server, cowork, words):
    evil = booking(title=EVIL, member_name=EVIL)
    server.replies["booking.list"] = {"bookings": [evil], "rev": 1, "has_more": False}
    server.replies["booking.show"] = {"booking": evil, "rev": 1}
    out = cowork.run(*words, check=0).stdout
    assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", out)
    if "--json" in words:
        assert json.loads(out)["bookings"][0]["title"] == EVIL, "and nothing is lost"


def test_no_escape_of_a_message_reaches_the_terminal(server, cowork):
    server.script["booking.show"] = [Refuse("not_found", EVIL, hint=EVIL, field=EVIL)]
    err = cowork.run("show", "R-7F3KAT", check=12).stderr
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", err)


def test_lists_say_when_rows_are_left_out(server, cowork):
    def pages(params):
        start = int(params.get("cursor") or 0)
        end = min(start + params["limit"], 1200)
        return {"bookings": [booking(ref=f"R-{i}") for i in range(start, end)], "rev": 1, "has_more": end < 1200,
                **({"cursor": str(end)} if end < 1200 else {})}
    server.replies["booking.list"] = pages
    some = cowork.run("list", "--limit", "700", "--json=ref", check=0)
    assert len(json.loads(some.stdout)["bookings"]) == 700 and json.loads(some.stdout)["truncated"] is True
    assert "--limit 0" in some.stderr
    every = cowork.run("list", "--limit", "0", "-f", "ref", check=0)
    assert every.stdout.split() == [f"R-{i}" for i in range(1200)] and not every.stderr


def test_a_table_fits_its_terminal(server, cowork):
    rows = [booking(title="A very long title that goes on and on and on and never ends", space="한빛회의실"),
            {"space": "A-13", "start": "2026-11-23T14:00:00Z", "end": "2026-11-23T15:00:00Z", "taken": True}]
    server.replies["booking.list"] = {"bookings": rows, "rev": 1, "has_more": False}
    seen, status = on_terminal(cowork, "list")
    assert status == 0 and "Mon 23 Nov 2026 09:00–17:00 EST" in seen
    for line in seen.splitlines():
        width = sum(2 if "\uac00" <= letter <= "\ud7a3" else 1 for letter in line)
        assert width <= 80, line


def test_reads_ask_for_what_was_seen_before(server, cowork):
    cowork.run(*BOOK, check=0)
    server.replies["booking.list"] = {"bookings": [], "rev": 7, "has_more": False}
    cowork.run("list", check=0)
    assert server.requests("booking.list")[0]["min_rev"] == 7


def test_unknown_commands_are_suggested_and_not_run(cowork):
    assert '"book"' in cowork.run("boook", check=64).stderr


def test_a_word_that_is_not_utf8_is_65_and_nothing_is_sent(server, cowork):
    done = subprocess.run([build() / "client/cowork", *BOOK, "--title", b"caf\xe9"], env=cowork.environment(),
                          capture_output=True, text=True)
    assert done.returncode == 65 and "not valid UTF-8" in done.stderr and not server.seen


def test_a_zone_that_does_not_exist_is_refused(server, cowork):
    assert "Mars/Olympus" in cowork.run("mine", "--tz", "Mars/Olympus", check=64).stderr
    before = (cowork.folder / "config/cowork/config").read_text()
    cowork.run("config", "set", "tz", "Mars/Olympus", check=64)
    assert (cowork.folder / "config/cowork/config").read_text() == before and not server.seen
    cowork.run("config", "set", "tz", "Asia/Seoul", check=0)
    cowork.run("config", "set", "tz", "", check=0)


@pytest.mark.parametrize("words", [("show",), ("cancel",), ("history",), ("move", "A-13")])
def test_a_slip_in_a_reference_is_found_before_it_is_sent(server, cowork, words):
    done = cowork.run(words[0], "R-AAAAAA", *words[1:], check=65)
    assert "the last symbol does not fit the others: there is a slip in it" in done.stderr and not server.seen


def test_a_refusal_leads_to_the_list_of_its_noun(server, cowork):
    server.script["token.revoke"] = [Refuse("wrong_state", "it is revoked already")]
    server.script["booking.cancel"] = [Refuse("wrong_state", "it is cancelled already")]
    err = cowork.run("token", "revoke", "ABCDEFGH").stderr
    assert "cowork token list" in err and "cowork show" not in err
    assert "  try    cowork show R-7F3KAT\n" in cowork.run("cancel", "R-7F3KAT").stderr


def test_a_reference_is_never_cut(server, cowork):
    rows = [booking(title="A very long title that goes on", member="somebody.with.a.long.name@example.org")]
    server.replies["booking.list"] = {"bookings": rows, "rev": 1, "has_more": False}
    for columns in (20, 40, 60, 80):
        seen, _ = on_terminal(cowork, "list", columns=columns)
        assert "R-7F3KAT" in seen, seen


def test_help_fits_eighty_columns(cowork):
    for topic in ([], ["options"], ["dates"], ["formats"], ["files"], ["environment"], ["exit-codes"]):
        for line in cowork.run("help", *topic, check=0).stdout.splitlines():
            assert len(line) <= 80, line


# --- import ---

def bookings_csv(folder, rows, name="bookings.csv"):
    file = folder / name
    with open(file, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow("space,start_local,end_local,fold,member,title,external_id".split(","))
        for i in range(rows):
            writer.writerow([f"S-{i}", "2026-11-23T09:00", "2026-11-23T10:00", "", "", f"Row, {i}", ""])
    return file


def spaces(server):
    return [params["space"] for params in server.booked]


def test_import_books_every_row_in_order(server, cowork):
    file = bookings_csv(cowork.folder, 300)
    done = cowork.run("import", "bookings", file, check=0)
    assert re.match(r"300 booked, 0 refused, 0 already there of 300 rows in \d+\.\d s \(\d+/s\)\n$", done.stdout)
    assert spaces(server) == [f"S-{i}" for i in range(300)]
    first = server.booked[0]
    assert first["title"] == "Row, 0" and first["site"] == "KSQ" and first["source"] == "import"
    assert "member" not in first and "fold" not in first and "external_id" not in first


def test_import_keeps_a_window_in_flight(server, cowork):
    """Without any answer it sends four and no more; then it takes the link for dead and sends them again."""
    file = bookings_csv(cowork.folder, 40)
    server.script["booking.create"] = [SILENT] * 4
    cowork.run("import", "bookings", file, "--window", "4", "--timeout", "3", check=0)
    sent = [params["space"] for params in server.requests("booking.create")]
    assert sent[:8] == ["S-0", "S-1", "S-2", "S-3"] * 2
    assert len(server.booked) == 40


def test_a_cut_in_mid_import_loses_and_doubles_nothing(server, cowork):
    file = bookings_csv(cowork.folder, 500)
    server.script["booking.create"] = ["ok"] * 100 + [CUT] + ["ok"] * 100 + [LOSE] + ["ok"] * 50 + [CUT]
    done = cowork.run("import", "bookings", file, check=0)
    assert sorted(spaces(server)) == sorted(f"S-{i}" for i in range(500))
    assert done.stdout.startswith("500 booked, 0 refused, 0 already there") and server.connections == 4
    again = [params for params in server.requests("booking.create") if params["attempt"] > 2]
    assert again, "what was unanswered is asked again"
    tries = {}
    for params in server.requests("booking.create"):
        tries.setdefault(params["space"], set()).add(params["key"])
    assert all(len(keys) == 1 for keys in tries.values()), "with the same key"


def test_ctrl_c_and_a_second_run_book_nothing_twice(server, cowork):
    file = bookings_csv(cowork.folder, 2000)
    arrived = threading.Event()
    server.on_request = lambda *_: len(server.booked) >= 200 and arrived.set()
    process = subprocess.Popen([build() / "client/cowork", "import", "bookings", file], env=cowork.environment(),
                               text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert arrived.wait(30)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130 and "rows are done" in err and f"import bookings {file}" in err
    before = len(server.booked)
    assert 200 <= before < 2000 and out.startswith(f"{before} booked")
    done = cowork.run("import", "bookings", file, check=0)
    assert sorted(spaces(server)) == sorted(f"S-{i}" for i in range(2000))
    assert done.stdout.startswith(f"{2000 - before} booked, 0 refused, {before} already there of 2000 rows")


def test_import_stops_at_a_refusal(server, cowork):
    file = bookings_csv(cowork.folder, 1000)
    server.script["booking.create"] = ["ok"] * 10 + [Refuse("slot_taken", "S-10 is taken", space="S-10")]
    done = cowork.run("import", "bookings", file, check=65)
    assert "line 12: slot_taken: S-10 is taken" in done.stderr
    tried = len(server.requests("booking.create"))
    assert 11 <= tried <= 11 + 32
    assert done.stdout.endswith(f"; stopped at line 12; {1000 - tried} rows were not tried\n")


def test_the_one_row_that_is_left_is_told_as_one(server, cowork):
    file = bookings_csv(cowork.folder, 3)
    server.script["booking.create"] = ["ok", Refuse("slot_taken", "S-1 is taken", space="S-1")]
    done = cowork.run("import", "bookings", file, "--window", "1", check=65)
    assert done.stdout.endswith("; stopped at line 3; 1 row was not tried\n")


def test_import_can_skip_refusals_and_names_each(server, cowork):
    file = bookings_csv(cowork.folder, 100)
    with open(file, "a") as more:
        more.write("only,three,fields\nA-1,2026-11-23T09:00,2026-11-23T10:00,second,,,\n")
    server.script["booking.create"] = [Refuse("retired"), "ok", Refuse("not_found", "there is no space 'S-2'")]
    done = cowork.run("import", "bookings", file, "--on-error", "skip", check=65)
    assert done.stdout.startswith("98 booked, 4 refused, 0 already there of 102 rows")
    for line in ("line 2: retired:", "line 4: not_found: there is no space 'S-2'", "line 102: data:",
                 "line 103: params: fold"):
        assert line in done.stderr, done.stderr


def test_a_refusal_of_an_earlier_run_is_asked_anew(server, cowork):
    """Its cause may be gone; the old key could only repeat the old answer."""
    file = bookings_csv(cowork.folder, 3)
    server.script["booking.create"] = ["ok", Refuse("not_found"), "ok"]
    cowork.run("import", "bookings", file, "--on-error", "skip", check=65)
    done = cowork.run("import", "bookings", file, "--on-error", "skip", check=0)
    assert done.stdout.startswith("1 booked, 0 refused, 2 already there of 3 rows")
    assert sorted(spaces(server)) == ["S-0", "S-1", "S-2"]


def test_an_import_that_gets_no_answer_is_75_and_says_how_to_go_on(server, cowork):
    file = bookings_csv(cowork.folder, 50)
    server.script["booking.create"] = ["ok"] * 10 + [SILENT] * 5000
    done = cowork.run("import", "bookings", file, "--timeout", "1", check=75)
    assert f"cowork import bookings {file} --timeout 1" in done.stderr
    server.script.clear()
    done = cowork.run("import", "bookings", file, check=0)
    assert sorted(spaces(server)) == sorted(f"S-{i}" for i in range(50))
    assert "50 rows" in done.stdout


def test_import_from_a_server_that_is_not_there_is_69(server, cowork):
    file = bookings_csv(cowork.folder, 5)
    server.close()
    assert "cannot be reached" in cowork.run("import", "bookings", file, check=69).stderr


def test_import_checks_the_columns_before_it_connects(server, cowork):
    file = cowork.folder / "spaces.csv"
    file.write_text("code,kind,colour\n")
    done = cowork.run("import", "spaces", file, check=65)
    assert '"colour"' in done.stderr and "amenities" in done.stderr
    cowork.run("import", "spaces", cowork.folder / "absent.csv", check=66)
    cowork.run("import", "desks", file, check=64)
    assert not server.seen


def test_lists_and_numbers_have_their_types(server, cowork):
    file = cowork.folder / "spaces.csv"
    file.write_text("site,code,kind,capacity,amenities,units\nDJN,AB,event,40,screen;stage,A;B\n")
    cowork.run("import", "spaces", file, check=0)
    sent = server.requests("space.create")[0]
    assert (sent["site"], sent["capacity"], sent["amenities"], sent["units"]) == \
        ("DJN", 40, ["screen", "stage"], ["A", "B"])


def test_one_time_codes_go_to_a_private_file(server, cowork):
    file = cowork.folder / "members.csv"
    file.write_text("tenant,login,name\nBIO,ada@example.org,Ada\n")
    server.replies["member.invite"] = {"member": {"login": "ada@example.org"}, "code": CODE, "rev": 3}
    codes = cowork.folder / "codes.csv"
    done = cowork.run("import", "members", file, "--codes-file", codes, check=0)
    assert codes.read_text() == f"login,code\nada@example.org,{CODE}\n"
    assert codes.stat().st_mode & 0o777 == 0o600
    assert CODE not in done.stdout + done.stderr


def test_an_export_can_be_imported_again(server, cowork):
    rows = [booking(title='Say "hi", all', note="two\nlines"),
            booking(ref="R-2", start="2026-11-01T05:30:00Z", end="2026-11-01T07:30:00Z"),
            booking(ref="R-3", start="2026-11-01T05:15:00Z", end="2026-11-01T06:15:00Z"),
            {"space": "A-9", "start": "2026-11-23T14:00:00Z", "end": "2026-11-23T15:00:00Z", "taken": True}]
    server.replies["booking.list"] = {"bookings": rows, "rev": 1, "has_more": False}
    out = cowork.run("export", "bookings", check=0).stdout
    parsed = list(csv.DictReader(io.StringIO(out)))
    assert [(row["start_local"], row["end_local"], row["fold"]) for row in parsed] == [
        ("2026-11-23T09:00", "2026-11-23T17:00", ""),
        ("2026-11-01T01:30", "2026-11-01T02:30", "0"),
        ("2026-11-01T05:15:00Z", "2026-11-01T06:15:00Z", "")]
    file = cowork.folder / "again.csv"
    file.write_text(out)
    cowork.run("import", "bookings", file, check=0)
    assert server.booked[0]["title"] == 'Say "hi", all' and server.booked[0]["note"] == "two\nlines"
    assert server.booked[0]["for"] == "ada@example.org" and server.booked[1]["fold"] == 0
    lines = cowork.run("export", "bookings", "--json", check=0).stdout
    file.write_text(lines)
    server.booked.clear()
    cowork.run("import", "bookings", file, check=0)
    assert len(server.booked) == 3 and server.booked[0]["note"] == "two\nlines"


def test_a_revoked_token_ends_an_import(server, cowork):
    file = bookings_csv(cowork.folder, 500)
    server.script["booking.create"] = ["ok"] * 5 + [Refuse("unauthenticated", door=True)] * 500
    cowork.run("import", "bookings", file, "--on-error", "skip", check=65)
    assert len(server.requests("booking.create")) <= 5 + 1 + 32


# --- the page ---

def test_the_manual_page_names_every_command_and_option():
    page = (ROOT / "docs/cowork.1.scd").read_text()
    text = subprocess.run([build() / "client/cowork", "help"], capture_output=True, text=True).stdout
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?) {2,}", text, re.M)
    assert len(commands) > 20
    for command in commands:
        assert re.search(rf"^\*{command}(\*| [a-z]+\*)", page, re.M), command  # or its verbs, a paragraph each
    options = subprocess.run([build() / "client/cowork", "help", "options"], capture_output=True, text=True).stdout
    for option in re.findall(r"--[a-z-]+", options):
        assert f"*{option}*" in page, option


# --- doctor ---

def test_doctor_passes_every_step(cowork):
    out = cowork.run("doctor", check=0).stdout
    for step in ("config", "resolve", "connect", "tls", "alpn", "protocol", "clock", "token", "latency"):
        assert re.search(rf"^ok\t{step}\t", out, re.M), out


def test_doctor_names_the_step_that_fails(server, cowork, certificate):
    server.script["session.auth"] = [Refuse("unauthenticated", "the token has expired")]
    assert re.search(r"^FAIL\ttoken\tthe token has expired", cowork.run("doctor", check=4).stdout, re.M)
    server.replies["session.hello"] = {"protocol": 1, "server": {"name": "fake"}, "time": "2001-01-01T00:00:00Z"}
    assert re.search(r"^FAIL\tclock", cowork.run("doctor", check=78).stdout, re.M)
    (cowork.folder / "config/cowork/config").write_text(
        f"current = test\n[context test]\nserver = localhost:{server.port}\n")
    assert re.search(r"^FAIL\ttls\t", cowork.run("doctor", check=69).stdout, re.M)
    server.close()
    assert re.search(r"^FAIL\tconnect\t", cowork.run("doctor", check=69).stdout, re.M)


def test_doctor_sees_a_server_without_its_database(server, cowork):
    server.replies["server.status"] = {"ready": True, "database": "up"}
    assert re.search(r"^ok\tdatabase\tup$", cowork.run("doctor", check=0).stdout, re.M)
    server.replies["server.status"] = {"ready": False, "database": "down"}
    assert re.search(r"^FAIL\tdatabase\tdown$", cowork.run("doctor", check=75).stdout, re.M)


def test_doctor_blames_the_database_and_not_the_token(server, cowork):
    server.script["session.auth"] = [Refuse("db_unavailable", "the database is away", door=True)]
    out = cowork.run("doctor", check=75).stdout
    assert re.search(r"^FAIL\tdatabase\tthe database is away", out, re.M) and "cowork login" not in out
