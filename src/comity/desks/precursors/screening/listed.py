"""Is a structure a listed substance: as such, as a salt, in another tautomer, as one component of several.

The rule it keeps: a substance that counts only as the whole of the goods is not found in its salts or solvates, and where only
one configuration is meant, another one is for a person.
"""  # spec: precursors-and-documents.md 2, 3

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from enum import StrEnum
from typing import Final, assert_never

from rdkit import Chem

from comity.base.errors import BadConfiguration
from comity.desks.precursors.screening.book import Counts, Salts, Substance, SubstanceBook
from comity.desks.precursors.screening.structure import (
    BLOCK,
    Component,
    components,
    inchikey,
    is_open,
    mirrored,
    read,
)

_WATER: Final = frozenset({"H2O", "HO-", "H3O+", "H+", "H"})
_ACIDS: Final = (
    "Cl", "Br", "I", "OS(=O)(=O)O", "OP(=O)(O)O", "O[N+](=O)[O-]", "OC(=O)C(=O)O", "OC(=O)C=CC(=O)O", "CC(=O)O",
    "OC(=O)C(O)C(O)C(=O)O", "OC(=O)CC(O)(CC(=O)O)C(=O)O", "CS(=O)(=O)O", "OC(=O)C(F)(F)F", "Cc1ccc(cc1)S(=O)(=O)O",
    "OC(=O)CCC(=O)O", "OC(=O)C(O)c1ccccc1",
)  # fmt: skip
_BASES: Final = ("[Na+]", "[K+]", "[Li+]", "[NH4+]", "[Ca+2]", "[Mg+2]")
"""With what salts are commonly made: for keys, from which a salt's parts cannot be read."""


_HEAVY: Final = frozenset({*range(22, 31), *range(40, 49), *range(72, 81)})
_NO_METAL: Final = frozenset({1, 2, 6, 7, 8, 9, 10, 15, 16, 17, 18, 34, 35, 36, 53, 54})


class How(StrEnum):
    """In which form a structure is a listed substance."""

    ITSELF = "structure"
    SALT = "structure-salt"
    PART = "structure-component"
    TAUTOMER = "structure-tautomer"
    STEREO = "structure-stereo"
    """The same skeleton in a configuration that the list does not mean."""
    INGREDIENT = "structure-ingredient"
    """One of several components, of a kind that only counts as the whole."""
    ROUGH = "structure-rough"
    """A component of a drawing with an uncharged metal in it, or bound to a heavy one: no salt as it stands."""

    @property
    def sure(self) -> bool:
        """Say whether it is the substance, so that goods may be held; otherwise a person looks."""
        return self not in {How.STEREO, How.INGREDIENT, How.ROUGH}


@dataclass(frozen=True, slots=True)
class Match:
    """A listed substance found in a structure."""

    substance: Substance
    how: How


@dataclass(frozen=True, slots=True)
class _Drawing:
    substance: Substance
    part: Component
    beside: Counter[str]
    isomers: frozenset[str]


