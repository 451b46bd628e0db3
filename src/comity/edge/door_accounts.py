"""The door's routes for accounts, sessions, own choices and members of cases. Nothing is decided here."""

from __future__ import annotations

from typing import cast

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.base.errors import BadForm
from comity.base.ids import CaseId, read_id
from comity.edge.accounts import Accounts
from comity.edge.door_request import Routes, body_of, query_of
from comity.edge.engine import Engine
from comity.edge.foureyes import COMMAND, FourEyes, Outcome, Proposal, What, Wish
from comity.edge.passkeys import RelyingParty
from comity.edge.people import PEOPLE, People
from comity.edge.plain import Json, to_json


class WhoIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An officer of ours, and who acts, as desk and number."""

    desk: str
    number: int
    by: str = COMMAND


class InviteIn(WhoIn, frozen=True, forbid_unknown_fields=True):
    """An officer who is to register a passkey; `alone`: why at once, from the node's own machine only."""

    alone: str = ""


class DecideIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A change that waits, as 32 hexadecimal digits, and who confirms or refuses it."""

    proposal: str
    by: str = COMMAND


class NameIn(WhoIn, frozen=True, forbid_unknown_fields=True):
    """An officer's name."""

    name: str = ""


class BindIn(WhoIn, frozen=True, forbid_unknown_fields=True):
    """The subject of the agency's sign-in: the issuer's address, a blank, the subject."""

    subject: str = ""
    alone: str = ""


class ChooseIn(WhoIn, frozen=True, forbid_unknown_fields=True):
    """An officer's own choices."""

    language: str | None = None
    choices: dict[str, str] = {}


class RevokeIn(WhoIn, frozen=True, forbid_unknown_fields=True):
    """A passkey to be ended; `own`: by the officer."""

    passkey: str = ""
    own: bool = False


class SeenIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The session whose person was seen, by its id."""

    id: str


class SessionIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A session by its id; with desk and number only if it is that officer's."""

    session: str
    desk: str = ""
    number: int = 0
    why: str = "signed-out"


class SessionsIn(WhoIn, frozen=True, forbid_unknown_fields=True):
    """All sessions of an officer, but one."""

    but: str = ""
    why: str = "ended"


class MemberIn(WhoIn, frozen=True, forbid_unknown_fields=True):
    """A person and a case, 26 letters and digits."""

    case: str = ""


