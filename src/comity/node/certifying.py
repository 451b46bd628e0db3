"""Certificates that travel by themselves: each destruction of what the other side gave is told to it, and what is still owed.

The rule it keeps: a certificate goes once its leaf is in a head that the other side co-signed, so that its place is final; what
was destroyed without a certificate that was filed, and what was to be destroyed and was not, is a debt and is listed. One that
the other side could not open, as one made under a clock that was ahead, goes again: nobody but the node can send it anew. One
whose leaf is in a log that was cut is said again by a leaf of the log of now, and goes by that.
"""  # spec: protocol.md 4 rule 1, 10; vocabulary.md 5, Accord state

from __future__ import annotations

from collections.abc import Collection, Container
from dataclasses import dataclass

from comity.base.errors import BadSeal
from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch.book import Book, LogRole, log_row
from comity.dispatch.certificates import (
    CONTENT,
    Crossing,
    Held,
    all_held,
    came_about,
    encode_crossing,
    leaf_of,
    parts_said,
    places_of,
)
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.decision import read_record
from comity.dispatch.entries import Fact
from comity.dispatch.glass import leaf
from comity.dispatch.inbound.paper import CERTIFICATE
from comity.dispatch.office import Office
from comity.dispatch.path import send
from comity.dispatch.ports import Row, Tx
from comity.dispatch.states import Officer
from comity.dispatch.stops import read_stops
from comity.node.certificate import certificate_file
from comity.node.erasing import erased_leaves
from comity.node.manifest import DESK, certificate_form
from comity.node.retention import CUSTODY, MOST, OURS, THEIRS, holds_in_force, without_day

MOST_SHOWN = 2_000
_BATCH = 64
_AGAIN_MS = 3_600_000
"""How long a certificate that could not be opened waits until it goes again; each further time twice as long."""
_MOST_DOUBLED = 12
_OPEN = (
    "SELECT e.dispatch, o.idx, o.salt, o.record FROM erasure e JOIN opening o ON o.idx = e.leaf"
    " JOIN got g ON g.id = coalesce(e.about, e.dispatch) WHERE e.certified IS NULL AND e.leaf >= 0 AND e.leaf < ? ORDER BY e.leaf LIMIT ?"
)
_IN_CLOSED = (
    "SELECT e.dispatch, o.kind, o.record FROM erasure e JOIN opening o ON o.idx = e.leaf"
    " JOIN got g ON g.id = coalesce(e.about, e.dispatch) LEFT JOIN certificate c ON c.dispatch = e.certified"
    " WHERE e.leaf < 0 AND (e.certified IS NULL OR c.fact = ?) AND NOT EXISTS (SELECT 1 FROM certificate d"
    " WHERE d.about = coalesce(e.about, e.dispatch) AND d.ours = 1 AND d.record = o.record AND d.fact = ?) ORDER BY e.leaf LIMIT ?"
)
"""What was destroyed under a log that was cut since, and whose certificate never went, or went and was refused."""
_ENDED = (int(Fact.REFUSED), int(Fact.FILED))
_NOT_OPENED = (
    "SELECT e.dispatch, s.sent_at, (SELECT count(*) FROM certificate d"
    " WHERE d.about = c.about AND d.ours = 1 AND d.record = c.record AND d.fact = c.fact)"
    " FROM certificate c JOIN erasure e ON e.certified = c.dispatch AND coalesce(e.about, e.dispatch) = c.about"
    " JOIN sent s ON s.id = c.dispatch WHERE c.ours = 1 AND c.fact = ? AND s.code = ?"
)


@dataclass(frozen=True, slots=True)
class Debt:
    """One dispatch whose content is to be destroyed, or whose certificate is to come.

    Attributes:
        dispatch: which.
        ours: we owe it: they gave it.
        desk, kind: of it, "" where nobody has read it.
        since: since when it is owed.
        state: `kept`: not destroyed; `held`: a hold keeps it; `part`: destroyed in part; `told`: destroyed, the certificate was
            not filed yet; `refused`: the other side did not take the certificate, or could not open it and it goes again.
    """

    dispatch: DispatchId
    ours: bool
    desk: str
    kind: str
    since: Ms
    state: str


