"""The settings of one node, read once from `node.toml` in its data folder into a frozen value.

An unknown key is an error that names it; whatever is left out has a safe default. A mode that weakens the node is named
`insecure_...`, is announced at every start, and works on a loopback address only. docs/configuration.md has each setting.
"""

from __future__ import annotations

import difflib
import ipaddress
import tomllib
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from comity.base.errors import BadConfiguration
from comity.base.ids import NodeName

FILE = "node.toml"
POSTGRESQL = "postgresql"
"""As `store`: not a file, but the database of the setting `database`."""
Port = Annotated[int, Meta(ge=0, le=65535)]
Days = Annotated[int, Meta(ge=30, le=1825)]
ShortName = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9-]{0,15}$")]
Word = Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,31}$")]
Named = Annotated[str, Meta(pattern=r"^[a-z0-9.-]+/[a-z0-9./-]+$", max_length=120)]
Origin = Annotated[str, Meta(pattern=r"^(https?://[a-z0-9.-]+(:[0-9]{1,5})?)?$")]
MailAddress = Annotated[str, Meta(pattern=r"^([A-Za-z0-9._%+-]+@[A-Za-z0-9.-]+)?$", max_length=254)]
Address = Annotated[str, Meta(pattern=r"^https://[^/?#@\s]+$")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The settings; each is explained in docs/configuration.md. Paths are relative to the data folder.

    Attributes:
        folder: the data folder, where `node.toml` was found; not a setting.
    """

    folder: Path
    node: Named
    party: ShortName
    peer: Named
    peer_addresses: tuple[Address, ...] = ()
    exchange_host: str = "127.0.0.1"
    exchange_port: Port = 0
    page_host: str = "127.0.0.1"
    page_port: Port = 0
    page_name: str = "localhost"
    page_origin: Origin = ""
    web: str = ""
    oidc_issuer: str = ""
    oidc_client: str = ""
    oidc_secret: str = ""
    desks: tuple[Word, ...] = ()
    store: Path = Path("node.db")
    database: str = ""
    database_secret: str = ""
    accord: Path = Path("accord.cose")
    our_keys: Path = Path("keys.cose")
    peer_keys: Path = Path("peer-keys.cose")
    law: Path = Path("law")
    registry: Path = Path("registry.toml")
    peer_registry: Path = Path("peer-registry.toml")
    roster: Path = Path("roster.toml")
    workplan: Path = Path("workplan.toml")
    calendars: Path = Path("calendars")
    substances: Path = Path("substances")
    keys: Path = Path("keys")
    tls: Path = Path("tls")
    bell_command: str = ""
    bell_mail_host: str = ""
    bell_mail_port: Port = 25
    bell_mail_from: MailAddress = ""
    search_log_days: Days = 180
    metrics_port: Port = 0
    log: Literal["text", "json"] = "text"
    clock_port: Port = 0
    clock_at: int = 0
    clock_rate: int = 1
    insecure_exercise_edition: bool = False
    insecure_demo_clock: bool = False
    insecure_demo_roles: bool = False

    @property
    def name(self) -> NodeName:
        """Return our name in the accord."""
        return NodeName(self.node)

    @property
    def peer_name(self) -> NodeName:
        """Return the peer's name in the accord."""
        return NodeName(self.peer)

    def path(self, setting: Path) -> Path:
        """Return where a file or folder of the settings is."""
        return self.folder / setting

    def warnings(self) -> tuple[str, ...]:
        """Return one line for each insecure mode that is on, to be shown at every start."""
        return tuple(text for name, text in _INSECURE.items() if getattr(self, name))


_INSECURE = {
    "insecure_exercise_edition": "insecure_exercise_edition is on: the law loaded is an exercise, not reviewed by counsel",
    "insecure_demo_clock": "insecure_demo_clock is on: this node's time can be set by anyone on this machine",
    "insecure_demo_roles": "insecure_demo_roles is on: anyone on this machine can enter as any ready-made role, without a key",
}


def read_config(folder: Path) -> Config:
    """Read `node.toml` in a node's data folder.

    Raises:
        BadConfiguration: the file is missing or not TOML, a key is unknown, a value does not fit, or an insecure mode is
            on while an address can be reached from outside.
    """
    path = folder / FILE
    try:
        found = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadConfiguration(f"{path} could not be read ({error}); the node was not started") from error
    _refuse_unknown(path, found)
    try:
        config = msgspec.convert({**found, "folder": folder}, Config, dec_hook=_path)
    except msgspec.ValidationError as error:
        raise BadConfiguration(f"{path}: {error}; the node was not started") from error
    _refuse_exposed(path, config)
    _refuse_other_origin(path, config)
    if (str(config.store) == POSTGRESQL) != bool(config.database):
        raise BadConfiguration(f'{path}: store = "{POSTGRESQL}" and `database` go together; the node was not started')
    if bool(config.bell_mail_host) != bool(config.bell_mail_from):
        raise BadConfiguration(f"{path}: bell_mail_host and bell_mail_from go together; the node was not started")
    return config


def settings() -> tuple[str, ...]:
    """Return the names of all settings, in order."""
    return tuple(field.name for field in fields(Config) if field.name != "folder")


def is_loopback(host: str) -> bool:
    """Tell whether an address can only be reached from this machine."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _refuse_unknown(path: Path, found: dict[str, object]) -> None:
    for key in found:
        if key not in settings():
            near = difflib.get_close_matches(key, settings(), 1)
            meant = f"; did you mean `{near[0]}`?" if near else ""
            raise BadConfiguration(f"{path}: there is no setting `{key}`{meant} The node was not started")


def _refuse_exposed(path: Path, config: Config) -> None:
    hosts = (config.exchange_host, config.page_host, _host_of(config.page_origin) or "localhost")
    exposed = [host for host in hosts if not is_loopback(host)]
    modes = [name for name in _INSECURE if getattr(config, name)]
    if exposed and modes:
        raise BadConfiguration(
            f"{path}: `{modes[0]}` is for this machine only, but the node would listen on {exposed[0]}. "
            "Turn it off, or listen on 127.0.0.1; the node was not started"
        )


def _refuse_other_origin(path: Path, config: Config) -> None:
    """Passkeys belong to one host name, and browsers let a page have them over https, or on its own machine."""
    host = _host_of(config.page_origin)
    if not host:
        return
    if host != config.page_name:
        raise BadConfiguration(f"{path}: page_origin is on {host}, page_name is {config.page_name}; make them one host")
    if config.page_origin.startswith("http://") and not is_loopback(host):
        raise BadConfiguration(f"{path}: page_origin must begin with https://; the node was not started")


def _host_of(origin: str) -> str:
    return origin.partition("://")[2].partition(":")[0]


def _path(kind: type, value: object) -> Path:
    if kind is Path and isinstance(value, str | Path):
        return Path(value)
    raise ValueError("a file or folder is named by a text")
