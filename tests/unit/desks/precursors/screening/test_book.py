"""An edition is read whole or not at all; each fault that could mislead an officer is planted here."""

from __future__ import annotations

import csv
import io

import pytest

from comity.base.errors import BadConfiguration
from comity.desks.precursors.screening import cas
from comity.desks.precursors.screening.book import NEEDED, SubstanceBook
from comity.desks.precursors.screening.classes import ClassTests
from comity.desks.precursors.screening.listed import ListedStructures
from comity.desks.precursors.screening.structure import components, inchikey, read
from tests.unit.desks.precursors.screening.edition import book, changed, files


def test_the_edition_says_what_it_is():
    assert book().edition.startswith("Watched substances")
    assert book().digest.hex()[:12] in book().edition
    assert book().treaties == ("un",)
    assert {"ca", "in"} <= set(book().nations)


def test_one_changed_letter_is_another_edition():
    other = SubstanceBook.load(changed("names.csv", lambda text: text.replace("acetanhydride", "acetanhydrid")))
    assert other.digest != book().digest


@pytest.mark.parametrize("name", NEEDED)
def test_a_missing_file_is_named(name):
    left = {path: data for path, data in files().items() if path != name}
    with pytest.raises(BadConfiguration, match=name):
        SubstanceBook.load(left)


@pytest.mark.parametrize(
    ("name", "old", "new", "told"),
    [
        ("substances.csv", "108-24-7", "108-24-8", "check digit"),
        ("numbers.csv", "114-70-5", "114-70-6", "check digit"),
        ("others.csv", "100-51-6", "100-51-7", "check digit"),
        ("substances.csv", "2915.24", "2915.2", "customs code"),
        ("substances.csv", ",base,", ",basic,", "basic"),
        ("substances.csv", ",whole,", ",hole,", "hole"),
        ("substances.csv", "\nacetone,", "\ntoluene,", "twice|not of this edition|no substance"),
        ("names.csv", "\nacetone,", "\nacetones,", "acetones"),
        ("statuses.csv", "\nacetone,un", "\nacetone,zz", "zz"),
        ("statuses.csv", "2025-01-23", "2025-01-32", "statuses.csv"),
        ("statuses.csv", ",controlled,2025-01-23,exact", ",forbidden,2025-01-23,exact", "forbidden"),
        ("statuses.csv", ",controlled,2025-01-23,exact", ",controlled,2025-01-23,always", "go together"),
        ("edition.toml", "2026-10-31", "yesterday", "yesterday"),
        ("edition.toml", "name = ", "nom = ", "name"),
        ("edition.toml", "[[jurisdiction]]", "[[jurisdiction", "edition.toml"),
        ("edition.toml", 'kind = "treaty"', 'kind = "pact"', "kind"),
        ("classes.toml", 'off = "cut"', 'off = "saw"', "off"),
        ("classes.toml", 'substance = "4-ap"', 'substance = "5-ap"', "unknown substance"),
        ("classes.toml", 'groups = ["n-acyl"', 'groups = ["n-alkyl"', "group"),
        ("classes.toml", 'jurisdiction = "us"', 'jurisdiction = "zz"', "jurisdiction"),
        ("classes.toml", 'since = "2023-11-30"', 'since = "soon"', "us-4-ap"),
        ("classes.toml", 'since = "2023-11-30"\n', "", "go together"),
        ("classes.toml", 'groups = ["acetal", "aryl-halide"]', "", "either groups or patterns"),
        ("classes.toml", 'id = "near-phenylacetic-ester"\nsubstance = "phenylacetic-acid"\neffect = "review"',
         'id = "near-phenylacetic-ester"\nsubstance = "phenylacetic-acid"\neffect = "controlled_class"', "names its law"),
        ("words.toml", "ergotamine = [", "ergotamines = [", "ergotamines"),
        ("words.toml", "anions = [", "anionen = [", "anionen"),
    ],
)  # fmt: skip
def test_a_planted_fault_stops_the_edition(name, old, new, told):
    with pytest.raises(BadConfiguration, match=told):
        SubstanceBook.load(changed(name, lambda text: text.replace(old, new)))


def test_rows_of_other_widths_and_other_bytes_are_refused():
    for bad in (files()["names.csv"] + b"acetone,x\n", files()["names.csv"] + b"acetone,x,en,y,z\n", b"\xff\xfe"):
        with pytest.raises(BadConfiguration, match=r"names\.csv"):
            SubstanceBook.load({**files(), "names.csv": bad})


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("classes.toml", 'smarts = "[c:1]-[F,Cl,Br,I:2]"', 'smarts = "[c:1"'),
        ("classes.toml", 'smiles = "CN1CCC(CC1)N(Cc1ccccc1)c1ccccc1"', 'smiles = "CN1CC"'),
    ],
)
def test_a_pattern_that_is_none_stops_the_screening(name, old, new):
    other = SubstanceBook.load(changed(name, lambda text: text.replace(old, new)))
    with pytest.raises(BadConfiguration):
        ClassTests(other)


def test_a_structure_that_is_none_stops_the_screening():
    other = SubstanceBook.load(changed("substances.csv", lambda text: text.replace(",CC(C)=O,", ",CC(C=O,")))
    with pytest.raises(BadConfiguration, match="acetone"):
        ListedStructures(other)


def test_keys_formulas_and_digits_of_the_list_are_those_of_its_structures():
    for row in csv.DictReader(io.StringIO(files()["substances.csv"].decode())):
        if row["smiles"]:
            mol = read(row["smiles"])
            assert mol is not None
            assert inchikey(mol) == row["inchikey"], row["substance_id"]
            assert row["inchikey"].startswith(row["inchikey_block1"])
        assert not row["cas"] or cas.is_valid(row["cas"])


def test_every_name_means_one_substance_only():
    from comity.desks.precursors.screening.names import key_of

    owner: dict[str, str] = {}
    for substance in book().substances:
        for name in substance.names:
            assert owner.setdefault(key_of(name), substance.id) == substance.id, name


def test_nothing_common_is_on_the_list():
    numbers = {one.cas for one in book().substances} | {
        number for one in book().substances for number, _ in one.related
    }
    assert not {one.cas for one in book().others if one.cas} & numbers


def test_a_drawing_beyond_the_limits_is_none():
    assert read("") is None
    assert read("C" * 2_001) is None
    assert read("C" * 501) is None
    assert len(components(read("C.O.N"))) == 3
