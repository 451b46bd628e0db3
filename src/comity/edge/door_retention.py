"""The door's routes for retention: what is due, holds, erasures by two persons, certificates."""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import Ms, read_id, show_id
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.forms import By
from comity.edge.plain import Json
from comity.edge.retaining import Retaining, certificates_json, due_json, hold_json, renewal_json
from comity.node.erasing import PARTS


class HoldIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dispatch or case to be held, and why."""

    target: str
    reason: str
    by: By


class EndHoldIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A hold to be ended."""

    hold: str
    by: By


class EraseIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dispatch to be erased: `ask` by one person, `confirm` by another, `refuse` takes the request back."""

    dispatch: str
    step: str
    by: By
    reason: str = ""
    parts: tuple[str, ...] = tuple(PARTS)


class RenewIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A dispatch to be kept longer: `ask` by one person, `confirm` by another, `refuse` takes it back."""

    dispatch: str
    step: str
    by: By
    until: int = 0
    reason: str = ""


class RetentionRoutes:
    """The routes."""

    def __init__(self, retaining: Retaining) -> None:
        """Take what holds and erases."""
        self._retaining = retaining
        self._hold, self._end = msgspec.json.Decoder(HoldIn), msgspec.json.Decoder(EndHoldIn)
        self._erase = msgspec.json.Decoder(EraseIn)
        self._renew = msgspec.json.Decoder(RenewIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/retention"): self._on_due,
            ("POST", "/retention/hold"): self._on_hold,
            ("POST", "/retention/hold/end"): self._on_end,
            ("POST", "/retention/erase"): self._on_erase,
            ("POST", "/retention/renew"): self._on_renew,
            ("GET", "/retention/certificate"): self._on_certificate,
            ("GET", "/retention/certificates"): self._on_certificates,
        }

    async def _on_due(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        found, holds, later = await self._retaining.due()
        wished: list[Json] = [renewal_json(one) for one in await self._retaining.renewals()]
        due: list[Json] = [due_json(one) for one in found]
        held: list[Json] = [hold_json(one) for one in holds]
        return {"due": due, "holds": held, "renewals": wished, "next": later}

    async def _on_hold(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._hold.decode(await body_of(receive))
        return hold_json(await self._retaining.hold(read_id(asked.target), asked.reason, asked.by.officer()))

    async def _on_end(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._end.decode(await body_of(receive))
        await self._retaining.end_hold(read_id(asked.hold), asked.by.officer())
        return {"ended": asked.hold}

    async def _on_erase(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._erase.decode(await body_of(receive))
        dispatch, by = read_id(asked.dispatch), asked.by.officer()
        match asked.step:
            case "ask":
                await self._retaining.ask(dispatch, asked.parts, asked.reason, by)
            case "refuse":
                await self._retaining.refuse(dispatch, by)
            case "confirm":
                done, clean = await self._retaining.confirm(dispatch, by)
                return {"state": "erased", "kind": done.kind, "leaf": done.leaf, "at": done.at, "clean": clean}
            case _:
                raise BadForm("an erasure is asked for, confirmed or refused; nothing was changed")
        return {"state": "asked" if asked.step == "ask" else "refused", "dispatch": show_id(dispatch)}

    async def _on_renew(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._renew.decode(await body_of(receive))
        dispatch, by = read_id(asked.dispatch), asked.by.officer()
        match asked.step:
            case "ask":
                done = await self._retaining.ask_renewal(dispatch, Ms(asked.until), asked.reason, by)
            case "refuse":
                done = await self._retaining.drop_renewal(dispatch, by)
            case "confirm":
                done = await self._retaining.confirm_renewal(dispatch, by)
            case _:
                raise BadForm("a renewal is asked for, confirmed or refused; nothing was changed")
        return renewal_json(done)

    async def _on_certificate(self, request: HTTPScope, __: ASGIReceiveCallable) -> Json:
        step = query_of(request, "step") or "0"
        if not step.isdecimal():
            raise BadForm("a step of an erasure is a number, 1 the first; nothing was changed")
        found, steps = self._retaining.certificate(read_id(query_of(request, "id")), int(step))
        return {"certificate": None if found is None else found.decode(), "steps": steps}

    async def _on_certificates(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return certificates_json(await self._retaining.certificates())
