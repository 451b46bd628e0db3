"""Putting one node together from its instruments, keys, law and desks; edge and simulation both call it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from comity.base.entropy import Entropy
from comity.base.errors import BadConfiguration
from comity.base.hashing import sha256
from comity.base.ids import Digest, NodeName, Origin
from comity.crypto.keys import CosignerKeys, LogKeys, SealingKey, SealingPublic, cose_key, key_id
from comity.dispatch.accord import Accord
from comity.dispatch.filing import DeskPort, Powers
from comity.dispatch.keylist import KeyList, KeyPair
from comity.dispatch.office import Office
from comity.dispatch.rota import NO_ROTA, Rota
from comity.marking.scan import Pattern
from comity.node.ceremony import read_instruments
from comity.node.papers import Listed, Papers
from comity.node.peer import Coming, Peer, Timers, Voice
from comity.policy.listed import Entry
from comity.policy.verdict import Gate
from comity.tlog.checkpoint import KeyRole, NoteKeys, NoteVerifier

_CLOCK_REFUSE_MS = 3_600_000
_CLOCK_SHOW_MS = 300_000


@dataclass(frozen=True, slots=True)
class Instruments:
    """The signed bytes that two parties agreed on: the accord, our key list, the peer's."""

    accord: bytes
    our_keys: bytes
    peer_keys: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Keyring:
    """Our private keys that a running node needs; the root is not among them."""

    log: LogKeys
    cosigner: CosignerKeys
    sealing: Mapping[Digest, SealingKey]
    spares: tuple[CosignerKeys, ...] = ()
    """Cosigning pairs that the key list names behind the first, in its order."""
    logs: tuple[LogKeys, ...] = ()
    """Log pairs of later key lists."""
    cosigners: tuple[CosignerKeys, ...] = ()
    """Cosigning pairs of later key lists."""
    mute: bool = False
    """Its keys are nobody's, and stand under the public names of ours: for a process that only reads."""

    def log_of(self, pair: KeyPair) -> LogKeys | None:
        """Return the private keys of a log pair, or None if they are not here."""
        public = (pair.ed25519, pair.ml_dsa)
        return next((keys for keys in (self.log, *self.logs) if keys.public().cose_keys == public), None)

    def cosigner_of(self, pair: KeyPair) -> CosignerKeys | None:
        """Return the private keys of a cosigning pair, or None if they are not here."""
        there = (self.cosigner, *self.spares, *self.cosigners)
        public = (pair.ed25519, pair.ml_dsa)
        return next((keys for keys in there if keys.public().cose_keys == public), None)


@dataclass(frozen=True, slots=True)
class Assembled:
    """Everything of a node but its store."""

    accord: Accord
    our_keys: KeyList
    office: Office
    voice: Voice
    peer: Peer
    timers: Timers


def assemble(
    us: NodeName,
    instruments: Instruments,
    keyring: Keyring,
    *,
    gate: Gate,
    patterns: tuple[Pattern, ...],
    desks: Mapping[str, DeskPort],
    powers: Powers,
    entropy: Entropy,
    custodian: SealingPublic | None = None,
    person_key: bytes = b"",
    rota: Rota = NO_ROTA,
    listed: tuple[Entry, ...] = (),
    sends: Mapping[str, frozenset[str]] | None = None,
    mute: bool = False,
) -> Assembled:
    """Verify the instruments, check that our keys are those of our key list, and put the node together.

    One that is `mute` only reads: its keys are any, under the public names of ours, and nothing that it signed would stand.

    Raises:
        BadSignature, BadEnvelope: an instrument does not stand.
        BadConfiguration: instruments or keys do not belong together.
    """
    accord, ours, theirs = read_instruments(us, instruments.accord, instruments.our_keys, instruments.peer_keys)
    voice = _mute_voice(us, ours, keyring) if mute else _voice(us, ours, keyring)
    peer_node = accord.peer_of(us).node
    office = Office(
        us=us,
        peer=peer_node,
        accord=accord,
        accord_digest=sha256(instruments.accord),
        peer_keys=theirs,
        peer_digest=sha256(instruments.peer_keys),
        sealing=keyring.sealing,
        seals={key.kid: key.agency for key in ours.sealing},
        agencies=frozenset(key.agency for key in ours.sealing),
        gate=gate,
        patterns=patterns,
        desks=desks,
        powers=powers,
        entropy=entropy,
        custodian=None if custodian is None else (key_id(cose_key(custodian)), custodian),
        person_key=person_key,
        rota=rota,
        listed=listed,
        sends=sends or {},
    )
    return Assembled(accord, ours, office, voice, _peer(peer_node, theirs), timers_of(accord))


