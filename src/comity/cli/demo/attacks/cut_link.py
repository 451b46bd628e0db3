"""9. Cut link: nothing gets through for a day, and something immediate waits.

What notices: the heartbeat that does not come. Limits run and show overdue on both sides. When the link is back, what is
immediate goes first, nothing is lost or doubled, and the manifests agree.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import msgspec

from comity.base.ids import Ms
from comity.cli.demo.attacks.arena import MINUTE_MS, Arena
from comity.cli.demo.attacks.result import AttackResult
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Fact
from comity.dispatch.exchange_codec import decode_exchange
from comity.dispatch.states import Committed
from comity.marking.labels import Urgency
from comity.node.link import LinkState
from comity.node.speaking import NO_ANSWERS

ATTACK = (9, "cut-link")
_DAY_MS = 1_440 * MINUTE_MS
_HALF_HOUR_MS = 30 * MINUTE_MS


@dataclass(slots=True)
class _Cut:
    """What happened while the link was cut, in milliseconds from its beginning."""

    silent: dict[str, int] = field(default_factory=dict)
    overdue: dict[str, int] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)


def run(ring: Arena) -> AttackResult:
    """Cut the link, let a virtual day pass with dispatches waiting on both sides, and join it again."""
    immediate, urgent, theirs = ring.finished.script.attacks[ATTACK[1]]
    asker = ring.scene(immediate).party
    other = ring.finished.other(asker)
    ring.settle()
    ring.began = ring.now
    waiting = {asker: [ring.sent(urgent), ring.sent(immediate, urgency=Urgency.IMMEDIATE)], other: []}
    cut = _pass_a_day(ring, waiting, {other: theirs})
    heartbeat = ring.nodes[asker].timers.heartbeat_ms
    for party in (asker, other):
        within = cut.silent.get(party, _DAY_MS) <= heartbeat + MINUTE_MS
        ring.check(f"{ring.mark(party)}'s node says within a heartbeat that the link is silent", within)
        ring.check(f"{ring.mark(party)}'s desk shows what waits as overdue", party in cut.overdue)
    kept = {"silent": cut.silent, "overdue": cut.overdue, "tries": cut.tries}
    ring.keep("while-it-was-cut.json", msgspec.json.format(msgspec.json.encode(kept)))
    passed = ring.passed()
    _join(ring, asker, waiting)
    _check_manifests(ring)
    return ring.result(
        ATTACK,
        by="nobody: a cut cable",
        done=f"no exchange got through for {passed}; an immediate dispatch, an urgent one of the same side and one of the "
        "other side waited",
        noticed=f"the missing heartbeat: silent after {NO_ANSWERS} tries; overdue on both sides; on return the immediate one "
        "went first, nothing was lost or doubled, and the manifests agree",
        after=f"silent after {max(cut.silent.values(), default=0) / MINUTE_MS:.0f} min, "
        f"overdue after {min(cut.overdue.values(), default=0) / MINUTE_MS:.0f} min on the nodes' clocks",
    )


def _pass_a_day(ring: Arena, waiting: dict[str, list[Committed]], later: dict[str, int]) -> _Cut:
    """Let each node try, every answer missing: thrice at once, then every heartbeat; close the day when it is due.

    Args:
        ring: the nodes.
        waiting: what each side has sent; grows by `later`.
        later: what a side sends once its node has noticed the silence by the heartbeat that did not come.
    """
    cut, ends = _Cut(), ring.now + _DAY_MS
    next_try: dict[str, Ms] = dict.fromkeys(waiting, ring.now)
    while ring.now < ends:
        for party, sent in waiting.items():
            node = ring.nodes[party]
            if node.day_closes_at(ring.now) <= ring.now:
                ring.close_day(party)
            due = node.due_at(ring.now)
            if due is not None and max(due, next_try[party]) <= ring.now:
                next_try[party] = _lost(ring, party, cut)
            if party in later and party in cut.silent:
                sent.append(ring.sent(later.pop(party)))
            if any(ring.overdue(party, one.id) for one in sent):
                cut.overdue.setdefault(party, ring.now - ring.began)
        coming = min(next_try.values())
        limits = [due for party in waiting for due in ring.waiting(party).values() if due > ring.now]
        ring.wait(max(1_000, min([coming, ends, ring.now + _HALF_HOUR_MS, *limits]) - ring.now))
    return cut


def _lost(ring: Arena, party: str, cut: _Cut) -> Ms:
    """Say something that nobody hears, and return when the next try is due."""
    node = ring.nodes[party]
    node.speak(ring.now)
    failures = node.no_answer(ring.now)
    cut.tries[party] = cut.tries.get(party, 0) + 1
    if node.link().state is LinkState.SILENT:
        cut.silent.setdefault(party, ring.now - ring.began)
    timers = node.timers
    return Ms(ring.now + (timers.heartbeat_ms if failures >= NO_ANSWERS else timers.backoff_first_ms << failures))


def _join(ring: Arena, asker: str, waiting: dict[str, list[Committed]]) -> None:
    """Let the first exchange through and look at its order; then let everything settle and count."""
    node, there = ring.nodes[asker], ring.nodes[ring.finished.other(asker)]
    request = node.speak(ring.now)
    ring.keep("first-exchange.cbor", request)
    carried = [index for index, _ in decode_exchange(request).dispatches]
    urgent, immediate = waiting[asker]
    ring.check(
        "the immediate one goes first, before the urgent one that was older",
        carried[:2] == [immediate.index, urgent.index],
    )
    there.take(request, ring.now)
    node.take(there.speak(ring.now), ring.now)
    ring.settle()
    ring.tick()
    for party, sent in waiting.items():
        ring.check(f"{ring.mark(party)}'s link is up", ring.nodes[party].link().state is LinkState.UP)
        ids = {one.id for one in sent}
        settled = ring.rows(party, "SELECT id FROM sent WHERE fact = ?", (int(Fact.FILED),))
        ring.check(f"nothing of {ring.mark(party)}'s was lost", ids <= {bytes_of(row[0]) for row in settled})
        _check_counts(ring, party)


def _check_counts(ring: Arena, party: str) -> None:
    """Compare what a party sent with what the other has: each once, none open."""
    other = ring.finished.other(party)
    sent = ring.rows(party, "SELECT id FROM sent ORDER BY id")
    got = ring.rows(other, "SELECT id FROM got ORDER BY id")
    shown = ring.rows(other, "SELECT id FROM requests_dispatch WHERE ours = 0 ORDER BY id")
    ring.check(f"each dispatch of {ring.mark(party)} is once with {ring.mark(other)}", sent == got)
    ring.check(
        "and once on its desk, its own manifests apart", len(shown) == len(set(shown)) and set(shown) <= set(got)
    )
    open_ones = ring.rows(party, "SELECT count(*) FROM sent WHERE settled_at IS NULL")[0][0]
    ring.check(f"{ring.mark(party)} waits for no receipt", int_of(open_ones) == 0)


def _check_manifests(ring: Arena) -> None:
    """Close both days and see that neither side notes a difference."""
    before = {party: ring.rows(party, "SELECT id, what FROM difference") for party in ring.finished.parties}
    for party in ring.finished.parties:
        ring.close_day(party)
        ring.settle()
        ring.tick()
    for party in ring.finished.parties:
        after = ring.rows(party, "SELECT id, what FROM difference")
        ring.check(f"{ring.mark(party)} notes no difference in the manifests", after == before[party] == [])
