"""What the plan bears over two whole nodes: unlike files, recalls before and after a signature, crossings three deep, erasure."""

from __future__ import annotations

import pytest

from comity.base.errors import BadForm
from comity.base.ids import CaseId, Ms, read_id
from comity.base.ids import show_id as show
from comity.desks.workplan import planrows
from comity.desks.workplan.model import Stage
from comity.desks.workplan.planning import answer_of, plan_json, proposal_of, waiting_of
from comity.desks.workplan.plans import version_digest
from comity.desks.workplan.reminding import DEFAULT_MS
from comity.dispatch import wire
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Form, Officer
from comity.marking.labels import Urgency
from comity.node.erasing import ask_erasure, confirm_erasure
from tests.unit.edge.test_plans import DAY, WHO, Pair, action
from tests.unit.edge.twofolders import copy_of, paired

ERASERS = {"XO": (21, 22), "XV": (41, 42)}
"""A desk lead and a legal officer."""


@pytest.fixture
def two(tmp_path):
    pair = Pair(copy_of(paired(), tmp_path))
    yield pair
    for one in (pair.xo, pair.xv):
        one.store.close()


def recall(two, one, target):
    """Recall a dispatch of ours, as the desk of requests does for every desk."""
    ours, theirs, _ = WHO[one.config.party]
    form = Form(
        desk="requests", kind="recall", agency=ours, role="officer", recipients=(theirs,), purpose="workplan",
        urgency=Urgency.NORMAL, workplan_item=None, workplan_reason="the plan", re=(target,), case=CaseId(target),
        body={"target": bytes(target), "reason": "sent too early"},
    )  # fmt: skip
    return two.submit(one, form)


# --- the files -------------------------------------------------------------------------------------------------------


@pytest.fixture
def unlike(tmp_path):
    base = copy_of(paired(), tmp_path)
    file = base / "vanmere" / "workplan.toml"
    file.write_text(file.read_text().replace("within ten days", "within twelve days"))
    pair = Pair(base)
    yield pair
    for one in (pair.xo, pair.xv):
        one.store.close()


def test_unlike_plan_files_are_named_on_both_sides_and_nothing_takes_effect(unlike):
    two = unlike
    begun = (two.card(two.xo).digest, two.card(two.xv).digest)
    assert begun[0] != begun[1]
    proposal = two.propose(two.xo, action("A-1"))
    two.meet()
    assert two.card(two.xv).other_text == (begun[0],), "the first word names the other text"
    assert [(one.fate, one.verdict) for one in two.card(two.xv).proposals] == [("void", "other-base")]
    with pytest.raises(BadForm, match="no such proposal open"):
        two.answer(two.xv, proposal)
    assert two.card(two.xo).other_text == (), "who spoke first cannot know yet"
    two.answer(two.xv, proposal, Stage.DECLINED, "we hold another text")
    two.meet()
    assert two.card(two.xo).proposals[0].answer[:2] == ("XV", "we hold another text")
    assert (two.card(two.xo).other_text, two.card(two.xv).other_text) == ((begun[1],), (begun[0],))
    assert (two.card(two.xo).digest, two.card(two.xv).digest) == begun
    assert {two.card(one).number for one in (two.xo, two.xv)} == {1}
    # Nor does anything that either side says after it, signed or not.
    other = two.propose(two.xv, action("A-2"))
    two.meet()
    with pytest.raises(BadForm, match="no such proposal open"):
        two.answer(two.xo, other)
    assert (two.card(two.xo).digest, two.card(two.xv).digest) == begun


def test_what_is_open_or_merely_outdated_is_not_declined_out_of_turn(two):
    first, late = (two.propose(two.xo, action(name)) for name in ("A-1", "A-2"))
    two.meet()
    two.answer(two.xv, first)
    two.meet()
    with pytest.raises(BadForm, match="no such proposal open"):
        two.answer(two.xv, late, Stage.DECLINED, "it is outdated")


# --- recalls ---------------------------------------------------------------------------------------------------------


def close(two, one, proposal, state):
    """Answer or withdraw as the door does it: what was recalled is named in the body, and nothing is built on it."""
    body = two.body(one, answer_of, {"about": show(proposal), "state": state.value, "reason": "it was recalled"})
    return two.submit(one, two.form(one, body))


