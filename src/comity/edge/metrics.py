"""Metrics of a node for Prometheus, at an address of this machine: names, sizes, counts and ages.

The rule it keeps: no content, no number of a dispatch, case, officer or agency, and no label whose values are not a closed
list of ours. docs/operations.md has each name; a test compares.
"""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, InfoMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4
from prometheus_client.registry import Collector
from uvicorn._types import ASGIReceiveCallable, ASGISendCallable, Scope

from comity import __version__
from comity.base.ids import Ms
from comity.dispatch.book import Ledger, LogRole, log_row
from comity.dispatch.columns import int_of, text_of
from comity.dispatch.entries import Fact
from comity.dispatch.ports import Tx
from comity.edge import pki
from comity.edge.config import is_loopback
from comity.marking.labels import Lane
from comity.node.carry import last_carried
from comity.node.link import LinkState
from comity.node.linkrow import read_link

PATH = "/metrics"
_LOGS = {LogRole.OURS: "exchange", LogRole.THEIRS: "mirror", LogRole.DECISION: "decision"}
_SECOND = 1_000
_COUNTERS = frozenset({"cosignature-ignored", "dispatch-dropped", "dispatch-repeated"})
_PROBLEM = "problem-"
_PROBLEMS = frozenset(
    [
        "bad-envelope",
        "version",
        "unknown-log",
        "recovering",
        "stale-incarnation",
        "bad-signature",
        "clock",
        "gap",
        "unproven-head",
        "too-large",
        "slow-down",
        "broken",
    ]
)


class NodeMetrics(Collector):
    """What is collected, from one snapshot a scrape.

    Args:
        ledger: where to read.
        store: the store's file.
        tls: folder of the node's certificate.
        now: the node's time.
        faults: faults that no rule foresees, since the start.
        database: how large the store is where it is no file; None: it is one.
    """

    def __init__(
        self,
        ledger: Ledger,
        store: Path,
        tls: Path,
        now: Callable[[], Ms],
        faults: Callable[[], int],
        *,
        database: Callable[[], int] | None = None,
    ) -> None:
        self._ledger, self._store, self._tls, self._now, self._faults = ledger, store, tls, now, faults
        self._bytes = database or (lambda: _store_bytes(store))

    def collect(self) -> Iterator[Metric]:
        """Yield each metric with what it shows now."""
        yield InfoMetricFamily("comity_build", "Version of the program.", {"version": __version__})
        now = self._now()
        with self._ledger.read() as tx:
            yield from _link(tx, now)
            yield from _logs(tx)
            yield from _dispatches(tx)
            yield from _people(tx)
            yield from _media(tx, now)
            yield from _counters(tx)
        yield CounterMetricFamily("comity_faults", "Faults that no rule foresees, since the start.", self._faults())
        yield _gauge("comity_store_bytes", "Bytes of the store with its side files.", self._bytes())
        yield _gauge("comity_disk_free_bytes", "Free bytes of its disk.", shutil.disk_usage(self._store.parent).free)
        if (self._tls / pki.NODE_FILE).exists():
            days = pki.days_left(self._tls, now)
            yield _gauge("comity_certificate_days", "Days until the node's certificate ends.", days)


def _gauge(name: str, what: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, what, value)


def _link(tx: Tx, now: Ms) -> Iterator[Metric]:
    link = read_link(tx)
    state = GaugeMetricFamily("comity_link_state", "1 for the state of the link.", labels=["state"])
    for one in LinkState:
        state.add_metric([one.value], float(one is link.state))
    yield state
    if link.last_good is not None:
        age = (now - link.last_good) / _SECOND
        yield _gauge("comity_last_exchange_age_seconds", "Since the last exchange that went well.", age)
    stopped = GaugeMetricFamily("comity_link_suspended", "Scopes that a side suspended.", labels=["side"])
    stopped.add_metric(["ours"], len(link.stops.ours))
    stopped.add_metric(["theirs"], len(link.stops.theirs))
    yield stopped
    yield _gauge("comity_link_challenged", "Heads of the peer that wait for their proof.", link.challenged)
    yield _gauge("comity_link_failures", "Tries without an answer, in a row.", link.failures)
    yield _gauge("comity_peer_clock_offset_seconds", "The peer's log time against ours.", link.clock_off_ms / _SECOND)
    evidence = int_of(tx.rows("SELECT count(*) FROM evidence")[0][0])
    yield _gauge("comity_evidence", "Proofs of misconduct that are stored.", evidence)


