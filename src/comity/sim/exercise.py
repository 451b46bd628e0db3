"""The exercise: two invented parties, their keys and accord, a plain desk and a law that mostly permits.

It is honest and small: what is simulated is the courier, the logs and the disk, not what officers write.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.entropy import Entropy
from comity.base.errors import BadEnvelope, BadForm
from comity.base.hashing import sha256
from comity.base.ids import CaseId, Digest, DispatchId, LeafIndex, Ms, NodeName
from comity.crypto.keys import CosignerKeys, LogKeys, RootKeys, SealingKey, cose_key, key_id
from comity.crypto.sign import add_signatures, sign_instrument, unverified_payload
from comity.dispatch.accord import Accord, OpenDesk, Party, encode_accord
from comity.dispatch.cut import Cut
from comity.dispatch.entries import Fact
from comity.dispatch.filing import Facts, Filing, Standing
from comity.dispatch.inbound.paper import AMEND, CERTIFICATE, KEYS
from comity.dispatch.keylist import MAX_COSIGNERS, KeyList, KeyPair, Sealing, decode_keylist, encode_keylist
from comity.dispatch.ports import Tx
from comity.dispatch.states import Officer
from comity.node import manifest
from comity.node.assemble import Assembled, Instruments, Keyring, assemble
from comity.node.papers import Listed
from comity.policy.question import Act, Question
from comity.policy.verdict import Effect, Reason, Verdict
from comity.sim.chance import SeededEntropy

START_MS = Ms(1_783_900_800_000)
DESK = "exercise"
AGENCY = "agency"
OFFICER = Officer(DESK, 7)
KEEPERS = (Officer(DESK, 9), Officer(DESK, 10))
"""Who erase: a desk lead, and a legal officer."""
NAMES = (NodeName("ost.example/comity"), NodeName("van.example/comity"))
NOTE, RECALL = "note", "recall"
PERMITTED, REFUSED_THERE, REFUSED_HERE = "liaison", "workplan", "deconfliction"
"""Purposes: one that both laws permit, one that the receiver's law refuses, one that the sender's does."""
_OF_ALL = frozenset({"officer"})
_ROLES = {9: _OF_ALL | {"desk-lead"}, 10: _OF_ALL | {"legal-officer"}}
_YEAR_MS = 365 * 86_400_000
_NOTHING: frozenset[str] = frozenset()
_TABLE = (
    "CREATE TABLE exercise (id BLOB PRIMARY KEY, ours BIGINT NOT NULL, text TEXT NOT NULL, kind TEXT NOT NULL,"
    " case_id BLOB NOT NULL, admitted BIGINT NOT NULL, filed BIGINT NOT NULL, fact BIGINT NOT NULL, code TEXT)"
)


class ExerciseDesk:
    """A desk that files texts and counts how often it did."""

    name = DESK
    schema = ((1, _TABLE),)

    def compose(self, kind: str, form: Mapping[str, Value]) -> bytes:
        """Return the canonical body.

        Raises:
            BadForm: it has no text.
        """
        if kind not in {NOTE, RECALL} or not isinstance(form.get("text"), str):
            raise BadForm("text is missing; nothing was kept")
        return cbor.encode(dict(form))

    def facts(self, kind: str, body: bytes) -> Facts:
        """Say that the body asserts nothing.

        Raises:
            BadEnvelope: it is no body of this desk.
        """
        return Facts(kind, False, _NOTHING, _NOTHING, _NOTHING, True, _NOTHING, False, (text_of_body(body),))

    def redact(self, kind: str, body: bytes, classes: frozenset[str]) -> tuple[bytes, tuple[str, ...]]:
        """Return the body as it is: nothing in it is tagged."""
        del kind, classes
        return body, ()

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write the row, and count a second filing of one dispatch, which must never be."""
        text = text_of_body(filing.body) if filing.body else ""
        header = filing.header
        tx.run(
            "INSERT INTO exercise (id, ours, text, kind, case_id, admitted, filed, fact) VALUES (?, ?, ?, ?, ?, ?, 1, 0)"
            " ON CONFLICT (id) DO UPDATE SET filed = exercise.filed + 1",
            (header.id, int(filing.ours), text, header.kind, filing.case, int(filing.admitted)),
        )

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:
        """Take the text away."""
        del case
        tx.run("UPDATE exercise SET text = '' WHERE id = ?", (dispatch,))

    def settle(self, tx: Tx, dispatch: DispatchId, fact: int, code: str | None, at: Ms) -> None:
        """Note the newest receipt."""
        del at
        if fact != Fact.SEEN:
            tx.run("UPDATE exercise SET fact = ?, code = ? WHERE id = ?", (fact, code, dispatch))


