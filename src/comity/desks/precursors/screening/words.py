"""The words by which names and descriptions are read: salts, grades, packing, mixtures, stems of class names.

The rule it keeps: they are data of the edition, in English and French, so that nobody changes code to add one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.base.errors import BadConfiguration
from comity.policy.toml import Table


@dataclass(frozen=True, slots=True)
class Mixture:
    """A share below which a law lets a mixture go.

    Attributes:
        substance: id.
        words: of goods that are such mixtures, as a paper calls them.
        percent: from this share on it counts.
        instrument: which law says so.
    """

    substance: str
    words: tuple[str, ...]
    percent: float
    instrument: str


@dataclass(frozen=True, slots=True)
class Words:
    """Words of names and texts, as written in the file; the reader folds them.

    Attributes:
        anions: name the acid with which a base forms a salt.
        cations: name the base or metal with which an acid forms one.
        anion_names: (substance, name of its anion): phenylacetate and its like.
        hydrates: water in a crystal.
        marks: signs of configuration and the like before or behind a name.
        fillers: words that may stand beside a name in a text without changing what it names.
        mixes: words that say that the goods only contain it.
        denials: words that say that it is not in them.
        stems: (part of a name, substance): names of classes, for a person.
        spared: parts of names that have a stem and are something else.
        mixtures: shares below which a law lets a mixture go.
        ambiguous: short names that are words of the language too; in a text they are for a person.
    """

    anions: tuple[str, ...]
    cations: tuple[str, ...]
    anion_names: tuple[tuple[str, str], ...]
    hydrates: tuple[str, ...]
    marks: tuple[str, ...]
    fillers: tuple[str, ...]
    mixes: tuple[str, ...]
    denials: tuple[str, ...]
    stems: tuple[tuple[str, str], ...]
    spared: tuple[str, ...]
    mixtures: tuple[Mixture, ...]
    ambiguous: tuple[str, ...]


def read_words(file: str, content: Mapping[str, object], substances: frozenset[str]) -> Words:
    """Read the file of words.

    Raises:
        BadConfiguration: an unknown key or substance.
    """
    head = Table(file, content)
    found = Words(
        anions=head.texts("anions"),
        cations=head.texts("cations"),
        anion_names=_by_substance(head, "anion_names"),
        hydrates=head.texts("hydrates"),
        marks=head.texts("marks"),
        fillers=head.texts("fillers"),
        mixes=head.texts("mixes"),
        denials=head.texts("denials"),
        stems=tuple((stem, own) for own, stem in _by_substance(head, "stems")),
        spared=head.texts("spared"),
        mixtures=tuple(_mixture(table) for table in head.tables("mixture")),
        ambiguous=head.texts("ambiguous"),
    )
    head.done()
    named = (
        {own for own, _ in found.anion_names}
        | {own for _, own in found.stems}
        | {one.substance for one in found.mixtures}
    )
    if named - substances:
        raise BadConfiguration(f"{file}: there is no substance {min(named - substances)}; nothing was loaded")
    return found


def _by_substance(head: Table, key: str) -> tuple[tuple[str, str], ...]:
    table = head.table(key)
    return tuple((own, word) for own in sorted(table.names()) for word in table.texts(own))


def _mixture(table: Table) -> Mixture:
    found = Mixture(table.text("substance"), table.texts("words"), table.whole("tenths") / 10, table.text("instrument"))
    table.done()
    return found
