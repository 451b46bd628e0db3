"""How commands show what they have: a table for people, JSON for machines."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime

from comity.base.errors import BadForm
from comity.base.ids import Ms


def show_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; values are shown as they are, never as markup."""
    from comity.cli.terminal import print_table  # noqa: PLC0415  loads a library that JSON does without

    print_table(title, heads, rows)


def show_json(value: object) -> None:
    """Print one JSON value on one line."""
    json.dump(value, sys.stdout, ensure_ascii=False, default=str)
    sys.stdout.write("\n")
    sys.stdout.flush()


def moment(at: int | None) -> str:
    """Write a time as day and minute UTC."""
    return "" if at is None else datetime.fromtimestamp(at / 1_000, UTC).strftime("%d %b %H:%M UTC")


def read_moment(text: str) -> Ms:
    """Read an ISO time with zone as milliseconds UTC.

    Raises:
        BadForm: it is none.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise BadForm(f"{text!r} is no time such as 2026-07-13T06:00:00+00:00") from error
    return Ms(int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp() * 1_000))
