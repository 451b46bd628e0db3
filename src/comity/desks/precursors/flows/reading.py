"""Rows of plain files as registers, stocks, firms, declarations and reversals; columns are in docs/flows.md.

The rule it keeps: a row that does not fit is refused with what is wrong in it; a quantity in kilograms is taken exactly.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import cast

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.desks.precursors.flows.model import (
    AlertId,
    Consignment,
    ConsignmentId,
    Flow,
    Grams,
    HolderId,
    LicenceHolder,
    Movement,
    Party,
    Reversal,
    Stock,
    SubstanceId,
)

Row = Mapping[str, object]
STOCK = "stock"
_MOST = 10**15
_TRAIT = re.compile(r"[^\w:+ .,/-]+")


def read_register_line(row: Row) -> Movement | Stock:
    """Read one line of a register: a movement, or with kind `stock` a stock as it was counted at the end of the day.

    Raises:
        BadForm: something is missing or does not fit.
    """
    party, holder, substance = (
        Party(text_in(row, "party")),
        HolderId(text_in(row, "holder")),
        SubstanceId(text_in(row, "substance")),
    )
    kind, day = text_in(row, "kind"), day_in(row, "day")
    if kind == STOCK:
        return Stock(party, holder, substance, day, grams_in(row, least=0))
    if kind not in set(Flow):
        raise BadForm(f"kind is {kind!r}, not stock or one of {', '.join(Flow)}")
    other = HolderId(text_in(row, "other", ""))
    number = ConsignmentId(text_in(row, "consignment", ""))
    return Movement(
        text_in(row, "id"), party, holder, substance, Flow(kind), grams_in(row, least=1), day, number, other
    )


def read_holder(row: Row) -> LicenceHolder:
    """Read one firm; columns `address`, `phone`, `owner` become traits, and so does `traits` (`kind:value; ...`).

    `yearly` is `substance=grams; ...`.

    Raises:
        BadForm: something is missing or does not fit.
    """
    traits = {
        f"{kind}:{normal_trait(text_in(row, kind, ''))}"
        for kind in ("address", "phone", "owner")
        if text_in(row, kind, "")
    }
    traits |= set(map(normal_trait, _list(row, "traits")))
    yearly: list[tuple[SubstanceId, Grams]] = []
    for part in _list(row, "yearly"):
        substance, _, grams = part.partition("=")
        yearly.append((SubstanceId(substance.strip()), _whole(grams.strip(), "yearly", 0)))
    founded = day_in(row, "founded") if text_in(row, "founded", "") else None
    return LicenceHolder(
        HolderId(text_in(row, "id")),
        Party(text_in(row, "party")),
        founded,
        tuple(sorted(traits)),
        tuple(sorted(yearly)),
    )


def read_consignment(row: Row) -> Consignment:
    """Read one declaration; `via` is `place; place`.

    Raises:
        BadForm: something is missing or does not fit.
    """
    from_party, to_party, declared_by = (
        Party(text_in(row, name)) for name in ("from_party", "to_party", "declared_by")
    )
    if from_party == to_party or declared_by not in {from_party, to_party}:
        raise BadForm("declared_by is one of from_party and to_party, and these are two")
    hs6 = re.sub(r"\D", "", text_in(row, "hs6", ""))[:6]
    value = text_in(row, "value_minor", "")
    return Consignment(
        ConsignmentId(text_in(row, "id")), declared_by, from_party, to_party, SubstanceId(text_in(row, "substance", "")),
        text_in(row, "text", ""), text_in(row, "cas", ""), hs6, HolderId(text_in(row, "exporter")), HolderId(text_in(row, "consignee")),
        text_in(row, "origin", from_party), text_in(row, "departure", from_party), _list(row, "via"), day_in(row, "day"),
        grams_in(row, least=1), _whole(value, "value_minor", 1) if value else 0, text_in(row, "currency") if value else "",
        text_in(row, "permit", ""), re.sub(r"\D", "", text_in(row, "un", "")), int(_whole(text_in(row, "packages", "0"), "packages", 0)),
    )  # fmt: skip


def read_reversal(row: Row) -> Reversal:
    """Read one reversal as `comity precursors reverse` wrote it.

    Raises:
        BadForm: something is missing or does not fit.
    """
    at = Ms(_whole(text_in(row, "at"), "at", 0))
    return Reversal(
        AlertId(text_in(row, "alert")), text_in(row, "arithmetic"), text_in(row, "officer"), at, text_in(row, "reason")
    )


def read_trait(row: Row) -> str:
    """Read one trait of a refused order, column `trait`.

    Raises:
        BadForm: it is empty.
    """
    return normal_trait(text_in(row, "trait"))


def normal_trait(trait: str) -> str:
    """Return a trait as it is compared: small letters, single blanks, no signs that people leave out."""
    return " ".join(_TRAIT.sub("", trait.casefold()).split())


def text_in(row: Row, name: str, default: str | None = None) -> str:
    """Return a cell without blanks around it.

    Raises:
        BadForm: it is empty, and there is no default.
    """
    value = row.get(name)
    text = "" if value is None else str(value).strip()
    if text or default is not None:
        return text or (default or "")
    raise BadForm(f"{name} is missing")


def _list(row: Row, name: str) -> tuple[str, ...]:
    value = row.get(name)
    parts = (
        [str(one) for one in cast("list[object]", value)]
        if isinstance(value, list | tuple)
        else str(value or "").split(";")
    )
    return tuple(filter(None, (part.strip() for part in parts)))


def day_in(row: Row, name: str) -> date:
    """Return a day.

    Raises:
        BadForm: it is none.
    """
    text = text_in(row, name)
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise BadForm(f"{name} is {text!r}, no day such as 2026-03-31") from error


def _whole(text: str, name: str, least: int) -> Grams:
    if not (text.isascii() and text.isdecimal()) or not least <= int(text) <= _MOST:
        raise BadForm(f"{name} is {text!r}, no whole number from {least} on")
    return Grams(int(text))


def grams_in(row: Row, least: int) -> Grams:
    """Read `grams`, or `kg` with at most three decimals.

    Raises:
        BadForm: neither is there, or it is no such number.
    """
    if text_in(row, "grams", ""):
        return _whole(text_in(row, "grams"), "grams", least)
    text = text_in(row, "kg")
    try:
        grams = Decimal(text) * 1_000
    except InvalidOperation as error:
        raise BadForm(f"kg is {text!r}, no number") from error
    if not grams.is_finite() or grams != grams.to_integral_value() or not least <= grams <= _MOST:
        raise BadForm(f"kg is {text!r}, not from {least} g on in whole grams")
    return Grams(int(grams))
