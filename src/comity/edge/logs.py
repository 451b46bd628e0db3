"""The log of a process, as lines for people or as JSON lines for machines: times, states, sizes, codes, never content.

The rule it keeps: of an exception only its kind and the places of our own code are written. What an exception says may
repeat what it was given, and a library's words nobody has read for content.
"""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import TextIO

FORMATS = ("text", "json")
_PACKAGE = Path(__file__).resolve().parents[1]
_CHAIN = 8
"""Errors of one chain that are written."""


def start_logging(form: str, stream: TextIO | None = None, level: int = logging.INFO) -> logging.Handler:
    """Write all logs of this process to a stream, standard error if none is given; return the handler.

    Args:
        form: `text` or `json`.
        stream: where to.
        level: the least that is written.
    """
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(JsonLines() if form == "json" else TextLines())
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(level)
    # Libraries write addresses, paths and what they were sent.
    for name in ("httpx", "aiohttp", "asyncio", "uvicorn", "litestar"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    return handler


class TextLines(logging.Formatter):
    """One line for people; an exception follows by its kind and places.

    What another handler has made of the record is not taken over: it may have the exception's words.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return one line, or two."""
        said = f"{self.formatTime(record)} {record.levelname} {record.name} {record.getMessage()}"
        return f"{said}\n  {' < '.join(kinds_and_places(record.exc_info))}" if record.exc_info else said


class JsonLines(logging.Formatter):
    """One JSON object a line: `at`, `level`, `logger`, `message`, and `error`, a list, where there was an exception."""

    def format(self, record: logging.LogRecord) -> str:
        """Return one line."""
        at = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        said: dict[str, object] = {
            "at": at.replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info:
            said["error"] = list(kinds_and_places(record.exc_info))
        return json.dumps(said, ensure_ascii=False)


def kinds_and_places(found: object) -> Iterator[str]:
    """Yield an exception and what caused it, each as its kind, its code if it has one, and where it was raised."""
    error = found[1] if isinstance(found, tuple) and len(found) > 1 else None
    for _ in range(_CHAIN):
        if not isinstance(error, BaseException):
            return
        code = getattr(error, "code", None)
        kind = type(error).__name__ + (
            f" ({code})" if isinstance(code, str) and code.replace("-", "").isalpha() else ""
        )
        yield f"{kind} at {' > '.join(_places(error.__traceback__)) or 'an unknown place'}"
        error = error.__cause__ or error.__context__


def _places(trace: TracebackType | None) -> list[str]:
    frames = traceback.extract_tb(trace)
    ours = [one for one in frames if _PACKAGE in Path(one.filename).parents] or frames[-1:]
    return [f"{Path(one.filename).name}:{one.lineno}" for one in ours[-4:]]
