"""The commands that the desk describes have a name, words and arguments that a parser can take."""

from __future__ import annotations

from comity.desks.workplan.cli import COMMANDS


def test_commands_are_whole_and_who_changes_something_is_named() -> None:
    assert [one.name for one in COMMANDS] == [
        "show", "history", "propose", "again", "agree", "decline", "withdraw", "update",
    ]  # fmt: skip
    for command in COMMANDS:
        names = [argument.name for argument in command.arguments]
        assert len(set(names)) == len(names)
        assert command.words.endswith(".")
        assert ("--officer" in names) == (command.name not in {"show", "history"})
