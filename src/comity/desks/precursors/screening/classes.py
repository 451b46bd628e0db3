"""Class rules at work: patterns of general wordings, groups taken off, likeness.

The rule it keeps: where groups are taken off, the rest must be the listed substance exactly; a pattern alone never says that.
"""  # spec: precursors-and-documents.md 3

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from rdkit import Chem, DataStructs
from rdkit.Chem import rdFingerprintGenerator

from comity.base.errors import BadConfiguration
from comity.desks.precursors.screening.book import Counts, SubstanceBook
from comity.desks.precursors.screening.rules import ClassRule, Group, Known, Nearness, Off
from comity.desks.precursors.screening.structure import Component, components, read

_STEPS: Final = 24
"""Forms that are looked at when groups are taken off one by one."""
_BITS: Final = 2_048


@dataclass(frozen=True)
class _Compiled:
    rule: ClassRule
    smarts: tuple[Chem.Mol, ...]
    without: tuple[Chem.Mol, ...]
    shape: Chem.Mol | None
    target: str


class ClassTests:
    """The class rules of an edition, compiled once.

    Args:
        book: the edition.

    Raises:
        BadConfiguration: a pattern or structure that is none.
    """

    def __init__(self, book: SubstanceBook) -> None:
        self._groups = {group.id: (group, _pattern(group.smarts, group.id)) for group in book.groups}
        self._rules = tuple(self._compiled(book, rule) for rule in book.classes)
        self._known = {_only(known.smiles).skeleton: known for known in book.known}

    def matches(self, part: Component) -> tuple[ClassRule, ...]:
        """Return the rules that fit a component, in the order of the edition."""
        return tuple(one.rule for one in self._rules if self._fits(one, part))

    def known(self, part: Component) -> Known | None:
        """Return the entry of a structure that was looked at; None if there is none."""
        return self._known.get(part.skeleton)

    def _compiled(self, book: SubstanceBook, rule: ClassRule) -> _Compiled:
        smarts = tuple(_pattern(one, rule.id) for one in rule.smarts)
        without = tuple(_pattern(one, rule.id) for one in rule.without)
        if not rule.groups:
            return _Compiled(rule, smarts, without, None, "")
        target = _only(book.by_id[rule.substance].smiles)
        return _Compiled(rule, smarts, without, _shape(target.mol), target.skeleton)

    def _fits(self, one: _Compiled, part: Component) -> bool:
        mol = part.mol
        if one.shape is None:
            return all(map(mol.HasSubstructMatch, one.smarts)) and not any(map(mol.HasSubstructMatch, one.without))
        if not mol.HasSubstructMatch(one.shape):
            return False
        groups = [self._groups[name] for name in one.rule.groups]
        return one.target in bared(mol, groups)


def bared(mol: Chem.Mol, groups: Iterable[tuple[Group, Chem.Mol]]) -> frozenset[str]:
    """Return the drawings of all forms that taking off groups, one at a time, can give; the form itself is not one.

    Args:
        mol: one component.
        groups: (group, its compiled pattern).
    """
    every = tuple(groups)
    seen: dict[str, Chem.Mol] = {}
    waiting = [mol]
    while waiting and len(seen) < _STEPS:
        form = waiting.pop()
        for less in _one_less(form, every):
            key = Chem.MolToSmiles(less, isomericSmiles=False)
            if key not in seen:
                seen[key] = less
                waiting.append(less)
    return frozenset(seen)


def _one_less(mol: Chem.Mol, groups: tuple[tuple[Group, Chem.Mol], ...]) -> Iterable[Chem.Mol]:
    for group, pattern in groups:
        marked = {atom.GetAtomMapNum(): atom.GetIdx() for atom in pattern.GetAtoms() if atom.GetAtomMapNum()}
        for match in mol.GetSubstructMatches(pattern, maxMatches=_STEPS):
            places = {mark: match[index] for mark, index in marked.items()}
            less = _cut(mol, places) if group.off is Off.CUT else _ketone(mol, places)
            if less is not None:
                yield less


