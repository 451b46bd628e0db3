"""Nothing of what crosses, is written at home or is refused stands in a log line, a metric or an error's record."""

from __future__ import annotations

import asyncio
import io
import json
import logging
from pathlib import Path

import pytest

from comity.base.errors import BadForm, StoreError
from comity.base.ids import Ms, show_id
from comity.dispatch.exchange_codec import decode_exchange
from comity.dispatch.states import Officer
from comity.edge.clock import SetClock
from comity.edge.logs import JsonLines, TextLines, kinds_and_places, start_logging
from comity.edge.metrics import MetricsApp, NodeMetrics
from comity.marking.labels import Urgency
from tests.unit.edge.driven import engine_of
from tests.unit.edge.dutyworld import NOW, Knock, by
from tests.unit.edge.twofolders import ASKS, question

MARK = "Marrowquill"
"""Stands in every field that takes words, and nowhere else."""
OPERATIONS = (Path(__file__).parents[3] / "docs" / "operations.md").read_text(encoding="utf-8")


@pytest.fixture
def lines():
    """What both formats write, of everything from debug on."""
    root = logging.getLogger()
    before = root.level, list(root.handlers)
    streams = io.StringIO(), io.StringIO()
    for form, stream in zip(("text", "json"), streams, strict=True):
        start_logging(form, stream, logging.DEBUG)
    yield streams
    root.setLevel(before[0])
    root.handlers[:] = before[1]


def marked():
    """A question with the mark in every field of words."""
    body = {
        "title": f"{MARK}?", "text": f"{MARK} text", "asks": ["document"], "records": ["registration"],
        "own_power": f"{MARK} law", "reason": f"{MARK} reason",
        "items": [{"label": MARK, "value": f"{MARK} value", "categories": ["document"]}],
    }  # fmt: skip
    return question(Urgency.URGENT, body=body, conduct=f"{MARK} conduct")


def metrics_of(one, now=NOW):
    config = one.config
    made = NodeMetrics(one.node.ledger, config.path(config.store), config.path(config.tls), lambda: now, lambda: 0)
    return scrape(MetricsApp(made))


def scrape(app, path="/metrics", method="GET", client=("127.0.0.1", 5), headers=()):
    sent = []

    async def send(event):
        sent.append(event)

    scope = {"type": "http", "method": method, "path": path, "client": client, "headers": list(headers)}
    asyncio.run(app(scope, None, send))
    return sent[0]["status"], sent[1]["body"].decode()


def test_traffic_with_marked_words_leaves_none_in_logs_and_metrics(two, lines):
    here, there = two
    ids = []

    async def play():
        with engine_of(here.node, SetClock(NOW, 0)) as near, engine_of(there.node, SetClock(NOW, 0)) as far:
            for form in (marked(), question(purpose=f"{MARK}"), question(body={"title": MARK})):
                done = await near.submit(form, ASKS)
                if isinstance(done, BadForm):
                    logging.getLogger("comity.test").error("a form did not fit", exc_info=done)
                else:
                    ids.append(show_id(done.id))
            body = await near.call(here.node.speak, NOW)
            assert (await far.exchange(body))[0] == 200
            # Bytes that break the rules, with words in them.
            assert (await far.exchange(body[:-40] + MARK.encode()))[0] == 400
            assert (await far.exchange(body.replace(b"comity/leaf/1", b"comity/leaf/2", 1)))[0] != 200
            # A fault that no rule foresees, whose words are the content.
            real = there.node.take_and_speak

            def falls(*_, **__):
                raise RuntimeError(f"cannot file {MARK}")

            there.node.take_and_speak = falls
            there.node.take_unopened = falls
            with pytest.raises(RuntimeError):
                await far.exchange(body)
            there.node.take_and_speak = real
            logging.getLogger("comity.test").error("fell", exc_info=StoreError(f"row {MARK}"))

    asyncio.run(play())
    Knock(there, NOW)(
        ("POST", "/tasks/give", {"by": by(Officer("requests", 33)), "agency": "seal-house", "asked": f"{MARK} task"}),
        ("POST", "/tasks/give", {"by": by(Officer("requests", 33)), MARK: MARK}),
        ("POST", "/duty/handover/sign", {"by": by(Officer("requests", 31)), "eye": MARK, "promised": "", "home": ""}),
    )  # fmt: skip
    text, machine = (stream.getvalue() for stream in lines)
    assert "RuntimeError at " in text
    assert any(json.loads(line).get("error") for line in machine.splitlines())
    _, shown = metrics_of(there)
    assert "comity_log_entries" in shown
    for said in (text, machine, shown, metrics_of(here)[1]):
        assert MARK.casefold() not in said.casefold()
    for said in (shown, metrics_of(here)[1]):
        assert not any(one in said for one in ids), "no number of a dispatch is a metric"
        assert "seal-house" not in said
        assert decode_exchange


