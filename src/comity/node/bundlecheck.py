"""Checking papers on a dispatch with public keys only: entries, commitment, receipts and times, each a step with words.

The rule it keeps: nothing in the zip vouches for itself; what it says of keys is compared, never used.
"""  # spec: protocol.md 12

from __future__ import annotations

import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from io import BytesIO
from typing import Final

from comity.base import cbor
from comity.base.errors import BadEnvelope
from comity.base.hashing import sha256
from comity.base.ids import Digest, show_id
from comity.dispatch import wire
from comity.dispatch.accord import verify_accord
from comity.dispatch.cut import verify_cut
from comity.dispatch.entries import (
    DispatchLeaf,
    Entry,
    HeadLeaf,
    InstrumentKind,
    InstrumentLeaf,
    ReceiptLeaf,
    RecordLeaf,
    ResealLeaf,
    decision_hash,
    decode_entry,
    record_commit,
)
from comity.node.difference import DAMAGE
from comity.node.keyorder import entered
from comity.node.publickeys import PublicKeys, party
from comity.screen import ProofStep
from comity.tlog.checkpoint import CosignedHead
from comity.tlog.proof import parse_proof
from comity.tlog.tree import leaf_hash, verify_inclusion

_KINDS: Final = ("dispatch", "receipt", "l-head", "decision-head", "keys-entry", "accord-entry", "reseal")
_PARTS: Final = 4
_DIGEST: Final = 32


@dataclass(frozen=True, slots=True)
class Proven:
    """One entry among the papers whose proof holds: its folder, what it says, its place, the head above it."""

    name: str
    leaf: Entry
    index: int
    head: CosignedHead

    @property
    def origin(self) -> str:
        """Name of the log that it is in."""
        return self.head.head.checkpoint.origin


class _Wrong(ValueError):
    """A check that does not hold; the text is a sentence for a person."""


def check_bundle(data: bytes, keys: PublicKeys) -> tuple[ProofStep, ...]:
    """Check a bundle and return every check in order; it stands if all are good."""
    files: dict[str, bytes] = {}
    steps: list[ProofStep] = []
    _step(steps, "zip", partial(_unpack, data, files))
    return (*steps, *check_files(files, keys)[0])


def check_files(files: Mapping[str, bytes], keys: PublicKeys) -> tuple[tuple[ProofStep, ...], dict[str, Proven]]:
    """Check every entry among some files, and tie dispatches, receipts and heads together.

    Returns:
        Every check in order, and the entries whose proof holds, by folder.
    """
    steps: list[ProofStep] = []
    proven: dict[str, Proven] = {}
    for name in sorted({name.rpartition("/")[0] for name in files if name.split("/", 1)[0] in _KINDS}):
        _step(steps, name, partial(_prove, name, files, keys, proven))
    for origin in sorted({one.origin for one in proven.values()}):
        _step(steps, f"keys of {origin}", partial(_check_keys, origin, proven, keys))
    dispatches = {name: one for name, one in proven.items() if isinstance(one.leaf, DispatchLeaf)}
    _step(steps, "dispatches", partial(_count, dispatches))
    for name, one in dispatches.items():
        _step(steps, f"{name} content", partial(_check_content, name, one, files))
        _step(steps, f"{name} header", partial(_check_header, name, one, files, proven))
        if f"{name}/sealed" in files:
            _step(steps, f"{name} sealed", partial(_check_sealed, name, one, files, proven))
    for name, one in proven.items():
        if isinstance(one.leaf, ReceiptLeaf):
            _step(steps, f"{name} meaning", partial(_check_receipt, one, dispatches, proven))
        elif isinstance(one.leaf, HeadLeaf):
            _step(steps, f"{name} time", partial(_check_time, one, dispatches))
        elif isinstance(one.leaf, RecordLeaf):
            _step(steps, f"{name} record", partial(_check_record, name, one.leaf, files))
    _check_decisions(steps, files, proven)
    for name in sorted(one for one in files if one.startswith("cut-")):
        _step(steps, name, partial(_check_cut, files[name], files, proven))
    for name in sorted(filter(_is_accord, files)):
        _step(steps, name, partial(_check_accord, files[name]))
    return tuple(steps), proven


def _step(steps: list[ProofStep], what: str, check: Callable[[], str]) -> None:
    try:
        steps.append(ProofStep(what, good=True, sentence=check()))
    except (_Wrong, zipfile.BadZipFile) as error:
        steps.append(ProofStep(what, good=False, sentence=str(error)))
    except KeyError as error:
        steps.append(ProofStep(what, good=False, sentence=f"{error.args[0]} is missing from the papers"))
    except DAMAGE as error:
        steps.append(ProofStep(what, good=False, sentence=f"{error}"))


