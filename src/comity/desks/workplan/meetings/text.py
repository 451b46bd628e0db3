"""The text of minutes as it is signed: one value, one encoding, one hash over every version in every language.

The rule it keeps: the text is made from the operations that a signature names and from nothing else, so that either side, and
a stranger with a file, computes the same hash.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from comity.base.cbor import Value, encode
from comity.base.hashing import domain_hash
from comity.base.ids import Digest, DispatchId, NodeName
from comity.desks.workplan.meetings.model import Act, Body, Decision, Meeting, Minutes, Step

DOMAIN = "comity/minutes/1"
_MARK = 16


@dataclass(frozen=True, slots=True)
class Operation:
    """One filed dispatch of a meeting: its id, the side and officer whose it is, its sender's time, its body.

    `side` is the node that sent it, `role` what the header says of its author; `desk` and `officer` who released it.
    """

    id: DispatchId
    side: NodeName
    at: int
    desk: str
    officer: int
    agency: str
    role: str
    body: Body


@dataclass(frozen=True, slots=True)
class Said:
    """One text in one language, and the operation that published it."""

    language: str
    text: str
    by: DispatchId
    side: NodeName


@dataclass(frozen=True, slots=True)
class Version:
    """One version of a paragraph: whose it is, the language of its original, what it says in each language."""

    id: DispatchId
    side: NodeName
    at: int
    desk: str
    officer: int
    language: str
    words: tuple[Said, ...]
    decision: Decision | None
    struck: bool

    def lacks(self, languages: Iterable[str]) -> tuple[str, ...]:
        """Return those of `languages` in which it does not stand."""
        there = {one.language for one in self.words}
        return tuple(one for one in languages if one not in there)


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph: its versions in force, side by side where there are several; `live` are the operations it is made of."""

    id: bytes
    under: bytes
    versions: tuple[Version, ...]
    live: tuple[DispatchId, ...]

    @property
    def struck(self) -> bool:
        """Say whether it is taken out: every version in force says so."""
        return all(one.struck for one in self.versions)


@dataclass(frozen=True, slots=True)
class Text:
    """The minutes as they read: the terms of the meeting and the paragraphs in order, struck ones among them.

    `of` are the operations that it is made of, sorted; `paragraphs` without a version in force do not occur.
    """

    meeting: DispatchId
    terms: Operation | None
    paragraphs: tuple[Paragraph, ...]
    of: tuple[DispatchId, ...]

    @property
    def standing(self) -> tuple[Paragraph, ...]:
        """Return the paragraphs that are not struck out."""
        return tuple(one for one in self.paragraphs if not one.struck)


def text_of(meeting: DispatchId, operations: Iterable[Operation]) -> Text:
    """Return the text that a set of operations comes to; the order in which they are given does not matter.

    The terms are those of the one call or move that no other replaces; None where several stand beside each other.
    """
    known = sorted({one.id: one for one in operations}.values(), key=lambda one: one.id)
    terms = heads(one for one in known if isinstance(one.body, Meeting) and one.body.state in {Step.CALL, Step.MOVE})
    texts = [one for one in known if _act(one) == Act.TEXT]
    translated = [one for one in known if _act(one) == Act.TRANSLATE]
    by_paragraph: dict[bytes, list[Operation]] = {}
    for one in texts:
        by_paragraph.setdefault(_minutes(one).paragraph, []).append(one)
    paragraphs = tuple(_paragraph(name, ones, translated) for name, ones in by_paragraph.items())
    ordered = in_order(tuple(one for one in paragraphs if one.versions))
    of = {one for paragraph in ordered for one in paragraph.live} | {one.id for one in terms}
    return Text(meeting, terms[0] if len(terms) == 1 else None, ordered, tuple(sorted(of)))


def mark_of(paragraph: Paragraph) -> str:
    """Return a short mark of exactly the operations that a paragraph is made of: another one after any change of it."""
    return domain_hash("comity/paragraph/1", paragraph.id, *paragraph.live).hex()[:_MARK]


def before(paragraph: Paragraph, operations: Iterable[Operation]) -> tuple[Version, ...]:
    """Return the versions that stood before those in force that strike the paragraph out; none where nothing is struck."""
    known: dict[bytes, Operation] = {one.id: one for one in operations if _act(one) in {Act.TEXT, Act.TRANSLATE}}
    translated = [
        one for one in known.values() if _act(one) == Act.TRANSLATE and _minutes(one).paragraph == paragraph.id
    ]
    waiting: list[bytes] = [one.id for one in paragraph.versions if one.struck]
    seen: set[bytes] = set()
    found: list[Operation] = []
    while waiting:
        one = known.get(waiting.pop())
        if one is None or one.id in seen:
            continue
        seen.add(one.id)
        if _minutes(one).struck:
            waiting += one.body.over
        else:
            found.append(one)
    return tuple(sorted((_version(one, translated) for one in found), key=lambda one: (one.side, one.id)))


def heads(operations: Iterable[Operation]) -> tuple[Operation, ...]:
    """Return those that no other of them replaces, by id."""
    there = sorted(operations, key=lambda one: one.id)
    over = {replaced for one in there for replaced in one.body.over if replaced != one.id}
    return tuple(one for one in there if one.id not in over)


