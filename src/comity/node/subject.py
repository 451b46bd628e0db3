"""Everything here that concerns one person, for the officer who answers requests for access: what, seen by whom, done with it.

The rule it keeps: looking is no giving. Each answer of our law to an act `access` is asked dry; that somebody looked, and
at what, stands in our decision log without the person's name, and in the views of each dispatch.
"""  # spec: law-and-agencies.md 1 (7)

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import chain

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm, NotAllowed
from comity.base.ids import DispatchId, Ms
from comity.dispatch import records, wire
from comity.dispatch.acts import Acting, ask_act
from comity.dispatch.book import Book
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import read_record
from comity.dispatch.filing import Bodies
from comity.dispatch.holding import View, find, is_held, note_view, views
from comity.dispatch.office import Office
from comity.dispatch.particulars import Particulars
from comity.dispatch.partsrow import parts_of
from comity.dispatch.ports import Row, Scalar, Tx
from comity.dispatch.states import Officer
from comity.marking.names import name_words, names
from comity.node.acts import ActRow, acts_on
from comity.policy.question import Act, Outside, Question
from comity.policy.verdict import Verdict

RECORD = "comity/looked/1"
LOOKED = "looked"
"""Kind of the decision record."""
CONSULT = "consult-before-disclosure"
OURS, THEIRS, DRAFT, HOME = "ours", "theirs", "draft", "home"
_SALT_BYTES = 32
_PAGE = 256


@dataclass(frozen=True, slots=True)
class Match:
    """One dispatch, kept draft or text of our own whose words have the person's name.

    Attributes:
        id: of it.
        whose: `ours`, `theirs`, `draft` (ours that never left) or `home` (written at home and never meant to leave).
        kind: of it; of a text at home `task` or `handover`.
        at: when it was sent, arrived or was kept.
        state: `sent`, `filed`, `waiting`; of a draft what became of it.
        texts: how many of its texts have the name.
        born: `same` if the day of birth asked for stands in it, `not said` otherwise; "" if none was asked for.
        confidence: came from the other side, or its label says `consult-before-disclosure`.
    """

    id: DispatchId
    whose: str
    kind: str
    at: Ms
    state: str
    texts: int
    born: str
    confidence: bool


@dataclass(frozen=True, slots=True)
class Concerning:
    """One match with what the access officer must know of it.

    Attributes:
        match: which.
        views: who of ours opened it, the first time each.
        acts: what was done with it, or not allowed.
        consult: its originator is asked before anything of it is disclosed.
        access: our law's dry answer to giving it to the person; None where there is nothing left to ask about.
    """

    match: Match
    views: tuple[View, ...]
    acts: tuple[ActRow, ...]
    consult: bool
    access: Verdict | None


@dataclass(frozen=True, slots=True)
class AtHome:
    """One text that was written at home: a task with its answer, a hand-over note.

    Attributes:
        id: of it.
        kind: `task` or `handover`.
        at: when it was written.
        state: where it stands.
        texts: its words.
        confidence: it may repeat what came from the other side.
    """

    id: DispatchId
    kind: str
    at: Ms
    state: str
    texts: tuple[str, ...]
    confidence: bool


@dataclass(frozen=True, slots=True)
class _Found:
    """One body to look through."""

    id: DispatchId
    whose: str
    desk: str
    kind: str
    at: Ms
    state: str
    body: bytes
    confidence: bool


def search(
    person: str, born: str, tx: Tx, desks: Mapping[str, Bodies], home: Iterable[AtHome] = ()
) -> tuple[Match, ...]:
    """Look through every dispatch, ours and theirs, every kept draft and what was written at home; oldest first.

    Args:
        person: the name, in any order of words, as written in one script.
        born: a day as it would stand in a text, such as 1988-04-02; "" for none.
        tx: the snapshot.
        desks: open desks by name.
        home: what officers wrote at home, of the same snapshot.

    Raises:
        BadForm: the name has no word.
    """
    wanted = name_words(person)
    if not wanted:
        raise BadForm("a name has at least one word; nothing was looked for")
    day = name_words(born)
    found: list[Match] = []
    everything: Iterator[_Found | AtHome] = chain(_bodies(tx), home)
    for one in everything:
        whose, texts = (HOME, one.texts) if isinstance(one, AtHome) else (one.whose, _texts(one, desks))
        hits = names(wanted, texts)
        if hits:
            said = "" if not day else "same" if names(day, texts) else "not said"
            found.append(Match(one.id, whose, one.kind, one.at, one.state, hits, said, one.confidence))
    return tuple(sorted(found, key=lambda match: (match.at, match.id)))


