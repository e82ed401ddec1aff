"""The real client with the real daemon: what a member, a tenant admin and the operator do in a day."""

import csv
import io
import json
import re

import pytest

DAY = "2055-03-01"
MORNING = (f"{DAY}T09:00", f"{DAY}T12:00")
NOON = (f"{DAY}T11:00", f"{DAY}T13:00")


def reference(done):
    return re.match(r"R-[0-9A-Z]{6}", done.stdout)[0]


def test_a_member_books_moves_and_cancels(cowork):
    ada = cowork("ada")
    ref = reference(ada.run("book", "A-01", *MORNING, "--title", "딥 워크", check=0))
    assert ada.run("mine", check=0).stdout.startswith(f"{ref}\tA-01\t{MORNING[0]}\t{MORNING[1]}\tconfirmed\t")
    assert ada.run("move", ref, "A-02", check=0).stdout.startswith(f"{ref}\tA-02\t{MORNING[0]}")
    assert ada.run("move", ref, *NOON, check=0).stdout.startswith(f"{ref}\tA-02\t{NOON[0]}")
    shown = json.loads(ada.run("show", ref.lower(), "--json", check=0).stdout)
    assert (shown["space"], shown["version"], shown["title"]) == ("A-02", 3, "딥 워크")
    ada.run("cancel", ref, "--if-version", "2", check=10)
    ada.run("cancel", ref, check=0)
    kinds = [line.split("\t")[2] for line in ada.run("history", ref, check=0).stdout.splitlines()]
    assert kinds == ["booking.created", "booking.moved", "booking.moved", "booking.cancelled"]
    assert ada.run("mine", check=0).stdout == ""


def test_what_is_free_is_found_and_nothing_is_1(cowork):
    ada = cowork("ada")
    found = [line.split("\t") for line in ada.run("free", "desk", *MORNING, "--near", "A-02", check=0).stdout.splitlines()]
    assert found and all(row[2] == "desk" for row in found) and "A-01" in [row[0] for row in found]
    cowork("minji").run("book", "A-01", *MORNING, check=0)
    codes = ada.run("free", *NOON, "--area", "A", "--limit", "0", "-f", "space.code", check=0).stdout.split()
    assert "A-01" not in codes and "A-02" in codes
    assert ada.run("free", "desk", *MORNING, "--capacity", "99999", check=1).stdout == ""
    assert ada.run("free", *MORNING, "--near", "NOWHERE").returncode == 12


def test_a_day_shows_what_is_free_and_what_is_taken(cowork):
    ada = cowork("ada")
    ref = reference(ada.run("book", "A-01", *MORNING, check=0))
    assert f"A-01\t{MORNING[0]}\t{MORNING[1]}\ttaken\t{ref}" in ada.run("day", "A-01", DAY, check=0).stdout
    other = cowork("minji").run("day", "A-01", DAY, check=0).stdout
    assert f"A-01\t{MORNING[0]}\t{MORNING[1]}\ttaken\t\n" in other
    area = json.loads(ada.run("day", DAY, "--area", "A", "--json", check=0).stdout)["spans"]
    assert {span["space"] for span in area} > {"A-01", "A-02"} and {"free", "taken"} <= {s["state"] for s in area}
    assert ada.run("day", "A-01", check=0).stdout.startswith("A-01\t"), "today where none is given"
    ada.run("day", "A-01", "2055-02-30", check=65)
    assert ada.run("day", "A-01", "tomorrow", check=0).stdout.startswith("A-01\t")


def test_a_phrase_books_what_it_is_echoed_as(cowork):
    """By the site's own clock, which the client asks the daemon for."""
    ada, now = cowork("ada"), {"COWORK_NOW": "2055-02-26T15:00:00Z"}
    done = ada.run("book", "A-01", "mon", "9am-noon", environment=now, check=0)
    assert f"\tA-01\t{MORNING[0]}\t{MORNING[1]}\t" in done.stdout and done.stderr == "Mon 1 Mar 09:00–12:00 EST\n"
    moved = ada.run("move", reference(done), "A-02", "월", "11-13시", environment=now, check=0)
    assert f"\tA-02\t{NOON[0]}\t{NOON[1]}\t" in moved.stdout
    listed = ada.run("list", "--from", "mon", "--to", "mon", "-f", "space", environment=now, check=0)
    assert listed.stdout == "A-02\n"
    assert ada.run("list", "--from", "tue", "--to", "wed", environment=now, check=0).stdout == ""


def test_the_second_of_two_is_told_who_is_first_and_when(cowork):
    cowork("ada").run("book", "A-01", *MORNING, check=0)
    done = cowork("minji").run("book", "A-01", *NOON, check=10)
    assert done.stderr.splitlines()[0] == "cowork: A-01 is taken Mon 1 Mar 2055 09:00–12:00 EST"
    assert "ada" not in done.stderr and not done.stdout


