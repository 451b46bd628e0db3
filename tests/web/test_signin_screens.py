"""Sign-in, proving again, invitations, settings and administration, through the screens and the door's own routes."""

from __future__ import annotations

import asyncio
import json
import re
from dataclasses import replace

import pytest

from comity.base.ids import CaseId, show_id
from comity.policy.access import Deed
from comity.screen.people import AlarmLine, HealthCard
from comity.web import words
from comity.web.screens import health, people, settings, signin
from comity.web.visit import Absent, Enter, Leave, Redirect, Refused, Screen, Told
from tests.unit.edge.peopleworld import ADMIN, APPROVER, MINUTE, OFFICER, ORIGIN, Desk
from tests.unit.edge.softkey import SoftKey
from tests.web.peopledesk import Screens

SCRIPT = "<script>alert(1)</script>"


@pytest.fixture
def screens(tmp_path):
    return Screens(tmp_path)


def go(function, visit):
    return asyncio.run(function(visit))


def answered(screens, key, begin, token="", how="answer", **more):
    """Ask a screen for a challenge and answer it with a key."""
    told = go(begin, screens.visit(token, **{k: v for k, v in more.items() if k == "path"}))
    assert isinstance(told, Told)
    said = getattr(key, how)(told.body["options"], ORIGIN)
    return {"ceremony": told.body["id"], "credential": said}


# --- signing in ------------------------------------------------------------------------------------------------------


def test_the_sign_in_page_has_a_passkey_four_languages_both_capitals_and_no_roles(screens):
    visit = screens.visit(query={"back": "/case/7"})
    html = screens.html(go(signin.sign_in, visit), visit)
    assert 'data-begin="/sign-in/begin"' in html
    assert re.findall(r'<a href="(/sign-in\?lang=..&amp;back=%2Fcase%2F7)"', html)
    assert all(f'lang="{tag}"' in html for tag in ("en", "fr", "hi", "pa"))
    assert "Aurin" in html
    assert "Borhaven" in html
    assert "/sign-in/demo" not in html
    assert "/sign-in/agency" not in html
    assert not re.search(r"<script(?! src=)|style=|\son[a-z]+=", html)


@pytest.mark.parametrize("back", ["//evil.example", "https://evil.example", "\\\\evil.example", "/\\evil.example"])
def test_nobody_is_sent_elsewhere(screens, back):
    visit = screens.visit(query={"back": back})
    assert "evil" not in screens.html(go(signin.sign_in, visit), visit)


def test_a_passkey_opens_a_session_and_goes_where_the_person_wanted(screens):
    key, _ = screens.desk.registered()
    answer = go(signin.by_passkey, screens.visit(back="/case/7", **answered(screens, key, signin.begin)))
    assert isinstance(answer, Enter)
    assert answer.to == "/case/7"
    assert screens.desk.people.signed_in(answer.token).person.number == 7
    assert go(signin.sign_in, screens.visit(answer.token)) == Redirect("/")


def test_what_is_refused_is_told_in_the_doors_words(screens):
    key, _ = screens.desk.registered()
    sent = answered(screens, key, signin.begin)
    with pytest.raises(Refused, match="begun in another browser"):
        go(signin.by_passkey, replace(screens.visit(**sent), who=replace(screens.visit().who, csrf="another")))
    with pytest.raises(Refused, match="hexadecimal"):
        go(signin.by_passkey, screens.visit(ceremony="zz", credential="{}"))


def test_whoever_says_to_be_here_stays_signed_in_and_comes_back_to_the_same_place(screens):
    _, token = screens.desk.registered()
    before = screens.desk.people.signed_in(token)
    screens.desk.later(58 * 60_000)
    assert screens.desk.people.signed_in(token).left_ms == before.left_ms - 58 * 60_000
    gone = go(signin.stay, screens.visit(token, back="/case/XA-2026-0001"))
    assert gone == Redirect("/case/XA-2026-0001", "session.stayed")
    assert screens.desk.people.signed_in(token).left_ms == before.left_ms
    assert go(signin.stay, replace(screens.visit(token), partial=True)) == Told({})
    assert go(signin.stay, screens.visit(token, back="//elsewhere.example")).to == "/"