def keyring_of(voice: Voice, office: Office) -> Keyring:
    """Return the private keys that a node already speaks with."""
    cosigners = [CosignerKeys(one.ed25519, one.mldsa44) for one in (voice.cosigner_keys, *voice.spares)]
    log = LogKeys(voice.log_keys.ed25519, voice.log_keys.mldsa44)
    return Keyring(log, cosigners[0], office.sealing, tuple(cosigners[1:]))


def renewed(office: Office, voice: Voice, papers: Papers, keyring: Keyring) -> Assembled:
    """Return a node with the key lists and the accord that are in force now.

    Raises:
        BadConfiguration: private keys of our key list in force are not here.
    """  # spec: protocol.md 10
    agreed, theirs = papers.agreed_ours[-1], papers.theirs[-1]
    office = replace(
        office,
        accord=agreed.accord,
        accord_digest=agreed.digest,
        editions=papers.agreed_theirs,
        peer_keys=theirs.keys,
        peer_digest=theirs.digest,
        known=papers.known,
        coming=papers.next_edition,
        sealing=keyring.sealing,
        seals=_seals(papers, office.us),
    )
    voice = _voice_of(voice, papers, keyring)
    return Assembled(agreed.accord, papers.ours[-1].keys, office, voice, _peer_of(papers), timers_of(agreed.accord))


def _seals(papers: Papers, us: NodeName) -> dict[Digest, str]:
    """Return which agency each sealing key of ours is for, of all lists that the peer may have sealed to."""
    lists = [one.keys for one in (*papers.ours, *papers.coming) if one.keys.node == us]
    return {key.kid: key.agency for keys in lists for key in keys.sealing}


def _voice_of(voice: Voice, papers: Papers, keyring: Keyring) -> Voice:
    newest = papers.ours[-1].keys
    origin = log_origin(newest.node, newest.log.number)
    earlier = [(turn, _log_keys(origin, keys, keyring)) for turn, keys in log_changes(papers.ours)]
    log = _log_keys(origin, newest, keyring)
    cosigners = _cosigners(newest, keyring)
    public = {pair.number: pair for one in papers.ours for pair in one.keys.cosigners}
    return replace(
        voice,
        log_origin=origin,
        log_keys=log,
        decision_keys=_log_keys(voice.decision_origin, newest, keyring),
        cosigner_keys=cosigners[0],
        spares=cosigners[1:],
        earlier=tuple(earlier),
        coming=tuple(log_verifier(one.keys) for one in papers.coming if one.keys.node == voice.node),
        mirrors=tuple(_mirror_verifier(voice.node, public[number]) for number in sorted(public)),
    )


def log_changes(lists: Sequence[Listed]) -> list[tuple[int, KeyList]]:
    """Return each key list whose log keys were changed by the one behind it, with the size at which they ended."""
    # A list with which a log behind a cut begins ends none of its keys: those of the closed log sign nothing here.
    return [
        (after.turn, before.keys)
        for before, after in pairwise(lists)
        if after.keys.log != before.keys.log and after.turn > 0
    ]


def _log_keys(origin: Origin, keys: KeyList, keyring: Keyring) -> NoteKeys:
    public = keys.log_keys()
    raw = public.ed25519.public_bytes_raw(), public.ml_dsa.public_bytes_raw()
    if keyring.mute:
        named = NoteVerifier.from_raw(KeyRole.LOG, origin, *raw)
        return NoteKeys(keyring.log.ed25519, keyring.log.ml_dsa, named)
    found = keyring.log_of(keys.log)
    if found is None:
        raise BadConfiguration(f"the private log keys of our key list, edition {keys.edition}, are not here")
    return NoteKeys.of(KeyRole.LOG, origin, found.ed25519, found.ml_dsa)


def _cosigners(keys: KeyList, keyring: Keyring) -> tuple[NoteKeys, ...]:
    """Return the cosigning pairs of a list up to the first whose private half is not here."""
    found: list[NoteKeys] = []
    for pair in keys.cosigners:
        private = keyring.cosigner if keyring.mute else keyring.cosigner_of(pair)
        if private is None:
            break
        found.append(NoteKeys(private.ed25519, private.ml_dsa, _mirror_verifier(keys.node, pair)))
    if not found:
        raise BadConfiguration(f"the private mirror keys of our key list, edition {keys.edition}, are not here")
    return tuple(found)


def _peer_of(papers: Papers) -> Peer:
    keys = papers.theirs[-1].keys
    coming = [one for one in papers.coming if one.keys.node == keys.node]
    return replace(
        _peer(keys.node, keys),
        earlier=tuple((turn, log_verifier(before)) for turn, before in log_changes(papers.theirs)),
        coming=tuple(
            Coming(one.digest, log_verifier(one.keys), (cosigner_verifier(one.keys), *spare_verifiers(one.keys)))
            for one in coming
        ),
    )


