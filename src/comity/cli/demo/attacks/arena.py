"""Where an attack is played: copies of both finished nodes in one process, with a clock that is an argument.

Both nodes are the real ones, opened from their folders. A cheat replaces one of them by a variant of his own; the other
is never touched. Nothing here judges: the attacks do.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Protocol, TypeVar

import msgspec

from comity.base.ids import DispatchId, Ms, read_id
from comity.cli.demo.attacks.result import AttackResult, Check
from comity.cli.demo.clone import FinishedDay
from comity.cli.demo.day import Scene
from comity.cli.demo.play import form_of
from comity.dispatch.book import LogRole, LogRow, log_row
from comity.dispatch.exchange_codec import decode_problem
from comity.dispatch.office import Office
from comity.dispatch.ports import Row, Scalar, Tx
from comity.dispatch.states import Committed, Form, Officer
from comity.edge.config import read_config
from comity.edge.files import make_private_folder, write_atomic
from comity.edge.forms import FormIn
from comity.edge.opening import OpenNode, open_node
from comity.marking.labels import Urgency
from comity.node.ceremony import read_instruments
from comity.node.node import Node, Outcome
from comity.node.peer import Timers
from comity.node.proofs import entry_proof
from comity.node.publickeys import PublicKeys
from comity.node.taken import Problem, Taken

_N = TypeVar("_N", bound=Node)
SECOND_MS = 1_000
MINUTE_MS = 60_000
_SETTLING = 40


@dataclass(frozen=True, slots=True)
class Meeting:
    """One exchange: what each took, None where it took nothing, and the problem that ended it."""

    asked: Taken | None
    answered: Taken | None
    problem: Problem | None


class _Owed(Protocol):
    """A dispatch of a desk's list, as far as an attack asks."""

    id: bytes
    due_next: Ms | None