def test_a_page_of_the_session_before_gets_the_token_of_this_one(screens):
    visit = screens.visit(screens.desk.registered()[1])
    assert go(signin.token, visit) == Told({"csrf": visit.who.csrf})


def test_signing_out_ends_the_session(screens):
    _, token = screens.desk.registered()
    assert go(signin.sign_out, screens.visit(token)) == Leave()
    assert screens.desk.people.signed_in(token) is None


def test_ready_made_roles_are_buttons_where_the_settings_allow_it(tmp_path):
    screens = Screens(tmp_path, demo=(("officer", *OFFICER), ("administrator", *ADMIN)))
    visit = screens.visit()
    html = screens.html(go(signin.sign_in, visit), visit)
    assert html.count('action="/sign-in/demo"') == 2
    assert "Demonstration on this machine only." in html
    answer = go(signin.by_demo, screens.visit(desk="requests", number="7"))
    assert screens.desk.people.signed_in(answer.token).how == "demo"
    with pytest.raises(Refused, match="no such ready-made role"):
        go(signin.by_demo, screens.visit(desk="requests", number="14"))
    assert go(signin.by_demo, screens.visit(desk="requests", number="x")) == Absent()
    again = screens.visit(answer.token, back="/people")
    assert "Go on as Liaison officer" in screens.html(go(signin.again, again), again)
    screens.desk.later(6 * MINUTE)
    entered = go(signin.again_demo, again)
    assert (entered.to, screens.desk.people.signed_in(entered.token).fresh) == ("/people", True)
    assert screens.desk.people.signed_in(answer.token) is None


def test_a_session_by_passkey_does_not_prove_again_by_a_button(screens):
    _, token = screens.desk.registered()
    assert go(signin.again_demo, screens.visit(token)) == Absent()


def test_proving_again_keeps_where_one_was(screens):
    key, token = screens.desk.registered()
    visit = screens.visit(token, query={"back": "/approvals"})
    html = screens.html(go(signin.again, visit), visit)
    assert 'data-begin="/sign-in/again/begin"' in html
    assert 'value="/approvals"' in html
    sent = answered(screens, key, signin.again_begin, token)
    entered = go(signin.by_passkey, screens.visit(token, back="/approvals", **sent))
    assert entered.to == "/approvals"
    assert screens.desk.people.signed_in(token) is None


def test_whoever_has_no_key_is_told_whom_to_ask(screens):
    screens.desk.accounts.bind(OFFICER, "https://a.example one", "x")
    token = screens.desk.signin.enter_by_agency("https://a.example one", "", "").token
    visit = screens.visit(token)
    assert "Ask your administrator for an invitation" in screens.html(go(signin.again, visit), visit)


# --- invitations -----------------------------------------------------------------------------------------------------


def test_an_invitation_registers_and_signs_in(screens):
    invited = screens.desk.accounts.invite(OFFICER, "x")
    path = {"token": invited.token}
    visit = screens.visit(path=path)
    html = screens.html(go(signin.invitation, visit), visit)
    assert "requests/7" in html
    key = SoftKey(4)
    sent = answered(screens, key, signin.invitation_begin, how="register", path=path)
    entered = go(signin.invitation_end, screens.visit(path=path, label="spare", **sent))
    assert screens.desk.people.signed_in(entered.token).person.number == 7
    gone = go(signin.invitation, visit)
    assert gone.status == 404
    assert "was used or has ended" in screens.html(gone, visit)
    with pytest.raises(Refused, match="was used"):
        go(signin.invitation_begin, visit)


# --- the agency's sign-in --------------------------------------------------------------------------------------------


def test_without_an_agency_nothing_leads_there(screens):
    with pytest.raises(Refused, match="no agency's sign-in"):
        go(signin.to_agency, screens.visit())


