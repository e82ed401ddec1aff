"""Tenants, members, staff, codes and tokens, in the operator's lane."""

import uuid

import pytest

from lane import FAR, command

SECRET, OTHER = "aa" * 32, "bb" * 32


def code(number=0, expires=FAR, secret=SECRET):
    return {"code": {"id": "C0DE000%d" % number, "hash": secret, "expires": expires}}


def invite(login="cyd@acme.example", number=0, expires=FAR, **a):
    return command("member.invite", r=code(number, expires),
                   **{"tenant": "acme", "login": login, "name": "Cyd", "role": "member", **a})


def redeem(number=0, token="T0KEN000", secret=SECRET, **a):
    return command("code.redeem", 0, r={"id": token, "hash": OTHER, "expires": FAR},
                   **{"code": "C0DE000%d" % number, "hash": secret, "label": "laptop", **a})


def issue(token="T0KEN000", expires=FAR, **a):
    return command("token.issue", r={"id": token, "hash": SECRET, "expires": expires},
                   **{"person": 1, "label": "laptop", **a})


def grant(login="dee@cowork.example", number=0, **a):
    return command("staff.grant", r=code(number), **{"login": login, "name": "Dee", "role": "front_desk", **a})


@pytest.fixture
def office(campus):
    """The operator's lane."""
    campus.site = 0
    return campus


def found(office, token="T0KEN000"):
    return office.lane.value("SELECT facts FROM cowork.token_find(%s)", token)


def test_a_tenant_is_made_and_changed_under_its_version(office):
    made = office.one(command("tenant.create", code="Zeta", name="Zeta Ltd", email="z@z.example", external_id="7"))
    assert made["facts"] == {"id": made["id"], "code": "Zeta", "name": "Zeta Ltd", "email": "z@z.example",
                             "state": "active", "external_id": "7", "version": 1}
    answer = office.run(command("tenant.update", tenant="ZETA", name="Zeta plc", email="", state="disabled",
                                if_version=1))
    assert answer["outcomes"][0]["facts"] == {
        "id": made["id"], "code": "Zeta", "name": "Zeta plc", "state": "disabled", "external_id": "7", "version": 2}
    assert answer["events"][0]["body"] == {
        "tenant": made["id"], "code": "Zeta", "state": "disabled", "version": 2}
    assert office.one(command("tenant.update", tenant="zeta", if_version=1)) == {
        "o": "stale_version", "version": 2}
    assert office.one(command("tenant.update", tenant="eta")) == {"o": "not_found", "field": "tenant"}


def test_a_row_of_a_file_that_comes_again_is_known_by_its_external_id(office):
    rows = [command("tenant.create", code="Zeta", name="Zeta Ltd", external_id="7"),
            command("member.invite", tenant="Zeta", login="z@z.example", name="Z", role="member", external_id="8",
                    r={"code": {"id": "C0DE0001", "hash": "00" * 32, "expires": 4102444800000000}})]
    for row in rows:
        assert office.one(row)["o"] == "done"
    for row in rows:
        again = dict(row, key=str(uuid.uuid4()))
        assert office.one(again) == {"o": "exists", "field": "external_id"}


@pytest.mark.parametrize("request_, field", [
    (command("tenant.create", code="ACME", name="x"), "code"),
    (command("tenant.create", code="zeta", name="x", external_id="one"), "external_id"),
    (invite("ANN@acme.example"), "login"),
    (invite("new@acme.example", external_id="two"), "external_id")])
def test_what_exists_is_not_made_again(office, request_, field):
    office.outcomes(command("tenant.create", code="eins", external_id="one"),
                    invite("two@acme.example", 9, external_id="two"))
    assert office.one(request_) == {"o": "exists", "field": field}


def test_only_an_active_tenant_takes_members(office):
    assert office.one(invite(tenant="zeta")) == {"o": "not_found", "field": "tenant"}
    office.one(command("tenant.update", tenant="acme", state="disabled"))
    assert office.one(invite()) == {"o": "wrong_state", "field": "tenant", "state": "disabled"}


