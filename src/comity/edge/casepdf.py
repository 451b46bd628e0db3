"""The printed pages of a case as PDF: typst sets what `casepages` says, with the fonts shipped here and no others.

The rule it keeps: the same folder gives the same PDF, byte for byte, wherever it is made; nothing is read from the machine or
the network, and no text of a dispatch is ever read as markup.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from importlib import import_module
from importlib.metadata import version
from typing import Any, Final

from comity.base.errors import BadConfiguration
from comity.edge.casepages import DOCUMENTS, pages_of
from comity.node.casefolder import PDF
from comity.node.casepapers import CASE

FONTS: Final = DOCUMENTS / "fonts"
PDF_KIND: Final = "a-2a"
"""PDF/A-2a: made to be kept; its text can be read aloud and taken out in order."""


def make_pdf(files: Mapping[str, bytes], language: str) -> bytes:
    """Return the PDF of a folder of papers.

    Args:
        files: the record with its hash report and certificate.
        language: one of `casepages.LANGUAGES`.

    Raises:
        BadConfiguration: typst is not installed, or there are no words in this language.
        BadEnvelope: the folder is not one that this program made.
    """
    return _compile(files, language, "pdf", pdf_standards=[PDF_KIND], timestamp=made_second(files))[0]


def make_pictures(files: Mapping[str, bytes], language: str, dots_an_inch: float = 72.0) -> list[bytes]:
    """Return each page as PNG, for a person who looks at how scripts are set."""
    return _compile(files, language, "png", ppi=dots_an_inch)


def made_second(files: Mapping[str, bytes]) -> int:
    """Return when the papers were made, in seconds UTC."""
    return int(json.loads(files[CASE])["made"]["at"]) // 1_000


def _compile(files: Mapping[str, bytes], language: str, form: str, **more: Any) -> list[bytes]:
    typst = typst_module()
    data = pages_of(files, language)
    compiler = typst.Compiler(
        input=DOCUMENTS / "case.typ",
        root=DOCUMENTS,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(data, ensure_ascii=False)},
    )
    try:
        made = compiler.compile(format=form, **more)
    except typst.TypstError as error:
        raise BadConfiguration(f"the pages could not be set ({error}); no PDF was made") from error
    return [bytes(one) for one in made] if isinstance(made, list) else [bytes(made)]


def typst_version() -> str:
    """Return the version of typst, which is part of what a PDF's bytes depend on.

    Raises:
        BadConfiguration: typst is not installed.
    """
    typst_module()
    return version("typst")


def same_pdf(files: Mapping[str, bytes]) -> tuple[bool, str]:
    """Make the PDF of a folder again and compare it with the one in it; return whether nothing speaks against it, and a sentence.

    Another version of typst may set pages a little differently: then the comparison says nothing.
    """
    said = json.loads(files[CASE])["printed"]
    try:
        here = typst_version()
    except BadConfiguration:
        return True, "not made again: typst is not installed here; its hash in the manifest was checked"
    if said is None or said["typst"] != here:
        return True, "not made again: typst has another version here; its hash in the manifest was checked"
    same = make_pdf({name: raw for name, raw in files.items() if name != PDF}, said["language"]) == files[PDF]
    return (
        same,
        "is what these papers give when printed again" if same else "is not what these papers give: it was replaced",
    )


def typst_module() -> Any:
    """Return the package typst.

    Raises:
        BadConfiguration: it is not installed.
    """
    try:
        return import_module("typst")
    except ImportError as error:
        raise BadConfiguration(
            "a PDF needs the package typst, which is not installed; install comity[documents], or make the folder without it"
        ) from error
