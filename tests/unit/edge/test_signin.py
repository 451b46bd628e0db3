"""Passkeys: registering, signing in, proving again; and each thing by which an answer is not good."""

from __future__ import annotations

import json

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from comity.base.errors import BadForm, NotAllowed
from comity.edge import peoplerows
from comity.edge.passkeys import MOST_CREDENTIAL, CounterWentBack, NotProved, RelyingParty
from comity.edge.signin import MOST_PASSKEYS
from tests.unit.edge.peopleworld import ADMIN, BROWSER, HOUR, MINUTE, NOW, OFFICER, ORIGIN, Desk
from tests.unit.edge.softkey import PRESENT, SoftKey, text


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def test_an_invitation_registers_a_passkey_that_signs_in(desk):
    key, first = desk.registered()
    assert desk.people.signed_in(first).person.number == 7
    entered = desk.enter(key)
    found = desk.people.signed_in(entered.token)
    assert (found.person.desk, found.person.number, found.person.roles) == ("requests", 7, {"officer"})
    assert (found.how, found.fresh, found.due, found.until) == ("passkey", True, False, NOW + 12 * HOUR)
    assert entered.token != first
    assert len(found.csrf) == 43


def test_what_a_browser_is_asked_has_no_name_and_wants_the_person_verified(desk):
    desk.accounts.name(OFFICER, "Vera Moss")
    begun = desk.signin.begin("register", BROWSER, desk.accounts.invite(OFFICER, "x").token)
    asked = json.loads(begun.options)
    assert "Moss" not in begun.options
    assert asked["user"]["name"] == asked["user"]["displayName"] == "requests/7"
    assert asked["rp"] == {"name": "Comity XA", "id": "xa.localhost"}
    assert asked["authenticatorSelection"] == {
        "residentKey": "required",
        "requireResidentKey": True,
        "userVerification": "required",
    }
    entering = json.loads(desk.signin.begin("enter", BROWSER, "").options)
    assert (entering["rpId"], entering["userVerification"], entering["allowCredentials"]) == ("xa.localhost", "required", [])  # fmt: skip


def test_no_token_and_no_challenge_answer_is_kept_in_the_clear(desk):
    _, token = desk.registered()
    invited = desk.accounts.invite(OFFICER, "x")
    kept = repr([desk.rows(f"SELECT * FROM {table}") for table in ("session", "invitation", "account", "passkey")])
    assert token not in kept
    assert invited.token not in kept
    assert peoplerows.digest_of(token) in [row[0] for row in desk.rows("SELECT token_sha256 FROM session")]


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "http://xa.localhost:9999"},
        {"origin": "https://xa.localhost"},
        {"origin": "http://evil.example"},
        {"rp": "evil.example"},
        {"rp": "localhost"},
        {"challenge": text(bytes(32))},
        {"flags": PRESENT},
        {"flags": 0},
        {"type": "webauthn.create"},
        {"secret": ec.derive_private_key(5, ec.SECP256R1())},
        {"handle": bytes(32)},
        {"handle": None},
    ],
    ids=lambda wrong: "-".join(map(str, wrong)),
)
def test_an_answer_that_is_wrong_in_one_thing_opens_nothing(desk, wrong):
    key, _ = desk.registered()
    before = desk.rows("SELECT count(*) FROM session")
    with pytest.raises(NotProved):
        desk.enter(key, **wrong)
    assert desk.rows("SELECT count(*) FROM session") == before
    assert desk.rows("SELECT sign_count FROM passkey") == [(0,)]
    assert desk.enter(key).number == 7


@pytest.mark.parametrize(
    "wrong",
    [
        {"origin": "http://evil.example"},
        {"rp": "evil.example"},
        {"challenge": text(bytes(32))},
        {"flags": PRESENT},
        {"flags": 0},
    ],
    ids=str,
)
def test_a_passkey_is_not_registered_if_one_thing_is_wrong_and_the_link_can_be_tried_again(desk, wrong):
    token = desk.accounts.invite(OFFICER, "x").token
    begun = desk.signin.begin("register", BROWSER, token)
    wrong = dict(wrong)
    answer = SoftKey().register(begun.options, wrong.pop("origin", ORIGIN), **wrong)
    with pytest.raises(NotProved):
        desk.signin.register(desk.asked(begun, answer))
    assert desk.rows("SELECT count(*) FROM passkey") == [(0,)]
    assert desk.people.invitation(token).number == 7


