"""The client speaks the language of whoever uses it; data is the same in all languages."""

import re
import subprocess
import unicodedata

import pytest

import pseudo
from rig import ROOT, CommandLine, on_terminal

KOREAN = {"LANG": "ko_KR.UTF-8", "LANGUAGE": ""}


@pytest.fixture
def lonely(short_dir):
    """A client that knows no server."""
    return CommandLine(short_dir, None)


@pytest.mark.parametrize("environment, korean", [
    ({"LANG": "ko_KR.UTF-8"}, True),  # whether it was generated on this machine or not
    ({"LANG": "C.UTF-8", "LANGUAGE": "ko"}, True),
    ({"LANG": "en_US.UTF-8", "LANGUAGE": "ko_KR:en"}, True),
    ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "ko_KR.UTF-8"}, True),
    ({"LANG": "ko_KR.UTF-8", "LANGUAGE": "en"}, False),
    ({"LANG": "ko_KR.UTF-8", "LC_ALL": "C"}, False),
    ({"LANG": "C", "LANGUAGE": "ko"}, False),  # whoever says plain C wants what programs read
    ({"LANG": "C.UTF-8"}, False),
    ({"LANG": ""}, False),
])
def test_messages_are_in_the_language_of_the_environment(lonely, environment, korean):
    told = lonely.run("mine", environment=environment, check=4).stderr
    assert ("로그인하지 않았습니다" in told) == korean and ("not logged in" in told) != korean


@pytest.mark.parametrize("words", [("--lang", "ko", "mine"), ("mine", "--lang=ko"), ("mine", "--lang", "ko-KR")])
@pytest.mark.parametrize("lang", ["C", "C.UTF-8", "en_US.UTF-8", "nothing"])
def test_an_option_says_the_language(lonely, words, lang):
    assert "로그인하지 않았습니다" in lonely.run(*words, environment={"LANG": lang}, check=4).stderr


def test_a_slip_before_the_option_is_told_in_its_language_too(lonely):
    assert "없는 명령입니다" in lonely.run("bok", "--lang", "ko", check=64).stderr


def test_a_language_that_there_is_not_is_told_with_those_there_are(lonely):
    for words in (("mine", "--lang", "kr"), ("--lang=kr", "mine"), ("mine", "--lang", "../ko")):
        assert "there are en and ko" in lonely.run(*words, check=64).stderr
    assert "en, ko" in lonely.run("mine", "--lang", "kr", environment=KOREAN, check=64).stderr
    assert {"en", *(ROOT / "po/LINGUAS").read_text().split()} == {"en", "ko"}
    for lang in ("en", "en_US.UTF-8", "en-GB"):
        assert "not logged in" in lonely.run("mine", "--lang", lang, environment=KOREAN, check=4).stderr


def test_help_is_translated(lonely):
    told = lonely.run("help", environment=KOREAN, check=0).stdout
    assert "공간 예약" in told and "book a space" not in told


def test_data_is_the_same_in_every_language(cowork):
    ada = cowork("ada")
    ada.run("book", "A-01", "2055-03-01T09:00", "2055-03-01T10:00", check=0)
    for words in (("list", "--json"), ("list", "-o", "tsv", "--header"), ("space", "list"), ("list", "-o", "ndjson")):
        assert ada.run(*words, environment=KOREAN, check=0).stdout == ada.run(*words, check=0).stdout


def test_a_language_without_a_catalogue_is_english(lonely):
    assert "not logged in" in lonely.run("mine", environment={"LANG": "xx_XX.UTF-8"}, check=4).stderr


