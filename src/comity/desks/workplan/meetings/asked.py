"""What a person does in a meeting as the form of a dispatch: made upon what that person's side has at this moment.

The rule it keeps: a text replaces the versions that its author had before the eyes and no others; a signature is over the very
hash that was shown.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from comity.base.cbor import Value
from comity.base.entropy import Entropy
from comity.base.errors import BadForm, NotAllowed
from comity.base.ids import Ms, new_dispatch_id, read_id
from comity.desks.workplan.meetings.model import Act, Kind, Step
from comity.desks.workplan.meetings.rules import SIGNS, Claim, Signed, Standing, may_edit, running, unready
from comity.desks.workplan.meetings.store import Writer
from comity.desks.workplan.meetings.text import Paragraph, mark_of
from comity.screen.meetings import Asked

Form = dict[str, Value]


@dataclass(frozen=True, slots=True)
class Ready:
    """A body to be sent: of which kind, what it says, in which role; the paragraph it is about, and whether it publishes that."""

    kind: str
    body: Form
    role: str = "officer"
    paragraph: bytes = b""
    publishes: bool = False


@dataclass(frozen=True, slots=True)
class Doing:
    """Who does it, and when: the officer, whether one of ours, the roles, our node's name."""

    by: Writer
    roles: frozenset[str]
    node: str
    now: Ms
    entropy: Entropy


def called(asked: Asked) -> Ready:
    """Return the call of a meeting."""
    return Ready(Kind.MEETING.value, {"state": str(Step.CALL), **_terms(asked)})


def ready(asked: Asked, standing: Standing, doing: Doing) -> Ready:
    """Return what is to be sent.

    Raises:
        BadForm: it does not go with where the meeting stands; the message says why. Nothing was kept.
        NotAllowed: this officer may not.
    """
    match asked.act:
        case "move":
            over: Form = {"over": [one.id for one in standing.terms]}
            return Ready(Kind.MEETING.value, {"state": str(Step.MOVE), **_terms(asked), **over})
        case "agree":
            if len(standing.terms) != 1:
                raise BadForm(
                    "two proposals stand beside each other; move the meeting to one of them; nothing was kept"
                )
            return Ready(Kind.MEETING.value, {"state": str(Step.ACCEPT), "over": [standing.terms[0].id]})
        case "cancel":
            if standing.opened is not None or standing.signed is Signed.BOTH:
                raise BadForm("the meeting was opened already, or signed by both; close it instead; nothing was kept")
            return Ready(Kind.MEETING.value, {"state": str(Step.CANCEL), "text": asked.text})
        case "open" | "close":
            _check_course(asked.act, standing)
            return Ready(Kind.MINUTES.value, {"state": asked.act})
        case "sign":
            return _sign(asked, standing, doing)
        case _:
            if not may_edit(standing):
                raise BadForm("these minutes are not open for writing; nothing was kept")
            return _write(asked, standing, doing)


def _check_course(act: str, standing: Standing) -> None:
    if act == "open" and (standing.opened is not None or standing.cancelled):
        raise BadForm("the meeting was opened already, or called off; nothing was kept")
    if act == "close" and (standing.opened is None or standing.closed is not None):
        raise BadForm("the meeting is not open; nothing was kept")


def _write(asked: Asked, standing: Standing, doing: Doing) -> Ready:
    paragraph = _paragraph(asked, standing)
    name = bytes(read_id(asked.paragraph)) if asked.paragraph else bytes(new_dispatch_id(doing.now, doing.entropy))
    match asked.act:
        case "claim" | "free":
            return _claim(asked.act, name, standing, doing)
        case "text":
            return _text(asked, standing, doing, name=name, paragraph=paragraph)
        case "strike" | "restore":
            _check_free(name, standing, doing)
            there = _seen(asked, _known(paragraph))
            return _strike(there) if asked.act == "strike" else _restore(asked, there, standing)
        case "translate":
            return _translate(asked, _known(paragraph))
        case "accept":
            return _minutes(Act.ACCEPT, name, {"on": list(_seen(asked, _known(paragraph)).live)})
        case "comment":
            _known(paragraph)
            return _minutes(Act.COMMENT, name, {"text": asked.text, "language": asked.language})
        case _:
            raise BadForm(f"there is no act called {asked.act!r} in a meeting; nothing was kept")


def _claim(act: str, name: bytes, standing: Standing, doing: Doing) -> Ready:
    if act == "claim":
        _check_free(name, standing, doing)
        return _minutes(Act.CLAIM, name, {})
    mine = _own_claims(name, standing, doing)
    if not mine:
        raise BadForm("this paragraph is not yours to let go; nothing was kept")
    return _minutes(Act.FREE, name, {"on": mine})


def _text(asked: Asked, standing: Standing, doing: Doing, *, name: bytes, paragraph: Paragraph | None) -> Ready:
    _check_free(name, standing, doing)
    seen = {bytes(read_id(one)) for one in asked.seen}
    heads = paragraph.versions if paragraph is not None else ()
    ours = [one.id for one in heads if one.id in seen and (not asked.beside or one.side == doing.node)]
    under = paragraph.under if paragraph is not None else _under(asked, standing)
    body: Form = {
        "language": asked.language,
        "texts": [{"language": tag, "text": text} for tag, text in asked.texts if text.strip()],
        "over": ours,
        "under": under,
        "on": _own_claims(name, standing, doing),
    }
    if asked.decision is not None:
        measure, due, item, owners = asked.decision
        said = [{"party": party, "agency": agency} for party, agency in owners if agency]
        body["decision"] = {"measure": measure, "due": due, "item": item, "owners": said}
    return _minutes(Act.TEXT, name, body)