def test_coming_back_goes_on_by_a_page_of_ours_with_what_is_needed_only(screens):
    visit = screens.visit(query={"state": "s", "code": "c", "session_state": "x", "iss": "i"})
    screen = go(signin.from_agency, visit)
    assert screen.context["to"] == "/sign-in/agency/finish?state=s&code=c&iss=i"
    assert 'content="0;url=/sign-in/agency/finish?state=s&amp;code=c&amp;iss=i"' in screens.html(screen, visit)
    assert go(signin.from_agency, screens.visit(query={"code": "x" * 5000})) == Absent()
    with pytest.raises(Refused, match="ended without a result"):
        go(signin.finish, screens.visit(query={"error": "access_denied", "state": "s"}))


# --- one's own -------------------------------------------------------------------------------------------------------


def test_settings_are_kept_and_shown(screens):
    _, token = screens.desk.registered()
    assert go(settings.keep, screens.visit(token, language="fr", theme="dark", keys="off")) == Redirect(
        "/settings", "settings.said.kept"
    )
    signed = screens.desk.people.signed_in(token)
    assert (signed.language, dict(signed.settings)) == ("fr", {"theme": "dark", "keys": "off"})
    visit = screens.visit(token)
    html = screens.html(go(settings.settings, visit), visit)
    assert 'value="dark" checked' in html
    assert 'value="fr" lang="fr" selected' in html
    with pytest.raises(Refused, match="nothing was changed"):
        go(settings.keep, screens.visit(token, theme=SCRIPT))


def test_a_further_passkey_is_added_and_the_last_stays(screens):
    _, token = screens.desk.registered()
    key = SoftKey(5)
    sent = answered(screens, key, settings.add_begin, token, how="register")
    assert go(settings.add, screens.visit(token, label=SCRIPT, **sent)).to == "/settings"
    visit = screens.visit(token)
    html = screens.html(go(settings.settings, visit), visit)
    assert SCRIPT not in html
    assert html.count('action="/settings/passkey/end"') == 2
    assert go(settings.end_key, screens.visit(token, passkey=key.id.hex()))
    with pytest.raises(Refused, match="only passkey"):
        go(settings.end_key, screens.visit(token, passkey=SoftKey(1).id.hex()))
    assert screens.desk.people.signed_in(token)


def test_other_sessions_are_ended_from_here_and_nobody_elses(screens):
    key, token = screens.desk.registered()
    _, others = screens.desk.registered(ADMIN, 2)
    two = screens.desk.enter(key).token
    theirs = screens.desk.people.signed_in(others).id
    go(settings.end_session, screens.visit(token, session=theirs))
    assert screens.desk.people.signed_in(others)
    visit = screens.visit(token)
    assert "/settings/sessions/end" in screens.html(go(settings.settings, visit), visit)
    go(settings.end_others, screens.visit(token))
    assert (screens.desk.people.signed_in(two), screens.desk.people.signed_in(token) is None) == (None, False)
    go(settings.end_session, screens.visit(token, session=screens.desk.people.signed_in(token).id))
    assert screens.desk.people.signed_in(token) is None


# --- administration --------------------------------------------------------------------------------------------------


@pytest.fixture
def admin(screens):
    _, token = screens.desk.registered(ADMIN, 9)
    return token


PATH = {"desk": "requests", "number": "7"}


def test_accounts_are_listed_without_a_name(screens, admin):
    screens.desk.accounts.name(OFFICER, "Vera Moss")
    visit = screens.visit(admin)
    html = screens.html(go(people.people, visit), visit)
    assert html.count("<tr id=") == 4
    assert "Moss" not in html
    assert "one key only" in html
    assert "elder" in html
    one = screens.visit(admin, path=PATH)
    assert "Moss" not in screens.html(go(people.one, one), one)


@pytest.mark.parametrize("number", ["999", "x", "-1", "٣", "9" * 30, ""])
def test_who_is_not_there_is_absent(screens, admin, number):
    path = {"desk": "requests", "number": number}
    for act in (people.one, people.invite, people.suspend, people.name):
        assert go(act, screens.visit(admin, path=path)) == Absent()


def test_an_invitation_is_shown_once(screens, admin):
    visit = screens.visit(admin, path=PATH)
    html = screens.html(go(people.invite, visit), visit)
    (link,) = re.findall(rf"{ORIGIN}/invitation/([\w-]{{43}})", html)
    assert screens.desk.people.invitation(link).by == "requests/90"
    html = screens.html(go(people.one, visit), visit)
    assert link not in html
    assert "End invitation" in html
    assert go(people.end_invitations, visit).say == "people.said.invitation"
    assert screens.desk.people.invitation(link) is None


