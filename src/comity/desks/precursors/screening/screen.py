"""The screening of one row: the tests in their order, then what follows from all of them.

The rule it keeps: read `Screener.screen` downwards; each test looks at one field and knows no other, and only the last step
weighs them against each other.
"""  # spec: precursors-and-documents.md 3

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from dataclasses import replace
from datetime import date
from typing import Final

from comity.desks.precursors.screening import cas
from comity.desks.precursors.screening.agree import Seen, disagreements
from comity.desks.precursors.screening.book import Other, Substance, SubstanceBook
from comity.desks.precursors.screening.classes import ClassTests, Likeness
from comity.desks.precursors.screening.codes import Codes, read_hs, read_un, un_in_text
from comity.desks.precursors.screening.listed import How, ListedStructures
from comity.desks.precursors.screening.names import NameIndex, Way, key_of
from comity.desks.precursors.screening.rules import ClassRule, Known
from comity.desks.precursors.screening.status import Standing, Status, standing_on, status_on
from comity.desks.precursors.screening.structure import BLOCK, KEY_FORM, Component, components, inchikey, read
from comity.desks.precursors.screening.verdict import Finding, Input, Screened, Verdict

_ORDER: Final = tuple(Verdict)
_MANNER: Final = {
    How.ITSELF: "the structure is",
    How.SALT: "the structure is a salt of",
    How.PART: "one component of the structure is",
    How.TAUTOMER: "the structure is another tautomer of",
    How.STEREO: "the structure is another configuration of",
    How.INGREDIENT: "one of several components is",
    How.ROUGH: "a component of a drawing with an uncharged metal is",
    Way.WHOLE: "the name is one of",
    Way.SALT: "the name is a salt of",
    Way.IN_TEXT: "the text names",
    Way.PART: "the text holds, in other words, a name of",
    Way.STEM: "the name has a word of the class of",
    Way.SLIP: "the name is one letter off a name of",
}


