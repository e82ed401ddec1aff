"""What a person's terminal sees: the pager, colours, plain ASCII, any width, and names made to harm."""

import re
import unicodedata

import pytest

from rig import on_terminal

ANSI = re.compile(r"\x1b\[[0-9;]*m")
COLORFUL = {"NO_COLOR": "", "CLICOLOR_FORCE": ""}
PAGER = "sh -c 'echo BEGIN; cat; echo END'"


def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1
               for c in ANSI.sub("", line))


@pytest.fixture
def ada(cowork):
    """With a booking to look at."""
    it = cowork("ada")
    it.run("book", "A-01", "2055-03-01T09:00", "2055-03-01T10:00", "--title", "한빛 주간 회의", check=0)
    return it


# The pager

def test_lists_and_help_go_through_the_pager_of_a_terminal(ada):
    for words in (("mine",), ("help",), ("help", "dates"), ("book", "--help"), ("space", "list")):
        told, status = on_terminal(ada, *words, environment={"COWORK_PAGER": PAGER})
        assert told.startswith("BEGIN") and told.rstrip().endswith("END") and status == 0, words


def test_what_is_not_read_page_by_page_does_not(ada):
    told, status = on_terminal(ada, "book", "A-02", "2055-03-01T09:00", "2055-03-01T10:00", environment={"COWORK_PAGER": PAGER})
    assert status == 0 and "A-02" in told and "BEGIN" not in told


def test_elsewhere_than_on_a_terminal_there_is_no_pager(ada):
    assert "BEGIN" not in ada.run("mine", environment={"COWORK_PAGER": PAGER}, check=0).stdout


@pytest.mark.parametrize("environment, paged", [
    ({"PAGER": PAGER, "COWORK_PAGER": None}, True), ({"PAGER": PAGER, "COWORK_PAGER": ""}, False),
    ({"PAGER": "false", "COWORK_PAGER": PAGER}, True), ({"COWORK_PAGER": PAGER, "TERM": "dumb"}, False),
    ({"COWORK_PAGER": "no-such-pager"}, None), ({"COWORK_PAGER": "cat"}, None)])
def test_which_pager(ada, environment, paged, monkeypatch):
    environment = {name: value for name, value in environment.items()}
    if environment.get("COWORK_PAGER", "") is None:
        del environment["COWORK_PAGER"]
        base = ada.environment
        monkeypatch.setattr(ada, "environment", lambda **more: {
            name: value for name, value in base(**more).items() if name != "COWORK_PAGER"})
    told, status = on_terminal(ada, "mine", environment=environment)
    assert "A-01" in told and status == 0
    assert ("BEGIN" in told) == bool(paged)


def test_a_reader_who_has_seen_enough_is_no_failure(ada):
    _, status = on_terminal(ada, "help", environment={"COWORK_PAGER": "true"})
    assert status == 0


def test_notes_come_after_what_was_read(ada):
    told, _ = on_terminal(ada, "space", "list", "--limit", "2", environment={"COWORK_PAGER": PAGER})
    assert told.index("END") < told.index("There are more rows")


# Colours