def test_suspending_and_reinstating(screens, admin):
    _, token = screens.desk.registered()
    visit = screens.visit(admin, path=PATH)
    assert go(people.suspend, visit) == Redirect("/people/requests/7", "people.said.suspended")
    assert screens.desk.people.signed_in(token) is None
    html = screens.html(go(people.one, visit), visit)
    assert "/people/requests/7/reinstate" in html
    assert "/people/requests/7/suspend" not in html
    go(people.reinstate, visit)
    assert screens.desk.people.account(*OFFICER).card.why == ""


def test_name_binding_keys_and_sessions(screens, admin):
    key, token = screens.desk.registered()
    at = {"path": PATH}
    go(people.name, screens.visit(admin, name=SCRIPT, **at))
    go(people.bind, screens.visit(admin, subject="https://a.example one", **at))
    assert screens.desk.people.names([OFFICER]) == {OFFICER: SCRIPT}
    assert screens.desk.people.account(*OFFICER).card.bound
    go(people.end_sessions, screens.visit(admin, **at))
    assert screens.desk.people.signed_in(token) is None
    go(people.end_passkey, screens.visit(admin, passkey=key.id.hex(), **at))
    assert screens.desk.people.account(*OFFICER).card.passkeys == 0
    with pytest.raises(Refused, match="no such passkey"):
        go(people.end_passkey, screens.visit(admin, passkey="00", **at))


def test_an_administrator_who_ends_the_own_sessions_keeps_this_one(screens, admin):
    path = {"desk": "requests", "number": "90"}
    go(people.end_sessions, screens.visit(admin, path=path))
    assert screens.desk.people.signed_in(admin)


def test_every_change_of_administration_wants_a_fresh_proof_and_the_right_deed():
    changes = [one for one in people.ROUTES if one.method == "POST" and one.path.startswith("/people")]
    assert len(changes) == 9
    assert all(one.fresh and one.deed is Deed.PEOPLE for one in changes)
    public = {one.path for one in (*signin.ROUTES, *people.ROUTES, *settings.ROUTES, *health.ROUTES) if one.public}
    assert all(path.startswith(("/sign-in", "/invitation/")) for path in public)
    assert not [path for path in public if "again" in path]


# --- members of a case -----------------------------------------------------------------------------------------------

CASE = CaseId(bytes(range(16)))


def test_a_case_is_given_and_taken(screens):
    _, token = screens.desk.registered()
    visit = replace(screens.visit(token, path={"number": "XA-7"}, who="requests/14"), case_id=CASE)
    assert go(people.give, visit) == Redirect("/case/XA-7", "members.said.given")
    assert [(one.number, one.by) for one in screens.desk.people.members(CASE)] == [(APPROVER[1], "requests/7")]
    assert go(people.take, visit).say == "members.said.taken"
    assert screens.desk.people.members(CASE) == ()
    assert screens.hands.asked[-1][1]["case"] == show_id(CASE)


@pytest.mark.parametrize("who", ["", "14", "requests/", "/14", "requests/x", "requests/" + "9" * 20])
def test_a_person_who_is_none_is_refused_in_words(screens, who):
    visit = replace(screens.visit(path={"number": "XA-7"}, who=who), case_id=CASE)
    with pytest.raises(Refused, match="desk and number"):
        go(people.give, visit)


# --- health ----------------------------------------------------------------------------------------------------------


class Healthy:
    card = HealthCard(
        5 << 20, 1 << 20, (("exchange", "xa.example/log/1", 12345, 12000, 11000),), "up", None, 3, 2, 1,
        (AlarmLine("0" * 26, "passkey-counter", "requests/7", 5), AlarmLine("1" * 26, "odd", "x", 5)), None, 4,
    )  # fmt: skip

    def health(self):
        return self.card


