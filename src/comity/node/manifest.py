"""The daily manifest: what each side holds and misses, so that either can name what is missing; and the desk it speaks by.

The desk `node` is the node itself: its dispatches go under the duty officer's standing delegation, purpose `accord`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime

from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.crypto.sign import unverified_payload
from comity.dispatch import certificates
from comity.dispatch.alarms import Alarm, ring
from comity.dispatch.amendment import decode_amendment
from comity.dispatch.book import Book, LogRole, RowTiles, entries_between, log_row
from comity.dispatch.columns import bytes_of, int_of
from comity.dispatch.entries import Fact, RecordLeaf, Withdrawal, encode_entry, record_commit
from comity.dispatch.exchange_codec import LogState, Manifest, OpenItem, decode_manifest, encode_manifest
from comity.dispatch.filing import Facts, Filing
from comity.dispatch.glass import DUTY_OFFICER
from comity.dispatch.inbound.paper import AMEND, CERTIFICATE, KEYS
from comity.dispatch.keylist import decode_keylist
from comity.dispatch.ports import Tx
from comity.dispatch.states import Form
from comity.marking.labels import Urgency
from comity.node.amending import LateEdition, answered_amendment, keep_amendment, next_late, note_late
from comity.node.heads import SECOND_MS, keep_head
from comity.node.papers import filed, keep_paper, not_taken
from comity.node.peer import Voice
from comity.node.resealing import goes_again
from comity.tlog.checkpoint import make_checkpoint, sign_head
from comity.tlog.note import Seconds
from comity.tlog.tree import Edge, leaf_hash, root

DESK = "node"
KIND = "manifest"
_BODY = "manifest"
_OPEN_LISTED = 1_024
_DAY_MS = 86_400_000
_NOT_TAKEN = frozenset({Fact.REFUSED, Fact.QUARANTINED})
_NOTHING: frozenset[str] = frozenset()
_SENDS = "manifests, key lists, amendments and certificates"


class NodeDesk:
    """The desk by which a node speaks for itself: manifests, key lists, amendments of the accord and certificates cross by it.

    Attributes:
        news: rises when a key list or an amendment came, or the other side answered one of ours.
    """

    name = DESK
    schema: tuple[tuple[int, str], ...] = ()

    def __init__(self) -> None:
        self.news = 0

    def compose(self, kind: str, form: Mapping[str, Value]) -> bytes:
        """Take what `manifest_form`, `keys_form`, `amendment_form` or `certificate_form` made.

        Raises:
            BadForm: another kind, or bytes that are none of it.
        """
        body = form.get(_BODY)
        read = _READ.get(kind)
        try:
            if read is None or not isinstance(body, bytes):
                raise BadForm(f"the node's own desk sends {_SENDS} only; nothing was kept")
            read(body)
        except BadEnvelope as error:
            raise BadForm(f"these bytes are no body of kind {kind}; nothing was kept") from error
        return body

    def facts(self, kind: str, body: bytes) -> Facts:
        """Read what the law must know: a manifest asserts nothing about anyone, nor does a key list.

        Raises:
            BadEnvelope: the body is none of its kind.
        """
        if kind not in _READ:
            raise BadEnvelope(f"the node's own desk takes {_SENDS} only")
        _READ[kind](body)
        return Facts("", False, _NOTHING, _NOTHING, _NOTHING, True, _NOTHING, False, ())

    def redact(self, kind: str, body: bytes, classes: frozenset[str]) -> tuple[bytes, tuple[str, ...]]:
        """Return the body as it is: there is nothing about persons in it."""
        del kind, classes
        return body, ()

    def file(self, tx: Tx, filing: Filing) -> None:
        """Compare the peer's manifest with what we hold and note each difference; keep a key list of either side."""
        if filing.header.kind == CERTIFICATE:
            certificates.keep(
                tx, filing, fact=0 if filing.ours else int(Fact.FILED if filing.admitted else Fact.REFUSED)
            )
            return
        if filing.header.kind == AMEND and filing.body:
            self.news += keep_amendment(tx, filing)
            return
        if filing.header.kind == KEYS and filing.body:
            self.news += 1
            keys = decode_keylist(unverified_payload(filing.body))
            id_ = filing.header.id
            keep_paper(tx, filing.body, keys, node=keys.node, ready=not filing.ours, dispatch=id_, now=filing.at)
            return
        if filing.ours or not filing.body:
            return
        manifest = decode_manifest(filing.body)
        told = "; ".join(differences(tx, manifest))
        if told:
            tx.run(
                "INSERT INTO difference (id, day, what, at) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
                (filing.header.id, manifest.day, told, filing.at),
            )

    def settle(self, tx: Tx, dispatch: bytes, fact: int, code: str | None, at: Ms) -> None:
        """Note that the other side filed a key list, an amendment or a certificate, or did not; all else stands in the log."""
        certificates.heard(tx, dispatch, fact)
        if code == Withdrawal.LOST:  # withdrawn here: a certificate goes again by another dispatch
            tx.run("UPDATE erasure SET certified = NULL WHERE certified = ?", (dispatch,))
        if goes_again(tx, dispatch, code):
            return
        if answered_amendment(tx, dispatch, fact, at):
            self.news += 1
        if fact == Fact.FILED and filed(tx, dispatch):
            self.news += 1
        if fact in _NOT_TAKEN and not_taken(tx, dispatch):
            self.news += 1
            number = DispatchId(dispatch)
            ring(Alarm("keys-not-taken", DUTY_OFFICER, "a key list", (number.hex(),), number), tx, at)

    def chase(self, tx: Tx, now: Ms) -> Sequence[LateEdition]:
        """Return each edition that stands in one log and not in the other a day after it should, once each."""
        return note_late(tx, now)

    def next_chase(self, tx: Tx) -> Ms | None:
        """Return when the next edition is late; None: none waits."""
        return next_late(tx)


