"""Files and the path: what leaves with them, what law and accord say of them, and in which order their dispatch is filed."""

from __future__ import annotations

from dataclasses import replace

import pytest

from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Digest, DispatchId
from comity.crypto.chunks import cipher_size
from comity.dispatch import wire
from comity.dispatch.attached import FileState, beyond, waits_on, well_formed
from comity.dispatch.entries import Fact
from comity.dispatch.inbound.follow import follow
from comity.dispatch.states import Committed, Withheld
from comity.marking.labels import Urgency
from comity.node import attached
from comity.policy.verdict import Effect, Obligation, Verdict
from tests.unit.node.world import OFFICER, START, Half, Permits, exchange, form, make_accord, make_node, make_pair
from tests.unit.node.world import A as NAME_A
from tests.unit.node.world import B as NAME_B

FILES = DispatchId(bytes(range(16)))


def add(
    node, number: int = 0, files: DispatchId = FILES, *, state: str = "clean", size: int = 5, name: str = "a.pdf"
) -> Digest:
    """Put the row of a file that was added and looked into."""
    cipher = Digest(bytes([number]) * 32)
    with node.ledger.begin() as book:
        book.tx.run(
            "INSERT INTO attaching (files, number, name, media, size, key, part, cipher, state, found, desk, officer, since)"
            " VALUES (?, ?, ?, 'application/pdf', ?, ?, 'p', ?, ?, 'application/pdf', 'plain', 7, ?)",
            (files, number, name, size, bytes([number + 100]) * 32, cipher, state, START),
        )
    return cipher


def rows(node, statement: str, *arguments):
    with node.ledger.read() as tx:
        return tx.rows(statement, arguments)


def file_of(node, number: int = 0, dispatch: DispatchId = FILES):
    with node.ledger.read() as tx:
        return attached.file_of(dispatch, number, tx)


def whole(node, number: int = 0):
    return attached.whole(node.ledger, node.office, file_of(node, number), START)


class Rules(Permits):
    """A law that says what it is told to."""

    def __init__(self, effect=Effect.PERMIT, obligations=()):
        self.effect, self.obligations = effect, obligations

    def decide(self, question, now):
        made = super().decide(question, now)
        return Verdict(
            self.effect, made.reasons, self.obligations, made.ground, made.outward, None, (), Digest(bytes(32))
        )


def pair_under(gate=None, **timers):
    a, b = Half.make(NAME_A), Half.make(NAME_B)
    a.sign_keys()
    b.sign_keys()
    accord = make_accord(a, b, **timers)
    return make_node(a, b, accord, gate=gate), make_node(b, a, accord)


def test_the_leaf_commits_to_the_files_and_their_dispatch_has_their_number():
    a, b = make_pair()
    ciphers = [add(a, 0), add(a, 1, name="b.pdf")]
    sent = a.submit([form(files=FILES)], START)[0]
    assert isinstance(sent, Committed)
    assert sent.id == FILES
    assert rows(a, "SELECT count(*) FROM attaching") == [(0,)], "the key stands in the dispatch alone"
    exchange(a, b, START)
    assert rows(b, "SELECT fact FROM got") == [(int(Fact.ARRIVED),)]
    found = [file_of(b, 0), file_of(b, 1)]
    assert [one.file.cipher for one in found] == ciphers
    assert found[0].file.key == bytes([100]) * 32
    assert whole(b, 0) == ()
    [filed] = whole(b, 1)
    assert (filed.id, filed.fact) == (FILES, Fact.FILED)
    assert whole(b, 1) == (), "said again it changes nothing"
    exchange(b, a, START)
    assert rows(a, "SELECT fact FROM sent") == [(int(Fact.FILED),)]


def test_a_dispatch_with_files_is_filed_after_its_files_and_after_its_predecessor_whichever_comes_last():
    for last in ("file", "predecessor"):
        a, b = make_pair()
        first = a.submit([form("first")], START)[0]
        add(a, 0)
        second = a.submit([form("second", case=first.id, files=FILES)], START + 1)[0]
        add(a, 1, DispatchId(b"\x01" * 16))
        third = a.submit([form("third", case=first.id)], START + 2)[0]
        exchange(a, b, START + 3)
        facts = dict(rows(b, "SELECT id, fact FROM got"))
        assert facts == {first.id: 2, second.id: 1, third.id: 1}, last
        if last == "file":
            whole(b)
        else:
            with b.ledger.begin() as book:
                book.tx.run("INSERT INTO waits (id, predecessor) VALUES (?, ?)", (second.id, b"\x09" * 16))
            assert whole(b) == (), "another predecessor is still open"
            continue
        assert dict(rows(b, "SELECT id, fact FROM got")) == {first.id: 2, second.id: 2, third.id: 2}


