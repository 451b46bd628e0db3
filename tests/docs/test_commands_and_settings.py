"""Every command stands in docs/operations.md, every setting in docs/configuration.md."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

import pytest

from comity.edge import config

DOCS = Path(__file__).resolve().parents[2] / "docs"


class _Caught(Exception):
    """Carries the parser out of the program that was about to use it."""


def parser_of(main) -> argparse.ArgumentParser:
    """Return the parser that a program builds, whatever its functions are called."""

    def catch(self, *_, **__):
        raise _Caught(self)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(argparse.ArgumentParser, "parse_args", catch)
        patch.setattr(argparse.ArgumentParser, "parse_known_args", catch)
        patch.setattr("sys.argv", ["comity"])
        with pytest.raises(_Caught) as caught:
            main()
    return caught.value.args[0]


def commands_of(parser: argparse.ArgumentParser, above: str) -> Iterator[str]:
    """Yield each command as a person types it: the innermost ones only."""
    inner = [action for action in parser._actions if isinstance(action, argparse._SubParsersAction)]
    if not inner:
        yield above
    for action in inner:
        for name, sub in action.choices.items():
            yield from commands_of(sub, f"{above} {name}")


def page(name: str) -> str:
    path = DOCS / name
    assert path.is_file(), f"docs/{name} is missing"
    return path.read_text(encoding="utf-8")


def test_commands_are_found_at_every_depth():
    parser = argparse.ArgumentParser()
    top = parser.add_subparsers()
    top.add_parser("demo")
    top.add_parser("node").add_subparsers().add_parser("init")
    assert list(commands_of(parser_of(parser.parse_args), "comity")) == ["comity demo", "comity node init"]


def test_every_command_is_explained():
    from comity.cli.main import main

    commands = list(commands_of(parser_of(main), "comity"))
    assert len(commands) > 3
    text = page("operations.md")
    assert [command for command in commands if f"`{command}" not in text and f"\n{command}" not in text] == []


def test_every_setting_is_explained():
    settings = config.settings()
    assert len(settings) > 10
    text = page("configuration.md")
    assert [name for name in settings if f"`{name}`" not in text] == []
