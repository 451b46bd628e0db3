"""What is rare in goods and must not slip through: odd drawings, keys of labelled forms, salts named from either end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from comity.base.errors import BadConfiguration
from comity.desks.precursors.screening.book import Salts, SubstanceBook
from comity.desks.precursors.screening.listed import How, ListedStructures, Match
from comity.desks.precursors.screening.names import NameIndex, Way
from comity.desks.precursors.screening.status import Standing, changes
from comity.desks.precursors.screening.structure import components, read
from comity.desks.precursors.screening.verdict import Verdict
from tests.unit.desks.precursors.screening.edition import book, changed, screened, with_status


@pytest.fixture(scope="module")
def listed() -> ListedStructures:
    return ListedStructures(book())


@pytest.fixture(scope="module")
def names() -> NameIndex:
    return NameIndex(book())


def found(listed: ListedStructures, drawing: str) -> list[tuple[str, How]]:
    mol = read(drawing)
    assert mol is not None
    return [(one.substance.id, one.how) for one in listed.find(components(mol))]


# --- drawings --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "drawing",
    ["[Zn][NH](C)C(C)C(O)c1ccccc1", "Cl[Zn](Cl)[NH](C)C(C)C(O)c1ccccc1", "CN(->[Zn])C(C)C(O)c1ccccc1"],
)
def test_what_gives_a_metal_both_electrons_is_not_hidden_by_the_bond(listed, drawing):
    # The amine is whole: taken off it keeps its hydrogen, and a person looks at what the metal is for.
    assert found(listed, drawing) == [("ephedrine", How.ROUGH)]
    assert screened(smiles=drawing).verdict is Verdict.REVIEW


def test_a_bond_between_a_metal_and_carbon_is_no_salt():
    mol = read("CC[Mg]Br")
    assert mol is not None
    assert sorted(one.formula for one in components(mol)) == ["C2H5Mg+", "HBr"]


def test_what_is_no_structure_once_it_is_taken_apart_is_looked_at_as_it_was_drawn():
    mol = read("CC(C)=O.[Na][Br+](C)C")
    assert mol is not None
    assert [one.skeleton for one in components(mol)] == ["CC(C)=O", "C[Br+](C)[Na]"]


def test_an_anion_of_a_base_is_no_salt_of_it_and_another_tautomer_beside_others_is_one(listed):
    assert found(listed, "[Li+].[N-]1CCC(=O)CC1") == []
    assert found(listed, "Cl.N1CCC(=O)CC1") == [("4-piperidone", How.SALT)]
    assert found(listed, "CC(O)=Cc1ccccc1.O") == [("p2p", How.TAUTOMER)]


def test_a_group_that_does_not_come_off_leaves_the_others_to_be_taken_off():
    # The amide at the indole has no hydrogen to take back without another drawing; that at the piperidone has.
    told = screened(smiles="CC(=O)n1ccc2cc(ccc12)C(=O)N1CCC(=O)CC1")
    assert (told.verdict, told.first.substance) == (Verdict.CONTROLLED_CLASS, "4-piperidone")


# --- keys ------------------------------------------------------------------------------------------------------------


def test_a_key_of_a_labelled_form_leads_to_the_substance_and_of_another_isomer_to_a_person():
    labelled = screened(inchikey="CSCPPACGZOOCGX-WFGJKAKNSA-N")  # acetone-d6
    assert (labelled.first.substance, labelled.first.rule) == ("acetone", "structure")
    isomer = screened(inchikey="KWGRBVOPPLSCSI-AAAAAAAASA-N")  # the skeleton of both ephedrines
    assert (isomer.verdict, isomer.first.rule) == (Verdict.REVIEW, "structure-stereo")


def test_a_salt_that_cannot_be_drawn_has_no_key_and_stops_nothing():
    # It has no acid hydrogen to give: an edition that says so is wrong, and its own key is found all the same.
    wrong = replace(book().by_id["acetic-anhydride"], salts=Salts.ACID)
    match = ListedStructures(replace(book(), substances=(wrong,))).find_key("WFDIJRYMOXRFFG-UHFFFAOYSA-N")
    assert match == Match(wrong, How.ITSELF)


# --- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "substance", "way"),
    [
        ("acetone (for synthesis)", "acetone", Way.WHOLE),
        ("potassium permanganate (crystals)", "potassium-permanganate", Way.WHOLE),
        ("ephedrine (-)", "ephedrine", Way.WHOLE),
        ("ephedrine, (1R,2S)-(-)-", "ephedrine", Way.WHOLE),
        ("sodium phenylacetate", "phenylacetic-acid", Way.SALT),
        ("calcium bisphenylacetate", "phenylacetic-acid", Way.SALT),
        ("zinc di-N-acetylanthranilate", "n-acetylanthranilic", Way.SALT),
    ],
)
def test_a_name_is_known_with_what_stands_before_or_behind_it(names, name, substance, way):
    told = names.find(name)
    assert told is not None
    assert (told.substance.id, told.way) == (substance, way)


def test_a_word_for_a_labelled_or_wet_form_beside_a_name_in_a_text_changes_nothing(names):
    (told,) = names.find_in_text("25 kg piperonal deuterated")
    assert (told.substance.id, told.way) == ("piperonal", Way.IN_TEXT)


@pytest.mark.parametrize(
    ("name", "verdict"), [("ephedrine maleate", Verdict.CONTROLLED), ("ephedrine", Verdict.MISMATCH)]
)
def test_a_salt_may_have_a_number_of_its_own_that_no_list_has_and_the_bare_substance_has_its_own(name, verdict):
    # 1000-00-6: a whole number by its check digit (6 times 1, modulo 10), of nothing that is known here.
    assert screened(name=name, cas="1000-00-6").verdict is verdict


# --- the edition -----------------------------------------------------------------------------------------------------


def test_a_substance_that_stands_twice_stops_the_edition():
    with pytest.raises(BadConfiguration, match="an id stands twice"):
        SubstanceBook.load(changed("substances.csv", lambda text: text + text.splitlines(keepends=True)[1]))


def test_a_difference_that_goes_on_over_a_further_law_is_one():
    law = {"substance_id": "phenethyl-bromide", "jurisdiction": "in", "standing": "controlled", "since_kind": "exact", "before": "not-controlled"}  # fmt: skip
    both = with_status(
        {**law, "since": "2026-06-01", "instrument": "first"}, {**law, "since": "2026-08-01", "instrument": "second"}
    )
    told = changes(book(), both, date(2026, 7, 1), date(2026, 12, 31))
    assert [(one.new, one.since, one.until) for one in told] == [(Standing.CONTROLLED, date(2026, 7, 1), None)]
