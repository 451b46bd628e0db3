"""Two honest nodes whose stores can be copied and put back, and the calls that an edge would make at a start."""

from __future__ import annotations

from dataclasses import replace

from comity.base.ids import Ms
from comity.dispatch.book import Ledger, LogRole, read_logs
from comity.dispatch.exchange_codec import decode_problem
from comity.dispatch.recover_codec import sign_recovered, unverified_recovered
from comity.dispatch.states import Form
from comity.marking.labels import Lane, Urgency
from comity.node.ceremony import hold_ceremony
from comity.node.fetching import gathered, own_span, their_span
from comity.node.incarnation import read_incarnation
from comity.node.logfiles import log_file
from comity.node.node import Node
from comity.node.recovery import Next, log_keys, mark_put_back
from comity.node.taken import Problem
from comity.sim.chance import SeededEntropy
from comity.sim.exercise import AGENCY, DESK, NOTE, OFFICER, PERMITTED, START_MS, ExerciseDesk, parties
from tests.simulation.disks import make_disk

DESKS = ((DESK, ExerciseDesk.schema),)
START = Ms(START_MS)
SECOND = 1_000


class OfBefore(Node):
    """A node of the release before: it says no newest head of its own log in an answer, and does not know who only looks."""

    def take_recover(self, data, now):
        with self.ledger.read() as tx:
            held = read_incarnation(tx, LogRole.THEIRS).second
        if self.question(data).incarnation < held:
            raise Problem("stale-incarnation", 409, "a recover under an incarnation before the peer's newest")
        answer = super().take_recover(data, now)
        return sign_recovered(replace(unverified_recovered(answer), newest=None, held=None), log_keys(self.voice))


class Side:
    """One node over a store that can be put back."""

    def __init__(self, number, node_type=Node, spares=3):
        self.number, self.node_type, self.spares = number, node_type, spares
        self.store = make_disk(DESKS)
        self.open()

    def open(self):
        made = parties().node(self.number, SeededEntropy(f"side {self.number}"))
        used = parties().instruments(self.number)
        with self.store.read() as tx:
            held = bool(tx.rows("SELECT 1 FROM link"))
        signed = (used.our_keys, used.peer_keys, used.accord)
        ledger = Ledger(self.store) if held else hold_ceremony(self.store, made.voice, made.peer, signed, now=START)
        self.node = self.node_type(made.office, made.voice, made.peer, ledger, made.timers, **self.more())

    def more(self):
        """Return what else the node is made with."""
        return {}

    def put_back(self, image, *, chosen=False):
        """Open another store; `chosen` says, as `comity node restore` does, that a person put it in the place of the other."""
        self.store.close()
        self.store = make_disk(DESKS, image)
        if chosen:
            self.choose()
        self.open()

    def choose(self):
        with self.store.begin() as tx:
            mark_put_back(tx)

    def rows(self, statement, *arguments):
        with self.store.read() as tx:
            return tx.rows(statement, arguments)

    def logs(self):
        with self.store.read() as tx:
            logs = read_logs(tx)[0]
        return logs[LogRole.OURS], logs[LogRole.THEIRS]

    @property
    def state(self):
        return self.node.link().state.value


def note(text, urgency=Urgency.URGENT, purpose=PERMITTED, **more):
    form = Form(
        desk=DESK, kind=NOTE, agency=AGENCY, role="officer", recipients=(AGENCY,), purpose=purpose, urgency=urgency,
        workplan_item=None, workplan_reason="exercise", body={"text": text}, lane=Lane(int(urgency)), **more,
    )  # fmt: skip
    return form, OFFICER


def say(a, b, now):
    """Let `a` call `b` once."""
    b.node.take(a.node.speak(now), now)
    a.node.take(b.node.speak(now), now)


def settle(a, b, now, rounds=4):
    for n in range(rounds):
        say(a, b, Ms(now + n * SECOND))
        say(b, a, Ms(now + n * SECOND + 500))


def ask(a, b, now):
    """Let `a` ask `b` once whether it was put back; return what comes next and what is missing."""
    data = a.node.recover_request()
    try:
        answer = b.node.take_recover(data, now)
    except Problem as problem:
        told = decode_problem(b.node.problem_bytes(problem))
        a.node.told_stale(told, now)
        return told.code, None
    return a.node.take_recovered(answer, now)


def fetched(a, b, missing, *, whole=False):
    own = own_span(missing, a.node.voice, whole=whole)
    with b.store.read() as tx:
        found = {own.origin: {name.path(): log_file(tx, LogRole.THEIRS, name.path()) for name in own.bundles()}}
        theirs = their_span(missing, a.node.peer, own.entries(found[own.origin]))
        found[theirs.origin] = {name.path(): log_file(tx, LogRole.OURS, name.path()) for name in theirs.bundles()}
    return gathered(own, theirs, found)


def recover(a, b, now, steps=6):
    """Start `a` and do all that its edge would do until it is up; return what happened."""
    a.node.starts(now)
    happened = []
    for _ in range(steps):
        found, missing = ask(a, b, now)
        happened.append(found)
        if found is Next.FETCH:
            a.node.restore(missing, fetched(a, b, missing), now)
        if not a.node.recovering:
            break
    return happened
