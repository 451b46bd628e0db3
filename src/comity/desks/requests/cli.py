"""The desk's commands as plain data: `send`, `inbox`, `case`, `search`. The command line reads this and knows no desk."""

from __future__ import annotations

from comity.base.commands import Argument, Command

COMMANDS = (
    Command(
        "send",
        "Send one dispatch from a file, along the whole path.",
        (
            Argument(
                "file", "TOML or JSON file with the dispatch: kind, agencies, purpose, urgency, item, body", needed=True
            ),
            Argument("--officer", "desk and number of the releasing officer, such as requests/101", needed=True),
            Argument("--case", "number or id of the case; without it a case is opened"),
            Argument("--re", "id of a dispatch that it answers or concerns", many=True),
            Argument("--replaces", "id of the dispatch that it supersedes"),
            Argument("--attach", "file that goes with it: added, looked into, then sent", many=True),
            Argument("--files", "number of files that `comity attach` added"),
            Argument("--break-glass", "a life is in danger: why approvals and full forms come later, in words"),
        ),
    ),
    Command(
        "inbox",
        "Show what waits, by time left, overdue first.",
        (
            Argument("--waiting", "what the other side owes instead of what we owe", flag=True),
            Argument("--item", "only this workplan item"),
        ),
    ),
    Command(
        "case",
        "Show one case with both sides' numbers and every dispatch in time order; marks what came in as seen.",
        (
            Argument("case", "number or id of the case", needed=True),
            Argument("--officer", "desk and number of who opens it, kept for whoever asks later who saw it"),
        ),
    ),
    Command(
        "search",
        "Search all cases: words, beginnings of words, phrases in quotes, a number or an id; what was recalled is not found.",
        (
            Argument("words", "what to look for; put a phrase into double quotes", needed=True),
            Argument("--kind", "only this kind, such as rfi"),
            Argument("--from", "only from us (ours) or from them (theirs)"),
            Argument("--since", "filed on or after this day, YYYY-MM-DD"),
            Argument("--until", "filed on or before this day, YYYY-MM-DD"),
            Argument("--page", "where the page begins, as the answer before said"),
        ),
    ),
)
