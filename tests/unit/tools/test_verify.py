"""The stranger's verifier, run as a stranger runs it: good papers pass, each planted fault is named."""

from __future__ import annotations

import ast
import subprocess
import sys
import threading
import zipfile
from functools import partial
from hashlib import sha256
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import cbor2
import pytest

from comity.base.ids import Origin
from comity.tlog.checkpoint import KeyRole, NoteKeys, cosign, make_checkpoint, merge, sign_head
from comity.tlog.proof import TlogProof, format_proof
from comity.tlog.tiles import bundle_names, encode_bundle, tile_names
from comity.tlog.tree import Edge, MemoryTiles, inclusion_proof, leaf_hash, root

TOOL = Path(__file__).parents[3] / "tools" / "verify.py"
NORTH, SOUTH = "north.example/comity", "south.example/comity"
TIME = 1_900_000_000


def keys(node, role, number, seed):
    name = f"{node}/log/1" if role is KeyRole.LOG else f"{node}/mirror/{number}"
    return NoteKeys.from_seeds(role, name, bytes([seed]) * 32, bytes([seed + 1]) * 32)


LOGS = {NORTH: keys(NORTH, KeyRole.LOG, 1, 1), SOUTH: keys(SOUTH, KeyRole.LOG, 1, 3)}
MIRRORS = {NORTH: keys(NORTH, KeyRole.COSIGNER, 1, 5), SOUTH: keys(SOUTH, KeyRole.COSIGNER, 1, 7)}
FOREIGN = keys(NORTH, KeyRole.LOG, 1, 9)
SPARE = keys(SOUTH, KeyRole.COSIGNER, 2, 11)
OTHER = {NORTH: SOUTH, SOUTH: NORTH}


def options(*, logs=(LOGS[NORTH], LOGS[SOUTH]), cosigners=(MIRRORS[NORTH], MIRRORS[SOUTH])):
    pairs = [("--log-vkey", pair) for pair in logs] + [("--cosigner-vkey", pair) for pair in cosigners]
    return [part for option, pair in pairs for vkey in pair.verifier.vkeys() for part in (option, vkey)]


def run(*args):
    done = subprocess.run(
        [sys.executable, str(TOOL), *map(str, args)], capture_output=True, text=True, timeout=60, check=False
    )
    return done.returncode, done.stdout + done.stderr


class Log:
    """A log with its tiles, its heads and its proofs."""

    def __init__(self, node, entries):
        self.node, self.entries, self.tiles = node, entries, MemoryTiles()
        edge, tiles = Edge().append([leaf_hash(entry) for entry in entries])
        self.tiles.write(tiles)
        self.size = edge.size

    def note(self, size=None, *, log=None, mirror=None, time=TIME):
        size = self.size if size is None else size
        head = make_checkpoint(Origin(f"{self.node}/log/1"), size, root(self.tiles, size))
        signed = sign_head(head, log or [LOGS[self.node]], time)
        return merge(signed.note, cosign(head, mirror or MIRRORS[OTHER[self.node]], time + 60).note)

    def proof(self, index, note=None):
        path = inclusion_proof(self.tiles, index, self.size)
        return format_proof(TlogProof(index, path, note or self.note()))

    def export(self, folder):
        files = {"checkpoint": self.note().encode()}
        for name in tile_names(self.size):
            files[name.path()] = self.tiles.tile(name.level, name.n)[: name.width * 32]
        for name in bundle_names(self.size):
            files[name.path()] = encode_bundle(self.entries[name.n * 256 : name.n * 256 + name.width])
        for path, data in files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(data)
        return folder


def commit(parts):
    digests = [sha256(b"comity/part/1\0" + bytes([p]) + salt + data).digest() for p, (salt, data) in enumerate(parts)]
    return digests, sha256(b"comity/commit/1\0" + b"".join(digests)).digest()


SEALED, ID = b"sealed bytes" * 100, b"d" * 16
ACCORD = b"\xd8\x62" + cbor2.dumps([b"", {}, cbor2.dumps({1: "comity/accord/1", 3: 1}), [b"signatures"]])
PARTS = [
    [bytes([20 + p]) * 32, data]
    for p, data in enumerate([cbor2.dumps({1: ID, 12: 2, 18: sha256(ACCORD).digest()}), b"body", b"", b""])
]
DIGESTS, COMMIT = commit(PARTS)


def leaf(*items):
    return cbor2.dumps(["comity/leaf/1", *items])


