"""Opening a node from its data folder: settings, instruments, keys, law, desks and store, each checked before use."""

from __future__ import annotations

import importlib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol, cast

from comity.base.errors import BadConfiguration, BadEnvelope
from comity.base.ids import Ms
from comity.crypto.keys import SealingPublic, read_cose_key
from comity.crypto.sign import unverified_payload
from comity.desk import Around, Desk, Powers, Standing
from comity.dispatch.accord import Accord
from comity.dispatch.book import Ledger
from comity.dispatch.keylist import KeyList
from comity.edge.config import Config
from comity.edge.days import open_days
from comity.edge.desks import part, powers_desk
from comity.edge.dutydesk import DutyDesk, duty_desk
from comity.edge.entropy import SystemEntropy
from comity.edge.files import read_private
from comity.edge.keystore import KeyStore
from comity.edge.registry import Registry, Roster, Workplan, plan_bytes, read_toml
from comity.edge.rosterfile import RosterFile
from comity.edge.rota import RosterRota
from comity.edge.schema import Schema
from comity.edge.setup import CUSTODIAN, LAW_FILE, LAW_KEY, LAW_PRIVATE, PEER_LAW, read_edition, read_published
from comity.edge.stores import NodeStore, open_writer
from comity.node.assemble import Assembled, Instruments, Keyring, assemble
from comity.node.ceremony import hold_ceremony, read_instruments
from comity.node.lawkept import keep_edition
from comity.node.manifest import NodeDesk
from comity.node.node import Node
from comity.policy.cache import RememberingGate
from comity.policy.cedar import CedarGate
from comity.policy.edition import Edition
from comity.policy.instrument import read_payload, read_supplement

REMEMBERED = 65_536
"""Answers of the law that a node remembers."""


class DeskMaker(Protocol):
    """What a desk's `opening` module offers, so that a desk is loaded by its name in the settings."""

    def open_desk(self, schema: tuple[tuple[int, str], ...], around: Around) -> Desk:
        """Make the desk for one node."""
        ...


class PowersMaker(Protocol):
    """What the `opening` module of a desk that keeps postings offers besides."""

    def open_powers(self, desk: Desk, roster: dict[tuple[str, int], Standing]) -> Powers:
        """Make the powers of the node's officers from the roster and what the desk knows."""
        ...


@dataclass(frozen=True, slots=True)
class OpenNode:
    """A node that is ready to run.

    Attributes:
        config: its settings.
        built: accord, keys, office.
        store: its store, to be closed at the end.
        node: the core.
        edition: the law in use.
        peer_edition: our copy of what the peer publishes of its law, without its private supplement; None if it was not handed over.
        gate: the law gate with its memory.
        desks: by name.
        registry, peer_registry: both parties' agencies.
        roster: our officers.
        workplan: the items.
    """

    config: Config
    built: Assembled
    store: NodeStore
    node: Node
    edition: Edition
    peer_edition: Edition | None
    gate: RememberingGate
    desks: dict[str, Desk]
    registry: Registry
    peer_registry: Registry
    roster: Roster
    workplan: Workplan


def open_node(config: Config, now: Ms) -> OpenNode:
    """Open a node and hold the ceremony if it has not been held.

    Raises:
        BadConfiguration, BadSignature, BadEnvelope: something is missing, does not stand or does not fit.
        StoreError: the store cannot be opened.
    """
    edition = open_law(config)
    gate = RememberingGate(CedarGate(edition), REMEMBERED)
    instruments = signed_instruments(config)
    accord, ours, _ = read_instruments(config.name, instruments.accord, instruments.our_keys, instruments.peer_keys)
    desks, powers = open_desks(config, accord)
    keys = KeyStore(config.path(config.keys))
    keyring = read_keyring(keys, ours)
    roster, registry = read_toml(config.path(config.roster), Roster), read_toml(config.path(config.registry), Registry)
    duty = duty_desk(config.desks)
    built = assemble(
        config.name,
        instruments,
        keyring,
        gate=gate,
        patterns=edition.patterns,
        desks={**desks, NodeDesk.name: NodeDesk()},
        powers=powers,
        entropy=SystemEntropy(),
        custodian=_custodian(config),
        person_key=keys.person(SystemEntropy()),
        rota=open_rota(config, duty),
        listed=edition.listed,
        sends=registry.sends,
    )
    store = open_store(config, desks)
    with store.begin() as tx:
        keep_edition(law_files(config), tx, now)
    signed = (instruments.our_keys, instruments.peer_keys, instruments.accord)
    ledger: Ledger = hold_ceremony(store, built.voice, built.peer, signed, now=now)
    node = Node(built.office, built.voice, built.peer, ledger, built.timers, keyring=lambda: read_keyring(keys, ours))
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
        registry=registry,
        peer_registry=read_toml(config.path(config.peer_registry), Registry),
        roster=roster,
        workplan=read_toml(config.path(config.workplan), Workplan),
    )


def follow_accord(
    node: Node, config: Config, first: Accord, opened: tuple[dict[str, Desk], Powers]
) -> tuple[dict[str, Desk], Powers]:
    """Give a node the desks as the edition of the accord in force has them, if it is not that of the ceremony any more."""
    # spec: protocol.md 10
    if node.office.accord == first:
        return opened
    desks, powers = open_desks(config, node.office.accord)
    own = node.office.desks[NodeDesk.name]
    node.office = replace(node.office, desks={**desks, NodeDesk.name: own}, powers=powers)
    return desks, powers


