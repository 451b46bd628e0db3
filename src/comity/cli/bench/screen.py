"""How fast goods are screened: whole rows with a structure, rows with names, class rules alone.

Counted in processor time of the one core that answers. The structures are those of the list, of the rules' own examples and of the
common substances beside the list, in salts and as they are, so that all branches are in the figures; the best of several rounds
counts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from comity.base.errors import BadForm
from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.screening.verdict import Input
from comity.edge.substances import list_files

ROWS: Final = 1_000
_SALTS: Final = ("{}", "Cl.{}", "{}.OS(=O)(=O)O", "[Na+].[Cl-].{}")


def bench_screen(quick: bool, folder: Path) -> dict[str, float]:  # noqa: FBT001  every bench is called this way
    """Measure one edition of the list.

    Args:
        quick: one round instead of five.
        folder: of the edition.

    Returns:
        rules (class rules of the edition), structures_per_s (full screens of rows with a structure), names_per_s (of rows with
        a name), rows_per_s (of rows with name, number, structure, code and text), class_matches_per_s (one rule tried on one
        structure that is read already), each a second of one core.

    Raises:
        BadForm: the chemistry is not installed.
    """
    if find_spec("rdkit") is None:
        raise BadForm("the extra `precursors` (rdkit) is not installed here; nothing was measured")
    from comity.desks.precursors.screening.classes import ClassTests  # noqa: PLC0415  loads rdkit, an extra
    from comity.desks.precursors.screening.screen import Screener  # noqa: PLC0415
    from comity.desks.precursors.screening.structure import components, read  # noqa: PLC0415

    book = SubstanceBook.load(list_files(folder))
    screener, tests = Screener(book), ClassTests(book)
    drawings = _drawings(book)
    names = [name for one in book.substances for name in one.names] + [
        name for one in book.others for name in one.names
    ]
    rounds = 1 if quick else 5
    parts = [part for smiles in drawings if (mol := read(smiles)) is not None for part in components(mol)][:ROWS]

    def screens(rows: Sequence[Input]) -> float:
        return _rate(len(rows), rounds, lambda: [screener.screen(row) for row in rows])

    matches = _rate(len(parts) * len(book.classes), rounds, lambda: [tests.matches(part) for part in parts])
    return {
        "rules": float(len(book.classes)),
        "structures_per_s": screens([Input("1", smiles=smiles) for smiles in drawings]),
        "names_per_s": screens([Input("1", name=name) for name in names]),
        "rows_per_s": screens([_row(name, smiles) for name, smiles in zip(names, drawings, strict=False)]),
        "class_matches_per_s": matches,
    }


def _drawings(book: SubstanceBook) -> list[str]:
    plain = [one.smiles for one in book.substances if one.smiles] + [one.smiles for one in book.others if one.smiles]
    plain += [example for rule in book.classes for example in rule.examples]
    every = [salt.format(smiles) for salt in _SALTS for smiles in plain]
    return (every * (ROWS // len(every) + 1))[:ROWS]


def _row(name: str, smiles: str) -> Input:
    return Input(
        "1", name=name, cas="67-63-0", smiles=smiles, hs="2905.12", text=f"{name}, 20 drums of 200 l, technical grade"
    )


def _rate(count: int, rounds: int, run: Callable[[], object]) -> float:
    """Return how many a second the fastest round did."""
    taken = []
    for _ in range(rounds):
        begun = time.process_time()
        run()
        taken.append(time.process_time() - begun)
    return count / min(taken)