def _read_keys(body: bytes) -> None:
    decode_keylist(unverified_payload(body))


def _read_amendment(body: bytes) -> None:
    decode_amendment(body)


def _read_manifest(body: bytes) -> None:
    decode_manifest(body)


def _read_certificate(body: bytes) -> None:
    certificates.decode_crossing(body)


_READ: Mapping[str, Callable[[bytes], None]] = {
    KIND: _read_manifest,
    KEYS: _read_keys,
    AMEND: _read_amendment,
    CERTIFICATE: _read_certificate,
}


def differences(tx: Tx, manifest: Manifest) -> list[str]:
    """Return, in plain words, each point in which the peer's manifest and our rows disagree."""
    found: list[str] = []
    for role, state, whose in (
        (LogRole.THEIRS, manifest.ours, "their log"),
        (LogRole.OURS, manifest.theirs, "our log"),
    ):
        held, reached = _reached(tx, role, state.size)
        if reached is None:
            found.append(f"{whose} has {state.size} entries by their count, {held} by ours")
        elif reached != state.root:
            found.append(f"{whose} has another root at {state.size} entries")
    found += [
        f"their dispatch at leaf {item.index} has not come here"
        for item in manifest.our_open
        if not tx.rows("SELECT 1 FROM got WHERE idx = ? AND sealed IS NOT NULL", (item.index,))
    ]
    found += [
        f"they hold a dispatch at leaf {item.index} that we did not send"
        for item in manifest.their_open
        if not tx.rows(
            "SELECT 1 FROM sent WHERE idx = ? UNION SELECT 1 FROM lost WHERE idx = ?", (item.index, item.index)
        )
    ]
    return found


def _reached(tx: Tx, role: LogRole, size: int) -> tuple[int, Digest | None]:
    """Return how many entries of a log we hold, and its root at `size`; None if we do not hold as many.

    The exchange that brings a manifest may bring the last entries it speaks of; the log's row and tiles are written when
    the transaction ends, so those are counted from the entries.
    """
    row = log_row(tx, role)
    written = row.size if row is not None else 0
    if size <= written:
        return written, root(RowTiles(tx, role), size)
    fresh = entries_between(tx, role, written, size)
    if written + len(fresh) < size:
        return written + len(fresh), None
    return size, Edge.load(RowTiles(tx, role), written).append([leaf_hash(entry) for entry in fresh])[0].root()


