"""The desk of the two invented states in a folder, running with its pages, and people of every role who are signed in.

    with desk(tmp_path) as house:                      # both nodes run; `desk(tmp_path, far=False)` is one
        lead = house.visitor("desk-lead")              # a browser of Ostrel's desk lead, signed in
        page = lead.get("/today")                      # httpx.Response
        lead.post("/tasks/new", {"title": "Call back"})  # carries cookie, token and origin
        case = house.opened("ostrel").node ...         # what runs, to look into its rows
        house.crosses(question())                      # a question of Ostrel's, filed at Vanmere; returns its id

`ROLES` has one officer for each role; `routes()` every address of every screen.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
import ssl
import threading
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import httpx

from comity.base.ids import DispatchId, Ms, read_id, show_id
from comity.cli.doorway import ask
from comity.dispatch.states import Form
from comity.edge import peoplerows
from comity.edge.clock import SystemClock
from comity.edge.forms import form_json
from comity.edge.people import make_people
from comity.edge.peoplerows import SessionRow, digest_of
from comity.web import screens
from comity.web.answers import Jar
from comity.web.visit import ScreenRoute
from tests.unit.cli.pair import Both, quick
from tests.unit.edge.twofolders import ASKS, MADE, PARTIES, copy_of

KEEP = TemporaryDirectory(prefix="comity-test-")
HOMES = {"ostrel": ("xo", "harbour-watch", "paper-office"), "vanmere": ("xv", "road-guard", "seal-house")}
ROLES = {
    "officer": 101,
    "posted-officer": 102,
    "duty-officer": 103,
    "approver": 104,
    "decider-outside": 105,
    "assessor": 106,
    "legal-officer": 107,
    "desk-lead": 108,
    "reviewer": 109,
    "administrator": 110,
    "signatory": 111,
}
"""Role -> number at desk `requests`, the same at both nodes; `officer` is of the second agency, the others of the first."""
STRANGER = 120
"""An officer of an agency that has no case."""


@cache
def furnished() -> Path:
    """Return a folder with both nodes paired, an officer for each role, pages, and demo roles."""
    base = copy_of(quick(), Path(KEEP.name))
    for name in PARTIES:
        folder = base / name
        roster = folder / "roster.toml"
        roster.write_text(roster.read_text() + "".join(_officer(name, role) for role in (*ROLES, "stranger")))
        with (folder / "node.toml").open("a") as settings:
            short = HOMES[name][0]
            settings.write(
                f'web = "comity.web.app:create"\npage_name = "{short}.localhost"\ninsecure_demo_roles = true\n'
            )
    return base


def _officer(name: str, role: str) -> str:
    party, first, second = HOMES[name]
    agency = second if role == "officer" else "nobodys-office" if role == "stranger" else first
    number, words = (STRANGER, "officer") if role == "stranger" else (ROLES[role], role)
    further = ', "desk-officer"' if words in {"officer", "posted-officer", "duty-officer", "desk-lead"} else ""
    return f'\n[[officer]]\nparty = "{party}"\ndesk = "requests"\nnumber = {number}\nagency = "{agency}"\nroles = ["{words}"{further}]\n'


@cache
def _trusted() -> ssl.SSLContext:
    """Return what a browser trusts; made once, for it is read from a file of all the world's authorities."""
    return httpx.create_ssl_context()


class Browser:
    """One person's browser: cookies are kept, a POST carries token and origin; redirects are not followed."""

    def __init__(self, port: int, token: str = "", csrf: str = "", cookie: str = "") -> None:
        self.origin = f"http://127.0.0.1:{port}"
        self.csrf, self.token, self.cookie = csrf, token, cookie
        self.http = httpx.Client(base_url=self.origin, timeout=20, verify=_trusted(), trust_env=False)
        if token:
            self.http.cookies.set(cookie, token, domain="127.0.0.1")

    def get(self, path: str, **headers: str) -> httpx.Response:
        """Ask for a page; headers with `_` for `-`."""
        return self.http.get(path, headers={name.replace("_", "-"): value for name, value in headers.items()})

    def parts(self, path: str, etag: str = "") -> httpx.Response:
        """Ask for the parts of a page alone, as an open page does."""
        return self.get(path, accept="application/vnd.comity.parts+json", if_none_match=etag)

    def post(self, path: str, form: Mapping[str, Any] | None = None, **headers: str) -> httpx.Response:
        """Send a form with the token of the session."""
        given = {"origin": self.origin, **{name.replace("_", "-"): value for name, value in headers.items()}}
        return self.http.post(path, data={"csrf": self.csrf, **(form or {})}, headers=given)


