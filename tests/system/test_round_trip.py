"""Export and import: what one system writes another takes, and then writes the same. Done again it changes nothing."""

import contextlib
import json
import re

import pytest

from rig import CommandLine
from world import Lane, World, new_token

KINDS = ("sites", "floors", "areas", "spaces", "tenants", "members", "blocks", "bookings")
OF_A_SITE = ("floors", "areas", "spaces", "blocks", "bookings")
SITES = ("KSQ", "NEW")
DAY = "2055-03-01"


def fill(operator, connect, world):
    """One of everything that a file can say, and of what it must not."""
    change = operator.change
    change("site.create", code="NEW", name="New, \"the\" one", name_alt="새 지점", zone="Europe/Berlin", open="08:00", close="24:00",
           closed_days=[0, 6], currency="EUR", locale="de-DE", external_id="site-9",
           rules={"desk": {"longest": 720, "granularity": 15, "one_at_a_time": True}, "room": {"notice": 0, "horizon": 400}})
    change("floor.create", site="NEW", code="1F", name="Erdgeschoß", name_alt="1층", position=-1, external_id="f1")
    change("area.create", site="NEW", code="N", name="North", name_alt="북쪽", floor="1F", external_id="a1")
    change("space.create", site="NEW", code="HALL", name="Hall", name_alt="강당", kind="event", floor="1F", area="N", capacity=80,
           amenities=["stage", "screen"], x=-3, y=9, units=["H1", "H2"], external_id="s1")
    change("space.create", site="NEW", code="H1", kind="room", capacity=40, units=["H1"])
    change("space.create", site="NEW", code="OLD", kind="desk")
    change("space.retire", site="NEW", space="OLD")
    change("tenant.create", code="gone", name="Gone")
    change("tenant.update", tenant="gone", state="disabled")
    change("tenant.update", tenant="acme", name_alt="아크미", external_id="t-7")
    change("member.update", login=world.login["minji"], lang="ko", external_id="m-7")
    change("member.update", login=world.login["newcomer"], state="disabled")
    change("block.create", site="NEW", space="H1", start=f"{DAY}T08:00", end=f"{DAY}T09:00", reason="repair", note="the lamp,\nand \"more\"")
    change("block.create", site="KSQ", space="P-1", start="2055-11-07T01:30", end="2055-11-07T03:00", fold=1, reason="cleaning",
           external_id="block-1")
    ended = change("block.create", site="KSQ", space="RA", start="2055-01-01T00:00", end="2055-01-02T00:00", reason="test")["block"]
    change("block.end", site="KSQ", ref=ended["ref"])
    ada, desk = connect("ada"), connect("desk")
    for hour in range(6):
        ada.change("booking.create", site="KSQ", space="A-01", start=f"{DAY}T{hour + 8:02}:00", end=f"{DAY}T{hour + 8:02}:45",
                   title=f"Planning; \"{hour}\", 분기", private=hour % 2 == 0)
    ref = ada.change("booking.create", site="KSQ", space="A-01", start=f"{DAY}T14:00", end=f"{DAY}T15:00")["booking"]["ref"]
    ada.change("booking.cancel", site="KSQ", ref=ref)
    for fold in (0, 1):
        ada.change("booking.create", site="KSQ", space="A-02", start="2055-11-07T01:00", end="2055-11-07T01:30", fold=fold)
    ada.change("booking.create", site="KSQ", space="A-03", start="2055-11-07T05:15:00Z", end="2055-11-07T06:15:00Z")
    desk.change("booking.create", site="KSQ", space="AB", start=f"{DAY}T08:00", end=f"{DAY}T18:00", guest="Dr. \"Bo\" O'Neil",
                note="two\nlines", **{"for": world.login["bob"]})
    desk.change("booking.create", site="KSQ", space="A-05", start=f"{DAY}T08:00", end=f"{DAY}T09:00", title="our own")
    operator.change("booking.create", site="NEW", space="H1", start=f"{DAY}T10:00", end=f"{DAY}T11:00", external_id="b-1",
                    **{"for": world.login["minji"]})


def export(person, kind, site, form):
    words = ["export", kind] + (["--site", site] if site else []) + (["--json"] if form == "json" else ["-o", "tsv"])
    return person.run(*words, check=0).stdout


def files(person, form):
    """What each kind of each site is written as."""
    return {(kind, site): export(person, kind, site, form)
            for kind in KINDS for site in (SITES if kind in OF_A_SITE else (None,))}


def rows(text):
    """References differ from system to system, and with them the order of what begins together."""
    return sorted(text.splitlines())


def summary(done):
    found = re.search(r"(\d+) \w[\w ]*, (\d+) refused, (\d+) already there of (\d+) rows", done.stdout)
    assert found, done.stdout + done.stderr
    return tuple(map(int, found.groups()))


