"""Attachments: a file of any size sealed and opened as a stream, in constant memory.

The rule it keeps: one fresh key for one file, the dispatch's id as context, so that a file moved to another dispatch does
not open; the plain file is padded, so that its length shows in steps only. The cipher is the library's Cobblestone-256.
"""  # spec: protocol.md 2  # spec: C2SP chunked-encryption

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Final

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import AlreadyFinalized, InvalidTag

from comity.base.errors import BadForm, BadSeal
from comity.base.ids import Digest, DispatchId

KEY: Final = 32
CHUNK: Final = 16_384
"""Bytes of plain text in a chunk; the last one is always shorter."""  # spec: C2SP chunked-encryption
TAG: Final = 16
HEADER: Final = 56
"""Salt and commitment before the first chunk."""
_STEPS: Final = 16
_PIECE: Final = 1 << 20
_ZEROS: Final = bytes(_PIECE)


def padded_size(size: int) -> int:
    """Return the length to which a plain file of `size` bytes is padded: the next multiple of 1/16 of its power of two."""
    # spec: protocol.md 3
    step = max(1, (1 << max(0, size.bit_length() - 1)) // _STEPS)
    return -(-size // step) * step


def cipher_size(size: int) -> int:
    """Return the bytes of the ciphertext of a plain file of `size` bytes; there is only one."""
    padded = padded_size(size)
    return HEADER + padded + (padded // CHUNK + 1) * TAG


class FileSealer:
    """Seals one file; give its bytes in order to `update`, then take all of `finish`.

    Args:
        key: 32 fresh random bytes, used for nothing else.
        dispatch: in which the file goes.
        size: bytes of the plain file, known before.
    """

    def __init__(self, key: bytes, dispatch: DispatchId, size: int) -> None:
        self._cipher = Cobblestone256Encryptor(key, dispatch)
        self._hash = hashlib.sha256()
        self._left, self._pad = size, padded_size(size) - size

    def update(self, data: bytes | memoryview) -> bytes:
        """Return the next ciphertext, up to one chunk behind what was given.

        Raises:
            BadForm: more than the size that was said.
        """
        self._left -= len(data)
        if self._left < 0:
            raise BadForm("the file is longer than was said; nothing of it was kept")
        return self._noted(self._cipher.update(data))

    def finish(self) -> Iterator[bytes]:
        """Yield the padding and the end, in pieces.

        Raises:
            BadForm: less than the size that was said.
        """
        if self._left:
            raise BadForm("the file is shorter than was said; it can be gone on with")
        while self._pad:
            step = min(self._pad, _PIECE)
            self._pad -= step
            yield self._noted(self._cipher.update(_ZEROS[:step]))
        yield self._noted(self._cipher.finalize())

    def digest(self) -> Digest:
        """Return the SHA-256 of all ciphertext so far; of the whole after `finish`."""
        return Digest(self._hash.digest())

    def _noted(self, cipher: bytes) -> bytes:
        self._hash.update(cipher)
        return cipher


class FileOpener:
    """Opens one file as it comes; each chunk is checked before any of it is given out.

    What `update` gave out may still turn out to be cut short: only after `finish` is it the file.

    Args:
        key: from the attachments part of the dispatch, 32 bytes.
        dispatch: which it came in.
        size: bytes of the plain file, as that part says.
    """

    def __init__(self, key: bytes, dispatch: DispatchId, size: int) -> None:
        self._cipher = Cobblestone256Decryptor(key, dispatch)
        self._left, self._pad = size, padded_size(size) - size

    def update(self, cipher: bytes | memoryview) -> bytes:
        """Return the next plain bytes, without the padding.

        Raises:
            BadSeal: a chunk of another file, key or dispatch, or one that was changed.
        """
        try:
            return self._cut(self._cipher.update(cipher))
        except (InvalidTag, AlreadyFinalized) as error:
            raise BadSeal("an attachment does not open; it stays in quarantine") from error

    def finish(self) -> bytes:
        """Return the last plain bytes.

        Raises:
            BadSeal: it was cut short, or is longer or shorter than its dispatch says.
        """
        try:
            last = self._cut(self._cipher.finalize())
        except (InvalidTag, AlreadyFinalized) as error:
            raise BadSeal("an attachment does not open; it stays in quarantine") from error
        if self._left or self._pad:
            raise BadSeal("an attachment has another length than its dispatch says; it stays in quarantine")
        return last

    def _cut(self, plain: bytes) -> bytes:
        """Take the padding off, which is all zeros."""
        took = min(self._left, len(plain))
        self._left -= took
        if took == len(plain):
            return plain
        rest = len(plain) - took
        self._pad -= rest
        if self._pad < 0 or plain.count(0, took) != rest:
            raise BadSeal("an attachment has another padding than the profile's; it stays in quarantine")
        return plain[:took]
