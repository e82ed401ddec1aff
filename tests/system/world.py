"""A small coworking space to test in, and the people in it.

It is made once a session, through the database's own lane, and cloned for each test. Two sites (Kendall
Square and Daejeon), a few spaces, two tenants, and a token for everyone:

    world.token["operator"]     world.token["ada"]      a member of acme
    world.token["desk"]         world.token["boss"]     the tenant admin of acme
    world.token["auditor"]      world.token["minji"]    a member of hanbit
    world.code["newcomer"]      a one-time code not used yet (member of acme)
"""

import hashlib
import json
import os
import time
import zlib

from rpc import new_key

BASE32 = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
DAY_US = 86_400 * 1_000_000


def digits(number, alphabet, width):
    text = ""
    for _ in range(width):
        number, rest = divmod(number, len(alphabet))
        text = alphabet[rest] + text
    return text


def new_token(prefix="cwk_"):
    """A token's text, its id, and the hash of its secret."""
    ident = digits(int.from_bytes(os.urandom(5), "big"), BASE32, 8)
    secret = digits(int.from_bytes(os.urandom(32), "big"), BASE62, 43)
    body = f"{prefix}{ident}_{secret}"
    check = digits(zlib.crc32(body.encode()), BASE62, 6)
    return f"{body}_{check}", ident, hashlib.sha256(secret.encode()).hexdigest()


class Lane:
    """Commands straight into the database, as the daemon's lanes send them."""

    def __init__(self, connection):
        self.cursor = connection.cursor()
        self.cursor.execute("SELECT cowork.lane_open()")
        self.lane = self.cursor.fetchone()[0]

    def run(self, site, commands):
        """The outcomes of a batch; each command is (kind, args) or (kind, args, r)."""
        batch = []
        for kind, args, *random in commands:
            batch.append({"k": kind, "p": 0, "key": new_key(), "n": 1, "d": False, "a": args,
                          "h": hashlib.sha256(os.urandom(8)).hexdigest(), "r": random[0] if random else {}})
        self.cursor.execute("SELECT cowork.lane_run(%s, %s, '{}', NULL, '{}', %s::jsonb, false)",
                            (site, self.lane, json.dumps(batch)))
        return json.loads(self.cursor.fetchone()[0])["outcomes"]

    def do(self, site, kind, args, random=None):
        outcome = self.run(site, [(kind, args, random or {})])[0]
        assert outcome["o"] == "done", (kind, args, outcome)
        return outcome


class World:
    PEOPLE = {  # who: (login, name, tenant or None, role)
        "operator": ("operator@example.com", "Olive Operator", None, "operator"),
        "admin": ("admin@example.com", "Sam Site", None, "site_admin"),
        "desk": ("desk@example.com", "Dana Desk", None, "front_desk"),
        "auditor": ("auditor@example.com", "Avery Auditor", None, "auditor"),
        "service": ("service@example.com", "Badge Reader", None, "service"),
        "boss": ("boss@acme.example", "Bo Boss", "acme", "tenant_admin"),
        "ada": ("ada@acme.example", "Ada Park", "acme", "member"),
        "bob": ("bob@acme.example", "Bob Stone", "acme", "member"),
        "newcomer": ("new@acme.example", "Nia New", "acme", "member"),
        "minji": ("minji@hanbit.example", "김민지", "hanbit", "member"),
    }
    INVITED = ("newcomer",)

    def __init__(self, connection):
        self.token, self.code, self.login, self.person, self.site = {}, {}, {}, {}, {}
        self.lane = Lane(connection)
        self.make_sites()
        self.make_people()

    def make_sites(self):
        for code, name, alt, zone, currency in (("KSQ", "Kendall Square", "", "America/New_York", "USD"),
                                                ("DJN", "Daejeon", "대전", "Asia/Seoul", "KRW")):
            site = self.lane.do(0, "site.create", {
                "code": code, "name": name, "name_alt": alt, "zone": zone, "open": 0, "close": 1440,
                "closed_days": [], "currency": currency})["id"]
            self.site[code] = site
            self.lane.do(site, "floor.create", {"code": "2F", "name": "Second floor", "position": 2})
            self.lane.do(site, "area.create", {"floor": "2F", "code": "A", "name": "By the window"})
            spaces = [(f"A-{number:02}", "desk", 1, []) for number in range(1, 11)]
            spaces += [("AB", "room", 16, ["RA", "RB"]), ("RA", "room", 8, ["RA"]), ("RB", "room", 8, ["RB"]),
                       ("P-1", "booth", 1, [])]
            for space, kind, capacity, units in spaces:
                self.lane.do(site, "space.create", {
                    "code": space, "name": f"{kind} {space}", "kind": kind, "floor": "2F", "capacity": capacity,
                    "area": "A" if kind == "desk" else None, "amenities": [], "units": units})

    def make_people(self):
        for tenant, name in (("acme", "Acme Robotics"), ("hanbit", "Hanbit Labs")):
            self.lane.do(0, "tenant.create", {"code": tenant, "name": name, "email": f"office@{tenant}.example"})
        for who, (login, name, tenant, role) in self.PEOPLE.items():
            text, ident, digest = new_token("cwc_")
            code = {"code": {"id": ident, "hash": digest, "expires": self.in_days(30)}}
            args = {"login": login, "name": name, "role": role}
            if tenant:
                args["tenant"] = tenant
            elif role in ("front_desk", "site_admin"):
                args["site"] = "KSQ"
            done = self.lane.do(0, "member.invite" if tenant else "staff.grant", args, code)
            self.login[who], self.person[who] = login, done["id"]
            if who in self.INVITED:
                self.code[who] = text
            else:
                self.token[who] = self.redeem(ident, digest)

    def redeem(self, ident, digest):
        text, token, token_digest = new_token()
        self.lane.do(0, "code.redeem", {"code": ident, "hash": digest, "label": "tests"},
                     {"id": token, "hash": token_digest, "expires": self.in_days(90)})
        return text

    @staticmethod
    def in_days(days):
        return int(time.time() * 1_000_000) + days * DAY_US