@pytest.mark.parametrize(
    "answer",
    ["", "{", "[]", "null", '{"id": 7}', json.dumps({"id": "x", "rawId": "y", "type": "public-key", "response": {}}), "x" * (MOST_CREDENTIAL + 1), json.dumps({"id": "x", "rawId": "y", "type": "public-key", "response": {"clientDataJSON": "e30", "authenticatorData": "AA", "signature": "AA", "userHandle": 5}})],
)  # fmt: skip
def test_what_is_no_answer_is_refused(desk, answer):
    desk.registered()
    begun = desk.signin.begin("enter", BROWSER, "")
    with pytest.raises(NotProved):
        desk.signin.enter(desk.asked(begun, answer), NOW)
    begun = desk.signin.begin("register", BROWSER, desk.accounts.invite(OFFICER, "x").token)
    with pytest.raises(NotProved):
        desk.signin.register(desk.asked(begun, answer))


def test_a_challenge_is_answered_once_whatever_the_answer_was_worth(desk):
    key, _ = desk.registered()
    begun = desk.signin.begin("enter", BROWSER, "")
    good = key.answer(begun.options, ORIGIN)
    desk.signin.enter(desk.asked(begun, good), NOW)
    with pytest.raises(NotProved, match="is over"):
        desk.signin.enter(desk.asked(begun, good), NOW)
    begun = desk.signin.begin("enter", BROWSER, "")
    with pytest.raises(NotProved):
        desk.signin.enter(desk.asked(begun, "{}"), NOW)
    with pytest.raises(NotProved, match="is over"):
        desk.signin.enter(desk.asked(begun, key.answer(begun.options, ORIGIN)), NOW)


def test_a_challenge_lasts_two_minutes(desk):
    key, _ = desk.registered()
    begun = desk.signin.begin("enter", BROWSER, "")
    desk.later(2 * MINUTE - 1)
    assert desk.signin.enter(desk.asked(begun, key.answer(begun.options, ORIGIN)), NOW)
    begun = desk.signin.begin("enter", BROWSER, "")
    desk.later(2 * MINUTE)
    with pytest.raises(NotProved, match="is over"):
        desk.signin.enter(desk.asked(begun, key.answer(begun.options, ORIGIN)), NOW)


def test_a_challenge_of_one_browser_is_not_answered_by_another_and_stays_open(desk):
    key, _ = desk.registered()
    begun = desk.signin.begin("enter", BROWSER, "")
    answer = key.answer(begun.options, ORIGIN)
    with pytest.raises(NotProved, match="another browser"):
        desk.signin.enter(desk.asked(begun, answer, browser="browser-two"), NOW)
    assert desk.signin.enter(desk.asked(begun, answer), NOW)


def test_a_challenge_for_one_thing_does_not_serve_for_another(desk):
    key, _ = desk.registered()
    begun = desk.signin.begin("enter", BROWSER, "")
    with pytest.raises(NotProved, match="is over"):
        desk.signin.register(desk.asked(begun, key.answer(begun.options, ORIGIN)))


@pytest.mark.parametrize("count", [5, 4, 0])
def test_a_counter_that_went_back_is_refused_and_rings_the_administrator_once(desk, count):
    key, _ = desk.registered()
    desk.enter(key, count=5)
    for _ in range(2):
        with pytest.raises(CounterWentBack, match="administrator was told"):
            desk.enter(key, count=count)
    assert desk.rows("SELECT kind, role, about, at FROM alarm") == [
        ("passkey-counter", "administrator", "requests/7", 5)
    ]
    assert desk.rows("SELECT sign_count FROM passkey") == [(5,)]
    desk.enter(key, count=6)


