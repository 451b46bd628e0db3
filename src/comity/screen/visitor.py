"""Who is signed in, and how a screen asks: of need-to-know, and of the node's own door.

The rule it keeps: here are only values and protocols, so that the edge fills them and the web uses them without knowing
each other; a page process and the node's own process offer the same.
"""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from comity.base.ids import CaseId, Ms
from comity.policy.access import CaseFacts, Deed, Person

Json = int | float | str | bool | None | list["Json"] | dict[str, "Json"]
"""Plain data as the door takes and gives it."""


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
        session: which session this is, as the door names it; "" for a guest. Never the token itself.
        left_ms: how long it is still good if nothing more is done; 0 for a guest.
    """

    person: Person
    name: str
    how: str
    csrf: str
    language: str
    proved_at: Ms
    settings: Mapping[str, str] = field(default_factory=dict)
    session: str = ""
    left_ms: int = 0


NOBODY = Person("", 0, "", frozenset(), active=False)
"""The person of a guest: no desk, no role, nothing open."""


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

    async def send(self, path: str, query: Mapping[str, str], chunks: AsyncIterator[bytes]) -> Json:
        """Send bytes of any length to the door as they come, and return what it says.

        Raises:
            Refused: not all was taken; the message says what is kept.
        """
        ...


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


def session_cookie(node: str, *, https: bool) -> str:
    """Return the name of the cookie of a node's session; several nodes on one machine must not take each other's."""
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", f"comity-{node}")
    return f"__Host-{name}" if https else name
