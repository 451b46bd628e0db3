"""A dispatch as it crosses: header, labels, attachments, the four salted parts and what binds them.

The rule it keeps: the commitment over four salted parts binds the content, so each part can be shown or destroyed
alone. Unknown keys of a map are kept and sent on; unknown positions and versions are refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.entropy import Entropy
from comity.base.fields import Unknown
from comity.base.hashing import domain_hash
from comity.base.ids import CaseId, Digest, DispatchId, Ms, NodeName
from comity.crypto.seal import BUCKETS, pad_to_bucket
from comity.marking.labels import Label, Lane, Urgency

DISPATCH: Final = "comity/dispatch/1"
SALT: Final = 32
MAX_AGENCIES: Final = 16
MAX_AFTER: Final = 8
MAX_ATTACHMENTS: Final = 64
_ATTACHMENT_KEY: Final = 32


@dataclass(frozen=True, slots=True)
class WireLabels:
    """The label as it stands in the header; `handling` joins its codes with spaces. Fields as in `marking.Label`."""

    handling: str
    conditions: tuple[str, ...]
    evaluation: str | None
    tlp: str | None
    pap: str | None
    retain_until: Ms | None
    originator: str
    categories: tuple[str, ...]
    redactions: tuple[str, ...]
    unknown: Unknown = ()


@dataclass(frozen=True, slots=True)
class Author:
    """Who speaks: an agency, in a role; never a person's name."""

    agency: str
    role: str


@dataclass(frozen=True, slots=True)
class ReleasedBy:
    """Whose act the release was: desk, number of the officer, and the delegation used, if any."""

    desk: str
    officer: int
    delegation: DispatchId | None


@dataclass(frozen=True, slots=True)
class Header:
    """The header part: who, to whom, under what, about which case, how soon. All 23 keys are mandatory.

    Attributes:
        id: of the dispatch.
        sender: the node it is from.
        receiver: the node it is to.
        author: agency and role that speak.
        agencies: 1 to 16 agencies of the receiver, in the order of the seal's recipients.
        desk, kind, version: which schema the body follows.
        case: the case it belongs to, None if it opens one.
        re: dispatches it answers or concerns.
        after: at most 8 dispatches, ours or theirs, that must be settled before it is filed.
        lane: how it travels.
        purpose: the one purpose code.
        basis: legal bases and arrangements.
        labels: what binds whoever holds it.
        created: the sender's clock; only a claim.
        answer_by: when an answer is owed, or None.
        accord: digest of the signed accord in force.
        replaces: the dispatch that it supersedes, or None.
        workplan_item: item of the signed workplan, or None.
        workplan_reason: why none, or a remark.
        released_by: whose act the release was.
        conduct: the named act or offence label, or None.
        urgency: how soon an answer is owed.
        unknown: keys of a later edition, kept.
    """

    id: DispatchId
    sender: NodeName
    receiver: NodeName
    author: Author
    agencies: tuple[str, ...]
    desk: str
    kind: str
    version: int
    case: CaseId | None
    re: tuple[DispatchId, ...]
    after: tuple[DispatchId, ...]
    lane: Lane
    purpose: str
    basis: tuple[str, ...]
    labels: WireLabels
    created: Ms
    answer_by: Ms | None
    accord: Digest
    replaces: DispatchId | None
    workplan_item: str | None
    workplan_reason: str
    released_by: ReleasedBy
    conduct: str | None
    urgency: Urgency
    unknown: Unknown = ()


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that is fetched apart.

    Attributes:
        name, media: as the author gave them; shown, never trusted.
        size: bytes of the plain file.
        cipher_size: bytes of the ciphertext, padded.
        cipher: SHA-256 of the ciphertext; its address.
        key: 32 bytes, fresh for each attachment.
    """

    name: str
    media: str
    size: int
    cipher_size: int
    cipher: Digest
    key: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One of the four parts: a 32-byte salt and its bytes."""

    salt: bytes
    content: bytes


Parts: TypeAlias = tuple[Part, Part, Part, Part]
"""Header, body, attachments, author; the last is empty unless the kind needs the author's own assertion."""


def salted(contents: tuple[bytes, bytes, bytes, bytes], entropy: Entropy) -> Parts:
    """Return the four parts with a fresh salt each."""
    header, body, attachments, author = (Part(entropy.draw(SALT), content) for content in contents)
    return header, body, attachments, author


