"""What a person does in a meeting: presses, texts, translations, words, signatures, notes; each handed to the door as one act.

The rule it keeps: an act carries what was seen when it was pressed; what cannot be sent stays as this person's draft.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import cast

from comity.base.hashing import domain_hash
from comity.screen.meetings import MeetingCard
from comity.web.texts import LANGUAGES
from comity.web.visit import Absent, Answer, Json, Redirect, Refused, Told, Visit

ID = 26
_SENT = "sent"
MOST_PARAGRAPHS, MOST_LETTERS = 300, 8_000
"""Paragraphs of a draft that is pasted in, and letters of one of them."""
_GROUP = 16


async def act(visit: Visit) -> Answer:
    """One press of a button of a paragraph or of the meeting."""
    card = card_of(visit)
    if card is None:
        return Absent()
    name, _, rest = visit.field("do").partition(":")
    paragraph, _, after = rest.partition(":")
    path = f"/meetings/{visit.path['number'][:ID]}"
    place = f"{path}#para-{paragraph[:ID]}" if paragraph else path
    if name.startswith("go-"):
        return Redirect(f"{path}?p={paragraph[:ID]}&do={name[3:]}&v={after[:ID]}#write")
    if name in _WHOLE:
        return await _WHOLE[name](visit, card, rest, path)
    said = await ask(visit, {"act": name, "paragraph": paragraph[:ID], "mark": after[:_GROUP]})
    if name == "claim":
        return Redirect(f"{path}?p={said['paragraph']}#write")
    return Redirect(place, "meet.said.struck" if name == "strike" else "meet.said.sent")


async def _propose_decided(visit: Visit, _: MeetingCard, __: str, path: str) -> Answer:
    return await _propose(visit, path)


def all_of(card: MeetingCard) -> str:
    """Return a mark of all paragraphs behind which our side does not stand yet, as they are now."""
    return domain_hash("comity/paragraphs/1", "".join(mark for _, mark in card.open).encode()).hex()[:_GROUP]


async def _accept_all(visit: Visit, card: MeetingCard, seen: str, path: str) -> Answer:
    """Agree to each paragraph as it stood on the page."""
    if seen != all_of(card):
        raise Refused(409, "withheld", visit.texts("meet.changed"))
    for paragraph, mark in card.open:
        await ask(visit, {"act": "accept", "paragraph": paragraph, "mark": mark})
    return Redirect(path, "meet.said.sent")


async def _restore(visit: Visit, card: MeetingCard, paragraph: str, path: str) -> Answer:
    """Put back what was struck out; several versions one after another, the last in the place of what struck them."""
    before = next((one.before for one in card.paragraphs if one.id == paragraph), ())
    if not before:
        raise Refused(409, "withheld", visit.texts("meet.changed"))
    for place, version in enumerate(before, 1):
        more = place < len(before)
        await ask(visit, {"act": "restore", "paragraph": paragraph, "seen": [version.id], "beside": more})
    return Redirect(f"{path}#para-{paragraph[:ID]}", "meet.said.restored")


_WHOLE = {"decide": _propose_decided, "accept-all": _accept_all, "restore": _restore}
"""Buttons that are more than one act, or are of another desk's part."""


def card_of(visit: Visit) -> MeetingCard | None:
    """Return the meeting of the path as this person sees it, agencies named in the person's language; None if there is none."""
    board = visit.site.meetings
    card = None if board is None else board.meeting(visit.path["number"], visit.who.person, visit.now)
    if board is None or card is None:
        return None
    names = dict(board.names(visit.who.language, visit.now).agencies)
    known = tuple((mark, tuple((id_, names.get(id_, name)) for id_, name in all_)) for mark, all_ in card.agencies)
    return replace(card, agencies=known)


async def _propose(visit: Visit, path: str) -> Answer:
    """Propose what was decided to the plan, by the plan's own rule; the other side agrees to it there."""
    board = visit.site.meetings
    changes = [] if board is None else board.operations(visit.path["number"])
    if not changes:
        raise Refused(400, "bad-form", visit.texts("meet.decided.none"))
    number = visit.path["number"][:ID]
    what: dict[str, Json] = {"operations": list[Json](changes), "text": number, "language": visit.who.language}
    answer = cast(
        "dict[str, Json]", await visit.site.hands.ask("POST", "/plan/propose", body={"by": _by(visit), "what": what})
    )
    _sent(answer)
    return Redirect(path, "meet.said.proposed")


