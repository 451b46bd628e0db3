"""The agency's own sign-in by OpenID Connect: code flow with PKCE, state and nonce, the token checked by the provider's keys.

The rule it keeps: only a token of the issuer in the settings, for our client, with the nonce of this very sign-in, within its
time, says who somebody is; and what it says counts only if that subject was bound to an account beforehand.
"""  # spec: OpenID Connect Core 1.0, 3.1

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import httpx
from authlib.common.errors import AuthlibBaseError
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from comity.base.ids import Ms
from comity.edge.agency import Asking, is_private_way
from comity.edge.passkeys import NotProved
from comity.edge.peoplerows import AGENCY_MS, FRESH_MS

with warnings.catch_warnings():  # it announces at each import that it will change its HTTP client one day
    from authlib.deprecate import AuthlibDeprecationWarning

    warnings.simplefilter("ignore", AuthlibDeprecationWarning)
    from authlib.integrations.httpx_client import AsyncOAuth2Client

_LOG = logging.getLogger("comity.people")
_ALGORITHMS = ("RS256", "PS256", "ES256", "Ed25519", "EdDSA")
"""Signatures by a public key only: a secret that both know would let whoever reads our settings sign in as anyone."""
_SECONDS = 5.0
_LEEWAY = 30
_KEPT_MS = 60 * 60_000
_MOST_SUBJECT = 255  # spec: OpenID Connect Core 1.0, 2
_MS = 1_000
_WHAT_FAILS = (httpx.HTTPError, AuthlibBaseError, JoseError, ValueError, TypeError, KeyError, AttributeError)
"""What the network, the provider's answer or the libraries can raise; each is a refusal."""
_REFUSED = "your agency's sign-in was not accepted; nothing was opened. Begin again, or use a passkey"


@dataclass(frozen=True, slots=True)
class _Provider:
    """What the provider says of itself, and its keys."""

    authorize: str
    token: str
    keys: KeySet
    read_at: Ms


class OpenId:
    """One provider; an `Agency`.

    Args:
        issuer: its address, exactly as its tokens have it.
        client: our id there.
        secret: our secret there, "" for a client that has none.
        transport: another way to the provider; for tests of what a network does.
    """

    def __init__(
        self, issuer: str, client: str, secret: str = "", *, transport: httpx.AsyncBaseTransport | None = None
    ) -> None:
        self.issuer = issuer
        self._client = client
        self._secret = secret
        self._transport = transport
        self._provider: _Provider | None = None

    async def address(self, asking: Asking, now: Ms) -> str:
        """Return where the browser goes to sign in.

        Raises:
            NotProved: the provider does not answer.
        """
        try:
            provider = await self._known(now)
            async with self._speak(asking) as client:
                further = {"prompt": "login", "max_age": "0"} if asking.again else {}
                url, _ = client.create_authorization_url(
                    provider.authorize, state=asking.state, nonce=asking.nonce, code_verifier=asking.verifier, **further
                )
        except _WHAT_FAILS as error:
            _LOG.warning("the agency's sign-in does not answer: %s", type(error).__name__)
            raise NotProved("your agency's sign-in does not answer; nothing was opened. Use a passkey") from error
        return str(url)

    async def subject(self, code: str, asking: Asking, now: Ms) -> str:
        """Redeem a code and return who signed in, as `<issuer> <subject>`.

        Raises:
            NotProved: for any cause; the log has its kind.
        """
        try:
            provider = await self._known(now)
            async with self._speak(asking) as client:
                token = await client.fetch_token(provider.token, code=code, code_verifier=asking.verifier)
            claims = await self._claims(str(token["id_token"]), provider, now)
            return f"{self.issuer} {self._subject(claims, asking, now)}"
        except _WHAT_FAILS as error:
            _LOG.warning("a sign-in through the agency was refused: %s", type(error).__name__)
            raise NotProved(_REFUSED) from error

    def _speak(self, asking: Asking) -> Any:
        return AsyncOAuth2Client(
            self._client,
            self._secret or None,
            scope="openid",
            redirect_uri=asking.back,
            code_challenge_method="S256",  # spec: RFC 7636 4.2
            token_endpoint_auth_method="client_secret_basic" if self._secret else "none",
            **self._how(),
        )

    def _how(self) -> dict[str, Any]:
        return {
            "timeout": _SECONDS,
            "trust_env": False,
            "follow_redirects": False,
            **({"transport": self._transport} if self._transport else {}),
        }

    async def _known(self, now: Ms, *, anew: bool = False) -> _Provider:
        """Return what the provider says of itself, read at most once an hour unless a key is missing."""
        known = self._provider
        if known is None or anew or not known.read_at <= now < known.read_at + _KEPT_MS:
            async with httpx.AsyncClient(**self._how()) as client:
                # spec: OpenID Connect Discovery 1.0, 4
                said = await _json(client, f"{self.issuer.rstrip('/')}/.well-known/openid-configuration")
                if said.get("issuer") != self.issuer:
                    raise ValueError("another issuer answers")
                authorize, token, keys_at = (
                    str(said[key]) for key in ("authorization_endpoint", "token_endpoint", "jwks_uri")
                )
                if not all(map(is_private_way, (authorize, token, keys_at))):
                    raise ValueError("an address that is not https")
                keys = KeySet.import_key_set(cast("Any", await _json(client, keys_at)))
            known = self._provider = _Provider(authorize, token, keys, now)
        return known

    async def _claims(self, token: str, provider: _Provider, now: Ms) -> Mapping[str, Any]:
        try:
            return jwt.decode(token, provider.keys, algorithms=_ALGORITHMS).claims
        except (JoseError, ValueError):
            # The provider may have changed its keys since they were read; once more with the newest.
            anew = await self._known(now, anew=True)
            return jwt.decode(token, anew.keys, algorithms=_ALGORITHMS).claims

    def _subject(self, claims: Mapping[str, Any], asking: Asking, now: Ms) -> str:
        """Hold every claim against what was asked."""
        seconds = now // _MS
        rules = jwt.JWTClaimsRegistry(
            now=seconds,
            leeway=_LEEWAY,
            iss={"essential": True, "value": self.issuer},
            aud={"essential": True, "value": self._client},
            sub={"essential": True},
            exp={"essential": True},
            iat={"essential": True},
            nonce={"essential": True, "value": asking.nonce},
        )
        rules.validate(dict(claims))
        audience = claims["aud"]
        alone = audience in (self._client, [self._client])
        if claims.get("azp", self._client if alone else None) != self._client:
            raise ValueError("for another client")
        if int(claims["iat"]) < seconds - AGENCY_MS // _MS:
            raise ValueError("made long ago")
        if asking.again and int(claims["auth_time"]) < seconds - FRESH_MS // _MS:
            raise ValueError("signed in long ago")
        subject = claims["sub"]
        if not isinstance(subject, str) or not 0 < len(subject) <= _MOST_SUBJECT:
            raise ValueError("no subject")
        return subject


async def _json(client: httpx.AsyncClient, address: str) -> dict[str, Any]:
    answer = await client.get(address)
    answer.raise_for_status()
    found = answer.json()
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004  judged with the other faults of what came
    return found
