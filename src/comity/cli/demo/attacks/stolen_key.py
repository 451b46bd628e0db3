"""10. Stolen officer key: an officer whose posting has ended is used to release a dispatch.

What notices: the own node, where the posting has ended, so nothing is released; and if that node was altered, the other
side's law: the posting's end stands at an earlier leaf of the sender's own log.
"""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import LeafIndex, Ms, show_id
from comity.cli.demo.attacks.arena import Arena, timed
from comity.cli.demo.attacks.result import AttackResult
from comity.desk import Powers, Standing
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import verdict_in
from comity.dispatch.entries import Fact
from comity.dispatch.ports import Tx
from comity.dispatch.states import Committed, Withheld
from comity.node.node import Outcome
from comity.tlog.proof import parse_proof

ATTACK = (10, "stolen-key")


class AlwaysPowers:
    """Powers of an altered node: everyone may release everything."""

    def __init__(self, agency: str, honest: Powers) -> None:
        self._agency, self._honest = agency, honest

    def standing(self, tx: Tx, desk: str, number: int, now: Ms) -> Standing | None:
        """Permit it, whoever it is."""
        del tx, desk, number, now
        return Standing(self._agency, frozenset({"posted-officer"}), None, None, None, None, None)

    def peer_posting_ended(self, tx: Tx, desk: str, number: int) -> LeafIndex | None:
        """Answer as the honest powers do."""
        return self._honest.peer_posting_ended(tx, desk, number)


def run(ring: Arena) -> AttackResult:
    """Use the officer at his own node, then at an altered one that asks nobody."""
    number, *nomination = ring.finished.script.attacks[ATTACK[1]]
    scene = ring.scene(number)
    victim = ring.finished.other(scene.party)
    if nomination:
        _end_posting(ring, nomination[0])
    before = ring.row(scene.party, LogRole.OURS).size
    outcomes: list[Outcome] = []
    took = timed(lambda: outcomes.append(ring.submit(number)))
    _check_own(ring, scene.party, outcomes[0], before)
    office = ring.nodes[scene.party].office
    ring.refit(scene.party, replace(office, powers=AlwaysPowers(scene.agency, office.powers)))
    sent = ring.sent(number)
    took += timed(ring.settle)
    rule = _check_other(ring, scene.party, victim, sent)
    return ring.result(
        ATTACK,
        by=scene.party,
        done=f"officer {scene.desk}/{scene.officer} of {ring.mark(scene.party)}, whose posting has ended, was used to release the message "
        f"of dispatch {number} again: at the own node, then at an altered one where everyone may release everything",
        noticed=f"{ring.mark(scene.party)}'s own node holds it: no standing. From the altered node it crosses, and {ring.mark(victim)}'s admit "
        f"refuses it ({rule}): the posting ended at an earlier leaf",
        after=f"at once, {took:.0f} ms for both",
    )


def _end_posting(ring: Arena, nomination: int) -> None:
    """End a posting that the day left in force."""
    body = ring.scene(nomination).body
    ended = {"state": "ended", "desk": body["desk"], "officer": body["officer"]}
    posting = show_id(ring.id(nomination))
    ring.sent(nomination, body=ended, re=[posting], case=posting)
    ring.settle()
    ring.tick()


def _check_own(ring: Arena, party: str, outcome: Outcome, before: int) -> None:
    missing = outcome.missing if isinstance(outcome, Withheld) and outcome.state == "held" else ()
    ring.check("the own node holds it: the officer has no standing", "release:officer-without-standing" in missing)
    ring.check("nothing was sent", ring.row(party, LogRole.OURS).size == before)
    if isinstance(outcome, Withheld):
        found = ring.rows(party, "SELECT kind, record FROM record WHERE dispatch = ?", (outcome.id,))
        ring.check("the own decision log has the attempt", found and text_of(found[0][0]) == "held")
        if found:
            ring.keep("held-at-home.record.cbor", bytes_of(found[0][1]))


def _check_other(ring: Arena, party: str, victim: str, sent: Committed) -> str:
    """Check the other side's refusal, its decision record, and the receipt that says so; return the rule."""
    fact, receipt = ring.receipt(victim, sent.id)
    ring.check("the other side's admit refuses it", fact == int(Fact.REFUSED))
    told = ring.rows(party, "SELECT fact, code FROM sent WHERE id = ?", (sent.id,))
    ring.check("the sender reads one outward word", told == [(int(Fact.REFUSED), "cannot-assist")])
    found = ring.rows(victim, "SELECT record FROM record WHERE dispatch = ?", (sent.id,))
    verdict = verdict_in(bytes_of(found[0][0])) if found else None
    rule = verdict.reasons[0].rule if verdict is not None else "no rule"
    ring.check("the other side's decision log has the attempt, and why", rule == "ACCORD-POSTING-ENDED")
    ended = ring.nodes[victim].office.powers
    scene = ring.scene(ring.finished.script.attacks[ATTACK[1]][0])
    with ring.nodes[victim].ledger.read() as tx:
        leaf = ended.peer_posting_ended(tx, scene.desk, scene.officer)
    ring.check(
        "the posting ended at an earlier leaf", leaf is not None and sent.index is not None and leaf < sent.index
    )
    if found:
        ring.keep("refused-by-the-other-side.record.cbor", bytes_of(found[0][0]))
    if receipt is not None and fact == int(Fact.REFUSED):
        proof = parse_proof(ring.keep_proof(victim, LogRole.OURS, int_of(receipt), "receipt"))
        ring.check("the refusal stands in a log that both signed", ring.keys().head(proof.note), public=True)
    return rule
