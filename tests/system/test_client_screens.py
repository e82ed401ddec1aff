"""The screens of the daily commands: my day, the week, a choice, and refusals that offer something else."""

import os
import re
import stat
import unicodedata

import pytest
from fake_server import OK, FakeServer, Refuse, booking
from rig import CommandLine
from test_client import TOKEN, on_terminal

NOW = "2026-11-22T19:00:00Z"  # a Sunday, 14:00 in New York
SEOUL = {"COWORK_NOW": "2026-11-22T02:00:00Z", "LANGUAGE": "ko"}


class Screens(CommandLine):
    """Works at a fixed time."""

    def environment(self, **more):
        return super().environment(**{"COWORK_NOW": NOW, **more})


@pytest.fixture
def server(certificate):
    it = FakeServer(certificate)
    it.replies["space.show"] = lambda params: {"space": {
        "code": params["space"], "kind": "desk", "area": "A", "floor": "2F", "name": params["space"]}, "rev": 1}
    it.replies["area.list"] = {"areas": [{"code": "A", "name": "By the window"}], "rev": 1, "has_more": False}
    yield it
    it.close()


@pytest.fixture
def cowork(server, short_dir):
    return Screens(short_dir, server).context(TOKEN, "KSQ")


def tries(done):
    return re.findall(r"^  try    (cowork .*)$", done.stderr, re.M)


def width(line):
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


def screen(cowork, *words, columns=80, typed=b"", **environment):
    plain = cowork.environment
    cowork.environment = lambda **more: plain(**{**environment, **more})
    try:
        seen, status = on_terminal(cowork, *words, columns=columns, typed=typed)
    finally:
        cowork.environment = plain
    return seen.replace("\r", ""), status


# --- who ---

@pytest.mark.parametrize("now, words, asked", [
    ("2026-11-22T19:00:00Z", ["tomorrow"], "2026-11-23T19:00:00Z"),         # 14:00, as now
    ("2026-11-22T19:00:00Z", ["tomorrow", "10:00"], "2026-11-23T15:00:00Z"),
    ("2026-11-22T19:00:00Z", ["today"], "2026-11-22T19:00:00Z"),
    ("2026-11-23T03:00:00Z", ["tomorrow"], "2026-11-23T14:00:00Z"),         # 22:00: from 09:00 on
    ("2026-11-22T10:00:00Z", ["2026-11-24"], "2026-11-24T14:00:00Z"),       # 05:00
])
def test_who_is_there_on_a_day_is_asked_for_its_hours(server, cowork, now, words, asked):
    server.replies["booking.list"] = {"bookings": [], "rev": 1, "has_more": False}
    cowork.run("who", *words, environment={"COWORK_NOW": now}, check=0)
    assert server.requests("booking.list")[-1]["from"] == asked


# --- my day ---

def at(ref, start, end, space="A-12", **more):
    return booking(ref=ref, space=space, start=start, end=end, **more)


MINE = [at("R-1", "2026-11-22T18:00:00Z", "2026-11-22T21:00:00Z"), at("R-2", "2026-11-22T22:00:00Z", "2026-11-22T23:00:00Z"),
        at("R-3", "2026-11-23T14:00:00Z", "2026-11-23T22:00:00Z"), at("R-4", "2026-11-24T14:00:00Z", "2026-11-24T16:00:00Z"),
        at("R-5", "2026-11-25T14:00:00Z", "2026-11-25T16:00:00Z"), at("R-6", "2026-11-26T14:00:00Z", "2026-11-26T16:00:00Z")]


def test_without_a_command_it_is_my_day(server, cowork):
    server.replies["booking.list"] = {"bookings": MINE, "rev": 1, "has_more": False}
    seen, status = screen(cowork)
    lines = seen.splitlines()
    assert status == 0 and lines[0] == f"{'Ada':<61}Sun 22 Nov 2026 EST"
    assert lines[1:6] == [
        "  Today   R-1  A-12 (By the window)  today       13:00–16:00  now, 2 h left",
        "          R-2  A-12 (By the window)  today       17:00–18:00  in 3 h",
        "  Next    R-3  A-12 (By the window)  Mon 23 Nov  09:00–17:00  in 19 h",
        "          R-4  A-12 (By the window)  Tue 24 Nov  09:00–11:00  in 2 days",
        "          R-5  A-12 (By the window)  Wed 25 Nov  09:00–11:00  in 3 days"]
    assert "R-6" not in seen and lines[6].startswith("  Try: cowork free tomorrow 9-17")
    assert server.requests("booking.list")[0]["from"] == "2026-11-22T05:00:00Z", "the site's day"


