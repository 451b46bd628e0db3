"""Proofs out of the rows of a node: an entry under the newest co-signed head, and between which two times it was made.

The rule it keeps: a proof is made from the stored tiles and checked against the signed root before anyone gets it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Self

from comity.base.errors import BadForm
from comity.base.ids import LeafIndex, Ms, Origin
from comity.dispatch.book import LogRole, RowTiles
from comity.dispatch.closed import floor, real
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import HeadLeaf, decode_entry
from comity.dispatch.keylist import KeyList
from comity.dispatch.ports import Tx
from comity.node.assemble import cosigner_verifier, decision_origin, log_changes, log_verifier, spare_verifiers
from comity.node.heads import signed_by
from comity.node.logfiles import head_end, newest_checkpoint
from comity.node.papers import Listed, read_papers
from comity.node.peer import Peer, Voice, keys_at
from comity.tlog.checkpoint import (
    CosignedHead,
    KeyRole,
    NoteVerifier,
    SignedHead,
    merge,
    parse_body,
    verify_cosigned_head,
    verify_head,
)
from comity.tlog.note import parse_note
from comity.tlog.proof import TlogProof, format_proof
from comity.tlog.tree import inclusion_proof, leaf_hash, verify_inclusion

SECOND_MS: Final = 1_000
HEAD_TYPE: Final = 5
"""Number of an l-head, which stands in byte 15 of an entry: after `["comity/leaf/1", ` the type."""
_TYPE_AT = 15
_STEP = 64


@dataclass(frozen=True, slots=True)
class Signers:
    """The public keys under each log of one node: who signs its heads, and who co-signs them.

    Attributes:
        ours: of our exchange log.
        ours_by: the peer's mirror, which co-signs ours.
        theirs: of the peer's exchange log.
        theirs_by: our mirror, which co-signs theirs.
        decision: of our decision log; nobody co-signs it.
        ours_by_spares, theirs_by_spares: the mirrors' other keys, such as those that a node takes when its store was put back.
        ours_earlier, theirs_earlier: log keys of earlier key lists: (size of the head at which they ended, keys).
    """

    ours: NoteVerifier
    ours_by: NoteVerifier
    theirs: NoteVerifier
    theirs_by: NoteVerifier
    decision: NoteVerifier
    ours_by_spares: tuple[NoteVerifier, ...] = ()
    theirs_by_spares: tuple[NoteVerifier, ...] = ()
    ours_earlier: tuple[tuple[int, NoteVerifier], ...] = ()
    theirs_earlier: tuple[tuple[int, NoteVerifier], ...] = ()
    decision_earlier: tuple[NoteVerifier, ...] = ()
    """Keys of all our lists, under the name of the decision log: it goes on under its name behind a cut."""

    def current(self, tx: Tx) -> Signers:
        """Return the keys by the key lists that are in force in this snapshot.

        Raises:
            BadSignature, BadEnvelope: a stored list does not stand.
        """  # spec: protocol.md 10
        papers = read_papers(tx)
        if papers is None:
            return self
        ours, theirs = papers.ours, papers.theirs
        made = Signers.listed(ours[-1].keys, theirs[-1].keys)
        return replace(
            made,
            ours_by_spares=_mirrors(theirs),
            theirs_by_spares=_mirrors(ours),
            ours_earlier=earlier_logs(ours),
            theirs_earlier=earlier_logs(theirs),
            decision=named(self.decision.name, made.ours),
            decision_earlier=tuple(named(self.decision.name, log_verifier(one.keys)) for one in ours),
        )

    def of_log(self, tx: Tx, role: LogRole, base: int) -> Signers:
        """Return the keys of the log that begins at `base` of our tables: of now, or closed by a cut."""
        signers, papers = self.current(tx), read_papers(tx)
        lists = (
            []
            if not base or papers is None
            else [
                replace(one, index=LeafIndex(real(one.index)))
                for one in (papers.ours if role is LogRole.OURS else papers.theirs)
                if one.index is not None and floor(one.index) == base
            ]
        )
        if not lists:
            return signers
        log, earlier = log_verifier(lists[-1].keys), earlier_logs(lists)
        if role is LogRole.OURS:
            return replace(signers, ours=log, ours_earlier=earlier)
        return replace(signers, theirs=log, theirs_earlier=earlier)

    def at(self, role: LogRole, note: str) -> tuple[NoteVerifier, ...]:
        """Return who must sign a head of a log: a function of its size, and for the decision log whoever of us signed it.

        Raises:
            BadSignature: it is no head.
        """  # spec: protocol.md 10
        parsed = parse_note(note)
        if role is LogRole.DECISION:
            there = {line.key_id for line in parsed.lines}
            return (next((one for one in self.decision_earlier if one.ed25519.key_id in there), self.decision),)
        size = parse_body(parsed.text).size
        earlier = self.ours_earlier if role is LogRole.OURS else self.theirs_earlier
        return keys_at(size, earlier, self.ours if role is LogRole.OURS else self.theirs)

    @classmethod
    def of(cls, voice: Voice, peer: Peer) -> Self:
        """Take the public halves out of what a running node has."""
        keys = (voice.cosigner_keys.verifier, voice.decision_keys.verifier)
        spares = (peer.spares, tuple(one.verifier for one in voice.spares))
        return cls(voice.log_keys.verifier, peer.cosigner, peer.log, *keys, *spares)

    @classmethod
    def listed(cls, ours: KeyList, theirs: KeyList) -> Self:
        """Take them from the two key lists in force, for a command that has no private key."""
        log = ours.log_keys()
        raw = log.ed25519.public_bytes_raw(), log.ml_dsa.public_bytes_raw()
        decision = NoteVerifier.from_raw(KeyRole.LOG, decision_origin(ours.node, ours.log.number), *raw)
        logs = (log_verifier(ours), cosigner_verifier(theirs), log_verifier(theirs), cosigner_verifier(ours))
        return cls(*logs, decision, spare_verifiers(theirs), spare_verifiers(ours))

    def under(self, role: LogRole) -> tuple[NoteVerifier, NoteVerifier | None]:
        """Return who signs the heads of a log, and who co-signs them."""
        match role:
            case LogRole.OURS:
                return self.ours, self.ours_by
            case LogRole.THEIRS:
                return self.theirs, self.theirs_by
            case _:
                return self.decision, None

    def cosigner_of(self, role: LogRole, note: str) -> NoteVerifier | None:
        """Return the key of the co-signer under whose name a note bears a line, the first in use if none does."""
        first = self.under(role)[1]
        spares = self.ours_by_spares if role is LogRole.OURS else self.theirs_by_spares
        return next((one for one in spares if first is not None and signed_by(note, one)), first)


def earlier_logs(lists: Sequence[Listed]) -> tuple[tuple[int, NoteVerifier], ...]:
    """Return the log keys of all lists but the newest, with the size of the head at which each pair ended."""
    return tuple((turn, log_verifier(keys)) for turn, keys in log_changes(lists))


def named(name: str, keys: NoteVerifier) -> NoteVerifier:
    """Return the same log keys under another log's name."""
    return NoteVerifier.from_raw(KeyRole.LOG, name, keys.ed25519.raw, keys.mldsa44.raw)