def test_health_has_sizes_and_alarms_and_warns_of_a_full_disk(tmp_path):
    screens = Screens(tmp_path, health=Healthy())
    _, token = screens.desk.registered(ADMIN)
    visit = screens.visit(token)
    html = screens.html(go(health.health, visit), visit)
    for said in (
        "5 MiB",
        "nearly full",
        "12\u202f345",
        "A passkey of requests/7",
        "odd: x",
        "not known in this process",
    ):
        assert said in html
    screens.hands.routes = {("POST", "/alarms/seen"): told}
    assert go(health.seen, screens.visit(token, id="0" * 26)) == Redirect("/health", "frame.said")


async def told(_, receive):
    assert json.loads((await receive())["body"]) == {"id": "0" * 26}
    return {"seen": "0" * 26}


def test_every_role_has_a_word():
    from comity.policy.access import Role

    table = words.tables()["signin"]
    assert all(f"role.{role}" in table and f"role.{role}.text" in table for role in Role)


def test_the_screens_lay_out_in_every_language(tmp_path):
    screens = Screens(tmp_path, health=Healthy(), demo=(("officer", *OFFICER),))
    _, token = screens.desk.registered(ADMIN)
    for lang in ("en", "fr", "hi", "pa"):
        for function in (signin.sign_in, signin.again, people.people, settings.settings, health.health):
            visit = screens.visit("" if function is signin.sign_in else token, lang=lang)
            answer = go(function, visit)
            assert isinstance(answer, Screen)
            assert f'lang="{lang}"' in screens.html(answer, visit)


def test_a_desk_of_this_test_has_its_own_store(tmp_path):
    assert Desk(tmp_path).rows("SELECT count(*) FROM session") == [(0,)]


# --- two pairs of eyes ------------------------------------------------------------------------------------------------


def second(screens):
    """Put a second administrator on the roster who can sign in, and sign both in; return their tokens."""
    more = '\n[[officer]]\nparty = "xa"\ndesk = "requests"\nnumber = 91\nagency = "guard"\nroles = ["administrator"]\n'
    screens.desk.roster.write_text(screens.desk.roster.read_text() + more)
    return screens.desk.registered(("requests", 90), 7)[1], screens.desk.registered(("requests", 91), 8)[1]


def test_one_administrator_proposes_and_the_other_confirms_on_the_page(screens):
    one, two = second(screens)
    assert go(people.invite, screens.visit(one, path=PATH)) == Redirect("/people/requests/7", "people.said.waits")
    assert screens.desk.people.account(*OFFICER).invitations == ()
    mine, theirs = (screens.html(go(people.people, visit), visit) for visit in map(screens.visit, (one, two)))
    (id_,) = set(re.findall(r"/proposal/([0-9a-f]{32})/confirm", theirs))
    assert ("/confirm" in mine, "Take back" in mine, "2 administrators have a key or a binding." in mine) == (
        False,
        True,
        True,
    )
    with pytest.raises(Refused, match="does not confirm it"):
        go(people.confirm, screens.visit(one, path={"proposal": id_}))
    visit = screens.visit(two, path={"proposal": id_})
    html = screens.html(go(people.confirm, visit), visit)
    (link,) = re.findall(rf"{ORIGIN}/invitation/([\w-]{{43}})", html)
    assert screens.desk.people.invitation(link).by == "requests/90+requests/91"
    assert go(people.confirm, visit) == Absent()
    shown = screens.html(go(people.people, screens.visit(one)), screens.visit(one))
    assert "confirmed by requests/91" in shown


def test_a_change_that_waits_is_refused_or_taken_back(screens):
    one, two = second(screens)
    for who in (one, two):
        go(people.bind, screens.visit(one, path=PATH, subject="https://a.example seven"))
        html = screens.html(go(people.people, screens.visit(who)), screens.visit(who))
        (id_,) = set(re.findall(r"/proposal/([0-9a-f]{32})/refuse", html))
        assert "Binding at the agency" in html
        assert "seven" in html, "who confirms sees what"
        assert go(people.refuse, screens.visit(who, path={"proposal": id_})).say == "people.said.refused"
    assert not screens.desk.people.account(*OFFICER).card.bound


def test_a_sole_administrator_is_told_so(screens, admin):
    html = screens.html(go(people.people, screens.visit(admin)), screens.visit(admin))
    assert "made by one person, and marked so" in html
