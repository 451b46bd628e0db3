"""On which text each provision that a rule names was read: its hash and date, or why no text is kept.

The rule it keeps: an edition says so of every provision, and a hash that is told without its text is not taken.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass

from comity.base.errors import BadConfiguration
from comity.policy.toml import Table

STATUTES = "statutes.toml"
"""The file of an edition, and of what it includes, that says it."""
_SHA256 = re.compile("[0-9a-f]{64}")
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


@dataclass(frozen=True, slots=True)
class Binding:
    """One provision and the text that its rules were written from.

    Attributes:
        provision: as `@law` of a rule has it.
        sha256: of the kept text's bytes, 64 hex digits; "" if none is kept.
        file: where the text lies under the folder of statutes; "" if none is kept.
        act, section: as a lawyer cites them; "" if none is kept.
        pit: day up to which the consolidation was current, ISO; "" if none is kept.
        since: day from which this wording is in force, ISO; "" if not known.
        not_kept: why no text is kept; "" if one is.
    """

    provision: str
    sha256: str
    file: str
    act: str
    section: str
    pit: str
    since: str
    not_kept: str

    @property
    def kept(self) -> bool:
        """Whether the text lies beside the editions."""
        return not self.not_kept


def unbound(provision: str, why: str) -> Binding:
    """Return a binding to no text."""
    return Binding(provision, "", "", "", "", "", "", why)


def read_bindings(text: str, file: str) -> tuple[Binding, ...]:
    """Read a `statutes.toml`, sorted by provision.

    Raises:
        BadConfiguration: no TOML, an unknown key, no hash and no reason; the message names the provision.
    """
    try:
        head = Table(file, tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BadConfiguration(f"{file}: {error}; nothing was loaded") from error
    provisions = head.table("provision")
    found = tuple(_binding(name, provisions.table(name), file) for name in sorted(provisions.names()))
    head.done()
    return found


def bind(provisions: Iterable[str], known: dict[str, Binding]) -> tuple[Binding, ...]:
    """Return the binding of each provision, in order; one that the edition does not speak of says so."""
    return tuple(known.get(one, unbound(one, "the edition does not say")) for one in provisions)


def _binding(provision: str, table: Table, file: str) -> Binding:
    if table.has("not_kept"):
        found = unbound(provision, table.text("not_kept"))
        table.done()
        return found
    found = Binding(
        provision=provision,
        sha256=table.text("sha256"),
        file=table.text("file"),
        act=table.text("act"),
        section=table.text("section"),
        pit=table.text("pit"),
        since=table.one("since"),
        not_kept="",
    )
    table.done()
    days = [day for day in (found.pit, found.since) if day]
    if not _SHA256.fullmatch(found.sha256) or not all(map(_DAY.fullmatch, days)):
        raise BadConfiguration(
            f"{file}: {provision}: sha256 is 64 hex digits, pit and since are days; nothing was loaded"
        )
    return found
