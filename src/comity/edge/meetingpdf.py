"""Minutes as PDF and as plain text in four languages; typst sets the pages, with the fonts shipped here and no others.

The rule it keeps: the same minutes give the same paper, under the names and numbers that the page shows; a language that a paragraph lacks is said beside the original; minutes
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
from comity.screen.meetings import MeetingNames

_GROUP, _GROUPS = 4, 4
_SECOND_MS = 1_000
_DIFFERENCE, _OVERDUE = "difference", "overdue"
Words = Mapping[str, str]


def minutes_pdf(found: Mapping[str, Any], language: str, names: MeetingNames) -> bytes:
    """Return the PDF of exported minutes.

    Args:
        found: as `comity workplan minutes export` writes it.
        language: `en`, `fr`, `hi` or `pa`.
        names: in that language.

    Raises:
        BadConfiguration: typst is not installed, or there are no words in this language.
    """
    typst = typst_module()
    compiler = typst.Compiler(
        input=DOCUMENTS / "meeting.typ",
        root=DOCUMENTS,
        font_paths=[FONTS],
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(pages_of(found, language, names), ensure_ascii=False)},
    )
    try:
        made = compiler.compile(format="pdf", pdf_standards=[PDF_KIND], timestamp=_second(found))
    except typst.TypstError as error:
        raise BadConfiguration(f"the pages could not be set ({error}); no PDF was made") from error
    return bytes(made)


def minutes_text(found: Mapping[str, Any], language: str, names: MeetingNames) -> str:
    """Return the same as plain text; arguments and errors as `minutes_pdf`."""
    pages = pages_of(found, language, names)
    w = pages["words"]
    lines = [pages["title"], f"{pages['kind']}. {pages['state']}", *_rows(pages["facts"])]
    if pages["agenda"]:
        lines += ["", w["agenda"], *(f"{number}. {one}" for number, one in enumerate(pages["agenda"], 1))]
    lines += ["", w["minutes"]]
    for one in pages["paragraphs"]:
        lines += _paragraph_lines(one, w)
    lines += ["", w["signatures"]]
    for one in pages["signatures"]:
        lines += [*_rows(one), ""]
    lines += [] if pages["signatures"] else [w["none_signed"], ""]
    return "\n".join([*lines, w["covers"], pages["hash"]])


def _rows(rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    return [f"{indent}{name}: {value}" for name, value in rows]


def _paragraph_lines(one: Mapping[str, Any], words: Words) -> list[str]:
    several = len(one["versions"]) > 1
    lines = [f"{one['number']}. {words['apart']}"] if several else []
    for version in one["versions"]:
        said = "\n   ".join(part for text in version["words"] for part in text["text"].splitlines())
        lines.append(f"   {version['side']}: {said}" if several else f"{one['number']}. {said}")
        lines += [f"   ({version['note']})"] if version["note"] else []
        lines += _rows(version["decision"], "   - ")
    return lines


def pages_of(found: Mapping[str, Any], language: str, names: MeetingNames) -> dict[str, Any]:
    """Return everything that is printed, all texts chosen; arguments and errors as `minutes_pdf`."""
    if language not in LANGUAGES:
        raise BadConfiguration(f"minutes are printed in {', '.join(LANGUAGES)}, not in {language}; nothing was made")
    words = cast("Words", tomllib.loads((DOCUMENTS / "meeting.toml").read_text(encoding="utf-8"))[language])
    parties = {node: (mark, name) for node, mark, name in names.parties}
    terms = found["terms"] or {"sort": "review", "title": "", "languages": [], "at": None, "deputies": []}
    if terms["sort"] == "consultation":
        words = {**words, "minutes": words["text"]}
    return {
        "language": language,
        "words": words,
        "title": terms["title"],
        "kind": words[terms["sort"]],
        "state": _state(found, words, parties),
        "facts": _facts(terms, words),
        "agenda": [_item(one, words, dict(names.titles)) for one in found["beside"]["agenda"]],
        "paragraphs": [
            {"number": number, "versions": [_version(v, language, words, names) for v in one["versions"]]}
            for number, one in enumerate(found["paragraphs"], 1)
        ],
        "signatures": [_signature(one, found["hash"], words, parties) for one in found["signatures"] if one["sound"]],
        "hash": found["hash"],
        "short": _grouped(found["hash"]),
    }


def _state(found: Mapping[str, Any], words: Words, parties: Mapping[str, tuple[str, str]]) -> str:
    signed = [one["node"] for one in found["signatures"] if one["sound"] and one["hash"] == found["hash"]]
    side = parties.get(signed[0], (signed[0], signed[0]))[1] if signed else ""
    return words[f"state_{found['state']}"].replace("{side}", side)


def _facts(terms: Mapping[str, Any], words: Words) -> list[list[str]]:
    rows = [[words["when"], _time(terms["at"], words)]] if terms["at"] is not None else []
    rows.append([words["languages"], ", ".join(words.get(f"in_{tag}", tag) for tag in terms["languages"])])
    return [*rows, *([words["leads"], f"{mark}: {function}"] for mark, function in terms["deputies"])]


def _item(one: Mapping[str, str], words: Words, titles: Mapping[str, str]) -> str:
    """Return an item in the reader's language where the program has words for it, else as its author wrote it."""
    begins, _, ends = one["ref"].partition("/")
    title, ref = one["title"], f" ({one['ref']})" if one["ref"] else ""
    if one["about"] == _DIFFERENCE and ends:
        title, ref = words["scorecard"].replace("{begins}", begins).replace("{ends}", ends), ""
    elif one["about"] == _OVERDUE:
        title = titles.get(one["ref"], title)
    return f"{title}{ref}. {words['about_' + one['about']]}"


