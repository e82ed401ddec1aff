"""A newcomer's way to a desk, and every command that a refusal suggests, run word for word by a shell.

What is refused here is refused by the real daemon, so that a suggestion is what it says it is: allowed and free.
"""

import datetime
import re

import pytest
from rig import CommandLine


def tries(done):
    return re.findall(r"^  (?:try   |시도  ) (cowork .*)$", done.stderr, re.M)


def test_a_newcomer_has_a_desk_in_three_commands(short_dir, world, daemon):
    newcomer = CommandLine(short_dir, daemon, "newcomer")
    code = newcomer.folder / "invitation"
    code.write_text(world.code["newcomer"] + "\n")
    first = newcomer.run(check=4).stderr
    assert "cowork login" in first, "who types cowork alone is told how to begin"
    newcomer.shell(f"cowork login --server localhost:{daemon.port} --ca {daemon.certificate} --site KSQ --code-file {code}",
                   check=0)
    assert newcomer.shell("cowork free desk tomorrow 9-17", check=0).stdout
    newcomer.shell("cowork book desk tomorrow 9-17", check=0)
    assert len(newcomer.shell("cowork mine -o name", check=0).stdout.split()) == 1


def in_days(days):
    return datetime.date.today() + datetime.timedelta(days=days)


class Place:
    """Who does what in a scenario, each as a line typed into a shell."""

    def __init__(self, cowork):
        self.cowork = cowork
        self.people = {}

    def __call__(self, who, line, check=0):
        if who not in self.people:
            self.people[who] = self.cowork(who)
        return self.people[who].shell("cowork " + line, check=check)

    def ref(self, who):
        return self(who, "mine -o name").stdout.split()[0]


@pytest.fixture
def place(cowork):
    return Place(cowork)


def taken(place):
    place("bob", "book A-01 tomorrow 9-17")
    return "book A-01 tomorrow 10-12 --title 'It is mine'", 10


def taken_in_korean(place):
    place("bob", "book A-01 tomorrow 9-17")
    return "book A-01 내일 10-12시 --lang ko", 10


def taken_until_the_evening(place):
    for desk in range(1, 11):
        place("operator", f"book A-{desk:02} tomorrow 9-17")
    return "book A-01 tomorrow 9-17", 10


def all_desks_taken(place):
    for desk in range(1, 11):
        place("operator", f"book A-{desk:02} tomorrow 9-17")
    return "book desk tomorrow 9-17 --near A-01 --area A", 10


def all_desks_taken_by_a_kind_and_a_wish_behind_an_equals_sign(place):
    for desk in range(1, 11):
        place("operator", f"book A-{desk:02} tomorrow 9-17")
    return "book --near=A-01 desk tomorrow 9-17", 10


def move_to_a_taken_place(place):
    place("bob", "book A-02 tomorrow 9-17")
    place("ada", "book A-01 tomorrow 9-12")
    return f"move {place.ref('ada')} A-02", 10


def move_to_a_taken_time(place):
    place("bob", "book A-01 tomorrow 13-17")
    place("ada", "book A-01 tomorrow 9-12")
    return f"move {place.ref('ada')} tomorrow 14-16", 10


def out_of_service(place):
    place("operator", f"block add A-01 {in_days(0)}T00:00 {in_days(30)}T00:00 --reason repair")
    return "book A-01 tomorrow 9-17", 10


def another_place_at_that_time(place):
    place("operator", "site rule desk --one-at-a-time yes")
    place("ada", "book A-01 tomorrow 9-12")
    return "book A-02 tomorrow 10-13", 10


def too_long(place):
    place("operator", "site rule desk --longest 2h")
    return "book A-01 tomorrow 9-17", 11


def too_short(place):
    place("operator", "site rule desk --shortest 2h")
    return "book A-01 tomorrow 9-10", 11


def too_far_ahead(place):
    place("operator", "site rule desk --horizon 3d")
    return f"book A-01 {in_days(40)} 9-10", 11


def off_the_raster(place):
    place("operator", "site rule desk --granularity 30m")
    return "book A-01 tomorrow 9:10-10:10", 65


def when_the_site_is_closed(place):
    place("operator", "site set KSQ --open 09:00 --close 18:00")
    return "book A-01 tomorrow 19:00-20:00", 11


