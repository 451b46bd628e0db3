"""Papers on a whole case: each dispatch with its proof and what our law lets out of it, receipts, marks, who had it.

The rule it keeps: a dispatch whose content may not be disclosed stands with its proof and says why in one word; nothing of
what was withheld is in any file. The same rows and the same instant give the same bytes.
"""  # spec: protocol.md 12

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, TypeAlias

from comity.base import cbor
from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.base.ids import CaseId, DispatchId, LeafIndex, Ms, show_id
from comity.crypto.sign import unverified_payload
from comity.dispatch import wire
from comity.dispatch.accord import decode_accord
from comity.dispatch.book import LogRole
from comity.dispatch.closed import real
from comity.dispatch.columns import bytes_of, int_of, ms_or_none, text_of
from comity.dispatch.decision import Decided, read_record
from comity.dispatch.entries import ReceiptLeaf
from comity.dispatch.holding import STOPPING_KINDS, targets_of
from comity.dispatch.keylist import decode_keylist
from comity.dispatch.office import Office
from comity.dispatch.partsrow import part_digest_shown, parts_of
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.node.bundle import (
    PARTS,
    Piece,
    Source,
    find_source,
    instruments,
    key_proofs,
    let_out,
    receipt_places,
    removed_by,
    reseal_proofs,
)
from comity.node.casecustody import Event, events_of
from comity.node.lawkept import published_rules
from comity.node.proofs import cosigned_second, entry_proof, tie_before
from comity.node.publickeys import PublicKeys

Json: TypeAlias = "int | str | bool | Sequence[Json] | Mapping[str, Json] | None"
FORMAT: Final = "comity/case-papers/1"
CASE, KEYS, ACCORD = "case.json", "keys.txt", "accord.cose"
_MOST: Final = 999


class Removed(StrEnum):
    """Why the content of a dispatch is not among the papers; one word a reason, and it tells no more than that."""

    LAW = "refused-by-law"
    REFERRED = "referred-to-another-authority"
    HELD = "approval-missing"
    CATEGORY = "removal-ordered"
    UNOPENED = "not-opened"
    UNASKED = "not-asked"


@dataclass(frozen=True, slots=True)
class Asked:
    """What papers are asked for.

    Attributes:
        case: of which case.
        acts: for each dispatch the act by which our law was asked, done or not; one that is missing was not asked.
        purpose: `evidence`, `court` or `export`; "" where nothing was asked and proofs alone are made.
        recipient: court or agency that gets them, in words.
        basis: legal bases named for the acts.
        by: whose act it is; None only where proofs alone are made.
    """

    case: CaseId
    acts: Mapping[DispatchId, DispatchId] = field(default_factory=dict[DispatchId, DispatchId])
    purpose: str = ""
    recipient: str = ""
    basis: tuple[str, ...] = ()
    by: Officer | None = None


@dataclass(frozen=True, slots=True)
class _Place:
    """One dispatch of the case that a co-signed head covers, with what may be shown and why not the rest."""

    source: Source
    after: int | None
    cosigned: int
    shown: frozenset[Piece]
    removed: tuple[Removed, tuple[str, ...]] | None
    act: Decided | None

    @property
    def order(self) -> tuple[int, int, str, int]:
        """Where it stands among the papers: by what both logs prove of its time, then by log and place."""
        return self.cosigned, self.after or 0, self.source.own.value, self.source.place


def case_dispatches(tx: Tx, case: CaseId) -> tuple[DispatchId, ...]:
    """Return every dispatch of a case that this node sent or opened, oldest number first."""
    rows = tx.rows("SELECT id FROM sent WHERE case_id = ? UNION SELECT id FROM got WHERE case_id = ?", (case, case))
    return tuple(sorted(DispatchId(bytes_of(row[0])) for row in rows))


