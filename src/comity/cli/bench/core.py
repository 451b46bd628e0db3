"""What a dispatch costs in the core alone: both nodes in one process, without sockets, threads, JSON and TLS.

It is CPU that is counted, of this process, so that other work on the machine does little to it. Each node has its store in
a file of its own and flushes it, as in earnest; the sum is what one core must do for a dispatch to cross.
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import msgspec

from comity.base.ids import Ms
from comity.cli.bench.exchange import START, Comity, calibrate, machine, mixes, plain_form, texts
from comity.cli.demo.stage import build, find_data
from comity.cli.out import read_moment
from comity.dispatch.states import Committed, Officer
from comity.edge.config import read_config
from comity.edge.forms import FormIn
from comity.edge.opening import OpenNode, open_node

_P = ParamSpec("_P")
_R = TypeVar("_R")
_BATCH = 16
_BETWEEN_MS = 10
_WARM = 20
_ROUNDS, _FEW_ROUNDS = 400, 100


class _Both:
    """Two open nodes, and the CPU seconds of each step of theirs."""

    def __init__(self, near: OpenNode, far: OpenNode, now: Ms) -> None:
        self._near, self._far, self._now = near.node, far.node, now
        self._mixes, self._texts = mixes(), texts()
        self.seconds: dict[str, float] = {}

    def batch(self) -> float:
        """Let 16 dispatches cross and return the CPU seconds that it took."""
        self._now = Ms(self._now + _BETWEEN_MS)
        before = sum(self.seconds.values())
        by = Officer("requests", Comity.officer)
        forms = [
            (msgspec.convert(plain_form(*next(self._mixes), next(self._texts)), FormIn).form(), by)
            for _ in range(_BATCH)
        ]
        outcomes, said = self._timed("submit_and_speak", self._near.submit_and_speak, forms, self._now)
        taken, answer = self._timed("take_and_speak", self._far.take_and_speak, said or b"", self._now)
        if answer is None:  # the first one brings the papers of the ceremony
            answer = self._far.speak(self._now)
        self._timed("take_answer", self._near.take, answer, self._now)
        if len(taken.recorded) < _BATCH or not all(isinstance(one, Committed) for one in outcomes):
            raise RuntimeError("not all of the bench's own dispatches crossed")
        return sum(self.seconds.values()) - before

    def _timed(self, step: str, do: Callable[_P, _R], *given: _P.args, **named: _P.kwargs) -> _R:
        began = time.process_time()
        done = do(*given, **named)
        self.seconds[step] = self.seconds.get(step, 0.0) + time.process_time() - began
        return done


def bench_core(quick: bool, folder: Path, *, root: Path) -> dict[str, Any]:  # noqa: FBT001  every bench is called this way
    """Measure batches of 16 dispatches, 400 of them; 100 with `quick`.

    Returns:
        cpu_us_per_dispatch: mean, median and least of the batches; steps: the mean of each; calibration, machine.
    """
    now = Ms(read_moment(START))
    stage = build(folder, find_data(root, "india-canada"), now, tick_ms=0)
    far, near = (open_node(read_config(actor.folder), now) for actor in stage.actors)
    before, rounds = calibrate(), _FEW_ROUNDS if quick else _ROUNDS
    try:
        both = _Both(near, far, now)
        for _ in range(_WARM):
            both.batch()
        gc.collect()
        gc.freeze()  # as a running node does
        both.seconds.clear()
        each = sorted(both.batch() / _BATCH * 1e6 for _ in range(rounds))
    finally:
        gc.unfreeze()
        near.store.close()
        far.store.close()
    return {
        "cpu_us_per_dispatch": {"mean": sum(each) / rounds, "median": each[rounds // 2], "least": each[0]},
        "steps": {step: seconds / rounds / _BATCH * 1e6 for step, seconds in both.seconds.items()},
        "calibration": {"ml_dsa_65_sign_ms": min(before, calibrate())},
        "machine": machine(),
    }