def _unpack(data: bytes, files: dict[str, bytes]) -> str:
    with zipfile.ZipFile(BytesIO(data)) as pack:
        listed = pack.infolist()
        if any(one.compress_type != zipfile.ZIP_STORED or one.file_size > len(data) for one in listed):
            raise _Wrong("the papers are packed; they must be stored as they are")
        if len({one.filename for one in listed}) != len(listed):
            raise _Wrong("a name stands twice in the papers")
        files.update({one.filename: pack.read(one) for one in listed})
    return f"{len(files)} files, stored as they are"


def _prove(name: str, files: Mapping[str, bytes], keys: PublicKeys, proven: dict[str, Proven]) -> str:
    entry = files[f"{name}/entry"]
    proof = parse_proof(files[f"{name}/proof"].decode())
    head = keys.head(proof.note)
    checkpoint = head.head.checkpoint
    verify_inclusion(leaf_hash(entry), proof.index, checkpoint.size, proof.path, checkpoint.root)
    proven[name] = Proven(name, decode_entry(entry), proof.index, head)
    cosigned = _moment(head.cosigned.time)
    return f"entry {proof.index} of {checkpoint.origin}, size {checkpoint.size}, co-signed by {head.cosigned.cosigner} {cosigned}"


def _check_keys(origin: str, proven: Mapping[str, Proven], keys: PublicKeys) -> str:
    """Check that each head among the papers is signed by the keys in force at its size, by the lists that were given."""
    same = [one for one in proven.values() if one.origin == origin]
    places = entered((one.index, one.leaf) for one in same)
    for one in same:
        wrong = keys.wrong_signers(one.head.head.note, places)
        if wrong:
            raise _Wrong(wrong)
    if not keys.lists:
        return "taken as given; with the key lists themselves it is also checked from which entry on they apply"
    return f"those in force at the size of each head; {len(places)} later key lists entered this log"


def _count(dispatches: Mapping[str, Proven]) -> str:
    if not dispatches:
        raise _Wrong("there is no proven dispatch in these papers")
    return f"{len(dispatches)} in these papers"


def _check_content(name: str, one: Proven, files: Mapping[str, bytes]) -> str:
    assert isinstance(one.leaf, DispatchLeaf)
    if not any(f"{name}/part{number}{end}" in files for number in range(_PARTS) for end in ("", ".digest")):
        return "the entry stands in the log; nothing of its content is among the papers"
    digests: list[Digest] = []
    shown: list[int] = []
    for number in range(_PARTS):
        if f"{name}/part{number}" in files:
            digests.append(wire.part_digest(number, _part(files[f"{name}/part{number}"])))
            shown.append(number)
        else:
            digest = files[f"{name}/part{number}.digest"]
            if len(digest) != _DIGEST:
                raise _Wrong(f"the digest in place of part {number} is none")
            digests.append(Digest(digest))
    if wire.commit_of_digests(digests) != one.leaf.commit:
        raise _Wrong("the parts do not give the commitment in the entry: a part was changed")
    return f"parts {shown} give the commitment in the entry; the others are left out"


def _part(raw: bytes) -> wire.Part:
    value = cbor.decode(raw)
    match value:
        case [bytes(salt), bytes(content)] if len(salt) == _DIGEST:
            return wire.Part(salt, content)
        case _:
            raise BadEnvelope("a part is not a salt and its bytes")


def _check_header(name: str, one: Proven, files: Mapping[str, bytes], proven: Mapping[str, Proven]) -> str:
    assert isinstance(one.leaf, DispatchLeaf)
    if f"{name}/part0" not in files:
        return "the header is left out"
    header = wire.decode_header(_part(files[f"{name}/part0"]).content)
    if (header.id, header.lane) != (one.leaf.id, one.leaf.lane) or header.sender != party(one.origin):
        raise _Wrong("the header is of another dispatch, lane or sender than the entry")
    accords = {sha256(content) for file, content in files.items() if _is_accord(file)}
    if header.accord not in accords:
        raise _Wrong("the accord that the header names is not among the papers")
    if header.accord != _edition_at(one, files, proven):
        raise _Wrong("the accord that the header names is not the edition in force at its entry")
    return f"{show_id(header.id)}, {header.kind} of {header.author.agency} for {header.purpose}, under the accord beside it"


def _edition_at(one: Proven, files: Mapping[str, bytes], proven: Mapping[str, Proven]) -> Digest:
    """Return the digest of the edition that entered a dispatch's log last before it, by the entries among the papers."""
    # spec: protocol.md 10
    entered = [
        (other.index, other.leaf.digest)
        for other in proven.values()
        if other.origin == one.origin and isinstance(other.leaf, InstrumentLeaf) and other.index < one.index
        if other.leaf.kind is InstrumentKind.ACCORD
    ]
    if entered:
        return max(entered)[1]
    accords = {content: verify_accord(content).edition for file, content in files.items() if _is_accord(file)}
    return sha256(min(accords, key=lambda content: accords[content]))


