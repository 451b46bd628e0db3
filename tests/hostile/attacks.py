"""What the hostile peer tries, row by row of the table of adversaries, and what each try must be answered with.

A try is (what, what it may be answered with, what came). The judge on the other side of the process looks at the honest node.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass, replace

import cbor2

from comity.base import cbor
from comity.base.hashing import sha256
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms
from comity.crypto.chunks import FileSealer, cipher_size
from comity.crypto.keys import cose_key, key_id
from comity.crypto.seal import seal, unseal_any
from comity.dispatch import wire
from comity.dispatch.entries import Fact, HeadLeaf, ReceiptLeaf, decode_entry, encode_entry
from comity.dispatch.exchange_codec import decode_exchange, encode_exchange
from comity.marking.labels import Lane
from comity.tlog.checkpoint import KeyRole, NoteKeys, make_checkpoint, sign_head
from comity.tlog.note import Seconds
from comity.tlog.tree import root
from tests.adversary.test_parsers import BOMBS, NOTES, REFUSED, bytes_of, hostile_notes
from tests.hostile.peer import Peer, code_of
from tests.unit.edge.filesworld import PDF
from tests.unit.node.forge import Made
from tests.unit.node.world import Half

HOUR_MS = 3_600_000
FALSE_ROOT = sha256(b"no log has this root")
Try = tuple[str, list[str], str]
Play = Callable[[Peer], Awaitable[list[Try]]]


@dataclass(frozen=True)
class Attack:
    """One attack: its row, what it is, where the honest node's link must stand after it, and whether make test plays it."""

    row: int
    name: str
    ends: str
    play: Play
    quick: bool


ATTACKS: dict[str, Attack] = {}


def attack(row: int, *, ends: str = "up", quick: bool = False) -> Callable[[Play], Play]:
    def keep(play: Play) -> Play:
        name = play.__name__.replace("_", "-")
        ATTACKS[name] = Attack(row, name, ends, play, quick)
        return play

    return keep


def one(what: str, wanted: str | Iterable[str], got: str) -> Try:
    return what, [wanted] if isinstance(wanted, str) else sorted(wanted), got


# --- row 9: two logs for two readers ---


@attack(9, ends="broken", quick=True)
async def two_logs(peer: Peer) -> list[Try]:
    """Another root, signed with the true keys, at a size that the other side co-signed."""
    held = decode_exchange(peer.node.speak(peer.clock.now()))
    other = peer.shop.head(held.base, root=FALSE_ROOT, at=peer.shop.second)
    said = encode_exchange(replace(held, entries=(), dispatches=(), checkpoint=other))
    return [one("a second root at a co-signed size", "503 broken", code_of(await peer.post(said)))]


@attack(9, ends="broken")
async def two_histories(peer: Peer) -> list[Try]:
    """A head of another history that is larger than what is held, and then the true log, as if nothing had been."""
    held = decode_exchange(peer.node.speak(peer.clock.now()))
    ahead = peer.shop.head(held.size + 2, root=FALSE_ROOT, at=peer.shop.second)
    tries = [
        one(
            "a head that its entries do not give",
            "422 unproven-head",
            code_of(await peer.post(encode_exchange(replace(held, checkpoint=ahead)))),
        )
    ]
    sent = [peer.shop.submit(f"as if nothing had been {n}") for n in range(4)]
    said = [await peer.tell(peer.node.speak(peer.clock.now())) for _ in sent]
    return [*tries, one("the true log, grown past that head", "503 broken", said[-1])]


# --- row 10: rewrite or truncate history ---


@attack(10, quick=True)
async def truncated(peer: Peer) -> list[Try]:
    """A true but older head takes nothing away."""
    held = decode_exchange(peer.node.speak(peer.clock.now()))
    size = held.base - 1
    older = replace(held, base=size, entries=(), dispatches=(), checkpoint=peer.shop.head(size, at=peer.shop.second))
    return [one("a true head of a smaller size", "200", code_of(await peer.post(encode_exchange(older))))]


