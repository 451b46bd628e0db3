"""The cut after a stolen log key: the last size that both parties accept, what is disowned above it, and the new log.

The rule it keeps: a cut counts with exactly the signatures of both roots, and what it needs to be made stands in two views,
one of each side's store; it is made by hand, for whoever stole the key could speak on the link.
"""  # spec: protocol.md 3, 10

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadCut, BadEnvelope, BadSignature
from comity.base.fields import Unknown
from comity.base.ids import Digest, NodeName, Origin
from comity.crypto.keys import RootKeys as Root
from comity.crypto.keys import key_id
from comity.crypto.sign import LIMIT, add_signatures, sign_instrument, unverified_payload, verify_instrument
from comity.dispatch.accord import Accord
from comity.dispatch.entries import InstrumentKind
from comity.dispatch.keylist import KeyList
from comity.tlog.checkpoint import Checkpoint, parse_body
from comity.tlog.note import parse_note

CUT: Final = "comity/cut/1"
KIND: Final = InstrumentKind.CUT.value
DISOWNED: Final = 64
"""Heads that a cut disowns by name at most: the newest of those above it."""
LEAST: Final = 3
"""Size of the smallest cut: the leaves of the ceremony stand."""
STOLEN: Final = "stolen-key"
"""The code of a cut for which no other was given."""
_KEYS = frozenset(range(1, 8))
_ORIGIN = re.compile(r"(?P<node>.+)/log/(?P<number>[1-9][0-9]*)")


@dataclass(frozen=True, slots=True)
class Cut:
    """Where a log ends by the word of both parties, and which log goes on.

    Attributes:
        origin: of the log that ends.
        size, root: of its last size that both accept.
        disowned: signed heads above it, as notes, the newest 64 at most.
        new_origin: of the log that goes on.
        code: why.
        unknown: keys of a later edition, kept.
    """

    origin: Origin
    size: int
    root: Digest
    disowned: tuple[str, ...]
    new_origin: Origin
    code: str
    unknown: Unknown = ()

    @property
    def node(self) -> NodeName:
        """The node whose log it is."""
        return split_origin(self.origin)[0]


def split_origin(origin: str) -> tuple[NodeName, int]:
    """Return node and number of the name of an exchange log.

    Raises:
        BadEnvelope: it is none.
    """  # spec: protocol.md 2
    found = _ORIGIN.fullmatch(origin)
    if found is None:
        raise BadEnvelope("a cut of something that is no exchange log")
    return NodeName(found["node"]), int(found["number"])


def encode_cut(cut: Cut) -> bytes:
    """Return the payload that both roots sign."""  # spec: protocol.md 3
    members: dict[int, Value] = {
        1: CUT,
        2: cut.origin,
        3: cut.size,
        4: cut.root,
        5: cut.disowned,
        6: cut.new_origin,
        7: cut.code,
    }
    return cbor.encode(fields.with_unknown(members, cut.unknown))


def decode_cut(payload: bytes) -> Cut:
    """Read the payload of a cut; no signature is looked at.

    Raises:
        UnknownVersion: of another version.
        BadEnvelope: not canonical, another shape, or a new log that does not follow the old one.
    """
    m = fields.numbered(cbor.decode(payload, limit=LIMIT), _KEYS, "cut")
    fields.version(m[1], CUT, "cut version")
    cut = Cut(
        origin=Origin(fields.text(m[2], "origin")),
        size=fields.uint(m[3], "size"),
        root=fields.digest(m[4], "root"),
        disowned=fields.many(m[5], fields.text, "disowned heads", most=DISOWNED),
        new_origin=Origin(fields.text(m[6], "new origin")),
        code=fields.code(m[7], "code"),
        unknown=fields.unknown(m, _KEYS),
    )
    node, number = split_origin(cut.origin)
    if split_origin(cut.new_origin) != (node, number + 1):
        raise BadEnvelope("a cut whose new log is not the next one of the same node")
    if cut.size < LEAST:
        raise BadEnvelope("a cut below the leaves of the ceremony")
    for note in cut.disowned:
        if (head := head_of(note)).origin != cut.origin or head.size <= cut.size:
            raise BadEnvelope("a cut that disowns a head of another log, or one that it does not cut off")
    return cut


def head_of(note: str) -> Checkpoint:
    """Return what a head says; no signature is looked at.

    Raises:
        BadEnvelope: it is none.
    """
    try:
        return parse_body(parse_note(note).text)
    except BadSignature as error:
        raise BadEnvelope("a cut with a head that is none") from error


def sign_cut(data: bytes, root: Root, accord: Accord) -> bytes:
    """Add one party's signatures to a cut, signed or not, and return it.

    Raises:
        BadSignature: the root is of neither party, or the other party's signatures are not good.
        BadForm: this party has signed it already.
        BadEnvelope: it is no cut.
    """
    signed = data.startswith(b"\xd8\x62")
    cut = decode_cut(unverified_payload(data) if signed else data)
    if root.public().cose_keys not in [party.root_keys for party in accord.parties]:
        raise BadSignature("these root keys belong to neither party of the accord; nothing was signed")
    accord_party(cut, accord)
    if not signed:
        return sign_instrument(data, KIND, root)
    done = add_signatures(data, KIND, root)
    verify_cut(done, accord)
    return done


