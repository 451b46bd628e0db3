"""One day at the border as the two gates are asked it: what each dispatch is, and what each law must answer.

Plain data from the day's script. `clear` and `admit` are (articles that must be cited, obligations exactly). Where the
script names one law only, the other permits on the article that it gave for the first dispatch of the case. A refusal
has, besides, the answer that was drafted and refused: its ground inside, the word outside, the articles.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from comity.marking.labels import Urgency
from comity.policy.question import Decision, Question
from tests.unit.policy.policy_laws import ask, assessed

PCR = "Precursor Control Regulations, s. 25(1)(j)"
PA = "Privacy Act, s. 8(2)(f)(i)"
CSE = "Communications Security Establishment Act, s. 54"
DCIA = "Department of Citizenship and Immigration Act, s. 5(2)"
RCS = "NDPS (Regulation of Controlled Substances) Order 2013, cl. 10"
MHA = "MHA guidelines on mutual legal assistance, 4 December 2019, informal requests"
IT70B = "Information Technology Act 2000, s. 70B"
OWN = "Accord 2026-02, own business"
RECALL = "Accord 2026-02, recall"

BOTH = (assessed("disclose"), assessed("request"))
SHORT = (assessed("disclose", short_form=True), assessed("request", short_form=True))
SAID_NO = (assessed("disclose", decision=Decision.NO),)
CYBER = {"handling": set(), "conditions": set(), "tlp": "AMBER+STRICT", "pap": "AMBER", "purpose": "cyber-incident"}
USE = {"report:assess-before-use"}

Expected = tuple[set[str], set[str]]


@dataclass(frozen=True)
class Dispatch:
    number: int
    by: str
    question: Question
    clear: Expected
    admit: Expected


@dataclass(frozen=True)
class Refused:
    number: int
    by: str
    draft: Question
    ground: str
    outward: str
    articles: set[str]


@dataclass
class Case:
    by_ca: str
    by_in: str
    common: dict[str, object]
    rows: list[Dispatch] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)

    def add(
        self,
        number: int,
        by: str,
        kind: str,
        *,
        cites: tuple[str, ...] = (),
        duties: set[str] = frozenset(),
        there_cites: tuple[str, ...] = (),
        there: set[str] = frozenset(),
        removed: set[str] = frozenset(),
        **question: object,
    ) -> None:
        """Add one dispatch; `removed` are the categories that our law removes, so that the peer's never sees them."""
        ours, theirs = (self.by_ca, self.by_in) if by == "ca" else (self.by_in, self.by_ca)
        whole = {**self.common, **question, "kind": kind}
        whole["categories"] = set(whole.get("categories", ())) | removed
        self.rows.append(
            Dispatch(
                number,
                by,
                ask(**whole),
                ({ours, *cites}, {f"redact:{category}" for category in removed} | set(duties)),
                ({theirs, *there_cites}, set(there)),
            )
        )

    def refuse(
        self, number: int, by: str, ground: str, outward: str, cites: set[str], *, draft: dict[str, object]
    ) -> None:
        """Add a refusal and the drafted answer that led to it."""
        self.add(number, by, "refusal")
        answer = ask(**{**self.common, "kind": "answer", "stage": "final", "asserts": False, **draft})
        self.refused.append(Refused(number, by, answer, ground, outward, cites))


def postings() -> Case:
    case = Case(OWN, OWN, {"purpose": "liaison", "urgency": Urgency.NORMAL})
    for number, by, stage in (
        (1, "ca", "nominated"),
        (2, "in", "nominated"),
        (3, "in", "accepted"),
        (4, "ca", "accepted"),
    ):
        case.add(number, by, "posting", stage=stage)
    case.add(48, "in", "posting", stage="ended")
    return case


