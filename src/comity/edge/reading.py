"""Opening a node only to read it, for a further page process: settings, instruments, law and desks, and no private key.

The rule it keeps: what is read here is checked as the node's own start checks it; nothing of it can sign or open anything,
for in the place of our private keys stand fresh ones that nobody knows.
"""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey

from comity.crypto.keys import CosignerKeys, LogKeys
from comity.dispatch.book import Ledger
from comity.edge.config import Config
from comity.edge.dutydesk import duty_desk
from comity.edge.entropy import SystemEntropy
from comity.edge.opening import (
    REMEMBERED,
    OpenNode,
    follow_accord,
    open_desks,
    open_law,
    open_peer_law,
    open_rota,
    schemas_of,
    signed_instruments,
)
from comity.edge.registry import Registry, Roster, Workplan, read_toml
from comity.edge.schema import refuse_newer
from comity.edge.stores import open_snapshots
from comity.node.assemble import Keyring, assemble
from comity.node.ceremony import read_instruments
from comity.node.manifest import NodeDesk
from comity.node.node import Node
from comity.policy.cache import RememberingGate
from comity.policy.cedar import CedarGate


def open_reader(config: Config) -> OpenNode:
    """Open the node of a folder whose own process runs elsewhere on this machine; nothing is written.

    Raises:
        BadConfiguration, BadSignature, BadEnvelope: something is missing, does not stand or does not fit, or the store needs a
            newer program.
        StoreError: the store cannot be read.
    """
    edition, instruments = open_law(config), signed_instruments(config)
    accord, _, _ = read_instruments(config.name, instruments.accord, instruments.our_keys, instruments.peer_keys)
    gate = RememberingGate(CedarGate(edition), REMEMBERED)
    roster = read_toml(config.path(config.roster), Roster)
    desks, powers = open_desks(config, accord)
    keyring = _nobodys_keys()
    built = assemble(
        config.name,
        instruments,
        keyring,
        gate=gate,
        patterns=edition.patterns,
        desks={**desks, NodeDesk.name: NodeDesk()},
        powers=powers,
        entropy=SystemEntropy(),
        rota=open_rota(config, duty_desk(config.desks)),
        listed=edition.listed,
        mute=True,
    )
    store = open_snapshots(config)
    try:
        with store.read() as tx:
            refuse_newer(tx, schemas_of(config))
    except BaseException:
        store.close()
        raise
    node = Node(built.office, built.voice, built.peer, Ledger(store), built.timers, keyring=lambda: keyring)
    desks, powers = follow_accord(node, config, accord, (desks, powers))
    return OpenNode(
        config=config,
        built=built,
        store=store,
        node=node,
        edition=edition,
        peer_edition=open_peer_law(config),
        gate=gate,
        desks=desks,
        registry=read_toml(config.path(config.registry), Registry),
        peer_registry=read_toml(config.path(config.peer_registry), Registry),
        roster=roster,
        workplan=read_toml(config.path(config.workplan), Workplan),
    )


def _nobodys_keys() -> Keyring:
    """Return keys that were made just now and are kept nowhere."""
    log = LogKeys(Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate())
    return Keyring(log, CosignerKeys(Ed25519PrivateKey.generate(), MLDSA44PrivateKey.generate()), {}, mute=True)