def test_a_key_that_is_asked_again_books_once(cowork):
    ada = cowork("ada")
    key = "01930000-0000-7000-8000-000000000001"
    first = ada.run("book", "A-01", *MORNING, "--key", key, check=0)
    again = ada.run("book", "A-01", *MORNING, "--key", key, check=0)
    assert reference(first) == reference(again)
    assert len(ada.run("mine", check=0).stdout.splitlines()) == 1
    ada.run("book", "A-02", *MORNING, "--key", key, check=65)


def test_a_dry_run_books_nothing(cowork):
    ada = cowork("ada")
    ada.run("book", "A-01", *MORNING, "--dry-run", check=0)
    assert ada.run("mine", check=0).stdout == ""
    cowork("minji").run("book", "A-01", *MORNING, check=0)
    ada.run("book", "A-01", *MORNING, "--dry-run", check=10)


def test_an_invitation_becomes_a_login(cowork, daemon, world):
    guest = cowork()
    words = ("login", "--server", f"localhost:{daemon.port}", "--ca", daemon.certificate, "--code-file", "-")
    done = guest.run(*words, input=world.code["newcomer"], check=0)
    assert "new@acme.example" in done.stderr
    assert json.loads(guest.run("whoami", "--json", check=0).stdout)["tenant"] == "acme"
    guest.run(*words, input=world.code["newcomer"], check=4)


def test_the_operator_keeps_the_space(cowork):
    operator = cowork("operator")
    operator.run("space", "add", "C-1", "--kind", "room", "--capacity", "4", "--amenities", "screen,phone",
                 check=0)
    shown = json.loads(operator.run("space", "show", "C-1", "--json", check=0).stdout)
    assert shown["capacity"] == 4 and sorted(shown["amenities"]) == ["phone", "screen"]
    operator.run("space", "add", "C-1", "--kind", "room", check=10)
    operator.run("space", "set", "C-1", "--name", "한빛 회의실", check=0)
    block = operator.run("block", "add", "C-1", *MORNING, "--reason", "repair", check=0).stdout.split("\t")[0]
    cowork("ada").run("book", "C-1", *NOON, check=10)
    operator.run("block", "end", block, check=0)
    cowork("ada").run("book", "C-1", *NOON, check=0)
    refused = operator.run("space", "retire", "C-1", check=10).stderr
    assert "C-1 has 1 booking that is not over" in refused and "cowork space retire C-1 --with-bookings" in refused
    operator.run("space", "retire", "C-1", "--with-bookings", check=0)
    cowork("ada").run("book", "C-1", f"{DAY}T15:00", f"{DAY}T16:00", check=12)
    cowork("ada").run("space", "add", "X", "--kind", "desk", check=77)


def test_the_rules_of_a_kind_are_told_and_changed(cowork):
    operator = cowork("operator")
    operator.run("site", "add", "RUL", "--name", "Rules", "--zone", "Asia/Seoul", check=0)
    rule = ("--site", "RUL", "site", "rule")
    assert operator.run(*rule, "desk", check=0).stdout == "desk\t15m to 1d, by 15m, 90d ahead, one at a time\n"
    done = operator.run(*rule, "desk", "--longest", "8h", "--horizon", "30", "--notice", "1h30m", "--shortest", "none", check=0)
    assert done.stdout == "desk\tup to 8h, by 15m, 1h30m before, 30d ahead, one at a time\n"
    operator.run(*rule, "room", "--longest", "none", "--one-at-a-time", "yes", "--dry-run", check=0)
    done = operator.run(*rule, "desk", "--longest", "none", "--granularity", "none", "--notice", "none", "--horizon", "none",
                        "--one-at-a-time", "no", check=0)
    assert done.stdout == "desk\tno limit\n"
    shown = json.loads(operator.run("site", "show", "RUL", "--json", check=0).stdout)
    assert shown["rules"]["desk"] == {"one_at_a_time": False} and shown["rules"]["room"]["longest"] == 720
    assert re.search(r"rules.room +15m to 12h, by 15m, 180d ahead", operator.run("site", "show", "RUL", "-o", "table", check=0).stdout)


def test_a_rule_that_makes_no_sense_is_refused_before_it_is_sent(cowork):
    operator = cowork("operator")
    for words in (("--longest", "8x"), ("--longest", "-1h"), ("--horizon", "8h"), ("--one-at-a-time", "maybe")):
        operator.run("site", "rule", "desk", *words, check=64)
    assert "granularity" in operator.run("site", "rule", "desk", "--granularity", "7m").stderr
    assert "boat" in operator.run("site", "rule", "boat", "--longest", "8h").stderr
    cowork("ada").run("site", "rule", "desk", "--longest", "8h", check=77)


