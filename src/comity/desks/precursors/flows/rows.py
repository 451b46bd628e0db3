"""Registers, stocks, firms, declarations, alerts and reversals as rows of the store.

The rule it keeps: a repeat writes nothing, and nothing is written over; a register that was corrected comes with a new
number, a second reversal of the same arithmetic leaves the first one standing.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import date

from comity.base.ids import Ms
from comity.desks.precursors.flows.model import (
    Alert,
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
from comity.desks.precursors.flows.trade import Trade
from comity.dispatch.columns import int_of, text_of
from comity.dispatch.ports import Tx


def keep_movements(tx: Tx, movements: Iterable[Movement]) -> None:
    """Write lines of registers; one that is there already stays as it is."""
    tx.many(
        "INSERT INTO precursors_movement (party, id, holder, substance, kind, grams, day, consignment, other)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (party, id) DO NOTHING",
        (
            (o.party, o.id, o.holder, o.substance, o.kind.value, o.grams, o.day.isoformat(), o.consignment, o.other)
            for o in movements
        ),
    )


def keep_stocks(tx: Tx, stocks: Iterable[Stock]) -> None:
    """Write counted stocks."""
    tx.many(
        "INSERT INTO precursors_stock (party, holder, substance, day, grams) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (party, holder, substance, day) DO NOTHING",
        ((one.party, one.holder, one.substance, one.day.isoformat(), one.grams) for one in stocks),
    )


def keep_holders(tx: Tx, holders: Iterable[LicenceHolder]) -> None:
    """Write firms; what a register says of one later takes the place of what it said before."""
    tx.many(
        "INSERT INTO precursors_holder (party, id, rest) VALUES (?, ?, ?)"
        " ON CONFLICT (party, id) DO UPDATE SET rest = excluded.rest",
        (
            (
                one.party,
                one.id,
                _pack([one.founded and one.founded.isoformat(), one.traits, one.yearly]),
            )
            for one in holders
        ),
    )


def keep_consignments(tx: Tx, consignments: Iterable[Consignment]) -> None:
    """Write declarations, one of each side."""
    tx.many(
        "INSERT INTO precursors_consignment (id, declared_by, day, rest) VALUES (?, ?, ?, ?)"
        " ON CONFLICT (id, declared_by) DO NOTHING",
        ((one.id, one.declared_by, one.day.isoformat(), _pack(_rest(one))) for one in consignments),
    )


def read_trade(tx: Tx, until: date, refused: frozenset[str] = frozenset()) -> Trade:
    """Return all that is kept up to and with a day."""
    last = (until.isoformat(),)
    movements = tx.rows(
        "SELECT party, id, holder, substance, kind, grams, day, consignment, other FROM precursors_movement"
        " WHERE day <= ? ORDER BY party, id",
        last,
    )
    stocks = tx.rows(
        "SELECT party, holder, substance, day, grams FROM precursors_stock WHERE day <= ? ORDER BY 1, 2, 3, 4", last
    )
    holders = tx.rows("SELECT party, id, rest FROM precursors_holder ORDER BY party, id")
    declared = tx.rows(
        "SELECT id, declared_by, day, rest FROM precursors_consignment WHERE day <= ? ORDER BY id, declared_by", last
    )
    return Trade(
        until,
        tuple(
            Movement(
                text_of(row[1]),
                Party(text_of(row[0])),
                HolderId(text_of(row[2])),
                SubstanceId(text_of(row[3])),
                Flow(text_of(row[4])),
                Grams(int_of(row[5])),
                date.fromisoformat(text_of(row[6])),
                ConsignmentId(text_of(row[7])),
                HolderId(text_of(row[8])),
            )
            for row in movements
        ),
        tuple(
            Stock(
                Party(text_of(row[0])),
                HolderId(text_of(row[1])),
                SubstanceId(text_of(row[2])),
                date.fromisoformat(text_of(row[3])),
                Grams(int_of(row[4])),
            )
            for row in stocks
        ),
        tuple(_holder(text_of(row[0]), text_of(row[1]), text_of(row[2])) for row in holders),
        tuple(_consignment(text_of(r[0]), text_of(r[1]), text_of(r[2]), text_of(r[3])) for r in declared),
        refused,
    )


def keep_alerts(tx: Tx, alerts: Iterable[Alert], now: Ms) -> None:
    """Write alerts as they stand; the same arithmetic is written once, with the time at which it was first seen."""
    tx.many(
        "INSERT INTO precursors_alert (id, arithmetic, kind, subject, score_milli, lines, first_at)"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id, arithmetic) DO NOTHING",
        (
            (
                one.id,
                one.arithmetic,
                one.kind.value,
                _pack(one.subject),
                one.score_milli,
                _pack([*map(str, one.lines)]),
                now,
            )
            for one in alerts
        ),
    )


def keep_reversal(tx: Tx, one: Reversal) -> None:
    """Write an officer's word; the first one for an arithmetic stands."""
    tx.run(
        "INSERT INTO precursors_reversal (alert, arithmetic, officer, at, reason) VALUES (?, ?, ?, ?, ?)"
        " ON CONFLICT (alert, arithmetic) DO NOTHING",
        (one.alert, one.arithmetic, one.officer, one.at, one.reason),
    )


def read_reversals(tx: Tx) -> tuple[Reversal, ...]:
    """Return every reversal, oldest first."""
    rows = tx.rows(
        "SELECT alert, arithmetic, officer, at, reason FROM precursors_reversal ORDER BY at, alert, arithmetic"
    )
    return tuple(
        Reversal(AlertId(text_of(r[0])), text_of(r[1]), text_of(r[2]), Ms(int_of(r[3])), text_of(r[4])) for r in rows
    )


def _pack(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _rest(one: Consignment) -> list[object]:
    parties = [one.from_party, one.to_party, one.substance, one.text, one.cas, one.hs6, one.exporter, one.consignee]
    return [
        *parties,
        one.origin,
        one.departure,
        one.via,
        one.grams,
        one.value_minor,
        one.currency,
        one.permit,
        one.un,
        one.packages,
    ]


def _consignment(number: str, declared_by: str, day: str, rest: str) -> Consignment:
    (
        sender,
        taker,
        substance,
        text,
        cas,
        hs6,
        exporter,
        consignee,
        origin,
        departure,
        via,
        grams,
        value,
        currency,
        permit,
        *more,
    ) = json.loads(rest)
    return Consignment(
        ConsignmentId(number), Party(declared_by), Party(sender), Party(taker), SubstanceId(substance), text, cas, hs6,
        HolderId(exporter), HolderId(consignee), origin, departure, tuple(via), date.fromisoformat(day), Grams(grams),
        value, currency, permit, *more,
    )  # fmt: skip


def _holder(party: str, number: str, rest: str) -> LicenceHolder:
    founded, traits, yearly = json.loads(rest)
    return LicenceHolder(
        HolderId(number),
        Party(party),
        date.fromisoformat(founded) if founded else None,
        tuple(traits),
        tuple((SubstanceId(substance), Grams(grams)) for substance, grams in yearly),
    )
