"""A batch that arrives after the daemon has run it again without one of its commands.

Two people's bookings are in one batch whose link breaks before it reached the server. One of the two leaves;
the batch is run again for the other, behind a fence for the first. Then the first arrives after all.
"""

from rig import wait_until
from rpc import new_key


def slot(hour):
    return {"site": "KSQ", "space": "A-02", "start": f"2027-03-01T{hour:02}:00:00Z", "end": f"2027-03-01T{hour:02}:30:00Z"}


def waiting(client, asked):
    """Sends a booking; back when the daemon has it."""
    number = client.send("booking.create", asked)
    client.call("session.ping")
    return number


def run_late_batch(daemon, proxy, world):
    """`daemon` goes through `proxy` with one lane connection. The keys of who stayed and of who left."""
    stayed, left = new_key(), new_key()
    with daemon.client(world.token["bob"]) as bob, daemon.client(world.token["minji"]) as minji:
        ada = daemon.client(world.token["ada"])
        proxy.rule("stall answered")
        first = bob.send_change("booking.create", **slot(8))
        proxy.wait("stalled", 1)
        waiting(ada, {**slot(9), "key": left, "title": left})
        asked = {**slot(10), "key": stayed, "title": stayed}
        number = waiting(minji, asked)
        links = proxy.stats()["open"]
        proxy.refuse()
        proxy.rule("late before F:B batch")
        proxy.resume()
        bob.answer(first)
        proxy.wait("late", 1)
        ada.close()
        daemon.wait_log("client left while its change was under way")
        proxy.refuse(False)
        minji.settle(number, "booking.create", asked)
        proxy.resume()
        wait_until(lambda: proxy.stats()["open"] == links, what="the end of the late link")
    return stayed, left


def booked(cursor, key):
    cursor.execute("SELECT count(*) FROM cowork.booking_text WHERE title = %s", (key,))
    return cursor.fetchone()[0]
