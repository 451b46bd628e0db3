"""Two real node processes of the demo's accord, with pages, as a test or the screenshots need them."""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from comity.base.ids import Ms
from comity.cli.demo.clone import load_open, load_whole
from comity.cli.demo.play import Player
from comity.cli.demo.stage import Actor, Set, Stage, build, find_data
from comity.edge.files import make_private_folder

ROOT = Path(__file__).parents[2]
MODEL, INVENTED = "india-canada", "ostrel-vanmere"
_BEFORE_MS = 300_000


def data_of(name: str = MODEL) -> Set:
    """Return the data of an accord that has a day."""
    return find_data(ROOT, name)


@contextlib.contextmanager
def standing(
    *,
    name: str = MODEL,
    waiting: bool = False,
    played: bool = False,
    built: Callable[[Stage], object] = lambda _: None,
) -> Iterator[Stage]:
    """Run both nodes until the block is left; their clocks stand on the demo's day and run.

    Args:
        name: of the accord.
        waiting: leave open what waits on the desks the next morning.
        played: play the whole day first, which takes half a minute.
        built: called when both folders are there and no node runs yet.
    """
    folder = Path(tempfile.mkdtemp(prefix="comity-b-"))
    make_private_folder(folder)
    data = data_of(name)
    day = load_whole(data)
    stage = build(folder, data, Ms(day.scenes[0].at - _BEFORE_MS))
    built(stage)
    try:
        stage.start()
        if played:
            Player(stage, day, lambda _scene, _word: None).play()
        if waiting:
            Player(stage, load_open(data), lambda _scene, _word: None).leave_open(60_000)
        yield stage
    finally:
        stage.stop()
        shutil.rmtree(folder, ignore_errors=True)


def until(condition: Callable[[], Any], seconds: float = 60) -> Any:
    """Wait until something is so, and return it."""
    ends = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < ends, f"not so after {seconds} s"
        time.sleep(0.05)
    return found


def halt(actor: Actor) -> None:
    """End one node in good order; `Stage.restart` starts it again."""
    assert actor.process is not None
    actor.process.terminate()
    actor.process.wait(60)


def words_of(stage: Stage) -> str:
    """Return what both nodes said, for a failure."""
    logs = sorted(stage.folder.glob("*.log"))
    return os.linesep.join(f"{log.name}:{os.linesep}{log.read_text()[-2000:]}" for log in logs)
