"""What is signed in the transaction that stores its reason: it leaves behind the end of that, or never."""

from __future__ import annotations

import contextlib
from dataclasses import replace

import pytest

from comity.base.errors import BadForm, StoreError
from comity.base.ids import Ms
from comity.dispatch.book import Ledger
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.entries import LinkLeaf
from comity.dispatch.exchange_codec import decode_exchange
from comity.dispatch.states import Committed
from comity.marking.labels import Urgency
from comity.node.link import LinkState
from comity.node.node import Node
from comity.node.speak import NOTHING_ALOFT
from comity.node.taken import Problem
from comity.sim.disk import Crashed, FailingTx
from tests.unit.node.forge import START, Forger, logs, node, pair, rows
from tests.unit.node.world import exchange, form

LATER = Ms(START + 1_000)
HEADS = "SELECT size, time, root, note FROM head WHERE role = 'ours' ORDER BY size, time"
_AT_THE_END = 1 << 30
ALL = ("entry", "head", "got", "sent", "tile", "log", "pool", "link", "record")


class Stepped:
    """A store that fails before a statement of the next transaction, at its end, or behind it; None: it does not."""

    def __init__(self, below) -> None:
        self.below = below
        self.left: int | None = None
        self.failure: BaseException = Crashed()
        self.behind = False
        self.begun = 0
        self.tx: FailingTx | None = None

    @contextlib.contextmanager
    def begin(self):
        self.begun += 1
        left, self.left = self.left, None
        with self.below.begin() as tx:
            self.tx = FailingTx(tx, left, self.failure)
            yield self.tx
            if left is not None:
                raise self.failure
        if self.behind:
            self.behind = False
            raise self.failure

    def read(self):
        return self.below.read()


def known():
    """Return two nodes that know each other, the second over a store that can fail."""
    a, b = pair()
    exchange(a, b, START)
    exchange(b, a, START)
    kept = Stepped(b.store)
    return a, again(b, kept), kept


def again(b: Node, kept) -> Node:
    """Return a node made anew over its store, as after a crash."""
    made = Node(b.office, b.voice, b.peer, Ledger(kept), b.timers)
    made.store = kept.below if isinstance(kept, Stepped) else kept
    return made


def stored(of) -> dict:
    return {table: sorted(map(repr, rows(of, f"SELECT * FROM {table}"))) for table in ALL}


def head(of, note: str) -> bool:
    return bool(rows(of, "SELECT 1 FROM head WHERE role = 'ours' AND note = ?", (note,)))


# --- one transaction --------------------------------------------------------------------------------------------------


def test_an_answer_is_stored_with_what_it_answers_in_one_transaction():
    a, b, kept = known()
    a.submit([form()], LATER)
    request = a.speak(LATER)
    before = kept.begun
    taken, answer = b.take_and_speak(request, LATER)
    assert kept.begun == before + 1
    said = decode_exchange(answer)
    assert [one.fact for one in taken.recorded] == [2]
    assert said.size == logs(b)[0].size, "the receipt is below the head"
    assert head(b, said.checkpoint)
    assert said.cosignature is not None
    a.take(answer, LATER)
    assert rows(a, "SELECT fact FROM sent") == [(2,)]
    assert b.speak(LATER) == answer, "what is stored is said again, byte for byte"


def test_forms_and_what_is_said_of_them_are_one_transaction():
    a, b, kept = known()
    before = kept.begun
    outcomes, request = b.submit_and_speak([form("1"), form("2")], LATER)
    assert kept.begun == before + 1
    assert len(a.take(request, LATER).recorded) == len(outcomes) == 2


def test_a_form_that_does_not_fit_undoes_no_other_and_nothing_that_is_said():
    a, b, _ = known()
    bad = replace(form()[0], kind="no-such-kind")
    outcomes, request = b.submit_and_speak([form("1"), (bad, form()[1]), form("2")], LATER)
    assert [type(one) for one in outcomes] == [Committed, BadForm, Committed]
    assert len(decode_exchange(request).dispatches) == 2
    assert [one.fact for one in a.take(request, LATER).recorded] == [2, 2]


def test_what_is_said_heeds_what_came_in_the_same_transaction():
    """The peer takes nothing more of lane urgent, and says so in the exchange that is answered."""
    b = node()
    forger = Forger(b)
    b.take(forger.say(cosignature=None), START)
    b.submit([form(urgency=Urgency.URGENT)], START)
    assert len(decode_exchange(b.speak(START)).dispatches) == 1
    _, answer = b.take_and_speak(forger.say(credit=()), START)
    assert decode_exchange(answer).dispatches == ()


def test_what_waits_in_the_pool_gets_its_place_where_it_is_signed():
    a, b = pair(tick=1_000)
    exchange(a, b, START)
    exchange(b, a, START)
    kept = Stepped(a.store)
    a = again(a, kept)
    a.submit([form(urgency=Urgency.NORMAL)], LATER)
    before = kept.begun
    request = a.speak(Ms(LATER + 1_000))
    assert kept.begun == before + 1
    assert len(b.take(request, Ms(LATER + 1_000)).recorded) == 1


