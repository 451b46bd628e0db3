"""Making new keys: the private halves into the node's folder, the public ones into a list that the root signs elsewhere.

The rule it keeps: the root's keys are never opened on the node; what is made here counts for nothing before it is signed.
"""  # spec: protocol.md 10

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from comity.base.errors import BadConfiguration
from comity.base.ids import Digest, LeafIndex, Ms
from comity.crypto.keys import CosignerKeys, LogKeys, RootKeys, SealingKey, key_id
from comity.crypto.sign import sign_instrument, unverified_payload, verify_instrument
from comity.dispatch.cut import Cut, split_origin
from comity.dispatch.inbound.paper import KEYS
from comity.dispatch.keylist import KeyList, KeyPair, Sealing, decode_keylist, encode_keylist
from comity.edge import pki
from comity.edge.config import Config
from comity.edge.entropy import SystemEntropy
from comity.edge.keystore import KeyStore
from comity.edge.setup import SEALING_DAYS, SPARE_COSIGNERS
from comity.node.papers import Listed

SEALING_KEPT_DAYS = 45
"""Days after its end at which a private sealing key is destroyed."""
LOG_DAYS = 365
WARN_DAYS = 7
WARN_LOG_DAYS = 30
_DAY_MS = 86_400_000
_BACKDATE_MS = 3_600_000


@dataclass(frozen=True, slots=True)
class Renewal:
    """What a new list brings beside new sealing keys, which every one brings."""

    log: bool = False
    mirror: bool = False
    authority: bool = False
    days: int = SEALING_DAYS


def prepare(config: Config, before: KeyList, digest: Digest, restored: int, *, renewal: Renewal, now: Ms) -> bytes:
    """Make new keys in a node's folder and return the unsigned list that follows `before`.

    Args:
        config: the node's settings.
        before: our list in force.
        digest: of its signed bytes.
        restored: how many of its mirror keys restores have used up.
        renewal: what is new beside the sealing keys.
        now: our time.

    Raises:
        BadConfiguration: a next authority waits already; nothing else was made.
    """
    store, entropy = KeyStore(config.path(config.keys)), SystemEntropy()
    authority = before.tls_ca
    if renewal.authority:
        authority = pki.make_next_authority(config.path(config.tls), config.name, now)
    log = before.log
    if renewal.log:
        made = LogKeys.generate(entropy)
        store.put_next_log(before.log.number, made)
        log = KeyPair(before.log.number, *made.public().cose_keys)
    cosigners = before.cosigners[restored:]
    if renewal.mirror or not cosigners:
        cosigners = _new_mirrors(store, max(pair.number for pair in before.cosigners))
    sealing = [key for key in before.sealing if now < key.not_after]
    for agency in dict.fromkeys(key.agency for key in before.sealing):
        key = SealingKey.generate(entropy)
        begins, ends = Ms(now - _BACKDATE_MS), Ms(now + renewal.days * _DAY_MS)
        listed = Sealing.of(agency, key.public(), not_before=begins, not_after=ends)
        store.put_sealing(listed.kid, key)
        sealing.append(listed)
    keys = replace(
        before,
        edition=before.edition + 1,
        prev=digest,
        log=log,
        cosigners=cosigners,
        sealing=tuple(sealing),
        tls_ca=authority,
        issued=now,
    )
    return encode_keylist(keys)


def prepare_cut(config: Config, before: Listed, cut: Cut, *, authority: bool, now: Ms) -> bytes:
    """Make all keys anew for the log behind a cut, and return its unsigned list: whoever has the old ones has none of these.

    Args:
        config: the node's settings.
        before: the newest of our lists that entered the log below the cut.
        cut: the cut, signed or not.
        authority: a new certificate authority as well.
        now: our time.

    Raises:
        BadConfiguration: a next authority waits already; nothing else was made.
    """  # spec: protocol.md 10
    old, (_, number) = before.keys, split_origin(cut.new_origin)
    named = replace(old, log=replace(old.log, number=number))
    renewal = Renewal(log=True, mirror=True, authority=authority)
    made = decode_keylist(prepare(config, named, before.digest, 0, renewal=renewal, now=now))
    stolen = [(key_id(key), LeafIndex(cut.size)) for key in (old.log.ed25519, old.log.ml_dsa)]
    sealing = tuple(key for key in made.sealing if key.kid not in {one.kid for one in old.sealing})
    return encode_keylist(replace(made, sealing=sealing, revoked=(*old.revoked, *stolen)))


