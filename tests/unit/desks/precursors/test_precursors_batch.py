"""Many notifications from one file: a bad row stops no other and says why; rows with one reference are one notification."""

from __future__ import annotations

import csv
import io

import pytest

from comity.desks.precursors.batch import COLUMNS, from_rows, from_tables
from comity.desks.precursors.body import parse_body
from comity.desks.precursors.model import Pen
from tests.unit.desks.precursors.forms import EXPORTER, PEN

HEAD = "reference,substance,kg,cas,exporter,exporter_address,importer,importer_address,entry,leaves"
GOOD = "T-1,4-piperidone,200,41661-47-6,Tern,Dock 4,Pivot,Hill 2,Crossing,2026-08-20"


def read(*lines: str, head: str = HEAD):
    rows = csv.DictReader(io.StringIO("\n".join([head, *lines])), restkey="beyond the last column")
    return from_rows(
        (n, {k: v if isinstance(v, str | None) else ",".join(v) for k, v in row.items()})
        for n, row in enumerate(rows, 2)
    )


def test_a_bad_row_stops_no_other() -> None:
    lines = [
        GOOD,
        GOOD.replace("T-1", "T-2").replace("200", "a lot"),
        GOOD.replace("T-1", "T-3").replace("2026-08-20", "2026-13-01"),
        GOOD.replace("T-1", "T-4").replace("Dock 4", ""),
        GOOD.replace("T-1", "T-5") + ",one more",
        GOOD.replace("T-1", "T-6").replace("41661-47-6", "41661"),
        GOOD.replace("T-1", "T-7").replace("Crossing", ""),
        GOOD.replace("T-1", "T-8"),
    ]
    found = read(*lines)
    assert [one.reference for one in found if one.form is not None] == ["T-1", "T-8"]
    reasons = {one.reference: one.reason for one in found if one.form is None}
    assert reasons == {
        "T-2": "kg is not a number that can be counted here: 'a lot'",
        "T-3": "leaves is a day that there is not",
        "T-4": "a firm has a name and an address, or what was removed",
        "T-5": "there is no column called beyond the last column",
        "T-6": "lines cas does not have the form of such a text",
        "T-7": "lacks route.entry, the point of entry, one of the five things that a notification says",
    }
    assert [one.line for one in found] == list(range(2, 10))


def test_rows_with_one_reference_are_one_notification_or_none() -> None:
    two = GOOD, GOOD.replace("4-piperidone,200,41661-47-6", "1-benzyl-4-piperidone,0.025,3612-20-2")
    (found,) = read(*two)
    assert found.form is not None
    body = parse_body("pen", EXPORTER.compose("pen", found.form))
    assert isinstance(body, Pen)
    assert [(line.substance, line.grams) for line in body.lines] == [
        ("4-piperidone", 200_000),
        ("1-benzyl-4-piperidone", 25),
    ]
    (bad,) = read(two[0], two[1].replace("0.025", ""))
    assert (bad.line, bad.form) == (2, None)
    assert len(read(GOOD.replace("T-1", ""), GOOD.replace("T-1", ""))) == 2, "without a reference each row is its own"


def test_every_column_is_read() -> None:
    values = {
        "percent": "30.5", "packages": "8", "voluntary": "yes", "first_time": "x", "form": "mixture", "hs": "2933.39",
        "un": "2811", "inchikey": "CBMYFVSIIYILRH-UHFFFAOYSA-N", "mode": "sea", "permit": "export", "permit_number": "E-1",
        "permit_issued": "2026-07-01", "permit_until": "2026-12-01", "amount": "12.50", "currency": "XOD", "kg": "0.5",
        "cas": "41661-47-6", "leaves": "2026-08-20", "lands": "2026-09-01", "applied": "2026-07-01", "answer_by": "2026-07-20",
    }  # fmt: skip
    row = {column: values.get(column, f"some {column}") for column in COLUMNS}
    (found,) = from_rows([(2, row)])
    assert not found.reason
    assert found.form is not None
    body = parse_body("pen", EXPORTER.compose("pen", found.form))
    assert isinstance(body, Pen)
    (line,) = body.lines
    assert (line.grams, line.share, line.packages, line.voluntary, body.first_time) == (500, 305, 8, True, True)
    assert body.worth is not None
    assert body.worth.hundredths == 1250
    assert body.route is not None
    assert (body.route.transit, body.broker and body.broker.name) == ("some transit", "some broker")


@pytest.mark.parametrize(
    ("column", "text", "said"),
    [("voluntary", "perhaps", "yes or no"), ("amount", "1.234", "amount is not"), ("packages", "1.5", "packages is not"), ("percent", "inf", "percent is not")],
)  # fmt: skip
def test_what_cannot_be_counted_is_said(column: str, text: str, said: str) -> None:
    (found,) = read(GOOD + f",{text}", head=f"{HEAD},{column}")
    assert said in found.reason


def test_tables_are_forms_of_their_own() -> None:
    good, bad, none = from_tables(
        [{key: PEN[key] for key in PEN if key not in {"state", "version"}}, {**PEN, "colour": 1}, "x"]
    )
    assert good.form is not None
    assert bad.reason == "pen has no field called colour"
    assert (none.line, none.reason) == (3, "is no table of fields")
    assert from_rows([]) == ()
