"""Search: the form, what was found, and what typing a number or a command does."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "search.h1": "Search",
    "search.label": "Search cases and dispatches, or run a command",
    "search.button": "Search",
    "search.hint": "Words, the beginning of a word, or a phrase in quotes. Accents, capital letters and the script of figures do not matter.",
    "search.kind": "Kind",
    "search.kind.all": "every kind",
    "search.side": "From",
    "search.side.all": "both sides",
    "search.side.ours": "us",
    "search.side.theirs": "them",
    "search.since": "Filed from",
    "search.until": "to",
    "search.found": "{count} dispatch",
    "search.found.many": "{count} dispatches",
    "search.found.more": "more than {most} dispatches",
    "search.said": "{found} with {words}.",
    "search.log": "Each search is kept on our side: who, when, the words, how much was found. Only our reviewer reads it; it is erased after {days} days and never crosses.",
    "search.only": "Only cases that are open to you are searched.",
    "search.only.text": "Others give no result and no count. Ask the desk lead whether someone else works on this.",
    "search.none": "Nothing was found",
    "search.none.text": "Try fewer letters of the word, or the same name in another script. What was recalled is not found by its text.",
    "search.start": "Nothing is looked for yet",
    "search.more": "More",
    "search.first": "Newest",
    "search.number.h": "By number",
    "search.number": "Type either side's case number or the id of a dispatch to go straight to it, or the last figures of one of our numbers.",
    "search.commands.h": "Commands",
    "search.commands": "Type the name of a page to go there.",
    "search.numbered": "Cases with this number",
    "search.narrow": "Narrow",
    "search.new": "new",
}