def test_an_invited_member_redeems_the_code_once_and_is_in(office):
    invited = office.one(invite("Cyd@Acme.example", lang="de", external_id="m-3"))
    assert invited["facts"] == {
        "id": invited["id"], "tenant": "acme", "login": "cyd@acme.example", "name": "Cyd", "lang": "de",
        "role": "member", "state": "invited", "external_id": "m-3", "version": 1}
    assert found(office, "C0DE0000")["kind"] == "code"

    answer = office.run(redeem())
    outcome, event = answer["outcomes"][0], answer["events"][0]
    assert (outcome["id"], outcome["token"]) == (invited["id"], "T0KEN000")
    assert outcome["facts"] == found(office) == {
        "token": "T0KEN000", "kind": "access", "hash": OTHER, "scope": "full", "expires": FAR, "revoked": False,
        "used": False, "person": invited["id"], "login": "cyd@acme.example", "name": "Cyd", "lang": "de",
        "member": True, "tenant_id": 1, "tenant": "acme", "tenant_state": "active", "role": "member",
        "site_id": None, "site": None, "disabled": False, "rev": event["rev"]}
    assert (event["kind"], event["actor"], event["subject"], event["body"]) == (
        "code.redeemed", invited["id"], invited["id"],
        {"code": "C0DE0000", "token": "T0KEN000", "person": invited["id"], "expires": FAR})
    assert found(office, "C0DE0000")["used"]
    assert office.lane.value("SELECT state FROM cowork.member WHERE person_id = %s", invited["id"]) == "active"
    assert office.one(redeem(token="T0KEN001")) == {"o": "unauthenticated"}


def test_a_retry_of_a_redemption_gets_its_answer_again(office):
    office.one(invite())
    request = redeem()
    first = office.one(request)
    assert office.one(request) == {**first, "replayed": True}


@pytest.mark.parametrize("wrong", [
    {"secret": OTHER}, {"number": 5}, {"code": "T0KEN999"}])
def test_a_code_that_does_not_fit_opens_nothing(office, wrong):
    office.one(invite())
    assert office.one(redeem(**wrong)) == {"o": "unauthenticated"}
    assert office.lane.value("SELECT state FROM cowork.member WHERE person_id = 3") == "invited"


def test_a_code_that_opens_nothing_leaves_no_receipt(office):
    request = redeem(code="T0KEN999")
    assert office.outcomes(request, request) == 2 * [{"o": "unauthenticated"}]
    assert office.one(request) == {"o": "unauthenticated"}


def test_a_code_opens_nothing_when_it_is_late_or_the_person_is_out(office):
    office.one(invite(expires=1000000000000000))
    assert office.one(redeem()) == {"o": "unauthenticated"}
    office.outcomes(invite("eve@acme.example", 1), command("member.update", login="eve@acme.example",
                                                             state="disabled"))
    assert office.one(redeem(1)) == {"o": "unauthenticated"}


def test_an_access_token_is_no_code(office):
    office.one(issue())
    assert office.one(redeem(code="T0KEN000", token="T0KEN001")) == {"o": "unauthenticated"}


@pytest.mark.parametrize("own, allowed", [({"tenant": 1}, True), ({"tenant": 2}, False), ({"member": 2}, False)])
def test_a_tenants_admin_changes_the_tenants_own_members_only(office, own, allowed):
    outcome = office.one(command("member.update", login="ann@acme.example", name="Anne", own=own))
    assert outcome["o"] == "done" if allowed else outcome == {"o": "not_found", "field": "login"}


def test_a_member_is_changed_under_its_version(office):
    changed = office.one(command("member.update", login="ANN@acme.example", name="Anne", lang="ko",
                                 role="tenant_admin", state="active", if_version=1))
    assert changed["facts"] == {"id": 1, "tenant": "acme", "login": "ann@acme.example", "name": "Anne", "lang": "ko",
                                "role": "tenant_admin", "state": "active", "version": 2}
    assert office.one(command("member.update", login="ann@acme.example", if_version=1))["o"] == "stale_version"
    assert office.one(command("member.update", login="x@y.example")) == {"o": "not_found", "field": "login"}


