"""Other people's answers: RFC 6962 cases, C2SP notes and checkpoints, and a log written by another program."""

from __future__ import annotations

import json
from base64 import b64decode
from functools import cache
from pathlib import Path

import pytest

from comity.base.errors import BadForm, BadProof, BadSignature
from comity.tlog.audit import FaultKind, audit_files, read_entries
from comity.tlog.checkpoint import parse_body
from comity.tlog.note import SignatureType, parse_note, parse_vkey, verify_note
from comity.tlog.tiles import TileName, parse_path, tile_names
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

FOLDER = Path(__file__).parents[2] / "vectors" / "tlog"


def load(name):
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def cases(name, key):
    return [pytest.param(case, id=case["id"]) for case in load(name)[key]]


def hashes(values):
    return tuple(b64decode(value) for value in values or ())


@cache
def tree_of(size):
    edge, tiles = Edge().append([leaf_hash(str(i).encode()) for i in range(size)])
    store = MemoryTiles()
    store.write(tiles)
    return edge, store, CachedTiles(store)


@pytest.mark.parametrize("case", [*cases("merkle_vectors", "inclusion"), *cases("tree_vectors", "inclusion")])
def test_inclusion(case):
    def check():
        verify_inclusion(
            b64decode(case["leafHash"]),
            case["leafIdx"],
            case["treeSize"],
            hashes(case["proof"]),
            b64decode(case["root"]),
        )

    if case["wantErr"]:
        with pytest.raises(BadProof):
            check()
    else:
        check()


@pytest.mark.parametrize("case", [*cases("merkle_vectors", "consistency"), *cases("tree_vectors", "consistency")])
def test_consistency(case):
    def check():
        verify_consistency(
            case["size1"], b64decode(case["root1"]), case["size2"], b64decode(case["root2"]), hashes(case["proof"])
        )

    if case["wantErr"]:
        with pytest.raises(BadProof):
            check()
    else:
        check()


@pytest.mark.parametrize("case", cases("tree_vectors", "roots"))
def test_roots(case):
    edge, store, cached = tree_of(70_000)
    assert root(cached, case["size"]) == b64decode(case["root"])
    if case["size"] <= 2048:
        assert tree_of(case["size"])[0].root() == b64decode(case["root"])
    if case["size"] == 70_000:
        assert edge.root() == Edge.load(store, 70_000).root() == b64decode(case["root"])


@pytest.mark.parametrize("case", [c for c in cases("tree_vectors", "inclusion") if not c.values[0]["wantErr"]])
def test_inclusion_proofs_are_made_alike(case):
    case_hashes = hashes(case["proof"])
    assert inclusion_proof(tree_of(70_000)[2], case["leafIdx"], case["treeSize"]) == case_hashes


@pytest.mark.parametrize("case", [c for c in cases("tree_vectors", "consistency") if not c.values[0]["wantErr"]])
def test_consistency_proofs_are_made_alike(case):
    case_hashes = hashes(case["proof"])
    assert consistency_proof(tree_of(70_000)[2], case["size1"], case["size2"]) == case_hashes


@pytest.mark.parametrize("case", cases("tree_vectors", "tile_paths"))
def test_tile_paths(case):
    name = TileName(None if case["level"] == "entries" else case["level"], case["n"], case["width"])
    assert name.path() == case["path"]
    assert parse_path(case["path"]) == name


def test_tiles_of_the_text_s_example():
    names = list(tile_names(70_000))
    assert [name.path() for name in names[272:275]] == ["tile/0/272", "tile/0/273.p/112", "tile/1/000"]
    assert [name.path() for name in names[275:]] == ["tile/1/001.p/17", "tile/2/000.p/1"]
    assert [name.path() for name in tile_names(256)] == ["tile/0/000", "tile/1/000.p/1"]


@pytest.mark.parametrize("case", cases("note_vectors", "vkeys"))
def test_vkeys(case):
    if case["ok"]:
        assert parse_vkey(case["vkey"]).vkey() == case["vkey"]
    else:
        with pytest.raises(BadForm):
            parse_vkey(case["vkey"])


@pytest.mark.parametrize("case", cases("note_vectors", "notes"))
def test_notes(case):
    keys = [parse_vkey(key) for key in case["keys"]]
    if case["ok"]:
        parsed = parse_note(case["note"])
        assert parsed.join() == case["note"]
        assert verify_note(parsed, keys)
    else:
        with pytest.raises(BadSignature):
            verify_note(parse_note(case["note"]), keys)


def open_as_c2sp_says(case):
    """The general rule: a log key signed, known keys do not fail, enough different witnesses by name."""
    parsed = parse_note(case["note"])
    log = [parse_vkey(key) for key in case["log_keys"]]
    witnesses = [parse_vkey(key) for key in case["witness_keys"]]
    signed = verify_note(parsed, [*log, *witnesses])
    names = {one.key.name for one in signed if one.key.type is not SignatureType.ED25519}
    first_lines = "".join(line + "\n" for line in parsed.text.split("\n")[:3])
    checkpoint = parse_body(first_lines)
    if not any(one.key in log for one in signed) or len(names) < case["min_witnesses"]:
        raise BadSignature("too few")
    if checkpoint.origin != log[0].name or parsed.text.endswith("\n\n"):
        raise BadSignature("another log, or an empty extension line")
    return checkpoint


@pytest.mark.parametrize("case", cases("note_vectors", "checkpoints"))
def test_checkpoints(case):
    if not case["ok"]:
        with pytest.raises(BadSignature):
            open_as_c2sp_says(case)
        return
    checkpoint = open_as_c2sp_says(case)
    assert (checkpoint.size, checkpoint.root) == (case["size"], b64decode(case["root"]))
    text = parse_note(case["note"]).text
    if case["id"] == "extension-line":
        with pytest.raises(BadSignature, match="extension"):
            parse_body(text)
    else:
        assert parse_body(text) == checkpoint


class TestTessera:
    """A log that another implementation wrote."""

    def setup_method(self):
        vector = load("tessera_log")
        self.files = {path: b64decode(data) for path, data in vector["files"].items()}
        self.key = parse_vkey(vector["vkey"])

    def head(self, path="checkpoint"):
        parsed = parse_note(self.files[path].decode())
        verify_note(parsed, [self.key])
        return parse_body(parsed.text)

    def older(self):
        return [self.head(f"checkpoint.{size}") for size in range(16)]

    def test_is_good(self):
        report = audit_files(self.files.get, self.head(), self.older())
        assert report.good
        assert (report.entries, report.tiles, report.older) == (15, 1, 16)
        assert report.root == self.head().root
        assert len(list(read_entries(self.files.get, 15))) == 15

    def test_every_older_size_is_good(self):
        for head in self.older():
            assert audit_files(self.files.get, head).good

    @pytest.mark.parametrize("path", ["tile/0/000.p/15", "tile/entries/000.p/15"])
    def test_any_changed_byte_is_found(self, path):
        original = self.files[path]
        for at in range(len(original)):
            self.files[path] = original[:at] + bytes([original[at] ^ 1]) + original[at + 1 :]
            assert not audit_files(self.files.get, self.head()).good

    def test_a_foreign_older_head_is_found(self):
        foreign = self.head("checkpoint.7")
        report = audit_files(self.files.get, self.head(), [type(foreign)(foreign.origin, 8, foreign.root)])
        assert [fault.kind for fault in report.faults] == [FaultKind.NOT_CONSISTENT]
