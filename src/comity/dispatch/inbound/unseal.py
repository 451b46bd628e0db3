"""Unseal: bytes from the peer become a typed value, or they are quarantined with one code for every cause."""

from __future__ import annotations

from comity.base.errors import BadEnvelope, BadSeal, KeyGone
from comity.crypto.seal import recipients, unseal_any
from comity.dispatch import wire
from comity.dispatch.office import Office
from comity.dispatch.states import Arrival, Opened


def unseal(arrival: Arrival, office: Office) -> Opened:
    """Decrypt, read the four parts, recompute the commitment, read the header.

    The cipher binds the content to no key; the commitment in the leaf does, so whoever opens recomputes it.

    Raises:
        BadSeal: whatever the cause, so that the answer is no oracle.
        KeyGone: it is sealed to a key that was ours and is destroyed, which its header says to anyone.
    """  # spec: protocol.md 3, 7
    _, accord = office.judged_by(arrival.index)
    aad = wire.seal_aad(office.peer, office.us, arrival.entry.id, accord)
    try:
        plain, kids = unseal_any(arrival.sealed, keys=office.sealing, aad=aad)
    except BadSeal:
        if any(kid in office.seals and kid not in office.sealing for kid in recipients(arrival.sealed)):
            raise KeyGone(
                "a dispatch is sealed to a key of ours that was destroyed; its bytes are kept apart"
            ) from None
        raise
    try:
        parts = wire.decode_plain(plain)
        header = wire.decode_header(parts[0].content)
    except BadEnvelope as error:
        raise BadSeal("a dispatch opened to something that is none; its bytes are kept apart") from error
    if wire.commit_of(parts) != arrival.entry.commit:
        raise BadSeal("a dispatch opened to other content than its leaf commits to; its bytes are kept apart")
    return Opened(arrival, parts, header, kids)