class Screener:
    """Screens rows against one edition of the list, on one day.

    Args:
        book: the edition.
        day: on which the law is looked at; default: that of the edition.
        jurisdictions: codes whose law counts; default: all of the edition.

    Raises:
        BadConfiguration: a structure or pattern of the edition is none.
    """

    def __init__(
        self, book: SubstanceBook, day: date | None = None, jurisdictions: frozenset[str] | None = None
    ) -> None:
        self._book = book
        self._day = day or book.day
        self._codes_of_law = tuple(
            one.code for one in book.jurisdictions if jurisdictions is None or one.code in jurisdictions
        )
        self._names = NameIndex(book)
        self._numbers = {one.cas: (one, "") for one in book.substances if one.cas}
        self._numbers |= {number: (one, form) for one in book.substances for number, form in one.related}
        self._others = {one.cas: one for one in book.others if one.cas}
        self._forms = {one.cas: one for one in book.forms if one.cas}
        self._forms_named = {key_of(name): one for one in book.forms for name in one.names}
        self._form_keys: dict[str, Other] = {}
        self._listed = ListedStructures(book)
        self._classes = ClassTests(book)
        self._likeness = Likeness(book)
        self._codes = Codes(book)

    def on(self, day: date) -> Screener:
        """Return a screener of the same edition for another day; what was read of the edition is shared."""
        other = copy(self)
        other._day = day  # noqa: SLF001  of the same class
        return other

    def screen(self, row: Input) -> Screened:
        """Screen one row; never raises for what the row says."""
        seen = tuple(self._seen(row))
        against = disagreements(self._book, seen)
        findings = tuple(finding for one in seen for finding in one.findings) + against
        if not seen:
            findings = (Finding(Verdict.INVALID, "record", "empty", reason="the row says nothing of the goods."),)
        verdict = _weighed(findings)
        decided = tuple(one for one in findings if one.verdict is verdict)
        others = tuple(one for one in findings if one.verdict is not verdict)
        return Screened(row.id, verdict, decided + others, self._book.edition, self._day)

    def class_rules(self, smiles: str) -> tuple[ClassRule, ...]:
        """Return the class rules that a structure fits, whatever the day; () for what is no structure."""
        mol = read(smiles)
        return () if mol is None else tuple(rule for part in components(mol) for rule in self._classes.matches(part))

    def _seen(self, row: Input) -> Iterator[Seen]:
        if row.name:
            yield self._by_name(row)
        if row.cas:
            yield self._by_number(row)
        if row.smiles:
            yield self._by_structure(row)
        if row.inchikey:
            yield self._by_key(row)
        if row.hs:
            yield self._by_customs_code(row)
        if row.un:
            yield self._by_transport_number(row)
        if row.text:
            yield self._by_text(row)

    # --- one field each ----------------------------------------------------------------------------------------------------

    def _by_name(self, row: Input) -> Seen:
        form = self._forms_named.get(key_of(row.name))
        if form is not None:
            return Seen("name", self._of_form(form, "name"))
        found = self._names.find(row.name)
        if found is None:
            other = self._names.other(row.name)
            return Seen("name", other=other.names[0] if other else "")
        findings = self._standing(row, "name", found.way, found.substance, sure=found.way.sure)
        substances = frozenset({found.substance.id}) if found.way.sure else frozenset[str]()
        return Seen("name", findings, substances, plain=found.way is Way.WHOLE)

    def _by_number(self, row: Input) -> Seen:
        number = cas.tidy(row.cas)
        if not cas.is_valid(number):
            return Seen("cas", (_invalid("cas", "cas-digit", "the registry number fails its check digit"),))
        if number in self._forms:
            return Seen("cas", self._of_form(self._forms[number], "cas"))
        if number not in self._numbers:
            other = self._others.get(number)
            return Seen("cas", other=other.names[0] if other else number)
        substance, form = self._numbers[number]
        rule = f"cas: {form}" if form else "cas"
        return Seen("cas", self._standing(row, "cas", rule, substance), frozenset({substance.id}))

    def _by_structure(self, row: Input) -> Seen:
        mol = read(row.smiles)
        if mol is None:
            return Seen("smiles", (_invalid("smiles", "structure", "the structure cannot be read"),))
        parts = components(mol)
        findings: list[Finding] = []
        matches = self._listed.find(parts)
        for match in matches:
            findings += self._standing(row, "smiles", match.how, match.substance, sure=match.how.sure)
        sure = frozenset(match.substance.id for match in matches if match.how.sure)
        if not sure:
            findings += self._by_classes(parts, "smiles")
        if not findings:
            findings += self._by_likeness(parts)
        plain = all(match.how is How.ITSELF for match in matches)
        return Seen("smiles", tuple(findings), sure, "" if findings else "structure", plain)

    def _by_key(self, row: Input) -> Seen:
        key = row.inchikey.strip().upper().removeprefix("INCHIKEY=")
        if not KEY_FORM.fullmatch(key):
            return Seen("inchikey", (_invalid("inchikey", "key-form", "this is no InChIKey"),))
        match = self._listed.find_key(key)
        if match is None:
            form = self._form_of_key(key)
            return Seen("inchikey", self._of_form(form, "inchikey")) if form else Seen("inchikey", other=key)
        findings = self._standing(row, "inchikey", match.how, match.substance, sure=match.how.sure)
        substances = frozenset({match.substance.id}) if match.how.sure else frozenset[str]()
        return Seen("inchikey", findings, substances, plain=match.how is How.ITSELF)

    def _by_customs_code(self, row: Input) -> Seen:
        code = read_hs(row.hs)
        if code is None:
            return Seen("hs", (_invalid("hs", "hs-form", "this is no customs code"),))
        named = self._codes.named(code)
        findings = tuple(one for substance in named for one in self._standing(row, "hs", "hs-exact", substance))
        gathered = self._codes.gathered(code)
        if gathered and not named and not _says_more(row):
            reason = f"under this code are {len(gathered)} listed substances among many others, {gathered[0].id} one of them."
            findings = (Finding(Verdict.REVIEW, "hs", "hs-gathers", gathered[0].id, reason=reason),)
        return Seen("hs", findings, frozenset(one.id for one in named), code=code)

    def _by_transport_number(self, row: Input) -> Seen:
        number = read_un(row.un)
        if number is None:
            return Seen("un", (_invalid("un", "un-form", "this is no transport number"),))
        carried = self._codes.carried(number)
        findings = tuple(one for substance in carried for one in self._standing(row, "un", "un", substance))
        return Seen("un", findings, frozenset(one.id for one in carried), code=number)

    def _by_text(self, row: Input) -> Seen:
        findings: list[Finding] = []
        sure: set[str] = set()
        for found in self._names.find_in_text(row.text):
            findings += self._standing(row, "text", found.way, found.substance, sure=found.way.sure)
            sure |= {found.substance.id} if found.way.sure else set()
        numbered = [self._numbers[one][0] for one in cas.in_text(row.text) if one in self._numbers]
        for rule, several in (("cas-in-text", numbered), ("un-in-text", self._carried_in(row.text))):
            for substance in several:
                findings += self._standing(row, "text", rule, substance)
                sure.add(substance.id)
        return Seen("text", tuple(findings), frozenset(sure))

    def _carried_in(self, text: str) -> list[Substance]:
        return [substance for number in un_in_text(text) for substance in self._codes.carried(number)]

    # --- what follows --------------------------------------------------------------------------------------------------------

    def _standing(
        self, row: Input, field: str, rule: str, substance: Substance, *, sure: bool = True
    ) -> tuple[Finding, ...]:
        """Return one finding for each law that covers the substance on the day, or one that says why none decides."""
        manner = (
            _MANNER.get(rule, f"the {field} is that of") if isinstance(rule, How | Way) else f"the {field} is that of"
        )
        below = self._below_limit(row, substance)
        found: list[Finding] = []
        for code in self._codes_of_law:
            answer = status_on(self._book, substance.id, code, self._day)
            if answer.status is None or answer.standing in {Standing.UNKNOWN, Standing.NOT_CONTROLLED}:
                continue
            holds = sure and not below and answer.standing is Standing.CONTROLLED
            verdict = Verdict.CONTROLLED if holds else Verdict.REVIEW
            looks = "" if holds or below else "; a person looks"
            reason = f"{manner} {substance.name}, {_words(answer.standing)}{below}{looks}."
            found.append(_finding(verdict, (field, rule), substance, answer.status, reason))
        if not found:
            reason = f"{manner} {substance.name}, which is listed; no control of it is known for this day."
            found.append(Finding(Verdict.REVIEW, field, rule, substance.id, reason=reason, sources=substance.sources))
        if sure and not below and not any(one.verdict.holds for one in found):
            found += (replace(one, substance=substance.id) for one in self._by_classes(self._drawn(substance), field))
        return tuple(found)

    def _drawn(self, substance: Substance) -> tuple[Component, ...]:
        mol = read(substance.smiles)
        return () if mol is None else components(mol)

    def _below_limit(self, row: Input, substance: Substance) -> str:
        if row.percent is None:
            return ""
        told = f" {row.name} {row.text} ".lower()
        for mixture in self._book.words.mixtures:
            named = any(word.lower() in told for word in mixture.words)
            if named and mixture.substance == substance.id and row.percent < mixture.percent:
                return f"; {row.percent:g} % is below the {mixture.percent:g} % of {mixture.instrument}"
        return ""

    def _by_classes(self, parts: tuple[Component, ...], field: str) -> Iterator[Finding]:
        for part in parts:
            known = self._classes.known(part)
            for rule in self._classes.matches(part):
                if self._in_force(rule):
                    yield _class_finding(rule, known, field)

    def _of_form(self, form: Other, field: str) -> tuple[Finding, ...]:
        """Return what the structure of a known form leads to, for a field that only names it."""
        mol = read(form.smiles)
        return () if mol is None else tuple(self._by_classes(components(mol), field))

    def _form_of_key(self, key: str) -> Other | None:
        if not self._form_keys:
            drawn = ((read(one.smiles), one) for one in self._book.forms)
            self._form_keys = {inchikey(mol)[:BLOCK]: one for mol, one in drawn if mol is not None}
        return self._form_keys.get(key[:BLOCK])

    def _in_force(self, rule: ClassRule) -> bool:
        if rule.status is None:
            return True
        if rule.status.jurisdiction not in self._codes_of_law:
            return False
        return standing_on(rule.status, self._day, self._book.day) is Standing.CLASS

    def _by_likeness(self, parts: tuple[Component, ...]) -> Iterator[Finding]:
        own, how_much = max(map(self._likeness.nearest, parts), key=lambda found: found[1])
        if own:
            reason = f"the structure is {how_much:.2f} like that of {self._book.by_id[own].name}; a person looks."
            yield Finding(Verdict.REVIEW, "smiles", "likeness", own, reason=reason)


