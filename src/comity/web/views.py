"""What a template lays out: frozen, hashable, all words chosen and all times written; a template decides nothing.

Because a view is a value, its HTML is rendered once and shared by all who look at the same thing.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capital:
    """One capital in the bar."""

    short: str
    ours: bool
    place: str
    clock: str
    office: str
    duty: str


@dataclass(frozen=True, slots=True)
class Days:
    """The 24-hour line: (class, x, y, width) of each bar, x of now, and the whole as a sentence."""

    bars: tuple[tuple[str, str, str, str], ...]
    now: str
    sentence: str


@dataclass(frozen=True, slots=True)
class Tally:
    """How much waits behind an entry of the rail; `due` says that some of it is overdue, `late` how much, for the window's title."""

    count: int
    due: bool
    late: int = 0


@dataclass(frozen=True, slots=True)
class Left:
    """Time left or overdue; `look` is one of ``, `soon`, `over`; `fill` is 0-100, how much of the limit is used."""

    look: str
    text: str
    what: str
    due: str
    fill: int


@dataclass(frozen=True, slots=True)
class Step:
    """One dot of the proof trail; `time` is empty while it is waiting."""

    word: str
    done: bool
    time: str


@dataclass(frozen=True, slots=True)
class Code:
    """One handling label in full; `look` is the class of its chip."""

    text: str
    look: str


@dataclass(frozen=True, slots=True)
class Link:
    """A rule by its id and where it stands on the page of its law; `href` is "" if the edition shown has no such rule."""

    rule: str
    href: str


@dataclass(frozen=True, slots=True)
class Opinion:
    """One law's verdict; articles are (article, mark, rules), `look` `permit`, `with`, `refer`, `refuse` or `unknown`.

    `lang` is the language of `sentence`, `more` what the node adds to it, in `more_lang`.
    """

    party: str
    ours: bool
    whose: str
    look: str
    icon: str
    word: str
    act: str
    sentence: str
    articles: tuple[tuple[str, str, tuple[Link, ...]], ...]
    ground: str | None
    edition: str
    exercise: bool
    lang: str
    more: str = ""
    more_lang: str = ""


@dataclass(frozen=True, slots=True)
class Gap:
    """One removal: its class as a sentence, and where and by whose law."""

    text: str
    where: str


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a body; `removed` is the sentence of a hatched box that stands instead of or after the text.

    Attributes:
        own: the label is the page's word for a field, not something an officer wrote.
        translation: somebody's translation of what stands above; it never stands in its place.
        unofficial: the dispatch carries `translation-unofficial`.
    """

    label: str
    text: str
    removed: str | None
    lang: str | None
    own: bool = False
    translation: bool = False
    unofficial: bool = False


@dataclass(frozen=True, slots=True)
class Happened:
    """One fact of a dispatch with its time in UTC and in each capital; empty times mean not yet."""

    word: str
    log: str
    utc: str
    local: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Urgency:
    """Shape and word."""

    name: str
    word: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One dispatch with all that any of the pages shows of it."""

    id: str
    ours: bool
    party: str
    to_party: str
    kind: str
    case: str
    case_number: str
    title: str
    headline: str
    item: str | None
    item_reason: str
    purpose: str
    urgency: Urgency
    from_agency: str
    to_agencies: str
    released_by: str
    label: tuple[Code, ...]
    when: str
    when_local: str
    left: Left | None
    steps: tuple[Step, ...]
    opinions: tuple[Opinion, ...]
    gaps: tuple[Gap, ...]
    gaps_apart: tuple[Gap, ...]
    body: tuple[Line, ...]
    end: str | None
    end_time: str
    code: str | None
    recalled: str | None
    happened: tuple[Happened, ...]
    leaf: str | None
    receipt_leaf: str | None
    sentence: str
    say: str
    loud: bool


@dataclass(frozen=True, slots=True)
class File:
    """The head of one case."""

    id: str
    number: str
    title: str
    item: str | None
    urgency: Urgency
    state: str
    left: Left | None
    overdue: bool
    count: str
    say: str


@dataclass(frozen=True, slots=True)
class Tick:
    """One entry of a timeline or of the latest: where it leads, its time or times, what happened, how it looks."""

    href: str
    time: str
    text: str
    what: str
    party: str
    ours: bool
    look: str


@dataclass(frozen=True, slots=True)
class Item:
    """One workplan item; owners are (party, ours, agency); `missing` is feedback in words, by who owes it."""

    item: str
    aim: str
    measure: str
    owners: tuple[tuple[str, bool, str], ...]
    moved: int
    overdue: int
    overdue_of: tuple[tuple[str, bool], ...]
    due: str
    missing: tuple[tuple[str, bool, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Wire:
    """The link; `look` one of `ok`, `warn`, `stop`, `` and `icon` its shape."""

    state: str
    look: str
    icon: str
    word: str
    since: str
    text: str
    reason: str
    last: str
    waiting: str


@dataclass(frozen=True, slots=True)
class Log:
    """One log; `path` is the address of its tiles or None if a visitor may not read it."""

    id: str
    role: str
    origin: str
    size: str
    root: str
    cosigned: str
    keys: tuple[str, ...]
    cosigners: tuple[str, ...]
    path: str | None
    marks: tuple[tuple[str, str, str], ...] | None
    """(place, words, time) of each leaf that says in words what happened; None for a log that has none such."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A proof made again: (what, good, sentence, language of both) for each check."""

    steps: tuple[tuple[str, bool, str, str], ...]
    bad: int
    at: str
    micros: str
