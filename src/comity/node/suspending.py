"""Suspending the exchange, or one desk of it, by one side alone and at once; resuming it; and ending the accord.

The rule it keeps: two persons of the side that suspends stand behind it, the leaf and its effect are one transaction, and
only the side that suspended resumes. Nothing is lost: what may not go waits in its order.
An end is for good: what the other side gave is destroyed then, with certificates.
"""  # spec: protocol.md 9

from __future__ import annotations

from dataclasses import dataclass, replace

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadForm, BadSeal, NotAllowed
from comity.base.ids import DispatchId, Ms, new_dispatch_id
from comity.dispatch import records
from comity.dispatch.book import Book
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.entries import LinkLeaf, encode_entry
from comity.dispatch.inbound.unseal import unseal
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.states import Arrival, Officer
from comity.dispatch.stops import ENDED, WHOLE, Stops, desk_digest, scope_of
from comity.node import retention
from comity.node.link import LinkEvent, LinkState
from comity.node.linkrow import moved, read_link, write_link

RECORD = "comity/link-act/1"
SUSPEND, RESUME, END = Act.SUSPEND.value, Act.RESUME.value, "end"
ACCUSE = "accuse"
"""To hold against the peer a proof that waits for its answer; what follows from it `Linked.confirm` does."""
NODE_DESK = "node"
WISH_MS = 24 * 3_600_000
"""How long a wish waits for its second person."""
LEAST_REASON, MOST_REASON = 10, 4_000
_SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class Wish:
    """An act on the link that one person asked for and a second one has not confirmed yet.

    Attributes:
        id: of the wish.
        act: `suspend`, `resume`, `end` or `accuse`.
        scope: a desk's name, `` for the whole exchange, or `!ended` for the accord.
        by: who asked.
        reason: in words; it stays at home.
        at: when.
    """

    id: DispatchId
    act: str
    scope: str
    by: Officer
    reason: str
    at: Ms


def wish(book: Book, office: Office, act: str, scope: str, by: Officer, *, reason: str, now: Ms) -> Wish:
    """Keep what one person asks for; nothing changes before a second one confirms it.

    Raises:
        BadForm: it is none of the acts, names no desk that can be suspended, or says no reason; nothing was kept.
    """
    scope = ENDED if act == END and scope == WHOLE else scope
    _check(book.tx, office, act, scope)
    if not LEAST_REASON <= len(reason.strip()) <= MOST_REASON:
        raise BadForm(f"a reason has {LEAST_REASON} to {MOST_REASON} characters; nothing was kept")
    made = Wish(new_dispatch_id(now, office.entropy), act, scope, by, reason.strip(), now)
    book.tx.run(
        "INSERT INTO link_wish (id, act, scope, desk, number, reason, at, done) VALUES (?, ?, ?, ?, ?, ?, ?, 0)",
        (made.id, act, scope, by.desk, by.number, made.reason, now),
    )
    return made


def wishes(tx: Tx, now: Ms) -> tuple[Wish, ...]:
    """Return the wishes that wait for a second person, oldest first."""
    rows = tx.rows(
        "SELECT id, act, scope, desk, number, reason, at FROM link_wish WHERE ended_at IS NULL AND at > ? ORDER BY at, id",
        (now - WISH_MS,),
    )
    return tuple(
        Wish(DispatchId(bytes_of(id_)), text_of(act), text_of(scope), Officer(text_of(desk), int_of(number)), text_of(why), Ms(int_of(at)))
        for id_, act, scope, desk, number, why, at in rows
    )  # fmt: skip


def confirm(book: Book, office: Office, asked: DispatchId, second: Officer, now: Ms) -> Wish:
    """Do what one person asked for, now that a second one confirms it: leaf, record and state in this transaction.

    Of `accuse` only the record is made here.

    Raises:
        BadForm: it no longer waits, or has no effect any more.
        NotAllowed: the second person is the first.
    """
    found = next((one for one in wishes(book.tx, now) if one.id == asked), None)
    if found is None:
        raise BadForm("this wish is done, taken back, or older than a day; nothing was changed")
    if second == found.by:
        raise NotAllowed("who asked for it does not confirm it: a second person does; nothing was changed")
    _check(book.tx, office, found.act, found.scope)
    _end(book.tx, found.id, second, now, done=True)
    if found.act == ACCUSE:
        _note(book, office, found, second, now)
        return found
    digest = None if found.scope == WHOLE else desk_digest(found.scope)
    event = Act.RESUME if found.act == RESUME else Act.SUSPEND
    book.append_own([encode_entry(LinkLeaf(event, digest))])
    _note(book, office, found, second, now)
    change(book, found.scope, ours=True, stopped=found.act != RESUME, now=now)
    return found


