"""The printed pages of a case as plain data, made from the folder of papers alone and from nothing else.

The rule it keeps: whoever has the folder can make the same pages again; text is shown as it was sent, and what a reader cannot
see in it is written out; what was withheld is not here to be shown.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from comity.base import cbor
from comity.base.errors import BadConfiguration, BadEnvelope, ComityError
from comity.base.hashing import sha256
from comity.base.ids import show_id
from comity.dispatch import wire
from comity.dispatch.entries import DispatchLeaf, decode_entry
from comity.edge.caseforms import FOLDER, filled
from comity.marking.visible import segments
from comity.node.casefolder import ALGORITHM, CERTIFICATE, HASHES
from comity.node.casepapers import CASE
from comity.screen import BodyLine
from comity.tlog.proof import parse_proof

DOCUMENTS = Path(__file__).parent / "documents"
LANGUAGES = ("en", "fr", "hi", "pa")
Data = dict[str, Any]
_SECOND_MS = 1_000
_HASH = re.compile("[0-9a-f]{64}")


def words_of(language: str) -> dict[str, str]:
    """Return the words of printed papers in one of `LANGUAGES`.

    Raises:
        BadConfiguration: there are none in this language.
    """
    if language not in LANGUAGES:
        raise BadConfiguration(f"papers are printed in {', '.join(LANGUAGES)}, not in {language}; nothing was made")
    return dict(tomllib.loads((DOCUMENTS / "words" / f"{language}.toml").read_text(encoding="utf-8")))


def pages_of(files: Mapping[str, bytes], language: str) -> Data:
    """Return everything that is printed of a folder of papers, in order, all texts chosen.

    Args:
        files: the record with its hash report and certificate.
        language: one of `LANGUAGES`.

    Raises:
        BadConfiguration: there are no words in this language, or a form does not fit.
        BadEnvelope: the folder is not one that this program made.
    """
    try:
        return _Pages(files, language).data()
    except (KeyError, TypeError, ValueError) as error:
        raise BadEnvelope(f"these papers cannot be printed: {error}") from error


class _Pages:
    """The pages of one folder in one language."""

    def __init__(self, files: Mapping[str, bytes], language: str) -> None:
        self.files, self.language = files, language
        self.words = words_of(language)
        self.case: Data = json.loads(files[CASE])
        self.certificate: Data = json.loads(files[CERTIFICATE])
        self.parties: list[Data] = self.case["parties"]
        self.zones = [_zone(one["zone"]) for one in self.parties]
        self.titles = {one["id"]: self._title(one) for one in self.case["dispatches"]}

    def say(self, key: str, **places: object) -> str:
        """Return a word with its places filled; a key that has none is its own word."""
        text = self.words.get(key)
        if text is None:
            return key.partition("_")[2] or key
        for name, value in places.items():
            text = text.replace(f"{{{name}}}", str(value))
        return text

    def named(self, family: str, code: str, *, both: bool = False) -> str:
        """Return the word for a code, with the code behind it if `both`; the code alone where there is no word."""
        word = self.words.get(f"{family}_{code}")
        return code if word is None else f"{word} ({code})" if both else word

    def data(self) -> Data:
        """Return all of it."""
        return {
            "language": self.language,
            "words": {key: self.say(key) for key in _STILL},
            "page": self.words["page"],
            "case_number": self._numbers(),
            "exercise": self._exercise(),
            "certificate": self.certificate,
            "cover": self._cover(),
            "contents": [self._content(one) for one in self.case["dispatches"]],
            "not_covered": self._not_covered(),
            "capitals": [one["capital"] for one in self.parties],
            "chronology": [self._event(one) for one in self.case["custody"]],
            "dispatches": [self._dispatch(one) for one in self.case["dispatches"]],
            "forms": list(self._forms()),
            "files": [line.split("  ", 1)[::-1] for line in self.files[HASHES].decode().splitlines()],
            "keys": [[name, sha256(raw).hex()] for name, raw in sorted(self.files.items()) if name.endswith(".cose")],
            "checkpoints": list(self._checkpoints()),
        }

    # --- cover, contents, chronology -------------------------------------------------------------------------------

    def _numbers(self) -> str:
        numbers = self.case["case"]
        return " / ".join(one for one in (numbers["ours"], numbers["theirs"]) if one)

    def _cover(self) -> list[list[Any]]:
        """Return (label, text runs) of the cover, in order."""
        made, numbers = self.case["made"], self.case["case"]
        ours, theirs = self.parties
        rows: list[tuple[str, str]] = [(self.say("case_ours", party=self._party(ours)), numbers["ours"] or "-")]
        rows.append((self.say("case_theirs", party=self._party(theirs)), numbers["theirs"] or "-"))
        for one in self.parties:
            rows += [
                (self.say("party"), f"{self._party(one)} ({one['short']})"),
                (self.say("capital"), f"{one['capital']}, {one['zone']}"),
                (self.say("node"), one["node"]),
            ]
        accord = self.case["accord"]
        rows.append((self.say("accord"), self.say("accord_value", name=accord["name"], edition=accord["edition"])))
        rows += [
            (self.say("editions"), f"{one['name']} ({one['party']})\n{one['hash']}") for one in self.case["editions"]
        ]
        rows.append((self.say("made_at"), self._three(made["at"])))
        if made["by"]:
            roles = ", ".join(
                (
                    *(self.named("role", one) for one in made["roles"]),
                    *([self._agency(made["agency"])] if made["agency"] else []),
                )
            )
            rows.append((self.say("made_by"), self.say("officer", by=made["by"], roles=roles)))
        rows.append((self.say("purpose"), self.say(f"purpose_{made['purpose'] or 'none'}")))
        rows += [(self.say("recipient"), made["recipient"])] if made["recipient"] else []
        rows += [(self.say("basis"), ", ".join(made["basis"]))] if made["basis"] else []
        return [[label, runs(text)] for label, text in rows]

    def _exercise(self) -> str | None:
        return self.say("exercise") if any(one["exercise"] for one in self.case["editions"]) else None

    def _content(self, said: Data) -> Data:
        leaf = self._leaf(said)
        state = "withheld" if not said["shown"] else "whole" if said["removed"] is None else "partly"
        marks = [self.say({"recall": "recalled", "correction": "corrected"}[one["kind"]]) for one in said["marks"]]
        return {
            "number": said["number"],
            "id": said["id"],
            "title": runs(self.titles[said["id"]]),
            "state": ", ".join((self.say(state), *dict.fromkeys(marks))),
            "commit": leaf.commit.hex(),
        }

    def _not_covered(self) -> str:
        missing = self.case["not_covered_yet"]
        return self.say("not_covered", ids=", ".join(missing)) if missing else ""

    def _event(self, event: Data) -> Data:
        number = next((one["number"] for one in self.case["dispatches"] if one["id"] == event["dispatch"]), "")
        what = self.say(f"event_{event['what']}")
        about = ", ".join(self.named("role", self._agency(one)) for one in event["about"])
        record = "" if event["record"] is None else self.say("event_entry", record=event["record"])
        party = self.parties[0 if event["ours"] else 1]["short"]
        who = f"{party} {event['by']}" if event["by"] else f"{party}, {self.say('machine')}"
        roles = f" ({', '.join(self.named('role', one) for one in event['roles'])})" if event["roles"] else ""
        return {
            "number": number,
            "utc": _utc(event["at"]),
            "local": [_local(event["at"], zone) for zone in self.zones],
            "what": runs("; ".join(one for one in (what, about, record) if one)),
            "who": who + roles,
        }

    # --- one dispatch ----------------------------------------------------------------------------------------------

    def _dispatch(self, said: Data) -> Data:
        header = self._header(said)
        return {
            "number": said["number"],
            "id": said["id"],
            "side": self.parties[0 if said["ours"] else 1]["short"],
            "ours": said["ours"],
            "title": runs(self.titles[said["id"]]),
            "labels": [] if header is None else _labels(header),
            "marks": [
                {"kind": one["kind"], "text": self.say(f"mark_{one['kind']}", by=one["by"])} for one in said["marks"]
            ],
            "facts": [] if header is None else [[label, runs(text)] for label, text in self._facts(header)],
            "removed": self._removed(said),
            "lines": [] if header is None else list(self._lines(said, header)),
            "attachments": list(self._attachments(said)),
            "law": list(self._law(said)),
            "proof": list(self._proof(said)),
        }

    def _facts(self, header: wire.Header) -> Iterator[tuple[str, str]]:
        by = header.released_by
        yield self.say("from"), f"{self._agency(header.author.agency)} ({header.sender})"
        yield self.say("to"), f"{', '.join(map(self._agency, header.agencies))} ({header.receiver})"
        urgency = self.named("urgency", header.urgency.name.lower())
        yield self.say("kind"), f"{self.named('kind', header.kind, both=True)}, {self.say('urgency')}: {urgency}"
        yield self.say("created"), self._three(header.created)
        yield self.say("released"), self.say("desk_officer", desk=by.desk, number=by.officer)
        yield self.say("stated_purpose"), self.named("aim", header.purpose, both=True)
        for label, text in (
            ("stated_basis", ", ".join(header.basis)),
            ("evaluation", header.labels.evaluation or ""),
            ("retain", "" if header.labels.retain_until is None else _utc(header.labels.retain_until)),
            ("removed_before", ", ".join(header.labels.redactions)),
        ):
            if text:
                yield self.say(label), text

    def _removed(self, said: Data) -> Data | None:
        removed = said["removed"]
        if removed is None:
            return None
        missing = [one for one in ("header", "body", "attachments", "author", "sealed") if one not in said["shown"]]
        words = ", ".join(removed["words"])
        why = self.say(f"why_{removed['class']}", words=words)
        code = f" ({words})" if words and removed["class"] != "removal-ordered" else ""
        parts = self.say("removed_parts", parts=", ".join(self.say(f"part_{one}") for one in missing))
        return {"why": self.say("removed_box", why=why) + code, "class": removed["class"], "parts": parts}

    def _lines(self, said: Data, header: wire.Header) -> Iterator[Data]:
        body = self._part(said, 1)
        if body is None:
            return
        for line in _body_lines(header.desk, header.kind, body):
            yield {
                "label": self.say(f"line_{line.label}"),
                "removed": line.removed,
                "language": line.lang or "",
                "paragraphs": [runs(one) for one in line.text.split("\n")],
            }

    def _attachments(self, said: Data) -> Iterator[list[Data]]:
        part = self._part(said, 2)
        for one in wire.decode_attachments(part) if part else ():
            places = {"name": one.name, "media": one.media, "size": one.size, "hash": one.cipher.hex()}
            yield runs(self.say("attachment", **places))

    def _law(self, said: Data) -> Iterator[list[Data]]:
        for name, told in sorted((said["law"] or {}).items()):
            effect = self.named("effect", told["effect"], both=True)
            yield runs(f"{self.say(f'law_{name}')}: {effect}\n{told['edition']}")
            for one in told["reasons"]:
                sentences = one["sentences"]
                sentence = sentences.get(self.language) or sentences.get("en") or next(iter(sentences.values()), "")
                yield runs(self.say("rule", rule=one["rule"], sentence=sentence, article=one["article"]))

    def _proof(self, said: Data) -> Iterator[str]:
        peer = self.parties[1 if said["ours"] else 0]["node"]
        yield self.say("proof_entry", index=said["index"], log=said["log"])
        before = _utc(said["cosigned"] * _SECOND_MS)
        if said["after"] is None:
            yield self.say("proof_before", before=before, peer=peer)
        else:
            yield self.say("proof_between", after=_utc(said["after"] * _SECOND_MS), before=before, peer=peer)
        if said["shown"]:
            yield self.say("proof_shown")
        if said["removed"] is not None:
            yield self.say("proof_hidden")
        for one in said["receipts"]:
            code = f" ({one['code']})" if one["code"] else ""
            fact, at = self.say(f"fact_{one['fact']}"), _utc(one["cosigned"] * _SECOND_MS)
            yield self.say("proof_receipt", peer=peer, fact=fact, code=code, time=at)
        if not said["receipts"]:
            yield self.say("proof_none")

    # --- forms and appendix ----------------------------------------------------------------------------------------

    def _forms(self) -> Iterator[Data]:
        made, numbers = self.case["made"], self.case["case"]
        places = {
            "algorithm": self.certificate["algorithm"],
            "value": self.certificate["value"],
            "report": HASHES,
            "case_ours": numbers["ours"] or show_id(bytes(16)),
            "case_theirs": numbers["theirs"] or "-",
            "node": self.parties[0]["node"],
            "peer": self.parties[1]["node"],
            "party": self._party(self.parties[0]),
            "made": _utc(made["at"]),
            "dispatches": str(len(self.case["dispatches"])),
            "accord": self.case["accord"]["name"],
        }
        for name in sorted(one for one in self.files if one.startswith(FOLDER)):
            form = filled(self.files[name], name, places, ALGORITHM, self.language)
            foreign = (
                "" if form.language == self.language else self.say("form_language", languages=", ".join(form.languages))
            )
            yield {
                "title": form.title,
                "notice": form.notice,
                "foreign": foreign,
                "language": form.language,
                "blocks": list(form.blocks),
            }

    def _checkpoints(self) -> Iterator[str]:
        """Yield each co-signed checkpoint once: its three lines and the names that signed it; the signatures are in the files."""
        seen: set[str] = set()
        for name in sorted(one for one in self.files if one.endswith("/proof")):
            text, _, signed = parse_proof(self.files[name].decode()).note.partition("\n\n")
            names = [line.split(" ")[1] for line in signed.splitlines() if line.startswith("— ")]
            shown = text + "\n" + ", ".join(dict.fromkeys(names))
            if shown not in seen:
                seen.add(shown)
                yield shown

    # --- reading ---------------------------------------------------------------------------------------------------

    def _leaf(self, said: Data) -> DispatchLeaf:
        leaf = decode_entry(self.files[f"{said['folder']}/entry"])
        if not isinstance(leaf, DispatchLeaf):
            raise BadEnvelope(f"{said['folder']} has no entry of a dispatch")
        return leaf

    def _part(self, said: Data, number: int) -> bytes | None:
        raw = self.files.get(f"{said['folder']}/part{number}")
        if raw is None:
            return None
        value = cbor.decode(raw)
        if not isinstance(value, list) or len(value) != 2 or not isinstance(value[1], bytes):  # noqa: PLR2004  salt and bytes
            raise BadEnvelope(f"part {number} of {said['folder']} is not a salt and its bytes")
        return value[1]

    def _header(self, said: Data) -> wire.Header | None:
        part = self._part(said, 0)
        return None if part is None else wire.decode_header(part)

    def _title(self, said: Data) -> str:
        """Return the title that its body has, or else its kind and purpose."""
        header, body = self._header(said), self._part(said, 1)
        if header is None:
            return self.say("withheld")
        value = cbor.decode(body) if body else None
        title = (
            next((text for key, text in value.items() if key == "title"), None) if isinstance(value, Mapping) else None
        )
        return (
            title
            if isinstance(title, str) and title
            else f"{self.named('kind', header.kind)}, {self.named('aim', header.purpose)}"
        )

    def _party(self, party: Data) -> str:
        return str(_named(party["name"], self.language))

    def _agency(self, agency: str) -> str:
        names = self.case["agencies"].get(agency)
        return agency if names is None else _named(names, self.language)

    def _three(self, at: int) -> str:
        """Return a time in UTC and by both clocks."""
        local = zip(self.parties, self.zones, strict=True)
        return "; ".join((_utc(at), *(f"{one['capital']} {_local(at, zone)}" for one, zone in local)))


def runs(text: str) -> list[Data]:
    """Return a text as runs: plain ones, and chips for what a reader cannot see, mistakes or has no shape here."""
    found: list[Data] = []
    for segment in segments(text, harmless=True):
        if segment.chip is not None:
            found.append({"text": segment.text if printable(segment.text) else "", "chip": segment.chip})
            continue
        found += _plain(segment.text)
    return found


def _plain(text: str) -> Iterator[Data]:
    if _HASH.fullmatch(text.rpartition("\n")[2]):
        before, _, value = text.rpartition("\n")
        yield {"text": before + "\n", "chip": None}
        yield {"text": value, "chip": None, "code": True}
        return
    plain = ""
    for char in text:
        if char == "\n" or printable(char):
            plain += char
            continue
        if plain:
            yield {"text": plain, "chip": None}
            plain = ""
        yield {"text": "", "chip": f"U+{ord(char):04X}"}
    if plain:
        yield {"text": plain, "chip": None}


def printable(text: str) -> bool:
    """Say whether the fonts of printed papers have every character of a text."""
    return all(any(first <= ord(char) <= last for first, last in _coverage()) for char in text)


@cache
def _coverage() -> tuple[tuple[int, int], ...]:
    table = tomllib.loads((DOCUMENTS / "coverage.toml").read_text(encoding="utf-8"))
    return tuple((first, last) for ranges in table.values() for first, last in ranges)


def _body_lines(desk: str, kind: str, body: bytes) -> Sequence[BodyLine]:
    """Lay a body out as its desk does; one whose desk is not here, or that it cannot read, is shown field by field."""
    try:
        if desk.isidentifier():
            lay: Callable[[str, bytes], Sequence[BodyLine]] = import_module(f"comity.desks.{desk}.web").body_lines
            return lay(kind, body)
    except (ImportError, AttributeError, ComityError):
        pass
    value = cbor.decode(body)
    fields = value.items() if isinstance(value, Mapping) else [("text", value)]
    return tuple(BodyLine(str(key), str(item), None, None) for key, item in fields)


def _labels(header: wire.Header) -> list[str]:
    labels = header.labels
    marks = [f"TLP:{labels.tlp}" if labels.tlp else "", f"PAP:{labels.pap}" if labels.pap else ""]
    return [one for one in (*labels.handling.split(), *labels.conditions, *marks, *labels.categories) if one]


def _named(names: Mapping[str, str], language: str) -> str:
    return names.get(language) or names.get("en") or next(iter(names.values()))


def _utc(at: int) -> str:
    return f"{datetime.fromtimestamp(at / _SECOND_MS, UTC):%Y-%m-%d %H:%M:%S} UTC"


def _local(at: int, zone: ZoneInfo) -> str:
    local = datetime.fromtimestamp(at / _SECOND_MS, zone)
    offset = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M:%S} {offset[:3]}:{offset[3:]}"


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise BadEnvelope(f"there is no time zone {name!r} here") from error


_STILL = (
    "title", "subtitle", "exercise", "certified", "certified_value", "contents", "number", "dispatch", "state", "commitment",
    "chronology", "chronology_note", "utc", "what", "who", "dispatches", "labels", "text_as_sent", "no_text", "removed_before",
    "attachments", "proof", "law", "forms", "forms_note", "appendix", "files_note", "file", "checkpoints", "keys_note",
    "check_note",
)  # fmt: skip
"""Words that stand in the template as they are."""