def width(line):
    """Columns of a line on a terminal."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line)


TOPICS = ["", "dates", "formats", "files", "environment", "exit-codes", "options", "book", "login", "import", "space"]


@pytest.mark.parametrize("environment", [{}, KOREAN], ids=["en", "ko"])
@pytest.mark.parametrize("topic", TOPICS)
def test_help_fits_80_columns(lonely, topic, environment):
    told = lonely.run("help", *topic.split(), environment=environment, check=0).stdout
    assert [line for line in told.split("\n") if width(line) > 80] == []


# The catalogue

@pytest.fixture(scope="session")
def template(tmp_path_factory):
    """All words of the sources."""
    pot = tmp_path_factory.mktemp("po") / "cowork.pot"
    subprocess.run([ROOT / "scripts/po", "--pot", pot], check=True, capture_output=True)
    return pot


def languages():
    return (ROOT / "po/LINGUAS").read_text().split()


@pytest.mark.parametrize("language", languages())
def test_formats_and_headers_of_a_translation_are_right(language):
    done = subprocess.run(["msgfmt", "--check", "-o", "/dev/null", ROOT / f"po/{language}.po"], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("language", languages())
def test_no_particle_hangs_on_what_a_placeholder_stands_for(language):
    """을/를, 이/가, 은/는, 와/과 depend on the sound before them, which nobody knows here."""
    text = subprocess.run(["msgcat", "--no-wrap", ROOT / f"po/{language}.po"], capture_output=True, text=True, check=True).stdout
    assert re.findall(r'(?:%(?:llu|zu|u|d|s)|\{\d\})(?:\\")?(?:을|를|이|가|은|는|와|과|로|으로)(?=[ .,:"])', text) == []


@pytest.mark.parametrize("language", languages())
def test_every_text_of_the_sources_is_translated(language, template):
    """scripts/po brings a catalogue up to date; then somebody has to translate what is new."""
    subprocess.run(["msgcmp", ROOT / f"po/{language}.po", template], check=True)


# Screens

SCREENS = [
    (("help",), 0), (("help", "options"), 0), (("help", "book"), 0), (("space", "add", "--help"), 0), (("help", "space"), 0),
    (("nonsense",), 64), (("space",), 64), (("book", "--nonsense"), 64), (("book",), 64), (("help", "nonsense"), 64),
    (("book", "A-01", "sometime"), 65), (("book", "A-01", "tomorrow", "25:00"), 65), (("mine",), 0), (("mine", "--past"), 0),
    (("list",), 0), (("show", "REF"), 0), (("history", "REF"), 0), (("whoami",), 0), (("status",), 0), (("doctor",), 0),
    (("free", "desk", "2055-03-01T09:00", "2055-03-01T10:00"), 0), (("day", "A-01", "2055-03-01"), 0),
    (("book", "A-01", "2055-03-01T09:00", "2055-03-01T10:00"), 10), (("book", "Z-99", "2055-03-01T09:00", "2055-03-01T10:00"), 12),
    (("move", "REF", "A-02", "--dry-run"), 0), (("cancel", "REF", "--dry-run"), 0), (("space", "list"), 0),
    (("space", "add", "B-1", "--kind", "desk"), 77), (("when", "2055-03-01", "9-10"), 0), (("show", "R-00000"), 65),
    (("import", "nonsense", "x"), 64), (("--site", "NONE", "list"), 12), (("token", "list"), 0),
]


@pytest.fixture
def home(cowork):
    """Ada's, with a booking of hers; and its reference."""
    it = cowork("ada")
    it.run("book", "A-01", "2055-03-01T09:00", "2055-03-01T10:00", "--title", "주간 회의", check=0)
    it.ref = it.run("mine", "-o", "tsv", "-f", "ref", check=0).stdout.strip()
    return it


def shown(home, words, environment):
    words = [home.ref if word == "REF" else word for word in words]
    told, status = on_terminal(home, *words, environment=environment)
    return told.replace("\r", ""), status


@pytest.mark.parametrize("language", ["en", "ko"])
def test_every_screen_is_whole_at_80_columns(home, language):
    """Commands to run are one line, however long."""
    for words, status in SCREENS:
        told, ended = shown(home, words, {"LANGUAGE": language})
        assert ended == status, told
        assert [line for line in told.split("\n") if width(line) > 80 and " cowork " not in line and "/" not in line] == []


@pytest.fixture(scope="session")
def pseudo_language(template, tmp_path_factory):
    return pseudo.make(template, tmp_path_factory.mktemp("pseudo"))


# What is data, not words: commands to run, options, placeholders, names of fields that are typed, dates, names of the world.
DATA = re.compile(r"^ *(?:\S* )?cowork .*$|--?[a-z][\w-]*(?:[= ][a-z0-9|]+)?|\b[A-Z][A-Z0-9_.-]+\b|\S*[@/=:;]\S*|\b[A-Z]-?\d\d\b"
                  r"|\b[0-9A-Z]{8}\b", re.M)
# A refusal's kind is translated; what the server says beyond it stands behind in its own words.
SERVER = re.compile(r"(?<=⟧) \([^()⟦]+\)")



# Dates are common/when_echo.c's own; the rest is of the world, of the wire, or what a state is made of.
KNOWN = set("""Mon Sun Sat Fri Thu Wed Tue Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec EST EDT
true false access full tests Ada Park acme client booking created desk room booth member active cowork coworkd By the window desk localhost
""".split())


def typed(home):
    """Words that commands are made of."""
    def words_at(*words):
        told = home.run("__complete", "--cursor", len(words), "--", *words, "", check=0).stdout
        return {line.split("\t")[0] for line in told.split("\n")}

    first = words_at("cowork")
    return {part for word in first | words_at("cowork", "help") | set().union(*(words_at("cowork", each) for each in (
        "space", "site", "staff", "member", "block", "token", "config", "floor", "tenant"))) for part in word.split("-")}


def test_every_word_of_a_screen_went_through_the_catalogue(home, pseudo_language):
    commands = typed(home)
    for words, status in SCREENS:
        if words == ("status",):  # the wire's own fields, of which there may be more than are known here
            continue
        told, ended = shown(home, words, pseudo_language)
        assert ended == status, told
        left = set(re.findall(r"[A-Za-z]{3,}", DATA.sub(" ", pseudo.outside(SERVER.sub("", told)))))
        assert left - KNOWN - commands - set(words) == set(), told
