"""The audit finds each planted fault and names its place."""

from __future__ import annotations

import pytest

from comity.base.ids import Digest, Origin
from comity.tlog.audit import FaultKind, audit_entries, audit_files, read_entries
from comity.tlog.checkpoint import Checkpoint
from comity.tlog.tiles import bundle_names, encode_bundle, tile_names
from comity.tlog.tree import EMPTY_ROOT, Edge, MemoryTiles, leaf_hash, root

SIZE = 600
ENTRIES = [b"entry %d" % i for i in range(SIZE)]
ORIGIN = Origin("north.example/comity/log/1")


def export():
    edge, tiles = Edge().append([leaf_hash(entry) for entry in ENTRIES])
    store = MemoryTiles()
    store.write(tiles)
    files = {name.path(): store.tile(name.level, name.n)[: name.width * 32] for name in tile_names(SIZE)}
    for name in bundle_names(SIZE):
        files[name.path()] = encode_bundle(ENTRIES[name.n * 256 : name.n * 256 + name.width])
    return files, store, Checkpoint(ORIGIN, SIZE, edge.root())


def kinds(report):
    return [(fault.kind, fault.where) for fault in report.faults]


def test_good():
    files, store, head = export()
    older = [Checkpoint(ORIGIN, size, root(store, size)) for size in (0, 1, 255, 256, 599, 600)]
    report = audit_files(files.get, head, older)
    assert report.good
    assert (report.entries, report.tiles, report.older, report.root) == (600, 4, 6, head.root)
    assert audit_entries(ENTRIES, store, head, older) == report
    assert list(read_entries(files.get, SIZE)) == ENTRIES


def test_older_size_from_a_newer_store():
    files, store, _ = export()
    head = Checkpoint(ORIGIN, 300, root(store, 300))
    assert audit_entries(ENTRIES, store, head).good
    assert not audit_files(files.get, head).good, "the partial tile of that size was never there, nor a full one"
    files["tile/1/000"] = files["tile/1/000.p/2"] + bytes(32 * 254)
    report = audit_files(files.get, head)
    assert report.good, "a full tile stands for a partial one that has been removed"


def test_empty_log():
    report = audit_files(lambda _: None, Checkpoint(ORIGIN, 0, EMPTY_ROOT))
    assert report.good
    assert report.root == EMPTY_ROOT


@pytest.mark.parametrize(
    ("path", "change", "expected"),
    [
        ("tile/entries/001", None, [(FaultKind.MISSING, "tile/entries/001")]),
        ("tile/entries/002.p/88", None, [(FaultKind.MISSING, "tile/entries/002.p/88")]),
        ("tile/entries/001", lambda d: d[:-1], [(FaultKind.MALFORMED, "tile/entries/001")]),
        ("tile/0/001", None, [(FaultKind.MISSING, "tile/0/001")]),
        ("tile/0/001", lambda d: d[:-32], [(FaultKind.MISSING, "tile/0/001")]),
        ("tile/1/000.p/2", lambda d: d[::-1], [(FaultKind.TILE_DIFFERS, "tile/1/000.p/2")]),
        ("tile/0/002.p/88", lambda d: d[:-1] + b"\0", [(FaultKind.TILE_DIFFERS, "tile/0/002.p/88")]),
        (
            "tile/entries/002.p/88",
            lambda d: d[:-1] + b"\0",
            [(FaultKind.WRONG_ROOT, "checkpoint of size 600"), (FaultKind.TILE_DIFFERS, "tile/0/002.p/88")],
        ),
    ],
)
def test_each_planted_fault(path, change, expected):
    files, _, head = export()
    if change is None:
        del files[path]
    else:
        files[path] = change(files[path])
    assert kinds(audit_files(files.get, head))[: len(expected)] == expected


def test_a_rewritten_log_is_found_by_an_older_head():
    files, store, head = export()
    old = Checkpoint(ORIGIN, 300, Digest(bytes(32)))
    larger = Checkpoint(ORIGIN, 601, head.root)
    foreign = Checkpoint(Origin("north.example/comity/log/2"), 300, root(store, 300))
    report = audit_files(files.get, head, [old, larger, foreign])
    assert [fault.kind for fault in report.faults] == [FaultKind.NOT_CONSISTENT] * 3


def test_rows_cut_short():
    _, store, head = export()
    report = audit_entries(ENTRIES[:-1], store, head)
    assert kinds(report)[0] == (FaultKind.MISSING, "entry 599")
    assert report.root is None


def test_reading_stops_at_the_first_hole():
    files, _, _ = export()
    del files["tile/entries/001"]
    assert list(read_entries(files.get, SIZE)) == ENTRIES[:256]
    report = audit_files(files.get, export()[2])
    assert report.entries == 256
    assert report.root is None


def test_faults_are_not_endless():
    edge, _ = Edge().append([leaf_hash(b"same")] * 256 * 150)
    entries = [b"same"] * 256 * 150
    report = audit_entries(entries, MemoryTiles(), Checkpoint(ORIGIN, 256 * 150, edge.root()))
    assert len(report.faults) == 100
