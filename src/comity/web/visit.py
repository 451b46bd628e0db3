"""What a screen is asked and what it answers: one visit of one person who is signed in, and one of five kinds of answer.

The rule it keeps: a screen module is a tuple of `ScreenRoute`; it never sees a header, a cookie or a session. Whoever comes
in was let in by `gate` before the screen's function runs: signed in, the form's token right, the deed open to this person.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from comity.base.ids import CaseId, Ms
from comity.policy.access import CaseFacts, Deed
from comity.screen.site import LogFiles, Site
from comity.screen.visitor import NOBODY, Hands, Json, Needs, Refused, Visitor
from comity.web.pages import Page, Part
from comity.web.texts import Texts

__all__ = [
    "NOBODY", "Absent", "Answer", "Download", "Enter", "File", "Fragment", "Hands", "Json", "Leave", "LogFiles", "Needs", "Redirect",
    "Refused", "Screen", "ScreenRoute", "Site", "Told", "Visit", "Visitor", "local_path",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Visit:
    """One request by one person to one screen.

    Attributes:
        who: the visitor.
        site: what the node shows and how it is changed.
        now: the node's time.
        path: values of the places in the route's path.
        query: the last value of each query field.
        form: values of each form field in order; empty for a GET. At most 1 MiB and 500 fields came in.
        partial: htmx asked for a fragment; answer with `Fragment`.
        texts: the words of the visitor's language.
        case: facts of the case that the route is about, as they were checked; None for a route about none.
        case_id: which case that is.
        origin: under which the page was asked for, such as `http://xa.localhost:8080`.
        once: what was read for this visit and is asked for again while its page is made, by name.
        body: of a raw route, its bytes as they come; None for every other.
    """

    who: Visitor
    site: Site
    now: Ms
    path: Mapping[str, str]
    query: Mapping[str, str]
    form: Mapping[str, tuple[str, ...]]
    partial: bool
    texts: Texts
    case: CaseFacts | None = None
    case_id: CaseId | None = None
    origin: str = ""
    once: dict[str, object] = field(default_factory=dict, compare=False, repr=False)
    body: AsyncIterator[bytes] | None = None

    def field(self, name: str, default: str = "") -> str:
        """Return the first value of a form field without blanks around it."""
        return (self.form.get(name) or (default,))[0].strip()


@dataclass(frozen=True, slots=True)
class Screen:
    """A whole page. The same page is asked again, for its parts alone, whenever one of its `topics` moves.

    Attributes:
        page: regions of parts, laid out by `page.template`, which extends `base.html`.
        topics: what moves it: `inbox`, `case:<id>`, `waiting`, `duty`, `people`, `tasks`, `log`, `link`. The minute moves all.
        context: further values for the template's still part (forms); never read again when the page moves.
        status: of the answer.
        at: the address that is asked again, where it is not the one of this answer: a form that was not taken stands at an
            address that only takes forms.
    """

    page: Page
    topics: frozenset[str] = frozenset()
    context: Mapping[str, object] = field(default_factory=dict)
    status: int = 200
    at: str = ""


@dataclass(frozen=True, slots=True)
class Fragment:
    """One part, for htmx to put in its place."""

    part: Part
    status: int = 200


@dataclass(frozen=True, slots=True)
class Redirect:
    """After a change: go there. `say` is a key of the texts that is shown once on the page that comes."""

    to: str
    say: str = ""


@dataclass(frozen=True, slots=True)
class Enter:
    """Signed in, or proved again: from now on the browser has this session and no other, and goes there.

    Attributes:
        token: of the session, for the cookie; kept nowhere else.
        until: when the session ends at the latest, by the clock of the machine.
    """

    token: str
    until: Ms
    to: str = "/"


@dataclass(frozen=True, slots=True)
class Leave:
    """Signed out: the browser forgets its session and goes there."""

    to: str = "/sign-in"


@dataclass(frozen=True, slots=True)
class File:
    """Something to keep; always sent as an attachment, never shown in place."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Download:
    """A large file to keep, as its bytes come; its type is never said, so that no browser opens it.

    Attributes:
        size: bytes; an answer that is shorter is broken off, and the browser says so.
    """

    name: str
    size: int
    chunks: Iterator[bytes]


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such thing, or not for this person: the same answer for both."""


@dataclass(frozen=True, slots=True)
class Told:
    """Plain data for a script of ours."""

    body: Json
    status: int = 200


Answer: TypeAlias = Screen | Fragment | Redirect | Enter | Leave | File | Download | Absent | Told


@dataclass(frozen=True, slots=True)
class ScreenRoute:
    """One address of a screen.

    Attributes:
        method: `GET` or `POST`; a GET changes nothing.
        path: as `/case/{number:str}`.
        deed: what is asked of the access rules.
        run: the screen.
        about: which place of the path names what need-to-know is asked of: "" none, else the name of the place.
        about_kind: `case` (26 letters, or our number) or `dispatch` (26 letters) or `draft`.
        fresh: the person must have touched a key in the last five minutes (releases, approvals, administration).
        public: no session is asked, and `deed` is not; `who` is the visitor if there is a good session, else a guest whose
            person is `NOBODY`. The form's token is checked as everywhere.
        raw: a POST whose body is no form but bytes of any length; its token comes in the header.
    """

    method: str
    path: str
    deed: Deed
    run: Callable[[Visit], Awaitable[Answer]]
    about: str = ""
    about_kind: str = "case"
    fresh: bool = False
    public: bool = False
    raw: bool = False


def local_path(path: str) -> str:
    """Return a path of this site as it is, and `/` for anything else, such as another site's address."""
    plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if plain and path.startswith("/") and not path.startswith("//") else "/"
