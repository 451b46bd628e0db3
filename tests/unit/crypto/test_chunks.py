"""Attachments: another implementation's vectors, a second implementation in a few lines, padding, and every broken file."""

from __future__ import annotations

import hashlib
import json
import os
import zlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA512
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from comity.base.errors import BadForm, BadSeal
from comity.base.ids import DispatchId
from comity.crypto import chunks
from comity.crypto.chunks import FileOpener, FileSealer, cipher_size, padded_size

VECTORS = json.loads((Path(__file__).parents[2] / "vectors/chunks/cobblestone_256.json").read_text())
TESTS = [one for group in VECTORS["testGroups"] for one in group["tests"]]
KEY, ID = bytes(range(32)), DispatchId(bytes(range(16)))


def plain_open(key: bytes, context: bytes, sealed: bytes) -> bytes:
    """Open a message by the text of the specification alone."""
    salt, commitment, body = sealed[:24], sealed[24:56], sealed[56:]
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    made = HKDFExpand(SHA512(), 76, info).derive(key)
    assert made[44:] == commitment
    found, number = b"", 0
    while True:
        part = body[number * 16400 : (number + 1) * 16400]
        nonce = (int.from_bytes(made[32:44], "big") ^ number).to_bytes(12, "big")
        found += AESGCM(made[:32]).decrypt(nonce, part, None)
        number += 1
        if len(part) < 16400:
            assert (number - 1) * 16400 + len(part) == len(body)
            return found


def sealed(plain: bytes, step: int = 100_000, key=KEY, dispatch=ID) -> tuple[bytes, bytes]:
    sealer = FileSealer(key, dispatch, len(plain))
    made = b"".join(sealer.update(plain[at : at + step]) for at in range(0, len(plain), step))
    made += b"".join(sealer.finish())
    return made, sealer.digest()


def opened(cipher: bytes, size: int, step: int = 70_001, key=KEY, dispatch=ID) -> bytes:
    opener = FileOpener(key, dispatch, size)
    made = b"".join(opener.update(cipher[at : at + step]) for at in range(0, len(cipher), step))
    return made + opener.finish()


@pytest.mark.parametrize("test", TESTS, ids=lambda one: f"{one['tcId']} {one['comment']}")
def test_vectors_of_another_implementation(test):
    """Their messages are not padded, so the rule on padding is left out here and tested below."""
    key, context, cipher = (bytes.fromhex(test[one]) for one in ("key", "ctx", "ct"))
    cipher = zlib.decompress(cipher)
    if test["result"] != "valid":
        with pytest.raises((BadSeal, ValueError)):
            _raw(key, context, cipher)
        return
    found = _raw(key, context, cipher)
    assert (len(found), hashlib.sha512(found).hexdigest()) == (test["msgLength"], test["msgSha512"])
    assert plain_open(key, context, cipher) == found


def _raw(key: bytes, context: bytes, cipher: bytes) -> bytes:
    """Open a message of any length through `FileOpener`, without its rule on padding."""

    class Unpadded(FileOpener):
        def _cut(self, plain: bytes) -> bytes:
            return plain

    opener = Unpadded(key, DispatchId(context), 0)
    found = b"".join(opener.update(cipher[at : at + 33_333]) for at in range(0, len(cipher), 33_333))
    return found + opener.finish()


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 16_383, 16_384, 16_385, 65_536, 100_001, 1_048_577])
def test_what_is_sealed_opens_here_and_by_the_text_of_the_specification(size):
    plain = os.urandom(size)
    cipher, digest = sealed(plain)
    assert len(cipher) == cipher_size(size)
    assert digest == hashlib.sha256(cipher).digest()
    assert opened(cipher, size) == plain
    assert plain_open(KEY, ID, cipher) == plain + bytes(padded_size(size) - size)


@pytest.mark.parametrize(
    ("size", "padded"),
    [(0, 0), (1, 1), (15, 15), (16, 16), (31, 31), (32, 32), (33, 34), (1000, 1024), (1025, 1088), (10_000_000_000, 10_200_547_328)],
)  # fmt: skip
def test_padding_is_a_sixteenth_of_the_power_of_two(size, padded):
    """The multiples were counted by hand: 1025 has the power 1024, its sixteenth is 64; 10^10 has 2^33, a sixteenth 2^29."""
    assert padded_size(size) == padded


def broken() -> dict[str, tuple[bytes, int, bytes, bytes]]:
    plain = (bytes(range(256)) * 200)[:51_000]
    size = len(plain)
    cipher, _ = sealed(plain)
    flipped = bytearray(cipher)
    flipped[40_000] ^= 1
    swapped = cipher[:56] + cipher[56 + 16400 : 56 + 32800] + cipher[56 : 56 + 16400] + cipher[56 + 32800 :]
    nonzero = FileSealer(KEY, ID, padded_size(size))
    stuffed = nonzero.update(plain + b"x" * (padded_size(size) - size)) + b"".join(nonzero.finish())
    return {
        "a flipped bit": (bytes(flipped), size, KEY, ID),
        "two chunks swapped": (swapped, size, KEY, ID),
        "cut at the border of a chunk": (cipher[: 56 + 2 * 16400], size, KEY, ID),
        "cut inside": (cipher[:-1], size, KEY, ID),
        "something behind it": (cipher + b"\0", size, KEY, ID),
        "the head alone": (cipher[:56], size, KEY, ID),
        "nothing": (b"", size, KEY, ID),
        "another key": (cipher, size, bytes(32), ID),
        "another dispatch": (cipher, size, KEY, bytes(16)),
        "a smaller size": (cipher, size - 4096, KEY, ID),
        "a larger size": (cipher, size + 100_000, KEY, ID),
        "padding that says something": (stuffed, size, KEY, ID),
    }


@pytest.mark.parametrize("what", broken())
def test_a_broken_file_never_opens(what):
    cipher, size, key, dispatch = broken()[what]
    with pytest.raises(BadSeal):
        opened(cipher, size, key=key, dispatch=DispatchId(dispatch))


def test_an_opener_that_met_a_broken_chunk_stays_shut():
    cipher, _ = sealed(bytes(50_000))
    opener = FileOpener(KEY, ID, 50_000)
    with pytest.raises(BadSeal):
        opener.update(bytes(57) + cipher[57:40_000])
    with pytest.raises(BadSeal):
        opener.update(cipher)
    with pytest.raises(BadSeal):
        opener.finish()


def test_a_file_longer_or_shorter_than_was_said_is_not_sealed():
    with pytest.raises(BadForm, match="longer"):
        FileSealer(KEY, ID, 3).update(b"four")
    short = FileSealer(KEY, ID, 3)
    short.update(b"tw")
    with pytest.raises(BadForm, match="shorter"):
        list(short.finish())


def test_the_same_file_sealed_twice_shows_nothing_in_common():
    one, two = sealed(b"the same")[0], sealed(b"the same")[0]
    assert one != two
    assert chunks.KEY == 32
