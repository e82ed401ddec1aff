"""README and manual pages say what is: every name in them exists, and everything that has a name is in them."""

import json
import os
import re
import shlex
import shutil
import subprocess

import pytest
from rig import ROOT, build

README = (ROOT / "README.md").read_text()
ARCHITECTURE = (ROOT / "docs" / "ARCHITECTURE.md").read_text()
BLOCKS = re.findall(r"^```\n(.*?)^```$", README, re.M | re.S)
COMMANDS = [line for block in BLOCKS for line in block.splitlines() if line]
PAGES = ("coworkd.8", "coworkd.conf.5", "cowork-protocol.7", "cowork.1", "cowork-dates.7")


def page(name):
    """A manual page as it is read at 80 columns."""
    done = subprocess.run(["mandoc", "-Tutf8", build() / "docs" / name], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return re.sub(".\b", "", done.stdout)


def section(text, title, mark=""):
    """What stands under a heading, up to the next one as far in."""
    body = re.split(rf"^{mark}{re.escape(title)}$", text, maxsplit=1, flags=re.M)
    assert len(body) == 2, f"there is no {title!r}"
    return re.split(rf"^{mark}\S|^\S", body[1], maxsplit=1, flags=re.M)[0]


def words(text):
    return " ".join(text.split())


def run(program, *arguments):
    folder = {"coworkd": "daemon", "cowork": "client"}[program]
    return subprocess.run([build() / folder / program, *arguments], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, env={"PATH": os.environ["PATH"], "HOME": "/nonexistent"})


# Manual pages


@pytest.mark.parametrize("name", PAGES)
def test_a_page_fits_80_columns(name):
    assert [line for line in page(name).splitlines() if len(line) > 80] == []


def test_every_method_is_in_the_protocol_page(connect):
    told = connect("ada").call("rpc.discover")
    methods = section(page("cowork-protocol.7"), "METHODS")
    headings = re.findall(r"^   (\S+)$", methods, re.M)
    assert headings == sorted(told["methods"])
    for name, method in told["methods"].items():
        text = words(section(methods, name, "   "))
        for parameter in method["params"]:
            assert re.search(rf"[ ,]{parameter}[ ,.]", text), f"{name}: {parameter}"
        for role, reach in method.get("roles", {}).items():
            assert f"{role} ({reach})" in text or "Who: everybody" in text, f"{name}: {role}"


def test_every_noun_notification_and_kind_is_in_the_protocol_page(connect):
    told = connect("ada").call("rpc.discover")
    text = page("cowork-protocol.7")
    nouns = section(text, "NOUNS")
    for name, fields in told["nouns"].items():
        assert set(fields) <= set(re.findall(r"• +(\w+) ", section(nouns, name, "   "))), name
    notifications = section(text, "NOTIFICATIONS")
    for name, notification in told["notifications"].items():
        shown = set(re.findall(r"• +(\w+) ", section(notifications, name, "   ")))
        assert set(notification["params"]) <= shown, name
    kinds = words(section(text, "REFUSALS"))
    for name, kind in told["errors"].items():
        assert f"{name} ({kind['code']}, exit {kind['exit']}): {kind['text']}" in kinds


def test_every_option_is_in_the_page_of_the_configuration():
    text = page("coworkd.conf.5")
    options = section(text, "OPTIONS")
    limits = section(text, "LIMITS")
    name = None
    for line in run("coworkd", "--example-config").stdout.splitlines():
        if heading := re.fullmatch(r"\[(\w+)\]", line):
            name = heading.group(1)
        elif option := re.fullmatch(r"#(\w+) = (.+)", line):
            key, default = option.groups()
            assert f"{key} = {default}" in words(section(options, f"[{name}]", "   ")), key
            if name == "limits":
                assert re.search(rf"{key} +{default} ", limits), key


def test_every_subcommand_and_option_of_the_daemon_is_in_its_page():
    text = words(page("coworkd.8"))
    usage = run("coworkd", "--help").stdout
    for command in re.search(r"(\w+( \| \w+)+) \[OPTION", usage).group(1).split(" | "):
        usage += run("coworkd", command, "--no-such-option").stderr
        assert f"coworkd {command} [" in text
    options = set(re.findall(r"--[a-z-]+", usage)) - {"--no-such-option"}
    assert [option for option in sorted(options) if option not in text] == []


def client_commands():
    overview = run("cowork", "help").stdout
    commands = re.findall(r"^  ([a-z]+(?: [a-z]+)?)  ", overview.split("For staff:")[0], re.M)
    commands += [f"{noun} {verb}" for noun, verbs in
                 re.findall(r"^  (\w+) +((?:\w+, )+\w+)$", overview.split("For staff:")[1], re.M)
                 for verb in verbs.split(", ")]
    assert len(commands) > 20
    return commands


def test_every_command_of_the_client_has_an_example():
    for command in client_commands():
        told = run("cowork", "help", *command.split()).stdout
        examples = re.search(r"^Examples:\n((?:  .+\n)+)", told)
        assert examples and all(line.startswith(f"  cowork {command}") for line in examples.group(1).splitlines()), told


def test_every_exit_status_of_the_page_is_in_help():
    listed = re.findall(r"(\d+): ", section(page("cowork.1"), "EXIT STATUS"))
    told = re.findall(r"^  (\d+)", run("cowork", "help", "exit-codes").stdout, re.M)
    assert len(listed) > 10 and listed == told


def test_every_command_of_the_client_is_in_its_page():
    text = words(page("cowork.1"))
    commands = client_commands()
    assert [command for command in commands if not re.search(rf"\b{re.escape(command)}\b", text)] == []
    options = set(re.findall(r"--[a-z-]+", run("cowork", "help", "options").stdout))
    assert [option for option in sorted(options) if option not in text] == []


def test_every_form_of_a_command_is_in_the_clients_page():
    text = words(page("cowork.1"))
    names = set(re.findall(r"^  ([a-z]+) ", run("cowork", "help").stdout, re.M)) - {"options"}
    forms = set()
    for name in sorted(names - {"cowork"}):
        usage = re.split(r"^Usage:$", run("cowork", "help", name).stdout, flags=re.M)[-1]
        forms.update(words(form) for form in re.findall(r"^  cowork ((?:.+\n)(?:  \S.*\n)*)", usage, re.M))
    assert len(forms) > 50
    assert [form for form in sorted(forms) if form not in text] == []


def test_the_topics_of_the_clients_page_are_those_there_are():
    told = re.search(r"or a topic: ([^.]+)\.", words(page("cowork.1"))).group(1).split(", ")
    assert set(told) == set(re.findall(r"[\w-]+", run("cowork", "help").stdout.split("More to read about:")[1])) - {"and"}
    assert [topic for topic in told if run("cowork", "help", topic).returncode != 0] == []


def test_every_variable_of_the_client_is_in_its_page():
    text = section(page("cowork.1"), "ENVIRONMENT")
    told = re.findall(r"^  ([A-Z_]+)(?:, ([A-Z_, ]+))?  ", run("cowork", "help", "environment").stdout, re.M)
    names = {name for line in told for name in re.findall(r"\w+", " ".join(line))}
    assert len(names) > 15
    assert [name for name in sorted(names) if name not in text] == []


def test_every_variable_that_the_server_reads_is_in_its_page():
    text = section(page("coworkd.8"), "ENVIRONMENT")
    names = {name for file in (ROOT / "daemon").rglob("*.c") for name in re.findall(r'\bgetenv\("(\w+)"\)', file.read_text())}
    assert {"LISTEN_FDS", "JOURNAL_STREAM"} <= names
    assert [name for name in sorted(names) if name not in text] == []


def test_every_exit_status_is_in_the_clients_page(connect):
    statuses = section(page("cowork.1"), "EXIT STATUS")
    for name, kind in connect("ada").call("rpc.discover")["errors"].items():
        assert re.search(rf"• +{kind['exit']}: ", statuses), name


# By hand


def conversation():
    """The lines of the protocol page's example: (request, answer) pairs."""
    source = (ROOT / "docs" / "cowork-protocol.7.scd.in").read_text().split("# BY HAND")[1]
    lines = re.findall(r"^\{.*\n(?: .*\n)*", source, re.M)
    objects = [json.loads(line.replace("\n ", "")) for line in lines]
    return list(zip(objects[::2], objects[1::2]))


def shape(value):
    return {name: shape(member) for name, member in value.items()} if isinstance(value, dict) else type(value)


def test_the_conversation_by_hand_goes_as_the_page_says(daemon, world):
    command = ["openssl", "s_client", "-quiet", "-alpn", "cowork/1", "-verify_return_error", "-CAfile",
               daemon.certificate, "-connect", f"localhost:{daemon.port}"]
    typed = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        for request, told in conversation():
            line = json.dumps(request).replace("TOKEN", world.token["ada"])
            typed.stdin.write(line + "\n")
            typed.stdin.flush()
            answer = json.loads(typed.stdout.readline())
            assert shape(answer) == shape(told)
            for volatile in ("time", "expires"):
                answer.get("result", {}).pop(volatile, None)
                told.get("result", {}).pop(volatile, None)
            for name in ("ref", "created"):
                answer.get("result", {}).get("booking", {}).pop(name, None)
                told.get("result", {}).get("booking", {}).pop(name, None)
            for one in (answer, told):
                one.get("error", {}).get("data", {}).pop("request", None)
                one.get("result", {}).pop("rev", None)
            assert answer == told
    finally:
        typed.terminate()
        typed.communicate()


# README


def paths(text):
    return set(re.findall(r"(?<![\w/-])((?:common|client|daemon|migrations|docs|systemd|scripts|tests)/[\w./*-]*)", text))


@pytest.mark.parametrize("text", [README, ARCHITECTURE], ids=["README", "ARCHITECTURE"])
def test_the_paths_that_are_named_exist(text):
    names = paths(text)
    assert len(names) > 30
    missing = [name for name in sorted(names) if "NOUN_VERB" not in name and not list(ROOT.glob(name.rstrip(".")))]
    assert missing == []


def test_the_links_between_the_pages_lead_somewhere():
    for page_path, text in ((ROOT / "README.md", README), (ROOT / "docs" / "ARCHITECTURE.md", ARCHITECTURE)):
        links = re.findall(r"\]\(([^)#]+)", text)
        assert links != []
        assert [link for link in links if not (page_path.parent / link).exists()] == []


def test_the_code_map_has_a_place_for_every_file_of_the_daemon():
    named = set()
    for name in paths(README.split("### The code map")[1].split("\n### ")[0]):
        named.update(path for path in ROOT.glob(name.rstrip(".")) if path.is_file())
    files = set((ROOT / "daemon").glob("*.c"))
    assert sorted(path.name for path in files - named) == []


def copy_of_the_sources(folder):
    for name in ("common", "client", "daemon", "migrations", "docs"):
        shutil.copytree(ROOT / name, folder / name)
    return folder


def check_picture(folder):
    done = subprocess.run(["/usr/bin/python3", folder / "docs" / "picture.py", "--check"], capture_output=True, text=True)
    return done.returncode, done.stdout


def include(file, line):
    file.write_text(line + "\n" + file.read_text())


def test_the_picture_is_what_the_sources_say():
    assert check_picture(ROOT) == (0, "")


def test_the_picture_shows_a_new_way_between_rooms(tmp_path):
    sources = copy_of_the_sources(tmp_path)
    include(sources / "daemon" / "conn.c", '#include "daemon/certificate.h"')
    assert check_picture(sources) == (1, "docs/architecture.svg is not what the sources say: run docs/picture.py\n")


def test_no_picture_is_drawn_of_rooms_that_need_each_other(tmp_path):
    sources = copy_of_the_sources(tmp_path)
    include(sources / "daemon" / "lane.c", '#include "daemon/conn.h"')
    assert check_picture(sources) == (1, "lane and feed uses connections, which is not further in: "
                                         "daemon/lane.c includes daemon/conn.h\n")


def test_no_picture_is_drawn_without_a_file(tmp_path):
    sources = copy_of_the_sources(tmp_path)
    (sources / "daemon" / "attic.c").touch()
    assert check_picture(sources) == (1, "daemon/attic.c belongs to no room: see ROOMS in docs/picture.py\n")


def test_the_readme_names_the_variables_that_tests_read():
    sources = "".join(path.read_text() for path in (ROOT / "tests").rglob("*.py"))
    read = set(re.findall(r"environ(?:\.get\(|\[)\"(COWORK_\w+)\"", sources))
    assert set(re.findall(r"COWORK_\w+", README)) == read


@pytest.mark.parametrize("line", [line for line in COMMANDS if line.startswith("cowork ")])
def test_a_client_command_of_the_readme_is_understood(line):
    done = run(*shlex.split(line), "--help")
    assert done.returncode == 0 and "Usage:" in done.stdout, done.stderr


@pytest.mark.parametrize("line", [line for line in COMMANDS if re.search(r"\bcoworkd ", line)])
def test_a_daemon_command_of_the_readme_is_understood(line):
    arguments = shlex.split(line.split(">")[0].partition("coworkd ")[2])
    if arguments[0].startswith("--"):
        assert arguments[0] in run("coworkd", "--help").stdout
        return
    usage = run("coworkd", arguments[0], "--no-such-option").stderr
    assert f"coworkd {arguments[0]}" in usage
    assert {word for word in arguments if word.startswith("--")} <= set(re.findall(r"--[a-z-]+", usage))