def make_papers(tx: Tx, office: Office, asked: Asked, frame: Mapping[str, Json], now: Ms) -> dict[str, bytes]:
    """Return the files of a case's papers, without what `casefolder` puts around them.

    Args:
        tx: the snapshot.
        office: of the node; whose officers have which roles.
        asked: what for.
        frame: what the core does not know: parties, numbers of the case, names of agencies, law editions.
        now: when they are made.

    Raises:
        BadForm: there is no such case here, it has more dispatches than papers may have, or rows were altered.
        BadProof, BadSignature, MissingTile: the stored rows do not prove it; nothing was made.
    """  # spec: protocol.md 12
    wanted = case_dispatches(tx, asked.case)
    if not wanted or len(wanted) > _MOST:
        raise BadForm(f"papers are made of a case of 1 to {_MOST} dispatches; this one has {len(wanted)}")
    found = [(one, _place(tx, one, asked)) for one in wanted]
    places = sorted((place for _, place in found if place is not None), key=lambda place: place.order)
    names = {place.source.id: f"dispatch/{n:03d}-{show_id(place.source.id)}" for n, place in enumerate(places, 1)}
    again = reseal_proofs(tx, (place.source for place in places))
    files = {**dict(instruments(tx)), **key_proofs(tx), **again}
    for place in places:
        files |= _content(names[place.source.id], place)
    receipts, told = _receipts(tx, places)
    ties, after = _ties(tx, places)
    files |= {**receipts, **ties, **_decision_head(tx)}
    marks = _marks(tx, wanted)
    listed: list[Json] = [
        {
            "number": n,
            "folder": names[place.source.id],
            **_facts(tx, place),
            "l_head": after.get(place.source.id),
            "receipts": told.get(place.source.id, []),
            "marks": marks.get(place.source.id, []),
        }
        for n, place in enumerate(places, 1)
    ]
    events = [one for place in places for one in _events(tx, office, place, now)]
    events.sort(key=lambda told: (told[0].at, told[0].dispatch, told[0].what))
    said = {
        **frame,
        "format": FORMAT,
        "made": _made(office, asked, tx, now),
        "dispatches": listed,
        "not_covered_yet": [show_id(one) for one, place in found if place is None],
        "custody": [_event(one) for one in events],
    }
    return {**files, KEYS: _vkeys(tx).encode(), CASE: plain_json(said)}


def plain_json(value: Json) -> bytes:
    """Return the one JSON text of a value: keys sorted, one space of indent, a line feed at the end."""
    return (json.dumps(value, ensure_ascii=False, indent=1, sort_keys=True) + "\n").encode()


# --- one dispatch --------------------------------------------------------------------------------------------------


def _place(tx: Tx, dispatch: DispatchId, asked: Asked) -> _Place | None:
    source = find_source(tx, dispatch)
    if source is None:
        return None
    tie, second = tie_before(tx, source.own, source.place), cosigned_second(tx, source.own, source.place)
    assert second is not None  # a co-signed head covers it, or there would be no source
    decided = let_out(tx, dispatch, asked.acts.get(dispatch))
    shown, removed = _shown(tx, source, decided, asked)
    return _Place(source, None if tie is None else tie[1].time, second, shown, removed, decided)


def _shown(
    tx: Tx, source: Source, decided: Decided | None, asked: Asked
) -> tuple[frozenset[Piece], tuple[Removed, tuple[str, ...]] | None]:
    """Return which pieces may be shown, and why not the others."""
    if source.parts is None or source.sealed is None or source.digests is not None:
        return frozenset(), (Removed.UNOPENED, ())
    if decided is None:
        return frozenset(), _why(tx, source.id, asked)
    removed = removed_by(decided)
    if removed:
        return frozenset({Piece.HEADER, Piece.AUTHOR}), (Removed.CATEGORY, removed)
    return frozenset(Piece) if source.sealed else frozenset(Piece) - {Piece.SEALED}, None


def _why(tx: Tx, dispatch: DispatchId, asked: Asked) -> tuple[Removed, tuple[str, ...]]:
    """Say in one word why our law did not let it out, and the outward code, never the ground."""
    act = asked.acts.get(dispatch)
    rows = tx.rows(
        "SELECT a.effect, r.record FROM act a JOIN record r ON r.idx = a.record WHERE a.id = ? AND a.dispatch = ?",
        (act, dispatch),
    )
    if not rows:
        return Removed.UNASKED, ()
    decided = read_record(bytes_of(rows[0][1]))
    outward = () if decided is None or decided.verdict.outward is None else (decided.verdict.outward,)
    match text_of(rows[0][0]):
        case "referred":
            return Removed.REFERRED, outward
        case "held":
            return Removed.HELD, ()
        case _:
            return Removed.LAW, outward


