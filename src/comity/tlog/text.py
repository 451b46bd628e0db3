"""Base64 and decimals in their one canonical spelling, so that one fact has one byte form."""

from __future__ import annotations

import re
from binascii import Error as Base64Error
from binascii import a2b_base64, b2a_base64
from typing import Final

from comity.base.errors import ComityError

MAX_NUMBER: Final = 2**63 - 1
_DECIMAL = re.compile("0|[1-9][0-9]{0,18}")


def encode_base64(raw: bytes) -> str:
    """Write standard base64 with padding, on one line."""  # spec: RFC 4648 4
    return b2a_base64(raw, newline=False).decode()


def decode_base64(text: str, error: type[ComityError], *, size: int | None = None) -> bytes:
    """Read what `encode_base64` writes and nothing else; raise `error` if it is not that, or not of `size` bytes."""
    try:
        raw = a2b_base64(text.encode("ascii"), strict_mode=True)
    except (Base64Error, UnicodeEncodeError) as cause:
        raise error("this is not base64") from cause
    if encode_base64(raw) != text:
        raise error("this base64 is not in its one canonical spelling")
    if size is not None and len(raw) != size:
        raise error("a hash has the wrong length")
    return raw


def parse_decimal(text: str, error: type[ComityError]) -> int:
    """Read an ASCII decimal from 0 to 2^63 - 1 without leading zeroes; raise `error` on anything else."""
    if not _DECIMAL.fullmatch(text) or int(text) > MAX_NUMBER:
        raise error("a number is not a plain decimal from 0 to 2^63 - 1")
    return int(text)
