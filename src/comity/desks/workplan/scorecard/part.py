"""What the desk knows of scorecards: one kind, `scorecard`, by which a side says what it counted, and goes into detail.

The rule it keeps: a statement is figures, hashes and two bits a leaf; no text of a person is in it, so there is nothing to scan,
to label or to strike.
"""  # spec: scenarios.md 7

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from comity.base.bodies import tidy
from comity.base.cbor import Value, decode, encode
from comity.base.errors import BadEnvelope, BadForm
from comity.base.ids import CaseId, Digest, DispatchId, Ms
from comity.base.readers import Misfit, list_of, number_of, record_of, word_of
from comity.desk import Facts, Filing
from comity.desks.workplan.part import Part
from comity.desks.workplan.scorecard import codec
from comity.desks.workplan.scorecard.comparing import BUCKET, SHORT
from comity.desks.workplan.scorecard.model import Period
from comity.dispatch.columns import bytes_of
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.screen import BodyLine

KIND: Final = "scorecard"
STATEMENT, DETAIL = "statement", "detail"
MOST_BUCKETS: Final = 256
"""Buckets that one detail goes into: at most 512 KiB of digests."""
_DIGEST = 32


@dataclass(frozen=True, slots=True)
class Body:
    """What one side says: a whole `statement` (`codec.encode_statement`), or `digests` of the leaves of some buckets.

    `of` is the digest of the scorecard into which a detail goes.
    """

    state: str
    statement: bytes = b""
    of: bytes = b""
    buckets: tuple[int, ...] = ()
    digests: bytes = b""
    unknown: tuple[str, ...] = ()


def _octets(value: Value) -> bytes:
    if not isinstance(value, bytes):
        raise Misfit("is not bytes")
    return value


def _places(value: Value) -> tuple[int, ...]:
    return tuple(number_of(one) for one in list_of(value))


_READ = record_of(
    Body,
    {
        "state": word_of({STATEMENT, DETAIL}),
        "statement": _octets,
        "of": _octets,
        "buckets": _places,
        "digests": _octets,
    },
    {"state"},
)


def read(data: bytes) -> tuple[Body, codec.Statement | None]:
    """Read a body, ours or the peer's, and the statement in it.

    Raises:
        BadEnvelope: it is not canonical or does not fit.
    """
    value = decode(data)
    try:
        body = _READ(value)
    except Misfit as misfit:
        raise BadEnvelope(f"a body of kind {KIND} does not fit: {misfit}") from None
    assert isinstance(body, Body)
    if body.state == STATEMENT:
        return body, codec.decode_statement(body.statement)
    least, most = (len(body.buckets) - 1) * BUCKET * SHORT, len(body.buckets) * BUCKET * SHORT
    if len(body.of) != _DIGEST or not 0 < len(body.buckets) <= MOST_BUCKETS or not least < len(body.digests) <= most:
        raise BadEnvelope("a detail of a scorecard does not fit the buckets that it names")
    return body, None


