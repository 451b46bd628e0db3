"""Proofs out of rows hold for a stranger; a dispatch proved again says which row was altered, and never breaks off."""

from __future__ import annotations

import pytest

from comity.base.errors import BadForm, BadProof, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import DispatchId, Ms
from comity.dispatch.book import LogRole
from comity.dispatch.entries import ResealLeaf, encode_entry
from comity.dispatch.partsrow import parts_bytes, parts_of
from comity.dispatch.wire import Part
from comity.node.proofs import (
    Signers,
    cosigned_second,
    entry_proof,
    leaf_interval,
    leaf_type,
    newest_signed,
    tie_before,
)
from comity.node.remake import remake
from comity.tlog.proof import parse_proof, verify_proof
from tests.unit.node.told import altered, story
from tests.unit.node.world import START, B, exchange, form, make_pair

OURS, THEIRS = LogRole.OURS, LogRole.THEIRS


# --- entries -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [OURS, THEIRS])
@pytest.mark.parametrize("first", [False, True])
def test_a_proof_holds_with_public_keys_only(role, first):
    a = story().a
    signers = story().signers(a)
    log, cosigner = signers.under(role)
    with a.ledger.read() as tx:
        size = tx.rows("SELECT cosigned_size FROM log WHERE role = ?", (role,))[0][0]
        for index in range(size):
            proof = entry_proof(tx, role, index, first=first)
            read = parse_proof(proof.text())
            head = verify_proof(read, proof.entry, log.name, [log], cosigner)
            assert proof.index == read.index == index
            assert head.head.checkpoint.size == proof.size > index
            if first:
                assert head.cosigned.time == cosigned_second(tx, role, index)
            else:
                assert proof.size == size


def test_the_first_covering_head_is_the_closest():
    with story().a.ledger.read() as tx:
        assert entry_proof(tx, OURS, 0, first=True).size < entry_proof(tx, OURS, 0).size


def test_no_co_signed_head_no_proof():
    a, b = make_pair()
    with a.ledger.read() as tx:
        assert entry_proof(tx, OURS, 0) is None
        assert entry_proof(tx, OURS, 0, first=True) is None
        assert newest_signed(tx, OURS, Signers.of(a.voice, a.peer)) is None
        assert newest_signed(tx, LogRole.DECISION, Signers.of(a.voice, a.peer)) is None
        assert leaf_interval(tx, OURS, 0) == (None, None)
    exchange(a, b, START)
    a.submit([form()], START)
    with a.ledger.read() as tx:
        assert entry_proof(tx, OURS, 3) is None


def test_an_altered_or_missing_entry_gives_no_proof():
    a = story().a
    with (
        altered(a, ("UPDATE entry SET entry = x'80' WHERE role = 'ours' AND idx = 3", ())) as tx,
        pytest.raises(BadProof),
    ):
        entry_proof(tx, OURS, 3)
    with altered(a, ("DELETE FROM entry WHERE role = 'ours' AND idx = 3", ())) as tx, pytest.raises(BadForm):
        entry_proof(tx, OURS, 3)


def test_the_keys_of_running_node_and_key_lists_are_the_same():
    a, b = story().a, story().b
    assert Signers.of(a.voice, a.peer) == Signers.listed(b.office.peer_keys, a.office.peer_keys)


def test_the_newest_signed_head_must_have_its_signatures():
    a = story().a
    signers = story().signers(a)
    with a.ledger.read() as tx:
        head, both = newest_signed(tx, OURS, signers)
        assert both.head == head
        assert both.cosigned.cosigner == f"{B}/mirror/1"
    wrong = Signers(signers.theirs, signers.ours_by, signers.ours, signers.theirs_by, signers.decision)
    with a.ledger.read() as tx, pytest.raises(BadSignature):
        newest_signed(tx, OURS, wrong)


# --- intervals -----------------------------------------------------------------------------------------------------


def test_a_leaf_lies_between_two_acts_of_the_other_party():
    """Values from the story: B signed its head at second 0, A's dispatch came at 5 and was co-signed at 6."""
    told = story()
    for node, role in ((told.a, OURS), (told.b, THEIRS)):
        with node.ledger.read() as tx:
            index = tx.rows(f"SELECT idx FROM {'sent' if role is OURS else 'got'} WHERE id = ?", (told.filed,))[0][0]
            after, before = leaf_interval(tx, role, index)
            tie = tie_before(tx, role, index)
        assert after == START
        assert before == START + 6_999
        assert tie[0] < index
        assert tie[1].origin == f"{B}/log/1"


def test_the_tie_is_found_however_long_its_batch():
    a, b = make_pair()
    exchange(a, b, START)
    exchange(b, a, Ms(START + 1_000))
    a.submit([form(str(n)) for n in range(150)], Ms(START + 2_000))
    with a.ledger.read() as tx:
        assert {tie_before(tx, OURS, index)[0] for index in range(3, 154)} == {3}
        assert tie_before(tx, OURS, 2) is None


