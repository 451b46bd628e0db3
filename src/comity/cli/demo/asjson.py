"""The demo as one JSON object for machines; `from` and `to` are written as people call them."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from comity.cli.demo.attacks.result import AttackResult
from comity.cli.demo.report import DayShown
from comity.cli.demo.served import LogFound, NodeAddress
from comity.cli.demo.watch import Screen

_NAMES = {"sender": "from", "receiver": "to", "begins": "from", "ends": "to"}


def nodes_json(nodes: Sequence[NodeAddress]) -> list[Any]:
    """Return both nodes' addresses and public keys."""
    return [_plain(node) for node in nodes]


def day_json(shown: DayShown, screens: Sequence[Screen]) -> dict[str, Any]:
    """Return parties, workplan, dispatches and refusals, and the consignments, whose dispatches are counted apart."""
    workplan = [
        {**_plain(item), "screens": [_plain(one) for one in screens if one.item == item.item]}
        for item in shown.workplan
    ]
    return {
        "parties": [_plain(one) for one in shown.parties],
        "workplan": workplan,
        "dispatches": [_plain(one) for one in shown.dispatches],
        "refusals": [_plain(one) for one in shown.refusals],
        "consignments": [_plain(one) for one in shown.consignments],
    }


def logs_json(logs: Sequence[LogFound]) -> list[Any]:
    """Return the audited logs."""
    return [_plain(log) for log in logs]


def attack_json(result: AttackResult) -> dict[str, Any]:
    """Return one attack."""
    return {**_plain(result), "beaten": result.beaten}


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {
            _NAMES.get(field.name, field.name): _plain(getattr(value, field.name))
            for field in dataclasses.fields(value)
        }
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value
