"""The demo as people read it: the workplan first, then a table a case, then the attacks one by one."""

from __future__ import annotations

from collections.abc import Sequence

from comity.cli.demo.attacks.result import AttackResult
from comity.cli.demo.consigned import ConsignmentShown, GoodsShown, ScreenShown, StepShown
from comity.cli.demo.report import DayShown, DispatchShown, ItemShown, RefusalShown
from comity.cli.demo.served import LogFound, NodeAddress
from comity.cli.demo.sides import VerdictShown
from comity.cli.out import show_table

_NONE = "none"


def show_workplan(shown: DayShown) -> None:
    """Print the items: aim, owner on each side, moved today, overdue now."""
    shorts = [party.short for party in shown.parties]
    ids = [party.id for party in shown.parties]
    rows = [
        [item.item, item.aim, *(item.owners.get(party, "") for party in ids), _moved(item), _overdue(item, shown)]
        for item in shown.workplan
    ]
    show_table("Workplan", ["item", "aim", *(f"owner {short}" for short in shorts), "moved today", "overdue now"], rows)


def _moved(item: ItemShown) -> str:
    return str(item.moved) + (f", and {item.before} before" if item.before else "")


def _overdue(item: ItemShown, shown: DayShown) -> str:
    marks = _marks(shown)
    late = "; ".join(f"{marks[one.of]}'s, {one.begins[11:16]} to {(one.ends or '')[11:16]}" for one in item.overdue_of)
    return f"{item.overdue} (today {len(item.overdue_of)}: {late})" if late else str(item.overdue)


def _marks(shown: DayShown) -> dict[str, str]:
    return {party.id: party.short for party in shown.parties}


def show_cases(shown: DayShown) -> None:
    """Print a table for each case, by workplan item, then what is under none."""
    order = [item.item for item in shown.workplan]
    cases: dict[str, list[DispatchShown]] = {}
    for one in shown.dispatches:
        cases.setdefault(one.case, []).append(one)
    refusals = {one.number: one for one in shown.refusals}
    for case in sorted(cases.values(), key=lambda ones: (_place(order, ones[0].item), ones[0].number)):
        first = case[0]
        name = f"{first.item or first.item_reason}: {first.title or first.kind} ({first.case_number})"
        show_table(f"\n{name}", _HEADS, [_row(one, refusals.get(one.number), _marks(shown)) for one in case])


_HEADS = ("UTC", "no.", "from", "kind", "what both laws said")


def _place(order: Sequence[str], item: str | None) -> int:
    return order.index(item) if item in order else -1


def _row(one: DispatchShown, refusal: RefusalShown | None, marks: dict[str, str]) -> list[str]:
    kind = f"{one.kind} {one.stage}".strip()
    lines = [f"{marks[verdict.whose]}, {verdict.act}: {_said(verdict)}" for verdict in one.verdicts]
    if refusal is not None:
        kind = f"{kind} of {refusal.question}: {refusal.outward}"
        articles = "; ".join(refusal.articles)
        law = marks[refusal.law]
        lines.insert(
            0, f"{law}, the draft: {refusal.effect}. {refusal.sentence} [{articles}] (in {law}: {refusal.ground})"
        )
    if one.redactions:
        removed = ", ".join(f"{removal.category} ({removal.where})" for removal in one.redactions)
        lines.append(f"removed by {marks[one.sender]}: {removed}")
    return [(one.states["sent"] or "")[11:16], str(one.number), marks[one.sender], kind, "\n".join(lines)]


def _said(verdict: VerdictShown) -> str:
    return f"{verdict.effect}. {verdict.sentence} [{'; '.join(verdict.articles)}]"


_HELD = {
    "sails-before-answer": "they would leave before {importing} has to answer",
    "sails-before-certificate": "they would leave before {exporting}'s own decision is due",
    "asked": "{importing} asks for more",
    "enquiry": "{importing} looks further",
    "objected": "{importing} objects",
    "silence": "{importing} has not answered, and its silence is no yes",
    "permit-ends": "a permit ends before they leave",
    "recalled": "the notification was recalled",
    "corrected": "the notification was corrected",
    "taken-back": "{importing} took back what it had said",
}


def show_consignments(shown: DayShown) -> None:
    """Print each consignment: what was said as a table, then goods, limits, what held it, the screens, where it stands."""
    marks = _marks(shown)
    for one in shown.consignments:
        name = (
            f"{one.item}: consignment {one.reference}, {marks[one.sender]} to {marks[one.receiver]}, {one.exporter} to"
        )
        steps = [_step_row(step, marks) for step in one.dispatches]
        show_table(f"\n{name} {one.importer}", _HEADS, steps)
        for line in _consignment_lines(one, marks):
            print(f"  {line}")


