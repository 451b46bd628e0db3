"""Figures as a printed sheet: a title, facts, plots, tables, a note; typst sets it with the fonts shipped here and no others.

The rule it keeps: the same sheet gives the same PDF, byte for byte; every text comes as data and is never read as markup.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from comity.base.errors import BadConfiguration
from comity.edge.casepages import DOCUMENTS
from comity.edge.casepdf import FONTS, PDF_KIND
from comity.screen.plots import Plot

LANGUAGES: Final = ("en", "fr", "hi", "pa")
WORDS: Final = DOCUMENTS / "figures"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under heads; the last column is set to the right."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Sheet:
    """What stands on the pages, in one language."""

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    tables: tuple[Table, ...]
    note: str
    plots: tuple[Plot, ...] = ()


@cache
def words_of(language: str) -> Mapping[str, str]:
    """Return the words of figures in one language: names of figures, heads, codes.

    Raises:
        BadConfiguration: there are none.
    """
    path: Path = WORDS / f"{language}.toml"
    if language not in LANGUAGES or not path.is_file():
        raise BadConfiguration(f"there are no words for figures in {language!r}; choose one of {', '.join(LANGUAGES)}")
    found: dict[str, str] = tomllib.loads(path.read_text(encoding="utf-8"))
    return found


def make_sheet(sheet: Sheet, language: str, *, second: int) -> bytes:
    """Return a sheet as PDF/A.

    Args:
        sheet: what stands on it.
        language: of the words, for hyphenation and reading aloud.
        second: the time that the PDF bears, seconds UTC.

    Raises:
        BadConfiguration: typst is not installed, or could not set it.
    """
    try:
        typst: Any = import_module("typst")
    except ImportError as error:
        raise BadConfiguration(
            "a PDF needs the package typst, which is not installed; install comity[documents]"
        ) from error
    data = json.dumps({**asdict(sheet), "language": language}, ensure_ascii=False)
    compiler = typst.Compiler(
        input=DOCUMENTS / "figures.typ",
        root=DOCUMENTS,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": data},
    )
    try:
        return bytes(compiler.compile(format="pdf", pdf_standards=[PDF_KIND], timestamp=second))
    except typst.TypstError as error:
        raise BadConfiguration(f"the sheet could not be set ({error}); no PDF was made") from error
