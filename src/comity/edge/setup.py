"""Making a node: its keys, its certificate authority, its signed key list and law edition, its settings.

The root's keys go into a folder of their own, to be taken off the machine after the ceremony.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms, NodeName
from comity.crypto.keys import CosignerKeys, LogKeys, RootKeys, RootPublic, SealingKey, cose_key
from comity.crypto.sign import sign_instrument, verify_instrument
from comity.dispatch.accord import Party, fingerprint, verify_accord
from comity.dispatch.keylist import KeyList, KeyPair, Sealing, encode_keylist, verify_keylist
from comity.edge import pki
from comity.edge.config import FILE as CONFIG_FILE
from comity.edge.entropy import SystemEntropy
from comity.edge.files import make_private_folder, write_atomic
from comity.edge.handover import card_bytes, read_card
from comity.edge.keystore import KeyStore, RootStore
from comity.edge.lawfiles import BESIDE
from comity.edge.registry import Registry, Roster, Workplan, parse_toml, read_toml
from comity.policy.edition import Edition, assemble, open_edition, open_published
from comity.policy.instrument import INSTRUMENT as LAW
from comity.policy.instrument import edition_payload, folder_bytes, private_part

CARD = "party.json"
KEYS = "keys.cose"
ACCORD = "accord.cose"
PEER_KEYS = "peer-keys.cose"
REGISTRY = "registry.toml"
PEER_REGISTRY = "peer-registry.toml"
PEER_LAW = "peer-law"
ROSTER = "roster.toml"
WORKPLAN = "workplan.toml"
CALENDARS = "calendars"
SUBSTANCES = "substances"
LAW_FILE = "edition.cose"
LAW_PRIVATE = "edition-private.cbor"
"""The private supplement of our own edition, beside it; never handed over."""
LAW_KEY = "law-key.hex"
CUSTODIAN = "custodian.hex"
SPARE_COSIGNERS = 2
SEALING_DAYS = 30
_DAY_MS = 86_400_000
_BACKDATE_MS = 3_600_000


@dataclass(frozen=True, slots=True, kw_only=True)
class NewNode:
    """What is said when a node is made.

    Attributes:
        folder: the data folder, made here.
        root_folder: where root and law keys go.
        node: name in the accord.
        party: short mark.
        country: country code in the accord.
        addresses: `https://host:port` under which the peer reaches us.
        registry, roster, workplan: files copied into the data folder.
        laws: the folder that holds editions.
        law: name of our edition's folder in it.
        desks: to load.
        settings: further lines of `node.toml`, already as TOML values.
        calendars: folder with the holidays of parties, copied into the data folder; None for none.
        substances: folder with the edition of the list of substances, copied as well.
        sealing_days: life of the sealing keys.
    """

    folder: Path
    root_folder: Path
    node: NodeName
    party: str
    country: str
    addresses: tuple[str, ...]
    registry: Path
    roster: Path
    workplan: Path
    laws: Path
    law: str
    desks: tuple[str, ...]
    settings: Mapping[str, str]
    calendars: Path | None = None
    substances: Path | None = None
    sealing_days: int = SEALING_DAYS


def init_node(new: NewNode, now: Ms) -> str:
    """Make a node's folder and return the fingerprint of its key list.

    Raises:
        BadConfiguration: there is a node already, or a file handed in does not fit; nothing is overwritten.
    """
    if (new.folder / CONFIG_FILE).exists():
        raise BadConfiguration(f"{new.folder} holds a node already; nothing was changed")
    registry = read_toml(new.registry, Registry)
    read_toml(new.roster, Roster)
    read_toml(new.workplan, Workplan)
    files = edition_files(new.laws, new.law)
    make_private_folder(new.folder)
    roots, root = _make_root(new)
    authority = pki.make_authority(new.folder / "tls", new.node, now)
    signed = sign_instrument(encode_keylist(_make_keys(new, registry.acting, authority, now)), "keys", root)
    write_atomic(new.folder / KEYS, signed)
    write_atomic(new.folder / CARD, card_bytes(new.node, new.country, root.public(), new.addresses))
    for source, name in ((new.registry, REGISTRY), (new.roster, ROSTER), (new.workplan, WORKPLAN)):
        write_atomic(new.folder / name, source.read_bytes())
    _keep_folder(new.calendars, new.folder / CALENDARS)
    _keep_folder(new.substances, new.folder / SUBSTANCES)
    _write_edition(new.folder / "law", files, roots.law())
    _make_custodian(new, roots)
    write_atomic(new.folder / CONFIG_FILE, _settings(new).encode())
    return fingerprint(signed)


def pair_node(folder: Path, accord: bytes, peer_keys: bytes, peer_registry: bytes) -> tuple[str, str]:
    """Put the signed accord and the peer's key list into a node's folder; return their fingerprints.

    Raises:
        BadSignature, BadEnvelope: an instrument does not stand.
        BadConfiguration: they do not belong together, or the node is paired already.
    """
    agreed = verify_accord(accord)
    ours = verify_keylist((folder / KEYS).read_bytes(), _own_root(folder, agreed.parties))
    verify_keylist(peer_keys, agreed.peer_of(ours.node).root())
    parse_toml(peer_registry, Registry, "the peer's registry")
    papers = ((ACCORD, accord), (PEER_KEYS, peer_keys), (PEER_REGISTRY, peer_registry))
    for name, content in papers:
        if (folder / name).exists() and (folder / name).read_bytes() != content:
            raise BadConfiguration(f"{folder / name} is there already and is another; nothing was changed")
    for name, content in papers:
        write_atomic(folder / name, content)
    return fingerprint(accord), fingerprint(peer_keys)


def keep_peer_law(folder: Path, edition: bytes, key: bytes) -> None:
    """Keep the published part of the peer's edition beside ours, to show what their law says; only their own decides.

    Raises:
        BadSignature, BadConfiguration: it is not signed by that key, or does not hold; nothing was written.
    """
    make_private_folder(folder / PEER_LAW)
    read_published(edition, key.decode())
    write_atomic(folder / PEER_LAW / LAW_FILE, edition)
    write_atomic(folder / PEER_LAW / LAW_KEY, key)


def read_edition(signed: bytes, key: str, private: bytes | None) -> Edition:
    """Check and load our own signed edition; `key` is the text of a law-key file, `private` its supplement's bytes.

    Raises:
        BadSignature: another key signed it.
        BadConfiguration: the key or the edition does not hold, or the supplement is not the one that was signed.
    """
    public = _law_key(key)
    return open_edition(signed, lambda data: verify_instrument(data, LAW, public), private)


def read_published(signed: bytes, key: str) -> Edition:
    """Check and load what the peer has of a signed edition; see `read_edition`."""
    public = _law_key(key)
    return open_published(signed, lambda data: verify_instrument(data, LAW, public))


def _law_key(key: str) -> RootPublic:
    try:
        first, second = (bytes.fromhex(line) for line in key.split())
    except ValueError as error:
        raise BadConfiguration("this is no law key; nothing was loaded") from error
    return RootPublic.from_cose_keys(first, second)


def sign_edition(folder: Path, laws: Path, law: str, law_keys: RootKeys) -> Edition:
    """Assemble, check and sign a law edition into a node's folder; return it.

    Raises:
        BadConfiguration: the edition does not hold; nothing was written.
    """
    files = edition_files(laws, law)
    _write_edition(folder, files, law_keys)
    return Edition.load(files)


def edition_files(laws: Path, law: str) -> dict[str, bytes]:
    """Return the files of the edition `law` in the folder `laws`, published and private, which hold together.

    Raises:
        BadConfiguration: there is no such folder or edition, or it does not hold.
    """
    if not laws.is_dir():
        raise BadConfiguration(f"{laws} is no folder of law editions; nothing was made")
    folders = {
        one.name: {str(file.relative_to(one)): file.read_bytes() for file in one.rglob("*") if file.is_file()}
        for one in sorted(laws.iterdir())
        if one.is_dir() and one.name not in BESIDE
    }
    files = assemble(folders, law)
    Edition.load(files)
    return files


def _write_edition(folder: Path, files: dict[str, bytes], law_keys: RootKeys) -> None:
    make_private_folder(folder)
    write_atomic(folder / LAW_PRIVATE, folder_bytes(private_part(files)))
    write_atomic(folder / LAW_FILE, sign_instrument(edition_payload(files), LAW, law_keys))
    public = "\n".join(key.hex() for key in law_keys.public().cose_keys)
    write_atomic(folder / LAW_KEY, public.encode())


def _make_root(new: NewNode) -> tuple[RootStore, RootKeys]:
    store = RootStore(new.root_folder)
    store.put_root(RootKeys.generate(SystemEntropy()))
    store.put_law(RootKeys.generate(SystemEntropy()))
    return store, store.root()


def _make_keys(new: NewNode, agencies: tuple[str, ...], authority: bytes, now: Ms) -> KeyList:
    store, entropy = KeyStore(new.folder / "keys"), SystemEntropy()
    log = LogKeys.generate(entropy)
    store.put_log(1, log)
    cosigners = []
    for number in range(1, 2 + SPARE_COSIGNERS):
        pair = CosignerKeys.generate(entropy)
        store.put_cosigner(number, pair)
        cosigners.append(KeyPair(number, *pair.public().cose_keys))
    sealing = []
    for agency in agencies:
        key = SealingKey.generate(entropy)
        begins, ends = Ms(now - _BACKDATE_MS), Ms(now + new.sealing_days * _DAY_MS)
        listed = Sealing.of(agency, key.public(), not_before=begins, not_after=ends)
        store.put_sealing(listed.kid, key)
        sealing.append(listed)
    return KeyList(
        node=new.node,
        edition=1,
        prev=None,
        log=KeyPair(1, *log.public().cose_keys),
        cosigners=tuple(cosigners),
        sealing=tuple(sealing),
        revoked=(),
        tls_ca=authority,
        issued=now,
    )


def _make_custodian(new: NewNode, roots: RootStore) -> None:
    """Make the custodian's key: the private half goes where the root is, the node has the public half only."""
    key = SealingKey.generate(SystemEntropy())
    roots.put_custodian(key)
    write_atomic(new.folder / CUSTODIAN, cose_key(key.public()).hex().encode())


