"""`comity precursors board-copy`: agree to the copy for the international board, see what our law says of it, give it out.

The rule it keeps: a no is shown with all its reasons and ends with 1; nothing is written to a folder before our law said yes.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from comity.base.errors import BadConfiguration, BadForm
from comity.cli.acts import officer_of, show_outcome
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json
from comity.edge.boardpdf import copy_pdf
from comity.edge.files import write_atomic

DONE, REFUSED = 0, 1


def run_board_copy(asked: argparse.Namespace) -> int:
    """Agree, look, or give out; 1 where our law said no or the other side could not be told yet."""
    body = {"incident": asked.incident, "by": officer_of(asked.officer)}
    if asked.agree:
        return _agreed(asked, ask(asked.node, "POST", "/board-copy/agree", body))
    if asked.check:
        said = ask(asked.node, "POST", "/judge/board-copy", body)
        return _judged(asked, said)
    found = ask(asked.node, "POST", "/board-copy", body)
    return _given(asked, found)


def _agreed(asked: argparse.Namespace, said: dict[str, Any]) -> int:
    if asked.json:
        show_json(said)
    elif said["outcome"] == "sent":
        print(f"agreed: {said['id']} tells the other side; the copy goes out only by an act of its own")
    else:
        print(f"{said['outcome']}: " + ", ".join(said["missing"]))
    return DONE if said["outcome"] == "sent" else REFUSED


def _judged(asked: argparse.Namespace, said: dict[str, Any]) -> int:
    if asked.json:
        show_json(said)
    else:
        reasons = "; ".join(f"{one['sentence']} ({one['article']})" for one in said["verdict"]["reasons"])
        print(f"our law would say: {said['outcome']}. {reasons}")
        if said["missing"]:
            print("missing: " + ", ".join(said["missing"]))
    return DONE if said["outcome"] == "done" else REFUSED


def _given(asked: argparse.Namespace, found: dict[str, Any]) -> int:
    given, done = found["copy"]["given"], found["act"]["outcome"] == "done"
    files = _write(asked, found["copy"]) if done and asked.out else ()
    told = given is not None and given["told"] is not None
    if asked.json:
        show_json({**found, "files": [str(one) for one in files]})
        return DONE if done and told else REFUSED
    if "id" in found["act"]:
        show_outcome(found["act"])
    if given is not None:
        print(
            f"given on {moment(given['at'])} by {given['by']}, entry {given['record']} of our decision log, file {given['digest']}"
        )
        print(
            f"the other side is told by {given['told']}"
            if told
            else "the other side is NOT told yet: " + "; ".join(found["telling"]["missing"]) + ". Repeat this command"
        )
    for one in files:
        print(f"written: {one}")
    return DONE if done and told else REFUSED


def _write(asked: argparse.Namespace, stands: dict[str, Any]) -> tuple[Path, ...]:
    """Write the file and its pages.

    Raises:
        BadForm: the words of the copy are gone.
        BadConfiguration: the folder cannot be written.
    """
    if not stands["content"]:
        raise BadForm("the words of this copy were erased; nothing was written")
    content, digest = stands["content"].encode(), stands["given"]["digest"]
    made = {f"{stands['incident']}.json": content}
    try:
        made[f"{stands['incident']}.pdf"] = copy_pdf(content, digest, asked.language or "en")
    except BadConfiguration as error:
        print(f"no PDF: {error}", file=sys.stderr)  # the copy was given out: its data must not wait for paper
    folder = Path(asked.out)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, said in made.items():
            write_atomic(folder / name, said)
    except OSError as error:
        raise BadConfiguration(
            f"{folder} could not be written ({error}); the copy stands in the node, ask again"
        ) from error
    return tuple(folder / name for name in made)
