"""The daemon against a scripted server that errs, hangs, talks nonsense or leaves at each step of their
conversation: it never falls over, what it answers is what lane.c and query.c promise, and its log says why."""

import itertools
import json
import time

import pytest

from cluster import migration_files
from fake_pg import FakePg, SqlError, asides, response
from rig import daemons
from rpc import PASSING, RpcError
from world import new_token

VERSION = max(int(file.name[:4]) for file in migration_files())
LOSSES = ("close", "half", "garbage", "fatal")  # the link is gone
HASH = "00" * 32
LINKS = 5  # lanes and readers as start() has them, and the feed
HINT_PAUSE_S = 0.02  # of db_hints.h
LANE_STEPS = ("bind", "describe", "execute", "sync")


class Scripted:
    """A server with one site and one person, and lanes that do all they are told."""

    def __init__(self, fake):
        self.fake = fake
        self.lanes = itertools.count(1)
        self.rev = 0
        self.replies = []  # instead of the usual ones, in this order
        self.token, ident, digest = new_token()
        facts = {"token": ident, "kind": "access", "scope": "full", "hash": digest,
                 "expires": int((time.time() + 9999) * 1e6),
                 "revoked": False, "used": False, "disabled": False, "person": 7, "role": "operator",
                 "login": "olive@example.com", "name": "Olive"}
        fake.answer("cowork.migration", [[str(VERSION)]])
        fake.answer("cowork.lane_open", lambda _: [[next(self.lanes)]])
        fake.answer("cowork.site_facts", [["3", "KSQ", "America/New_York"]])
        fake.answer("cowork.token_find", [[json.dumps(facts)]])
        for name in ("pg_notify", "cowork.purge", "cowork.token_seen", "cowork.analyze_grown"):
            fake.answer(name, [["0"]])
        fake.answer("cowork.evict", [['{"root": null}']])
        fake.answer("cowork.floor_facts", [["1", json.dumps(self.floor("2F")), "2F"]])
        fake.answer("cowork.lane_run", self.run)
        fake.answer("cowork.calendar_rows", [["site", json.dumps({
            "rev": 0, "hash": HASH, "open": 0, "close": 1440, "closed_days": [], "zone": "America/New_York"})]])
        fake.answer("JOIN cowork.site s", [])  # the feed's poll: nothing new

    @staticmethod
    def floor(code):
        return {"site": "KSQ", "code": code, "name": code, "position": 1, "version": 1}

    def run(self, params):
        if self.replies:
            reply = self.replies.pop(0)
            return reply if isinstance(reply, list) else [[reply]]
        outcomes, events = [], []
        for command in json.loads(params[5]):
            if command.get("l"):  # what was lost was never done here
                outcomes.append({"o": "absent"})
                continue
            self.rev += 1
            code = command["a"]["code"]
            outcomes.append({"o": "done", "id": self.rev, "v": 1, "rev": self.rev, "facts": self.floor(code)})
            events.append({"rev": self.rev, "at": 1, "actor": 7, "kind": "floor.created", "subject": self.rev,
                           "body": {"floor": self.rev, "code": code, "position": 1}})
        return [[json.dumps({"status": "ok", "rev": self.rev, "hash": HASH, "outcomes": outcomes, "events": events})]]

    def batches(self):
        """(lane, fences, guarded) of each batch that was bound."""
        return [(params[1], params[2], params[6]) for params in self.fake.steps("bind", "lane_run")]


@pytest.fixture
def fake(short_dir):
    folder = short_dir / "fake"
    folder.mkdir()
    with FakePg(folder) as it:
        yield it


@pytest.fixture
def script(fake):
    return Scripted(fake)


@pytest.fixture
def start(request, short_dir, certificate, fake, script):
    """start(**options): the daemon, two links a kind; ready unless told otherwise."""
    with daemons(request, short_dir, certificate, fake.conninfo) as begin:
        yield lambda **options: begin("coworkd", **{
            "database__lane_connections": 2, "database__read_connections": 2, **options})


def create(client, code="2F"):
    return client.change("floor.create", site="KSQ", code=code, name=code, position=1)


def outcome(client, code="2F"):
    """ok, or the kind of the refusal."""
    try:
        return "ok" if create(client, code)["floor"]["code"] == code else "another's answer"
    except RpcError as error:
        return error.kind


def reading(client):
    """The first floor's code, or the kind of the refusal."""
    try:
        return client.call("floor.list", site="KSQ")["floors"][0]["code"]
    except RpcError as error:
        return error.kind