@pytest.mark.parametrize("state", [one for one in FileState if one is not FileState.CLEAN])
def test_only_what_is_clean_leaves(state):
    a, _ = make_pair()
    add(a, state=state.value)
    [said] = a.submit([form(files=FILES)], START)
    assert isinstance(said, BadForm)
    assert "cannot leave" in str(said)
    assert rows(a, "SELECT count(*) FROM sent") == [(0,)]


def test_files_leave_once_and_not_with_a_draft_that_is_held_besides():
    a, _ = make_pair()
    add(a)
    a.submit([form(files=FILES)], START)
    [again] = a.submit([form("other", files=FILES)], START)
    assert "have left" in str(again)
    assert rows(a, "SELECT count(*) FROM sent") == [(1,)]


def test_what_law_refuses_keeps_a_number_of_its_own_and_the_files_stay_free():
    a, b = pair_under(Rules(Effect.REFUSE))
    add(a)
    [said] = a.submit([form(files=FILES)], START)
    assert isinstance(said, Withheld)
    assert said.id != FILES
    assert rows(a, "SELECT id FROM kept") == [(said.id,)]
    a.office.gate.effect = Effect.PERMIT
    [sent] = a.submit([form(files=FILES)], START)
    assert sent.id == FILES
    del b


def test_what_law_lets_leave_only_cut_does_not_leave_with_files():
    a, _ = pair_under(Rules(obligations=(Obligation("redact", "victim", "T-1"),)))
    add(a)
    [said] = a.submit([form(files=FILES)], START)
    assert isinstance(said, BadForm)
    assert "cannot be cut" in str(said)
    assert isinstance(a.submit([form()], START)[0], Committed)


@pytest.mark.parametrize(
    ("timers", "files"),
    [({"attachment_most": 76}, 1), ({"attachments_most": 153}, 2)],
    ids=["one too large", "all too large"],
)
def test_the_accords_limits_bind_the_sender_and_the_receiver(timers, files):
    """A file of 5 bytes has 77 sealed; the sender of the second node has no such limit."""
    assert cipher_size(5) == 77
    a, _ = pair_under(**timers)
    for number in range(files):
        add(a, number)
    [said] = a.submit([form(files=FILES)], START)
    assert "accord bears" in str(said)
    some = tuple(wire.Attachment("a", "b/c", 5, 77, Digest(bytes([n]) * 32), bytes([n]) * 32) for n in range(65))
    assert "at most 64" in beyond(some, a.office.accord)


def test_a_receiver_refuses_what_is_larger_than_the_accord_and_fetches_nothing():
    a, b = make_pair()
    add(a)
    a.submit([form(files=FILES)], START)
    b.office = replace(b.office, accord=replace(b.office.accord, timers=(("attachment-most", 76), ("tick", 0))))
    exchange(a, b, START)
    assert rows(b, "SELECT fact, code FROM got") == [(int(Fact.REFUSED), "cannot-assist")]
    assert rows(b, "SELECT count(*) FROM attachment") == [(0,)]


def one(**changes) -> wire.Attachment:
    return replace(wire.Attachment("a.pdf", "application/pdf", 5, 77, Digest(bytes(32)), bytes(32)), **changes)


@pytest.mark.parametrize(
    "files",
    [
        (one(cipher_size=78),),
        (one(size=6),),
        (one(name=""),),
        (one(name="x" * 256),),
        (one(media=""),),
        (one(media="x" * 128),),
        (one(), one(key=b"\x01" * 32)),
        (one(), one(cipher=Digest(b"\x01" * 32))),
    ],
    ids=[
        "padded otherwise",
        "another size",
        "no name",
        "long name",
        "no type",
        "long type",
        "a file twice",
        "a key twice",
    ],
)
def test_files_that_cannot_be_make_a_dispatch_that_cannot_be(files):
    assert well_formed((one(), one(key=b"\x01" * 32, cipher=Digest(b"\x01" * 32))))
    assert not well_formed(files)


