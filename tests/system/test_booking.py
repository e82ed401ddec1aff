"""Bookings by the protocol: what two people cannot both have, and what each is told."""

from rpc import new_key

DAY = "2027-03-01"


def book(client, space="A-01", start="09:00", end="17:00", **more):
    return client.call("booking.create", site="KSQ", space=space, start=f"{DAY}T{start}", end=f"{DAY}T{end}",
                       key=more.pop("key", None) or new_key(), **more)


def test_a_desk_is_booked_and_shown_as_booked(connect):
    ada = connect("ada")
    booking = book(ada, title="deep work")["booking"]
    assert booking["local"] == {"start": f"{DAY}T09:00", "end": f"{DAY}T17:00", "zone": "America/New_York"}
    assert booking["start"] == f"{DAY}T14:00:00Z"
    assert booking["state"] == "confirmed" and booking["version"] == 1 and booking["title"] == "deep work"
    assert ada.call("booking.show", site="KSQ", ref=booking["ref"])["booking"] == booking