def test_a_change_that_names_no_state_leaves_it(office):
    office.one(issue())
    answer = office.run(command("member.update", login="ann@acme.example", name="Anne"))
    assert answer["events"][0]["kind"] == "member.updated" and "ended" not in answer["events"][0]["body"]
    assert not found(office)["revoked"] and not found(office)["disabled"]


def test_what_disables_somebody_says_what_ends_and_ends_it(office):
    office.one(issue())
    answer = office.run(command("member.update", login="ann@acme.example", name="Anne", state="disabled"))
    event = answer["events"][0]
    assert (event["kind"], event["body"]["state"], event["body"]["ended"]) == ("member.disabled", "disabled", True)
    assert (answer["outcomes"][0]["facts"]["name"], answer["outcomes"][0]["facts"]["version"]) == ("Anne", 2)
    again = office.run(command("member.update", login="ann@acme.example", state="disabled"))
    assert again["events"][0]["kind"] == "member.updated"
    assert found(office)["revoked"]


@pytest.mark.parametrize("own", [{"tenant": 1}, {"member": 1}])
def test_who_is_disabled_comes_back_by_those_who_reach_everybody(office, own):
    back = {"login": "ann@acme.example", "state": "active"}
    office.one(command("member.disable", login="ann@acme.example"))
    assert office.one(command("member.update", own=own, **back)) == {"o": "forbidden", "field": "state", "rule": "enable"}
    assert office.one(command("member.update", **back))["facts"]["state"] == "active"


def test_revoked_staff_keep_nothing_even_as_members(office):
    office.outcomes(grant("ann@acme.example"), redeem())
    answer = office.run(command("staff.revoke", login="ann@acme.example"))
    assert answer["events"][0]["body"]["ended"] is True and found(office)["revoked"]


def test_who_is_disabled_or_whose_tenant_is_shows_on_the_token(office):
    office.one(issue())
    assert (found(office)["disabled"], found(office)["tenant_state"]) == (False, "active")
    office.one(command("tenant.update", tenant="acme", state="disabled"))
    assert found(office)["tenant_state"] == "disabled"
    office.one(command("member.update", login="ann@acme.example", state="disabled"))
    assert (found(office)["disabled"], found(office)["member"]) == (True, False)


def test_staff_of_one_site_and_of_all(office):
    one = office.one(grant(site="KENDALL"))
    assert one["facts"] == {"id": one["id"], "login": "dee@cowork.example", "name": "Dee", "role": "front_desk",
                            "site": "kendall", "state": "invited", "version": 1}
    office.one(redeem())
    assert [found(office)[key] for key in ("role", "site_id", "site", "member")] == ["front_desk", 1, "kendall", False]
    again = office.one(grant(number=1, role="operator"))
    assert (again["v"], again["facts"]["state"], "site" in again["facts"]) == (2 + 1, "active", False)
    assert (found(office)["role"], found(office)["site_id"]) == ("operator", None)
    assert office.one(grant(site="nowhere", number=2)) == {"o": "not_found", "field": "site"}
    assert office.one(grant(site="-", number=2)) == {"o": "not_found", "field": "site"}


def test_revoked_staff_is_out_until_granted_and_redeemed_again(office):
    office.outcomes(grant(), redeem())
    revoked = office.one(command("staff.revoke", login="dee@cowork.example"))
    assert revoked["facts"]["state"] == "revoked" and found(office)["disabled"]
    assert office.one(command("staff.revoke", login="dee@cowork.example"))["o"] == "wrong_state"
    assert office.one(command("staff.revoke", login="x@y.example")) == {"o": "not_found", "field": "login"}
    assert office.one(grant(number=1))["facts"]["state"] == "invited"
    assert office.one(redeem(1, token="T0KEN001"))["facts"]["role"] == "front_desk"


