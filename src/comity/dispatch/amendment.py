"""An amendment of the accord: the next edition on its way between the two roots, and which edition may follow which.

The rule it keeps: who signed is read from the signatures alone. Signed by its sender's root an amendment is a proposal, by
both it is agreed, and one that comes back with the other side's signatures only was not signed: it is refused.
"""  # spec: protocol.md 3, 10

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from typing import Final

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm, BadSignature
from comity.base.fields import Unknown
from comity.base.hashing import sha256
from comity.base.ids import Digest, NodeName
from comity.crypto.keys import RootPublic
from comity.crypto.sign import LIMIT, unverified_payload, verify_instrument
from comity.dispatch.accord import Accord, decode_accord
from comity.dispatch.entries import InstrumentKind

AMENDMENT: Final = "comity/amendment/1"
MAX_NOTE: Final = 2_000
"""Characters of the note beside an edition."""
_KEYS = frozenset({1, 2, 3})
_NODE_DESK = "node"


class Stage(StrEnum):
    """How far an amendment is, as its sender says by its signatures."""

    PROPOSED = "proposed"
    AGREED = "agreed"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Amendment:
    """The body of a dispatch of kind `accord-amend`.

    Attributes:
        signed: COSE_Sign of the next edition, with the signatures of one root or of both.
        note: why, in the sender's words; of a refusal its reason.
        unknown: keys of a later version, kept.
    """

    signed: bytes
    note: str
    unknown: Unknown = ()

    @property
    def text_sha256(self) -> Digest:
        """SHA-256 of what is signed, the same whoever signed it."""
        return sha256(unverified_payload(self.signed))


def encode_amendment(amendment: Amendment) -> bytes:
    """Return the body.

    Raises:
        BadForm: the note is too long, or cannot cross.
    """
    if len(amendment.note) > MAX_NOTE:
        raise BadForm(f"a note on an amendment has at most {MAX_NOTE} characters; nothing was kept")
    members: dict[int, Value] = {1: AMENDMENT, 2: amendment.signed, 3: amendment.note}
    return cbor.encode(fields.with_unknown(members, amendment.unknown))


def decode_amendment(body: bytes) -> Amendment:
    """Read the body; no signature is looked at.

    Raises:
        BadEnvelope, UnknownVersion: it is none.
    """
    m = fields.numbered(cbor.decode(body, limit=LIMIT), _KEYS, "amendment")
    fields.version(m[1], AMENDMENT, "amendment version")
    amendment = Amendment(fields.octets(m[2], "edition"), fields.text(m[3], "note"), fields.unknown(m, _KEYS))
    if len(amendment.note) > MAX_NOTE:
        raise BadEnvelope("a note on an amendment that is longer than it may be")
    decode_accord(unverified_payload(amendment.signed))
    return amendment


@lru_cache(maxsize=64)
def edition_of(signed: bytes) -> Accord:
    """Return the edition in a COSE_Sign; no signature is looked at.

    Raises:
        BadEnvelope: it is none.
    """
    return decode_accord(unverified_payload(signed))


def stage_of(signed: bytes, before: Accord, sender: NodeName) -> Stage:
    """Say who signed an edition: its sender alone, both parties, or only the party that it goes to.

    Args:
        signed: the edition as signed.
        before: the accord whose parties and roots count.
        sender: the node that sends it.

    Raises:
        BadSignature: signed by anything else than exactly one of the two roots or both.
        BadEnvelope: no COSE_Sign of the profile.
    """
    mine, other = before.party(sender).root(), before.peer_of(sender).root()
    if _is_signed(signed, mine, other):
        return Stage.AGREED
    if _is_signed(signed, mine):
        return Stage.PROPOSED
    if _is_signed(signed, other):
        return Stage.REFUSED
    raise BadSignature("an edition of the accord that is not signed by exactly one of the two roots, or by both")


def _is_signed(signed: bytes, *roots: RootPublic) -> bool:
    try:
        verify_instrument(signed, InstrumentKind.ACCORD.value, *roots)
    except BadSignature:
        return False
    return True