@attack(10, ends="broken")
async def rewritten(peer: Peer) -> list[Try]:
    """One old entry is another; the tree above it is made anew, and signed."""
    entries = peer.shop.entries
    held = decode_exchange(peer.node.speak(peer.clock.now()))
    other = [*entries[:4], encode_entry(replace_leaf(entries)), *entries[5:]]
    overlap = replace(held, base=4, entries=tuple(other[4 : held.size]))
    tries = [
        one(
            "entries that differ under the true head",
            "422 unproven-head",
            code_of(await peer.post(encode_exchange(overlap))),
        )
    ]
    made = peer.shop.head(held.base, root=root(peer.shop.tiles(other), held.base), at=peer.shop.second)
    said = encode_exchange(replace(held, entries=(), dispatches=(), checkpoint=made))
    return [*tries, one("a signed head over the rewritten history", "503 broken", code_of(await peer.post(said)))]


def replace_leaf(entries: list[bytes]):
    return ReceiptLeaf(LeafIndex(0), DispatchId(bytes(16)), sha256(entries[4]), Fact.FILED, None, None, None)


# --- row 11: deny ---


@attack(11, ends="broken")
async def receipt_for_nothing(peer: Peer) -> list[Try]:
    """A receipt, in the log, for what the other side never sent."""
    leaf = ReceiptLeaf(LeafIndex(0), DispatchId(b"\x09" * 16), FALSE_ROOT, Fact.FILED, None, None, None)
    peer.shop.grow(leaf)
    return [one("a receipt for what was never sent", "503 broken", code_of(await peer.post(peer.shop.say())))]


@attack(11, quick=True)
async def denied(peer: Peer) -> list[Try]:
    """It sent, it has the receipt, and says that its log never had it; the other side proves it with both key lists."""
    sent = peer.shop.submit("what is denied later")
    got = await peer.until_settled(sent)
    peer.notes["denied"] = sent.hex()
    without = [entry for entry in peer.shop.entries if bytes(sent) not in entry]
    held = decode_exchange(peer.node.speak(peer.clock.now()))
    short = replace(held, base=min(held.base, len(without)), entries=(), dispatches=(), wants=())
    return [
        one("sent, with its receipt", "2", got),
        one(
            "a log without it, under the head that has it",
            "422 unproven-head",
            code_of(
                await peer.post(encode_exchange(replace(short, base=held.size - 2, entries=(without[-1], without[-1]))))
            ),
        ),
    ]


# --- row 12: backdate ---


@attack(12, quick=True)
async def backdated(peer: Peer) -> list[Try]:
    """Nine hours back and nine ahead: what a sender says of time is a claim."""
    back = peer.shop.make("backdated", now=peer.clock.now() - 9 * HOUR_MS)
    ahead = peer.shop.make("dated ahead", created=Ms(peer.clock.now() + 9 * HOUR_MS))
    peer.notes["backdated"] = back.leaf.id.hex()
    said = await peer.send(back, ahead)
    late = peer.shop.head(at=peer.shop.second + 2 * 3600)
    return [
        one("made nine hours ago, it says", "2", said[0]),
        one("made in nine hours, it says", "3 unopened", said[1]),
        one(
            "a head signed in two hours, it says", "422 clock", code_of(await peer.post(peer.shop.say(checkpoint=late)))
        ),
    ]


# --- row 13: withhold --- the judge moves both clocks: see `withheld` there


@attack(13, ends="uncosigned")
async def cosignature_withheld(peer: Peer) -> list[Try]:
    """Every exchange is answered in good form, and never with a co-signature or a receipt."""
    stale = decode_exchange(peer.node.speak(peer.clock.now()))

    def mouth(_: bytes) -> tuple[int, bytes]:
        head = peer.shop.head(stale.size, at=peer.shop.second)
        return 200, encode_exchange(replace(stale, cosignature=None, dispatches=(), checkpoint=head))

    peer.mouth = mouth
    peer.notes["keeps"] = "mouth"
    return [one("what it says without a co-signature", "200", code_of(await peer.post(mouth(b"")[1])))]


# --- row 14: substitute keys ---