def part_digest(number: int, part: Part) -> Digest:
    """Return the digest of part `number` (0..3)."""
    return domain_hash("comity/part/1", bytes((number,)), part.salt, part.content)  # spec: protocol.md 3


def commit_of(parts: Parts) -> Digest:
    """Return the commitment of a dispatch over its four parts."""
    return commit_of_digests([part_digest(number, part) for number, part in enumerate(parts)])


def commit_of_digests(digests: Sequence[Digest]) -> Digest:
    """Return the commitment from four part digests, where some parts are not shown."""
    return domain_hash("comity/commit/1", *digests)  # spec: protocol.md 3


def author_digest(parts: Parts) -> Digest:
    """Return what an author's own assertion is made over: header, body and attachments."""
    digests = (part_digest(number, part) for number, part in enumerate(parts[:3]))
    return domain_hash("comity/author/1", *digests)  # spec: protocol.md 3


def seal_aad(sender: NodeName, receiver: NodeName, dispatch: DispatchId, accord: Digest) -> bytes:
    """Return the external additional data of a seal."""
    return cbor.encode(("comity/seal/1", sender, receiver, dispatch, accord))  # spec: protocol.md 3


def encode_plain(parts: Parts, *, recipients: int, buckets: Sequence[int] = BUCKETS) -> tuple[bytes, int]:
    """Return the bytes to seal, padded, and the bucket in bytes that the seal to so many recipients will fill.

    Raises:
        BadForm: the parts are too large for one dispatch.
    """
    rows = [[part.salt, part.content] for part in parts]
    bare = cbor.encode((DISPATCH, *rows, b""))[:-1]
    bucket, pad = pad_to_bucket(len(bare), recipients, buckets)
    return bare + cbor.encode(bytes(pad)), bucket


def decode_plain(data: bytes) -> Parts:
    """Read what a seal opened to.

    Raises:
        BadEnvelope: not canonical, another shape, or a pad that is not zeros.
        UnknownVersion: of another version.
    """
    version, *rows, pad = fields.row(cbor.decode(data), 6, "plain")
    fields.version(version, DISPATCH, "plain version")
    if pad != bytes(len(fields.octets(pad, "pad"))):
        fields.refuse("pad")
    header, body, attachments, author = (_part(row) for row in rows)
    return header, body, attachments, author


def encode_header(header: Header) -> bytes:
    """Return the canonical bytes of a header.

    Raises:
        BadForm: a text that cannot cross.
    """  # spec: protocol.md 3
    members: dict[int, Value] = {
        1: header.id,
        2: header.sender,
        3: header.receiver,
        4: (header.author.agency, header.author.role),
        5: header.agencies,
        6: header.desk,
        7: header.kind,
        8: header.version,
        9: header.case,
        10: header.re,
        11: header.after,
        12: header.lane.value,
        13: header.purpose,
        14: header.basis,
        15: _labels_out(header.labels),
        16: header.created,
        17: header.answer_by,
        18: header.accord,
        19: header.replaces,
        20: (header.workplan_item, header.workplan_reason),
        21: (header.released_by.desk, header.released_by.officer, header.released_by.delegation),
        22: header.conduct,
        23: header.urgency.value,
    }
    return cbor.encode(fields.with_unknown(members, header.unknown))


def decode_header(data: bytes) -> Header:
    """Read the header part.

    Raises:
        BadEnvelope: not canonical, a key missing or of the wrong type, or a limit passed.
    """  # spec: protocol.md 3
    m = fields.numbered(cbor.decode(data), _HEADER_KEYS, "header")
    return Header(
        id=fields.ident(m[1], "id"),
        sender=NodeName(fields.text(m[2], "from")),
        receiver=NodeName(fields.text(m[3], "to")),
        author=_author(m[4]),
        agencies=fields.many(m[5], fields.text, "agencies", least=1, most=MAX_AGENCIES),
        desk=fields.text(m[6], "desk"),
        kind=fields.text(m[7], "kind"),
        version=fields.uint(m[8], "version"),
        case=fields.maybe(m[9], _case, "case"),
        re=fields.many(m[10], fields.ident, "re"),
        after=fields.many(m[11], fields.ident, "after", most=MAX_AFTER),
        lane=fields.choice(m[12], Lane, "lane"),
        purpose=fields.text(m[13], "purpose"),
        basis=fields.many(m[14], fields.text, "basis"),
        labels=_labels_in(m[15]),
        created=ms(m[16], "created"),
        answer_by=fields.maybe(m[17], ms, "answer-by"),
        accord=fields.digest(m[18], "accord"),
        replaces=fields.maybe(m[19], fields.ident, "replaces"),
        workplan_item=fields.maybe(fields.row(m[20], 2, "workplan")[0], fields.text, "workplan item"),
        workplan_reason=fields.text(fields.row(m[20], 2, "workplan")[1], "workplan reason"),
        released_by=_released_by(m[21]),
        conduct=fields.maybe(m[22], fields.text, "conduct"),
        urgency=fields.choice(m[23], Urgency, "urgency"),
        unknown=fields.unknown(m, _HEADER_KEYS),
    )


