"""The desk's commands as plain data, all under `workplan`. The command line reads this and knows no desk."""

from __future__ import annotations

from comity.base.commands import Command

COMMANDS: tuple[Command, ...] = ()
