"""What an attack came to, in words and in checks: it is beaten only if every check holds."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that had to hold; `public` says that it was made with public keys alone."""

    what: str
    good: bool
    public: bool = False


@dataclass(frozen=True, slots=True)
class AttackResult:
    """One attack as it went.

    Attributes:
        number, name: of the script.
        by: who cheated: a party's id, or who else.
        done: what was done.
        noticed: what noticed it.
        after: after how long, in words: real time, or time on the demo's clock.
        evidence: files in which it is kept.
        checks: everything that had to hold.
    """

    number: int
    name: str
    by: str
    done: str
    noticed: str
    after: str
    evidence: tuple[str, ...]
    checks: tuple[Check, ...]

    @property
    def beaten(self) -> bool:
        """Say whether every defence held, and there was at least one."""
        return bool(self.checks) and all(check.good for check in self.checks)
