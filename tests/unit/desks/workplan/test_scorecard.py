"""A scorecard by hand: every figure worked out on paper, equal on both sides, and every fault named to its leaf."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from comity.base.errors import BadEnvelope, BadForm, BadProof
from comity.base.ids import Digest, LeafIndex, Ms, NodeName
from comity.desks.requests.model import Kind
from comity.desks.requests.rules import is_answer, owes_answer, settles
from comity.desks.workplan.model import Action, Item, Plan
from comity.desks.workplan.planning import update_of
from comity.desks.workplan.planrows import plan_bytes
from comity.desks.workplan.scorecard import codec, comparing, model, reading, rows, rules
from comity.desks.workplan.scorecard.actions import actions_here
from comity.desks.workplan.scorecard.counting import rank
from comity.desks.workplan.scorecard.model import ALL, ActionDue, Held, Period, Said
from comity.desks.workplan.scorecard.monthly import by_month
from comity.dispatch.accord import Accord, Party
from comity.dispatch.entries import Fact, RecordLeaf, encode_entry
from comity.dispatch.partsrow import digests_of, parts_bytes, parts_of, without
from comity.dispatch.ports import Store
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from comity.marking.labels import Urgency
from comity.tlog.tree import leaf_hash
from tests.unit.desks.workplan.planpair import Pair, change
from tests.unit.desks.workplan.scorelogs import DAY, HOUR, ORIGINS, PERIOD, START, TERMS, Traffic

A, B = 0, 1


def counted(store: Store, period: Period = PERIOD, actions: tuple[ActionDue, ...] = ()) -> comparing.Counted:
    with store.read() as tx:
        logs = rows.read_logs(tx, rows.newest_cut(tx))
        return comparing.make(logs, rows.holding(tx, logs, period), TERMS, period, actions)


def figures(card: model.Scorecard, figure: str, side: int) -> dict[tuple[str, ...], int]:
    return {
        tuple(part for part in (one.item, one.kind, one.urgency, one.code) if part): one.value
        for one in card.lines
        if one.figure == figure and one.side == side
    }


@pytest.fixture
def pair() -> Iterator[Pair]:
    with ExitStack() as stack:
        yield Pair(stack)


@pytest.fixture
def traffic() -> Traffic:
    """A asks three urgent questions and one normal; B answers one in time, one late, refuses one, leaves one."""
    made = Traffic()
    first = made.filed(A, 1, "rfi")
    made.receipt(B, 3, first, Fact.SEEN)
    answer = made.filed(B, 11, "answer", {"state": "final"}, re=(first,))
    made.receipt(A, 12, answer, Fact.SEEN)
    second = made.filed(A, 20, "rfi", item="W-2")
    made.filed(B, 24, "answer", {"state": "holding"}, re=(second,), item="W-2")
    made.receipt(B, 29, second, Fact.SEEN)
    made.filed(B, 20 + 73, "answer", {"state": "final"}, re=(second,), item="W-2")
    third = made.filed(A, 100, "rfi")
    made.filed(B, 101, "refusal", {"outward": "cannot-assist"}, re=(third,))
    made.filed(A, 110, "rfi", urgency=Urgency.NORMAL)
    made.filed(A, 111, "feedback", {"useful": "useful"}, re=(answer,))
    refused = made.send(B, 112, "message", item=None)
    made.receipt(A, 112, refused, Fact.REFUSED, "no-legal-basis")
    lost = made.send(A, 113, "message")
    made.withdraw(A, 114, lost)
    made.send(A, 115, "message")
    return made


END = 115 + 24 * 40


def test_every_figure_is_what_paper_and_pencil_give(traffic: Traffic) -> None:
    actions = (
        ActionDue(A, "W-1", START + DAY, False),
        ActionDue(A, "W-1", START, True),
        ActionDue(B, "W-2", START + 99 * DAY, False),
    )
    card = counted(traffic.store(A, END), actions=actions).card
    urgent = ("W-1", "rfi", "urgent")
    assert figures(card, "dispatches", A) == {
        urgent: 2,
        ("W-2", "rfi", "urgent"): 1,
        ("W-1", "rfi", "normal"): 1,
        ("W-1", "feedback", "urgent"): 1,
    }
    assert figures(card, "dispatches", B) == {
        ("W-1", "answer", "urgent"): 1,
        ("W-2", "answer", "urgent"): 2,
        ("W-1", "refusal", "urgent"): 1,
    }
    assert figures(card, "unfiled", A) == {("urgent", "no-receipt"): 1, ("urgent", "withdrawn"): 1}
    assert figures(card, "unfiled", B) == {("urgent", "refused"): 1}
    assert figures(card, "not-admitted", A) == {("no-legal-basis",): 1}
    # The first was answered after 10 hours, the third refused after 1, of 3 days; the second after 73 hours, one too many.
    assert figures(card, "questions", B) == {urgent: 2, ("W-2", "rfi", "urgent"): 1, ("W-1", "rfi", "normal"): 1}
    assert figures(card, "answered-in-limit", B) == {urgent: 2}
    assert figures(card, "answered-late", B) == {("W-2", "rfi", "urgent"): 1}
    assert figures(card, "overdue", B) == {("W-1", "rfi", "normal"): 1}
    assert figures(card, "refusals", B) == {("W-1", "cannot-assist"): 1}
    # Times to answer 1, 10 and 73 hours: the median is the second of three, the 80th of a hundred the third.
    assert figures(card, "answer-count", B)[ALL, ALL] == 3
    assert figures(card, "answer-median-ms", B)[ALL, ALL] == 10 * HOUR
    assert figures(card, "answer-p80-ms", B)[ALL, ALL] == 73 * HOUR
    assert figures(card, "answer-median-ms", B)["W-1", "urgent"] == 1 * HOUR
    # First words: after 10 hours (of 8, late), after 4, after 1.
    assert figures(card, "first-late", B) == {("W-1", "urgent"): 1}
    assert figures(card, "first-in-limit", B) == {("W-1", "urgent"): 1, ("W-2", "urgent"): 1}
    # Seen by B: after 2 hours (of 8) and after 9; never: the third, the normal one and the feedback.
    assert figures(card, "seen-in-limit", B) == {("W-1", "urgent"): 1}
    assert figures(card, "seen-late", B) == {("W-2", "urgent"): 1, ("W-1", "urgent"): 2, ("W-1", "normal"): 1}
    assert figures(card, "seen-median-ms", B)[ALL, ALL] == 2 * HOUR
    assert figures(card, "feedback-came", A) == {("W-1",): 1}
    assert figures(card, "feedback-missing", A) == {("W-2",): 1}
    assert figures(card, "actions-overdue", A) == {("W-1",): 1}
    assert figures(card, "actions-done", A) == {("W-1",): 1}
    assert figures(card, "actions-open", B) == {("W-2",): 1}
    weeks = figures(card, "week-late", B)
    assert sum(weeks.values()) == 2
    assert sum(figures(card, "week-in-limit", B).values()) == 2


def test_both_sides_have_the_same_bytes_and_they_read_back(traffic: Traffic) -> None:
    ours, theirs = counted(traffic.store(A, END)), counted(traffic.store(B, END))
    assert codec.encode(ours.card) == codec.encode(theirs.card)
    assert codec.digest(ours.card) == codec.digest(theirs.card)
    assert codec.decode(codec.encode(ours.card)) == ours.card
    said = comparing.statement(theirs)
    assert codec.decode_statement(codec.encode_statement(said)) == said
    found = comparing.compare(ours, said, {})
    assert found == comparing.Comparison(equal=True, leaves=(), figures=(), explained=True, buckets=())


def test_what_is_not_asked_and_what_is_open_or_ended() -> None:
    made = Traffic()
    open_ = made.filed(A, 1, "rfi", urgency=Urgency.NORMAL)
    ended = made.filed(A, 1, "rfi", item="W-2")
    made.filed(A, 2, "withdraw", {"reason": "found-elsewhere"}, re=(ended,), item="W-2")
    sooner = made.filed(A, 1, "rfi", urgency=Urgency.NORMAL, item="W-3", answer_by=START + 2 * HOUR)
    made.filed(B, 5, "answer", {"state": "final"}, re=(sooner,), item="W-3")
    treaty = made.filed(A, 1, "release-request", urgency=Urgency.FORMAL, item="W-4")
    recall = made.filed(A, 3, "recall", {"target": bytes(open_), "due": START + HOUR * 9}, item="W-5")
    late = made.filed(A, 3, "recall", {"target": bytes(16), "due": START + HOUR * 9}, item="W-5")
    made.filed(B, 6, "answer", {"state": "final"}, re=(recall,), item="W-5")
    made.filed(B, 500, "refusal", {"outward": "unclear"}, re=(treaty,), item="W-4")
    assert late != recall
    card = counted(made.store(B, 501)).card
    assert figures(card, "ended", B) == {("W-2", "rfi", "urgent"): 1, ("W-1", "rfi", "normal"): 1}
    assert figures(card, "answered-late", B) == {("W-3", "rfi", "normal"): 1}
    assert figures(card, "answered", B) == {("W-4", "release-request", "formal"): 1}
    assert figures(card, "recalls", B) == {("W-5",): 2}
    assert figures(card, "recalls-answered", B) == {("W-5",): 1}
    assert figures(card, "recalls-overdue", B) == {("W-5",): 1}
    assert figures(card, "feedback-waiting", A) == {("W-3",): 1}


def test_notices_and_objections_are_counted_by_who_wrote_them() -> None:
    made = Traffic()
    pen = made.filed(A, 1, "pen", {"state": "pre-export"}, desk="precursors")
    made.filed(A, 2, "pen", {"state": "amendment"}, desk="precursors", re=(pen,))
    made.filed(B, 3, "objection", {"reason": "no need"}, desk="precursors", re=(pen,))
    card = counted(made.store(A, 30)).card
    assert figures(card, "notifications", A) == {("W-1",): 1}
    assert figures(card, "objections", B) == {("W-1",): 1}
    assert figures(card, "answered", B) == {("W-1", "pen", "urgent"): 1}


def test_a_period_has_only_its_own_dispatches_and_their_later_answers(traffic: Traffic) -> None:
    store = traffic.store(A, END)
    first = counted(store, Period(Ms(START), Ms(START + 15 * HOUR))).card
    assert figures(first, "questions", B) == {("W-1", "rfi", "urgent"): 1}
    assert figures(first, "feedback-came", A) == {("W-1",): 1}  # came 96 hours after the end
    later = counted(store, Period(Ms(START + 15 * HOUR), PERIOD.ends)).card
    assert sum(figures(later, "questions", B).values()) == 3


def test_a_nodes_clock_and_what_a_sender_claims_change_nothing(traffic: Traffic) -> None:
    """Planted: one node's own times are a year off, and every `created` is a lie; only times in the logs count."""
    store = traffic.store(B, END)
    with store.begin() as tx:
        tx.run("UPDATE got SET known_at = 31536000000, arrived_at = 1, settled_at = 2, seen_at = 3")
        tx.run("UPDATE sent SET sent_at = 31536000000, arrived_at = 1, seen_at = 3")
    assert codec.encode(counted(store).card) == codec.encode(counted(traffic.store(A, END)).card)
    one, two = Traffic(), Traffic()
    for made, created in ((one, START), (two, START - 400 * DAY)):
        made.filed(A, 1, "rfi", created=created)
    assert counted(one.store(A, 9)).card.lines == counted(two.store(A, 9)).card.lines


