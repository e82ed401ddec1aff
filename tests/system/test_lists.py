"""Lists of bookings: whose, where and when, in which order; pages that hold still; the desk's day in one answer."""

import json
import time

from rpc import RpcError

DAY = "2055-03-01"


def book(client, space="A-01", start="09:00", end="10:00", day=DAY, **more):
    return client.change("booking.create", site="KSQ", space=space, start=f"{day}T{start}", end=f"{day}T{end}", **more)["booking"]


def refs(client, **filters):
    return [row["ref"] for row in client.call("booking.list", site="KSQ", **filters)["bookings"]]


def pages(client, between=lambda: None, **filters):
    """All rows, page after page; `between` is called before each further one."""
    rows, cursor = [], None
    while True:
        reply = client.call("booking.list", site="KSQ", **filters, **({"cursor": cursor} if cursor else {}))
        rows += reply["bookings"]
        if not reply["has_more"]:
            return rows
        cursor = reply["cursor"]
        between()


def test_a_date_is_the_sites_own_day(connect):
    ada = connect("ada")
    late, morning = book(ada, "A-01", "23:00", "23:30", "2055-02-28"), book(ada, "A-01", "00:00", "01:00")
    over = ada.change("booking.create", site="KSQ", space="A-02", start="2055-02-28T23:30", end=f"{DAY}T00:30")["booking"]
    evening, after = book(ada, "A-01", "23:00", "23:59"), book(ada, "A-01", "00:00", "01:00", "2055-03-02")
    assert refs(ada, date=DAY) == [over["ref"], morning["ref"], evening["ref"]]
    assert refs(ada, date="2055-02-28") == [late["ref"], over["ref"]]
    assert refs(ada, date="2055-03-02") == [after["ref"]]


def test_the_day_the_clocks_change_is_an_hour_shorter_or_longer(connect):
    ada = connect("ada")
    for day, last in (("2055-03-14", "2055-03-15T03:00:00Z"), ("2055-11-07", "2055-11-08T04:00:00Z")):
        made = book(ada, "A-01", "23:00", "23:30", day)
        assert made["start"] == last and refs(ada, date=day) == [made["ref"]]


def test_a_date_does_not_go_with_an_interval(connect):
    ada = connect("ada")
    for more in ({"from": f"{DAY}T00:00"}, {"to": f"{DAY}T00:00"}):
        error = ada.refused("booking.list", site="KSQ", date=DAY, **more)
        assert (error.kind, error.data["field"], error.data["rule"]) == ("params", "date", "choice")
    assert ada.refused("booking.list", site="KSQ", date="1970-01-01").kind == "bad_time"


def test_each_list_has_its_own_and_either_order(connect, world):
    ada, bob, minji, desk = (connect(who) for who in ("ada", "bob", "minji", "desk"))
    mine = [book(ada, "A-01", f"{hour:02}:00", f"{hour + 1:02}:00")["ref"] for hour in (9, 10, 11)]
    bobs, theirs = book(bob, "A-02")["ref"], book(minji, "A-01", "12:00", "13:00")["ref"]
    ada.change("booking.cancel", site="KSQ", ref=mine[1])
    assert refs(ada, mine=True) == [mine[0], mine[2]]
    assert refs(ada, mine=True, newest=True, state="all") == mine[::-1]
    assert set(refs(ada, tenant="acme")) == {mine[0], mine[2], bobs}
    assert ada.refused("booking.list", site="KSQ", tenant="hanbit").kind == "not_found"
    assert refs(desk, space="a-01") == [mine[0], mine[2], theirs] and refs(ada, space="A-01") == [mine[0], mine[2]]
    assert refs(desk, space="A-01", newest=True, **{"to": f"{DAY}T12:00"}) == [mine[2], mine[0]]
    assert refs(desk, date=DAY, newest=True)[0] == theirs


def test_pages_hold_still_while_bookings_come_and_go(connect):
    """Behind the page that was read nothing is repeated, and what was there all the while is told once."""
    desk = connect("desk")
    stay = [book(desk, "A-01", f"{hour:02}:00", f"{hour:02}:30")["ref"] for hour in range(1, 20)]
    for newest in (False, True):
        gone = [book(desk, "A-02", f"{hour:02}:10", f"{hour:02}:20")["ref"] for hour in range(1, 20)]
        hours = iter(range(1, 20))

        def disturb():
            hour = next(hours, None)
            if hour:
                desk.change("booking.cancel", site="KSQ", ref=gone.pop())
                book(desk, "A-04" if newest else "A-03", f"{hour:02}:05", f"{hour:02}:25")

        seen = [row["ref"] for row in pages(desk, disturb, limit=3, newest=newest)]
        assert len(seen) == len(set(seen))
        assert [ref for ref in seen if ref in stay] == (stay[::-1] if newest else stay)
        for ref in gone:
            desk.change("booking.cancel", site="KSQ", ref=ref)


def test_a_cursor_of_another_list_or_none_at_all_is_refused_or_ends(connect):
    ada = connect("ada")
    for cursor in ("zz", "00", b"nonsense".hex()):
        try:
            assert ada.call("booking.list", site="KSQ", cursor=cursor)["bookings"] == []
        except RpcError as error:
            assert error.kind == "params"


def test_the_desks_day_is_one_answer(connect, world):
    """400 bookings with guests, names and titles: who, where, when and in which state, in one line under 1 MiB."""
    operator, desk = connect("operator"), connect("desk")
    numbers = [operator.send_change("booking.create", site="KSQ", space=f"A-{n % 10 + 1:02}",
                                    start=f"{DAY}T{n // 20:02}:{n % 20 // 10 * 30:02}", end=f"{DAY}T{n // 20:02}:{n % 20 // 10 * 30 + 20:02}",
                                    title=f"Quarterly planning of team {n}, 분기 계획", guest=f"Guest Number {n} 손님",
                                    note="brings a projector " * 5,
                                    **{"for": world.login[("ada", "bob", "minji")[n % 3]]}) for n in range(400)]
    for number in numbers:
        operator.answer(number)
    begin = time.monotonic()
    number = desk.send("booking.list", site="KSQ", date=DAY)
    line = desk.read_line()
    took = time.monotonic() - begin
    reply = json.loads(line)["result"]
    assert json.loads(line)["id"] == number and not reply["has_more"]
    rows = reply["bookings"]
    assert len(rows) == 400 and len(line) < 1024 * 1024
    print(f"the desk's day: 400 bookings, {len(line) // 1024} KiB in {took * 1000:.0f} ms")
    assert all({"space", "start", "end", "local", "state", "member_name", "tenant", "title", "guest"} <= set(row) for row in rows)
    assert [(row["start"], row["ref"]) for row in rows] == sorted((row["start"], row["ref"]) for row in rows)
