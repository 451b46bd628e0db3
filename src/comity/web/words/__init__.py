"""The English words of the pages, one module a page or family, each with `WORDS`: key -> text with {places}.

The key is what the program asks for; the English is what a translator reads. A word that counts has two keys: `x` for one
and `x.many` for the others. Nothing else is needed to add a page's words: every module here is found by itself.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Mapping
from functools import cache
from importlib import import_module


@cache
def tables() -> Mapping[str, Mapping[str, str]]:
    """Return the words of every module by the module's name, in alphabetical order."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__))
    return {name: import_module(f"{__name__}.{name}").WORDS for name in names}
