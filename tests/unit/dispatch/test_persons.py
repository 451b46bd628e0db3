"""Budgets over persons: counted once a person, purpose and period, alarmed at four fifths and at the limit."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import DispatchId, Ms
from comity.dispatch import persons
from comity.dispatch.persons import Asking, budget_of, count, spent
from comity.marking.labels import Urgency
from tests.unit.node.forge import store
from tests.unit.node.world import START, make_pair

KEY = b"k" * 32
DAY = 86_400_000
NOW = Ms(START - START % (30 * DAY))


def accord(**caps: int):
    bare = make_pair()[0].office.accord
    return replace(bare, timers=tuple(sorted({**dict(bare.timers), **caps}.items())))


LIMITED = accord(**{"budget-fraud": 5, "budget-other": 100, "budget-period": 30 * DAY})


def asking(*names: str, purpose: str = "fraud", number: int = 1, associations: tuple[str, ...] = ()) -> Asking:
    return Asking(DispatchId(number.to_bytes(16)), purpose, frozenset(names), frozenset(associations))


def alarms(at) -> list[tuple]:
    with at.read() as tx:
        return [(kind, role) for kind, role in tx.rows("SELECT kind, role FROM alarm ORDER BY at, kind")]


def ask(at, *names: str, ours: bool = True, now: Ms = NOW, **more: object) -> bool:
    """Ask about persons and return whether the budget held it; what is held is not counted."""
    with at.begin() as tx:
        held = ours and spent(asking(*names, **more), LIMITED, KEY, tx, now)
        if not held:
            count(asking(*names, **more), LIMITED, KEY, tx, now, ours=ours)
    return held


def test_the_same_person_is_counted_once_and_a_new_one_beyond_the_limit_is_held():
    at = store()
    assert not any(ask(at, name) for name in ("a", "b", "c", "d", "e"))
    assert not ask(at, "a", "e")
    assert ask(at, "f")
    with at.read() as tx:
        assert persons.asked(LIMITED, tx, NOW) == (persons.Asked(ours=True, purpose="fraud", persons=5, limit=5),)


def test_splitting_a_list_or_keeping_it_whole_meets_the_same_limit():
    whole, split = store(), store()
    names = [f"p{n}" for n in range(6)]
    assert ask(whole, *names)
    assert [ask(split, name, number=n) for n, name in enumerate(names)] == [False] * 5 + [True]


def test_another_purpose_has_its_own_budget_and_another_period_begins_anew():
    at = store()
    for name in "abcde":
        ask(at, name)
    assert not ask(at, "f", purpose="cybercrime")
    assert not ask(at, "f", now=Ms(NOW + 30 * DAY))


def test_the_approver_hears_at_four_fifths_and_the_reviewer_at_the_limit_once():
    at = store()
    ask(at, "a", "b", "c")
    assert alarms(at) == []
    ask(at, "d")
    assert alarms(at) == [("budget-near", "approver")]
    ask(at, "e")
    ask(at, "e", "a")
    assert alarms(at) == [("budget-near", "approver"), ("budget-spent", "reviewer")]


def test_of_the_peers_asking_only_our_reviewer_hears():
    at = store()
    ask(at, *"abcde", ours=False)
    assert alarms(at) == [("budget-spent-theirs", "reviewer")]


def test_members_of_one_association_are_counted_over_purposes_for_the_reviewer():
    at = store()
    ask(at, "a", associations=("union",))
    ask(at, "b", purpose="cybercrime", associations=("union",))
    assert alarms(at) == []
    ask(at, "c", "a", purpose="missing-person", associations=("union",))
    assert alarms(at) == [("association", "reviewer")]


def test_what_is_kept_tells_no_name_and_links_nothing_across_purposes():
    at = store()
    ask(at, "meera kalsi")
    ask(at, "meera kalsi", purpose="cybercrime")
    with at.read() as tx:
        rows = tx.rows("SELECT person FROM person_asked")
    assert len({row[0] for row in rows}) == 2
    assert not any(b"meera" in row[0] for row in rows)
    assert persons.mark(KEY, budget_of(LIMITED, "fraud", NOW), "x") != persons.mark(
        b"o" * 32, budget_of(LIMITED, "fraud", NOW), "x"
    )


def test_without_a_budget_nothing_is_held_and_immediate_counts_but_is_never_stopped():
    at = store()
    free = accord()
    with at.begin() as tx:
        assert not spent(asking(*"abcdefgh"), free, KEY, tx, NOW)
        assert not spent(asking(), LIMITED, KEY, tx, NOW)
    assert not persons.counts(Urgency.IMMEDIATE)
    assert persons.counts(Urgency.URGENT)


def test_associations_are_counted_with_the_most_members_of_one_and_begin_anew_with_the_period():
    at = store()
    limited = replace(LIMITED, timers=tuple(sorted({**dict(LIMITED.timers), "association-members": 5}.items())))
    ask(at, "a", "b", associations=("union",))
    ask(at, "c", associations=("union", "club"))
    ask(at, "d", ours=False, associations=("club",))
    with at.read() as tx:
        assert persons.associated(LIMITED, tx, NOW) == (
            persons.Associated(ours=True, associations=2, members=3, told_from=3),
            persons.Associated(ours=False, associations=1, members=1, told_from=3),
        )
        assert {one.told_from for one in persons.associated(limited, tx, NOW)} == {5}
        after = persons.period_ends(LIMITED, NOW)
        assert after == NOW + 30 * DAY == persons.period_ends(LIMITED, Ms(after - 1))
        assert persons.associated(LIMITED, tx, Ms(after - 1))
        assert not persons.associated(LIMITED, tx, after)
