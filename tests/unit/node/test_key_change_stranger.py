"""A stranger judges a log over a change of keys: by its entries and the signed lists, with our program and without it."""

from __future__ import annotations

import io
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.dispatch.book import LogRole
from comity.edge.export import check_log, export_logs, key_judge, read_places, verified_head
from comity.node.bundle import Piece, Wish, instruments, make_bundle, write_zip
from comity.node.bundlecheck import check_bundle
from comity.node.publickeys import PublicKeys
from comity.tlog.checkpoint import Checkpoint, cosign, make_checkpoint, merge, sign_head
from tests.unit.node.putback import START, note, settle
from tests.unit.node.rotating import list_of, turn, two

HOUR = 3_600_000
VERIFY = Path(__file__).parents[3] / "tools" / "verify.py"


@cache
def world():
    """Two nodes after two changes of the keys of the first, a dispatch between them, and all lists as signed."""
    a, b = two()
    first = a.node.submit([note("by the first keys")], START)[0].id
    settle(a, b, Ms(START + 60_000))
    turn(a, b, Ms(START + HOUR))
    second = a.node.submit([note("by the second keys")], Ms(START + 2 * HOUR))[0].id
    settle(a, b, Ms(START + 2 * HOUR))
    turn(a, b, Ms(START + 3 * HOUR), mirror=False)
    a.node.submit([note("by the third keys")], Ms(START + 4 * HOUR))
    settle(b, a, Ms(START + 4 * HOUR))
    with b.store.read() as tx:
        lists = [data for name, data in instruments(tx) if name.startswith("keys/")]
    return a, b, (first, second), lists


def keys_of(lists) -> PublicKeys:
    return PublicKeys.signed(*((data, list_of(data)) for data in lists))


def bad(data, keys):
    return {one.what: one.sentence for one in check_bundle(data, keys) if not one.good}


def test_what_is_written_out_stands(tmp_path):
    _, b, _, lists = world()
    assert len(lists) == 4
    with b.store.read() as tx:
        export_logs(tx, tmp_path)
    keys = keys_of(lists)
    for place, read in read_places(str(tmp_path), keys):
        head = verified_head(read, keys)
        assert check_log(place, read, head, judge=key_judge(keys, head)).good
        assert run_verify("log", place, lists, tmp_path).returncode == 0


def run_verify(what, path, lists, folder):
    args = [sys.executable, str(VERIFY), what, str(path)]
    keys = keys_of(lists)
    for option, found in (("--log-vkey", keys.logs), ("--cosigner-vkey", keys.cosigners)):
        for key in dict.fromkeys(found):
            for line in key.vkeys():
                args += [option, line]
    for n, data in enumerate(lists):
        (folder / f"list-{n}.cose").write_bytes(data)
        args += ["--key-list", str(folder / f"list-{n}.cose")]
    return subprocess.run(args, capture_output=True, text=True, check=False)


def forged(folder, lists, *, size=None, by=0):
    """Put a checkpoint of the first node's log, signed by its keys of one list alone, in the place of the newest."""
    a, b, _, _ = world()
    with b.store.read() as tx:
        export_logs(tx, folder)
    place = next(one for one in folder.iterdir() if (one / "checkpoint").is_file() and sha256(a.node.voice.log_origin.encode()).hex() == one.name)  # fmt: skip
    keys = [a.node.voice.earlier[0][1], a.node.voice.earlier[1][1], a.node.voice.log_keys][by]
    with b.node.ledger.begin() as book:
        theirs = book.logs[LogRole.THEIRS]
        made = make_checkpoint(theirs.origin, theirs.size, book.edges[LogRole.THEIRS].root())
    head = sign_head(made, [keys], theirs.head_time)
    mine = cosign(Checkpoint(made.origin, made.size, made.root), b.node.voice.cosigner_keys, theirs.head_time)
    (place / "checkpoint").write_text(merge(head.note, mine.note))
    return place


@pytest.mark.parametrize(("by", "good"), [(0, False), (1, False), (2, True)])
def test_a_head_by_keys_that_are_no_longer_in_force(tmp_path, by, good):
    _, _, _, lists = world()
    place = forged(tmp_path, lists, by=by)
    keys = keys_of(lists)
    ((where, read),) = read_places(str(place), keys)
    head = verified_head(read, keys)
    checked = check_log(where, read, head, judge=key_judge(keys, head))
    assert checked.report.good, "every hash is right; only the keys are not"
    assert checked.good is good
    told = run_verify("log", place, lists, tmp_path)
    assert (told.returncode == 0) is good, told.stdout
    if not good:
        assert "in force at its size" in checked.keys[0]
        assert "in force at its size" in told.stdout


def test_a_list_that_was_not_given(tmp_path):
    _, b, _, lists = world()
    with b.store.read() as tx:
        export_logs(tx, tmp_path)
    few = [data for data in lists if list_of(data).edition != 2]
    keys = keys_of(few)
    found = [
        check_log(place, read, verified_head(read, keys), judge=key_judge(keys, verified_head(read, keys)))
        for place, read in read_places(str(tmp_path), keys)
    ]
    assert any("was not given" in line for one in found for line in one.keys)


def test_papers_on_a_dispatch_of_each_time():
    _, b, ids, lists = world()
    keys, wish = keys_of(lists), Wish(frozenset(Piece))
    for id_ in ids:
        with b.store.read() as tx:
            bundle = make_bundle(tx, id_, wish, now=Ms(START))
        assert bad(bundle, keys) == {}
        with zipfile.ZipFile(io.BytesIO(bundle)) as pack:
            files = {name: pack.read(name) for name in pack.namelist()}
        without = {name: data for name, data in files.items() if not name.startswith("keys-entry/")}
        told = bad(write_zip(without), keys)
        assert bool(told) == (id_ != ids[0]), "without the entry of a list nobody can say from where on it applies"
    assert bad(bundle, PublicKeys.listed(*map(list_of, lists))) == {}, "keys without their lists are taken as given"


def test_the_same_by_hand(tmp_path):
    _, b, ids, lists = world()
    for id_ in ids:
        with b.store.read() as tx:
            (tmp_path / "papers.zip").write_bytes(make_bundle(tx, id_, Wish(frozenset(Piece)), now=Ms(START)))
        told = run_verify("bundle", tmp_path / "papers.zip", lists, tmp_path)
        assert told.returncode == 0, told.stdout + told.stderr