def goes_on(daemon, client):
    """Whatever happened, the next change and the next read are answered, once the links are back. What was told."""
    tries, since = [], daemon.mark()
    while not tries or tries[-1] != ("ok", "2F"):
        if tries:  # a link has come up since, or was there and has done something
            daemon.wait_log("database link.* to=idle", since=since)
        since = daemon.mark()
        tries.append((outcome(client, "9F"), reading(client)))
        assert set(tries[-1]) <= {"ok", "2F", *PASSING}, tries
    assert daemon.running()
    return tries


# Coming up

CONNECTING = [(step, query) for step, query in (
    ("startup", ""), ("parse", "cowork.migration"), ("execute", "cowork.migration"), ("sync", "cowork.migration"),
    ("query", "cowork.lane_open"), ("query", "plan_cache_mode"), ("query", "LISTEN"))]


@pytest.mark.parametrize("kind, sqlstate", [("close", ""), ("half", ""), ("garbage", ""), ("fatal", "57P03"),
                                            ("error", "57014"), ("error", "53300"), ("hang", ""), ("notice", ""),
                                            ("notify", "")])
@pytest.mark.parametrize("step, query", CONNECTING)
def test_a_fault_while_connecting_is_tried_again(step, query, kind, sqlstate, start, fake, script):
    fake.fault(step, kind, query=query, sqlstate=sqlstate or "XX000")
    daemon = start(database__connect_timeout="200ms")
    if kind not in ("notice", "notify"):
        daemon.wait_log("database link lost")
    with daemon.client(script.token) as client:
        goes_on(daemon, client)


@pytest.mark.parametrize("rows, says", [([["3"]], r"another version.* database=3 .*migrate"),
                                        ([["9999"]], r"another version.* database=9999 .*newer coworkd"),
                                        (SqlError("42P01"), r"another version.* database=0 "),
                                        (SqlError("42501"), r"another version.* database=0 ")])
def test_another_schema_ends_the_daemon_and_says_what_to_do(rows, says, start, fake, script):
    fake.answer("cowork.migration", rows)
    daemon = start(ready=False)
    daemon.wait_log(says)
    daemon.exit_wanted = 78


def test_a_right_that_comes_between_two_questions_is_no_other_schema(start, fake, script):
    """The version may not be read, and then nothing lacks: somebody ran setup just then."""
    fake.fault("execute", "error", query="cowork.migration", sqlstate="42501")
    daemon = start()
    with daemon.client(script.token) as client:
        goes_on(daemon, client)


@pytest.mark.parametrize("rows", [[], [[None]], [["many"]]])
def test_a_schema_of_no_version_is_no_reason_to_fall_over(rows, start, fake, script):
    fake.answer("cowork.migration", rows)
    daemon = start(ready=False)
    daemon.wait_log("another version")
    daemon.exit_wanted = 78


def test_a_lane_without_a_number_is_not_used(start, fake, script):
    fake.answer("cowork.lane_open", [])
    daemon = start(ready=False)
    daemon.wait_log("database link lost.*greeting")
    fake.answer("cowork.lane_open", lambda _: [[next(script.lanes)]])
    daemon.wait_ready()


# A batch

