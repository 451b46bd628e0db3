"""Tables and progress for people at a terminal; it loads a library, so `out` loads it when the first table is shown."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

_WIDE = 200
"""Columns of a table that goes to a file or a pipe, where nothing needs to be folded."""


def console() -> Console:
    """Return where people read: standard output, without colours and wide when it is no terminal."""
    wide = not sys.stdout.isatty() and "COLUMNS" not in os.environ
    return Console(highlight=False, soft_wrap=True, width=_WIDE if wide else None)


def print_table(title: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print a table; values are shown as they are, never as markup."""
    table = Table(title=Text(title), title_justify="left", show_edge=False, pad_edge=False)
    for head in heads:
        table.add_column(head, overflow="fold", no_wrap=head == "id")  # an id is copied whole
    for row in rows:
        table.add_row(*map(Text, row))
    console().print(table)


@contextmanager
def progress(what: str, total: int, *, hidden: bool) -> Iterator[Callable[[], None]]:
    """Show how far a long work is, on standard error and on a terminal only."""
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}", markup=False), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=hidden or not console.is_terminal) as progress:
        task = progress.add_task(what, total=total)
        yield lambda: progress.advance(task)