@pytest.fixture
def empty(start_daemon, cluster, short_dir):
    """The command line of the operator of another system, in which there is nothing yet."""
    with cluster.clone() as name:
        with contextlib.closing(cluster.connect(name, cluster.admin)) as connection:
            lane = Lane(connection)
            _, code, digest = new_token("cwc_")
            lane.do(0, "staff.grant", {"login": "op@example.org", "name": "Op", "role": "operator"},
                    {"code": {"id": code, "hash": digest, "expires": World.in_days(1)}})
            text, ident, secret = new_token()
            lane.do(0, "code.redeem", {"code": code, "hash": digest, "label": "t"},
                    {"id": ident, "hash": secret, "expires": World.in_days(1)})
        daemon = start_daemon("other", conninfo=cluster.conninfo(name))
        yield CommandLine(short_dir, daemon, "other").context(text)


@pytest.mark.limit(600)  # a hundred runs of the client
@pytest.mark.parametrize("form", ["csv", "json"])
def test_what_is_exported_and_imported_is_exported_the_same(connect, cowork, empty, world, short_dir, form):
    fill(connect("operator"), connect, world)
    written = files(cowork("operator", site=None), form)
    for (kind, site), text in written.items():
        assert len(text.splitlines()) > (form == "csv"), (kind, site)
        file = short_dir / f"{kind}-{site}.{form}"
        file.write_text(text)
        done = empty.run("import", kind, file, *(["--site", site] if site else []))
        assert done.returncode == 0, (kind, site, done.stdout, done.stderr)
    again = files(empty, form)
    for key in written:
        assert rows(again[key]) == rows(written[key]), key


def test_what_a_file_says_of_a_site_and_its_bookings(connect, cowork, world):
    fill(connect("operator"), connect, world)
    operator = cowork("operator", site=None)
    site = json.loads(export(operator, "sites", None, "json").splitlines()[-1])
    assert (site["code"], site["currency"], site["locale"], site["closed_days"]) == ("NEW", "EUR", "de-DE", [0, 6])
    assert site["rules"]["desk"] == {"longest": 720, "granularity": 15, "one_at_a_time": True}
    bookings = [json.loads(line) for line in export(operator, "bookings", "KSQ", "json").splitlines()]
    assert len(bookings) == 11 and all(row["external_id"].startswith("R-") for row in bookings)
    assert [row.get("private") for row in bookings if "Planning" in row.get("title", "")] == [True, None] * 3
    assert [row.get("member") for row in bookings if row["space"] == "A-05"] == [None]
    spaces = [json.loads(line)["code"] for line in export(operator, "spaces", "NEW", "json").splitlines()]
    assert spaces == ["H1", "HALL"]


@pytest.mark.limit(600)
def test_bookings_that_are_imported_again_are_there_already(connect, cowork, empty, world, short_dir):
    """Under another name of the file no key helps: what has no name elsewhere goes by its reference."""
    fill(connect("operator"), connect, world)
    source = cowork("operator", site=None)
    for person, first in ((source, 0), (empty, 11)):
        for kind in KINDS[:6]:
            if person is empty:
                for site in (SITES if kind in OF_A_SITE else (None,)):
                    file = short_dir / f"{kind}-{site}.csv"
                    file.write_text(export(source, kind, site, "csv"))
                    empty.run("import", kind, file, *(["--site", site] if site else []), check=0)
        for number, name in enumerate(("one.csv", "two.csv")):
            for kind, count in (("bookings", 11), ("blocks", 1)):
                file = short_dir / f"{kind}-{name}"
                file.write_text(export(source, kind, "KSQ", "csv"))
                done = person.run("import", kind, file, "--site", "KSQ")
                new = count if first and number == 0 else 0
                assert summary(done) == (new, 0, count - new, count), (kind, done.stderr)
                assert done.returncode == 0
        rows = connect("operator").call("booking.list", site="KSQ")["bookings"] if person is source else None
        assert rows is None or len(rows) == 11


def test_a_row_whose_external_id_is_there_stays_as_it_is(cowork, short_dir, connect):
    operator = cowork("operator")
    file = short_dir / "floors.csv"
    file.write_text("code,name,external_id\nX1,First,x1\n")
    assert summary(operator.run("import", "floors", file, check=0)) == (1, 0, 0, 1)
    file.write_text("code,name,external_id\nX2,Second,x1\nX3,Third,x3\n")
    assert summary(operator.run("import", "floors", file, check=0)) == (1, 0, 1, 2)
    assert [row["code"] for row in connect("operator").call("floor.list", site="KSQ")["floors"]] == ["2F", "X1", "X3"]


def test_a_code_that_is_there_without_an_external_id_is_refused(cowork, short_dir):
    file = short_dir / "floors.csv"
    file.write_text("code,name\n2F,Again\n")
    done = cowork("operator").run("import", "floors", file)
    assert done.returncode == 65 and "line 2: exists" in done.stderr


@pytest.mark.parametrize("rules", ["no", "[]", '{"desk":{"longest":"long"}}', '{"sofa":{}}'])
def test_rules_in_a_file_that_are_none_are_refused(cowork, short_dir, rules):
    file = short_dir / "sites.json"
    file.write_text(json.dumps({"code": "Z", "name": "Z", "zone": "UTC", "rules": rules}) + "\n")
    done = cowork("operator").run("import", "sites", file)
    assert done.returncode == 65 and "rules" in done.stderr