def _mirrors(lists: Sequence[Listed]) -> tuple[NoteVerifier, ...]:
    return tuple(one for listed in lists for one in (cosigner_verifier(listed.keys), *spare_verifiers(listed.keys)))


@dataclass(frozen=True, slots=True)
class EntryProof:
    """One entry with its proof under a co-signed head; `size` is that head's."""

    entry: bytes
    index: LeafIndex
    size: int
    proof: TlogProof

    @property
    def origin(self) -> str:
        """Name of the log that the head is of."""
        return parse_body(parse_note(self.proof.note).text).origin

    def text(self) -> str:
        """Return the `.tlog-proof` file."""
        return format_proof(self.proof)


def entry_proof(tx: Tx, role: LogRole, index: int, *, first: bool = False) -> EntryProof | None:
    """Return an entry and its proof under the newest co-signed head; None if no such head covers it yet.

    With `first` it is the oldest co-signed head that covers the entry, whose co-signature is the closest in time.
    Signatures are not looked at here; the proof against the head's root is.

    Raises:
        BadProof, MissingTile: the stored entry or tiles do not give the root that was signed.
        BadSignature: the stored head is none.
        BadForm: the entry is not there.
    """
    base = floor(index)
    covering = _first_covering(tx, role, index) if first else newest_checkpoint(tx, role, base)
    if covering is None or real(index) >= covering[0]:
        return None
    size, note = covering
    found = tx.rows("SELECT entry FROM entry WHERE role = ? AND idx = ?", (role, index))
    if not found:
        raise BadForm(f"entry {index} is missing from the store, and the signed head covers it; restore the log")
    entry = bytes_of(found[0][0])
    place = LeafIndex(real(index))
    path = inclusion_proof(RowTiles(tx, role, base), place, size)
    verify_inclusion(leaf_hash(entry), place, size, path, parse_body(parse_note(note).text).root)
    return EntryProof(entry, place, size, TlogProof(place, path, note))