class ListedStructures:
    """The structures of an edition, by formula.

    Args:
        book: the edition.

    Raises:
        BadConfiguration: one of its structures is none.
    """

    def __init__(self, book: SubstanceBook) -> None:
        self._book = book
        self._by_formula: defaultdict[str, list[_Drawing]] = defaultdict(list)
        for substance in book.substances:
            for drawing in substance.drawings:
                one = _drawn(substance, drawing)
                self._by_formula[one.part.formula].append(one)
        self._keys: dict[str, Match] = {}
        self._blocks: dict[str, tuple[Substance, ...]] = {}

    def find(self, parts: tuple[Component, ...]) -> tuple[Match, ...]:
        """Return the listed substances among the components of a structure, each once, in the order of the drawing."""
        found: dict[str, Match] = {}
        for place, part in enumerate(parts):
            for one in self._by_formula.get(part.formula, ()):
                match = self._matched(one, part, parts[:place] + parts[place + 1 :])
                if match is not None:
                    found.setdefault(match.substance.id, match)
        return _settled(tuple(found.values()))

    def find_key(self, key: str) -> Match | None:
        """Return the listed substance with this InChIKey, as such or as a common salt; None if there is none."""
        self._fill_keys()
        if key in self._keys:
            return self._keys[key]
        same = self._blocks.get(key[:BLOCK], ())
        if not same:
            return None
        free = next((one for one in same if not one.relative), None)
        return Match(free, How.ITSELF) if free else Match(same[0], How.STEREO)

    def _matched(self, one: _Drawing, part: Component, others: tuple[Component, ...]) -> Match | None:
        if one.beside - Counter(other.skeleton for other in others):
            return None
        kind = one.substance
        if kind.counts is Counts.WHOLE and not self._alone(part, others):
            return None
        if kind.salts is Salts.BASE and part.charge < 0:
            return None
        how = How.ITSELF
        if part.skeleton != one.part.skeleton:
            if part.tautomer != one.part.tautomer:
                return None
            how = How.TAUTOMER
        if one.isomers and part.isomer not in one.isomers and not is_open(part.mol):
            return Match(kind, How.STEREO)
        if len(others) > one.beside.total():
            how = self._among(kind, how, part, others)
        return Match(kind, how)

    def _among(self, kind: Substance, how: How, part: Component, others: tuple[Component, ...]) -> How:
        """Say what a component is beside others."""
        if any(_is_bare_metal(other) for other in others) or (_binds(others) and not part.charge):
            return How.ROUGH
        if kind.counts is Counts.INGREDIENT and not self._alone(part, others):
            return How.INGREDIENT
        if how is How.TAUTOMER:
            return how
        return How.SALT if kind.salts is not Salts.NONE else How.PART

    def _alone(self, part: Component, others: tuple[Component, ...]) -> bool:
        """Say whether all else is water, or listed and itself counting as a whole only; ions are never whole."""
        if part.charge + sum(other.charge for other in others) or (part.charge and not others):
            return False
        return all(other.formula in _WATER or self._is_whole(other) for other in others)

    def _is_whole(self, part: Component) -> bool:
        return any(
            one.substance.counts is Counts.WHOLE and one.part.skeleton == part.skeleton
            for one in self._by_formula.get(part.formula, ())
        )

    def _fill_keys(self) -> None:
        if self._keys:
            return
        blocks: defaultdict[str, dict[str, Substance]] = defaultdict(dict)
        for substance in self._book.substances:
            for key in filter(None, (substance.inchikey, *substance.keys)):
                self._keys.setdefault(key, Match(substance, How.ITSELF))
                blocks[key[:BLOCK]][substance.id] = substance
            for drawing in substance.drawings:
                self._fill_forms(substance, drawing)
        self._blocks = {block: tuple(several.values()) for block, several in blocks.items()}

    def _fill_forms(self, substance: Substance, drawing: str) -> None:
        """Note the keys of the mirror image, of the form without configuration and of common salts."""
        mol = read(drawing)
        assert mol is not None  # it was read when the edition was
        flat = Chem.Mol(mol)
        Chem.RemoveStereochemistry(flat)
        forms = (mol, mirrored(mol), flat)
        for form in forms:
            self._keys.setdefault(inchikey(form), Match(substance, How.ITSELF))
        for smiles in dict.fromkeys(map(Chem.MolToSmiles, forms)):
            for salt in _salts(substance, smiles):
                made = read(salt)
                if made is not None:
                    self._keys.setdefault(inchikey(made), Match(substance, How.SALT))


def _is_bare_metal(part: Component) -> bool:
    """Say whether a component is one uncharged atom that is no hydrogen, halogen or element of the organic kind."""
    only = part.mol.GetNumAtoms() == 1 and part.charge == 0
    return only and part.mol.GetAtomWithIdx(0).GetAtomicNum() not in _NO_METAL


def _binds(others: tuple[Component, ...]) -> bool:
    """Say whether a heavy metal is among them, to which a neutral part is bound rather than a salt of it."""
    return any(atom.GetAtomicNum() in _HEAVY for other in others for atom in other.mol.GetAtoms())


def _salts(substance: Substance, smiles: str) -> list[str]:
    with_acid = [f"{smiles}.{acid}" for acid in _ACIDS] + [f"{smiles}.{acid}.{acid}" for acid in _ACIDS[:3]]
    with_acid += [f"{smiles}.{smiles}.{acid}" for acid in _ACIDS[3:8]]
    anion = smiles.replace("C(=O)O", "C(=O)[O-]") if smiles.count("C(=O)O") == 1 else smiles
    single = [f"{anion}.{base}" for base in _BASES[:4]] if anion != smiles else []
    double = [f"{anion}.{anion}.{base}" for base in _BASES[4:]] if anion != smiles else []
    match substance.salts:
        case Salts.NONE:
            return []
        case Salts.BASE:
            return with_acid
        case Salts.ACID:
            return single + double
        case Salts.BOTH:
            return with_acid + single + double
        case _:
            assert_never(substance.salts)


def _drawn(substance: Substance, smiles: str) -> _Drawing:
    mol = read(smiles)
    if mol is None:
        raise BadConfiguration(f"{substance.id}: {smiles!r} is no structure; nothing was loaded")
    first, *rest = sorted(components(mol), key=lambda part: -part.mol.GetNumAtoms())
    isomers = (
        frozenset(Chem.MolToSmiles(form) for form in (first.mol, mirrored(first.mol))) if substance.relative else ()
    )
    return _Drawing(substance, first, Counter(part.skeleton for part in rest), frozenset(isomers))


def _settled(found: tuple[Match, ...]) -> tuple[Match, ...]:
    """Drop what is only the wrong configuration of one where the right one of another was found."""
    right = tuple(one for one in found if one.how.sure)
    return right or found[:1]
