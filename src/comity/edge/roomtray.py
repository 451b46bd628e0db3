"""The tray between a named person's own machine and their node: a folder in which the box lies and items are left.

The rule it keeps: all that lies in it is ciphertext, signatures or public; whoever empties it learns that something was
left, and nothing of what. A file that is no item is set aside and never read again.
"""

from __future__ import annotations

import stat
from dataclasses import dataclass
from pathlib import Path

from comity.base.errors import BadEnvelope, BadForm, BadSeal
from comity.base.hashing import sha256
from comity.base.ids import DispatchId, Ms, show_id
from comity.dispatch.book import LogRole
from comity.dispatch.columns import int_of
from comity.edge.config import Config
from comity.edge.files import write_atomic
from comity.edge.rooms import box_of, open_store, take_in
from comity.room.box import encode_box
from comity.room.slot import Slot, decode_item, encode_item

BOX = "box"
PLACES = 1008
"""Places of each log that the box in a tray has: seven days at one in ten minutes."""
_ITEM, _REFUSED, _DRAFT, _APPROVAL = ".item", ".refused", ".draft", ".approval"
_MOST = 1 << 21
_SHARED = 0o660
"""Mode of what lies in a tray: the node and the persons are other accounts of one group, and nothing there is in clear."""


@dataclass(frozen=True, slots=True)
class Tray:
    """One folder; several named persons of one side may share it."""

    folder: Path

    @property
    def box(self) -> Path:
        """Where the node leaves the box."""
        return self.folder / BOX

    def put(self, slot: Slot) -> None:
        """Leave an item for the node; left twice it is one file."""
        data = encode_item(slot)
        write_atomic(self.folder / f"{sha256(data).hex()[:32]}{_ITEM}", data, mode=_SHARED)

    def items(self) -> tuple[Path, ...]:
        """Return the items that wait for the node."""
        return self._all(_ITEM)

    def refused(self) -> tuple[Path, ...]:
        """Return what the node did not take."""
        return self._all(_REFUSED)

    def drafts(self) -> tuple[Path, ...]:
        """Return the drafts that wait for an approval, sealed to the named persons of this side."""
        return self._all(_DRAFT)

    def draft(self, dispatch: DispatchId) -> Path:
        """Return where a draft lies."""
        return self.folder / f"{show_id(dispatch)}{_DRAFT}"

    def keep_draft(self, dispatch: DispatchId, sealed: bytes) -> None:
        """Leave a sealed draft for the named persons of this side."""
        write_atomic(self.draft(dispatch), sealed, mode=_SHARED)

    def approvals(self, dispatch: DispatchId) -> tuple[Path, ...]:
        """Return the approvals of a draft."""
        return tuple(sorted(self.folder.glob(f"{show_id(dispatch)}-*{_APPROVAL}")))

    def approve(self, dispatch: DispatchId, number: int, signed: bytes) -> None:
        """Leave an approval beside its draft."""
        write_atomic(self.folder / f"{show_id(dispatch)}-{number}{_APPROVAL}", signed, mode=_SHARED)

    def clear(self, dispatch: DispatchId) -> None:
        """Take a draft and its approvals away once it was sent."""
        for path in (*self.approvals(dispatch), self.draft(dispatch)):
            path.unlink(missing_ok=True)

    def _all(self, ending: str) -> tuple[Path, ...]:
        return tuple(sorted(path for path in self.folder.glob(f"*{ending}") if not path.name.startswith(".")))


@dataclass(frozen=True, slots=True)
class Emptied:
    """One round at a tray: items that were taken and still lie there, how many were set aside, how far the box reaches."""

    taken: frozenset[str] = frozenset()
    refused: int = 0
    reach: tuple[int, ...] = ()


def serve_tray(config: Config, number: int, tray: Tray, now: Ms, before: Emptied) -> Emptied:
    """Take in what persons left, and leave a new box if a log has moved since the round before.

    An item lies in the tray until the other side has co-signed its leaf: a store that is put back gets it from there again.

    Raises:
        BadConfiguration: the room is not here.
        StoreError: the store did not take an item; it stays in the tray.
        OSError: the folder is gone or full.
    """
    taken, refused = set[str](), 0
    for path in tray.items():
        try:
            slot = _read(path)
            if path.name not in before.taken:
                take_in(config, number, slot, now)
        except (BadEnvelope, BadSeal, BadForm):
            path.rename(path.with_suffix(_REFUSED))
            refused += 1
            continue
        if _cosigned(config, number, slot):
            path.unlink()
        else:
            taken.add(path.name)
    there = _reach(config, number)
    if there != before.reach or not tray.box.exists():
        since = max(0, min(there[::2], default=0) - PLACES)
        write_atomic(tray.box, encode_box(box_of(config, number, since)), mode=_SHARED)
    return Emptied(frozenset(taken), refused, there)


def _cosigned(config: Config, number: int, slot: Slot) -> bool:
    """Say whether an item has a place in our log below a head that the other side co-signed."""
    with open_store(config, number) as store, store.read() as tx:
        found = tx.rows(
            "SELECT 1 FROM entry WHERE role = ? AND entry = ? AND idx <"
            " (SELECT coalesce(max(size), 0) FROM head WHERE role = ? AND cosignature IS NOT NULL)",
            (LogRole.OURS, slot.leaf, LogRole.OURS),
        )
    return bool(found)


def _reach(config: Config, number: int) -> tuple[int, ...]:
    """Return size of the newest co-signed head and count of places of each log."""
    with open_store(config, number) as store, store.read() as tx:
        rows = [
            tx.rows(
                "SELECT coalesce(max(size), 0), (SELECT count(*) FROM room_place WHERE role = ?)"
                " FROM head WHERE role = ? AND cosignature IS NOT NULL",
                (role, role),
            )[0]
            for role in (LogRole.OURS, LogRole.THEIRS)
        ]
    return tuple(int_of(value) for row in rows for value in row)


def _read(path: Path) -> Slot:
    found = path.lstat()
    if not stat.S_ISREG(found.st_mode) or found.st_size > _MOST:
        raise BadForm("no item of a room")
    return decode_item(path.read_bytes())