@dataclass(frozen=True, slots=True)
class Certificates:
    """What crossed and what is owed.

    Attributes:
        held: certificates of both sides, the newest first, at most `MOST_SHOWN`.
        faults: of those of theirs that did not stand, by dispatch: why, in plain words.
        owed: debts of both sides, at most `MOST_SHOWN` of each.
        counts: how many debts there are in all, ours and theirs.
        crossing: the accord opens the kind; else certificates are files that people send.
    """

    held: tuple[Held, ...]
    faults: dict[DispatchId, str]
    owed: tuple[Debt, ...]
    counts: tuple[int, int]
    crossing: bool


# --- sending ----------------------------------------------------------------------------------------------------------


def waits(tx: Tx, office: Office) -> bool:
    """Say whether a certificate may go now, or is to be said again first."""
    row = log_row(tx, LogRole.OURS)
    if row is None or not crosses(office):
        return False
    return bool(tx.rows(_OPEN, (row.cosigned_size, 1)) or tx.rows(_IN_CLOSED, (*_ENDED, 1)))


def crosses(office: Office) -> bool:
    """Say whether the accord in force opens the kind."""
    return office.accord.opens(DESK, CERTIFICATE)


def certify(book: Book, office: Office, by: Officer, now: Ms) -> int:
    """Send the certificates of what was destroyed, 64 at a time, each once; return how many went.

    A draft that our law or the officer's delegation withholds is kept as every draft, and is not made again.

    Raises:
        BadForm: none can go now, such as when the other side's sealing keys have ended; nothing was changed.
    """
    standing = office.powers.standing(book.tx, by.desk, by.number, now)
    agency = standing.agency if standing is not None else min(office.agencies)
    recipient = office.peer_keys.sealing[0].agency
    rows = book.tx.rows(_OPEN, (book.logs[LogRole.OURS].cosigned_size, _BATCH)) if crosses(office) else ()
    for gone, place, salt, record in rows:
        body = encode_crossing(Crossing(LeafIndex(int_of(place)), bytes_of(salt), bytes_of(record)))
        done = send(certificate_form(body, agency, recipient), by, book, office, now)
        book.tx.run("UPDATE erasure SET certified = ? WHERE dispatch = ?", (done.id, gone))
    return len(rows)


def say_again(book: Book, office: Office, now: Ms) -> None:
    """Say again, in our log of now, what a log that was cut says that we destroyed and no certificate told: 64 at a time.

    What crosses names a leaf and no log, so the other side looks for it in the log of now. The record is the same, with the
    time of the destruction; the leaf in the closed log stands as it did.
    """  # spec: protocol.md 10
    for key, kind, record in book.tx.rows(_IN_CLOSED, (*_ENDED, _BATCH)) if crosses(office) else ():
        place = leaf(text_of(kind), bytes_of(record), book, office, now)
        book.tx.run("UPDATE erasure SET leaf = ?, certified = NULL WHERE dispatch = ?", (place, key))


def not_opened(tx: Tx, now: Ms) -> tuple[bytes, ...]:
    """Return the erasures, by the key of their row, whose certificates could not be opened and may go again now.

    At once where our clock was set back since, so that it was made at a time that is still to come; else an hour after it was
    made, and each time twice as long: their reason never crosses, and one that can never be opened must not fill both logs.
    """  # spec: protocol.md 7
    rows = tx.rows(_NOT_OPENED, (int(Fact.QUARANTINED), BadSeal.code))
    return tuple(
        bytes_of(gone)
        for gone, sent, tries in rows
        if int_of(sent) > now or int_of(sent) + (_AGAIN_MS << min(int_of(tries) - 1, _MOST_DOUBLED)) <= now
    )


def let_go_again(book: Book, gone: tuple[bytes, ...]) -> None:
    """Let the certificates of some erasures go again."""
    book.tx.many("UPDATE erasure SET certified = NULL WHERE dispatch = ?", [(one,) for one in gone])


