"""`comity precursors ledger, check, reconcile, reverse, rank`: whether quantities add up, from plain files, and `check` from a node too.

The rule it keeps: nothing here asks the clock what day it is, except a reversal; the last day of what is checked is the day.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path

from comity.base.errors import BadConfiguration, BadForm
from comity.cli import flowranking
from comity.cli.flowfiles import BadRow, read_rows, show_bad
from comity.cli.flowsgiven import add_needs, given_rules
from comity.cli.flowsnode import Held, read_held, read_naming
from comity.cli.out import moment, show_json, show_table
from comity.cli.terminal import progress
from comity.desks.precursors.flows.alerts import Report, Shown, checks, run_checks, show
from comity.desks.precursors.flows.filed import laid_beside
from comity.desks.precursors.flows.ledger import Period, ledger_checks, ledgers, periods
from comity.desks.precursors.flows.model import AlertId, Consignment, Movement, Party, Reversal, Stock
from comity.desks.precursors.flows.reading import (
    read_consignment,
    read_holder,
    read_register_line,
    read_reversal,
    read_trait,
)
from comity.desks.precursors.flows.reconcile import Pair, Standing, grouped, keepers, paired
from comity.desks.precursors.flows.thresholds import Thresholds, read_thresholds
from comity.desks.precursors.flows.trade import Check, Trade
from comity.edge.clock import SystemClock

FOUND = 1
_THRESHOLDS = Path("substances/thresholds.toml")
Bad = tuple[BadRow, ...]


def add_actions(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the actions to the group `precursors`, whoever made it."""
    ledger = _action(actions, "ledger", "stock-flow ledger of each holder and substance between counts of the stock")
    ledger.add_argument("file", type=Path, nargs="+", help="register: movements and counted stocks")
    ledger.set_defaults(run=run_ledger)
    check = _action(
        actions, "check", "every check of consignments, registers and firms, each alert with its arithmetic"
    )
    check.add_argument("file", type=Path, nargs="*", help="declarations of consignments, of one side or both")
    check.add_argument(
        "--node", type=Path, metavar="FOLDER", help="what this node holds of consignments, besides the files"
    )
    check.add_argument("--register", type=Path, action="append", default=[], help="register; may be repeated")
    check.add_argument("--holders", type=Path, action="append", default=[], help="firms; may be repeated")
    check.add_argument("--refused", type=Path, help="traits of refused orders, column `trait`")
    check.add_argument(
        "--substances", type=Path, help="folder of a list of substances; without it descriptions are not checked"
    )
    check.add_argument(
        "--needs", type=Path, action="append", default=[], help="yearly needs of countries; may be repeated"
    )
    check.add_argument("--zones", type=Path, action="append", default=[], help="free zones; may be repeated")
    check.add_argument("--reversals", type=Path, help="what officers reversed, as `reverse` writes it")
    check.set_defaults(run=run_check)
    both = _action(actions, "reconcile", "the two sides' registers beside one another, consignment by consignment")
    both.add_argument("ours", type=Path)
    both.add_argument("theirs", type=Path)
    both.set_defaults(run=run_reconcile)
    _add_reverse(actions)
    add_needs(actions)
    flowranking.add_action(actions)