def log_origin(node: NodeName, number: int) -> Origin:
    """Return the name of a node's exchange log."""
    return Origin(f"{node}/log/{number}")


def decision_origin(node: NodeName, number: int) -> Origin:
    """Return the name of a node's decision log."""
    return Origin(f"{node}/decision/{number}")


def cosigner_name(node: NodeName, number: int) -> str:
    """Return the name under which a node cosigns."""
    return f"{node}/mirror/{number}"


def log_verifier(keys: KeyList) -> NoteVerifier:
    """Return the public keys of the heads of a party's exchange log."""
    public = keys.log_keys()
    name = log_origin(keys.node, keys.log.number)
    return NoteVerifier.from_raw(KeyRole.LOG, name, public.ed25519.public_bytes_raw(), public.ml_dsa.public_bytes_raw())


def cosigner_verifier(keys: KeyList) -> NoteVerifier:
    """Return the public keys with which a party cosigns the other's log."""
    return _mirror_verifier(keys.node, keys.cosigners[0])


def spare_verifiers(keys: KeyList) -> tuple[NoteVerifier, ...]:
    """Return the public keys of the spare cosigning pairs, in the order in which they are taken."""
    return tuple(_mirror_verifier(keys.node, pair) for pair in keys.cosigners[1:])


def _mirror_verifier(node: NodeName, pair: KeyPair) -> NoteVerifier:
    public = pair.cosigner()
    name = cosigner_name(node, pair.number)
    return NoteVerifier.from_raw(
        KeyRole.COSIGNER, name, public.ed25519.public_bytes_raw(), public.ml_dsa.public_bytes_raw()
    )


def timers_of(accord: Accord) -> Timers:
    """Return the accord's timers that a node keeps itself."""
    return Timers(
        heartbeat_ms=accord.timer("heartbeat"),
        cosign_overdue_ms=accord.timer("cosign-overdue"),
        clock_refuse_ms=_CLOCK_REFUSE_MS,
        clock_show_ms=_CLOCK_SHOW_MS,
        tick_ms=accord.timer("tick"),
        exchange_ms=accord.timer("exchange-timeout"),
        backoff_first_ms=accord.timer("back-off-first"),
        backoff_max_ms=accord.timer("back-off-most"),
        backoff_immediate_ms=accord.timer("back-off-immediate"),
        window=accord.timer("window"),
        challenge_ms=accord.timer("challenge"),
    )


def _mute_voice(us: NodeName, ours: KeyList, keyring: Keyring) -> Voice:
    """Return a voice that knows our public keys and has the private ones of nobody."""

    def named(verifier: NoteVerifier) -> NoteKeys:
        return NoteKeys(keyring.log.ed25519, keyring.log.ml_dsa, verifier)

    log, decision = log_origin(us, ours.log.number), decision_origin(us, ours.log.number)
    public = ours.log_keys()
    raw = public.ed25519.public_bytes_raw(), public.ml_dsa.public_bytes_raw()
    return Voice(
        node=us,
        log_origin=log,
        decision_origin=decision,
        log_keys=named(log_verifier(ours)),
        decision_keys=named(NoteVerifier.from_raw(KeyRole.LOG, decision, *raw)),
        cosigner_keys=named(cosigner_verifier(ours)),
        spares=tuple(map(named, spare_verifiers(ours))),
    )


def _voice(us: NodeName, ours: KeyList, keyring: Keyring) -> Voice:
    log, decision = log_origin(us, ours.log.number), decision_origin(us, ours.log.number)
    names = [cosigner_name(us, pair.number) for pair in ours.cosigners]
    cosigners = [
        NoteKeys.of(KeyRole.COSIGNER, name, keys.ed25519, keys.ml_dsa)
        for name, keys in zip(names, (keyring.cosigner, *keyring.spares), strict=False)
    ]
    voice = Voice(
        node=us,
        log_origin=log,
        decision_origin=decision,
        log_keys=NoteKeys.of(KeyRole.LOG, log, keyring.log.ed25519, keyring.log.ml_dsa),
        decision_keys=NoteKeys.of(KeyRole.LOG, decision, keyring.log.ed25519, keyring.log.ml_dsa),
        cosigner_keys=cosigners[0],
        spares=tuple(cosigners[1:]),
    )
    listed = (cosigner_verifier(ours), *spare_verifiers(ours))[: len(cosigners)]
    if voice.log_keys.verifier != log_verifier(ours) or tuple(one.verifier for one in cosigners) != listed:
        raise BadConfiguration("our private keys are not those of our signed key list; nothing was started")
    return voice


def _peer(node: NodeName, keys: KeyList) -> Peer:
    return Peer(
        node, log_origin(node, keys.log.number), log_verifier(keys), cosigner_verifier(keys), spare_verifiers(keys)
    )
