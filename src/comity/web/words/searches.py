"""Who of ours looked for what: the reviewer's screen."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "searches.h1": "Searches",
    "searches.lead": "Each search of ours: who, when, the words, how much was found. Only a reviewer reads this; it is erased after {days} days and never crosses.",
    "searches.by": "Officer, such as {example}",
    "searches.words": "Words that were looked for",
    "searches.show": "Show",
    "searches.list": "Searches, newest first",
    "searches.when": "When",
    "searches.who": "Who",
    "searches.what": "Looked for",
    "searches.narrowed": "Narrowed to",
    "searches.found": "Found",
    "searches.hits": "{count} dispatch",
    "searches.hits.many": "{count} dispatches",
    "searches.none": "No search is kept that fits.",
    "searches.more": "Older searches",
    "searches.first": "Newest searches",
    "searches.machine": "the node's own machine",
    "searches.given": "Cases that somebody was given",
    "searches.given.text": "Who was given a case beside those whose agency has it, by whom, and when they first opened a dispatch of it.",
    "searches.given.none": "Nobody was given a case.",
    "searches.case": "Case",
    "searches.given.by": "Given by",
    "searches.given.until": "until {time} UTC",
    "searches.opened": "First opened",
    "searches.opened.not": "not opened",
}
