"""Start and restore: before its first signature a node asks the peer whether its store was put back, and mends it.

The rule it keeps: nothing is signed between the start and the peer's answer; what comes back from the peer is appended
only where a head that we signed ourselves, or the peer did, gives its root.
"""  # spec: protocol.md 9

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TypeAlias, TypeVar

from comity.base.entropy import Entropy
from comity.base.errors import BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms, Origin
from comity.crypto.keys import LogKeys, LogPublic
from comity.dispatch.book import Book, LogRole
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.entries import LinkEvent as Act
from comity.dispatch.entries import LinkLeaf, encode_entry
from comity.dispatch.keylist import KeyList
from comity.dispatch.ports import Tx
from comity.dispatch.recover_codec import (
    NONCE_BYTES,
    Recover,
    Recovered,
    read_recover,
    read_recovered,
    sign_recover,
    sign_recovered,
    unverified_disowned,
    unverified_papers,
    unverified_recovered,
)
from comity.node import named
from comity.node.heads import SECOND_MS, keep_head, signed_by, stored_head
from comity.node.incarnation import Incarnation, read_incarnation, write_incarnation
from comity.node.papers import said_papers, take_papers
from comity.node.peer import Peer, Voice
from comity.node.stolen import is_foreign
from comity.node.taken import Foreign, Problem
from comity.tlog.checkpoint import (
    CosignedHead,
    NoteVerifier,
    SignedHead,
    merge,
    parse_body,
    verify_cosigned_head,
    verify_head,
)
from comity.tlog.note import parse_note
from comity.tlog.tree import root

Said = TypeVar("Said")
Renew: TypeAlias = Callable[[Tx, Mapping[tuple[bytes, bool], int]], tuple[Voice, Peer, Sequence[KeyList]]]
"""Our keys and the peer's as far as key lists stand in the logs or are said to, and all lists of the peer, newest first."""
_PUT_BACK = "put-back"
AHEAD_S = 3_600
"""How far an incarnation may lie ahead of our clock."""
_FIRST, _TAKES, _TOLD, _LOOKS = range(4)
"""What a stored question is: under the incarnation that we have, under a new one that we take, under one that we were told of,
or which one the peer holds, asked because we were told of one, without taking it."""
_TOOK = 4
"""What an answer stands for: we asked to take this incarnation, and then only looked; never stored."""


class Next(StrEnum):
    """What a node does after an answer to its `recover`."""

    UP = "up"
    AGAIN = "again"
    FETCH = "fetch"
    CUT = "cut"
    SUPERSEDED = "superseded"
    UNSHOWN = "unshown"


@dataclass(frozen=True, slots=True)
class Missing:
    """What a put-back store lacks and the peer has.

    Attributes:
        own: our newest head that the peer accepted; None if there is none.
        own_from: entries of our log that we still have under our own signature.
        theirs: the peer's newest head that we cosigned, with both parties' lines; None if there is none.
        theirs_from: entries of our mirror.
        newest: the newest head of the peer's own log, with its lines alone; None where it did not say it.
        incarnation: of the store of the peer that answered; 0 where it did not say it.
        disowned: our signed heads that the peer could not prove.
        asked, answered: our `recover` and the peer's answer, as signed.
    """

    own: SignedHead | None
    own_from: int
    theirs: CosignedHead | None
    theirs_from: int
    newest: SignedHead | None
    incarnation: int
    disowned: tuple[str, ...]
    asked: bytes
    answered: bytes

    @property
    def own_is_longer(self) -> bool:
        """Whether the peer has entries of our log that we lost."""
        return self.own is not None and self.own.checkpoint.size > self.own_from

    @property
    def theirs_is_longer(self) -> bool:
        """Whether we cosigned entries of the peer's log that we lost."""
        return self.theirs is not None and self.theirs.head.checkpoint.size > self.theirs_from


def log_keys(voice: Voice) -> LogKeys:
    """Return the keys that sign `recover`, its answer and `restored`."""
    return LogKeys(voice.log_keys.ed25519, voice.log_keys.mldsa44)


# --- asking ----------------------------------------------------------------------------------------------------------


def forget_look(book: Book) -> None:
    """Forget a question of an earlier start; one that takes a new incarnation is asked on, or looked for: the peer may have it."""
    own = read_incarnation(book.tx, LogRole.OURS).second
    book.tx.run("DELETE FROM recovery WHERE again <> ? AND (again <> ? OR incarnation <= ?)", (_TAKES, _LOOKS, own))