# --- at each step of the store ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("failure", [Crashed(), StoreError("the store did not do this")])
def test_a_failure_before_any_statement_leaves_nothing_and_lets_nothing_out(failure):
    """Every place at which the process or the disk can fail: at the end, when all is signed, and before each statement."""
    a, b, kept = known()
    a.submit([form()], LATER)
    request = a.speak(LATER)
    before = stored(b)
    for step in (_AT_THE_END, *range(_statements(b, kept, request))):
        kept.left, kept.failure = step, failure
        made = again(b, kept)
        with pytest.raises(type(failure)):
            made.take_and_speak(request, LATER)
        assert stored(b) == before
        assert made.said == NOTHING_ALOFT
    taken, answer = again(b, kept).take_and_speak(request, LATER)
    assert [one.fact for one in taken.recorded] == [2]
    assert head(b, decode_exchange(answer).checkpoint)


def _statements(b: Node, kept: Stepped, request: bytes) -> int:
    """Return how many statements it takes, from a try that fails at its end."""
    kept.left, kept.failure = _AT_THE_END, Crashed()
    with pytest.raises(Crashed):
        again(b, kept).take_and_speak(request, LATER)
    assert kept.tx is not None
    used = _AT_THE_END - (kept.tx._left or 0)
    assert used > 30, "taking and speaking are in it"
    return used


def test_a_head_that_was_rolled_back_is_no_fork_of_the_one_that_is_signed_then():
    """The same size over other entries is signed twice; only the one that stands has left, and the peer takes it."""
    a, b, kept = known()
    kept.left, kept.failure = _AT_THE_END, StoreError("the store did not do this")
    with pytest.raises(StoreError):
        b.submit_and_speak([form("rolled back")], LATER)
    b.ledger.forget()
    before = rows(b, HEADS)
    _, request = b.submit_and_speak([form("kept")], Ms(LATER + 5_000))
    assert len(rows(b, HEADS)) == len(before) + 1
    assert len(a.take(request, Ms(LATER + 5_000)).recorded) == 1
    assert rows(a, "SELECT 1 FROM evidence") == []


def test_a_failure_behind_the_transaction_is_met_by_the_same_answer():
    a, b, kept = known()
    a.submit([form()], LATER)
    request = a.speak(LATER)
    kept.behind, kept.failure = True, StoreError("the store did not answer")
    with pytest.raises(StoreError):
        b.take_and_speak(request, LATER)
    b.ledger.forget()
    signed = rows(b, HEADS)
    taken, answer = b.take_and_speak(request, LATER)
    assert taken.recorded == ()
    assert rows(b, HEADS) == signed, "the head that was stored is said, none is signed anew"
    a.take(answer, LATER)
    assert rows(a, "SELECT fact FROM sent") == [(2,)]


def test_what_was_not_stored_is_not_remembered_as_said():
    a, b, kept = known()
    a.submit([form()], LATER)
    request = a.speak(LATER)
    kept.left, kept.failure = _AT_THE_END, StoreError("the store did not do this")
    heard, told = b._heard, b._told
    with pytest.raises(StoreError):
        b.take_and_speak(request, LATER)
    assert b._heard == heard
    assert (b._told.size, b._told.at, b._told.cosigned_size) == (told.size, told.at, told.cosigned_size)


# --- apart ------------------------------------------------------------------------------------------------------------


def test_where_a_paper_came_it_is_said_apart_with_the_keys_of_then():
    a, b = pair()
    request = a.speak(START)
    taken, answer = b.take_and_speak(request, START)
    assert answer is None, "its entries are the key lists and the accord"
    assert taken.news
    assert decode_exchange(b.speak(START)).cosignature is not None


def test_where_nothing_may_be_signed_what_came_is_stored_all_the_same():
    """After the peer's resume leaf it is first asked whether our store is the newest; nothing is signed before it answers."""
    b = node()
    forger = Forger(b)
    b.take(forger.say(), START)
    said = []
    for act in (Act.SUSPEND, Act.RESUME):
        forger.grow(LinkLeaf(act, None))
        taken, answer = b.take_and_speak(forger.say(), START)
        assert taken.grew
        said.append(answer)
    assert said[0] is not None
    assert said[1] is None
    assert b.link().state is LinkState.RECOVERING
    with pytest.raises(Problem):
        b.speak(START)


def test_what_is_not_due_is_not_said():
    a, b = pair(tick=60_000)
    exchange(a, b, START)
    exchange(b, a, START)
    a._told = replace(a._told, tick=START)
    outcomes, request = a.submit_and_speak([form(urgency=Urgency.NORMAL)], LATER)
    assert isinstance(outcomes[0], Committed)
    assert request is None
    answer = b.speak(LATER)
    assert a.take_and_speak(answer, LATER, when_due=True)[1] is None
    assert a.take_and_speak(answer, LATER)[1] is not None
