"""Saying to a PostgreSQL server who we are with a password that never crosses: SCRAM-SHA-256, both sides proven.

The rule it keeps: an answer of the server counts only if it proves that the server knows the password too.
"""  # spec: RFC 5802 3  # spec: RFC 7677 3

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac

from comity.base.errors import BadConfiguration

_NO_BINDING = "n,,"
_MOST_ROUNDS = 1_000_000


class Scram:
    """One conversation.

    Args:
        user: name in the conversation; PostgreSQL takes the one of the connection, so it may be empty.
        password: the secret; sent nowhere.
        nonce: fresh text without commas.

    Attributes:
        first: what is sent first.
        asked: whether the server has asked for a proof of ours.
        proven: whether it has given its own.
    """

    def __init__(self, user: str, password: str, nonce: str) -> None:
        self._bare = f"n={user},r={nonce}"
        self._password, self._nonce = password.encode(), nonce
        self._proves = b""
        self.asked = self.proven = False
        self.first = (_NO_BINDING + self._bare).encode()

    def answer(self, challenge: bytes) -> bytes:
        """Return what is sent after the server's salt and number of rounds.

        Raises:
            BadConfiguration: it is no challenge of this conversation.
        """
        said = _fields(challenge)
        try:
            nonce, salt, rounds = said["r"], base64.b64decode(said["s"], validate=True), int(said["i"])
        except (KeyError, ValueError, binascii.Error) as error:
            raise _refused("its challenge could not be read") from error
        if not nonce.startswith(self._nonce) or nonce == self._nonce or not 0 < rounds <= _MOST_ROUNDS:
            raise _refused("its challenge belongs to another conversation")
        salted = hashlib.pbkdf2_hmac("sha256", self._password, salt, rounds)
        last = f"c={base64.b64encode(_NO_BINDING.encode()).decode()},r={nonce}"
        said_all = f"{self._bare},{challenge.decode()},{last}".encode()
        key = hmac.digest(salted, b"Client Key", "sha256")
        mark = hmac.digest(hashlib.sha256(key).digest(), said_all, "sha256")
        proof = bytes(one ^ other for one, other in zip(key, mark, strict=True))
        self._proves = hmac.digest(hmac.digest(salted, b"Server Key", "sha256"), said_all, "sha256")
        return f"{last},p={base64.b64encode(proof).decode()}".encode()

    def check(self, final: bytes) -> None:
        """Check the server's own proof.

        Raises:
            BadConfiguration: it does not know the password.
        """
        try:
            proof = base64.b64decode(_fields(final)["v"], validate=True)
        except (KeyError, ValueError) as error:
            raise _refused("it did not prove that it knows the password") from error
        if not self._proves or not hmac.compare_digest(proof, self._proves):
            raise _refused("it did not prove that it knows the password")
        self.proven = True


def _fields(said: bytes) -> dict[str, str]:
    try:
        parts = said.decode("ascii").split(",")
    except UnicodeDecodeError:
        return {}
    return {part[0]: part[2:] for part in parts if part[1:2] == "="}


def _refused(why: str) -> BadConfiguration:
    return BadConfiguration(f"the database server was refused: {why}; nothing was read or written")
