"""One named person's hand on a room, for the page on their own machine: their keys in memory, their law, their tray.

The rule it keeps: what is written to the tray is ciphertext, a signature or public; what was opened stays in this object. While
anything is wrong with the logs nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Lock
from typing import cast

from comity.base import cbor
from comity.base.errors import BadForm, BadSeal
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, Ms, read_id, show_id
from comity.crypto.keys import SealingPublic, read_cose_key
from comity.dispatch.decision import receiving
from comity.dispatch.entries import Fact, decision_hash
from comity.dispatch.states import Withheld
from comity.edge.board import verdict_line
from comity.edge.clock import Clock
from comity.edge.desks import part
from comity.edge.deskview import Lines
from comity.edge.entropy import SystemEntropy
from comity.edge.lawcards import law_card
from comity.edge.roomdesk import (
    WRITER,
    Looked,
    find_note,
    form_of,
    keep_record,
    look,
    open_chamber,
    open_draft,
    read_box,
    seal_draft,
)
from comity.edge.rooms import PersonCard, card_of
from comity.edge.roomtray import Tray
from comity.marking.vocabulary import CONDITIONS, GROUNDS, HANDLING, PAP, PURPOSES, ROOM_PURPOSE, TLP
from comity.policy.edition import Edition
from comity.policy.verdict import Verdict
from comity.room.box import Box
from comity.room.charter import KINDS, Charter, Person
from comity.room.keyfile import PersonKeys
from comity.room.reading import Note, Read, receipts
from comity.room.reveal import asks_law, reveal, seal_reveal
from comity.room.slot import Slot
from comity.room.writing import DESK, Begun, Chamber, Written, approve, read_approval, write_note, write_receipt
from comity.screen import BodyLine, LawCard, VerdictLine
from comity.screen.forms import Forms
from comity.screen.room import RoomBooks, RoomCard, RoomDraft, RoomLog, RoomNote, RoomOutcome, RoomPerson, RoomWaiting
from comity.screen.visitor import Json
from comity.screen.writing import LimitLine, Named, OfficerLine, Options, PurposeLine

AGAIN_MS = 60_000
"""A box that has not changed is looked at again after so long, or after a slot if that is longer: a log may stand still."""
_DECISION_SALT = 32
_APPROVAL = "approval:"


@dataclass(frozen=True, slots=True)
class _Sent:
    """One item that was left in the tray."""

    commit: Digest
    what: str
    id: DispatchId
    at: Ms


@dataclass(slots=True)
class _Now:
    """The newest look."""

    box: Box
    chamber: Chamber
    looked: Looked
    mark: tuple[int, ...]
    at: Ms


@dataclass(slots=True)
class RoomHand:
    """Fills `screen.room.RoomHands`.

    Args:
        key_file: of the person; how far the logs were seen and decision records lie beside it.
        keys: as it was unlocked.
        edition: of the party's law, signed.
        tray: where the box lies and items are left.
        clock: of this machine.
    """

    key_file: Path
    keys: PersonKeys = field(repr=False)
    edition: Edition
    tray: Tray
    clock: Clock
    _last: _Now | None = None
    _sent: list[_Sent] = field(default_factory=list)
    _lock: Lock = field(default_factory=Lock)
    _law: LawCard | None = None

    # --- looking -----------------------------------------------------------------------------------------------

    def look(self) -> RoomCard:
        """Return the room as the newest box has it."""
        with self._lock:
            return self._card(self._look())

    def _look(self) -> _Now:
        now, last = self.clock.now(), self._last
        if not self.tray.box.exists():
            raise BadForm(f"{self.tray.box} is not there: your node has left no box yet; nothing was read")
        found = self.tray.box.stat()
        mark = (found.st_mtime_ns, found.st_size, found.st_ino)
        if last is not None and last.mark == mark and now - last.at < max(AGAIN_MS, last.chamber.charter(now).slot_ms):
            return last
        box = read_box(self.tray.box)
        chamber = open_chamber(box, self.keys, self.edition)
        looked = look(box, chamber, self.key_file, now)
        self._last = _Now(box, chamber, looked, mark, now)
        return self._last

    def _card(self, at: _Now) -> RoomCard:
        charter = at.chamber.charter(self.clock.now())
        placed = {slot.commit for slot in at.looked.ours.slots.values()}
        self._sent = [one for one in self._sent if one.commit not in placed]
        notes = tuple(self._note(one, one.note, at, charter) for one in at.looked.read if one.note is not None)
        card = RoomCard(
            number=charter.number,
            title=charter.title,
            edition=charter.edition,
            ended=charter.ended,
            slot_ms=charter.slot_ms,
            us=self._mark(at, ours=True),
            them=self._mark(at, ours=False),
            persons=self._persons(at, charter),
            logs=self._logs(at),
            notes=tuple(sorted(notes, key=lambda one: (one.created, not one.ours, one.index))),
            drafts=self._drafts(at, charter),
            waiting=tuple(RoomWaiting(one.what, show_id(one.id), one.at) for one in self._sent),
            wrong=_wrong(at.looked),
            refused=len(self.tray.refused()),
            since=at.box.since,
            exercise=self.edition.exercise,
            looked=at.at,
            stamp="",
        )
        return replace(card, stamp=sha256(repr(replace(card, looked=Ms(0))).encode()).hex()[:24])

    def _mark(self, at: _Now, *, ours: bool) -> str:
        office = at.chamber.office
        node = office.us if ours else office.peer
        return next(party.country for party in office.accord.parties if party.node == node)

    def _persons(self, at: _Now, charter: Charter) -> tuple[RoomPerson, ...]:
        us = charter.side(at.chamber.office.us)
        sides = ((us, True), (charter.other(us.node), False))
        return tuple(
            RoomPerson(ours, one.number, one.agency, one.roles, ours and one.number == at.chamber.number)
            for side, ours in sides
            for one in side.persons
        )

    def _logs(self, at: _Now) -> tuple[RoomLog, ...]:
        logs = ((at.looked.ours, True), (at.looked.theirs, False))
        return tuple(
            RoomLog(ours, log.seen.size, Ms(log.heads[-1].cosigned.time * 1_000) if log.heads else None, len(log.slots))
            for log, ours in logs
        )

    def _note(self, one: Read, note: Note, at: _Now, charter: Charter) -> RoomNote:
        heads = (at.looked.ours if one.ours else at.looked.theirs).heads
        covering = next((head for head in heads if head.head.checkpoint.size > one.index), None)
        got = receipts(at.looked.read).get(note.header.id, ())
        position = _position(charter, at.chamber)
        waits = any(sent.what == "receipt" and sent.id == note.header.id for sent in self._sent)
        return RoomNote(
            id=show_id(note.header.id),
            ours=one.ours,
            index=one.index,
            kind=note.header.kind,
            purpose=note.header.purpose,
            agency=note.author.agency,
            number=note.author.number,
            created=note.header.created,
            cosigned=None if covering is None else Ms(covering.cosigned.time * 1_000),
            re=tuple(map(show_id, note.header.re)),
            receipts=len(got),
            receipted=not one.ours and (waits or any(leaf.recipient == position for leaf in got)),
            refused=note.code or "",
            verdict=None if note.verdict is None else self._verdict(note.verdict, at, "admit"),
            lines=() if note.code else _lines(at, note.header.kind, note.body),
        )

    def _verdict(self, verdict: Verdict, at: _Now, act: str) -> VerdictLine:
        mark = self._mark(at, ours=True)
        return verdict_line(mark, act, verdict, exercise=self.edition.exercise, ground=verdict.ground)

    # --- drafts ------------------------------------------------------------------------------------------------

    def _drafts(self, at: _Now, charter: Charter) -> tuple[RoomDraft, ...]:
        found = []
        for path in self.tray.drafts():
            try:
                fields, begun = open_draft(path, self.keys)
                found.append(self._draft(fields, begun, at, charter))
            except (BadSeal, BadForm):
                continue  # of another room, or of another edition's persons
        return tuple(sorted(found, key=lambda one: one.created))

    def _draft(
        self, fields: Mapping[str, object], begun: tuple[DispatchId, Ms], at: _Now, charter: Charter
    ) -> RoomDraft:
        form, _ = form_of(fields, at.looked)
        by = fields.get(WRITER)
        writer = by if isinstance(by, int) else 0
        me = next((one for one in charter.persons_of(at.chamber.office.us) if one.number == at.chamber.number), None)
        return RoomDraft(
            id=show_id(begun[0]),
            by=writer,
            mine=writer == at.chamber.number,
            kind=form.kind,
            purpose=form.purpose,
            created=begun[1],
            given=self._given(begun[0], charter, at.chamber),
            roles=() if me is None or writer == me.number else me.roles,
            head=tuple((name, word) for name, word in _head(fields) if word),
            lines=_lines(at, form.kind, cbor.encode(form.body)),
        )

    def _given(self, dispatch: DispatchId, charter: Charter, chamber: Chamber) -> tuple[tuple[int, str], ...]:
        found = []
        for path in self.tray.approvals(dispatch):
            try:
                one = read_approval(path.read_bytes(), charter, chamber)
            except BadForm:
                continue
            found.append((one.by.number, one.role))
        return tuple(found)

    # --- writing -----------------------------------------------------------------------------------------------

    def books(self) -> RoomBooks:
        """Return what the forms offer, and our law."""
        with self._lock:
            at = self._look()
            if self._law is None:
                self._law = law_card(self.edition, self._mark(at, ours=True), ours=True)
            return RoomBooks(_options(at, self.edition, self.clock.now()), self._law)

    def write(self, form: Mapping[str, Json], *, judge: bool) -> RoomOutcome:
        """Take a note through our law and leave it for the node; with `judge` only ask."""
        with self._lock:
            at = self._sound()
            return self._try({**form, WRITER: at.chamber.number}, at, None, judge=judge)

    def resume(self, draft: str) -> RoomOutcome:
        """Try a draft of ours again with the approvals that are here."""
        with self._lock:
            at, dispatch = self._sound(), DispatchId(read_id(draft))
            fields, kept = self._open(dispatch)
            if fields.get(WRITER) != at.chamber.number:
                raise BadForm("this draft is another person's; who wrote it sends it. Nothing was sent")
            return self._try(fields, at, Begun(*kept), judge=False)

    def _try(self, fields: Mapping[str, object], at: _Now, begun: Begun | None, *, judge: bool) -> RoomOutcome:
        form, question = form_of(fields, at.looked)
        approvals = [] if begun is None else [path.read_bytes() for path in self.tray.approvals(begun.id)]
        now = self.clock.now()
        outcome, kept = write_note(form, at.chamber, now, question=question, begun=begun, approvals=approvals)
        said = self._verdict(outcome.verdict, at, "clear")
        if isinstance(outcome, Withheld):
            waits = not judge and _approvable(outcome.missing)
            if waits and begun is None:
                office = at.chamber.office
                sealed = seal_draft(fields, (kept.id, kept.created), at.chamber.charter(now), office.us)
                self.tray.keep_draft(kept.id, sealed)
            return RoomOutcome(outcome.state, show_id(kept.id), said, outcome.missing, (), waits)
        if judge:
            return RoomOutcome("permitted", "", said, (), outcome.redactions)
        self._leave(outcome, now)
        return RoomOutcome("written", show_id(outcome.id), said, (), outcome.redactions)

    def _leave(self, written: Written, now: Ms) -> None:
        keep_record(self.key_file, written.id, written.salt, written.record, self.keys)
        self._put(written.slot, "note", written.id, now)
        self.tray.clear(written.id)

    def _put(self, slot: Slot, what: str, dispatch: DispatchId, now: Ms) -> None:
        self.tray.put(slot)
        self._sent.append(_Sent(slot.commit, what, dispatch, now))

    def approve(self, draft: str, role: str) -> None:
        """Sign our approval of exactly this draft."""
        with self._lock:
            at, dispatch = self._sound(), DispatchId(read_id(draft))
            fields, kept = self._open(dispatch)
            if fields.get(WRITER) == at.chamber.number:
                raise BadForm("nobody approves what they wrote; nothing was approved")
            form, question = form_of(fields, at.looked)
            now = self.clock.now()
            signed, _ = approve(form, at.chamber, now, role=role, begun=Begun(*kept), question=question)
            self.tray.approve(dispatch, at.chamber.number, signed)

    def _open(self, dispatch: DispatchId) -> tuple[Mapping[str, object], tuple[DispatchId, Ms]]:
        path = self.tray.draft(dispatch)
        if not path.exists():
            raise BadForm("this draft is not in the tray any more; it was sent or taken away. Nothing was done")
        fields, kept = open_draft(path, self.keys)
        if kept[0] != dispatch:
            raise BadForm("this draft lies under another number; nothing was done")
        return fields, kept

    def receipt(self, note: str) -> None:
        """Write the receipt of a note of the other side: read, or not admitted by our law."""
        with self._lock:
            at = self._sound()
            one, now = find_note(at.looked, note), self.clock.now()
            if one.ours or one.note is None or one.note.verdict is None:
                raise BadForm("a receipt is for a note of the other side; nothing was made")
            if self._note(one, one.note, at, at.chamber.charter(now)).receipted:
                raise BadForm("you wrote the receipt of this note already; nothing was made")
            salt = at.chamber.office.entropy.draw(_DECISION_SALT)
            record = receiving(one.note.header.id, one.note.question, one.note.verdict, now)
            stated = (Fact.REFUSED, one.note.code) if one.note.code else (Fact.SEEN, None)
            place = (one.index, one.note.leaf)
            slot = write_receipt(place, stated, at.chamber, now, decided=decision_hash(salt, record))
            keep_record(self.key_file, one.note.header.id, salt, record, self.keys)
            self._put(slot, "receipt", one.note.header.id, now)

    # --- showing -----------------------------------------------------------------------------------------------

    def reveal(self, note: str, whom: str, card: str) -> bytes:
        """Return the proof of one note, sealed to the third person whose card this is."""
        with self._lock:
            at = self._sound()
            one = find_note(at.looked, note)
            if one.note is None or one.note.code:
                raise BadForm("our law does not admit this note, so it is not shown to anybody; nothing was made")
            reader = read_cose_key(bytes.fromhex(card_of(card.encode(), "the card", PersonCard).seal))
            if not isinstance(reader, SealingPublic):
                raise BadForm("the card has no key that a proof can be sealed to; nothing was made")
            verdict = asks_law(one.note, at.chamber, self.clock.now())
            if verdict is not None and not verdict.permits:
                why = "; ".join(f"{reason.sentence} ({reason.article})" for reason in verdict.reasons)
                raise BadForm(f"our law does not let this note out; nothing was made. {why}")
            log = at.looked.ours if one.ours else at.looked.theirs
            proof = reveal(one, log, at.chamber, (at.box.accord, at.box.charters), whom)
            return seal_reveal(proof, reader, SystemEntropy())

    def _sound(self) -> _Now:
        """Return the newest look if nothing is wrong with it: else nothing is written on top of it."""
        at = self._look()
        if _wrong(at.looked):
            raise BadForm("something is wrong with the room's logs, so nothing was made; telephone the other side")
        return at


def _approvable(missing: tuple[str, ...]) -> bool:
    """Say whether nothing is missing but what other persons give."""
    return bool(missing) and all(word.startswith(_APPROVAL) for word in missing)


def _wrong(looked: Looked) -> tuple[str, ...]:
    faults = (f"{'our' if one.ours else 'their'} leaf {one.index}: {one.fault}" for one in looked.read if one.fault)
    return (*looked.faults, *faults)


def _position(charter: Charter, chamber: Chamber) -> int | None:
    numbers = [one.number for one in charter.side(chamber.office.us).persons]
    return numbers.index(chamber.number) if chamber.number in numbers else None


def _lines(at: _Now, kind: str, body: bytes) -> tuple[BodyLine, ...]:
    desk = next(iter(at.chamber.office.desks))
    return cast("Lines", part(desk, "web").body_lines)(kind, body)


_SHOWN = ("conduct", "evaluation", "ground", "basis", "assessments")


def _head(fields: Mapping[str, object]) -> list[tuple[str, str]]:
    found = []
    for name in _SHOWN:
        value = fields.get(name)
        if isinstance(value, list):
            value = ", ".join(str(one.get("act", "")) if isinstance(one, dict) else str(one) for one in value)
        found.append((name, str(value or "")))
    return found


def _options(at: _Now, law: Edition, now: Ms) -> Options:
    charter, office = at.chamber.charter(now), at.chamber.office
    us = charter.side(office.us)
    desk = next(iter(office.desks))
    forms = cast("Forms", part(desk, "forms"))
    purposes = (ROOM_PURPOSE, *(one for one in forms.PURPOSES if one != ROOM_PURPOSE))
    return Options(
        desk=desk,
        forms=tuple(
            replace(one, kind=str(one.kind), desk=desk, purposes=purposes)
            for one in forms.FORMS
            if one.kind in KINDS and office.accord.opens(desk, one.kind)
        ),
        purposes=tuple(
            PurposeLine(code, PURPOSES[code].covers, PURPOSES[code].conduct.value, PURPOSES[code].colours)
            for code in purposes
        ),
        items=(),
        ours=_agencies(us.persons),
        theirs=_agencies(charter.other(us.node).persons),
        bases=tuple(sorted(law.known_bases)),
        limits=(LimitLine("normal", None, None, None),),
        officers=tuple(OfficerLine(DESK, one.number, one.agency, one.roles) for one in us.persons),
        zone="UTC",
        handling=HANDLING,
        conditions=tuple(Named(word, takes.value) for word, takes in CONDITIONS.items()),
        tlp=TLP,
        pap=PAP,
        grounds=tuple(Named(ground, " ".join(codes)) for ground, codes in GROUNDS.items()),
        their_law=False,
    )


def _agencies(persons: tuple[Person, ...]) -> tuple[Named, ...]:
    return tuple(Named(one, one) for one in dict.fromkeys(person.agency for person in persons))
