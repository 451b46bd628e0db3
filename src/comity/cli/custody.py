"""`comity custody list | open | read | destroy`: what our law did not admit, opened by two persons and the custodian's key."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from comity.base import cbor
from comity.base.cbor import Value
from comity.base.errors import BadConfiguration
from comity.base.ids import show_id
from comity.cli.acts import add_node, add_officer, officer_of
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table
from comity.edge.files import write_atomic
from comity.edge.keystore import RootStore
from comity.edge.plain import Json
from comity.node.custody import End
from comity.node.custodybox import Box, Content, open_box, read_box

DONE, REFUSED = 0, 1


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("custody", help="what our law did not admit: list, open by two persons, destroy")
    inner = parser.add_subparsers(dest="custody", metavar="ACTION", required=True)
    listed = inner.add_parser("list", help="what lies with the custodian, why, until when, and who wanted it opened")
    add_node(listed)
    listed.set_defaults(run=run_list)
    opening = inner.add_parser("open", help="ask that it is opened; another person of the other role confirms")
    opening.add_argument("dispatch", metavar="ID")
    opening.add_argument(
        "--for", dest="end", choices=[one.value for one in End], default=End.REVIEW.value, help="what for"
    )
    opening.add_argument("--reason", default="", help="why, in words; of who asks")
    opening.add_argument("--confirm", action="store_true", help="open what another person asked for; needs --out")
    opening.add_argument("--refuse", action="store_true", help="take the wish back")
    opening.add_argument("--out", type=Path, metavar="FILE", help="with --confirm: the sealed box, handed out once")
    add_officer(opening)
    add_node(opening)
    opening.set_defaults(run=run_open)
    read = inner.add_parser(
        "read", help="on the custodian's machine: open a box with the custodian's key; no node is needed"
    )
    read.add_argument("box", type=Path, metavar="FILE")
    read.add_argument("--root", type=Path, required=True, metavar="FOLDER", help="folder with custodian.key")
    read.add_argument("--json", action="store_true", help="for machines")
    read.set_defaults(run=run_read)
    destroy = inner.add_parser(
        "destroy", help="ask that it is destroyed once its day has come; another person confirms"
    )
    destroy.add_argument("dispatch", metavar="ID")
    destroy.add_argument("--reason", default="", help="why, in words; of who asks")
    destroy.add_argument("--confirm", action="store_true", help="destroy what another person asked for")
    destroy.add_argument("--refuse", action="store_true", help="take the request back")
    add_officer(destroy)
    add_node(destroy)
    destroy.set_defaults(run=run_destroy)


def run_list(asked: argparse.Namespace) -> int:
    """Show what lies with the custodian."""
    found = ask(asked.node, "GET", "/custody")
    if asked.json:
        show_json(found)
        return DONE
    rows = [[one["dispatch"], moment(one["since"]), ", ".join(one["why"]), moment(one["day"])] for one in found["kept"]]
    show_table("With the custodian", ("id", "since", "refused by", "may be destroyed from"), rows)
    rows = [
        [one["dispatch"], one["for"], one["by"], one["second"] or "", one["state"], moment(one["asked"]), one["reason"]]
        for one in found["openings"]
    ]
    if rows:
        show_table("Openings", ("of", "for", "asked by", "decided by", "stands", "on", "why"), rows)
    return DONE


def _step(asked: argparse.Namespace) -> str:
    return "confirm" if asked.confirm else "refuse" if asked.refuse else "ask"


def run_open(asked: argparse.Namespace) -> int:
    """Ask for an opening, confirm or refuse it."""
    step = _step(asked)
    if step == "confirm" and (asked.out is None or asked.out.exists()):
        raise BadConfiguration("name a new file with --out: the box is handed out once. Nothing was changed")
    wish = {"dispatch": asked.dispatch, "step": step, "by": officer_of(asked.officer)}
    said = ask(
        asked.node,
        "POST",
        "/custody/open",
        wish | {"end": asked.end, "reason": asked.reason} if step == "ask" else wish,
    )
    if said.get("box"):
        write_atomic(asked.out, said["box"].encode())
    if asked.json:
        show_json({**said, "box": str(asked.out) if said.get("box") else None})
    else:
        print(_SAID[said["state"]])
        for line in (*said.get("law", []), *(f"missing: {one}" for one in said.get("missing", []))):
            print(f"  {line}")
    return REFUSED if said["state"] == "refused" else DONE


_SAID = {
    "asked": "asked for; a person of the other role (legal officer, reviewer) confirms it with --confirm --out FILE",
    "opened": "opened: the sealed box is written. The custodian reads it apart from the desk: comity custody read",
    "refused": "our law does not let it be opened for this; the answer is in our decision log",
    "dropped": "the wish is taken back; nothing was opened",
}


def run_read(asked: argparse.Namespace) -> int:
    """Open a box with the custodian's key."""
    box = read_box(asked.box.read_bytes())
    shown = _shown(box, open_box(box, RootStore(asked.root).custodian()))
    if asked.json:
        show_json(shown)
        return DONE
    print(
        f"opened: {shown['dispatch']}, {shown['kind']} of desk {shown['desk']}, by {shown['agency']}, purpose {shown['purpose']}"
    )
    print(
        f"its parts give what leaf {box.leaf} of {box.log} commits to; opened for {box.end} by {' and '.join(box.by)}"
    )
    show_json(shown["body"])
    for name in cast("list[str]", shown["files"]):
        print(f"file: {name} (its bytes were not fetched)")
    return DONE


def _shown(box: Box, content: Content) -> dict[str, Json]:
    header = content.header
    return {
        "dispatch": show_id(box.dispatch), "desk": header.desk, "kind": header.kind, "agency": header.author.agency,
        "purpose": header.purpose, "created": header.created, "leaf": box.leaf, "log": box.log,
        "body": _plain(cbor.decode(content.body)), "files": [one.name for one in content.files],
    }  # fmt: skip


def _plain(value: Value) -> Json:
    """Return a value as JSON; bytes as hex digits."""
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(key): _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | None) else str(value)


def run_destroy(asked: argparse.Namespace) -> int:
    """Ask for a destruction, confirm or refuse it: the erasure of `comity retention erase`, with its leaf `destroyed`."""
    step = _step(asked)
    wish = {"dispatch": asked.dispatch, "step": step, "by": officer_of(asked.officer), "reason": asked.reason}
    said = ask(asked.node, "POST", "/retention/erase", wish)
    if asked.json:
        show_json(said)
    elif said["state"] == "erased":
        print(f"destroyed; leaf {said['leaf']} of our log says so, and its certificate goes to the other side")
    else:
        print("asked for; another person confirms it" if said["state"] == "asked" else "the request is taken back")
    return DONE
