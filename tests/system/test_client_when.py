"""Date phrases on the command line: told as they are understood, sent as instants, refused with a caret."""

import json
import re
import shlex
import subprocess
import unicodedata

import pytest

from fake_server import CUT, SILENT, FakeServer, Refuse, booking
from rig import ROOT, CommandLine, build
from test_client import TOKEN

NOW = "2026-11-22T06:00:00Z"  # Sunday: 15:00 in Seoul, 01:00 in New York


@pytest.fixture
def server(certificate):
    it = FakeServer(certificate)
    yield it
    it.close()


@pytest.fixture
def cowork(server, short_dir):
    return Clocked(short_dir, server).context(TOKEN, "KSQ")


@pytest.fixture
def nobody(server, short_dir):
    """Someone without any file."""
    return Clocked(short_dir, server, "new")


class Clocked(CommandLine):
    """The client at a fixed instant."""

    def environment(self, **more):
        return super().environment(**{"COWORK_NOW": NOW, **more})

    def rerun(self, line, **options):
        """Runs a line as it was printed."""
        words = shlex.split(line)
        assert words[0] == "cowork"
        return self.run(*words[1:], **options)


def suggestions(done):
    return re.findall(r"^  try    (cowork .*)$", done.stderr, re.M)


def booked(server):
    return [(params["space"], params["start"], params["end"]) for params in server.booked]


# --- when ---

@pytest.mark.parametrize("zone, phrase, echo, start, end", [
    ("Asia/Seoul", "tomorrow 9-17", "Mon 23 Nov 09:00–17:00 KST", "2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z"),
    ("Asia/Seoul", "내일 9-17시", "Mon 23 Nov 09:00–17:00 KST", "2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z"),
    ("Asia/Seoul", "now for 90m", "Sun 22 Nov 15:00–16:30 KST", "2026-11-22T06:00:00Z", "2026-11-22T07:30:00Z"),
    ("America/New_York", "fri 22:00-02:00", "Fri 27 Nov 22:00 – Sat 28 Nov 02:00 EST", "2026-11-28T03:00:00Z",
     "2026-11-28T07:00:00Z"),
    ("Europe/London", "2026-11-23T09:00/PT8H", "Mon 23 Nov 09:00–17:00 GMT", "2026-11-23T09:00:00Z",
     "2026-11-23T17:00:00Z"),
])
def test_when_prints_the_echo_and_both_instants(nobody, zone, phrase, echo, start, end):
    assert nobody.run("when", *phrase.split(), "--tz", zone, check=0).stdout == f"{echo}\t{start}\t{end}\n"
    assert nobody.run("when", phrase, "--tz", zone, "-o", "table", check=0).stdout == f"{echo}\n  {start}\n  {end}\n"


def test_when_prints_json(nobody):
    done = nobody.run("when", "다음주 화 오전", "--tz", "Asia/Seoul", "--json", check=0)
    assert json.loads(done.stdout) == {
        "text": "Tue 24 Nov 09:00–12:00 KST", "start": "2026-11-24T00:00:00Z", "end": "2026-11-24T03:00:00Z",
        "local": {"start": "2026-11-24T09:00", "end": "2026-11-24T12:00", "zone": "Asia/Seoul"}}


def test_when_speaks_korean(nobody):
    for how in ({"environment": {"LANG": "ko_KR.UTF-8"}}, {"environment": {"LANGUAGE": "ko"}}):
        assert nobody.run("when", "tomorrow 9-17", "--tz", "Asia/Seoul", check=0, **how).stdout.startswith(
            "11월 23일 월 09:00–17:00 KST\t")
    assert nobody.run("when", "내일", "--tz", "Asia/Seoul", "--lang", "ko", check=0).stdout.startswith("11월 23일 월")


@pytest.mark.parametrize("phrase", ["tomorrow", "fri 22:00-02:00", "nov 1 2027 9-12", "2027-11-07 01:30 EDT-01:30 EST"])
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_an_echo_is_a_phrase_for_the_same(nobody, phrase, lang):
    first = nobody.run("when", phrase, "--tz", "America/New_York", "--lang", lang, check=0).stdout
    again = nobody.run("when", first.split("\t")[0], "--tz", "America/New_York", "--lang", lang, check=0).stdout
    assert first == again


def test_when_asks_nobody(server, cowork):
    cowork.run("when", "tomorrow", check=0)
    assert not server.seen


