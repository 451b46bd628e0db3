"""Papers on a case in awkward moments: what is asked of law, what stands in them, and what does not."""

from __future__ import annotations

import json

import pytest

from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms
from comity.dispatch.acts import Done, NotDone
from comity.dispatch.book import LogRole
from comity.dispatch.entries import Fact, LinkEvent, LinkLeaf, ReceiptLeaf
from comity.dispatch.keylist import verify_keylist
from comity.dispatch.particulars import Particulars
from comity.node.bundle import find_source, receipt_places
from comity.node.casecustody import events_of
from comity.node.casepapers import CASE, Asked, accord_of, make_papers
from comity.node.disclosure import Made, Wanted, answers, let_out_all, made_before, note_made
from comity.node.lawkept import keep_edition
from comity.node.papers import Listed
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Act, Serves
from comity.policy.verdict import Effect
from tests.unit.dispatch.test_acts import Law, held
from tests.unit.node.forge import A, Forger, half, node, pair
from tests.unit.node.forge import accord_of as signed_accord
from tests.unit.node.test_attached import FILES, add
from tests.unit.node.world import OFFICER, START, exchange, form
from tests.unit.policy.test_policy_edition import MANIFEST

NOW = Ms(START + 3_600_000)
DAY = 24 * 3_600_000
LAW = {
    "edition.toml": MANIFEST.encode(),
    "law.cedar": b"""
@id("TT-1") @title("t") @article("Test Act s. 1") @from("2026-01-01") @to("open") @status("secondary") @source("s")
@sentence_en("It may.")
permit (principal, action in [Action::"clear", Action::"admit", Action::"court"], resource);
@id("TT-2") @title("t") @article("Test Act s. 2") @from("2026-01-01") @to("open") @status("text-read") @source("s")
@oblige("caveat:lead-only") @sentence_en("Say that it is a lead.")
permit (principal, action == Action::"oblige", resource) when { context.act == "court" };
""",
    "private/quiet.cedar": b"""
@id("TT-9") @title("t") @article("Orders s. 9") @from("2026-01-01") @to("open") @status("text-read") @source("s")
@oblige("caveat:no-onward") @sentence_en("Let nobody pass it on.")
permit (principal, action == Action::"oblige", resource) when { context.act == "court" };
""",
}


@pytest.fixture
def case():
    """Return a node, and the case of two dispatches that it got: one filed, one that waits for its file."""
    a, b = pair()
    add(a)
    exchange(a, b, START)
    (first,) = a.submit([form("filed")], START)
    (second,) = a.submit([form("waits", case=first.case, files=FILES)], Ms(START + 1_000))
    for second_ in (2, 3, 4):
        exchange(a, b, Ms(START + second_ * 1_000))
    return b, first, second


def wanted(case, act=Act.COURT):
    return Wanted(case, act, "District Court of Aurin", ("order 12/2026",))


def test_law_is_asked_for_what_is_held_alone_and_the_rest_is_told(case):
    b, first, second = case
    with b.ledger.read() as tx:
        told = answers(wanted(first.case), OFFICER, tx, b.office, NOW)
    said = {one.dispatch: (one.held, one.goes) for one in told}
    assert said == {first.id: (True, True), second.id: (False, False)}
    done = let_out_all(b.ledger, b.office, wanted(first.case), OFFICER, NOW)
    assert [one for one, _ in done] == [first.id]


def test_of_a_case_that_is_not_here_nothing_is_asked(case):
    b, *_ = case
    with b.ledger.read() as tx, pytest.raises(BadForm, match="no such case"):
        answers(wanted(CaseId(DispatchId(bytes(16)))), OFFICER, tx, b.office, NOW)


def test_papers_that_were_made_are_listed_under_their_own_case(case):
    b, first, _ = case
    manifest = Digest(b"\x07" * 32)
    other = CaseId(DispatchId(b"\x01" * 16))
    with b.ledger.begin() as book:
        for one, at in ((first.case, NOW), (other, Ms(NOW + 1)), (first.case, Ms(NOW + 2))):
            note_made(wanted(one), OFFICER, manifest, (), book, b.office, now=at)
    with b.ledger.read() as tx:
        assert made_before(first.case, tx) == tuple(
            Made(at, "plain/7", "court", "District Court of Aurin", manifest) for at in (Ms(NOW + 2), NOW)
        )


