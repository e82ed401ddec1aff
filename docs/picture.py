#!/usr/bin/python3
"""Draws docs/architecture.svg: the rooms of the sources, which room uses which, the way of a request.

    docs/picture.py            writes the picture
    docs/picture.py --check    says whether the one there is what would be written; scripts/lint does this

The arrows are the #include lines of common/, client/, daemon/ and migrations/. An arrow that follows from
others is not drawn, nor one to the two rooms at the bottom, which everybody uses. What the picture promises
is checked on the way: each file has one room, and arrows lead down only, so that no two rooms need each other.
"""

import pathlib
import re
import sys
from html import escape

TOP = pathlib.Path(__file__).resolve().parent.parent
PICTURE = TOP / "docs" / "architecture.svg"
FOLDERS = ("common", "client", "daemon", "migrations")
COLUMN, ROW, WIDTH, HEIGHT, MARGIN = 236, 80, 212, 56, 16

# Name, row, column (a half is between two), files, what it is for. The last two rows go all the way across.
ROOMS = (
    ("client", 0, 3, r"client/.*", ("the program cowork; uses", "common, nothing else")),
    ("the daemon object", 0, 1, r"daemon/(main|daemon)", ("options, signals, start,", "reload, drain")),
    ("connections", 1, 1, r"daemon/(listener|inherited|conn(_\w+)?|sources|peer)", ("listener, sources, conn:", "TLS, deadlines, turns")),
    ("dispatch", 2, 1, r"daemon/dispatch", ("finds the method, asks", "who may, decodes")),
    ("methods", 3, 1, r"daemon/methods/\w+", ("one method of the protocol", "a file")),
    ("login", 4, 0, r"daemon/(login\w*|session_auth|guess|password|invitation)", ("forms of session.auth,", "passwords, guesses")),
    ("reading", 5, 1, r"daemon/(query|reading|day_reading|whom)", ("query: one SELECT; reading:", "the calendar in memory")),
    ("watches", 4, 2, r"daemon/(watch\w*|notification)", ("who watches which site,", "what they are told")),
    ("health and upkeep", 4, 3, r"daemon/(health|notify|status|certificate|resources|upkeep)", ("watchdog, STATUS, the", "certificate's end, descriptors")),
    ("command", 5, 0, r"daemon/(command|judging)", ("a change, judged by the", "calendar before it leaves")),
    ("view", 6, 1, r"daemon/(view/\w+|noun|site_rules)", ("one noun a file: facts", "as the wire has them")),
    ("request", 7, 1, r"daemon/(request|refusal|method|auth|session|services|wall_clock|methods)", ("arena, deadline, exactly", "one answer; who may")),
    ("lane and feed", 8, 1, r"daemon/(lane\w*|evictor|site|feed\w*|directory)", ("of a site: its changes out,", "its log in; who there is")),
    ("calendar and policy", 9, 0, r"daemon/(calendar\w*|search|day|day_texts|policy\w*|alternatives|candidates|site_clock)",
     ("who holds what, what rules", "allow, what instead; pure")),
    ("people", 9, 1, r"daemon/(people\w*|actor)", ("tenants, persons, roles,", "tokens; pure")),
    ("db", 9, 2, r"daemon/(db(?!_conninfo)\w*|migrations|setup_certificate)|migrations/.*", ("links and pools to PostgreSQL;", "setup, migrate, verify")),
    ("ground", 10, None, r"daemon/(loop|config\w*|db_conninfo|log|admin|retry|worker|throttle|words)",
     ("loop (libevent), options, log, the threads for passwords, counts of failed logins",)),
    ("common", 11, None, r"common/.*", ("lines, JSON, JSON-RPC, records by table, refusals, time, dates, tokens, TLS; used by all",)),
)
BOTTOM = ("ground", "common")

# The way of a request; the number stands at the room that has the first file.
WAY = (
    ("accepts, within the limits", "daemon/listener.c", "daemon/sources.c"),
    ("TLS, deadlines, and whose turn it is", "daemon/conn.c", "daemon/conn_stream.c"),
    ("bytes to lines, lines to trees, the envelope", "common/frame.c", "common/json.c", "common/rpc.c"),
    ("arena, deadline, a name for the log", "daemon/request.c"),
    ("which method, may they, parameters, site", "daemon/dispatch.c"),
    ("start() of the method, with valid input", "daemon/methods/booking_create.c"),
    ("a read: from memory, or one SELECT", "daemon/reading.c", "daemon/query.c"),
    ("a change: a command, judged", "daemon/command.c", "daemon/judging.c"),
    ("its site's queue, and one call a batch", "daemon/lane_queue.c", "daemon/lane_batch.c"),
    ("PostgreSQL commits, or answers", "daemon/db_link.c"),
    ("the noun, or the refusal; sent and freed", "daemon/view/booking.c", "daemon/refusal.c"),
)

