"""Whatever two honest nodes do and whatever the wire does to it: each dispatch once, logs that agree, nobody accused."""

from __future__ import annotations

from hypothesis import HealthCheck, given
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from comity.base import cbor
from comity.base.errors import BadEnvelope
from comity.base.ids import Ms
from comity.dispatch.book import Ledger, LogRole
from comity.dispatch.exchange_codec import decode_exchange, decode_problem
from comity.marking.labels import Lane
from comity.node.node import Node
from comity.node.taken import Problem
from comity.tlog.tree import root
from tests.examples import examples
from tests.unit.node.forge import START, Forger, logs, node, pair, rows
from tests.unit.node.world import form

SIDES = st.sampled_from([0, 1])
HONEST = {"gap", "unproven-head", "bad-envelope", "bad-signature", "unknown-log", "version", "slow-down", "too-large"}


class TwoNodes(RuleBasedStateMachine):
    """Two honest nodes, a wire that loses, repeats, keeps back and damages, and processes that are made again."""

    @initialize()
    def begin(self):
        self.nodes = list(pair())
        self.now = START
        self.wire: list[tuple[int, bytes]] = []
        self.sent = [0, 0]
        self.opened: list[bytes] = []
        self.codes: set[str] = set()

    @rule(side=SIDES, lane=st.sampled_from(list(Lane)), follow=st.booleans())
    def submit(self, side, lane, follow):
        case = self.opened[-1] if follow and self.opened else None
        (done,) = self.nodes[side].submit([form("x", lane=lane, case=case)], Ms(self.now))
        self.opened.append(done.case)
        self.sent[side] += 1

    @rule(side=SIDES)
    def say(self, side):
        self.wire.append((1 - side, self.nodes[side].speak(Ms(self.now))))

    @rule(which=st.integers(0, 1 << 16), last=st.booleans())
    def deliver(self, which, last):
        if self.wire:
            self.take(*self.wire[-1 if last else which % len(self.wire)])

    @rule(which=st.integers(0, 1 << 16), place=st.integers(0, 1 << 20), bit=st.integers(0, 7))
    def damage(self, which, place, bit):
        if self.wire:
            to, data = self.wire[which % len(self.wire)]
            bad = bytearray(data)
            bad[place % len(bad)] ^= 1 << bit
            self.take(to, bytes(bad))

    def take(self, to, data):
        try:
            self.nodes[to].take(data, Ms(self.now))
        except Problem as found:
            self.codes.add(found.code)
            if found.code == "gap":
                self.nodes[1 - to].take_problem(told(self.nodes[to], found), Ms(self.now))

    @rule(side=SIDES)
    def made_again(self, side):
        of = self.nodes[side]
        made = Node(of.office, of.voice, of.peer, Ledger(of.store), of.timers)
        made.store = of.store
        self.nodes[side] = made

    @rule(step=st.integers(0, 700_000))
    def wait(self, step):
        self.now += step

    @invariant()
    def nobody_is_accused_and_nothing_is_doubled(self):
        assert self.codes <= HONEST
        for side, of in enumerate(self.nodes):
            assert not rows(of, "SELECT 1 FROM evidence")
            assert rows(of, "SELECT count(*) FROM sent") == [(self.sent[side],)]
            ((receipts,),) = rows(of, "SELECT count(*) FROM got WHERE receipt_idx IS NOT NULL")
            ((filed,),) = rows(of, "SELECT count(*) FROM plain WHERE ours = 0")
            assert filed <= receipts <= self.sent[1 - side]

    @invariant()
    def a_mirror_is_a_prefix_of_its_log(self):
        for side, of in enumerate(self.nodes):
            theirs = logs(of)[1]
            with self.nodes[1 - side].ledger.begin() as book:
                assert book.logs[LogRole.OURS].size >= theirs.size
                assert root(book.tiles(LogRole.OURS), theirs.size) == root_of(of, theirs.size)

    def teardown(self):
        """Let the wire be good for a while: everything is settled, and then both are silent."""
        for _ in range(8):
            self.now += 4_000
            for side in (0, 1):
                self.take(1 - side, self.nodes[side].speak(Ms(self.now)))
        for of in self.nodes:
            assert rows(of, "SELECT count(*) FROM sent WHERE settled_at IS NULL") == [(0,)]
            assert not rows(of, "SELECT 1 FROM waits")
            assert of.link().state == "up"
            assert of.due_at(Ms(self.now)) > self.now + 500_000
            of.store.close()


def told(of: Node, found: Problem):
    return decode_problem(of.problem_bytes(found))


def root_of(of: Node, size: int) -> bytes:
    with of.ledger.begin() as book:
        return root(book.tiles(LogRole.THEIRS), size)


TestTwoNodes = TwoNodes.TestCase
TestTwoNodes.settings = examples(25, stateful_step_count=30, suppress_health_check=list(HealthCheck))

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(0, 2**63 - 1) | st.binary(max_size=40) | st.text("ab/1", max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.integers(0, 30), inner, max_size=4),
    max_leaves=12,
)
SHARED: list[Forger] = []


@examples(150)
@given(key=st.sampled_from([1, 2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14]), value=VALUES)
def test_any_value_in_any_field_is_a_clear_problem_or_a_good_exchange(key, value):
    if not SHARED:
        SHARED.append(Forger(node()))
        SHARED[0].against.take(SHARED[0].say(), START)
    forger = SHARED[0]
    data = cbor.encode({**cbor.decode(forger.say(base=0)), key: value})
    try:
        decode_exchange(data)
    except BadEnvelope:
        assert problem_code(forger, data) in {"bad-envelope", "version", "too-large"}
    else:
        assert problem_code(forger, data) in {None, "unknown-log", "gap", "bad-signature", "unproven-head", "slow-down"}
    assert logs(forger.against)[1].size == 3


def problem_code(forger: Forger, data: bytes) -> str | None:
    try:
        forger.against.take(data, START)
    except Problem as found:
        return found.code
    return None


@examples(200)
@given(data=st.binary(max_size=300))
def test_any_bytes_at_all_are_a_clear_problem(data):
    if not SHARED:
        SHARED.append(Forger(node()))
    assert problem_code(SHARED[0], data) == "bad-envelope"
