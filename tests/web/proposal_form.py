"""The form of a proposal as a browser without scripts sends it on: what the page carries, and what a person presses."""

from __future__ import annotations

import html
import re

NEW = {
    "what": "action", "id": "F-1.1", "item": "F-1", "text.en": "count the lanterns", "owner.XO": "paper-office",
    "owner.XV": "seal-house", "measure": "each month", "due": "2026-08-01",
}  # fmt: skip


def carried(page):
    """Return the fields that a page carries: hidden ones, the reason, and those of the record that stands in the form."""
    found: dict[str, list[str]] = {}
    main = page.text[page.text.index("<main") :]
    form = main[main.index('action="/workplan/propose"') :]
    for tag in re.findall(r"<input [^>]*>", form):
        said = dict(re.findall(r'([a-z-]+)="([^"]*)"', tag))
        if said.get("type") != "checkbox" or " checked" in tag:
            found.setdefault(said["name"], []).append(html.unescape(said.get("value", "")))
    for name, inside in re.findall(r'<select [^>]*name="([a-zA-Z.]+)"[^>]*>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected>', inside)
        found[name] = [chosen[1] if chosen else ""]
    why = re.search(r'<textarea id="f-why"[^>]*>\n(.*?)</textarea>', form, re.DOTALL)
    return {**found, "why": [html.unescape(why[1])] if why else [""]}


def press(who, page, do, **changed):
    """Press a button of the form; `changed` is what was typed, names with `__` for a dot."""
    typed = {name.replace("__", "."): value for name, value in changed.items()}
    fields = {name: value for name, value in {**carried(page), **typed}.items() if value is not None}
    if do == "send":
        return who.post("/workplan/propose/send", fields)
    return who.post("/workplan/propose", {**fields, "do": do})


def listed(page):
    """Return (what it is about, its lines) of each change of the list."""
    found = re.search(r'<section[^>]*id="gathered">(.*?)</section>', page.text, re.DOTALL)
    rows = re.findall(r'<li class="stack-sm"><p class="row"><b>(.*?)</b>.*?<ul[^>]*>(.*?)</ul>', found[1], re.DOTALL)
    plain = [
        (_plain(head), [_plain(line) for line in re.findall(r"<li[^>]*>(.*?)</li>", lines)]) for head, lines in rows
    ]
    return dict(plain)


def _plain(markup):
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", markup)).split())