def test_a_day_without_a_booking_says_so(server, cowork):
    server.replies["booking.list"] = {"bookings": [], "rev": 1, "has_more": False}
    seen, _ = screen(cowork)
    assert seen.splitlines()[1:3] == ["  Today   nothing booked", "  Next    nothing booked"]


@pytest.mark.parametrize("columns", [20, 40, 80, 120])
@pytest.mark.parametrize("language", ["", "ko"])
def test_my_day_fits_the_terminal_with_korean_names(server, cowork, columns, language):
    server.replies["session.whoami"] = {"login": "minji@hanbit.example", "name": "김민지", "role": "member", "tenant": "hanbit"}
    server.replies["tenant.show"] = {"tenant": {"code": "hanbit", "name": "한빛랩스"}}
    server.replies["area.list"] = {"areas": [{"code": "A", "name": "Window", "name_alt": "창가"}], "rev": 1, "has_more": False}
    server.replies["booking.list"] = {"bookings": MINE, "rev": 1, "has_more": False}
    server.site["zone"] = "Asia/Seoul"
    seen, status = screen(cowork, columns=columns, LANGUAGE=language)
    assert status == 0 and "김민지" in seen and "한빛랩스" in seen and "R-3" in seen
    shown = seen.split("Try:")[0].split("시도:")[0]
    assert [line for line in shown.splitlines() if width(line) > max(columns, 30)] == []


def test_for_a_program_my_day_is_rows(server, cowork):
    server.replies["booking.list"] = {"bookings": MINE[:2], "rev": 1, "has_more": False}
    assert cowork.run("-f", "ref", check=0).stdout == "R-1\nR-2\n"


def test_without_a_login_it_says_how_to_log_in(server, short_dir):
    done = Screens(short_dir, server, "new").run(check=4)
    lines = done.stderr.splitlines()
    assert lines[0] == "cowork: you are not logged in" and len(lines) == 3
    assert lines[1] == "  try    cowork login --server HOST[:PORT]" and "one-time code" in lines[2]


def spans(*states):
    """A day's spans, two hours each from 14:00 New York on."""
    return [{"start": f"2026-11-22T{19 + 2 * i:02}:00:00Z", "end": f"2026-11-22T{21 + 2 * i:02}:00:00Z", "state": state}
            for i, state in enumerate(states)]


def test_staff_see_their_site_in_numbers(server, cowork):
    server.replies["session.whoami"] = {"login": "dana@example.org", "name": "Dana", "role": "front_desk", "site": "KSQ"}
    server.replies["space.day"] = {"zone": "America/New_York", "rev": 1, "has_more": False, "spaces": [
        {"space": {"code": "A-1", "kind": "desk"}, "spans": spans("taken")},
        {"space": {"code": "A-2", "kind": "desk"}, "spans": spans("free", "taken")},
        {"space": {"code": "A-3", "kind": "desk"}, "spans": spans("blocked")},
        {"space": {"code": "R-1", "kind": "room"}, "spans": spans("free")}]}
    server.replies["booking.list"] = {"rev": 1, "has_more": False, "bookings": [
        at("R-0", "2026-11-22T14:00:00Z", "2026-11-22T15:00:00Z"), MINE[0],
        at("R-2", "2026-11-22T22:00:00Z", "2026-11-22T23:00:00Z", member_name="Maya Chen")]}
    seen, status = screen(cowork)
    lines = seen.splitlines()
    assert status == 0 and lines[0].startswith("Dana · front desk · KSQ")
    assert lines[1] == "  Now     desks 1 of 3 taken · rooms 0 of 1 · 1 out of service"
    assert lines[2] == "  Today   3 bookings: 1 now, 1 still to begin, 1 over"
    assert lines[3] == "  Next    R-2  A-12 (By the window)  today  17:00–18:00  Maya Chen"


@pytest.mark.parametrize("columns", [40, 60, 80])
def test_the_numbers_of_a_site_break_between_its_kinds(server, cowork, columns):
    server.replies["session.whoami"] = {"login": "dana@example.org", "name": "Dana", "role": "front_desk", "site": "KSQ"}
    server.replies["space.day"] = {"zone": "America/New_York", "rev": 1, "has_more": False, "spaces": [
        {"space": {"code": f"{kind}-{n}", "kind": kind}, "spans": spans("taken" if n else "free")}
        for kind in ("desk", "room", "booth", "office", "event") for n in range(2)]}
    server.replies["booking.list"] = {"rev": 1, "has_more": False, "bookings": [MINE[0]]}
    seen, _ = screen(cowork, columns=columns)
    now = seen[seen.index("  Now"):seen.index("  Today")].splitlines()
    parts = [part for line in now for part in line[10:].split(" · ")]
    assert parts == ["desks 1 of 2 taken", "rooms 1 of 2", "booths 1 of 2", "offices 1 of 2", "event spaces 1 of 2"]
    assert all(width(line) <= columns and line[:8].strip() in ("Now", "") for line in now)
    assert "  Today   1 booking: 1 now, 0 still to begin, 0 over\n" in seen


