"""A provision is read out of a consolidation with its labels and words, and without what is no law."""

from __future__ import annotations

from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.consolidation import Collection, extract, folder_reader, read_collection

XML = """<Statute xmlns:lims="http://example.org/lims" lims:current-date="2026-03-02"><Identification/>
<Body>
<Section lims:inforce-start-date="2001-01-01"><MarginalNote>Short title</MarginalNote><Label>1</Label>
  <Text>This Act may be cited as the <XRefExternal>Some Act</XRefExternal>.</Text>
  <HistoricalNote><HistoricalNoteSubItem>1999, c. 1</HistoricalNoteSubItem></HistoricalNote></Section>
<Section lims:inforce-start-date="2002-01-01"><Label>8</Label>
  <Subsection lims:inforce-start-date="2003-01-01"><Label>(1)</Label><Text>Nothing   leaves.</Text></Subsection>
  <Subsection lims:inforce-start-date="2004-01-01"><MarginalNote>Where it may</MarginalNote><Label>(2)</Label>
    <Text>It may leave</Text>
    <Paragraph><Label>(a)</Label><Text>for its purpose; or<FootnoteRef>1</FootnoteRef></Text></Paragraph>
    <Paragraph lims:inforce-start-date="2005-01-01"><Label>(f)</Label><Text>under an arrangement with</Text>
      <Subparagraph lims:inforce-start-date="2006-01-01"><Label>(i)</Label><Text>a foreign state,</Text></Subparagraph>
      <Subparagraph><Label>(ii)</Label><Text>a body,</Text></Subparagraph>
      <ContinuedParagraph><Text>that keeps it.</Text></ContinuedParagraph></Paragraph>
  </Subsection></Section>
<Section><Label>9</Label><Text>In this Act,</Text>
  <Definition><Text><DefinedTermEn>life</DefinedTermEn> means</Text>
    <Paragraph><Label>(h)</Label><Text>a life;</Text></Paragraph></Definition>
  <Definition><Text><DefinedTermEn>limb</DefinedTermEn> means</Text>
    <Paragraph><Label>(x)</Label><Text>an arm;</Text></Paragraph></Definition></Section>
<Section><Label>10</Label><Text>As follows:</Text>
  <TableGroup><table><row><entry>one</entry><entry>two</entry></row></table></TableGroup></Section>
<Section><Label>11</Label>
  <Paragraph><Label>(a)</Label><Text>first;</Text></Paragraph><Paragraph><Label>(a)</Label><Text>again.</Text></Paragraph></Section>
</Body>
<Schedule lims:inforce-start-date="2007-01-01"><ScheduleFormHeading><Label>SCHEDULE VI</Label>
  <OriginatingRef>(Section 2)</OriginatingRef></ScheduleFormHeading>
  <Group><GroupHeading><Label>PART 1</Label><TitleText>Class A</TitleText></GroupHeading>
    <List><Item><Label>1</Label><Text>Water</Text></Item></List></Group></Schedule>
<Schedule><ScheduleFormHeading><TitleText>AMENDMENTS NOT IN FORCE</TitleText></ScheduleFormHeading>
  <Section><Label>12</Label><Text>Not yet.</Text></Section></Schedule>
</Statute>"""

ACTS = """
prefix = "XA"
[acts]
Act = { xml = "eng/A-1.xml", title = "Some Act" }
Other = { xml = "eng/B-2.xml", title = "Other Act" }
[spans]
"XA/Act/s8-9" = ["s8(1)", "s10"]
[not_kept]
"XA/Case-2001" = "a judgment"
"XA/Code" = "too large"
"""


def collection() -> Collection:
    return read_collection(ACTS, "acts.toml")


def read(name: str) -> bytes | None:
    return {"eng/A-1.xml": XML.encode()}.get(name)


def text(part: str) -> str:
    found = extract(f"XA/Act/{part}", collection(), read)
    assert found is not None
    return found.text