def _says_more(row: Input) -> bool:
    return any((row.name, row.cas, row.smiles, row.inchikey, row.text))


def _words(standing: Standing) -> str:
    match standing:
        case Standing.CONTROLLED:
            return "controlled"
        case Standing.CLASS:
            return "perhaps controlled by a general wording"
        case _:
            return "which is only watched"


def _finding(verdict: Verdict, test: tuple[str, str], substance: Substance, status: Status, reason: str) -> Finding:
    listed = f", {status.list}" if status.list else ""
    return Finding(
        verdict=verdict,
        field=test[0],
        rule=str(test[1]),
        substance=substance.id,
        jurisdiction=status.jurisdiction,
        instrument=f"{status.instrument}{listed}",
        since=status.since,
        reason=reason,
        sources=substance.sources,
        one_source=substance.one_source,
    )


def _class_finding(rule: ClassRule, known: Known | None, field: str) -> Finding:
    status = rule.status
    listed = f", {status.list}" if status and status.list else ""
    return Finding(
        verdict=Verdict.REVIEW if known else rule.effect,
        field=field,
        rule=rule.id,
        substance=rule.substance,
        jurisdiction=status.jurisdiction if status else "",
        instrument=f"{status.instrument}{listed}" if status else "",
        since=status.since if status else "",
        reason=f"{rule.en} Known as {known.name}: {known.reason}; a person looks." if known else rule.en,
        sources=(status.source,) if status else (),
    )


def _invalid(field: str, rule: str, what: str) -> Finding:
    return Finding(Verdict.INVALID, field, rule, reason=f"{what}; it identifies nothing.")


def _weighed(findings: Iterable[Finding]) -> Verdict:
    """Return what follows from all findings: a disagreement outweighs a hold, unless two fields agree on it."""
    verdicts = {finding.verdict for finding in findings}
    if Verdict.MISMATCH in verdicts:
        return Verdict.MISMATCH
    return min(verdicts, key=_ORDER.index, default=Verdict.CLEAR)
