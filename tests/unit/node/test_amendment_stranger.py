"""A stranger judges a dispatch by the edition in force at its entry: with our program and without it."""

from __future__ import annotations

import contextlib
import io
import subprocess
import sys
import zipfile
from functools import cache
from pathlib import Path

import pytest

from comity.base.ids import Ms
from comity.node.bundle import Piece, Wish, make_bundle, write_zip
from comity.node.bundlecheck import check_bundle
from comity.node.publickeys import PublicKeys
from comity.sim.exercise import parties
from tests.unit.node.amended import TICK, agree, rest, two
from tests.unit.node.letout import let_out
from tests.unit.node.putback import START, note
from tests.unit.node.rotating import list_of

HOUR = 3_600_000
VERIFY = Path(__file__).parents[3] / "tools" / "verify.py"
HEADER = Wish(without=frozenset({Piece.BODY, Piece.ATTACHMENTS, Piece.AUTHOR, Piece.SEALED}))


@cache
def world():
    """A dispatch before an amendment and one after it, as the receiver hands them to a stranger."""
    a, b = two()
    first = a.node.submit([note("under the first")], START)[0].id
    rest(a, b, Ms(START + TICK), rounds=2)
    agree(a, b, Ms(START + HOUR))
    second = a.node.submit([note("under the second")], Ms(START + 2 * HOUR))[0].id
    rest(a, b, Ms(START + 2 * HOUR + TICK), rounds=2)
    return b, (first, second)


def keys() -> PublicKeys:
    lists = [half.keys for half in parties().halves]
    return PublicKeys.signed(*((data, list_of(data)) for data in lists))


class Back(Exception):
    """Takes back what a test wrote."""


def papers(which) -> dict[str, bytes]:
    """Return the files of a bundle that shows the header, under an act of our law that lets it out."""
    b, ids = world()
    files: dict[str, bytes] = {}
    with contextlib.suppress(Back), b.store.begin() as tx:
        data = make_bundle(tx, ids[which], HEADER, now=Ms(START), act=let_out(tx, ids[which]))
        with zipfile.ZipFile(io.BytesIO(data)) as pack:
            files |= {name: pack.read(name) for name in pack.namelist()}
        raise Back
    return files


def by_hand(files, folder):
    lists = [half.keys for half in parties().halves]
    (folder / "papers.zip").write_bytes(write_zip(files))
    args = [sys.executable, str(VERIFY), "bundle", str(folder / "papers.zip")]
    for option, found in (("--log-vkey", keys().logs), ("--cosigner-vkey", keys().cosigners)):
        for key in dict.fromkeys(found):
            for line in key.vkeys():
                args += [option, line]
    for n, data in enumerate(lists):
        (folder / f"list-{n}.cose").write_bytes(data)
        args += ["--key-list", str(folder / f"list-{n}.cose")]
    told = subprocess.run(args, capture_output=True, text=True, check=False)
    return told.returncode == 0, told.stdout + told.stderr


def bad(files):
    return {one.what: one.sentence for one in check_bundle(write_zip(files), keys()) if not one.good}


@pytest.mark.parametrize("which", [0, 1])
def test_each_dispatch_is_under_the_edition_of_its_entry(which, tmp_path):
    files = papers(which)
    assert {"accord-1.cose", "accord-2.cose", "accord-entry/0/entry", "accord-entry/1/proof"} <= files.keys()
    assert bad(files) == {}
    good, told = by_hand(files, tmp_path)
    assert good, told
    assert "names the accord in force at its entry" in told


def test_without_the_entry_of_an_edition_what_is_under_it_does_not_stand(tmp_path):
    files = {name: data for name, data in papers(1).items() if not name.startswith("accord-entry/")}
    assert "not the edition in force" in next(iter(bad(files).values()))
    good, told = by_hand(files, tmp_path)
    assert not good
    assert "the accord in force at its entry" in told


def test_without_the_edition_it_does_not_stand_either(tmp_path):
    files = {name: data for name, data in papers(1).items() if name != "accord-2.cose"}
    assert "is not among the papers" in next(iter(bad(files).values()))
    assert not by_hand(files, tmp_path)[0]