def precursors() -> Case:
    case = Case(PCR, RCS, {"purpose": "precursor-diversion", "urgency": Urgency.URGENT})
    cdsa = "Controlled Drugs and Substances Act, s. 6 and Sch. VI, item 27(3)"
    case.add(5, "in", "spontaneous", removed={"commercial"}, there={"report:list-check"}, there_cites=(cdsa,),
             asserts=True, evaluated=True)  # fmt: skip
    case.add(6, "ca", "rfi", asks={"commercial", "document"}, records={"permit-data"}, conduct="diversion")
    case.add(7, "in", "answer", stage="final", asks={"commercial", "document"}, records={"permit-data"},
             categories={"document"}, asserts=True, evaluated=True)  # fmt: skip
    case.add(8, "ca", "rfi", asks={"commercial"}, records={"customs-record"}, conduct="diversion")
    customs_in = {"asks": {"commercial"}, "records": {"customs-record"}}
    case.refuse(9, "in", "no-legal-basis", "no-legal-basis", {"Customs Act 1962, s. 151B"}, draft=customs_in)
    case.add(10, "in", "rfi", asks={"commercial"}, records={"customs-record"}, conduct="diversion")
    case.refuse(11, "ca", "no-legal-basis", "no-legal-basis", {"Customs Act, s. 107(2), (8)"}, draft=customs_in)
    case.add(12, "ca", "message", cites=("Precursor Control Regulations, s. 28",), duties={"report:border-services"})
    return case


def network() -> Case:
    case = Case(PA, MHA, {"purpose": "organised-crime", "urgency": Urgency.URGENT})
    act = "theft and export of vehicles"
    csis = "Canadian Security Intelligence Service Act, s. 18"
    case.add(13, "ca", "rfi", removed={"source-or-method"}, cites=(csis,), categories={"person", "contact"},
             asks={"person", "contact"}, conduct=act, assessments=BOTH)  # fmt: skip
    case.add(14, "in", "message", categories={"person"})
    case.add(15, "ca", "correction", categories={"person"}, assessments=BOTH, conduct=act)
    jj = "Juvenile Justice (Care and Protection of Children) Act 2015, s. 74"
    case.add(16, "in", "answer", stage="part", removed={"minor"}, cites=(jj,), categories={"person"},
             asks={"person", "contact"}, asserts=True, evaluated=True, there=USE)  # fmt: skip
    case.add(17, "ca", "rfi", categories={"person"}, asks={"location"}, records={"travel-record"}, conduct=act,
             assessments=BOTH)  # fmt: skip
    where = {"asks": {"location"}, "records": {"travel-record"}, "assessments": SAID_NO}
    case.refuse(18, "in", "location", "cannot-assist", {"Constitution of India, art. 21"}, draft=where)
    case.add(19, "in", "answer", stage="final", categories={"person", "contact"}, asks={"person", "contact"},
             asserts=True, evaluated=True, there=USE)  # fmt: skip
    case.add(20, "in", "rfi", categories={"person"}, asks={"location"}, records={"vehicle-record"}, conduct=act)
    where = {"asks": {"location"}, "records": {"vehicle-record"}, "assessments": SAID_NO}
    case.refuse(21, "ca", "location", "cannot-assist", {"Privacy Act, s. 8"}, draft=where)
    return case


def cyber() -> Case:
    case = Case(CSE, IT70B, {**CYBER, "urgency": Urgency.URGENT})
    case.add(22, "in", "spontaneous", removed={"victim"}, cites=("Information Technology Act 2000, s. 70A",),
             categories={"indicator"}, asserts=True, evaluated=True)  # fmt: skip
    case.add(23, "ca", "spontaneous", removed={"account"}, cites=("Communications Security Establishment Act, s. 43",),
             categories={"indicator"}, asserts=True, evaluated=True)  # fmt: skip
    case.add(24, "in", "recall", cites=(RECALL,), there_cites=(RECALL,))
    case.add(25, "ca", "answer", stage="final", answers="recall", cites=(RECALL,), there_cites=(RECALL,))
    case.add(29, "ca", "rfi", asks={"indicator"}, records={"traffic-capture"})
    article = "Information Technology Act 2000, s. 69B and Traffic Data Rules 2009; treaty way: MHA guidelines of 4 December 2019"
    capture = {"asks": {"indicator"}, "records": {"traffic-capture"}}
    case.refuse(30, "in", "no-legal-basis", "no-legal-basis", {article}, draft=capture)
    return case


