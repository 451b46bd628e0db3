"""Sealed files: opened in pieces of any size, also where their plain bytes are a stranger's; and which bytes of one are asked for.

The first byte says which: even, the rest is the ciphertext; odd, the rest is what a sender of bad will sealed, with our key and
its own idea of padding. The next two are the size that the dispatch says, the fourth the bytes of a piece.
"""

from __future__ import annotations

import json
from pathlib import Path

from cryptography.cobblestone import Cobblestone256Encryptor

from comity.base.errors import BadSeal
from comity.base.ids import DispatchId
from comity.crypto.chunks import FileOpener, FileSealer, cipher_size, padded_size
from comity.edge.blobs import _span

KEY, DISPATCH = bytes(range(32)), DispatchId(bytes(range(16)))
VECTORS = Path(__file__).parents[2] / "vectors/chunks/cobblestone_256.json"
WORDS = (b"bytes=0-", b"bytes=", b"-", b"999999999999999", bytes(16), b"\x01\x00\x05\x04")
MAX_LEN = 20_000


def once(data: bytes) -> None:
    _asked(data.decode("latin-1"))
    if len(data) < 4:
        return
    size, step = int.from_bytes(data[1:3], "big"), data[3] + 1
    if data[0] & 1:
        cipher = _sealed(data[4:])
        good = len(data) - 4 == padded_size(size) and not any(data[4 + size :])
    else:
        cipher, good = data[4:], None
    whole, pieces = _opened(cipher, size, len(cipher) + 1), _opened(cipher, size, step * 64)
    assert whole == pieces, "a file opens otherwise in pieces"
    if good is not None:
        assert (whole == data[4 : 4 + size]) == good, "exactly the profile's padding opens"
    if whole is not None:
        assert len(whole) == size
        assert len(cipher) == cipher_size(size)


def _sealed(padded: bytes) -> bytes:
    cipher = Cobblestone256Encryptor(KEY, DISPATCH)
    return cipher.update(padded) + cipher.finalize()


def _opened(cipher: bytes, size: int, step: int) -> bytes | None:
    opener = FileOpener(KEY, DISPATCH, size)
    try:
        out = b"".join(opener.update(cipher[at : at + step]) for at in range(0, len(cipher), step))
        return out + opener.finish()
    except BadSeal:
        return None


def _asked(text: str) -> None:
    for size in 0, 1, 77, 1 << 34:
        start, end = _span(text, size)
        assert start >= end or 0 <= start < end <= size


def _row(kind: int, size: int, step: int, rest: bytes) -> bytes:
    return bytes([kind]) + size.to_bytes(2, "big") + bytes([step]) + rest


def seeds():
    for size in 0, 1, 5, 31, 33, 1_000, 16_384:
        sealer = FileSealer(KEY, DISPATCH, size)
        content = bytes(n % 251 for n in range(size))
        cipher = sealer.update(content) + b"".join(sealer.finish())
        if size <= 1_000:
            yield f"sealed-{size}", _row(0, size, 7, cipher)
            yield f"cut-{size}", _row(0, size, 7, cipher[:-1])
        yield f"plain-{size}", _row(1, size, 1, content + bytes(padded_size(size) - size))
    yield "padding-not-zero", _row(1, 33, 0, bytes(33) + b"\x01")
    yield "padding-long", _row(1, 33, 0, bytes(99))
    yield "range", b"bytes=0-"
    yield "range-two", b"bytes=5-70"
    group = json.loads(VECTORS.read_text(encoding="utf-8"))["testGroups"][0]["tests"]
    for number, case in enumerate(group):
        cipher = bytes.fromhex(case.get("ct", ""))
        if cipher and len(cipher) < 2_000:
            yield f"vector-{number:02}", _row(0, 0, 99, cipher)