def _strike(there: Paragraph) -> Ready:
    over: Form = {"struck": True, "over": [one.id for one in there.versions], "under": there.under}
    return _minutes(Act.TEXT, there.id, over)


def _restore(asked: Asked, paragraph: Paragraph, standing: Standing) -> Ready:
    """Publish again what was struck out, with its translations; `beside`: another struck version of it follows."""
    seen = {bytes(read_id(one)) for one in asked.seen}
    was = next((one for one in standing.struck.get(paragraph.id, ()) if one.id in seen), None)
    if was is None:
        raise BadForm("this text is not struck out now; nothing was kept")
    texts = {one.language: one.text for one in was.words}
    body: Form = {
        "language": was.language,
        "texts": [{"language": tag, "text": text} for tag, text in texts.items()],
        "over": [] if asked.beside else [one.id for one in paragraph.versions if one.struck],
        "under": paragraph.under,
    }
    if was.decision is not None:
        said = was.decision
        owners: list[Value] = [{"party": one.party, "agency": one.agency} for one in said.owners]
        body["decision"] = {"measure": said.measure, "due": said.due, "item": said.item, "owners": owners}
    return _minutes(Act.TEXT, paragraph.id, body)


def _translate(asked: Asked, paragraph: Paragraph) -> Ready:
    seen = {bytes(read_id(one)) for one in asked.seen}
    version = next((one for one in paragraph.versions if one.id in seen), None)
    if version is None:
        raise BadForm(
            "this version was replaced while you wrote; look at the new one; nothing was sent, your draft is kept"
        )
    tags = {tag for tag, text in asked.texts if text.strip()}
    original = {one.language for one in version.words if one.by == version.id}
    if tags & original:
        raise BadForm("its author wrote this language; publish a new text to change it; nothing was kept")
    over = sorted({one.by for one in version.words if one.language in tags})
    texts = [{"language": tag, "text": text} for tag, text in asked.texts if text.strip()]
    return _minutes(Act.TRANSLATE, paragraph.id, {"on": [version.id], "over": over, "texts": texts})


def _sign(asked: Asked, standing: Standing, doing: Doing) -> Ready:
    roles = sorted(doing.roles & SIGNS)
    if not roles:
        raise NotAllowed("minutes are signed by an officer in the role of a signatory; nothing was signed")
    if standing.signed is Signed.BOTH:
        raise BadForm("both sides have signed this text; nothing was kept")
    lacking = unready(standing)
    if lacking:
        raise BadForm(f"the text is not ready to be signed ({lacking[0][0]}); nothing was signed")
    if asked.hash != standing.hash.hex():
        raise BadForm("the text changed while it was before you; read it again; nothing was signed")
    body: Form = {
        "state": str(Act.SIGN),
        "hash": bytes(standing.hash),
        "of": list(standing.text.of),
        "function": asked.function,
    }
    return Ready(Kind.MINUTES.value, body, roles[0])


def _minutes(act: Act, paragraph: bytes, rest: Form) -> Ready:
    body: Form = {"state": str(act), "paragraph": paragraph, **rest}
    return Ready(Kind.MINUTES.value, body, paragraph=paragraph, publishes=act in {Act.TEXT, Act.TRANSLATE})


def _paragraph(asked: Asked, standing: Standing) -> Paragraph | None:
    if not asked.paragraph:
        return None
    name = bytes(read_id(asked.paragraph))
    return next((one for one in standing.text.paragraphs if one.id == name), None)


def _seen(asked: Asked, paragraph: Paragraph) -> Paragraph:
    """Return a paragraph if it is as the person saw it, where the page says how that was."""
    if asked.mark and asked.mark != mark_of(paragraph):
        raise BadForm("this paragraph changed while it was before you; read it again; nothing was kept")
    return paragraph


def _known(paragraph: Paragraph | None) -> Paragraph:
    if paragraph is None:
        raise BadForm("this paragraph has no text here yet; nothing was kept")
    return paragraph


def _under(asked: Asked, standing: Standing) -> bytes:
    """Return the paragraph under which a new one stands: the one that was named, or the last."""
    if asked.under:
        return bytes(read_id(asked.under))
    return standing.text.paragraphs[-1].id if standing.text.paragraphs else b""


def _check_free(name: bytes, standing: Standing, doing: Doing) -> None:
    holds = running(standing, doing.now).get(name)
    if holds is not None and not _mine(holds, doing):
        raise BadForm(
            f"officer {holds.officer} writes this paragraph now; it is free when that is published or in a few minutes."
            " Nothing was sent, your draft is kept"
        )


def _own_claims(name: bytes, standing: Standing, doing: Doing) -> list[Value]:
    return [one.id for one in standing.claims if one.paragraph == name and not one.ended and _mine(one, doing)]


def _mine(claim: Claim, doing: Doing) -> bool:
    return (claim.side, claim.desk, claim.officer) == (doing.node, doing.by.desk, doing.by.number)


def _terms(asked: Asked) -> Form:
    found = cast("Mapping[str, Value]", asked.terms or {})  # the body is read whole before it is kept
    return {name: entry for name, entry in found.items() if name not in {"state", "over"}}