@pytest.mark.parametrize(
    ("who", "state", "fate"), [("xo", Stage.WITHDRAWN, "withdrawn"), ("xv", Stage.DECLINED, "declined")]
)
def test_a_recalled_proposal_cannot_be_signed_and_stands_in_nobodys_way(two, who, state, fate):
    proposal = two.propose(two.xo, action("A-1"))
    recall(two, two.xo, proposal)
    two.meet()
    assert [two.card(one).open[0].marks for one in (two.xo, two.xv)] == [("recall",), ("recall",)]
    with pytest.raises(BadForm, match="recalled this proposal"):
        close(two, two.xv, proposal, Stage.AGREED)
    with two.xv.node.ledger.read() as tx:
        assert waiting_of(tx, two.xv.desks["workplan"], Ms(two.now)) == (), "nobody is reminded of it"
    close(two, getattr(two, who), proposal, state)
    two.meet()
    assert (two.same().number, two.card(two.xo).proposals[0].fate) == (1, fate)
    again = two.propose(two.xv, action("A-1", "count the ropes"))
    two.meet()
    two.answer(two.xo, again)
    two.meet()
    assert two.same().number == 2


def test_a_recall_that_crosses_a_signature_or_comes_after_it_changes_nothing_that_both_signed(two):
    proposal = two.propose(two.xo, action("A-1"))
    two.meet()
    two.answer(two.xv, proposal)
    recall(two, two.xo, proposal)
    two.meet()
    card = two.same()
    assert (card.number, card.proposals[0].fate) == (2, "agreed")
    assert two.card(two.xo).proposals[0].marks == two.card(two.xv).proposals[0].marks == ("recall",)
    second = two.propose(two.xv, action("A-2"))
    two.meet()
    two.answer(two.xo, second)
    two.meet()
    recall(two, two.xv, second)
    two.meet()
    card = two.same()
    assert (card.number, [one.id for one in card.items[0].actions]) == (3, ["A-1", "A-2"])


# --- crossings -------------------------------------------------------------------------------------------------------


def test_both_propose_at_once_three_deep_and_the_history_is_one(two):
    for depth in (1, 2, 3):
        said = {
            one.config.party: [two.propose(one, action(f"A-{depth}{party}{n}")) for n in range(3)]
            for one, party in ((two.xo, "o"), (two.xv, "v"))
        }
        two.meet()
        card = two.same()
        assert card.number == depth
        assert len(card.open) == 6
        # On odd versions the side goes first that the accord names first, on even ones the other.
        first, second = (two.xo, two.xv) if depth % 2 else (two.xv, two.xo)
        assert card.first == first.config.party
        with pytest.raises(BadForm, match="goes first"):
            two.answer(first, said[second.config.party][0])
        # Both sign the same moment where they may: the one agrees, the other withdraws one of its own.
        two.answer(second, said[first.config.party][1])
        two.answer(first, said[first.config.party][2], Stage.WITHDRAWN)
        two.meet()
        card = two.same()
        assert card.number == depth + 1
        fates = sorted(one.fate for one in card.proposals if one.base == depth)
        assert fates == ["agreed", "outdated", "outdated", "outdated", "outdated", "withdrawn"]
    assert [one.id for one in two.same().items[0].actions] == ["A-1o1", "A-2v1", "A-3o1"]


# --- what waits ------------------------------------------------------------------------------------------------------


def alarms(two, one):
    with one.node.ledger.read() as tx:
        return [text_of(row[0]) for row in tx.rows("SELECT kind FROM alarm WHERE kind LIKE 'plan%' ORDER BY at, kind")]


def test_a_proposal_that_nobody_answers_is_told_a_day_before_its_limit_and_at_it_once_each(two):
    two.propose(two.xo, action("A-1"))
    two.meet()
    came = two.card(two.xv).open[0].due - DEFAULT_MS
    assert two.card(two.xo).open[0].due == came + DEFAULT_MS, "both sides count from when it was filed there"
    desk, tick = two.xv.desks["workplan"], two.xv.node.tick
    with two.xv.node.ledger.read() as tx:
        (waits,) = waiting_of(tx, desk, Ms(came))
        assert (waits.since, waits.due, waits.late) == (came, came + DEFAULT_MS, False)
        assert desk.next_chase(tx) == came + DEFAULT_MS - DAY
    for at, told in (
        (came + DEFAULT_MS - DAY - 1, []),
        (came + DEFAULT_MS - DAY, ["plan-proposal-soon"]),
        (came + DEFAULT_MS - 1, ["plan-proposal-soon"]),
        (came + DEFAULT_MS, ["plan-proposal-soon", "plan-proposal-over"]),
        (came + DEFAULT_MS + 9 * DAY, ["plan-proposal-soon", "plan-proposal-over"]),
    ):
        tick(Ms(at))
        assert alarms(two, two.xv) == told
    two.xo.node.tick(Ms(came + 2 * DEFAULT_MS))
    assert alarms(two, two.xo) == [], "who proposed is not told"


def test_what_was_long_over_while_the_node_stood_still_is_told_once(two):
    first, second = (two.propose(two.xo, action(name)) for name in ("A-1", "A-2"))
    two.meet()
    two.answer(two.xv, first)
    with two.xv.node.ledger.read() as tx:
        waits = waiting_of(tx, two.xv.desks["workplan"], Ms(two.now))
    assert [one.id for one in waits] == [show(second)], "what we signed waits for nobody here"
    two.xv.node.tick(Ms(two.now + 3 * DEFAULT_MS))
    assert alarms(two, two.xv) == ["plan-proposal-over"]