def test_the_clock_is_the_option_s_the_context_s_the_site_s_or_the_system_s(server, cowork):
    def zone(*words, **environment):
        done = cowork.run("when", "mon 9-17", *words, environment=environment, check=0)
        return done.stdout.split("\t")[0].split()[-1]
    assert zone(TZ="Asia/Seoul") == "KST"
    assert zone(TZ=":Asia/Seoul") == "KST"
    assert zone(TZ="") == "UTC"
    cowork.run("book", "A-12", "mon", "9-17", check=0)
    assert zone(TZ="Asia/Seoul") == "EST", "the site's is known now"
    cowork.run("config", "set", "tz", "Europe/London", check=0)
    assert zone(TZ="Asia/Seoul") == "GMT"
    assert zone("--tz", "Asia/Tokyo") == "JST"


def test_hours_that_are_assumed_are_told_where_they_matter(nobody):
    assert "09:00 to 18:00 are assumed" in nobody.run("when", "tomorrow", check=0).stderr
    assert "09:00 to 18:00 are assumed" in nobody.run("when", "tomorrow 9-11", check=0).stderr
    assert not nobody.run("when", "tomorrow 14-16", check=0).stderr


def test_a_clock_that_is_none_is_refused(nobody):
    assert '"Mars/Base"' in nobody.run("when", "mon", "--tz", "Mars/Base", check=64).stderr
    assert "COWORK_NOW" in nobody.run("when", "mon", environment={"COWORK_NOW": "soon"}, check=78).stderr
    nobody.run("when", check=64)
    nobody.run("when", "mon", "--fold", "2", check=64)


# --- what is wrong ---

@pytest.mark.parametrize("phrase, column, width, said", [
    ("tomorow 9-17", 0, 7, "did you mean tomorrow?"),
    ("tomorrow 2-4", 9, 3, "did you mean 14-16 or 02:00-04:00?"),
    ("내일 2시-4시", 5, 7, "did you mean 14시-16시 or 02:00-04:00?"),
    ("다음주 수박 9-12", 7, 4, '"수박" is not a word'),
    ("tomorrow 14:00", 14, 1, "does not say until when"),
    ("weekly tue,thu 9-12 until dec 31", 0, 6, "repeating bookings are not there yet"),
    ("매주 화 9-12시", 0, 4, "repeating bookings are not there yet"),
    ("sun 9-17", 0, 3, "did you mean today or next sun?"),
    ("mon 9-17 for 2h", 13, 2, "an end and a length"),
    ("3/4 9-12", 0, 3, "did you mean mar 4 or apr 3?"),
    ("tue 23 nov 9-12", 0, 10, "2026-11-23 is a Mon, not a Tue"),
])
def test_a_caret_stands_under_what_is_wrong(nobody, phrase, column, width, said):
    done = nobody.run("when", phrase, "--tz", "Asia/Seoul", check=65)
    assert not done.stdout
    first, second, third = done.stderr.splitlines()[:3]
    assert first.startswith("cowork: ") and said in done.stderr
    assert all(len(line) <= 80 for line in done.stderr.splitlines())
    assert second == 9 * " " + phrase
    assert third == (9 + column) * " " + width * "^", "Hangul is two columns wide"


@pytest.mark.parametrize("phrase", ["tomorow 9-17", "tomorrow 2-4", "내알 2-4시", "tomorrow 14:00", "내일 14시", "sun 9-17",
                                    "3/4 9-12", "30/11 9-12", "다음 화 9-12", "9-11", "mon 0900-1700", "mon 14pm-15pm",
                                    "2027-03-14 02:30-04:00", "2027-11-07 01:30-03:00", "mon - wed", "until 17:00"])
def test_every_suggestion_runs_as_it_is_printed(nobody, phrase):
    done = nobody.run("when", *phrase.split(), "--tz=America/New_York", check=65,
                      environment={"COWORK_NOW": "2026-11-22T20:00:00Z"})
    lines = suggestions(done)
    assert lines
    for line in lines:
        assert "--tz=America/New_York" in line
        nobody.rerun(line, check=0, environment={"COWORK_NOW": "2026-11-22T20:00:00Z"})


def test_a_time_that_is_skipped_names_the_gap(nobody):
    done = nobody.run("when", "2027-03-14 2:30am-4am", "--tz", "America/New_York", check=65)
    assert "02:30 does not exist on 2027-03-14: the clocks go from 02:00 to 03:00" in done.stderr


