"""What an insider may try, and what a court may ask. Rows 25, 28, 29, 30, and the parts of 26 and 27 in the core.

Each test is named after the harm that does not happen. The table of all rows is ROWS.md beside this file.
"""

from __future__ import annotations

from dataclasses import fields, replace

import pytest

from comity.base import cbor
from comity.base.errors import BadSignature
from comity.base.ids import Digest, Ms
from comity.dispatch import wire
from comity.dispatch.book import LogRole
from comity.dispatch.decision import encode_verdict, verdict_in
from comity.dispatch.entries import RecordLeaf, decision_hash, record_commit
from comity.dispatch.keylist import verify_keylist
from comity.dispatch.partsrow import parts_of
from comity.dispatch.states import Committed, Withheld
from comity.node.assemble import cosigner_verifier, log_verifier
from comity.node.audit import audit
from comity.node.proofs import Signers, entry_proof
from comity.policy.question import Question
from comity.policy.verdict import Effect
from comity.tlog.proof import parse_proof, verify_proof
from tests.unit.node.forge import START, A, B, entries, half, node, pair, rows
from tests.unit.node.world import Everyone, exchange, form
from tests.unit.policy.policy_laws import BASE, DAY, assessed, gate

LISTS = {name: verify_keylist(half(name).keys, half(name).root.public()) for name in (A, B)}


# --- row 25 ------------------------------------------------------------------------------------------------------

EMPTY: dict[type, object] = {str: "", frozenset: frozenset(), tuple: (), bool: False}
RICH = replace(
    BASE,
    categories=frozenset({"person"}),
    asks=frozenset({"person"}),
    asserts=True,
    evaluated=True,
    conduct="fraud",
    assessments=(assessed("disclose"), assessed("request")),
    approvals=frozenset({"head", "privacy", "minister"}),
    records=frozenset({"subscriber-record"}),
)
ASKED = [
    RICH,
    replace(RICH, assessments=()),
    replace(RICH, own_power=False),
    replace(RICH, third_state=True),
    replace(RICH, evaluated=False),
    replace(RICH, conduct=""),
    replace(RICH, categories=frozenset({"minor"})),
    replace(RICH, known_for=frozenset({"opinion"})),
]
GRANTS = {"basis", "approvals", "assessments", "evaluated", "own_power", "conduct", "agency", "peer_agencies", "purpose", "handling"}  # fmt: skip
"""What a sender must show. What tells of a danger instead (categories, a third state) is no grant: the desk reads it
from the body and the scan adds to it, so it cannot be left out of a question. Nor can desk and kind: the accord opens
them by name."""


@pytest.mark.parametrize("law", ["ca", "in"])
@pytest.mark.parametrize("field", sorted(GRANTS))
def test_nothing_is_newly_allowed_by_leaving_something_out(law, field):
    assert field in {f.name for f in fields(Question)}
    for question in ASKED:
        if gate(law).decide(question, DAY).permits:
            continue
        less = replace(question, **{field: EMPTY[type(getattr(question, field))]})
        assert not gate(law).decide(less, DAY).permits, (field, question)


@pytest.mark.parametrize("law", ["ca", "in"])
def test_where_no_rule_permits_nothing_goes(law):
    """The test above is about less than was refused before; this one is about what nothing stands against."""
    asked = replace(BASE, purpose="of no rule", basis=frozenset())
    verdict = gate(law).decide(asked, DAY)
    assert not verdict.permits
    assert [reason.rule.rsplit("-", 1)[1] for reason in verdict.reasons] == ["DEFAULT"]


class Nobody(Everyone):
    def standing(self, tx, desk, number, now):
        return None


def test_an_officer_without_standing_releases_nothing():
    a, b = pair()
    a.office = replace(a.office, powers=Nobody())
    (done,) = a.submit([form()], START)
    assert isinstance(done, Withheld)
    exchange(a, b, START)
    assert not rows(b, "SELECT 1 FROM got")
    assert rows(a, "SELECT state FROM kept") == [("held",)]
    assert [type(e) for e in entries(a, LogRole.DECISION)] == [RecordLeaf], "and the attempt is on record"


# --- row 26, in part ---------------------------------------------------------------------------------------------


def test_the_law_that_decided_cannot_be_changed_afterwards():
    a = node()
    (done,) = a.submit([form()], START)
    ((salt, record),) = rows(a, "SELECT salt, record FROM record")
    leaf = entries(a)[done.index]
    assert leaf.decision == decision_hash(salt, record)
    other = cbor.decode(record)
    other[3] = encode_verdict(replace(verdict_in(record), edition=Digest(bytes([1]) * 32)))
    assert leaf.decision != decision_hash(salt, cbor.encode(other))


# --- row 28 ------------------------------------------------------------------------------------------------------


def told():
    a, b = pair()
    exchange(a, b, START)
    for n in range(3):
        a.submit([form(f"question {n}")], Ms(START + 5000 * n))
        exchange(a, b, Ms(START + 5000 * n + 1))
        b.submit([form(f"answer {n}")], Ms(START + 5000 * n + 2))
        exchange(b, a, Ms(START + 5000 * n + 3))
    exchange(a, b, Ms(START + 20_000))
    return a


