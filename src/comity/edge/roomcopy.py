"""Copies of a node's restricted rooms beside the copy of its store, and putting them back: ciphertext, charters, no keys.

The rule it keeps: nothing is overwritten; a room that runs is not touched. A room that is put back asks the other side before it
signs, and gets its log and what stood in it back from there (`room.keeper`).
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path

from comity.base.errors import BadConfiguration, StoreError
from comity.base.ids import Ms
from comity.dispatch.book import LogRole, log_row
from comity.edge.config import Config
from comity.edge.files import PRIVATE_FILE, flush_folder, make_private_folder
from comity.edge.rooms import CARD, KEYS, STORE, room_folder
from comity.edge.sqlite import SqliteStore
from comity.room.charter import room_origin

LOCK = "running"
_SIDE_FILES = ("", "-wal", "-shm")


@dataclass(frozen=True, slots=True)
class RoomBack:
    """A room that was put back: its number, where the store before it is kept ("" if there was none), whether its keys are here."""

    number: int
    kept: str
    keys: bool


def copies_of(copy: Path) -> Path:
    """Return the folder of the rooms beside the copy of a node's store."""
    return copy.with_name(f"{copy.name}.rooms")


@contextmanager
def running_alone(folder: Path) -> Iterator[None]:
    """Hold a room for one process as long as the block lasts; the system lets go of it when the process dies.

    Raises:
        BadConfiguration: another process holds it.
    """
    handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT, PRIVATE_FILE)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise BadConfiguration(f"the room in {folder} runs already; nothing was changed. Stop it first") from error
    finally:
        os.close(handle)


def copy_rooms(config: Config, to: Path) -> tuple[int, ...]:
    """Copy every room of a node, running or not, beside the copy `to`; return their numbers.

    Raises:
        BadConfiguration: there are rooms beside it already; nothing was copied.
        StoreError, OSError: the disk refused.
    """
    rooms = {_number(path): path for path in sorted(config.folder.glob("room-*")) if (path / STORE).is_file()}
    base = copies_of(to)
    if rooms and base.exists():
        raise BadConfiguration(f"{base} is there already; no room was copied. Name a new file")
    for folder in rooms.values():
        make_private_folder(base / folder.name)
        with closing(SqliteStore(folder / STORE)) as store:
            store.copy_to((base / folder.name / STORE).absolute())
        for paper in _papers(folder):
            shutil.copy2(paper, base / folder.name / paper.name)
    return tuple(rooms)


def check_rooms(config: Config, copy: Path) -> None:
    """See that the rooms beside a copy can be put back.

    Raises:
        BadConfiguration: a room runs, or a store is no copy of it.
    """
    for path in sorted(copies_of(copy).glob("room-*")):
        _check(config, path)


def put_back_rooms(config: Config, copy: Path, now: Ms) -> tuple[RoomBack, ...]:
    """Put the rooms beside a copy in the place of the newest ones; every one is checked before the first is touched.

    Raises:
        BadConfiguration: a room runs, or a store is no copy of it; nothing was changed.
        OSError: the disk refused.
    """
    check_rooms(config, copy)
    return tuple(_put_back(config, path, now) for path in sorted(copies_of(copy).glob("room-*")))


def _put_back(config: Config, path: Path, now: Ms) -> RoomBack:
    folder = room_folder(config, _number(path))
    make_private_folder(folder)
    with running_alone(folder):
        fresh, there = folder / f"{STORE}.coming", folder / STORE
        fresh.unlink(missing_ok=True)
        with closing(SqliteStore(path / STORE)) as store:
            store.copy_to(fresh.absolute())
        kept = folder / f"{STORE}.replaced-{now}"
        replaced = there.exists()
        for ending in _SIDE_FILES:
            old = folder / f"{STORE}{ending}"
            if old.exists():
                old.rename(kept.with_name(kept.name + ending))
        fresh.rename(there)
        for paper in _papers(path):
            if not (folder / paper.name).exists():
                shutil.copy2(paper, folder / paper.name)
        flush_folder(folder)
    return RoomBack(_number(path), str(kept) if replaced else "", (folder / KEYS).is_dir())


def _check(config: Config, path: Path) -> None:
    number = _number(path)
    folder = room_folder(config, number)
    if folder.exists():
        with running_alone(folder):
            pass
    try:
        with closing(SqliteStore(path / STORE)) as store, store.read() as tx:
            row = log_row(tx, LogRole.OURS)
    except StoreError as error:
        raise BadConfiguration(f"{path / STORE} is no store that can be read ({error}); nothing was changed") from error
    if row is None or row.origin != room_origin(config.name, number):
        raise BadConfiguration(f"{path} is not a copy of room {number} of {config.name}; nothing was changed")


def _papers(folder: Path) -> list[Path]:
    return sorted(path for path in (*folder.glob("charter-*.cose"), folder / CARD) if path.is_file())


def _number(path: Path) -> int:
    return int(path.name.removeprefix("room-"))