class AccountRoutes:
    """The routes of administration, and those by which officers keep their own account."""

    def __init__(self, engine: Engine, accounts: Accounts, people: People, party: RelyingParty, eyes: FourEyes) -> None:
        """Take the running node, its accounts and who reads them; `party` has the address of the links."""
        self._eyes = eyes
        self._engine = engine
        self._accounts = accounts
        self._people = people
        self._party = party

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("GET", "/people"): self._on_people,
            ("GET", "/people/one"): self._on_one,
            ("GET", "/people/proposals"): self._on_proposals,
            ("POST", "/people/confirm"): self._on_confirm,
            ("POST", "/people/refuse"): self._on_refuse,
            ("POST", "/people/invite"): self._on_invite,
            ("POST", "/people/invite/end"): self._on_invite_end,
            ("POST", "/people/suspend"): self._on_suspend,
            ("POST", "/people/reinstate"): self._on_reinstate,
            ("POST", "/people/name"): self._on_name,
            ("POST", "/people/bind"): self._on_bind,
            ("POST", "/people/settings"): self._on_settings,
            ("POST", "/people/passkey/end"): self._on_passkey_end,
            ("POST", "/people/session/seen"): self._on_seen,
            ("POST", "/people/session/end"): self._on_session_end,
            ("POST", "/people/sessions/end"): self._on_sessions_end,
            ("POST", "/people/member"): self._on_member,
            ("POST", "/people/member/end"): self._on_member_end,
        }

    # --- looking -----------------------------------------------------------------------------------------------

    async def _on_people(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        return to_json(self._people.accounts())

    async def _on_one(self, request: HTTPScope, _: ASGIReceiveCallable) -> Json:
        number = query_of(request, "number")
        if not (number.isascii() and number.isdecimal()):
            raise BadForm("`number` is the officer's number at the desk")
        return to_json(self._people.account(query_of(request, "desk"), int(number)))

    # --- administration ----------------------------------------------------------------------------------------

    async def _on_invite(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=InviteIn)
        return await self._widened(Wish(What.INVITE, _who(asked), asked.by), asked.alone)

    async def _widened(self, wish: Wish, alone: str = "") -> Json:
        """Have a change that widens rights proposed, or made where nobody else could confirm it."""
        made = await self._engine.call(self._eyes.ask, wish, self._engine.clock.now(), alone=alone)
        return self._outcome(made, wish.what)

    def _outcome(self, made: Outcome, what: What) -> Json:
        said: dict[str, Json] = {"waits": made.waits, "alone": made.alone, "proposal": made.proposal}
        if made.invited is not None:
            path = f"/invitation/{made.invited.token}"
            origin = self._party.origins[0] if self._party.origins else ""
            said |= {"token": made.invited.token, "path": path, "link": origin and origin + path}
            said |= {"until": made.invited.until}
        return self._told(said) if made.waits or what is not What.BIND else self._closed(said)

    async def _on_proposals(self, _: HTTPScope, __: ASGIReceiveCallable) -> Json:
        eyes = self._eyes
        able, listed = await self._engine.call(lambda: (eyes.able(), eyes.listed()))
        return {
            "administrators": [f"{desk}/{number}" for desk, number in able],
            "proposals": [_proposal_json(one, waits=eyes.waits(one)) for one in listed],
        }

    async def _on_confirm(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=DecideIn)
        made = await self._engine.call(self._eyes.confirm, asked.proposal, asked.by, self._engine.clock.now())
        return self._outcome(made, What.INVITE if made.invited is not None else What.BIND)

    async def _on_refuse(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=DecideIn)
        await self._engine.call(self._eyes.refuse, asked.proposal, asked.by, self._engine.clock.now())
        return self._told({"refused": True})

    async def _on_invite_end(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=WhoIn)
        return self._told({"ended": await self._engine.call(self._accounts.end_invitations, _who(asked))})

    async def _on_suspend(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=WhoIn)
        return self._closed({"sessions": await self._engine.call(self._accounts.suspend, _who(asked), asked.by)})

    async def _on_reinstate(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=InviteIn)
        said = await self._widened(Wish(What.REINSTATE, _who(asked), asked.by), asked.alone)
        return {**cast("dict[str, Json]", said), "reinstated": not cast("dict[str, Json]", said)["waits"]}

    async def _on_name(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=NameIn)
        await self._engine.call(self._accounts.name, _who(asked), asked.name)
        return self._told({"named": bool(asked.name.strip())})

    async def _on_bind(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=BindIn)
        subject = asked.subject.strip()
        if not subject:
            await self._engine.call(self._accounts.bind, _who(asked), "", asked.by)
            return self._closed({"bound": False})
        said = await self._widened(Wish(What.BIND, _who(asked), asked.by, subject), asked.alone)
        return {**cast("dict[str, Json]", said), "bound": not cast("dict[str, Json]", said)["waits"]}

    async def _on_passkey_end(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=RevokeIn)
        await self._engine.call(self._accounts.revoke, _who(asked), asked.passkey, asked.by, own=asked.own)
        return self._closed({"ended": True})

    # --- one's own ---------------------------------------------------------------------------------------------

    async def _on_settings(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=ChooseIn)
        await self._engine.call(self._accounts.choose, _who(asked), asked.language, asked.choices)
        return {"kept": True}

    async def _on_seen(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=SeenIn)
        return {"written": await self._engine.call(self._accounts.see, asked.id)}

    async def _on_session_end(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=SessionIn)
        who = (asked.desk, asked.number) if asked.desk else None
        return self._closed({"ended": await self._engine.call(self._accounts.leave, asked.session, who, asked.why)})

    async def _on_sessions_end(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=SessionsIn)
        ended = await self._engine.call(self._accounts.leave_all, _who(asked), asked.why, asked.but)
        return self._closed({"ended": ended})

    async def _on_member(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=MemberIn)
        await self._engine.call(self._accounts.give, _case(asked), _who(asked), asked.by)
        return self._closed({"given": True})

    async def _on_member_end(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=MemberIn)
        return self._closed({"taken": await self._engine.call(self._accounts.take, _case(asked), _who(asked))})

    def _closed(self, said: dict[str, Json]) -> Json:
        """Tell every open page: whoever may see less now must not wait for the next minute."""
        self._engine.bell.ring()
        return cast("Json", said)

    def _told(self, said: dict[str, Json]) -> Json:
        self._engine.bell.ring(topics=PEOPLE)
        return cast("Json", said)


def _proposal_json(one: Proposal, *, waits: bool) -> Json:
    wish = one.wish
    return {
        "id": one.id,
        "what": wish.what.value,
        "desk": wish.who[0],
        "number": wish.who[1],
        "detail": wish.detail,
        "by": wish.by,
        "since": one.since,
        "until": one.until,
        "waits": waits,
        "ended_at": one.ended_at,
        "ended_by": one.ended_by,
        "ended_how": one.ended_how or ("" if waits else "lapsed"),
    }


def _who(asked: WhoIn) -> tuple[str, int]:
    return asked.desk, asked.number


def _case(asked: MemberIn) -> CaseId:
    return CaseId(read_id(asked.case))