def encode_attachments(attachments: Sequence[Attachment]) -> bytes:
    """Return the canonical bytes of the attachments part."""
    return cbor.encode([(a.name, a.media, a.size, a.cipher_size, a.cipher, a.key) for a in attachments])


def decode_attachments(data: bytes) -> tuple[Attachment, ...]:
    """Read the attachments part: at most 64.

    Raises:
        BadEnvelope: not canonical or of another shape.
    """  # spec: protocol.md 3
    return fields.many(cbor.decode(data), _attachment, "attachments", most=MAX_ATTACHMENTS)


def wire_labels(label: Label) -> WireLabels:
    """Return a label as it stands in the header."""
    return WireLabels(
        " ".join(label.handling),
        label.conditions,
        label.evaluation,
        label.tlp,
        label.pap,
        label.retain_until,
        label.originator,
        label.categories,
        label.redactions,
    )


def label_of(labels: WireLabels) -> Label:
    """Return the label that a header carries; keys of a later edition stay in the header."""
    return Label(
        tuple(labels.handling.split()),
        labels.conditions,
        labels.evaluation,
        labels.tlp,
        labels.pap,
        labels.retain_until,
        labels.originator,
        labels.categories,
        labels.redactions,
    )


def ms(value: Value, what: str) -> Ms:
    """Read a time in milliseconds UTC."""
    return Ms(fields.uint(value, what))


_HEADER_KEYS = frozenset(range(1, 24))
_LABEL_KEYS = frozenset(range(1, 10))


def _labels_out(labels: WireLabels) -> Value:
    members: dict[int, Value] = {
        1: labels.handling,
        2: labels.conditions,
        3: labels.evaluation,
        4: labels.tlp,
        5: labels.pap,
        6: labels.retain_until,
        7: labels.originator,
        8: labels.categories,
        9: labels.redactions,
    }
    return fields.with_unknown(members, labels.unknown)


def _labels_in(value: Value) -> WireLabels:
    m = fields.numbered(value, _LABEL_KEYS, "labels")
    return WireLabels(
        handling=fields.text(m[1], "handling"),
        conditions=fields.many(m[2], fields.text, "conditions"),
        evaluation=fields.maybe(m[3], fields.text, "evaluation"),
        tlp=fields.maybe(m[4], fields.text, "tlp"),
        pap=fields.maybe(m[5], fields.text, "pap"),
        retain_until=fields.maybe(m[6], ms, "retain-until"),
        originator=fields.text(m[7], "originator"),
        categories=fields.many(m[8], fields.text, "categories"),
        redactions=fields.many(m[9], fields.text, "redactions"),
        unknown=fields.unknown(m, _LABEL_KEYS),
    )


def _part(value: Value) -> Part:
    salt, content = fields.row(value, 2, "part")
    return Part(fields.sized(salt, SALT, "salt"), fields.octets(content, "part"))


def _case(value: Value, what: str) -> CaseId:
    return CaseId(fields.ident(value, what))


def _author(value: Value) -> Author:
    agency, role = fields.row(value, 2, "author")
    return Author(fields.text(agency, "agency"), fields.text(role, "role"))


def _released_by(value: Value) -> ReleasedBy:
    desk, officer, delegation = fields.row(value, 3, "released-by")
    return ReleasedBy(
        fields.text(desk, "releasing desk"),
        fields.uint(officer, "officer"),
        fields.maybe(delegation, fields.ident, "delegation"),
    )


def _attachment(value: Value, what: str) -> Attachment:
    name, media, size, cipher_size, cipher, key = fields.row(value, 6, what)
    return Attachment(
        fields.text(name, "name"),
        fields.text(media, "media"),
        fields.uint(size, "size"),
        fields.uint(cipher_size, "cipher size"),
        fields.digest(cipher, "cipher"),
        fields.sized(key, _ATTACHMENT_KEY, "attachment key"),
    )