def test_nobody_without_the_key_can_ring_that_alarm(desk):
    key, _ = desk.registered()
    desk.enter(key, count=5)
    with pytest.raises(NotProved):
        desk.enter(key, count=1, secret=ec.derive_private_key(5, ec.SECP256R1()))
    assert desk.rows("SELECT count(*) FROM alarm") == [(0,)]


def test_a_key_that_never_counts_is_taken(desk):
    key, _ = desk.registered()
    for _ in range(2):
        assert desk.enter(key, count=0)


def test_an_invitation_serves_once_and_for_a_day(desk):
    _, _ = desk.registered()
    one = desk.accounts.invite(OFFICER, "x").token
    two = desk.accounts.invite(OFFICER, "x").token
    for token in (one, "nothing", ""):
        with pytest.raises(NotAllowed, match="another"):
            desk.signin.begin("register", BROWSER, token)
    begun = desk.signin.begin("register", BROWSER, two)
    desk.later(MINUTE)
    other = desk.signin.begin("register", BROWSER, two)
    desk.signin.register(desk.asked(begun, SoftKey(2).register(begun.options, ORIGIN)))
    with pytest.raises(NotAllowed, match="was used"):
        desk.signin.register(desk.asked(other, SoftKey(3).register(other.options, ORIGIN)))
    assert desk.rows("SELECT count(*) FROM passkey") == [(2,)]
    late = desk.accounts.invite(OFFICER, "x").token
    desk.later(24 * HOUR)
    with pytest.raises(NotAllowed, match="has ended"):
        desk.signin.begin("register", BROWSER, late)
    assert desk.people.invitation(late) is None


def test_a_credential_is_registered_once(desk):
    desk.registered()
    begun = desk.signin.begin("register", BROWSER, desk.accounts.invite(ADMIN, "x").token)
    with pytest.raises(NotProved, match="already"):
        desk.signin.register(desk.asked(begun, SoftKey(1).register(begun.options, ORIGIN)))


def session_of(desk, token):
    return desk.people.signed_in(token).id


def test_a_person_who_is_here_proves_again_and_gets_another_token(desk):
    key, token = desk.registered()
    desk.later(6 * MINUTE)
    assert not desk.people.signed_in(token).fresh
    session = session_of(desk, token)
    begun = desk.signin.begin("again", BROWSER, session)
    assert [one["id"] for one in json.loads(begun.options)["allowCredentials"]] == [text(key.id)]
    answer = key.answer(begun.options, ORIGIN, handle=None)
    entered = desk.signin.enter(desk.asked(begun, answer), NOW)
    assert desk.people.signed_in(entered.token).fresh
    assert desk.people.signed_in(token) is None
    assert desk.rows("SELECT ended_why FROM session WHERE ended_at IS NOT NULL") == [("replaced",)]


def test_another_officer_does_not_prove_for_the_one_who_is_here(desk):
    _, token = desk.registered()
    other, _ = desk.registered(ADMIN, 2)
    begun = desk.signin.begin("again", BROWSER, session_of(desk, token))
    with pytest.raises(NotProved):
        desk.signin.enter(desk.asked(begun, other.answer(begun.options, ORIGIN)), NOW)
    assert desk.people.signed_in(token)


def test_a_further_passkey_is_added_by_whoever_is_here_until_there_are_too_many(desk):
    _, token = desk.registered()
    session = session_of(desk, token)
    for number in range(2, MOST_PASSKEYS + 2):
        begun = desk.signin.begin("add", BROWSER, session)
        asked = desk.asked(begun, SoftKey(number).register(begun.options, ORIGIN), label=f" Key {number} " + "x" * 99)
        if number <= MOST_PASSKEYS:
            assert desk.signin.register(asked) is None
        else:
            with pytest.raises(NotAllowed, match="at most"):
                desk.signin.register(asked)
    labels = [one.label for one in desk.people.account(*OFFICER).passkeys]
    assert len(labels) == MOST_PASSKEYS
    assert max(map(len, labels)) == 60