def send_again(book: Book) -> None:
    """Let certificates go again whose bytes the other side wants and that are gone here."""
    book.tx.run("UPDATE erasure SET certified = NULL WHERE certified IN (SELECT id FROM lost)")


# --- looking ----------------------------------------------------------------------------------------------------------


def certificates(tx: Tx, office: Office, now: Ms) -> Certificates:
    """Return what crossed and what is owed; nothing is written."""
    held = all_held(tx, MOST_SHOWN)
    faults = {one.dispatch: fault_of(one.dispatch, tx) for one in held if one.said is None and not one.ours}
    ours, theirs = owed_by_us(tx, office), owed_by_them(tx, now)
    shown = (*ours[:MOST_SHOWN], *theirs[:MOST_SHOWN])
    return Certificates(held, faults, shown, (len(ours), len(theirs)), crosses(office))


def fault_of(dispatch: DispatchId, tx: Tx) -> str:
    """Return the first reason in our decision record for which a certificate of theirs was refused, "" where it has none.

    That is why it did not stand, where it did not; else what refused it, such as that its officer's posting had ended.
    """
    rows = tx.rows("SELECT record FROM record WHERE dispatch = ? AND kind = 'received'", (dispatch,))
    decided = read_record(bytes_of(rows[0][0])) if rows else None
    return decided.verdict.reasons[0].sentence if decided is not None and decided.verdict.reasons else ""


_DONE = (
    "SELECT coalesce(e.about, e.dispatch), coalesce(r.desk, ''), coalesce(r.kind, ''), r.case_id, e.done_at, e.parts,"
    " CASE WHEN g.plain IS NULL THEN 1 ELSE 0 END,"
    " coalesce((SELECT max(c.fact) FROM certificate c WHERE c.about = coalesce(e.about, e.dispatch) AND c.ours = 1 AND c.fact = ?"
    " AND (o.record IS NULL OR c.record = o.record)), (SELECT c.fact FROM certificate c WHERE c.dispatch = e.certified), 0)"
    " FROM erasure e JOIN got g ON g.id = coalesce(e.about, e.dispatch) LEFT JOIN review r ON r.dispatch = g.id LEFT JOIN opening o ON o.idx = e.leaf"
    " WHERE e.done_at IS NOT NULL ORDER BY e.done_at, e.dispatch"
)
"""Each erasure of what they gave, with the receipt of its own certificate."""
_KEPT = (
    "SELECT r.dispatch, r.desk, r.kind, r.case_id, r.at FROM review r LEFT JOIN erasure e ON e.dispatch = r.dispatch"
    " WHERE r.whose IN (?, ?) AND r.desk <> 'node' AND r.at IS NOT NULL AND e.done_at IS NULL ORDER BY r.at, r.dispatch"
)


def owed_by_us(tx: Tx, office: Office) -> tuple[Debt, ...]:
    """Return what we owe: after the end all that they gave until it is destroyed, and each certificate until it is filed."""
    ended, crossing = read_stops(tx).ended, crosses(office)
    holds = {one.target for one in holds_in_force(tx)} if ended else None
    done: dict[bytes, list[Row]] = {}
    for row in tx.rows(_DONE, (int(Fact.FILED),)):
        done.setdefault(bytes_of(row[0]), []).append(row)
    told = [_told(rows, holds, crossing=crossing) for rows in done.values()]
    kept = [] if holds is None else _kept(tx, office, holds, done)
    return (*kept, *(one for one in told if one is not None))


def _kept(tx: Tx, office: Office, holds: Collection[bytes], done: Container[object]) -> list[Debt]:
    rows = list(tx.rows(_KEPT, (THEIRS, CUSTODY)))
    fresh = without_day(tx, office.accord, MOST)
    rows += [
        (id_, desk, kind, case, at)
        for id_, whose, desk, kind, case, at, _ in fresh
        if whose != OURS and at is not None and id_ not in done
    ]
    return [
        _debt(id_, desk, kind, at, "held" if id_ in holds or case in holds else "kept", ours=True)
        for id_, desk, kind, case, at in rows
    ]


