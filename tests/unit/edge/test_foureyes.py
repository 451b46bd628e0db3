"""What widens rights is proposed by one and confirmed by another; where there is no other it is marked."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms
from comity.edge.foureyes import ALARM, COMMAND, WAITS_MS, What, Wish
from comity.edge.health import Health
from tests.unit.edge.peopleworld import ADMIN, OFFICER, POSTED, ROSTER, Desk

NOW = Ms(5)
SECOND = ("requests", 91)
ONE, TWO = "requests/90", "requests/91"
INVITE = Wish(What.INVITE, OFFICER, ONE)


@pytest.fixture
def desk(tmp_path):
    """Two administrators who can sign in."""
    made = Desk(tmp_path)
    more = '[[officer]]\nparty = "xa"\ndesk = "requests"\nnumber = 91\nagency = "guard"\nroles = ["administrator"]\n'
    made.roster.write_text(ROSTER + more)
    for who, subject in ((ADMIN, "https://a.example one"), (SECOND, "https://a.example two")):
        made.accounts.bind(who, subject, "test")
    return made


def steps(desk):
    """Return (step, proposer, who acted) of each record, oldest first."""
    with desk.store.read() as tx:
        rows = tx.rows("SELECT record FROM record WHERE kind = 'account' ORDER BY idx")
    return [(one[1], one[7], one[8]) for one in (cbor.decode(row[0]) for row in rows)]


def test_a_proposal_changes_nothing_until_another_confirms_it_and_both_are_recorded(desk):
    asked = desk.eyes.ask(INVITE, NOW)
    assert (asked.waits, asked.invited) == (True, None)
    assert desk.people.account(*OFFICER).invitations == ()
    done = desk.eyes.confirm(asked.proposal, TWO, NOW)
    assert desk.people.invitation(done.invited.token).by == f"{ONE}+{TWO}"
    assert steps(desk) == [("proposed", ONE, ONE), ("confirmed", ONE, TWO)]
    with pytest.raises(NotAllowed, match="no such change waits"):
        desk.eyes.confirm(asked.proposal, TWO, NOW)


def test_who_proposed_it_and_whom_it_is_about_confirm_nothing(desk):
    own = desk.eyes.ask(INVITE, NOW).proposal
    about = desk.eyes.ask(Wish(What.INVITE, SECOND, COMMAND), NOW).proposal
    for proposal, by in ((own, ONE), (about, TWO), (about, COMMAND)):
        with pytest.raises(NotAllowed, match="does not confirm it"):
            desk.eyes.confirm(proposal, by, NOW)
    assert desk.eyes.confirm(about, ONE, NOW).invited is not None
    assert desk.people.account(*OFFICER).invitations == ()


@pytest.mark.parametrize("what", [What.BIND, What.REINSTATE])
def test_a_binding_and_a_reinstatement_wait_too(desk, what):
    desk.accounts.suspend(POSTED, "test")
    detail = "https://a.example three" if what is What.BIND else ""
    asked = desk.eyes.ask(Wish(what, POSTED, ONE, detail), NOW)
    card = desk.people.account(*POSTED).card
    assert (asked.waits, card.bound, card.why) == (True, False, "suspended")
    desk.eyes.confirm(asked.proposal, TWO, NOW)
    card = desk.people.account(*POSTED).card
    assert (card.bound, card.why) == ((True, "suspended") if what is What.BIND else (False, ""))


def test_refused_taken_back_replaced_or_too_late_it_is_never_done(desk):
    first, again = (desk.eyes.ask(INVITE, NOW).proposal for _ in range(2))
    with pytest.raises(NotAllowed):
        desk.eyes.confirm(first, TWO, NOW)  # replaced
    desk.eyes.refuse(again, ONE, NOW)
    late = desk.eyes.ask(INVITE, NOW).proposal
    desk.now = Ms(desk.now + WAITS_MS)
    for proposal in (again, late, "00" * 16, "x"):
        with pytest.raises(NotAllowed, match="no such change waits"):
            desk.eyes.confirm(proposal, TWO, NOW)
    assert desk.people.account(*OFFICER).invitations == ()
    assert [one.ended_how for one in desk.eyes.listed() if one.id == again] == ["refused"]


def test_an_administrator_who_is_gone_or_has_no_key_is_no_second_pair_of_eyes(desk):
    assert desk.eyes.able() == (ADMIN, SECOND)
    desk.accounts.suspend(SECOND, "test")
    assert desk.eyes.able() == (ADMIN,)
    done = desk.eyes.ask(INVITE, NOW)
    assert (done.waits, done.alone) == (False, True)
    assert steps(desk) == [("alone", ONE, ONE)], "and it is marked"


def test_the_first_administrator_comes_in_by_the_command_alone(tmp_path):
    made = Desk(tmp_path)
    done = made.eyes.ask(Wish(What.INVITE, ADMIN, COMMAND), NOW)
    assert (done.alone, made.people.invitation(done.invited.token).number) == (True, ADMIN[1])
    assert not Health(made.ledger, tmp_path / "x.db", made.people).health().alarms, "a first day rings nobody"


def test_alone_all_the_same_is_for_the_machine_with_a_reason_and_rings(desk, tmp_path):
    wish = Wish(What.INVITE, OFFICER, COMMAND)
    assert desk.eyes.ask(wish, NOW).waits
    with pytest.raises(NotAllowed, match="node's own machine"):
        desk.eyes.ask(INVITE, NOW, alone="in a hurry")
    with pytest.raises(BadForm, match="at most"):
        desk.eyes.ask(wish, NOW, alone="x" * 501)
    assert desk.eyes.ask(wish, NOW, alone="nobody answers").invited is not None
    (alarm,) = Health(desk.ledger, tmp_path / "x.db", desk.people).health().alarms
    assert (alarm.kind, alarm.about) == (ALARM, "requests/7")


def test_what_could_not_be_made_is_not_proposed(desk):
    for wish, error in (
        (Wish(What.BIND, OFFICER, ONE, "nobody"), BadForm),
        (Wish(What.INVITE, ("requests", 999), ONE), NotAllowed),
        (Wish(What.REINSTATE, ("requests", 999), ONE), NotAllowed),
    ):
        with pytest.raises(error):
            desk.eyes.ask(wish, NOW)
    desk.accounts.suspend(OFFICER, "test")
    with pytest.raises(NotAllowed, match="suspended"):
        desk.eyes.ask(INVITE, NOW)
    assert desk.eyes.listed() == ()
