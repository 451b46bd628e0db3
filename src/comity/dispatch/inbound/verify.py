"""Verify: all that header, leaf, recipients, accord and times must agree on does agree."""

from __future__ import annotations

from comity.base.errors import BadEnvelope, BadSeal
from comity.base.ids import Ms
from comity.dispatch import wire
from comity.dispatch.attached import names, well_formed
from comity.dispatch.inbound.paper import stands
from comity.dispatch.office import Office
from comity.dispatch.states import Opened, Verified
from comity.marking.scan import binding, scan

_OWN_DESK = "node"
"""The node's own desk, which sends no files."""
CREATED_AHEAD_MS = 5 * 60_000
"""How far `created` may lie after the time by which the leaf existed."""  # spec: protocol.md 7


def verify(opened: Opened, office: Office, now: Ms) -> Verified:
    """Check header against leaf, node, seal, accord and clock, read the body by its desk's schema, and scan its texts.

    Raises:
        BadSeal: something does not agree; the sender is told one code, whatever the cause.
    """  # spec: protocol.md 7
    for what, good in _checks(opened, office, now):
        if not good:
            raise BadSeal(f"a dispatch does not agree with its leaf: {what}; its bytes are kept apart")
    header, body = opened.header, opened.parts[1].content
    try:
        attachments = wire.decode_attachments(opened.parts[2].content)
        facts = office.desks[header.desk].facts(header.kind, body)
    except BadEnvelope as error:
        raise BadSeal("a dispatch has a body that is not of its kind; its bytes are kept apart") from error
    if not well_formed(attachments) or (attachments and header.desk == _OWN_DESK):
        raise BadSeal("a dispatch has attachments that cannot be; its bytes are kept apart")
    # A receiver cannot ask its sender: only hard stops and sure patterns count here. A proposal is for the reader's eyes.
    found = binding(scan((*facts.texts, *names(attachments)), office.patterns, now))
    return Verified(opened, facts, body, found, attachments)


def _checks(opened: Opened, office: Office, now: Ms) -> tuple[tuple[str, bool], ...]:
    header, leaf, arrival = opened.header, opened.arrival.entry, opened.arrival
    latest = max(now, arrival.not_after)
    accord, digest = office.judged_by(arrival.index)  # spec: protocol.md 10
    return (
        ("its id", header.id == leaf.id),
        ("its lane", header.lane == leaf.lane),
        ("who sent it", header.sender == office.peer),
        ("whom it is for", header.receiver == office.us),
        ("its agencies", office.agencies.issuperset(header.agencies)),
        ("its recipients", tuple(office.seals.get(kid) for kid in opened.kids) == header.agencies),
        ("an author's assertion, which this node cannot check yet", header.kind not in accord.author_kinds),
        ("the accord's edition", (leaf.edition, header.accord) == (accord.edition, digest)),
        ("a kind that is open", header.desk in office.desks and accord.opens(header.desk, header.kind)),
        ("a key list that follows the one in force", stands(header, opened.parts[1].content, office)),
        ("its time", header.created <= latest + CREATED_AHEAD_MS),
        ("its case", header.case is None or bytes(header.case) != bytes(header.id)),
    )
