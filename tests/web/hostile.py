"""Hostile text, the forms of a page as data, and whether a page shows such a text as nothing but text.

`Page(html)` reads a page with Python's own reader of HTML, which knows nothing of our templates. `faults(html)` says what of a
page came from input: an element or attribute of the payload's, a script, a handler, an address that runs, a template that was
filled in, a character that hides or turns text round.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser

MARKUP = "zq7<script>zq7()</script>\"'><zq7el zq7at=1 onzq7=1>--><!--]]></title></textarea></select><img src=zq7 onerror=zq7()>"
TEMPLATE = "zq7 {{7*7}} ${7*7} <%= 7*7 %> {% raw %} #{7*7} {{ csrf }} %(x)s {0} \\u003cscript>"
TURNED = (
    "zq7 \u202egnp.\u202c \u2066a\u2069 p\u0430ypal \u200bx\u200d\ufeff\u00ad \U000e0041 http://zq7.example/ =zq7()"
)
LIKE_A_QUERY = "zq7' OR ''=' \" OR \"\"=\" NEAR(a b) * ^a -b words:zq7 {a b}: a AND NOT b; DROP TABLE sent; --"
PAYLOADS = (MARKUP, TEMPLATE, TURNED, LIKE_A_QUERY)
MARK = "zq7"
FILLED_IN = "49"
_HIDES = re.compile("[\u202a-\u202e\u2066-\u2069\u200b\ufeff\u00ad\U000e0041]")
_RUNS = re.compile(r"\s*(?:javascript|data|vbscript):", re.IGNORECASE)
_WRITABLE = frozenset({"text", "search", "email", "", "url", "tel"})
_BARE = frozenset({"date", "time", "datetime-local", "number", "hidden"})
_VOID = frozenset({"input", "br", "img", "meta", "link", "hr", "use"})


@dataclass(slots=True)
class Field:
    """One field of a form: what it is called, its kind, what a browser would send of it untouched."""

    name: str
    kind: str
    values: list[str] = field(default_factory=list)
    options: list[str] = field(default_factory=list)

    @property
    def written(self) -> bool:
        """Whether a person writes text into it."""
        return self.kind in _WRITABLE | {"textarea"}


@dataclass(slots=True)
class Form:
    """One form: where it goes, its fields in order."""

    action: str
    method: str
    fields: list[Field] = field(default_factory=list)

    def untouched(self) -> dict[str, list[str]]:
        """Return what a browser sends if nothing is changed; what must be chosen is chosen first."""
        sent: dict[str, list[str]] = {}
        for one in self.fields:
            if one.values and one.name != "csrf":
                sent.setdefault(one.name, []).extend(one.values)
        return sent


class Page(HTMLParser):
    """A page as a browser would read it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.forms: list[Form] = []
        self.presses: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: list[str] = []
        self._form: Form | None = None
        self._field: Field | None = None
        self._inside: list[str] = []
        self._needed = self._chosen = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.elements.append((tag, given))
        if tag not in _VOID:
            self._inside.append(tag)
        if "hx-post" in given:
            self.presses.append(given["hx-post"])
        if tag == "form":
            self._form = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._form)
        elif self._form is not None and tag in {"input", "textarea", "select"} and given.get("name"):
            self._begin(tag, given)
        elif tag == "option" and self._field is not None and self._field.kind == "select":
            self._option(given)

    def _begin(self, tag: str, given: dict[str, str]) -> None:
        assert self._form is not None
        kind = given.get("type", "") if tag == "input" else tag
        self._field = Field(given["name"], kind)
        self._needed, self._chosen = "required" in given and "-0-" not in given["name"], False
        if tag == "input" and (kind not in {"radio", "checkbox"} or "checked" in given):
            self._field.values.append(given.get("value", ""))
        if kind in {"radio", "checkbox"}:
            self._field.options.append(given.get("value", ""))
        self._form.fields.append(self._field)

    def _option(self, given: dict[str, str]) -> None:
        assert self._field is not None
        value = given.get("value", "")
        self._field.options += [value] if value else []
        if "selected" in given or (self._needed and value and not self._chosen and self._field.values in ([], [""])):
            self._field.values[:] = [value]
            self._chosen = "selected" in given and bool(value)
        elif not self._field.values:
            self._field.values.append(value)

    def handle_endtag(self, tag: str) -> None:
        if tag in self._inside:
            while self._inside.pop() != tag:
                pass
        if tag == "form":
            self._form = None
        if tag in {"textarea", "select"}:
            self._field = None

    def handle_data(self, data: str) -> None:
        if self._field is not None and self._field.kind == "textarea" and "textarea" in self._inside:
            self._field.values[:] = ["".join(self._field.values) + data]
        elif _UNREAD.isdisjoint(self._inside):
            self.texts.append(data)

    def updatepos(self, i: int, j: int) -> int:  # nobody asks in which line a thing stands
        return j

    @property
    def text(self) -> str:
        """All that a person reads, without what stands in fields."""
        return "".join(self.texts)


def faults(html: str) -> list[str]:
    """Return what of a page is made of input and is not text."""
    page = Page(html)
    found = [f"element {tag}" for tag, _ in page.elements if MARK in tag]
    for tag, attrs in page.elements:
        for name, value in attrs.items():
            if MARK in name or name.startswith("on"):
                found.append(f"attribute {tag} {name}")
            if name in _PLACES and (_RUNS.match(value) or value.startswith(("//", MARK))):
                found.append(f"address {tag} {value[:60]}")
        if tag == "script" and not attrs.get("src", "").startswith("/static/"):
            found.append("a script in the page")
        if tag in _LOADS or (tag == "svg" and MARK in str(attrs)):
            found.append(f"element {tag}")
    found += [f"hides or turns: {one!r}" for one in set(_HIDES.findall(page.text))]
    found += [
        f"filled in: {line[:80]}"
        for line in page.text.split("\n")
        if MARK in line and re.search(rf"zq7 {FILLED_IN}|\b49 49\b", line)
    ]
    broken = [
        one
        for one in re.findall(r".{0,12}zq7\(\)", page.text)
        if not one.endswith(("<script>zq7()", "onerror=zq7()", "=zq7()"))
    ]
    return found + [f"not as written: {one!r}" for one in broken]


_UNREAD = frozenset({"script", "style", "textarea"})
"""Elements whose content nobody reads as the page's."""
_LOADS = frozenset({"iframe", "object", "embed", "base", "style", "img"})
_PLACES = frozenset({"href", "src", "action", "formaction", "hx-get", "hx-post", "data", "poster"})