async def write(visit: Visit) -> Answer:
    """Publish a text, translations or a comment."""
    if card_of(visit) is None:
        return Absent()
    what, paragraph = visit.field("what"), visit.field("paragraph")[:ID]
    if what == "several":
        await several(visit, visit.path["number"][:ID])
        return Redirect(f"/meetings/{visit.path['number'][:ID]}", "meet.said.published")
    path = f"/meetings/{visit.path['number'][:ID]}"
    if visit.field("do") == "free":
        await ask(visit, {"act": "free", "paragraph": paragraph})
        return Redirect(path, "meet.said.sent")
    if what == "comment":
        await ask(
            visit,
            {"act": "comment", "paragraph": paragraph, "text": visit.field("text"), "language": visit.who.language},
        )
        return Redirect(path, "meet.said.sent")
    said = {name[2:]: visit.field(name) for name in visit.form if name.startswith("t-") and visit.field(name)}
    texts: dict[str, Json] = {**said}
    if not texts:
        raise Refused(400, "bad-form", visit.texts("meet.empty"))
    await _keep(visit)  # a refusal says that the draft is kept
    body: dict[str, Json] = {"paragraph": paragraph, "texts": texts, "seen": [*visit.field("seen").split()]}
    if what == "translate":
        await ask(visit, {"act": "translate", **body})
        return Redirect(path, "meet.said.published")
    original = visit.field("original")
    body["language"] = original if original in texts else next(iter(texts))
    body["beside"] = bool(visit.field("beside"))
    if visit.field("measure"):
        body["decision"] = {
            "measure": visit.field("measure"),
            "due": visit.field("due"),
            "item": visit.field("item"),
            "owners": {
                name[2:]: visit.field(name) for name in visit.form if name.startswith("o-") and visit.field(name)
            },
        }
    await ask(visit, {"act": "text", **body})
    return Redirect(path, "meet.said.published")


async def sign(visit: Visit) -> Answer:
    """Sign the text whose fingerprint stands on the page."""
    if card_of(visit) is None:
        return Absent()
    await ask(visit, {"act": "sign", "hash": visit.field("hash"), "function": visit.field("function")})
    return Redirect(f"/meetings/{visit.path['number'][:ID]}", "meet.said.signed")


async def note(visit: Visit) -> Answer:
    """Keep this person's own notes, here."""
    if card_of(visit) is None:
        return Absent()
    body: dict[str, Json] = {"by": _by(visit), "meeting": visit.path["number"][:ID], "text": visit.field("text")}
    await visit.site.hands.ask("POST", "/meetings/note", body=body)
    return Redirect(f"/meetings/{visit.path['number'][:ID]}", "meet.said.note")


async def draft(visit: Visit) -> Answer:
    """Keep what this person is writing, field by field, here; asked by the page's script."""
    if card_of(visit) is None:
        return Absent()
    await _keep(visit)
    return Told({"kept": visit.now})


async def several(visit: Visit, meeting: str) -> None:
    """Publish a draft that was pasted in, a paragraph for each part between empty lines, one under the other."""
    language = visit.field("language") or visit.who.language
    under = ""
    for one in pasted(visit):
        texts: dict[str, Json] = {language: one}
        body: dict[str, Json] = {
            "act": "text",
            "meeting": meeting,
            "under": under,
            "language": language,
            "texts": texts,
        }
        said = await ask(visit, body)
        under = str(said["paragraph"])


def pasted(visit: Visit) -> tuple[str, ...]:
    """Return the paragraphs of a draft in the form.

    Raises:
        Refused: it cannot be taken; nothing was sent.
    """
    if (visit.field("language") or visit.who.language) not in LANGUAGES:
        raise Refused(400, "bad-form", visit.texts("meet.draft.empty"))
    found = paragraphs_of(visit.field("draft"))
    if not found:
        raise Refused(400, "bad-form", visit.texts("meet.draft.empty"))
    long = next((number for number, one in enumerate(found, 1) if len(one) > MOST_LETTERS), 0)
    if long:
        raise Refused(400, "bad-form", visit.texts("meet.draft.long", number=long, most=MOST_LETTERS))
    if len(found) > MOST_PARAGRAPHS:
        raise Refused(400, "bad-form", visit.texts("meet.draft.many", number=len(found), most=MOST_PARAGRAPHS))
    return found


def paragraphs_of(text: str) -> tuple[str, ...]:
    """Return the parts of a text between empty lines; lines within one stay lines."""
    found: list[list[str]] = [[]]
    for line in text.splitlines():
        if line.strip():
            found[-1].append(line.strip())
        elif found[-1]:
            found.append([])
    return tuple("\n".join(one) for one in found if one)


async def _keep(visit: Visit) -> None:
    """Keep what is in the form as this person's draft; what is published takes it away again."""
    for name in visit.form if visit.field("paragraph") else ():
        if name.startswith("t-"):
            body: dict[str, Json] = {
                "by": _by(visit),
                "meeting": visit.path["number"][:ID],
                "paragraph": visit.field("paragraph")[:ID],
                "language": name[2:],
                "text": visit.field(name),
            }
            await visit.site.hands.ask("POST", "/meetings/draft", body=body)


async def ask(visit: Visit, said: Mapping[str, Json]) -> dict[str, Json]:
    """Hand an act to the door; what law or standing keeps back is said and nothing is lost."""
    body: dict[str, Json] = {"by": _by(visit), "meeting": visit.path.get("number", "")[:ID], **said}
    answer = cast("dict[str, Json]", await visit.site.hands.ask("POST", "/meetings/act", body=body))
    _sent(answer)
    return answer


def _sent(answer: Mapping[str, Json]) -> None:
    if answer["outcome"] != _SENT:
        verdict = cast("dict[str, Json]", answer.get("verdict") or {})
        reasons = cast("list[dict[str, Json]]", verdict.get("reasons") or [])
        missing = " ".join(map(str, cast("list[Json]", answer.get("missing") or [])))
        words = " ".join(str(one.get("sentence", "")) for one in reasons) or missing
        raise Refused(409, "withheld", f"{answer['outcome']}: {words}")


def _by(visit: Visit) -> dict[str, Json]:
    return {"desk": visit.who.person.desk, "number": visit.who.person.number}
