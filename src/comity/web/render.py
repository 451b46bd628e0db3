"""HTML from parts: templates escape everything, incoming text passes through `shown`, each part is laid out once.

A part's macro `file.name` stands in `templates/parts/<file>.html`; one without a file in the blocks of the first pages.

No template has a script, a style attribute or an address of another host: the content-security policy forbids them.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import CodeType

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from comity.web.pages import Page, Part
from comity.web.text_safety import segments
from comity.web.texts import Texts

_SHORT = 400
_KEPT = 4096  # laid-out parts kept: some days of a busy node


def shown(text: str) -> Markup:
    """Incoming text for a template: escaped, isolated in its direction, what is hidden or false made a visible chip."""
    return _short(text) if len(text) <= _SHORT else _shown(text)


def _shown(text: str) -> Markup:
    return Markup("<bdi>") + Markup("").join(_segment(s.text, s.chip) for s in segments(text)) + Markup("</bdi>")


_short = lru_cache(maxsize=4 * _KEPT)(_shown)  # names, labels and titles come again on every page


def plain(text: str) -> Markup:
    """Text to be copied as it is, such as a key: chips as in `shown`, but addresses stay whole."""
    return Markup("").join(_segment(s.text, s.chip) for s in segments(text, harmless=True))


def _segment(text: str, chip: str | None) -> Markup:
    if chip is None:
        return escape(text)
    return Markup('<span class="hidden-char">{}<small>{}</small></span>').format(text, chip)


class _Compiled(BytecodeCache):
    """The code of the templates, compiled once a process: it is the same in every language."""

    def __init__(self) -> None:
        self._codes: dict[tuple[str, str], CodeType] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give a template its code, if one of the same name and text was compiled before."""
        bucket.code = self._codes.get((bucket.key, bucket.checksum))

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep the code of a template."""
        if bucket.code is not None:
            self._codes[bucket.key, bucket.checksum] = bucket.code


_COMPILED = _Compiled()


class Renderer:
    """The templates of one language; equal parts are laid out once and shared by all who look at them."""

    def __init__(self, texts: Texts, assets: dict[str, str]) -> None:
        """Take the words and the addresses of the static files by name."""
        env = Environment(
            loader=PackageLoader("comity.web"),
            autoescape=True,
            undefined=StrictUndefined,
            bytecode_cache=_COMPILED,
            auto_reload=False,  # the templates are those of the installed program: no look at the disk for each page
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self.texts = texts
        env.filters["shown"] = shown
        env.filters["plain"] = plain
        env.globals["t"] = texts
        env.globals["asset"] = assets.__getitem__
        self._env = env
        self._macros = [env.get_template(name).module for name in ("blocks.html", "law_blocks.html")]
        self.part = lru_cache(maxsize=_KEPT)(self._part)

    def _part(self, part: Part) -> str:
        file, _, name = part.macro.rpartition(".")
        files = [self._env.get_template(f"parts/{file}.html").module] if file else self._macros
        macro = next(getattr(each, name) for each in files if hasattr(each, name))
        return str(macro(part.id, part.view)).strip()

    def blocks(self, page: Page) -> dict[str, str]:
        """Return the HTML of every part of a page by its id."""
        return {part.id: self.part(part) for region in page.regions for part in region.parts}

    def page(self, page: Page, setting: Mapping[str, object]) -> str:
        """The whole document; `setting` is all that the still part of its template needs."""
        regions = {r.name: Markup("\n").join(Markup(self.part(p)) for p in r.parts) for r in page.regions}  # noqa: S704  laid out by our own templates, which escape
        return self._env.get_template(page.template).render({**setting, "page": page, "regions": regions})