def make_manifest(tx: Tx, now: Ms) -> Manifest:
    """Say what we hold and miss at this moment, for the day that ended last."""
    states = [_state(tx, role) for role in (LogRole.OURS, LogRole.THEIRS)]
    day = datetime.fromtimestamp((now - 3_600_000) / 1_000, UTC).date().isoformat()
    return Manifest(day, states[0], states[1], _open(tx, "sent"), _open(tx, "got"), ())


def manifest_form(manifest: Manifest, agency: str, recipient: str) -> Form:
    """Put a manifest into a form of the desk `node`."""
    return _form(KIND, encode_manifest(manifest), agency, recipient, "daily manifest")


def _form(kind: str, body: bytes, agency: str, recipient: str, reason: str) -> Form:
    return Form(
        desk=DESK,
        kind=kind,
        agency=agency,
        role="duty-officer",
        recipients=(recipient,),
        purpose="accord",
        urgency=Urgency.NORMAL,
        workplan_item=None,
        workplan_reason=reason,
        body={_BODY: body},
    )


def keys_form(signed: bytes, agency: str, recipient: str) -> Form:
    """Put a signed key list of ours into a form of the desk `node`."""
    return _form(KEYS, signed, agency, recipient, "a new key list")


def amendment_form(body: bytes, agency: str, recipient: str) -> Form:
    """Put an amendment of the accord into a form of the desk `node`."""
    return _form(AMEND, body, agency, recipient, "an amendment of the accord")


def certificate_form(body: bytes, agency: str, recipient: str) -> Form:
    """Put a certificate of destruction into a form of the desk `node`."""
    return _form(CERTIFICATE, body, agency, recipient, "a certificate of destruction")


def next_closing(tx: Tx, after_midnight_ms: int, now: Ms) -> Ms:
    """Return when the day is to be closed next, by the UTC calendar; a day that was missed is closed at once.

    A node's first day ends at the first midnight after its first entry in the log, so a new node has nothing to close.
    """
    rows = tx.rows("SELECT max(at) FROM opening WHERE kind = 'decision-head'")
    last = rows[0][0]
    if last is None:
        since = tx.rows("SELECT since FROM link")
        last = int_of(since[0][0]) if since else now
    return Ms((int_of(last) - after_midnight_ms) // _DAY_MS * _DAY_MS + _DAY_MS + after_midnight_ms)


def close_day(book: Book, voice: Voice, salt: bytes, now: Ms) -> None:
    """Sign the head of our decision log and put its hash into our exchange log, also when the day was empty.

    A reviewer has proof of every refused draft; the peer learns nothing but that a day was closed.
    """  # spec: protocol.md 4 rule 6
    decision = book.logs[LogRole.DECISION]
    time = max(now // SECOND_MS, decision.head_time, 1)
    checkpoint = make_checkpoint(decision.origin, decision.size, book.edges[LogRole.DECISION].root())
    signed = sign_head(checkpoint, [voice.decision_keys], Seconds(time))
    keep_head(book, LogRole.DECISION, signed.checkpoint, time, signed.note)
    record = signed.note.encode()
    index = book.append_own([encode_entry(RecordLeaf("decision-head", record_commit(salt, record)))])
    book.tx.run(
        "INSERT INTO opening (idx, kind, salt, record, at) VALUES (?, ?, ?, ?, ?)",
        (index, "decision-head", salt, record, now),
    )


def _state(tx: Tx, role: LogRole) -> LogState:
    row = log_row(tx, role)
    size = row.size if row is not None else 0
    return LogState(size, root(RowTiles(tx, role), size))


def _open(tx: Tx, table: str) -> tuple[OpenItem, ...]:
    rows = tx.rows(
        f"SELECT idx, fact FROM {table} WHERE settled_at IS NULL AND +idx >= 0 ORDER BY idx LIMIT ?",  # noqa: S608  our two tables
        (_OPEN_LISTED,),
    )
    return tuple(OpenItem(LeafIndex(int_of(index)), int_of(fact)) for index, fact in rows)


def opened(tx: Tx, index: int) -> tuple[bytes, bytes] | None:
    """Return salt and record that open an l-record leaf of our exchange log, or None."""
    rows = tx.rows("SELECT salt, record FROM opening WHERE idx = ?", (index,))
    return (bytes_of(rows[0][0]), bytes_of(rows[0][1])) if rows else None
