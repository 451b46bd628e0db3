"""A bench names its figures, measures what it says, and leaves nothing behind; speed itself is no test."""

from __future__ import annotations

import asyncio
import json
import os
import time
from types import SimpleNamespace

import pytest

from comity.base.errors import BadForm
from comity.base.ids import Ms
from comity.cli import bench
from comity.cli.bench import core, exchange, law, log, pen, screen
from comity.cli.demo.stage import build, find_data
from tests.unit.cli.pair import typed
from tests.unit.desks.precursors.forms import EXPORTER
from tests.unit.edge.twofolders import ROOT


def test_the_log_is_measured_and_shown_as_json_and_as_a_table(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(log, "LEAVES", 2_500)
    monkeypatch.setattr(log, "PROOFS", 40)
    words = ("bench", "log", "--quick", "--data", ROOT, "--disk", tmp_path)
    code, said, _ = typed(capsys, *words, "--json")
    assert code == 0
    figures = json.loads(said)
    assert set(figures) == {"log"}
    assert set(figures["log"]) == {"appends_per_s", "proofs_per_s", "audit_leaves_per_s"}
    assert all(value > 0 for value in figures["log"].values())
    code, said, _ = typed(capsys, *words)
    assert (code, "log.appends_per_s" in said) == (0, True)
    assert not list(tmp_path.iterdir())


def test_a_log_that_does_not_pass_its_audit_gives_no_figure(monkeypatch, tmp_path):
    monkeypatch.setattr(log, "LEAVES", 300)
    monkeypatch.setattr(log, "PROOFS", 4)
    true = log._export

    def spoils(rows, entries, folder):
        true(rows, entries, folder)
        path = folder / "tile" / "entries" / "000"
        path.write_bytes(path.read_bytes().replace(b"e", b"f", 1))

    monkeypatch.setattr(log, "_export", spoils)
    with pytest.raises(AssertionError, match="did not pass its audit"):
        log.bench_log(True, tmp_path)


def test_the_core_alone_is_measured_step_by_step(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr(core, "_FEW_ROUNDS", 2)
    monkeypatch.setattr(core, "_WARM", 1)
    code, said, _ = typed(capsys, "bench", "core", "--quick", "--data", ROOT, "--disk", tmp_path, "--json")
    assert code == 0
    figures = json.loads(said)["core"]
    assert set(figures) == {"cpu_us_per_dispatch", "steps", "calibration", "machine"}
    assert set(figures["steps"]) == {"submit_and_speak", "take_and_speak", "take_answer"}
    assert all(value > 0 for value in figures["steps"].values())
    assert sum(figures["steps"].values()) == pytest.approx(figures["cpu_us_per_dispatch"]["mean"])
    assert not list(tmp_path.iterdir())


def test_a_core_whose_dispatches_do_not_cross_gives_no_figure(monkeypatch, tmp_path):
    monkeypatch.setattr(core, "_WARM", 1)
    monkeypatch.setattr(core, "Comity", SimpleNamespace(officer=999))
    with pytest.raises(RuntimeError, match="not all"):
        core.bench_core(True, tmp_path, root=ROOT)


def test_the_screening_is_measured(capsys, monkeypatch):
    monkeypatch.setattr(screen, "ROWS", 60)
    code, said, _ = typed(capsys, "bench", "screen", "--quick", "--data", ROOT, "--json")
    assert code == 0
    figures = json.loads(said)["screen"]
    assert set(figures) == {"rules", "structures_per_s", "names_per_s", "rows_per_s", "class_matches_per_s"}
    assert all(value > 0 for value in figures.values())
    monkeypatch.setattr(screen, "find_spec", lambda _name: None)
    with pytest.raises(BadForm, match="precursors"):
        screen.bench_screen(True, ROOT / "substances")


def test_the_law_is_measured_on_the_cases_of_the_days(capsys, monkeypatch):
    monkeypatch.setattr(law, "DECISIONS", 20)
    monkeypatch.setattr(law, "REMEMBERED", 200)
    code, said, _ = typed(capsys, "bench", "law", "--quick", "--data", ROOT, "--json")
    assert code == 0
    figures = json.loads(said)
    assert set(figures) == {"law"}
    assert {"ca", "in"} <= set(figures["law"])
    for name, measured in figures["law"].items():
        assert set(measured) == {"questions", "rules", "decisions_per_s", "remembered_per_s"}, name
        assert all(value > 0 for value in measured.values())


def test_a_measured_answer_from_memory_is_one_and_a_bare_one_is_not(monkeypatch):
    seen = []
    true = law._ask

    def counts(gate, asked):
        taken = true(gate, asked)
        seen.append((getattr(gate, "hits", None), getattr(gate, "misses", None), len({id(q) for q, _ in asked})))
        return taken

    monkeypatch.setattr(law, "_ask", counts)
    monkeypatch.setattr(law, "DECISIONS", 20)
    monkeypatch.setattr(law, "REMEMBERED", 200)
    figures = law.bench_law(True, ROOT / "laws")
    assert len(seen) == 4 * len(figures)
    first = seen[:4]
    assert [hits is None for hits, _, _ in first] == [True, False, True, False]
    filled, asked = first[1], first[3]
    assert asked[0] - filled[0] == asked[2] == 200, "each from memory, and each a new object"


def test_a_folder_without_cases_gives_no_figure(tmp_path):
    with pytest.raises(BadForm, match="holds no cases to ask"):
        law.bench_law(True, tmp_path)


def test_without_the_projects_data_it_says_where_to_look(capsys, tmp_path):
    code, _, error = typed(capsys, "bench", "log", "--data", tmp_path)
    assert (code, "holds no accords; name the project's folder with --data" in error) == (2, True)


def test_the_exchange_is_asked_for_by_name_and_gets_a_private_folder(capsys, monkeypatch, tmp_path):
    seen = []

    def measured(quick, folder, *, root, databases):
        seen.append((quick, folder.stat().st_mode & 0o777, root))
        assert databases == []
        return {"one_at_a_time": {"p50_ms": 1.0}, "machine": {"cpu": "x"}}

    monkeypatch.setattr(bench, "bench_exchange", measured)
    code, said, _ = typed(capsys, "bench", "exchange", "--quick", "--data", ROOT, "--disk", tmp_path)
    assert (code, seen) == (0, [(True, 0o700, ROOT)])
    assert "one_at_a_time.p50_ms" in said
    assert "1.000" in said


# --- the exchange's pure parts ---------------------------------------------------------------------------------------


class Echo:
    """A target whose far end sees each message a moment later, or before the near end has answered."""

    def __init__(self) -> None:
        self.under_way = self.most = 0
        self.closed = False

    async def open(self, seen):
        self.seen = seen

    async def send(self, number, text):
        assert len(text) == exchange._BODY_BYTES
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        loop = asyncio.get_running_loop()
        one = f"{number}-{text[:24]}"
        if number % 2:
            self.seen(one, time.perf_counter())
            self.seen(one, time.perf_counter() + 9)
        else:
            loop.call_later(0.001, lambda: self.seen(one, time.perf_counter()))
        await asyncio.sleep(0.001)
        self.under_way -= 1
        return one

    def cpu_seconds(self):
        return 1.0

    async def close(self):
        self.closed = True


def test_one_at_a_time_and_thirty_two_in_flight():
    target = Echo()
    figures = asyncio.run(exchange.measure(target, singles=3, many=64))
    assert figures["one_at_a_time"]["dispatches"] == 3
    assert 0 <= figures["one_at_a_time"]["p50_ms"] <= figures["one_at_a_time"]["p99_ms"] < 9_000
    assert figures["in_flight_32"]["dispatches"] == 64
    assert figures["in_flight_32"]["cpu_ms_per_dispatch"] == 0
    assert figures["extra"] == {}
    assert target.most == 32
    assert target.closed


def test_a_target_that_fails_is_closed():
    target = Echo()

    async def fail(*_):
        raise RuntimeError("planted")

    target.send = fail
    with pytest.raises(RuntimeError):
        asyncio.run(exchange.measure(target, singles=1, many=1))
    assert target.closed


def test_two_nodes_are_measured_by_their_own_doors(tmp_path):
    tmp_path.chmod(0o700)
    stage = build(tmp_path, find_data(ROOT, "india-canada"), Ms(exchange.read_moment(exchange.START)), tick_ms=0)
    figures = asyncio.run(exchange.measure(exchange.Comity(stage), singles=1, many=32))
    assert figures["one_at_a_time"]["p50_ms"] > 0
    assert figures["in_flight_32"]["cpu_ms_per_dispatch"] > 0
    assert 0 < figures["extra"]["sender"] <= 1
    assert 0 < figures["extra"]["receiver"] <= 1
    assert all(actor.process.poll() == 0 for actor in stage.actors)


def test_the_whole_bench_puts_its_figures_beside_the_machines(tmp_path, monkeypatch):
    flight = {"per_s": 500.0, "cpu_ms_per_dispatch": 2.0}
    asked = []

    async def measured(target, *, singles, many):
        asked.append((singles, many))
        return {"one_at_a_time": {"p50_ms": 8.0, "p99_ms": 16.0}, "in_flight_32": flight, "extra": {"sender": 0.5}}

    monkeypatch.setattr(exchange, "measure", measured)
    monkeypatch.setattr(exchange, "calibrate", lambda: 4.0)
    tmp_path.chmod(0o700)
    figures = exchange.bench_exchange(True, tmp_path, root=ROOT)
    assert asked == [(150, 4_000)]
    assert figures["ratios"] == {
        "one_at_a_time_p50_in_signatures": 2.0,
        "one_at_a_time_p99_in_signatures": 4.0,
        "in_flight_32_dispatches_a_signature": 2.0,
        "in_flight_32_cpu_in_signatures": 0.5,
    }
    assert figures["gate"] == {"from_memory": {"sender": 0.5}}
    assert figures["calibration"]["ml_dsa_65_sign_ms"] == 4.0
    assert figures["calibration"]["flush_ms"] >= 0
    assert "extra" not in figures


def test_shares_texts_and_the_machine():
    assert [exchange.at_share([1, 2, 3, 4], share) for share in (0.0, 0.5, 0.99, 1.0)] == [1, 3, 4, 4]
    texts = exchange.texts()
    first, second = next(texts), next(texts)
    assert first != second
    assert len(first) == len(second) == exchange._BODY_BYTES
    assert exchange.machine()["cores"] == os.cpu_count()
    assert exchange.cpu_seconds_of(os.getpid()) > 0
    assert exchange._own_cpu() > 0
    assert exchange._lines(ROOT / "none") == []
    assert exchange.calibrate() > 0
    assert bench._flat("", {"a": {"b": 1}, "c": 2.0}) == [("a.b", 1), ("c", 2.0)]


def test_a_form_of_the_bench_that_was_not_sent_is_an_error():
    class Reader:
        async def readuntil(self, _):
            return b"HTTP/1.1 200 OK\r\nContent-Length: 22\r\n\r\n"

        async def readexactly(self, many):
            return b'{"outcome": "refused"}'[:many]

    class Writer:
        def write(self, _):
            pass

    async def play():
        target = exchange.Comity(type("Stage", (), {"actors": (None, None)})())
        target._idle.append((Reader(), Writer()))
        await target.send(1, "x")

    with pytest.raises(RuntimeError, match="the bench's own form was not sent"):
        asyncio.run(play())


def test_the_notifications_that_are_measured_fit_and_differ():
    target = pen.Notices(SimpleNamespace(actors=(None, None)))
    forms = [target._form("", "", (), f"{number} measured {number}") for number in range(3)]
    bodies = {EXPORTER.compose("pen", form["body"]) for form in forms}
    assert len(bodies) == 3
    assert {form["kind"] for form in forms} == {"pen"}
    assert pen._shape([3.0, 1.0, 2.0]) == {"p50_ms": 2.0, "p95_ms": 3.0, "worst_ms": 3.0}
