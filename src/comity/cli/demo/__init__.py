"""The demo: one day at the border between two nodes on this machine, and the attacks on it."""

from __future__ import annotations

from comity.cli.demo.command import add_commands

__all__ = ["add_commands"]
