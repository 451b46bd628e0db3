"""A structure drawn as lines and outlines: geometry alone, for a page that may have no style and no script.

The rule it keeps: what is drawn is what the list has, with nothing of the drawing library's markup but its coordinates.
"""

from __future__ import annotations

import re
from functools import lru_cache

from rdkit import Chem, rdBase
from rdkit.Chem import rdMolDescriptors
from rdkit.Chem.Draw import rdMolDraw2D

from comity.screen.consignments import Drawing

LINE, AREA = "mol-line", "mol-area"
"""Classes of a stroked path and of a filled one."""
_LONGEST = 2_000
_KEPT = 512
_BOX = re.compile(r"viewBox='([0-9. -]+)'")
_PATH = re.compile(r"<path\s[^>]*?\bd='([MLQCZmlqcz0-9.,\s-]+)'([^>]*)>")
_FILLED = re.compile(r"fill:#|fill='#")

rdBase.DisableLog("rdApp.*")  # a structure that is none is our answer, not a line on standard error


@lru_cache(maxsize=_KEPT)
def draw(smiles: str) -> Drawing | None:
    """Return the drawing of a structure; None for what is no structure.

    Args:
        smiles: of the list; longer ones than 2,000 characters are not drawn.
    """
    mol = Chem.MolFromSmiles(smiles) if 0 < len(smiles) <= _LONGEST else None
    if mol is None:
        return None
    drawer = rdMolDraw2D.MolDraw2DSVG(-1, -1)
    drawer.drawOptions().useBWAtomPalette()
    rdMolDraw2D.PrepareAndDrawMolecule(drawer, mol)
    drawer.FinishDrawing()
    text = drawer.GetDrawingText()
    box = _BOX.search(text)
    paths = tuple((AREA if _FILLED.search(rest) else LINE, d.strip()) for d, rest in _PATH.findall(text))
    formula = rdMolDescriptors.CalcMolFormula(mol)
    return Drawing(box[1], paths, formula) if box and paths else None
