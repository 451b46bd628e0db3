"""Sessions end by the clock, by suspension, by the roster, by a posting; accounts, choices, members; nothing revives."""

from __future__ import annotations

import asyncio
import logging

import pytest
from msgspec import structs

from comity.base.errors import BadConfiguration, BadForm, NotAllowed, StoreError
from comity.base.ids import CaseId, Ms
from comity.edge import peoplewatch
from comity.edge.bell import Bell
from comity.edge.people import Ways, never_posted, ways_of
from comity.edge.registry import Roster, parse_toml
from comity.edge.rosterfile import RosterFile
from tests.unit.edge.peopleworld import ADMIN, APPROVER, HOUR, MINUTE, NOW, OFFICER, POSTED, ROSTER, Desk
from tests.unit.edge.softkey import SoftKey

CASE = CaseId(bytes(range(16)))


@pytest.fixture
def desk(tmp_path):
    return Desk(tmp_path)


def here(desk, token):
    return desk.people.signed_in(token) is not None


# --- sessions --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("who", "idle"), [(OFFICER, HOUR), (ADMIN, 15 * MINUTE)])
def test_a_session_ends_when_nothing_is_done_for_its_time(desk, who, idle):
    _, token = desk.registered(who)
    desk.later(idle - 1)
    found = desk.people.signed_in(token)
    assert found.idle_until == NOW + idle
    assert found.left_ms == 1
    desk.later(1)
    assert not here(desk, token)


@pytest.mark.parametrize(("who", "step"), [(OFFICER, 50 * MINUTE), (ADMIN, 14 * MINUTE)])
def test_a_session_ends_after_twelve_hours_whatever_is_done(desk, who, step):
    _, token = desk.registered(who)
    while desk.now + step < NOW + 12 * HOUR:
        desk.later(step)
        found = desk.people.signed_in(token)
        assert found.due
        assert desk.accounts.see(found.id)
    desk.now = Ms(NOW + 12 * HOUR - 1)
    assert here(desk, token)
    desk.later(1)
    assert not here(desk, token)


def test_that_a_person_was_seen_is_written_at_most_once_a_minute(desk):
    _, token = desk.registered()
    found = desk.people.signed_in(token)
    assert (found.due, desk.accounts.see(found.id)) == (False, False)
    desk.later(MINUTE)
    assert desk.people.signed_in(token).due
    assert desk.accounts.see(found.id)
    assert not desk.accounts.see(found.id)
    assert not desk.people.signed_in(token).due


def test_a_proof_is_fresh_for_five_minutes(desk):
    _, token = desk.registered()
    desk.later(5 * MINUTE - 1)
    assert desk.people.signed_in(token).fresh
    desk.later(1)
    assert not desk.people.signed_in(token).fresh


def test_a_clock_that_was_set_back_makes_no_session_longer(desk):
    _, token = desk.registered()
    desk.later(-2 * MINUTE)
    assert not here(desk, token)


@pytest.mark.parametrize("token", ["", "x", "x" * 1000, "\x00", "é" * 43])
def test_what_is_no_token_opens_nothing(desk, token):
    desk.registered()
    assert desk.people.signed_in(token) is None


def test_a_suspension_closes_every_session_at_once_and_reinstating_opens_none(desk):
    key, one = desk.registered()
    two = desk.enter(key).token
    _, other = desk.registered(ADMIN, 2)
    invited = desk.accounts.invite(OFFICER, "x").token
    assert desk.accounts.suspend(OFFICER, "requests/90") == 2
    assert (here(desk, one), here(desk, two), here(desk, other)) == (False, False, True)
    assert desk.people.invitation(invited) is None
    desk.accounts.reinstate(OFFICER, "requests/90")
    assert not here(desk, one)
    assert desk.people.invitation(invited) is None
    assert here(desk, desk.enter(key).token)


def test_whoever_leaves_the_roster_is_out_at_once(desk):
    _, token = desk.registered()
    _, other = desk.registered(ADMIN, 2)
    first, _, rest = ROSTER.partition("[[officer]]\n")[2].partition("[[officer]]")
    assert "number = 7" in first
    desk.roster.write_text("[[officer]]" + rest)
    assert (here(desk, token), here(desk, other)) == (False, True)
    assert [one.why for one in desk.people.accounts() if one.number == 7] == ["not-on-roster"]
    assert desk.accounts.close() == 1
    desk.roster.write_text(ROSTER)
    assert not here(desk, token)
    desk.roster.write_text(ROSTER.replace('["officer"]', '["reviewer"]'))
    assert desk.people.account(*OFFICER).card.roles == ("reviewer",)


