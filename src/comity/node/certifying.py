"""Certificates that travel by themselves: each destruction of what the other side gave is told to it, and what is still owed.

The rule it keeps: a certificate goes once its leaf is in a head that the other side co-signed, so that its place is final; what
was destroyed without a certificate that was filed, and what was to be destroyed and was not, is a debt and is listed. One that
the other side could not open, as one made under a clock that was ahead, goes again: nobody but the node can send it anew.
"""  # spec: protocol.md 4 rule 1; vocabulary.md 5, Accord state

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import BadSeal
from comity.base.ids import DispatchId, LeafIndex, Ms
from comity.dispatch.book import Book, LogRole, log_row
from comity.dispatch.certificates import Crossing, Held, all_held, came_about, decode_crossing, encode_crossing
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.decision import read_record
from comity.dispatch.entries import Fact
from comity.dispatch.inbound.paper import CERTIFICATE
from comity.dispatch.office import Office
from comity.dispatch.partsrow import parts_of
from comity.dispatch.path import send
from comity.dispatch.ports import Row, Tx
from comity.dispatch.states import Officer
from comity.dispatch.stops import read_stops
from comity.node.certificate import certificate_file
from comity.node.erasing import erased_leaf
from comity.node.manifest import DESK, certificate_form
from comity.node.retention import CUSTODY, MOST, OURS, THEIRS, holds_in_force, without_day

