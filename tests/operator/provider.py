"""A small OpenID provider in a process of its own on this machine: discovery, keys, authorize, token; wrong on demand.

`python provider.py PORT-FILE`: writes its port into the file. `GET /authorize?...&as=SUBJECT&wrong=WHAT` answers at once with
the redirect; codes are redeemed once, with the verifier of their challenge and the client's secret.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlencode

import uvicorn
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey

CLIENT, SECRET = "comity-xo", "a secret of two"
KEYS = [RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})]
STRANGER = RSAKey.generate_key(2048, {"kid": "one"})
CODES: dict[str, dict[str, str]] = {}


def issuer(scope) -> str:
    return "http://" + dict(scope["headers"])[b"host"].decode()


def discovery(scope, _):
    at = issuer(scope)
    return 200, {
        "issuer": at, "authorization_endpoint": f"{at}/authorize", "token_endpoint": f"{at}/token", "jwks_uri": f"{at}/keys",
    }  # fmt: skip


def keys(*_):
    return 200, KeySet(KEYS).as_dict(private=False)


def authorize(_, asked):
    code = secrets.token_urlsafe(16)
    CODES[code] = asked
    return 303, asked["redirect_uri"] + "?" + urlencode({"code": code, "state": asked["state"]})


def token(scope, asked):
    given = dict(scope["headers"]).get(b"authorization", b"").decode().removeprefix("Basic ")
    if (
        base64.b64decode(given).decode().split(":") != [CLIENT, SECRET.replace(" ", "+")]
        and base64.b64decode(given).decode() != f"{CLIENT}:{SECRET}"
    ):
        return 401, {"error": "invalid_client"}
    begun = CODES.pop(asked.get("code", ""), None)
    if begun is None or begun["redirect_uri"] != asked["redirect_uri"]:
        return 400, {"error": "invalid_grant"}
    challenge = base64.urlsafe_b64encode(hashlib.sha256(asked["code_verifier"].encode()).digest()).decode().rstrip("=")
    if begun.get("code_challenge_method") != "S256" or begun["code_challenge"] != challenge:
        return 400, {"error": "invalid_grant"}
    return 200, {"access_token": "x", "token_type": "Bearer", "id_token": id_token(issuer(scope), begun)}


def id_token(at, begun):
    now, wrong = int(time.time()), begun.get("wrong", "")
    claims = {
        "iss": at, "aud": CLIENT, "sub": begun.get("as", "vm-1"), "iat": now, "exp": now + 300, "nonce": begun["nonce"], "auth_time": now,
    }  # fmt: skip
    claims |= {
        "nonce": {"nonce": "another"}, "audience": {"aud": "another"}, "issuer": {"iss": "https://another.example"},
        "expired": {"exp": now - 120}, "future": {"iat": now + 600}, "old": {"iat": now - 1200},
        "two-audiences": {"aud": [CLIENT, "another"]}, "azp": {"aud": [CLIENT, "another"], "azp": "another"},
        "long-ago": {"auth_time": now - 3600}, "no-subject": {"sub": ""}, "subject-number": {"sub": 7},
    }.get(wrong, {})  # fmt: skip
    if wrong.startswith("without-"):
        del claims[wrong.removeprefix("without-")]
    if wrong == "alg-hs256":
        return jwt.encode({"alg": "HS256", "kid": "one"}, claims, OctKey.import_key(SECRET.encode() * 3))
    if wrong == "alg-none":
        parts = [
            base64.urlsafe_b64encode(repr(one).replace("'", '"').encode()).decode().rstrip("=")
            for one in ({"alg": "none"}, claims)
        ]
        return ".".join([*parts, ""])
    if wrong == "new-key":
        KEYS[:] = [RSAKey.generate_key(2048, {"kid": "two", "use": "sig"})]
    key = STRANGER if wrong == "key" else KEYS[0]
    return jwt.encode({"alg": "RS256", "kid": key.kid}, claims, key)


ROUTES = {
    ("GET", "/.well-known/openid-configuration"): discovery, ("GET", "/keys"): keys, ("GET", "/authorize"): authorize,
    ("POST", "/token"): token,
}  # fmt: skip


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while scope["method"] == "POST":
        event = await receive()
        body += event["body"]
        if not event.get("more_body"):
            break
    asked = {key: values[0] for key, values in parse_qs((body or scope["query_string"]).decode()).items()}
    import json

    status, said = ROUTES.get((scope["method"], scope["path"]), lambda *_: (404, {}))(scope, asked)
    headers = [(b"content-type", b"application/json")]
    if isinstance(said, str):
        headers, said = [(b"location", said.encode())], {}
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps(said).encode()})


class _Told(uvicorn.Server):
    """Says its port once it listens."""

    async def startup(self, sockets=None):
        await super().startup(sockets)
        path = Path(sys.argv[1])
        path.with_suffix(".part").write_text(str(self.servers[0].sockets[0].getsockname()[1]))
        path.with_suffix(".part").replace(path)


if __name__ == "__main__":
    _Told(uvicorn.Config(app, host="127.0.0.1", port=0, log_level="error", lifespan="off")).run()