class House(Both):
    """Running nodes with pages; see the module."""

    def __init__(self, folder: Path, *, far: bool = True) -> None:
        self._far = far
        if far:
            super().__init__(folder)
        else:
            self._alone(folder)
        self._browsers: list[Browser] = []

    def _alone(self, folder: Path) -> None:
        self.folder, self.nodes = folder, []
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()
        self.begin("ostrel")

    def running(self, name: str = "ostrel") -> Any:
        """Return the running node."""
        return next(node for node in self.nodes if node.opened.config.folder.name == name)

    def opened(self, name: str = "ostrel") -> Any:
        """Return what the node was opened from."""
        return self.running(name).opened

    def port(self, name: str = "ostrel") -> int:
        """Return where its pages are."""
        return int(self.running(name).page_port)

    def door(self, method: str, path: str, body: object = None, name: str = "ostrel") -> Any:
        """Ask the door of a node."""
        return ask(self.folder / name, method, path, body)

    def guest(self, name: str = "ostrel", port: int = 0) -> Browser:
        """Return a browser of nobody."""
        return self._keep(Browser(port or self.port(name)))

    def visitor(self, role: str | int, name: str = "ostrel", *, port: int = 0, how: str = "passkey") -> Browser:
        """Return the browser of the officer of a role, or with a number, signed in."""
        number = ROLES[role] if isinstance(role, str) else role
        opened, engine = self.opened(name), self.running(name).engine
        token, csrf = secrets.token_urlsafe(32), secrets.token_bytes(32)
        now = SystemClock().now()
        row = SessionRow(digest_of(token), "requests", number, how, csrf, now, Ms(now + 3_600_000), now, now)

        def enter() -> None:
            with opened.node.ledger.begin() as book:
                peoplerows.make_account(book.tx, ("requests", number), secrets.token_bytes(32), now)
                peoplerows.add_session(book.tx, row)

        asyncio.run_coroutine_threadsafe(engine.call(enter), self.loop).result(10)
        signed = make_people(opened, engine.clock.now).signed_in(token)
        assert signed is not None
        cookie = Jar(opened.config.node, https=False).session
        return self._keep(Browser(port or self.port(name), token, signed.csrf, cookie))

    def crosses(self, form: Form, number: int = ASKS.number) -> DispatchId:
        """Send a form from Ostrel and wait until Vanmere has filed it; return its id."""
        said = self.door("POST", "/submit", {"form": form_json(form), "by": {"desk": "requests", "number": number}})
        assert said["outcome"] == "sent", said
        id_ = read_id(said["id"])
        if self._far:
            self.until(lambda: self.door("GET", f"/state?id={show_id(id_)}", name="vanmere").get("filed"))
        return id_

    def _keep(self, browser: Browser) -> Browser:
        self._browsers.append(browser)
        return browser

    def stop(self) -> None:
        """End all browsers and nodes."""
        for browser in self._browsers:
            browser.http.close()
        super().stop()


@contextlib.contextmanager
def desk(folder: Path, *, far: bool = True, lists: Path | None = None) -> Iterator[House]:
    """Run both nodes, or Ostrel's alone, in a folder of a test's own; the clock stands at `MADE` and runs.

    `lists` is the folder of a list of substances that is put beside each node.
    """
    base = copy_of(furnished(), folder)
    for name in PARTIES if lists is not None else ():
        shutil.copytree(lists, base / name / "substances", dirs_exist_ok=True)
    house = House(base, far=far)
    try:
        yield house
    finally:
        house.stop()


def routes() -> tuple[ScreenRoute, ...]:
    """Return every address of every screen."""
    return screens.ALL


__all__ = ["HOMES", "MADE", "ROLES", "STRANGER", "Browser", "House", "desk", "furnished", "routes"]