class Arena:
    """Two nodes at the end of the day. Made by `arena`, which closes their stores.

    Attributes:
        finished: the day that was played.
        folder: of this attack; evidence is kept in it.
        opened: both copies, by party id.
        nodes: who acts for a party, by party id: the real node until a cheat replaces it.
        now: the true time, which both clocks show but for `skew`, milliseconds by party id.
        began: the same at the start.
        evidence: files kept so far.
        checks: what had to hold so far.
    """

    def __init__(self, finished: FinishedDay, folder: Path, opened: dict[str, OpenNode]) -> None:
        self.finished = finished
        self.folder = folder
        self.opened = opened
        self.nodes: dict[str, Node] = {party: one.node for party, one in opened.items()}
        self.began = self.now = Ms(finished.ended + MINUTE_MS)
        self.skew: dict[str, int] = dict.fromkeys(opened, 0)
        self.evidence: list[str] = []
        self.checks: list[Check] = []

    def mark(self, party: str) -> str:
        """Return a party's short mark, as people read it."""
        return next(one.short for one in self.finished.data.terms.party if one.id == party)

    # --- what officers do --------------------------------------------------------------------------------------

    def scene(self, number: int) -> Scene:
        """Return a scene of the day."""
        return self.finished.day.scene(number)

    def id(self, number: int) -> DispatchId:
        """Return the id that a scene's dispatch got."""
        return self.finished.ids[number]

    def form(self, number: int, *, urgency: Urgency | None = None, **changes: object) -> tuple[Form, Officer]:
        """Return a scene's form and officer as they were handed in; `changes` are fields of the form's JSON."""
        scene = self.scene(number)
        wanted = form_of(scene, self.finished.day, self.finished.ids)
        if urgency is not None:
            wanted["urgency"] = urgency.name.lower()
        form = msgspec.json.decode(json.dumps(wanted | changes), type=FormIn)
        asked = None
        if form.kind == "answer" and form.re:
            asked = self.asked(scene.party, form)
        return form.form(asked), Officer(scene.desk, scene.officer, scene.delegation)

    def asked(self, party: str, form: FormIn) -> tuple[frozenset[str], frozenset[str]] | None:
        """Return what the question asked for that a form answers, as the officers' door looks it up."""
        found = getattr(self.opened[party].desks[form.desk], "asked", lambda *_: None)
        with self.nodes[party].ledger.read() as tx:
            asked: tuple[frozenset[str], frozenset[str]] | None = found(tx, read_id(form.re[0]))
        return asked

    def submit(self, number: int, *, urgency: Urgency | None = None, **changes: object) -> Outcome:
        """Hand a scene's form in again, at its party's node as it stands now."""
        form, by = self.form(number, urgency=urgency, **changes)
        party = self.scene(number).party
        return self.nodes[party].submit([(form, by)], self.at(party))[0]

    def sent(self, number: int, *, urgency: Urgency | None = None, **changes: object) -> Committed:
        """Hand a scene's form in again and return it as sent.

        Raises:
            ValueError: our own law or release held it, so the attack cannot begin.
        """
        outcome = self.submit(number, urgency=urgency, **changes)
        if not isinstance(outcome, Committed):
            raise ValueError(f"dispatch {number} was not let go again: {outcome}")  # noqa: TRY004  no matter of types
        return outcome

    # --- what the link does ------------------------------------------------------------------------------------

    def meet(self, party: str) -> Meeting:
        """Let a party's node start one exchange; a problem ends it, as over the wire."""
        one, other = self.nodes[party], self.nodes[self.finished.other(party)]
        here, there = self.at(party), self.at(self.finished.other(party))
        request = one.speak(here)
        try:
            taken = other.take(request, there)
        except Problem as problem:
            one.take_problem(decode_problem(other.problem_bytes(problem)), here)
            return Meeting(None, None, problem)
        answer = other.speak(there)
        try:
            return Meeting(one.take(answer, here), taken, None)
        except Problem as problem:
            return Meeting(None, taken, problem)

    def settle(self) -> None:
        """Exchange until both logs are co-signed whole; stops at a problem, or when it does not end."""
        for _ in range(_SETTLING):
            for party in self.finished.parties:
                if self.meet(party).problem is not None:
                    return
            if all(self._quiet(party) for party in self.finished.parties):
                return
            self.wait(SECOND_MS)

    def _quiet(self, party: str) -> bool:
        row = self.row(party, LogRole.OURS)
        pooled = self.rows(party, "SELECT 1 FROM pool LIMIT 1")
        return row.size == row.cosigned_size and not pooled

    def wait(self, span_ms: int) -> None:
        """Let time pass for both."""
        self.now = Ms(self.now + span_ms)
        for party, node in self.nodes.items():
            node.tick(self.at(party))

    def at(self, party: str) -> Ms:
        """Return what a party's clock shows."""
        return Ms(self.now + self.skew[party])

    def tick(self) -> None:
        """Let the tick for what is not urgent pass, and exchange until all is settled."""
        self.wait(max(node.timers.tick_ms for node in self.nodes.values()))
        self.settle()

    def close_day(self, party: str) -> Committed:
        """Close a party's day as its node does: the decision log's head, and the manifest to the other side.

        Raises:
            ValueError: the manifest was not let go.
        """
        opened = self.opened[party]
        officer = opened.roster.manifest_officer(opened.config.party)
        outcome = self.nodes[party].close_day(officer, self.at(party)) if officer is not None else None
        if not isinstance(outcome, Committed):
            raise ValueError(f"the manifest of {party} was not let go: {outcome}")  # noqa: TRY004  no matter of types
        return outcome

    def waiting(self, party: str) -> dict[bytes, Ms]:
        """Return what the desk of a party waits for from the other side: its dispatch, and when the next limit is over."""
        desk = next(iter(self.opened[party].desks.values()))
        listed: Callable[[Tx], tuple[_Owed, ...]] = getattr(desk, "waiting")  # noqa: B009  desks come by name
        with self.nodes[party].ledger.read() as tx:
            return {row.id: row.due_next for row in listed(tx) if row.due_next is not None}

    def overdue(self, party: str, dispatch: bytes) -> bool:
        """Say whether the desk of a party shows a dispatch of its own as overdue."""
        due = self.waiting(party).get(dispatch)
        return due is not None and due <= self.at(party)

    # --- looking -----------------------------------------------------------------------------------------------

    def rows(self, party: str, statement: str, arguments: tuple[Scalar, ...] = ()) -> list[Row]:
        """Read from a party's store."""
        with self.nodes[party].ledger.read() as tx:
            return tx.rows(statement, arguments)

    def row(self, party: str, role: LogRole) -> LogRow:
        """Return how far one log of a party's store reaches."""
        with self.nodes[party].ledger.read() as tx:
            row = log_row(tx, role)
        assert row is not None
        return row

    def counter(self, party: str, name: str) -> int:
        """Return one of a node's counters."""
        found = self.rows(party, "SELECT value FROM counter WHERE name = ?", (name,))
        return int(str(found[0][0])) if found else 0

    def receipt(self, party: str, dispatch: bytes) -> tuple[Scalar, Scalar]:
        """Return fact and leaf index of a party's receipt for a dispatch of the other; (None, None) if it has no row."""
        found = self.rows(party, "SELECT fact, receipt_idx FROM got WHERE id = ?", (dispatch,))
        return (found[0][0], found[0][1]) if found else (None, None)

    def keys(self) -> PublicKeys:
        """Return what a stranger has: both key lists, verified against the roots that the accord names; no private key."""
        folder = self.opened[self.finished.parties[0]].config
        signed = [folder.path(one).read_bytes() for one in (folder.accord, folder.our_keys, folder.peer_keys)]
        _, ours, theirs = read_instruments(folder.name, signed[0], signed[1], signed[2])
        return PublicKeys.listed(ours, theirs)

    # --- cheating ----------------------------------------------------------------------------------------------

    def replace(self, party: str, variant: type[_N], timers: Timers | None = None) -> _N:
        """Put a cheat's variant of the node in the place of a party's, over the same store."""
        node = self.nodes[party]
        cheat = variant(node.office, node.voice, node.peer, node.ledger, timers or node.timers)
        self.nodes[party] = cheat
        return cheat

    def refit(self, party: str, office: Office) -> Node:
        """Let a party's node work by another office: another law gate, other powers."""
        node = self.nodes[party]
        self.nodes[party] = Node(office, node.voice, node.peer, node.ledger, node.timers)
        return self.nodes[party]

    # --- evidence ----------------------------------------------------------------------------------------------

    def keep(self, name: str, content: bytes | str) -> None:
        """Keep a file as evidence."""
        path = self.folder / name
        write_atomic(path, content.encode() if isinstance(content, str) else content)
        self.evidence.append(str(path))

    def keep_proof(self, party: str, role: LogRole, index: int, name: str) -> str:
        """Keep an entry of a log and its proof under the newest head that both signed; return the proof."""
        with self.nodes[party].ledger.read() as tx:
            proof = entry_proof(tx, role, index)
        if proof is None:
            raise ValueError(f"no head that both signed covers entry {index} yet")
        self.keep(f"{name}.leaf.cbor", proof.entry)
        self.keep(f"{name}.tlog-proof", proof.text())
        return proof.text()

    def check(self, what: str, good: object, *, public: bool = False) -> None:
        """Note one thing that had to hold."""
        self.checks.append(Check(what, bool(good), public))

    def result(self, attack: tuple[int, str], *, by: str, done: str, noticed: str, after: str) -> AttackResult:
        """Return what the attack came to, with all that was kept and checked."""
        number, name = attack
        return AttackResult(number, name, by, done, noticed, after, tuple(self.evidence), tuple(self.checks))

    def passed(self) -> str:
        """Return how much time has passed on both clocks."""
        minutes = (self.now - self.began) // MINUTE_MS
        return f"{minutes} min on the nodes' clocks" if minutes else "at once on the nodes' clocks"


@contextmanager
def arena(finished: FinishedDay, name: str) -> Iterator[Arena]:
    """Open copies of both nodes for one attack; what an earlier try left is moved out of the way."""
    folder = _fresh(finished.folder / "attacks" / name)
    opened: dict[str, OpenNode] = {}
    try:
        for party in finished.parties:
            opened[party] = open_node(read_config(finished.copy(party, folder)), finished.ended)
        yield Arena(finished, folder, opened)
    finally:
        for one in opened.values():
            one.store.close()


def _fresh(wanted: Path) -> Path:
    """Make a folder of this name, or of the next one that is free; two tries at the same time get two."""
    make_private_folder(wanted.parent)
    for tries in count(1):
        folder = wanted if tries == 1 else wanted.with_name(f"{wanted.name}-{tries}")
        try:
            folder.mkdir(mode=0o700)
        except FileExistsError:
            continue
        return folder
    raise AssertionError("counting does not end")


def timed(act: Callable[[], object]) -> float:
    """Return how many milliseconds something took."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1_000
