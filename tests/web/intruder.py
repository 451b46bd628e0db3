"""A node with a case of every standing for every role, and a browser of each role that asks its pages without a socket.

    with besieged(folder) as world:
        world.ask("reviewer", "GET", "/inbox")             # one request of that role's browser; `guest` has no session
        world.gate("officer", "GET", path)                 # the same, of an application whose screens only say that they ran
        world.cases["officer", "member"]                   # a `Thing`: case, dispatch and draft as 26 letters

Standings, of a person towards a case: `own` (the case is of their agency), `other`, `member` (of another agency, given to
them), `waits` (of another agency; something in it waits for their role), `none` (there is no such case).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

import httpx

from comity.base.ids import show_id
from comity.edge import peoplerows
from comity.edge.changes import NearChanges, Topics
from comity.edge.forms import form_json
from comity.edge.hands import NearHands
from comity.edge.site import make_site
from comity.web.app import Pages, create
from comity.web.visit import ScreenRoute, Told, Visit
from tests.unit.edge.twofolders import question
from tests.web.desk import HOMES, ROLES, STRANGER, Browser, House, desk, routes
from tests.web.roles import has

STANDINGS = ("own", "other", "member", "waits", "none")
AWAITED = ("approver", "decider-outside", "assessor", "legal-officer", "desk-lead", "duty-officer")
WRITERS = {"harbour-watch": 103, "paper-office": 101}
NOWHERE = "01J0C00000000000000000000Z"
"""An identifier that nothing has."""
HOST = "xo.localhost:8000"
ORIGIN = f"http://{HOST}"
MARK = "mark-of-a-guest"
JSON = {"accept": "application/json"}
ABSENT = b'{"error":"not here","code":"not-found"}'
LETTERS = "abcdefghijklm"
"""Each case has a word with one of them, which stands in its title, texts and tasks and nowhere else."""


@dataclass(frozen=True, slots=True)
class Thing:
    """A case with its opening dispatch and a draft in it."""

    case: str
    dispatch: str
    draft: str
    number: str = ""
    mark: str = ""


NOTHING = Thing(NOWHERE, NOWHERE, NOWHERE, "XO-2026-9999")


class World:
    """See the module."""

    def __init__(self, house: House) -> None:
        self.house = house
        self._marks = iter(f"quillmark{one}" for one in LETTERS)
        self.node = house.running()
        self.browsers: dict[str, Browser] = {role: house.visitor(role) for role in ROLES}
        self.browsers["stranger"] = house.visitor(STRANGER)
        self.browsers["guest"] = house.guest()
        self.browsers["guest"].csrf = hashlib.sha256(f"comity/guest/1:{MARK}".encode()).hexdigest()
        opened, engine = self.node.opened, self.node.engine
        self.site = make_site(opened, NearHands(self.node.door), engine.clock.now)
        self._changes = NearChanges(engine.bell, Topics(opened.node.ledger))
        self._clients: dict[Pages, httpx.AsyncClient] = {}
        self.app, self.door = self.pages(routes()), self.pages(map(_only_says_so, routes()))
        self.cookie = self.browsers["desk-lead"].cookie
        self.things = {
            (agency, kind): self._thing(agency) for agency in WRITERS for kind in ("plain", "given", "waits")
        }
        self._stand()
        self.cases = {(role, standing): self._case(role, standing) for role in ROLES for standing in STANDINGS}
        self.far = self._far()
        self.came = self._came()
        for thing in self.things.values():
            self._task(thing)

    def pages(self, given: Any) -> Pages:
        """Return an application of this node with the given routes."""
        app = create(self.site, self._changes, node=self.node.opened.config.node, routes=tuple(given))
        transport = httpx.ASGITransport(app=cast("Any", app), raise_app_exceptions=False)
        self._clients[app] = httpx.AsyncClient(transport=transport, base_url=ORIGIN)
        return app

    # --- making cases ------------------------------------------------------------------------------------------

    def _thing(self, agency: str) -> Thing:
        mark = next(self._marks)
        by = {"desk": "requests", "number": WRITERS[agency]}
        body = {
            "title": f"Is paper 88 yours? {mark}", "text": f"Shown at the port, {mark}.", "asks": ["document"],
            "records": ["registration"], "own_power": "port law, article 4", "reason": "The seal looks like yours.",
        }  # fmt: skip
        form = replace(question(body=body), agency=agency)
        sent = self._door("/submit", form_json(form), by)
        line = replace(form, kind="message", case=bytes_of(sent["id"]), body={"text": mark}, marking="ours-secret")
        held = self._door("/submit", form_json(line), by)
        assert (sent["outcome"], held["outcome"]) == ("sent", "held"), (sent, held)
        case = self.node.opened.desks["requests"]
        with self.node.opened.node.ledger.read() as tx:
            number = case.number(tx, bytes_of(sent["id"]))[0]
        return Thing(sent["id"], sent["id"], held["id"], number, mark)

    def _door(self, path: str, form: Any, by: Any) -> Any:
        return self.house.door("POST", path, {"form": form, "by": by})

    def _stand(self) -> None:
        """Give cases to persons, and let some wait for roles; what waits in the others is dropped."""
        for (agency, kind), thing in self.things.items():
            by = {"desk": "requests", "number": WRITERS[agency]}
            if kind != "waits":
                self.house.door("POST", "/held/drop", {"draft": thing.draft, "by": by, "reason": "not wanted"})
            case = bytes_of(thing.case)

            def write(agency: str = agency, kind: str = kind, case: bytes = case) -> None:
                with self.node.opened.node.ledger.begin() as book:
                    for place, role in enumerate(AWAITED if kind == "waits" else ()):
                        row = (case[:15] + bytes([place]), "review", case, role, 0)
                        book.tx.run("INSERT INTO owed (id, what, dispatch, role, since) VALUES (?, ?, ?, ?, ?)", row)
                    for role, number in ROLES.items() if kind == "given" else ():
                        if agency_of(role) != agency:
                            peoplerows.add_member(book.tx, case, ("requests", number), "test", 0)

            self.write(write)

    def _case(self, role: str, standing: str) -> Thing:
        if standing == "none":
            return NOTHING
        own, other = agency_of(role), next(one for one in WRITERS if one != agency_of(role))
        kinds = {
            "own": (own, "plain"),
            "other": (other, "plain"),
            "member": (other, "given"),
            "waits": (other, "waits"),
        }
        return self.things[kinds[standing]]

    def has(self, role: str, thing: Thing) -> bool:
        """Say whether a role's officer has a case, by how it was made."""
        if thing is self.came:
            return has(role, "own" if agency_of(role) == "paper-office" else "other")
        agency, kind = next(key for key, one in self.things.items() if one is thing)
        own = agency == agency_of(role)
        return has(role, "own" if own else {"plain": "other", "given": "member", "waits": "waits"}[kind])

    def _far(self) -> Thing:
        """Return a case that the other node alone has, for its draft never left."""
        form = form_json(replace(question(marking="ours-secret"), agency="seal-house", recipients=("paper-office",)))
        held = self.house.door("POST", "/submit", {"form": form, "by": {"desk": "requests", "number": 101}}, "vanmere")
        return Thing(held["id"], held["id"], held["id"], "XV-2026-0001")

    def _came(self) -> Thing:
        """Return a case that the other side opened, addressed to the paper office."""
        body = {**question().body, "title": f"Whose is it? {(mark := next(self._marks))}", "text": mark}
        form = replace(question(body=body), agency="seal-house", recipients=("paper-office",))
        by = {"desk": "requests", "number": 101}
        sent = self.house.door("POST", "/submit", {"form": form_json(form), "by": by}, "vanmere")
        assert sent["outcome"] == "sent", sent
        self.fetch(sent["id"])
        with self.node.opened.node.ledger.read() as tx:
            number = self.node.opened.desks["requests"].number(tx, bytes_of(sent["id"]))[0]
        return Thing(sent["id"], sent["id"], NOWHERE, number, mark)

    def fetch(self, id_: str) -> None:
        """Wait until what the other side sent is filed here; it comes with the answer to something of ours."""
        self.house.crosses(question())
        self.house.until(lambda: self.house.door("GET", f"/state?id={id_}").get("filed"))

    def _task(self, thing: Thing) -> None:
        """Ask one officer of no role here for something of a case, in its words."""
        asked = {"agency": "paper-office", "number": 13, "asked": f"Look. {thing.mark}", "case": thing.case}
        assert self.house.door("POST", "/tasks/give", {"by": {"desk": "requests", "number": 108}, **asked})["id"]

    # --- asking ------------------------------------------------------------------------------------------------

    def write(self, change: Any) -> None:
        """Run a change in the node's writer."""
        asyncio.run_coroutine_threadsafe(self.node.engine.call(change), self.house.loop).result(10)

    def run(self, work: Any) -> Any:
        """Run a coroutine on the node's loop."""
        return asyncio.run_coroutine_threadsafe(work, self.house.loop).result(60)

    def ask(self, who: str, method: str, path: str, form: Any = None, **headers: str) -> httpx.Response:
        """Ask the node's pages once."""
        return self.run(self.asked(self.app, who, method, path, form, **headers))

    def gate(self, who: str, method: str, path: str, **headers: str) -> bool:
        """Say whether a role's request reaches the screen; the only other answer is the one for what is not there."""
        return self.run(self.reaches(who, method, path, **headers))

    async def reaches(self, who: str, method: str, path: str, **headers: str) -> bool:
        """Ask what `gate` does."""
        answer = await self.asked(self.door, who, method, path, {}, **{**JSON, **headers})
        if answer.status_code == 200 and answer.content == b'{"ran":true}':
            return True
        if who == "guest":
            assert (answer.status_code, answer.content) == (401, b""), (method, path, answer.status_code)
        else:
            assert (answer.status_code, answer.content) == (404, ABSENT), (who, method, path, answer.status_code)
        return False

    async def asked(
        self, app: Pages, who: str, method: str, path: str, form: Any = None, **headers: str
    ) -> httpx.Response:
        """Ask an application once, as the browser of a role: cookie, token and origin are right unless said otherwise."""
        browser = self.browsers[who]
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = {"host": HOST, "x-comity-csrf": browser.csrf} | ({"origin": ORIGIN} if method == "POST" else {})
        sent["cookie"] = f"{self.cookie}={browser.token}" if browser.token else f"{self.cookie}-guest={MARK}"
        data = (
            {"data": form} if isinstance(form, dict) and form else {"content": form} if isinstance(form, bytes) else {}
        )
        client = self._clients[app]
        answer = await client.request(method, path, headers={**sent, **given}, **data)
        client.cookies.clear()
        return answer

    def dump(self) -> dict[str, list[Any]]:
        """Return every row of the store, but when somebody was seen, who searched, when nodes spoke, and what an index is made of."""
        with self.node.opened.node.ledger.read() as tx:
            names = [str(row[0]) for row in tx.rows("SELECT name FROM sqlite_master WHERE type = 'table'")]
            kept = [
                one
                for one in names
                if not re.search(r"session|ceremony|_fts|requests_find|counter|searched|^link$", one)
            ]
            return {one: tx.rows(f"SELECT * FROM {one} ORDER BY 1, 2") for one in kept}

    async def stop(self) -> None:
        """End the streams of all applications."""
        for app, client in self._clients.items():
            await client.aclose()
            await app.stop()


def agency_of(role: str) -> str:
    """Return the agency of a role's officer at Ostrel."""
    return HOMES["ostrel"][2 if role == "officer" else 1]


def bytes_of(name: str) -> Any:
    """Return an identifier out of its 26 letters."""
    from comity.base.ids import read_id

    return read_id(name)


async def _says_so(_: Visit) -> Told:
    return Told({"ran": True})


def _only_says_so(route: ScreenRoute) -> ScreenRoute:
    return replace(route, run=_says_so)


@contextlib.contextmanager
def besieged(folder: Path) -> Iterator[World]:
    """Run both nodes with cases of every standing."""
    with desk(folder) as house:
        world = World(house)
        yield world
        world.run(world.stop())


__all__ = [
    "ABSENT",
    "HOST",
    "JSON",
    "NOTHING",
    "NOWHERE",
    "ORIGIN",
    "STANDINGS",
    "Thing",
    "World",
    "besieged",
    "show_id",
]
