"""A made-up list of substances that knows its names word for word: an `Identify` for made-up trade."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from comity.desks.precursors.flows.description import words
from comity.desks.precursors.flows.model import SubstanceId

LEAST_WORD = 3


@dataclass(frozen=True, slots=True)
class Listed:
    """One substance as a list has it; `names` with its synonyms, `cas` with its salts', `codes` of six digits, `un` of four."""

    id: SubstanceId
    names: tuple[str, ...]
    cas: tuple[str, ...]
    codes: tuple[str, ...]
    un: str = ""


@dataclass(frozen=True, slots=True)
class ListIdentify:
    """Knows what a list of substances says, word for word; the longest name in a text wins."""

    names: dict[tuple[str, ...], frozenset[SubstanceId]] = field(repr=False)
    cas: dict[str, frozenset[SubstanceId]] = field(repr=False)
    code: dict[SubstanceId, frozenset[str]] = field(repr=False)
    un: dict[SubstanceId, frozenset[str]] = field(repr=False)

    @classmethod
    def of(cls, rows: Iterable[Listed]) -> ListIdentify:
        """Read a list."""
        names: dict[tuple[str, ...], set[SubstanceId]] = defaultdict(set)
        cas: dict[str, set[SubstanceId]] = defaultdict(set)
        code: dict[SubstanceId, frozenset[str]] = {}
        un: dict[SubstanceId, frozenset[str]] = {}
        for row in rows:
            for name in filter(None, map(words, row.names)):
                if len("".join(name)) >= LEAST_WORD:
                    names[name].add(row.id)
            for number in filter(None, row.cas):
                cas[number].add(row.id)
            code[row.id] = frozenset(filter(None, row.codes))
            un[row.id] = frozenset(filter(None, (row.un,)))
        frozen = {name: frozenset(ids) for name, ids in names.items()}
        return cls(frozen, {number: frozenset(ids) for number, ids in cas.items()}, code, un)

    def by_text(self, text: str) -> frozenset[SubstanceId]:
        """Return the substances of the longest names that stand in the text as whole words."""
        said = words(text)
        found = [name for name in self.names if _within(name, said)]
        longest = [name for name in found if not any(name != other and _within(name, other) for other in found)]
        return frozenset().union(*(self.names[name] for name in longest))

    def by_cas(self, cas: str) -> frozenset[SubstanceId]:
        """Return the substances of a CAS number."""
        return self.cas.get(cas, frozenset())

    def codes(self, substance: SubstanceId) -> frozenset[str]:
        """Return the codes of a substance."""
        return self.code.get(substance, frozenset())

    def transport(self, substance: SubstanceId) -> frozenset[str]:
        """Return the transport numbers of a substance."""
        return self.un.get(substance, frozenset())


def _within(name: tuple[str, ...], said: tuple[str, ...]) -> bool:
    return any(said[at : at + len(name)] == name for at in range(len(said) - len(name) + 1))
