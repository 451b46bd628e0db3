"""Two nodes' rows of one meeting: what an officer does, as it is sent, filed on both and shown; notes and drafts stay."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, replace
from hashlib import shake_256

import pytest

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import CaseId, Digest, DispatchId, Ms, NodeName, read_id, show_id
from comity.desk import Filing
from comity.desks.workplan.meetings.file import check, export
from comity.desks.workplan.meetings.onpage import OnPage, Sides, Writer
from comity.desks.workplan.meetings.part import Meetings
from comity.desks.workplan.service import WorkplanDesk
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.dispatch.wire import Author, Header, ReleasedBy, WireLabels
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.marking.labels import Lane, Urgency
from comity.screen.meetings import Asked, MeetingCard
from tests.templates import store_with
from tests.unit.desks.workplan.meetings.table import START, TERMS, A, B

SCHEMA = Schema("workplan", read_schema("comity.desks.workplan"))
SIGNATORY = frozenset({"officer", "signatory"})
FILED, REFUSED, QUARANTINED = 2, 4, 3
NOBODY = Writer("", 0)


class Drawn:
    def __init__(self) -> None:
        self.count = 0

    def draw(self, size: int) -> bytes:
        self.count += 1
        return shake_256(str(self.count).encode()).digest(size)


@dataclass
class Node:
    name: NodeName
    tx: Tx
    desk: WorkplanDesk
    page: OnPage
    by: Writer


class Two:
    """Both nodes; what one says is filed on both unless the line is cut."""

    def __init__(self, stack: ExitStack) -> None:
        self.entropy, self.now, self.cut = Drawn(), START, False
        self.waits: list[tuple[Node, Filing]] = []
        self.a, self.b = (self._node(stack, *names) for names in ((A, B, "XO", "XV", 1), (B, A, "XV", "XO", 2)))

    def _node(self, stack: ExitStack, ours: NodeName, theirs: NodeName, mark: str, other: str, number: int) -> Node:
        tx = stack.enter_context(store_with((SCHEMA,)).begin())
        page = OnPage(Sides(ours, theirs, (mark, other), ((mark, (("seal-house", "Seal House"),)),)))
        return Node(ours, tx, WorkplanDesk(SCHEMA.steps, (Meetings(),)), page, Writer("requests", number))

    def does(self, node: Node, act: str, *, roles: frozenset[str] = SIGNATORY, **more: object) -> DispatchId:
        self.now += 1_000
        asked = Asked(act, **({"meeting": self.number} | more if act != "call" else more))  # type: ignore[arg-type]  # words of a test
        ready = node.page.ready(node.tx, asked, node.by, roles, Ms(self.now), self.entropy)
        body = node.desk.compose(ready.kind, ready.body)
        id_ = DispatchId(self.now.to_bytes(6, "big") + self.entropy.draw(10))
        case = CaseId(id_) if act == "call" else CaseId(read_id(self.number))
        if act == "call":
            self.number = show_id(id_)
        filing = Filing(True, self._header(node, ready.kind, id_, ready.role), body, case, Ms(self.now), None, True)
        node.desk.check(node.tx, filing)
        node.desk.file(node.tx, filing)
        self.waits.append((node, filing))
        if not self.cut:
            self.carry()
        return id_

    def carry(self) -> None:
        for node, filing in self.waits:
            other = self.b if node is self.a else self.a
            other.desk.file(other.tx, replace(filing, ours=False))
            node.desk.settle(node.tx, filing.header.id, FILED, None, Ms(self.now))
        self.waits = []

    def _header(self, node: Node, kind: str, id_: DispatchId, role: str) -> Header:
        other = B if node.name == A else A
        return Header(
            id=id_, sender=node.name, receiver=other, author=Author("seal-house", role), agencies=("paper-office",),
            desk="workplan", kind=kind, version=1, case=None, re=(), after=(), lane=Lane.URGENT, purpose="workplan",
            basis=(), labels=WireLabels("", (), None, None, None, None, "seal-house", (), ()), created=Ms(self.now),
            answer_by=None, accord=Digest(bytes(32)), replaces=None, workplan_item=None, workplan_reason="dialogue",
            released_by=ReleasedBy(node.by.desk, node.by.number, None), conduct=None, urgency=Urgency.NORMAL,
        )  # fmt: skip

    def card(self, node: Node, by: Writer | None = None) -> MeetingCard:
        found = node.page.card(node.tx, CaseId(read_id(self.number)), by or node.by, SIGNATORY, Ms(self.now))
        assert found is not None
        return found

    def opened(self) -> Two:
        self.does(self.a, "call", terms=TERMS)
        self.does(self.b, "agree")
        self.does(self.b, "open")
        return self

    def written(self, text: str = "Five days.", node: Node | None = None, **more: object) -> str:
        self.does(node or self.a, "text", language="en", texts=(("en", text),), **more)
        return self.card(node or self.a).paragraphs[-1].id

    def seen(self, node: Node, place: int = 0) -> tuple[str, ...]:
        return tuple(one.id for one in self.card(node).paragraphs[place].versions)


@pytest.fixture
def two() -> Iterator[Two]:
    with ExitStack() as stack:
        yield Two(stack)


def test_called_agreed_opened_on_both(two: Two) -> None:
    two.does(two.a, "call", terms=TERMS)
    assert [two.card(one).line.state for one in (two.a, two.b)] == ["called", "called"]
    two.does(two.b, "agree")
    assert [line.state for line in two.a.page.lines(two.a.tx)] == ["agreed"]
    two.does(two.b, "open")
    card = two.card(two.a)
    assert (card.line.state, card.line.ours, two.card(two.b).line.ours) == ("open", True, False)
    assert card.proposals[0].agenda == (("Overdue: seal registers", "overdue", "1.2"),)
    with pytest.raises(BadForm, match="opened already"):
        two.does(two.a, "open")
    with pytest.raises(BadForm, match="close it instead"):
        two.does(two.a, "cancel")


def test_a_claim_keeps_the_other_side_off_and_ends_with_the_text(two: Two) -> None:
    p = two.opened().written()
    two.does(two.b, "claim", paragraph=p)
    ours, theirs = two.card(two.a).paragraphs[0].claim, two.card(two.b).paragraphs[0].claim
    assert (ours.mine, theirs.mine, ours.until) == (False, True, theirs.until)  # type: ignore[union-attr]  # just made
    with pytest.raises(BadForm, match="officer 2 writes"):
        two.does(two.a, "text", paragraph=p, seen=two.seen(two.a), language="en", texts=(("en", "Six."),))
    two.does(two.b, "text", paragraph=p, seen=two.seen(two.b), language="en", texts=(("en", "Four."),))
    card = two.card(two.a)
    assert card.paragraphs[0].claim is None
    assert [said.text for said in card.paragraphs[0].versions[0].words] == ["Four."]
    two.does(two.a, "claim", paragraph=p)
    two.does(two.a, "free", paragraph=p)
    with pytest.raises(BadForm, match="not yours"):
        two.does(two.a, "free", paragraph=p)


def test_a_new_paragraph_is_claimed_before_it_has_words(two: Two) -> None:
    two.opened().does(two.a, "claim")
    ((name, claim),) = two.card(two.b).begun
    assert (claim.party, claim.ours) == ("XO", False)
    two.does(two.a, "text", paragraph=name, language="en", texts=(("en", "One."),))
    assert two.card(two.b).begun == ()


def test_edits_while_cut_off_are_both_there_afterwards_and_on_both_the_same(two: Two) -> None:
    p = two.opened().written()
    two.cut = True
    for node, text in ((two.a, "Six."), (two.b, "Four.")):
        two.does(node, "text", paragraph=p, seen=two.seen(node), language="en", texts=(("en", text),))
    assert two.card(two.a).waiting == 1
    two.cut = False
    two.carry()
    (mine,), (yours,) = two.card(two.a).paragraphs, two.card(two.b).paragraphs
    assert [v.words[0].text for v in mine.versions] == [v.words[0].text for v in yours.versions]
    assert {v.words[0].text for v in mine.versions} == {"Six.", "Four."}
    assert two.card(two.a).hash == two.card(two.b).hash
    assert two.card(two.a).waiting == 0


def test_beside_is_not_instead(two: Two) -> None:
    p = two.opened().written()
    two.does(two.b, "text", paragraph=p, seen=two.seen(two.b), beside=True, language="en", texts=(("en", "Ours."),))
    assert len(two.card(two.a).paragraphs[0].versions) == 2


def test_signed_by_the_right_role_over_the_text_that_was_seen(two: Two) -> None:
    p = two.opened().written()
    with pytest.raises(BadForm, match="not ready"):
        two.does(two.a, "sign", hash=two.card(two.a).hash, function="Deputy")
    two.does(two.b, "accept", paragraph=p)
    with pytest.raises(NotAllowed, match="signatory"):
        two.does(two.a, "sign", roles=frozenset({"officer"}), hash=two.card(two.a).hash, function="Deputy")
    with pytest.raises(BadForm, match="changed"):
        two.does(two.a, "sign", hash="00" * 32, function="Deputy")
    two.does(two.a, "sign", hash=two.card(two.a).hash, function="Deputy")
    assert two.card(two.b).line.state == "half"
    two.does(two.b, "sign", hash=two.card(two.b).hash, function="Second")
    assert [two.card(one).line.state for one in (two.a, two.b)] == ["signed", "signed"]
    assert [(one.party, one.holds) for one in two.card(two.a).signatures] == [("XO", True), ("XV", True)]
    with pytest.raises(BadForm, match="both sides have signed"):
        two.does(two.a, "sign", hash=two.card(two.a).hash, function="Deputy")
    with pytest.raises(BadForm, match="not open for writing"):
        two.written("Late.")


def test_the_file_is_checked_by_its_words_alone(two: Two) -> None:
    decided = ("Share in time", "2026-08-31", "F-1", (("XO", "seal-house"), ("XV", "paper-office")))
    p = two.opened().written(decision=decided)
    two.does(two.b, "accept", paragraph=p)
    for node in (two.a, two.b):
        two.does(node, "sign", hash=two.card(node).hash, function="Deputy")
    standing = two.a.page.standing(two.a.tx, CaseId(read_id(two.number)))
    assert standing is not None
    found = export(standing)
    checked = check(found)
    assert (checked.good, checked.both, len(checked.signed)) == (True, True, 2)
    assert two.b.page.export(two.b.tx, CaseId(read_id(two.number))) == found
    found["paragraphs"][0]["versions"][0]["words"][0][2] = "Nine days."  # type: ignore[index,call-overload]  # a forger's hand
    forged = check(found)
    assert (forged.good, forged.both) == (False, False)
    ((_, title, measure, due, item, owners),) = two.a.page.decisions(two.a.tx, CaseId(read_id(two.number)))
    assert (title, (measure, due, item, owners)) == ("Five days.", decided)
    (change,) = two.a.page.operations(two.a.tx, CaseId(read_id(two.number)))
    assert two.b.page.operations(two.b.tx, CaseId(read_id(two.number))) == [change]
    assert change["to"]["owners"] == {"xo": "seal-house", "xv": "paper-office"}  # type: ignore[index,call-overload]  # plain data
    assert two.card(two.a).decided == {p: change["id"]}
    for broken in ({}, {**export(standing), "format": "other"}):
        with pytest.raises(BadForm, match="no file of minutes"):
            check(broken)


def test_notes_and_drafts_are_their_writers_alone_and_in_no_dispatch(two: Two) -> None:
    p = two.opened().written()
    case = CaseId(read_id(two.number))
    two.a.page.put_note(two.a.tx, case, two.a.by, "Lowest offer: nine days.", Ms(two.now))
    two.a.page.put_draft(two.a.tx, case, two.a.by, bytes(read_id(p)), "en", "Perhaps seven.", Ms(two.now))
    two.does(two.a, "comment", paragraph=p, text="Is August counted?")
    card = two.card(two.a)
    assert (card.note, card.paragraphs[0].drafts) == ("Lowest offer: nine days.", (("en", "Perhaps seven."),))
    assert (two.card(two.a, NOBODY).note, two.card(two.a, NOBODY).drafts) == ("", ())
    for node in (two.a, two.b):
        sent = b"".join(bytes(row[0]) for row in node.tx.rows("SELECT body FROM workplan_dispatch"))  # type: ignore[arg-type]  # bytes
        assert b"nine days" not in sent
        assert b"seven" not in sent
    two.a.page.put_draft(two.a.tx, case, two.a.by, bytes(read_id(p)), "en", "", Ms(two.now))
    two.a.page.put_note(two.a.tx, case, two.a.by, " ", Ms(two.now))
    assert (two.card(two.a).note, two.card(two.a).drafts) == ("", ())
    two.a.page.put_draft(two.a.tx, case, two.a.by, bytes(read_id(p)), "en", "Eight?", Ms(two.now))
    two.a.page.drop_drafts(two.a.tx, case, bytes(read_id(p)), two.a.by)
    assert two.card(two.a).drafts == ()
    with pytest.raises(BadForm, match="no such meeting"):
        two.a.page.put_note(two.a.tx, CaseId(bytes(16)), two.a.by, "x", Ms(two.now))


def test_an_operation_that_the_other_law_refused_counts_on_neither_side(two: Two) -> None:
    two.opened()
    two.cut = True
    refused = two.does(two.a, "text", language="en", texts=(("en", "A name."),))
    assert len(two.card(two.a).paragraphs) == 1
    two.a.desk.settle(two.a.tx, refused, REFUSED, "unclear", Ms(two.now))
    assert two.card(two.a).paragraphs == two.card(two.b).paragraphs == ()


def test_a_recalled_operation_counts_no_more(two: Two) -> None:
    two.opened().written()
    said = two.does(two.a, "text", language="en", texts=(("en", "Too much."),))
    for node in (two.a, two.b):
        node.desk.take_back(
            node.tx, TakenBack(said, DispatchId(bytes(15) + b"r"), "recall", node is two.a, Ms(two.now))
        )
    assert [len(two.card(one).paragraphs) for one in (two.a, two.b)] == [1, 1]


def test_moved_translated_struck_closed(two: Two) -> None:
    p = two.opened().written()
    two.does(two.a, "move", terms=TERMS | {"languages": ["en", "fr"], "at": START + 5})
    two.does(two.b, "agree")
    assert two.card(two.b).paragraphs[0].versions[0].lacks == ("fr",)
    (version,) = two.seen(two.b)
    two.does(two.b, "translate", paragraph=p, seen=(version,), texts=(("fr", "Cinq jours."),))
    assert two.card(two.a).paragraphs[0].versions[0].lacks == ()
    with pytest.raises(BadForm, match="its author wrote"):
        two.does(two.b, "translate", paragraph=p, seen=(version,), texts=(("en", "Five."),))
    with pytest.raises(BadForm, match="replaced while you wrote"):
        two.does(two.b, "translate", paragraph=p, seen=(), texts=(("fr", "Cinq."),))
    two.does(two.b, "strike", paragraph=p)
    (gone,) = two.card(two.a).paragraphs
    assert (gone.versions, [one[:2] for one in gone.struck]) == ((), [("XV", False)])
    with pytest.raises(BadForm, match="no act called"):
        two.does(two.a, "dance", paragraph=p)
    with pytest.raises(BadForm, match="no text here yet"):
        two.does(two.a, "accept", paragraph=show_id(bytes(16)))
    two.does(two.a, "close")
    assert two.card(two.b).line.state == "closed"
    with pytest.raises(BadForm, match="not open"):
        two.does(two.a, "close")


def test_two_moves_are_not_agreed_to_and_a_meeting_is_called_off(two: Two) -> None:
    two.does(two.a, "call", terms=TERMS)
    two.cut = True
    for node in (two.a, two.b):
        two.does(node, "move", terms=TERMS | {"title": f"Moved by {node.name}"})
    two.cut = False
    two.carry()
    assert len(two.card(two.a).proposals) == 2
    with pytest.raises(BadForm, match="two proposals"):
        two.does(two.a, "agree")
    two.does(two.a, "cancel", text="No day fits.")
    assert two.card(two.b).line.state == "cancelled"


def test_what_belongs_to_no_meeting_does_not_leave(two: Two) -> None:
    two.opened()
    two.number = show_id(bytes(16))
    with pytest.raises(BadForm, match="no such meeting"):
        two.does(two.a, "open")
    assert two.a.page.card(two.a.tx, CaseId(bytes(16)), two.a.by, SIGNATORY, Ms(0)) is None
    assert two.a.page.export(two.a.tx, CaseId(bytes(16))) is None
    assert two.a.page.decisions(two.a.tx, CaseId(bytes(16))) == ()


def test_erased_words_are_gone_and_the_rest_stands(two: Two) -> None:
    two.opened().written()
    gone = two.does(two.a, "text", language="en", texts=(("en", "To be erased."),))
    case = CaseId(read_id(two.number))
    two.a.page.put_note(two.a.tx, case, two.a.by, "note", Ms(two.now))
    two.a.desk.erase(two.a.tx, gone, case)
    assert len(two.card(two.a).paragraphs) == 1
    assert two.card(two.a).note == ""


# --- struck out, and put back ----------------------------------------------------------------------------------------


def against(two: Two) -> set[str]:
    return {word for word, _, _ in two.card(two.a).unready}


def test_what_one_side_strikes_out_waits_for_the_other_and_stays_in_the_history(two: Two) -> None:
    decided = ("Share in time", "2026-08-31", "F-1", (("XO", "seal-house"), ("XV", "paper-office")))
    p = two.opened().written(decision=decided)
    two.written("Stays.")
    for paragraph in two.card(two.b).open:
        two.does(two.b, "accept", paragraph=paragraph[0], mark=paragraph[1])
    assert against(two) == set()
    before = two.card(two.a).hash
    two.does(two.b, "strike", paragraph=p, mark=two.card(two.b).paragraphs[0].mark)
    assert against(two) == {"struck"}
    (gone, stays) = two.card(two.a).paragraphs
    assert (gone.number, stays.number) == (0, 1)
    assert (gone.versions, gone.struck[0][:2], gone.before[0].words[0].text) == ((), ("XV", False), "Five days.")
    assert two.card(two.a).hash != before
    two.does(two.a, "accept", paragraph=p)
    assert against(two) == set()
    case = CaseId(read_id(two.number))
    for node in (two.a, two.b):
        two.does(node, "sign", hash=two.card(node).hash, function="Deputy")
        found = node.page.export(node.tx, case)
        assert found is not None
        assert [one["id"] for one in found["paragraphs"]] == [stays.id]  # type: ignore[union-attr,index,call-overload]  # plain data
        (struck,) = found["beside"]["struck"]  # type: ignore[index,call-overload,misc]  # plain data
        assert (struck["id"], struck["by"], struck["was"][0]["words"][0][2]) == (p, [B], "Five days.")
    assert [one.id for one in two.card(two.a).paragraphs] == [stays.id], "what is signed shows what is signed"
    with pytest.raises(BadForm, match="not open for writing"):
        two.does(two.a, "restore", paragraph=p, seen=(gone.before[0].id,))


def test_undo_puts_back_words_translations_and_decision(two: Two) -> None:
    decided = ("Share in time", "2026-08-31", "F-1", (("XO", "seal-house"),))
    p = two.opened().written(decision=decided)
    two.does(two.b, "translate", paragraph=p, seen=two.seen(two.b), texts=(("fr", "Cinq jours."),))
    two.does(two.a, "strike", paragraph=p)
    (gone,) = two.card(two.a).paragraphs
    with pytest.raises(BadForm, match="not struck out now"):
        two.does(two.a, "restore", paragraph=p, seen=(show_id(bytes(16)),))
    two.does(two.a, "restore", paragraph=p, seen=(gone.before[0].id,))
    (back,) = two.card(two.b).paragraphs
    assert [(said.language, said.text) for said in back.versions[0].words] == [
        ("en", "Five days."),
        ("fr", "Cinq jours."),
    ]
    assert (back.versions[0].decision.measure, back.struck, back.before) == ("Share in time", (), ())  # type: ignore[union-attr]  # it has one
    assert against(two) == {"open"}, "the other side agrees anew"


def test_two_versions_struck_out_come_back_as_two(two: Two) -> None:
    p = two.opened().written()
    two.does(two.b, "text", paragraph=p, seen=two.seen(two.b), beside=True, language="en", texts=(("en", "Ours."),))
    two.does(two.b, "strike", paragraph=p)
    two.does(two.a, "strike", paragraph=p)
    (gone,) = two.card(two.a).paragraphs
    first, second = (one.id for one in gone.before)
    two.does(two.a, "restore", paragraph=p, seen=(first,), beside=True)
    two.does(two.a, "restore", paragraph=p, seen=(second,))
    (back,) = two.card(two.b).paragraphs
    assert {one.words[0].text for one in back.versions} == {"Five days.", "Ours."}
    assert back.struck == ()


def test_a_strike_and_an_edit_made_apart_are_both_there(two: Two) -> None:
    p = two.opened().written()
    two.cut = True
    two.does(two.a, "text", paragraph=p, seen=two.seen(two.a), language="en", texts=(("en", "Six."),))
    two.does(two.b, "strike", paragraph=p)
    two.cut = False
    two.carry()
    for node in (two.a, two.b):
        (one,) = two.card(node).paragraphs
        assert ([v.words[0].text for v in one.versions], [mark for mark, _, _ in one.struck]) == (["Six."], ["XV"])
        assert two.card(node).open == (), "what is no one text is not agreed to with the rest"
    assert two.card(two.a).hash == two.card(two.b).hash


def test_a_new_text_over_both_ends_the_strike(two: Two) -> None:
    test_a_strike_and_an_edit_made_apart_are_both_there(two)
    (one,) = two.card(two.a).paragraphs
    seen = (one.versions[0].id, one.struck[0][2])
    two.does(two.a, "text", paragraph=one.id, seen=seen, language="en", texts=(("en", "Seven."),))
    (one,) = two.card(two.b).paragraphs
    assert ([v.words[0].text for v in one.versions], one.struck) == (["Seven."], ())


def test_nobody_agrees_to_or_strikes_out_what_was_not_on_the_page(two: Two) -> None:
    p = two.opened().written()
    seen = two.card(two.b).paragraphs[0].mark
    two.does(two.a, "text", paragraph=p, seen=two.seen(two.a), language="en", texts=(("en", "Nine."),))
    for act in ("accept", "strike"):
        with pytest.raises(BadForm, match="read it again"):
            two.does(two.b, act, paragraph=p, mark=seen)
    two.does(two.a, "claim", paragraph=p)
    with pytest.raises(BadForm, match="officer 1 writes"):
        two.does(two.b, "strike", paragraph=p)


def test_a_consultation_is_signed_without_a_day_and_not_called_off_afterwards(two: Two) -> None:
    terms = {"sort": "consultation", "title": "Draft policy on seals", "language": "en", "languages": ["en"]}
    two.does(two.a, "call", terms=terms)
    p = two.written("Seals are counted.")
    assert against(two) == {"terms", "open"}
    two.does(two.b, "agree")
    two.does(two.b, "accept", paragraph=p)
    assert against(two) == set()
    for node in (two.a, two.b):
        two.does(node, "sign", hash=two.card(node).hash, function="Deputy")
    assert two.card(two.b).line.state == "signed"
    with pytest.raises(BadForm, match="signed by both"):
        two.does(two.b, "cancel")


def test_a_calling_off_that_came_late_takes_nothing_back(two: Two) -> None:
    terms = {"sort": "consultation", "title": "Draft policy on seals", "language": "en", "languages": ["en"]}
    two.does(two.a, "call", terms=terms)
    two.does(two.b, "agree")
    p = two.written("Seals are counted.")
    two.does(two.b, "accept", paragraph=p)
    two.does(two.a, "sign", hash=two.card(two.a).hash, function="Deputy")
    two.cut = True
    two.does(two.b, "sign", hash=two.card(two.b).hash, function="Second")
    two.does(two.a, "cancel")
    two.cut = False
    two.carry()
    assert [two.card(one).line.state for one in (two.a, two.b)] == ["signed", "signed"]


# --- what is out of its place, and the days ---------------------------------------------------------------------------


def test_a_meeting_is_called_in_a_case_of_its_own_and_nothing_else_is(two: Two) -> None:
    two.opened().cut = True
    two.does(two.a, "claim")
    ((node, claim),) = two.waits
    own, elsewhere = CaseId(claim.header.id), CaseId(b"e" * 16)
    with pytest.raises(BadForm, match="case of its own"):
        node.desk.check(node.tx, replace(claim, case=own))
    with pytest.raises(BadForm, match="no such meeting on this node"):
        node.desk.check(node.tx, replace(claim, case=elsewhere))


def test_what_our_law_did_not_admit_is_no_operation(two: Two) -> None:
    two.opened().cut = True
    two.does(two.a, "text", language="en", texts=(("en", "Five days."),))
    ((_, said),) = two.waits
    two.b.desk.file(two.b.tx, replace(said, ours=False, body=b"", admitted=False))
    assert two.card(two.b).paragraphs == ()


def test_a_paragraph_stands_under_the_one_that_was_named(two: Two) -> None:
    first = two.opened().written("One.")
    two.written("Three.")
    two.written("Two.", under=first)
    assert [one.versions[0].words[0].text for one in two.card(two.b).paragraphs] == ["One.", "Two.", "Three."]


def test_a_meeting_with_a_time_is_an_event_until_it_is_called_off(two: Two) -> None:
    two.does(two.a, "call", terms={"sort": "consultation", "title": "No day", "language": "en", "languages": ["en"]})
    two.does(two.a, "call", terms=TERMS)
    called = two.number
    (event,) = two.b.page.entries(two.b.tx)
    assert (event.uid, event.summary, event.at, event.minutes) == (f"{called}.meeting", TERMS["title"], START, 90)
    assert (event.firm, event.sequence, event.note, event.day) == (False, 0, "", "")
    two.does(two.b, "agree")
    (agreed,) = two.a.page.entries(two.a.tx)
    assert agreed == replace(event, firm=True)
    two.does(two.a, "move", terms=TERMS | {"at": START + 60_000})
    (moved,) = two.a.page.entries(two.a.tx)
    # spec: RFC 5545 3.8.7.4: of two states of one event the one with the greater number is the later.
    assert (moved.uid, moved.at, moved.firm) == (event.uid, START + 60_000, False)
    assert moved.sequence > agreed.sequence
    two.does(two.b, "cancel", text="No day fits.")
    assert two.a.page.entries(two.a.tx) == two.b.page.entries(two.b.tx) == ()


def test_a_file_of_a_meeting_whose_terms_are_open_is_checked_too(two: Two) -> None:
    two.opened().cut = True
    for node in (two.a, two.b):
        two.does(node, "move", terms=TERMS | {"title": f"Moved by {node.name}"})
    two.cut = False
    two.carry()
    two.written()
    found = two.a.page.export(two.a.tx, CaseId(read_id(two.number)))
    assert found is not None
    assert found["terms"] is None
    assert (check(found).good, check(found).signed) == (True, ())
    found["paragraphs"][0]["versions"][0]["words"][0][2] = "Nine days."  # type: ignore[index,call-overload]  # a forger's hand
    assert not check(found).good
