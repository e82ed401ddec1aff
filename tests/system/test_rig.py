"""The rig itself: what the other tests stand on."""


def test_the_world_has_its_places_and_people(sql, world):
    sql.execute("SELECT count(*) FROM cowork.space")
    assert sql.fetchone() == (28,)
    sql.execute("SELECT p.login FROM cowork.token t JOIN cowork.person p USING (person_id) WHERE t.kind = 'access'")
    assert {login for login, in sql.fetchall()} == {world.login[who] for who in world.token}
