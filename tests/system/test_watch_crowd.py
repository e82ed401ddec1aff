"""Watchers harm nobody: not by their number, and not by being slow."""

import os
import pathlib
import statistics
import subprocess
import time

import pytest

from rpc import slow_reader
from watcher import DAY, HERE, Watcher, block, book, move

CROWD = pathlib.Path(__file__).with_name("crowd.py")
WATCHERS = int(os.environ.get("COWORK_WATCHERS", "150"))
QUEUE = 16


@pytest.fixture
def crowd():
    """crowd(daemon, token, count): so many watchers in a process of their own."""
    started = []

    def start(daemon, token, count):
        process = subprocess.Popen(["nice", "/usr/bin/python3", CROWD, str(daemon.port), daemon.certificate, token,
                                    str(count), HERE], text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        started.append(process)
        assert process.stdout.readline().split()[0] == "ready"
        return process

    yield start
    for process in started:
        process.stdin.close()
        process.stdout.close()
        process.wait(60)


def book_in_turn(client, count, last):
    """How long each of so many bookings took, and the rev of the last."""
    taken = []
    for number in range(count):
        start = time.monotonic()
        last = book(client, "A-01", start=f"{8 + number // 4:02}:{number % 4 * 15:02}",
                    end=f"{8 + (number + 1) // 4:02}:{(number + 1) % 4 * 15:02}")["rev"]
        taken.append(time.monotonic() - start)
    for booking in client.call("booking.list", site=HERE, mine=True)["bookings"]:
        last = client.change("booking.cancel", site=HERE, ref=booking["ref"])["rev"]
    return taken, last


@pytest.mark.limit(180 + WATCHERS)
def test_a_crowd_of_watchers_does_not_slow_a_booking(start_daemon, world, crowd, record_property):
    daemon = start_daemon(limits__connections_per_source=WATCHERS + 16, limits__watch_tick="10min", log__level="info",
                          log__requests="none", descriptors=WATCHERS + 512)
    with daemon.client(world.token["ada"]) as ada:
        book_in_turn(ada, 8, None)
        alone, _ = book_in_turn(ada, 40, None)
        watching = crowd(daemon, world.token["desk"], WATCHERS)
        assert ada.call("server.status")["watches"] == WATCHERS
        crowded, rev = book_in_turn(ada, 40, None)
        print(rev, file=watching.stdin, flush=True)
        assert watching.stdout.readline().split() == ["told", str(80 * WATCHERS)], "each was told each event"
    ratio = statistics.median(crowded) / statistics.median(alone)
    figures = {"watchers": WATCHERS, "alone_ms": round(statistics.median(alone) * 1000, 2),
               "crowded_ms": round(statistics.median(crowded) * 1000, 2), "ratio": round(ratio, 2)}
    record_property("watch_crowd", figures)
    print(figures)
    # Were each told before the answer leaves, it would be the number of watchers times what one costs.
    assert ratio < 25, figures


# Slow ones

def stalled(daemon, token, other, filler=250):
    """A watcher that takes nothing any more, so that what is told from now on waits for it."""
    client = slow_reader(daemon, token)
    watcher = Watcher(client)
    mark = daemon.mark()
    numbers = [client.send("rpc.discover") for _ in range(filler)]
    daemon.wait_log("method=rpc.discover", since=mark)
    quiet, before = 0, 0
    while quiet < 5:  # answers alone to the one who asks
        now = other.call("server.status")["requests"]
        quiet = quiet + 1 if now == before + 1 else 0
        before = now
    return watcher, numbers


def patient(start_daemon, name="patient"):
    return start_daemon(name, limits__watch_queue=QUEUE, limits__output_timeout="10min", limits__output_bytes="64KiB")


def test_a_slow_watcher_is_told_the_last_state_of_each_booking_and_that_others_were_left_out(start_daemon, world):
    daemon = patient(start_daemon)
    with daemon.client(world.token["operator"]) as client, daemon.client(world.token["desk"]) as quick:
        ref = book(client)["booking"]["ref"]
        slow, numbers = stalled(daemon, world.token["desk"], client)
        fast = Watcher(quick)
        for number in range(3 * QUEUE):
            rev = move(client, ref, space=f"A-{2 + number % 2:02}")["rev"]
            fast.until(rev)
        assert len(fast.revs) == 3 * QUEUE and fast.skipped == 0, "who is quick is told everything meanwhile"
        slow.until(rev)
        assert slow.skipped > 0 and slow.skipped + len(slow.revs) == 3 * QUEUE
        assert slow.state()["A-03"] == fast.state()["A-03"] and slow.events[-1]["booking"]["version"] == 3 * QUEUE + 1
        for number in numbers:
            slow.client.answer(number)
        slow.client.close()


@pytest.mark.parametrize("who", ["desk", "minji"])
def test_who_is_too_slow_is_told_that_the_watch_is_lost_and_goes_on_from_the_log(start_daemon, world, who):
    daemon = patient(start_daemon)
    with daemon.client(world.token["operator"]) as client, daemon.client(world.token[who]) as quick:
        ref = book(client)["booking"]["ref"]
        slow, numbers = stalled(daemon, world.token[who], client)
        fast = Watcher(quick)
        for number in range(3 * QUEUE):
            # for those who know bookings by their place alone a move cannot be left out
            if who == "minji":
                rev = move(client, ref, space=f"A-{2 + number % 2:02}")["rev"]
            else:
                rev = block(client, f"A-{1 + number % 10:02}", start=f"{11 + number // 10:02}:00",
                            end=f"{12 + number // 10:02}:00")["rev"]
            fast.until(rev)
        assert slow.until_lost() == "slow" and fast.lost is None
        told = list(slow.revs)
        again = Watcher(slow.client, since_rev=slow.rev).until(rev)
        assert told + again.revs == fast.revs
        assert client.call("server.status")["watches_lost"] == 1
        for number in numbers:
            slow.client.answer(number)
        slow.client.close()


def test_what_waits_for_slow_watchers_is_bounded(start_daemon, world):
    daemon = start_daemon(limits__watch_queue=QUEUE, limits__output_timeout="10min", limits__output_bytes="64KiB")
    with daemon.client(world.token["operator"]) as client:
        slow = [stalled(daemon, world.token["desk"], client)[0] for _ in range(4)]
        for number in range(3 * QUEUE):
            block(client, f"A-{1 + number % 10:02}", start=f"{11 + number // 10:02}:00", end=f"{12 + number // 10:02}:00")
            assert client.call("server.status")["watch_events"] <= QUEUE
        for watcher in slow:
            watcher.client.close()


def test_a_watcher_that_takes_nothing_at_all_is_closed(start_daemon, world):
    daemon = start_daemon(limits__watch_queue=QUEUE, limits__output_timeout="500ms", limits__output_bytes="64KiB")
    with daemon.client(world.token["operator"]) as client:
        slow, _ = stalled(daemon, world.token["desk"], client)
        daemon.wait_log("connection closed.*the output was not taken")
        assert book(client)["booking"]["start"].startswith(DAY)
        while client.call("server.status")["watches"]:
            pass
        slow.client.close()
