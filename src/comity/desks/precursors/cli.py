"""The desk's commands as plain data, all under `precursors`. The command line reads this and knows no desk."""

from __future__ import annotations

from comity.base.commands import Argument, Command

COMMANDS = (
    Command(
        "notify",
        "Notify many consignments from one file; a row that is bad stops no other and is listed with the reason.",
        (
            Argument("file", "CSV with one line a substance, or TOML with one table a notification", needed=True),
            Argument("--officer", "desk and number of the releasing officer, such as requests/231", needed=True),
            Argument("--agency", "our agency that notifies", needed=True),
            Argument("--to", "agency of the other side", needed=True, many=True),
            Argument("--item", "workplan item", needed=True),
            Argument("--basis", "legal basis or arrangement that the law knows", many=True),
            Argument("--evaluation", "evaluation of what is said, such as B2; by default B2"),
            Argument("--urgency", "normal unless said otherwise"),
            Argument("--check", "check every row and send nothing", flag=True),
        ),
    ),
    Command(
        "board",
        "Show all consignments by time left to each side's limit, with what holds them.",
        (Argument("--waits-for", "only what waits for us (ours) or for them (theirs)"),),
    ),
    Command(
        "consignment",
        "Show one consignment whole: every dispatch in words, the limits of both sides, our screen, quantities.",
        (Argument("dispatch", "id of the notification or of any dispatch about it", needed=True),),
    ),
    Command(
        "board-copy",
        "Give the international board its copy of an incident of which both sides approve: the law is asked first, the other side is told.",
        (
            Argument("incident", "id of the incident that asks for the copy", needed=True),
            Argument("--officer", "desk and number of the officer who acts, such as requests/231", needed=True),
            Argument(
                "--agree", "agree to the copy for which the other side's incident asks; nothing is given out", flag=True
            ),
            Argument("--check", "see what our law would say; nothing is done", flag=True),
            Argument("--out", "folder that gets the file as JSON and PDF"),
            Argument("--language", "of the PDF: en, fr, hi or pa; by default en"),
        ),
    ),
)
