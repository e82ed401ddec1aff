"""What only policy knows is held by two daemons at once: each judges by a calendar, and the database takes no
verdict on a calendar that has been overtaken."""

import collections
import contextlib
import datetime
import threading

import pytest

from fault_proxy import PLACES
from judge import CHAIN, CLAIMS_OVERLAP, keep, verify
from rig import wait_until
from rpc import RpcError, new_key
from world import Lane

CLIENTS = 64
ROUNDS = 6
QUIET = {"log__level": "info", "log__requests": "none", "limits__connections_per_source": 1000}
MICROS = 1_000_000


@pytest.fixture
def daemons(start_daemon):
    return [start_daemon(**QUIET) for _ in range(2)]


def at(hour, minutes=50):
    """A time of its own for each number."""
    begin = datetime.datetime(2055, 2, 1, tzinfo=datetime.timezone.utc) + datetime.timedelta(hours=hour)
    return {"site": "KSQ", "start": begin.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end": (begin + datetime.timedelta(minutes=minutes)).strftime("%Y-%m-%dT%H:%M:%SZ")}


def contest(clients, requests):
    """Sends requests[i] on clients[i], all at one moment; results or RpcErrors in their order."""
    gate, told = threading.Barrier(len(requests)), [None] * len(requests)

    def one(place):
        gate.wait()
        try:
            told[place] = clients[place].call(*requests[place])
        except RpcError as error:
            told[place] = error

    threads = [threading.Thread(target=one, args=(place,)) for place in range(len(requests))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return told


def won(told):
    """Those that are no refusals."""
    return [answer for answer in told if not isinstance(answer, RpcError)]


def holds(sql):
    for query in (CLAIMS_OVERLAP, CHAIN):
        sql.execute(query)
        assert sql.fetchall() == []
    status, words = verify(sql)
    assert status == 0, words


class OnePerson:
    """A site with a desk for each of 64 connections of one person, who may have one desk at a time."""

    def __init__(self, world, daemons):
        with daemons[0].client(world.token["operator"]) as operator:
            operator.change("site.update", site="KSQ", rules={"desk": {"one_at_a_time": True}})
            sent = [operator.send_change("space.create", site="KSQ", code=f"D-{number:02}", kind="desk")
                    for number in range(CLIENTS)]
            for number in sent:
                operator.answer(number)
        self.clients = [daemons[number % 2].client(world.token["ada"]) for number in range(CLIENTS)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for client in self.clients:
            client.close()

    def rush(self, hour):
        """Everybody books a desk of their own for the same hour: who won, and the refusals."""
        told = contest(self.clients, [("booking.create", {**at(hour), "space": f"D-{number:02}", "key": new_key()})
                                      for number in range(CLIENTS)])
        return won(told), [answer for answer in told if isinstance(answer, RpcError)]


def test_one_person_has_one_desk_at_a_time_however_many_ask(daemons, world, sql):
    """64 connections, two daemons, a desk for each: exactly one wins, and the others are told what is in the way."""
    with OnePerson(world, daemons) as person:
        for hour in range(ROUNDS):
            winners, refusals = person.rush(hour)
            assert len(winners) == 1
            assert {error.kind for error in refusals} == {"own_overlap"}
            for error in refusals:
                assert (error.data["rule"], error.data["space"], error.data["start"]) == (
                    "one_at_a_time", winners[0]["booking"]["space"], at(hour)["start"])
                assert error.data["hint"]
    sql.execute("SELECT count(*) FROM cowork.booking WHERE state = 'confirmed'")
    assert sql.fetchone() == (ROUNDS,)
    holds(sql)


def test_a_refusal_is_told_again_as_it_was(daemons, world):
    """Also when it would be allowed by now: an answer that was given stays the answer."""
    with OnePerson(world, daemons) as person:
        first, other = person.clients[:2]
        made = first.change("booking.create", **at(0), space="D-00")["booking"]
        asked = {**at(0), "space": "D-01", "key": new_key()}
        error = other.refused("booking.create", asked)
        assert error.kind == "own_overlap" and not error.data.get("replayed")
        first.change("booking.cancel", site="KSQ", ref=made["ref"])
        again = first.refused("booking.create", asked, attempt=2)
        told = [{key: value for key, value in each.data.items() if key != "request"} for each in (error, again)]
        assert told[1] == {**told[0], "replayed": True} and again.message == error.message


LIKE = {"kind": "desk"}
DESKS = 10


def test_any_desk_is_a_different_one_for_everybody_and_the_last_is_refused(daemons, world, sql):
    """As many wishes as desks: nobody is refused, nobody shares. One wish more is refused."""
    clients = [daemons[number % 2].client(world.token[who])
               for number, who in enumerate(["ada", "minji", "bob", "boss", "desk"] * 2)]
    for hour in range(ROUNDS):
        told = contest(clients, [("booking.create", {**at(hour), "like": LIKE, "key": new_key()})
                                 for _ in range(DESKS)])
        assert [answer for answer in told if isinstance(answer, RpcError)] == []
        assert len({answer["booking"]["space"] for answer in told}) == DESKS
        error = clients[0].refused("booking.create", **at(hour), like=LIKE, key=new_key())
        assert error.kind == "slot_taken" and error.data["start"] == at(hour)["start"]
        assert error.data["alternatives"] and error.data["free_from"] >= at(hour)["end"]
    for client in clients:
        client.close()
    holds(sql)


def test_wishes_of_one_connection_in_one_flight_get_desks_of_their_own(daemons, world):
    """More of them than desks: the rest is refused, and none before the desks are gone."""
    with daemons[0].client(world.token["desk"]) as desk:
        sent = [desk.send_change("booking.create", **at(0), like=LIKE) for _ in range(DESKS + 3)]
        told = []
        for number in sent:
            try:
                told.append(desk.answer(number)["booking"]["space"])
            except RpcError as error:
                told.append(error.kind)
        assert len(set(told[:DESKS])) == DESKS and told[DESKS:] == ["slot_taken"] * 3


def test_a_desk_given_up_in_the_same_flight_can_be_had(daemons, world):
    with daemons[0].client(world.token["ada"]) as ada:
        refs = [ada.change("booking.create", **at(0), like=LIKE)["booking"]["ref"] for _ in range(DESKS)]
        cancel = ada.send_change("booking.cancel", site="KSQ", ref=refs[4])
        wish = ada.send_change("booking.create", **at(0), like=LIKE)
        space = ada.answer(cancel)["booking"]["space"]
        assert ada.answer(wish)["booking"]["space"] == space


@pytest.mark.parametrize("like, field", [({"kind": "desk", "area": "Z"}, "like.area"),
                                         ({"kind": "desk", "floor": "9F"}, "like.floor"),
                                         ({"kind": "desk", "near": "A-99"}, "like.near"), ({"kind": "event"}, "like")])
def test_a_wish_that_nothing_fits_says_what_there_is_not(daemons, world, like, field):
    with daemons[0].client(world.token["ada"]) as ada:
        error = ada.refused("booking.create", **at(0), like=like, key=new_key())
        assert (error.kind, error.data["field"]) == ("not_found", field)


def test_a_space_or_a_wish_but_not_both_and_not_neither(daemons, world):
    with daemons[0].client(world.token["ada"]) as ada:
        for more in ({}, {"space": "A-01", "like": LIKE}):
            error = ada.refused("booking.create", **at(0), **more, key=new_key())
            assert (error.kind, error.data["field"]) == ("params", "space")


def test_seats_are_counted_for_everybody(daemons, world):
    with daemons[0].client(world.token["desk"]) as desk:
        error = desk.refused("booking.create", **at(0), space="RA", capacity=9, key=new_key())
        assert (error.kind, error.data["limit"], error.data["alternatives"][0]["space"]) == ("capacity", 8, "AB")
        assert desk.change("booking.create", **at(0), like={"kind": "room"}, capacity=9)["booking"]["space"] == "AB"


def test_staff_may_pass_a_rule_and_is_told_which_also_when_it_asks_again(daemons, world):
    with daemons[0].client(world.token["desk"]) as desk, daemons[1].client(world.token["operator"]) as operator:
        operator.change("site.update", site="KSQ", rules={"desk": {"longest": 30}})
        asked = {**at(0), "space": "A-01", "key": new_key()}
        assert desk.call("booking.create", asked)["waived"] == ["longest"]
        assert desk.call("booking.create", asked, attempt=2)["waived"] == ["longest"]
        with daemons[0].client(world.token["ada"]) as ada:
            error = ada.refused("booking.create", **at(1), space="A-01", key=new_key())
            assert (error.kind, error.data["limit"]) == ("too_long", 30)


# Rules that change while bookings fly

class Bookers:
    """People who book hour after hour through both daemons, until they are told to stop."""

    def __init__(self, world, daemons, spaces, people=("ada", "minji", "bob", "boss"), first=0):
        self.stopping, self.counts, self.problems = False, [collections.Counter() for _ in daemons], []
        self.spaces, self.first = spaces, first
        self.threads = [threading.Thread(target=self.run, args=(number, daemon, world.token[who]))
                        for number, daemon in enumerate(daemons) for who in people]
        self.hours = iter(range(first, first + 100_000))
        self.lock = threading.Lock()

    def __enter__(self):
        for thread in self.threads:
            thread.start()
        return self

    def __exit__(self, *_):
        self.stopping = True
        for thread in self.threads:
            thread.join()

    def run(self, number, daemon, token):
        try:
            with daemon.client(token) as client:
                while not self.stopping:
                    with self.lock:
                        hour = next(self.hours)
                    self.counts[number][self.book(client, hour)] += 1
        except BaseException as problem:  # noqa: the main thread wants to know
            self.problems.append(repr(problem))

    def book(self, client, hour):
        try:
            client.change("booking.create", **at(hour), space=self.spaces[hour % len(self.spaces)])
            return "ok"
        except RpcError as error:
            return error.kind


def history(sql, site):
    sql.execute("SELECT rev, kind, actor, body FROM cowork.event WHERE site_id = %s ORDER BY rev", (site,))
    return sql.fetchall()


def test_what_is_forbidden_at_a_rev_is_not_booked_at_it(daemons, world, sql):
    """The site shuts for the night and opens again, over and over, while members book around the clock."""
    with daemons[0].client(world.token["operator"]) as operator, Bookers(world, daemons, ["A-01", "A-02", "A-03"]) as them:
        for number in range(40):
            operator.change("site.update", site="KSQ", **({"open": "08:00", "close": "20:00"} if number % 2 == 0 else
                                                          {"open": "00:00", "close": "24:00"}))
            aim = sum(sum(each.values()) for each in them.counts) + 12
            wait_until(lambda: sum(sum(each.values()) for each in them.counts) >= aim or them.problems, timeout=60,
                       what="bookings under the new hours")
    assert them.problems == []
    kinds = collections.Counter(sum(them.counts, collections.Counter()))
    assert kinds["ok"] > 0 and kinds["closed"] > 0 and set(kinds) <= {"ok", "closed", "behind"}, kinds
    open_from, open_to, wrong = 0, 1440, []
    for rev, kind, _, body in history(sql, world.site["KSQ"]):
        if kind == "site.updated":
            open_from, open_to = body["open"], body["close"]
        elif kind == "booking.created":
            start, end = ((body[name] // MICROS // 60 - 300) % 1440 for name in ("start", "end"))  # EST
            if start < open_from or (end or 1440) > open_to or end < start:
                if (open_from, open_to) != (0, 1440):
                    wrong.append((rev, open_from, open_to, start, end))
    assert wrong == []
    holds(sql)


def test_a_space_that_is_retired_or_closed_is_not_booked_behind_it(daemons, world, sql):
    spaces = [f"A-{number:02}" for number in range(1, 9)]
    with daemons[1].client(world.token["operator"]) as operator, Bookers(world, daemons, spaces) as them:
        for number, space in enumerate(spaces[:6]):
            aim = sum(sum(each.values()) for each in them.counts) + 20
            wait_until(lambda: sum(sum(each.values()) for each in them.counts) >= aim or them.problems, timeout=60,
                       what="bookings")
            if number % 2:
                operator.change("space.retire", site="KSQ", space=space, with_bookings=True)
            else:
                operator.change("space.update", site="KSQ", space=space, capacity=2)
    assert them.problems == []
    gone = set()
    for _, kind, _, body in history(sql, world.site["KSQ"]):
        if kind == "space.retired":
            gone.add(body["space"])
        assert kind != "booking.created" or body["space"] not in gone
    assert len(gone) == 3
    holds(sql)


# Two flights

def test_two_busy_daemons_both_come_to_their_turn(daemons, world, sql):
    """Each makes the other's calendar old with every batch."""
    with Bookers(world, daemons, ["A-01", "A-02", "A-03", "A-04"]) as them:
        wait_until(lambda: them.problems or all(each["ok"] >= 150 for each in them.counts), timeout=120,
                   what="150 bookings through each of the daemons")
    assert them.problems == []
    figures = {"bookings": [each["ok"] for each in them.counts], "kinds": [dict(each) for each in them.counts]}
    keep("two_busy_daemons", figures)
    assert all(set(each) == {"ok"} for each in them.counts), figures
    holds(sql)


class Overtaker:
    """Books past all daemons, so that their calendars are behind and they do not know it yet."""

    def __init__(self, sql, world):
        self.lane, self.site, self.count = Lane(sql.connection), world.site["KSQ"], 0

    def book(self):
        self.count += 1
        begin = (1_900_000_000 + 3600 * self.count) * MICROS
        self.lane.do(self.site, "booking.create", {
            "spaces": ["A-10"], "start": begin, "end": begin + 3600 * MICROS, "zone": "America/New_York",
            "source": "import"}, {"refs": [f"R-OVER{self.count:02}"]})


@pytest.fixture
def behind(start_daemon, pg_proxy, world_db):
    """A daemon behind the proxy that has a calendar, and its client."""
    daemon = start_daemon("behind", conninfo=f"{pg_proxy.conninfo} dbname={world_db} user=coworkd")
    return daemon


OVERTAKINGS = 20


def overtaken(pg_proxy, overtaker, rule, ask):
    """Asks under the rule, past a calendar that was just overtaken, until the rule acts; what ask(hour) gave.

    Now and then the daemon's poll brings what overtakes it before the request is sent: then its batch finds nothing
    out and takes one flight, which a rule about a later one lets pass. That is no fault, and begins again."""
    for hour in range(1, OVERTAKINGS + 1):
        pg_proxy.rule(rule)
        overtaker.book()
        told = ask(hour)
        if pg_proxy.stats()["fired"]:
            return told
        pg_proxy.clear()
    raise AssertionError(f"{rule!r} never acted in {OVERTAKINGS} tries")


def booked_or_stalled(pg_proxy, sql, client):
    """An ask() for overtaken(): sends a booking, and waits until a link stands still, or it is booked."""
    def ask(hour):
        title = new_key()
        number = client.send("booking.create", **at(hour), space="A-01", key=new_key(), title=title)
        wait_until(lambda: pg_proxy.stats()["fired"] or titled(sql, title), what="a link that stands still")
        if not pg_proxy.stats()["fired"]:
            client.answer(number)
        return hour, number, title
    return ask


def titled(sql, title):
    """How many bookings have the title."""
    sql.execute("SELECT count(*) FROM cowork.booking_text WHERE title = %s", (title,))
    return sql.fetchone()[0]


LOOKING = "database link.* to=looking"


# Of a batch that finds itself behind: 1 is the flight that finds out, 2 locks and looks, 3 works.
@pytest.mark.parametrize("flight", [1, 2, 3])
@pytest.mark.parametrize("action", ["cut", "reset", "late"])
@pytest.mark.parametrize("place", PLACES)
def test_a_link_cut_in_any_flight_leaves_the_booking_done_once(place, action, flight, behind, pg_proxy, world, sql):
    with behind.client(world.token["ada"]) as ada:
        ada.change("booking.create", **at(0), space="A-01")

        def ask(hour):
            asked = {**at(hour), "space": "A-01", "key": new_key()}
            asked["title"] = asked["key"]
            return asked, ada.call("booking.create", asked)

        asked, told = overtaken(pg_proxy, Overtaker(sql, world), PLACES[place].format(action) + f" nth={flight}", ask)
        if flight > 1:
            behind.wait_log(LOOKING)
        if action == "late" and pg_proxy.stats()["late"]:
            pg_proxy.resume()
        again = ada.call("booking.create", asked, attempt=2)
        assert again["booking"] == told["booking"] and again["replayed"]
    assert titled(sql, asked["title"]) == 1
    holds(sql)


def test_a_daemon_that_stands_still_between_its_flights_holds_nobody_up(behind, start_daemon, pg_proxy, world, sql):
    """It has the site's lock, and says nothing more: its transaction is ended for it."""
    other = start_daemon("other")
    with behind.client(world.token["ada"]) as ada, other.client(world.token["bob"]) as bob:
        ada.change("booking.create", **at(0), space="A-01")
        hour, number, title = overtaken(pg_proxy, Overtaker(sql, world), "stall before F:B batch nth=3",
                                        booked_or_stalled(pg_proxy, sql, ada))
        behind.wait_log(LOOKING)
        assert bob.change("booking.create", **at(hour), space="A-02")["booking"]["state"] == "confirmed"
        pg_proxy.resume()
        assert ada.answer(number)["booking"]["space"] == "A-01"
    assert titled(sql, title) == 1
    holds(sql)


def test_who_leaves_between_the_flights_leaves_nothing_behind(behind, pg_proxy, world, sql):
    with contextlib.ExitStack() as stack:
        ada, bob = (stack.enter_context(behind.client(world.token[who])) for who in ("ada", "bob"))
        ada.change("booking.create", **at(0), space="A-01")
        hour, _, title = overtaken(pg_proxy, Overtaker(sql, world), "stall before B:Z batch nth=2",
                                   booked_or_stalled(pg_proxy, sql, ada))
        behind.wait_log(LOOKING)
        ada.close()
        behind.wait_log("client left; request dropped")
        pg_proxy.resume()
        assert bob.change("booking.create", **at(hour), space="A-01")["booking"]["state"] == "confirmed"
    assert titled(sql, title) == 0
    holds(sql)