# --- differences --------------------------------------------------------------------------------------------------------


def compared(
    traffic: Traffic, damage: dict[str, tuple[object, ...]]
) -> tuple[comparing.Comparison, comparing.Comparison]:
    """Damage B's rows; return what A and what B find."""
    here, there = traffic.store(A, END), traffic.store(B, END)
    with there.begin() as tx:
        for sql, values in damage.items():
            assert tx.run(sql, values)  # type: ignore[arg-type]  # a statement of a test
    ours, theirs = counted(here), counted(there)
    found: list[comparing.Comparison] = []
    for store, mine, other in ((here, ours, theirs), (there, theirs, ours)):
        said = codec.decode_statement(codec.encode_statement(comparing.statement(other)))
        with store.read() as tx:
            hashes = rows.leaf_hashes(tx, mine.card.cut, comparing.apart(mine, said))
        found.append(comparing.compare(mine, said, hashes))
    return found[0], found[1]


@pytest.mark.parametrize(
    ("damage", "held"),
    [
        (
            "UPDATE got SET plain = CAST(substr(plain, 1, 60) || x'00' || substr(plain, 62) AS BLOB) WHERE idx = ?",
            Held.ALTERED,
        ),
        ("UPDATE got SET plain = NULL WHERE idx = ?", Held.ABSENT),
        ("DELETE FROM got WHERE idx = ?", Held.ABSENT),
        ("UPDATE got SET plain = x'00' WHERE idx = ?", Held.ALTERED),
    ],
)
def test_a_flipped_byte_and_a_withheld_row_are_named_to_their_leaf(traffic: Traffic, damage: str, held: Held) -> None:
    place = next(place for side, place in sorted(traffic.plain) if side == A)
    at_a, at_b = compared(traffic, {damage: (place,)})
    assert not at_a.equal
    assert at_a.explained is True
    assert at_a.buckets == ()
    (leaf,) = at_a.leaves
    assert (leaf.origin, leaf.place, leaf.ours, leaf.theirs) == (ORIGINS[A], place, Held.WHOLE, held)
    assert leaf.leaf == leaf_hash(traffic.entries[A][place])
    assert "questions" in leaf.figures
    assert any(one.line.figure == "questions" and one.ours == one.theirs + 1 for one in at_a.figures)
    # The side that lacks it names the same leaf, and says that only the other can tell whether that is all.
    assert at_b.explained is None
    assert [(one.origin, one.place, one.ours) for one in at_b.leaves] == [(ORIGINS[A], place, held)]