def strange(peer: Peer) -> tuple[NoteKeys, NoteKeys]:
    other = Half.make(peer.shop.us.name + "/strange")
    log = NoteKeys.of(KeyRole.LOG, peer.shop.log.verifier.name, other.log.ed25519, other.log.ml_dsa)
    mirror = NoteKeys.of(
        KeyRole.COSIGNER, peer.shop.mirror.verifier.name, other.cosigner.ed25519, other.cosigner.ml_dsa
    )
    return log, mirror


@attack(14, quick=True)
async def swapped_keys(peer: Peer) -> list[Try]:
    """Other keys under the true names; one of the two alone; a key list that does not follow."""
    log, mirror = strange(peer)
    half = NoteKeys(log.ed25519, peer.shop.log.mldsa44, log.verifier)
    tries = []
    for what, keys in (("another pair of log keys", log), ("one key of two", half)):
        head = peer.shop.head(keys=[keys], at=peer.shop.second)
        tries.append(one(what, "422 bad-signature", code_of(await peer.post(peer.shop.say(checkpoint=head)))))
    note = peer.shop.cosign(keys=mirror)
    tries.append(
        one("a co-signature by another pair: passed over", "200", await peer.tell(peer.shop.say(cosignature=note)))
    )
    accord = peer.shop.opened.config.path(peer.shop.opened.config.accord).read_bytes()
    for what, body in (("noise as a key list", b"\x80"), ("an accord as a key list", accord)):
        made = peer.shop.make(desk="node", kind="keys", contents={1: body})
        tries.append(one(what, "3 unopened", (await peer.send(made))[0]))
    return tries


# --- row 15: sealed anew ---


@attack(15, quick=True)
async def sealed_anew(peer: Peer) -> list[Try]:
    """A dispatch of the other side, opened with our true key, goes back to it as ours, and one for a third state."""
    rows = peer.shop.rows("SELECT id, sealed, plain FROM got WHERE fact = 2 ORDER BY idx LIMIT 1")
    id_, sealed, _ = rows[0]
    office = peer.node.office
    aad = wire.seal_aad(office.peer, office.us, id_, peer.shop.accord)
    plain, _ = unseal_any(sealed, keys=office.sealing, aad=aad)
    to = [(key_id(cose_key(peer.shop.them.sealing.public())), peer.shop.them.sealing.public())]
    again = []
    for id_now in (id_, DispatchId(int(peer.clock.now()).to_bytes(6, "big") + bytes(10))):
        seen = wire.seal_aad(office.us, office.peer, id_now, peer.shop.accord)
        bytes_ = seal(plain, recipients=to, aad=seen, entropy=peer.shop.seeded)
        model = peer.shop.make("x")
        leaf = replace(
            model.leaf,
            id=id_now,
            sealed=sha256(bytes_),
            size=len(bytes_),
            commit=wire.commit_of(wire.decode_plain(plain)),
        )
        again.append(Made(leaf, bytes_))
    third = peer.shop.make("for a third state", receiver="third.example/comity")
    said = await peer.send(*again, third)
    return [
        one("what they sent, sealed anew under its own id", "3 unopened", said[0]),
        one("what they sent, under a new id", "3 unopened", said[1]),
        one("what is for a third state", "3 unopened", said[2]),
    ]


# --- row 16: a signature used for something else ---


@attack(16, quick=True)
async def other_signatures(peer: Peer) -> list[Try]:
    """The true keys, and what they signed was something else."""
    at, held = peer.shop.second, decode_exchange(peer.node.speak(peer.clock.now()))
    decision = peer.node.voice.decision_keys
    made = sign_head(make_checkpoint(decision.verifier.name, held.size, peer.shop.root()), [decision], Seconds(at)).note
    origin = peer.shop.log.verifier.name
    tries = [
        ("a head of the decision log", made),
        ("the same under the log's name", made.replace(decision.verifier.name, origin)),
        ("a co-signature as a head", peer.shop.cosign(origin=origin, size=held.size, root=peer.shop.root())),
        ("our own head as theirs", peer.shop.head(at=at).replace(origin, peer.node.peer.log_origin)),
    ]
    found = [
        one(what, "422 bad-signature", code_of(await peer.post(peer.shop.say(checkpoint=note)))) for what, note in tries
    ]
    for what, note in (
        ("a head as a co-signature", peer.shop.head(at=at)),
        ("a co-signature of another log", peer.shop.cosign(origin=origin)),
    ):
        found.append(one(what + ": passed over", "200", await peer.tell(peer.shop.say(cosignature=note))))
    answer = await peer.client.recover(peer.shop.say())
    return [*found, one("an exchange as a recover", {"400 bad-envelope", "422 bad-signature"}, code_of(answer))]


