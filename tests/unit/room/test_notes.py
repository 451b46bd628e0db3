"""Notes: written and read by named persons only, judged by both laws, counted by nobody on the wire."""

from __future__ import annotations

import pytest

from comity.base import cbor
from comity.base.errors import BadForm, BadSeal
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import SealingKey, cose_key, key_id
from comity.crypto.seal import unseal_any
from comity.crypto.sign import sign_instrument
from comity.dispatch.entries import Fact
from comity.dispatch.states import Withheld
from comity.dispatch.wire import seal_aad
from comity.policy.verdict import Effect, Reason, Verdict
from comity.room.charter import room_origin
from comity.room.reading import receipts
from comity.room.slot import Found, opening_aad, slot_size
from comity.room.writing import APPROVAL, approve, write_note, write_receipt
from tests.unit.node.world import START, A, B
from tests.unit.room.world import (
    SECRET,
    box_of,
    chamber,
    form,
    make_world,
    named,
    notes,
    read_as,
    say,
    side_of,
    slot,
    store_of,
    turn,
)  # fmt: skip


def test_a_note_is_read_by_the_named_persons_of_both_sides_with_its_author():
    world = make_world()
    one, two = world.pair()
    said = say(world, one, "a1")
    turn(world, one, two)
    for who, keeper, ours in (("b1", two, False), ("b2", two, False), ("a2", one, True)):
        (found,) = notes(read_as(world, who, keeper))
        assert found.ours is ours
        assert (found.note.header.id, found.note.facts.texts) == (said.id, (SECRET,))
        assert cbor.decode(found.note.body) == {"text": SECRET}
        assert found.note.author.number == 11
        assert (found.note.verdict is None) is ours


def test_the_database_and_all_keys_of_one_side_do_not_open_a_note(tmp_path):
    world = make_world()
    one, two = world.pair()
    two = world.keeper(world.b, store_of(str(tmp_path / "room.db")))
    slot(one, two, world.now)
    said = say(world, one, "a1")
    answer = say(world, two, "b1", "Nobody else may read this answer.")
    (tmp_path / "node.keys").write_bytes(
        world.b.log.to_private_bytes() + world.b.cosigner.to_private_bytes() + world.b.sealing.to_private_bytes()
        + world.b.root.to_private_bytes()
    )  # fmt: skip
    turn(world, one, two)
    assert (tmp_path / "room.db-wal").stat().st_size > 0
    folder = b"".join(path.read_bytes() for path in sorted(tmp_path.iterdir()))
    for words in (SECRET, "Nobody else may read", "pianist"):
        assert words.encode() not in folder
    keys = (tmp_path / "node.keys").read_bytes()
    seeds = [keys[at : at + 32] for at in range(0, len(keys), 32)]
    tried = [SealingKey.from_private_bytes(seed) for seed in seeds]
    with two.ledger.read() as tx:
        places = tx.rows("SELECT opening, behind FROM room_place")
    assert len(places) == 3
    aads = [opening_aad(room_origin(node, 1), world.charter) for node in (A, B)]
    aads += [seal_aad(A, B, said.id, world.charter.accord), seal_aad(B, A, answer.id, world.charter.accord)]
    for key in tried:
        for sealed in (part for place in places for part in place):
            for kid in (key_id(cose_key(key.public())), *world.charter.kids):
                for aad in aads:
                    with pytest.raises(BadSeal):
                        unseal_any(sealed, keys={kid: key}, aad=aad)
    # With the persons' own keys both are there: the test tries what could have opened.
    read = notes(read_as(world, "b2", two))
    assert {one.note.header.id for one in read} == {said.id, answer.id}


def test_an_idle_hour_looks_like_a_busy_one_on_the_wire():
    def hour(busy: bool):
        world = make_world()
        one, two = world.pair()
        seen = []
        for n in range(6):
            if busy:
                say(world, one, "a1", f"note {n} " * (1 + 20 * n))
                say(world, two, "b1", "x")
            if busy and n:
                read = read_as(world, "b2", two)
                first = next(found for found in notes(read) if not found.ours)
                two.hand_in(
                    write_receipt(
                        (first.index, first.note.leaf),
                        (Fact.SEEN, None),
                        chamber(world, "b2"),
                        Ms(world.now),
                        decided=Digest(sha256(b"x")),
                    ),
                    Ms(world.now),
                )
            seen.append(turn(world, one, two))
        return seen, two.waiting()

    idle, busy = hour(busy=False), hour(busy=True)
    assert idle[0] == busy[0]
    assert len(idle[0]) == 6
    assert busy[1] > 0  # what did not fit into the rate waits, and does not show