def test_an_erased_body_that_counts_is_named_and_one_that_does_not_is_no_difference(traffic: Traffic) -> None:
    by_kind = {}
    for (side, place), (_, _, plain) in traffic.plain.items():
        said = rows.read_said(
            model.Leaf(0, b"", 0, rows._commit([(p.salt, p.content) for p in parts_of(plain)], None), 0), plain, None
        )  # type: ignore[arg-type]  # a leaf of a test
        assert isinstance(said, Said)
        by_kind[said.kind] = side, place, plain
    for kind, named in (("answer", 1), ("rfi", 0)):
        side, place, plain = by_kind[kind]
        parts = parts_of(plain)
        table = "got" if side == A else "sent"
        sql = f"UPDATE {table} SET plain = ?, digests = ? WHERE idx = ?"
        found, _ = compared(traffic, {sql: (parts_bytes(without(parts, {1})), digests_of(parts), place)})
        assert len(found.leaves) == named
        assert found.equal is not bool(named)
        assert [one.theirs for one in found.leaves] == [Held.ERASED] * named
        assert found.explained is True


def test_a_program_that_counts_wrongly_is_found_by_bucket_and_leaf(traffic: Traffic) -> None:
    ours, theirs = counted(traffic.store(A, END)), counted(traffic.store(B, END))
    place = ours.holding.needed[2]
    wrong = dict(theirs.holding.said) | {place: theirs.holding.said[place]._replace(urgency=Urgency.FORMAL.value)}
    lied = comparing.make(theirs.logs, rows.Holding(theirs.holding.needed, theirs.holding.held, wrong), TERMS, PERIOD)
    found = comparing.compare(ours, comparing.statement(lied), {})
    assert (found.equal, found.leaves, found.explained, found.buckets) == (False, (), False, (0,))
    assert comparing.unlike(ours, found.buckets, comparing.detail(lied, found.buckets)) == (place,)
    with pytest.raises(BadForm, match="another number"):
        comparing.unlike(ours, found.buckets, b"")


