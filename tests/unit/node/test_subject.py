"""What the access officer gets told of a person: all that is here, who saw it, what was done; looking gives nothing away."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import DispatchId, Ms
from comity.dispatch.particulars import Particulars
from comity.dispatch.states import Officer
from comity.marking.rules import default_label
from comity.node.subject import AtHome, search, unsearchable
from comity.policy.question import Act, Serves
from comity.policy.verdict import Effect
from tests.unit.dispatch.test_acts import Law, Roster, officer
from tests.unit.node.forge import START, pair, rows
from tests.unit.node.world import OFFICER, exchange, form

NAME = "Amélie Dubois"
ACCESS = Officer("plain", 9)
LATER = Ms(START + 60_000)


class Strict(Law):
    """Lets cross all but what is for fraud, and refuses every later act."""

    def decide(self, question, now):
        if question.purpose == "fraud" and question.act is Act.CLEAR:
            return replace(self.verdict, edition=self.verdict.edition)
        return super().decide(question, now)


@pytest.fixture
def told():
    law = Strict(Effect.REFUSE, ground="x", outward="cannot-assist")
    a, b = pair(gate=law)
    exchange(a, b, START)
    label = replace(default_label("liaison", "agency"), conditions=("consult-before-disclosure",))
    (theirs,) = a.submit([form("the cook, Dubois Amélie, born 1988-04-02")], START)
    a.submit([form("somebody else")], START)
    ours, marked, kept, _ = b.submit(
        [
            form("AMELIE DUBOIS again"),
            form("dubois amelie", label=label),
            form("a draft on Amelie Dubois", purpose="fraud", conduct="x"),
            form("a draft on nobody", purpose="fraud", conduct="x"),
        ],
        Ms(START + 1),
    )
    exchange(a, b, Ms(START + 2))
    law.asked.clear()
    b.office = replace(b.office, powers=Roster(n7=officer(), n9=officer("access-officer", acts=frozenset({"access"}))))
    return law, b, theirs.id, ours.id, marked.id, kept.id


def found(node, person=NAME, born=""):
    with node.ledger.read() as tx:
        return search(person, born, tx, node.office.desks)


def test_everything_here_that_has_the_name_is_found(told):
    _, b, theirs, ours, marked, kept = told
    matches = found(b)
    assert {(one.id, one.whose, one.state) for one in matches} == {
        (theirs, "theirs", "filed"),
        (ours, "ours", "sent"),
        (marked, "ours", "sent"),
        (kept, "draft", "refused"),
    }
    assert [one.at for one in matches] == sorted(one.at for one in matches)
    assert {one.id for one in matches if one.confidence} == {theirs, marked}
    assert found(b, "Nobody Atall") == ()
    with pytest.raises(BadForm, match="at least one word"):
        found(b, "?!")


def test_what_was_written_at_home_is_found_too_and_leaves_no_view_of_a_dispatch(told):
    _, b, theirs, *_ = told
    home = (
        AtHome(DispatchId(bytes(15) + b"\x07"), "task", LATER, "done", ("Ask about Dubois", "Amelie Dubois, 1988-04-02"), confidence=True),
        AtHome(DispatchId(bytes(15) + b"\x08"), "handover", LATER, "waiting", ("somebody else",), confidence=True),
    )  # fmt: skip
    with b.ledger.read() as tx:
        matches = search(NAME, "1988-04-02", tx, b.office.desks, home)
    (task,) = (one for one in matches if one.whose == "home")
    assert (task.kind, task.state, task.texts, task.born, task.confidence) == ("task", "done", 1, "same", True)
    looked = b.look(matches, ACCESS, LATER)
    (said,) = (one for one in looked if one.match.whose == "home")
    assert (said.views, said.acts, said.consult, said.access) == ((), (), True, None)
    assert rows(b, "SELECT count(*) FROM viewed WHERE dispatch = ?", (task.id,))[0][0] == 0
    assert rows(b, "SELECT count(*) FROM viewed WHERE dispatch = ?", (theirs,))[0][0] == 1


def test_a_day_of_birth_is_told_and_leaves_nothing_out(told):
    _, b, theirs, *_ = told
    assert {one.id: one.born for one in found(b, born="1988-04-02")}[theirs] == "same"
    assert sorted(one.born for one in found(b, born="1988-04-02")) == ["not said", "not said", "not said", "same"]
    assert {one.born for one in found(b)} == {""}


def test_the_access_officer_is_told_who_saw_it_what_was_done_and_what_law_says_to_giving_it(told):
    law, b, theirs, _, _, kept = told
    b.see([theirs], LATER, OFFICER)
    b.act(Particulars(Act.USE, theirs, serves=Serves.LEAD), OFFICER, LATER)
    law.asked.clear()
    one = {item.match.id: item for item in b.look(found(b), ACCESS, LATER)}
    assert [view.number for view in one[theirs].views] == [7]
    assert [(act.act, act.effect, act.done) for act in one[theirs].acts] == [("use", "refused", False)]
    assert one[theirs].access == law.verdict
    assert one[theirs].consult
    assert one[kept].access == law.verdict, "asked of the question that was kept with the draft"
    assert not one[kept].consult
    assert {(asked.act, asked.outside) for asked in law.asked} == {(Act.ACCESS, "person")}
    assert len(law.asked) == 4


def test_law_may_order_to_consult_about_our_own(told):
    law, b, _, ours, _, _ = told
    law.verdict = Law(Effect.PERMIT_WITH, ("report", "consult-before-disclosure")).verdict
    assert {item.match.id: item.consult for item in b.look(found(b), ACCESS, LATER)}[ours]


def test_that_somebody_looked_is_kept_without_the_name_and_nothing_is_an_act(told):
    _, b, theirs, ours, marked, kept = told
    b.look(found(b), ACCESS, LATER)
    assert not rows(b, "SELECT 1 FROM act")
    ((record,),) = rows(b, "SELECT record FROM record WHERE kind = 'looked'")
    assert cbor.decode(record)[1:3] == ["plain", 9]
    assert set(cbor.decode(record)[3]) == {theirs, ours, marked, kept}
    assert b"Dubois" not in record
    assert b"dubois" not in record
    assert rows(b, "SELECT count(*) FROM viewed WHERE number = 9") == [(4,)]


@pytest.mark.parametrize("by", [Officer("plain", 8), OFFICER])
def test_nobody_else_looks(told, by):
    _, b, *_ = told
    b.office = replace(b.office, powers=Roster(n7=officer(acts=frozenset({"use"}))))
    with pytest.raises(NotAllowed, match="requests for access"):
        b.look(found(b), by, LATER)
    assert not rows(b, "SELECT 1 FROM record WHERE kind = 'looked'")
    assert not rows(b, "SELECT 1 FROM viewed")


def test_what_was_never_opened_here_is_counted(told):
    _, b, theirs, *_ = told
    with b.ledger.read() as tx:
        assert unsearchable(tx) == 0
    with b.ledger.begin() as book:
        book.tx.run("UPDATE got SET plain = NULL WHERE id = ?", (theirs,))
    with b.ledger.read() as tx:
        assert unsearchable(tx) == 1


def test_a_body_that_its_desk_cannot_read_or_without_a_desk_has_no_text(told):
    _, b, *_ = told
    with b.ledger.begin() as book:
        book.tx.run("UPDATE kept SET body = x'80'")
    assert {one.whose for one in found(b)} == {"ours", "theirs"}
    b.office = replace(b.office, desks={})
    assert found(b) == ()


def test_a_draft_without_a_kept_question_has_no_answer(told):
    _, b, *_, kept = told
    with b.ledger.begin() as book:
        book.tx.run("DELETE FROM record WHERE dispatch = ?", (kept,))
    assert {item.match.id: item.access for item in b.look(found(b), ACCESS, LATER)}[kept] is None