def subscriber() -> Case:
    case = Case(PA, MHA, {"purpose": "cybercrime", "urgency": Urgency.URGENT})
    case.add(
        26, "in", "rfi", categories={"indicator"}, asks={"person"}, records={"subscriber-record"}, conduct="intrusion"
    )
    article = (
        "Charter, s. 8; R. v. Bykovets, 2024 SCC 6; treaty way: Mutual Legal Assistance in Criminal Matters Act, s. 17"
    )
    who = {"asks": {"person"}, "records": {"subscriber-record"}}
    case.refuse(27, "ca", "no-legal-basis", "no-legal-basis", {article}, draft=who)
    case.add(28, "in", "message")
    return case


def letters() -> Case:
    case = Case(DCIA, MHA, {"purpose": "border-document", "urgency": Urgency.NORMAL})
    label = {
        "cites": ("Immigration and Foreigners Act 2025 (Act 13 of 2025)",),
        "duties": {"report:offence-label-forged-papers"},
    }
    case.add(31, "in", "rfi", categories={"document"}, asks={"document"}, records={"registration"}, **label)
    case.add(32, "in", "reminder")
    case.add(33, "ca", "answer", stage="holding", asks={"document"}, records={"registration"})
    case.add(34, "ca", "answer", stage="final", removed={"person"}, duties={"report:institution-asked"},
             cites=("Immigration and Refugee Protection Regulations, s. 222.1", PA), categories={"document"},
             asks={"document"}, records={"registration"}, asserts=True, evaluated=True)  # fmt: skip
    case.add(35, "in", "rfi", asks={"person"}, records={"bulk-list"}, **label)
    irpr = "Immigration and Refugee Protection Regulations, ss. 315.28-315.38"
    case.refuse(
        36, "ca", "disproportionate", "cannot-assist", {irpr}, draft={"asks": {"person"}, "records": {"bulk-list"}}
    )
    case.add(37, "ca", "rfi", categories={"person"}, asks={"protection-claim"}, records={"refugee-record"},
             assessments=BOTH, agency="ircc")  # fmt: skip
    claim = {"asks": {"protection-claim"}, "records": {"refugee-record"}}
    case.refuse(38, "in", "protection-claim", "cannot-assist", {"Accord 2026-02, overriding rule 11"}, draft=claim)
    return case


def threat() -> Case:
    case = Case(PA, MHA, {"purpose": "extortion-threat-to-life", "urgency": Urgency.IMMEDIATE})
    caveat = {"caveat:no-death-penalty-proceeding", "report:full-form-24h"}
    numbers = {"categories": {"contact"}, "conduct": "extortion", "assessments": SHORT}
    case.add(39, "ca", "rfi", removed={"victim"}, cites=("Privacy Act, s. 8(1); condition victim-data",), duties=caveat,
             asks={"person", "contact"}, **numbers)  # fmt: skip
    whose = {"asks": {"person", "contact"}, "asserts": True, "evaluated": True}
    case.add(40, "in", "answer", stage="holding", categories={"contact"}, there=USE, **whose)
    case.add(41, "ca", "correction", duties=caveat, **numbers)
    case.add(42, "in", "answer", stage="part", removed={"national-number"}, cites=("Aadhaar Act 2016, s. 29",),
             categories={"person", "contact"}, there=USE, **whose)  # fmt: skip
    case.add(43, "in", "rfi", asks={"person"}, records={"membership-list"}, conduct="extortion")
    members = {"asks": {"person"}, "records": {"membership-list"}}
    case.refuse(44, "ca", "disproportionate", "cannot-assist", {"Privacy Act, s. 8"}, draft=members)
    calls = {"asks": {"national-number", "contact"}, "records": {"call-records"}}
    case.add(45, "ca", "rfi", duties=caveat, **numbers | {"categories": {"person"}}, **calls)
    puttaswamy = "Constitution of India, art. 21; Puttaswamy (2017)"
    articles = {"Aadhaar Act 2016, s. 29", "Accord 2026-02, overriding rule 1", puttaswamy}
    case.refuse(46, "in", "hard-stop, disproportionate", "cannot-assist", articles, draft=calls)
    case.add(47, "in", "answer", stage="final", categories={"person", "contact"}, there=USE, **whose)
    return case


CASES = (postings(), precursors(), network(), cyber(), subscriber(), letters(), threat())
DISPATCHES = sorted((row for case in CASES for row in case.rows), key=lambda row: row.number)
REFUSALS = sorted((row for case in CASES for row in case.refused), key=lambda row: row.number)