def _check_sealed(name: str, one: Proven, files: Mapping[str, bytes], proven: Mapping[str, Proven]) -> str:
    made = sha256(files[f"{name}/sealed"])
    if made not in _sealed(one, proven):
        raise _Wrong("the sealed bytes are not those that the entry names")
    return f"SHA-256 {made.hex()} is in the entry"


def _sealed(one: Proven, proven: Mapping[str, Proven]) -> set[bytes]:
    assert isinstance(one.leaf, DispatchLeaf)
    again = {
        other.leaf.sealed
        for other in proven.values()
        if isinstance(other.leaf, ResealLeaf) and other.leaf.index == one.index and other.origin == one.origin
    }
    return {one.leaf.sealed, *again}


def _check_receipt(one: Proven, dispatches: Mapping[str, Proven], proven: Mapping[str, Proven]) -> str:
    leaf = one.leaf
    assert isinstance(leaf, ReceiptLeaf)
    for about in dispatches.values():
        assert isinstance(about.leaf, DispatchLeaf)
        same = (about.leaf.id, about.index) == (leaf.id, leaf.index) and leaf.sealed in _sealed(about, proven)
        if same and party(about.origin) != party(one.origin):
            code = f", {leaf.code}" if leaf.code else ""
            return f"{party(one.origin)} says of {about.name}: {leaf.fact.name.lower()}{code}"
    raise _Wrong("it is not a receipt of the other party for a dispatch in these papers")


def _check_time(one: Proven, dispatches: Mapping[str, Proven]) -> str:
    leaf = one.leaf
    assert isinstance(leaf, HeadLeaf)
    later = [about for about in dispatches.values() if about.origin == one.origin and about.index > one.index]
    if party(leaf.origin) == party(one.origin) or not later:
        raise _Wrong("it does not tie a dispatch in these papers to the other party's log")
    return f"{later[0].name} was made after {_moment(leaf.time)}, by the clock of {party(leaf.origin)}"


def _check_record(name: str, leaf: RecordLeaf, files: Mapping[str, bytes]) -> str:
    if record_commit(files[f"{name}/salt"], files[f"{name}/record"]) != leaf.commit:
        raise _Wrong("what is said to open this entry does not")
    return f"a record of kind {leaf.kind}, opened here"


def _check_decisions(steps: list[ProofStep], files: Mapping[str, bytes], proven: Mapping[str, Proven]) -> None:
    """Check opened decision records: one of them must give the hash that a dispatch or receipt in the papers shows."""
    shown = {one.leaf.decision for one in proven.values() if isinstance(one.leaf, DispatchLeaf | ReceiptLeaf)}
    for name in sorted({name.rpartition("/")[0] for name in files if name.startswith("decision/")}):
        _step(steps, name, partial(_check_decision, name, files, shown))


def _check_decision(name: str, files: Mapping[str, bytes], shown: set[Digest | None]) -> str:
    made = decision_hash(files[f"{name}/salt"], files[f"{name}/record"])
    if made not in shown:
        raise _Wrong("no entry in these papers shows the hash of this decision record")
    return f"its hash {made.hex()} stands in an entry"


def _check_accord(signed: bytes) -> str:
    accord = verify_accord(signed)
    nodes = " and ".join(one.node for one in accord.parties)
    return (
        f"{accord.name}, edition {accord.edition}, signed by the roots of {nodes}; fingerprint {sha256(signed).hex()}"
    )


def _check_cut(signed: bytes, files: Mapping[str, bytes], proven: Mapping[str, Proven]) -> str:
    """Check a cut by the roots that the accord among the papers names, and that no paper rests on what it cut off."""
    # spec: protocol.md 10
    cut = verify_cut(signed, verify_accord(files[min(filter(_is_accord, files))]))
    for one in proven.values():
        if one.origin == cut.origin and one.head.head.checkpoint.size > cut.size:
            raise _Wrong(f"{one.name} rests on a head of {cut.origin} above size {cut.size}, where both roots cut it")
    return f"{cut.origin} was cut at size {cut.size} by both roots and went on as {cut.new_origin}; fingerprint {sha256(signed).hex()}"


def _is_accord(name: str) -> bool:
    return name.startswith("accord") and name.endswith(".cose")


def _moment(seconds: int) -> str:
    return f"{datetime.fromtimestamp(min(seconds, 1 << 37), UTC):%Y-%m-%d %H:%M:%S} UTC"
