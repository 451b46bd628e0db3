"""The proof file: one form, and every wrong part refused."""

from __future__ import annotations

import pytest

from comity.base.errors import BadForm, BadProof, BadSignature
from comity.base.ids import Digest, Origin
from comity.tlog.checkpoint import KeyRole, NoteKeys, cosign, make_checkpoint, merge, sign_head
from comity.tlog.proof import TlogProof, format_proof, parse_proof, verify_proof
from comity.tlog.tree import Edge, MemoryTiles, inclusion_proof, leaf_hash

ORIGIN = Origin("north.example/comity/log/1")
LOG = NoteKeys.from_seeds(KeyRole.LOG, ORIGIN, b"1" * 32, b"2" * 32)
PEER = NoteKeys.from_seeds(KeyRole.COSIGNER, "south.example/comity/mirror/1", b"5" * 32, b"6" * 32)
NOW, LATER = 1_900_000_000, 1_900_000_060
ENTRIES = [b"entry %d" % i for i in range(11)]


def make(index=4, extra=None):
    edge, tiles = Edge().append([leaf_hash(entry) for entry in ENTRIES])
    store = MemoryTiles()
    store.write(tiles)
    head = make_checkpoint(ORIGIN, 11, edge.root())
    note = merge(sign_head(head, [LOG], NOW).note, cosign(head, PEER, LATER).note)
    return TlogProof(index, inclusion_proof(store, index, 11), note, extra)


PROOF = make()
TEXT = format_proof(PROOF)


def check(proof, entry):
    return verify_proof(proof, entry, ORIGIN, [LOG.verifier], PEER.verifier)


def test_good():
    lines = TEXT.split("\n")
    assert lines[:2] == ["c2sp.org/tlog-proof@v1", "index 4"]
    assert lines[6:8] == ["", ORIGIN]
    assert parse_proof(TEXT) == PROOF
    found = check(PROOF, ENTRIES[4])
    assert (found.head.time, found.cosigned.time) == (NOW, LATER)
    for index, entry in enumerate(ENTRIES):
        assert check(parse_proof(format_proof(make(index, b"extra"))), entry)


def test_extra_is_kept():
    assert format_proof(make(extra=b"more")).split("\n")[1] == "extra bW9yZQ=="
    assert parse_proof(format_proof(make(extra=b""))).extra == b""


@pytest.mark.parametrize(
    "text",
    [
        "",
        TEXT.replace("@v1", "@v2"),
        TEXT.replace("index 4", "index 04"),
        TEXT.replace("index 4\n", ""),
        TEXT.replace("index 4", "extra ****\nindex 4"),
        TEXT.replace("index 4", "extra AA==\nextra AA==\nindex 4"),
        TEXT.replace("index 4", "index 4\nindex 4"),
        TEXT.replace("index 4", "index 4\n" + "A" * 43),
        TEXT.replace("index 4", "index 4" + ("\n" + "A" * 43 + "=") * 65),
        "c2sp.org/tlog-proof@v1\n\n" + PROOF.note,
        TEXT.split("\n\n")[0] + "\n\n",
        TEXT + "x" * 262_144,
    ],
)
def test_refused(text):
    with pytest.raises(BadProof):
        parse_proof(text)


def test_wrong_facts_refused():
    for proof, entry in (
        (PROOF, ENTRIES[5]),
        (TlogProof(5, PROOF.path, PROOF.note), ENTRIES[4]),
        (TlogProof(4, PROOF.path[:-1], PROOF.note), ENTRIES[4]),
        (TlogProof(11, PROOF.path, PROOF.note), ENTRIES[4]),
    ):
        with pytest.raises(BadProof):
            check(proof, entry)
    with pytest.raises(BadSignature):
        check(TlogProof(4, PROOF.path, PROOF.note.replace("\n11\n", "\n12\n")), ENTRIES[4])


@pytest.mark.parametrize(
    "change", [{"index": -1}, {"path": (Digest(b"short"),)}, {"note": ""}, {"extra": b"x" * 262_144}, {"index": True}]
)
def test_what_cannot_be_written(change):
    values = {"index": 4, "path": PROOF.path, "note": PROOF.note} | change
    with pytest.raises(BadForm):
        format_proof(TlogProof(**values))
