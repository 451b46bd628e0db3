"""The desk's commands as plain data, all under `workplan`. The command line reads this and knows no desk."""

from __future__ import annotations

from comity.base.commands import Argument, Command

_BY = Argument("--officer", "desk and number of the officer, such as requests/171", needed=True)
_REASON = Argument("--reason", "why, in words that the other side reads")

COMMANDS = (
    Command("show", "Show the plan in force: items, actions with both sides' states, what is proposed.", ()),
    Command("history", "Show every version: who proposed and who agreed when, and what changed.", ()),
    Command(
        "propose",
        "Propose the plan of a file; nothing changes until the other side has agreed.",
        (
            Argument(
                "file",
                "the whole plan as TOML, JSON or CSV; what differs from the one in force is proposed",
                needed=True,
            ),
            _BY,
            Argument("--text", "why, in words that the other side reads"),
            Argument("--against", "id of a proposal that this one declines and replaces; with --reason"),
            _REASON,
            Argument("--check", "say what would be proposed and send nothing", flag=True),
        ),
    ),
    Command(
        "again",
        "Make an outdated proposal anew on the version in force.",
        (Argument("proposal", "its id", needed=True), _BY),
    ),
    Command("agree", "Sign a proposal of the other side.", (Argument("proposal", "its id", needed=True), _BY)),
    Command(
        "decline", "Decline a proposal, with the reason.", (Argument("proposal", "its id", needed=True), _BY, _REASON)
    ),
    Command("withdraw", "Withdraw a proposal of ours.", (Argument("proposal", "its id", needed=True), _BY, _REASON)),
    Command(
        "update",
        "Say how far our part of an action is.",
        (
            Argument("action", "its id", needed=True),
            Argument("state", "planned, under-way, done, blocked or dropped", needed=True),
            _BY,
            Argument("--text", "in words that the other side reads"),
            Argument("--evidence", "id of a dispatch that shows it", many=True),
        ),
    ),
)
"""What is done with a running node; `diff`, `import`, `export` and `calendar` need none."""