# --- the week ---

def week(*spaces):
    return {"start": "2026-11-23T05:00:00Z", "end": "2026-11-30T05:00:00Z", "zone": "America/New_York", "rev": 1,
            "has_more": False, "spaces": [{"space": {"code": code}, "spans": [
                {"start": start, "end": end, "state": state, **({"booking": {"mine": True}} if state == "mine" else {})}
                | ({"state": "taken"} if state == "mine" else {}) for start, end, state in spans]} for code, spans in spaces]}


WEEK = week(("A-11", [("2026-11-23T05:00:00Z", "2026-11-23T14:00:00Z", "closed"),
                      ("2026-11-23T14:00:00Z", "2026-11-23T18:00:00Z", "taken"),
                      ("2026-11-23T18:00:00Z", "2026-11-23T23:00:00Z", "free"),
                      ("2026-11-23T23:00:00Z", "2026-11-30T05:00:00Z", "closed")]),
            ("A-12", [("2026-11-24T14:00:00Z", "2026-11-24T15:30:00Z", "free"),
                      ("2026-11-24T15:30:00Z", "2026-11-24T23:00:00Z", "mine")]),
            ("A-13", [("2026-11-24T14:00:00Z", "2026-11-24T23:00:00Z", "blocked")]))


def test_a_week_is_a_grid(server, cowork):
    server.replies["space.week"] = WEEK
    seen, status = screen(cowork, "week", "--from", "mon")
    assert status == 0 and [line.rstrip() for line in seen.splitlines()] == [
        "09:00–18:00, 1 h a sign   █ taken ▓ yours · free ░ closed ✗ out",
        "      Mon 23     Tue 24",
        "A-11  ████·····  ░░░░░░░░░",
        "A-12  ░░░░░░░░░  ·▓▓▓▓▓▓▓▓",
        "A-13  ░░░░░░░░░  ✗✗✗✗✗✗✗✗✗"]
    assert server.requests("space.week")[0]["date"] == "2026-11-23"


def test_a_week_has_korean_days_in_korean(server, cowork):
    server.replies["space.week"] = WEEK
    seen, _ = screen(cowork, "week", "--from", "월", LANGUAGE="ko")
    assert "      월 23      화 24" in seen


def test_a_week_in_a_narrow_window_and_for_programs_is_rows(server, cowork):
    server.replies["space.week"] = WEEK
    seen, _ = screen(cowork, "week", columns=40)
    assert "█" not in seen and "taken" in seen
    rows = cowork.run("week", check=0).stdout.splitlines()
    assert rows[1] == "A-11\t2026-11-23T09:00\t2026-11-23T13:00\ttaken\t"


@pytest.mark.parametrize("word, param", [("A-11", "space"), ("A", "area"), ("2F", "floor")])
def test_a_week_is_of_a_space_an_area_or_a_floor(server, cowork, word, param):
    server.replies["space.week"] = WEEK
    server.script["space.week"] = {"space": [], "area": [Refuse("not_found", field="space")],
                                   "floor": [Refuse("not_found", field="space"), Refuse("not_found", field="area")]}[param]
    assert screen(cowork, "week", word)[1] == 0
    assert server.requests("space.week")[-1][param] == word


def test_a_week_is_of_an_area_by_its_name_too(server, cowork):
    server.replies["area.list"] = {"rev": 1, "has_more": False, "areas": [
        {"code": "Q", "name": "Quiet"}, {"code": "A", "name": "By the window", "name_alt": "창가"}]}
    for name in ("창가", "by the window"):
        server.replies["space.week"] = WEEK
        server.script["space.week"] = 3 * [Refuse("params", field="space")]
        assert screen(cowork, "week", name)[1] == 0
        assert server.requests("space.week")[-1]["area"] == "A"


@pytest.mark.parametrize("columns", [44, 50, 60, 72, 80, 100])
def test_a_week_fits_the_terminal(server, cowork, columns):
    server.site.update(open="00:00", close="24:00")
    server.replies["space.week"] = week(("한빛회의실", [("2026-11-23T05:00:00Z", "2026-11-30T05:00:00Z", "free")]))
    seen, _ = screen(cowork, "week", "--from", "mon", columns=columns)
    assert [line for line in seen.splitlines() if width(line.rstrip()) > columns] == [], seen