def test_a_side_that_claims_to_hold_what_it_left_out_explains_nothing(traffic: Traffic) -> None:
    ours, theirs = counted(traffic.store(A, END)), counted(traffic.store(B, END))
    place = ours.holding.needed[0]
    less = {key: said for key, said in theirs.holding.said.items() if key != place}
    liar = comparing.make(theirs.logs, rows.Holding(theirs.holding.needed, theirs.holding.held, less), TERMS, PERIOD)
    found = comparing.compare(ours, comparing.statement(liar), {})
    assert (found.equal, found.leaves, found.explained, found.buckets) == (False, (), False, (0,))


def test_other_cuts_periods_and_statements_are_not_compared(traffic: Traffic) -> None:
    ours = counted(traffic.store(A, END))
    other = counted(traffic.store(B, END), Period(PERIOD.begins, Ms(PERIOD.ends + 1)))
    with pytest.raises(BadForm, match="the period"):
        comparing.compare(ours, comparing.statement(other), {})
    said = comparing.statement(ours)
    with pytest.raises(BadForm, match="another number of leaves"):
        comparing.compare(ours, codec.Statement(said.scorecard, said.held[:-1], said.buckets), {})
    raw = codec.encode_statement(said)
    with pytest.raises(BadEnvelope):
        codec.decode_statement(raw + b"\x00")
    with pytest.raises(BadEnvelope, match="do not count"):
        codec.unpack(b"\xff", 3)


