"""The door's routes by which a browser signs in, proves again, registers a passkey and signs out. Nothing is decided here."""

from __future__ import annotations

import msgspec
from uvicorn._types import ASGIReceiveCallable, HTTPScope

from comity.edge.agency import Agency
from comity.edge.door_request import Routes, body_of
from comity.edge.engine import Engine
from comity.edge.passkeys import NotProved
from comity.edge.people import PEOPLE, People
from comity.edge.plain import Json
from comity.edge.signin import Asked, Entered, SignIn


class CeremonyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is begun: `enter`, `again`, `add`, `register`; `about` is a session's id or an invitation's token."""

    what: str
    browser: str
    about: str = ""


class AnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a passkey answered; fields as `signin.Asked`."""

    ceremony: str
    browser: str
    credential: str
    origin: str = ""
    instead: str = ""
    label: str = ""

    def asked(self) -> Asked:
        """Return it as a sign-in takes it."""
        return Asked(self.ceremony, self.browser, self.origin, self.credential, self.instead, self.label)


class DemoIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The ready-made role to enter as."""

    desk: str
    number: int
    instead: str = ""


class AgencyIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A sign-in at the agency: where the person wants to go afterwards; with a session it is a proof anew."""

    browser: str
    origin: str = ""
    to: str = "/"
    session: str = ""


class AgencyAnswerIn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the browser brought back from the agency."""

    state: str
    code: str
    browser: str
    instead: str = ""
    issuer: str = ""


class SignInRoutes:
    """The routes of signing in."""

    def __init__(self, engine: Engine, signin: SignIn, people: People, agency: Agency | None) -> None:
        """Take the running node, its ceremonies, and the agency's sign-in if there is one."""
        self._engine = engine
        self._signin = signin
        self._people = people
        self._agency = agency

    @property
    def routes(self) -> Routes:
        """(method, path) to route."""
        return {
            ("POST", "/people/ceremony"): self._on_ceremony,
            ("POST", "/people/session"): self._on_session,
            ("POST", "/people/passkey"): self._on_passkey,
            ("POST", "/people/demo"): self._on_demo,
            ("POST", "/people/agency"): self._on_agency,
            ("POST", "/people/agency/answer"): self._on_agency_answer,
        }

    async def _on_ceremony(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=CeremonyIn)
        begun = await self._engine.call(self._signin.begin, asked.what, asked.browser, asked.about)
        return {"id": begun.id, "options": begun.options}

    async def _on_session(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=AnswerIn)
        return self._entered(await self._engine.call(self._signin.enter, asked.asked(), self._engine.clock.now()))

    async def _on_passkey(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=AnswerIn)
        entered = await self._engine.call(self._signin.register, asked.asked())
        self._engine.bell.ring(topics=PEOPLE)
        return {"token": ""} if entered is None else self._entered(entered)

    async def _on_demo(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=DemoIn)
        return self._entered(
            await self._engine.call(self._signin.enter_demo, (asked.desk, asked.number), asked.instead)
        )

    async def _on_agency(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=AgencyIn)
        agency = self._needed()
        asking = await self._engine.call(
            self._signin.begin_agency, asked.browser, asked.origin, asked.to, asked.session
        )
        return {"to": await agency.address(asking, self._people.wall())}

    async def _on_agency_answer(self, _: HTTPScope, receive: ASGIReceiveCallable) -> Json:
        asked = msgspec.json.decode(await body_of(receive), type=AgencyAnswerIn)
        agency, call = self._needed(), self._engine.call
        asking, to, session = await call(self._signin.take_agency, asked.state, asked.browser)
        if asked.issuer and asked.issuer != agency.issuer:  # spec: RFC 9207 2.4
            raise NotProved("another sign-in answered than the one that was asked; nothing was opened")
        subject = await agency.subject(asked.code, asking, self._people.wall())
        entered = await call(self._signin.enter_by_agency, subject, session, asked.instead)
        return {"to": to, **self._entered(entered)}

    def _needed(self) -> Agency:
        if self._agency is None:
            raise NotProved("this node has no agency's sign-in; use a passkey")
        return self._agency

    def _entered(self, entered: Entered) -> dict[str, Json]:
        self._engine.bell.ring(topics=PEOPLE)
        return {"token": entered.token, "until": entered.until, "desk": entered.desk, "number": entered.number}