def test_a_session_that_ended_meanwhile_adds_no_key(desk):
    _, token = desk.registered()
    session = session_of(desk, token)
    begun = desk.signin.begin("add", BROWSER, session)
    desk.accounts.leave(session, OFFICER, "signed-out")
    with pytest.raises(NotAllowed, match="is over"):
        desk.signin.register(desk.asked(begun, SoftKey(2).register(begun.options, ORIGIN)))
    assert desk.rows("SELECT count(*) FROM passkey") == [(1,)]
    for what in ("again", "add"):
        with pytest.raises(NotAllowed, match="is over"):
            desk.signin.begin(what, BROWSER, session)


@pytest.mark.parametrize(("what", "browser"), [("fly", BROWSER), ("enter", "")])
def test_what_is_no_ceremony_is_not_begun(desk, what, browser):
    with pytest.raises(BadForm):
        desk.signin.begin(what, browser, "")


@pytest.mark.parametrize("session", ["zz", "0"])
def test_a_session_that_is_no_number_is_a_bad_form(desk, session):
    with pytest.raises(BadForm, match="hexadecimal"):
        desk.signin.begin("again", BROWSER, session)


def test_whoever_is_suspended_does_not_come_in_and_registers_nothing(desk):
    key, _ = desk.registered()
    token = desk.accounts.invite(OFFICER, "x").token
    begun = desk.signin.begin("register", BROWSER, token)
    desk.accounts.suspend(OFFICER, "requests/90")
    with pytest.raises(NotAllowed, match="not open"):
        desk.enter(key)
    with pytest.raises(NotAllowed, match="not open"):
        desk.signin.register(desk.asked(begun, SoftKey(2).register(begun.options, ORIGIN)))
    with pytest.raises(NotAllowed):
        desk.signin.begin("register", BROWSER, token)


def test_a_session_that_the_browser_had_is_over_when_another_begins(desk):
    key, token = desk.registered()
    entered = desk.enter(key, instead=session_of(desk, token))
    assert desk.people.signed_in(token) is None
    assert desk.people.signed_in(entered.token)


def test_the_oldest_ceremonies_give_way_when_there_are_too_many(desk, monkeypatch):
    monkeypatch.setattr(peoplerows, "MOST_CEREMONIES", 5)
    for _ in range(9):
        desk.signin.begin("enter", BROWSER, "")
        desk.later(1)
    assert desk.rows("SELECT count(*) FROM ceremony")[0][0] <= 5
    desk.later(2 * MINUTE)
    desk.signin.begin("enter", BROWSER, "")
    assert desk.rows("SELECT count(*) FROM ceremony") == [(1,)]


def test_ready_made_roles_are_entered_only_where_they_are_named(tmp_path, desk):
    with pytest.raises(NotAllowed, match="no such ready-made role"):
        desk.signin.enter_demo(OFFICER, "")
    folder = tmp_path / "demo"
    folder.mkdir()
    demo = Desk(folder, demo=(("officer", *OFFICER),))
    entered = demo.signin.enter_demo(OFFICER, "")
    assert demo.people.signed_in(entered.token).how == "demo"
    with pytest.raises(NotAllowed):
        demo.signin.enter_demo(ADMIN, "")
    demo.accounts.suspend(OFFICER, "x")
    with pytest.raises(NotAllowed, match="not open"):
        demo.signin.enter_demo(OFFICER, "")


@pytest.mark.parametrize(
    ("asked", "taken"),
    [
        ("http://xa.localhost:5000", True),
        ("http://xa.localhost", True),
        ("https://xa.localhost:5000", False),
        ("http://xb.localhost:5000", False),
        ("http://xa.localhost.evil.example", False),
        ("", False),
    ],
)
def test_without_a_fixed_port_any_of_the_same_host_is_taken(asked, taken):
    assert RelyingParty("xa.localhost", "x", ()).origin(asked) == ([asked] if taken else [])
    assert RelyingParty("xa.localhost", "x", (ORIGIN,)).origin(asked) == [ORIGIN]
