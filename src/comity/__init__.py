"""Comity: two states run a security-cooperation agreement day by day, each under its own law, each able to prove it."""

__version__ = "0.1.0"
