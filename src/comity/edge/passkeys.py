"""Who asks for passkeys, and that one was not good enough; what loads the library of keys is `passkeyproof`."""

from __future__ import annotations

from dataclasses import dataclass

from comity.base.errors import LocalError

MOST_CREDENTIAL = 16 * 1024
"""Characters of a browser's answer that are read."""


class NotProved(LocalError):
    """A passkey's answer is not good; one message for every cause, so that nobody can probe. Nothing was opened."""

    code = "not-proved"


class CounterWentBack(NotProved):
    """The key has counted less than it had: there may be a copy of it."""

    code = "counter-went-back"


@dataclass(frozen=True, slots=True)
class RelyingParty:
    """Who asks for passkeys: the name of the host that they are bound to, and the addresses of our pages under it.

    Attributes:
        id: host name, no port.
        name: as an authenticator may show it.
        origins: exact addresses, such as `https://desk.example`; empty: any port of `http://<id>`, for a page whose port
            is not fixed, which browsers let have passkeys on this machine only.
    """

    id: str
    name: str
    origins: tuple[str, ...]

    def origin(self, asked: str) -> list[str]:
        """Return the addresses that an answer may come from, for a page that was asked for under `asked`."""
        if self.origins:
            return list(self.origins)
        scheme, _, rest = asked.partition("://")
        host = rest.partition(":")[0]
        return [asked] if (scheme, host) == ("http", self.id) else []


@dataclass(frozen=True, slots=True)
class NewPasskey:
    """A passkey that was just made."""

    credential: bytes
    public_key: bytes
    sign_count: int
