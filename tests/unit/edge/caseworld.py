"""One case of two invented nodes with a lawful, a withheld, a half removed and a recalled dispatch in it, and its papers."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache

from comity.base.ids import CaseId, Digest, DispatchId, Ms
from comity.dispatch.acts import Done
from comity.dispatch.particulars import Particulars
from comity.dispatch.states import Officer
from comity.node.casepapers import Asked, case_dispatches
from comity.node.node import Node
from comity.node.publickeys import PublicKeys
from comity.policy.question import Act
from comity.policy.verdict import Effect, Obligation, Reason, Verdict
from tests.unit.edge.deskworld import accord_of, form, make_node
from tests.unit.node.world import START, A, B, Half, exchange

SECRET, HALF, OPEN = "Heliotrope berth nine", "Marigold warehouse four", "Two lorries at the ford"
"""Words of a dispatch that our law does not let out, of one whose body it removes, of one that it lets out."""
HINDI = "प्रार्थना: ट्रक किसके हैं? क्षेत्र, श्री, र्क, त्र"
BY = Officer("requests", 7)
FRAME = {
    "case": {"id": "", "ours": "XA-2026-000001", "theirs": "XB-2026-000004"},
    "parties": [
        {"short": "XA", "name": {"en": "Auria"}, "capital": "Aurin", "zone": "America/Halifax", "node": A, "ours": True},
        {"short": "XB", "name": {"en": "Borea"}, "capital": "Borhaven", "zone": "Asia/Kathmandu", "node": B, "ours": False},
    ],
    "agencies": {"agency": {"en": "The Agency"}},
    "editions": [{"party": "XA", "name": "Test edition", "hash": "00" * 32, "exercise": True, "notice": {"en": "An exercise."}}],
    "accord": {"name": "test", "edition": 1, "sha256": "11" * 32},
}  # fmt: skip


class Law:
    """Permits all, but: nothing for purpose `fraud` goes before a court, and of `missing-person` the persons are removed."""

    def decide(self, question, now):
        duties, effect, outward = (), Effect.PERMIT, None
        if question.act in {"evidence", "court", "export"}:
            if question.purpose == "fraud":
                effect, outward = Effect.REFUSE, "cannot-assist"
            if question.purpose == "missing-person":
                effect, duties = Effect.PERMIT_WITH, (Obligation("redact", "person", "T-3"),)
        reasons = (Reason("T-1", effect, "Test Act s. 1", "text-read", "So.", (("en", "So."),)),)
        ground = "disproportionate" if outward else None
        return Verdict(effect, reasons, duties, ground, outward, None, (), Digest(bytes(32)))


@dataclass(frozen=True)
class Story:
    """Both nodes, the case, the dispatches by a word each, and the keys of both."""

    a: Node
    b: Node
    case: CaseId
    ids: dict[str, DispatchId]
    keys: PublicKeys
    acts: dict[str, dict[DispatchId, DispatchId]] = field(default_factory=dict)

    def asked(self, purpose="evidence", recipient="District Court of Aurin"):
        return Asked(self.case, self.acts[purpose], purpose, recipient, ("order 12/2026",), BY)


@cache
def told() -> Story:
    """Tell it once: question, answer in Hindi, a withheld message, a half removed one, a recall; then our law is asked."""
    halves = Half.make(A), Half.make(B)
    for half in halves:
        half.sign_keys()
    accord = accord_of(*halves)
    a, b = make_node(*halves, accord, "XA"), make_node(*halves[::-1], accord, "XB")
    for node in (a, b):
        node.office = replace(node.office, gate=Law())
    ids: dict[str, DispatchId] = {}
    exchange(a, b, START)
    exchange(b, a, at(1))
    ids["question"] = send(a, 5, form(body={"title": "Lorries", "text": OPEN}))
    case = CaseId(ids["question"])
    meet(a, b, 6)
    ids["answer"] = send(b, 20, form("message", {"text": HINDI, "language": "hi"}, case=case))
    meet(a, b, 21)
    ids["secret"] = send(a, 40, form("message", {"text": SECRET}, case=case, purpose="fraud"))
    ids["half"] = send(a, 41, form("message", {"text": HALF}, case=case, purpose="missing-person"))
    meet(a, b, 42)
    recall = {"target": ids["half"], "reason": "Wrong warehouse.", "due": START + 9_000_000}
    ids["recall"] = send(a, 60, form("recall", recall, case=case, replaces=ids["half"]))
    meet(a, b, 61)
    b.see([ids["question"]], at(70))
    a.see([ids["answer"]], at(71), BY)
    for second in (80, 90, 100):
        meet(a, b, second)
    story = Story(a, b, case, ids, PublicKeys.listed(a.office.peer_keys, b.office.peer_keys))
    for purpose in ("evidence", "court"):
        story.acts[purpose] = ask_all(a, case, Act(purpose), 110)
    a.close_day(BY, at(120))
    meet(a, b, 121)
    meet(a, b, 122)
    return story


def ask_all(node, case, act, second):
    """Ask the law of a node for every dispatch of a case."""
    with node.ledger.read() as tx:
        wanted = case_dispatches(tx, case)
    outcomes = {one: node.act(Particulars(act, one, reason="for the court"), BY, at(second)) for one in wanted}
    assert sum(isinstance(one, Done) for one in outcomes.values()) == len(wanted) - 1
    return {one: outcome.id for one, outcome in outcomes.items()}


def send(node, second, made):
    """Send one form and return its number."""
    (done,) = node.submit([made], at(second))
    assert hasattr(done, "id"), done
    return done.id


def meet(a, b, second):
    """Let both speak once."""
    exchange(a, b, at(second))
    exchange(b, a, Ms(at(second) + 500))


def at(second) -> Ms:
    return Ms(START + second * 1_000)