def read_keyring(keys: KeyStore, ours: KeyList) -> Keyring:
    """Return all private keys in a node's folder; `ours` is the key list of the ceremony.

    Raises:
        BadConfiguration: those of the ceremony are not there.
    """
    first = [keys.cosigner(pair.number) for pair in ours.cosigners]
    log = keys.log(ours.log.number)
    return Keyring(log, first[0], keys.sealing(), tuple(first[1:]), keys.next_logs(), keys.cosigners())


def open_law(config: Config) -> Edition:
    """Load our law edition, private supplement and all: signed by our own party's law key and fit for earnest.

    An exercise edition is loaded only if the settings allow it.

    Raises:
        BadConfiguration: it may not be used, or its private supplement is absent or another.
        BadSignature: another key signed it.
    """
    folder = config.path(config.law)
    try:
        signed, key = (folder / LAW_FILE).read_bytes(), (folder / LAW_KEY).read_text()
        private = read_private(folder / LAW_PRIVATE) if (folder / LAW_PRIVATE).exists() else None
        edition = read_edition(signed, key, private)
    except OSError as error:
        raise BadConfiguration(f"{folder} holds no signed law edition ({error}); the node was not started") from error
    if edition.exercise and not config.insecure_exercise_edition:
        raise BadConfiguration(
            f"{edition.name} is an exercise edition, not reviewed by counsel; the node was not started. "
            "Set insecure_exercise_edition for demonstrations and tests, never in earnest"
        )
    return edition


def law_files(config: Config) -> dict[str, bytes]:
    """Return the files of our law edition, published and private, which `open_law` has checked."""
    folder = config.path(config.law)
    published, digest = read_payload(unverified_payload((folder / LAW_FILE).read_bytes()))
    private = read_private(folder / LAW_PRIVATE) if (folder / LAW_PRIVATE).exists() else None
    return {**published, **read_supplement(private, digest)}


def open_peer_law(config: Config) -> Edition | None:
    """Load our copy of the peer's published edition, if it was handed over; it decides nothing."""
    folder = config.folder / PEER_LAW
    if not (folder / LAW_FILE).exists():
        return None
    try:
        return read_published((folder / LAW_FILE).read_bytes(), (folder / LAW_KEY).read_text())
    except OSError as error:
        raise BadConfiguration(f"{folder} holds no signed law edition ({error}); the node was not started") from error


def open_store(config: Config, desks: dict[str, Desk]) -> NodeStore:
    """Open the node's store with the tables of the core and of every desk."""
    schemas = (Schema("node", read_schema("comity.node")), *(Schema(name, desk.schema) for name, desk in desks.items()))
    return open_writer(config, schemas, desks)


def schemas_of(config: Config) -> tuple[Schema, ...]:
    """Return the tables of the core and of every desk that the settings name."""
    desks = (Schema(name, read_schema(f"comity.desks.{name}")) for name in config.desks)
    return (Schema("node", read_schema("comity.node")), *desks)


def read_schema(package: str) -> tuple[tuple[int, str], ...]:
    """Return (number, SQL) of the `schema` folder of a package."""
    folder = Path(cast("str", importlib.import_module(package).__file__)).parent / "schema"
    return tuple((int(file.name[:4]), file.read_text(encoding="utf-8")) for file in sorted(folder.glob("[0-9]*.sql")))


def signed_instruments(config: Config) -> Instruments:
    """Read the signed bytes that both parties agreed on.

    Raises:
        BadConfiguration: the node is not paired.
    """
    try:
        return Instruments(
            *(config.path(one).read_bytes() for one in (config.accord, config.our_keys, config.peer_keys))
        )
    except OSError as error:
        raise BadConfiguration(
            f"{error.filename} is missing: the node is not paired yet; run `comity node pair`"
        ) from error


def _custodian(config: Config) -> SealingPublic:
    """Return the public key of the custodian, to whom goes what our law does not admit."""
    path = config.folder / CUSTODIAN
    try:
        key = read_cose_key(bytes.fromhex(path.read_text().strip()))
    except (OSError, ValueError, BadEnvelope) as error:
        raise BadConfiguration(f"{path} holds no custodian's key ({error}); the node was not started") from error
    if not isinstance(key, SealingPublic):
        raise BadConfiguration(f"{path} holds another kind of key; the node was not started")
    return key


def open_desks(config: Config, accord: Accord) -> tuple[dict[str, Desk], Powers]:
    """Make the desks that the settings name, and the powers of our officers from the one that keeps postings."""
    roster = read_toml(config.path(config.roster), Roster).standings(config.party)
    ours, theirs = open_days(config)
    plan = plan_bytes(read_toml(config.path(config.workplan), Workplan))
    around = Around(config.party, config.name, accord, ours, theirs, plan)
    desks = {
        name: cast("DeskMaker", part(name, "opening")).open_desk(read_schema(f"comity.desks.{name}"), around)
        for name in config.desks
    }
    keeps = powers_desk(config.desks)
    return desks, cast("PowersMaker", part(keeps, "opening")).open_powers(desks[keeps], roster)


def open_rota(config: Config, duty: DutyDesk | None) -> RosterRota:
    """Return who of ours is on call: by the roster as its file is now, and by what the desk keeps of changes."""
    roster = RosterFile(config.path(config.roster), config.party)
    return RosterRota(
        roster.roster, config.party, None if duty is None else duty.changes, None if duty is None else duty.plan
    )
