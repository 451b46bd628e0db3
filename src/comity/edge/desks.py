"""The desks of a node by name, and which of them offers what: who keeps cases, duty, postings; whose words a kind is in.

The rule it keeps: nothing asks for "the" desk. What one desk alone can have goes to the first of the settings that offers it;
what belongs to a kind goes to the desk under which the accord opens that kind.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Mapping, Sequence
from types import ModuleType
from typing import cast

from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import CaseId
from comity.dispatch.accord import Accord
from comity.dispatch.ports import Tx
from comity.edge.deskview import Lines
from comity.edge.needs import CaseKeeper
from comity.screen import BodyLine

_PACKAGE = "comity.desks"


def part(desk: str, module: str) -> ModuleType:
    """Load a module of a desk.

    Raises:
        ModuleNotFoundError: the desk has none of this name.
    """
    return importlib.import_module(f"{_PACKAGE}.{desk}.{module}")


def offering(desks: Sequence[str], module: str) -> tuple[str, ...]:
    """Return those desks that have a module, in the order of the settings."""
    return tuple(desk for desk in desks if importlib.util.find_spec(f"{_PACKAGE}.{desk}.{module}") is not None)


def case_desk(desks: Sequence[str]) -> str:
    """Return the desk that keeps the cases: the first that can list them.

    Raises:
        BadConfiguration: none does.
    """
    return _first(desks, "caselist", "keeps cases")


def powers_desk(desks: Sequence[str]) -> str:
    """Return the desk that keeps postings, by which officers act.

    Raises:
        BadConfiguration: none does.
    """
    return _first(desks, "powers", "keeps postings")


def _first(desks: Sequence[str], module: str, does: str) -> str:
    found = offering(desks, module)
    if not found:
        raise BadConfiguration(f"no desk of the settings {does}; the node was not started")
    return found[0]


def lines_of(accord: Accord, desks: Sequence[str]) -> Lines:
    """Return how a body is laid out: by the desk under which the accord opens its kind.

    The lines raise BadForm for a kind that the accord opens at none of `desks`.
    """
    by_kind: Mapping[str, str] = {kind: one.desk for one in accord.desks if one.desk in desks for kind in one.kinds}

    def lines(kind: str, body: bytes) -> tuple[BodyLine, ...]:
        desk = by_kind.get(kind) or (desks[0] if len(desks) == 1 else None)
        if desk is None:
            raise BadForm(f"the accord opens kind {kind!r} at no desk of this node")
        return cast("Lines", part(desk, "web").body_lines)(kind, body)

    return lines


class _EveryKeeper:
    """What all desks know of a case together."""

    def __init__(self, keepers: Sequence[CaseKeeper]) -> None:
        self._keepers = tuple(keepers)

    def agencies(self, tx: Tx, case: CaseId) -> frozenset[str] | None:
        """Return our agencies in a case, at whatever desk; None if no desk has it."""
        found = [one for one in (keeper.agencies(tx, case) for keeper in self._keepers) if one is not None]
        return frozenset().union(*found) if found else None

    def numbered(self, tx: Tx, number: str) -> CaseId | None:
        """Return the case with this number of ours."""
        return next((one for one in (keeper.numbered(tx, number) for keeper in self._keepers) if one is not None), None)


def keeper_of(desks: Sequence[str]) -> CaseKeeper:
    """Return what need-to-know asks: every desk that knows who of ours has a case."""
    return _EveryKeeper([cast("CaseKeeper", part(desk, "knowing")) for desk in offering(desks, "knowing")])