def _first_covering(tx: Tx, role: LogRole, index: int) -> tuple[int, str] | None:
    found = tx.rows(
        "SELECT size, note, cosignature FROM head WHERE role = ? AND size > ? AND size <= ? AND cosignature IS NOT NULL"
        " ORDER BY size, time LIMIT 1",
        (role, index, head_end(tx, role, floor(index))),
    )
    return (real(int_of(found[0][0])), merge(text_of(found[0][1]), text_of(found[0][2]))) if found else None


def newest_signed(
    tx: Tx, role: LogRole, signers: Signers, base: int = 0
) -> tuple[SignedHead, CosignedHead | None] | None:
    """Return the newest head of a log with its signatures checked, co-signed if the log is one that is; None before it.

    Raises:
        BadSignature: the stored head does not have exactly the signatures that it must have.
    """
    signers = signers.of_log(tx, role, base)
    log = signers.under(role)[0]
    if role is not LogRole.DECISION:
        newest = newest_checkpoint(tx, role, base)
        if newest is None:
            return None
        cosigner = signers.cosigner_of(role, newest[1])
        assert cosigner is not None
        both = verify_cosigned_head(newest[1], Origin(log.name), signers.at(role, newest[1]), cosigner)
        return both.head, both
    found = tx.rows("SELECT note FROM head WHERE role = ? ORDER BY size DESC, time DESC LIMIT 1", (role,))
    note = text_of(found[0][0]) if found else ""
    return (verify_head(note, Origin(log.name), signers.at(role, note)), None) if found else None


def check_turns(tx: Tx, signers: Signers) -> int:
    """Check the signatures of every stored head that first covers a key list, and return how many there are.

    Raises:
        BadSignature: one does not bear exactly the lines of the old and of the new keys.
    """  # spec: protocol.md 10
    signers = signers.current(tx)
    checked = 0
    for role, earlier, log in (
        (LogRole.OURS, signers.ours_earlier, signers.ours),
        (LogRole.THEIRS, signers.theirs_earlier, signers.theirs),
    ):
        for turn, _ in earlier:
            for (note,) in tx.rows("SELECT note FROM head WHERE role = ? AND size = ?", (role, turn)):
                verify_head(text_of(note), Origin(log.name), signers.at(role, text_of(note)))
                checked += 1
    return checked


def leaf_interval(tx: Tx, role: LogRole, index: int) -> tuple[Ms | None, Ms | None]:
    """Return between which times the leaf was made, by the clock of the party that is not its author.

    After: the other party had signed the head that the l-head before it names. Before: it co-signed a head above it,
    counted to the last millisecond of that second. None where there is no such head (the first batch) or not yet.
    """  # spec: protocol.md 4 rule 3
    tie = tie_before(tx, role, index)
    after = None if tie is None else Ms(tie[1].time * SECOND_MS)
    second = cosigned_second(tx, role, index)
    return after, None if second is None else Ms(second * SECOND_MS + SECOND_MS - 1)


def cosigned_second(tx: Tx, role: LogRole, index: int) -> int | None:
    """Return the log time at which a head above the leaf was first co-signed, in seconds; None if none was."""
    found = tx.rows(
        "SELECT cosigned_time FROM head WHERE role = ? AND size > ? AND size <= ? AND cosignature IS NOT NULL"
        " ORDER BY size, time LIMIT 1",
        (role, index, head_end(tx, role, floor(index))),
    )
    return int_of(found[0][0]) if found else None


def tie_before(tx: Tx, role: LogRole, index: int) -> tuple[LeafIndex, HeadLeaf] | None:
    """Return the last l-head at or before a leaf, with its own place; None in the first batch."""
    # spec: protocol.md 4 rule 3
    end, begin = index, floor(index)
    while end >= begin:
        rows = tx.rows(
            "SELECT idx, entry FROM entry WHERE role = ? AND idx <= ? AND idx > ? ORDER BY idx DESC",
            (role, end, max(end - _STEP, begin - 1)),
        )
        for at, entry in rows:
            if leaf_type(bytes_of(entry)) == HEAD_TYPE:
                leaf = decode_entry(bytes_of(entry))
                assert isinstance(leaf, HeadLeaf)
                return LeafIndex(int_of(at)), leaf
        end -= _STEP
    return None


def leaf_type(entry: bytes) -> int | None:
    """Return the type number of an entry without decoding it; None if it is too short to have one."""
    return entry[_TYPE_AT] if len(entry) > _TYPE_AT else None
