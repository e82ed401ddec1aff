"""A retry is the request as it was sent, whatever has changed between the tries."""

from rpc import new_key

TIME = {"start": "2055-03-01T09:00", "end": "2055-03-01T10:00"}


def test_a_retry_after_the_site_moved_to_another_zone_is_the_same_request(connect):
    ada, operator = connect("ada"), connect("operator")
    asked = {"site": "KSQ", "space": "A-01", "key": new_key(), **TIME}
    booking = ada.call("booking.create", asked)["booking"]
    operator.change("site.update", site="KSQ", zone="Asia/Seoul")
    again = ada.call("booking.create", asked, attempt=2)
    assert again["replayed"] and again["booking"]["ref"] == booking["ref"]
    assert again["booking"]["start"] == booking["start"]


def test_a_retry_after_a_change_of_role_is_the_same_request(connect, daemon, world):
    ada, boss = connect("ada"), connect("boss")
    asked = {"site": "KSQ", "space": "A-01", "key": new_key(), **TIME}
    booking = ada.call("booking.create", asked)["booking"]
    boss.change("member.update", login=world.login["ada"], role="tenant_admin")
    with daemon.client(world.token["ada"]) as promoted:
        assert promoted.call("booking.create", asked, attempt=2)["booking"]["ref"] == booking["ref"]


def test_a_retry_is_not_refused_for_a_time_that_existed_when_it_was_first_sent(connect):
    ada, operator = connect("ada"), connect("operator")
    asked = {"site": "DJN", "space": "A-01", "start": "2055-03-14T02:30", "end": "2055-03-14T04:00", "key": new_key()}
    booking = ada.call("booking.create", asked)["booking"]
    operator.change("site.update", site="DJN", zone="America/New_York")
    assert ada.refused("booking.create", {**asked, "key": new_key()}).kind == "wall_clock_gap"
    assert ada.call("booking.create", asked, attempt=2)["booking"]["ref"] == booking["ref"]


def test_a_retry_of_what_was_never_done_is_refused_as_the_first_try_would_be(connect):
    ada = connect("ada")
    asked = {"site": "KSQ", "space": "A-01", "start": "2055-03-14T02:30", "end": "2055-03-14T04:00"}
    for attempt in (1, 2, 2):
        error = ada.refused("booking.create", asked, key=new_key(), attempt=attempt)
        assert error.kind == "wall_clock_gap" and error.data["field"] == "start"


def test_the_key_of_another_request_is_refused_whatever_the_attempt(connect):
    ada = connect("ada")
    key = new_key()
    ada.call("booking.create", site="KSQ", space="A-01", key=key, **TIME)
    for attempt in (1, 2):
        assert ada.refused("booking.create", site="KSQ", space="A-02", key=key, attempt=attempt, **TIME).kind == "key_reused"
        assert ada.refused("booking.create", site="KSQ", space="A-01", key=key, attempt=attempt, title="x",
                           **TIME).kind == "key_reused"


def test_the_order_of_parameters_makes_no_other_request(connect):
    ada = connect("ada")
    asked = {"site": "KSQ", "space": "A-01", "key": new_key(), **TIME}
    booking = ada.call("booking.create", asked)["booking"]
    again = ada.call("booking.create", dict(reversed(asked.items())), attempt=2)
    assert again["booking"]["ref"] == booking["ref"]