def take_back(book: Book, asked: DispatchId, by: Officer, now: Ms) -> None:
    """End a wish that is not wanted any more; whoever may confirm it may take it back.

    Raises:
        BadForm: it does not wait.
    """
    if not _end(book.tx, asked, by, now, done=False):
        raise BadForm("this wish does not wait any more; nothing was changed")


def apply_leaf(book: Book, leaf: LinkLeaf, desks: tuple[str, ...], *, ours: bool, now: Ms) -> None:
    """Let a suspend or resume leaf of either log take effect; any other leaf has none here."""
    if leaf.event in {Act.SUSPEND, Act.RESUME}:
        scope = scope_of(leaf.digest, desks)
        change(book, scope, ours=ours, stopped=leaf.event is Act.SUSPEND, now=now)


def change(book: Book, scope: str, *, ours: bool, stopped: bool, now: Ms) -> None:
    """Store what one side stopped or let go again, and the state of the link that follows from it."""
    before = read_link(book.tx)
    link = replace(before, stops=before.stops.with_scope(scope, ours=ours, stopped=stopped))
    who = "this side" if ours else "the other side"
    if link.stops.ended and not before.stops.ended:
        retention.all_due(book.tx, now)
        link = moved(link, LinkEvent.SUSPENDED, now, "")
        write_link(
            book.tx, replace(link, since=now, reason=f"the accord was ended by {who}; what they gave is destroyed")
        )
        return
    if link.stops.whole and link.state is not LinkState.SUSPENDED:
        link = moved(link, LinkEvent.SUSPENDED, now, f"the exchange was suspended by {who}")
    elif before.stops.whole and not link.stops.whole:
        link = moved(link, LinkEvent.RESUMED, now, f"the exchange was resumed by {who}; both compare their logs first")
    write_link(book.tx, link)


def stays_out(arrival: Arrival, stops: Stops, office: Office) -> bool:
    """Say whether bytes that came are of a kind that is stopped now; then they stay a debt, and come again later.

    What does not open is no reason to wait: it takes the path on which it is quarantined.
    """  # spec: protocol.md 9: dispatches as listed
    try:
        header = unseal(arrival, office).header
    except BadSeal:
        return False
    return stops.stop(header.desk, header.kind, header.lane)


def _check(tx: Tx, office: Office, act: str, scope: str) -> None:
    stops = read_link(tx).stops
    if act == ACCUSE and scope == WHOLE:
        return
    if act not in {SUSPEND, RESUME, END} or (act == END) is not (scope == ENDED):
        raise BadForm("the link or a desk is suspended or resumed, or the accord is ended; nothing was kept")
    if act == SUSPEND and scope != WHOLE and (scope not in office.desks or scope == NODE_DESK):
        raise BadForm(f"{scope} is no desk that can be suspended; nothing was kept")
    if stops.ended:
        raise BadForm("the accord has ended; there is nothing to suspend, resume or end. Nothing was kept")
    if (scope in stops.ours) is (act != RESUME):
        raise BadForm("that is so already, by this side; the other side resumes what it suspended itself")


def _end(tx: Tx, asked: DispatchId, by: Officer, now: Ms, *, done: bool) -> bool:
    changed = tx.run(
        "UPDATE link_wish SET second_desk = ?, second_number = ?, ended_at = ?, done = ? WHERE id = ? AND ended_at IS NULL",
        (by.desk, by.number, now, int(done), asked),
    )
    return bool(changed)


def _note(book: Book, office: Office, done: Wish, second: Officer, now: Ms) -> None:
    by = done.by
    members: list[Value] = [
        RECORD,
        done.act,
        done.scope,
        by.desk,
        by.number,
        second.desk,
        second.number,
        done.reason,
        now,
    ]
    records.keep(book, "link-act", done.id, office.entropy.draw(_SALT_BYTES), cbor.encode(members), now=now)