def request(book: Book, voice: Voice, entropy: Entropy) -> bytes:
    """Return the signed `recover` that is to be sent now; it is stored before it is sent, and repeated as it is."""
    stored = book.tx.rows("SELECT request FROM recovery")
    if stored:
        return bytes_of(stored[0][0])
    return _ask(book, voice, entropy, read_incarnation(book.tx, LogRole.OURS).second, _FIRST)


def _ask(book: Book, voice: Voice, entropy: Entropy, incarnation: int, again: int) -> bytes:
    ours, theirs = book.logs[LogRole.OURS], book.logs[LogRole.THEIRS]
    made = Recover(ours.origin, incarnation, ours.size, theirs.size, entropy.draw(NONCE_BYTES), looks=again == _LOOKS)
    signed = sign_recover(made, log_keys(voice))
    book.tx.run(
        "INSERT INTO recovery (one, incarnation, request, again) VALUES (1, ?, ?, ?) ON CONFLICT (one) DO UPDATE"
        " SET incarnation = excluded.incarnation, request = excluded.request, again = excluded.again",
        (incarnation, signed, again),
    )
    return signed


def told_stale(book: Book, voice: Voice, entropy: Entropy, held: int, now: Ms, *, carried: bool) -> bool:
    """We are told that the peer holds a later incarnation of ours than we named; say whether that is asked and not believed.

    The word is not signed. So the peer is asked which incarnation it holds, and signs the answer; what is asked takes none. Only
    a peer of a release before refuses that question too: over the network it is believed then, for the channel says whose word
    it is. What was `carried` on media stays a claim. Where a person put this store back, it takes a later one in any case.
    """  # spec: protocol.md 9: later second, again
    stored = book.tx.rows("SELECT incarnation, again FROM recovery")
    asked, again = (int_of(stored[0][0]), int_of(stored[0][1])) if stored else (0, _FIRST)
    if not asked < held <= now // SECOND_MS + AHEAD_S:
        return False
    if was_put_back(book) or (again == _LOOKS and not carried):
        _ask(book, voice, entropy, held, _TOLD)
        return False
    if again != _LOOKS:
        _ask(book, voice, entropy, asked, _LOOKS)
    return True


def is_claimed(tx: Tx) -> bool:
    """Say whether we were told that another store of this node has gone on, and nobody has signed that yet."""
    return bool(tx.rows("SELECT 1 FROM recovery WHERE again = ?", (_LOOKS,)))