def text_of_body(body: bytes) -> str:
    """Return the text in a body of this desk.

    Raises:
        BadEnvelope: it is none.
    """
    value = cbor.decode(body)
    members = {str(key): item for key, item in value.items()} if isinstance(value, Mapping) else {}
    text = members.get("text")
    if not isinstance(text, str):
        raise BadEnvelope("a body without text")
    return text


class ExerciseLaw:
    """A law that refuses one purpose to go and another to come, and permits the rest."""

    def decide(self, question: Question, now: Ms) -> Verdict:
        """Answer with one reason."""
        del now
        refused = (question.act, question.purpose) in {(Act.CLEAR, REFUSED_HERE), (Act.ADMIT, REFUSED_THERE)}
        effect = Effect.REFUSE if refused else Effect.PERMIT
        sentence = "The exercise refuses this purpose." if refused else "The exercise permits this."
        reason = Reason("EXERCISE-1", effect, "Exercise Act s. 1", "text-read", sentence, (("en", sentence),))
        ground, outward = ("disproportionate", "cannot-assist") if refused else (None, None)
        return Verdict(effect, (reason,), (), ground, outward, None, (), Digest(bytes(32)))


class ExercisePowers:
    """Every officer may release everything."""

    def standing(self, tx: Tx, desk: str, number: int, now: Ms) -> Standing | None:
        """Return full powers."""
        del tx, desk, now
        return Standing(AGENCY, _ROLES.get(number, _OF_ALL), None, None, None, None, None)

    def peer_posting_ended(self, tx: Tx, desk: str, number: int) -> LeafIndex | None:
        """Say that no posting ended."""
        del tx, desk, number
        return None


@dataclass(frozen=True, slots=True, repr=False)
class Half:
    """One party's private keys, and its signed key list."""

    name: NodeName
    root: RootKeys
    keyring: Keyring
    keys: bytes


@dataclass(frozen=True, slots=True, repr=False)
class Parties:
    """Both parties and the accord that they signed; made once a process, the same for every seed."""

    halves: tuple[Half, Half]
    accord: bytes

    def instruments(self, side: int) -> Instruments:
        """Return what the node of one side starts from."""
        return Instruments(self.accord, self.halves[side].keys, self.halves[1 - side].keys)

    def node(self, side: int, entropy: Entropy, *, custodian: bool = False) -> Assembled:
        """Put together all of one side's node but its store; with a custodian for what its law refuses, or without."""
        half = self.halves[side]
        made = assemble(
            half.name,
            self.instruments(side),
            half.keyring,
            gate=ExerciseLaw(),
            patterns=(),
            desks={DESK: ExerciseDesk(), manifest.DESK: manifest.NodeDesk()},
            powers=ExercisePowers(),
            entropy=entropy,
        )
        if not custodian:
            return made
        public = SealingKey.generate(SeededEntropy(f"{half.name} custodian")).public()
        return replace(made, office=replace(made.office, custodian=(key_id(cose_key(public)), public)))


@cache
def parties() -> Parties:
    """Return the two parties of the exercise."""
    first, second = (_half(name) for name in NAMES)
    members = tuple(Party(h.name, "ZZ", h.root.public().cose_keys, ()) for h in (first, second))
    desks = (OpenDesk(DESK, (NOTE, RECALL)), OpenDesk(manifest.DESK, (manifest.KIND, KEYS, AMEND, CERTIFICATE)))
    accord = Accord("exercise", 1, None, (members[0], members[1]), desks, (), (), (), Ms(0))
    signed = add_signatures(sign_instrument(encode_accord(accord), "accord", first.root), "accord", second.root)
    return Parties((first, second), signed)


