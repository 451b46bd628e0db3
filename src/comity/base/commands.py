"""A command as plain data: desks describe theirs, the command line reads it and knows no desk."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument: a position if its name has no dashes, else an option; `many` may be given again, `flag` takes no value."""

    name: str
    words: str
    needed: bool = False
    many: bool = False
    flag: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One command: its name, one sentence, its arguments in order."""

    name: str
    words: str
    arguments: tuple[Argument, ...]
