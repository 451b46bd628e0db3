"""The copy for the international board: what goes into its file, and the row that says that it was given.

The rules it keeps: only what such a copy needs, the five elements of the treaty's article, substances with their numbers,
quantities, days and what happened; no person, no free text, and no buyer whom the incident does not name. Without both
approvals there is no file.
"""  # spec: law-and-agencies.md 4, the treaty's article 12(10)(a); scenarios.md 2, day 10

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.base.ids import DispatchId, Ms, show_id
from comity.desks.precursors.agreed import Approvals, Word, approvals, incident_of
from comity.desks.precursors.model import COPY_GIVEN, Firm, Incident, Kind, Line, Pen
from comity.desks.precursors.rows import DispatchRow, Notice
from comity.desks.precursors.rules import Gap
from comity.desks.precursors.service import PrecursorsDesk
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.ports import Tx

VERSION = "comity/board-copy/1"
UNNAMED, PERSON, REMOVED = "unnamed", "person", "removed"
"""Why a firm is not in the file."""
_COLUMNS = "incident, agreed, act, record, at, officer_desk, officer, digest, content, told"
_WHY = {
    Word.NOT_ASKED: "nobody asked for a copy of this incident, or it is no incident that is here",
    Word.ASKED: "only one side approves of a copy of this incident; the other has not agreed",
    Word.TAKEN_BACK: "one side took its approval of this copy back",
}


@dataclass(frozen=True, slots=True)
class Given:
    """One copy that our law let out; `told` is our dispatch that tells the other side, None until it left."""

    incident: DispatchId
    agreed: DispatchId
    act: bytes
    record: int
    at: Ms
    officer: tuple[str, int]
    digest: bytes
    content: bytes
    told: DispatchId | None


class BoardCopies:
    """The copies of this desk's incidents."""

    def __init__(self, desk: PrecursorsDesk) -> None:
        """Take the desk."""
        self._desk = desk

    def standing(self, tx: Tx, incident: DispatchId) -> Approvals:
        """Return where the copy of an incident stands."""
        return approvals(tx, incident)

    def approved(self, tx: Tx, incident: DispatchId) -> tuple[DispatchRow, DispatchRow]:
        """Return both approvals, the asking one first.

        Raises:
            BadForm: not both sides approve now; nothing was made.
        """
        found = approvals(tx, incident)
        if found.word is not Word.AGREED or found.asked is None or found.agreed is None:
            raise BadForm(f"{_WHY.get(found.word, '')}; nothing was made, and nothing goes out")
        return found.asked, found.agreed

    def content(self, tx: Tx, incident: DispatchId, rest: Mapping[str, Any]) -> bytes:
        """Return the file of a copy.

        Args:
            tx: only read.
            incident: of which both approved.
            rest: what the node adds: sides by `ours` and `theirs`, when it is made, the proofs of what is named.

        Raises:
            BadForm: not both approve, or the words of the incident are gone, so that nothing asks.
        """
        asked, agreed = self.approved(tx, incident)
        body = incident_of(asked)
        assert body is not None  # both approve of an incident whose words are here, or of none
        pen = self._pen(tx, incident)
        side = {True: rest["sides"]["ours"], False: rest["sides"]["theirs"]}
        said: dict[str, Any] = {
            "version": VERSION,
            "made": rest["made"],
            "accord": rest["accord"],
            "given_by": side[True],
            "incident": {**_head(asked, side), **_happened(body)},
            "notification": None if pen is None else _notification(pen, body, self._desk.gaps(tx, incident), side),
            "approvals": [{**_head(asked, side), "word": "asked"}, {**_head(agreed, side), "word": "agreed"}],
            "left_out": list(_left_out(body, pen)),
            "proof": rest["proof"],
        }
        return json.dumps(said, ensure_ascii=False, sort_keys=True, indent=1).encode() + b"\n"

    def named(self, tx: Tx, incident: DispatchId) -> tuple[DispatchId, ...]:
        """Return the dispatches that a file names, to be proved: both approvals, and the notification in force if there is one.

        Raises:
            BadForm: not both approve.
        """
        asked, agreed = self.approved(tx, incident)
        pen = self._pen(tx, incident)
        return (asked.id, agreed.id, *(() if pen is None else (pen[1].newest,)))

    def _pen(self, tx: Tx, incident: DispatchId) -> tuple[Pen, Notice, Ms] | None:
        """Return the version in force of the notification that an incident is about, and when it was made."""
        notice = self._desk.notice(tx, incident)
        rows = () if notice is None else self._desk.about(tx, incident)
        row = next((one for one in rows if notice is not None and one.id == notice.newest), None)
        pen = None if row is None or not row.body else self._desk.pen(row)
        return None if pen is None or notice is None or row is None else (pen, notice, row.made)

    # --- rows --------------------------------------------------------------------------------------------------

    def given(self, tx: Tx, incident: DispatchId) -> Given | None:
        """Return the copy that was given of an incident, or None."""
        rows = tx.rows(f"SELECT {_COLUMNS} FROM precursors_board_copy WHERE incident = ?", (incident,))  # noqa: S608  a constant
        if not rows:
            return None
        i, agreed, act, record, at, desk, number, digest, content, told = rows[0]
        return Given(
            DispatchId(bytes_of(i)), DispatchId(bytes_of(agreed)), bytes_of(act), int_of(record), Ms(int_of(at)),
            (text_of(desk), int_of(number)), bytes_of(digest), bytes_of(content),
            None if told is None else DispatchId(bytes_of(told)),
        )  # fmt: skip

    def note_given(self, tx: Tx, one: Given) -> None:
        """Keep a copy in the transaction that keeps the act; said again, it changes nothing."""
        tx.run(
            f"INSERT INTO precursors_board_copy ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608  a constant
            " ON CONFLICT (incident) DO NOTHING",
            (one.incident, one.agreed, one.act, one.record, one.at, *one.officer, one.digest, one.content, one.told),
        )

    def note_told(self, tx: Tx, incident: DispatchId, told: DispatchId) -> None:
        """Note our dispatch that tells the other side."""
        tx.run("UPDATE precursors_board_copy SET told = ? WHERE incident = ? AND told IS NULL", (told, incident))

    def word_of_it(self, one: Given) -> tuple[str, dict[str, Any]]:
        """Return kind and form of the word by which the other side is told."""
        return str(Kind.INCIDENT), {"state": COPY_GIVEN, "digest": one.digest}


