"""Forms that a published wording covers, made from the wording itself, are caught; what only comes near is for a person."""

from __future__ import annotations

from itertools import combinations, product

import pytest
from rdkit import Chem

from comity.desks.precursors.screening.verdict import Verdict
from tests.unit.desks.precursors.screening.edition import book, screened, screener

# What a law names: (before the nitrogen, behind it) in a drawing. Amides and carbamates, by their other half.
AMIDES = ["C(=O)C", "C(=O)CC", "C=O", "C(=O)c1ccccc1", "C(=O)C(F)(F)F", "C(=O)C(C)C", "C(=O)CCCCC", "C(=O)c1ccc(OC)cc1"]
CARBAMATES = [
    "C(=O)OC",
    "C(=O)OCC",
    "C(=O)OC(C)(C)C",
    "C(=O)OCc1ccccc1",
    "C(=O)OCC=C",
    "C(=O)OCC1c2ccccc2-c2ccccc12",
    "C(=O)Oc1ccccc1",
]
HALIDES = ["F", "Cl", "Br", "I"]
SALTS = ["{}", "Cl.{}", "{}.OS(=O)(=O)O", "OC(=O)C(O)C(O)C(=O)O.{}"]
HELD = {Verdict.CONTROLLED, Verdict.CONTROLLED_CLASS}


def clashes(smiles: str) -> str:
    """Return the drawing with its rings renumbered, so that two halves can be put together."""
    return smiles.replace("1", "7").replace("2", "8")


def held(smiles: str, substance: str) -> bool:
    found = screened(smiles=smiles)
    return found.verdict in HELD and substance in {one.substance for one in found.findings}


def missed(forms, substance: str) -> list[str]:
    assert forms
    return [form for form in forms if not held(form, substance)]


def test_amides_and_carbamates_of_4_piperidone_in_every_salt():
    forms = [salt.format(f"O=C1CCN({clashes(mask)})CC1") for mask, salt in product(AMIDES + CARBAMATES, SALTS)]
    assert missed([form for form in forms if "OC(C)(C)C" not in form], "4-piperidone") == []
    assert missed([form for form in forms if "OC(C)(C)C" in form], "1-boc-4-piperidone") == []


def test_acetals_of_4_piperidone_and_of_its_amides_and_carbamates():
    rings = [
        "C3(CC{n}CC3)(OC)OC",
        "C3(CC{n}CC3)(OCC)OCC",
        "C13(CC{n}CC3)OCCO1",
        "C13(CC{n}CC3)OCCCO1",
        "C13(CC{n}CC3)OCC(C)(C)CO1",
        "C13(CC{n}CC3)OC(C)CO1",
    ]
    halves = ["N", *(f"N({clashes(mask)})" for mask in AMIDES + CARBAMATES)]
    forms = [ring.replace("{n}", half) for ring, half in product(rings, halves)]
    assert missed(forms, "4-piperidone") == []


def test_amides_carbamates_and_halides_of_4_anilinopiperidine_in_any_combination():
    rings = ["c1ccccc1"]
    rings += [f"c1{x}" for half in HALIDES for x in (f"c({half})cccc1", f"cc({half})ccc1", f"ccc({half})cc1")]
    rings += [f"c1c({one})cc({two})cc1" for one, two in combinations(HALIDES, 2)]
    masks = ["", *(f"({clashes(mask)})" for mask in AMIDES + CARBAMATES)]
    forms = [f"N5{mask}CCC(CC5)N{ring}" for mask, ring in product(masks, rings)]
    assert all(Chem.MolFromSmiles(form) for form in forms)
    caught = [form for form in forms if screened(smiles=form).verdict in HELD]
    assert sorted(set(forms) - set(caught)) == []


def test_amides_on_the_anilines_nitrogen_too():
    forms = [
        f"O=C({rest})N(c1ccccc1)C1CCN({mask})CC1"
        for rest in ("C", "CCC", "c1ccco1", "C(C)C")
        for mask in ("[H]", "C(=O)OC(C)(C)C", "C(C)=O")
    ]
    assert [form for form in forms if screened(smiles=form).verdict not in HELD] == []


@pytest.mark.parametrize("acyl", ["C", "CCC", "C(C)C", "C=C", "c1ccco1", "C1CCCC1", "COC", "c1ccccc1"])
@pytest.mark.parametrize("aromatic", ["c2ccccc2", "c2ccc(F)cc2", "c2cccc(C)c2", "c2ccsc2", "c2ccncc2"])
@pytest.mark.parametrize("tail", ["CCc3ccccc3", "CCc3cccs3", "Cc3ccccc3", "C(C)Cc3ccccc3", "CC(O)c3ccccc3", "CCOC"])
def test_the_fentanyl_class_by_its_wording(acyl, aromatic, tail):
    assert screened(smiles=f"O=C({acyl})N({aromatic})C4CCN({tail})CC4").verdict in HELD