def test_only_a_clean_file_of_a_filed_dispatch_is_given_and_it_is_on_record_first():
    a, b = make_pair()
    add(a)
    a.submit([form(files=FILES)], START)
    exchange(a, b, START)

    def give(number=0):
        return attached.give(b.ledger, b.office, FILES, number, OFFICER, now=START)

    for state in FileState:
        with b.ledger.begin() as book:
            book.tx.run("UPDATE attachment SET state = ?", (state.value,))
        with pytest.raises(NotAllowed):
            give()
    with b.ledger.begin() as book:
        book.tx.run("UPDATE attachment SET state = 'coming'")
    whole(b)
    with pytest.raises(NotAllowed):
        give()
    attached.looked_at(b.ledger, file_of(b), FileState.CLEAN, "application/pdf", START)
    assert rows(b, "SELECT count(*) FROM record WHERE kind = 'file-given'") == [(0,)]
    assert give().file.name == "a.pdf"
    assert rows(b, "SELECT count(*) FROM record WHERE kind = 'file-given'") == [(1,)]
    with pytest.raises(NotAllowed):
        give(1)


def test_only_files_of_ours_that_left_are_served_until_they_are_erased():
    a, b = make_pair()
    cipher = add(a)

    def served(node):
        with node.ledger.read() as tx:
            return attached.served(cipher, tx)

    assert served(a) is None, "it has not left"
    a.submit([form(files=FILES)], START)
    exchange(a, b, START)
    whole(b)
    attached.looked_at(b.ledger, file_of(b), FileState.CLEAN, "", START)
    assert (served(a), served(b)) == (77, None), "what came to us is not ours to pass on"
    with a.ledger.begin() as book:
        attached.shred(FILES, book.tx, START)
    assert served(a) is None
    with a.ledger.read() as tx:
        assert list(attached.erased(tx)) == [cipher]
        assert list(attached.kept_files(tx)) == []


def test_a_scan_that_failed_is_run_again_and_nothing_else_is():
    a, b = make_pair()
    add(a)
    a.submit([form(files=FILES)], START)
    exchange(a, b, START)
    whole(b)
    attached.looked_at(b.ledger, file_of(b), FileState.INFECTED, "", START)
    with pytest.raises(BadForm, match="looked at again"):
        attached.look_again(b.ledger, FILES, 0, START)
    attached.looked_at(b.ledger, file_of(b), FileState.SCAN_FAILED, "", START)
    attached.look_again(b.ledger, FILES, 0, START)
    assert file_of(b).state is FileState.WHOLE


def test_files_of_a_draft_that_is_held_go_with_that_draft_alone():
    a, _ = pair_under(Rules(Effect.REFER))
    a.office = replace(a.office, gate=Missing())
    add(a)
    held = a.submit([form(files=FILES)], START)[0]
    assert isinstance(held, Withheld)
    assert (held.id, held.state) == (FILES, "held")
    other = a.submit([form("another", files=FILES)], START)[0]
    assert isinstance(other, BadForm)
    assert "belong to a draft that is held or was dropped" in str(other)
    assert [one.id for one in a.held()] == [FILES]


class Missing(Permits):
    """A law that asks for an approval that nobody gave."""

    def decide(self, question, now):
        return replace(super().decide(question, now), effect=Effect.REFER, missing=("approval:head",))


def test_what_waits_for_files_waits_for_no_dispatch():
    assert waits_on(FILES) != FILES
    assert len(waits_on(FILES)) == 16


# --- fetching, media and what is lost --------------------------------------------------------------------------------


def read(node, what, *arguments):
    with node.ledger.read() as tx:
        return what(*arguments, tx) if arguments else what(tx)


def crossed(*urgencies: Urgency):
    """Let A send a dispatch with a file for each urgency; return both nodes and what was sent."""
    a, b = make_pair()
    exchange(a, b, START)
    sent = []
    for number, urgency in enumerate(urgencies):
        files = DispatchId(bytes([number + 1]) * 16)
        add(a, number, files)
        (done,) = a.submit([form(str(number), urgency, files=files)], START + number)
        sent.append(done.id)
    for _ in range(2):
        exchange(a, b, START + 60_000)
    return a, b, sent


