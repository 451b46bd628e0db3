"""Structures: from a drawing to what it is, whatever its salt, isotopes, charges, components or tautomer.

The rule it keeps: two drawings of one substance get one key; a key is worked out only where the formula fits something listed,
since tautomers share their formula and everything else about them is slow.
"""  # spec: precursors-and-documents.md 3

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from rdkit import Chem, rdBase
from rdkit.Chem import rdinchi, rdMolDescriptors
from rdkit.Chem.MolStandardize import rdMolStandardize

LONGEST: Final = 2_000
"""Characters of a drawing that are read at most."""
MOST_ATOMS: Final = 500
KEY_FORM: Final = re.compile(r"[A-Z]{14}-[A-Z]{8}[SN][A-Z]-[A-Z]")
BLOCK: Final = 14
_ISOTOPE: Final = re.compile(r"\[\d")
_LIGHT_METALS: Final = frozenset({3, 4, 11, 12, 19, 20, 30, 37, 38, 55, 56})
"""Atomic numbers of metals that are drawn as if bound and are not."""
_HETERO: Final = frozenset({7, 8, 9, 16, 17, 35, 53})

rdBase.DisableLog("rdApp.*")  # a drawing that is none is our answer, not a line on standard error
_UNCHARGE: Final = rdMolStandardize.Uncharger()
_TAUTOMERS: Final = rdMolStandardize.TautomerEnumerator()


@dataclass(frozen=True)
class Component:
    """One separate part of a structure, without isotopes and, as far as can be, without charge.

    Attributes:
        mol: the part.
        charge: before it was uncharged.
        formula: of the uncharged part.
    """

    mol: Chem.Mol
    charge: int
    formula: str

    @cached_property
    def skeleton(self) -> str:
        """Return the drawing without configuration, in its one form."""
        return Chem.MolToSmiles(self.mol, isomericSmiles=False)

    @cached_property
    def isomer(self) -> str:
        """Return the drawing with configuration, in its one form."""
        return Chem.MolToSmiles(self.mol)

    @cached_property
    def tautomer(self) -> str:
        """Return the drawing of the one tautomer that stands for all, without configuration."""
        return Chem.MolToSmiles(_TAUTOMERS.Canonicalize(self.mol), isomericSmiles=False)


def read(smiles: str) -> Chem.Mol | None:
    """Return the structure of a drawing; None if it is none, empty, or beyond the limits."""
    plain = smiles.strip()
    if not plain or len(plain) > LONGEST:
        return None
    mol = _parse(plain)
    if mol is None or not 0 < mol.GetNumAtoms() <= MOST_ATOMS:
        return None
    if _ISOTOPE.search(plain):
        for atom in mol.GetAtoms():
            atom.SetIsotope(0)
        mol = Chem.RemoveHs(mol)
    return mol


def _parse(smiles: str) -> Chem.Mol | None:
    return Chem.MolFromSmiles(smiles)


def components(mol: Chem.Mol) -> tuple[Component, ...]:
    """Return the parts of a structure, each standardised, in the order of the drawing."""
    loose = _loosened(mol)
    parts = Chem.GetMolFrags(loose, asMols=True) if "." in Chem.MolToSmiles(loose, canonical=False) else (loose,)
    return tuple(_component(part) for part in parts)


def _component(part: Chem.Mol) -> Component:
    charge = Chem.GetFormalCharge(part)
    if charge or any(atom.GetFormalCharge() for atom in part.GetAtoms()):
        part = _UNCHARGE.uncharge(part)
    return Component(part, charge, rdMolDescriptors.CalcMolFormula(part))


def _loosened(mol: Chem.Mol) -> Chem.Mol:
    """Take apart what is drawn as a bond between a light metal and oxygen, nitrogen, sulphur or a halogen."""
    if not any(atom.GetAtomicNum() in _LIGHT_METALS and atom.GetDegree() for atom in mol.GetAtoms()):
        return mol
    edited = Chem.RWMol(mol)
    for metal in list(edited.GetAtoms()):
        if metal.GetAtomicNum() not in _LIGHT_METALS:
            continue
        bound = [(bond.GetOtherAtom(metal), bond.GetBondType()) for bond in metal.GetBonds()]
        for other, kind in bound:
            if other.GetAtomicNum() in _HETERO:
                edited.RemoveBond(metal.GetIdx(), other.GetIdx())
                shared = 0 if kind == Chem.BondType.DATIVE else 1  # what gives both electrons takes both along
                metal.SetFormalCharge(metal.GetFormalCharge() + shared)
                other.SetFormalCharge(other.GetFormalCharge() - shared)
    try:
        Chem.SanitizeMol(edited)
    except ValueError:
        return mol
    return edited.GetMol()


def mirrored(mol: Chem.Mol) -> Chem.Mol:
    """Return the mirror image."""
    edited = Chem.RWMol(mol)
    for atom in edited.GetAtoms():
        atom.InvertChirality()
    return edited.GetMol()


def is_open(mol: Chem.Mol) -> bool:
    """Say whether some centre of a structure has no configuration, so that it stands for several stereoisomers."""
    kinds = (Chem.StereoType.Atom_Tetrahedral,)
    unset = Chem.StereoSpecified.Unspecified
    return any(one.type in kinds and one.specified == unset for one in Chem.FindPotentialStereo(mol))


def inchikey(mol: Chem.Mol) -> str:
    """Return the hashed key of a structure; "" where none can be made."""
    return rdinchi.MolToInchiKey(mol)
