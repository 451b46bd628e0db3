"""Two invented law editions and what their law did with a dispatch, for the pages of the law."""

from __future__ import annotations

from comity.base.ids import DispatchId, Ms
from comity.screen import (
    ActLine,
    AlarmLine,
    ApprovalLine,
    AssessmentLine,
    AssociationLine,
    BudgetLine,
    DutyLine,
    GlassLine,
    HeldLine,
    LawCard,
    LawPart,
    OwedLine,
    RingLine,
    RuleCard,
    VerdictLine,
    WaitingCard,
)

DAY_START = Ms(1_783_900_800_000)
HOUR = 3_600_000
FIRST, LATER, END = Ms(1_767_225_600_000), Ms(1_798_761_600_000), Ms(1_830_297_600_000)
"""1 January of 2026, 2027, 2028."""
SECRET = "What a private rule says and nobody there may read."
SECRET_ID = "XA-PRV-1"


def rule(name: str, effect: str = "permit", **more: object) -> RuleCard:
    made: dict[str, object] = {
        "id": name, "seed": name.split("/", maxsplit=1)[0], "title": f"Title of {name}", "article": "Data Act s. 8(2)", "status": "text-read",
        "source": "official consolidation", "effect": effect, "duty": "", "refer_to": "", "first_day": "2026-01-01", "last_day": "",
        "in_force_from": FIRST, "in_force_until": None, "sentences": (("en", f"What {name} says."), ("fr", f"Ce que dit {name}, à sa façon.")),
        "texts": (("XA/Data-Act/s8: written from the text of Data Act, s. 8 as of 2026-06-14", "5fe755bf" * 8),), "overriding": False,
        "private": False,
    }  # fmt: skip
    return RuleCard(**{**made, **more})  # type: ignore[arg-type]  # a test's own fields


HINDI = (("en", "May be given to a police force."), ("hi", "यह पुलिस को दिया जा सकता है।"))
OURS = LawCard(
    short="XA", ours=True, name="Auria, exercise edition of 1 July 2026", languages=("en", "fr"), exercise=True,
    notice=(("en", "This is an exercise edition."), ("fr", "Ceci est une édition d'exercice.")), hash="a1" * 32, private_digest="b2" * 32,
    has_private=True, intervals=(("2026-01-01", "2026-12-31", 6, FIRST, LATER), ("2027-01-01", "", 7, LATER, None)),
    footing=(("accord", 1), ("mixed", 1), ("secondary", 1), ("text-read", 2), ("unverified", 1)), published=7, private=1,
    rules=(
        rule("XA-ACCORD", status="accord", article="Accord art. 6"),
        rule("XA-COURT", "refer", refer_to="central-authority", status="secondary"),
        rule("XA-DATA-8/arrangement"),
        rule("XA-DATA-8/victim", "permit-with", duty="Removed: victims", status="unverified"),
        rule("XA-LATER", "refuse", first_day="2027-01-01", in_force_from=LATER, refer_to="treaty", texts=(("XA/Case: not bound to a text: a judgment, not a statute", ""),)),
        rule("XA-OLD", "refuse", last_day="2025-12-31", in_force_from=Ms(0), in_force_until=FIRST),
        rule(SECRET_ID, "refer", refer_to="head-of-agency", private=True, sentences=(("en", SECRET), ("fr", "Une règle privée."))),
        rule("XA-RULE-2", "refuse", overriding=True),
    ),
)  # fmt: skip
THEIRS = LawCard(
    short="XB", ours=False, name="Borea, exercise edition of 1 July 2026", languages=("en", "hi"), exercise=True,
    notice=(("en", "This is an exercise edition."), ("hi", "यह एक अभ्यास संस्करण है।")), hash="c3" * 32, private_digest="d4" * 32,
    has_private=True, intervals=(("2026-01-01", "", 2, FIRST, None),), footing=(("text-read", 1),), published=2, private=None,
    rules=(rule("XB-POL-1", sentences=HINDI), rule("XB-POL-1/other", "refuse", sentences=HINDI)),
)  # fmt: skip
EDITIONS = (OURS, THEIRS)


def reason(state: str = "refuse") -> VerdictLine:
    return VerdictLine(
        "XA", "onward", state, "It stays with the agency that got it.", ("Data Act s. 8(2)",), ("text-read",), "onward-not-allowed" if state == "refuse" else None,
        "a1" * 32, exercise=True, known=True, rules=(("XA-DATA-8/arrangement", "XA-GONE"),),
    )  # fmt: skip