# --- book ---

def test_a_kind_is_any_of_it_by_wishes(server, cowork):
    cowork.run("book", "desk", "tomorrow", "9-17", "--near", "A-12", "--has", "window,screen", "--capacity", "2", check=0)
    sent = server.booked[0]
    assert "space" not in sent and "capacity" not in sent
    assert sent["like"] == {"kind": "desk", "near": "A-12", "amenities": ["window", "screen"], "capacity": 2}
    cowork.run("book", "회의실", "내일", "9-17시", check=0)
    assert server.booked[1]["like"] == {"kind": "room"}


def test_a_space_has_no_wishes_but_seats(server, cowork):
    assert "--near chooses among many" in cowork.run("book", "A-12", "tomorrow", "9-17", "--near", "A-13", check=64).stderr
    cowork.run("book", "A-12", "tomorrow", "9-17", "--capacity", "2", check=0)
    assert server.booked[0]["space"] == "A-12" and server.booked[0]["capacity"] == 2


def test_a_code_that_looks_like_a_time_is_named_by_an_option(server, cowork):
    cowork.run("book", "tomorrow", "9-17", "--space", "MON", check=0)
    assert server.booked[0]["space"] == "MON" and server.booked[0]["start"] == "2026-11-23T14:00:00Z"


def test_a_booking_without_a_time_asks_for_one(server, cowork):
    assert "when? Say a time behind A-12" in cowork.run("book", "A-12", check=64).stderr
    assert not server.requests("booking.create")


FOUND = {"rev": 1, "has_more": False, "spaces": [
    {"space": {"code": f"A-{i:02}", "name": f"Desk {i}", "kind": "desk", "area": "A"}} for i in range(1, 15)] + [
    {"space": {"code": "HB", "name": "한빛 회의실", "kind": "room", "capacity": 8}}]}


def test_in_a_pipe_nothing_is_asked(server, cowork):
    done = cowork.run("book", "tomorrow", "9-17", check=64)
    assert "book what?" in done.stderr and tries(done) == ["cowork book desk tomorrow 9-17"]
    assert not server.requests("space.search") and not server.booked
    cowork.shell(tries(done)[0], check=0)
    assert server.booked[0]["like"] == {"kind": "desk"}


def test_a_number_picks_one_of_nine(server, cowork):
    server.replies["space.search"] = FOUND
    seen, status = screen(cowork, "book", "tomorrow", "9-17", "--area", "A", typed=b"3")
    assert status == 0 and server.booked[0]["space"] == "A-03"
    assert "  9  A-09" in seen and "A-10" not in seen
    sent = server.requests("space.search")[0]
    assert (sent["start"], sent["area"]) == ("2026-11-23T14:00:00Z", "A")


def test_more_are_a_key_away_and_a_filter_finds_names(server, cowork):
    server.replies["space.search"] = FOUND
    seen, _ = screen(cowork, "book", "tomorrow", "9-17", typed=b"n1")
    assert server.booked[0]["space"] == "A-10", seen
    seen, _ = screen(cowork, "book", "tomorrow", "9-17", typed="/한빛\r1".encode())
    assert server.booked[1]["space"] == "HB", seen


@pytest.mark.parametrize("key", [b"q", b"\x1b", b"\x04", b"x0q"])
def test_leaving_books_nothing(server, cowork, key):
    server.replies["space.search"] = FOUND
    assert screen(cowork, "book", "tomorrow", "9-17", typed=key)[1] == 2
    assert not server.requests("booking.create")


def test_where_nothing_is_free_there_is_nothing_to_choose(server, cowork):
    server.replies["space.search"] = {"spaces": [], "rev": 1, "has_more": False}
    seen, status = screen(cowork, "book", "tomorrow", "9-17")
    assert status == 1 and "nothing is free then" in seen


def test_another_program_may_choose(server, cowork):
    server.replies["space.search"] = FOUND
    fzf = cowork.folder / "fzf"
    fzf.write_text("#!/bin/sh\ngrep HB\n")
    fzf.chmod(fzf.stat().st_mode | stat.S_IXUSR)
    where = {"COWORK_PICKER": "fzf", "PATH": f"{cowork.folder}:{os.environ['PATH']}"}
    assert screen(cowork, "book", "tomorrow", "9-17", **where)[1] == 0
    assert server.booked[0]["space"] == "HB"
    fzf.write_text("#!/bin/sh\nexit 130\n")
    assert screen(cowork, "book", "tomorrow", "9-17", **where)[1] == 2
    assert len(server.booked) == 1


