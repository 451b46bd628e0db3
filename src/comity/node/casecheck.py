"""Whether what a case's papers say of their dispatches is what the log entries among them prove.

The rule it keeps: order, places, times and receipts are read from the proofs again; the list in `case.json` only repeats them.
"""  # spec: protocol.md 12

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from comity.base.ids import show_id
from comity.dispatch.entries import DispatchLeaf, HeadLeaf, ReceiptLeaf
from comity.node.bundle import PARTS, Piece
from comity.node.bundlecheck import Proven, check_files
from comity.node.casefolder import check_folder
from comity.node.casepapers import CASE, FORMAT, plain_json
from comity.node.publickeys import PublicKeys
from comity.screen import ProofStep


class _Wrong(ValueError):
    """Something is not so; the text is a sentence for a person."""


def check_papers(files: Mapping[str, bytes], keys: PublicKeys) -> tuple[ProofStep, ...]:
    """Check a folder of papers whole: its files, every proof, and that the list says what the proofs say."""
    proofs, proven = check_files(files, keys)
    return (*check_folder(files), *proofs, *_case_steps(files, proven))


def _case_steps(files: Mapping[str, bytes], proven: Mapping[str, Proven]) -> tuple[ProofStep, ...]:
    try:
        case = _case(files)
        listed = case["dispatches"]
        steps = [_step("order", lambda: _order(listed, proven))]
        steps += [_step(str(one["folder"]), partial(_one, one, files, proven)) for one in listed]
    except (_Wrong, LookupError, TypeError, ValueError) as error:
        return (ProofStep(CASE, good=False, sentence=f"the list of dispatches cannot be read: {error}"),)
    return tuple(steps)


def _step(what: str, check: Callable[[], str]) -> ProofStep:
    try:
        return ProofStep(f"{CASE} {what}", good=True, sentence=check())
    except _Wrong as error:
        return ProofStep(f"{CASE} {what}", good=False, sentence=str(error))
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        return ProofStep(f"{CASE} {what}", good=False, sentence=f"it is not whole: {error}")


def _case(files: Mapping[str, bytes]) -> dict[str, Any]:
    raw = files[CASE]
    found: dict[str, Any] = json.loads(raw)
    if plain_json(found) != raw or found["format"] != FORMAT:
        raise _Wrong("it is not in the form in which this program writes it")
    return found


def _order(listed: list[dict[str, Any]], proven: Mapping[str, Proven]) -> str:
    """Check that each proven dispatch is listed once, numbered, and in the order that the two logs prove."""
    folders = [str(one["folder"]) for one in listed]
    dispatches = {name for name, one in proven.items() if isinstance(one.leaf, DispatchLeaf)}
    if set(folders) != dispatches or len(folders) != len(dispatches):
        raise _Wrong("the list does not name each dispatch among the papers once")
    if [one["number"] for one in listed] != list(range(1, len(listed) + 1)):
        raise _Wrong("the dispatches are not numbered in order")
    places = [_key(one, proven) for one in listed]
    if places != sorted(places):
        raise _Wrong("the dispatches do not stand in the order in which the logs prove them: the order was changed")
    return f"{len(listed)} dispatches in the order in which the logs prove them"


def _key(said: Mapping[str, Any], proven: Mapping[str, Proven]) -> tuple[int, int, str, int]:
    one = proven[said["folder"]]
    return one.head.cosigned.time, _after(said, proven) or 0, "ours" if said["ours"] else "theirs", one.index


def _after(said: Mapping[str, Any], proven: Mapping[str, Proven]) -> int | None:
    """Return the time of the l-head that a dispatch follows, None where none is among the papers."""
    if said["l_head"] is None:
        return None
    tie, about = proven[said["l_head"]], proven[said["folder"]]
    if not isinstance(tie.leaf, HeadLeaf) or tie.origin != about.origin or tie.index > about.index:
        raise _Wrong(f"{said['l_head']} does not stand before {said['folder']} in its log")
    return tie.leaf.time


def _one(said: Mapping[str, Any], files: Mapping[str, bytes], proven: Mapping[str, Proven]) -> str:
    """Check what the list says of one dispatch against its entry, its parts, its l-head and its receipts."""
    one = proven[said["folder"]]
    assert isinstance(one.leaf, DispatchLeaf)
    checkpoint = one.head.head.checkpoint
    shown = [piece.value for number, piece in enumerate(PARTS) if f"{said['folder']}/part{number}" in files]
    shown += [Piece.SEALED.value] if f"{said['folder']}/sealed" in files else []
    for good, wrong in (
        (said["id"] == show_id(one.leaf.id), "another number than its entry"),
        ((said["log"], said["index"], said["size"]) == (one.origin, one.index, checkpoint.size), "another place"),
        ((said["after"], said["cosigned"]) == (_after(said, proven), one.head.cosigned.time), "other times"),
        (said["shown"] == shown, "other parts than those that are shown"),
        (
            (said["removed"] is None) == (len(shown) == len(Piece)),
            "something is withheld without a reason, or a reason without it",
        ),
    ):
        if not good:
            raise _Wrong(f"the list says of {said['folder']}: {wrong}")
    for receipt in said["receipts"]:
        _receipt(receipt, one.leaf, proven)
    about = [name for name, it in proven.items() if isinstance(it.leaf, ReceiptLeaf) and it.leaf.id == one.leaf.id]
    if sorted(receipt["folder"] for receipt in said["receipts"]) != sorted(about):
        raise _Wrong(f"the list does not name the receipts of {said['folder']}")
    return f"entry {one.index} of {one.origin}; shown: {', '.join(shown) or 'nothing, its entry stands in the log'}"


def _receipt(said: Mapping[str, Any], about: DispatchLeaf, proven: Mapping[str, Proven]) -> None:
    one = proven[said["folder"]]
    leaf = one.leaf
    if not isinstance(leaf, ReceiptLeaf) or leaf.id != about.id:
        raise _Wrong(f"{said['folder']} is no receipt of this dispatch")
    if (said["fact"], said["code"]) != (leaf.fact.name.lower(), leaf.code):
        raise _Wrong(f"{said['folder']} says something else than the list")
    if (said["index"], said["cosigned"]) != (one.index, one.head.cosigned.time):
        raise _Wrong(f"the list says of {said['folder']}: another place or time")
