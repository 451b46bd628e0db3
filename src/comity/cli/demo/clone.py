"""Copies of a finished day: both nodes' folders with everything in them, while the nodes may go on running.

The rule it keeps: the nodes themselves are never touched again; whatever is tried is tried on a copy.
"""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import msgspec

from comity.base.errors import BadConfiguration
from comity.base.ids import DispatchId, Ms, read_id, show_id
from comity.cli.demo.day import DESK, Day, read_day
from comity.cli.demo.play import Played
from comity.cli.demo.script import Script, read_script
from comity.cli.demo.stage import Set, Stage
from comity.edge.config import read_config
from comity.edge.files import make_private_folder, write_atomic
from comity.edge.opening import OpenNode, open_node

NOTE = "day.json"
FINISHED = "finished"
STORE = "node.db"
_PASSING = shutil.ignore_patterns(f"{STORE}*", "*.sock")


class _Note(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written beside a finished day, so that it can be opened again."""

    accord: str
    ended: int
    ids: dict[int, str]
    drafts: dict[int, str]


@dataclass(frozen=True, slots=True)
class FinishedDay:
    """A day that was played, with a copy of both nodes as they stood at its end.

    Attributes:
        folder: of the stage; `finished/<party>` below it are the copies.
        data: of the accord.
        day, script: what was played and is counted, and what it must come to.
        consignments: what was played besides, about consignments.
        ids: dispatch id by number.
        drafts: id of the refused draft by number of the refusal.
        ended: what both clocks showed.
    """

    folder: Path
    data: Set
    day: Day
    consignments: Day
    script: Script
    ids: Mapping[int, DispatchId]
    drafts: Mapping[int, DispatchId]
    ended: Ms

    @property
    def parties(self) -> tuple[str, str]:
        """Return the ids of both parties in the accord's order."""
        first, second = self.data.terms.party
        return first.id, second.id

    def other(self, party: str) -> str:
        """Return the other party's id."""
        return next(one for one in self.parties if one != party)

    def copy(self, party: str, into: Path) -> Path:
        """Copy a node as it stood at the end of the day; return its folder."""
        return copy_node(self.folder / FINISHED / party, into / party)

    def open(self, party: str) -> OpenNode:
        """Open the finished node of a party, to be read; the caller closes its store."""
        return open_node(read_config(self.folder / FINISHED / party), self.ended)


def finish(stage: Stage, data: Set, day: Day, played: Played) -> FinishedDay:
    """Copy both running nodes and write down what was played; `day` is all of it."""
    make_private_folder(stage.folder / FINISHED)
    for actor in stage.actors:
        copy_node(actor.folder, stage.folder / FINISHED / actor.id)
    drafts = {number: str(outcome["id"]) for number, outcome in played.drafts.items()}
    note = _Note(data.accord.name, stage.now, {n: show_id(id_) for n, id_ in played.ids.items()}, drafts)
    write_atomic(stage.folder / NOTE, msgspec.json.format(msgspec.json.encode(note)))
    return _finished(stage.folder, data, day, note)


def kept_day(folder: Path, root: Path) -> FinishedDay | None:
    """Return the finished day that a folder holds, None if it holds none.

    Raises:
        BadConfiguration: what it holds cannot be read.
    """
    path = folder / NOTE
    if not path.is_file():
        return None
    try:
        note = msgspec.json.decode(path.read_bytes(), type=_Note)
    except msgspec.MsgspecError as error:
        raise BadConfiguration(f"{path} is no note of a day ({error}); choose another folder") from error
    data = Set(
        root / "accords" / note.accord, root / "registries", root / "laws", root / "calendars", root / "substances"
    )
    return _finished(folder, data, load_whole(data), note)


def load_day(data: Set) -> Day:
    """Read the day of an accord: the dispatches that are counted."""
    return _read(data, "day")


def load_whole(data: Set) -> Day:
    """Read all that is played: the day, and the consignments beside it, which name dispatches of the day."""
    return _read(data, "day", "consignments")


def load_open(data: Set) -> Day:
    """Read what an accord leaves open after its day."""
    return _read(data, "open")


def _read(data: Set, *folders: str) -> Day:
    files = (file for folder in folders for file in sorted((data.accord / folder).glob("*.toml")))
    return read_day(*(file.read_text(encoding="utf-8") for file in files))


def _finished(folder: Path, data: Set, day: Day, note: _Note) -> FinishedDay:
    ids, drafts = ({n: read_id(text) for n, text in texts.items()} for texts in (note.ids, note.drafts))
    counted, besides = day.at(DESK), day.besides(DESK)
    return FinishedDay(folder, data, counted, besides, read_script(data.accord), ids, drafts, Ms(note.ended))


def copy_node(source: Path, target: Path) -> Path:
    """Copy a node's folder, its store by SQLite's own online backup, so that a running node may be copied.

    Raises:
        BadConfiguration: there is something at the target already.
    """
    if target.exists():
        raise BadConfiguration(f"{target} exists; nothing was copied over it")
    shutil.copytree(source, target, ignore=_PASSING)
    (target / STORE).touch(mode=0o600)
    with closing(sqlite3.connect(source / STORE)) as live, closing(sqlite3.connect(target / STORE)) as still:
        live.backup(still)
    return target
