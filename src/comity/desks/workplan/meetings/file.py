"""Minutes as a plain file, and the check of it by whoever has the file and nothing else.

The rule it keeps: the file carries what is hashed, word by word; the hash is made again from that, never taken from the file.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias, cast

from comity.base.cbor import Value
from comity.base.errors import BadForm
from comity.base.ids import DispatchId, read_id, show_id
from comity.desks.workplan.meetings.model import Decision, Item, Meeting
from comity.desks.workplan.meetings.rules import SIGNS, Agreed, Signed, Standing, terms_of
from comity.desks.workplan.meetings.text import DOMAIN, Paragraph, Version, digest_of_value

Json: TypeAlias = "str | int | bool | Sequence[Json] | Mapping[str, Json] | None"


@dataclass(frozen=True, slots=True)
class Checked:
    """What a file of minutes says of itself, checked.

    Attributes:
        hash: made again from the text in the file, hex.
        said: the hash that the file names, hex.
        signed: (node, function, desk, officer) of each signature over that hash, as the file tells it.
        both: two nodes signed it, as the file tells it. That they did is proved by the logs, not by a file.
    """

    hash: str
    said: str
    signed: tuple[tuple[str, str, str, int], ...]
    both: bool

    @property
    def good(self) -> bool:
        """Say whether the text gives the hash that the file names."""
        return self.hash == self.said


def export(standing: Standing) -> dict[str, Json]:
    """Return the minutes as plain data: what is hashed, the hash, the signatures, and beside it what is not hashed."""
    terms = standing.text.terms
    body = terms.body if terms is not None and isinstance(terms.body, Meeting) else terms_of(standing)
    return {
        "format": DOMAIN,
        "meeting": show_id(standing.meeting),
        "terms": None
        if terms is None
        else {
            "id": show_id(terms.id),
            "sort": str(body.sort),
            "title": body.title,
            "language": body.language,
            "languages": list(body.languages),
            "at": body.at,
            "deputies": [[one.party, one.function] for one in body.deputies],
        },
        "paragraphs": [_paragraph(one) for one in standing.text.standing],
        "hash": standing.hash.hex(),
        "state": str(standing.signed),
        "signatures": [
            {
                "dispatch": show_id(one.id),
                "node": str(one.side),
                "function": one.function,
                "desk": one.desk,
                "officer": one.officer,
                "role": one.role,
                "at": one.at,
                "hash": one.hash.hex(),
                "sound": one.sound,
            }
            for one in standing.signatures
        ],
        "beside": {
            "agenda": [_item(one) for one in body.agenda],
            "agreed": {show_id(one.id): str(standing.agreed(one)) for one in standing.text.standing},
            "late": [show_id(one.id) for one in standing.late],
            "struck": [
                {
                    "id": show_id(one.id),
                    "by": [str(version.side) for version in one.versions if version.struck],
                    "was": [_version(version) for version in standing.struck[one.id]],
                }
                for one in standing.text.paragraphs
                if one.id in standing.struck
            ],
        },
    }


def check(found: Mapping[str, Json]) -> Checked:
    """Make the hash of a file again and say who signed it.

    Raises:
        BadForm: it is no file of minutes; the message names the place.
    """
    try:
        value = _value(found)
        digest = digest_of_value(value).hex()
        signatures = cast("Sequence[Mapping[str, Json]]", found["signatures"])
        signed = tuple(
            (str(one["node"]), str(one["function"]), str(one["desk"]), int(cast("int", one["officer"])))
            for one in signatures
            if one["hash"] == digest and one["role"] in SIGNS
        )
        return Checked(digest, str(found["hash"]), signed, len({one[0] for one in signed}) == len(_BOTH))
    except (KeyError, TypeError, ValueError, AttributeError, IndexError) as error:
        raise BadForm(f"this is no file of minutes, or it is cut off ({error})") from error


_TAIL, _SENTENCE = 6, 500
_BOTH = ("one side", "the other")


def _value(found: Mapping[str, Json]) -> Value:
    if found["format"] != DOMAIN:
        raise ValueError("format")
    paragraphs = cast("Sequence[Mapping[str, Json]]", found["paragraphs"])
    return (
        DOMAIN,
        _id(found["meeting"]),
        _terms_value(cast("Mapping[str, Json] | None", found["terms"])),
        tuple(
            (_id(one["id"]), tuple(_version_value(v) for v in cast("Sequence[Mapping[str, Json]]", one["versions"])))
            for one in paragraphs
        ),
    )


def _terms_value(terms: Mapping[str, Json] | None) -> Value:
    if terms is None:
        return None
    return (
        _id(terms["id"]),
        *(_plain(terms[name]) for name in ("sort", "title", "language", "languages", "at", "deputies")),
    )


def _version_value(version: Mapping[str, Json]) -> Value:
    words = tuple(
        (str(tag), _id(by), str(text)) for tag, by, text in cast("Sequence[tuple[Json, Json, Json]]", version["words"])
    )
    decision = cast("Mapping[str, Json] | None", version["decision"])
    said = None if decision is None else tuple(_plain(decision[name]) for name in ("measure", "due", "item", "owners"))
    return (str(version["node"]), _id(version["id"]), str(version["language"]), words, said)


def _plain(value: Json) -> Value:
    return tuple(_plain(one) for one in value) if isinstance(value, list | tuple) else cast("Value", value)


def _id(value: Json) -> DispatchId:
    return read_id(str(value))


def _paragraph(one: Paragraph) -> dict[str, Json]:
    return {"id": show_id(one.id), "versions": [_version(version) for version in one.versions if not version.struck]}


def _version(one: Version) -> dict[str, Json]:
    return {
        "node": str(one.side),
        "id": show_id(one.id),
        "language": one.language,
        "words": [[said.language, show_id(said.by), said.text] for said in one.words],
        "decision": None if one.decision is None else _decision(one.decision),
    }


def _decision(one: Decision) -> dict[str, Json]:
    owners = [[owner.party, owner.agency] for owner in one.owners]
    return {"measure": one.measure, "due": one.due, "item": one.item, "owners": owners}


def _item(one: Item) -> dict[str, Json]:
    return {"title": one.title, "about": str(one.about), "ref": one.ref}


def action_of(paragraph: bytes, decision: Decision) -> str:
    """Return the id of the action that a decision becomes: the same on both sides, "" for one of no item of the plan."""
    return f"{decision.item}.{show_id(paragraph)[-_TAIL:]}" if decision.item else ""


def operations(standing: Standing) -> list[dict[str, Json]]:
    """Return what minutes that both signed decide as changes of the plan, as a proposal takes them."""
    return [
        {"what": "action", "id": action_of(one.id, what), "to": _action(one, what)}
        for one, what in decisions(standing)
        if what.item
    ]


def _action(one: Paragraph, what: Decision) -> dict[str, Json]:
    title = {said.language: " ".join(said.text.split())[:_SENTENCE] for said in one.versions[0].words}
    return {
        "id": action_of(one.id, what),
        "item": what.item,
        "title": title,
        "owners": {owner.party.lower(): owner.agency for owner in what.owners},
        "due": what.due,
        "measure": what.measure,
    }


def decisions(standing: Standing) -> tuple[tuple[Paragraph, Decision], ...]:
    """Return what minutes that both signed decide: each paragraph that stands as one text and names a decision."""
    if standing.signed is not Signed.BOTH:
        return ()
    return tuple(
        (one, one.versions[0].decision)
        for one in standing.text.standing
        if standing.agreed(one) is Agreed.ONE and one.versions[0].decision is not None
    )
