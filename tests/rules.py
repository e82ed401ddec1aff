#!/usr/bin/python3
"""The rules of the sources that a compiler does not know: who may include whom, how long a file may be.

Each rule says why it stands there. Prints what breaks one as FILE:LINE: text; exit status 1 if any does.
"""

import pathlib
import re
import sys

TOP = pathlib.Path(__file__).resolve().parent.parent
LONGEST = 700  # a longer file has more than one purpose
LONG = 400

# Folders, and the folders they may include from: dependencies go one way.
MAY_INCLUDE = {
    "common": {"common"},
    "client": {"common", "client"},
    "daemon": {"common", "daemon"},
    "migrations": {"common", "migrations"},
    "docs": {"common", "daemon", "docs"},
}

# Headers of a library, and the files that may see it: where else it is known, it cannot be replaced.
LIBRARIES = (
    (r"libpq-fe\.h|postgres_ext\.h", r"daemon/db(_\w+)?\.[ch]"),
    (r"event2/.*|event\.h", r"daemon/(daemon|main|loop|listener|conn|request|db)(_\w+)?\.[ch]"),
    (r"openssl/.*", r"common/(tls|crypto)(_\w+)?\.[ch]|daemon/conn(_\w+)?\.[ch]|client/connection(_\w+)?\.[ch]"),
    (r"cjson/.*", r"(common|daemon|client)/.*"),
    (r"ini\.h", r"(daemon|client)/(config|context)(_\w+)?\.[ch]|common/ini(_\w+)?\.[ch]"),
    (r"argon2\.h", r"daemon/password\.c"),
    (r"pthread\.h", r"daemon/worker\.c"),
    (r"systemd/.*", r"daemon/(notify|health|inherited)\.c"),
    (r"ut(hash|list|array)\.h", r"(daemon|client)/.*"),
)

# Inside the daemon: the rooms further in do not know those further out.
INNER = r"daemon/(db(_\w+)?|lane\w*|feed|people\w*|directory|command|reading|query|calendar\w*|policy\w*|alternatives|candidates|search|day|site_clock|view/\w+)\.[ch]"
OUTER = r"daemon/(conn|listener|dispatch)(_\w+)?\.h|daemon/methods/.*"
# State in, verdict out: no loop, no database, no clock of their own. They see only one another and common/.
PURE = r"daemon/(calendar\w*|policy\w*|alternatives|candidates|search|day|site_clock|words|people\w*|actor)\.[ch]"
NOT_PURE = r"daemon/.*|common/tls\.h|event2/.*|libpq-fe\.h|sys/socket\.h|time\.h|unistd\.h"

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)')
TEXTS = re.compile(r"""/\*.*?\*/|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.S)


def files():
    folders = [TOP / folder for folder in (*MAY_INCLUDE, "tests")]
    return sorted(str(path.relative_to(TOP)) for folder in folders for path in folder.rglob("*.[ch]"))


def included(name, quoted, system):
    """What an #include names: a path from the top for ours, the header's name for the others."""
    if system is not None:
        return system
    return quoted if "/" in quoted else str(pathlib.PurePosixPath(name).parent / quoted)


def check_include(name, target, ours):
    folder = name.split("/")[0]
    if ours and folder in MAY_INCLUDE and target.split("/")[0] not in MAY_INCLUDE[folder]:
        yield f"{folder}/ may not include {target}"
    for header, users in LIBRARIES:
        if not ours and folder != "tests" and re.fullmatch(header, target) and not re.fullmatch(users, name):
            yield f"<{target}> is not for this file"
    if re.fullmatch(INNER, name) and re.fullmatch(OUTER, target):
        yield f"{target} is further out"
    if re.fullmatch(PURE, name) and re.fullmatch(NOT_PURE, target) and not re.fullmatch(PURE, target):
        yield f"{target}: this file is pure"


def without_texts(text):
    """Comments and literals blanked, lines kept."""
    return TEXTS.sub(lambda match: re.sub(r"[^\n]", " ", match.group()), text)


def check_lines(name, text):
    for number, line in enumerate(text.split("\n"), 1):
        match = INCLUDE.match(line)
        if match:
            target = included(name, *match.groups())
            for words in check_include(name, target, match.group(1) is not None):
                yield number, words
            continue
    for number, line in enumerate(without_texts(text).split("\n"), 1):
        if "//" in line:
            yield number, "comments are /* */"
        if re.search(r"\btypedef\s+(struct|enum|union)\b", line):
            yield number, "a struct is called struct"


def main():
    broken, long_ones = [], []
    for name in files():
        text = (TOP / name).read_text(encoding="utf-8")
        lines = text.count("\n")
        broken += [f"{name}:{number}: {words}" for number, words in check_lines(name, text)]
        if lines > LONGEST:
            broken.append(f"{name}:{lines}: longer than {LONGEST} lines")
        elif lines > LONG:
            long_ones.append(f"{name} ({lines})")
        if name.endswith(".h") and not re.search(r"^#\s*(pragma once|ifndef \w+_H)", text, re.M):
            broken.append(f"{name}:1: no guard")
    if long_ones:
        print("over", LONG, "lines:", ", ".join(long_ones))
    print("\n".join(broken), end="\n" if broken else "")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
