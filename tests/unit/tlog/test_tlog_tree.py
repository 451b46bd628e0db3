"""The tree: growing in any batches, reading at any size, and refusing what the tiles do not hold."""

from __future__ import annotations

from hashlib import sha256

import pytest

from comity.base.errors import BadForm, BadProof, MissingTile
from comity.tlog.tree import (
    EMPTY_ROOT,
    TILE_BYTES,
    CachedTiles,
    Edge,
    MemoryTiles,
    append,
    consistency_proof,
    inclusion_proof,
    leaf_hash,
    node_hash,
    root,
    verify_consistency,
    verify_inclusion,
)


def mth(leaves):
    """RFC 6962 2.1, word for word: the reading that every other one is compared with."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\x01" + mth(leaves[:k]) + mth(leaves[k:])).digest()


LEAVES = [leaf_hash(b"leaf %d" % i) for i in range(1100)]


def grown(sizes):
    store, edge, at = MemoryTiles(), Edge(), 0
    for size in sizes:
        edge, tiles = edge.append(LEAVES[at : at + size])
        store.write(tiles)
        at += size
    return store, edge


def test_hashes_of_the_text():
    assert leaf_hash(b"") == bytes.fromhex("6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d")
    assert EMPTY_ROOT.hex() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert node_hash(b"a" * 32, b"b" * 32) == sha256(b"\x01" + b"a" * 32 + b"b" * 32).digest()


@pytest.mark.parametrize(
    "batches", [[1] * 300, [17] * 40, [256, 256], [255, 1, 1, 255], [1000, 100], [0, 5, 0], [513, 587]]
)
def test_batches_make_no_difference(batches):
    store, edge = grown(batches)
    total = sum(batches)
    assert edge.size == total
    assert edge.root() == root(store, total) == mth(LEAVES[:total])
    assert Edge.load(store, total) == edge
    tiles = b"".join(store.tile(0, n) for n in range(total // 256 + 1))
    assert tiles == b"".join(LEAVES[:total])


def test_only_changed_tiles_are_written():
    _, edge = grown([300])
    after, tiles = edge.append(LEAVES[300:310])
    assert set(tiles) == {(0, 1)}
    assert tiles[0, 1] == b"".join(LEAVES[256:310])
    assert edge.size == 300, "the edge before stays as it was"
    _, tiles = after.append(LEAVES[310:513])
    assert set(tiles) == {(0, 1), (0, 2), (1, 0)}
    assert len(tiles[0, 1]) == TILE_BYTES
    assert tiles[1, 0] == mth(LEAVES[:256]) + mth(LEAVES[256:512])


def test_append_without_a_kept_edge():
    store, edge = grown([300])
    assert append(store, 300, LEAVES[300:600]) == edge.append(LEAVES[300:600])[1]
    assert append(MemoryTiles(), 0, ()) == {}


def test_a_third_level_of_tiles():
    leaf = leaf_hash(b"same")
    hashes = [leaf]
    for _ in range(16):
        hashes.append(node_hash(hashes[-1], hashes[-1]))
    edge, tiles = Edge().append([leaf] * (65_536 + 3))
    store = MemoryTiles()
    store.write(tiles)
    assert tiles[2, 0] == hashes[16]
    assert edge.root() == node_hash(hashes[16], node_hash(hashes[1], leaf))
    assert Edge.load(store, edge.size) == edge
    proof = inclusion_proof(store, 65_538, 65_539)
    assert proof == (hashes[1], hashes[16])
    assert len(inclusion_proof(store, 70, 65_539)) == 17


@pytest.mark.parametrize("size", [1, 2, 3, 7, 8, 255, 256, 257, 511, 700])
def test_history_stays_readable(size):
    store, _ = grown([1100])
    cached = CachedTiles(store)
    assert root(cached, size) == root(store, size) == mth(LEAVES[:size])
    for index in {0, size // 2, size - 1}:
        verify_inclusion(LEAVES[index], index, size, inclusion_proof(cached, index, size), mth(LEAVES[:size]))
    proof = consistency_proof(cached, size, 1100)
    verify_consistency(size, mth(LEAVES[:size]), 1100, mth(LEAVES), proof)


def test_a_cache_follows_a_growing_log():
    store, edge = grown([100])
    cached = CachedTiles(store)
    assert root(cached, 100) == mth(LEAVES[:100])
    edge, tiles = edge.append(LEAVES[100:900])
    store.write(tiles)
    assert root(cached, 900) == mth(LEAVES[:900])
    assert root(cached, 100) == mth(LEAVES[:100])
    assert cached.tile(0, 0) == store.tile(0, 0)


def test_a_cache_keeps_its_limit():
    store, _ = grown([1100])
    cached = CachedTiles(store, limit=1)
    for index in (0, 1099, 300, 0):
        verify_inclusion(LEAVES[index], index, 1100, inclusion_proof(cached, index, 1100), mth(LEAVES))
    assert len(cached._expanded) == 1


def test_what_the_tiles_do_not_hold():
    store, _ = grown([300])
    for ask in (lambda: root(store, 301), lambda: inclusion_proof(store, 0, 512), lambda: Edge.load(store, 301)):
        with pytest.raises(MissingTile):
            ask()
    store.stored[0, 1] = store.stored[0, 1][:-1]
    with pytest.raises(MissingTile):
        root(store, 300)
    del store.stored[1, 0]
    with pytest.raises(MissingTile):
        Edge.load(store, 300)


@pytest.mark.parametrize(
    "ask",
    [
        lambda s: root(s, -1),
        lambda s: root(s, 2**63),
        lambda s: inclusion_proof(s, 5, 5),
        lambda s: inclusion_proof(s, -1, 5),
        lambda s: consistency_proof(s, 0, 5),
        lambda s: consistency_proof(s, 6, 5),
        lambda s: Edge.load(s, -1),
    ],
)
def test_asking_out_of_range(ask):
    with pytest.raises(BadForm):
        ask(grown([10])[0])


def test_proofs_of_one_size_and_one_leaf():
    store, edge = grown([1])
    assert inclusion_proof(store, 0, 1) == ()
    assert consistency_proof(store, 1, 1) == ()
    verify_inclusion(LEAVES[0], 0, 1, (), edge.root())
    verify_consistency(1, edge.root(), 1, edge.root(), ())


def test_checking_refuses():
    store, edge = grown([10])
    top, proof = edge.root(), inclusion_proof(store, 3, 10)
    verify_inclusion(LEAVES[3], 3, 10, proof, top)
    for args in (
        (LEAVES[3], 3, 10, proof[:-1], top),
        (LEAVES[3], 3, 10, (*proof, top), top),
        (LEAVES[3], 3, 10, (*proof[:-1], proof[-1][:-1]), top),
        (LEAVES[3], 2, 10, proof, top),
        (LEAVES[3], 10, 10, proof, top),
        (LEAVES[3], -1, 10, proof, top),
        (LEAVES[4], 3, 10, proof, top),
        (LEAVES[3], 3, 10, (top,) * 65, top),
        (LEAVES[3][:31], 3, 10, proof, top),
    ):
        with pytest.raises(BadProof):
            verify_inclusion(*args)
    old, grow = mth(LEAVES[:6]), consistency_proof(store, 6, 10)
    verify_consistency(6, old, 10, top, grow)
    for args in (
        (6, old, 10, top, ()),
        (6, old, 10, top, grow[:-1]),
        (6, old, 10, top, (*grow, top)),
        (6, top, 10, top, grow),
        (6, old, 10, old, grow),
        (0, EMPTY_ROOT, 10, top, ()),
        (10, top, 6, old, grow),
        (6, old, 6, old, grow),
        (6, old, 6, top, ()),
    ):
        with pytest.raises(BadProof):
            verify_consistency(*args)
