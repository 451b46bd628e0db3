"""Files that go with a dispatch: their list, their states, adding them."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "files.h": "Files",
    "files.why": "A file is handed out only when it is whole, is what it says it is, and was scanned; who took it is on record. It is never shown here.",
    "files.from": "with {dispatch}",
    "files.type": "Type",
    "files.found": "says {media}, is {found}",
    "files.size": "{size} ({bytes} bytes)",
    "files.hash": "SHA-256 of the sealed bytes",
    "files.take": "Take a copy",
    "files.again": "Scan again",
    "files.done.again": "The file is scanned again.",
    "files.coming": "coming, {percent} %",
    "files.state.coming": "coming",
    "files.state.whole": "whole; it is being looked into",
    "files.state.clean": "clean",
    "files.state.other-type": "in quarantine: it is not what it says it is",
    "files.state.active": "in quarantine: something in it runs",
    "files.state.infected": "in quarantine: the scan found something",
    "files.state.scan-failed": "in quarantine: the scan did not come to an end",
    "files.state.unscanned": "in quarantine: this node has no scan",
    "files.state.unopened": "in quarantine: it does not open",
    "files.state.erased": "erased",
    "files.add": "Add files",
    "files.add.hint": "They leave with this dispatch, under its labels, and only when they were scanned. A line that breaks is gone on with.",
    "files.add.script": "Adding files needs scripts in this browser; from a terminal it is comity attach.",
    "files.drop": "Take {name} away",
    "files.error.size": "A file has a size in bytes; nothing was kept.",
    "files.error.line": "The line broke; the file is gone on with.",
}
