"""What the operations of a meeting come to: its terms, its paragraphs, who stands behind what, who has signed.

The rule it keeps: `fold` is a function of the set of operations alone; neither the order of their coming nor a clock is in it.
What time decides, which claim still runs, is asked of its result with the time as an argument, and never changes a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

from comity.base.ids import Digest, DispatchId, Ms, NodeName
from comity.desks.workplan.meetings.model import CLAIM_SECONDS, Act, Meeting, Minutes, Sort, Step
from comity.desks.workplan.meetings.text import (
    Operation,
    Paragraph,
    Text,
    Version,
    before,
    digest_of,
    heads,
    named,
    text_of,
)

SIGNS = frozenset({"signatory"})
"""Roles in which an officer may sign minutes."""
_SECOND = 1_000


class Agreed(StrEnum):
    """Where a paragraph stands between the sides."""

    OPEN = "open"
    """At least one side does not stand behind what is there."""
    ONE = "one"
    """Both stand behind one text."""
    APART = "apart"
    """Both accept that two texts stand side by side."""


class Signed(StrEnum):
    """Where the minutes stand."""

    NOT = "not"
    HALF = "half"
    """One side has signed the text as it is now. It is not agreed."""
    BOTH = "both"


@dataclass(frozen=True, slots=True)
class Claim:
    """A claim of a paragraph: whose, since and until when; `ended` if its holder gave it up or published."""

    id: DispatchId
    paragraph: bytes
    side: NodeName
    desk: str
    officer: int
    since: int
    until: int
    ended: bool


@dataclass(frozen=True, slots=True)
class Comment:
    """A word on a paragraph; never part of what is signed."""

    id: DispatchId
    paragraph: bytes
    side: NodeName
    at: int
    text: str


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature: whose, in which function, over which hash.

    `sound`: the operations it names are here, give that hash, stand in every language, and the role may sign.
    `holds`: it is over the text as it is now, or over the one that both have signed.
    """

    id: DispatchId
    side: NodeName
    at: int
    desk: str
    officer: int
    role: str
    function: str
    hash: Digest
    of: tuple[bytes, ...]
    sound: bool
    holds: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A meeting as it stands.

    Attributes:
        meeting: its id, the id of its call.
        sides: both nodes, sorted.
        terms: the proposals in force, one or, where both moved it at once, two.
        accepted: the sides that stand behind the one proposal; none where there are two.
        cancelled: a side has called it off before it was opened, or a consultation before both signed.
        opened, closed: when, by the first operation that says so; None for not yet.
        text: the minutes as they read now; of those that both have signed, as they signed them.
        hash: of that text.
        signed: where they stand.
        claims, comments, signatures: all there are, by id.
        stands: for each paragraph the sides that stand behind what is there.
        struck: for each paragraph of which a version is struck out, the versions that stood before.
        late: operations on the text that came beside what both signed: kept, shown, no part of it.
    """

    meeting: DispatchId
    sides: tuple[NodeName, ...]
    terms: tuple[Operation, ...]
    accepted: frozenset[NodeName]
    cancelled: bool
    opened: int | None
    closed: int | None
    text: Text
    hash: Digest
    signed: Signed
    claims: tuple[Claim, ...]
    comments: tuple[Comment, ...]
    signatures: tuple[Signature, ...]
    stands: Mapping[bytes, frozenset[NodeName]]
    struck: Mapping[bytes, tuple[Version, ...]]
    late: tuple[Operation, ...]

    def agreed(self, paragraph: Paragraph) -> Agreed:
        """Say where a paragraph stands."""
        if self.signed is Signed.BOTH or self.stands.get(paragraph.id, frozenset()) >= set(self.sides):
            return Agreed.ONE if len(paragraph.versions) == 1 else Agreed.APART
        return Agreed.OPEN


def fold(meeting: DispatchId, sides: Iterable[NodeName], operations: Iterable[Operation]) -> Standing:
    """Return what a set of operations comes to; their order does not matter, and one that is given twice counts once."""
    known: dict[bytes, Operation] = {one.id: one for one in sorted(operations, key=lambda one: one.id)}
    both = tuple(sorted(sides))
    now = text_of(meeting, known.values())
    digest = digest_of(now)
    signatures = tuple(_signature(one, known, meeting, digest) for one in _of(known, Act.SIGN))
    sealed = _sealed(signatures, both)
    if sealed is not None:
        there = named(known, sealed.of)
        assert there is not None  # it is sound
        now, digest = text_of(meeting, there), sealed.hash
    signed = _signed(signatures, digest, both)
    late = tuple(one for one in known.values() if sealed and _writes(one) and one.id not in _behind(sealed, known))
    terms = heads(one for one in known.values() if _step(one) in {Step.CALL, Step.MOVE})
    return Standing(
        meeting=meeting,
        sides=both,
        terms=terms,
        accepted=_accepted(terms, known.values()),
        cancelled=any(_step(one) == Step.CANCEL for one in known.values())
        and not _of(known, Act.OPEN)
        and signed is not Signed.BOTH,
        opened=min((one.at for one in _of(known, Act.OPEN)), default=None),
        closed=min((one.at for one in _of(known, Act.CLOSE)), default=None),
        text=now,
        hash=digest,
        signed=signed,
        claims=tuple(_claim(one, known.values()) for one in _of(known, Act.CLAIM)),
        comments=tuple(
            Comment(one.id, body.paragraph, one.side, one.at, body.text) for one, body in _bodies(known, Act.COMMENT)
        ),
        signatures=tuple(_holding(one, digest) for one in signatures),
        stands={one.id: _behind_paragraph(one, known) for one in now.paragraphs},
        struck={one.id: before(one, known.values()) for one in now.paragraphs if any(v.struck for v in one.versions)},
        late=late,
    )


def running(standing: Standing, now: Ms) -> Mapping[bytes, Claim]:
    """Return for each claimed paragraph the claim that holds at a time: of those that still run, the one that was made first."""
    found: dict[bytes, Claim] = {}
    for one in sorted(standing.claims, key=lambda one: (one.since, one.id)):
        if not one.ended and now < one.until:
            found.setdefault(one.paragraph, one)
    return found


def unready(standing: Standing) -> tuple[tuple[str, bytes, str], ...]:
    """Return what stands against signing, as (word, paragraph or empty, language or empty); nothing if all is ready.

    `cancelled`; `not-open`, of a meeting; `terms`: the proposals are two, or a side has not accepted the one; `empty`: no
    paragraph; `open`: a side does not stand behind a paragraph; `struck`: nor behind its being struck out; `language`: a
    version lacks one.
    """
    if standing.signed is Signed.BOTH:
        return ()
    found: list[tuple[str, bytes, str]] = []
    if standing.cancelled:
        found.append(("cancelled", b"", ""))
    if standing.opened is None and not _consults(standing):
        found.append(("not-open", b"", ""))
    if len(standing.terms) != 1 or standing.accepted < set(standing.sides):
        found.append(("terms", b"", ""))
    if not standing.text.standing:
        found.append(("empty", b"", ""))
    waits = [one for one in standing.text.paragraphs if standing.agreed(one) is Agreed.OPEN]
    found += [("struck" if one.struck else "open", one.id, "") for one in waits]
    found += [("language", paragraph, language) for paragraph, language in lacking(standing.text)]
    return tuple(found)


def lacking(text: Text) -> tuple[tuple[bytes, str], ...]:
    """Return each paragraph that has a version which lacks a language of the meeting, with that language."""
    languages = text.terms.body.languages if text.terms is not None and isinstance(text.terms.body, Meeting) else ()
    found = {
        (paragraph.id, language): None
        for paragraph in text.standing
        for version in paragraph.versions
        if not version.struck
        for language in version.lacks(languages)
    }
    return tuple(found)


def may_edit(standing: Standing) -> bool:
    """Say whether the text may still be worked on: opened, or a consultation that is not cancelled, neither closed nor signed by both."""
    begun = standing.opened is not None or (_consults(standing) and not standing.cancelled)
    return begun and standing.closed is None and standing.signed is not Signed.BOTH


def _consults(standing: Standing) -> bool:
    return any(isinstance(one.body, Meeting) and one.body.sort == Sort.CONSULTATION for one in standing.terms)


def terms_of(standing: Standing) -> Meeting:
    """Return the terms to show: of several proposals the newest."""
    body = standing.terms[-1].body
    assert isinstance(body, Meeting)
    return body


# --- parts of the fold -------------------------------------------------------------------------------------------------


def _signature(one: Operation, known: Mapping[bytes, Operation], meeting: DispatchId, digest: Digest) -> Signature:
    body = one.body
    assert isinstance(body, Minutes)
    there = named(known, body.of)
    sound = one.role in SIGNS and there is not None and _gives(text_of(meeting, there), body)
    return Signature(
        one.id,
        one.side,
        one.at,
        one.desk,
        one.officer,
        one.role,
        body.function,
        Digest(body.hash),
        body.of,
        sound,
        sound and body.hash == digest,
    )


def _gives(text: Text, body: Minutes) -> bool:
    """Say whether a text is the one that was signed: exactly its operations, its hash, its terms and all its languages."""
    whole = text.terms is not None and bool(text.standing) and not lacking(text)
    return whole and text.of == body.of and digest_of(text) == body.hash


def _holding(one: Signature, digest: Digest) -> Signature:
    return replace(one, holds=one.sound and one.hash == digest)


def _sealed(signatures: Iterable[Signature], both: tuple[NodeName, ...]) -> Signature | None:
    """Return a signature over the text that both signed; of several such texts the one that was whole first.

    What both have signed stays signed: a later word of one side cannot take back what the other relies on.
    """
    by_hash: dict[Digest, dict[NodeName, Signature]] = {}
    for one in sorted(signatures, key=lambda one: (one.at, one.id)):
        if one.sound:
            by_hash.setdefault(one.hash, {}).setdefault(one.side, one)
    whole = [tuple(found.values()) for found in by_hash.values() if set(found) >= set(both)]
    if not whole:
        return None
    first = min(whole, key=lambda ones: (max(one.at for one in ones), ones[0].hash))
    return first[0]


def _signed(signatures: Iterable[Signature], digest: Digest, both: tuple[NodeName, ...]) -> Signed:
    there = {one.side for one in signatures if one.sound and one.hash == digest}
    return Signed.BOTH if there >= set(both) else Signed.HALF if there else Signed.NOT


def _behind(sealed: Signature, known: Mapping[bytes, Operation]) -> frozenset[bytes]:
    """Return what a signed text is made of and all that this replaces, back to the first words."""
    found: set[bytes] = set()
    waiting = list(sealed.of)
    while waiting:
        one = waiting.pop()
        if one in found:
            continue
        found.add(one)
        operation = known.get(one)
        if operation is not None:
            waiting += operation.body.over
            waiting += operation.body.on if isinstance(operation.body, Minutes) else ()
    return frozenset(found)


def _accepted(terms: tuple[Operation, ...], known: Iterable[Operation]) -> frozenset[NodeName]:
    if len(terms) != 1:
        return frozenset()
    meant = (terms[0].id,)
    said = {one.side for one in known if _step(one) == Step.ACCEPT and one.body.over == meant}
    return frozenset(said | {terms[0].side})


def _behind_paragraph(paragraph: Paragraph, known: Mapping[bytes, Operation]) -> frozenset[NodeName]:
    """Return the sides that stand behind a paragraph: all of it is theirs, or they accepted exactly what is there."""
    said = {one.side for one, body in _bodies(known, Act.ACCEPT) if body.on == paragraph.live}
    authors = {known[one].side for one in paragraph.live}
    return frozenset(said | (authors if len(authors) == 1 else set()))


def _claim(one: Operation, known: Iterable[Operation]) -> Claim:
    body = one.body
    assert isinstance(body, Minutes)
    ended = any(
        isinstance(other.body, Minutes)
        and other.body.state in {Act.FREE, Act.TEXT}
        and other.side == one.side
        and one.id in other.body.on
        for other in known
    )
    until = one.at + (body.seconds or CLAIM_SECONDS) * _SECOND
    return Claim(one.id, body.paragraph, one.side, one.desk, one.officer, one.at, until, ended)


def _of(known: Mapping[bytes, Operation], act: Act) -> tuple[Operation, ...]:
    return tuple(one for one, _ in _bodies(known, act))


def _bodies(known: Mapping[bytes, Operation], act: Act) -> tuple[tuple[Operation, Minutes], ...]:
    return tuple((one, one.body) for one in known.values() if isinstance(one.body, Minutes) and one.body.state == act)


def _step(one: Operation) -> str:
    return one.body.state if isinstance(one.body, Meeting) else ""


def _writes(one: Operation) -> bool:
    return isinstance(one.body, Minutes) and one.body.state in {Act.TEXT, Act.TRANSLATE}
