"""7. Removed rule input: the request to the own law gate lacks what a rule must read.

What notices: the schema. A record that does not fit is an error, an error is a refusal, and nothing is sent; the decision
log has it. On `immediate` the duty approver is to be rung.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base.ids import Ms
from comity.cli.demo.attacks.arena import Arena, timed
from comity.cli.demo.attacks.result import AttackResult
from comity.dispatch.book import LogRole
from comity.dispatch.columns import bytes_of, text_of
from comity.dispatch.decision import verdict_in
from comity.dispatch.states import Committed, Withheld
from comity.marking.labels import Urgency
from comity.node.node import Outcome
from comity.policy.attributes import attributes_of
from comity.policy.cedar import ERROR, CedarGate
from comity.policy.question import Question
from comity.policy.verdict import Verdict

ATTACK = (7, "removed-input")
INPUTS = ("assessments", "categories")


@dataclass(frozen=True, slots=True)
class StrippedGate:
    """A law gate whose caller leaves one attribute out of every record."""

    gate: CedarGate
    lacks: str

    def decide(self, question: Question, now: Ms) -> Verdict:
        """Ask the real law with a record that lacks an attribute."""
        whole = attributes_of(question, self.gate.edition.groups)
        return self.gate.decide_attributes({name: value for name, value in whole.items() if name != self.lacks}, now)


def run(ring: Arena) -> AttackResult:
    """Let each side in turn ask its own law without one input, and hand in a form that would otherwise leave."""
    numbers = ring.finished.script.attacks[ATTACK[1]]
    took, rung = 0.0, []
    for number, lacks in zip(numbers, INPUTS, strict=True):
        took += _try(ring, number, lacks)
        rung.append(f"{ring.mark(ring.scene(number).party)} {_approver(ring, ring.scene(number).party)}")
    first, second = (ring.mark(ring.scene(number).party) for number in numbers)
    return ring.result(
        ATTACK,
        by=f"{first}, then {second}, each at home",
        done=f"the question to {first}'s own law was asked without its {INPUTS[0]}, that to {second}'s without its data {INPUTS[1]}",
        noticed="the schema of the law's questions: an error, and an error is a refusal; nothing was sent, the decision log "
        f"has it; on `immediate` the duty approver is to be rung: {', '.join(rung)}",
        after=f"at once, {took:.0f} ms for both",
    )


def _try(ring: Arena, number: int, lacks: str) -> float:
    party = ring.scene(number).party
    node, office = ring.nodes[party], ring.nodes[party].office
    before = ring.row(party, LogRole.OURS).size
    ring.refit(party, replace(office, gate=StrippedGate(CedarGate(ring.opened[party].edition), lacks)))
    outcomes: list[Outcome] = []
    took = timed(lambda: outcomes.append(ring.submit(number, urgency=Urgency.IMMEDIATE)))
    outcome = outcomes[0]
    whose = f"{ring.mark(party)} without {lacks}"
    refused = isinstance(outcome, Withheld) and outcome.state == "refused" and outcome.verdict.ground == ERROR
    ring.check(f"{whose}: refused, ground `{ERROR}`", refused)
    ring.check(f"{whose}: nothing was sent", ring.row(party, LogRole.OURS).size == before)
    if isinstance(outcome, Withheld):
        _check_kept(ring, party, outcome, whose, lacks)
    ring.nodes[party] = node
    again = ring.submit(number, urgency=Urgency.IMMEDIATE)
    ring.check(f"{whose}: with the input the same form leaves", isinstance(again, Committed))
    ring.check(f"{whose}: there is an approver to be rung", _approver(ring, party))
    return took


def _check_kept(ring: Arena, party: str, outcome: Withheld, whose: str, lacks: str) -> None:
    found = ring.rows(party, "SELECT kind, record, salt FROM record WHERE dispatch = ?", (outcome.id,))
    verdict = verdict_in(bytes_of(found[0][1])) if found else None
    kept = found and text_of(found[0][0]) == "refused" and verdict is not None and verdict.ground == ERROR
    ring.check(f"{whose}: the decision log has it", kept)
    if found:
        ring.keep(f"{party}-without-{lacks}.record.cbor", bytes_of(found[0][1]))


def _approver(ring: Arena, party: str) -> str:
    """Return desk and number of the duty approver in the party's roster, "" if there is none."""
    opened = ring.opened[party]
    officers = [one for one in opened.roster.of(opened.config.party) if ring.finished.script.approver in one.roles]
    return f"{officers[0].desk}/{officers[0].number}" if officers else ""