def test_an_entry_too_short_has_no_type():
    assert leaf_type(b"\x80") is None


# --- one dispatch again ----------------------------------------------------------------------------------------------


def again(node, dispatch, *changes, signers=None):
    with altered(node, *changes) as tx:
        remade = remake(tx, dispatch, signers or story().signers(node))
        return {step.what: step for step in remade.steps}


def bad(steps):
    return {what for what, step in steps.items() if not step.good}


WHOLE = [
    "Row to leaf", "Content", "Sealed bytes", "Head signed", "Co-signed", "Leaf in the tree", "Receipt",
    "Receipt: Head signed", "Receipt: Co-signed", "Receipt: Leaf in the tree", "Our decision record",
]  # fmt: skip


@pytest.mark.parametrize("side", ["a", "b"])
def test_an_honest_dispatch_holds_on_both_sides(side):
    told = story()
    with getattr(told, side).ledger.read() as tx:
        remade = remake(tx, told.filed, told.signers(getattr(told, side)))
    assert [step.what for step in remade.steps] == WHOLE
    assert all(step.good for step in remade.steps)
    assert b"first" in remade.parts[1].content
    assert "filed" in remade.steps[6].sentence


def test_what_was_refused_pooled_or_never_came_says_so():
    told = story()
    theirs = again(told.b, told.refused)
    assert not bad(theirs)
    assert "Our law did not admit it" in theirs["Content"].sentence
    assert "refused, cannot-assist" in again(told.a, told.refused)["Receipt"].sentence
    pooled = again(told.a, told.pooled)
    assert not bad(pooled)
    assert "waits in the pool" in pooled["Row to leaf"].sentence
    assert list(pooled) == ["Row to leaf", "Content", "Sealed bytes", "Receipt", "Our decision record"]
    with told.a.ledger.read() as tx:
        assert remake(tx, DispatchId(bytes(16)), told.signers(told.a)) is None


def test_a_dispatch_on_its_way_is_not_broken():
    a, b = make_pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    steps = again(a, done.id, signers=Signers.of(a.voice, a.peer))
    assert not bad(steps)
    assert "Not yet" in steps["Co-signed"].sentence
    b.take(a.speak(START), START)
    unopened = ("UPDATE got SET fact = 0, plain = NULL, receipt_idx = NULL", ()), ("DELETE FROM record", ())
    steps = again(b, done.id, *unopened, signers=Signers.of(b.voice, b.peer))
    assert not bad(steps)
    assert "not been opened" in steps["Content"].sentence
    assert "We have not receipted it yet" in steps["Receipt"].sentence
    owed = (*unopened, ("UPDATE got SET sealed = NULL", ()))
    steps = again(b, done.id, *owed, signers=Signers.of(b.voice, b.peer))
    assert not bad(steps)
    assert "the other side owes them" in steps["Sealed bytes"].sentence


def test_what_did_not_open_is_kept_apart():
    a, b = make_pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    b.office.sealing.clear()
    exchange(a, b, START)
    steps = again(b, done.id, signers=Signers.of(b.voice, b.peer))
    assert not bad(steps)
    assert "kept apart" in steps["Content"].sentence
    assert "quarantined, key-expired" in steps["Receipt"].sentence
    assert "Our decision record" not in steps


def test_bytes_sealed_anew_are_those_of_a_later_leaf():
    a, b = make_pair()
    exchange(a, b, START)
    (done,) = a.submit([form()], START)
    again_sealed = b"x" * 4096
    with a.ledger.begin() as book:
        book.append_own([encode_entry(ResealLeaf(done.index, sha256(again_sealed), 4096, 1))])
        book.tx.run("UPDATE sent SET sealed = ?, sealed_sha256 = ?", (again_sealed, sha256(again_sealed)))
    signers = Signers.of(a.voice, a.peer)
    assert not bad(again(a, done.id, signers=signers))
    assert bad(again(a, done.id, ("UPDATE sent SET sealed = x'00'", ()), signers=signers)) == {"Sealed bytes"}
    rubbish = ("UPDATE entry SET entry = x'80' WHERE role = 'ours' AND idx > ?", (done.index,))
    assert "Sealed bytes" in bad(again(a, done.id, rubbish, signers=signers))


def forged_text(node, table, dispatch):
    with node.ledger.read() as tx:
        parts = list(parts_of(tx.rows(f"SELECT plain FROM {table} WHERE id = ?", (dispatch,))[0][0]))
    parts[1] = Part(parts[1].salt, parts[1].content.replace(b"first", b"worst"))
    return parts_bytes(tuple(parts))


@pytest.mark.parametrize(("side", "table"), [("a", "sent"), ("b", "got")])
def test_an_altered_text_is_noticed_and_named(side, table):
    told = story()
    node = getattr(told, side)
    change = (f"UPDATE {table} SET plain = ? WHERE id = ?", (forged_text(node, table, told.filed), told.filed))
    steps = again(node, told.filed, change)
    assert bad(steps) == {"Content"}
    assert "was altered" in steps["Content"].sentence


