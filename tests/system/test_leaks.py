"""Nobody sees more of a booking than their class of viewer may: no line that a viewer gets, whatever they ask,
holds a word of what is kept from them.

Words that stand nowhere else are planted in a company's bookings. Each viewer then sends every method that there
is, with every parameter aimed at them: alone, together, rehearsed, for good, and repeated. What a request itself
says may come back in its answer and proves nothing; all else in every line is looked at.
"""

import json
import re

import pytest

from rpc import RpcError, new_key

DAY = "2055-03-01"
SPAN = {"start": f"{DAY}T09:00", "end": f"{DAY}T12:00"}
TEXTS = ("title", "note", "guest")
OPEN, SECRET = "open", "secret"


@pytest.fixture
def planted(connect, world):
    """What is hidden: {word: what it is}. minji's bookings are ones of hanbit, of which sora is a colleague."""
    operator, minji = connect("operator"), connect("minji")
    words = {}
    for number, kind in enumerate((OPEN, SECRET), 1):
        texts = {name: f"{kind}{name}xyzzy" for name in TEXTS}
        made = minji.change("booking.create", site="KSQ", space=f"A-0{number}", external_id=f"{kind}idxyzzy",
                            private=kind == SECRET, **SPAN, **texts)["booking"]
        words |= {text: (kind, name) for name, text in texts.items()}
        words |= {f"{kind}idxyzzy": (kind, "external_id"), made["ref"]: (kind, "ref")}
    operator.change("tenant.update", tenant="hanbit", name="Tenantxyzzy", email="mail@tenantxyzzy.example")
    operator.change("member.update", login=world.login["minji"], name="Memberxyzzy")
    words |= {"Tenantxyzzy": ("company", "name"), "tenantxyzzy.example": ("company", "email"),
              "Memberxyzzy": ("person", "name"), world.login["minji"]: ("person", "login"), "hanbit": ("company", "code")}
    return words


def aimed(world, refs):
    """What a parameter of this name is given so that it meets what is planted."""
    login = world.login["minji"]
    return {
        "site": "KSQ", "space": "A-02", "spaces": ["A-02"], "ref": refs[SECRET], "tenant": "hanbit", "date": DAY, "near": "A-02",
        "start": SPAN["start"], "end": SPAN["end"], "from": f"{DAY}T00:00", "to": f"{DAY}T23:00", "for": login,
        "login": login, "area": "A", "floor": "2F", "state": "all", "mine": True, "detail": True, "kind": "desk", "code": "A-02",
        "external_id": "secretidxyzzy", "limit": 500, "name": "N", "zone": "UTC", "reason": "repair", "since_rev": 0,
    }


def guess(field):
    """Something of the right shape, for what there is nothing to aim with."""
    kind = field["type"]
    if kind == "object":
        return {name: guess(inner) for name, inner in field["fields"].items() if inner.get("required")}
    return {"enum": lambda: field["choices"][0], "integer": lambda: field.get("min", 0), "boolean": lambda: True,
            "uuid": new_key, "codes": lambda: ["x"], "integers": lambda: [1], "block_ref": lambda: "B-000000",
            "time": lambda: "09:00", "when": lambda: SPAN["start"], "date": lambda: DAY}.get(
                kind, lambda: "x" * max(1, field.get("min", 0)))()


def requests(methods, aims):
    """(method, params) of all that is asked: the required parameters, then each further one with them, then all."""
    for name, method in methods.items():
        if method["before_login"] or name in ("session.logout", "token.revoke", "rpc.discover"):
            continue
        fields = {param: field for param, field in method["params"].items() if param not in ("key", "attempt", "dry_run", "cursor",
                                                                                            "min_rev", "if_version")}
        values = {param: aims.get(param, guess(field)) if field["type"] != "enum" or aims.get(param) in field["choices"]
                  else guess(field) for param, field in fields.items()}
        base = {param: values[param] for param, field in fields.items() if field.get("required")}
        if "space" in values and name == "booking.create":
            base["space"] = values["space"]
        yield name, base
        for param in fields:
            if param not in base:
                yield name, {**base, param: values[param]}
        yield name, values


class Viewer:
    """A client that keeps every word that it was sent and had not said itself."""

    def __init__(self, client, words):
        self.client, self.words, self.seen, self.where = client, words, set(), {}
        self.methods = client.call("rpc.discover")["methods"]

    def ask(self, method, params):
        lines, read = [], self.client.read_line
        self.client.read_line = lambda: lines.append(read()) or lines[-1]
        try:
            result = self.client.call(method, params)
        except RpcError:
            result = None
        finally:
            self.client.read_line = read
        said, got = json.dumps(params, ensure_ascii=False), b"\n".join(lines).decode()
        for word in self.words:
            if word in got and word not in said:
                self.seen.add(word)
                self.where.setdefault(word, (method, params))
        return result

    def ask_all(self, aims):
        for method, params in requests(self.methods, aims):
            changes = self.methods[method]["changes"]
            self.ask(method, {**params, **({"key": new_key(), "dry_run": True} if changes else {})})

    def change_all(self, world, refs):
        """What changes bookings, for good, and again as a retry: also that answer is looked at."""
        for params in ({"space": "A-02", **SPAN}, {"space": "A-02", "for": world.login["minji"], **SPAN}):
            self.change("booking.create", site="KSQ", **params)
        for ref in refs.values():
            self.change("booking.move", site="KSQ", ref=ref, space="A-09" if ref == refs[OPEN] else "A-10")
            for method in ("booking.undo", "booking.cancel", "booking.undo"):
                self.change(method, site="KSQ", ref=ref)

    def change(self, method, **params):
        key = new_key()
        for attempt in (1, 2):
            self.ask(method, {**params, "key": key, "attempt": attempt})


