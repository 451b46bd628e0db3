"""What a node holds for `comity precursors check --node`: its filed consignments and reversals; the node may run meanwhile.

The rule it keeps: nothing is written to the node.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from comity.base.errors import BadConfiguration
from comity.desks.precursors.flows.filed import Filed, Left, project
from comity.desks.precursors.flows.model import Party, Reversal
from comity.desks.precursors.flows.naming import BookNaming
from comity.desks.precursors.flows.rows import read_reversals
from comity.desks.precursors.flows.told import read_all
from comity.desks.precursors.screening.book import SubstanceBook
from comity.desks.precursors.service import NAME
from comity.edge.config import read_config
from comity.edge.reading import open_reader
from comity.edge.substances import list_files


class Held(NamedTuple):
    """What a node holds; `left` is what could not be placed, `naming` its list of substances, in `folder`."""

    filed: Filed
    left: tuple[Left, ...]
    reversals: tuple[Reversal, ...]
    naming: BookNaming
    folder: Path


def read_naming(folder: Path) -> BookNaming:
    """Return who knows the substances of the list in a folder, or of the edition that a file named here is a part of.

    Raises:
        BadConfiguration: there is no list, or it does not hold.
    """
    return BookNaming(SubstanceBook.load(list_files(folder if folder.is_dir() else folder.parent)))


def read_held(folder: Path) -> Held:
    """Return what the node in a folder holds of consignments.

    Raises:
        BadConfiguration: there is no node, it has no such desk, or no list of substances stands beside it.
    """
    config = read_config(folder)
    if NAME not in config.desks:
        raise BadConfiguration(f"the node in {folder} has no desk `{NAME}`; nothing was checked")
    listed = config.path(config.substances)
    naming = read_naming(listed)
    opened = open_reader(config)
    try:
        accord = opened.node.office.accord
        ours, theirs = accord.party(config.name).country, accord.peer_of(config.name).country
        with opened.node.ledger.read() as tx:
            read, reversals = read_all(tx, (Party(ours.upper()), Party(theirs.upper()))), read_reversals(tx)
    finally:
        opened.store.close()
    filed = project(read.told, naming)
    return Held(filed, read.left + filed.left, reversals, naming, listed)