def _logs(tx: Tx) -> Iterator[Metric]:
    size = GaugeMetricFamily("comity_log_entries", "Entries of a log.", labels=["log"])
    cosigned = GaugeMetricFamily(
        "comity_log_cosigned_entries", "Entries under its newest co-signature.", labels=["log"]
    )
    for role, name in _LOGS.items():
        row = log_row(tx, role)
        if row is not None:
            size.add_metric([name], row.size)
            if role is not LogRole.DECISION:
                cosigned.add_metric([name], row.cosigned_size)
    yield size
    yield cosigned


def _dispatches(tx: Tx) -> Iterator[Metric]:
    waiting = GaugeMetricFamily("comity_dispatches_waiting", "Ours without a receipt, by lane.", labels=["lane"])
    found = {
        int_of(lane): int_of(count)
        for lane, count in tx.rows(
            "SELECT lane, count(*) FROM sent WHERE settled_at IS NULL AND fact = 0 GROUP BY lane"
        )
    }
    for lane in Lane:
        waiting.add_metric([lane.name.lower()], found.get(int(lane), 0))
    yield waiting
    for name, what, statement in (
        ("comity_pool_leaves", "Leaves that wait for their place.", "SELECT count(*) FROM pool"),
        (
            "comity_debts",
            "Leaves of theirs whose bytes have not come.",
            "SELECT count(*) FROM got WHERE settled_at IS NULL AND fact = 0 AND sealed IS NULL",
        ),
        (
            "comity_quarantined",
            "Theirs that could not be opened and are kept apart.",
            f"SELECT count(*) FROM got WHERE settled_at IS NOT NULL AND fact = {int(Fact.QUARANTINED)} AND sealed IS NOT NULL",  # noqa: S608  a number of ours
        ),
        ("comity_custody", "Contents that the custodian has.", "SELECT count(*) FROM custody"),
    ):
        yield _gauge(name, what, int_of(tx.rows(statement)[0][0]))


def _people(tx: Tx) -> Iterator[Metric]:
    for name, what, statement in (
        ("comity_alarms_open", "Alarms that nobody has seen.", "SELECT count(*) FROM alarm WHERE seen_at IS NULL"),
        ("comity_owed_open", "Things that are owed.", "SELECT count(*) FROM owed WHERE done_at IS NULL"),
        ("comity_legal_holds", "Legal holds in force.", "SELECT count(*) FROM legal_hold WHERE ended_at IS NULL"),
    ):
        yield _gauge(name, what, int_of(tx.rows(statement)[0][0]))


def _media(tx: Tx, now: Ms) -> Iterator[Metric]:
    ages = GaugeMetricFamily("comity_media_age_seconds", "Since media were written or read last.", labels=["way"])
    for way in ("written", "read"):
        last = last_carried(tx, way)
        if last is not None:
            ages.add_metric([way], (now - last.at) / _SECOND)
    yield ages


def _counters(tx: Tx) -> Iterator[Metric]:
    """Yield the node's own counters; a name that is not of the closed list is not shown."""
    ignored = CounterMetricFamily("comity_ignored", "What came and was not taken.", labels=["what"])
    problems = CounterMetricFamily("comity_problems", "Exchanges of the peer not taken, by code.", labels=["code"])
    for name, value in tx.rows("SELECT name, value FROM counter ORDER BY name"):
        word = text_of(name)
        if word in _COUNTERS:
            ignored.add_metric([word], int_of(value))
        elif word.removeprefix(_PROBLEM) in _PROBLEMS:
            problems.add_metric([word.removeprefix(_PROBLEM)], int_of(value))
    yield ignored
    yield problems


def _store_bytes(path: Path) -> int:
    return sum(one.stat().st_size for one in path.parent.glob(f"{path.name}*") if one.name in _side_names(path))


def _side_names(path: Path) -> frozenset[str]:
    return frozenset(path.name + ending for ending in ("", "-wal", "-shm"))


class MetricsApp:
    """GET `/metrics` for whoever is on this machine, and nothing else.

    Args:
        metrics: what is shown.
    """

    def __init__(self, metrics: NodeMetrics) -> None:
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(metrics)

    async def __call__(self, scope: Scope, _: ASGIReceiveCallable, send: ASGISendCallable) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            return
        client = scope["client"]
        headers = dict(scope["headers"])
        status, body = 404, b""
        if client is None or not is_loopback(client[0]) or b"origin" in headers:
            status = 403
        elif scope["path"] == PATH and scope["method"] == "GET":
            status, body = 200, await asyncio.to_thread(generate_latest, self._registry)
        head = [
            (b"content-type", CONTENT_TYPE_PLAIN_0_0_4.encode()),
            (b"content-length", b"%d" % len(body)),
            (b"cache-control", b"no-store"),
        ]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body, "more_body": False})