def test_an_entry_that_was_changed_is_no_entry_of_the_log(traffic: Traffic) -> None:
    store = traffic.store(A, END)
    with store.begin() as tx:
        tx.run(
            "UPDATE entry SET entry = CAST(substr(entry, 1, 40) || x'01' || substr(entry, 42) AS BLOB) WHERE role = 'theirs' AND idx = 1"
        )
    with pytest.raises(BadProof, match="comity log audit"):
        counted(store)


def test_a_cut_that_was_never_signed_here_is_refused(traffic: Traffic) -> None:
    with traffic.store(A, END).read() as tx:
        first, second = rows.newest_cut(tx)
        with pytest.raises(BadForm, match="no signed head"):
            rows.read_logs(tx, (first, model.LogCut(second.origin, second.size, second.root, second.time + 1)))
        with pytest.raises(BadForm, match="no log of this node"):
            rows.read_logs(tx, (first, model.LogCut(ORIGINS[0].replace("a", "c"), 1, second.root, 1)))  # type: ignore[arg-type]  # an origin of a test


# --- rules --------------------------------------------------------------------------------------------------------------


def test_the_table_says_what_the_desk_of_the_requests_says() -> None:
    stages = (
        "",
        "holding",
        "part",
        "final",
        "nominated",
        "accepted",
        "ended",
        "noted",
        "confirmed",
        "corrected",
        "asked",
        "given",
    )
    for kind in Kind:
        for stage in stages:
            said = Said("requests", kind.value, 2, "W-1", (), 0, stage, "")
            assert rules.asks(said) == owes_answer(kind, stage), (kind, stage)
            assert rules.settles(said) == settles(kind, stage), (kind, stage)
            assert rules.begins_answer(said) == is_answer(kind, stage), (kind, stage)


@pytest.mark.parametrize(
    ("count", "median", "p80"), [(1, 1, 1), (2, 1, 2), (4, 2, 4), (5, 3, 4), (10, 5, 8), (11, 6, 9)]
)
def test_ranks_are_the_nearest(count: int, median: int, p80: int) -> None:
    ordered = list(range(1, count + 1))
    assert (rank(ordered, 50), rank(ordered, 80)) == (median, p80)


def test_no_field_is_of_an_officer_a_person_or_a_community() -> None:
    words = re.compile(r"officer|person|name|author|agency|communit|religio|ethnic|nation|subject|released")
    for found in (model.Line, model.Said, model.Fate, model.Leaf):
        assert not [one for one in found._fields if words.search(one)]
    for kept in (model.Scorecard, model.Period, model.LogCut, codec.Statement):
        assert not [one.name for one in fields(kept) if words.search(one.name)]
    folder = Path(model.__file__).parent
    header_fields_read = set(re.findall(r"header\[(\d+)\]", (folder / "rows.py").read_text()))
    assert header_fields_read <= {
        "6",
        "7",
        "10",
        "16",
        "17",
        "20",
        "23",
    }  # never 4 (author), 5 (agencies), 21 (released by)


# --- actions of the plan ------------------------------------------------------------------------------------------------


