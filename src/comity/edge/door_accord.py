"""The door's routes for the accord: editions in force, proposals with what they change, and what our side says of one.

The rule it keeps: no root key comes near the node. What is handed in was signed elsewhere; what is to be signed is fetched.
"""  # spec: protocol.md 10

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import Digest, show_id
from comity.dispatch.accord import Accord, fingerprint
from comity.dispatch.amendment import Change, changes, edition_of
from comity.dispatch.closed import real
from comity.dispatch.proposals import Proposal, newest_signed
from comity.dispatch.states import Committed, Officer, Withheld
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.plain import Json
from comity.node.amending import Signed

_LEAST = 8
"""Digits by which a proposal is named at least."""


class EditionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An edition as signed, hex, and a note for the other side."""

    signed: str
    note: str = ""


class RefusalIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A proposal by its number, and why it is not signed."""

    number: str
    note: str


class AccordRoutes:
    """The routes.

    Args:
        engine: the running node.
        by: the duty officer under whose standing delegation the node speaks for itself; None: there is none.
    """

    def __init__(self, engine: Engine, by: Officer | None) -> None:
        self._engine, self._by = engine, by

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/accord"): self._on_accord,
            ("GET", "/accord/edition"): self._on_edition,
            ("POST", "/accord/hand-in"): self._on_hand_in,
            ("POST", "/accord/refuse"): self._on_refuse,
        }

    async def _on_accord(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return await self._engine.call(self._shown)

    def _shown(self) -> Json:
        node, now = self._engine.node, self._engine.clock.now()
        found = node.amending()
        all_ = sorted((*found.proposals, *found.forgotten), key=lambda one: one.said.at)
        with node.ledger.read() as tx:
            newest, digest = newest_signed(tx, node.office)
        return {
            "name": newest.name,
            "newest": newest.edition,
            "digest": digest.hex(),
            "ours": {"edition": found.ours.accord.edition, **_place(found.ours.index)},
            "theirs": {"edition": found.theirs.accord.edition, **_place(found.theirs.index)},
            "signed": [_signed(one, now) for one in found.signed],
            "proposals": [_proposal(one, newest) for one in all_],
        }

    async def _on_edition(self, request: HTTPScope, __: ASGIReceiveCallable) -> Json:
        number = query_of(request, "number")
        return await self._engine.call(self._edition, number)

    def _edition(self, number: str) -> Json:
        found = self._named(number)
        return {"number": found.said.text_sha256.hex(), "signed": found.said.signed.hex()}

    def _named(self, number: str) -> Proposal:
        plain = number.replace(" ", "").lower()
        all_ = self._engine.node.amending().proposals
        found = [one for one in all_ if len(plain) >= _LEAST and one.said.text_sha256.hex().startswith(plain)]
        if len(found) != 1:
            raise BadForm("no proposal has this number; nothing was changed")
        return found[0]

    async def _on_hand_in(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=EditionIn)
        try:
            signed = bytes.fromhex(asked.signed)
        except ValueError as error:
            raise BadForm("an edition goes in as hex; nothing was changed") from error
        engine = self._engine
        made = await engine.call(engine.node.hand_in_edition, signed, asked.note, self._officer(), engine.clock.now())
        engine.poke()
        return _said(made, signed)

    async def _on_refuse(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=RefusalIn)
        engine = self._engine
        found = await engine.call(self._named, asked.number)
        text: Digest = found.said.text_sha256
        made = await engine.call(engine.node.refuse_edition, text, asked.note, self._officer(), engine.clock.now())
        engine.poke()
        return _said(made, found.said.signed)

    def _officer(self) -> Officer:
        if self._by is None:
            raise BadForm("no officer of the roster sends for the node itself; nothing was changed")
        return self._by


def _said(made: Committed | Withheld, signed: bytes) -> Json:
    return {"sent": isinstance(made, Committed), "id": show_id(made.id), "fingerprint": fingerprint(signed)}


def _place(index: int) -> dict[str, Json]:
    """Return a place in a log, and whether that log was closed by a cut since."""
    return {"entry": real(index), "closed": index < 0}


def _signed(one: Signed, now: int) -> Json:
    open_ends = one.our_index is None or one.their_index is None
    return {
        "edition": one.accord.edition,
        "from": one.accord.in_force_from,
        "since": one.since,
        "ours": None if one.our_index is None else _place(one.our_index),
        "theirs": None if one.their_index is None else _place(one.their_index),
        "held": one.ready,
        "due": one.due,
        "late": open_ends and one.due <= now,
        "fingerprint": fingerprint(one.signed),
    }


def _proposal(one: Proposal, newest: Accord) -> Json:
    said, answer = one.said, one.answer
    accord = edition_of(said.signed)
    state = "not-taken" if said.void else answer.stage.value if answer else "overtaken" if one.overtaken else "waits"
    return {
        "number": said.text_sha256.hex(),
        "edition": said.edition,
        "ours": said.ours,
        "forgotten": one.forgotten,
        "at": said.at,
        "from": accord.in_force_from,
        "note": said.note,
        "state": state,
        "answer": "" if answer is None else answer.note,
        "changes": [_change(change) for change in changes(newest, accord)] if one.waits else [],
    }


def _change(one: Change) -> Json:
    return {"what": one.what.value, "subject": one.subject, "before": one.before, "after": one.after}