def accord_party(cut: Cut, accord: Accord) -> None:
    """Check that the log is of a party of the accord.

    Raises:
        BadCut: it is not.
    """
    if cut.node not in {party.node for party in accord.parties}:
        raise BadCut(f"{cut.origin} is the log of no party of the accord; nothing was changed")


def verify_cut(signed: bytes, accord: Accord) -> Cut:
    """Read a signed cut after checking that exactly both roots signed it.

    Raises:
        BadSignature: not exactly the four signatures.
        BadEnvelope, UnknownVersion: as `decode_cut`.
    """  # spec: protocol.md 10
    return decode_cut(verify_instrument(signed, KIND, *(party.root() for party in accord.parties)))


def cut_said(signed: bytes) -> tuple[Origin, int, Digest] | None:
    """Return which log a signed cut ends, and at which size and root; None where it is none. No signature is looked at."""
    try:
        cut = decode_cut(unverified_payload(signed))
    except BadEnvelope:
        return None
    return cut.origin, cut.size, cut.root


# --- what it is made of -----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class View:
    """What one side's store has of the log that is to be cut.

    Attributes:
        origin: of the log.
        own: it is the side whose log it is.
        size: entries stored.
        heads: (size, root) of the signed heads that it knows, one for each size and root, by size.
        notes: the newest signed heads, as notes, also those that were not accepted.
    """

    origin: Origin
    own: bool
    size: int
    heads: tuple[tuple[int, Digest], ...]
    notes: tuple[str, ...]


def draft_cut(owner: View, peer: View, code: str = STOLEN) -> Cut:
    """Return the cut at the last head that both sides know with one root; what is signed above it is disowned.

    Raises:
        BadCut: the views are not of one log from both sides, or have no head in common.
    """  # spec: protocol.md 10
    if owner.origin != peer.origin or not owner.own or peer.own:
        raise BadCut("a cut is made of two views of one log: its owner's and the other side's; nothing was made")
    both = set(owner.heads) & set(peer.heads)
    common = [(size, root) for size, root in both if LEAST <= size <= min(owner.size, peer.size)]
    if not common:
        raise BadCut("the two views have no signed head in common; nothing was made")
    size, root = max(common)
    above = {note: head_of(note) for note in (*owner.notes, *peer.notes)}
    newest = sorted(
        (note for note, head in above.items() if head.size > size), key=lambda note: (-above[note].size, note)
    )
    node, number = split_origin(owner.origin)
    return Cut(owner.origin, size, root, tuple(newest[:DISOWNED]), Origin(f"{node}/log/{number + 1}"), code)


def follows_cut(keys: KeyList, before: KeyList, digest: Digest, cut: Cut, known: frozenset[bytes]) -> str:
    """Say why a key list cannot be that of the log behind a cut, or "".

    Args:
        keys: the new list.
        before: the newest list that entered the log below the cut.
        digest: of its signed bytes.
        cut: the cut.
        known: every public key, as COSE_Key, of all earlier lists of this party: a thief may have their private halves.
    """  # spec: protocol.md 10
    node, number = split_origin(cut.new_origin)
    old = {(key_id(before.log.ed25519), cut.size), (key_id(before.log.ml_dsa), cut.size)}
    used = max(pair.number for pair in before.cosigners)
    fresh = [keys.log.ed25519, keys.log.ml_dsa, *(key.cose_key for key in keys.sealing)]
    fresh += [key for pair in keys.cosigners for key in (pair.ed25519, pair.ml_dsa)]
    faults = (
        (keys.node != node or keys.log.number != number, "it is not of the new log"),
        (keys.edition != before.edition + 1 or keys.prev != digest, f"it does not follow edition {before.edition}"),
        (
            not old | set(before.revoked) <= set(keys.revoked),
            "it does not revoke the old log keys from the cut's size on",
        ),
        (bool(known.intersection(fresh)), "it has a key of an earlier list, which the thief may have"),
        (len(set(fresh)) < len(fresh), "it has one key twice"),
        (any(pair.number <= used for pair in keys.cosigners), "it gives a mirror key a number that was used"),
        (
            not {key.agency for key in before.sealing} <= {key.agency for key in keys.sealing},
            "an agency has no sealing key",
        ),
    )
    return next((why for wrong, why in faults if wrong), "")


def keys_of(keys: KeyList) -> frozenset[bytes]:
    """Return every public key of a list, as COSE_Key."""
    pairs = (keys.log, *keys.cosigners)
    return frozenset(key for pair in pairs for key in (pair.ed25519, pair.ml_dsa)) | {
        one.cose_key for one in keys.sealing
    }