def test_actions_count_by_the_version_and_the_words_that_were_filed_below_the_cut() -> None:
    made = Traffic()
    told = made.filed(A, 1, "action-update", {"state": "done"}, desk="workplan")
    unfiled = made.send(B, 2, "action-update", {"state": "done"}, desk="workplan")
    recalled = made.filed(B, 3, "action-update", {"state": "done"}, desk="workplan")
    recall = made.filed(B, 4, "recall", desk="workplan")
    owners = (("aa", "police"), ("bb", "border"))
    actions = tuple(Action(f"W-1.{n}", "W-1", (("en", "x"),), owners, "2027-01-20") for n in (1, 2))
    plan = Plan("t", "2026-01-01", items=(Item("W-1", (("en", "x"),), owners, "m", "2027-02-01"),), actions=actions)
    later = Plan("t", "2026-01-01")
    store = SqliteStore(
        ":memory:",
        (Schema("node", read_schema("comity.node")), Schema("workplan", read_schema("comity.desks.workplan"))),
    )
    with store.begin() as tx:
        rows_of = "INSERT INTO workplan_version (number, digest, plan, proposal, agreed) VALUES (?, ?, ?, ?, ?)"
        tx.run(rows_of, (1, b"1" * 32, plan_bytes(plan), None, None))
        tx.run(rows_of, (2, b"2" * 32, plan_bytes(later), unfiled, told))  # signed, but not below the cut
        for id_, action, side, agency in (
            (told, 1, 0, "police"),
            (unfiled, 1, 1, "border"),
            (recalled, 2, 1, "border"),
        ):
            tx.run(
                "INSERT INTO workplan_progress VALUES (?, ?, ?, 'done', ?, 0, ?, '', x'')",
                (id_, f"W-1.{action}", side, b"1" * 32, agency),
            )
        tx.run("INSERT INTO workplan_mark VALUES (?, ?, 0, 'recall', 0)", (recalled, recall))
    parties = tuple(Party(NodeName(f"{name}.example/comity"), name * 2, (b"", b""), ()) for name in "ab")
    accord = Accord("x", 1, None, (parties[0], parties[1]), (), (), (), (), Ms(0))
    due = 1_800_489_600_000  # 21 January 2027, 00:00 UTC
    with store.read() as tx:
        found = actions_here(tx, logs_of(made, 200), accord)
    assert found == (
        ActionDue(A, "W-1", due, True),
        ActionDue(B, "W-1", due, False),
        ActionDue(A, "W-1", due, False),
        ActionDue(B, "W-1", due, False),
    )
    other = Traffic()
    other.send(A, 1, "message")
    other.at(B, 1)
    with store.read() as tx:
        assert actions_here(tx, logs_of(other, 200), accord) == ()


def test_nothing_is_counted_before_both_logs_are_co_signed() -> None:
    with pytest.raises(BadForm, match="co-signed yet"):
        logs_of(Traffic(), 1)


def logs_of(made: Traffic, hours: float) -> model.Logs:
    with made.store(A, hours).read() as tx:
        return rows.read_logs(tx, rows.newest_cut(tx))


def test_actions_do_not_depend_on_what_a_node_wrote_above_the_cut(pair: Pair) -> None:
    """Only a word on an action is filed below the cut; whether an amendment was begun since on one side changes nothing."""
    a, b = pair.nodes
    body, _, _ = update_of(a.tx, a.desk, {"action": "A-1", "state": "done"})
    told = pair.say(a, body, "action-update")
    pair.carry()
    pair.propose(a, change())  # it has not arrived there
    made = Traffic()
    made.at(A, 1)
    made.at(B, 1)
    logs = logs_of(made, 2)
    leaf = model.Leaf(LeafIndex(0), told, 2, Digest(bytes(32)), START)
    fate = model.Fate(START, 0, Fact.FILED, "")
    logs = (replace(logs[0], leaves=(leaf,)), replace(logs[1], fates={told: fate}))
    parties = tuple(Party(NodeName(f"{name}.example/comity"), f"X{name.upper()}", (b"", b""), ()) for name in "ab")
    accord = Accord("x", 1, None, (parties[0], parties[1]), (), (), (), (), Ms(0))
    ours, theirs = actions_here(a.tx, logs, accord), actions_here(b.tx, logs, accord)
    assert ours == theirs
    assert [(one.side, one.done) for one in ours] == [(A, True), (B, False)]


