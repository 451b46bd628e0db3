"""The door's routes for custody: what lies there, and opening it by two persons."""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import read_id
from comity.edge.custodial import Custodial, kept_json, listing_json, opening_json, outcome_json
from comity.edge.door_request import Routes, body_of
from comity.edge.forms import By
from comity.edge.plain import Json
from comity.node.custody import End


class OpenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Something to be opened: `ask` by one person, `confirm` by another, `refuse` takes it back."""

    dispatch: str
    step: str
    by: By
    end: End = End.REVIEW
    reason: str = ""


class CustodyRoutes:
    """The routes."""

    def __init__(self, custodial: Custodial) -> None:
        """Take what asks and opens."""
        self._custodial = custodial
        self._open = msgspec.json.Decoder(OpenIn)

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/custody"): self._on_kept,
            ("GET", "/custody/listing"): self._on_listing,
            ("POST", "/custody/open"): self._on_open,
        }

    async def _on_kept(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        kept, wished = await self._custodial.kept()
        return {"kept": [kept_json(one) for one in kept], "openings": [opening_json(one) for one in wished]}

    async def _on_listing(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return listing_json(await self._custodial.listed())

    async def _on_open(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = self._open.decode(await body_of(receive))
        dispatch, by = read_id(asked.dispatch), asked.by.officer()
        match asked.step:
            case "ask":
                return opening_json(await self._custodial.ask(dispatch, asked.end, asked.reason, by))
            case "refuse":
                return opening_json(await self._custodial.drop(dispatch, by))
            case "confirm":
                return outcome_json(await self._custodial.confirm(dispatch, by))
            case _:
                raise BadForm("an opening is asked for, confirmed or refused; nothing was changed")
