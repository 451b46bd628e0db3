"""What one party hands to the other before the ceremony: who it is, where it is reached, its root keys; and the terms.

Nothing here is trusted by itself: officers of both sides compare the fingerprints by voice.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Literal

import msgspec

from comity.base.errors import BadConfiguration, BadEnvelope
from comity.base.ids import Digest, Ms, NodeName
from comity.crypto.keys import RootPublic
from comity.crypto.suites import PROFILE
from comity.dispatch.accord import Accord, LaneLimit, OpenDesk, Party
from comity.marking.labels import Lane
from comity.marking.vocabulary import PURPOSES


class PartyCard(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One party as it introduces itself; keys as hex of their COSE_Keys."""

    node: str
    country: str
    root_keys: tuple[str, str]
    addresses: tuple[str, ...]

    def party(self) -> Party:
        """Return it as the accord names it.

        Raises:
            BadConfiguration: its root keys are none.
        """
        try:
            first, second = (bytes.fromhex(key) for key in self.root_keys)
            RootPublic.from_cose_keys(first, second)
        except (ValueError, BadEnvelope) as error:
            raise BadConfiguration(f"the card of {self.node} holds no root keys ({error}); nothing was made") from error
        return Party(NodeName(self.node), self.country, (first, second), self.addresses)


class LaneTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Limits of one lane in milliseconds: from commit to arrived, from arrived to seen."""

    arrived: int
    seen: int


class PartyTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the terms say of a party before its keys are known."""

    id: str
    node: str
    country: str
    short: str
    registry: str
    law: str
    duty_telephone: str


class LimitTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """So many days, or working days, after the day on which a consignment was notified, or was applied for."""

    days: int
    working: bool = False
    since: Literal["notified", "applied"] = "notified"


class NoticeTerms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one party agreed on for its part in notifications before export; what is left out is not set.

    Attributes:
        reply: as the importing side, by when it answers.
        window: as the exporting side, how long its own law has it wait for an objection.
        certificate: as the exporting side, by when it decides on the application.
        silence: as the importing side, what its silence means then.
        report_hours: within which a dealer reports.
        permit_days: how long a permit of its own lives.
    """

    reply: LimitTerms | None = None
    window: LimitTerms | None = None
    certificate: LimitTerms | None = None
    silence: Literal["no-objection", "expired", "held"] = "held"
    report_hours: int = 0
    permit_days: int = 0


class Terms(msgspec.Struct, frozen=True):
    """What both parties agree on, without their keys: the file from which `comity accord new` makes an accord.

    Attributes:
        name, title: of the accord.
        edition: 1 for the first.
        profile: of the protocol.
        in_force_from: with zone.
        party: both parties, in the accord's order.
        desks: open desks and their kinds.
        lanes: limits by lane.
        timers: timers in milliseconds and caps, by name.
        budget: distinct persons that a side may ask about, by purpose, `other` for the rest, in `period_days`.
        notices: by party id, what each agreed on for notifications before export.
        author_kinds: kinds that need an author's own assertion.
        custody_days, retention_days, quarantine_days: how long what is kept.
    """

    name: str
    title: str
    edition: int
    profile: str
    in_force_from: datetime
    party: tuple[PartyTerms, PartyTerms]
    desks: dict[str, tuple[str, ...]]
    lanes: dict[str, LaneTerms]
    timers: dict[str, int]
    budget: dict[str, int] = {}
    notices: dict[str, NoticeTerms] = {}
    author_kinds: tuple[str, ...] = ()
    custody_days: int = 30
    retention_days: int = 365
    quarantine_days: int = 30


_DAY_MS = 86_400_000


def card_bytes(node: NodeName, country: str, root: RootPublic, addresses: tuple[str, ...]) -> bytes:
    """Return a party's card as JSON."""
    first, second = root.cose_keys
    return msgspec.json.format(msgspec.json.encode(PartyCard(node, country, (first.hex(), second.hex()), addresses)))


