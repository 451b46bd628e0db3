"""The sealed box of an opening, as a file for the custodian's machine, and what is in it once the custodian's key opens it.

The rule it keeps: what comes out is shown only where its parts give the commitment in the sender's own leaf; the file alone is
as closed as the row was.
"""  # spec: protocol.md 7

from __future__ import annotations

import binascii
import json
from base64 import b64decode, b64encode
from dataclasses import dataclass
from typing import Final, cast

from comity.base.errors import BadEnvelope, BadProof
from comity.base.ids import Digest, DispatchId, LeafIndex, Ms, NodeName, Origin, read_id, show_id
from comity.crypto.keys import SealingKey, cose_key, key_id
from comity.crypto.seal import unseal
from comity.dispatch import wire
from comity.dispatch.partsrow import parts_of

VERSION: Final = "comity/custody/1"
_TEXTS: Final = ("version", "dispatch", "from", "to", "accord", "log", "commit", "kid", "sealed", "for")


@dataclass(frozen=True, slots=True)
class Box:
    """What was handed out.

    Attributes:
        dispatch: which.
        sender, receiver, accord: as its seal binds them.
        log, leaf, commit: where the sender's log commits to it, and to what.
        kid: of the custodian's key.
        sealed: the four parts with their salts, for that key.
        end, by, at: what for, who asked and who confirmed, when.
    """

    dispatch: DispatchId
    sender: NodeName
    receiver: NodeName
    accord: Digest
    log: Origin
    leaf: LeafIndex
    commit: Digest
    kid: bytes
    sealed: bytes
    end: str
    by: tuple[str, str]
    at: Ms

    def text(self) -> str:
        """Return it as a file, JSON."""
        said: dict[str, object] = {
            "version": VERSION, "dispatch": show_id(self.dispatch), "from": self.sender, "to": self.receiver,
            "accord": self.accord.hex(), "log": self.log, "leaf": self.leaf, "commit": self.commit.hex(),
            "kid": self.kid.hex(), "sealed": b64encode(self.sealed).decode(), "for": self.end, "by": list(self.by), "at": self.at,
        }  # fmt: skip
        return json.dumps(said, indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class Content:
    """What was in a box: header and body as they came, and the names of its files."""

    header: wire.Header
    body: bytes
    files: tuple[wire.Attachment, ...]


def read_box(content: bytes) -> Box:
    """Read what `Box.text` wrote.

    Raises:
        BadEnvelope: it is none.
    """
    try:
        raw: object = json.loads(content)
        if not isinstance(raw, dict):
            raise BadEnvelope("this file is no box of a custodian")
        said = cast("dict[str, object]", raw)
        texts = {name: said.get(name) for name in _TEXTS}
        leaf, by, at = said.get("leaf"), said.get("by"), said.get("at")
        if (
            texts["version"] != VERSION
            or not isinstance(leaf, int)
            or not isinstance(at, int)
            or not isinstance(by, list)
        ):
            raise BadEnvelope("this file is no box of a custodian")
        named = {name: str(one) for name, one in texts.items()}
        first, second = (str(one) for one in cast("list[object]", by))
        return Box(
            dispatch=read_id(named["dispatch"]),
            sender=NodeName(named["from"]),
            receiver=NodeName(named["to"]),
            accord=Digest(bytes.fromhex(named["accord"])),
            log=Origin(named["log"]),
            leaf=LeafIndex(leaf),
            commit=Digest(bytes.fromhex(named["commit"])),
            kid=bytes.fromhex(named["kid"]),
            sealed=b64decode(named["sealed"], validate=True),
            end=named["for"],
            by=(first, second),
            at=Ms(at),
        )
    except (UnicodeDecodeError, ValueError, binascii.Error) as error:
        raise BadEnvelope("this file is no box of a custodian") from error


def open_box(box: Box, key: SealingKey) -> Content:
    """Open a box with the custodian's key, on the custodian's machine.

    Raises:
        BadSeal: it is not for this key, or was altered.
        BadProof: what is in it is not what the sender's leaf commits to.
    """
    aad = wire.seal_aad(box.sender, box.receiver, box.dispatch, box.accord)
    parts = parts_of(unseal(box.sealed, kid=key_id(cose_key(key.public())), private=key, aad=aad))
    if wire.commit_of(parts) != box.commit:
        raise BadProof("what is in the box is not what its sender's log commits to; nothing is shown")
    header, body, files, _ = parts
    return Content(wire.decode_header(header.content), body.content, wire.decode_attachments(files.content))
