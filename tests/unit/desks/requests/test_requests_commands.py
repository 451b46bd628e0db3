"""The commands that the desk describes have a name, words and arguments that a parser can take."""

from __future__ import annotations

from comity.desks.requests.cli import COMMANDS


def test_commands_are_whole() -> None:
    assert [command.name for command in COMMANDS] == ["send", "inbox", "case", "search"]
    for command in COMMANDS:
        names = [argument.name for argument in command.arguments]
        assert len(set(names)) == len(names)
        assert command.words.endswith(".")
        assert not any(argument.flag and (argument.many or argument.needed) for argument in command.arguments)