def _step_row(step: StepShown, marks: dict[str, str]) -> list[str]:
    at = step.states["sent"] or ""
    said = [f"{marks[verdict.whose]}, {verdict.act}: {_said(verdict)}" for verdict in step.verdicts]
    kind = f"{step.kind} {step.stage}".strip() + (f": {', '.join(step.words)}" if step.words else "")
    return [f"{at[5:10]} {at[11:16]}", str(step.number), marks[step.sender], kind, "\n".join(said)]


def _consignment_lines(one: ConsignmentShown, marks: dict[str, str]) -> list[str]:
    exporting, importing = marks[one.sender], marks[one.receiver]
    limits = [
        f"{importing} answers before {_minute(one.answer)}" if one.answer else "",
        f"{exporting} decides before {_minute(one.certificate)}" if one.certificate else "",
        f"to leave on {one.leaves}",
    ]
    return [
        f"goods: {'; '.join(_goods(goods) for goods in one.goods)}",
        f"limits: {', '.join(filter(None, limits))}",
        f"when it was notified: {_held(one.held, exporting, importing)}",
        *(f"screen of {marks[screen.party]}, kept at home: {_screened(screen)}" for screen in one.screens),
        f"at the end of the day, on both boards: {one.state}; {_held(one.holds, exporting, importing)}",
    ]


def _goods(goods: GoodsShown) -> str:
    told = [
        f"{word} {_kilograms(grams)}" for word, grams in (("left", goods.left), ("arrived", goods.arrived)) if grams
    ]
    missing = f"missing {_kilograms(goods.missing)}" if goods.missing is not None else ""
    number = f" (CAS {goods.cas})" if goods.cas else ""
    return ", ".join(filter(None, (f"{_kilograms(goods.grams)} {goods.substance}{number}", *told, missing)))


def _kilograms(grams: int) -> str:
    return f"{grams / 1_000:,.2f} kg"


def _minute(at: str | None) -> str:
    return f"{(at or '')[:10]} {(at or '')[11:16]}"


def _held(words: Sequence[str], exporting: str, importing: str) -> str:
    if not words:
        return "nothing holds the goods"
    why = " and ".join(_HELD.get(word, word).format(exporting=exporting, importing=importing) for word in words)
    return f"the goods are held, because {why}"


def _screened(screen: ScreenShown) -> str:
    if not screen.verdicts:
        return "this node has no screen"
    lines = [
        f"line {place} {verdict}{f' ({listed})' if listed else ''}"
        for place, (verdict, listed) in enumerate(zip(screen.verdicts, screen.lists, strict=True), 1)
    ]
    gap = "; one law has what the other has not" if screen.one_sided else ""
    return "; ".join(lines) + gap


def show_logs(logs: Sequence[LogFound]) -> None:
    """Print each log as it was audited from the served tiles."""
    rows = [
        [log.origin, str(log.size), log.root[:16], "yes" if log.verified else "NO", "yes" if log.mirrored else "NO"]
        for log in logs
    ]
    heads = ("log", "entries", "root", "verified from its page", "mirror verified")
    show_table("\nLogs, audited with public keys only", heads, rows)


def show_attack(result: AttackResult, marks: dict[str, str]) -> None:
    """Print one attack."""
    print(f"\n{result.number}. {result.name}: {'noticed and stopped' if result.beaten else 'NOT NOTICED'}")
    lines = (
        ("by", marks.get(result.by, result.by)),
        ("done", result.done),
        ("noticed by", result.noticed),
        ("after", result.after),
        ("evidence", _folder(result)),
    )
    for name, text in lines:
        print(f"   {name:<11}{text or _NONE}")
    for check in result.checks:
        mark = "ok" if check.good else "NOT SO"
        print(f"     {mark:<7}{check.what}{' (public keys only)' if check.public else ''}")


def _folder(result: AttackResult) -> str:
    if not result.evidence:
        return ""
    folder = result.evidence[0].rpartition("/")[0]
    return f"{folder}: {', '.join(path.rpartition('/')[2] for path in result.evidence)}"


def show_nodes(nodes: Sequence[NodeAddress]) -> None:
    """Print where each side's page is."""
    print()
    for node in nodes:
        print(f"page: {node.url}   data: {node.data}")


def show_deviations(found: Sequence[str]) -> None:
    """Print what did not go as the script says."""
    for one in found:
        print(f"not as the script says: {one}")