def test_success_tells_place_time_and_undo(server, cowork):
    server.replies["booking.create"] = {"booking": booking(), "rev": 7}
    seen, _ = screen(cowork, "book", "A-12", "mon", "9-17")
    assert seen.splitlines() == ["✓ R-7F3KAT  A-12 (By the window, 2F)  Mon 23 Nov 09:00–17:00 EST",
                                 "  Undo: cowork undo"]
    seen, _ = screen(cowork, "book", "A-12", "mon", "9-17", "--quiet")
    assert seen.splitlines() == ["✓ R-7F3KAT  A-12  Mon 23 Nov 09:00–17:00 EST"]


def test_a_rule_that_staff_passed_is_told(server, cowork):
    server.replies["booking.create"] = {"booking": booking(), "rev": 7, "waived": ["closed_day", "longest"]}
    assert "passed for you as staff: closed_day, longest" in cowork.run("book", "A-12", "mon", "9-17", check=0).stderr


# --- move and extend ---

def test_a_move_tells_from_where_to_where(server, cowork):
    server.replies["booking.show"] = {"booking": booking(), "rev": 7}
    server.replies["booking.move"] = {"booking": booking(space="A-13"), "rev": 8}
    out = cowork.run("move", "R-7F3KAT", "A-13", "-o", "table", check=0).stdout
    assert out == "✓ R-7F3KAT  A-12 → A-13  Mon 23 Nov 09:00–17:00 EST\n"
    server.replies["booking.move"] = {"booking": booking(start="2026-11-23T15:00:00Z"), "rev": 8}
    out = cowork.run("move", "R-7F3KAT", "mon", "10-17", "-o", "table", "--dry-run", check=0).stdout
    assert out == "  would be moved:  A-12  Mon 23 Nov 09:00–17:00 EST → Mon 23 Nov 10:00–17:00 EST\n"


@pytest.mark.parametrize("words, end", [
    (("1h",), "23:00"), (("for", "90m"), "23:30"), (("by", "2h"), "00:00"), (("until", "18:30"), "23:30"), (("18:30",), "23:30"),
    (("1시간",), "23:00"), (("18시까지",), "23:00"), (("until", "7pm"), "00:00")])
def test_a_booking_is_extended_by_a_length_or_to_an_end(server, cowork, words, end):
    server.replies["booking.show"] = {"booking": booking(version=4), "rev": 7}
    server.replies["booking.move"] = {"booking": booking(), "rev": 8}
    cowork.run("extend", "R-7F3KAT", *words, check=0)
    sent = server.requests("booking.move")[0]
    assert sent["end"] == f"2026-11-{24 if end == '00:00' else 23}T{end}:00Z"
    assert sent["if_version"] == 4 and "start" not in sent and "space" not in sent


@pytest.mark.parametrize("words", [("until", "16:00"), ("tomorow",), ("until",), ("-1h",)])
def test_what_extends_nothing_is_not_sent(server, cowork, words):
    server.replies["booking.show"] = {"booking": booking(), "rev": 7}
    assert cowork.run("extend", "--", "R-7F3KAT", *words).returncode in (64, 65)
    assert not server.requests("booking.move")


# --- lists ---

def test_a_day_of_the_desk_is_who_and_where_by_time(server, cowork):
    server.replies["booking.list"] = {"rev": 1, "has_more": False, "bookings": [
        booking(member_name="김민지", tenant="hanbit", title="제품 논의")]}
    seen, _ = screen(cowork, "list", "mon")
    assert [line.rstrip() for line in seen.splitlines()][1:] == [
        "HOURS        SPACE  WHO     TENANT  TITLE      STATE      REF",
        "09:00–17:00  A-12   김민지  hanbit  제품 논의  confirmed  R-7F3KAT"]
    sent = server.requests("booking.list")
    assert len(sent) == 1 and (sent[0]["from"], sent[0]["to"], sent[0]["limit"]) == (
        "2026-11-23T05:00:00Z", "2026-11-24T05:00:00Z", 500)


def test_a_day_is_either_a_day_or_two_bounds(server, cowork):
    assert "either a day" in cowork.run("list", "mon", "--from", "tue", check=64).stderr


# --- refusals ---

def offer(space, start, end):
    return {"space": space, "start": f"2026-11-23T{start}:00Z", "end": f"2026-11-23T{end}:00Z"}


TAKEN = {"space": "A-12", "start": "2026-11-23T15:00:00Z", "end": "2026-11-23T17:00:00Z"}


