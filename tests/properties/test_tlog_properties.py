"""Whatever the sizes, proofs hold; whatever the change, they fail; what is written reads back."""

from __future__ import annotations

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from comity.base.errors import BadEnvelope, BadForm, BadProof, BadSignature, ComityError
from comity.base.ids import Digest, Origin
from comity.tlog.checkpoint import KeyRole, NoteKeys, make_checkpoint, parse_body, sign_head, verify_head
from comity.tlog.note import Note, SignatureLine, is_key_name, parse_note, parse_vkey
from comity.tlog.proof import TlogProof, format_proof, parse_proof
from comity.tlog.text import decode_base64, encode_base64
from comity.tlog.tiles import TileName, decode_bundle, encode_bundle, parse_path
from comity.tlog.tree import (
    CachedTiles,
    Edge,
    MemoryTiles,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    root,
    verify_consistency,
    verify_inclusion,
)

TOP = 1500
LEAVES = [leaf_hash(i.to_bytes(4, "big")) for i in range(TOP)]
STORE = MemoryTiles()
STORE.write(Edge().append(LEAVES)[1])
CACHED = CachedTiles(STORE)
hashes = st.binary(min_size=32, max_size=32).map(Digest)
sizes = st.integers(1, TOP)
ORIGIN = Origin("north.example/comity/log/1")
KEYS = NoteKeys.from_seeds(KeyRole.LOG, ORIGIN, b"1" * 32, b"2" * 32)
SIGNED = sign_head(make_checkpoint(ORIGIN, 7, b"r" * 32), [KEYS], 1_900_000_000)


@st.composite
def mutated_hashes(draw, proof):
    """A proof with one bit, one length, or its order changed; always different from the true one."""
    changed = list(proof)
    kind = draw(st.sampled_from(("flip", "drop", "add", "swap", "cut")))
    at = draw(st.integers(0, len(proof) - 1))
    if kind == "flip":
        bit = draw(st.integers(0, 255))
        changed[at] = (int.from_bytes(changed[at], "big") ^ 1 << bit).to_bytes(32, "big")
    elif kind == "drop":
        del changed[at]
    elif kind == "add":
        changed.insert(at, draw(hashes))
    elif kind == "swap":
        other = draw(st.integers(0, len(proof) - 1))
        changed[at], changed[other] = changed[other], changed[at]
    else:
        changed[at] = changed[at][:-1]
    assume(changed != list(proof))
    return changed


@given(st.lists(st.integers(0, 400), max_size=8))
@settings(deadline=None)
def test_growth_in_any_batches(batches):
    edge, store, at = Edge(), MemoryTiles(), 0
    for size in batches:
        part = LEAVES[at : at + size]
        edge, tiles = edge.append(part)
        store.write(tiles)
        at += len(part)
    assert edge.size == at
    assert edge.root() == root(store, at) == root(CACHED, at)
    assert Edge.load(store, at) == edge


@given(st.data(), sizes)
def test_inclusion(data, size):
    index = data.draw(st.integers(0, size - 1))
    proof, top = inclusion_proof(CACHED, index, size), root(CACHED, size)
    verify_inclusion(LEAVES[index], index, size, proof, top)
    wrong = data.draw(st.integers(-1, size + 1).filter(lambda i: i != index))
    with pytest.raises(BadProof):
        verify_inclusion(LEAVES[index], wrong, size, proof, top)
    with pytest.raises(BadProof):
        verify_inclusion(data.draw(hashes), index, size, proof, top)
    if proof:
        with pytest.raises(BadProof):
            verify_inclusion(LEAVES[index], index, size, data.draw(mutated_hashes(proof)), top)


@given(st.data(), sizes)
def test_consistency(data, new):
    old = data.draw(st.integers(1, new))
    proof, tops = consistency_proof(CACHED, old, new), (root(CACHED, old), root(CACHED, new))
    verify_consistency(old, tops[0], new, tops[1], proof)
    with pytest.raises(BadProof):
        verify_consistency(old, data.draw(hashes), new, tops[1], proof)
    with pytest.raises(BadProof):
        verify_consistency(old, tops[0], new, data.draw(hashes), proof)
    if proof:
        with pytest.raises(BadProof):
            verify_consistency(old, tops[0], new, tops[1], data.draw(mutated_hashes(proof)))


names = st.builds(TileName, st.one_of(st.none(), st.integers(0, 7)), st.integers(0, 2**56), st.integers(1, 256))


@given(names)
def test_paths_come_back(name):
    assert parse_path(name.path()) == name


@given(st.text(alphabet="tileenrs/x.p0123456789", max_size=40))
def test_a_path_has_one_form(text):
    try:
        name = parse_path(text)
    except BadForm:
        return
    assert name.path() == text


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=256))
def test_bundles_come_back(entries):
    assert decode_bundle(encode_bundle(entries), len(entries)) == entries


@given(st.binary(max_size=200), st.integers(1, 10))
def test_a_bundle_has_one_reading(data, width):
    try:
        entries = decode_bundle(data, width)
    except BadEnvelope:
        return
    assert encode_bundle(entries) == data


@given(st.binary(max_size=80))
def test_base64_comes_back(raw):
    assert decode_base64(encode_base64(raw), BadForm) == raw


@given(st.text(alphabet="ABCDwxyz0123+/=-_ \n", max_size=24))
def test_base64_has_one_spelling(text):
    try:
        raw = decode_base64(text, BadForm)
    except BadForm:
        return
    assert encode_base64(raw) == text


key_names = st.text(min_size=1, max_size=40).filter(is_key_name)
lines = st.lists(
    st.builds(SignatureLine, key_names, st.binary(min_size=4, max_size=4), st.binary(min_size=1, max_size=90)),
    min_size=1,
    max_size=16,
)


@given(st.text(alphabet=st.characters(exclude_categories=("Cs", "Cc")), max_size=60), lines)
def test_notes_come_back(text, signatures):
    note = Note(text + "\n", tuple(signatures))
    assert parse_note(note.join()) == note


@given(st.text(max_size=80))
def test_nothing_but_our_errors_from_any_text(text):
    for read in (parse_note, parse_body, parse_proof, parse_vkey, parse_path):
        with pytest.raises(ComityError):
            read(text)


@given(st.integers(0, len(SIGNED.note) - 1), st.characters())
def test_no_changed_character_passes(at, char):
    changed = SIGNED.note[:at] + char + SIGNED.note[at + 1 :]
    assume(changed != SIGNED.note)
    with pytest.raises(BadSignature):
        verify_head(changed, ORIGIN, [KEYS.verifier])


@given(key_names, st.integers(1, 2**63 - 1), hashes)
def test_checkpoints_come_back(origin, size, top):
    checkpoint = make_checkpoint(Origin(origin), size, top)
    assert parse_body(checkpoint.body()) == checkpoint


@given(
    st.integers(0, 2**63 - 1),
    st.lists(hashes, max_size=64).map(tuple),
    st.one_of(st.none(), st.binary(max_size=100)),
)
def test_proofs_come_back(index, path, extra):
    proof = TlogProof(index, path, SIGNED.note, extra)
    assert parse_proof(format_proof(proof)) == proof