def test_an_act_that_was_refused_is_no_event_of_a_dispatch():
    law = Law()
    a, b, dispatch = held(law)
    exchange(a, b, Ms(START + 2_000))
    use = Particulars(Act.USE, dispatch, serves=Serves.LEAD)
    assert isinstance(b.act(use, OFFICER, NOW), Done)
    law.verdict = Law(Effect.REFUSE, ground="x", outward="cannot-assist").verdict
    assert isinstance(b.act(use, OFFICER, Ms(NOW + 1)), NotDone)
    with b.ledger.read() as tx:
        source = find_source(tx, dispatch)
        assert source is not None
        used = [one.at for one in events_of(tx, source, whole=True) if one.what == "use"]
        assert tx.rows("SELECT count(*) FROM act") == [(2,)]
    assert used == [NOW]


def test_papers_show_the_newest_head_of_the_decision_log_that_a_co_signed_head_covers():
    # spec: protocol.md 4 rule 6
    a, b = pair()
    exchange(a, b, START)
    (first,) = a.submit([form("first")], START)
    exchange(a, b, Ms(START + 1_000))

    def heads(name="decision-head/record"):
        with a.ledger.read() as tx:
            return make_papers(tx, a.office, Asked(first.case), {}, NOW).get(name)

    assert heads() is None
    a.close_day(OFFICER, Ms(START + 2_000))
    for second in (3, 4, 5):
        exchange(a, b, Ms(START + second * 1_000))
    covered = heads()
    assert covered is not None
    a.close_day(OFFICER, Ms(START + DAY))
    assert heads() == covered, "the newer one is under no head yet"
    for second in (3, 4, 5):
        exchange(a, b, Ms(START + DAY + second * 1_000))
    assert heads() not in {None, covered}


def test_papers_name_the_published_rules_that_let_a_dispatch_pass_and_no_private_one():
    edition = Edition.load(LAW)
    a, b = pair(gate=CedarGate(edition))
    with b.ledger.begin() as book:
        keep_edition(LAW, book.tx, START)
    exchange(a, b, START)
    (first,) = a.submit([form("filed")], START)
    for second in (1, 2, 3):
        exchange(a, b, Ms(START + second * 1_000))
    ((_, done),) = let_out_all(b.ledger, b.office, wanted(first.case), OFFICER, NOW)
    assert isinstance(done, Done)
    assert {one.rule for one in done.verdict.reasons} == {"TT-1", "TT-2", "TT-9"}
    with b.ledger.read() as tx:
        files = make_papers(tx, b.office, Asked(first.case, {first.id: done.id}), {}, NOW)
    (listed,) = json.loads(files[CASE])["dispatches"]
    may = {"rule": "TT-1", "article": "Test Act s. 1", "read": "secondary", "sentences": {"en": "It may."}}
    told = {
        "rule": "TT-2", "article": "Test Act s. 2", "read": "text-read", "sentences": {"en": "Say that it is a lead."}
    }  # fmt: skip
    law = listed["law"]
    assert law["crossing"]["reasons"] == [may]
    assert law["disclosure"]["reasons"] == [told, may]
    assert {one["edition"] for one in law.values()} == {edition.hash.hex()}
    assert "TT-9" not in files[CASE].decode()


def test_a_receipt_that_only_bears_the_number_of_another_dispatch_is_none_of_its_receipts():
    """The hash of a decision is the peer's own: it may be made of anything."""
    a, _ = pair()
    forger = Forger(a)
    a.take(forger.say(), START)
    a.speak(START)
    one, two = a.submit([form("one"), form("two")], START)
    a.speak(START)

    def receipt(of, decision=None):
        with a.ledger.begin() as book:
            sealed = book.entry(LogRole.OURS, of.index).sealed
        return ReceiptLeaf(LeafIndex(of.index), of.id, sealed, Fact.FILED, None, None, decision)

    first = forger.grow(receipt(one, Digest(two.id + bytes(16))), receipt(two), LinkLeaf(LinkEvent.RECOVERED, None))
    a.take(forger.say(), START)
    with a.ledger.read() as tx:
        found = [(place, leaf.id) for place, leaf in receipt_places(tx, LogRole.THEIRS, {two.id: two.index})]
    assert found == [(first + 1, two.id)]


def test_the_accord_in_force_is_named_with_the_hash_of_its_signed_bytes():
    a = node()
    with a.ledger.read() as tx:
        assert accord_of(tx) == ("test", 1, sha256(signed_accord(())).hex())


def test_a_list_without_a_leaf_has_no_turn_yet():
    listed = verify_keylist(half(A).keys, half(A).root.public())
    assert Listed(None, sha256(half(A).keys), listed).turn == 0
    assert Listed(LeafIndex(40), sha256(half(A).keys), listed).turn == 41
