"""Old decisions made again: the same question to the edition of the day gives the same bytes; every planted fault is named."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base import cbor
from comity.base.ids import Digest, DispatchId, Ms
from comity.dispatch import records
from comity.dispatch.acts import Done
from comity.dispatch.decision import encode_verdict, read_record
from comity.dispatch.particulars import Particulars
from comity.edge.setup import edition_files
from comity.node.lawkept import keep_edition, kept_edition, kept_editions, published_rules
from comity.node.replay import DIFFERS, NO_QUESTION, OLDER, SAME, record_count, replay
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.question import Act, Serves
from tests.unit.node.forge import START, pair, rows
from tests.unit.node.world import OFFICER, exchange, form
from tests.unit.policy.policy_laws import LAWS

FILES = edition_files(LAWS, "ostrel-vanmere")
LATER = {**FILES, "edition.toml": FILES["edition.toml"].replace(b"one law for both", b"one law for both, again")}
EDITION = Edition.load(FILES)
DAY = 86_400_000


@pytest.fixture
def b():
    """A node that sent, got, was refused and acted under a real law, whose edition it keeps."""
    a, b = pair(gate=CedarGate(EDITION))
    with b.ledger.begin() as book:
        assert keep_edition(FILES, book.tx, START) == EDITION.hash
    exchange(a, b, START)
    (one,) = a.submit([form("paper 88", purpose="border-document")], START)
    b.submit([form("of ours", purpose="border-document"), form("no", purpose="fraud", conduct="x")], START)
    exchange(a, b, Ms(START + 1))
    acts = (Particulars(Act.USE, one.id, serves=Serves.LEAD), Particulars(Act.ACCESS, one.id))
    done = [b.act(act, OFFICER, Ms(START + 2)) for act in acts]
    assert [isinstance(act, Done) for act in done] == [True, False]
    return b


def outcomes(node):
    with node.ledger.read() as tx:
        found = list(replay(tx))
        assert record_count(tx) == len(found)
    return [one.outcome for one in found]


def faults(node):
    with node.ledger.read() as tx:
        return [(one.index, one.kind, one.why) for one in replay(tx) if one.outcome == DIFFERS]


def test_every_decision_is_made_again_bit_by_bit(b):
    kinds = [kind for (kind,) in rows(b, "SELECT kind FROM record ORDER BY idx")]
    assert kinds == ["sent", "refused", "received", "act", "act-refused"]
    assert outcomes(b) == [SAME] * 5


def changed(node, index, **changes):
    """Rewrite one record; with `log` also its leaf, as an operator's own hand could."""
    ((record,),) = rows(node, "SELECT record FROM record WHERE idx = ?", (index,))
    value = cbor.decode(record)
    for place, item in changes.get("items", {}).items():
        value[place] = item
    with node.ledger.begin() as book:
        book.tx.run("UPDATE record SET record = ? WHERE idx = ?", (cbor.encode(value), index))


def test_an_altered_record_is_named(b):
    changed(b, 2, items={5: START + 5})
    assert faults(b) == [(2, "received", "the record is not the one that the decision log commits to")]


def test_a_record_that_is_gone_or_was_slipped_in_is_named(b):
    with b.ledger.begin() as book:
        book.tx.run("DELETE FROM record WHERE idx = 1")
        book.tx.run("INSERT INTO record (idx, kind, salt, record, at) VALUES (77, 'sent', x'00', x'00', 0)")
    assert faults(b) == [
        (1, "(missing)", "the record is missing; the decision log has its entry"),
        (77, "sent", "the decision log has no entry for this record"),
    ]


def test_a_record_that_is_no_record_any_more_is_named(b):
    with b.ledger.begin() as book:
        book.tx.run("UPDATE record SET record = x'ff' WHERE idx = 0")
        book.tx.run("UPDATE entry SET entry = x'ff' WHERE role = 'decision' AND idx = 1")
    assert [index for index, _, _ in faults(b)] == [0, 1]


def test_a_lost_edition_is_named_for_each_decision_that_it_made(b):
    with b.ledger.begin() as book:
        book.tx.run("DELETE FROM law_edition")
    assert [index for index, _, _ in faults(b)] == [0, 1, 2, 3, 4]
    assert EDITION.hash.hex() in faults(b)[0][2]


@pytest.mark.parametrize("column", ["published", "supplement"])
def test_an_edition_whose_bytes_were_altered_is_lost(b, column):
    with b.ledger.begin() as book:
        book.tx.run(f"UPDATE law_edition SET {column} = x'a0ff'")
    assert len(faults(b)) == 5
    with b.ledger.begin() as book:
        book.tx.run("UPDATE law_edition SET published = ?", (cbor.encode(dict(LATER)),))
    assert len(faults(b)) == 5, "another edition under its hash"


def test_a_record_that_says_another_answer_than_the_law_gives_is_named(b):
    """The log commits to it, so whoever wrote it did so on the day: only the law made again tells."""
    ((record,),) = rows(b, "SELECT record FROM record WHERE idx = 1")
    decided = read_record(record)
    value = cbor.decode(record)
    value[3] = encode_verdict(replace(decided.verdict, outward="not-held-or-not-confirmed"))
    with b.ledger.begin() as book:
        records.keep(book, "refused", DispatchId(bytes(16)), bytes(32), cbor.encode(value), now=START)
    ((index, kind, why),) = faults(b)
    assert (index, kind) == (5, "refused")
    assert why.startswith("the answer was refuse by OV-DEFAULT; it is refuse by")


def test_what_was_asked_of_no_law_or_kept_before_questions_were_is_counted_apart(b):
    ((record,),) = rows(b, "SELECT record FROM record WHERE idx = 1")
    decided = read_record(record)
    old = cbor.encode(["comity/record/1", "received", bytes(16), decided.written, START])
    accord = replace(decided.verdict, edition=Digest(bytes(32)))
    recalled = cbor.encode(["comity/record/2", "received", bytes(16), encode_verdict(accord), None, START, {}])
    with b.ledger.begin() as book:
        for kind, made in (("received", old), ("received", recalled), ("approval", cbor.encode(["other", 1]))):
            records.keep(book, kind, None, bytes(32), made, now=START)
    assert outcomes(b)[5:] == [OLDER, NO_QUESTION, NO_QUESTION]


def test_a_node_whose_law_changes_keeps_both_editions(b):
    with b.ledger.begin() as book:
        keep_edition(LATER, book.tx, Ms(START + DAY))
        keep_edition(FILES, book.tx, Ms(START + 2 * DAY))
    with b.ledger.read() as tx:
        assert [kept.since for kept in kept_editions(tx)] == [START, START + DAY]
        assert kept_edition(Edition.load(LATER).hash, tx) == Edition.load(LATER)
        assert kept_edition(Digest(bytes(32)), tx) is None
    b.office = replace(b.office, gate=CedarGate(Edition.load(LATER)))
    b.submit([form("of ours", purpose="border-document")], Ms(START + DAY))
    assert outcomes(b) == [SAME] * 6


def test_only_rules_of_the_published_part_of_a_kept_edition_are_named_and_none_of_one_that_was_altered(b):
    with b.ledger.read() as tx:
        found = published_rules(EDITION.hash, tx)
        assert found
        assert all(any(f'@id("{rule}")'.encode() in data for data in FILES.values()) for rule in found)
        assert published_rules(Digest(bytes(32)), tx) == frozenset()
    with b.ledger.begin() as book:
        book.tx.run("UPDATE law_edition SET supplement = x'00'")
        assert published_rules(EDITION.hash, book.tx) == frozenset()
