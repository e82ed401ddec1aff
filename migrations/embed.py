#!/usr/bin/python3
"""Writes the migrations as a C table (daemon/migrations.h), so that the binary carries its schema.

    embed.py OUTPUT setup.sql 0001_first.sql 0002_second.sql ...

Versions count from 1 without a gap, and a migration beside the given ones that was not given is an
error: a file that nobody embeds would be missed only on somebody's machine. The output depends on the
files alone.
"""

import hashlib
import pathlib
import re
import sys

NAME = re.compile(r"(\d{4})_([a-z0-9_]+)\.sql")
NO_TRANSACTION = "-- no-transaction"


ESCAPES = str.maketrans({"\\": r"\\", '"': r"\"", "?": r"\?", "\n": r"\n", "\t": r"\t"})


def literal(text):
    """A C string, one line of source for each of the text."""
    return "\n".join(f'\t\t"{line.translate(ESCAPES)}"' for line in text.splitlines(keepends=True))


def entry(path, version):
    match = NAME.fullmatch(path.name)
    if not match or int(match.group(1)) != version:
        sys.exit(f"{path}: wanted is {version:04}_name.sql")
    data = path.read_bytes()
    text = data.decode("utf-8")
    if not text.strip() or "\0" in text:
        sys.exit(f"{path}: no text")
    transaction = NO_TRANSACTION not in text.split("\n")
    return (f'\t{{ {version}, "{match.group(2)}", "{path.name}",\n'
            f'\t\t"{hashlib.sha256(data).hexdigest()}",\n'
            f'{literal(text)},\n\t\t{str(transaction).lower()} }},\n')


def main():
    output, setup, *paths = [pathlib.Path(name) for name in sys.argv[1:]]
    forgotten = {p.name for p in setup.parent.iterdir() if NAME.fullmatch(p.name)} - {p.name for p in paths}
    if forgotten:
        sys.exit(f"{setup.parent}/meson.build does not name {', '.join(sorted(forgotten))}")
    rows = "".join(entry(path, version) for version, path in enumerate(paths, 1))
    output.write_text(
        "/* Made from migrations/ by embed.py. */\n\n"
        '#include "daemon/migrations.h"\n\n'
        f"const char migrations_setup[] =\n{literal(setup.read_text(encoding='utf-8'))};\n\n"
        f"const struct migration migrations[] = {{\n{rows}\t{{ 0 }},\n}};\n\n"
        f"const int migrations_count = {len(paths)};\n", encoding="utf-8")


if __name__ == "__main__":
    main()
