"""Minutes as PDF in four languages: typst sets the exported data, with the fonts shipped here and no others.

The rule it keeps: the same minutes give the same PDF; a language that a paragraph lacks is said beside the original; minutes
that one side alone has signed say so at their head.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast

from comity.base.errors import BadConfiguration
from comity.edge.casepages import DOCUMENTS, LANGUAGES
from comity.edge.casepdf import FONTS, PDF_KIND, typst_module

_SHORT = 16
_SECOND_MS = 1_000
Names = Mapping[str, str]
Parties = Mapping[str, tuple[str, str]]


def minutes_pdf(found: Mapping[str, Any], language: str, parties: Parties, agencies: Names) -> bytes:
    """Return the PDF of exported minutes.

    Args:
        found: as `comity workplan minutes export` writes it.
        language: `en`, `fr`, `hi` or `pa`.
        parties: node to (mark, name).
        agencies: names by id.

    Raises:
        BadConfiguration: typst is not installed, or there are no words in this language.
    """
    typst = typst_module()
    compiler = typst.Compiler(
        input=DOCUMENTS / "meeting.typ",
        root=DOCUMENTS,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(pages_of(found, language, parties, agencies), ensure_ascii=False)},
    )
    try:
        made = compiler.compile(format="pdf", pdf_standards=[PDF_KIND], timestamp=_second(found))
    except typst.TypstError as error:
        raise BadConfiguration(f"the pages could not be set ({error}); no PDF was made") from error
    return bytes(made)


def pages_of(found: Mapping[str, Any], language: str, parties: Parties, agencies: Names) -> dict[str, Any]:
    """Return everything that is printed, all texts chosen; arguments and errors as `minutes_pdf`."""
    if language not in LANGUAGES:
        raise BadConfiguration(f"minutes are printed in {', '.join(LANGUAGES)}, not in {language}; nothing was made")
    words = cast("Names", tomllib.loads((DOCUMENTS / "meeting.toml").read_text(encoding="utf-8"))[language])
    terms = found["terms"] or {"sort": "review", "title": "", "languages": [], "at": None, "deputies": []}
    return {
        "language": language,
        "words": words,
        "title": terms["title"],
        "kind": words[terms["sort"]],
        "state": _state(found, words, parties),
        "facts": _facts(terms, words),
        "agenda": [_item(one, words) for one in found["beside"]["agenda"]],
        "paragraphs": [
            {"number": number, "versions": [_version(v, language, words, (parties, agencies)) for v in one["versions"]]}
            for number, one in enumerate(found["paragraphs"], 1)
        ],
        "signatures": [_signature(one, found["hash"], words, parties) for one in found["signatures"] if one["sound"]],
        "hash": found["hash"],
        "short": found["hash"][:_SHORT],
    }


def _state(found: Mapping[str, Any], words: Names, parties: Parties) -> str:
    signed = [one for one in found["signatures"] if one["sound"] and one["hash"] == found["hash"]]
    side = parties.get(signed[0]["node"], ("", ""))[1] if signed else ""
    return words[f"state_{found['state']}"].replace("{side}", side)


def _facts(terms: Mapping[str, Any], words: Names) -> list[list[str]]:
    rows = [[words["when"], _time(terms["at"])]] if terms["at"] is not None else []
    rows.append([words["languages"], ", ".join(terms["languages"])])
    return [*rows, *([words["leads"], f"{mark}: {function}"] for mark, function in terms["deputies"])]


def _item(one: Mapping[str, str], words: Names) -> str:
    ref = f" ({one['ref']})" if one["ref"] else ""
    return f"{one['title']}{ref}. {words['about_' + one['about']]}"


def _version(version: Mapping[str, Any], language: str, words: Names, names: tuple[Parties, Names]) -> dict[str, Any]:
    parties, agencies = names
    said = [one for one in version["words"] if one[0] == language]
    shown = said or [one for one in version["words"] if one[0] == version["language"]]
    return {
        "side": parties.get(version["node"], (version["node"], version["node"]))[1],
        "words": [{"text": text} for _, _, text in shown],
        "note": "" if said else words["lacks"],
        "decision": _decision(version["decision"], words, agencies),
    }


def _decision(said: Mapping[str, Any] | None, words: Names, agencies: Names) -> list[list[str]]:
    if said is None:
        return []
    owners = [[words["owner"], f"{mark}: {agencies.get(agency, agency)}"] for mark, agency in said["owners"]]
    item = [[words["item"], said["item"]]] if said["item"] else []
    return [[words["decision"], said["measure"]], [words["due"], said["due"]], *owners, *item]


def _signature(one: Mapping[str, Any], digest: str, words: Names, parties: Parties) -> list[list[str]]:
    mark, name = parties.get(one["node"], (one["node"], ""))
    over = words["this"] if one["hash"] == digest else words["void"]
    return [
        [words["signed_by"], f"{mark} {name}".strip()],
        [words["function"], one["function"]],
        [words["officer"], f"{one['desk']} {one['officer']}"],
        [words["on"], _time(one["at"])],
        [words["over"], f"{one['hash'][:_SHORT]}: {over}"],
    ]


def _second(found: Mapping[str, Any]) -> int:
    """Return the second that the PDF bears: of the last signature, else of the meeting."""
    times: Sequence[int] = [one["at"] for one in found["signatures"]] or [(found["terms"] or {}).get("at") or 0]
    return max(times) // _SECOND_MS


def _time(at: int) -> str:
    return datetime.fromtimestamp(at / _SECOND_MS, UTC).strftime("%Y-%m-%d %H:%M UTC")
