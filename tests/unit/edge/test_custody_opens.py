"""What our law did not admit is opened by a legal officer and a reviewer with a key that is on no node, and destroyed later."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadEnvelope, BadForm, BadProof, BadSeal, NotAllowed
from comity.base.ids import Digest, Ms
from comity.crypto.keys import SealingKey
from comity.dispatch.entries import Fact, RecordLeaf
from comity.dispatch.states import Officer
from comity.edge.clock import SetClock
from comity.edge.custodial import Custodial, kept_json, outcome_json
from comity.edge.entropy import SystemEntropy
from comity.edge.keystore import RootStore
from comity.node import custody
from comity.node.audit import audit
from comity.node.custody import End
from comity.node.custodybox import open_box, read_box
from comity.node.proofs import Signers
from comity.policy.question import Act
from comity.policy.verdict import Effect, Reason
from tests.unit.edge.driven import engine_of, run
from tests.unit.edge.dutyworld import DAY, NOW
from tests.unit.edge.test_certificates_cross import NODE, recalled_while_it_waited, shown, talk, waited_in_vain
from tests.unit.edge.test_retaining import LEAD, LEGAL, MARK, asked, doing, in_files

REVIEWER, CLERK = Officer("requests", 35), Officer("requests", 33)
WHY = "the refusal is to be looked at"


class Sieve:
    """A law that refuses some acts and answers as the real one does to the others, with the approvals that it was told."""

    def __init__(self, real, *refused):
        self.real, self.refused, self.asked = real, set(refused), []

    def decide(self, question, now):
        self.asked.append(question)
        found = self.real.decide(replace(question, act=Act.ADMIT), now)
        if question.act not in self.refused:
            return found
        reason = Reason(
            "T-1", Effect.REFUSE, "Test law, 1", "accord", "The test refuses this.", (("en", "The test refuses this."),)
        )
        return replace(found, effect=Effect.REFUSE, reasons=(reason,), outward="cannot-assist", ground="hard-stop")


def refused(two, *acts):
    """Let the second's law refuse what the first sends; return the dispatch."""
    node = two[1].node
    node.office = replace(node.office, gate=Sieve(node.office.gate, Act.ADMIT, *acts))
    done = asked(two)
    with node.ledger.read() as tx:
        assert tx.rows("SELECT fact, plain, sealed FROM got WHERE id = ?", (done.id,)) == [
            (int(Fact.REFUSED), None, None)
        ]
    return done


def opens(two, dispatch, first=LEGAL, second=REVIEWER, end=End.REVIEW, now=NOW):
    desk = keeping(two, now, lambda c: c.ask(dispatch, end, WHY, first))
    assert desk.state == "asked"
    return keeping(two, now, lambda c: c.confirm(dispatch, second))


def keeping(two, now, act):
    async def play():
        with engine_of(two[1].node, SetClock(now, 0)) as engine:
            return await act(Custodial(engine))

    return run(play())


def key_of(two):
    return RootStore(two[1].config.folder.parent / "vanmere-root").custodian()


def steps(two):
    """The steps of openings as our decision log has them."""
    with two[1].node.ledger.read() as tx:
        rows = tx.rows("SELECT record FROM record WHERE kind = 'custody-opening' ORDER BY idx")
    return [cbor.decode(row[0]) for row in rows]


@pytest.mark.parametrize(("first", "second"), [(LEGAL, REVIEWER), (REVIEWER, LEGAL)])
def test_two_of_different_roles_open_it_with_the_key_that_is_kept_apart(two, first, second):
    sent = refused(two)
    ((one,), ()) = keeping(two, NOW, lambda c: c.kept())
    assert (one.dispatch, one.why, one.openings) == (sent.id, ("T-1",), ())
    done = opens(two, sent.id, first, second)
    assert (done.opening.state, done.verdict) == ("opened", None), "our law does not speak of a review"
    assert done.box is not None
    assert MARK not in done.box.text(), "the box is closed"
    found = open_box(read_box(done.box.text().encode()), key_of(two))
    assert found.header.id == sent.id
    assert MARK.encode() in found.body
    assert not in_files(two[1]), "the node has learnt nothing"
    assert [one[1] for one in steps(two)] == ["asked", "opened"]
    with two[1].store.read() as tx:
        assert audit(tx, Signers.of(two[1].node.voice, two[1].node.peer)).differences == ()
    with pytest.raises(BadForm, match="nobody asked"):
        keeping(two, NOW, lambda c: c.confirm(sent.id, second))
    told = outcome_json(done)
    assert json.loads(json.dumps(told)) == told
    assert told["box"] == done.box.text()


