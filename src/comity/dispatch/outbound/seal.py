"""Seal: the released dispatch becomes fixed bytes, and the leaf that will commit to them.

Seal, then commit: the leaf names the hash of the sealed bytes, so a repeat is byte-identical.
"""

from __future__ import annotations

from comity.base.errors import BadForm
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.crypto.keys import SealingPublic
from comity.crypto.seal import seal as encrypt
from comity.dispatch import decision, wire
from comity.dispatch.entries import DispatchLeaf, decision_hash
from comity.dispatch.office import Office
from comity.dispatch.states import Released, Sealed

HEADER_VERSION = 1
SALT_BYTES = 32


def seal(released: Released, office: Office, now: Ms) -> Sealed:
    """Make header, parts, sealed bytes and leaf.

    Raises:
        BadForm: an addressed agency has no sealing key in the peer's key list, or the content is too large.
    """  # spec: protocol.md 1 rule 4, 3
    draft = released.cleared.labelled.draft
    recipients = [_recipient(agency, office, now) for agency in draft.form.recipients]
    header = header_of(released, office)
    contents = (wire.encode_header(header), released.cleared.body, wire.encode_attachments(()), b"")
    parts = wire.salted(contents, office.entropy)
    plain, _ = wire.encode_plain(parts, recipients=len(recipients))
    aad = wire.seal_aad(office.us, office.peer, draft.id, office.accord_digest)
    sealed = encrypt(plain, recipients=recipients, aad=aad, entropy=office.entropy)
    salt, record = office.entropy.draw(SALT_BYTES), decision.sending(released, now)
    entry = DispatchLeaf(
        id=draft.id,
        lane=draft.lane,
        edition=office.accord.edition,
        commit=wire.commit_of(parts),
        sealed=sha256(sealed),
        size=len(sealed),
        decision=decision_hash(salt, record),
    )
    return Sealed(released, header, parts, sealed, entry, salt, record)


def _recipient(agency: str, office: Office, now: Ms) -> tuple[Digest, SealingPublic]:
    key = office.peer_keys.sealing_for(agency, now)
    if key is None:
        raise BadForm(f"the other party's key list has no sealing key for {agency!r} today; nothing was kept")
    return key.kid, key.public


def header_of(released: Released, office: Office) -> wire.Header:
    """Return the header of what was released."""
    cleared = released.cleared
    draft = cleared.labelled.draft
    form = draft.form
    return wire.Header(
        id=draft.id,
        sender=office.us,
        receiver=office.peer,
        author=wire.Author(form.agency, form.role),
        agencies=form.recipients,
        desk=form.desk,
        kind=form.kind,
        version=HEADER_VERSION,
        case=form.case,
        re=form.re,
        after=draft.after,
        lane=draft.lane,
        purpose=form.purpose,
        basis=form.basis,
        labels=wire.wire_labels(cleared.label),
        created=draft.created,
        answer_by=form.answer_by,
        accord=office.accord_digest,
        replaces=form.replaces,
        workplan_item=form.workplan_item,
        workplan_reason=form.workplan_reason,
        released_by=wire.ReleasedBy(released.by.desk, released.by.number, released.by.delegation),
        conduct=form.conduct,
        urgency=form.urgency,
    )