def test_a_posting_that_ended_closes_every_session_at_once_and_a_new_one_opens_none(desk):
    _, token = desk.registered(POSTED)
    desk.over.add(POSTED)
    assert not here(desk, token)
    assert desk.people.account(*POSTED).card.why == "posting-ended"
    with pytest.raises(NotAllowed, match="posting-ended"):
        desk.accounts.invite(POSTED, "x")
    assert desk.people.to_close() == ((desk.rows("SELECT token_sha256 FROM session")[0][0], "posting-ended"),)
    assert desk.accounts.close() == 1
    desk.over.clear()
    assert not here(desk, token)
    assert desk.rows("SELECT ended_why FROM session") == [("posting-ended",)]


def test_closing_ends_what_is_over_and_idle_and_nothing_else(desk):
    _, token = desk.registered(ADMIN)
    _, other = desk.registered(OFFICER, 2)
    assert desk.accounts.close() == 0
    desk.later(20 * MINUTE)
    assert desk.accounts.close() == 1
    assert (here(desk, token), here(desk, other)) == (False, True)
    desk.later(12 * HOUR)
    assert desk.accounts.close() == 1
    assert sorted(desk.rows("SELECT ended_why FROM session")) == [("idle",), ("over",)]


def test_signing_out_ends_one_session_and_only_ones_own(desk):
    key, one = desk.registered()
    two = desk.enter(key).token
    session = desk.people.signed_in(one).id
    assert not desk.accounts.leave(session, ADMIN, "x")
    assert here(desk, one)
    assert desk.accounts.leave(session, OFFICER, "signed-out")
    assert not desk.accounts.leave(session, OFFICER, "signed-out")
    assert (here(desk, one), here(desk, two)) == (False, True)
    three = desk.enter(key).token
    assert desk.accounts.leave_all(OFFICER, "ended", desk.people.signed_in(three).id) == 1
    assert (here(desk, two), here(desk, three)) == (False, True)
    with pytest.raises(BadForm):
        desk.accounts.leave("no", None, "x")


def test_a_session_that_ended_long_ago_is_forgotten(desk):
    key, token = desk.registered()
    desk.accounts.leave(desk.people.signed_in(token).id, None, "signed-out")
    desk.later(91 * 24 * HOUR)
    desk.enter(key)
    assert desk.rows("SELECT count(*) FROM session") == [(1,)]


# --- accounts --------------------------------------------------------------------------------------------------------


def test_accounts_are_the_roster_without_names_and_without_the_nodes_own_voice(desk):
    desk.registered()
    desk.accounts.name(OFFICER, "Vera Moss")
    desk.accounts.bind(OFFICER, "https://agency.example vm-1", "x")
    desk.accounts.invite(ADMIN, "x")
    found = {(one.desk, one.number): one for one in desk.people.accounts()}
    assert sorted(found) == [OFFICER, POSTED, APPROVER, ADMIN]
    card = found[OFFICER]
    assert (card.agency, card.roles, card.why, card.named, card.bound) == ("guard", ("officer",), "", True, True)
    assert (card.passkeys, card.invitations, card.sessions, card.seen) == (1, 0, 1, NOW)
    assert (found[ADMIN].invitations, found[ADMIN].sessions, found[ADMIN].seen) == (1, 0, None)
    assert "Moss" not in repr((desk.people.accounts(), desk.people.account(*OFFICER)))
    assert desk.people.names([OFFICER, ADMIN, ("x", 1)]) == {OFFICER: "Vera Moss"}


def test_one_account_has_its_keys_links_sessions_and_choices(desk):
    _, token = desk.registered()
    desk.accounts.choose(OFFICER, "fr", {"theme": "dark"})
    desk.accounts.choose(OFFICER, None, {"keys": "off"})
    file = desk.people.account(*OFFICER)
    assert (file.language, file.settings) == ("fr", {"theme": "dark", "keys": "off"})
    assert [one.id for one in file.passkeys] == [SoftKey(1).id.hex()]
    assert [one.id for one in file.sessions] == [desk.people.signed_in(token).id]
    assert file.invitations == ()
    signed = desk.people.signed_in(token)
    assert (signed.language, signed.settings) == ("fr", {"theme": "dark", "keys": "off"})
    assert desk.people.account("requests", 999) is None
    assert desk.people.account(*APPROVER).settings == {}
    assert desk.people.account("node", 19) is None