def _paragraph(name: bytes, texts: Iterable[Operation], translated: Iterable[Operation]) -> Paragraph:
    found = heads(texts)
    mine = [one for one in translated if _minutes(one).paragraph == name]
    versions = tuple(_version(one, mine) for one in found)
    live = {one.id for one in versions} | {said.by for one in versions for said in one.words}
    under = min((_minutes(one).under for one in found), default=b"")
    return Paragraph(name, under, tuple(sorted(versions, key=lambda one: (one.side, one.id))), tuple(sorted(live)))


def _version(text: Operation, translated: Iterable[Operation]) -> Version:
    body = _minutes(text)
    own = [Said(one.language, one.text, text.id, text.side) for one in body.texts]
    had = {one.language for one in own}
    about = [one for one in translated if text.id in _minutes(one).on]
    further = [said for one in about for said in _said(one) if said.language not in had and not _replaced(said, about)]
    words = tuple(sorted((*own, *further), key=lambda one: (one.language, one.by)))
    return Version(
        text.id, text.side, text.at, text.desk, text.officer, body.language, words, body.decision, body.struck
    )


def _said(one: Operation) -> tuple[Said, ...]:
    return tuple(Said(words.language, words.text, one.id, one.side) for words in _minutes(one).texts)


def _replaced(said: Said, about: Iterable[Operation]) -> bool:
    """Say whether another translation of the same version replaces this one in its language."""
    return any(
        said.by in one.body.over and one.id != said.by and said.language in {w.language for w in _minutes(one).texts}
        for one in about
    )


def in_order(paragraphs: tuple[Paragraph, ...]) -> tuple[Paragraph, ...]:
    """Return paragraphs as they are read: each behind the one it stands under, a newer one before an older of the same place.

    What stands under a paragraph that is not here, or in a ring, comes at the end in the order of its begin.
    """
    known = {one.id for one in paragraphs}
    under: dict[bytes, list[Paragraph]] = {}
    for one in sorted(paragraphs, key=lambda one: one.id, reverse=True):
        under.setdefault(one.under if one.under in known else b"", []).append(one)
    ordered: list[Paragraph] = []
    waiting = list(reversed(_first(under.get(b"", []))))
    while waiting:
        one = waiting.pop()
        ordered.append(one)
        waiting += reversed(under.get(one.id, []))
    rest = sorted((one for one in paragraphs if one not in ordered), key=lambda one: one.id)
    return (*ordered, *rest)


def _first(roots: list[Paragraph]) -> list[Paragraph]:
    """Return the paragraphs under nothing: those that were begun there newest first, then the strays oldest first."""
    strays = sorted((one for one in roots if one.under), key=lambda one: one.id)
    return [*(one for one in roots if not one.under), *strays]


# --- what is signed --------------------------------------------------------------------------------------------------


def signed_value(text: Text) -> Value:
    """Return the value whose encoding is hashed.

    `[DOMAIN, meeting, terms, paragraphs]`. Terms: `[id, sort, title, language, languages, at or null, deputies]`. A
    paragraph: `[id, versions]`; a version: `[side, id, language, words, decision or null]`; words: `[language, id of the
    operation, text]`; a decision: `[measure, due, item, owners]`. Struck paragraphs and struck versions are not in it.
    """
    return (DOMAIN, text.meeting, _terms_value(text.terms), tuple(map(_paragraph_value, text.standing)))


def digest_of(text: Text) -> Digest:
    """Return the hash that both sides sign: `SHA-256(DOMAIN || 0x00 || deterministic CBOR of `signed_value`)`."""  # spec: RFC 8949 4.2.1
    return domain_hash(DOMAIN, encode(signed_value(text)))


def digest_of_value(value: Value) -> Digest:
    """Return the hash of a value that has the shape of `signed_value`, as a file brings it."""
    return domain_hash(DOMAIN, encode(value))


def _terms_value(terms: Operation | None) -> Value:
    if terms is None or not isinstance(terms.body, Meeting):
        return None
    body = terms.body
    deputies = tuple((one.party, one.function) for one in body.deputies)
    return (terms.id, str(body.sort), body.title, body.language, body.languages, body.at, deputies)


def _paragraph_value(paragraph: Paragraph) -> Value:
    versions = (one for one in paragraph.versions if not one.struck)
    return (paragraph.id, tuple(map(_version_value, versions)))


def _version_value(version: Version) -> Value:
    words = tuple((one.language, one.by, one.text) for one in version.words)
    return (str(version.side), version.id, version.language, words, _decision_value(version.decision))


def _decision_value(decision: Decision | None) -> Value:
    if decision is None:
        return None
    return (decision.measure, decision.due, decision.item, tuple((one.party, one.agency) for one in decision.owners))


def named(operations: Mapping[bytes, Operation], of: Iterable[bytes]) -> tuple[Operation, ...] | None:
    """Return the operations with these ids; None if one of them is not here."""
    found = [operations.get(one) for one in of]
    there = tuple(one for one in found if one is not None)
    return there if len(there) == len(found) else None


def _act(one: Operation) -> str:
    return one.body.state if isinstance(one.body, Minutes) else ""


def _minutes(one: Operation) -> Minutes:
    assert isinstance(one.body, Minutes)
    return one.body