@pytest.mark.parametrize("kind", LOSSES)
@pytest.mark.parametrize("step", LANE_STEPS)
def test_a_link_lost_under_a_batch_is_fenced_and_the_batch_run_again(step, kind, start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault(step, kind, query="lane_run", sqlstate="57P01")
        assert outcome(client) == "ok"
        lost = daemon.wait_log(r"link lost under a batch.* lane=(\d+) ").group(1)
        first, look, again = script.batches()
        assert first[0] == lost != look[0] and [first[1], look[1], again[1]] == ["{}", f"{{{lost}}}", "{}"]
        goes_on(daemon, client)
        assert script.batches()[-1][1] == "{}"


@pytest.mark.parametrize("kind", LOSSES)
def test_a_link_lost_before_the_batch_left_is_no_doubt(kind, start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault("parse", kind, query="lane_run", sqlstate="57P01")
        assert outcome(client) == "ok"
        assert [batch[1] for batch in script.batches()] == ["{}"]
        goes_on(daemon, client)


@pytest.mark.parametrize("step", LANE_STEPS)
def test_a_batch_that_hangs_is_unknown_at_the_deadline(step, start, fake, script):
    daemon = start(limits__request_timeout="1s")
    with daemon.client(script.token) as client:
        while outcome(client, "1F") != "ok":  # the calendar is here, and the deadline is the batch's alone
            assert daemon.running()
        fake.fault(step, "hang", query="lane_run")
        assert outcome(client) == "outcome_unknown"
        fake.release()
        goes_on(daemon, client)


def test_a_batch_that_never_left_is_a_timeout(start, fake, script):
    daemon = start(limits__request_timeout="1s")
    with daemon.client(script.token) as client:
        fake.fault("parse", "hang", query="lane_run")
        assert outcome(client) == "timeout"
        assert script.batches() == []
        fake.release()
        goes_on(daemon, client)


def test_a_batch_that_hangs_too_long_is_run_again_elsewhere(start, fake, script):
    """A server that says nothing at all is given up before the request is. The evictor looks meanwhile."""
    daemon = start()
    looks = iter(["no JSON", '{"root": "x"}', '{"root": 7, "state": "active", "wait": "ClientRead", "terminated": true}'])
    fake.answer("cowork.evict", lambda _: [[next(looks, '{"root": null}')]])
    with daemon.client(script.token) as client:
        fake.fault("execute", "hang", query="lane_run")
        assert outcome(client) == "ok"
        daemon.wait_log("database link lost.*it took too long")
        daemon.wait_log(r"a stuck holder of a site's lock was terminated.* backend=7 ")
        assert script.batches()[1][1] != "{}"
        goes_on(daemon, client)


# sqlstate, how often, at which step: what is answered, and how the batches were guarded
REFUSALS = [
    ("40001", 1, "ok", "ff"), ("40P01", 2, "ok", "fff"), ("40001", 3, "timeout", "fff"),
    ("53200", 3, "busy", "fff"), ("55P03", 3, "timeout", "fff"), ("57014", 3, "timeout", "fff"),
    ("XX000", 1, "ok", "ft"), ("23505", 1, "ok", "ft"), ("XX000", 2, "internal", "ft"), ("22P02", 2, "internal", "ft"),
]


@pytest.mark.parametrize("step", ["execute", "sync"])
@pytest.mark.parametrize("sqlstate, times, told, guards", REFUSALS)
def test_an_error_is_tried_again_or_guarded(sqlstate, times, told, guards, step, start, fake, script):
    """At the Sync it comes after the result: what was read before it is worth nothing."""
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault(step, "error", query="lane_run", times=times, sqlstate=sqlstate)
        assert outcome(client) == told
        assert "".join(guarded for _, _, guarded in script.batches()) == guards
        assert {fences for _, fences, _ in script.batches()} == {"{}"}
        daemon.wait_log(f"database error.* sqlstate={sqlstate} ")
        if told in ("timeout", "busy"):
            daemon.wait_log(f"a batch is given up.* sqlstate={sqlstate}")
        if "t" in guards:
            daemon.wait_log("running it again, each command guarded")
        goes_on(daemon, client)
        assert script.batches()[-1][2] == "f"


@pytest.mark.parametrize("sqlstate, times", [("40001", 3), ("XX000", 2)])
def test_an_error_after_a_lost_link_leaves_the_outcome_unknown(sqlstate, times, start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault("execute", "close", query="lane_run")
        fake.fault("bind", "error", query="lane_run", after=1, times=times, sqlstate=sqlstate)
        assert outcome(client) == "outcome_unknown"
        goes_on(daemon, client)


@pytest.mark.parametrize("sqlstate, told", [("42883", "internal"), ("53200", "busy"), ("57014", "timeout")])
def test_an_error_in_preparing_is_told_to_all_who_wait(sqlstate, told, start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault("parse", "error", query="lane_run", sqlstate=sqlstate)
        assert outcome(client) == told
        daemon.wait_log(f"a batch cannot be prepared.* sqlstate={sqlstate}")
        goes_on(daemon, client)


def test_links_lost_again_and_again_over_one_batch_end_as_unknown(start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault("execute", "close", query="lane_run", times=17)
        assert outcome(client) == "outcome_unknown"
        daemon.wait_log("too many links lost over one batch")
        fences = script.batches()[-1][1].strip("{}").split(",")
        assert len(fences) == len(set(fences)) == 16
        goes_on(daemon, client)


def test_a_loss_upon_a_loss_fences_both(start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault("execute", "close", query="lane_run")
        fake.fault("sync", "half", query="lane_run")
        assert outcome(client) == "ok"
        first, second, third, again = script.batches()
        assert (third[1], again[1]) == (f"{{{first[0]},{second[0]}}}", "{}")
        goes_on(daemon, client)


@pytest.mark.parametrize("step", ["bind", "execute", "sync"])
def test_a_warning_makes_the_commit_uncertain(step, start, fake, script):
    """A wait for a standby that was cancelled commits with a warning: it must not pass for a commit."""
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault(step, "warning", query="lane_run")
        assert outcome(client) == "ok"
        daemon.wait_log("database warning.*scripted warning")
        daemon.wait_log("the server warned while committing")
        first, look, again = script.batches()
        assert (look[1], again[1]) == (f"{{{first[0]}}}", "{}")
        goes_on(daemon, client)


def test_a_list_whose_row_says_not_where_to_go_on_is_not_cut_short(start, fake, script):
    """Its client would take what it was told for all there is, or ask for the same again."""
    fake.answer("cowork.floor_facts", [["1", json.dumps(script.floor("2F")), None], ["1", None, None]])
    daemon = start()
    with daemon.client(script.token) as client:
        assert reading(client) == "internal"
        assert daemon.log_has("lvl=error .*no text to go on after.* statement=")
        client.call("session.ping")


@pytest.mark.parametrize("step", ["bind", "execute", "sync"])
def test_a_warning_to_a_read_costs_no_link(step, start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault(step, "warning", query="cowork.floor_facts")
        assert reading(client) == "2F"
        daemon.wait_log("database warning.*scripted warning")
        assert goes_on(daemon, client) == [("ok", "2F")]
        assert not daemon.log_has("link lost")


def test_a_transaction_left_open_is_no_commit(start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault("sync", "open", query="lane_run")
        assert outcome(client) == "ok"
        daemon.wait_log("a transaction was left open")
        assert script.batches()[1][1] != "{}"
        goes_on(daemon, client)


@pytest.mark.parametrize("kind", ["notice", "notify"])
@pytest.mark.parametrize("step", LANE_STEPS)
def test_notices_and_hints_in_the_middle_change_nothing(step, kind, start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault(step, kind, query="lane_run")
        assert outcome(client) == "ok"
        assert len(script.batches()) == 1
        goes_on(daemon, client)


def test_other_instances_are_told_of_many_changes_in_few_words(start, fake, script):
    """A word at once and one at the end of each pause, about the newest."""
    daemon = start()
    with daemon.client(script.token) as client:
        began = time.monotonic()
        for _ in range(40):
            create(client)
        pauses = (time.monotonic() - began) / HINT_PAUSE_S
    daemon.stop()
    words = [params[0] for params in fake.steps("execute", "pg_notify")]
    revs = [int(word.removeprefix('{"3 ').removesuffix('"}')) for word in words]
    assert len(words) <= pauses + 2 and revs == sorted(set(revs)) and revs[0] == 1


def test_the_last_of_many_changes_is_told_of(start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        for _ in range(5):
            create(client)
        told = lambda: fake.steps("execute", "pg_notify")[-1:] == [['{"3 5"}']]
        with fake.changed:
            assert fake.changed.wait_for(told, 10)


OK = {"status": "ok", "rev": 1, "events": []}
DONE = {"o": "done", "id": 1, "v": 1, "rev": 1, "facts": Scripted.floor("2F")}
REPLIES = [  # the reply, what is answered, and what the log says
    (json.dumps({**OK, "outcomes": []}), "outcome_unknown", "unexpected reply"),
    (json.dumps({**OK, "outcomes": [DONE, DONE]}), "outcome_unknown", "unexpected reply"),
    (json.dumps({**OK, "outcomes": DONE}), "outcome_unknown", "unexpected reply"),
    (json.dumps({"status": "ok", "outcomes": [DONE]}), "outcome_unknown", "unexpected reply"),
    (json.dumps({"status": "behind", "events": None}), "outcome_unknown", "unexpected reply"),
    (json.dumps({"status": "behind", "rev": 9, "events": None}), "behind", "no calendar to judge changes by"),
    (json.dumps({"status": "wonderful"}), "outcome_unknown", "unexpected reply.* status=wonderful"),
    (json.dumps([1, 2]), "outcome_unknown", "unexpected reply"),
    (json.dumps({}), "outcome_unknown", "unexpected reply"),
    ("ok", "outcome_unknown", "not JSON"),
    ('{"status": "ok", "rev": 1, "outcomes": [', "outcome_unknown", "not JSON"),
    ("", "outcome_unknown", "not JSON"),
    ([[None]], "outcome_unknown", "unexpected reply"),
    ([], "outcome_unknown", "unexpected reply"),
    ([["{}"], ["{}"]], "outcome_unknown", "unexpected reply"),
    (json.dumps({"status": "no_site"}), "not_found", None),
    (json.dumps({**OK, "outcomes": [{"o": "exists", "field": "code"}]}), "exists", None),
    (json.dumps({**OK, "outcomes": [{"o": "internal", "sqlstate": "22P02", "constraint": "c"}]}), "internal",
     "a command failed in the database.* sqlstate=22P02 constraint=c"),
    (json.dumps({**OK, "outcomes": [{"o": "never heard of"}]}), "internal", None),
    (json.dumps({**OK, "outcomes": [{}]}), "internal", None),
    (json.dumps({**OK, "outcomes": ["done"]}), "internal", None),
    (json.dumps({**OK, "outcomes": [None]}), "internal", None),
    (json.dumps({**OK, "outcomes": [DONE], "events": None}), "ok", None),
    (json.dumps({**OK, "outcomes": [DONE], "events": [1, {}, {"kind": 3}]}), "ok", None),
]


@pytest.mark.parametrize("number", range(len(REPLIES)))
def test_a_reply_that_is_none_leaves_the_outcome_unknown(number, start, fake, script):
    reply, told, says = REPLIES[number]
    daemon = start()
    with daemon.client(script.token) as client:
        script.replies.append(reply)
        assert outcome(client) == told
        if says:
            daemon.wait_log(says)
        goes_on(daemon, client)


def test_facts_that_found_no_room_are_read_after_the_commit(start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.answer("v.floor_id", [[json.dumps(Scripted.floor("2F"))]])
        script.replies.append(json.dumps({**OK, "outcomes": [{"o": "done", "id": 1, "v": 1, "rev": 1}]}))
        assert outcome(client) == "ok"
        goes_on(daemon, client)


def test_a_fenced_lane_is_left_for_another(start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        script.replies.append('{"status": "fenced"}')
        assert outcome(client) == "ok"
        daemon.wait_log("this lane is fenced; opening another")
        first, second = script.batches()
        assert first[0] != second[0] and second[1] == "{}"
        goes_on(daemon, client)


# Reading, and nothing at all

@pytest.mark.parametrize("kind, sqlstate, told", [
    ("error", "XX000", "internal"), ("error", "57014", "timeout"), ("error", "53200", "db_unavailable"),
    ("close", "", "db_unavailable"), ("half", "", "db_unavailable"), ("garbage", "", "db_unavailable"),
    ("fatal", "57P01", "db_unavailable")])
@pytest.mark.parametrize("step", ["parse", "bind", "execute", "sync"])
def test_a_read_that_fails_says_so(step, kind, sqlstate, told, start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        fake.fault(step, kind, query="floor_facts", sqlstate=sqlstate or "XX000")
        if step == "parse" and kind in LOSSES:
            told = "busy"  # it never left, and the database is there
        assert client.refused("floor.list", site="KSQ").kind == told
        goes_on(daemon, client)


@pytest.mark.parametrize("facts", ["", "no JSON", "[]", "{}", '{"kind": "access", "hash": 7}', '{"hash": "00"}'])
def test_facts_of_a_token_that_make_no_sense_log_nobody_in(facts, start, fake, script):
    daemon = start()
    fake.answer("cowork.token_find", [[facts]])
    with daemon.client() as client:
        assert client.refused("session.auth", token=script.token).kind == "unauthenticated"
    assert daemon.running()


@pytest.mark.parametrize("data", [response("E", "FATAL", "57P01", "scripted end"), asides("warning"), asides("notice"),
                                  asides("notify"), b"\xff\x00\x00\x00\x01nonsense", b"Z\x00\x00\x00\x05I"],
                         ids=["fatal", "warning", "notice", "notify", "garbage", "ready"])
def test_what_is_said_unasked_harms_nobody(data, start, fake, script):
    daemon = start()
    with daemon.client(script.token) as client:
        goes_on(daemon, client)
        batches = len(script.batches())
        fake.say(data)
        if b"SWARNING" in data:  # during a commit it may be about that, and the link is given up: see below
            daemon.wait_log("database warning", count=LINKS)
        tries = goes_on(daemon, client)
        if data[:1] in (b"N", b"A"):
            assert tries == [("ok", "2F")] and len(script.batches()) == batches + 1
            assert not daemon.log_has("link lost")


def test_housekeeping_that_fails_is_only_logged(start, fake, script):
    fake.answer("cowork.purge", SqlError("XX000"))
    fake.answer("pg_notify", SqlError("XX000"))
    daemon = start()
    daemon.wait_log("database error.* statement=purge ")
    with daemon.client(script.token) as client:
        goes_on(daemon, client)
        daemon.wait_log("database error.* statement=hint ")
        goes_on(daemon, client)