def test_a_time_that_exists_twice_is_asked_about(nobody):
    words = ("when", "2027-11-07", "1:30am-3am", "--tz", "America/New_York")
    done = nobody.run(*words, check=65)
    assert "01:30 exists twice on 2027-11-07" in done.stderr and "--fold 0" in done.stderr
    starts = [nobody.run(*words, "--fold", fold, check=0).stdout.split("\t")[1] for fold in "01"]
    assert starts == ["2027-11-07T05:30:00Z", "2027-11-07T06:30:00Z"]
    assert [nobody.rerun(line, check=0).stdout.split("\t")[1] for line in suggestions(done)] == starts


def test_no_escape_of_a_phrase_reaches_the_terminal(nobody):
    done = nobody.run("when", "mon \x1b[2J\u202e 9-12", check=65)
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e]", done.stderr)


def test_what_is_no_text_is_refused(nobody):
    done = subprocess.run([build() / "client" / "cowork", b"when", b"mon \xff\xfe"], capture_output=True,
                          env=nobody.environment())
    assert done.returncode == 65 and b"not valid UTF-8" in done.stderr
    nobody.run("when", "mon " + "9" * 5000, check=65)


# --- book ---

def test_a_phrase_is_booked_by_its_instants(server, cowork):
    done = cowork.run("book", "A-12", "mon", "14:00", "for", "2h", check=0)
    assert booked(server) == [("A-12", "2026-11-23T19:00:00Z", "2026-11-23T21:00:00Z")]
    assert "fold" not in server.booked[0]
    assert done.stderr == "Mon 23 Nov 14:00–16:00 EST\n", "told as it was understood"


def test_on_a_terminal_the_booking_itself_tells(server, cowork):
    server.replies["booking.create"] = {"booking": booking(), "rev": 7}
    done = cowork.run("book", "A-12", "mon", "9-17", "-o", "table", check=0)
    assert done.stdout == "✓ R-7F3KAT  A-12  Mon 23 Nov 09:00–17:00 EST\n"


def test_both_older_forms_still_book(server, cowork):
    cowork.run("book", "A-12", "2026-11-23T09:00", "2026-11-23T17:00", check=0)
    cowork.run("book", "A-12", "2026-11-23T14:00:00Z", "2026-11-23T22:00:00Z", check=0)
    cowork.run("book", "A-12", "2026-11-23T09:00:00-05:00", "2026-11-23T17:00:00-05:00", check=0)
    assert booked(server) == 3 * [("A-12", "2026-11-23T14:00:00Z", "2026-11-23T22:00:00Z")]


def test_a_day_is_the_opening_hours_of_the_site(server, cowork):
    server.site.update(open="08:00", close="20:00")
    cowork.run("book", "A-12", "tomorrow", check=0)
    assert booked(server) == [("A-12", "2026-11-23T13:00:00Z", "2026-11-24T01:00:00Z")]


def test_a_phrase_that_is_wrong_is_not_sent(server, cowork):
    done = cowork.run("book", "A-12", "--title", "it's mine", "tomorrow", "2-4", check=65)
    assert not server.requests("booking.create")
    first = suggestions(done)[0]
    assert first == "cowork book A-12 --title 'it'\\''s mine' tomorrow 14-16"
    cowork.rerun(first, check=0)
    assert booked(server) == [("A-12", "2026-11-23T19:00:00Z", "2026-11-23T21:00:00Z")]
    assert server.booked[0]["title"] == "it's mine"


def test_a_refusal_tells_what_was_asked_for(server, cowork):
    server.script["booking.create"] = [Refuse("slot_taken", space="A-12", start="2026-11-23T15:00:00Z",
                                              end="2026-11-23T16:00:00Z")]
    done = cowork.run("book", "A-12", "mon", "9-17", check=10)
    assert done.stderr.splitlines()[0] == "cowork: A-12 is taken Mon 23 Nov 10:00–11:00 EST"
    assert "  asked  Mon 23 Nov 09:00–17:00 EST" in done.stderr.splitlines()


def test_the_line_to_run_again_means_the_same_tomorrow(server, cowork):
    """Its key is bound to these instants; and "tomorrow" is another day by then."""
    server.script["booking.create"] = [SILENT] * 20
    done = cowork.run("book", "A-12", "tomorrow", "9-17", "--timeout", "3", check=75)
    line = re.search(r"cowork book .*", done.stderr)[0]
    assert "tomorrow" not in line and "2026-11-23T14:00:00Z 2026-11-23T22:00:00Z" in line
    server.script.clear()
    cowork.rerun(line, check=0, environment={"COWORK_NOW": "2026-11-25T06:00:00Z"})
    assert {(params["start"], params["end"]) for params in server.requests("booking.create")} == \
        {("2026-11-23T14:00:00Z", "2026-11-23T22:00:00Z")}