FAULTS = [
    ("UPDATE got SET sealed = x'00' WHERE id = :id", {"Sealed bytes"}),
    ("UPDATE got SET sealed = NULL WHERE id = :id", {"Sealed bytes"}),
    ("UPDATE got SET sealed_sha256 = x'00' WHERE id = :id", {"Sealed bytes", "Receipt"}),
    ("UPDATE got SET plain = x'80' WHERE id = :id", {"Content"}),
    ("UPDATE got SET plain = NULL WHERE id = :id", {"Content"}),
    ("UPDATE got SET plain = 'text' WHERE id = :id", {"Content"}),
    ("UPDATE got SET lane = 3 WHERE id = :id", {"Row to leaf"}),
    ("UPDATE got SET idx = 'x' WHERE id = :id", {"Row to leaf", "Leaf in the tree", "Receipt"}),
    ("UPDATE got SET fact = 1 WHERE id = :id", {"Receipt"}),
    ("UPDATE got SET receipt_idx = 0 WHERE id = :id", {"Receipt"}),
    ("UPDATE got SET receipt_idx = 9999 WHERE id = :id", {"Receipt"}),
    ("UPDATE got SET receipt_idx = NULL WHERE id = :id", {"Receipt"}),
    ("DELETE FROM record WHERE dispatch = :id", {"Our decision record"}),
    ("UPDATE record SET record = x'80' WHERE dispatch = :id", {"Our decision record"}),
    ("UPDATE record SET idx = 999 WHERE dispatch = :id", {"Our decision record"}),
    ("UPDATE entry SET entry = x'80' WHERE role = 'theirs' AND idx = :idx", {"Row to leaf", "Leaf in the tree"}),
    ("DELETE FROM entry WHERE role = 'theirs' AND idx = :idx", {"Row to leaf", "Leaf in the tree"}),
    ("UPDATE entry SET entry = (SELECT entry FROM entry WHERE idx = 0) WHERE role = 'theirs' AND idx = :idx", {"Row to leaf", "Leaf in the tree"}),
    ("UPDATE tile SET hashes = x'00' WHERE role = 'theirs'", {"Leaf in the tree"}),
    ("DELETE FROM tile WHERE role = 'theirs'", {"Leaf in the tree"}),
    ("UPDATE head SET note = cosignature WHERE role = 'theirs' AND cosignature IS NOT NULL", {"Head signed", "Co-signed", "Leaf in the tree"}),
    ("UPDATE head SET cosignature = note WHERE role = 'theirs' AND cosignature IS NOT NULL", {"Co-signed"}),
    ("UPDATE head SET cosignature = (SELECT cosignature FROM head WHERE role = 'theirs' AND cosignature IS NOT NULL ORDER BY size LIMIT 1) WHERE role = 'theirs' AND cosignature IS NOT NULL", {"Co-signed"}),
    ("DELETE FROM head WHERE role = 'theirs'", {"Head signed", "Co-signed", "Leaf in the tree"}),
]  # fmt: skip


@pytest.mark.parametrize(("statement", "expected"), FAULTS)
def test_each_planted_fault_fails_the_step_that_is_there_for_it(statement, expected):
    told = story()
    with told.b.ledger.read() as tx:
        index = tx.rows("SELECT idx FROM got WHERE id = ?", (told.filed,))[0][0]
    steps = again(told.b, told.filed, named(statement, id=told.filed, idx=index))
    assert expected <= bad(steps), steps
    if "receipt_idx" not in statement:
        assert bad(steps) - expected <= {"Receipt: Leaf in the tree", "Our decision record"}


def named(statement, **values):
    """Replace `:name` by `?` in order."""
    words = statement.split(" ")
    arguments = tuple(values[word[1:]] for word in words if word.startswith(":"))
    return " ".join("?" if word.startswith(":") else word for word in words), arguments


def test_a_pooled_leaf_struck_from_the_pool_is_noticed():
    told = story()
    assert bad(again(told.a, told.pooled, ("DELETE FROM pool", ()))) == {"Row to leaf"}


def test_an_altered_sibling_tile_breaks_the_way_to_the_root():
    told = story()
    with told.b.ledger.read() as tx:
        index = tx.rows("SELECT idx FROM got WHERE id = ?", (told.filed,))[0][0]
        tile = tx.rows("SELECT hashes FROM tile WHERE role = 'theirs' AND level = 0")[0][0]
    at = (index ^ 1) * 32
    forged = tile[:at] + bytes(32) + tile[at + 32 :]
    steps = again(told.b, told.filed, ("UPDATE tile SET hashes = ? WHERE role = 'theirs' AND level = 0", (forged,)))
    assert bad(steps) == {"Leaf in the tree"}
