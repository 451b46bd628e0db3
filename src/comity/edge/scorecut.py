"""How far both logs are read, as one text that a page hands back: what was shown is what is counted again."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from comity.base.errors import BadForm
from comity.base.ids import Digest, Origin

_PARTS = 3
_MOST = 20
"""Digits of a number; more is none of ours."""


def cut_text(cut: Sequence[Any]) -> str:
    """Write a cut."""
    return ",".join(f"{one.size}:{one.time}:{one.root.hex()}" for one in cut)


def cut_of(text: str, like: Sequence[Any]) -> tuple[Any, ...]:
    """Read what `cut_text` wrote.

    Args:
        text: came back from a page.
        like: a cut of the same logs.

    Raises:
        BadForm: it is none.
    """
    parts = [one.split(":") for one in text.split(",")]
    if len(parts) != len(like) or any(len(one) != _PARTS for one in parts):
        raise BadForm("this does not say how far the logs are read; look again, then send. Nothing was kept")
    try:
        return tuple(_one(known, *part) for known, part in zip(like, parts, strict=True))
    except ValueError as error:
        raise BadForm("this does not say how far the logs are read; look again, then send. Nothing was kept") from error


def _one(known: Any, size: str, time: str, root: str) -> Any:
    if max(len(size), len(time)) > _MOST:
        raise ValueError(size)
    return type(known)(Origin(known.origin), int(size), Digest(bytes.fromhex(root)), int(time))