STYLE = """text{font:12px sans-serif;fill:#222}.name{font-weight:bold;font-size:13px}.small{font-size:11px;fill:#555}
.room{fill:#f6f7f9;stroke:#667}.pure{fill:#eef6ee}.edge{fill:none;stroke:#889;stroke-width:1.2}.table{stroke-dasharray:4 3}
.step{fill:#1f5fa8}.number{fill:#fff;font-size:10px;font-weight:bold;text-anchor:middle}"""


class Wrong(Exception):
    """What the sources have that the picture cannot show; the text says what to mend."""


def room_of(name):
    stem = re.sub(r"\.(c|h|def)$", "", name)
    rooms = [room[0] for room in ROOMS if re.fullmatch(room[3], stem)]
    if len(rooms) != 1:
        raise Wrong(f"{name} belongs to {' and '.join(rooms) or 'no room'}: see ROOMS in docs/picture.py")
    return rooms[0]


def uses():
    """{room: rooms that its files include from}, and an example of each pair."""
    found = {room[0]: set() for room in ROOMS}
    example = {}
    for folder in FOLDERS:
        for path in sorted((TOP / folder).rglob("*.[ch]")):
            name = str(path.relative_to(TOP))
            user = room_of(name)
            for target in re.findall(r'^#\s*include\s+"([^"]+)"', path.read_text(encoding="utf-8"), re.M):
                target = target if "/" in target else str(pathlib.PurePosixPath(name).parent / target)
                if target.split("/")[0] in FOLDERS and room_of(target) != user:
                    found[user].add(room_of(target))
                    example.setdefault((user, room_of(target)), f"{name} includes {target}")
    return found, example


def check_downward(found, example):
    row = {room[0]: room[1] for room in ROOMS}
    for user, targets in found.items():
        for target in sorted(targets):
            if row[target] <= row[user]:
                raise Wrong(f"{user} uses {target}, which is not further in: {example[user, target]}")


def reach(found, start):
    seen, rest = set(), [start]
    while rest:
        for target in found[rest.pop()] - seen:
            seen.add(target)
            rest.append(target)
    return seen


def arrows(found):
    """The pairs that do not follow from others."""
    return [(user, target) for user in found for target in sorted(found[user] - set(BOTTOM))
            if not any(target in reach(found, between) for between in found[user] - {target})]


def place(room):
    """Left, top and width of its box."""
    _, row, column, _, _ = room
    if column is None:  # these are less high
        return MARGIN, MARGIN + ROOMS[-2][1] * ROW + (row - ROOMS[-2][1]) * (ROW - 14), 3 * COLUMN + WIDTH
    return MARGIN + column * COLUMN, MARGIN + row * ROW, WIDTH


def draw_room(room, steps):
    name, lines = room[0], room[4]
    left, top, width = place(room)
    pure = "pure" in " ".join(lines) or name == "common"
    yield f'<rect class="room{" pure" if pure else ""}" x="{left}" y="{top}" width="{width}" height="{HEIGHT if len(lines) > 1 else 42}" rx="6"/>'
    yield f'<text class="name" x="{left + 10}" y="{top + 18}">{escape(name)}</text>'
    for number, line in enumerate(lines):
        yield f'<text class="small" x="{left + 10}" y="{top + 34 + 14 * number}">{escape(line)}</text>'
    for number, step in enumerate(reversed(steps)):
        yield from draw_number(left + width - 16 - 22 * number, top + 14, step)


def draw_number(x, y, number):
    yield f'<circle class="step" cx="{x}" cy="{y}" r="9"/>'
    yield f'<text class="number" x="{x}" y="{y + 4}">{number}</text>'


def free(column, after, before):
    """Whether no box is in that column between two rows."""
    return not any(room[2] == column and after < room[1] < before for room in ROOMS)