def test_an_action_that_one_side_alone_owns_is_its_part_alone() -> None:
    made = Traffic()
    told = made.filed(A, 1, "action-update", {"state": "done"}, desk="workplan")
    alone = Action("W-1.1", "W-1", (("en", "x"),), (("bb", "border"),), "2027-01-20")
    plan = Plan("t", "2026-01-01", items=(), actions=(alone,))
    store = SqliteStore(":memory:", (Schema("workplan", read_schema("comity.desks.workplan")),))
    parties = tuple(Party(NodeName(f"{name}.example/comity"), name * 2, (b"", b""), ()) for name in "ab")
    accord = Accord("x", 1, None, (parties[0], parties[1]), (), (), (), (), Ms(0))
    with store.begin() as tx:
        tx.run("INSERT INTO workplan_version VALUES (1, ?, ?, NULL, NULL)", (b"1" * 32, plan_bytes(plan)))
        tx.run("INSERT INTO workplan_progress VALUES (?, 'W-1.1', 0, 'done', ?, 0, 'x', '', x'')", (told, b"1" * 32))
        assert [one.side for one in actions_here(tx, logs_of(made, 200), accord)] == [B]


# --- reading the logs -----------------------------------------------------------------------------------------------------


def test_a_log_without_heads_counts_from_the_other_logs_first_head_or_its_own_cut() -> None:
    made = Traffic()
    record = encode_entry(RecordLeaf("accord", Digest(bytes(32))))
    made.entries[A].append(record)
    logs = reading.read_pair(made.cut(50), made.entries)
    assert (logs[0].leaves, logs[1].leaves, logs[1].fates) == ((), (), {})
    sent = made.send(A, 1, "message")
    made.entries[A][:] = [one for one in made.entries[A] if one[10] != 5 or one == record]  # no head of theirs yet
    made.entries[A][:] = [made.entries[A][0], made.entries[A][-1]]
    (leaf,) = reading.read_pair(made.cut(50), made.entries)[0].leaves
    assert (leaf.id, leaf.place, leaf.at) == (sent, 1, START + 50 * HOUR), "neither log names a head: made at the cut"
    made.at(B, 9)
    (leaf,) = reading.read_pair(made.cut(50), made.entries)[0].leaves
    assert leaf.at == START + 9 * HOUR


def test_a_node_that_has_no_log_yet_knows_no_cut(traffic: Traffic) -> None:
    store = SqliteStore(":memory:", (Schema("node", read_schema("comity.node")),))
    with store.read() as tx, pytest.raises(BadForm, match="no log of this node"):
        rows.roles_of(tx, traffic.cut(END))


# --- which figures --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("desk", "kind", "stage", "figure"),
    [
        ("requests", "refusal", "", "refusals"),
        ("requests", "recall", "", "recalls"),
        ("precursors", "pen", "pre-export", "notifications"),
        ("precursors", "objection", "", "objections"),
    ],
)
def test_a_leaf_that_one_side_lacks_is_named_with_the_figures_into_which_it_goes(
    desk: str, kind: str, stage: str, figure: str
) -> None:
    made = Traffic()
    asked = made.filed(A, 1, "rfi")
    made.filed(B, 2, kind, {"state": stage, "outward": "unclear"}, re=(asked,), desk=desk)
    ours = counted(made.store(B, END))
    with made.store(A, END).begin() as tx:
        tx.run("UPDATE got SET plain = NULL")
        logs = rows.read_logs(tx, rows.newest_cut(tx))
        theirs = comparing.make(logs, rows.holding(tx, logs, PERIOD), TERMS, PERIOD)
    found = comparing.compare(ours, comparing.statement(theirs), {})
    (named,) = found.leaves
    assert (named.ours, named.theirs) == (Held.WHOLE, Held.ABSENT)
    assert figure in named.figures
    assert figure in {one.line.figure for one in found.figures}


def test_where_nothing_limits_how_soon_it_is_seen_nothing_is_late(traffic: Traffic) -> None:
    with traffic.store(A, END).read() as tx:
        logs = rows.read_logs(tx, rows.newest_cut(tx))
        card = comparing.make(
            logs, rows.holding(tx, logs, PERIOD), model.Terms(TERMS.accord, {}, {}, TERMS.feedback), PERIOD
        ).card
    found = {one.figure for one in card.lines}
    assert "seen-count" in found
    assert not found & {"seen-late", "seen-in-limit", "seen-open"}


def test_a_period_of_one_month_has_no_months(traffic: Traffic) -> None:
    store = traffic.store(A, END)
    month = datetime.fromtimestamp(START / 1_000, UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    begins = Ms(round(month.timestamp() * 1_000))
    assert by_month(counted(store, Period(begins, Ms(begins + 28 * DAY)))) == ()
    assert len(by_month(counted(store, Period(begins, Ms(begins + 35 * DAY))))) == 2