def _content(name: str, place: _Place) -> dict[str, bytes]:
    source = place.source
    files = {f"{name}/entry": source.proof.entry, f"{name}/proof": source.proof.text().encode()}
    if source.parts is None:
        return files
    for number, piece in enumerate(PARTS):
        part = source.parts[number]
        if piece in place.shown:
            files[f"{name}/part{number}"] = cbor.encode((part.salt, part.content))
        else:
            files[f"{name}/part{number}.digest"] = part_digest_shown(number, part, source.digests)
    if Piece.SEALED in place.shown and source.sealed is not None:
        files[f"{name}/sealed"] = source.sealed
    return files


def _facts(tx: Tx, place: _Place) -> dict[str, Json]:
    source = place.source
    ours = source.own is LogRole.OURS
    columns = "sent_at, arrived_at, settled_at, seen_at" if ours else "known_at, arrived_at, settled_at, seen_at"
    times = tx.rows(f"SELECT {columns} FROM {'sent' if ours else 'got'} WHERE id = ?", (source.id,))[0]  # noqa: S608  our own tables
    names = ("sent" if ours else "known", "arrived", "settled", "seen")
    removed = place.removed
    return {
        "id": show_id(source.id),
        "ours": ours,
        "log": source.proof.origin,
        "index": source.proof.index,
        "size": source.proof.size,
        "after": place.after,
        "cosigned": place.cosigned,
        "shown": [piece.value for piece in Piece if piece in place.shown],
        "removed": None if removed is None else {"class": removed[0].value, "words": list(removed[1])},
        "times": dict(zip(names, map(ms_or_none, times), strict=True)),
        "law": _law(tx, place),
    }


def _law(tx: Tx, place: _Place) -> Json:
    """Return what our law said of a dispatch that is shown: editions, and the published rules that let it pass."""
    if place.act is None or not place.shown:
        return None
    kinds = "('sent')" if place.source.own is LogRole.OURS else "('received')"
    rows = tx.rows(
        f"SELECT record FROM record WHERE dispatch = ? AND kind IN {kinds} ORDER BY idx LIMIT 1",  # noqa: S608  constants of this function
        (place.source.id,),
    )
    crossed = read_record(bytes_of(rows[0][0])) if rows else None
    told = {"crossing": crossed, "disclosure": place.act}
    return {name: _decided(tx, one) for name, one in told.items() if one is not None}


def _decided(tx: Tx, decided: Decided) -> Json:
    verdict = decided.verdict
    open_rules = published_rules(verdict.edition, tx)
    return {
        "at": decided.now,
        "edition": verdict.edition.hex(),
        "effect": verdict.effect.value,
        "reasons": [
            {"rule": one.rule, "article": one.article, "read": one.status, "sentences": dict(one.sentences)}
            for one in verdict.reasons
            if one.rule in open_rules and one.effect.value in {"permit", "permit-with"}
        ],
    }


# --- what ties them together ---------------------------------------------------------------------------------------


def _receipts(tx: Tx, places: Iterable[_Place]) -> tuple[dict[str, bytes], dict[DispatchId, list[Json]]]:
    """Return every receipt with its proof, and for each dispatch what they say."""
    files: dict[str, bytes] = {}
    told: dict[DispatchId, list[Json]] = {}
    for role in (LogRole.OURS, LogRole.THEIRS):
        about = {one.source.id: one.source.proof.index for one in places if one.source.other is role}
        for index, leaf in receipt_places(tx, role, about) if about else ():
            proof = entry_proof(tx, role, index, first=True)
            if proof is None:
                continue
            name = f"receipt/{len(files) // 2 + 1:03d}"
            files |= {f"{name}/entry": proof.entry, f"{name}/proof": proof.text().encode()}
            told.setdefault(leaf.id, []).append(_receipt(tx, name, role, index, leaf))
    return files, told


def _receipt(tx: Tx, name: str, role: LogRole, index: LeafIndex, leaf: ReceiptLeaf) -> Json:
    second = cosigned_second(tx, role, index)
    return {"folder": name, "index": real(index), "fact": leaf.fact.name.lower(), "code": leaf.code, "cosigned": second}


def _ties(tx: Tx, places: Iterable[_Place]) -> tuple[dict[str, bytes], dict[DispatchId, str]]:
    """Return each l-head that a dispatch follows, once, and which one each follows."""
    files: dict[str, bytes] = {}
    known: dict[tuple[LogRole, int], str] = {}
    after: dict[DispatchId, str] = {}
    for place in places:
        role = place.source.own
        tie = tie_before(tx, role, place.source.place)
        proof = None if tie is None else entry_proof(tx, role, tie[0], first=True)
        if tie is None or proof is None:
            continue
        name = known.setdefault((role, tie[0]), f"l-head/{len(known) + 1:03d}")
        files |= {f"{name}/entry": proof.entry, f"{name}/proof": proof.text().encode()}
        after[place.source.id] = name
    return files, after