@pytest.mark.parametrize(("language", "choices"), [("de", {}), (None, {"theme": "pink"}), (None, {"x": "y"})])
def test_a_choice_that_there_is_none_of_changes_nothing(desk, language, choices):
    with pytest.raises(BadForm):
        desk.accounts.choose(OFFICER, language, choices)


@pytest.mark.parametrize("name", ["x" * 121, "a\nb", "a\u202eb"])
def test_a_name_that_is_none_is_refused(desk, name):
    with pytest.raises(BadForm):
        desk.accounts.name(OFFICER, name)


@pytest.mark.parametrize("subject", ["x", "https://a.example ", "https://a.example a\nb", "y " + "x" * 600])
def test_a_binding_that_is_none_is_refused(desk, subject):
    with pytest.raises(BadForm):
        desk.accounts.bind(OFFICER, subject, "x")


def test_a_subject_is_bound_to_one_officer_and_its_end_ends_the_sessions(desk):
    desk.accounts.bind(OFFICER, "https://a.example one", "x")
    with pytest.raises(NotAllowed, match="another officer"):
        desk.accounts.bind(ADMIN, "https://a.example one", "x")
    entered = desk.signin.enter_by_agency("https://a.example one", "", "")
    assert desk.people.signed_in(entered.token).how == "agency"
    desk.accounts.bind(OFFICER, "https://a.example one", "x")
    assert here(desk, entered.token)
    desk.accounts.bind(OFFICER, "", "x")
    assert not here(desk, entered.token)
    with pytest.raises(NotAllowed, match="no account"):
        desk.signin.enter_by_agency("https://a.example one", "", "")
    desk.accounts.bind(ADMIN, "https://a.example one", "x")


@pytest.mark.parametrize("who", [("requests", 999), ("node", 19), ("", 0)])
def test_whom_the_roster_does_not_name_has_no_account(desk, who):
    for act in (
        lambda: desk.accounts.invite(who, "x"),
        lambda: desk.accounts.name(who, "x"),
        lambda: desk.accounts.suspend(who, "x"),
        lambda: desk.accounts.bind(who, "a b", "x"),
        lambda: desk.accounts.give(CASE, who, "x"),
    ):
        with pytest.raises(NotAllowed):
            act()
    assert desk.rows("SELECT count(*) FROM account") == [(0,)]


def test_whoever_left_the_roster_can_still_be_suspended(desk):
    desk.registered()
    desk.roster.write_text(ROSTER.replace("number = 7", "number = 8"))
    assert desk.accounts.suspend(OFFICER, "x") == 1


def test_officers_keep_their_last_passkey_and_administration_ends_any(desk):
    _, token = desk.registered()
    (only,) = desk.people.account(*OFFICER).passkeys
    with pytest.raises(NotAllowed, match="only passkey"):
        desk.accounts.revoke(OFFICER, only.id, "x", own=True)
    session = desk.people.signed_in(token).id
    begun = desk.signin.begin("add", "b", session)
    desk.signin.register(desk.asked(begun, SoftKey(2).register(begun.options, "http://xa.localhost:8401"), browser="b"))
    with pytest.raises(NotAllowed, match="no such"):
        desk.accounts.revoke(ADMIN, only.id, "x", own=False)
    desk.accounts.revoke(OFFICER, only.id, "x", own=True)
    assert here(desk, token)
    desk.accounts.revoke(OFFICER, SoftKey(2).id.hex(), "requests/90", own=False)
    assert not here(desk, token)
    assert desk.people.account(*OFFICER).passkeys == ()


def test_a_passkey_that_was_ended_does_not_sign_in_nor_come_back(desk):
    key, _ = desk.registered()
    desk.accounts.revoke(OFFICER, key.id.hex(), "x", own=False)
    with pytest.raises(Exception, match="not known here"):
        desk.enter(key)
    begun = desk.signin.begin("register", "b", desk.accounts.invite(OFFICER, "x").token)
    with pytest.raises(Exception, match="already"):
        desk.signin.register(desk.asked(begun, key.register(begun.options, "http://xa.localhost:8401"), browser="b"))


def test_invitations_can_be_ended(desk):
    token = desk.accounts.invite(OFFICER, "x").token
    assert (desk.accounts.end_invitations(OFFICER), desk.accounts.end_invitations(OFFICER)) == (1, 0)
    assert desk.people.invitation(token) is None
    assert desk.people.invitation("x" * 1000) is None