def outcome(form: str = "short", **more: object) -> AssessmentLine:
    made: dict[str, object] = {
        "act": "disclose", "form": form, "before": "medium", "after": "low", "decision": "go-with-conditions", "outside": True,
        "tainted": False, "at": Ms(DAY_START + 3 * HOUR),
    }  # fmt: skip
    return AssessmentLine(**{**made, **more})  # type: ignore[arg-type]  # a test's own fields


def whole_part() -> LawPart:
    at = Ms(DAY_START + 3 * HOUR)
    return LawPart(
        duties=(
            DutyLine("redact", "victims", "XA-DATA-8/victim", "done", "", None, at),
            DutyLine("caveat", "lead-only", "XA-COURT", "done", "", None, at),
            DutyLine("retain-max-days", "90", "XA-COURT", "noted", "", None, None),
            DutyLine("report", "head-of-agency", "XA-RULE-2", "open", "head-of-agency", Ms(DAY_START + 12 * HOUR), None),
            DutyLine("approval", "legal", "XA-GONE", "open", "legal", None, None),
            DutyLine("owed-full-form", "disclose", "", "done", "assessor", Ms(DAY_START + 27 * HOUR), Ms(DAY_START + 8 * HOUR)),
            DutyLine("owed-review", "", "", "open", "reviewer", Ms(DAY_START + 27 * HOUR), None),
        ),
        approvals=(ApprovalLine("approver", "requests, officer 12", at), ApprovalLine("legal", "requests, officer 4", None)),
        assessments=(outcome(), outcome("full", outside=False, tainted=True, at=None)),
        glass=GlassLine(at, ("approval by legal", "assessment: what disclosing could do to someone, in full"), Ms(DAY_START + 27 * HOUR), None),
        acts=(
            ActLine("use", "lead", "done", "requests, officer 7", Ms(DAY_START + 5 * HOUR), reason("permit"), ("head-of-agency",), (outcome(act="use"),), (), True, ("approval by legal",)),
            ActLine("onward", "health-office", "refused", "requests, officer 9", Ms(DAY_START + 6 * HOUR), reason(), (), (), ("the originator's consent: onward",), False, ()),
            ActLine("court", "", "held", "requests, officer 9", Ms(DAY_START + 6 * HOUR), None, (), (), ("approval by legal",), False, ()),
        ),
    )  # fmt: skip


def whole_waiting(dispatch: DispatchId) -> WaitingCard:
    at = Ms(DAY_START + 9 * HOUR)
    draft = DispatchId((77).to_bytes(16, "big"))
    return WaitingCard(
        held=(
            HeldLine(draft, "rfi", False, 0, "extortion-threat-to-life", "Federal Police", at, ("approval by head-of-agency", "assessment: what asking could do to someone, in full"), (ApprovalLine("legal", "requests, officer 4", at),), "ee" * 32, (RingLine("approver", "requests, officer 12", at), RingLine("head-of-agency", "", at))),
            HeldLine(dispatch, "onward", True, 2, "", "", at, (), (), "ff" * 32, ()),
        ),
        owed=(
            OwedLine(DispatchId((1).to_bytes(16, "big")), "full-form", "disclose", "assessor", dispatch, Ms(DAY_START), Ms(DAY_START + 9 * HOUR)),
            OwedLine(DispatchId((2).to_bytes(16, "big")), "review", "", "reviewer", None, Ms(DAY_START), Ms(DAY_START + 10 * HOUR)),
            OwedLine(DispatchId((3).to_bytes(16, "big")), "report", "head-of-agency", "head-of-agency", draft, Ms(DAY_START), None),
        ),
        alarms=(
            AlarmLine(DispatchId((4).to_bytes(16, "big")), "budget-spent", "reviewer", "organised-crime: 5 of 5 persons", dispatch, at),
            AlarmLine(DispatchId((5).to_bytes(16, "big")), "association", "reviewer", "we asked about 3 members of one association", None, at),
        ),
        budgets=(
            BudgetLine(True, "organised-crime", 5, 5), BudgetLine(True, "fraud", 4, 5), BudgetLine(True, "cyber", 1, None),
            BudgetLine(False, "fraud", 1, 5),
        ),
        associations=(AssociationLine(True, 2, 3, 3), AssociationLine(False, 1, 1, 3)),
        until=Ms(DAY_START + 20 * 24 * HOUR),
    )  # fmt: skip