def test_files_of_what_is_more_urgent_are_fetched_first_and_each_is_looked_into_once_it_is_whole():
    _, b, (later, first) = crossed(Urgency.URGENT, Urgency.IMMEDIATE)
    assert [one.dispatch for one in read(b, attached.to_fetch)] == [first, later]
    assert read(b, attached.held_back) == (2, 0)
    assert read(b, attached.by_state) == ({"coming": 2}, 2 * cipher_size(5))
    attached.whole(b.ledger, b.office, file_of(b, 0, first), START)
    assert [one.dispatch for one in read(b, attached.to_fetch)] == [later]
    assert [one.dispatch for one in read(b, attached.to_look_at)] == [first]
    attached.looked_at(b.ledger, file_of(b, 0, first), FileState.INFECTED, "", START)
    assert read(b, attached.held_back) == (1, 1), "what stays in quarantine is counted apart"
    assert read(b, attached.by_state)[0] == {"coming": 1, "infected": 1}
    assert read(b, attached.to_look_at) == ()
    assert read(b, attached.files_of, DispatchId(bytes(16))) == ()


def test_a_file_whose_dispatch_was_recalled_before_it_came_is_not_fetched_any_more():
    a, b, (one,) = crossed(Urgency.IMMEDIATE)
    assert attached.give_up_recalled(b.ledger, b.office, file_of(b, 0, one), START) is None, "it is wanted"
    with b.ledger.begin() as book:
        book.tx.run("INSERT INTO mark (target, by_id, kind) VALUES (?, ?, 'recall')", (one, bytes(16)))
    done = attached.give_up_recalled(b.ledger, b.office, file_of(b, 0, one), START)
    assert done is not None
    assert [(each.id, each.fact) for each in done] == [(one, Fact.REFUSED)]
    assert read(b, attached.to_fetch) == ()
    assert file_of(b, 0, one).state is FileState.ERASED
    assert attached.give_up_recalled(b.ledger, b.office, file_of(b, 0, one), START) is None, "nothing of it is coming"
    exchange(b, a, START + 120_000)
    assert rows(a, "SELECT fact, code FROM sent WHERE id = ?", one) == [(int(Fact.REFUSED), "recalled")]


def test_files_that_came_before_their_dispatch_was_refused_as_recalled_are_destroyed():
    _, b, (one,) = crossed(Urgency.IMMEDIATE)
    with b.ledger.begin() as book:
        book.tx.run("INSERT INTO waits (id, predecessor) VALUES (?, ?)", (one, bytes(16)))
        book.tx.run("INSERT INTO mark (target, by_id, kind) VALUES (?, ?, 'recall')", (one, bytes(16)))
    assert attached.whole(b.ledger, b.office, file_of(b, 0, one), START) == (), "it waits for another still"
    with b.ledger.begin() as book:
        (done,) = follow(DispatchId(bytes(16)), book, b.office, START)
    assert (done.id, done.fact) == (one, Fact.REFUSED)
    assert file_of(b, 0, one).state is FileState.ERASED
    with b.ledger.read() as tx:
        assert tuple(attached.kept_files(tx)) == ()
        assert len(tuple(attached.erased(tx))) == 1


def test_a_folder_that_was_put_back_has_its_missing_files_fetched_again():
    a, b, (one,) = crossed(Urgency.IMMEDIATE)
    cipher = file_of(b, 0, one).file.cipher
    attached.whole(b.ledger, b.office, file_of(b, 0, one), START)
    attached.looked_at(b.ledger, file_of(b, 0, one), FileState.CLEAN, "application/pdf", START)
    kept = (cipher, cipher_size(5))
    assert read(b, lambda tx: list(attached.kept_files(tx))) == [(*kept, False)]
    assert read(a, lambda tx: list(attached.kept_files(tx))) == [(*kept, True)]
    attached.fetch_again(b.ledger, cipher, START)
    assert read(b, lambda tx: list(attached.kept_files(tx))) == []
    assert [each.dispatch for each in read(b, attached.to_fetch)] == [one]
    assert file_of(b, 0, one).found == ""


def test_media_carry_the_files_of_what_goes_with_them_or_has_arrived_and_waits():
    a, b = make_pair()
    exchange(a, b, START)
    add(a, 0)
    (sent,) = a.submit([form(files=FILES)], START)
    kept = ((file_of(a).file.cipher, cipher_size(5)),)
    ((place,),) = rows(a, "SELECT idx FROM sent")

    def carried(*gone):
        with a.ledger.read() as tx:
            return attached.to_carry(frozenset(gone), tx)

    assert (carried(), carried(place)) == ((), kept), "not before its dispatch"
    exchange(a, b, START + 1)
    assert rows(a, "SELECT fact FROM sent") == [(int(Fact.ARRIVED),)]
    assert carried() == kept
    whole(b)
    exchange(b, a, START + 2)
    assert carried(place) == (), "it was filed"
    assert sent.id == FILES