def _told(rows: list[Row], holds: Collection[object] | None, *, crossing: bool) -> Debt | None:
    """Return the debt of one dispatch that was erased in one step or in several, None if nothing is owed of it.

    What is left of it is owed first; `holds` is None before the end of the accord.
    """
    id_, desk, kind, case, newest, *_ = rows[-1]
    gone = {part for row in rows for part in text_of(row[5]).split()}
    if holds is not None and not rows[0][6] and not gone >= set(CONTENT):
        return _debt(id_, desk, kind, newest, "held" if id_ in holds or case in holds else "part", ours=True)
    open_ = [(row[4], int_of(row[7])) for row in rows if int_of(row[7]) != Fact.FILED]
    if not open_ or not crossing:
        return None
    refused = any(fact in {Fact.REFUSED, Fact.QUARANTINED} for _, fact in open_)
    return _debt(id_, desk, kind, open_[0][0], "refused" if refused else "told", ours=True)


_GIVEN = (
    "SELECT s.id, s.desk, coalesce(s.kind, ''), s.settled_at, r.at,"
    " (SELECT max(c.whole) FROM certificate c WHERE c.about = s.id AND c.ours = 0)"
    " FROM sent s LEFT JOIN review r ON r.dispatch = s.id"
    " WHERE s.desk <> 'node' AND s.fact IN (?, ?) AND {due} AND NOT EXISTS"
    " (SELECT 1 FROM certificate c WHERE c.about = s.id AND c.ours = 0 AND c.whole = 1) ORDER BY s.settled_at, s.id"
)
_LABELLED = "(r.whose = 'ours' AND r.why = 'label' AND r.at <= ?)"


def owed_by_them(tx: Tx, now: Ms) -> tuple[Debt, ...]:
    """Return what they owe: after the end all that we gave, before it what our label let them keep no longer than till now."""
    taken = (int(Fact.FILED), int(Fact.REFUSED))
    if read_stops(tx).ended:
        rows = tx.rows(_GIVEN.format(due="1 = 1"), taken)
    else:
        rows = tx.rows(_GIVEN.format(due=_LABELLED), (*taken, now))
    said = parts_said(tx)
    return tuple(
        _debt(id_, desk, kind, settled if at is None else at, "kept" if whole is None else "part", ours=False)
        for id_, desk, kind, settled, at, whole in rows
        if not said.get(bytes_of(id_), frozenset()) >= set(CONTENT)
    )


def _debt(id_: object, desk: object, kind: object, since: object, state: str, *, ours: bool) -> Debt:
    assert isinstance(id_, bytes)
    assert isinstance(since, int)
    return Debt(DispatchId(id_), ours, str(desk), str(kind), Ms(since), state)


def certificates_of(dispatch: DispatchId, tx: Tx) -> tuple[bytes | None, ...]:
    """Return the files that prove a destruction, by us or, of what we gave, by the other side, one for each of its steps.

    None stands for one whose leaf is not co-signed yet.

    Raises:
        BadForm: neither was it erased here nor did its certificate come.
    """
    came = () if tx.rows("SELECT 1 FROM got WHERE id = ?", (dispatch,)) else came_about(tx, dispatch)
    if came:
        return tuple(_file_of_theirs(one, tx) for one in came)
    return tuple(certificate_file(tx, *one) for one in erased_leaves(dispatch, tx))


def _file_of_theirs(crossing: Crossing, tx: Tx) -> bytes | None:
    log, entry = log_row(tx, LogRole.THEIRS), leaf_of(crossing)
    for place in places_of(crossing, tx, 0 if log is None else log.size):
        if tx.rows("SELECT 1 FROM entry WHERE role = ? AND idx = ? AND entry = ?", (LogRole.THEIRS, place, entry)):
            return certificate_file(tx, LeafIndex(place), crossing.salt, crossing.record, role=LogRole.THEIRS)
    return None


def certificate_of(dispatch: DispatchId, tx: Tx) -> bytes | None:
    """Return the newest of `certificates_of`."""
    return certificates_of(dispatch, tx)[-1]