def unsearchable(tx: Tx) -> int:
    """Return how many dispatches lie with the custodian, or were never opened, so that nobody here can look into them."""
    return int_of(tx.rows("SELECT count(*) FROM got WHERE sealed_sha256 IS NOT NULL AND plain IS NULL")[0][0])


def look(matches: tuple[Match, ...], by: Officer, book: Book, office: Office, now: Ms) -> tuple[Concerning, ...]:
    """Say of each match who saw it, what was done with it and what our law says to giving it; note who looked.

    Raises:
        NotAllowed: the officer has no standing, or none for the act `access`; nothing was shown or kept.
    """
    standing = office.powers.standing(book.tx, by.desk, by.number, now)
    if standing is None or (standing.acts is not None and Act.ACCESS.value not in standing.acts):
        raise NotAllowed("this officer does not answer requests for access; nothing was shown")
    acting = Acting(standing.agency, frozenset())
    told = tuple(_concerning(match, acting, book.tx, office, now) for match in matches)
    members: list[Value] = [RECORD, by.desk, by.number, [match.id for match in matches], now]
    records.keep(book, LOOKED, None, office.entropy.draw(_SALT_BYTES), cbor.encode(members), now=now)
    for match in matches:
        if match.whose != HOME:
            note_view(match.id, by.desk, by.number, book.tx, now)
    return told


def _concerning(match: Match, acting: Acting, tx: Tx, office: Office, now: Ms) -> Concerning:
    question = _question(match, acting, tx, office, now)
    verdict = None if question is None else office.gate.decide(question, now)
    ordered = verdict is not None and any(duty.value == CONSULT for duty in verdict.obligations)
    consult = match.confidence or ordered
    return Concerning(match, views(match.id, tx), acts_on(match.id, tx), consult, verdict)


def _question(match: Match, acting: Acting, tx: Tx, office: Office, now: Ms) -> Question | None:
    """Return the question of an act `access`; of a draft from the one that was asked when it was kept."""
    if is_held(match.id, tx):
        return ask_act(Particulars(Act.ACCESS, match.id), acting, find(match.id, tx), tx, office, now)
    rows = tx.rows("SELECT record FROM record WHERE dispatch = ? ORDER BY idx", (match.id,))
    decided = (read_record(bytes_of(row[0])) for row in rows)
    asked = next((one.question for one in decided if one is not None and one.question is not None), None)
    if asked is None:
        return None
    return replace(asked, act=Act.ACCESS, agency=acting.agency, approvals=frozenset(), outside=Outside.PERSON.value)


def _texts(one: _Found, desks: Mapping[str, Bodies]) -> tuple[str, ...]:
    """Return all texts of a body; one that its desk cannot read any more has none."""
    try:
        return desks[one.desk].facts(one.kind, one.body).texts if one.desk in desks else ()
    except BadEnvelope:
        return ()


def _bodies(tx: Tx) -> Iterator[_Found]:
    for id_, plain, at in _pages(tx, "SELECT id, plain, sent_at FROM sent WHERE id > ? ORDER BY id LIMIT ?"):
        yield _dispatch(id_, plain, at, OURS, "sent")
    theirs = "SELECT id, plain, coalesce(arrived_at, known_at), settled_at FROM got WHERE plain IS NOT NULL AND id > ?"
    for id_, plain, at, settled in _pages(tx, f"{theirs} ORDER BY id LIMIT ?"):
        yield _dispatch(id_, plain, at, THEIRS, "waiting" if settled is None else "filed")
    drafts = "SELECT id, desk, kind, body, at, state FROM kept WHERE became IS NULL AND id > ? ORDER BY id LIMIT ?"
    for id_, desk, kind, body, at, state in _pages(tx, drafts):
        yield _Found(
            DispatchId(bytes_of(id_)),
            DRAFT,
            text_of(desk),
            text_of(kind),
            Ms(int_of(at)),
            text_of(state),
            bytes_of(body),
            confidence=False,
        )


def _dispatch(id_: Scalar, plain: Scalar, at: Scalar, whose: str, state: str) -> _Found:
    parts = parts_of(bytes_of(plain))
    header = wire.decode_header(parts[0].content)
    confidence = whose == THEIRS or CONSULT in header.labels.conditions
    return _Found(
        DispatchId(bytes_of(id_)), whose, header.desk, header.kind, Ms(int_of(at)), state, parts[1].content, confidence
    )


def _pages(tx: Tx, statement: str) -> Iterator[Row]:
    """Yield the rows of a statement that begins with the id, a page at a time."""
    last = b""
    while rows := tx.rows(statement, (last, _PAGE)):
        yield from rows
        last = bytes_of(rows[-1][0])
