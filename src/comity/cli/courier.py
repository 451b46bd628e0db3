"""`comity courier write | read | last`: the exchange by media, where there is no network, or none that may be used."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from comity.cli.acts import add_node
from comity.cli.doorway import ask
from comity.cli.out import moment, show_json, show_table

DONE, REFUSED = 0, 1


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("courier", help="exchange by media: write for the other side, read what it wrote")
    inner = parser.add_subparsers(dest="courier", metavar="ACTION", required=True)
    write = inner.add_parser(
        "write", help="write all that the other side should have; nothing counts before its receipts"
    )
    write.add_argument("media", type=Path, metavar="DIR", help="the folder where the media is mounted")
    add_node(write)
    write.set_defaults(run=run_write)
    read = inner.add_parser("read", help="take what the other side wrote; a repeat is harmless")
    read.add_argument("media", type=Path, metavar="DIR", help="the folder where the media is mounted")
    read.add_argument("--answer", action="store_true", help="then write what goes back on the same media")
    add_node(read)
    read.set_defaults(run=run_read)
    last = inner.add_parser("last", help="say what was written and read last")
    add_node(last)
    last.set_defaults(run=run_last)


def run_write(asked: argparse.Namespace) -> int:
    """Write a set."""
    made = _do(asked, "write")
    show_json(made) if asked.json else _show_written(made, asked.media)
    return DONE


def run_read(asked: argparse.Namespace) -> int:
    """Read a set, and write the answer where it was asked for."""
    found = _do(asked, "read")
    made = _do(asked, "write") if asked.answer else None
    if asked.json:
        show_json(found if made is None else {"read": found, "written": made})
    else:
        _show_read(found, asked.media)
        if made is not None:
            _show_written(made, asked.media)
    return REFUSED if found["faults"] else DONE


def run_last(asked: argparse.Namespace) -> int:
    """Show what was carried last."""
    last = ask(asked.node, "GET", "/courier")
    if asked.json:
        show_json(last)
        return DONE
    rows = [[way, moment(one["at"]), str(one["dispatches"]), str(one["receipts"])] for way, one in last.items() if one]
    show_table("Media", ("what", "when", "dispatches", "receipts"), rows)
    return DONE


def _do(asked: argparse.Namespace, action: str) -> Any:
    return ask(asked.node, "POST", f"/courier/{action}", {"media": str(asked.media.absolute())})


def _show_written(made: dict[str, Any], media: Path) -> None:
    if made["recovering"]:
        print(
            f"written to {media}: the question to {made['receiver']} whether this node's store is the newest. "
            "Nothing else goes before the answer has come back"
        )
    else:
        told = f"{_count(made['dispatches'], 'dispatch', 'dispatches')} written, {_count(made['receipts'], 'receipt')}"
        print(f"{told}, for {made['receiver']}: {made['files']} files, {made['size_bytes']:,} bytes on {media}")
    if made["waiting"]:
        why = (
            "the media is full"
            if made["full"]
            else "receipts of the other side come first, or the link holds them back"
        )
        print(f"{_count(made['waiting'], 'dispatch', 'dispatches')} not on it: {why}")
    _show_files(
        made["attachments"], "written", "the media has no room. Read what comes back on it, then write the rest"
    )
    print("Nothing counts as delivered before the other side's receipts have come back")
    print(f"last media read {'on ' + moment(made['last_read']) if made['last_read'] else 'here: none'}")


def _show_read(found: dict[str, Any], media: Path) -> None:
    signed = f", signed {moment(found['signed'])}" if found["signed"] else ""
    print(f"read {media}: {_count(found['files'], 'file')} from {found['sender']}{signed}")
    print(
        f"{_count(found['dispatches'], 'dispatch', 'dispatches')} recorded, {found['filed']} of them filed; "
        f"{_count(found['receipts'], 'receipt')} of ours"
    )
    if not found["news"] and found["files"]:
        before = (
            f"these media were read on {moment(found['read_first'])}" if found["read_first"] else "it was here already"
        )
        print(f"nothing on it was new: {before}. No harm is done")
    _show_files(
        found["attachments"],
        "read",
        "still to come: on the next media, if an answer goes back on these, or by a network",
    )
    for fault in found["faults"]:
        print(f"NOT TAKEN: {fault}")
    if found["faults"]:
        print("Nothing is lost: whatever has no receipt is on the next media that the other side writes")
    if found["answer"]:
        print("Write media for the other side now: they take back an answer that it waits for, or our next question")


def _show_files(files: dict[str, Any], done: str, missing: str) -> None:
    if files["files"] or files["size_bytes"]:
        print(f"{_count(files['files'], 'attachment')} {done}, {files['size_bytes']:,} bytes")
    if files["left"]:
        print(f"{_count(files['left'], 'attachment')}, {files['left_bytes']:,} bytes, not whole: {missing}")


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one if number == 1 else more or one + 's'}"
