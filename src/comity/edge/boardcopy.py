"""Giving out the copy for the international board: our law is asked first, the file is kept with the act, the other side is told.

The rules it keeps: without both approvals nothing is asked, made or read; act and file are kept in one transaction; a copy is made
once, and asked for again it is the same bytes; as long as the other side was not told, asking again tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol, cast

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm, ComityError
from comity.base.ids import DispatchId, Ms, read_id, show_id
from comity.dispatch.acts import Done, NotDone, consider, perform
from comity.dispatch.holding import find
from comity.dispatch.particulars import Particulars
from comity.dispatch.ports import Tx
from comity.dispatch.states import Committed, Form, Officer
from comity.edge.desks import offering, part
from comity.edge.door_acts import outcome_json as act_json
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.forms import By
from comity.edge.opening import OpenNode
from comity.edge.outcome import outcome_json, verdict_json
from comity.edge.plain import Json
from comity.node.bundle import find_source
from comity.policy.question import Act, Outside
from comity.tlog.checkpoint import parse_body
from comity.tlog.note import parse_note
from comity.tlog.tree import leaf_hash

MODULE = "boardcopy"
BODY = "board"
_REASON = "copy of an incident for the international board, approved by both sides"
_SECOND_MS = 1_000


class Copies(Protocol):
    """The copies of a desk's incidents; its module `boardcopy`."""

    def standing(self, tx: Tx, incident: DispatchId) -> Any:
        """Return where the copy of an incident stands."""
        ...

    def named(self, tx: Tx, incident: DispatchId) -> tuple[DispatchId, ...]:
        """Return the dispatches that a file names, or raise `BadForm` where not both approve."""
        ...

    def content(self, tx: Tx, incident: DispatchId, rest: Mapping[str, Any]) -> bytes:
        """Return the file."""
        ...

    def given(self, tx: Tx, incident: DispatchId) -> Any:
        """Return the copy that was given, or None."""
        ...

    def note_given(self, tx: Tx, one: Any) -> None:
        """Keep a copy."""
        ...

    def note_told(self, tx: Tx, incident: DispatchId, told: DispatchId) -> None:
        """Note our dispatch that tells the other side."""
        ...

    def word_of_it(self, one: Any) -> tuple[str, dict[str, Any]]:
        """Return kind and form of the word by which the other side is told."""
        ...


@dataclass(frozen=True, slots=True)
class Names:
    """How a file names things: the accord, our node and theirs."""

    accord: str
    ours: str
    theirs: str


class CopyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which incident, and who acts."""

    incident: str
    by: By


class BoardCopyRoutes:
    """The door's routes for copies; nothing is decided here but by our law and by both approvals.

    Args:
        engine: the running node.
        desk: name of the desk that has incidents.
        names: for the file.
    """

    def __init__(self, engine: Engine, desk: str, names: Names) -> None:
        self._engine, self._desk, self._names = engine, desk, names
        module = part(desk, MODULE)
        self._given = module.Given
        self._digest_of = module.digest_of
        self._copies = cast("Copies", module.BoardCopies(engine.node.office.desks[desk]))
        self._read = msgspec.json.Decoder(CopyIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("POST", "/board-copy"): self._on_give,
            ("POST", "/judge/board-copy"): self._on_judge,
            ("POST", "/board-copy/agree"): self._on_agree,
            ("GET", "/board-copy"): self._on_look,
        }

    async def _on_look(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        """Say where a copy stands, with its file where it was given and both still approve."""
        incident = read_id(query_of(request, "id"))
        with self._engine.node.ledger.read() as tx:
            return standing_json(self._copies, tx, incident)

    async def _on_judge(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._read.decode(await body_of(receive))
        incident, now, engine = read_id(asked.incident), self._engine.clock.now(), self._engine
        return await engine.call(self._judged, incident, asked.by.officer(), now)

    def _judged(self, incident: DispatchId, by: Officer, now: Ms) -> Json:
        node = self._engine.node
        with node.ledger.read() as tx:
            self._copies.named(tx, incident)
            verdict, missing = consider(particulars_of(incident), by, tx, node.office, now)
        state = "done" if verdict.permits and not missing else "held" if missing else "referred"
        return {"outcome": state, "verdict": verdict_json(verdict), "missing": list(missing)}

    async def _on_give(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Ask our law; where it says yes, keep the file with the act, and tell the other side."""
        asked = self._read.decode(await body_of(receive))
        incident, by, engine = read_id(asked.incident), asked.by.officer(), self._engine
        outcome = await engine.call(self._give, incident, by, engine.clock.now())
        engine.bell.ring([incident])
        told = await self._tell(incident, by) if outcome is None or isinstance(outcome, Done) else None
        with engine.node.ledger.read() as tx:
            stands = standing_json(self._copies, tx, incident)
        act: Json = {"outcome": "done", "obligations": [], "missing": []} if outcome is None else act_json(outcome)
        return {"act": act, "telling": told, "copy": stands}

    def _give(self, incident: DispatchId, by: Officer, now: Ms) -> Done | NotDone | None:
        """Do the act and keep the file in one transaction; None where that was done before."""
        node, copies = self._engine.node, self._copies
        with node.ledger.begin() as book:
            names, found = copies.named(book.tx, incident), copies.standing(book.tx, incident)
            if copies.given(book.tx, incident) is not None:
                return None
            proofs = [proof_of(book.tx, one) for one in names]
            outcome = perform(particulars_of(incident), by, book, node.office, now)
            if isinstance(outcome, NotDone):
                return outcome
            content = copies.content(book.tx, incident, self._rest(proofs, now))
            digest, who = self._digest_of(content), (by.desk, by.number)
            copies.note_given(
                book.tx,
                self._given(
                    found.asked.id, found.agreed.id, outcome.id, outcome.record, now, who, digest, content, None
                ),
            )
            return outcome

    def _rest(self, proofs: list[Json], now: Ms) -> dict[str, Any]:
        names = self._names
        sides = {"ours": names.ours, "theirs": names.theirs}
        return {"made": _time(now), "accord": names.accord, "sides": sides, "proof": proofs}

    async def _tell(self, incident: DispatchId, by: Officer) -> Json:
        """Tell the other side that the copy went out, once; None where it knows already, and why where it could not leave."""
        engine = self._engine
        with engine.node.ledger.read() as tx:
            one = self._copies.given(tx, incident)
            if one is None or one.told is not None:
                return None
            form = self._form(tx, one, by)
        try:
            outcome = await engine.submit(form, by)
        except ComityError as error:
            return {"outcome": "not-sent", "missing": [str(error)]}
        if isinstance(outcome, BadForm):
            return {"outcome": "not-sent", "missing": [str(outcome)]}
        if isinstance(outcome, Committed):
            await engine.call(self._note_told, incident, outcome.id)
        return outcome_json(outcome)

    def _note_told(self, incident: DispatchId, told: DispatchId) -> None:
        with self._engine.node.ledger.begin() as book:
            self._copies.note_told(book.tx, incident, told)

    def _form(self, tx: Tx, one: Any, by: Officer) -> Form:
        kind, body = self._copies.word_of_it(one)
        return self._word(tx, one.incident, by, (kind, body))

    def _word(self, tx: Tx, incident: DispatchId, by: Officer, said: tuple[str, dict[str, Any]]) -> Form:
        """Return a word on a copy as the path takes it: of the officer's agency, to whoever of the other side had its part in it."""
        node, found = self._engine.node, self._copies.standing(tx, incident)
        if found.asked is None:
            raise BadForm(
                "nobody asked for a copy of this incident, or it is no incident that is here; nothing was sent"
            )
        rows = [one for one in (found.asked, found.agreed) if one is not None]
        standing = node.office.powers.standing(tx, by.desk, by.number, self._engine.clock.now())
        header = find(next((one for one in rows if one.ours), found.asked).id, tx).header
        theirs = [one.from_agency for one in rows if not one.ours] or list(header.agencies)
        return Form(
            desk=self._desk,
            kind=said[0],
            agency=min(node.office.agencies) if standing is None else standing.agency,
            role="officer",
            recipients=tuple(dict.fromkeys(theirs)),
            purpose=header.purpose,
            urgency=header.urgency,
            workplan_item=header.workplan_item,
            workplan_reason=header.workplan_reason,
            body=said[1],
            case=found.asked.case,
            re=(incident,),
            basis=tuple(header.basis) if any(one.ours for one in rows) else (),
            conduct=header.conduct,
        )

    async def _on_agree(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        """Agree to the copy for which an incident of the other side asks."""
        asked = self._read.decode(await body_of(receive))
        incident, by = read_id(asked.incident), asked.by.officer()
        with self._engine.node.ledger.read() as tx:
            if find(incident, tx).ours:
                raise BadForm(
                    "our own incident asks for this copy; the other side agrees to it, not we. Nothing was sent"
                )
            kind = find(incident, tx).header.kind
            form = self._word(tx, incident, by, (kind, {"state": "copy-agreed"}))
        outcome = await self._engine.submit(form, by)
        if isinstance(outcome, BadForm):
            raise outcome
        return outcome_json(outcome)


def particulars_of(incident: DispatchId) -> Particulars:
    """Return the act as our law is asked for it; the same each time, so that an approval binds to it."""
    return Particulars(Act.ONWARD, incident, outside=Outside.THIRD_STATE, reason=_REASON, body=BODY)


def proof_of(tx: Tx, dispatch: DispatchId) -> Json:
    """Return where a dispatch stands in its sender's log, under the first head above it that both signed.

    Raises:
        BadForm: no head of both covers it yet; nothing was made.
    """
    source = find_source(tx, dispatch)
    if source is None:
        raise BadForm(
            f"no head that both sides signed covers {show_id(dispatch)} yet; nothing was made. Try again after the next exchange"
        )
    head = parse_body(parse_note(source.proof.proof.note).text)
    return {
        "dispatch": show_id(dispatch),
        "log": str(head.origin),
        "index": source.proof.index,
        "leaf": leaf_hash(source.proof.entry).hex(),
        "size": head.size,
        "root": head.root.hex(),
        "tlog_proof": source.proof.text(),
    }


def standing_json(copies: Copies, tx: Tx, incident: DispatchId) -> Json:
    """Return where a copy stands; `content` only while both approve."""
    found, one = copies.standing(tx, incident), copies.given(tx, incident)
    there = one is not None and found.word == "agreed" and one.content
    return {
        "incident": show_id(incident),
        "word": str(found.word),
        "asked_by_us": None if found.asked is None else found.asked.ours,
        "agreed": None if found.agreed is None else show_id(found.agreed.id),
        "given": None
        if one is None
        else {
            "at": one.at,
            "by": f"{one.officer[0]}/{one.officer[1]}",
            "record": one.record,
            "digest": one.digest.hex(),
            "told": None if one.told is None else show_id(one.told),
        },
        "content": one.content.decode() if there else None,
    }


def start_board_copies(opened: OpenNode, engine: Engine) -> tuple[Routes, ...]:
    """Return the door's routes for copies; none where no desk has incidents."""
    desks = offering(opened.config.desks, MODULE)
    if not desks:
        return ()
    accord, me = opened.node.office.accord, opened.config.name
    names = Names(accord.name, str(me), str(accord.peer_of(me).node))
    return (BoardCopyRoutes(engine, desks[0], names).routes,)


def _time(at: Ms) -> str:
    return datetime.fromtimestamp(at / _SECOND_MS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