def read_card(path: Path) -> PartyCard:
    """Read a party's card.

    Raises:
        BadConfiguration: the file cannot be read or is no card.
    """
    try:
        return msgspec.json.decode(path.read_bytes(), type=PartyCard)
    except (OSError, msgspec.MsgspecError) as error:
        raise BadConfiguration(f"{path} is no party card ({error}); nothing was made") from error


def make_accord(terms: Terms, cards: tuple[PartyCard, PartyCard], prev: Digest | None = None) -> Accord:
    """Put the terms and the parties' cards together.

    Raises:
        BadConfiguration: another profile, or the cards are not those of the parties that the terms name.
    """
    if terms.profile != PROFILE:
        raise BadConfiguration(f"the terms ask for profile {terms.profile}, this program speaks {PROFILE}")
    by_node = {card.node: card for card in cards}
    for named in terms.party:
        if named.node not in by_node or by_node[named.node].country != named.country:
            raise BadConfiguration(f"no card fits the party {named.node} of the terms; nothing was made")
    kept = {"custody": terms.custody_days, "retention": terms.retention_days, "quarantine-keep": terms.quarantine_days}
    timers = {
        **terms.timers,
        **{name: days * _DAY_MS for name, days in kept.items()},
        **_budget(terms.budget),
        **_notices(terms),
    }
    lanes = [(_lane(name), limit) for name, limit in terms.lanes.items()]
    return Accord(
        name=terms.name,
        edition=terms.edition,
        prev=prev,
        parties=(by_node[terms.party[0].node].party(), by_node[terms.party[1].node].party()),
        desks=tuple(OpenDesk(desk, kinds) for desk, kinds in sorted(terms.desks.items())),
        limits=tuple(LaneLimit(lane, Ms(limit.arrived), Ms(limit.seen)) for lane, limit in sorted(lanes)),
        timers=tuple(sorted(timers.items())),
        author_kinds=terms.author_kinds,
        in_force_from=Ms(int(terms.in_force_from.timestamp()) * 1_000),
    )


def _budget(budget: dict[str, int]) -> dict[str, int]:
    """Return the budget over persons as the accord's caps."""
    unknown = sorted(set(budget) - PURPOSES.keys() - {"period_days", "other"})
    if unknown or budget.get("period_days", 1) < 1:
        what = f"names {unknown[0]!r}, which is no purpose" if unknown else "has a period of less than a day"
        raise BadConfiguration(f"the budget of the terms {what}; nothing was made")
    caps = {f"budget-{name}": limit for name, limit in budget.items() if name != "period_days"}
    return {**caps, "budget-period": budget["period_days"] * _DAY_MS} if "period_days" in budget else caps


_SINCE = ("notified", "applied")
_SILENCE = ("no-objection", "expired", "held")


def _notices(terms: Terms) -> dict[str, int]:
    """Return what the parties agreed on for notifications as the accord's timers, by the code of each one's country."""
    countries = {party.id: party.country.lower() for party in terms.party}
    strangers = sorted(set(terms.notices) - set(countries))
    if strangers:
        raise BadConfiguration(
            f"the terms set limits for notifications of {strangers[0]!r}, no party; nothing was made"
        )
    found: dict[str, int] = {}
    for party, notice in terms.notices.items():
        of = f"notice-{countries[party]}"
        for name, limit in (("reply", notice.reply), ("window", notice.window), ("certificate", notice.certificate)):
            if limit is not None:
                found[f"{of}-{name}-days"] = limit.days
                found[f"{of}-{name}-working"] = int(limit.working)
                found[f"{of}-{name}-since"] = _SINCE.index(limit.since)
        found[f"{of}-silence"] = _SILENCE.index(notice.silence)
        found[f"{of}-report"] = notice.report_hours
        found[f"{of}-permit"] = notice.permit_days
    return found


def _lane(name: str) -> Lane:
    try:
        return Lane[name.upper()]
    except KeyError as error:
        raise BadConfiguration(
            f"the terms set limits for a lane {name!r}, which there is not; nothing was made"
        ) from error
