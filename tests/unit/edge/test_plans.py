"""The workplan over two whole nodes: both sign or nothing changes, crossings, a week offline, what is forged, items on dispatches."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Ms, read_id
from comity.base.ids import show_id as show
from comity.desk import Filing
from comity.desks.workplan.model import Stage
from comity.desks.workplan.planning import answer_of, card_of, proposal_of, update_of
from comity.dispatch.holding import find
from comity.dispatch.states import Committed, Form, Officer
from comity.edge.plans import make_plan
from comity.edge.showing import make_board
from comity.marking.labels import Urgency
from tests.unit.edge.twofolders import ASKS, MADE, copy_of, opened, paired, question
from tests.unit.node.world import exchange

OWNERS = {"xo": "harbour-watch", "xv": "road-guard"}
WHO = {"XO": ("harbour-watch", "road-guard", 11), "XV": ("road-guard", "harbour-watch", 31)}
DAY = 86_400_000


def action(id_: str, title: str = "count the lanterns") -> dict:
    return {
        "what": "action",
        "id": id_,
        "to": {"id": id_, "item": "F-1", "title": {"en": title}, "owners": OWNERS, "due": "2026-08-01"},
    }


class Pair:
    """Both nodes, and what their officers do."""

    def __init__(self, base):
        self.xo, self.xv = (opened(base, name) for name in ("ostrel", "vanmere"))
        self.now = MADE + 1_000

    def tick(self, ms=1_000):
        self.now += ms
        return Ms(self.now)

    def form(self, one, body, kind="workplan-amend", item=None, about=None, agency=None):
        ours, theirs, _ = WHO[one.config.party]
        return Form(
            desk="workplan", kind=kind, agency=agency or ours, role="officer", recipients=(theirs,), purpose="workplan",
            urgency=Urgency.NORMAL, workplan_item=item, workplan_reason="" if item else "the plan", body=body,
            re=() if about is None else (about,),
        )  # fmt: skip

    def submit(self, one, form, number=0):
        officer = Officer("requests", number or WHO[one.config.party][2])
        (done,) = one.node.submit([(form, officer)], self.tick())
        if isinstance(done, BadForm):
            raise done
        assert isinstance(done, Committed), done
        return done

    def body(self, one, make, asked):
        with one.node.ledger.read() as tx:
            return make(tx, one.desks["workplan"], asked)

    def propose(self, one, *operations, **words):
        body = self.body(one, proposal_of, {"operations": list(operations), **words})
        return self.submit(one, self.form(one, body)).id

    def answer(self, one, proposal, state=Stage.AGREED, reason=""):
        body = self.body(one, answer_of, {"about": show(proposal), "state": state.value, "reason": reason})
        return self.submit(one, self.form(one, body, about=proposal)).id

    def meet(self, rounds=3):
        for _ in range(rounds):
            exchange(self.xo.node, self.xv.node, self.tick(61_000))
            exchange(self.xv.node, self.xo.node, self.tick(1_000))

    def card(self, one):
        with one.node.ledger.read() as tx:
            return card_of(tx, one.desks["workplan"], ("XO", "XV"), Ms(self.now))

    def rows(self, one):
        """Return how many dispatches of a node have left or wait for it."""
        with one.node.ledger.read() as tx:
            return [tx.rows(f"SELECT count(*) FROM {table}")[0][0] for table in ("sent", "pool")]

    def same(self):
        one, two = self.card(self.xo), self.card(self.xv)
        assert (one.versions, one.number, one.digest, one.items) != ()
        assert one.versions == two.versions
        assert [(p.id, p.fate, p.verdict) for p in one.proposals] == [(p.id, p.fate, p.verdict) for p in two.proposals]
        return one


@pytest.fixture
def two(tmp_path):
    pair = Pair(copy_of(paired(), tmp_path))
    yield pair
    for one in (pair.xo, pair.xv):
        one.store.close()


def test_nothing_changes_until_both_have_signed(two):
    first = two.card(two.xo)
    assert (first.number, first.digest) == (1, two.card(two.xv).digest)
    proposal = two.propose(two.xo, action("A-1"), text="we count too little")
    assert two.card(two.xo).number == 1
    two.meet()
    (waits,) = two.same().open
    assert (waits.party, waits.words, two.card(two.xv).number) == ("XO", "we count too little", 1)
    two.answer(two.xv, proposal)
    assert (two.card(two.xv).number, two.card(two.xv).open[0].signed) == (1, True)
    with pytest.raises(BadForm, match="on its way"):
        two.propose(two.xv, action("A-2"))
    two.meet()
    card = two.same()
    assert (card.number, card.proposals[0].fate) == (2, "agreed")
    newest = card.versions[0]
    assert (newest.proposed[:2], newest.agreed[:2]) == (("XO", "harbour-watch"), ("XV", "road-guard"))
    # Whoever signs a new action signs its title, item, owners and day, so each of them is shown.
    assert [(one.what, one.id, one.field) for one in newest.differences] == [
        ("action", "A-1", field) for field in ("", "item", "owners", "due")
    ]
    assert card.items[0].actions[0].title == (("en", "count the lanterns"),)


def test_crossing_proposals_never_fork_the_plan_and_the_rule_is_shown(two):
    ours, theirs = two.propose(two.xo, action("A-1")), two.propose(two.xv, action("A-2"))
    two.meet()
    card = two.same()
    # On version 1, an odd one, the party that the accord names first goes first.
    assert (card.first, {one.party: one.first for one in card.open}) == ("XO", {"XO": True, "XV": False})
    before = two.rows(two.xo)
    with pytest.raises(BadForm, match="goes first"):
        two.answer(two.xo, theirs)
    assert two.rows(two.xo) == before, "what was refused does not wait to leave"
    two.answer(two.xv, ours)
    two.meet()
    card = two.same()
    assert (card.number, {one.party: one.fate for one in card.proposals}) == (2, {"XO": "agreed", "XV": "outdated"})
    again = two.body(two.xv, proposal_of, {"again": show(theirs)})
    anew = two.submit(two.xv, two.form(two.xv, again)).id
    two.meet()
    two.answer(two.xo, anew)
    two.meet()
    card = two.same()
    assert (card.number, [one.id for one in card.items[0].actions]) == (3, ["A-1", "A-2"])


def test_a_side_that_gives_way_withdraws_and_waits_for_a_word(two):
    ours, theirs = two.propose(two.xo, action("A-1")), two.propose(two.xv, action("A-2"))
    two.meet()
    two.answer(two.xo, ours, Stage.WITHDRAWN)
    with pytest.raises(BadForm, match="goes first"):
        two.answer(two.xo, theirs)
    two.meet()
    two.answer(two.xv, theirs, Stage.WITHDRAWN)
    two.meet()
    theirs = two.propose(two.xv, action("A-2", "differently"))
    two.meet()
    two.answer(two.xo, theirs)
    two.meet()
    assert (two.same().number, two.card(two.xo).items[0].actions[0].id) == (2, "A-2")


def test_declined_and_countered(two):
    ours = two.propose(two.xo, action("A-1"))
    two.meet()
    two.propose(two.xv, action("A-1", "count the ropes"), about=show(ours), reason="ropes first")
    two.meet()
    card = two.same()
    assert {one.party: one.fate for one in card.proposals} == {"XO": "countered", "XV": "open"}
    counter = card.open[0]
    two.answer(two.xo, read_id(counter.id), Stage.DECLINED, "not this year")
    two.meet()
    card = two.same()
    assert card.number == 1
    assert card.proposals[0].answer[:2] == ("XO", "not this year")
    with pytest.raises(BadForm, match="no such proposal open"):
        two.answer(two.xv, ours)


def test_a_week_offline_ends_in_the_same_history(two):
    proposal = two.propose(two.xo, action("A-1"))
    two.meet()
    two.answer(two.xv, proposal)
    lone = two.propose(two.xo, action("A-3"))
    two.tick(7 * DAY)
    second = two.propose(two.xo, action("A-4"))
    two.answer(two.xo, lone, Stage.WITHDRAWN)
    assert (two.card(two.xo).number, two.card(two.xv).number) == (1, 1)
    two.meet(6)
    card = two.same()
    assert card.number == 2
    fates = {one.id: one.fate for one in card.proposals}
    assert (fates[show(proposal)], fates[show(lone)], fates[show(second)]) == ("agreed", "withdrawn", "outdated")


def test_what_is_forged_or_half_signed_never_takes_effect(two):
    proposal = two.propose(two.xo, action("A-1"))
    two.meet()
    body = dict(two.body(two.xv, answer_of, {"about": show(proposal), "state": "agreed"}))
    desk = two.xv.desks["workplan"]
    desk.check, kept = (lambda *_: None), desk.check
    for change in (
        {"result": bytes(32)},
        {"base": bytes(32), "number": 2},
        {"number": 9},
        {"about": bytes(16), "number": 3},
    ):
        two.submit(two.xv, two.form(two.xv, {**body, **change}, about=None))
    del desk.check
    assert desk.check == kept
    two.meet()
    card = two.same()
    assert (card.number, card.open[0].id, card.held) == (1, show(proposal), 1)
    assert card.other_text == ("00" * 32,)


def test_a_replay_changes_nothing(two):
    proposal = two.propose(two.xo, action("A-1"))
    two.meet()
    two.answer(two.xv, proposal)
    two.meet()
    before = two.same()
    row = two.xo.desks["workplan"]
    with two.xo.node.ledger.begin() as book:
        for one in before.proposals:
            held = find(read_id(one.id), book.tx)
            row.file(
                book.tx,
                Filing(held.ours, held.header, held.body, held.header.case or read_id(one.id), Ms(two.now), None, True),
            )
    assert two.card(two.xo) == before


def test_actions_are_told_by_their_owner_and_late_by_both_clocks(two):
    proposal = two.propose(two.xo, action("A-1"))
    two.meet()
    two.answer(two.xv, proposal)
    two.meet()
    asked = two.body(
        two.xo, update_of, {"action": "A-1", "state": "under-way", "text": "half of them", "evidence": [show(proposal)]}
    )
    with pytest.raises(BadForm, match="harbour-watch says"):
        two.submit(two.xo, two.form(two.xo, asked[0], "action-update", asked[1], agency="paper-office"), 13)
    two.submit(two.xo, two.form(two.xo, asked[0], "action-update", asked[1]))
    two.meet()
    ours, theirs = two.same().items[0].actions[0].parts
    assert (ours.state, ours.words, ours.evidence, theirs.state) == (
        "under-way",
        "half of them",
        (show(proposal),),
        "planned",
    )
    # The first of August ends at 20:00 UTC for the one, four hours east, and at 21:00 for the other, three hours east.
    august = 1_785_618_000_000
    late = []
    for at in (august - 3_600_001, august - 3_600_000, august - 1, august):
        two.now = at
        late.append(tuple(part.overdue for part in two.card(two.xo).items[0].actions[0].parts))
    assert late == [(False, False), (False, True), (False, True), (True, True)]


def test_a_dispatch_names_an_open_item_of_the_plan_in_force(two):
    (no,) = two.xo.node.submit([(replace(question(), workplan_item="F-9"), ASKS)], two.tick())
    assert isinstance(no, BadForm)
    assert "F-9 is not in it" in str(no)
    card = two.card(two.xo)
    item = card.items[0]
    closed = {
        "id": "F-1",
        "aim": dict(item.aim),
        "owners": OWNERS,
        "measure": item.measure,
        "due": item.due,
        "closed": True,
    }
    opened_item = {**closed, "id": "F-2", "closed": False}
    proposal = two.propose(
        two.xo, {"what": "item", "id": "F-1", "to": closed}, {"what": "item", "id": "F-2", "to": opened_item}
    )
    two.meet()
    two.answer(two.xv, proposal)
    two.meet()
    (no,) = two.xo.node.submit([(question(), ASKS)], two.tick())
    assert "F-1 is closed" in str(no)
    (yes,) = two.xo.node.submit([(replace(question(), workplan_item="F-2"), ASKS)], two.tick())
    assert isinstance(yes, Committed)
    assert [one.item for one in make_board(two.xo).workplan(Ms(two.now))] == ["F-2"]
    shown = make_plan(two.xo).plan(Ms(two.now))
    assert [(one.kind, one.ours, one.theirs) for one in shown.item("F-2").made] == [("rfi", 1, 0)]
    assert shown.item("F-2").owners[0][2] == "Harbour Watch of Ostrel"