def may_see(words, *kept):
    """The words without those that are kept from the viewer."""
    return {word for word, what in words.items() if what not in kept}


def look(connect, world, planted, who):
    viewer = Viewer(connect(who), planted)
    refs = {kind: word for word, (kind, what) in planted.items() if what == "ref"}
    viewer.ask_all(aimed(world, refs))
    viewer.ask_all({**aimed(world, refs), "ref": refs[OPEN], "space": "A-01"})
    viewer.change_all(world, refs)
    return viewer


@pytest.mark.parametrize("who", ["ada", "boss"])
def test_another_company_learns_nothing(connect, world, planted, who):
    viewer = look(connect, world, planted, who)
    assert not viewer.where


def test_a_colleague_learns_all_but_what_is_said_in_a_private_booking(connect, daemon, world, planted):
    code = connect("operator").change("member.invite", tenant="hanbit", login="sora@hanbit.example", name="Sora",
                                      role="tenant_admin")["code"]
    with daemon.client() as client:
        world.token["sora"] = client.redeem(code)["token"]
    try:
        viewer = look(connect, world, planted, "sora")
    finally:
        del world.token["sora"]
    kept = {(SECRET, name) for name in TEXTS}
    assert not [viewer.where[word] for word, what in planted.items() if what in kept and word in viewer.where]
    assert viewer.seen == may_see(planted, *kept)


@pytest.mark.parametrize("who", ["minji", "desk", "operator", "auditor"])
def test_who_booked_and_staff_see_it_all(connect, world, planted, who):
    """What is planted can be found at all: else the others' not finding it would mean nothing."""
    assert look(connect, world, planted, who).seen == set(planted)


def test_the_person_it_is_for_sees_what_another_said_in_private(connect, world):
    desk, ada, bob, boss = (connect(who) for who in ("desk", "ada", "bob", "boss"))
    made = desk.change("booking.create", site="KSQ", space="A-01", title="talk", note="about it", guest="G", private=True,
                       **SPAN, **{"for": world.login["ada"]})["booking"]
    assert made["private"] is True and made["on_behalf"] == world.login["ada"] and made["created_by"] == world.login["desk"]

    def told(client):
        rows = [client.call("booking.show", site="KSQ", ref=made["ref"])["booking"],
                *client.call("booking.list", site="KSQ")["bookings"]]
        assert all(row["member"] == world.login["ada"] and row["private"] for row in rows)
        return {row.get(name) for row in rows for name in TEXTS}

    assert told(desk) == told(ada) == {"talk", "about it", "G"}
    assert told(bob) == told(boss) == {None}


def test_a_booking_that_is_not_private_says_nothing_of_it(connect):
    made = connect("ada").change("booking.create", site="KSQ", space="A-01", title="t", **SPAN)["booking"]
    assert "private" not in made and made["title"] == "t"


def test_the_log_holds_no_words(connect, planted, sql):
    """Names and texts can be erased while the history stays whole."""
    sql.execute("SELECT string_agg(body::text, ' ') FROM cowork.event")
    log = sql.fetchone()[0]
    assert not [word for word, what in planted.items()
                if word in log and what[1] not in ("ref", "code")]
    sql.execute("SELECT string_agg(outcome::text, ' ') FROM cowork.receipt")
    assert not re.findall(r"\w*(?:title|note|guest)xyzzy", sql.fetchone()[0])


# Watching

def watched(client, lines, last):
    """Reads what the watch sends up to that rev; each line is kept."""
    rev = 0
    while rev < last:
        lines.append(client.read_line().decode())
        message = json.loads(lines[-1])
        if message.get("method") == "watch.event":
            rev = message["params"]["rev"]


@pytest.mark.parametrize("who, kept", [("ada", set(TEXTS) | {"ref", "external_id", "name", "login", "code", "email"}),
                                       ("sora", set(TEXTS)), ("desk", set())])
def test_who_watches_learns_no_more_than_who_asks(connect, daemon, world, planted, who, kept):
    """Of a private booking that is made, moved, cancelled and taken back while they look on."""
    minji = connect("minji")
    if who == "sora":
        code = connect("operator").change("member.invite", tenant="hanbit", login="sora@hanbit.example", name="Sora")["code"]
        client = connect()
        client.redeem(code)
    else:
        client = connect(who)
    lines, read = [], client.read_line
    client.read_line = lambda: lines.append(read().decode()) or lines[-1].encode()
    client.call("watch.start", site="KSQ")
    client.read_line = read
    ref = next(word for word, what in planted.items() if what == (SECRET, "ref"))
    minji.change("booking.move", site="KSQ", ref=ref, space="A-03")
    minji.change("booking.cancel", site="KSQ", ref=ref)
    minji.change("booking.undo", site="KSQ", ref=ref)
    made = minji.change("booking.create", site="KSQ", space="A-04", private=True, title="secrettitlexyzzy",
                        note="secretnotexyzzy", guest="secretguestxyzzy", **SPAN)
    watched(client, lines, made["rev"])
    everything = "\n".join(lines)
    kinds = re.findall(r'"kind":"([\w.]+)"', everything)
    assert who == "ada" or kinds == ["booking.moved", "booking.cancelled", "booking.undone", "booking.created"]
    seen = {word for word in planted if word in everything}
    assert not {word for word in seen if planted[word][1] in kept and (planted[word][0] != OPEN or who == "ada")}
    assert (ref in seen) is (who != "ada")
