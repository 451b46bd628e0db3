"""What an officer wants to do with a dispatch that is held: the act, for whom, to what end; as a type and as bytes.

The rule it keeps: an approval of an act binds to the hash of these very particulars, so that another receiver, purpose or
reason is another act. Reading the bytes gives what was written, field by field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from comity.base import cbor, fields
from comity.base.cbor import Value
from comity.base.errors import BadEnvelope, BadForm
from comity.base.hashing import domain_hash
from comity.base.ids import Digest, DispatchId
from comity.marking.labels import Urgency
from comity.marking.vocabulary import PURPOSES
from comity.policy.assessment import Assessment, decode_assessment, encode_assessment
from comity.policy.question import Act, AssessedAct, Outside, Serves

VERSION = "comity/act/1"
MAX_TEXT = 4000
"""Characters of a reason."""
ACTS = frozenset(Act) - {Act.CLEAR, Act.ADMIT}
"""Acts on what is held; sending and receiving go by the path."""
OUTSIDE = {
    Act.EVIDENCE: Outside.COURT,
    Act.COURT: Outside.COURT,
    Act.EXPORT: Outside.FILE,
    Act.ACCESS: Outside.PERSON,
}
"""To whom an act gives content by its nature."""


@dataclass(frozen=True, slots=True)
class Particulars:
    """One act on one dispatch.

    Attributes:
        act: any but clear and admit.
        dispatch: that is held, ours or theirs.
        to_agencies: agencies at home that get it; act onward.
        outside: `third-state` for act onward beyond our agencies; None: what the act itself means.
        body: the one international body that gets it, beside outside `third-state`; "" for any state outside.
        new_purpose: act repurpose: for what.
        serves: act use: what it serves.
        basis: legal bases named for this act, such as a court's order, beside those of the dispatch.
        urgency: how soon it must be done; None: as the dispatch says.
        assessments: made for this act.
        marking: our own secrecy marking of it, "" if none.
        break_glass: why forms and approvals are deferred because a life is in danger, "" otherwise.
        reason: in the officer's words; for our own records only.
    """

    act: Act
    dispatch: DispatchId
    to_agencies: frozenset[str] = frozenset()
    outside: Outside | None = None
    new_purpose: str = ""
    serves: Serves | None = None
    basis: tuple[str, ...] = ()
    urgency: Urgency | None = None
    assessments: tuple[Assessment, ...] = ()
    marking: str = ""
    break_glass: str = ""
    reason: str = ""
    body: str = ""

    def __post_init__(self) -> None:
        """Check that the particulars fit the act.

        Raises:
            BadForm: what is missing or does not belong there; nothing was asked and nothing is kept.
        """
        if self.act not in ACTS:
            raise BadForm("sending and receiving are no acts on what is held; nothing was done")
        for good, wrong in (
            (self.act is Act.ONWARD or not self.to_agencies, "only onward names agencies"),
            (self.act is not Act.ONWARD or self.to_agencies or self.outside, "onward names to whom"),
            (self.outside is None or self.act is Act.ONWARD, "only onward says how far outside it goes"),
            (self.outside in {None, Outside.THIRD_STATE}, "onward goes to agencies or to a third state"),
            (not self.body or self.outside is not None, "only what goes beyond our agencies names a body"),
            ((self.act is Act.REPURPOSE) == bool(self.new_purpose), "repurpose, and only it, names the new purpose"),
            (not self.new_purpose or self.new_purpose in PURPOSES, "there is no such purpose"),
            ((self.act is Act.USE) == (self.serves is not None), "use, and only it, says what it serves"),
            (all(one.act is AssessedAct.USE for one in self.assessments), "an act on what is held is assessed as use"),
            (max(map(len, (self.reason, self.break_glass))) <= MAX_TEXT, f"a reason has at most {MAX_TEXT} characters"),
        ):
            if not good:
                raise BadForm(f"{wrong}; nothing was done")

    @property
    def goes_to(self) -> str:
        """`Outside` word of whom it is given to, "" if it stays with our agencies."""
        outside = self.outside or OUTSIDE.get(self.act)
        return "" if outside is None else outside.value


def subject_of(particulars: Particulars) -> Digest:
    """Return what an approval of this act binds to."""
    return domain_hash(VERSION, encode_particulars(particulars))


def encode_particulars(particulars: Particulars) -> bytes:
    """Return the canonical bytes."""
    p = particulars
    members: dict[str, Value] = {
        "version": VERSION,
        "act": p.act.value,
        "dispatch": p.dispatch,
        "to_agencies": sorted(p.to_agencies),
        "outside": _word(p.outside),
        "new_purpose": p.new_purpose,
        "serves": _word(p.serves),
        "basis": sorted(set(p.basis)),
        "urgency": None if p.urgency is None else p.urgency.value,
        "assessments": [encode_assessment(one) for one in p.assessments],
        "marking": p.marking,
        "break_glass": p.break_glass,
        "reason": p.reason,
        **({"body": p.body} if p.body else {}),  # an act without one keeps the bytes to which its approvals bind
    }
    return cbor.encode(members)


def decode_particulars(data: bytes) -> Particulars:
    """Read what `encode_particulars` wrote.

    Raises:
        BadEnvelope: other bytes.
    """
    value = cbor.decode(data)
    if not isinstance(value, Mapping) or frozenset(value) - {"body"} != _KEYS:
        raise BadEnvelope("these bytes are no act")
    take: dict[str, Value] = {str(key): item for key, item in value.items()}
    fields.version(take["version"], VERSION, "version")
    try:
        return Particulars(
            act=fields.choice(take["act"], Act, "act"),
            dispatch=fields.ident(take["dispatch"], "dispatch"),
            to_agencies=frozenset(fields.many(take["to_agencies"], fields.text, "to_agencies")),
            outside=fields.maybe(take["outside"], lambda one, what: fields.choice(one, Outside, what), "outside"),
            new_purpose=fields.text(take["new_purpose"], "new_purpose"),
            serves=fields.maybe(take["serves"], lambda one, what: fields.choice(one, Serves, what), "serves"),
            basis=fields.many(take["basis"], fields.text, "basis"),
            urgency=fields.maybe(take["urgency"], lambda one, what: fields.choice(one, Urgency, what), "urgency"),
            assessments=fields.many(take["assessments"], _assessment, "assessments"),
            marking=fields.text(take["marking"], "marking"),
            break_glass=fields.text(take["break_glass"], "break_glass"),
            reason=fields.text(take["reason"], "reason"),
            body=fields.text(take.get("body", ""), "body"),
        )
    except BadForm as error:
        raise BadEnvelope("an act whose particulars do not fit together") from error


_KEYS = frozenset(
    {
        "version", "act", "dispatch", "to_agencies", "outside", "new_purpose", "serves", "basis", "urgency",
        "assessments", "marking", "break_glass", "reason",
    }
)  # fmt: skip


def _word(word: StrEnum | None) -> str | None:
    return None if word is None else word.value


def _assessment(value: Value, what: str) -> Assessment:
    return decode_assessment(fields.octets(value, what))