def _cut(mol: Chem.Mol, places: dict[int, int]) -> Chem.Mol | None:
    edited = Chem.RWMol(mol)
    edited.RemoveBond(places[1], places[2])
    return _side_of(edited, places[1])


def _ketone(mol: Chem.Mol, places: dict[int, int]) -> Chem.Mol | None:
    edited = Chem.RWMol(mol)
    edited.RemoveBond(places[1], places[2])
    edited.RemoveBond(places[1], places[3])
    oxygen = edited.AddAtom(Chem.Atom(8))
    edited.AddBond(places[1], oxygen, Chem.BondType.DOUBLE)
    return _side_of(edited, places[1])


def _side_of(edited: Chem.RWMol, kept: int) -> Chem.Mol | None:
    """Return the part with the kept atom, with hydrogens where bonds went; None where that is no structure."""
    try:
        Chem.SanitizeMol(edited)
    except ValueError:
        return None
    places: list[tuple[int, ...]] = []
    parts: tuple[Chem.Mol, ...] = Chem.GetMolFrags(edited, asMols=True, fragsMolAtomMapping=places)
    return next(part for part, atoms in zip(parts, places, strict=True) if kept in atoms)


def _pattern(smarts: str, owner: str) -> Chem.Mol:
    found = _parsed(smarts)
    if found is None:
        raise BadConfiguration(f"{owner}: {smarts} is no pattern; nothing was loaded")
    return found


def _parsed(smarts: str) -> Chem.Mol | None:
    return Chem.MolFromSmarts(smarts)


def _only(smiles: str) -> Component:
    mol = read(smiles)
    if mol is None:
        raise BadConfiguration(f"{smiles!r} is no structure; nothing was loaded")
    return components(mol)[0]


def _shape(mol: Chem.Mol) -> Chem.Mol:
    """Return a pattern of the atoms and connections of a structure, whatever its bonds are: what must be left is there."""
    shape = Chem.RWMol()
    for atom in mol.GetAtoms():
        shape.AddAtom(Chem.AtomFromSmarts(f"[#{atom.GetAtomicNum()}]"))
    for bond in mol.GetBonds():
        ends = bond.GetBeginAtomIdx(), bond.GetEndAtomIdx()
        shape.AddBond(*ends, Chem.BondType.SINGLE)
        shape.ReplaceBond(shape.GetBondBetweenAtoms(*ends).GetIdx(), Chem.BondFromSmarts("~"))
    return shape.GetMol()


class Likeness:
    """Listed structures as bits, for finding what comes near.

    Args:
        book: the edition.
    """

    def __init__(self, book: SubstanceBook) -> None:
        self._near: Nearness = book.nearness
        self._bits = rdFingerprintGenerator.GetMorganGenerator(radius=2, fpSize=_BITS)
        listed = [
            (one.id, read(one.smiles)) for one in book.substances if one.smiles and one.counts is not Counts.WHOLE
        ]
        large = [(own, mol) for own, mol in listed if mol is not None and self._counts(mol)]
        self._ids = [own for own, _ in large]
        self._prints = [self._bits.GetFingerprint(mol) for _, mol in large]

    def _counts(self, mol: Chem.Mol) -> bool:
        return mol.GetNumHeavyAtoms() >= self._near.least_atoms

    def nearest(self, part: Component) -> tuple[str, float]:
        """Return the listed substance that a component is most like, and how much, 0 to 1; ("", 0.0) below the bounds."""
        if not self._counts(part.mol) or not self._prints:
            return "", 0.0
        found = DataStructs.BulkTanimotoSimilarity(self._bits.GetFingerprint(part.mol), self._prints)
        best = max(range(len(found)), key=found.__getitem__)
        return (self._ids[best], found[best]) if found[best] >= self._near.threshold else ("", 0.0)
