"""A named person's keys as one file under a passphrase: what opens notes, and what signs them.

The rule it keeps: the secret is never at rest without its passphrase; primitives are the library's (scrypt, AES-256-GCM).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from comity.base import cbor, fields
from comity.base.entropy import Entropy
from comity.base.errors import BadEnvelope, BadForm
from comity.crypto.keys import RootKeys, SealingKey, cose_key
from comity.room.charter import Person

KEY: Final = "comity/room-key/1"
COST: Final = 1 << 17
"""scrypt's N; with r = 8 one try costs 128 MiB and some tenths of a second."""
MIN_PASSPHRASE: Final = 12
_SALT, _NONCE, _SEEDS = 16, 12, 96


@dataclass(frozen=True, slots=True, repr=False)
class PersonKeys:
    """The private keys of one person. They are never printed."""

    seal: SealingKey
    signs: RootKeys

    @staticmethod
    def generate(entropy: Entropy) -> PersonKeys:
        """Make new ones."""
        return PersonKeys(SealingKey.generate(entropy), RootKeys.generate(entropy))

    def person(self, number: int, agency: str, roles: tuple[str, ...]) -> Person:
        """Return the row of the charter that names this person."""
        return Person(number, agency, tuple(sorted(roles)), cose_key(self.seal.public()), self.signs.public().cose_keys)


def lock(keys: PersonKeys, passphrase: str, entropy: Entropy, *, cost: int = COST) -> bytes:
    """Return the key file.

    Raises:
        BadForm: the passphrase has fewer than 12 characters.
    """
    if len(passphrase) < MIN_PASSPHRASE:
        raise BadForm(f"a passphrase has at least {MIN_PASSPHRASE} characters; nothing was made")
    salt, nonce = entropy.draw(_SALT), entropy.draw(_NONCE)
    seeds = keys.seal.to_private_bytes() + keys.signs.to_private_bytes()
    head = cbor.encode((KEY, cost, salt, nonce))
    return cbor.encode((KEY, cost, salt, nonce, AESGCM(_derive(passphrase, salt, cost)).encrypt(nonce, seeds, head)))


def unlock(data: bytes, passphrase: str) -> PersonKeys:
    """Read a key file.

    Raises:
        BadForm: it is none, or the passphrase is another.
    """
    try:
        version, cost, salt, nonce, locked = fields.row(cbor.decode(data, limit=4096), 5, "key file")
        fields.version(version, KEY, "key file version")
        cost, salt = min(fields.uint(cost, "cost"), 4 * COST), fields.sized(salt, _SALT, "salt")
        nonce, locked = fields.sized(nonce, _NONCE, "nonce"), fields.octets(locked, "keys")
        head = cbor.encode((KEY, cost, salt, nonce))
        seeds = AESGCM(_derive(passphrase, salt, cost)).decrypt(nonce, locked, head)
    except (BadEnvelope, InvalidTag, ValueError) as error:
        raise BadForm("the key file does not open: another passphrase, or no key file") from error
    if len(seeds) != _SEEDS:
        raise BadForm("the key file does not open: another passphrase, or no key file")
    return PersonKeys(SealingKey.from_private_bytes(seeds[:32]), RootKeys.from_private_bytes(seeds[32:]))


def _derive(passphrase: str, salt: bytes, cost: int) -> bytes:
    return Scrypt(salt=salt, length=32, n=cost, r=8, p=1).derive(passphrase.encode())