def north_entries():
    fill = [leaf(8, bytes([i % 256]) * 32) for i in range(298)]
    head = leaf(5, f"{SOUTH}/log/1", 2, b"r" * 32, TIME - 900)
    sealed = sha256(SEALED).digest()
    return [
        *fill,
        head,
        leaf(1, ID, 2, 1, COMMIT, sealed, 4096, b"x" * 32),
        b"no leaf of ours",
        leaf(7, "suspend", None),
    ]


NORTH_LOG = Log(NORTH, north_entries())
SOUTH_LOG = Log(SOUTH, [leaf(8, b"c" * 32), leaf(3, 299, ID, sha256(SEALED).digest(), 2, None, None, None)])


@pytest.fixture
def export(tmp_path):
    return NORTH_LOG.export(tmp_path / "log")


def change(path, edit):
    path.write_bytes(edit(path.read_bytes()))


def test_it_is_small_and_shares_nothing():
    text = TOOL.read_text(encoding="utf-8")
    assert len(text.splitlines()) < 450
    names = [alias.name for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Import) for alias in node.names]
    names += [node.module for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    assert {name.split(".")[0] for name in names} <= set(sys.stdlib_module_names) | {"cryptography"}


class TestLog:
    def test_good(self, export, tmp_path):
        older = tmp_path / "older"
        older.write_text(NORTH_LOG.note(257, time=TIME - 5), encoding="utf-8")
        empty = tmp_path / "empty"
        empty.write_text(NORTH_LOG.note(0, time=TIME - 9), encoding="utf-8")
        code, said = run("log", export, *options(), "--older", older, "--older", empty)
        assert code == 0, said
        assert "all 302 entries hash to the signed root" in said
        assert "older checkpoint is a prefix: north.example/comity/log/1 of size 257" in said
        assert "all tiles of 2 levels" in said
        assert "entries: 298 blind, 1 dispatch, 1 head, 1 link, 1 other" in said
        assert "signed 2030-03-17 17:46:40 UTC, cosigned 2030-03-17 17:47:40 UTC" in said
        assert said.endswith("VERIFIED\n")

    def test_keys_from_a_file(self, export, tmp_path):
        (tmp_path / "keys").write_text("\n".join(options()) + "\n", encoding="utf-8")
        assert run("log", export, f"@{tmp_path / 'keys'}")[0] == 0

    def test_good_over_http_and_only_on_this_machine(self, export):
        handler = partial(SimpleHTTPRequestHandler, directory=str(export))
        handler.log_message = lambda *_: None
        with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()
            port = server.server_address[1]
            assert run("log", f"http://127.0.0.1:{port}/", *options())[0] == 0
            code, said = run("log", f"http://127.0.0.1:{port}/nothing", *options())
            server.shutdown()
        assert code == 1, said
        for place in ("http://log.example/", "http://127.0.0.1@log.example/", "file:///etc", "ftp://127.0.0.1/"):
            assert run("log", place, *options())[0] == 2

    @pytest.mark.parametrize(
        ("path", "edit", "said"),
        [
            ("tile/entries/000", lambda d: d[:20] + bytes([d[20] ^ 1]) + d[21:], "all 302 entries hash"),
            ("tile/entries/001.p/46", lambda d: d[:-1], "bundle 1 of entries is whole"),
            ("tile/entries/001.p/46", None, "tile/entries/001 (width 46) is there"),
            ("tile/0/000", None, "tile/0/000 (width 256) is there"),
            ("tile/0/001.p/46", lambda d: d[:-32], "tile 1 of level 0"),
            ("tile/1/000.p/1", lambda d: d[::-1], "tile 0 of level 1"),
            ("checkpoint", None, "three lines"),
            ("checkpoint", lambda d: d.replace(b"\n302\n", b"\n301\n"), "signed"),
            ("checkpoint", lambda d: d.replace(b"\n\n", b"\nextension\n\n"), "three lines"),
            ("checkpoint", lambda d: b"\n".join(d.split(b"\n")[:-2]) + b"\n", "whole pairs"),
            ("checkpoint", lambda d: d + d.split(b"\n")[-2] + b"\n", "by it once"),
        ],
    )
    def test_planted_faults(self, export, path, edit, said):
        if edit:
            change(export / path, edit)
        else:
            (export / path).unlink()
        code, output = run("log", export, *options())
        assert (code, output.splitlines()[-1][:6]) == (1, "BAD   ")
        assert said in output.splitlines()[-1]

    def test_foreign_keys(self, export):
        assert run("log", export, *options(logs=[FOREIGN]))[0] == 1
        assert run("log", export, *options(cosigners=[SPARE]))[0] == 1
        assert run("log", export, *options(cosigners=()))[0] == 1, "a line by a key that was not given"
        assert run("log", export, *options(cosigners=[MIRRORS[NORTH]]))[0] == 1, "a party cannot witness itself"

    def test_a_party_cannot_witness_itself(self, export):
        (export / "checkpoint").write_text(NORTH_LOG.note(mirror=MIRRORS[NORTH]), encoding="utf-8")
        assert run("log", export, *options())[0] == 1

    def test_a_change_of_keys(self, export):
        (export / "checkpoint").write_text(NORTH_LOG.note(log=[LOGS[NORTH], FOREIGN]), encoding="utf-8")
        assert run("log", export, *options(logs=[LOGS[NORTH], FOREIGN]))[0] == 0
        assert run("log", export, *options())[0] == 1

    def test_an_older_head_of_another_history(self, export, tmp_path):
        forked = Log(NORTH, [*NORTH_LOG.entries[:100], b"another", *NORTH_LOG.entries[101:200]])
        older = tmp_path / "older"
        older.write_text(forked.note(), encoding="utf-8")
        code, said = run("log", export, *options(), "--older", older)
        assert code == 1
        assert "older checkpoint" in said.splitlines()[-1]

    def test_not_cosigned(self, export):
        head = make_checkpoint(Origin(f"{NORTH}/log/1"), 302, root(NORTH_LOG.tiles, 302))
        (export / "checkpoint").write_text(sign_head(head, [LOGS[NORTH]], TIME).note, encoding="utf-8")
        code, said = run("log", export, *options(cosigners=()))
        assert code == 0
        assert "not cosigned" in said
        assert run("log", export, *options())[0] == 1


class TestProof:
    def write(self, folder, proof, entry):
        (folder / "a.tlog-proof").write_text(proof, encoding="utf-8")
        (folder / "entry").write_bytes(entry)
        return run("proof", folder / "a.tlog-proof", "--entry", folder / "entry", *options())

    def test_good(self, tmp_path):
        for index in (0, 299, 301):
            code, said = self.write(tmp_path, NORTH_LOG.proof(index), NORTH_LOG.entries[index])
            assert code == 0, said
            assert f"entry {index} is in north.example/comity/log/1" in said

    def test_refused(self, tmp_path):
        proof, entry = NORTH_LOG.proof(299), NORTH_LOG.entries[299]
        lines = proof.split("\n")
        for wrong in (
            proof.replace("index 299", "index 298"),
            proof.replace("index 299", "index 302"),
            proof.replace("@v1", "@v2"),
            "\n".join(lines[:2] + lines[3:]),
            "\n".join([*lines[:2], lines[2], *lines[2:]]),
        ):
            assert self.write(tmp_path, wrong, entry)[0] == 1
        assert self.write(tmp_path, proof, entry + b"x")[0] == 1


def bundle_files():
    return {
        "statement.txt": b"What this is.",
        "accord.cose": ACCORD,
        "keys/north-1.cose": b"key list",
        **{f"dispatch/d/part{p}": cbor2.dumps(PARTS[p]) for p in (0, 1, 3)},
        "dispatch/d/part2.digest": DIGESTS[2],
        "dispatch/d/sealed": SEALED,
        "dispatch/d/entry": NORTH_LOG.entries[299],
        "dispatch/d/proof": NORTH_LOG.proof(299).encode(),
        "receipt/0/entry": SOUTH_LOG.entries[1],
        "receipt/0/proof": SOUTH_LOG.proof(1).encode(),
        "l-head/entry": NORTH_LOG.entries[298],
        "l-head/proof": NORTH_LOG.proof(298).encode(),
    }


def pack(path, files, compression=zipfile.ZIP_STORED):
    with zipfile.ZipFile(path, "w", compression) as out:
        for name, data in files.items():
            out.writestr(name, data)
    return path


class TestBundle:
    def test_good(self, tmp_path):
        code, said = run("bundle", pack(tmp_path / "b.zip", bundle_files()), *options())
        assert code == 0, said
        assert "dispatch/d: parts [0, 1, 3] give the commitment in its entry" in said
        assert "names the accord in force at its entry" in said
        assert "the other party's receipt (filed) of dispatch/d" in said
        assert "entries of north.example/comity/log/1 from 298 on are later than 2030-03-17 17:31:40 UTC" in said
        first = sha256(ACCORD).hexdigest()[:8]
        assert f"fingerprint of accord.cose: {first} " in said

    @pytest.mark.parametrize(
        ("name", "edit", "said"),
        [
            ("dispatch/d/part1", lambda _: cbor2.dumps([PARTS[1][0], b"another body"]), "commitment"),
            ("dispatch/d/part1", lambda d: d + b"\0", "CBOR"),
            ("dispatch/d/part1", lambda _: b"\x9b" + b"\xff" * 8, "malformed"),
            ("dispatch/d/part1", lambda _: cbor2.dumps([b"short", b"body"]), "or its digest is there"),
            ("dispatch/d/part2.digest", None, "or its digest is there"),
            ("dispatch/d/part2.digest", lambda d: d[::-1], "commitment"),
            ("dispatch/d/sealed", lambda d: d + b"x", "sealed bytes"),
            ("accord.cose", lambda d: d.replace(b"signatures", b"signatores"), "accord in force"),
            ("dispatch/d/entry", lambda d: d[:-1] + b"y", "entry 299 is in"),
            ("dispatch/d/proof", None, "dispatch/d/proof"),
            ("receipt/0/proof", lambda d: d.replace(b"index 1", b"index 0"), "entry 0 is in"),
        ],
    )
    def test_planted_faults(self, tmp_path, name, edit, said):
        files = bundle_files()
        files[name] = edit(files[name]) if edit else None
        files = {name: data for name, data in files.items() if data is not None}
        code, output = run("bundle", pack(tmp_path / "b.zip", files), *options())
        assert (code, output.splitlines()[-1][:6]) == (1, "BAD   ")
        assert said in output.splitlines()[-1]

    def test_a_receipt_of_something_else_or_by_the_sender(self, tmp_path):
        wrong = leaf(3, 299, ID, sha256(b"other sealed bytes").digest(), 2, None, None, None)
        files = bundle_files()
        for log in (Log(SOUTH, [wrong]), Log(NORTH, [SOUTH_LOG.entries[1]])):
            files |= {"receipt/0/entry": log.entries[0], "receipt/0/proof": log.proof(0).encode()}
            code, said = run("bundle", pack(tmp_path / "b.zip", files), *options())
            assert code == 1
            assert "receipt (filed) of" in said.splitlines()[-1]

    def test_sealed_anew(self, tmp_path):
        """After an l-reseal the log names two sealed forms of one dispatch; both are good."""
        log = Log(NORTH, [NORTH_LOG.entries[299], leaf(2, 0, sha256(b"again").digest(), 4096, 1)])
        files = {f"dispatch/d/part{p}": cbor2.dumps(PARTS[p]) for p in range(4)} | {"accord-2.cose": ACCORD}
        for at, index in (("dispatch/d", 0), ("dispatch/d-reseal", 1)):
            files |= {f"{at}/entry": log.entries[index], f"{at}/proof": log.proof(index).encode()}
        for sealed, code in ((b"again", 0), (SEALED, 0), (b"never", 1)):
            files["dispatch/d/sealed"] = sealed
            assert run("bundle", pack(tmp_path / "b.zip", files), *options())[0] == code

    def test_packed_doubled_or_broken_zips(self, tmp_path):
        assert run("bundle", pack(tmp_path / "a.zip", bundle_files(), zipfile.ZIP_DEFLATED), *options())[0] == 1
        with zipfile.ZipFile(tmp_path / "b.zip", "w") as out:
            out.writestr("a", b"1")
            with pytest.warns(UserWarning, match="Duplicate"):
                out.writestr("a", b"2")
        assert run("bundle", tmp_path / "b.zip", *options())[0] == 1
        (tmp_path / "c.zip").write_bytes(b"not a zip")
        assert run("bundle", tmp_path / "c.zip", *options())[0] == 1
        assert run("bundle", pack(tmp_path / "d.zip", {"statement.txt": b""}), *options())[0] == 1


def test_misuse(tmp_path):
    entry = tmp_path / "entry"
    entry.write_bytes(b"x")
    vkey = LOGS[NORTH].verifier.vkeys()[0]
    for args in (
        [],
        ["log", tmp_path],
        ["log", tmp_path / "absent", *options()],
        ["proof", entry, *options()],
        ["proof", entry, "--entry", tmp_path / "absent", *options()],
        ["bundle", tmp_path / "absent.zip", *options()],
        ["log", tmp_path, "--log-vkey", vkey[:-8]],
        ["log", tmp_path, "--log-vkey", vkey.replace("+", "+0", 1)],
        ["log", tmp_path, "--log-vkey", "nonsense"],
    ):
        assert run(*args)[0] == 2, args