def on_a_day_when_the_site_is_closed(place):
    place("operator", "site set KSQ --open 09:00 --close 18:00 --closed-days 0,6")
    saturday = next(date for date in map(in_days, range(2, 9)) if date.weekday() == 5)
    return f"book A-01 {saturday} 10-12", 11


def too_many_people(place):
    return "book A-01 tomorrow 9-17 --capacity 6", 10


def a_space_that_does_not_exist(place):
    return "book A-1 tomorrow 9-17", 12


def a_kind_with_a_slip(place):
    return "book dsek tomorrow 9-17", 12


def near_a_space_that_does_not_exist(place):
    return "free desk tomorrow 9-17 --near A-99", 12


def an_area_that_does_not_exist(place):
    return "free desk tomorrow 9-17 --area AA", 12


def a_week_of_nothing(place):
    return "week A-1", 12


def a_site_that_does_not_exist(place):
    return "list --site KSX", 12


def a_booking_that_does_not_exist(place):
    return "show R-000000", 12


def changed_meanwhile(place):
    place("ada", "book A-01 tomorrow 9-12")
    ref = place.ref("ada")
    place("bob", f"show {ref}")
    place("boss", f"move {ref} A-02")
    return f"move {ref} A-03 --if-version 1", 10


def cancelled_already(place):
    place("ada", "book A-01 tomorrow 9-12")
    ref = place.ref("ada")
    place("ada", f"cancel {ref}")
    return f"cancel {ref}", 10


def nothing_named_where_nobody_can_be_asked(place):
    return "book tomorrow 9-17", 64


def half_a_day_that_could_be_two(place):
    place("operator", "site set KSQ --open 09:00 --close 18:00")
    return "book A-01 tomorrow 2-4", 65


def a_day_with_a_slip(place):
    return "book desk tomorow 9-17", 65


def not_for_members(place):
    return "site rule desk --longest 2h", 77


SCENARIOS = [taken, taken_in_korean, taken_until_the_evening, all_desks_taken,
             all_desks_taken_by_a_kind_and_a_wish_behind_an_equals_sign, move_to_a_taken_place, move_to_a_taken_time,
             out_of_service, another_place_at_that_time, too_long, too_short, too_far_ahead, off_the_raster,
             when_the_site_is_closed, on_a_day_when_the_site_is_closed, too_many_people, a_space_that_does_not_exist,
             a_kind_with_a_slip, near_a_space_that_does_not_exist, an_area_that_does_not_exist, a_week_of_nothing,
             a_site_that_does_not_exist, a_booking_that_does_not_exist, changed_meanwhile, cancelled_already,
             nothing_named_where_nobody_can_be_asked, half_a_day_that_could_be_two, a_day_with_a_slip, not_for_members]


@pytest.mark.parametrize("scenario", SCENARIOS, ids=lambda scenario: scenario.__name__)
def test_every_suggested_command_runs_as_it_is_printed(place, scenario):
    line, status = scenario(place)
    done = place("ada", line, check=status)
    suggested = tries(done)
    assert suggested, done.stderr
    for command in suggested:
        place.people["ada"].shell(command, check=0)
        if re.match("cowork (book|move|cancel) ", command):
            place("ada", "undo")  # as it was, for the next


def test_too_short_a_notice_is_not_called_the_past(place):
    place("operator", "site rule desk --notice 3d")
    said = place("ada", "book A-01 tomorrow 9-12", check=11).stderr
    assert "that is too soon" in said and "in the past" not in said


def test_a_rule_of_an_unknown_kind_names_the_kinds(place):
    said = place("operator", "site rule sofa", check=64).stderr
    assert all(kind in said for kind in ("sofa", "desk", "room", "booth", "office", "event"))


def test_a_title_that_is_too_long_suggests_nothing_about_the_site(place):
    said = place("ada", "book A-01 tomorrow 9-12 --title " + 2000 * "x", check=65).stderr
    assert "exit" in said and "site show" not in said


def test_a_refusal_for_a_person_is_four_lines(place):
    done = place("ada", taken(place)[0], check=10)
    assert [line.split()[0] for line in done.stderr.splitlines()] == ["cowork:", "free", "try", "exit"]
