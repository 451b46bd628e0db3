"""A file of rows: bad ones are told and stop nothing, a broken run goes on where it was, nothing is written twice."""

from __future__ import annotations

import json
import tracemalloc

import pytest

from comity.base.errors import BadForm
from comity.edge import screening
from comity.edge.screening import MARK_EVERY, answer_file, columns_of, job_of, mark_path, read_mark, rows_of


def made(tmp_path, text: str | bytes):
    path = tmp_path / "rows.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def answers():
    return (lambda number, cells: {"n": number, "id": cells["id"]}, lambda number, why: {"n": number, "bad": why})


def run(path, out, job="job", seen=lambda _read, _said: None):
    return answer_file(path, out, job, answers(), seen)


def lines(out) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.read_text(encoding="utf-8").splitlines()]


def test_rows_are_read_with_their_columns(tmp_path):
    path = made(tmp_path, '\ufeffID, Name \n1,"a, b"\n\n2,"two\nlines"\n3,é\n4\n')
    assert columns_of(path) == ("id", "name")
    rows = list(rows_of(path))
    assert [(row.number, dict(row.cells)) for row in rows] == [
        (1, {"id": "1", "name": "a, b"}), (2, {"id": "2", "name": "two\nlines"}), (3, {"id": "3", "name": "é"}), (4, {"id": "4"}),
    ]  # fmt: skip
    assert rows[-1].ends == path.stat().st_size


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (b"x,y,z\n", "3 cells"),
        (b"\xff\xfe,1\n", "UTF-8"),
        (b'"never closed,1\n', "quotation mark"),
        (b'a"b"c,"d"e\n', "no row of a CSV"),
        (b"y" * (200 * 1024) + b"\n", "too long"),
    ],
)
def test_a_bad_row_is_told_and_the_next_one_is_read(tmp_path, bad, told):
    rows = list(rows_of(made(tmp_path, b"id,name\n1,a\n" + bad + b"2,b\n" + b"3,c\n" * 300)))
    assert told in rows[1].fault
    assert [row.cells["id"] for row in rows if not row.fault][:2] == ["1", "2"]
    assert len(rows) == 303


def test_two_open_quotations_swallow_nothing_between_them(tmp_path):
    path = made(tmp_path, 'id,name\n1,"open\n2,b\n3,"c, d"\n4,"open\n5,e\n')
    assert [row.cells.get("id", "bad") for row in rows_of(path)] == ["bad", "2", "3", "bad", "5"]


@pytest.mark.parametrize("text", ["", b"\xff\xfe\n"])
def test_a_file_without_columns_is_refused(tmp_path, text):
    with pytest.raises(BadForm):
        columns_of(made(tmp_path, text))


def test_all_rows_are_answered_once(tmp_path):
    path = made(tmp_path, "id\n" + "".join(f"r{n}\n" for n in range(1, 6)))
    mark = run(path, tmp_path / "out.jsonl")
    assert [line["id"] for line in lines(tmp_path / "out.jsonl")] == ["r1", "r2", "r3", "r4", "r5"]
    assert mark.rows == 5
    again = run(path, tmp_path / "out.jsonl")
    assert again == mark
    assert len(lines(tmp_path / "out.jsonl")) == 5


@pytest.mark.parametrize("stops", [1, MARK_EVERY - 1, MARK_EVERY, MARK_EVERY + 1, 2 * MARK_EVERY + 7])
def test_a_broken_run_goes_on_and_writes_nothing_twice(tmp_path, stops):
    total = 2 * MARK_EVERY + 50
    path, out = made(tmp_path, "id\n" + "".join(f"r{n}\n" for n in range(1, total + 1))), tmp_path / "out.jsonl"
    done: list[int] = []

    def breaks(_read, _said):
        done.append(1)
        if len(done) == stops:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(path, out, seen=breaks)
    with out.open("ab") as file:
        file.write(b'{"half a li')  # what a machine that stops leaves behind
    run(path, out)
    assert [line["id"] for line in lines(out)] == [f"r{n}" for n in range(1, total + 1)]


def test_another_job_a_short_answer_and_a_broken_mark_are_refused(tmp_path):
    path, out = made(tmp_path, "id\nr1\nr2\n"), tmp_path / "out.jsonl"
    run(path, out)
    with pytest.raises(BadForm, match="another file, list or day"):
        run(path, out, job="other")
    out.write_text("{}\n", encoding="utf-8")
    with pytest.raises(BadForm, match="shorter"):
        run(path, out)
    mark_path(out).write_text("nonsense", encoding="utf-8")
    with pytest.raises(BadForm, match="cannot be read"):
        read_mark(out, "job")


def test_a_job_is_its_file_and_its_settings(tmp_path):
    path = made(tmp_path, "id\nr1\n")
    first = job_of(path, {"list": "a"})
    assert job_of(path, {"list": "a"}) == first
    assert job_of(path, {"list": "b"}) != first
    path.write_text("id\nr2\n", encoding="utf-8")
    assert job_of(path, {"list": "a"}) != first


def test_memory_does_not_grow_with_the_file(tmp_path):
    path, out = made(tmp_path, "id\n" + "".join(f"r{n}\n" for n in range(8_000))), tmp_path / "out.jsonl"
    tracemalloc.start()
    try:
        run(path, out)
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert screening.MARK_EVERY < 8_000
