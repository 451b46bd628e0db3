"""A passkey in software: an EC key, a counter, and answers made as WebAuthn has them, whole or wrong on purpose."""

from __future__ import annotations

import hashlib
import json
import struct
from base64 import urlsafe_b64decode, urlsafe_b64encode

import cbor2
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

PRESENT, VERIFIED, WITH_KEY = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def raw(said: str) -> bytes:
    return urlsafe_b64decode(said + "=" * (-len(said) % 4))


class SoftKey:
    """One credential on one authenticator; `handle` is the user that it carries."""

    def __init__(self, number: int = 1) -> None:
        self.secret = ec.derive_private_key(number + 1000, ec.SECP256R1())
        self.id = hashlib.sha256(b"credential%d" % number).digest()
        self.count = 0
        self.handle: bytes | None = None

    def register(self, options: str, origin: str, **wrong) -> str:
        """Answer `navigator.credentials.create`."""
        asked = json.loads(options)
        self.handle = raw(asked["user"]["id"])
        numbers = self.secret.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        held = bytes(16) + struct.pack(">H", len(self.id)) + self.id + cbor2.dumps(cose)
        data = self._data(wrong.get("rp", asked["rp"]["id"]), wrong.get("flags", PRESENT | VERIFIED) | WITH_KEY) + held
        attested = cbor2.dumps({"fmt": "none", "attStmt": {}, "authData": data})
        client = self._client("webauthn.create", wrong.get("challenge", asked["challenge"]), origin)
        return self._said({"clientDataJSON": text(client), "attestationObject": text(attested), "transports": []})

    def answer(self, options: str, origin: str, **wrong) -> str:
        """Answer `navigator.credentials.get`."""
        asked = json.loads(options)
        self.count = wrong.get("count", self.count + 1)
        data = self._data(wrong.get("rp", asked["rpId"]), wrong.get("flags", PRESENT | VERIFIED))
        client = self._client(wrong.get("type", "webauthn.get"), wrong.get("challenge", asked["challenge"]), origin)
        secret = wrong.get("secret", self.secret)
        signature = secret.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        said = {"clientDataJSON": text(client), "authenticatorData": text(data), "signature": text(signature)}
        handle = wrong.get("handle", self.handle)
        return self._said(said if handle is None else {**said, "userHandle": text(handle)})

    def _data(self, rp: str, flags: int) -> bytes:
        return hashlib.sha256(rp.encode()).digest() + bytes([flags]) + struct.pack(">I", self.count)

    def _client(self, kind: str, challenge: str, origin: str) -> bytes:
        return json.dumps({"type": kind, "challenge": challenge, "origin": origin, "crossOrigin": False}).encode()

    def _said(self, response: dict) -> str:
        name = text(self.id)
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": response})
