"""The files of dispatches as screens show them, and how a screen hands one out or takes one in."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from comity.base.ids import DispatchId


@dataclass(frozen=True, slots=True)
class FileLine:
    """One file of one dispatch.

    Attributes:
        dispatch, number: which.
        ours: we sent it.
        name, media: as its author gave them; shown with all that is hidden in them, never trusted.
        size: bytes of the plain file.
        have, whole: bytes of the ciphertext that are here, and of all of it.
        hash: SHA-256 of the ciphertext, in hex, to which the dispatch commits.
        state: word of `dispatch.attached.FileState`.
        found: type found by content, "" until it was looked at.
    """

    dispatch: DispatchId
    number: int
    ours: bool
    name: str
    media: str
    size: int
    have: int
    whole: int
    hash: str
    state: str
    found: str


class FileBoard(Protocol):
    """What a screen may read of files."""

    def of(self, dispatches: Sequence[DispatchId]) -> tuple[FileLine, ...]:
        """Return the files of these dispatches, in their order."""
        ...

    def plain(self, dispatch: DispatchId, number: int) -> Iterator[bytes]:
        """Yield the plain bytes of a file that the door has given to this person, each chunk checked.

        Raises:
            Refused: it is not here.
        """
        ...
