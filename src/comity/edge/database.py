"""Where a node's PostgreSQL database is: its address as in `postgresql://user@host/name`, read once and checked.

The rule it keeps: a server that is not on this machine is spoken to over TLS with its name checked, and no setting holds a password.
"""

from __future__ import annotations

import ipaddress
import ssl
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlsplit

from comity.base.errors import BadConfiguration
from comity.edge.files import read_private

SCHEMES = ("postgresql", "postgres")
_PORT = 5_432
_KNOWN = frozenset({"host", "port", "sslrootcert", "sslcert", "sslkey", "application_name"})


@dataclass(frozen=True, slots=True, repr=False)
class Database:
    """The address of one database.

    Attributes:
        hosts: (host or folder of the socket, port) to try in order; the one that can be written to is taken.
        user: role in the server.
        name: of the database.
        password: None if the server knows us otherwise.
        authority: file of the certificate authority of the server; None takes those that this machine trusts.
        certificate, key: files by which the server knows us; None without.
        label: how we call ourselves in the server's lists.
    """

    hosts: tuple[tuple[str, int], ...]
    user: str
    name: str
    password: str | None = None
    authority: Path | None = None
    certificate: Path | None = None
    key: Path | None = None
    label: str = "comity"

    def __repr__(self) -> str:
        """Return the address without the password."""
        return f"postgresql://{self.user}@{','.join(f'{host}:{port}' for host, port in self.hosts)}/{self.name}"

    def named(self, label: str) -> Database:
        """Return the same under another name in the server's lists."""
        return replace(self, label=label)

    def tls(self, host: str) -> ssl.SSLContext | None:
        """Return how TLS is made to a host; None for a socket and for this machine itself, which need none."""
        if host.startswith("/") or _is_loopback(host):
            return None
        context = ssl.create_default_context(cafile=None if self.authority is None else str(self.authority))
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        if self.certificate is not None:
            context.load_cert_chain(self.certificate, self.key)
        return context


def read_database(text: str, folder: Path, secret: Path | None = None) -> Database:
    """Read the address of a database.

    Args:
        text: `postgresql://user@host:port,host:port/name`, or with `?host=/folder` for a socket.
        folder: to which files in it are relative.
        secret: a file that only the node may read, with the password in its first line.

    Raises:
        BadConfiguration: it is no address, has a password in it, or a file cannot be read.
    """
    if text.partition("://")[0] not in SCHEMES:
        raise _wrong("it begins with postgresql://")
    try:
        parts = urlsplit(text)
        said = dict(parse_qsl(parts.query, keep_blank_values=True, strict_parsing=bool(parts.query)))
        hosts = _hosts(parts.netloc.rpartition("@")[2], said)
    except ValueError as error:
        raise _wrong(f"it cannot be read ({error})") from error
    if ":" in parts.netloc.rpartition("@")[0]:
        raise _wrong("it has a password in it: put that into a file of its own and name it in `database_secret`")
    unknown = sorted(set(said) - _KNOWN)
    if unknown:
        raise _wrong(f"there is no `{unknown[0]}`; known are {', '.join(sorted(_KNOWN))}")
    user, name = unquote(parts.username or ""), unquote(parts.path.lstrip("/"))
    if not user or not name:
        raise _wrong("it must name a user and a database")
    files = {key: folder / said[key] for key in ("sslrootcert", "sslcert", "sslkey") if key in said}
    return Database(
        hosts,
        user,
        name,
        None if secret is None else _password(secret),
        files.get("sslrootcert"),
        files.get("sslcert"),
        files.get("sslkey"),
        said.get("application_name", "comity"),
    )


def _hosts(netloc: str, said: dict[str, str]) -> tuple[tuple[str, int], ...]:
    standard = int(said.get("port") or _PORT)
    if "host" in said:
        return tuple((one, standard) for one in said["host"].split(",") if one)
    found = []
    for one in netloc.split(","):
        host, _, port = one.rpartition(":") if ":" in one.rpartition("]")[2] else (one, "", "")
        found.append((unquote(host).strip("[]"), int(port or standard)))
    if not all(host for host, _ in found):
        raise ValueError("no host is named")
    return tuple(found)


def _password(path: Path) -> str:
    try:
        return read_private(path).decode().splitlines()[0]
    except (OSError, UnicodeDecodeError, IndexError) as error:
        raise BadConfiguration(f"{path} holds no password ({error}); the node was not started") from error


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _wrong(why: str) -> BadConfiguration:
    return BadConfiguration(f"`database` is no address of a database: {why}; the node was not started")
