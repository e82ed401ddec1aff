"""Many people want the same few places at once, through two daemons: nobody shares one, nobody waits for
nobody, and whoever is refused is refused with reason."""

import collections
import os
import threading

import pytest

from judge import Judge, deadlocks, keep
from load import DESKS, ROOMS, Load
from rig import wait_until
from rpc import RpcError, new_key

SEED = int(os.environ.get("COWORK_SEED", "7470"))
RACES = int(os.environ.get("COWORK_RACES", "4000"))  # answers of the big race
ROUNDS = 12
QUIET = {"log__level": "info", "log__requests": "none", "limits__connections_per_source": 1000}


@pytest.fixture
def daemons(start_daemon):
    return [start_daemon(**QUIET) for _ in range(2)]


@pytest.mark.limit(180 + RACES // 50)
def test_64_clients_on_few_places_of_two_daemons(daemons, world, sql):
    """Rooms RA and RB are halves of AB; a day of three desks and three rooms for all."""
    before = deadlocks(sql)
    with Load(world, daemons, seed=SEED, workers=64, window=2, spaces=ROOMS + DESKS[:3], hours=24) as load:
        wait_until(lambda: sum(sum(worker.counts.values()) for worker in load.workers) >= RACES or load.problems,
                   timeout=120 + RACES // 50, what="the race")
    figures = {"seed": SEED, "clients": 64, **Judge(sql, load).verdict(), "deadlocks": deadlocks(sql) - before}
    keep("races", figures)
    assert figures["deadlocks"] == 0
    assert figures["refused"] > 0 and figures["done"] > 0


class Contest:
    """Requests that leave at one moment, each on a connection of its own."""

    def __init__(self, clients):
        self.clients = clients

    def run(self, requests):
        """Sends requests[i] on clients[i]; the results or RpcErrors, in their order."""
        gate, told = threading.Barrier(len(requests)), [None] * len(requests)

        def one(place, client, method, params):
            gate.wait()
            try:
                told[place] = client.call(method, params)
            except RpcError as error:
                told[place] = error

        threads = [threading.Thread(target=one, args=(place, client, *request))
                   for place, (client, request) in enumerate(zip(self.clients, requests))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return told


def slot(hour, space):
    return {"site": "KSQ", "space": space, "start": f"2055-04-01T{hour:02}:00:00Z", "end": f"2055-04-01T{hour:02}:50:00Z"}


def test_a_room_against_its_halves(daemons, world, sql):
    """Each round either AB is booked, or one or both of its halves; never both."""
    clients = [daemons[number % 2].client(world.token[who])
               for number, who in enumerate(("ada", "minji", "bob", "boss", "operator", "ada"))]
    contest, won = Contest(clients), collections.Counter()
    for hour in range(ROUNDS):
        spaces = ("AB", "RA", "RB", "AB", "RA", "RB")[hour % 6:] + ("AB", "RA", "RB", "AB", "RA", "RB")[:hour % 6]
        told = contest.run([("booking.create", {**slot(hour, space), "key": new_key()}) for space in spaces])
        winners = sorted(space for space, answer in zip(spaces, told) if not isinstance(answer, RpcError))
        assert winners in (["AB"], ["RA"], ["RB"], ["RA", "RB"]), (hour, winners)
        for space, answer in zip(spaces, told):
            if isinstance(answer, RpcError):
                assert answer.kind == "slot_taken" and answer.data["start"] == slot(hour, space)["start"]
        won["+".join(winners)] += 1
    assert deadlocks(sql) == 0, won
    for client in clients:
        client.close()


def test_one_command_sent_five_times_is_done_once_with_equal_answers(daemons, world, sql):
    """Over three connections and two daemons; one that meets itself under way is told so and asks again."""
    clients = [daemons[number % 2].client(world.token["ada"]) for number in (0, 1, 0, 1, 0)]
    clients[3] = clients[1]  # two requests on one connection
    clients[4] = clients[2]
    for hour in range(ROUNDS):
        key = new_key()
        asked = {**slot(hour, "A-05"), "key": key, "title": key}
        sent = [(client, client.send("booking.create", asked, attempt=number + 1))
                for number, client in enumerate(clients)]
        told = [ask_until_told(client, number, asked) for client, number in sent]
        assert len({answer["booking"]["ref"] for answer in told}) == 1
        assert all(answer["booking"] == told[0]["booking"] for answer in told)
        assert sum(not answer.get("replayed") for answer in told) <= 1
        sql.execute("SELECT count(*) FROM cowork.booking_text WHERE title = %s", (key,))
        assert sql.fetchone() == (1,)
    sql.execute("SELECT count(*) FROM cowork.event WHERE kind = 'booking.created'")
    assert sql.fetchone() == (ROUNDS,)
    for client in {id(each): each for each in clients}.values():
        client.close()


def ask_until_told(client, number, asked):
    attempt = 6
    while True:
        try:
            return client.answer(number)
        except RpcError as error:
            assert error.kind == "in_progress", error
        number = client.send("booking.create", asked, attempt=attempt)
        attempt += 1


def test_two_moves_of_one_booking_with_its_version_have_one_winner(daemons, world, sql):
    clients = [daemon.client(world.token["ada"]) for daemon in daemons]
    contest = Contest(clients)
    for hour in range(ROUNDS):
        made = clients[0].change("booking.create", **slot(hour, "A-01"))["booking"]
        told = contest.run([("booking.move", {"site": "KSQ", "ref": made["ref"], "space": space, "if_version": 1,
                                              "key": new_key()}) for space in ("A-02", "A-03")])
        refused = [answer for answer in told if isinstance(answer, RpcError)]
        assert [error.kind for error in refused] == ["stale_version"] and refused[0].data["version"] == 2
    for client in clients:
        client.close()


def test_commands_of_one_connection_take_effect_in_their_order(daemons, world):
    """Book, cancel, book again, all in one flight: the place must be free each time it is wanted."""
    with daemons[0].client(world.token["ada"]) as ada:
        for hour in range(ROUNDS):
            made = ada.change("booking.create", **slot(hour, "A-07"))["booking"]
            numbers = [ada.send_change("booking.cancel", site="KSQ", ref=made["ref"]),
                       ada.send_change("booking.create", **slot(hour, "A-07")),
                       ada.send_change("booking.create", **slot(hour, "A-07"))]
            assert ada.answer(numbers[0])["booking"]["state"] == "cancelled"
            assert ada.answer(numbers[1])["booking"]["state"] == "confirmed"
            with pytest.raises(RpcError, match="slot_taken"):
                ada.answer(numbers[2])