def follows(accord: Accord, before: Accord, digest: Digest) -> str:
    """Say why an edition cannot follow another, or "".

    Args:
        accord: the edition.
        before: the newest that both parties signed.
        digest: of its signed bytes.
    """  # spec: protocol.md 10
    old, new = before.edition, accord.edition
    spoken = next((one.kinds for one in before.desks if one.desk == _NODE_DESK), ())
    lost = [kind for kind in spoken if not accord.opens(_NODE_DESK, kind)]
    faults = (
        (_roots(accord) != _roots(before), "it is of other parties, or names other roots"),
        (accord.name != before.name, f"it is another accord than {before.name!r}"),
        (new < old, f"edition {new} is older than edition {old}, which both sides signed"),
        (new == old, f"both sides signed edition {old} already, with these or other words"),
        (new > old + 1, f"edition {new} leaves a gap behind edition {old}"),
        (accord.prev != digest, f"it follows another text of edition {old} than the one that both sides signed"),
        (accord.in_force_from < before.in_force_from, f"it would be in force before edition {old} is"),
        (bool(lost), f"it would close {', '.join(lost)} of the nodes' own desk, by which they speak"),
    )
    return next((why for wrong, why in faults if wrong), "")


def _roots(accord: Accord) -> list[tuple[NodeName, tuple[bytes, bytes]]]:
    return [(party.node, party.root_keys) for party in accord.parties]


def goes_first(accord: Accord) -> NodeName:
    """Return the node whose proposal of this edition goes first where both sides made one: they take turns."""
    return accord.parties[(accord.edition + 1) % 2].node


# --- what an edition changes ------------------------------------------------------------------------------------------


class What(StrEnum):
    """What can differ between two editions."""

    DESK_OPENED = "desk-opened"
    DESK_CLOSED = "desk-closed"
    KIND_OPENED = "kind-opened"
    KIND_CLOSED = "kind-closed"
    ARRIVED = "arrived"
    SEEN = "seen"
    TIMER = "timer"
    AUTHOR_ADDED = "author-added"
    AUTHOR_ENDED = "author-ended"
    ADDRESS = "address"
    COUNTRY = "country"
    FROM = "from"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Change:
    """One difference: what, of which desk, lane, timer or node, from what to what; "" where there is nothing."""

    what: What
    subject: str
    before: str = ""
    after: str = ""


def changes(before: Accord, after: Accord) -> tuple[Change, ...]:
    """Return every difference between two editions, in the order in which people read an accord."""
    return (
        *_desks(before, after),
        *_limits(before, after),
        *_timers(before, after),
        *(Change(What.AUTHOR_ADDED, one) for one in after.author_kinds if one not in before.author_kinds),
        *(Change(What.AUTHOR_ENDED, one) for one in before.author_kinds if one not in after.author_kinds),
        *_parties(before, after),
        *([Change(What.FROM, "", str(before.in_force_from), str(after.in_force_from))]),
        *(Change(What.UNKNOWN, str(key)) for key, _ in sorted(set(after.unknown) ^ set(before.unknown))),
    )


def _desks(before: Accord, after: Accord) -> list[Change]:
    old = {one.desk: one.kinds for one in before.desks}
    new = {one.desk: one.kinds for one in after.desks}
    found: list[Change] = []
    for desk in sorted(old | new):
        if desk not in old:
            found.append(Change(What.DESK_OPENED, desk, "", ", ".join(new[desk])))
        elif desk not in new:
            found.append(Change(What.DESK_CLOSED, desk, ", ".join(old[desk]), ""))
        else:
            found += [Change(What.KIND_OPENED, desk, "", kind) for kind in new[desk] if kind not in old[desk]]
            found += [Change(What.KIND_CLOSED, desk, kind, "") for kind in old[desk] if kind not in new[desk]]
    return found


def _limits(before: Accord, after: Accord) -> list[Change]:
    found: list[Change] = []
    for lane in sorted({one.lane for one in (*before.limits, *after.limits)}):
        old, new = before.limit(lane), after.limit(lane)
        name = lane.name.lower()
        if old.arrived != new.arrived:
            found.append(Change(What.ARRIVED, name, str(old.arrived), str(new.arrived)))
        if old.seen != new.seen:
            found.append(Change(What.SEEN, name, _shown(old.seen), _shown(new.seen)))
    return found


def _shown(value: int | None) -> str:
    return "" if value is None else str(value)


def _timers(before: Accord, after: Accord) -> list[Change]:
    old, new = dict(before.timers), dict(after.timers)
    return [
        Change(What.TIMER, name, _shown(old.get(name)), _shown(new.get(name)))
        for name in sorted(old | new)
        if old.get(name) != new.get(name)
    ]


def _parties(before: Accord, after: Accord) -> list[Change]:
    found: list[Change] = []
    for old, new in zip(before.parties, after.parties, strict=True):
        if old.address != new.address:
            found.append(Change(What.ADDRESS, new.node, ", ".join(old.address), ", ".join(new.address)))
        if old.country != new.country:
            found.append(Change(What.COUNTRY, new.node, old.country, new.country))
    return found
