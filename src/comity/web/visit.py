"""What a screen is asked and what it answers: one visit of one person who is signed in, and one of five kinds of answer.

The rule it keeps: a screen module is a tuple of `ScreenRoute`; it never sees a header, a cookie or a session. Whoever comes
in was let in by `gate` before the screen's function runs: signed in, the form's token right, the deed open to this person.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, TypeAlias

from comity.base.ids import CaseId, Ms
from comity.edge.plain import Json
from comity.policy.access import CaseFacts, Deed, Person
from comity.screen import Board
from comity.screen.people import HealthReader, PeopleReader
from comity.web.pages import LogFiles, Page, Part
from comity.web.texts import Texts


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is signed in.

    Attributes:
        person: as the access rules see it.
        name: the officer's own name, for the officer alone and for those with the same case.
        how: `passkey`, `agency` or `demo`.
        csrf: token that every form of this session carries in the field `csrf`, or the header `x-comity-csrf`.
        language: `en`, `fr`, `hi` or `pa`.
        proved_at: when the person last touched a key or came from the agency's sign-in.
        settings: own choices, such as `theme` and `keys`.
        session: id of the session, 64 hexadecimal digits, no secret; "" for a guest.
    """

    person: Person
    name: str
    how: str
    csrf: str
    language: str
    proved_at: Ms
    settings: Mapping[str, str] = field(default_factory=dict)
    session: str = ""


NOBODY = Person("", 0, "", frozenset(), active=False)
"""Who comes to a public route without a session: nothing is open to this person. `how` is ""; `csrf` is a value that only
this browser has, made by the gate and kept in its guest cookie, so that a sign-in ends in the browser that began it."""


class Refused(Exception):
    """The node did not do what a person asked; the message is for the person.

    Attributes:
        status: 400 what was written does not fit, 403 not open to this person, 404 not there, 409 not now, 503 unknown.
        code: stable word.
    """

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Hands(Protocol):
    """How a screen changes anything: by the same door as the commands of this machine, in this process or another."""

    async def ask(self, method: str, path: str, query: Mapping[str, str] | None = None, body: Json = None) -> Json:
        """Ask the door of docs/operations.md and return what it says.

        Raises:
            Refused: it was not done; the message says why and what was kept.
        """
        ...


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
    """

    page: Page
    topics: frozenset[str] = frozenset()
    context: Mapping[str, object] = field(default_factory=dict)
    status: int = 200


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
class Away:
    """Go to the sign-in of the agency, an address of another host that the settings name."""

    to: str


@dataclass(frozen=True, slots=True)
class File:
    """Something to keep; always sent as an attachment, never shown in place."""

    name: str
    media_type: str
    body: bytes


@dataclass(frozen=True, slots=True)
class Absent:
    """There is no such thing, or not for this person: the same answer for both."""


Answer: TypeAlias = Screen | Fragment | Redirect | Enter | Leave | Away | File | Absent


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
    """

    method: str
    path: str
    deed: Deed
    run: Callable[[Visit], Awaitable[Answer]]
    about: str = ""
    about_kind: str = "case"
    fresh: bool = False
    public: bool = False


class Needs(Protocol):
    """What need-to-know asks of the store."""

    def facts(self, kind: str, name: str) -> tuple[CaseId, CaseFacts] | None:
        """Return the case that a case number, dispatch or draft belongs to, with its facts; None if there is none.

        Args:
            kind: `case`, `dispatch` or `draft`.
            name: as it stands in the path.
        """
        ...

    def may(self, person: Person, deed: Deed, case: CaseFacts | None = None) -> bool:
        """Say whether the access rules allow a deed."""
        ...


@dataclass(frozen=True, slots=True)
class Site:
    """What a screen works with: one node's readers, its door, its clock. Readers read the store anew on each call."""

    board: Board
    hands: Hands
    needs: Needs
    clock: Callable[[], Ms]
    log_files: LogFiles
    people: PeopleReader
    health: HealthReader