def test_a_token_for_a_program_is_issued_and_revoked(cowork):
    operator = cowork("operator")
    token = operator.run("token", "issue", "door display", check=0).stdout.strip()
    door = cowork()
    (door.folder / "token").write_text(token)
    here = {"COWORK_TOKEN_FILE": str(door.folder / "token")}
    door.run("whoami", environment=here, check=0)
    operator.run("token", "revoke", token[4:12], check=0)
    door.run("whoami", environment=here, check=4)


def test_an_import_runs_twice_and_books_once(cowork):
    operator = cowork("operator")
    file = operator.folder / "bookings.csv"
    with open(file, "w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["space", "start_local", "end_local", "member", "title"])
        for i in range(200):
            writer.writerow([f"A-{i % 10 + 1:02}", f"2055-03-{i // 10 + 1:02}T09:00", f"2055-03-{i // 10 + 1:02}T10:00",
                             "ada@acme.example", f"Row {i}"])
        writer.writerow(["A-01", "2055-03-01T09:30", "2055-03-01T10:30", "", "late"])
    first = operator.run("import", "bookings", file, "--on-error", "skip", check=65)
    assert first.stdout.startswith("200 booked, 1 refused, 0 already there of 201 rows")
    assert "line 202: slot_taken: A-01 is taken" in first.stderr
    second = operator.run("import", "bookings", file, "--on-error", "skip", check=65)
    assert second.stdout.startswith("0 booked, 1 refused, 200 already there of 201 rows")
    exported = list(csv.DictReader(io.StringIO(operator.run("export", "bookings", check=0).stdout)))
    assert len(exported) == 200
    assert {row["title"] for row in exported} == {f"Row {i}" for i in range(200)}


def test_a_site_is_carried_to_another_by_its_files(cowork):
    operator = cowork("operator")
    operator.run("site", "add", "NEW", "--name", "New", "--zone", "Asia/Seoul", check=0)
    for kind in ("floors", "areas", "spaces"):
        file = operator.folder / f"{kind}.csv"
        rows = list(csv.DictReader(io.StringIO(operator.run("export", kind, check=0).stdout)))
        assert rows
        with open(file, "w", newline="") as out:
            writer = csv.DictWriter(out, rows[0].keys())
            writer.writeheader()
            writer.writerows({**row, **({"site": "NEW"} if "site" in row else {})} for row in rows)
        operator.run("import", kind, file, check=0)
    assert operator.run("space", "list", "--site", "NEW", check=0).stdout == \
        operator.run("space", "list", check=0).stdout


def test_the_rules_of_a_site_are_carried_by_its_file(cowork):
    operator = cowork("operator")
    operator.run("site", "add", "RUA", "--name", "Rules", "--zone", "Asia/Seoul", check=0)
    operator.run("site", "rule", "booth", "--longest", "1h", "--site", "RUA", check=0)
    rules = {}
    for form, name in (((), "C"), (("--json",), "J")):
        lines = operator.run("export", "sites", *form, check=0).stdout.splitlines()
        head = [] if form else lines[:1]
        file = operator.folder / "sites"
        rows = [line for line in lines if re.search(r"\b(RUA|KSQ)\b", line)]
        file.write_text("\n".join(head + rows).replace("RUA", f"RU{name}").replace("KSQ", f"KS{name}") + "\n")
        operator.run("import", "sites", file, check=0)
        for code in (f"RU{name}", f"KS{name}"):
            rules[code] = json.loads(operator.run("site", "show", code, "--json", check=0).stdout).get("rules")
    assert rules["RUC"] == rules["RUJ"] and rules["RUC"]["booth"]["longest"] == 60 and len(rules["RUC"]) == 5
    assert rules["KSC"] is rules["KSJ"] is None


def test_doctor_is_content(cowork):
    out = cowork("ada").run("doctor", check=0).stdout
    assert "logged in as ada@acme.example" in out and "FAIL" not in out


@pytest.mark.parametrize("words", ["", "book", "space add", "import", "config", "config set", "__complete"])
def test_three_ways_to_ask_for_help_are_one(cowork, words):
    """Of a word that is no command, nothing is told either way."""
    ada, words = cowork("ada"), words.split()
    if words == ["__complete"]:
        assert ada.run("help", *words).returncode == 64
        return
    told = [ada.run(*form, check=0).stdout for form in (["help", *words], [*words, "-h"], [*words, "--help"])]
    assert told[0] == told[1] == told[2] and told[0]
