"""No common medicine, spice, solvent or salt is held, by name, number, structure or all together."""

from __future__ import annotations

import pytest

from comity.desks.precursors.screening.verdict import Verdict
from tests.unit.desks.precursors.screening.edition import screened, vectors

ROWS = vectors("innocents.csv")
ALSO = {
    "pimozide": "O=c1[nH]c2ccccc2n1C1CCN(CCCC(c2ccc(F)cc2)c2ccc(F)cc2)CC1",
    "domperidone": "O=c1[nH]c2ccccc2n1CCCN1CCC(CC1)n1c(=O)[nH]c2cc(Cl)ccc12",
    "astemizole": "COc1ccc(CCN2CCC(CC2)Nc2nc3ccccc3n2Cc2ccc(F)cc2)cc1",
    "clebopride": "COc1cc(N)c(Cl)cc1C(=O)NC1CCN(Cc2ccccc2)CC1",
    "loratadine": "CCOC(=O)N1CCC(=C2c3ccc(Cl)cc3CCc3cccnc32)CC1",
    "loperamide": "CN(C)C(=O)C(CCN1CCC(O)(CC1)c1ccc(Cl)cc1)(c1ccccc1)c1ccccc1",
    "risperidone": "Cc1nc2n(c(=O)c1CCN1CCC(CC1)c1noc3cc(F)ccc13)CCCC2",
    "donepezil": "COc1cc2CC(CC3CCN(Cc4ccccc4)CC3)C(=O)c2cc1OC",
    "cetirizine hydrochloride": "Cl.Cl.OC(=O)COCCN1CCN(CC1)C(c1ccccc1)c1ccc(Cl)cc1",
    "tadalafil": "CN1CC(=O)N2C(Cc3c([nH]c4ccccc34)C2c2ccc3OCOc3c2)C1=O",
    "piperine": "O=C(/C=C/C=C/c1ccc2OCOc2c1)N1CCCCC1",
    "aspirin": "CC(=O)Oc1ccccc1C(=O)O",
    "omeprazole": "COc1ccc2[nH]c(nc2c1)S(=O)Cc1ncc(C)c(OC)c1C",
    "paroxetine": "Fc1ccc(cc1)C1CCNCC1COc1ccc2OCOc2c1",
}
"""Such as carry a piece that a listed substance or class has too."""


def test_there_are_enough_of_each_kind():
    kinds = [row["kind"] for row in ROWS]
    assert len(ROWS) >= 150
    assert all(kinds.count(kind) >= 25 for kind in ("medicine", "spice or scent", "solvent", "salt or bulk"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_nothing_common_waits_or_is_held(row):
    asked = [{field: row[field]} for field in ("name", "cas", "smiles") if row[field]]
    asked += [
        {"name": row["name"], "cas": row["cas"], "smiles": row["smiles"], "text": f"{row['name']}, 25 kg, fibre drums"},
        {"name": f"{row['name']} hydrochloride"},
        {"name": f"{row['name']} HCl"},
        {"text": f"2 pallets of {row['name']} USP grade"},
    ]
    assert [said for said in asked if screened(**said).verdict is not Verdict.CLEAR] == []


@pytest.mark.parametrize("name", ALSO)
def test_what_has_a_piece_in_common_with_the_list(name):
    assert screened(smiles=ALSO[name]).verdict is Verdict.CLEAR


@pytest.mark.parametrize("smiles", ["ClC(Cl)Cl", "[2H]C(Cl)(Cl)Cl", "[2H]O[2H]", "CS(=O)(=O)C", "[13CH3]O"])
def test_labelled_solvents_that_are_not_listed(smiles):
    assert screened(smiles=smiles).verdict is Verdict.CLEAR