def _decision_head(tx: Tx) -> dict[str, bytes]:
    """Return the newest head of our decision log that our exchange log commits to, with its proof; nothing before one."""
    # spec: protocol.md 4 rule 6
    rows = tx.rows("SELECT idx, salt, record FROM opening WHERE kind = 'decision-head' ORDER BY idx DESC")
    for index, salt, record in rows:
        proof = entry_proof(tx, LogRole.OURS, int_of(index), first=True)
        if proof is not None:
            return {
                "decision-head/entry": proof.entry,
                "decision-head/proof": proof.text().encode(),
                "decision-head/salt": bytes_of(salt),
                "decision-head/record": bytes_of(record),
            }
    return {}


def _marks(tx: Tx, wanted: Iterable[DispatchId]) -> dict[DispatchId, list[Json]]:
    """Return which dispatches their own sender recalled or corrected, and by which one."""
    found: dict[DispatchId, list[Json]] = {}
    for table in ("sent", "got"):
        for one in wanted:
            rows = tx.rows(f"SELECT plain FROM {table} WHERE id = ? AND plain IS NOT NULL", (one,))  # noqa: S608  our two tables
            header = wire.decode_header(parts_of(bytes_of(rows[0][0]))[0].content) if rows else None
            if header is None or header.kind not in STOPPING_KINDS:
                continue
            for target in targets_of(header):
                found.setdefault(target, []).append({"kind": header.kind, "by": show_id(one)})
    return found


# --- who, when -----------------------------------------------------------------------------------------------------


def _events(tx: Tx, office: Office, place: _Place, now: Ms) -> Iterator[tuple[Event, tuple[str, ...]]]:
    """Yield what happened to a dispatch; of one that is withheld only what the machine did."""
    for one in events_of(tx, place.source, whole=bool(place.shown)):
        standing = None if one.by is None or not one.ours else office.powers.standing(tx, *one.by, now)
        yield one, () if standing is None else tuple(sorted(standing.roles))


def _event(told: tuple[Event, tuple[str, ...]]) -> dict[str, Json]:
    one, roles = told
    by = None if one.by is None else f"{one.by[0]}/{one.by[1]}"
    said: dict[str, Json] = {"at": one.at, "what": one.what, "dispatch": show_id(one.dispatch), "ours": one.ours}
    return {**said, "by": by, "roles": list(roles), "about": list(one.about), "record": one.record}


def _made(office: Office, asked: Asked, tx: Tx, now: Ms) -> Json:
    by = asked.by
    standing = None if by is None else office.powers.standing(tx, by.desk, by.number, now)
    return {
        "at": now,
        "by": None if by is None else f"{by.desk}/{by.number}",
        "agency": None if standing is None else standing.agency,
        "roles": [] if standing is None else sorted(standing.roles),
        "purpose": asked.purpose,
        "recipient": asked.recipient,
        "basis": list(asked.basis),
    }


def _vkeys(tx: Tx) -> str:
    """Return both parties' verifier keys as the arguments that `verify.py` takes from a file."""
    payloads = [unverified_payload(signed) for name, signed in instruments(tx) if name.startswith("keys/")]
    keys = PublicKeys.listed(*map(decode_keylist, payloads))
    logs = [("--log-vkey", line) for key in dict.fromkeys(keys.logs) for line in key.vkeys()]
    mirrors = [("--cosigner-vkey", line) for key in dict.fromkeys(keys.cosigners) for line in key.vkeys()]
    return "".join(f"{option}\n{line}\n" for option, line in (*logs, *mirrors))


def accord_of(tx: Tx) -> tuple[str, int, str]:
    """Return name and edition of the newest accord in force, and the SHA-256 of its signed bytes in hex."""
    signed = bytes_of(tx.rows("SELECT signed FROM instrument WHERE kind = 'accord' ORDER BY from_ours DESC")[0][0])
    accord = decode_accord(unverified_payload(signed))
    return accord.name, accord.edition, sha256(signed).hex()