def test_every_place_has_one_size_whether_note_cover_or_receipt():
    world = make_world()
    one, two = world.pair()
    size = slot_size(world.charter, 1)
    assert say(world, one, "a1").slot.size == size
    assert say(world, one, "a1", "a" * 1500).slot.size == size
    turn(world, one, two)
    (found,) = notes(read_as(world, "b1", two))
    receipt = write_receipt(
        (found.index, found.note.leaf),
        (Fact.SEEN, None),
        chamber(world, "b1"),
        Ms(world.now),
        decided=Digest(bytes(32)),
    )
    assert receipt.size == size


def test_a_short_note_fills_the_size_of_its_room():
    """In a room of larger places a note that would fit a smaller one takes as much."""
    world = make_world()
    world.next_edition(bucket=65_536)
    written, _ = write_note(form("short"), chamber(world, "a1"), Ms(START))
    assert written.slot.size == slot_size(world.charter, 1)
    assert len(written.slot.behind) == 65_536


def test_a_note_that_is_too_long_for_the_room_is_a_clear_error():
    with pytest.raises(BadForm, match="too large"):
        write_note(form("long " * 4000), chamber(make_world(), "a1"), Ms(START))


def test_a_receipt_of_a_named_person_comes_back_and_counts_for_that_note_only():
    world = make_world()
    one, two = world.pair()
    said, other = say(world, one, "a1"), say(world, one, "a1", "another")
    turn(world, one, two)
    (found,) = notes(read_as(world, "b2", two))
    me = chamber(world, "b2")
    two.hand_in(
        write_receipt((found.index, found.note.leaf), (Fact.SEEN, None), me, Ms(world.now), decided=Digest(bytes(32))),
        Ms(world.now),
    )
    turn(world, one, two)
    got = receipts(read_as(world, "a1", one))
    assert [(leaf.fact, leaf.recipient) for leaf in got[said.id]] == [(Fact.SEEN, 1)]
    assert other.id not in got


class Asks:
    """A law that asks for one approval before anything leaves, and admits nothing of a kind."""

    def __init__(self, refuses: str = "") -> None:
        self.refuses = refuses

    def decide(self, question, now):
        reason = Reason("T-9", Effect.REFER, "Test Act s. 9", "text-read", "A named authority first.", (("en", "x"),))
        if question.act == "admit" and question.kind == self.refuses:
            return Verdict(
                Effect.REFUSE,
                (reason,),
                (),
                "political-or-discriminatory",
                "cannot-assist",
                None,
                (),
                Digest(bytes(32)),
            )
        if question.act == "clear" and "release-authority" not in question.approvals:
            return Verdict(
                Effect.REFER, (reason,), (), "national-security", "cannot-assist", "release-authority",
                ("approval:release-authority",), Digest(bytes(32)),
            )  # fmt: skip
        return Verdict(Effect.PERMIT, (reason,), (), None, None, None, (), Digest(bytes(32)))


def test_our_law_holds_a_note_until_another_named_person_approves_that_very_text():
    world = make_world()
    author, authority = chamber(world, "a1", Asks()), chamber(world, "a2", Asks())
    held, begun = write_note(form(), author, Ms(START))
    assert isinstance(held, Withheld)
    assert held.missing == ("approval:release-authority",)
    assert held.verdict.reasons[0].rule == "T-9"
    signed, _ = approve(form(), authority, Ms(START + 5), role="release-authority", begun=begun)
    for wrong in (form("another text"),):
        still, _ = write_note(wrong, author, Ms(START + 9), begun=begun, approvals=(signed,))
        assert isinstance(still, Withheld)
    written, _ = write_note(form(), author, Ms(START + 9), begun=begun, approvals=(signed,))
    assert not isinstance(written, Withheld)
    assert written.id == begun.id


def test_nobody_approves_their_own_note_nor_in_a_role_they_do_not_have():
    world = make_world()
    authority = chamber(world, "a2", Asks())
    _, begun = write_note(form(), authority, Ms(START))
    signed, _ = approve(form(), authority, Ms(START), role="release-authority", begun=begun)
    again, _ = write_note(form(), authority, Ms(START), begun=begun, approvals=(signed,))
    assert isinstance(again, Withheld)
    with pytest.raises(BadForm, match="does not name you as"):
        approve(form(), chamber(world, "a1", Asks()), Ms(START), role="release-authority", begun=begun)
    theirs, _ = approve(
        form(to="north", agency="south"), chamber(world, "b2", Asks()), Ms(START), role="release-authority", begun=begun
    )
    with pytest.raises(BadForm, match="no named person of this side"):
        write_note(form(), chamber(world, "a1", Asks()), Ms(START), begun=begun, approvals=(theirs,))


