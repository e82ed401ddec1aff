"""The shapes that rpc.discover declares: values that fit them, values that do not, and whether a reply fits."""

import re

INT_MAX = 2**53 - 1
INSTANT = r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z"
FORMS = {
    "code": r"[A-Za-z0-9][A-Za-z0-9._-]{0,31}", "booking_ref": r"R-[0-9A-Z]{5}[0-9A-Z*~$=U]",
    "block_ref": r"B-[0-9A-Z]{5}[0-9A-Z*~$=U]", "uuid": r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",
    "login": r"[^A-Z\s@]+@[a-z0-9.-]+", "date": r"\d{4}-\d\d-\d\d", "zone": r"[A-Za-z][A-Za-z0-9_+/-]*", "time": r"([01]\d|2[0-4]):[0-5]\d",
    "instant": INSTANT, "secret": r"cw[kc]_\w+",
}
GOOD = {
    "code": "KSQ", "booking_ref": "R-000000", "block_ref": "B-000000", "login": "kim@example.org",
    "uuid": "01890a5d-ac96-774b-bcce-b302099a8057", "zone": "Asia/Seoul", "time": "09:30", "boolean": False,
    "when": "2055-03-01T09:00", "date": "2055-03-01", "codes": ["A1"], "integers": [1],
}
# What is not of the type, and what is of the type but not of the form.
WRONG_TYPE = {
    "integer": ["1", True, [], {}, None], "boolean": ["true", 0, None], "codes": ["A", {}, 7, [1], None],
    "integers": ["1", 7, ["1"], None], "object": ["x", [], 1, None],
}
WRONG_FORM = {
    "code": ["", "a b", "-a", "x" * 33, "é"], "booking_ref": ["", "R-", "R-000001", "X-000000", "R-0000000"],
    "block_ref": ["", "B-000001", "R-000000"], "uuid": ["", "0189", "01890a5d-ac96-774b-bcce-b302099a805g"],
    "login": ["", "kim", "kim@", "@example.org", "a b@example.org", "k" * 65 + "@example.org"],
    "zone": ["", "/etc/passwd", "../x", "Asia/"], "time": ["9:30", "24:01", "12:60", "12:30:00", ""],
    "when": ["", "tomorrow", "2055-02-30T09:00", "2055-03-01", "2055-03-01 09:00", "2055-03-01T25:00"],
    "codes": [["a b"], [""]], "date": ["", "today", "2055-02-30", "2055-3-1", "2055-03-01T09:00"],
}


def good(field):
    """A value that fits the field."""
    kind = field["type"]
    if kind == "object":
        return {name: good(inner) for name, inner in field["fields"].items()}
    if kind == "enum":
        return field["choices"][0]
    if kind == "integer":
        return max(field.get("min", 0), min(1, field.get("max", INT_MAX)))
    if kind in ("string", "text", "secret"):
        return "x" * max(1, field.get("min", 0))
    return GOOD[kind]


def bad(field):
    """(value, rule) of everything that the field has to refuse."""
    kind = field["type"]
    for value in WRONG_TYPE.get(kind, [7, True, [], {}, None]):
        yield value, "type"
    for value in WRONG_FORM.get(kind, []):
        if value or not field.get("clearable"):
            yield value, "format"
    if kind in ("string", "text", "secret"):
        yield "bell\a" + "x" * 8, "format"
        yield "x" * (field["max"] + 1), "range"
        if field.get("min", 0) > 0:
            yield " " * field["min"], "range"
        if field.get("min", 0) > 1:
            yield "x" * (field["min"] - 1), "range"
    elif kind == "integer":
        yield field.get("min", 0) - 1, "range"
        if field.get("max", INT_MAX) < INT_MAX:
            yield field["max"] + 1, "range"
    elif kind == "enum":
        yield "no such word", "choice"
        yield field["choices"][0].upper(), "choice"
    elif kind == "codes":
        yield [f"c{number}" for number in range(field.get("max", 64) + 1)], "range"
        yield ["same", "SAME"], "repeat"
    elif kind == "integers":
        yield [field["max"] + 1], "range"
        yield [1, 1], "repeat"


def fits(value, field):
    """Whether a value in a reply is of the declared shape."""
    kind = field["type"]
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "enum":
        return value in field["choices"]
    if kind in ("string", "text"):
        return isinstance(value, str) and len(value) <= field.get("max", 2000)
    if kind == "codes":
        return isinstance(value, list) and all(re.fullmatch(FORMS["code"], item) for item in value)
    if kind == "integers":
        return isinstance(value, list) and all(isinstance(item, int) for item in value)
    if kind == "object":
        return isinstance(value, dict) and not misfits(value, field["fields"])
    if kind == "objects":
        return isinstance(value, list) and not any(misfits(item, field["fields"]) for item in value)
    if kind == "json":
        return value is not None
    return isinstance(value, str) and re.fullmatch(FORMS[kind], value) is not None


def misfits(value, fields):
    """What of an object is not declared, or not as declared."""
    return [f"{name}: {member!r}" for name, member in value.items()
            if name not in fields or not fits(member, fields[name])]


def reply_misfits(result, method, nouns):
    """What of a method's result is not as rpc.discover says."""
    fields = dict(method.get("result", {}))
    plain = {"integer": {"type": "integer"}, "boolean": {"type": "boolean"}, "string": {"type": "string"}}
    if method["changes"]:
        fields |= {"rev": plain["integer"], "replayed": plain["boolean"], "dry_run": plain["boolean"]}
    if "gives" in method:
        fields |= {"rev": plain["integer"], method["gives"]: {"type": "object", "fields": nouns[method["gives"]]}}
    if "lists" in method:
        noun = nouns[method["lists"]]
        plural = "staff" if method["lists"] == "staff" else method["lists"] + "s"
        fields |= {"rev": plain["integer"], "has_more": plain["boolean"], "cursor": {"type": "string"}}
        rows = result.get(plural)
        if not isinstance(rows, list):
            return [f"no {plural}"]
        wrong = [text for row in rows for text in misfits(row, noun)]
        return wrong + misfits({name: member for name, member in result.items() if name != plural}, fields)
    if "gives" in method and method["gives"] not in result:
        return [f"no {method['gives']}"]
    return misfits(result, fields)