def draw_arrow(user, target, shift):
    """From the lower edge to the upper one; beside what stands between, where the way is long."""
    left, top, width = place(user)
    to_left, to_top, to_width = place(target)
    x, y, to_x = left + width / 2 + shift[0], top + HEIGHT, to_left + to_width / 2 + shift[1]
    if target[1] - user[1] == 1:
        path = f"M{x:g} {y} C{x:g} {y + 16} {to_x:g} {to_top - 18} {to_x:g} {to_top - 2}"
    elif free(target[2], user[1], target[1]):
        path = f"M{x:g} {y} C{x:g} {y + 24} {to_x:g} {y} {to_x:g} {y + 34} L{to_x:g} {to_top - 2}"
    elif free(user[2], user[1], target[1]):
        path = f"M{x:g} {y} L{x:g} {to_top - 34} C{x:g} {to_top} {to_x:g} {to_top - 30} {to_x:g} {to_top - 2}"
    else:
        side = left - 12
        path = (f"M{x:g} {y} C{x:g} {y + 20} {side:g} {y} {side:g} {y + 34} "
                f"L{side:g} {to_top - 34} C{side:g} {to_top} {to_x:g} {to_top - 22} {to_x:g} {to_top - 2}")
    return f'<path class="edge" marker-end="url(#tip)" d="{path}"/>'


def draw_table(user, target):
    """The one way that is no #include: who is called is found in a table."""
    left, top, width = place(user)
    x, y = left + width / 2, top + HEIGHT
    yield f'<path class="edge table" marker-end="url(#tip)" d="M{x:g} {y} L{x:g} {place(target)[1] - 2}"/>'
    yield f'<text class="small" x="{x + 8:g}" y="{y + 16}">by methods.def</text>'


def file_names(names):
    """One folder is said once, that of the daemon never."""
    stem = f"{pathlib.PurePosixPath(names[0]).parent}/"
    same = all(name.startswith(stem) for name in names)
    shown = [name[len(stem):] for name in names] if same else [name.removeprefix("daemon/") for name in names]
    return (stem.removeprefix("daemon/") if same else "") + ", ".join(shown)


def spread(pairs, mine, rooms):
    """How far each arrow of a room begins (mine 0) or ends (mine 1) from the middle: in the order of the other ends."""
    shift = {}
    for name in rooms:
        its = sorted((pair for pair in pairs if pair[mine] == name),
                     key=lambda pair: (place(rooms[pair[1 - mine]])[0], rooms[pair[1 - mine]][1]))
        for number, pair in enumerate(its):
            shift[pair] = (number - (len(its) - 1) / 2) * min(40, 160 / len(its))
    return shift


def draw():
    found, example = uses()
    check_downward(found, example)
    rooms = {room[0]: room for room in ROOMS}
    pairs = arrows(found)
    begin, end = spread(pairs, 0, rooms), spread(pairs, 1, rooms)
    steps = {}
    for number, (_, first, *others) in enumerate(WAY, 1):
        for name in (first, *others):
            if not (TOP / name).exists():
                raise Wrong(f"there is no {name}: see WAY in docs/picture.py")
        steps.setdefault(room_of(first), []).append(number)
    width = 2 * MARGIN + 3 * COLUMN + WIDTH
    below = place(ROOMS[-1])[1] + ROW - 14
    height = below + 34 + 20 * ((len(WAY) + 1) // 2)
    yield f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}">'
    yield "<title>The rooms of coworkd and cowork, and the way of a request</title>"
    yield f"<style>{STYLE}</style>"
    yield '<defs><marker id="tip" markerWidth="8" markerHeight="8" refX="7" refY="4" orient="auto"><path d="M0 0L8 4L0 8z" fill="#667"/></marker></defs>'
    yield f'<rect width="{width}" height="{height}" fill="#fff"/>'
    for user, target in pairs:
        yield draw_arrow(rooms[user], rooms[target], (begin[user, target], end[user, target]))
    yield from draw_table(rooms["dispatch"], rooms["methods"])
    for room in ROOMS:
        yield from draw_room(room, steps.get(room[0], []))
    yield f'<text class="name" x="{MARGIN}" y="{below + 10}">The way of a request. An arrow: may use that room, and the rooms that one may use</text>'
    for number, (words, first, *others) in enumerate(WAY):
        column, row = divmod(number, (len(WAY) + 1) // 2)
        x, y = MARGIN + 10 + column * 2 * COLUMN, below + 30 + 20 * row
        yield from draw_number(x, y, number + 1)
        yield f'<text x="{x + 16}" y="{y + 4}">{escape(words)}<tspan class="small" dx="8">{escape(file_names([first, *others]))}</tspan></text>'
    yield "</svg>"


def main(arguments):
    if arguments not in ([], ["--check"]):
        print("usage: docs/picture.py [--check]", file=sys.stderr)
        return 64
    try:
        text = "\n".join(draw()) + "\n"
    except Wrong as wrong:
        print(wrong)
        return 1
    if not arguments:
        PICTURE.write_text(text, encoding="utf-8")
    elif not PICTURE.exists() or PICTURE.read_text(encoding="utf-8") != text:
        print("docs/architecture.svg is not what the sources say: run docs/picture.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
