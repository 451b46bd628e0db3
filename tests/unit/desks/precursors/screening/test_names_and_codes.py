"""Names in texts, numbers, codes, and what does not fit together."""

from __future__ import annotations

import pytest

from comity.desks.precursors.screening import cas
from comity.desks.precursors.screening.codes import agrees, read_hs, read_un, un_in_text
from comity.desks.precursors.screening.names import key_of
from comity.desks.precursors.screening.verdict import Input, Verdict
from tests.unit.desks.precursors.screening.edition import book, screened, screener


@pytest.mark.parametrize(
    "name",
    [
        "Pseudoéphédrine",
        "PSEUDOEPHEDRINE",
        "pseudo-ephedrine",
        "ps\u0435udoephedrine",
        "pseudo ephedrine",
        "\uff50seudoephedrine",
    ],
)
def test_ways_of_writing_have_one_key(name):
    assert key_of(name) == "pseudoephedrine"


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("\u1f60-bromoacetophenone", "omegabromoacetophenone"),  # omega with a breathing
        ("\u03c9-bromoacetophenone", "omegabromoacetophenone"),
        ("\u1f00mphetamine", "amphetamine"),  # an alpha with a breathing that stands for a Latin letter
    ],
)
def test_a_greek_letter_with_an_accent_is_one_too_but_for_one_that_stands_in_a_latin_word(name, key):
    assert key_of(name) == key_of(key_of(name)) == key


@pytest.mark.parametrize(
    ("text", "substance"),
    [
        ("200 kg acetic anhydride in blue drums for textile dyeing", "acetic-anhydride"),
        ("Consignment: 40 drums, potassium permanganate, technical grade", "potassium-permanganate"),
        ("anhydride acétique, 12 fûts de 200 L, qualité technique", "acetic-anhydride"),
        ("chlorhydrate de pseudoéphédrine 25 kg", "pseudoephedrine"),
        ("laboratory reagent; 4-ANPP (5 g)", "anpp"),
        ("4-anilino-N-phenethylpiperidine, 1 kg", "anpp"),
        ("goods: CAS 103-79-7, 20 kg", "p2p"),
        ("UN 1715, packing group II", "acetic-anhydride"),
        ("methanol and toluene, 10 drums each", "toluene"),
    ],
)
def test_a_text_that_names_it_plainly(text, substance):
    found = screened(text=text)
    assert (found.verdict, found.first.substance) == (Verdict.CONTROLLED, substance)


@pytest.mark.parametrize(
    "text",
    ["toluene diamine polymer", "acetone-free nail polish remover", "paint in acetone", "cleaner containing toluene", "vernis sans acétone",
     "acetone oxime", "starting ether spray", "pseudoephedrin analogue mix", "hi, please ship the blue vitriol", "lidocaine HCl, 20 kg"],
)  # fmt: skip
def test_a_name_within_something_else_holds_nothing(text):
    assert screened(text=text).verdict in {Verdict.REVIEW, Verdict.CLEAR}


@pytest.mark.parametrize(
    "name",
    [
        "furanylfentanyl",
        "N-isovaleryl-4-piperidone",
        "methyl phenylacetate",
        "pseudoephedrinne",
        "toluene sulfonyl azide",
    ],
)
def test_class_words_and_slips_are_for_a_person(name):
    assert screened(name=name).verdict is Verdict.REVIEW


@pytest.mark.parametrize("name", ["2-piperidone", "acetone sodium bisulfite", "sodium chloride", "toluidine"])
def test_another_figure_or_salt_is_another_substance(name):
    assert not screened(name=name).verdict.holds


@pytest.mark.parametrize(
    "number", ["CAS 103-79-7", "103\u201179\u20117", " 103-79-7 ", "0103-79-7", "CAS-No. 103-79-7", "casrn:103-79-7"]
)
def test_ways_of_writing_a_number(number):
    assert screened(cas=number).first.substance == "p2p"


@pytest.mark.parametrize("number", ["103-79-8", "103-97-7", "1037-9-7", "abc", "1609-66-5", "103-79-7x"])
def test_a_wrong_number_identifies_nothing(number):
    assert screened(cas=number).verdict is Verdict.INVALID


def test_numbers_in_a_text():
    assert list(cas.in_text("lot 12-34-5, CAS 67-64-1 and 67-64-2, tel. 555-67-64-1")) == ["67-64-1"]


@pytest.mark.parametrize(
    ("said", "verdict", "substance"),
    [
        ({"hs": "2914.11"}, Verdict.CONTROLLED, "acetone"),
        ({"hs": "29141100"}, Verdict.CONTROLLED, "acetone"),
        ({"hs": "HS 2933.36"}, Verdict.CONTROLLED, "anpp"),
        ({"hs": "2933.39"}, Verdict.REVIEW, None),
        ({"hs": "2933.39", "name": "pimozide"}, Verdict.CLEAR, None),
        ({"hs": "8471.30"}, Verdict.CLEAR, None),
        ({"hs": "99.99"}, Verdict.INVALID, None),
        ({"hs": "twelve"}, Verdict.INVALID, None),
        ({"un": "UN1715"}, Verdict.CONTROLLED, "acetic-anhydride"),
        ({"un": "1993"}, Verdict.CLEAR, None),
        ({"un": "19"}, Verdict.INVALID, None),
        ({"inchikey": "InChIKey=QCCDLTOVEPVEJK-UHFFFAOYSA-N"}, Verdict.CONTROLLED, "p2p"),
        ({"inchikey": "QCCDLTOVEPVEJK"}, Verdict.INVALID, None),
        ({"inchikey": "AAAAAAAAAAAAAA-UHFFFAOYSA-N"}, Verdict.CLEAR, None),
        ({"smiles": "C1CC"}, Verdict.INVALID, None),
        ({"smiles": "CN(C)(C)(C)C"}, Verdict.INVALID, None),
        ({}, Verdict.INVALID, None),
    ],
)
def test_codes_and_keys_alone(said, verdict, substance):
    found = screened(**said)
    assert found.verdict is verdict
    if substance:
        assert found.first.substance == substance


