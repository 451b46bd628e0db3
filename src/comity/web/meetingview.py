"""Views of meetings: what stands on the parts of their pages, all words chosen.

The rule it keeps: what one side alone has signed is never shown as agreed; a version that a language lacks is shown as the
original it is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from comity.screen.meetings import ClaimCard, MeetingCard, MeetingLine, ParagraphCard, SignatureCard, VersionCard
from comity.web import moments
from comity.web.letters import Sight
from comity.web.texts import Texts

_SHORT = 4
LOOKS = {"signed": "ok", "open": "ink", "half": "warn", "cancelled": "stop"}


@dataclass(frozen=True, slots=True)
class LineView:
    """One meeting in the list."""

    id: str
    title: str
    sort: str
    when: str
    state: str
    look: str
    count: int


@dataclass(frozen=True, slots=True)
class VersionView:
    """One version: whose, its text in the chosen language, what is missing, what it decides."""

    id: str
    party: str
    ours: bool
    heading: str
    texts: tuple[tuple[str, str], ...]
    """(language, text)."""
    note: str
    todo: str
    decision: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ParagraphView:
    """One paragraph; `buttons` are (word, value of `do`, key, the same with the paragraph's number, for who hears the page).

    `gone` says who strikes it out; `before` is what stood there, shown where nothing else stands.
    """

    id: str
    number: int
    versions: tuple[VersionView, ...]
    behind: tuple[tuple[str, bool, str, str], ...]
    """(mark, ours, word, look)."""
    claim: tuple[str, bool, str] | None
    """(mark, ours, words)."""
    note: str
    comments: tuple[tuple[str, bool, str], ...]
    buttons: tuple[tuple[str, str, str, str], ...]
    edited: bool
    gone: str
    before: tuple[VersionView, ...]


def line(one: MeetingLine, at: Sight) -> LineView:
    """One meeting in the list."""
    t = at.texts
    return LineView(
        one.id,
        one.title,
        t(f"meet.sort.{one.sort}"),
        t("meet.undated") if one.at is None else moments.stamp(one.at, t),
        t(f"meet.state.{one.state}"),
        LOOKS.get(one.state, ""),
        one.paragraphs,
    )


def paragraph(one: ParagraphCard, card: MeetingCard, language: str, at: Sight) -> ParagraphView:
    """One paragraph in one language."""
    t = at.texts
    return ParagraphView(
        id=one.id,
        number=one.number,
        versions=tuple(_version(version, language, card, t) for version in one.versions),
        behind=tuple(_behind(side, one, t) for side in one.behind),
        claim=None if one.claim is None else _claim(one.claim, at),
        note=_note(one, card, t),
        comments=tuple((party, ours, text) for party, ours, text, _ in one.comments),
        buttons=_buttons(one, card, t),
        edited=one.claim is not None,
        gone=t("meet.struck", parties=t.listing([party for party, _, _ in one.struck])) if one.struck else "",
        before=tuple(_version(version, language, card, t) for version in one.before) if not one.versions else (),
    )


def begun(claim: ClaimCard, at: Sight) -> tuple[str, bool, str]:
    """Return whose new paragraph is being written: (mark, ours, words)."""
    return _claim(claim, at)


def _version(one: VersionCard, language: str, card: MeetingCard, t: Texts) -> VersionView:
    said = [words for words in one.words if words.language == language]
    shown = said or [words for words in one.words if words.language == one.language]
    todo = t.listing([t.language(tag) for tag in one.lacks])
    return VersionView(
        one.id,
        one.party,
        one.ours,
        t("meet.text.of", party=one.party),
        tuple((words.language, words.text) for words in shown),
        "" if said else t("meet.lacks", language=t.language(language)),
        t("meet.todo", languages=todo) if one.lacks else "",
        _decision(one, card, t),
    )


def _decision(one: VersionCard, card: MeetingCard, t: Texts) -> tuple[tuple[str, str], ...]:
    if one.decision is None:
        return ()
    said = one.decision
    rows = [(t("meet.measure"), said.measure), (t("meet.due"), said.due)]
    names = {id_: name for _, known in card.agencies for id_, name in known}
    rows += [(t("meet.owner", party=party), names.get(agency, agency)) for party, agency in said.owners]
    return (*rows, (t("meet.item"), said.item)) if said.item else tuple(rows)


def _behind(side: tuple[str, bool, bool], one: ParagraphCard, t: Texts) -> tuple[str, bool, str, str]:
    party, ours, stands = side
    word = "meet.notyet" if not stands else "meet.agreed" if len(one.versions) <= 1 else "meet.behind"
    return party, ours, t(word), "ok" if stands else ""


def _claim(claim: ClaimCard, at: Sight) -> tuple[str, bool, str]:
    time = f"{moments.clock(claim.until)} UTC"
    return claim.party, claim.ours, at.texts("meet.writes.mine" if claim.mine else "meet.writes", time=time)


def _note(one: ParagraphCard, card: MeetingCard, t: Texts) -> str:
    if not any(version.decision for version in one.versions):
        return ""
    action = card.decided.get(one.id)
    return t("meet.becomes", action=action) if action else t("meet.will")


def _buttons(one: ParagraphCard, card: MeetingCard, t: Texts) -> tuple[tuple[str, str, str, str], ...]:
    if not card.writes:
        return ()
    found = _of_struck(one, t) if not one.versions else _of_text(one, t)
    return tuple(
        (word, value, key, t("meet.act.of", act=word, number=one.number) if one.number else word)
        for word, value, key in found
    )


def _of_struck(one: ParagraphCard, t: Texts) -> list[tuple[str, str, str]]:
    """Return the buttons of a paragraph that is struck out: undo, and agree if it was the other side."""
    accepts = [] if _behind_it(one) else [(t("meet.act.accept.struck"), f"accept:{one.id}:{one.mark}", "A")]
    return [*accepts, (t("meet.act.restore"), f"restore:{one.id}", "")]


def _behind_it(one: ParagraphCard) -> bool:
    return next((stands for _, ours, stands in one.behind if ours), False)


def _of_text(one: ParagraphCard, t: Texts) -> list[tuple[str, str, str]]:
    found: list[tuple[str, str, str]] = []
    if one.claim is None or one.claim.mine:
        found.append((t("meet.act.claim"), f"claim:{one.id}", "W"))
    if one.claim is not None and one.claim.mine:
        found.append((t("meet.act.free"), f"free:{one.id}", ""))
    if not _behind_it(one):
        word = "meet.act.accept" if len(one.versions) == 1 else "meet.act.keep"
        found.append((t(word), f"accept:{one.id}:{one.mark}", "A"))
    found += [(t("meet.act.translate"), f"go-translate:{one.id}:{v.id}", "T") for v in one.versions if v.lacks]
    found.append((t("meet.act.comment"), f"go-comment:{one.id}", ""))
    if one.claim is None or one.claim.mine:
        found.append((t("meet.act.strike"), f"strike:{one.id}:{one.mark}", ""))
    return found


def item(one: tuple[str, str, str], titles: Mapping[str, str], t: Texts) -> tuple[str, str, str]:
    """Return (title, why, what it is about) of an item of the agenda, in the reader's words where the program has them."""
    title, about, ref = one
    begins, _, ends = ref.partition("/")
    if about == "difference" and ends:
        title, ref = t("score.h1", begins=begins, ends=ends), ""
    elif about == "overdue":
        title = titles.get(ref, title)
    return title, t(f"meet.about.{about}"), ref


def unready(card: MeetingCard, at: Sight) -> tuple[str, ...]:
    """Return what stands against signing, in words; languages of one paragraph together."""
    t = at.texts
    return tuple(
        dict.fromkeys(
            t(_against(word, card), number=number, language=t.language(language) if language else "")
            for word, number, language in card.unready
        )
    )


def _against(word: str, card: MeetingCard) -> str:
    consults = word == "terms" and card.line.sort == "consultation"
    return "meet.unready.terms.text" if consults else f"meet.unready.{word}"


def grouped(digest: str, groups: int = _SHORT) -> str:
    """Return the first groups of four digits of a hash, as a person compares them."""
    return " ".join(digest[place : place + 4] for place in range(0, 4 * groups, 4))


def signature(one: SignatureCard, at: Sight) -> tuple[str, bool, str, str, str, str]:
    """Return (mark, ours, function, word, look, when and fingerprint)."""
    t = at.texts
    word, look = (
        ("meet.sig.good", "ok")
        if one.holds
        else ("meet.sig.void", "stop")
        if one.sound
        else ("meet.sig.unsound", "stop")
    )
    return (
        one.party,
        one.ours,
        f"{one.function} ({one.officer})",
        t(word),
        look,
        f"{moments.stamp(one.at, t)} · {grouped(one.hash)}",
    )


def signed(card: MeetingCard, at: Sight) -> tuple[str, str]:
    """Return in words who has signed the text as it is now, and the look."""
    t = at.texts
    party = next((one.party for one in card.signatures if one.holds), "")
    return t(f"meet.signed.{card.signed}", party=party), {"both": "ok", "half": "warn"}.get(card.signed, "")