def test_a_refusal_offers_what_is_free_and_a_command(server, cowork):
    server.script["booking.create"] = [Refuse("slot_taken", **TAKEN, alternatives=[
        offer("A-12", "17:00", "23:00"), offer("A-13", "14:00", "22:00"), offer("A-15", "14:00", "22:00")])]
    done = cowork.run("book", "A-12", "mon", "9-17", "--title", "it's mine", check=10)
    assert done.stderr.splitlines() == [
        "cowork: A-12 is taken Mon 23 Nov 10:00–12:00 EST",
        "  free   Mon 23 Nov  A-12 12:00–18:00 · A-13 09:00–17:00 · A-15 09:00–17:00",
        "  try    cowork book A-13 mon 9-17 --title 'it'\\''s mine'",
        "  exit   10"]
    cowork.shell(tries(done)[0], check=0)
    assert server.booked[0]["space"] == "A-13" and server.booked[0]["start"] == "2026-11-23T14:00:00Z"


def test_another_time_is_written_out(server, cowork):
    server.script["booking.create"] = [Refuse("slot_taken", **TAKEN, alternatives=[offer("A-12", "17:00", "23:00")])]
    done = cowork.run("book", "A-12", "mon", "9-17", check=10)
    assert tries(done) == ["cowork book A-12 Mon 23 Nov 12:00-18:00 EST"]
    cowork.shell(tries(done)[0], check=0)
    assert (server.booked[0]["start"], server.booked[0]["end"]) == ("2026-11-23T17:00:00Z", "2026-11-23T23:00:00Z")


def test_of_any_desk_the_wishes_go_with_the_kind(server, cowork):
    server.script["booking.create"] = [Refuse("slot_taken", **TAKEN, alternatives=[offer("B-01", "14:00", "22:00")])]
    done = cowork.run("book", "desk", "mon", "9-17", "--near", "A-12", "--has=window", "--capacity", "1", check=10)
    assert tries(done) == ["cowork book B-01 mon 9-17 --capacity 1"]
    cowork.shell(tries(done)[0], check=0)
    assert server.booked[0]["space"] == "B-01"


def test_a_move_is_offered_as_a_move(server, cowork):
    server.replies["booking.move"] = {"booking": booking(), "rev": 8}
    server.script["booking.move"] = [Refuse("slot_taken", **TAKEN, alternatives=[offer("A-13", "14:00", "22:00")])]
    done = cowork.run("move", "R-7F3KAT", "mon", "9-17", "--if-version", "2", check=10)
    assert tries(done) == ["cowork move R-7F3KAT A-13 Mon 23 Nov 09:00-17:00 EST --if-version 2"]
    cowork.shell(tries(done)[0], check=0)
    sent = server.requests("booking.move")[-1]
    assert (sent["space"], sent["start"], sent["if_version"]) == ("A-13", "2026-11-23T14:00:00Z", 2)


@pytest.mark.parametrize("kind, data, said", [
    ("too_long", {"rule": "longest", "limit": 480}, "at most 8 h at a time"),
    ("too_short", {"rule": "shortest", "limit": 90}, "at least 1 h 30 min at a time"),
    ("bad_time", {"rule": "granularity", "limit": 15}, "times are multiples of 15 min"),
    ("too_far_ahead", {"rule": "horizon", "limit": 90}, "at most 90 days ahead"),
    ("capacity", {"rule": "capacity", "limit": 1}, "it has room for 1"),
    ("in_the_past", {"rule": "past"}, "what has begun cannot be booked any more"),
    ("closed", {"rule": "hours"}, "the site is open from 09:00 to 18:00"),
    ("closed", {"rule": "strange", "hint": "Ask the desk."}, "Ask the desk."),
])
def test_a_rule_is_told_with_its_limit_and_what_was_asked(server, cowork, kind, data, said):
    server.script["booking.create"] = [Refuse(kind, field="start", free_from="2026-11-24T14:00:00Z", **data)]
    done = cowork.run("book", "A-12", "mon", "9-17")
    assert said in done.stderr and "  asked  Mon 23 Nov 09:00–17:00 EST\n" in done.stderr
    assert "  free   from Tue 24 Nov 09:00 EST\n" in done.stderr
    assert tries(done) == ["cowork book A-12 Tue 24 Nov 09:00-17:00 EST"]
    cowork.shell(tries(done)[0], check=0)