@pytest.mark.parametrize("words, environment, colored", [
    ((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False), ((), {"TERM": "dumb"}, False)])
def test_colours_of_a_terminal(ada, words, environment, colored):
    told, _ = on_terminal(ada, "mine", *words, environment={**COLORFUL, **environment})
    assert ("\x1b[" in told) == colored
    assert "confirmed" in told  # a state is a word, too


@pytest.mark.parametrize("words, environment, colored", [
    ((), {}, False), ((), {"CLICOLOR_FORCE": "1"}, True), ((), {"CLICOLOR_FORCE": "0"}, False),
    ((), {"CLICOLOR_FORCE": "1", "NO_COLOR": "1"}, False), (("--no-color",), {"CLICOLOR_FORCE": "1"}, False)])
def test_colours_in_a_pipe(ada, words, environment, colored):
    told = ada.run("mine", "-o", "table", *words, environment={**COLORFUL, **environment}, check=0).stdout
    assert ("\x1b[" in told) == colored


# ASCII

@pytest.mark.parametrize("words, environment", [(("--ascii",), {}), ((), {"COWORK_GLYPHS": "ascii"})])
def test_signs_become_ascii_and_names_stay(ada, words, environment):
    book = ("book", "A-03", "2055-03-01T09:00", "2055-03-01T10:00", "--title", "한빛")
    for line in (book, ("mine",), ("free", "desk", "2055-03-01T09:00", "2055-03-01T10:00"), ("day", "A-01", "2055-03-01")):
        told, status = on_terminal(ada, *line, *words, environment=environment)
        assert status == 0 and not {c for c in told if ord(c) > 126 and not "가" <= c <= "힣"}, told
    told, _ = on_terminal(ada, "mine", *words, environment=environment)
    assert "한빛" in told and "09:00-10:00" in told
    assert ada.run("mine", "--json", *words, environment=environment, check=0).stdout == ada.run("mine", "--json", check=0).stdout


def test_columns_are_the_same_with_and_without_ascii(ada):
    plain, _ = on_terminal(ada, "mine", columns=50, environment={"COWORK_GLYPHS": "ascii"})
    signs, _ = on_terminal(ada, "mine", columns=50)
    assert [width(line) for line in plain.split("\n")] == [width(line) for line in signs.split("\n")]


# Widths

SCREENS = [("mine",), ("list",), ("space", "list"), ("free", "desk", "2055-03-01T09:00", "2055-03-01T10:00"),
           ("day", "A-01", "2055-03-01"), ("help",), ("help", "book"), ("book", "Z-99", "2055-03-01T09:00", "2055-03-01T10:00"),
           ("book", "A-01", "2055-03-01T09:00", "2055-03-01T10:00"), ("whoami",), ("status",), ("doctor",), ("nonsense",)]


@pytest.mark.parametrize("columns, language", [(1, "en"), (20, "en"), (20, "ko"), (33, "en"), (47, "ko"), (80, "en"),
                                               (200, "ko"), (100000, "en")])
def test_every_screen_ends_at_any_width(ada, columns, language):
    for words in SCREENS:
        told, status = on_terminal(ada, *words, columns=columns, environment={"LANGUAGE": language})
        assert told and status in (0, 10, 12, 64), (words, told)
        assert "\ufffd" not in told, (words, told)  # no character was cut in half


def test_references_and_codes_are_whole_at_any_width(ada):
    ref = ada.run("mine", "-o", "tsv", "-f", "ref", check=0).stdout.strip()
    for columns in (20, 33, 47, 64, 80, 132):
        for words in (("mine",), ("list",)):
            told, _ = on_terminal(ada, *words, columns=columns)
            assert ref in told and "A-01" in told and "09:00–10:00" in told


@pytest.mark.parametrize("columns, language", [(48, "en"), (64, "ko"), (80, "en"), (80, "ko")])
def test_a_table_is_no_wider_than_its_terminal(ada, columns, language):
    for words in (("list",), ("space", "list"), ("mine",)):
        told, _ = on_terminal(ada, *words, columns=columns, environment={"LANGUAGE": language})
        assert [line for line in told.replace("\r", "").split("\n") if width(line) > columns] == []


# Names made to harm

EVIL = {"escape": "\x1b]0;owned\x07\x1b[2J", "bidi": "\u202egnp.exe\u2066\u2069", "c1": "a\x9b31mb", "long": "가나다" * 100,
        "lines": "one\ttwo", "joiner": "👩\u200d👩\u200d👧\u200d👦 family", "marks": "e" + "\u0301" * 60}


@pytest.mark.parametrize("name, language", [("escape", "en"), ("escape", "ko"), ("bidi", "en"), ("c1", "en"), ("long", "ko"),
                                            ("lines", "en"), ("joiner", "en"), ("marks", "ko")])
def test_no_name_reaches_the_terminal_unsafe(ada, sql, name, language):
    """However it came into the database."""
    sql.execute("UPDATE cowork.booking_text SET title = %s, note = %s", (EVIL[name][:200], EVIL[name]))
    sql.execute("UPDATE cowork.space SET name = %s WHERE code = 'A-01'", (EVIL[name][:100],))
    sql.connection.commit()
    ref = ada.run("mine", "-o", "tsv", "-f", "ref", check=0).stdout.strip()
    kept = EVIL[name] in ada.run("export", "bookings", check=0).stdout  # a file has what was there
    assert kept or name == "long"
    for words in (("mine",), ("list",), ("show", ref), ("space", "list"), ("space", "show", "A-01"), ("history", ref),
                  ("cancel", ref, "--dry-run"), ("export", "bookings")):
        told, status = on_terminal(ada, *words, environment={"LANGUAGE": language, "NO_COLOR": "1"})
        assert status == 0, (words, told)
        bad = [c for c in told.replace("\r\n", "\n") if c != "\n" and (unicodedata.category(c) == "Cc" or c in "\u202e\u2066\u2069")]
        assert not bad, (words, told)
