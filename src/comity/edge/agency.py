"""The agency's own sign-in as the rest of a node knows it; how it is done, by OpenID Connect, is in `openid`.

The rule it keeps: who has no such sign-in in the settings loads nothing for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import urlsplit

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.edge.config import Config, is_loopback
from comity.edge.files import read_private


@dataclass(frozen=True, slots=True)
class Asking:
    """What one sign-in must bring back: secrets of it, and where it comes back to.

    Attributes:
        state: names the sign-in; the browser carries it there and back.
        nonce: stands in the token.
        verifier: of PKCE, 43 to 128 characters.
        back: the address of ours, registered at the provider.
        again: the person must sign in anew there, not only be known.
    """

    state: str
    nonce: str
    verifier: str
    back: str
    again: bool = False


class Agency(Protocol):
    """A provider that says who signed in."""

    @property
    def issuer(self) -> str:
        """Return its address, exactly as its tokens have it."""
        ...

    async def address(self, asking: Asking, now: Ms) -> str:
        """Return where the browser goes to sign in.

        Raises:
            NotProved: the provider does not answer.
        """
        ...

    async def subject(self, code: str, asking: Asking, now: Ms) -> str:
        """Redeem a code and return who signed in, as `<issuer> <subject>`.

        Raises:
            NotProved: for any cause; the log has its kind.
        """
        ...


def open_agency(config: Config) -> Agency | None:
    """Return the agency's sign-in that the settings name, None if there is none.

    Raises:
        BadConfiguration: a setting is missing, or the secret cannot be read.
    """
    if not config.oidc_issuer:
        return None
    if not config.oidc_client:
        raise BadConfiguration("oidc_issuer is set and oidc_client is not; name our client, or remove both")
    if not is_private_way(config.oidc_issuer):
        raise BadConfiguration("oidc_issuer must begin with https://; the node was not started")
    secret = ""
    if config.oidc_secret:
        try:
            secret = read_private(config.path(Path(config.oidc_secret))).decode("utf-8").strip()
        except UnicodeDecodeError as error:
            raise BadConfiguration("the file of oidc_secret is no text; the node was not started") from error
    from comity.edge.openid import OpenId  # noqa: PLC0415  loads an HTTP client and three libraries of tokens

    return OpenId(config.oidc_issuer, config.oidc_client, secret)


def is_private_way(address: str) -> bool:
    """Say whether an address is https, or http on this machine."""
    parts = urlsplit(address)
    return parts.scheme == "https" or (parts.scheme == "http" and is_loopback(parts.hostname or ""))
