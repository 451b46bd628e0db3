"""A law that asks for approvals, forms and reports as it is told, officers with roles, and drafts that it holds."""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from comity.base.ids import Digest, Ms
from comity.dispatch.approvals import Answer
from comity.dispatch.filing import Standing
from comity.dispatch.states import Officer, Withheld
from comity.marking.labels import Urgency
from comity.policy.assessment import Assessment, AssessmentForm
from comity.policy.question import AssessedAct, Decision, Risk
from comity.policy.verdict import Effect, Obligation, Reason, Verdict
from tests.unit.node.forge import START, node
from tests.unit.node.world import PlainDesk, form

MINUTE, HOUR = 60_000, 3_600_000
ROLES = {
    7: ("one", ("officer",)),
    8: ("one", ("officer", "duty-officer")),
    11: ("one", ("head",)),
    12: ("one", ("head", "privacy")),
    13: ("one", ("privacy",)),
    14: ("one", ("approver",)),
    15: ("one", ("approver",)),
    21: ("two", ("head", "approver")),
    31: ("one", ("reviewer", "duty-officer")),
    32: ("one", ("reviewer",)),
    41: ("one", ("assessor",)),
}
"""Agency and roles of each officer of the desk."""


def by(number: int) -> Officer:
    return Officer("plain", number)


@dataclass
class Asking:
    """A law that permits once these approvals are there; with a way around them where glass may be broken."""

    approvals: tuple[str, ...] = ()
    obliged: tuple[tuple[str, str], ...] = ()
    forms: tuple[str, ...] = ()
    overriding: tuple[str, ...] = ()
    """Approvals that broken glass never defers."""
    full: bool = False
    refuses: str = ""
    asked: list = field(default_factory=list)

    def decide(self, question, now):
        self.asked.append(question)
        made = {one.act.value for one in question.assessments}
        full = {one.act.value for one in question.assessments if not one.short_form}
        missing = {f"approval:{one}" for one in self.overriding if one not in question.approvals}
        missing |= {f"assessment:{one}" for one in self.forms if one not in made}
        if not question.break_glass:
            missing |= {f"approval:{one}" for one in self.approvals if one not in question.approvals}
            missing |= {f"assessment:{one}:full" for one in self.forms if self.full and one in made - full}
        if self.refuses:
            return verdict(Effect.REFUSE, ground=self.refuses, outward="cannot-assist")
        if missing:
            return verdict(Effect.REFER, missing=tuple(sorted(missing)), refer_to="someone")
        return verdict(Effect.PERMIT_WITH if self.obliged else Effect.PERMIT, *self.obliged)


def verdict(effect, *obliged, **more):
    reason = Reason("T-1", effect, "Test Act s. 1", "text-read", "So it is.", (("en", "So it is."),))
    made = {"ground": None, "outward": None, "refer_to": None, "missing": (), "edition": Digest(bytes(32)), **more}
    return Verdict(effect, (reason,), tuple(Obligation(v, w, "T-1") for v, w in obliged), **made)


class Roster:
    """Officers as `ROLES` has them; what a test changes is changed for it alone."""

    def __init__(self) -> None:
        self.given = {
            number: Standing(agency, frozenset(roles), None, None, None, None, None)
            for number, (agency, roles) in ROLES.items()
        }

    def standing(self, tx, desk, number, now):
        return self.given.get(number) if desk == "plain" else None

    def peer_posting_ended(self, tx, desk, number):
        return None


class Rota:
    """Officers on call by role, in order."""

    def __init__(self, **roles: tuple[int, ...]) -> None:
        self.roles = roles

    def on_call(self, role, now, tx):
        return tuple(by(number) for number in self.roles.get(role.replace("-", "_"), ()))


class Redacting(PlainDesk):
    """A desk that removes every 'name', tells the law about it, and knows what is the minimum."""

    def facts(self, kind, body):
        tagged = frozenset({"person"}) if b"name" in body else frozenset()
        return replace(super().facts(kind, body), tagged=tagged)

    def redact(self, kind, body, classes):
        return (body.replace(b"name", b"----"), ("person",)) if "person" in classes else (body, ())

    def minimum(self, kind, form):
        return {"text": str(form["text"]).partition(";")[0]}


def office_of(law, *, rota=None, desk=None, **more):
    """Return a node under this law, with its powers to be changed by the test."""
    made = node(gate=law)
    powers = Roster()
    rota = rota or Rota(approver=(14, 15), head=(11,))
    agencies = frozenset({"agency", "one", "two"})
    desks = {"plain": desk or Redacting()}
    made.office = replace(made.office, powers=powers, rota=rota, agencies=agencies, desks=desks, **more)
    return made


def draft(text: str = "hello", number: int = 7, **more):
    """Return a form of agency one, and who hands it in."""
    case = {"purpose": "organised-crime", "conduct": "fraud", "retain_until": Ms(START + 99 * 24 * HOUR)}
    more = case | more
    made, _ = form(text, urgency=more.pop("urgency", Urgency.URGENT), **more)
    return replace(made, agency="one"), by(number)


def hold(a, text: str = "hello", *, now=START, number: int = 7, **more):
    """Hand in a draft that the law holds, and return it as it is kept."""
    (done,) = a.submit([draft(text, number, **more)], now)
    assert isinstance(done, Withheld), done
    return a.held_draft(done.id).held


def yes(role: str, number: int) -> Answer:
    return Answer(role, by(number), yes=True)


def no(role: str, number: int) -> Answer:
    return Answer(role, by(number), yes=False, reason="not needed for the purpose")


def assessment(act: str = "disclose", shape: str = "short", **more) -> Assessment:
    made = {
        "act": AssessedAct(act), "form": AssessmentForm(shape), "who_and_how": "the person named, at a police station",
        "risk_before": Risk.LOW, "source": "two sources that do not know each other", "mitigations": (),
        "risk_after": Risk.LOW, "decision": Decision.GO, "basis": "assessed anew" if shape == "full" else "",
        "decider_desk": "plain", "decider_number": 41, "outside_operation": True,
    }  # fmt: skip
    return Assessment(**{**made, **more})