def told_clock(book: Book, now: Ms) -> None:
    """The peer found our new incarnation too far ahead: if our own clock was mended since, look anew.

    A peer that took it once answers the same question without a look at the time, so this one never counted anywhere.
    """  # spec: protocol.md 9
    book.tx.run("DELETE FROM recovery WHERE again = ? AND incarnation > ?", (_TAKES, now // SECOND_MS))


def take_answer(
    book: Book, renew: Renew, entropy: Entropy, *, data: bytes, now: Ms, running: bool = False
) -> tuple[Next, Missing | None]:
    """Judge the peer's answer: go on, ask again under a new incarnation, or fetch what is missing.

    One that is `running`, and was up since it started, knows its own log: what is above it was made with a stolen key.

    Key lists that this store forgot come with it, under the roots' signatures; the heads in it are checked by them.

    Raises:
        Problem: it is no answer to what we asked, or its heads do not stand; nothing was changed.
        Foreign: the peer accepted, under our signature, more of our log than a running node ever made.
    """
    stored = book.tx.rows("SELECT incarnation, request, again FROM recovery")
    if not stored:
        raise Problem("unknown-log", 422, "an answer to a recover that we did not send")
    incarnation, asked, again = int_of(stored[0][0]), bytes_of(stored[0][1]), int_of(stored[0][2])
    voice, peer, answer = _read(data, asked, book, renew, now)
    if again == _LOOKS:
        incarnation, again = _looked(answer, incarnation, book)
    missing = _missing(answer, book, voice, peer, (asked, data))
    if named.held(book.tx) is not None and not _shows(missing, book, voice):
        return Next.UNSHOWN, None
    if again == _TOLD and _left_behind(missing, book, takes=incarnation > answer.last_time):
        return Next.SUPERSEDED, missing
    if running and missing.own is not None and is_foreign(missing.own.checkpoint, book):
        raise Foreign(missing.own.note, "the peer holds an entry of our log that this node never made")
    if missing.own is not None and not _extends(missing.own, book):
        return Next.CUT, None
    if not again and not _is_older(missing, book) and not was_put_back(book):
        _keep_newer(missing.own, book)
        return Next.UP, None
    if again != _TAKES or incarnation <= answer.last_time:
        later = max(now // SECOND_MS, answer.last_time + 1, incarnation + 1)
        _ask(book, voice, entropy, later, _TAKES)
        return Next.AGAIN, None
    return Next.FETCH, missing


def _looked(answer: Recovered, asked: int, book: Book) -> tuple[int, int]:
    """Return incarnation and kind of the question that the answer to a look stands for: what we were told is true, or it is not.

    If we asked to take one before, the peer may have stored it as ours, and no answer came: then we take another one.
    """
    if (answer.held or 0) > asked:
        return answer.held or 0, _TOLD
    return asked, _FIRST if asked <= read_incarnation(book.tx, LogRole.OURS).second else _TOOK


def _read(data: bytes, asked: bytes, book: Book, renew: Renew, now: Ms) -> tuple[Voice, Peer, Recovered]:
    """Check the signatures of an answer, and return it with the keys by which the heads in it are to be checked."""
    try:
        hints = take_papers(book.tx, unverified_papers(data), book.logs[LogRole.OURS].origin, now)
        voice, peer, keys = renew(book.tx, hints)
        answer = _by_one_of(read_recovered, data, keys)
    except BadSignature as error:
        raise Problem(error.code, 422, "a recovered without exactly the peer's two good signatures") from error
    except BadEnvelope as error:
        raise Problem(error.code, 400, str(error)) from error
    if answer.request != sha256(asked):
        raise Problem("unproven-head", 422, "a recovered that answers another request")
    if answer.incarnation is not None and answer.incarnation < read_incarnation(book.tx, LogRole.THEIRS).second:
        raise Problem(
            "stale-incarnation", 409, "a recovered of a store of the peer that another one of it has left behind"
        )
    return voice, peer, answer


def _by_one_of(read: Callable[[bytes, LogPublic], Said], data: bytes, keys: Sequence[KeyList]) -> Said:
    """Read what the log keys of one of some key lists must have signed: a node that starts may not know the newest."""
    for one in keys[:-1]:
        try:
            return read(data, one.log_keys())
        except BadSignature:
            continue
    return read(data, keys[-1].log_keys())


def _missing(answer: Recovered, book: Book, voice: Voice, peer: Peer, said: tuple[bytes, bytes]) -> Missing:
    """Check every head in the answer and return what we would have to fetch; `said` is our question and the answer, as signed."""
    ours, theirs = book.logs[LogRole.OURS], book.logs[LogRole.THEIRS]
    try:
        own = None if answer.head is None else _own_head(answer.head, book, voice)
        for note in answer.pending:
            verify_head(note, ours.origin, _lost_keys(note, voice))
        cosigned = None
        if answer.cosigned is not None:
            key = next(one for one in voice.all_mirrors if signed_by(answer.cosigned or "", one))
            size = parse_body(parse_note(answer.cosigned).text).size
            cosigned = verify_cosigned_head(answer.cosigned, theirs.origin, peer.log_at(size), key)
        newest = None
        if answer.newest is not None:
            size = parse_body(parse_note(answer.newest).text).size
            newest = verify_head(answer.newest, theirs.origin, peer.log_at(size))
    except (BadSignature, StopIteration) as error:
        raise Problem("bad-signature", 422, "a recovered with a head that nobody signed as it says") from error
    if cosigned is not None:
        checkpoint = cosigned.head.checkpoint
        if checkpoint.size <= theirs.size and root(book.tiles(LogRole.THEIRS), checkpoint.size) != checkpoint.root:
            raise Problem("unproven-head", 422, "a head of the peer, cosigned by us, that is not of the log we mirror")
    return Missing(own, ours.head_size, cosigned, theirs.size, newest, answer.incarnation or 0, answer.pending, *said)


def _own_head(note: str, book: Book, voice: Voice) -> SignedHead:
    """Check a head of ours that the peer accepted; in another history of our log our keys may have changed at another size."""
    origin = book.logs[LogRole.OURS].origin
    try:
        return verify_head(note, origin, _own_keys(note, voice, book.logs[LogRole.OURS].cosigned_size))
    except BadSignature:
        head = verify_head(note, origin, _lost_keys(note, voice))
        if head.checkpoint.size <= book.logs[LogRole.OURS].head_size and _extends(head, book):
            raise
        return head


def _own_keys(note: str, voice: Voice, common: int) -> tuple[NoteVerifier, ...]:
    """Return our keys at the size of a head, or at a change of keys that nobody but us has in the log.

    A list that entered our log above what the peer co-signed may stand elsewhere in the log that it has, or not at all: there the
    keys that it ends may sign still. Whoever mends the log by that head checks it once more.
    """
    parsed = parse_note(note)
    there = {(line.name, line.key_id) for line in parsed.lines}
    size = parse_body(parsed.text).size
    ended = [keys.verifier for turn, keys in voice.earlier if turn > common]
    if ended and size > common:
        both = (one for one in (*ended, voice.log_keys.verifier) if (one.name, one.ed25519.key_id) in there)
        return tuple(both) or tuple(ended[:1])
    keys = voice.verifiers_at(size)
    further = [one for one in voice.coming if (one.name, one.ed25519.key_id) in there and one not in keys]
    return (*keys, *further[:1])


def _lost_keys(note: str, voice: Voice) -> tuple[NoteVerifier, ...]:
    """Return those of our keys that a head bears: where it was lost, they may have changed at other sizes than in our log."""
    there = {(line.name, line.key_id) for line in parse_note(note).lines}
    every = (*(keys.verifier for _, keys in voice.earlier), voice.log_keys.verifier, *voice.coming)
    found = dict.fromkeys(one for one in every if (one.name, one.ed25519.key_id) in there)
    return tuple(found) or every[:1]


def _is_older(missing: Missing, book: Book) -> bool:
    """Say whether the peer holds what we signed and do not know: then our store was put back."""
    if missing.own_is_longer or missing.theirs_is_longer:
        return True
    unknown = {note for note in missing.disowned if not _known(note, book)}
    return bool(unknown) and not unknown <= _disowned(book)


def _shows(missing: Missing, book: Book, voice: Voice) -> bool:
    """Say whether the answer shows what we signed since we last recovered and do not know: only another store, or a thief, did.

    What we lost with a store of before that excuses nothing: it is known to be ours, and was disowned.
    """
    origin, since = book.logs[LogRole.OURS].origin, read_incarnation(book.tx, LogRole.OURS).second
    pending = [verify_head(note, origin, _lost_keys(note, voice)) for note in missing.disowned]
    heads = pending if missing.own is None else [missing.own, *pending]
    return any(head.time >= since and not _known(head.note, book) for head in heads) or missing.theirs_is_longer


def _disowned(book: Book) -> set[str]:
    """Return the heads that our log has disowned: the peer lists them until it has taken that, however often we start till then."""
    # spec: protocol.md 9 step 3
    rows = book.tx.rows("SELECT signed FROM instrument WHERE kind = 'restored' AND from_ours >= 0")
    return {note for (signed,) in rows for note in unverified_disowned(bytes_of(signed))}


def _left_behind(missing: Missing, book: Book, *, takes: bool) -> bool:
    """Say whether another store of this node has gone on, under an incarnation that this one never took.

    The peer shows what the other one signed, or was asked by it under that incarnation and heard nothing since (`takes`): if it
    made the incarnation up, because it forgot ours, it is no later than what it has seen of us. A person who put this store in the
    place of the other has said so, and a store that never signed anything was never in use.
    """
    if was_put_back(book) or not book.logs[LogRole.OURS].head_time:
        return False
    other = missing.own is not None and not _extends(missing.own, book)
    return takes or other or _is_older(missing, book)


def mark_put_back(tx: Tx) -> None:
    """Note in a copy of a store that it was put back on purpose: the start takes a new incarnation whatever the peer has."""
    tx.run("INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value = 1", (_PUT_BACK,))


def was_put_back(book: Book) -> bool:
    """Say whether `mark_put_back` was called on this store and it has not recovered since."""
    return bool(book.tx.rows("SELECT 1 FROM counter WHERE name = ?", (_PUT_BACK,)))


def forget_question(book: Book) -> None:
    """Forget the question, whatever it is, and what waited for its answer; the next start asks anew."""
    book.tx.run("DELETE FROM recovery")
    named.forget(book.tx)


def done(book: Book) -> None:
    """Forget the question once the store is the newest again."""
    forget_question(book)
    book.tx.run("DELETE FROM counter WHERE name = ?", (_PUT_BACK,))


def _known(note: str, book: Book) -> bool:
    return bool(book.tx.rows("SELECT 1 FROM head WHERE role = ? AND note = ?", (LogRole.OURS, note)))


def _extends(own: SignedHead, book: Book) -> bool:
    """Say whether what the peer accepted may be of our log: within what we signed, it must be the same."""
    checkpoint = own.checkpoint
    if checkpoint.size > book.logs[LogRole.OURS].head_size:
        return True
    return root(book.tiles(LogRole.OURS), checkpoint.size) == checkpoint.root


def _keep_newer(own: SignedHead | None, book: Book) -> None:
    """Keep a head of our own size that we signed later than we know, so that our log time never goes back."""
    ours = book.logs[LogRole.OURS]
    if own is not None and own.checkpoint.size == ours.head_size and own.time > ours.head_time:
        keep_head(book, LogRole.OURS, own.checkpoint, own.time, own.note)


# --- answering -------------------------------------------------------------------------------------------------------


def answer(
    book: Book, voice: Voice, peer: Peer, keys: Sequence[KeyList], *, data: bytes, now: Ms
) -> tuple[bytes, bool]:
    """Answer the peer's `recover`, and say whether it took a new incarnation: that is stored and logged before.

    Raises:
        Problem: it is not the peer's, or its incarnation is not later than what we have seen of it.
    """  # spec: protocol.md 9 step 1
    asked = read_question(data, peer, keys)
    known, last = read_incarnation(book.tx, LogRole.THEIRS), _last_time(book)
    before = _answered(book.tx, data, asked.incarnation) if asked.incarnation == known.second else None
    if before is not None and _still(unverified_recovered(before), _answer_to(data, asked, book, last)):
        return before, False  # our log has the digest of these bytes and of no others
    if asked.looks:
        held = replace(_answer_to(data, asked, book, last), held=known.second)
        return sign_recovered(held, log_keys(voice)), False
    if asked.incarnation < known.second:
        raise Problem("stale-incarnation", 409, "a recover under an incarnation before the peer's newest")
    if asked.incarnation > known.second:
        _check_new(asked, last, now)
        write_incarnation(book.tx, LogRole.THEIRS, Incarnation(asked.incarnation, known.restored))
        disown_pending(book.tx, asked.incarnation)  # all of them: it is later than each
        _disown_again(book.tx, asked.origin)
    made = sign_recovered(_answer_to(data, asked, book, last), log_keys(voice))
    if asked.incarnation == known.second:
        return made, False
    digest = sha256(made)
    book.tx.run(
        "INSERT INTO recovered (digest, incarnation, signed) VALUES (?, ?, ?)", (digest, asked.incarnation, made)
    )
    book.append_own([encode_entry(LinkLeaf(Act.RECOVERED, digest))])
    ours = book.logs[LogRole.OURS]
    if asked.mirror_size < ours.cosigned_size:
        book.change(LogRole.OURS, cosigned_size=asked.mirror_size)
    return made, True


def _answered(tx: Tx, data: bytes, incarnation: int) -> bytes | None:
    """Return what we answered to these very bytes, if that made a new incarnation known here."""
    rows = tx.rows("SELECT signed FROM recovered WHERE incarnation = ?", (incarnation,))
    request, answers = sha256(data), (bytes_of(row[0]) for row in rows)
    return next((one for one in answers if unverified_recovered(one).request == request), None)


def _still(then: Recovered, now: Recovered) -> bool:
    """Say whether what we answered names the heads that we would name now: an older one would let the peer fork its log.

    A store may be put back to a copy from within its recovery; it asks the same again, after we accepted more of its log.
    """
    return (then.head, then.cosigned) == (now.head, now.cosigned) and set(now.pending) <= set(then.pending)


def disown_pending(tx: Tx, second: int) -> None:
    """Let the peer's heads that wait for their proof and are earlier than its incarnation prove nothing any more.

    They are listed in each answer to its `recover` until its log says that it disowned them.
    """  # spec: protocol.md 9 step 1
    tx.run(
        "INSERT INTO disowned_head (note, time) SELECT note, time FROM pending_head WHERE time < ? ON CONFLICT DO NOTHING",
        (second,),
    )
    tx.run("DELETE FROM pending_head WHERE time < ?", (second,))


def _disown_again(tx: Tx, origin: Origin) -> None:
    """List again what we told earlier stores of the peer: this one may have lost the leaf by which they disowned it.

    We have a digest of that leaf, so nobody would have its bytes. Their times count no more: heads of after it are known.
    """  # spec: protocol.md 9 step 3
    told = [unverified_recovered(bytes_of(signed)) for (signed,) in tx.rows("SELECT signed FROM recovered")]
    notes = {note for one in told for note in one.pending if parse_body(parse_note(note).text).origin == origin}
    rows = [(note,) for note in sorted(notes)]
    tx.many("INSERT INTO disowned_head (note, time) VALUES (?, 0) ON CONFLICT DO NOTHING", rows)


def read_question(data: bytes, peer: Peer, keys: Sequence[KeyList]) -> Recover:
    """Read the peer's `recover`, signed by the keys of any of its lists: it may have forgotten the newest.

    Raises:
        Problem: it is not the peer's.
    """  # spec: protocol.md 9, 10
    try:
        asked = _by_one_of(read_recover, data, keys)
    except BadEnvelope as error:
        raise Problem(error.code, 400, str(error)) from error
    except BadSignature as error:
        raise Problem(error.code, 422, "a recover without exactly the peer's two good signatures") from error
    if asked.origin != peer.log_origin:
        raise Problem("unknown-log", 422, "a recover of a log that is not the peer's current one")
    return asked


def _check_new(asked: Recover, last: int, now: Ms) -> None:
    if asked.incarnation <= last:
        raise Problem("stale-incarnation", 409, "an incarnation that is not later than the peer's newest head")
    if asked.incarnation > now // SECOND_MS + AHEAD_S:
        raise Problem("clock", 409, "an incarnation more than an hour ahead of our clock")


def _last_time(book: Book) -> int:
    """Return the newest log time of the peer that we have seen, accepted or not."""
    rows = book.tx.rows(
        "SELECT max(time) FROM (SELECT time FROM head WHERE role = ? UNION ALL SELECT time FROM pending_head"
        " UNION ALL SELECT time FROM disowned_head) AS known",
        (LogRole.THEIRS,),
    )
    return int_of(rows[0][0] or 0)


def _answer_to(data: bytes, asked: Recover, book: Book, last: int) -> Recovered:
    ours, theirs = book.logs[LogRole.OURS], book.logs[LogRole.THEIRS]
    head = book.tx.rows(
        "SELECT note FROM head WHERE role = ? AND size = ? AND time = ?",
        (LogRole.THEIRS, theirs.head_size, theirs.head_time),
    )
    pending = book.tx.rows("SELECT note FROM disowned_head UNION SELECT note FROM pending_head ORDER BY note")
    return Recovered(
        head=text_of(head[0][0]) if head else None,
        pending=tuple(text_of(row[0]) for row in pending),
        last_time=last,
        cosigned=_cosigned(book),
        request=Digest(sha256(data)),
        incarnation=_own_incarnation(book),
        newest=stored_head(book, LogRole.OURS) if ours.head_time else None,
        papers=said_papers(book.tx, ours, theirs, own_size=asked.own_size, mirror_size=asked.mirror_size),
    )


def _own_incarnation(book: Book) -> int:
    """Return our incarnation, the one that we are taking too: a peer that starts as well need not wait until we have it."""
    taking = book.tx.rows("SELECT incarnation FROM recovery WHERE again = ?", (_TAKES,))
    known = read_incarnation(book.tx, LogRole.OURS).second
    return max(known, int_of(taking[0][0])) if taking else known


def _cosigned(book: Book) -> str | None:
    """Return our newest head that the peer cosigned, all four lines."""
    rows = book.tx.rows(
        "SELECT note, cosignature FROM head WHERE role = ? AND cosignature IS NOT NULL AND size > 0 ORDER BY size DESC, time DESC LIMIT 1",
        (LogRole.OURS,),
    )
    return merge(text_of(rows[0][0]), text_of(rows[0][1])) if rows else None
