"""What the steps of one node may consult: names, accord, keys, law, desks. It does not change while a step runs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from comity.base.entropy import Entropy
from comity.base.ids import Digest, LeafIndex, NodeName
from comity.crypto.keys import SealingKey, SealingPublic
from comity.dispatch.accord import Accord, Agreed
from comity.dispatch.filing import DeskPort, Powers
from comity.dispatch.keylist import KeyList
from comity.dispatch.rota import NO_ROTA, Rota
from comity.marking.scan import Pattern
from comity.policy.listed import Entry
from comity.policy.verdict import Gate


@dataclass(frozen=True, slots=True)
class Office:
    """One node as its steps know it.

    Attributes:
        us: our node's name.
        peer: the other node's name.
        accord: the accord in force.
        accord_digest: SHA-256 of its signed bytes.
        peer_keys: the peer's key list in force.
        sealing: our private sealing keys by key id.
        seals: which of our agencies each of our sealing keys is for, by key id.
        agencies: our own agencies, by id.
        sends: the kinds that each of our agencies may send, as our registry has them; one that is not in it sends any that is open.
        gate: our law.
        patterns: what the scan of the label step looks for, from our law edition.
        desks: open desks by name.
        powers: who may release what.
        entropy: randomness for ids, salts and seals.
        listed: whom our law edition knows to be listed, by whom, and from when to when.
        person_key: under which persons asked about are counted; it never leaves the node.
        rota: who of ours is on call.
        editions: the accords that stand in the peer's log, oldest first; none: the one accord of the ceremony.
        peer_digest: SHA-256 of the signed bytes of `peer_keys`; None: the list of the ceremony.
        known: digests of all key lists and accords that we hold beside those of the ceremony.
        coming: the next edition, signed by both sides, that waits for its place in our log; None: there is none.
        custodian: key id and public key to which content is sealed that our law does not admit; None: there is none.
    """

    us: NodeName
    peer: NodeName
    accord: Accord
    accord_digest: Digest
    peer_keys: KeyList
    sealing: Mapping[Digest, SealingKey]
    seals: Mapping[Digest, str]
    agencies: frozenset[str]
    gate: Gate
    patterns: tuple[Pattern, ...]
    desks: Mapping[str, DeskPort]
    powers: Powers
    entropy: Entropy
    rota: Rota = NO_ROTA
    custodian: tuple[Digest, SealingPublic] | None = None
    person_key: bytes = b""
    listed: tuple[Entry, ...] = ()
    sends: Mapping[str, frozenset[str]] = field(default_factory=dict[str, frozenset[str]])
    editions: tuple[Agreed, ...] = ()
    peer_digest: Digest | None = None
    known: frozenset[Digest] = frozenset()
    coming: Accord | None = None

    def judged_by(self, index: LeafIndex) -> tuple[Accord, Digest]:
        """Return the edition in force at an index of the peer's log, and its digest: it judges the dispatch there."""
        # spec: protocol.md 10
        found = next((one for one in reversed(self.editions) if one.index < index), None)
        return (self.accord, self.accord_digest) if found is None else (found.accord, found.digest)

    def may_send(self, agency: str, kind: str) -> bool:
        """Say whether our registry lets an agency of ours send a kind."""
        return agency not in self.sends or kind in self.sends[agency]
