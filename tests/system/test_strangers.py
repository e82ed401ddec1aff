"""What somebody cannot have says nothing of strangers."""

from rpc import RpcError

DAY = "2055-03-01"
ONE_AT_A_TIME = {"desk": {"one_at_a_time": True}}


def desk(space, start, end):
    return {"site": "KSQ", "space": space, "start": f"{DAY}T{start}", "end": f"{DAY}T{end}"}


def test_a_booking_for_a_stranger_is_refused_alike_wherever_they_are(connect, world):
    connect("operator").change("site.update", site="KSQ", rules=ONE_AT_A_TIME)
    connect("minji").change("booking.create", **desk("A-02", "09:00", "17:00"))
    for who in ("ada", "boss"):
        client = connect(who)
        for dry_run in (True, False):
            told = []
            for victim in ("minji", "operator"):
                try:
                    client.change("booking.create", **desk("A-03", "08:00", "18:00"), dry_run=dry_run,
                                  **{"for": world.login[victim]})
                except RpcError as error:
                    error.data.pop("request")
                    told.append((error.kind, error.message.replace(world.login[victim], "them"), error.data))
            assert [kind for kind, _, _ in told] == ["not_found", "not_found"]
            assert told[0] == told[1] and set(told[0][2]) == {"kind", "field"}, told


def test_colleagues_are_booked_for_by_who_manages_them(connect, world):
    connect("operator").change("site.update", site="KSQ", rules=ONE_AT_A_TIME)
    connect("ada").change("booking.create", **desk("A-02", "09:00", "17:00"))
    boss = connect("boss")
    theirs = {"for": world.login["ada"]}
    assert boss.change("booking.create", **desk("A-03", "17:00", "18:00"), **theirs)["booking"]["member"] == theirs["for"]
    try:
        boss.change("booking.create", **desk("A-03", "08:00", "10:00"), **theirs)
        raise AssertionError("one person has two desks")
    except RpcError as error:
        assert error.kind == "own_overlap" and error.data["space"] == "A-02"


def test_a_name_that_another_company_uses_is_told_to_nobody_else(connect):
    minji = connect("minji")
    theirs = minji.change("booking.create", **desk("A-02", "09:00", "10:00"), external_id="lunch")["booking"]["ref"]
    ada = connect("ada")
    for name in ("lunch", theirs):
        ada.change("booking.create", **desk("A-03", "09:00" if name == "lunch" else "10:00",
                                            "10:00" if name == "lunch" else "11:00"), external_id=name)
        try:
            ada.change("booking.create", **desk("A-02", "09:00", "10:00"), external_id=f"{name}-2")
            raise AssertionError("taken twice")
        except RpcError as error:
            assert error.kind == "slot_taken"
        try:
            ada.change("booking.create", **desk("A-04", "09:00", "10:00"), external_id=name)
            raise AssertionError("the same name twice in one company")
        except RpcError as error:
            assert error.kind == "exists" and error.data["field"] == "external_id"
    operator = connect("operator")
    try:
        operator.change("booking.create", **desk("A-05", "09:00", "10:00"), external_id="lunch")
        raise AssertionError("staff sees all names")
    except RpcError as error:
        assert error.kind == "exists"