def test_a_retry_asks_for_the_same_instants(server, cowork):
    server.script["booking.create"] = [CUT]
    cowork.run("book", "A-12", "now", "for", "1h", check=0)
    first, second = server.requests("booking.create")
    assert (first["start"], first["end"], first["key"]) == (second["start"], second["end"], second["key"])


# --- the site's clock ---

def test_the_site_is_asked_once(server, cowork):
    for _ in range(3):
        cowork.run("book", "A-12", "mon", "9-17", check=0)
    assert len(server.requests("site.show")) == 1
    file = cowork.folder / "state/cowork/test.sites"
    assert re.fullmatch(r"KSQ America/New_York 540 1080 \d+\n", file.read_text())
    assert file.stat().st_mode & 0o777 == 0o600


def test_what_is_kept_of_a_site_is_renewed_after_a_day(server, cowork):
    file = cowork.folder / "state/cowork/test.sites"
    file.write_text("DJN Asia/Seoul 540 1080 1\nKSQ Europe/London 540 1080 1700000000\n")
    cowork.run("book", "A-12", "mon", "9-17", check=0)
    assert booked(server)[0][1] == "2026-11-23T14:00:00Z"
    assert sorted(line.split()[:2] for line in file.read_text().splitlines()) == \
        [["DJN", "Asia/Seoul"], ["KSQ", "America/New_York"]]


@pytest.mark.parametrize("damage", ["", "\n\n", "KSQ", "KSQ Mars/Base", "KSQ America/New_York 1080 540 9999999999\n",
                                    "KSQ America/New_York -5 x\n", "\0\0"])
def test_what_is_kept_may_be_damaged(server, cowork, damage):
    (cowork.folder / "state/cowork/test.sites").write_text(damage)
    cowork.run("book", "A-12", "mon", "9-17", check=0)
    assert booked(server)[0][1] == "2026-11-23T14:00:00Z"


def test_a_site_that_changed_its_clock_is_noticed(server, cowork):
    cowork.run("book", "A-12", "mon", "9-17", check=0)
    server.site["zone"] = "Asia/Seoul"
    server.replies["booking.create"] = {"rev": 8, "booking": booking(
        local={"start": "2026-11-23T23:00", "end": "2026-11-24T07:00", "zone": "Asia/Seoul"})}
    done = cowork.run("book", "A-12", "mon", "9-17", check=0)
    assert "Asia/Seoul now, not of America/New_York" in done.stderr
    cowork.run("book", "A-12", "mon", "9-17", check=0)
    assert len(server.requests("site.show")) == 2
    assert server.requests("booking.create")[-1]["start"] == "2026-11-23T00:00:00Z"


def test_a_site_that_is_closed_then_is_asked_for_its_hours_again(server, cowork):
    cowork.run("book", "A-12", "mon", check=0)
    server.site["open"] = "10:00"
    server.script["booking.create"] = [Refuse("closed")]
    cowork.run("book", "A-12", "tue", check=11)
    cowork.run("book", "A-12", "tue", check=0)
    assert booked(server)[-1][1] == "2026-11-24T15:00:00Z"


def test_site_show_is_an_answer_too(server, cowork):
    cowork.run("site", "show", "KSQ", check=0)
    cowork.run("book", "A-12", "mon", "9-17", check=0)
    assert len(server.requests("site.show")) == 1


def test_the_site_s_hours_mean_nothing_on_another_clock(server, cowork):
    done = cowork.run("book", "A-12", "tomorrow", "--tz", "Asia/Seoul", check=65)
    assert "opening hours" in done.stderr
    cowork.run("book", "A-12", "tomorrow", "9-17", "--tz", "Asia/Seoul", check=0)
    assert booked(server) == [("A-12", "2026-11-23T00:00:00Z", "2026-11-23T08:00:00Z")]


def test_another_login_knows_nothing_of_the_sites(server, cowork):
    cowork.run("book", "A-12", "mon", "9-17", check=0)
    cowork.run("logout", check=0)
    assert not (cowork.folder / "state/cowork/test.sites").exists()


# --- codes that begin like a time ---

