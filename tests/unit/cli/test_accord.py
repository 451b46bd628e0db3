"""An accord is made, signed by both and verified; a wrong root, a third party and a changed file are refused."""

from __future__ import annotations

import json
import re

import pytest

from tests.unit.cli.pair import typed
from tests.unit.edge.twofolders import ACCORD, copy_of, made

CARDS = ("--party", "ostrel/party.json", "--party", "vanmere/party.json")


@pytest.fixture
def base(tmp_path, monkeypatch):
    base = copy_of(made(), tmp_path)
    (base / "accord.cose").unlink()
    monkeypatch.chdir(base)
    monkeypatch.setenv("COLUMNS", "200")
    return base


def new(capsys, *cards):
    return typed(capsys, "accord", "new", "--terms", ACCORD / "accord.toml", *(cards or CARDS), "--out", "accord.cose")


def sign(capsys, root, *more):
    return typed(capsys, "accord", "sign", "accord.cose", "--root", root, *more)


def test_from_terms_to_four_signatures(base, capsys):
    code, said, _ = new(capsys)
    assert (code, "ostrel-vanmere, edition 1" in said) == (0, True)
    code, said, _ = typed(capsys, "accord", "show", "accord.cose")
    assert (code, "NOT signed by both parties" in said, "fingerprint" in said) == (0, True, False)
    assert "arrived within 15 minutes, seen within 15 more" in said
    assert "2026-06-01" in said
    assert typed(capsys, "accord", "verify", "accord.cose")[0] == 1
    assert "the other one signs next" in sign(capsys, "ostrel-root")[1]
    assert "NOT signed" in typed(capsys, "accord", "show", "accord.cose")[1]
    assert typed(capsys, "accord", "verify", "accord.cose")[0] == 1
    code, said, _ = sign(capsys, "vanmere-root")
    shown = re.search(r"(?:[0-9a-f]{8} ){7}[0-9a-f]{8}", said)[0]
    code, said, _ = typed(capsys, "accord", "verify", "accord.cose")
    assert (code, shown in said) == (0, True)
    assert shown in typed(capsys, "accord", "show", "accord.cose")[1]
    verified = json.loads(typed(capsys, "accord", "verify", "accord.cose", "--json")[1])
    assert verified == {"verified": True, "name": "ostrel-vanmere", "edition": 1, "fingerprint": shown}
    assert json.loads(typed(capsys, "accord", "show", "accord.cose", "--json")[1])["signed_by_both"]


def test_an_unsigned_accord_in_json_has_no_fingerprint(base, capsys):
    new(capsys)
    shown = json.loads(typed(capsys, "accord", "show", "accord.cose", "--json")[1])
    assert (shown["signed_by_both"], shown["fingerprint"], shown["accord"]["name"]) == (False, None, "ostrel-vanmere")


def test_the_signed_accord_may_go_to_another_file(base, capsys):
    new(capsys)
    before = (base / "accord.cose").read_bytes()
    assert sign(capsys, "ostrel-root", "--out", "signed.cose")[0] == 0
    assert (base / "accord.cose").read_bytes() == before
    assert (base / "signed.cose").read_bytes() != before


def test_a_root_of_neither_party_and_a_second_signature_change_nothing(base, capsys, tmp_path):
    from comity.crypto.keys import RootKeys
    from comity.edge.keystore import RootStore
    from tests.unit.node.world import Seeded

    new(capsys)
    before = (base / "accord.cose").read_bytes()
    RootStore(tmp_path / "third").put_root(RootKeys.generate(Seeded("third")))
    code, _, said = sign(capsys, tmp_path / "third")
    assert (code, "belong to neither party" in said) == (1, True)
    assert (base / "accord.cose").read_bytes() == before
    sign(capsys, "ostrel-root")
    before = (base / "accord.cose").read_bytes()
    code, _, said = sign(capsys, "ostrel-root")
    assert (code, "has signed the instrument already" in said) == (2, True)
    assert sign(capsys, base / "none")[0] == 2
    assert (base / "accord.cose").read_bytes() == before


def test_terms_that_were_changed_after_one_signed_are_not_signed_by_the_other(base, capsys):
    new(capsys)
    sign(capsys, "ostrel-root")
    path = base / "accord.cose"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"ostrel-vanmere", b"ostrel-vanmera"))
    assert path.read_bytes() != whole
    changed = path.read_bytes()
    code, _, said = sign(capsys, "vanmere-root")
    assert (code, "a signature that fails" in said) == (1, True)
    assert path.read_bytes() == changed


def test_a_changed_and_a_broken_file_are_not_verified(base, capsys):
    new(capsys)
    sign(capsys, "ostrel-root")
    sign(capsys, "vanmere-root")
    path = base / "accord.cose"
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b"ostrel-vanmere", b"ostrel-vanmera"))
    assert typed(capsys, "accord", "verify", path)[0] == 1
    code, said, _ = typed(capsys, "accord", "show", path)
    assert (code, "NOT signed by both parties" in said, "ostrel-vanmera" in said) == (0, True, True)
    path.write_bytes(whole[:-9])
    for action in ("show", "verify"):
        assert typed(capsys, "accord", action, path)[0] == 1
    path.unlink()
    for action in ("show", "verify"):
        assert typed(capsys, "accord", action, path)[0] == 2


@pytest.mark.parametrize("cards", [CARDS[:2], CARDS + CARDS[:2], CARDS[:2] * 2])
def test_an_accord_has_two_parties(base, capsys, cards):
    code, _, said = new(capsys, *cards)
    assert code == 2
    assert "nothing was made" in said
    assert not (base / "accord.cose").exists()