def test_looking_for_longer_than_may_be_booked_is_answered_with_as_long_as_may_be(server, cowork):
    server.replies["space.search"] = {"spaces": [], "has_more": False, "rev": 1}
    refusal = Refuse("too_long", "the booking is too long", field="end", rule="longest", limit=480)
    server.script["space.search"] = [refusal, refusal, OK, refusal]
    done = cowork.run("free", "room", "tomorrow", check=11)
    assert done.stderr.splitlines()[1:] == [
        "cowork: none can be booked for so long", "  asked  Mon 23 Nov 09:00–18:00 EST", "  rule   at most 8 h at a time",
        "  try    cowork free room Mon 23 Nov 09:00-17:00 EST", "  exit   11"]
    assert tries(cowork.run("free", "room", "tomorrow", "--capacity", "4", check=11)) == [
        "cowork free room Mon 23 Nov 09:00-17:00 EST --capacity 4"]
    cowork.shell(tries(done)[0], check=1)
    assert server.requests("space.search")[-1]["end"] == "2026-11-23T22:00:00Z"
    evening = {"COWORK_NOW": "2026-11-22T23:30:00Z"}
    assert tries(cowork.run("free", "room", environment=evening, check=11)) == [
        "cowork free room Mon 23 Nov 09:00-17:00 EST"]


def test_a_code_that_does_not_exist_is_told_with_those_near_it(server, cowork):
    server.replies["space.list"] = {"rev": 1, "has_more": False, "spaces": [
        {"code": code} for code in ("A-11", "A-12", "A-21", "B-12", "LOBBY")]}
    server.script["booking.create"] = [Refuse("not_found", "there is no space 'A-1x'", field="space")]
    done = cowork.run("book", "A-1x", "mon", "9-17", check=12)
    assert done.stderr.splitlines()[1:3] == ["  asked  Mon 23 Nov 09:00–17:00 EST", "  near   A-11, A-12, A-21"]
    assert tries(done) == ["cowork book A-11 mon 9-17"]


def test_a_code_without_its_hyphen_is_near_to_those_that_have_one(server, cowork):
    server.replies["space.list"] = {"rev": 1, "has_more": False, "spaces": [
        {"code": code} for code in ("A-03", "A-04", "B-12", "LOBBY")]}
    for said, near in (("A99", "A-03, A-04"), ("a3", "A-03"), ("A03x", "A-03, A-04")):
        server.script["booking.create"] = [Refuse("not_found", f"there is no space '{said}'", field="space")]
        assert f"  near   {near}" in cowork.run("book", said, "mon", "9-17", check=12).stderr


@pytest.mark.parametrize("said, meant", [("checkin", "mine"), ("check-in", "mine"), ("reserve", "book"), ("bok", "book")])
def test_what_a_command_is_called_elsewhere_leads_to_it(cowork, said, meant):
    assert f'did you mean "{meant}"?' in cowork.run(said, "A-12", check=64).stderr


def test_whom_one_may_not_book_for_is_not_offered_again(server, cowork):
    server.replies["member.list"] = {"rev": 1, "has_more": False, "members": [
        {"login": login} for login in ("mara@example.org", "maya@example.org")]}
    refusal = Refuse("not_found", "there is no member 'maya@example.org'", field="for")
    server.script["booking.create"] = [refusal] * 2
    done = cowork.run("book", "A-12", "mon", "9-17", "--for", "maya@example.org", check=12)
    assert done.stderr.startswith("cowork: there is no member 'maya@example.org' whom you may book for\n")
    assert "staff for everybody" in done.stderr and "near" not in done.stderr
    assert tries(done) == ["cowork whoami"]
    server.replies["member.list"]["members"].pop()
    done = cowork.run("book", "A-12", "mon", "9-17", "--for", "maya@example.org", check=12)
    assert tries(done) == ["cowork book A-12 mon 9-17 --for mara@example.org"]


def test_hours_that_have_begun_are_suggested_for_tomorrow(server, cowork):
    late = {"COWORK_NOW": "2026-11-23T20:00:00Z"}  # Monday, 15:00
    done = cowork.run("book", "A-12", "2-4", environment=late, check=65)
    assert "did you mean tomorrow 14-16?" in done.stderr
    assert tries(done) == ["cowork book A-12 tomorrow 14-16"]
    cowork.shell(tries(done)[0], environment=late, check=0)
    assert server.booked[0]["start"] == "2026-11-24T19:00:00Z"
    assert "내일 14시-16시" in cowork.run("book", "A-12", "2시-4시", "--lang", "ko", environment=late, check=65).stderr
    assert tries(cowork.run("book", "A-12", "4-5", environment=late, check=65)) == ["cowork book A-12 16-17"]
    assert not tries(cowork.run("book", "A-12", "today", "2-4", environment=late, check=65)), "that day has no such hours left"