@pytest.mark.parametrize("code", ["M-2", "M-10", "D-1", "m4"])
def test_a_code_that_begins_like_a_length_is_a_space(server, cowork, code):
    server.replies["booking.move"] = {"booking": booking(), "rev": 8}
    cowork.run("book", code, "fri", "10-11", check=0)
    assert booked(server)[0][0] == code
    cowork.run("move", "R-7F3KAT", code, check=0)
    cowork.run("day", code, "fri")
    cowork.run("list", code, "fri")
    assert [server.requests(method)[0]["space"] for method in ("booking.move", "space.day", "booking.list")] == [code] * 3


def test_a_space_that_reads_as_a_time_is_suggested_as_an_option(server, cowork):
    server.script["booking.create"] = [Refuse("slot_taken", space="A-12", alternatives=[
        {"space": "fri-10", "start": "2026-11-23T15:00:00Z", "end": "2026-11-23T16:00:00Z"}])]
    done = cowork.run("book", "A-12", "mon", "10-11", check=10)
    assert suggestions(done) == ["cowork book --space fri-10 mon 10-11"]
    said = cowork.run("book", "fri-10", "mon", "10-11", check=64).stderr
    line = re.search(r"(cowork book --space .*)$", said, re.M)[1]
    cowork.rerun(line, check=0)
    assert booked(server)[0][0] == "fri-10"


# --- move ---

@pytest.mark.parametrize("words, space, start", [
    (("A-13",), "A-13", None),
    (("tomorrow", "10-12"), None, "2026-11-23T15:00:00Z"),
    (("tomorrow",), None, "2026-11-23T14:00:00Z"),
    (("A-13", "tomorrow", "10-12"), "A-13", "2026-11-23T15:00:00Z"),
    (("101", "mon", "10-12"), "101", "2026-11-23T15:00:00Z"),
    (("mon", "10-12", "--space", "MON"), "MON", "2026-11-23T15:00:00Z"),
    (("tomorrow", "--space", "12"), "12", "2026-11-23T14:00:00Z"),
    (("--space", "12"), "12", None),
    (("2026-11-23T10:00", "2026-11-23T12:00"), None, "2026-11-23T15:00:00Z"),
    (("A-13", "2026-11-23T10:00", "2026-11-23T12:00"), "A-13", "2026-11-23T15:00:00Z"),
    (("한빛", "내일", "10-12시"), "한빛", "2026-11-23T15:00:00Z"),
])
def test_a_move_takes_a_space_a_time_or_both(server, cowork, words, space, start):
    server.replies["booking.show"] = {"booking": booking(), "rev": 7}
    server.replies["booking.move"] = {"booking": booking(), "rev": 8}
    cowork.run("move", "R-7F3KAT", *words, check=0)
    sent = server.requests("booking.move")[0]
    assert (sent["ref"], sent.get("space"), sent.get("start")) == ("R-7F3KAT", space, start)


@pytest.mark.parametrize("words, start, end", [
    ("15-16", "2026-11-27T20:00:00Z", "2026-11-27T21:00:00Z"),
    ("for 2h", "2026-11-27T14:00:00Z", "2026-11-27T16:00:00Z"),
    ("tue", "2026-11-24T14:00:00Z", "2026-11-24T17:00:00Z"),
    ("tue 15-16", "2026-11-24T20:00:00Z", "2026-11-24T21:00:00Z"),
])
@pytest.mark.parametrize("space", [[], ["A-13"]])
def test_what_a_move_does_not_say_of_the_time_stays(server, cowork, words, start, end, space):
    friday = booking(start="2026-11-27T14:00:00Z", end="2026-11-27T17:00:00Z")
    server.replies["booking.show"] = {"booking": friday, "rev": 7}
    server.replies["booking.move"] = {"booking": booking(), "rev": 8}
    cowork.run("move", "R-7F3KAT", *space, *words.split(), check=0)
    sent = server.requests("booking.move")[0]
    assert (sent["start"], sent["end"]) == (start, end)


def test_a_move_to_nowhere_is_a_question(server, cowork):
    cowork.run("move", "R-7F3KAT", check=64)
    done = cowork.run("move", "R-7F3KAT", "A-13", "tomorrow", "2-4", check=65)
    assert suggestions(done)[0] == "cowork move R-7F3KAT A-13 tomorrow 14-16"
    assert not server.requests("booking.move")


# --- list and mine ---