def test_the_other_side_learns_nothing_of_an_opening(two):
    sent = refused(two)
    with two[1].node.ledger.begin() as book:
        before = book.logs["ours"].size
    opens(two, sent.id)
    with two[1].node.ledger.begin() as book:
        assert book.logs["ours"].size == before


@pytest.mark.parametrize(
    ("first", "second", "match"),
    [
        (CLERK, None, "a legal officer and a reviewer"),
        (LEAD, None, "a legal officer and a reviewer"),
        (LEGAL, LEGAL, "another person"),
        (LEGAL, LEAD, "a legal officer and a reviewer"),
        (REVIEWER, CLERK, "a legal officer and a reviewer"),
    ],
)
def test_nobody_else_and_nobody_alone_opens(two, first, second, match):
    sent = refused(two)
    with pytest.raises(NotAllowed, match=match):
        opens(two, sent.id, first, second)
    assert keeping(two, NOW, lambda c: c.kept())[0][0].openings[:1] == () or steps(two)[-1][1] == "asked"


def test_two_legal_officers_do_not_open(two, monkeypatch):
    sent = refused(two)
    real = two[1].node.office.powers.standing

    def standing(tx, desk, number, now):
        found = real(tx, desk, number, now)
        return replace(found, roles=frozenset({"legal-officer"})) if number == 35 else found

    monkeypatch.setattr(two[1].node.office.powers, "standing", standing)
    with pytest.raises(NotAllowed, match="one is a legal officer and the other a reviewer"):
        opens(two, sent.id)


def test_what_is_asked_badly_changes_nothing(two):
    sent = refused(two)
    with pytest.raises(BadForm, match="a reason has"):
        keeping(two, NOW, lambda c: c.ask(sent.id, End.REVIEW, "short", LEGAL))
    with pytest.raises(BadForm, match="does not lie with the custodian"):
        keeping(two, NOW, lambda c: c.ask(bytes(16), End.REVIEW, WHY, LEGAL))
    keeping(two, NOW, lambda c: c.ask(sent.id, End.REVIEW, WHY, LEGAL))
    with pytest.raises(BadForm, match="asked for already"):
        keeping(two, NOW, lambda c: c.ask(sent.id, End.COURT, WHY, REVIEWER))
    assert keeping(two, NOW, lambda c: c.drop(sent.id, REVIEWER)).state == "dropped"
    with pytest.raises(BadForm, match="nobody asked"):
        keeping(two, NOW, lambda c: c.drop(sent.id, REVIEWER))
    assert [one[1] for one in steps(two)] == ["asked", "dropped"]


# --- the law ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("end", "act"), [(End.COURT, Act.COURT), (End.ACCESS, Act.ACCESS)])
def test_our_law_is_asked_where_it_speaks_and_its_no_is_kept(two, end, act):
    sent = refused(two, act)
    done = opens(two, sent.id, end=end)
    assert (done.opening.state, done.box) == ("refused", None)
    assert done.verdict is not None
    assert done.verdict.reasons[0].rule == "T-1"
    question = two[1].node.office.gate.asked[-1]
    assert (question.act, question.approvals) == (act, {"legal-officer", "reviewer"})
    last = steps(two)[-1]
    assert last[1] == "refused"
    assert b"T-1" in last[9]
    assert outcome_json(done)["law"] == ["T-1: The test refuses this."]


def test_what_was_recalled_while_it_waited_says_so_and_our_law_is_told(two, monkeypatch):
    node = two[1].node
    node.office = replace(node.office, gate=Sieve(node.office.gate))
    sent = recalled_while_it_waited(two, monkeypatch)
    ((one,), ()) = keeping(two, NOW, lambda c: c.kept())
    assert (one.dispatch, one.why) == (sent.id, ("ACCORD-RECALLED",)), "our law had let it in"
    done = opens(two, sent.id, end=End.COURT)
    assert done.box is not None
    assert (node.office.gate.asked[-1].act, node.office.gate.asked[-1].recalled) == (Act.COURT, True)
    found = open_box(read_box(done.box.text().encode()), key_of(two))
    assert found.header.id == sent.id