def test_one_person_may_be_member_and_staff(office):
    office.outcomes(grant("ann@acme.example"), redeem())
    facts = found(office)
    assert (facts["member"], facts["tenant"], facts["role"]) == (True, "acme", "front_desk")
    office.one(command("staff.revoke", login="ann@acme.example"))
    facts = found(office)
    assert (facts["member"], facts["role"], facts["disabled"]) == (True, "member", False)


def test_a_token_is_issued_listed_and_revoked_by_its_own_person_only(office):
    answer = office.run(issue(scope="full"))
    outcome = answer["outcomes"][0]
    assert (outcome["id"], outcome["token"]) == (1, "T0KEN000")
    created = outcome["facts"].pop("created")
    assert created == answer["events"][0]["at"]
    assert outcome["facts"] == {"token": "T0KEN000", "kind": "access", "login": "ann@acme.example", "label": "laptop", "scope": "full",
                                "expires": FAR, "state": "active"}
    assert SECRET not in str(answer)
    assert office.one(command("token.revoke", token="T0KEN000", own_person=2)) == {
        "o": "not_found", "field": "token"}
    revoked = office.one(command("token.revoke", token="T0KEN000", own_person=1))
    assert revoked["facts"]["state"] == "revoked" and found(office)["revoked"]
    assert office.one(command("token.revoke", token="T0KEN000")) == {"o": "wrong_state", "state": "revoked"}
    assert office.one(issue("T0KEN001", person=99)) == {"o": "not_found", "field": "person"}


def test_a_token_may_be_for_reading_alone(office):
    answer = office.run(issue(scope="read"))
    assert answer["outcomes"][0]["facts"]["scope"] == answer["events"][0]["body"]["scope"] == "read"
    assert found(office)["scope"] == "read"


def test_an_expired_token_says_so(office):
    outcome = office.one(issue(expires=1))
    assert outcome["facts"]["state"] == "expired"


def test_codes_are_in_no_list_of_tokens(office):
    office.one(invite())
    assert office.lane.value("SELECT count(*) FROM cowork.token_facts") == 0


def test_a_dry_run_of_an_invitation_leaves_no_person_and_no_code(office):
    outcome = office.one({**invite(), "d": True})
    assert outcome["facts"]["login"] == "cyd@acme.example"
    assert office.sql("SELECT count(*) FROM cowork.person") == [(2,)]
    assert office.sql("SELECT count(*) FROM cowork.token") == [(0,)]


def test_no_event_of_the_operator_tells_a_login_or_a_name(office):
    office.outcomes(invite(), redeem(), grant(number=1, name="Deidre"),
                    command("member.update", login="cyd@acme.example", name="Cydney"))
    text = " ".join(row[0] for row in office.sql("SELECT body::text FROM cowork.event"))
    assert "@" not in text and "Cyd" not in text and "Dei" not in text and SECRET not in text
    assert office.chain_holds()


def test_the_token_unused_for_longest_makes_room_for_the_hundred_and_first(office):
    office.run(*[issue(f"T0KEN{number:03}") for number in range(100)])
    office.sql("UPDATE cowork.token SET last_used_at = clock_timestamp() WHERE token_id <> 'T0KEN042'")
    office.run(issue("LAST0000"))
    good = office.sql("SELECT token_id FROM cowork.token WHERE person_id = 1 AND kind = 'access' AND revoked_at IS NULL")
    assert len(good) == 100 and ("T0KEN042",) not in good and ("LAST0000",) in good
    assert office.sql("SELECT body ->> 'instead_of' FROM cowork.event WHERE site_id = 0 ORDER BY rev DESC LIMIT 1") == [
        ("T0KEN042",)]


# Passwords

HASH = "$argon2id$v=19$m=64,t=1,p=1$c29tZXNhbHRzb21lc2FsdA$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
REHASH = HASH.replace("m=64", "m=128")


def set_password(person=1, version=0, hash=HASH):
    return command("password.set", person=person, r={"hash": hash, "version": version})


def log_in(number=0, person=1, version=1, **r):
    return command("password.login", person=person, label="laptop", id="L0G1N00%d" % number, hash=OTHER,
                   r={"version": version, "expires": FAR, **r})


