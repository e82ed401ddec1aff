"""A batch that arrives after the daemon has run it again without one of its commands.

Two people's commands are in one batch whose link breaks before it reached the server. One of the two leaves;
the batch is run again for the other, behind a fence for the first. Then the first arrives after all. A booking
meets another rev by then than it was judged at; what is not judged, a tenant of the operator, meets the fence alone.
"""

from rig import wait_until
from rpc import new_key


def booking(number, key):
    return "booking.create", {"site": "KSQ", "space": "A-02", "start": f"2055-03-01T{number:02}:00:00Z",
                              "end": f"2055-03-01T{number:02}:30:00Z", "title": key}


def tenant(number, key):
    return "tenant.create", {"code": f"late-{number}", "name": f"Late {number}"}


def waiting(client, what, number, key):
    """Sends a change; back when the daemon has it."""
    method, params = what(number, key)
    sent = client.send(method, **params, key=key)
    client.call("session.ping")
    return sent


def run_late_batch(daemon, proxy, world, what=booking):
    """`daemon` goes through `proxy` with one lane connection. The keys of who stayed and of who left."""
    who = ("bob", "minji", "ada") if what is booking else ("operator",) * 3
    stayed, left = new_key(), new_key()
    with daemon.client(world.token[who[0]]) as first, daemon.client(world.token[who[1]]) as second:
        third = daemon.client(world.token[who[2]])
        proxy.rule("stall answered")
        begun = waiting(first, what, 8, new_key())
        proxy.wait("stalled", 1)
        waiting(third, what, 9, left)
        number = waiting(second, what, 10, stayed)
        links = proxy.stats()["open"]
        proxy.refuse()
        proxy.rule("late before F:B batch")
        proxy.resume()
        first.answer(begun)
        proxy.wait("late", 1)
        third.close()
        daemon.wait_log("client left while its change was under way")
        proxy.refuse(False)
        second.answer(number)
        proxy.resume()
        wait_until(lambda: proxy.stats()["open"] == links, what="the end of the late link")
    return stayed, left


def booked(cursor, key):
    cursor.execute("SELECT count(*) FROM cowork.booking_text WHERE title = %s", (key,))
    return cursor.fetchone()[0]


def answered(cursor, key):
    cursor.execute("SELECT count(*) FROM cowork.receipt WHERE key = %s", (key,))
    return cursor.fetchone()[0]
