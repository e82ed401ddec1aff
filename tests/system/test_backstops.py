"""When something that should never be is: only the culprit is told, and the log is loud."""

from rpc import RpcError

DAY = "2055-03-01"


def create(client, space, title="t"):
    return client.send_change("booking.create", site="KSQ", space=space, start=f"{DAY}T09:00", end=f"{DAY}T10:00",
                              title=title)


def kind(client, number):
    try:
        return client.answer(number)["booking"]["state"]
    except RpcError as error:
        return error.kind


def test_a_command_that_fails_in_the_database_takes_no_neighbour_along(connect, daemon, sql):
    sql.execute("ALTER TABLE cowork.booking_text ADD CONSTRAINT planted CHECK (title <> 'poison')")
    sql.connection.commit()
    ada = connect("ada")
    numbers = [create(ada, f"A-{number:02}", "poison" if number == 5 else "fine") for number in range(1, 11)]
    kinds = [kind(ada, number) for number in numbers]
    assert kinds == ["confirmed"] * 4 + ["internal"] + ["confirmed"] * 5
    assert daemon.log_has("a command failed in the database.*constraint=planted")
    assert not daemon.log_has("poison")


def test_the_constraint_refuses_what_the_look_did_not_see_and_raises_an_alarm(connect, daemon, sql):
    """Neither the calendar nor the look under the lock know of a claim that somebody put there by hand."""
    ada = connect("ada")
    made = ada.change("booking.create", site="KSQ", space="A-01", start=f"{DAY}T12:00", end=f"{DAY}T13:00")["booking"]
    sql.execute("""UPDATE cowork.claim c SET occupied = tstzrange(lower(occupied) - interval '3 hours',
        upper(occupied) - interval '3 hours') FROM cowork.booking b WHERE b.ref = %s AND c.site_id = b.site_id
        AND c.booking_id = b.booking_id""", (made["ref"],))
    sql.execute("""SELECT pg_get_functiondef('cowork.conflict'::regproc)""")
    blind = sql.fetchone()[0].split("AS $function$")[0]
    sql.execute(blind + "AS $function$ BEGIN RETURN NULL; END $function$")
    sql.connection.commit()
    assert kind(ada, create(ada, "A-01")) == "slot_taken"
    assert daemon.log_has("a backstop of the database fired.*alarm=exclusion")
