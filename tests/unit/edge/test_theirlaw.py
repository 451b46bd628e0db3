"""What is shown as the other side's law is read from our copy of what it published; what that does not permit is not shown."""

from __future__ import annotations

import shutil

import pytest

from comity.base import cbor
from comity.base.hashing import sha256
from comity.base.ids import DispatchId, Ms
from comity.crypto.keys import RootKeys
from comity.edge.opening import open_node
from comity.edge.setup import LAW_FILE, LAW_KEY, keep_peer_law, sign_edition
from comity.edge.showing import make_board
from comity.edge.theirlaw import TheirLaw
from tests.unit.edge.driven import MINUTE
from tests.unit.edge.twofolders import (
    ANSWERS,
    ASKS,
    MADE,
    PARTIES,
    ROOT,
    Form,
    Urgency,
    copy_of,
    paired,
    question,
    read_config,
)
from tests.unit.node.world import Seeded, exchange

NOW = Ms(MADE + MINUTE)


def published(tmp_path, base, name, change=lambda law: law, private=""):
    """Give `name` a copy of the other's law as it was published: perhaps another one than it decides by."""
    laws = shutil.copytree(ROOT / "laws", tmp_path / f"laws-{name}", dirs_exist_ok=True)
    law = laws / "ostrel-vanmere" / "law.cedar"
    changed = change(law.read_text())
    law.write_text(changed)
    if private:
        (law.parent / "private").mkdir(exist_ok=True)
        (law.parent / "private" / "quiet.cedar").write_text(private)
    folder = tmp_path / f"published-{name}"
    sign_edition(folder, laws, "ostrel-vanmere", RootKeys.generate(Seeded("law of the other")))
    keep_peer_law(base / name, (folder / LAW_FILE).read_bytes(), (folder / LAW_KEY).read_bytes())


@pytest.fixture
def stage(tmp_path):
    """Make both nodes with copies of each other's law, let a question and its answer cross, and return all of it."""
    opened = []

    def build(*, change=lambda law: law, copies=tuple(PARTIES), private=""):
        base = copy_of(paired(), tmp_path)
        for name in copies:
            published(tmp_path, base, name, change, private)
        opened.extend(open_node(read_config(base / name), MADE) for name in PARTIES)
        near, far = opened
        (asked,) = near.node.submit([(question(), ASKS)], NOW)
        exchange(near.node, far.node, NOW)
        (answered,) = far.node.submit([(answer(asked), ANSWERS)], NOW)
        for second in (1_000, 2_000):
            exchange(far.node, near.node, Ms(NOW + second))
            exchange(near.node, far.node, Ms(NOW + second + 500))
        return near, far, asked, answered

    yield build
    for one in opened:
        one.store.close()


def answer(asked):
    body = {"state": "final", "text": "Yes. The seal is ours.", "records": ["registration"]}
    return Form(
        desk="requests", kind="answer", agency="seal-house", role="desk-officer", recipients=("paper-office",),
        purpose="border-document", urgency=Urgency.IMMEDIATE, workplan_item="F-1", workplan_reason="", body=body, case=asked.case,
        re=(asked.id,), evaluation="A1", in_answer_to=(frozenset({"document"}), frozenset({"registration"})),
    )  # fmt: skip


def lines(one, dispatch):
    return make_board(one).dispatch(dispatch.id, Ms(NOW + MINUTE)).verdicts


def other_words(law):
    return law.replace('@article("Law of the accord, 2")', '@article("As published, 2")')


def test_what_crossed_is_shown_with_the_articles_of_our_copy(stage):
    near, far, asked, answered = stage(change=other_words)
    for one, whose in ((near, "XV"), (far, "XO")):
        for dispatch in (asked, answered):
            ours, theirs = lines(one, dispatch)
            assert (theirs.party, theirs.articles, theirs.known, theirs.exercise) == (
                whose,
                ("As published, 2",),
                True,
                True,
            )
            assert theirs.ground is None
            assert ours.articles == ("Law of the accord, 2",)
    assert [one.act for one in lines(near, asked)] == ["clear", "admit"]
    assert [one.act for one in lines(far, asked)] == ["admit", "clear"]


def test_what_our_copy_does_not_permit_is_not_shown(stage):
    near, _, asked, answered = stage(change=lambda law: law.replace('"border-document"', '"border-papers"'))
    for dispatch in (asked, answered):
        theirs = lines(near, dispatch)[1]
        assert (theirs.articles, theirs.known, theirs.effect) == ((), False, "permit")
        assert "its reasons stay with them" in theirs.sentence


QUIET = """
@id("OV-2/quiet") @title("Quiet") @article("Quiet, 1") @from("2026-01-01") @to("open") @status("accord") @source("accord")
@effect("refuse") @ground("unclear") @sentence_en("Quiet.") @sentence_osv("Silent.")
forbid (principal, action in [Action::"clear", Action::"admit"], resource);
"""


def test_their_private_part_is_known_by_its_digest_and_not_read(stage):
    near, _, asked, answered = stage(private=QUIET)
    files = {"private/quiet.cedar": QUIET.encode()}
    digest = sha256(cbor.encode(files)).hex()
    assert near.peer_edition.private_digest.hex() == digest
    assert not near.peer_edition.whole
    assert not [rule for rule in near.peer_edition.rules if rule.private]
    for dispatch in (asked, answered):
        ours, theirs = lines(near, dispatch)
        assert theirs.known
        assert theirs.sentence.endswith(f"may only restrict (SHA-256 {digest[:16]}).")
        assert "Quiet" not in theirs.sentence
        assert "private part" not in ours.sentence


def test_without_a_copy_nothing_is_said_of_their_reasons(stage):
    near, _, asked, _ = stage(copies=())
    assert near.peer_edition is None
    assert lines(near, asked)[1].articles == ()


def test_the_act_asked_about_is_theirs_and_so_are_the_agencies(stage):
    near, _, asked, answered = stage()
    asked_questions = []

    class Listens:
        def decide(self, put, now):
            asked_questions.append((put.act, put.agency, put.peer_agencies, put.answers, now))
            return near.gate.decide(put, now)

    law = TheirLaw(near.peer_edition, near.node.office.desks)
    law._decide = Listens().decide
    with near.node.ledger.read() as tx:
        assert law.reading(tx, asked.id, ours=True).permits
        assert law.reading(tx, answered.id, ours=False).permits
        assert law.reading(tx, DispatchId(bytes(16)), ours=True) is None
        assert law.reading(tx, asked.id, ours=False) is None
    assert asked_questions == [
        ("admit", "seal-house", ("paper-office",), "", NOW),
        ("clear", "seal-house", ("paper-office",), "rfi", NOW),
    ]