EDITS = (
    "UPDATE entry SET entry = (SELECT entry FROM entry WHERE role = 'ours' AND idx = 3) WHERE role = 'ours' AND idx = 4",
    "UPDATE entry SET entry = x'00' WHERE role = 'theirs' AND idx = 4",
    "UPDATE entry SET entry = x'00' WHERE role = 'decision' AND idx = 1",
    "DELETE FROM entry WHERE role = 'ours' AND idx = (SELECT max(idx) FROM entry WHERE role = 'ours')",
    "UPDATE tile SET hashes = zeroblob(length(hashes)) WHERE role = 'ours'",
    "DELETE FROM tile WHERE role = 'theirs'",
    "UPDATE head SET root = zeroblob(32) WHERE role = 'ours'",
    "UPDATE log SET size = size - 1 WHERE role = 'ours'",
    "UPDATE log SET head_root = zeroblob(32) WHERE role = 'theirs'",
    "UPDATE sent SET sealed = zeroblob(4096) WHERE idx = (SELECT min(idx) FROM sent)",
    "UPDATE sent SET fact = 4 WHERE idx = (SELECT min(idx) FROM sent)",
    "DELETE FROM sent WHERE idx = (SELECT min(idx) FROM sent)",
    "UPDATE got SET plain = (SELECT plain FROM got ORDER BY idx DESC LIMIT 1) WHERE idx = (SELECT min(idx) FROM got)",
    "UPDATE got SET sealed_sha256 = zeroblob(32) WHERE idx = (SELECT min(idx) FROM got)",
    "DELETE FROM got WHERE idx = (SELECT min(idx) FROM got)",
    "UPDATE record SET record = x'80' WHERE idx = 1",
    "DELETE FROM record WHERE idx = 1",
    "UPDATE instrument SET signed = x'80' WHERE kind = 'accord'",
)


@pytest.mark.parametrize("edit", EDITS)
def test_an_edited_row_is_found(edit):
    a = told()
    signers = Signers.of(a.voice, a.peer)
    with a.ledger.read() as tx:
        assert audit(tx, signers).good
    with a.store.begin() as tx:
        assert tx.run(edit) > 0
    with a.ledger.read() as tx:
        assert not audit(tx, signers).good


# --- row 29 ------------------------------------------------------------------------------------------------------


def test_a_leaf_is_not_guessed_with_a_list_of_every_number():
    """Whoever has the log, and knows all of the content but four digits, learns nothing without the salt."""
    a = node()
    (done,) = a.submit([form("number 4711")], START)
    leaf = entries(a)[done.index]
    ((plain,),) = rows(a, "SELECT plain FROM sent")
    parts = parts_of(plain)
    guesses = [cbor.encode({"text": f"number {n:04}"}) for n in range(10_000)]
    assert parts[1].content in guesses

    def commits(salt: bytes) -> set[bytes]:
        rest = [wire.part_digest(n, part) for n, part in enumerate(parts)]
        digests = (wire.part_digest(1, wire.Part(salt, guess)) for guess in guesses)
        return {wire.commit_of_digests([rest[0], one, *rest[2:]]) for one in digests}

    assert leaf.commit in commits(parts[1].salt), "with the salt the content is proved"
    assert leaf.commit not in commits(bytes(32))
    assert leaf.commit not in commits(parts[0].salt), "each part has its own"


def test_two_dispatches_with_one_content_are_not_linked_by_their_leaves():
    a = node()
    first, second = a.submit([form("the same"), form("the same")], START)
    one, two = entries(a)[first.index], entries(a)[second.index]
    assert not {one.commit, one.sealed, one.decision} & {two.commit, two.sealed, two.decision}


# --- row 30, in part: the bundle is in tests/unit/node/test_bundle.py ----------------------------------------------


def test_what_was_decided_that_day_is_read_again_bit_for_bit():
    a, b = pair()
    exchange(a, b, START)
    a.submit([form(), form(purpose="workplan")], START)
    exchange(a, b, Ms(START + 1000))
    for of in (a, b):
        for index, salt, record in rows(of, "SELECT idx, salt, record FROM record"):
            verdict = verdict_in(record)
            assert encode_verdict(verdict) == cbor.decode(record)[3]
            assert verdict.reasons[0].article == "Test Act s. 1"
            assert entries(of, LogRole.DECISION)[index].commit == record_commit(salt, record)
    told = [verdict_in(record).effect for (record,) in rows(b, "SELECT record FROM record ORDER BY idx")]
    assert told == [Effect.PERMIT, Effect.REFUSE]


def test_custody_is_proved_offline_with_two_key_lists():
    a = told()
    (index,) = rows(a, "SELECT min(idx) FROM sent")[0]
    with a.ledger.read() as tx:
        made = entry_proof(tx, LogRole.OURS, index)
    keys = (f"{A}/log/1", [log_verifier(LISTS[A])], cosigner_verifier(LISTS[B]))
    proof = parse_proof(made.text())
    assert verify_proof(proof, made.entry, *keys).cosigned.time > 0
    alone = "".join(line for line in proof.note.splitlines(keepends=True) if f"{B}/mirror/1" not in line)
    assert alone != proof.note
    for other in (
        replace(proof, note=alone),
        replace(proof, note=proof.note.replace(f"{B}/mirror/1", f"{A}/mirror/1")),
    ):
        with pytest.raises(BadSignature):
            verify_proof(other, made.entry, *keys)
    assert isinstance(a.submit([form()], START)[0], Committed)


def test_when_the_content_is_gone_the_log_still_verifies():
    """Destroying salt, parts and sealed bytes leaves a leaf that proves nothing of the content any more."""
    a = told()
    before = a.speak(Ms(START + 30_000))
    with a.store.begin() as tx:
        tx.run("UPDATE sent SET plain = x'', sealed = x'' WHERE idx = (SELECT min(idx) FROM sent)")
    with a.ledger.read() as tx:
        found = audit(tx, Signers.of(a.voice, a.peer)).differences
        assert {one.table for one in found} == {"sent"}, "the rows differ, the log does not"
        assert entry_proof(tx, LogRole.OURS, 4) is not None
    assert before