@dataclass(slots=True)
class Locker:
    """The private keys of one side, which outlive its process and its store, as a folder of key files does.

    Attributes:
        half: the party.
        ring: all keys made so far.
        made: the lists made so far, as signed, by edition.
        gone: sealing keys that were destroyed.
    """

    half: Half
    ring: Keyring
    made: dict[int, bytes] = field(default_factory=dict)
    gone: set[Digest] = field(default_factory=set)

    def by_digest(self) -> dict[Digest, bytes]:
        """Return all lists, that of the ceremony first, by the digest of their signed bytes."""
        return {sha256(signed): signed for signed in (self.half.keys, *self.made.values())}

    @classmethod
    def of(cls, side: int) -> Locker:
        """Open the locker of one side with the keys of the ceremony."""
        half = parties().halves[side]
        return cls(half, half.keyring)

    def next_list(self, before: Listed, now: Ms, *, log: bool, mirror: bool) -> bytes:
        """Make new keys, and return the list that follows another one, signed by the root.

        Args:
            before: the list in force.
            now: from when the new sealing key counts.
            log: the log keys are new.
            mirror: the mirror keys are new.
        """
        entropy = SeededEntropy(f"{self.half.name} keys {before.keys.edition + 1}")
        sealing = SealingKey.generate(entropy)
        kid = key_id(cose_key(sealing.public()))
        keys = replace(
            before.keys,
            edition=before.keys.edition + 1,
            prev=before.digest,
            sealing=(Sealing.of(AGENCY, sealing.public(), not_before=Ms(0), not_after=Ms(now + _YEAR_MS)),),
            issued=now,
        )
        self.ring = replace(self.ring, sealing={**self.ring.sealing, kid: sealing})
        keys = self._with_log(keys, LogKeys.generate(entropy)) if log else keys
        keys = self._with_mirrors(keys, entropy) if mirror else keys
        self.made[keys.edition] = sign_instrument(encode_keylist(keys), KEYS, self.half.root)
        return self.made[keys.edition]

    def cut_list(self, before: Listed, cut: Cut, now: Ms) -> bytes:
        """Make all keys anew for the log behind a cut, and return its list, signed by the root."""
        made = decode_keylist(unverified_payload(self.next_list(before, now, log=True, mirror=True)))
        old = [(key_id(key), LeafIndex(cut.size)) for key in (before.keys.log.ed25519, before.keys.log.ml_dsa)]
        keys = replace(made, log=replace(made.log, number=made.log.number + 1), revoked=(*made.revoked, *old))
        self.made[keys.edition] = sign_instrument(encode_keylist(keys), KEYS, self.half.root)
        return self.made[keys.edition]

    def forget_sealing(self, keys: KeyList) -> None:
        """Destroy the sealing keys that are not of this list, nor of one that was made after it."""
        later = [self.made[number] for number in self.made if number >= keys.edition]
        kept = {key.kid for signed in later for key in decode_keylist(unverified_payload(signed)).sealing}
        left = {kid: key for kid, key in self.ring.sealing.items() if kid in kept}
        self.gone |= self.ring.sealing.keys() - left.keys()
        self.ring = replace(self.ring, sealing=left)

    def _with_log(self, keys: KeyList, made: LogKeys) -> KeyList:
        self.ring = replace(self.ring, logs=(*self.ring.logs, made))
        return replace(keys, log=KeyPair(keys.log.number, *made.public().cose_keys))

    def _with_mirrors(self, keys: KeyList, entropy: Entropy) -> KeyList:
        made = tuple(CosignerKeys.generate(entropy) for _ in range(MAX_COSIGNERS))
        self.ring = replace(self.ring, cosigners=(*self.ring.cosigners, *made))
        first = 1 + max(pair.number for pair in keys.cosigners)
        return replace(keys, cosigners=tuple(KeyPair(first + n, *p.public().cose_keys) for n, p in enumerate(made)))


def _half(name: NodeName) -> Half:
    entropy = SeededEntropy(name)
    root, log = RootKeys.generate(entropy), LogKeys.generate(entropy)
    cosigner, sealing = CosignerKeys.generate(entropy), SealingKey.generate(entropy)
    spares = tuple(CosignerKeys.generate(entropy) for _ in range(MAX_COSIGNERS - 1))
    validity = Sealing.of(AGENCY, sealing.public(), not_before=Ms(0), not_after=Ms(START_MS + _YEAR_MS))
    log_pair = KeyPair(1, *log.public().cose_keys)
    cosigners = tuple(KeyPair(n, *pair.public().cose_keys) for n, pair in enumerate((cosigner, *spares), 1))
    listed = KeyList(name, 1, None, log_pair, cosigners, (validity,), (), b"exercise", START_MS)
    keyring = Keyring(log, cosigner, {key_id(cose_key(sealing.public())): sealing}, spares)
    return Half(name, root, keyring, sign_instrument(encode_keylist(listed), "keys", root))