@pytest.mark.parametrize("since", [False, True])
def test_what_waited_in_vain_says_so_and_our_law_is_told_of_a_recall_since_alone(two, monkeypatch, since):
    node = two[1].node
    node.office = replace(node.office, gate=Sieve(node.office.gate))
    sent, now = waited_in_vain(two, monkeypatch)
    ((one,), ()) = keeping(two, now, lambda c: c.kept())
    assert (one.dispatch, one.why) == (sent.id, ("ACCORD-INCOMPLETE",)), "our law had let it in, and nobody recalled it"
    if since:
        with node.ledger.begin() as book:
            book.tx.run("INSERT INTO mark (target, by_id, kind) VALUES (?, ?, 'recall')", (sent.id, bytes(16)))
    assert opens(two, sent.id, end=End.COURT, now=now).box is not None
    assert (node.office.gate.asked[-1].act, node.office.gate.asked[-1].recalled) == (Act.COURT, since)


def test_our_law_lets_a_court_have_it(two):
    sent = refused(two)
    done = opens(two, sent.id, end=End.COURT)
    assert done.box is not None
    assert done.verdict is not None
    assert done.verdict.permits
    assert done.box.end == "court"


def test_a_law_that_was_never_asked_is_not_asked_now(two, monkeypatch):
    sent = refused(two)
    monkeypatch.setattr(custody, "refusal", lambda dispatch, tx: None)
    with pytest.raises(BadForm, match="never asked"):
        opens(two, sent.id, end=End.COURT)


# --- the box ------------------------------------------------------------------------------------------------------------


def test_a_box_opens_for_its_key_alone_and_says_only_what_the_leaf_commits_to(two):
    sent = refused(two)
    box = opens(two, sent.id).box
    assert box is not None
    with pytest.raises(BadSeal):
        open_box(box, SealingKey.generate(SystemEntropy()))
    with pytest.raises(BadSeal):
        open_box(replace(box, dispatch=bytes(16)), key_of(two))
    with pytest.raises(BadProof):
        open_box(replace(box, commit=Digest(bytes(32))), key_of(two))
    for bad in (b"", b"[]", b"{}", b"\xff", box.text().replace('"leaf": ', '"leaf": "x", "more": ').encode(), box.text().replace('"kid": "', '"kid": "zz').encode()):  # fmt: skip
        with pytest.raises(BadEnvelope):
            read_box(bad)


# --- destroying ---------------------------------------------------------------------------------------------------------


def test_it_is_destroyed_after_the_period_with_a_certificate_that_crosses(two):
    sent = refused(two)
    day = Ms(keeping(two, NOW, lambda c: c.kept())[0][0].day)
    assert day == NOW + 14 * DAY
    with pytest.raises(BadForm, match="until the accord's period is over"):
        doing(two[1], Ms(day - 1), lambda r: r.ask(sent.id, ("body",), "its day", LEAD))
    keeping(two, NOW, lambda c: c.ask(sent.id, End.REVIEW, WHY, LEGAL))
    with pytest.raises(BadForm, match="asked that it is opened"):
        doing(two[1], day, lambda r: r.ask(sent.id, ("body",), "its day", LEAD))
    keeping(two, NOW, lambda c: c.drop(sent.id, LEGAL))
    doing(two[1], day, lambda r: r.ask(sent.id, ("body",), "its day", LEAD))
    done, _ = doing(two[1], day, lambda r: r.confirm(sent.id, LEGAL))
    assert done.kind == "destroyed"
    with two[1].node.ledger.begin() as book:
        leaf = book.entry("ours", done.leaf)
    assert isinstance(leaf, RecordLeaf)
    assert leaf.kind == "destroyed"
    kept, wished = keeping(two, day, lambda c: c.kept())
    assert (kept, len(wished)) == ((), 1), "who wanted it opened stays"
    talk(two, day)
    assert two[1].node.certify(NODE[1], day) == 1
    talk(two, Ms(day + 300_000))
    (came,) = shown(two[0], day).held
    assert came.said is not None
    assert (came.said.kind, came.said.whole) == ("destroyed", True)


def test_what_was_destroyed_meanwhile_cannot_be_opened(two):
    sent = refused(two)
    keeping(two, NOW, lambda c: c.ask(sent.id, End.REVIEW, WHY, LEGAL))
    with two[1].node.ledger.begin() as book:
        book.tx.run("DELETE FROM custody WHERE id = ?", (sent.id,))
    with pytest.raises(BadForm, match="destroyed meanwhile"):
        keeping(two, NOW, lambda c: c.confirm(sent.id, REVIEWER))
    assert [one[1] for one in steps(two)] == ["asked"]


def test_what_the_door_says_of_it_has_no_content(two):
    sent = refused(two)
    opens(two, sent.id)
    (one,), _ = keeping(two, NOW, lambda c: c.kept())
    told = json.dumps(kept_json(one))
    assert MARK not in told
    assert WHY in told