@pytest.mark.parametrize(
    ("part", "lines"),
    [
        ("s1", ["1 This Act may be cited as the Some Act."]),
        ("s8(1)", ["8 (1) Nothing leaves."]),
        ("s8(2)(a)", ["8 (2) It may leave", "(a) for its purpose; or"]),
        (
            "s8(2)(f)(i)",
            ["8 (2) It may leave", "(f) under an arrangement with", "(i) a foreign state,", "that keeps it."],
        ),
        ("s9(h)", ["9 In this Act,", "life means", "(h) a life;"]),
        ("s10", ["10 As follows:", "one two"]),
        ("SchVI", ["PART 1 Class A", "1 Water"]),
        ("s8-9", ["8 (1) Nothing leaves.", "10 As follows:", "one two"]),
    ],
)
def test_a_provision_is_its_own_words_and_those_that_lead_to_it(part: str, lines: list[str]) -> None:
    assert text(part).splitlines() == lines


def test_a_whole_section_has_each_part_on_its_line() -> None:
    assert text("s8").splitlines() == [
        "8 (1) Nothing leaves.", "(2) It may leave", "(a) for its purpose; or", "(f) under an arrangement with",
        "(i) a foreign state,", "(ii) a body,", "that keeps it.",
    ]  # fmt: skip


def test_act_section_and_days_are_told() -> None:
    found = extract("XA/Act/s8(2)(f)(i)", collection(), read)
    assert found is not None
    assert (found.act, found.section, found.pit, found.since) == ("Some Act", "8(2)(f)(i)", "2026-03-02", "2006-01-01")
    schedule = extract("XA/Act/SchVI", collection(), read)
    span = extract("XA/Act/s8-9", collection(), read)
    assert schedule is not None
    assert span is not None
    assert (schedule.section, schedule.since) == ("Sch. VI", "2007-01-01")
    assert span.section == "8(1) to 10"


@pytest.mark.parametrize("part", ["s2", "s8(3)", "s8(2)(f)(iii)", "s11(a)", "s12", "SchX"])
def test_what_is_not_there_or_not_in_force_or_stands_twice_is_not_found(part: str) -> None:
    assert extract(f"XA/Act/{part}", collection(), read) is None


def test_an_act_whose_file_is_missing_is_not_found() -> None:
    assert extract("XA/Other/s1", collection(), read) is None


def test_a_document_without_a_body_has_no_section() -> None:
    assert extract("XA/Act/s1", collection(), lambda _: b"<Statute/>") is None


def test_a_history_or_a_marginal_note_changes_nothing() -> None:
    other = (
        XML.replace("1999, c. 1", "2030, c. 9").replace("Where it may", "Elsewhere").replace("Nothing   l", "Nothing l")
    )
    found = extract("XA/Act/s8", collection(), lambda _: other.encode())
    assert found is not None
    assert found.text == text("s8")


@pytest.mark.parametrize(
    ("provision", "says"), [("XB/Act/s1", "no act"), ("XA/Act/p1", "neither a section"), ("XA", "no act")]
)
def test_what_is_no_provision_is_refused(provision: str, says: str) -> None:
    with pytest.raises(BadConfiguration, match=says):
        extract(provision, collection(), read)


def test_what_is_no_xml_is_refused() -> None:
    with pytest.raises(BadConfiguration, match="is no XML"):
        extract("XA/Act/s1", collection(), lambda _: b"<Statute>")


def test_what_is_not_kept_says_why() -> None:
    known = collection()
    assert known.why_not("XA/Case-2001") == "a judgment"
    assert known.why_not("XA/Code/s3") == "too large"
    assert known.why_not("XA/Act/s1") is None


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ('prefix = "XA"', "", "prefix is a text"),
        ("title", "name", "title is a text"),
        ("[acts]", "[act]", "no key act"),
        ("=", "", "acts"),
    ],
)
def test_a_list_of_acts_that_does_not_fit_is_refused(old: str, new: str, says: str) -> None:
    with pytest.raises(BadConfiguration, match=says):
        read_collection(ACTS.replace(old, new), "acts.toml")


def test_a_folder_or_one_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "eng").mkdir()
    (tmp_path / "eng" / "A-1.xml").write_text("x")
    assert folder_reader(tmp_path)("eng/A-1.xml") == b"x"
    assert folder_reader(tmp_path)("eng/B-2.xml") is None
    assert folder_reader(tmp_path / "eng" / "A-1.xml")("eng/A-1.xml") == b"x"
    assert folder_reader(tmp_path / "eng" / "A-1.xml")("eng/B-2.xml") is None