@pytest.mark.parametrize(
    ("said", "verdict"),
    [
        ({"name": "benzyl alcohol", "cas": "23056-29-3", "hs": "2906.21"}, Verdict.MISMATCH),
        ({"name": "benzyl alcohol", "cas": "23056-29-3"}, Verdict.MISMATCH),
        ({"name": "quite unknown stuff", "cas": "23056-29-3", "hs": "2906.21"}, Verdict.MISMATCH),
        ({"name": "quite unknown stuff", "cas": "23056-29-3"}, Verdict.CONTROLLED),
        ({"name": "acetone", "cas": "108-88-3"}, Verdict.MISMATCH),
        ({"name": "acetone", "cas": "67-63-0"}, Verdict.MISMATCH),
        ({"name": "acetone", "smiles": "Cc1ccccc1"}, Verdict.MISMATCH),
        ({"name": "acetone", "smiles": "CCO"}, Verdict.MISMATCH),
        ({"smiles": "CC(C)=O", "inchikey": "YXFVVABEGXRONW-UHFFFAOYSA-N"}, Verdict.MISMATCH),
        ({"name": "vanillin", "text": "25 kg piperonal"}, Verdict.MISMATCH),
        ({"name": "vanillin", "hs": "2932.93"}, Verdict.MISMATCH),
        ({"name": "acetone", "hs": "2902.30"}, Verdict.MISMATCH),
        ({"name": "acetone", "un": "1294"}, Verdict.MISMATCH),
        ({"name": "acetone", "un": "1170"}, Verdict.MISMATCH),
        ({"name": "acetone", "text": "toluene, 20 drums"}, Verdict.MISMATCH),
        ({"name": "acetone", "cas": "67-64-1", "hs": "2902.30"}, Verdict.CONTROLLED),
        ({"name": "acetone", "cas": "67-64-1", "hs": "3814.00"}, Verdict.CONTROLLED),
        ({"name": "4-piperidone", "hs": "2933.99"}, Verdict.CONTROLLED),
        ({"name": "ephedrine hydrochloride", "cas": "50-98-6"}, Verdict.CONTROLLED),
        ({"name": "ephedrine phosphate", "cas": "64-17-5"}, Verdict.MISMATCH),
        ({"name": "acetone", "cas": "67-64-2"}, Verdict.CONTROLLED),
        (
            {"name": "methyl ethyl ketone", "cas": "78-93-3", "hs": "2914.12", "un": "1193", "text": "MEK, 20 drums"},
            Verdict.CONTROLLED,
        ),
        ({"name": "benzyl alcohol", "cas": "67-63-0"}, Verdict.MISMATCH),
        ({"name": "benzyl alcohol", "cas": "103-41-3"}, Verdict.CLEAR),
        ({"name": "benzyl alcohol", "cas": "100-51-6", "smiles": "OCc1ccccc1"}, Verdict.CLEAR),
        ({"name": "vanillin", "cas": "121-33-5", "text": "vanilline, 25 kg"}, Verdict.CLEAR),
    ],
)
def test_what_does_not_fit_together(said, verdict):
    assert screened(**said).verdict is verdict


def test_where_two_agree_the_third_is_told_and_the_hold_stands():
    found = screened(name="acetone", cas="67-64-1", hs="2902.30")
    assert any(one.rule == "disagreement" for one in found.findings)
    assert found.first.verdict is Verdict.CONTROLLED


def test_an_oil_below_the_share_that_the_law_names_is_not_held():
    oil = {"name": "sassafras oil", "text": "essential oil"}
    assert screener().screen(Input("1", **oil, percent=3.0)).verdict is Verdict.REVIEW
    assert screener().screen(Input("1", **oil, percent=80.0)).verdict is Verdict.CONTROLLED
    assert screener().screen(Input("1", **oil)).verdict is Verdict.CONTROLLED
    assert screener().screen(Input("1", name="acetone", percent=3.0)).verdict is Verdict.CONTROLLED


def test_codes_are_read_and_compared():
    assert read_hs("2914.11.00") == "29141100"
    assert read_hs("2914") == "2914"
    assert read_hs("29141") is None
    assert read_hs("0011.22") is None
    assert read_un("UN 1715") == "1715"
    assert list(un_in_text("UN1090, un-1193, RUN 1999, UN 12345")) == ["1090", "1193"]
    assert agrees("291411", "291411", exact=True)
    assert not agrees("291412", "291411", exact=True)
    assert agrees("2914", "291411", exact=True)
    assert agrees("293399", "293339", exact=False)
    assert agrees("300490", "291411", exact=True)


def test_only_two_verdicts_hold_and_each_hold_names_rule_law_and_day():
    assert [verdict for verdict in Verdict if verdict.holds] == [Verdict.CONTROLLED, Verdict.CONTROLLED_CLASS]
    for substance in book().substances:
        found = screened(name=substance.name)
        if found.verdict.holds:
            assert found.first.rule
            assert found.first.instrument
            assert found.first.jurisdiction