class ScorecardPart:
    """Statements of scorecards."""

    @property
    def kinds(self) -> frozenset[str]:
        """Return the kinds that are this part's."""
        return frozenset({KIND})

    def compose(self, kind: str, form: Mapping[str, Value]) -> bytes:
        """Check a form and return the canonical body bytes; bytes may be given as base64.

        Raises:
            BadForm: a field is missing, unknown or ill-formed; the message names it.
        """
        tidied = tidy({name: _bytes(name, value) for name, value in form.items()})
        assert isinstance(tidied, dict)
        data = encode(tidied)
        try:
            body, _ = read(data)
        except BadEnvelope as error:
            raise BadForm(f"{kind}: {error}; nothing was kept") from None
        if body.unknown:
            raise BadForm(f"{kind} has no field called {body.unknown[0]}; nothing was kept")
        return data

    def facts(self, kind: str, body: bytes) -> Facts:  # noqa: ARG002  one kind
        """Read what the law must know from a body: it states nothing about anyone.

        Raises:
            BadEnvelope: the body is not canonical or does not fit.
        """
        found, _ = read(body)
        nothing: frozenset[str] = frozenset()
        return Facts(
            stage=found.state,
            asserts=False,
            tagged=nothing,
            asks=nothing,
            records=nothing,
            own_power=False,
            known_for=nothing,
            third_state=False,
            texts=(),
        )

    def lines(self, kind: str, body: bytes) -> tuple[BodyLine, ...]:  # noqa: ARG002  one kind
        """Lay a body out for a page; errors as `facts`."""
        found, said = read(body)
        lines = [BodyLine("state", found.state, None, None)]
        if said is not None:
            lines += [BodyLine("digest", codec.digest(said.scorecard).hex(), None, None)]
        return tuple(lines)

    def file(self, tx: Tx, filing: Filing) -> None:
        """Write the row of one statement or detail; one that our law did not admit has no body and no row."""
        if not filing.body:
            return
        body, said = read(filing.body)
        card = said.scorecard if said is not None else None
        period = card.period if card is not None else Period(Ms(0), Ms(0))
        of_card = codec.digest(card) if card is not None else Digest(body.of)
        tx.run(
            "INSERT INTO workplan_scorecard (id, ours, state, begins, ends, of_card, made, said)"
            " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING",
            (
                filing.header.id,
                int(filing.ours),
                body.state,
                period.begins,
                period.ends,
                of_card,
                filing.header.created,
                filing.body,
            ),
        )

    def take_back(self, tx: Tx, taken: TakenBack) -> None:
        """Do nothing more: a later statement of the same period stands in the place of an earlier one."""

    def erase(self, tx: Tx, dispatch: DispatchId, case: CaseId) -> None:  # noqa: ARG002  asked of every part
        """Take a statement out of this part's rows."""
        tx.run("DELETE FROM workplan_scorecard WHERE id = ?", (dispatch,))


PARTS: tuple[Part, ...] = (ScorecardPart(),)


def newest(tx: Tx, period: Period, *, ours: bool) -> codec.Statement | None:
    """Return the newest statement of a period, ours or theirs; None if there is none."""
    rows = tx.rows(
        "SELECT said FROM workplan_scorecard WHERE ours = ? AND state = ? AND begins = ? AND ends = ?"
        " ORDER BY made DESC, id DESC LIMIT 1",
        (int(ours), STATEMENT, period.begins, period.ends),
    )
    return read(bytes_of(rows[0][0]))[1] if rows else None


def stated(tx: Tx, period: Period) -> bool:
    """Say whether we stated a period at any time."""
    rows = tx.rows(
        "SELECT 1 FROM workplan_scorecard WHERE ours = 1 AND state = ? AND begins = ? AND ends = ? LIMIT 1",
        (STATEMENT, period.begins, period.ends),
    )
    return bool(rows)


def detailed(tx: Tx, card: Digest) -> bool:
    """Say whether we went into detail of our result of one digest."""
    rows = tx.rows(
        "SELECT 1 FROM workplan_scorecard WHERE ours = 1 AND state = ? AND of_card = ? LIMIT 1", (DETAIL, card)
    )
    return bool(rows)


def details(tx: Tx, card: Digest) -> tuple[Body, ...]:
    """Return the details that the other side gave of its own result of one digest, oldest first."""
    rows = tx.rows(
        "SELECT said FROM workplan_scorecard WHERE ours = 0 AND state = ? AND of_card = ? ORDER BY made, id",
        (DETAIL, card),
    )
    return tuple(read(bytes_of(said))[0] for (said,) in rows)


def _bytes(name: str, value: Value) -> Value:
    if name in {"statement", "of", "digests"} and isinstance(value, str):
        try:
            return base64.b64decode(value, validate=True)
        except (binascii.Error, ValueError):
            raise BadForm(f"{KIND}: {name} is not base64; nothing was kept") from None
    return value