def _version(version: Mapping[str, Any], language: str, words: Words, names: MeetingNames) -> dict[str, Any]:
    sides = {node: name for node, _, name in names.parties}
    said = [one for one in version["words"] if one[0] == language]
    shown = said or [one for one in version["words"] if one[0] == version["language"]]
    return {
        "side": sides.get(version["node"], version["node"]),
        "words": [{"text": text} for _, _, text in shown],
        "note": "" if said else words["lacks"],
        "decision": _decision(version["decision"], words, dict(names.agencies)),
    }


def _decision(said: Mapping[str, Any] | None, words: Words, agencies: Mapping[str, str]) -> list[list[str]]:
    if said is None:
        return []
    owners = [[words["owner"], f"{mark}: {agencies.get(agency, agency)}"] for mark, agency in said["owners"]]
    item = [[words["item"], said["item"]]] if said["item"] else []
    return [[words["decision"], said["measure"]], [words["due"], said["due"]], *owners, *item]


def _signature(
    one: Mapping[str, Any], digest: str, words: Words, parties: Mapping[str, tuple[str, str]]
) -> list[list[str]]:
    mark, name = parties.get(one["node"], (one["node"], ""))
    over = words["this"] if one["hash"] == digest else words["void"]
    return [
        [words["signed_by"], f"{mark} {name}".strip()],
        [words["function"], one["function"]],
        [words["officer"], f"{one['desk']} {one['officer']}, {words.get('role_' + one['role'], one['role'])}"],
        [words["on"], _time(one["at"], words)],
        [words["over"], f"{_grouped(one['hash'])}: {over}"],
    ]


def _second(found: Mapping[str, Any]) -> int:
    """Return the second that the PDF bears: of the last signature, else of the meeting."""
    times: Sequence[int] = [one["at"] for one in found["signatures"]] or [(found["terms"] or {}).get("at") or 0]
    return max(times) // _SECOND_MS


def _time(at: int, words: Words) -> str:
    """Return a moment as the page shows it, such as `13 Jul 2026 09:00 UTC`."""
    when = datetime.fromtimestamp(at / _SECOND_MS, UTC)
    return f"{when.day} {words['months'].split()[when.month - 1]} {when.year} {when:%H:%M} UTC"


def _grouped(digest: str) -> str:
    """Return the first groups of a hash, as a person compares them and as the page shows them."""
    return " ".join(digest[place : place + _GROUP] for place in range(0, _GROUP * _GROUPS, _GROUP)) + " …"
