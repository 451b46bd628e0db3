"""Paper: a key list that the other party's node sends must bear its root's signatures and follow the list in force.

The rule it keeps: what is filed can be put into force by a leaf alone, so what could not stand is not filed.
"""  # spec: protocol.md 10

from __future__ import annotations

from comity.base.errors import BadEnvelope, BadSignature
from comity.base.hashing import sha256
from comity.dispatch.keylist import follows, verify_keylist
from comity.dispatch.office import Office
from comity.dispatch.wire import Header

NODE_DESK = "node"
KEYS = "keys"
AMEND = "accord-amend"
CERTIFICATE = "certificate"


def stands(header: Header, body: bytes, office: Office) -> bool:
    """Say whether a dispatch carries no key list, or one that may come into force; one that we hold already may come again."""
    if (header.desk, header.kind) != (NODE_DESK, KEYS) or sha256(body) in office.known:
        return True
    try:
        keys = verify_keylist(body, office.accord.party(office.peer).root())
    except (BadEnvelope, BadSignature):
        return False
    return not follows(keys, office.peer_keys, office.peer_digest)