# --- row 19: files ---

EICAR = rb"X5O!P%@AP[4\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
"""The standard harmless text that every scanner knows."""
FILES = {
    "infected": ("a.txt", "text/plain", EICAR),
    "other-type": ("a.pdf", "application/pdf", b"\x89PNG\r\n\x1a\n" + bytes(40)),
    "active": ("plan.pdf", "application/pdf", PDF.replace(b"/Type", b"/JS (app.alert(1)) /Type", 1)),
    "active two": ("a.png", "image/png", b"\x89PNG\r\n\x1a\n" + bytes(40) + b"PK\x05\x06" + bytes(18)),
    "active three": ("a.txt\u202efdp.exe", "text/plain", b"MZ" + bytes(100)),
}


@attack(19, quick=True)
async def bad_files(peer: Peer) -> list[Try]:
    """Files that a scan knows, that are not what they say, or that run; and one whose bytes are noise."""
    made = []
    for state, (name, media, data) in FILES.items():
        made.append(with_file(peer, state, name, media, data))
    noise = with_file(peer, "noise", "noise.txt", "text/plain", b"never mind", damage=True)
    said = await peer.send(*made, noise)
    peer.notes["files"] = {state: one_.leaf.id.hex() for (state, _), one_ in zip(FILES.items(), made, strict=True)}
    return [one(f"a file: {what}", {"1", "2"}, got) for what, got in zip([*FILES, "noise"], said, strict=True)]


def with_file(peer: Peer, state: str, name: str, media: str, data: bytes, *, damage: bool = False) -> Made:
    key, header = peer.shop.seeded.draw(32), peer.shop.header()
    sealer = FileSealer(key, header.id, len(data))
    sealed = sealer.update(data) + b"".join(sealer.finish())
    sealed = bytes([sealed[0] ^ damage]) + sealed[1:]
    cipher = sha256(sealed)
    peer.files.path(cipher).write_bytes(sealed)
    peer.served[cipher] = len(sealed)
    listed = wire.Attachment(name, media, len(data), cipher_size(len(data)), cipher, key)
    given = {"id": header.id, "contents": {2: wire.encode_attachments([listed])}}
    return peer.shop.make(state, **given)


# --- row 20: bombs ---


@attack(20, quick=True)
async def bombs(peer: Peer) -> list[Try]:
    """Deep, wide and announced sizes, as an exchange, inside a seal, and as the answer to the honest node's own exchange."""
    tries = [
        one(what, {"400 bad-envelope", "413 too-large"}, code_of(await peer.post(bomb))) for what, bomb in BOMBS.items()
    ]
    tries.append(one("nine mebibytes", {"413 too-large", "closed"}, code_of(await peer.post(bytes(9 << 20)))))
    inside = [peer.shop.make(contents={1: opening * 1_000}) for opening in (b"\x81", b"\xa1\x00", b"\xd8\x62")]
    inside += [peer.shop.make(contents={"plain": lambda p: (b"\x81" * len(p))[: len(p)]})]
    return [*tries, *[one("inside a seal", "3 unopened", said) for said in await peer.send(*inside)]]