def _refuse():
    raise BadForm(f"{MARK} does not fit")


def _fall():
    try:
        _refuse()
    except BadForm as cause:
        raise StoreError(MARK) from cause


def test_an_exception_is_written_by_kind_code_and_place_only():
    with pytest.raises(StoreError) as caught:
        _fall()
    info = (StoreError, caught.value, caught.value.__traceback__)
    found = list(kinds_and_places(info))
    record = logging.LogRecord("comity.x", logging.ERROR, "p", 1, "fell", (), info)
    record.exc_text = MARK  # as another handler left it
    assert MARK not in TextLines().format(record)
    assert json.loads(JsonLines().format(record))["error"] == found
    assert [one.partition(" at ")[0] for one in found] == ["StoreError (store)", "BadForm (bad-form)"]
    assert list(kinds_and_places((None, None, None))) == []
    assert list(kinds_and_places(RuntimeError("x"))) == []


def test_a_line_for_machines_has_time_level_logger_and_message():
    record = logging.LogRecord("comity.engine", logging.WARNING, "p", 1, "the link is %s", ("silent",), None)
    record.created = 1_783_900_800.5
    said = json.loads(JsonLines().format(record))
    assert said == {
        "at": "2026-07-13T00:00:00.500Z", "level": "warning", "logger": "comity.engine", "message": "the link is silent",
    }  # fmt: skip


def test_metrics_are_for_this_machine_and_by_one_path(two):
    config = two[0].config
    app = MetricsApp(
        NodeMetrics(two[0].node.ledger, config.path(config.store), config.path(config.tls), lambda: NOW, lambda: 3)
    )
    assert scrape(app)[0] == 200
    assert "comity_faults_total 3.0" in scrape(app)[1]
    assert scrape(app, path="/")[0] == 404
    assert scrape(app, method="POST")[0] == 404
    assert scrape(app, client=("192.0.2.7", 5))[0] == 403
    assert scrape(app, client=None)[0] == 403
    assert scrape(app, headers=[(b"origin", b"http://elsewhere")])[0] == 403


def test_every_metric_is_explained_and_every_label_is_of_a_closed_list(two):
    with two[0].node.ledger.begin() as book:
        for name, value in (("dispatch-dropped", 2), ("problem-gap", 1), (f"problem-{MARK}", 1), (MARK, 1)):
            book.tx.run("INSERT INTO counter (name, value) VALUES (?, ?)", (name, value))
        book.tx.run("INSERT INTO carried VALUES (?, 'written', ?, 1, 1, 1)", (bytes(16), NOW))
    shown = metrics_of(two[0], Ms(NOW + 5_000))[1]
    names = {line.split()[2] for line in shown.splitlines() if line.startswith("# TYPE")}
    assert len(names) > 20
    assert [name for name in sorted(names) if f"`{name}`" not in OPERATIONS] == []
    assert MARK not in shown
    assert 'comity_ignored_total{what="dispatch-dropped"} 2.0' in shown
    assert 'comity_problems_total{code="gap"} 1.0' in shown
    assert 'comity_media_age_seconds{way="written"} 5.0' in shown
    labels = {
        part.split("=")[0]
        for line in shown.splitlines()
        if "{" in line
        for part in line.split("{")[1].split("}")[0].split(",")
    }
    assert labels <= {"state", "side", "log", "lane", "way", "what", "code", "version"}