def test_what_is_suggested_speaks_the_language_that_was_asked_for(server, cowork):
    server.replies["booking.list"] = {"bookings": [], "rev": 1, "has_more": False}
    seen, _ = screen(cowork, "--lang", "ko")
    assert "cowork free tomorrow 9-17 --lang ko   cowork week --lang ko   cowork help --lang ko\n" in seen
    seen, _ = screen(cowork, "book", "A-12", "mon", "9-17", "--lang=ko")
    assert "cowork undo --lang ko\n" in seen
    seen, _ = screen(cowork, "book", "A-12", "mon", "9-17", LANGUAGE="ko")
    assert "cowork undo\n" in seen, "the environment is there for the next command, too"
    server.script["booking.create"] = [Refuse("forbidden"), Refuse("slot_taken", **TAKEN, alternatives=[
        offer("A-13", "14:00", "22:00")])]
    assert "cowork whoami --lang ko\n" in cowork.run("book", "A-12", "mon", "9-17", "--lang", "ko").stderr
    assert "cowork book A-13 mon 9-17 --lang ko\n" in cowork.run("book", "A-12", "mon", "9-17", "--lang", "ko").stderr


@pytest.mark.parametrize("columns", [50, 80])
def test_a_usage_line_breaks_between_its_words(cowork, columns):
    seen, status = screen(cowork, "book", "A-12", "mon", "9-17", "--nonsense", columns=columns)
    assert status == 64 and all(width(line) <= columns for line in seen.splitlines())
    usage = seen[seen.index("usage"):]
    assert "[--has LIST]" in usage and "[--fold 0|1]" in usage
    assert all(line.startswith("         ") for line in usage.splitlines()[1:])


def test_an_unknown_site_is_told_with_those_there_are(server, cowork):
    server.replies["site.list"] = {"sites": [{"code": "KSQ"}, {"code": "DJN"}], "rev": 1, "has_more": False}
    server.script["booking.list"] = [Refuse("not_found", "there is no site 'KSX'", field="site")]
    done = cowork.run("list", "--site", "KSX", check=12)
    assert tries(done) == ["cowork list --site KSQ"]
    server.script["booking.list"] = [Refuse("not_found", "there is no site 'KSX'", field="site")]
    done = cowork.run("list", environment={"COWORK_SITE": "KSX"}, check=12)
    assert tries(done) == ["cowork list --site KSQ"]


def test_a_booking_that_changed_is_told_as_it_is_now(server, cowork):
    server.replies["booking.show"] = {"booking": booking(space="A-13", version=3), "rev": 7}
    server.replies["booking.history"] = {"rev": 7, "has_more": False, "events": [
        {"rev": 1, "kind": "booking.created", "actor": "ada@example.org"},
        {"rev": 7, "kind": "booking.moved", "actor": "bob@example.org"}]}
    server.replies["booking.move"] = {"booking": booking(), "rev": 8}
    server.script["booking.move"] = [Refuse("stale_version", "it was changed meanwhile and is at version 3 now", version=3)]
    done = cowork.run("move", "R-7F3KAT", "A-14", "--if-version=1", check=10)
    assert done.stderr.splitlines()[1:] == [
        "  now    A-13  Mon 23 Nov 09:00–17:00 EST  confirmed", "  was    moved by bob@example.org",
        "  try    cowork move R-7F3KAT A-14 --if-version=3", "  exit   10"]
    cowork.shell(tries(done)[0], check=0)
    assert server.requests("booking.move")[-1]["if_version"] == 3


def test_another_place_at_that_time_is_named(server, cowork):
    server.replies["booking.list"] = {"rev": 1, "has_more": False, "bookings": [
        booking(ref="R-2ND", start="2026-11-23T15:00:00Z", end="2026-11-23T17:00:00Z")]}
    server.script["booking.create"] = [Refuse("own_overlap", **TAKEN)]
    done = cowork.run("book", "A-13", "mon", "9-17", check=10)
    assert done.stderr.splitlines()[0] == "cowork: another place is booked then: A-12 Mon 23 Nov 10:00–12:00 EST"
    assert "cowork cancel R-2ND" in tries(done)
    sent = server.requests("booking.list")[0]
    assert (sent["space"], sent["from"], sent["to"]) == ("A-12", TAKEN["start"], TAKEN["end"])


def test_which_site_is_answered_with_those_there_are(server, short_dir):
    server.replies["site.list"] = {"sites": [{"code": "DJN"}, {"code": "KSQ"}], "rev": 1, "has_more": False}
    server.replies["booking.list"] = {"bookings": [], "rev": 1, "has_more": False}
    cowork = Screens(short_dir, server, "siteless").context(TOKEN)
    done = cowork.run("mine", "--past", check=64)
    assert "  sites  DJN, KSQ\n" in done.stderr and tries(done) == ["cowork mine --past --site DJN"]
    cowork.shell(tries(done)[0], check=0)