def digest_of(content: bytes) -> bytes:
    """Return the SHA-256 of a file."""
    return sha256(content)


# --- what stands in the file --------------------------------------------------------------------------------------------


def _head(row: DispatchRow, side: Mapping[bool, Any]) -> dict[str, Any]:
    return {"dispatch": show_id(row.id), "side": side[row.ours], "made": moment(row.made)}


def _happened(body: Incident) -> dict[str, Any]:
    said = {
        "what": body.what,
        "known": "" if body.known is None else moment(Ms(body.known)),
        "place": body.place,
        "batch": body.batch,
        "lines": [_goods(one) for one in body.lines],
        "firms": [_firm(one) for one in body.firms if not one.natural],
    }
    return {key: entry for key, entry in said.items() if entry}


def _notification(
    found: tuple[Pen, Notice, Ms], body: Incident, gaps: Iterable[Gap], side: Mapping[bool, Any]
) -> dict[str, Any]:
    """Return the five elements; a buyer only if the incident names that firm."""
    pen, notice, made = found
    named = frozenset(_folded(firm) for firm in body.firms if firm.name and not firm.natural)
    moved = {gap.line: gap for gap in gaps}
    return {
        "dispatch": show_id(notice.newest),
        "version": notice.version,
        "side": side[notice.ours],
        "made": moment(made),
        "exporter": _party(pen.exporter, None),
        "importer": _party(pen.importer, named),
        "consignee": _party(pen.consignee, named),
        "lines": [_line(place, one, moved.get(place)) for place, one in enumerate(pen.lines, 1)],
        "entry": "" if pen.route is None else pen.route.entry,
        "leaves": pen.leaves,
    }


def _party(firm: Firm | None, named: frozenset[str] | None) -> dict[str, str] | None:
    """Return a firm, or why it is not told; `named` is None for one that needs no naming."""
    if firm is None:
        return None
    if firm.natural:
        return {"withheld": PERSON}
    if not firm.name:
        return {"withheld": REMOVED}
    return _firm(firm) if named is None or _folded(firm) in named else {"withheld": UNNAMED}


def _firm(firm: Firm) -> dict[str, str]:
    return {"name": firm.name, "address": firm.address} if firm.name else {"withheld": REMOVED}


def _folded(firm: Firm) -> str:
    return " ".join(firm.name.casefold().split())


def _line(place: int, line: Line, gap: Gap | None) -> dict[str, Any]:
    said = {"line": place, **_goods(line)}
    if gap is not None and gap.shipped is not None:
        said["grams_left"] = gap.shipped
    if gap is not None and gap.arrived is not None:
        said["grams_arrived"] = gap.arrived
    return said


def _goods(line: Line) -> dict[str, Any]:
    share = "" if line.share is None else f"{line.share / 10:g} %"
    said = {
        "substance": line.substance, "grams": line.grams, "cas": line.cas, "hs": line.hs, "un": line.un,
        "inchikey": line.inchikey, "form": line.form, "share": share,
    }  # fmt: skip
    return {key: entry for key, entry in said.items() if entry}


def _left_out(body: Incident, pen: tuple[Pen, Notice, Ms] | None) -> Iterable[str]:
    """Yield what the incident or the notification says and the file does not, by its kind."""
    parts = {"text": body.text, "items": body.items, "persons": any(one.natural for one in body.firms)}
    yield from (f"incident {name}" for name, there in parts.items() if there)
    if pen is not None:
        rest = ("notify", "broker", "worth", "permits", "end_use", "site", "text", "items")
        yield from (f"notification {name}" for name in rest if getattr(pen[0], name))


def moment(at: Ms) -> str:
    """Write a time, UTC, to the second."""
    return datetime.fromtimestamp(at / 1_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
