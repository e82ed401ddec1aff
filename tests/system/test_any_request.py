"""Thousands of requests, each well formed and most of them odd: every one has one answer, and none is `internal`.

What they are made of is chosen by a seed (COWORK_SEED; more of them with COWORK_REQUESTS).
"""

import os
import random

import pytest

from rpc import RpcError, new_key

SEED = int(os.environ.get("COWORK_SEED", "7470"))
REQUESTS = int(os.environ.get("COWORK_REQUESTS", "1200"))
UNDER_WAY = 24

WORDS = ["x", "' OR 1=1 --", '"quoted" \\ back', "{}", "$1", "%s%n", "NULL", "가나다", "🪑" * 50, "é" * 200, "\u202eabc",
         "\u200bz", "a" * 200, "0", "true", "<b>", "KSQ", "../..", "\ufffd", "e\u0301"]
CODES = ["KSQ", "DJN", "ksq", "A-01", "a-02", "A-03", "AB", "RA", "RB", "P-1", "2F", "A", "acme", "hanbit", "NEW", "Z9", "null",
         "x" * 32, "0", "repair"]
TIMES = ["0001-01-01T00:00", "9999-12-31T23:59", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z", "1970-01-01T00:00:00Z",
         "2055-03-14T02:30", "2055-11-07T01:30", "2055-03-01T09:00", "2055-03-01T10:00", "2055-03-01T10:00:00.5Z",
         "2055-03-01T15:00:00Z", "2055-03-02T09:00", "2056-02-29T12:00", "2055-12-31T23:59", "2038-01-19T03:14:08Z"]
POOLS = {
    "code": CODES, "string": WORDS, "text": WORDS + ["two\nlines\tand a tab", "가\n" * 900], "secret": WORDS,
    "zone": ["UTC", "Asia/Seoul", "America/New_York", "Etc/GMT+12", "Factory", "posixrules", "localtime", "EST5EDT", "No/Where"],
    "time": ["00:00", "24:00", "12:30", "23:59"], "date": ["2055-03-01", "2055-03-14", "0001-01-01", "9999-12-31", "2056-02-29"],
    "when": TIMES, "boolean": [True, False], "codes": [[], ["A"], ["RA", "RB"], CODES[:16], ["x" * 32]],
    "integers": [[], [0], [0, 1, 2, 3, 4, 5, 6]],
}


class Maker:
    """Makes requests from the tables of rpc.discover and from what earlier answers gave."""

    def __init__(self, methods, world, seed):
        self.random = random.Random(seed)
        self.methods = {name: method for name, method in methods.items() if not name.startswith("session.")}
        self.pools = {**POOLS, "login": [*world.login.values(), "nobody@example.org", "a" * 64 + "@example.org"],
                      "booking_ref": ["R-000000"], "block_ref": ["B-000000"], "uuid": [new_key() for _ in range(20)]}

    def value(self, field):
        kind = field["type"]
        if kind == "enum":
            return self.random.choice(field["choices"])
        if kind == "integer":
            low, high = field.get("min", 0), field.get("max", 2**53 - 1)
            return self.random.choice([low, high, min(high, low + 1), min(high, max(low, 2))])
        if kind == "object":
            return {name: self.value(inner) for name, inner in field["fields"].items()}
        value = self.random.choice(self.pools[kind])
        if kind in ("string", "text", "secret"):
            value = (value + "x" * field.get("min", 0))[:field.get("max", 200)]
        if kind == "codes":
            value = value[:field.get("max", 64)]
        return value

    def request(self):
        name = self.random.choice(list(self.methods))
        params = {}
        for param, field in self.methods[name]["params"].items():
            if not field.get("required") and self.random.random() < 0.6:
                continue
            params[param] = self.value(field)
        if "site" in params and self.random.random() < 0.8:
            params["site"] = self.random.choice(["KSQ", "DJN"])
        if params.get("min_rev", 0) > 1000 and self.random.random() < 0.9:
            del params["min_rev"]
        if "cursor" in params and self.random.random() < 0.7:
            del params["cursor"]
        if params.get("state") == "disabled":  # who is disabled can do no more
            del params["state"]
        if name in ("staff.revoke", "token.revoke", "staff.grant", "member.update", "member.disable"):
            params.pop("role", None) if name == "member.update" else params.update(dry_run=True)
        return name, params

    def learn(self, result):
        for noun, kind in (("booking", "booking_ref"), ("block", "block_ref")):
            if isinstance(result.get(noun), dict) and "ref" in result[noun]:
                self.pools[kind] = (self.pools[kind] + [result[noun]["ref"]])[-12:]


@pytest.mark.parametrize("who", ["operator", "boss"])
def test_no_well_formed_request_is_answered_by_internal(connect, world, daemon, sql, who):
    client = connect(who)
    maker = Maker(client.call("rpc.discover")["methods"], world, f"{SEED} {who}")
    kinds, waiting, asked = {}, [], {}

    def settle():
        number = waiting.pop(0)
        try:
            maker.learn(client.answer(number))
            kind = "ok"
        except RpcError as error:
            kind = error.kind
            assert kind != "internal", (SEED, asked[number], error)
        kinds[kind] = kinds.get(kind, 0) + 1

    for _ in range(REQUESTS):
        name, params = maker.request()
        number = client.send(name, params)
        asked[number] = (name, params)
        waiting.append(number)
        if len(waiting) >= UNDER_WAY:
            settle()
    while waiting:
        settle()
    assert kinds.get("ok", 0) > REQUESTS / 50 and len(kinds) > 5, kinds
    wrong = [line for line in daemon.lines if "lvl=error" in line or "sqlstate" in line]
    assert not wrong, wrong[:5]
    sql.execute("SELECT s.site_id FROM cowork.site s LEFT JOIN cowork.event e USING (site_id) GROUP BY s.site_id, s.rev"
                " HAVING s.rev <> count(e.rev)")
    assert not sql.fetchall(), "a history has a gap"