@pytest.mark.parametrize("command", ["list", "mine"])
@pytest.mark.parametrize("words, start, end", [
    (("--from", "mon", "--to", "fri"), "2026-11-23T05:00:00Z", "2026-11-28T05:00:00Z"),
    (("--from", "today", "--to", "today"), "2026-11-22T05:00:00Z", "2026-11-23T05:00:00Z"),
    (("--from", "now", "--to", "eom"), NOW, "2026-12-01T05:00:00Z"),
    (("--from=next week", "--to=next week"), "2026-11-23T05:00:00Z", "2026-11-30T05:00:00Z"),
    (("--from", "2026-11-23T00:00", "--to", "2026-11-24T00:00"), "2026-11-23T05:00:00Z", "2026-11-24T05:00:00Z"),
    (("--from", "2026-11-23T00:00:00Z", "--to", "금 18시"), "2026-11-23T00:00:00Z", "2026-11-27T23:00:00Z"),
])
def test_bounds_are_sent_as_instants(server, cowork, command, words, start, end):
    server.replies["booking.list"] = {"bookings": [], "rev": 1, "has_more": False}
    done = cowork.run(command, *words, check=0)
    sent = server.requests("booking.list")[0]
    assert (sent["from"], sent["to"]) == (start, end)
    assert done.stderr.startswith("from ") and " to " in done.stderr


def test_bounds_are_told(server, cowork):
    server.replies["booking.list"] = {"bookings": [], "rev": 1, "has_more": False}
    done = cowork.run("list", "--from", "mon", "--to", "fri", check=0)
    assert done.stderr == "from Mon 23 Nov 00:00 EST to Sat 28 Nov 00:00 EST\n"
    assert cowork.run("list", "--from", "mon", "-q", check=0).stderr == ""


def test_a_bound_that_is_wrong_is_marked(server, cowork):
    done = cowork.run("list", "--from=nov 1", "--space", "A-12", check=65)
    assert suggestions(done) == ["cowork list --from=2026-11-01 --space A-12",
                                 "cowork list --from=2027-11-01 --space A-12"]
    done = cowork.run("list", "--to", "mon 9-12", check=65)
    assert "one time is wanted" in done.stderr and not server.requests("booking.list")
    for line in suggestions(cowork.run("list", "--from", "2", check=65)):
        server.replies["booking.list"] = {"bookings": [], "rev": 1, "has_more": False}
        cowork.rerun(line, check=0)


def test_mine_is_from_now_on(server, cowork):
    server.replies["booking.list"] = {"bookings": [], "rev": 1, "has_more": False}
    cowork.run("mine", check=0)
    cowork.run("mine", "--past", check=0)
    cowork.run("mine", "--past", "--from", "2026-11-01", check=0)
    sent = [(params.get("from"), params.get("to")) for params in server.requests("booking.list")]
    assert sent == [(NOW, None), (None, NOW), ("2026-11-01T04:00:00Z", NOW)]


def test_help_explains_dates(nobody):
    out = nobody.run("help", "dates", check=0).stdout
    for word in ("tomorrow 9-17", "다음주", "PT8H", "--fold", "--tz"):
        assert word in out
    width = {line: sum(2 if unicodedata.east_asian_width(c) == "W" else 1 for c in line) for line in out.splitlines()}
    assert [line for line in width if width[line] > 80] == []
    phrases = [phrase for line in re.findall(r"^  (\S.*)$", out, re.M) for phrase in re.split("  +", line)]
    assert len(phrases) > 10
    for phrase in phrases:
        nobody.run("when", phrase, "--tz", "Asia/Seoul", check=0)


def page():
    """The blocks of examples of cowork-dates(7), and what they say."""
    text = (ROOT / "docs/cowork-dates.7.scd").read_text()
    return [block.splitlines() for block in re.findall(r"^```\n(.*?)^```$", text, re.M | re.S)]


def test_every_phrase_of_the_manual_means_something(nobody):
    phrases = [phrase for line in page()[0] for phrase in re.split("  +", line)]
    assert len(phrases) == 20
    for phrase in phrases:
        nobody.run("when", phrase, "--tz", "Asia/Seoul", check=0)


def test_the_manual_s_examples_mean_what_it_says(nobody):
    for line in page()[-1]:
        phrase, echo = re.split("  +", line)
        assert nobody.run("when", phrase, "--tz", "Asia/Seoul", check=0).stdout.split("\t")[0] == echo


def test_the_manual_s_error_is_the_real_one(server, cowork):
    command, *said = page()[1]
    done = cowork.rerun(command.removeprefix("$ "), check=65)
    assert done.stderr.split() == " ".join(said).split()