MOST_SHOWN = 2_000
_BATCH = 64
_BODY = 1
_AGAIN_MS = 3_600_000
"""How long a certificate that could not be opened waits until it goes again; each further time twice as long."""
_MOST_DOUBLED = 12
_OPEN = (
    "SELECT e.dispatch, o.idx, o.salt, o.record FROM erasure e JOIN opening o ON o.idx = e.leaf"
    " JOIN got g ON g.id = e.dispatch WHERE e.certified IS NULL AND e.leaf >= 0 AND e.leaf < ? ORDER BY e.leaf LIMIT ?"
)
_NOT_OPENED = (
    "SELECT e.dispatch, s.sent_at,"
    " (SELECT count(*) FROM certificate d WHERE d.about = e.dispatch AND d.ours = 1 AND d.fact = c.fact)"
    " FROM certificate c JOIN erasure e ON e.dispatch = c.about AND e.certified = c.dispatch"
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
    """Say whether a certificate may go now."""
    row = log_row(tx, LogRole.OURS)
    return row is not None and crosses(office) and bool(tx.rows(_OPEN, (row.cosigned_size, 1)))


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
    for gone, leaf, salt, record in rows:
        body = encode_crossing(Crossing(LeafIndex(int_of(leaf)), bytes_of(salt), bytes_of(record)))
        done = send(certificate_form(body, agency, recipient), by, book, office, now)
        book.tx.run("UPDATE erasure SET certified = ? WHERE dispatch = ?", (done.id, gone))
    return len(rows)


def not_opened(tx: Tx, now: Ms) -> tuple[DispatchId, ...]:
    """Return of what the certificates could not be opened and may go again now.

    At once where our clock was set back since, so that it was made at a time that is still to come; else an hour after it was
    made, and each time twice as long: their reason never crosses, and one that can never be opened must not fill both logs.
    """  # spec: protocol.md 7
    rows = tx.rows(_NOT_OPENED, (int(Fact.QUARANTINED), BadSeal.code))
    return tuple(
        DispatchId(bytes_of(gone))
        for gone, sent, tries in rows
        if int_of(sent) > now or int_of(sent) + (_AGAIN_MS << min(int_of(tries) - 1, _MOST_DOUBLED)) <= now
    )


def let_go_again(book: Book, gone: tuple[DispatchId, ...]) -> None:
    """Let the certificates of some destructions go again."""
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
    """Return why a certificate of theirs did not stand, by our decision record; "" if it was not this that refused it."""
    rows = tx.rows("SELECT record FROM record WHERE dispatch = ? AND kind = 'received'", (dispatch,))
    decided = read_record(bytes_of(rows[0][0])) if rows else None
    return decided.verdict.reasons[0].sentence if decided is not None and decided.verdict.reasons else ""


_DONE = (
    "SELECT e.dispatch, coalesce(r.desk, ''), coalesce(r.kind, ''), e.done_at,"
    " (SELECT max(c.whole) FROM certificate c WHERE c.about = e.dispatch AND c.ours = 1),"
    " coalesce((SELECT max(c.fact) FROM certificate c WHERE c.about = e.dispatch AND c.ours = 1 AND c.fact = ?),"
    " (SELECT c.fact FROM certificate c WHERE c.dispatch = e.certified))"
    " FROM erasure e JOIN got g ON g.id = e.dispatch LEFT JOIN review r ON r.dispatch = e.dispatch"
    " WHERE e.done_at IS NOT NULL ORDER BY e.done_at, e.dispatch"
)
_KEPT = (
    "SELECT r.dispatch, r.desk, r.kind, r.case_id, r.at FROM review r LEFT JOIN erasure e ON e.dispatch = r.dispatch"
    " WHERE r.whose IN (?, ?) AND r.desk <> 'node' AND r.at IS NOT NULL AND e.done_at IS NULL ORDER BY r.at, r.dispatch"
)


def owed_by_us(tx: Tx, office: Office) -> tuple[Debt, ...]:
    """Return what we owe: after the end all that they gave until it is destroyed, and each certificate until it is filed."""
    ended, crossing = read_stops(tx).ended, crosses(office)
    found = [_told(row, crossing=crossing, ended=ended) for row in tx.rows(_DONE, (int(Fact.FILED),))]
    told = [one for one in found if one is not None]
    return (*(_kept(tx, office) if ended else ()), *told)


def _kept(tx: Tx, office: Office) -> list[Debt]:
    rows = list(tx.rows(_KEPT, (THEIRS, CUSTODY)))
    fresh = without_day(tx, office.accord, MOST)
    rows += [
        (id_, desk, kind, case, at) for id_, whose, desk, kind, case, at, _ in fresh if whose != OURS and at is not None
    ]
    holds = {one.target for one in holds_in_force(tx)}
    return [
        _debt(id_, desk, kind, at, "held" if id_ in holds or case in holds else "kept", ours=True)
        for id_, desk, kind, case, at in rows
    ]


def _told(row: Row, *, crossing: bool, ended: bool) -> Debt | None:
    id_, desk, kind, done, whole, fact = row
    heard = 0 if fact is None else int_of(fact)
    if heard == Fact.FILED and ended and not whole:
        return _debt(id_, desk, kind, done, "part", ours=True)
    if heard == Fact.FILED or not crossing:
        return None
    return _debt(id_, desk, kind, done, "refused" if heard in {Fact.REFUSED, Fact.QUARANTINED} else "told", ours=True)


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
    return tuple(
        _debt(id_, desk, kind, settled if at is None else at, "kept" if whole is None else "part", ours=False)
        for id_, desk, kind, settled, at, whole in rows
    )


def _debt(id_: object, desk: object, kind: object, since: object, state: str, *, ours: bool) -> Debt:
    assert isinstance(id_, bytes)
    assert isinstance(since, int)
    return Debt(DispatchId(id_), ours, str(desk), str(kind), Ms(since), state)


def certificate_of(dispatch: DispatchId, tx: Tx) -> bytes | None:
    """Return the file that proves a destruction, by us or, of what we gave, by the other side; None until it is co-signed.

    Raises:
        BadForm: neither was it erased here nor did its certificate come.
    """
    came = came_about(tx, dispatch)
    if came is not None and not tx.rows("SELECT 1 FROM got WHERE id = ?", (dispatch,)):
        crossing = decode_crossing(parts_of(came)[_BODY].content)
        return certificate_file(tx, crossing.leaf, crossing.salt, crossing.record, role=LogRole.THEIRS)
    return certificate_file(tx, *erased_leaf(dispatch, tx))