def _new_mirrors(store: KeyStore, last: int) -> tuple[KeyPair, ...]:
    """Make the next mirror keys; numbers whose private half is here already, from a list never signed, are passed over."""
    made: list[KeyPair] = []
    number = last
    while len(made) < 1 + SPARE_COSIGNERS:
        number += 1
        pair = CosignerKeys.generate(SystemEntropy())
        try:
            store.put_cosigner(number, pair)
        except BadConfiguration:
            continue
        made.append(KeyPair(number, *pair.public().cose_keys))
    return tuple(made)


def sign_list(payload: bytes, root: RootKeys) -> bytes:
    """Sign an unsigned list with the party's root, where the root's keys are.

    Raises:
        BadEnvelope: it is no key list.
    """
    decode_keylist(payload)
    return sign_instrument(payload, KEYS, root)


def read_signed(signed: bytes, root: RootKeys) -> KeyList:
    """Read back what `sign_list` made."""
    return decode_keylist(verify_instrument(signed, KEYS, root.public()))


def payload_of(data: bytes) -> KeyList:
    """Read a list, signed or not; no signature is looked at.

    Raises:
        BadEnvelope: it is none.
    """
    return decode_keylist(unverified_payload(data) if data.startswith(b"\xd8\x62") else data)


def destroy_ended(folder: Path, lists: tuple[KeyList, ...], now: Ms) -> tuple[Digest, ...]:
    """Destroy the private sealing keys that ended 45 days ago and return their ids; what was sealed to them stays shut."""
    # spec: protocol.md 10
    store = KeyStore(folder)
    there = store.sealing()
    ends: dict[Digest, Ms] = {}
    for keys in lists:
        for key in keys.sealing:
            ends[key.kid] = max(key.not_after, ends.get(key.kid, key.not_after))
    gone = tuple(kid for kid, end in ends.items() if kid in there and end + SEALING_KEPT_DAYS * _DAY_MS <= now)
    for kid in gone:
        store.destroy_sealing(kid)
    return gone


@dataclass(frozen=True, slots=True)
class Notice:
    """Something about keys that somebody must see to.

    Attributes:
        what: `sealing`, `peer-sealing`, `log`, `spare` or `waiting`.
        about: an agency or an edition, "" if nothing more is to be said.
        at: when it ends or has ended; 0 where there is no time.
        sentence: in plain words, what to do.
    """

    what: str
    about: str
    at: int
    sentence: str


def notices(ours: tuple[KeyList, ...], theirs: KeyList, waiting: int, restored: int, now: Ms) -> tuple[Notice, ...]:
    """Return what ends soon, has ended or waits.

    Args:
        ours: our lists that were in force, the newest last.
        theirs: the peer's list in force.
        waiting: how many lists of ours have not entered our log yet.
        restored: how many of the newest list's mirror keys restores have used up.
        now: our time.
    """
    newest = ours[-1]
    found = [*_ending(newest, "sealing", now), *_ending(theirs, "peer-sealing", now)]
    since = next(keys.issued for keys in ours if keys.log == newest.log)
    ends = since + LOG_DAYS * _DAY_MS
    if now >= ends - WARN_LOG_DAYS * _DAY_MS:
        found.append(
            Notice("log", "", ends, "our log keys are almost a year old or older: prepare new ones with --log")
        )
    left = len(newest.cosigners) - restored
    if left <= 1:
        words = "no spare mirror key is left for a store that is put back: prepare new ones with --mirror"
        if left < 1:
            words = "restores have used up all mirror keys and nothing is co-signed: prepare new ones with --mirror"
        found.append(Notice("spare", "", 0, words))
    if waiting:
        words = "a new key list of ours is not in force yet: the other side must file it first"
        found.append(Notice("waiting", str(newest.edition + 1), 0, words))
    return tuple(found)


def _ending(keys: KeyList, what: str, now: Ms) -> list[Notice]:
    found = []
    for agency in dict.fromkeys(key.agency for key in keys.sealing):
        end = max(key.not_after for key in keys.sealing if key.agency == agency)
        if now >= end - WARN_DAYS * _DAY_MS:
            whose = "our sealing key" if what == "sealing" else "the other side's sealing key"
            state = "has ended" if now >= end else "ends soon"
            found.append(Notice(what, agency, end, f"{whose} for {agency} {state}: a new key list is needed"))
    return found
