"""Papers for a court: made by either side, checked by us and by the stranger's verifier; every planted fault is named."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from io import BytesIO
from pathlib import Path

import cbor2
import pytest

from comity.base.errors import BadForm, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import DispatchId, Ms, show_id
from comity.dispatch.book import LogRole
from comity.dispatch.entries import ResealLeaf, encode_entry
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.dispatch.wire import Part
from comity.node.bundle import Piece, Wish, make_bundle, write_zip
from comity.node.bundlecheck import check_bundle
from comity.node.proofs import entry_proof
from comity.node.publickeys import PublicKeys, party
from comity.policy.question import Act
from comity.policy.verdict import Effect
from tests.unit.node.letout import let_out
from tests.unit.node.told import altered, story
from tests.unit.node.world import START, B, exchange, form, make_pair

TOOL = Path(__file__).parents[3] / "tools" / "verify.py"
NOW = Ms(START + 3_600_000)
ALL = frozenset(Piece)


def made(side="a", without=(), *, decision=False, dispatch=None):
    told = story()
    which = dispatch or told.filed
    with altered(getattr(told, side)) as tx:
        act = let_out(tx, which)
        return make_bundle(tx, which, Wish(frozenset(without), decision), now=NOW, act=act)


def whole(tx, dispatch):
    return make_bundle(tx, dispatch, Wish(), now=NOW, act=let_out(tx, dispatch))


def files_of(bundle):
    with zipfile.ZipFile(BytesIO(bundle)) as pack:
        return {name: pack.read(name) for name in pack.namelist()}


def bad(bundle, keys=None):
    return {step.what for step in check_bundle(bundle, keys or story().keys) if not step.good}


def place():
    return f"dispatch/{show_id(story().filed)}"


def run_tool(folder, bundle, keys=None):
    keys = keys or story().keys
    options = [part for key in keys.logs for vkey in key.vkeys() for part in ("--log-vkey", vkey)]
    options += [part for key in keys.cosigners for vkey in key.vkeys() for part in ("--cosigner-vkey", vkey)]
    (folder / "papers.zip").write_bytes(bundle)
    command = [sys.executable, str(TOOL), "bundle", str(folder / "papers.zip"), *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stdout


# --- what is in them -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("side", ["a", "b"])
def test_either_side_can_make_them_and_a_stranger_verifies_them(side, tmp_path):
    bundle = made(side)
    assert bad(bundle) == set()
    code, said = run_tool(tmp_path, bundle)
    assert code == 0, said
    assert f"the other party's receipt (filed) of {place()}" in said
    assert f"the other party's receipt (seen) of {place()}" in said
    assert f"are later than 2026-07-13 00:00:00 UTC of {B}/log/1" in said


def test_layout_and_statement():
    files = files_of(made())
    assert set(files) == {
        "statement.txt", "accord.cose", "keys/ost.example-comity-1.cose", "keys/van.example-comity-1.cose",
        *(f"{place()}/{name}" for name in ("entry", "proof", "sealed", "part0", "part1", "part2", "part3")),
        "receipt/0/entry", "receipt/0/proof", "receipt/1/entry", "receipt/1/proof", "l-head/entry", "l-head/proof",
    }  # fmt: skip
    statement = files["statement.txt"].decode()
    assert show_id(story().filed) in statement
    assert "test, edition 1" in statement
    assert "Left out     nothing" in statement
    assert "after 2026-07-13 00:00:00 UTC and before 2026-07-13 00:00:06 UTC" in statement
    assert files["accord.cose"] == next(
        row[0] for row in rows(story().a, "SELECT signed FROM instrument WHERE kind = 'accord'")
    )


def rows(node, sql):
    with node.ledger.read() as tx:
        return tx.rows(sql)


def test_the_same_wish_gives_the_same_bytes_and_nothing_is_packed():
    assert made() == made()
    with zipfile.ZipFile(BytesIO(made())) as pack:
        assert {one.compress_type for one in pack.infolist()} == {zipfile.ZIP_STORED}


@pytest.mark.parametrize("piece", [*Piece])
def test_a_piece_left_out_is_not_in_them_and_the_rest_holds(piece, tmp_path):
    bundle = made(without=[piece])
    assert bad(bundle) == set()
    assert run_tool(tmp_path, bundle)[0] == 0
    statement = files_of(bundle)["statement.txt"].decode()
    assert f"Left out     {piece}" in statement
    if piece is Piece.BODY:
        with story().a.ledger.read() as tx:
            plain = tx.rows("SELECT plain FROM sent WHERE id = ?", (story().filed,))[0][0]
        assert parts_of(plain)[1].content in made()
        assert parts_of(plain)[1].content not in bundle
        assert parts_of(plain)[1].salt not in bundle


def test_everything_left_out_still_proves_that_it_was():
    bundle = made(without=ALL)
    assert bad(bundle) == set()
    assert "left out" in {s.what: s.sentence for s in check_bundle(bundle, story().keys)}[f"{place()} header"]


@pytest.mark.parametrize("side", ["a", "b"])
def test_the_decision_record_only_if_asked(side):
    assert not any(name.startswith("decision/") for name in files_of(made(side)))
    files = files_of(made(side, decision=True))
    (name,) = {name.rpartition("/")[0] for name in files if name.startswith("decision/")}
    assert bad(write_zip(files)) == set()
    files[f"{name}/record"] += b"x"
    assert bad(write_zip(files)) == {name}


def test_what_cannot_be_proved_is_not_made():
    told = story()
    for side, dispatch, said in (
        ("a", DispatchId(bytes(16)), "has no dispatch"),
        ("a", told.pooled, "no co-signed head"),
        ("b", told.refused, "never opened here"),
    ):
        with pytest.raises(BadForm, match=said):
            made(side, dispatch=dispatch)
    with told.a.ledger.read() as tx:
        parts = list(parts_of(tx.rows("SELECT plain FROM sent WHERE id = ?", (told.filed,))[0][0]))
    parts[1] = Part(parts[1].salt, b"\xa0")
    change = ("UPDATE sent SET plain = ? WHERE id = ?", (parts_bytes(tuple(parts)), told.filed))
    with altered(told.a, change) as tx, pytest.raises(BadForm, match="not what its leaf commits to"):
        whole(tx, told.filed)


def test_a_receipt_not_co_signed_yet_is_said_to_be_missing():
    a, b = make_pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    exchange(a, b, START)
    a.take(b.speak(Ms(START + 1)), Ms(START + 1))
    with a.ledger.begin() as book:
        book.tx.run("UPDATE head SET cosignature = NULL WHERE role = 'theirs' AND size > 3")
    with altered(a) as tx:
        bundle = whole(tx, done.id)
    files = files_of(bundle)
    assert "0; 1 more under no co-signed head yet" in files["statement.txt"].decode()
    assert not any(name.startswith(("receipt/", "l-head/")) for name in files)
    assert bad(bundle, PublicKeys.listed(a.office.peer_keys, b.office.peer_keys)) == set()


def test_several_accords_have_a_name_each():
    a = story().a
    signed = next(row[0] for row in rows(a, "SELECT signed FROM instrument WHERE kind = 'accord'"))
    insert = ("INSERT INTO instrument (digest, kind, signed, from_ours) VALUES (x'00', 'accord', ?, 99)", (signed,))
    other = ("INSERT INTO instrument (digest, kind, signed, from_ours) VALUES (x'01', 'cut', ?, 100)", (signed,))
    with altered(a, insert, other) as tx:
        files = files_of(whole(tx, story().filed))
    assert "accord-1.cose" in files
    assert "accord.cose" not in files
    unnamed = ("UPDATE instrument SET signed = ?, kind = 'keys' WHERE kind = 'accord'", (a_keylist(a),))
    with altered(a, unnamed) as tx:
        statement = files_of(whole(tx, story().filed))["statement.txt"].decode()
    assert "not among these papers" in statement


def a_keylist(node):
    return next(row[0] for row in rows(node, "SELECT signed FROM instrument WHERE kind = 'keys'"))


# --- planted faults --------------------------------------------------------------------------------------------------


def flip(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def salted(data):
    salt, content = cbor2.loads(data)
    return cbor2.dumps([salt, content.replace(b"first", b"worst")], canonical=True)


FAULTS = [
    ("{d}/part1", salted, {"{d} content"}, True),
    ("{d}/part1", lambda _: b"\x80", {"{d} content"}, True),
    ("{d}/part1", lambda _: b"\xff", {"{d} content"}, True),
    ("{d}/part1", None, {"{d} content"}, True),
    ("{d}/part0", lambda _: cbor2.dumps([bytes(32), b"\xa0"]), {"{d} content", "{d} header"}, True),
    ("{d}/sealed", flip, {"{d} sealed"}, True),
    ("{d}/entry", flip, {"{d}"}, True),
    ("{d}/entry", lambda _: b"\x80", {"{d}"}, True),
    ("{d}/proof", lambda d: d.replace(b"index ", b"index 1"), {"{d}"}, True),
    ("{d}/proof", lambda d: d.replace(b"mirror/1", b"mirror/2"), {"{d}"}, True),
    ("{d}/proof", None, {"{d}"}, True),
    ("{d}/proof", lambda _: b"\xff", {"{d}"}, True),
    ("receipt/0/entry", flip, {"receipt/0"}, True),
    ("l-head/entry", flip, {"l-head"}, True),
    ("accord.cose", flip, {"accord.cose", "{d} header"}, True),
    ("accord.cose", None, {"{d} header"}, True),
]


@pytest.mark.parametrize(("name", "edit", "expected", "by_tool"), FAULTS)
def test_a_changed_file_fails_here_and_with_the_stranger(name, edit, expected, by_tool, tmp_path):
    files = files_of(made())
    path = name.format(d=place())
    files[path] = edit(files[path]) if edit else None
    bundle = write_zip({name: content for name, content in files.items() if content is not None})
    assert {what.format(d=place()) for what in expected} <= bad(bundle)
    assert (run_tool(tmp_path, bundle)[0] == 1) == by_tool


def test_a_digest_that_is_none():
    files = files_of(made(without=[Piece.BODY]))
    files[f"{place()}/part1.digest"] = b"short"
    assert bad(write_zip(files)) == {f"{place()} content"}


def test_another_dispatch_s_parts_and_header():
    files, other = files_of(made()), files_of(made(dispatch=story().back))
    back = f"dispatch/{show_id(story().back)}"
    files[f"{place()}/part0"] = other[f"{back}/part0"]
    assert {f"{place()} content", f"{place()} header"} <= bad(write_zip(files))


def test_two_dispatches_in_one_zip():
    files = files_of(made())
    other = {
        name: content for name, content in files_of(made(dispatch=story().back)).items() if name.startswith("dispatch/")
    }
    assert bad(write_zip(files | other)) == set()


def test_a_receipt_of_something_else_and_a_tie_to_nothing():
    files = files_of(made())
    back = files_of(made(dispatch=story().back))
    swapped = files | {name: back[name] for name in ("receipt/0/entry", "receipt/0/proof")}
    assert bad(write_zip(swapped)) == {"receipt/0 meaning"}
    swapped = files | {f"l-head/{name}": back[f"l-head/{name}"] for name in ("entry", "proof")}
    assert bad(write_zip(swapped)) == {"l-head time"}


def test_other_keys_or_none():
    told, bundle = story(), made()
    nobody = PublicKeys((), ())
    assert {place(), "receipt/0", "l-head", "dispatches"} <= bad(bundle, nobody)
    assert {place(), "receipt/0"} <= bad(bundle, PublicKeys(told.keys.logs, ()))
    own = PublicKeys(told.keys.logs, tuple(key for key in told.keys.cosigners if party(key.name) != B))
    assert place() in bad(bundle, own)
    stranger, _ = make_pair()
    with pytest.raises(BadSignature):
        PublicKeys.listed(stranger.office.peer_keys).head("no note")


def test_zips_that_are_packed_doubled_or_none(tmp_path):
    files = files_of(made())
    out = BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as pack:
        for name, content in files.items():
            pack.writestr(name, content)
    assert "zip" in bad(out.getvalue())
    with zipfile.ZipFile(out := BytesIO(), "w") as pack:
        pack.writestr("a", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            pack.writestr("a", b"2")
    assert "zip" in bad(out.getvalue())
    assert bad(b"not a zip") == {"zip", "dispatches"}
    assert bad(write_zip({"statement.txt": b""})) == {"dispatches"}


def test_sealed_anew_and_receipted_under_that_seal():
    a, b = make_pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    again = b"x" * 4096
    with a.ledger.begin() as book:
        at = book.append_own([encode_entry(ResealLeaf(done.index, sha256(again), 4096, 1))])
    exchange(a, b, START)
    exchange(a, b, Ms(START + 1_000))
    keys = PublicKeys.listed(a.office.peer_keys, b.office.peer_keys)
    with altered(a) as tx:
        files = files_of(whole(tx, done.id))
        reseal = entry_proof(tx, LogRole.OURS, at)
    name = f"dispatch/{show_id(done.id)}"
    files[f"{name}/sealed"] = again
    assert bad(write_zip(files), keys) == {f"{name} sealed"}
    files |= {f"{name}-reseal/entry": reseal.entry, f"{name}-reseal/proof": reseal.text().encode()}
    assert bad(write_zip(files), keys) == set()


# --- the gate --------------------------------------------------------------------------------------------------------


def test_no_piece_of_content_leaves_without_an_act_that_our_law_let_be_done():
    told = story()
    wishes = [Wish(ALL - {piece}) for piece in Piece] + [Wish(ALL, decision=True)]
    for wish in wishes:
        with told.a.ledger.read() as tx, pytest.raises(BadForm, match="was not asked"):
            make_bundle(tx, told.filed, wish, now=NOW)
    with told.a.ledger.read() as tx:
        assert files_of(make_bundle(tx, told.filed, Wish(ALL), now=NOW)), "proofs and hashes need none"


@pytest.mark.parametrize(
    ("dispatch", "more"),
    [("back", {}), ("filed", {"act": Act.USE}), ("filed", {"act": Act.ONWARD}), ("filed", {"effect": Effect.REFUSE})],
)
def test_an_act_on_another_dispatch_another_act_or_a_refused_one_lets_nothing_out(dispatch, more):
    told = story()
    with altered(told.a) as tx:
        act = let_out(tx, getattr(told, dispatch), **more)
        with pytest.raises(BadForm, match="was not asked"):
            make_bundle(tx, told.filed, Wish(), now=NOW, act=act)


def test_what_law_orders_removed_is_left_out_or_nothing_is_made():
    told = story()
    with altered(told.a) as tx:
        act = let_out(tx, told.filed, "victim", act=Act.COURT)
        for without in ({Piece.BODY}, {Piece.SEALED}, ()):
            with pytest.raises(BadForm, match="only without victim"):
                make_bundle(tx, told.filed, Wish(frozenset(without)), now=NOW, act=act)
        assert make_bundle(tx, told.filed, Wish(frozenset({Piece.BODY, Piece.SEALED})), now=NOW, act=act)


# --- public keys -----------------------------------------------------------------------------------------------------


def test_vkey_lines_and_key_lists_are_the_same_keys():
    keys = story().keys
    lines = [line for key in (*keys.logs, *keys.cosigners) for line in key.vkeys()]
    assert PublicKeys.from_vkeys(lines) == keys
    assert (keys + PublicKeys((), ())) == keys
    with pytest.raises(BadForm, match="pairs"):
        PublicKeys.from_vkeys(lines[:3])
    with pytest.raises(BadForm):
        PublicKeys.from_vkeys([lines[1], lines[0]])