def password(office, login="ann@acme.example"):
    return office.lane.value("SELECT facts FROM cowork.password_find(%s)", login)


def test_a_password_is_set_at_its_version_and_its_hash_stays_where_it_is(office):
    answer = office.run(set_password())
    assert (answer["outcomes"][0]["id"], answer["outcomes"][0]["v"]) == (1, 1)
    assert (answer["events"][0]["kind"], answer["events"][0]["body"]) == ("password.set", {"person": 1, "version": 1})
    assert office.one(set_password(version=0)) == {"o": "stale_version", "field": "old"}
    assert office.one(set_password(version=1, hash=REHASH))["v"] == 2
    facts = password(office)
    assert (facts["hash"], facts["version"], facts["person"], facts["role"]) == (REHASH, 2, 1, "member")
    text = str(office.sql("SELECT body, NULL FROM cowork.event UNION ALL SELECT outcome, NULL FROM cowork.receipt"))
    assert "argon2" not in text


def test_a_password_makes_a_token_only_at_the_version_that_was_compared(office):
    office.one(set_password())
    outcome = office.one(log_in())
    assert (outcome["id"], outcome["token"], found(office, "L0G1N000")["kind"]) == (1, "L0G1N000", "access")
    assert office.one(log_in(1, version=2)) == {"o": "unauthenticated"}
    assert office.one(log_in(1, person=2)) == {"o": "unauthenticated"}
    office.one(command("member.update", login="ann@acme.example", state="disabled"))
    assert office.one(log_in(1)) == {"o": "unauthenticated"}


def test_a_login_may_bring_the_same_password_at_another_cost(office):
    office.one(set_password())
    office.one(log_in(rehash=REHASH))
    assert (password(office)["hash"], password(office)["version"]) == (REHASH, 1)


@pytest.mark.parametrize("text", ["secret", "$argon2i$v=19$m=64,t=1,p=1$c29t$nf65", HASH.replace("p=1", "p=4"),
                                  HASH + "x" * 40, HASH + " "])
def test_only_a_hash_of_ours_is_a_password(office, text):
    assert office.run(set_password(hash=text), guarded=True)["outcomes"][0]["o"] == "internal"


def test_who_is_given_another_code_has_no_password_any_more(office):
    office.one(set_password())
    office.one(invite("ann@acme.example", again=True))
    assert password(office) is None
    assert office.one(log_in()) == {"o": "unauthenticated"}


def test_a_code_may_bring_a_password(office):
    office.one(invite())
    request = redeem()
    request["r"]["password"] = HASH
    assert office.run(request)["events"][0]["body"]["password"] is True
    assert password(office, "cyd@acme.example")["version"] == 1


# Certificates

def certificate(number=0, hash=OTHER, **a):
    return command("token.issue", r={"id": "CERT000%d" % number, "hash": SECRET, "expires": FAR},
                   **{"label": "reader", "certificate": hash, **a})


def test_a_certificate_is_known_for_services_alone_and_once(office):
    service = office.one(grant("reader@cowork.example", role="service"))["id"]
    office.one(grant("dee@cowork.example", 1))
    for login in ("ann@acme.example", "dee@cowork.example", "nobody@example.org"):
        assert office.one(certificate(**{"for": login})) == {"o": "not_found", "field": "for"}
    assert office.one(certificate(person=1)) == {"o": "not_found", "field": "for"}
    outcome = office.one(certificate(**{"for": "reader@cowork.example"}))
    assert (outcome["id"], outcome["facts"]["kind"]) == (service, "certificate")
    assert office.one(certificate(1, person=service)) == {"o": "exists", "field": "certificate"}
    facts = office.lane.value("SELECT facts FROM cowork.certificate_find(%s)", OTHER)
    assert (facts["token"], facts["login"], facts["hash"]) == ("CERT0000", "reader@cowork.example", OTHER)
    office.one(command("token.revoke", token="CERT0000"))
    assert office.one(certificate(1, person=service))["token"] == "CERT0001"
    assert office.lane.value("SELECT facts FROM cowork.certificate_find(%s)", OTHER)["token"] == "CERT0001"