def _action(
    actions: argparse._SubParsersAction[argparse.ArgumentParser], name: str, words: str
) -> argparse.ArgumentParser:
    parser = actions.add_parser(name, help=words)
    parser.add_argument("--thresholds", type=Path, default=_THRESHOLDS, metavar="FILE", help="what is measured against")
    parser.add_argument(
        "--schedule", action="append", default=[], metavar="SIDE=NAME", help="schedule of a side; may be repeated"
    )
    parser.add_argument(
        "--until", type=date.fromisoformat, metavar="DAY", help="look no further; default: the last day"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    return parser


def _add_reverse(actions: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = actions.add_parser("reverse", help="say that an alert, with the arithmetic it has now, is explained")
    parser.add_argument("alert", help="number of the alert")
    parser.add_argument("arithmetic", help="number of its arithmetic: another arithmetic brings the alert back")
    parser.add_argument("--officer", required=True, metavar="DESK/NUMBER", help="who says so; never a name")
    parser.add_argument("--why", required=True, help="the reason")
    parser.add_argument(
        "--to", type=Path, required=True, metavar="FILE", help="file of reversals (.jsonl); appended to"
    )
    parser.add_argument("--json", action="store_true", help="for machines")
    parser.set_defaults(run=run_reverse)


# --- reading ---------------------------------------------------------------------------------------------------------


def _rules(asked: argparse.Namespace) -> Thresholds:
    try:
        text = asked.thresholds.read_text(encoding="utf-8")
    except OSError as error:
        raise BadConfiguration(f"no thresholds in {asked.thresholds}: {error.strerror}; name the file") from error
    named = dict(one.split("=", 1) for one in asked.schedule if "=" in one)
    if len(named) < len(asked.schedule):
        raise BadForm("--schedule is SIDE=NAME, each side once")
    return read_thresholds(text, {Party(side): name for side, name in named.items()} if named else None)


def _register(paths: Sequence[Path]) -> tuple[tuple[Movement, ...], tuple[Stock, ...], Bad]:
    read = [read_rows(path, read_register_line) for path in paths]
    lines = [line for rows in read for line in rows.good]
    movements = tuple(line for line in lines if isinstance(line, Movement))
    stocks = tuple(line for line in lines if isinstance(line, Stock))
    return movements, stocks, tuple(bad for rows in read for bad in rows.bad)


def _last(
    asked: argparse.Namespace,
    movements: Sequence[Movement],
    stocks: Sequence[Stock],
    consignments: Sequence[Consignment] = (),
) -> date:
    days = [*(one.day for one in movements), *(one.day for one in stocks), *(one.day for one in consignments)]
    if asked.until is None and not days:
        raise BadForm("the files hold nothing; nothing was checked")
    return asked.until or max(days)


def _trade(asked: argparse.Namespace, held: Held | None) -> tuple[Trade, Bad]:
    """Read all files of `check`, and lay what a node holds beside them."""
    movements, stocks, bad = _register(asked.register)
    declared = [read_rows(path, read_consignment) for path in asked.file]
    firms = [read_rows(path, read_holder) for path in asked.holders]
    refused = read_rows(asked.refused, read_trait) if asked.refused else None
    consignments = tuple(one for rows in declared for one in rows.good)
    filed = held.filed.consignments if held else ()
    happened = [one for one in filed if held and one.id not in held.filed.announced]
    until = _last(asked, movements, stocks, (*consignments, *(happened or filed)))
    bad += tuple(one for rows in declared for one in rows.bad) + tuple(one for rows in firms for one in rows.bad)
    bad += refused.bad if refused else ()
    trade = Trade(
        until,
        tuple(one for one in movements if one.day <= until),
        tuple(one for one in stocks if one.day <= until),
        tuple(one for rows in firms for one in rows.good),
        tuple(one for one in consignments if one.day <= until),
        frozenset(refused.good if refused else ()),
    )
    return laid_beside(trade, held.filed) if held else trade, bad


def _held(asked: argparse.Namespace) -> Held | None:
    """Read the node that is asked for; its thresholds stand in for those that were not named.

    Raises:
        BadForm: neither a file nor a node is named.
    """
    if asked.node is None:
        if not asked.file:
            raise BadForm("name a file of declarations, or a node with --node; nothing was checked")
        return None
    held = read_held(asked.node)
    own = held.folder / _THRESHOLDS.name
    if asked.thresholds == _THRESHOLDS and own.is_file():
        asked.thresholds = own
    return held


# --- the commands ------------------------------------------------------------------------------------------------------


def run_ledger(asked: argparse.Namespace) -> int:
    """Show every ledger between two counts; 1 if one does not add up."""
    rules = _rules(asked)
    movements, stocks, bad = _register(asked.file)
    until = _last(asked, movements, stocks)
    trade = Trade(
        until, tuple(one for one in movements if one.day <= until), tuple(one for one in stocks if one.day <= until)
    )
    report = run_checks(ledger_checks(trade, rules))
    faulty = {fault.subject.rsplit(" ", 1)[0] for fault in report.faults}
    found = [period for book in ledgers(trade) if " ".join(book[0]) not in faulty for period in periods(*book)]
    if asked.json:
        show_json(
            {"ledgers": [_ledger_json(one) for one in found], **_report_json(report, show(report.alerts, ()), bad)}
        )
    else:
        heads = (
            "party",
            "holder",
            "substance",
            "from",
            "to",
            "opening g",
            "in g",
            "out g",
            "must be g",
            "counted g",
            "difference g",
        )
        show_table("Ledgers", heads, [_ledger_row(one) for one in found])
        _say(report, show(report.alerts, ()), bad)
    return FOUND if report.alerts else 0


def run_check(asked: argparse.Namespace) -> int:
    """Make every check; 1 if an alert stands that nobody has reversed."""
    held = _held(asked)
    trade, bad = _trade(asked, held)
    rules, more = given_rules(asked, _rules(asked), held, trade.until)
    bad += more
    identify = read_naming(asked.substances) if asked.substances else held.naming if held else None
    reversals = read_rows(asked.reversals, read_reversal) if asked.reversals else None
    wanted = list(checks(trade, rules, identify))
    with progress("checking", len(wanted), hidden=asked.json) as tick:
        report = run_checks(_ticked(wanted, tick))
    explained = (*(held.reversals if held else ()), *(reversals.good if reversals else ()))
    shown = show(report.alerts, explained)
    bad += reversals.bad if reversals else ()
    if asked.json:
        left = [asdict(one) for one in held.left] if held else []
        head = {"until": trade.until.isoformat(), "descriptions": identify is not None, "unplaced": left}
        show_json({**head, **_report_json(report, shown, bad)})
    else:
        for one in held.left if held else ():
            print(f"not placed: {one.consignment} line {one.line}: {one.why}")
        _say(report, shown, bad)
        if identify is None:
            print("descriptions were not checked: no list of substances was given (--substances)")
    return FOUND if any(one.counts for one in shown) else 0


def _ticked(wanted: Sequence[Check], tick: Callable[[], None]) -> Iterator[Check]:
    for one in wanted:
        yield one
        tick()


def run_reconcile(asked: argparse.Namespace) -> int:
    """Lay two registers beside one another; 1 if a consignment differs or is missing."""
    rules = _rules(asked)
    movements, stocks, bad = _register([asked.ours, asked.theirs])
    until = _last(asked, movements, stocks)
    kept = keepers(Trade(until, movements, stocks))
    pairs: list[tuple[Pair, Standing]] = []
    faults: list[tuple[str, str]] = []
    for key, own in grouped(one for one in movements if one.day <= until).items():
        try:
            pair = paired(key, own)
        except BadForm as error:
            faults.append((" ".join(key), str(error)))
        else:
            pairs.append((pair, pair.standing(until, rules.reconcile, kept)))
    wrong = [one for one in pairs if one[1] in {Standing.DIFFERS, Standing.NOT_ARRIVED, Standing.NOT_SENT}]
    counts = {standing.value: sum(one[1] is standing for one in pairs) for standing in Standing}
    if asked.json:
        rows = [_pair_json(pair, standing) for pair, standing in pairs]
        show_json(
            {
                "until": until.isoformat(),
                "counts": counts,
                "consignments": rows,
                "faults": faults,
                "bad": [asdict(o) for o in bad],
            }
        )
    else:
        heads = ("consignment", "substance", "exported g", "imported g", "difference g", "standing")
        show_table("What does not agree", heads, [[*map(str, _pair_json(*one).values())] for one in wrong])
        print(
            ", ".join(f"{count} {name}" for name, count in counts.items() if count)
            or "no consignment in either register"
        )
        for subject, why in faults:
            print(f"not judged: {subject}: {why}")
        show_bad(bad)
    return FOUND if wrong or faults else 0


def run_reverse(asked: argparse.Namespace) -> int:
    """Append a reversal to a file; the same one twice changes nothing."""
    officer, why = asked.officer.strip(), asked.why.strip()
    if not officer or not why:
        raise BadForm("a reversal needs the officer's desk and number, and a reason; nothing was reversed")
    known = read_rows(asked.to, read_reversal).good if asked.to.exists() else ()
    stands = next((o for o in known if (o.alert, o.arithmetic) == (asked.alert, asked.arithmetic)), None)
    one = stands or Reversal(AlertId(asked.alert), asked.arithmetic, officer, SystemClock().now(), why)
    if stands is None:
        with asked.to.open("a", encoding="utf-8") as file:
            file.write(json.dumps(asdict(one), ensure_ascii=False) + "\n")
    if asked.json:
        show_json({"new": stands is None, **asdict(one)})
    else:
        print(f"{'already reversed' if stands else 'reversed'} by {one.officer}, {moment(one.at)}: {one.reason}")
    return 0


# --- showing -------------------------------------------------------------------------------------------------------------


def _ledger_json(one: Period) -> dict[str, object]:
    first, last = one.opening, one.closing
    return {
        "party": last.party, "holder": last.holder, "substance": last.substance,
        "from": first.day.isoformat(), "to": last.day.isoformat(), "opening_grams": first.grams, "in_grams": one.incoming,
        "out_grams": one.outgoing, "expected_grams": one.expected, "counted_grams": last.grams, "difference_grams": one.difference,
    }  # fmt: skip


def _ledger_row(one: Period) -> list[str]:
    return [f"{value:,}" if isinstance(value, int) else str(value) for value in _ledger_json(one).values()]


def _pair_json(pair: Pair, standing: Standing) -> dict[str, object]:
    return {
        "consignment": pair.consignment,
        "substance": pair.substance,
        "exported_grams": pair.sent,
        "imported_grams": pair.arrived,
        "difference_grams": pair.arrived - pair.sent,
        "standing": standing.value,
    }


def _report_json(report: Report, shown: Sequence[Shown], bad: Bad) -> dict[str, object]:
    return {
        "alerts": [
            {
                "id": one.alert.id, "arithmetic": one.alert.arithmetic, "kind": one.alert.kind.value,
                "subject": dict(part.split("=", 1) for part in one.alert.subject), "consignments": one.alert.consignments,
                "score_milli": one.alert.score_milli, "source": one.alert.source,
                "lines": [{**asdict(line), "amount": str(line.amount)} for line in one.alert.lines],
                "reversal": asdict(one.reversal) if one.reversal else None,
            }
            for one in shown
        ],
        "faults": [asdict(fault) for fault in report.faults],
        "checked": report.checked,
        "bad": [asdict(one) for one in bad],
    }  # fmt: skip


def _say(report: Report, shown: Sequence[Shown], bad: Bad) -> None:
    """Print each alert with its arithmetic under it."""
    for one in shown:
        alert = one.alert
        print(f"\n{alert.kind}: {', '.join(alert.subject)}   [{alert.id} {alert.arithmetic}]")
        for line in alert.lines:
            print(f"    {line}")
        print(f"    measured against: {alert.source}")
        if one.reversal:
            print(f"    REVERSED by {one.reversal.officer}, {moment(one.reversal.at)}: {one.reversal.reason}")
    for fault in report.faults:
        print(f"not judged: {fault.kind} of {fault.subject}: {fault.why}")
    show_bad(bad)
    standing = sum(one.counts for one in shown)
    print(
        f"\n{report.checked} checks, {standing} alerts, {len(shown) - standing} reversed, {len(report.faults)} not judged"
    )
