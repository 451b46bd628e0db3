"""What stands in the file for the international board, and what never does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from comity.base.errors import BadForm
from comity.base.ids import DispatchId, Ms, show_id
from comity.desks.precursors.agreed import Word
from comity.desks.precursors.boardcopy import BoardCopies, Given, digest_of
from comity.desks.precursors.body import read
from comity.desks.precursors.model import Incident
from comity.dispatch.filing import TakenBack
from comity.dispatch.ports import Tx
from comity.edge.opening import read_schema
from comity.edge.schema import Schema
from comity.edge.sqlite import SqliteStore
from tests.unit.desks.precursors.forms import BUYER, DAY, FIRM, HOUR, IMPORTER, PEN, T0, filing, ident

REST = {"made": "2026-07-20T10:00:00Z", "accord": "two", "sides": {"ours": "south", "theirs": "north"}, "proof": []}
PERSON = {"name": "A. Heron", "address": "Hill 3", "natural": True}
REPORT = {"state": "reported", "what": "seizure", "copy": True, "text": "Said by A. Heron."}


@pytest.fixture
def tx() -> Iterator[Tx]:
    schema = Schema("precursors", read_schema("comity.desks.precursors"))
    with SqliteStore(":memory:", (schema,)).begin() as tx:
        yield tx


def says(tx: Tx, number: int, kind: str, form: dict[str, Any], at: int, *, ours: bool, re: int = 0) -> None:
    more = {"re": (ident(re),)} if re else {}
    IMPORTER.file(tx, filing(number, kind, form, ours=ours, at=at, **more))


def file_of(tx: Tx, report: dict[str, Any], pen: dict[str, Any] = PEN) -> dict[str, Any]:
    says(tx, 1, "pen", pen, HOUR, ours=False)
    says(tx, 2, "shipped", {"day": "2026-08-20", "counts": [{"line": 1, "grams": 200_000}]}, DAY, ours=False, re=1)
    says(
        tx,
        3,
        "arrived-quantity",
        {"day": "2026-08-30", "counts": [{"line": 1, "grams": 190_000}]},
        2 * DAY,
        ours=True,
        re=1,
    )
    says(tx, 8, "incident", report, 3 * DAY, ours=False, re=1)
    with pytest.raises(BadForm, match="only one side approves"):
        BoardCopies(IMPORTER).content(tx, ident(8), REST)
    says(tx, 9, "incident", {"state": "copy-agreed"}, 4 * DAY, ours=True, re=8)
    found: dict[str, Any] = json.loads(BoardCopies(IMPORTER).content(tx, ident(8), REST))
    return found


def test_the_five_elements_quantities_and_both_approvals_are_there(tx: Tx) -> None:
    found = file_of(tx, REPORT)["notification"]
    assert found["exporter"] == FIRM
    assert found["lines"][0]["grams"] == 200_000
    assert (found["lines"][0]["grams_left"], found["lines"][0]["grams_arrived"]) == (200_000, 190_000)
    assert (found["entry"], found["leaves"]) == ("Crossing Port", "2026-08-20")
    assert BoardCopies(IMPORTER).named(tx, ident(8)) == (ident(8), ident(9), ident(1))


@pytest.mark.parametrize(
    ("firms", "importer"),
    [([], {"withheld": "unnamed"}), ([{**BUYER, "name": "pivot  REAGENTS", "telephone": "5"}], BUYER)],
)
def test_a_buyer_is_named_only_where_the_incident_names_it(tx: Tx, firms: list[Any], importer: dict[str, str]) -> None:
    found = file_of(tx, {**REPORT, "firms": firms} if firms else REPORT)
    assert found["notification"]["importer"] == importer
    assert all("telephone" not in one for one in found["incident"].get("firms", ()))


def test_no_person_and_no_free_text_is_in_it(tx: Tx) -> None:
    pen = {**PEN, "exporter": PERSON, "consignee": PERSON, "text": "A. Heron", "notify": PERSON, "end_use": "A. Heron"}
    found = file_of(tx, {**REPORT, "firms": [PERSON], "items": [{"label": "who", "value": "A. Heron"}]}, pen)
    assert "Heron" not in json.dumps(found)
    assert found["notification"]["exporter"] == found["notification"]["consignee"] == {"withheld": "person"}
    assert {"incident text", "incident items", "incident persons", "notification notify"} <= set(found["left_out"])


def test_a_firm_that_was_removed_is_withheld_as_such(tx: Tx) -> None:
    pen = filing(1, "pen", {**PEN, "exporter": PERSON}, ours=False, at=HOUR)
    IMPORTER.file(tx, replace(pen, body=IMPORTER.redact("pen", pen.body, frozenset({"person"}))[0]))
    says(tx, 8, "incident", REPORT, 3 * DAY, ours=False, re=1)
    says(tx, 9, "incident", {"state": "copy-agreed"}, 4 * DAY, ours=True, re=8)
    found = json.loads(BoardCopies(IMPORTER).content(tx, ident(8), REST))
    assert found["notification"]["exporter"] == {"withheld": "removed"}
    assert "Heron" not in json.dumps(found)


def test_an_incident_that_stands_alone_has_no_notification(tx: Tx) -> None:
    says(tx, 8, "incident", {**REPORT, "lines": PEN["lines"]}, HOUR, ours=False)
    says(tx, 9, "incident", {"state": "copy-agreed"}, 2 * HOUR, ours=True, re=8)
    found = json.loads(BoardCopies(IMPORTER).content(tx, ident(8), REST))
    assert found["notification"] is None
    assert found["incident"]["lines"][0]["substance"] == "4-piperidone hydrochloride"
    assert (found["incident"]["dispatch"], found["incident"]["side"]) == (show_id(ident(8)), "north")


def test_what_was_given_is_kept_once_and_erased_with_the_incident(tx: Tx) -> None:
    copies = BoardCopies(IMPORTER)
    content = json.dumps(file_of(tx, REPORT)).encode()
    one = Given(ident(8), ident(9), bytes(16), 7, Ms(T0), ("requests", 33), digest_of(content), content, None)
    copies.note_given(tx, one)
    copies.note_given(tx, Given(ident(8), ident(9), bytes(16), 8, Ms(T0), ("requests", 34), bytes(32), b"", None))
    assert copies.given(tx, ident(8)) == one
    copies.note_told(tx, ident(8), DispatchId(ident(11)))
    copies.note_told(tx, ident(8), DispatchId(ident(12)))
    IMPORTER.erase(tx, ident(8), filing(8, "incident", REPORT, ours=False).case)
    kept = copies.given(tx, ident(8))
    assert kept is not None
    assert (kept.content, kept.digest, kept.told) == (b"", digest_of(content), ident(11))
    with pytest.raises(BadForm, match="nobody asked"):
        copies.approved(tx, ident(8))


def test_after_one_took_it_back_there_is_no_file(tx: Tx) -> None:
    file_of(tx, REPORT)
    IMPORTER.take_back(tx, TakenBack(ident(9), ident(20), "recall", True, Ms(T0 + 5 * DAY)))
    with pytest.raises(BadForm, match="took its approval of this copy back"):
        BoardCopies(IMPORTER).content(tx, ident(8), REST)


def test_where_a_copy_stands_is_told_and_the_word_of_it_names_the_file_by_its_hash(tx: Tx) -> None:
    copies = BoardCopies(IMPORTER)
    assert copies.standing(tx, ident(8)).word is Word.NOT_ASKED
    assert copies.given(tx, ident(8)) is None
    content = json.dumps(file_of(tx, REPORT)).encode()
    found = copies.standing(tx, ident(8))
    assert (found.word, found.asked and found.asked.id, found.agreed and found.agreed.id) == (
        Word.AGREED,
        ident(8),
        ident(9),
    )
    one = Given(ident(8), ident(9), bytes(16), 7, Ms(T0), ("requests", 33), digest_of(content), content, None)
    kind, form = copies.word_of_it(one)
    says(tx, 10, kind, form, 5 * DAY, ours=True, re=8)
    ((body,),) = tx.rows("SELECT body FROM precursors_dispatch WHERE id = ?", (ident(10),))
    told = read(kind, body).body
    assert isinstance(told, Incident)
    assert (told.state, told.digest) == ("copy-given", digest_of(content))
