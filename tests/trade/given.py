"""Plain values for the tests of flows: one of each, to be changed with `replace`."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from comity.desks.precursors.flows.model import (
    Consignment,
    ConsignmentId,
    Flow,
    Grams,
    HolderId,
    LicenceHolder,
    Movement,
    Party,
    Stock,
    SubstanceId,
)
from comity.desks.precursors.flows.thresholds import read_thresholds
from tests.trade.listed import Listed, ListIdentify

OURS, THEIRS = Party("XO"), Party("XV")
ALVANOL, ELMONE = SubstanceId("alvanol"), SubstanceId("elmone")
HOLDER, SELLER = HolderId("XO-7"), HolderId("XV-2")
DAY = date(2026, 1, 31)
SCHEDULES = """
[free_zones]
codes = ["FZ1"]
[schedule.xo]
source = "schedule of XO"
[schedule.xo.maximum_grams]
alvanol = 1000000
elmone = 0
[annual_need.xo]
alvanol = 5000000
[schedule.xv]
source = "schedule of XV"
"""
SHIPPED = (Path(__file__).resolve().parents[2] / "substances" / "thresholds.toml").read_text(encoding="utf-8")
TEXT = SHIPPED.split("[free_zones]")[0] + SCHEDULES
RULES = read_thresholds(TEXT)
LIST = ListIdentify.of(
    (
        Listed(ALVANOL, ("Alvanol", "alvanyl alcohol"), ("64-17-5",), ("290199", "290290"), "1170"),
        Listed(ELMONE, ("Elmone",), ("67-64-1",), ("291431",)),
        Listed(SubstanceId("elmone-acid"), ("Elmone acid",), ("64-19-7",), ("291521",)),
    )
)
"""The numbers are of ethanol, acetone and acetic acid: their check digits are in any chemist's book."""


def after(days: int) -> date:
    return DAY + timedelta(days=days)


def moved(kind: Flow, grams: int, days: int = 1, number: str = "", **changed) -> Movement:
    given = {
        "id": number or f"{kind}-{days}-{grams}",
        "party": OURS,
        "holder": HOLDER,
        "substance": ALVANOL,
        "kind": kind,
        "grams": Grams(grams),
        "day": after(days),
    }
    return Movement(**{**given, **changed})


def counted(grams: int, days: int = 0, **changed) -> Stock:
    return Stock(
        **{"party": OURS, "holder": HOLDER, "substance": ALVANOL, "day": after(days), "grams": Grams(grams), **changed}
    )


def firm(
    number: str, *traits: str, party: Party = OURS, founded: date | None = date(2001, 1, 1), **yearly: int
) -> LicenceHolder:
    licences = tuple((SubstanceId(name), Grams(grams)) for name, grams in sorted(yearly.items()))
    return LicenceHolder(HolderId(number), party, founded, tuple(sorted(traits)), licences)


def sent(number: str, grams: int = 100_000, days: int = 0, **changed) -> Consignment:
    given = {
        "id": ConsignmentId(number),
        "declared_by": THEIRS,
        "from_party": THEIRS,
        "to_party": OURS,
        "substance": ALVANOL,
        "text": "Alvanol, technical grade",
        "cas": "64-17-5",
        "hs6": "290199",
        "exporter": SELLER,
        "consignee": HOLDER,
        "origin": "XV",
        "departure": "XV",
        "via": (),
        "day": after(days),
        "grams": Grams(grams),
        "value_minor": grams * 3,
        "currency": "XVD",
        "permit": "P1",
    }
    return Consignment(**{**given, **changed})