@pytest.mark.parametrize(
    "ring", ["C4C(C)CN({t})CC4", "C4(COC)CCN({t})CC4", "C4(C(=O)OC)CCN({t})CC4", "C4CCN({t})C(C)C4", "C4C(F)CN({t})CC4"]
)
def test_substituents_on_the_piperidine_are_in_the_wording(ring):
    assert screened(smiles="CCC(=O)N(c2ccccc2)" + ring.replace("{t}", "CCc3ccccc3")).verdict in HELD


@pytest.mark.parametrize("ester", ["C", "CC", "CCC", "C(C)C", "CCCC", "Cc1ccccc1"])
def test_esters_of_3_oxo_2_phenylbutanoic_acid(ester):
    assert screened(smiles=f"O=C(C)C(c2ccccc2)C(=O)O{ester}").verdict in HELD


@pytest.mark.parametrize("alkyl", ["C", "CC", "CCC", "C(C)C", "CCCC", "CC(C)C", "C(C)CC", "C(C)(C)C"])
@pytest.mark.parametrize("ring", ["c1ccccc1", "c1ccc2OCOc2c1"])
def test_every_named_ester_of_the_glycidic_acids(alkyl, ring):
    assert (
        screened(smiles=f"O=C(O{alkyl})C1(C)OC1{ring.replace('1', '3').replace('2', '4')}").verdict
        is Verdict.CONTROLLED
    )


@pytest.mark.parametrize(
    "smiles",
    ["CN1CCC(=O)CC1", "CC1(C)CC(=O)CC(C)(C)N1", "CC(C)N1CCC(CC1)N(c1ccc(Cl)cc1)C(=O)Cc1ccccc1", "CN1CCC(CC1)N(Cc1ccccc1)c1ccccc1",
     "CCN1CCC(=O)CC1", "COC(=O)Cc1ccccc1", "CC1(Cc2ccccc2)OCCO1", "CCCCCOC(=O)C1(C)OC1c1ccccc1", "CNC(=O)C(C(C)=O)c1ccccc1"],
)  # fmt: skip
def test_open_wordings_and_old_medicines_are_for_a_person(smiles):
    assert screened(smiles=smiles).verdict is Verdict.REVIEW


@pytest.mark.parametrize(
    "smiles",
    ["CN1C2CCC1CC(=O)C2", "CC(=O)N1C2CCC1CC(=O)C2", "O=C1CCCN(C(C)=O)C1", "O=C1CCCCC1", "O=C1CCN2CCCCC2C1", "O=C1NCCc2ccccc12",
     "CCOC(=O)N1CCC(CC1)=C1c2ccc(Cl)cc2CCc2cccnc12", "O=C(NC1CCN(Cc2ccccc2)CC1)c1ccccc1", "CC(=O)N(c1ccccc1)C1CCCCC1",
     "CC1(C)SC2C(NC(=O)Cc3ccccc3)C(=O)N2C1C(=O)O"],
)  # fmt: skip
def test_bridged_fused_and_other_rings_are_not_meant(smiles):
    assert screened(smiles=smiles).verdict is Verdict.CLEAR


def test_every_rule_finds_its_own_examples():
    for rule in book().classes:
        assert rule.examples
        for example in rule.examples:
            assert rule.id in {found.id for found in screener().class_rules(example)}, (rule.id, example)


def test_a_structure_that_is_none_fits_no_class():
    assert screener().class_rules("C1CC") == ()


def test_known_forms_are_found_by_name_number_and_key_too():
    for form in book().forms:
        mol = Chem.MolFromSmiles(form.smiles)
        verdict = screened(smiles=form.smiles).verdict
        assert verdict in HELD | {Verdict.REVIEW}, form
        told = [{"cas": form.cas}, {"inchikey": Chem.MolToInchiKey(mol)}, *({"name": name} for name in form.names)]
        assert [said for said in told if screened(**said).verdict is not verdict] == [], form
    assert screened(name="valerylfentanyl").verdict is Verdict.REVIEW
    assert screened(name="N-acetyl-4-piperidone", cas="32161-06-1").verdict is Verdict.CONTROLLED_CLASS