def test_where_the_law_asks_for_no_approval_there_is_nothing_to_approve():
    world = make_world()
    _, begun = write_note(form(), chamber(world, "a1"), Ms(START))
    with pytest.raises(BadForm, match="waits for no approval"):
        approve(form(), chamber(world, "a2"), Ms(START), role="release-authority", begun=begun)


@pytest.mark.parametrize("said", [("other-role", 12), ("release-authority", 11), ("release-authority", 12, 1)])
def test_an_approval_that_says_more_than_its_signer_may_is_none(said):
    world = make_world()
    me = chamber(world, "a1", Asks())
    held, begun = write_note(form(), me, Ms(START))
    role, *rest = said
    payload = cbor.encode((APPROVAL, held.subject, role, *rest))
    signed = sign_instrument(payload, APPROVAL, world.persons["a2"].signs)
    with pytest.raises(BadForm, match="no named person of this side"):
        write_note(form(), me, Ms(START), begun=begun, approvals=(signed,))
    good = sign_instrument(
        cbor.encode((APPROVAL, held.subject, "release-authority", 12)), APPROVAL, world.persons["a2"].signs
    )
    assert not isinstance(write_note(form(), me, Ms(START), begun=begun, approvals=(good,))[0], Withheld)


def test_what_the_readers_law_does_not_admit_says_why_and_is_refused_outward_by_one_code():
    world = make_world()
    one, two = world.pair()
    say(world, one, "a1")
    turn(world, one, two)
    (found,) = notes(read_as(world, "b1", two, Asks(refuses="message")))
    assert found.note.code == "cannot-assist"
    assert found.note.verdict.reasons[0].article == "Test Act s. 9"


def test_other_kinds_have_no_place_in_a_room():
    with pytest.raises(BadForm, match="kinds"):
        write_note(form(kind="recall"), chamber(make_world(), "a1"), Ms(START))


def test_who_left_reads_nothing_new_and_writes_nothing_and_who_came_reads_nothing_old():
    world = make_world()
    one, two = world.pair()
    say(world, one, "a1", "before")
    turn(world, one, two)
    world.persons["b3"] = named("b3", 23, "south")
    side = side_of(world.b, world.persons["b1"], world.persons["b3"])
    world.next_edition(sides=(world.charter.sides[0], side), begins=Ms(world.now + 1))
    world.now += 2
    one.charters = two.charters = chamber(world, "a1").charters
    with two.ledger.begin() as book:
        book.tx.run("INSERT INTO room_charter (edition, signed) VALUES (2, ?)", (world.charters[1],))
    say(world, one, "a1", "after")
    turn(world, one, two)
    texts = {who: [n.note.facts.texts[0] for n in notes(read_as(world, who, two))] for who in ("b1", "b2", "b3")}
    assert texts == {"b1": ["before", "after"], "b2": ["before"], "b3": ["after"]}
    with pytest.raises(BadForm, match="does not name you"):
        write_note(form(to="north", agency="south"), chamber(world, "b2"), Ms(world.now))


def test_a_place_sealed_to_others_than_the_charter_names_is_not_taken():
    world, other = make_world(), make_world()
    one, _ = world.pair()
    other.persons["a1"] = named("stranger", 11, "north")
    other.next_edition(sides=(side_of(other.a, other.persons["a1"], other.persons["a2"]), other.charter.sides[1]))
    written, _ = write_note(form(), chamber(other, "a1"), Ms(START))
    with pytest.raises(BadSeal):
        one.hand_in(written.slot, Ms(START))


def test_a_place_handed_in_twice_stands_once():
    world = make_world()
    one, two = world.pair()
    said = say(world, one, "a1")
    one.hand_in(said.slot, Ms(world.now))
    assert one.waiting() == 1
    turn(world, one, two)
    one.hand_in(said.slot, Ms(world.now))
    assert one.waiting() == 0


def test_a_box_crosses_as_bytes_and_holds_no_words():
    from comity.room.box import decode_box, encode_box

    world = make_world()
    one, two = world.pair()
    say(world, one, "a1")
    turn(world, one, two)
    box = box_of(world, two)
    data = encode_box(box)
    assert decode_box(data) == box
    assert b"pianist" not in data
    assert Found.COVER in {found.found for found in read_as(world, "b1", two)}