# --- erasure ---------------------------------------------------------------------------------------------------------


def erase(two, one, dispatch):
    lead, legal = (Officer("requests", number) for number in ERASERS[one.config.party])
    office = one.node.office
    with one.node.ledger.begin() as book:
        ask_erasure(dispatch, lead, book, office, two.tick(), parts=("body",), reason="its time has passed")
    with one.node.ledger.begin() as book:
        confirm_erasure(dispatch, legal, book, office, two.tick())


def everything(one):
    """Return every byte of every row of the desk's own tables, and what is kept of dispatches."""
    found = []
    with one.node.ledger.read() as tx:
        for table in ("workplan_amend", "workplan_dispatch", "sent", "got"):
            for row in tx.rows(f"SELECT * FROM {table}"):
                found += [
                    value.encode() if isinstance(value, str) else bytes(value)
                    for value in row
                    if isinstance(value, str | bytes)
                ]
    return b"\n".join(found)


def test_after_old_dispatches_are_erased_history_and_who_agreed_stay_provable(two):
    signed = two.propose(two.xo, action("A-1"), text="we count too little")
    two.meet()
    yes = two.answer(two.xv, signed)
    two.meet()
    lost = two.propose(two.xv, action("A-9", "weigh the anchors"), text="heavy words")
    two.meet()
    no = two.answer(two.xo, lost, Stage.DECLINED, "nobody has scales")
    two.meet()
    waits = two.propose(two.xo, action("A-4"))
    two.meet()
    before = two.same()
    with pytest.raises(BadForm, match="open: answer or withdraw"):
        erase(two, two.xv, waits)
    for one in (two.xo, two.xv):
        for dispatch in (signed, yes, lost, no):
            erase(two, one, dispatch)
    after = two.same()
    assert after.versions == before.versions
    assert [(one.id, one.fate, one.verdict) for one in after.proposals] == [
        (one.id, one.fate, one.verdict) for one in before.proposals
    ]
    gone = next(one for one in after.proposals if one.id == show(lost))
    assert (gone.words, gone.answer[1], gone.differences) == ("", "", ())
    for one in (two.xo, two.xv):
        rest = everything(one)
        assert not any(words in rest for words in (b"weigh the anchors", b"heavy words", b"nobody has scales"))
        _prove(one, signed, yes)
    # What goes on from there goes on alike on both sides.
    two.answer(two.xv, waits)
    two.meet()
    assert (two.same().number, len(two.card(two.xo).items[0].actions)) == (3, 2)


def _prove(one, proposal, agreed):
    """Make the chain of digests again from the joint texts, and find both signatures in the two logs' headers."""
    with one.node.ledger.read() as tx:
        desk, digest = one.desks["workplan"], None
        for number, plan, said in tx.rows("SELECT number, plan, digest FROM workplan_version ORDER BY number"):
            digest = version_digest(number, digest, planrows.read_plan(bytes_of(plan)))
            assert digest == bytes_of(said)
        assert plan_json(tx, desk, 2)["actions"][0]["id"] == "A-1"
        who = {}
        for dispatch in (proposal, agreed):
            (row,) = tx.rows(
                "SELECT plain FROM sent WHERE id = ? UNION SELECT plain FROM got WHERE id = ?", (dispatch,) * 2
            )
            header = wire.decode_header(parts_of(bytes_of(row[0]))[0].content)
            who[dispatch] = (header.kind, header.author.agency, header.released_by.officer)
    assert who == {
        proposal: ("workplan-amend", "harbour-watch", 11),
        agreed: ("workplan-amend", "road-guard", 31),
    }


def test_a_proposal_made_anew_after_it_was_erased_says_that_nothing_is_left(two):
    first = two.propose(two.xo, action("A-1"))
    late = two.propose(two.xo, action("A-2"))
    two.meet()
    two.answer(two.xv, first)
    two.meet()
    erase(two, two.xo, late)
    with pytest.raises(BadForm, match="changes nothing"):
        two.body(two.xo, proposal_of, {"again": show(late)})
    with pytest.raises(BadForm, match="no such proposal"):
        two.body(two.xo, answer_of, {"about": show(read_id("0" * 26)), "state": "withdrawn", "reason": "x"})


def test_a_form_that_was_looked_at_on_another_version_is_not_sent(two):
    on = two.card(two.xo).digest
    assert two.body(two.xo, proposal_of, {"operations": [action("A-1")], "on": on})["state"] == "proposal"
    with pytest.raises(BadForm, match="changed in between"):
        two.body(two.xo, proposal_of, {"operations": [action("A-1")], "on": "00" * 32})