def test_a_case_is_given_taken_and_given_again(desk):
    desk.accounts.give(CASE, APPROVER, "requests/7")
    desk.later(5)
    desk.accounts.give(CASE, APPROVER, "requests/90")
    (member,) = desk.people.members(CASE)
    assert (member.desk, member.number, member.by, member.since) == (*APPROVER, "requests/7", NOW)
    assert desk.accounts.take(CASE, APPROVER)
    assert not desk.accounts.take(CASE, APPROVER)
    assert desk.people.members(CASE) == ()
    desk.accounts.give(CASE, APPROVER, "requests/90")
    assert [one.by for one in desk.people.members(CASE)] == ["requests/90"]
    desk.accounts.suspend(OFFICER, "x")
    with pytest.raises(NotAllowed, match="not active"):
        desk.accounts.give(CASE, OFFICER, "x")


# --- the roster's file, ways, the watch ------------------------------------------------------------------------------


def test_a_roster_that_cannot_be_read_changes_nothing_and_is_logged(tmp_path, caplog):
    path = tmp_path / "roster.toml"
    with pytest.raises(BadConfiguration):
        RosterFile(path, "xa")
    path.write_text(ROSTER)
    roster = RosterFile(path, "XA")
    before = roster.officers()
    assert len(before) == 5
    path.write_text("[[officer")
    with caplog.at_level(logging.ERROR):
        assert roster.officers() == before
    assert "the one read before stands" in caplog.text
    path.unlink()
    assert roster.officers() == before
    path.write_text(ROSTER.replace("number = 7", "number = 77"))
    assert ("requests", 77) in roster.officers()


class Setting:
    insecure_demo_roles = True
    oidc_issuer = "https://agency.example"


def test_ready_made_roles_are_the_first_of_each_role_at_a_screen():
    officers = parse_toml(ROSTER.encode(), Roster, "x").of("xa")
    found = ways_of(Setting(), officers)
    assert found.agency
    assert found.demo == (
        ("officer", *OFFICER), ("posted-officer", *POSTED), ("approver", *APPROVER), ("administrator", *ADMIN),
    )  # fmt: skip
    writer = next(one for one in officers if (one.desk, one.number) == OFFICER)
    other = structs.replace(writer, number=99, agency="elsewhere")
    further = {"second": frozenset({writer.agency}), "third": frozenset({"elsewhere"}), "fourth": frozenset({"nobody"})}
    also = ways_of(Setting(), (*officers, other), further)
    assert also.demo == (*found.demo, ("third", "requests", 99)), (
        "who is there already, or is not there, is no further one"
    )
    Setting.insecure_demo_roles = False
    try:
        assert ways_of(Setting(), officers, further) == Ways(True, ())
    finally:
        Setting.insecure_demo_roles = True
    assert never_posted(None, "x", 1, NOW) is False


class Driver:
    """What the watch needs of an engine."""

    def __init__(self) -> None:
        self.bell = Bell()
        self.fails = False

    async def call(self, function, *arguments):
        if self.fails:
            raise StoreError("the store did not answer")
        return function(*arguments)


def test_the_watch_ends_rows_soon_after_a_change_and_outlives_a_fault(desk, monkeypatch, caplog):
    monkeypatch.setattr(peoplewatch, "PAUSE_SECONDS", 0.001)
    monkeypatch.setattr(peoplewatch, "LOOK_SECONDS", 0.01)
    _, token = desk.registered(POSTED)
    engine = Driver()

    async def play():
        task = asyncio.create_task(peoplewatch.watch_people(engine, desk.people, desk.accounts))
        try:
            await asyncio.sleep(0.02)
            assert here(desk, token)
            engine.fails = True
            desk.over.add(POSTED)
            engine.bell.ring()
            await asyncio.sleep(0.03)
            assert desk.rows("SELECT ended_why FROM session") == [(None,)]
            engine.fails = False
            async with asyncio.timeout(60):
                while desk.rows("SELECT ended_why FROM session") == [(None,)]:  # noqa: ASYNC110  another thread's store
                    await asyncio.sleep(0.005)
        finally:
            task.cancel()
            await asyncio.wait([task])

    asyncio.run(play())
    assert desk.rows("SELECT ended_why FROM session") == [("posting-ended",)]
    assert "asked anew when it is used" in caplog.text
    assert asyncio.run(peoplewatch.close_sessions(engine, desk.people, desk.accounts)) == 0
