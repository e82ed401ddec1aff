"""A real campus as files that `cowork import` reads: made from the folder that COWORK_CAMPUS names."""

import csv
import os
import pathlib
import re

import pytest

HELD = 8  # rows that an earlier row already holds the room for


def folder():
    """The campus data, or a skip where it is absent."""
    name = os.environ.get("COWORK_CAMPUS")
    if not name or not pathlib.Path(name, "bookings.csv").is_file():
        pytest.skip("COWORK_CAMPUS names no campus data")
    return pathlib.Path(name)


def code(room):
    """Room names as codes: "HH210 (Bahrain)" is HH210-Bahrain."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", room).strip("-")


def rows(name):
    with open(folder() / name, newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def write(path, header, lines):
    with open(path, "w", newline="", encoding="utf-8") as file:
        out = csv.writer(file)
        out.writerow(header)
        out.writerows(lines)
    return path


def write_sites(path, codes):
    return write(path, ["code", "name", "zone", "open", "close"],
                 [[each, f"Campus {each}", "Europe/London", "00:00", "24:00"] for each in codes])


def write_spaces(path):
    return write(path, ["code", "name", "kind", "capacity", "external_id"],
                 [[code(row["code"]), row["code"], "room", 1, row["code"]] for row in rows("rooms.csv")])


def write_bookings(path, bookings):
    return write(path, ["space", "start_local", "end_local", "title"],
                 [[code(row["room"]), row["start_local"], row["end_local"], row["type"]] for row in bookings])