@attack(20)
async def bombs_as_answers(peer: Peer) -> list[Try]:
    """The honest node calls, and is answered with bombs, noise, too much, and a problem without end."""
    answers = [*BOMBS.values(), bytes(9 << 20), b"", b"<html>", peer.problem("broken", 0) + b"x"]
    peer.called.clear()
    left = iter([(status, body) for body in answers for status in (200, 503)])

    def mouth(body: bytes) -> tuple[int, bytes]:
        return next(left, None) or peer.honestly(body)

    peer.mouth = mouth
    await peer.honest("call me")  # then it falls silent: who is called all the time says everything in its answers
    for _ in range(800):
        if len(peer.called) > 2:
            break
        await asyncio.sleep(0.05)
    return [one("the honest node called, and was answered so, more than twice", "True", str(len(peer.called) > 2))]


# --- row 21: two readings ---


@attack(21, quick=True)
async def two_readings(peer: Peer) -> list[Try]:
    """Every form of the corpus as an exchange, in place of its last value, and as a body inside a seal."""
    good = peer.shop.say()
    wanted, tries = {"400 bad-envelope", "413 too-large"}, []
    for case in REFUSED[:: peer.every]:
        bad = bytes_of(case)
        if len(bad) < 1_000_000:
            tries.append(one(f"{case['desc'][:40]}, inside", wanted, code_of(await peer.post(good[:-1] + bad))))
    few = [
        peer.shop.make(contents={1: bytes_of(case)})
        for case in REFUSED[: 40 // peer.every]
        if len(bytes_of(case)) < 500
    ]
    return [*tries, *[one("inside a seal", "3 unopened", said) for said in await peer.send(*few)]]


# --- row 22: Unicode ---


@attack(22, quick=True)
async def unicode_tricks(peer: Peer) -> list[Try]:
    """Two spellings and controls never cross; what only deceives the eye crosses byte for byte, and the page shows it."""
    bad = [
        peer.shop.make(contents={1: cbor2.dumps({"text": text}, canonical=True)})
        for text in ("e\u0301", "a\x00b", "a\x1b[31m", "a\u0085")
    ]
    tricks = "invoice\u202efdp.exe \u200bpaypa\u0131"
    shown = peer.shop.make(tricks)
    said = await peer.send(*bad, shown)
    peer.notes["tricks"] = [shown.leaf.id.hex(), tricks]
    data = cbor2.dumps({**cbor.decode(peer.shop.say()), 2: "e\u0301"}, canonical=True)
    tries = [one("two spellings, or a control character", "3 unopened", got) for got in said[:-1]]
    return [
        *tries,
        one("turned round and unseen", "2", said[-1]),
        one("a log's name in two spellings", "400 bad-envelope", code_of(await peer.post(data))),
    ]


# --- row 23: notes, key lines, tiles ---


@attack(23, quick=True)
async def malformed_notes(peer: Peer) -> list[Try]:
    """Every malformed note of the vectors and of our own as a head; the worst of them as a co-signature; paths of no tile."""
    wanted = {"422 bad-signature", "400 bad-envelope", "413 too-large"}
    good = peer.shop.head(at=peer.shop.second)
    size = len(peer.shop.entries)
    ours = {
        what: note.replace("\n3\n", f"\n{size}\n")
        for what, note in hostile_notes(good.replace(f"\n{size}\n", "\n3\n")).items()
    }
    tries = []
    made = cbor.decode(peer.shop.say())
    for what, note in [*((case["id"], case["note"]) for case in NOTES["notes"]), *ours.items()]:
        try:
            data = cbor.encode({**made, 6: note})
        except Exception:  # a text that cannot even be written as one  # noqa: BLE001
            data = cbor2.dumps({**made, 6: note}, canonical=True)
        if note != good:
            tries.append(one(what, wanted, code_of(await peer.post(data))))
    for what, note in ours.items():
        tries.append(
            one(f"{what}, as a co-signature", {"200", "413 too-large"}, await peer.tell(peer.shop.say_raw(7, note)))
        )
    origin = sha256(peer.node.peer.log_origin.encode()).hex()
    for path in (
        "tile/0/x1/000",
        "tile/64/000",
        "tile/entries/../checkpoint",
        "tile/0/000.p/256",
        "tile/0/" + "x999/" * 60 + "000",
    ):
        answer = await peer.client._ask("GET", f"/courier/v1/log/{origin}/{path}", b"")
        tries.append(
            one(
                f"tile {path[:20]}", "404", "404" if isinstance(answer, tuple) and answer[0] == 404 else code_of(answer)
            )
        )
    return tries


# --- row 24: oracle on opening ---


def causes(peer: Peer) -> dict[str, dict]:
    """Return every way in which a sealed dispatch does not open, as changes of an honest one."""
    strange_key = Half.make("nobody").sealing.public()
    true = key_id(cose_key(peer.shop.them.sealing.public()))
    return {
        "noise": {"contents": {"sealed": bytes(4096)}},
        "to another's key": {"recipients": [(key_id(cose_key(strange_key)), strange_key)]},
        "another key under the true name": {"recipients": [(true, strange_key)]},
        "another accord in the seal": {
            "aad": wire.seal_aad(peer.shop.us.name, peer.shop.them.name, DispatchId(bytes(16)), Digest(bytes(32)))
        },
        "another commitment": {"leaf": {"commit": Digest(bytes(32))}},
        "no header": {"contents": {0: b"\x80"}},
        "no body": {"contents": {1: b"\x80"}},
        "no attachments": {"contents": {2: b"\xa0"}},
        "another edition": {"leaf": {"edition": 9}},
        "another agency": {"agencies": ("other",)},
        "another kind": {"kind": "other"},
        "another receiver": {"receiver": "third.example/comity"},
        "another accord": {"accord": Digest(bytes(32))},
    }


@attack(24, quick=True)
async def oracle(peer: Peer) -> list[Try]:
    """Every cause for which a dispatch does not open is answered alike: fact, code, and the bytes of the receipt."""
    tries, told = [], set()
    for what, changes in causes(peer).items():
        made = peer.shop.make("a secret", **changes)
        (said,) = await peer.send(made)
        tries.append(one(what, "3 unopened", said))
        for (entry,) in peer.shop.rows("SELECT entry FROM entry WHERE role = 'theirs' ORDER BY idx DESC LIMIT 4"):
            leaf = decode_entry(entry)
            if isinstance(leaf, ReceiptLeaf) and leaf.id == made.leaf.id:
                told.add(
                    encode_entry(replace(leaf, id=DispatchId(bytes(16)), sealed=Digest(bytes(32)), index=LeafIndex(0)))
                )
    return [*tries, one("receipts that differ in more than place, id and hash", "0", str(len(told) - 1))]


# --- leaves that break a rule of the log: rows 9, 11 and 21 again ---


@attack(9, ends="broken")
async def false_cosignature(peer: Peer) -> list[Try]:
    """A co-signature, with the true keys, on a root that the other side's log never had."""
    held, _ = peer.shop.mirrored
    # The true one of that size comes first: without it the node asks before it breaks the link (ADR 0103).
    await peer.tell(peer.shop.say())
    note = peer.shop.cosign(held, root=FALSE_ROOT)
    return [
        one(
            "a co-signature on a root that never was",
            "503 broken",
            code_of(await peer.post(peer.shop.say(cosignature=note))),
        )
    ]


@attack(11, ends="broken")
async def head_never_signed(peer: Peer) -> list[Try]:
    """A leaf that names a head of the other side's log that it never signed."""
    held, _ = peer.shop.mirrored
    peer.shop.grow(HeadLeaf(peer.node.peer.log_origin, held, FALSE_ROOT, peer.shop.second))
    return [
        one("a head under their name that they never signed", "503 broken", code_of(await peer.post(peer.shop.say())))
    ]


@attack(21, ends="broken")
async def one_id_twice(peer: Peer) -> list[Try]:
    """One dispatch id in two leaves, each with other content: two readings of what was sent."""
    first = peer.shop.make("one")
    await peer.send(first)
    second = replace(peer.shop.make("two").leaf, id=first.leaf.id, lane=Lane.IMMEDIATE)
    peer.shop.grow(second)
    return [one("one id in two leaves", "503 broken", code_of(await peer.post(peer.shop.say())))]