def _keep_folder(source: Path | None, to: Path) -> None:
    """Copy the plain files of a folder of data, if there is one."""
    if source is None or not source.is_dir():
        return
    make_private_folder(to)
    for file in sorted(source.iterdir()):
        if file.is_file() and not file.name.startswith("."):
            write_atomic(to / file.name, file.read_bytes())


def _settings(new: NewNode) -> str:
    desks = ", ".join(f'"{desk}"' for desk in new.desks)
    lines = [
        f'node = "{new.node}"',
        f'party = "{new.party}"',
        f"desks = [{desks}]",
        *(f"{name} = {value}" for name, value in new.settings.items()),
    ]
    return "\n".join(lines) + "\n"


def _own_root(folder: Path, parties: tuple[Party, Party]) -> RootPublic:
    """Return the root of the party whose card lies in the folder, as the accord has it."""
    card = read_card(folder / CARD).party()
    for party in parties:
        if party.node == card.node:
            if party.root_keys != card.root_keys:
                raise BadConfiguration("the accord names other root keys for this node; nothing was changed")
            return party.root()
    raise BadConfiguration(f"the accord does not name the node {card.node}; nothing was changed")


def file_fingerprint(path: Path) -> str:
    """Return the fingerprint of a signed file, eight groups to be read aloud."""
    return fingerprint(path.read_bytes())
