"""What `cowork` prints: the formats, the fields, and rows that are wider than the screen."""

import json

import pytest
from fake_server import FakeServer, booking
from rig import CommandLine
from test_client import TOKEN, on_terminal


@pytest.fixture
def server(certificate):
    it = FakeServer(certificate)
    it.replies["booking.list"] = {"rev": 1, "has_more": False, "bookings": [
        booking(title="Planning", member_name="Ada Park"),
        booking(ref="R-2ND", guest="Sam Visitor", member_name="Ada Park"),
        {"space": "A-13", "start": "2026-11-23T14:00:00Z", "end": "2026-11-23T15:00:00Z", "taken": True}]}
    yield it
    it.close()


@pytest.fixture
def cowork(server, short_dir):
    return CommandLine(short_dir, server).context(TOKEN, "KSQ")


def test_one_object_a_line(cowork):
    lines = cowork.run("list", "-o", "ndjson", check=0).stdout.splitlines()
    assert [json.loads(line).get("ref") for line in lines] == ["R-7F3KAT", "R-2ND", None]
    lines = cowork.run("list", "-o", "ndjson", "-f", "ref,space", check=0).stdout.splitlines()
    assert json.loads(lines[0]) == {"ref": "R-7F3KAT", "space": "A-12"}


def test_only_the_names(server, cowork):
    assert cowork.run("list", "-o", "name", "--header", check=0).stdout.splitlines()[:2] == ["R-7F3KAT", "R-2ND"]
    server.replies["space.list"] = {"spaces": [{"code": "A-12", "kind": "desk"}], "rev": 1, "has_more": False}
    assert cowork.run("space", "list", "-o", "name", check=0).stdout == "A-12\n"


@pytest.mark.parametrize("words", [("list", "-f", "ref,titel"), ("list", "--json=ref,titel"), ("mine", "-f", "titel"),
                                   ("show", "R-7F3KAT", "-f", "titel")])
def test_a_field_that_no_row_has_is_told_with_those_there_are(server, cowork, words):
    server.replies["booking.show"] = {"booking": booking(), "rev": 1}
    done = cowork.run(*words, check=64)
    assert 'there is no field "titel"; did you mean "title"?' in done.stderr and not done.stdout
    names = "".join(line[9:] for line in done.stderr.splitlines()[1:]).split(",")
    assert {"ref", "space", "when", "who", "local.start", "guest"} <= set(names) and len(names) == len(set(names))


def test_a_field_that_only_the_server_knows_is_no_slip(server, cowork):
    server.replies["rpc.discover"] = {"nouns": {"booking": {"price": {}}}}
    cowork.run("list", "-f", "ref,price", check=0)


def test_who_is_the_guest_or_the_person_or_nobody_of_ours(cowork):
    assert cowork.run("list", "-f", "who", check=0).stdout.splitlines() == ["Ada Park", "Sam Visitor", "(taken)"]


def test_a_script_sees_the_guest_whom_a_table_names(server, cowork):
    for words in (("list",), ("mine",), ("who",), ("list", "today")):
        rows = [line.split("\t") for line in cowork.run(*words, "--header", check=0).stdout.splitlines()]
        assert rows[0][-1] == "guest" and [row[-1] for row in rows[1:]] == ["", "Sam Visitor", ""], words
    server.replies["booking.show"] = {"booking": booking(guest="Sam Visitor"), "rev": 1}
    assert cowork.run("show", "R-7F3KAT", check=0).stdout.endswith("\tSam Visitor\n")


def test_a_row_wider_than_the_screen_is_a_record(cowork):
    wide, _ = on_terminal(cowork, "list", columns=80)
    narrow, _ = on_terminal(cowork, "list", columns=48)
    assert "REF " in wide.splitlines()[0] and "SPACE" in wide.splitlines()[0]
    assert narrow.splitlines()[:6] == ["REF    R-7F3KAT", "SPACE  A-12", "WHEN   Mon 23 Nov 2026 09:00–17:00 EST",
                                       "STATE  confirmed", "WHO    Ada Park", "TITLE  Planning"]


def test_names_of_fields_are_told_on_lines_that_fit(cowork):
    assert [line for line in cowork.run("list", "-f", "titel", check=64).stderr.splitlines() if len(line) > 80] == []


def test_a_column_without_any_text_is_left_out_unless_asked_for(server, cowork):
    server.replies["booking.list"] = {"rev": 1, "has_more": False, "bookings": [booking()]}
    assert cowork.run("list", "-o", "table", check=0).stdout.splitlines()[0].split() == ["REF", "SPACE", "WHEN", "STATE", "WHO"]
    asked = cowork.run("list", "-o", "table", "-f", "ref,title", check=0).stdout
    assert asked.splitlines()[0].split() == ["REF", "TITLE"]
