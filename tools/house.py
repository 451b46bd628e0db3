"""Check the rules of the house that no other tool checks: sizes, floors, docstrings, and what may stand in no file.

Each rule is a function from a file's text to findings, so that its test can plant the fault that it must catch
(tests/unit/test_house.py). What ruff, mypy and import-linter check is not checked again here.

Exit codes: 0 nothing found, 1 something was; every finding is printed as `path:line: rule: what`.
"""

from __future__ import annotations

import ast
import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FUNCTION_STOP = 60
FRONT_DOOR_STOP = 40
FILE_STOP = 600
PROTOCOL_STOP = 7
IGNORES_STOP = 10
TABLES: frozenset[str] = frozenset()
"""Files of data in Python's form, which may be longer than code may be."""

CORE = (
    "base",
    "marking",
    "crypto",
    "tlog",
    "policy",
    "analysis",
    "matching",
    "dispatch",
    "desks",
    "node",
    "desk.py",
    "screen",
)
"""What stands below `edge`, as names under `src/comity`."""
# fmt: off
MACHINE_MODULES = frozenset({
    "asyncio", "concurrent", "ctypes", "fileinput", "getpass", "glob", "http", "importlib", "io", "mmap",
    "multiprocessing", "os", "pathlib", "platform", "random", "secrets", "select", "selectors", "shutil", "signal",
    "socket", "sqlite3", "ssl", "subprocess", "tempfile", "threading", "time", "urllib", "uuid",
})
# fmt: on
"""Modules that reach sockets, files, environment, threads, wall clock or randomness."""
PURE_NAMES = {("io", "BytesIO"), ("io", "StringIO"), ("uuid", "UUID")}
MACHINE_CALLS = frozenset({"open", "input", "print", "eval", "exec", "compile", "__import__", "breakpoint"})
TYPED = ("src/", "tools/")
"""What mypy checks; elsewhere an ignore ignores nothing."""
PROTOCOLS = frozenset({"Protocol", "typing.Protocol"})
CLOCK_CALLS = frozenset({"now", "utcnow", "today"})
CLOCK_OWNERS = frozenset({"datetime", "date", "dt"})
HOMELESS = frozenset({"utils.py", "helpers.py", "common.py", "misc.py", "manager.py"})

_COUNTRIES = (
    r"India|Indian|Canada|Canadian|Bharat|Ottawa|Delhi|Toronto|Kolkata|Mumbai|Vancouver|RCMP|CSIS|CBSA|IRCC|FINTRAC|NSIRA"
    r"|CBI|NIA|MHA|MEA|CBN|BoI|NCIIPC|I4C|CERT-In|Aadhaar|DPDP|BNSS|UAPA|NDPS|MLACMA|SCISA|ACMFEA|PCMLTFA|CDSA|IRPA|YCJA"
)
COUNTRY = re.compile(rf"\b(?:{_COUNTRIES})\b|\b(?:ca|in)\.(?:localhost|example)\b")
COUNTRY_CODES = frozenset({"CA", "IN", "CAN", "IND"})
LAW_MARK = re.compile(r"#\s*law:.*$")
MACHINE_PATH = re.compile(r"(?<![\w.])/(?:work|farm|root|home|Users)/[\w.]")
# A letter in brackets keeps each of these from finding itself here.
REGISTRY = re.compile(
    r"pyp[i]\.org|pythonhoste[d]\.org|registry\.npmj[s]|crate[s]\.io|proxy\.golan[g]|deb\.debia[n]\.org|archive\.ubunt[u]"
    r"|https?://[^\s\"']+/(?:simple|packages)/|(?i:index-url|registry)\s*=\s*[\"']?https?://"
)
BARE_TODO = re.compile(r"\b(?:TOD[O]|FIXM[E]|HAC[K])\b(?!\(#\d+\): \S)")
SKIPPED = re.compile(r"pytest\.mark\.(?:skip|xfail)|pytest\.(?:skip|xfail|importorskip)\(|unittest\.skip")
IGNORE = re.compile(r"#\s*type:\s*ignore\b(\[[\w, -]+\]\s+#\s*\S)?")


@dataclass(frozen=True)
class Finding:
    """One place that breaks a rule of the house."""

    path: str
    line: int
    rule: str
    what: str

    def __str__(self) -> str:
        """Write it as editors read it."""
        return f"{self.path}:{self.line}: {self.rule}: {self.what}"


Rule = Callable[[str, str], Iterator[Finding]]
"""From a file's path (relative, with /) and its text to what is wrong with it."""


# --- which rules a file has to keep ------------------------------------------------------------------------------------


def is_core(path: str) -> bool:
    """Say whether a file stands below `edge`."""
    return any(path.startswith(f"src/comity/{floor}" + ("" if floor.endswith(".py") else "/")) for floor in CORE)


def is_core_test(path: str) -> bool:
    """Say whether a file holds unit tests of what stands below `edge`."""
    return any(path.startswith(f"tests/unit/{floor}/") for floor in CORE)


def rules_for(path: str) -> tuple[Rule, ...]:
    """Return the rules for a file of the tree."""
    rules: list[Rule] = [no_machine_path, no_registry]
    if path.endswith((".py", ".sql", ".html", ".cedar", ".js", ".css", ".toml")) or path == "Makefile":
        rules.append(no_bare_todo)
    if path.startswith("src/") and path.endswith((".py", ".html", ".sql")):
        rules.append(no_country)
    if path.endswith(".py"):
        rules += [sizes, homes, no_type_checking_tricks]
        if path.startswith("tests/"):
            rules.append(no_skipped_test)
        if path.startswith("src/"):
            rules += [future_annotations, small_protocols]
        if is_core(path):
            rules += [no_machine_in_core, documented, no_broad_except]
        if is_core_test(path):
            rules.append(no_mocks)
        if path == "src/comity/dispatch/path.py":
            rules.append(straight_path)
    return tuple(rules)


# --- rules over text -----------------------------------------------------------------------------------------------------


def _lines(path: str, text: str, pattern: re.Pattern[str], rule: str, what: str) -> Iterator[Finding]:
    for number, line in enumerate(text.splitlines(), 1):
        if pattern.search(line):
            yield Finding(path, number, rule, what)


def no_machine_path(path: str, text: str) -> Iterator[Finding]:
    """A path of somebody's machine works on no other."""
    return _lines(path, text, MACHINE_PATH, "machine-path", "a path of one machine")


def no_registry(path: str, text: str) -> Iterator[Finding]:
    """Where packages come from is for the machine to say, not for a file."""
    return _lines(path, text, REGISTRY, "registry", "the address of a package registry")


def no_bare_todo(path: str, text: str) -> Iterator[Finding]:
    """What is left to do has an issue and a date, or it is not written down."""
    return _lines(path, text, BARE_TODO, "to-do", "without an issue: TODO(#123): what, until when")


def no_skipped_test(path: str, text: str) -> Iterator[Finding]:
    """A test that does not run protects nothing."""
    return _lines(path, text, SKIPPED, "skipped", "a test that does not run")


def no_country(path: str, text: str) -> Iterator[Finding]:
    """The core knows no country; only a `# law:` mark, which names a text, may."""
    for number, line in enumerate(text.splitlines(), 1):
        found = COUNTRY.search(LAW_MARK.sub("", line))
        if found:
            yield Finding(
                path, number, "country", f"{found[0]!r} is data: an accord, a law edition, a registry or the demo's day"
            )
    if path.endswith(".py"):
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Constant) and node.value in COUNTRY_CODES:
                yield Finding(path, node.lineno, "country", f"{node.value!r} is a country's code")


def counted_ignores(texts: Iterable[tuple[str, str]]) -> Iterator[Finding]:
    """Ten `type: ignore` in all, each with its code and a reason."""
    seen = 0
    for path, text in texts:
        for number, comment in _comments(text):
            found = IGNORE.search(comment)
            if not found:
                continue
            seen += 1
            if not found[1]:
                yield Finding(path, number, "ignore", "type: ignore[code]  # reason")
            if seen > IGNORES_STOP:
                yield Finding(path, number, "ignore", f"number {seen}; {IGNORES_STOP} is the most in all")


def _comments(text: str) -> Iterator[tuple[int, str]]:
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string


# --- rules over the syntax tree ------------------------------------------------------------------------------------------

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


def _functions(text: str) -> Iterator[FunctionNode]:
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def _length(node: FunctionNode) -> int:
    return (node.end_lineno or node.lineno) - node.lineno + 1


def sizes(path: str, text: str) -> Iterator[Finding]:
    """Functions stop at 60 lines, files at 600; tables of data are named in TABLES."""
    count = len(text.splitlines())
    if count > FILE_STOP and path not in TABLES:
        yield Finding(path, FILE_STOP, "size", f"{count} lines; a file stops at {FILE_STOP}")
    for node in _functions(text):
        if _length(node) > FUNCTION_STOP:
            yield Finding(
                path, node.lineno, "size", f"{node.name} has {_length(node)} lines; a function stops at {FUNCTION_STOP}"
            )


def straight_path(path: str, text: str) -> Iterator[Finding]:
    """`send` and `receive` stay under 40 lines, so that a dispatch can be followed by reading straight down."""
    for node in _functions(text):
        if node.name in {"send", "receive"} and _length(node) >= FRONT_DOOR_STOP:
            yield Finding(
                path, node.lineno, "path", f"{node.name} has {_length(node)} lines; under {FRONT_DOOR_STOP}, one a step"
            )


def homes(path: str, text: str) -> Iterator[Finding]:
    """A thing that has no home has no name yet."""
    name = path.rsplit("/", 1)[-1]
    if name in HOMELESS:
        yield Finding(
            path, 1, "home", f"{name} says nothing about its {len(text.splitlines())} lines; name it for what it is"
        )


def future_annotations(path: str, text: str) -> Iterator[Finding]:
    """Every module that annotates anything begins with `from __future__ import annotations`."""
    tree = ast.parse(text)
    annotates = any(isinstance(node, FunctionNode | ast.AnnAssign) for node in ast.walk(tree))
    if annotates and not any(isinstance(node, ast.ImportFrom) and node.module == "__future__" for node in tree.body):
        yield Finding(path, 1, "annotations", "from __future__ import annotations")


def no_type_checking_tricks(path: str, text: str) -> Iterator[Finding]:
    """A cycle that needs TYPE_CHECKING means a type is on the wrong floor."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Name) and node.id == "TYPE_CHECKING":
            yield Finding(path, node.lineno, "type-checking", "move the type to a floor that both may know")


def small_protocols(path: str, text: str) -> Iterator[Finding]:
    """An interface has at most seven members."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ClassDef) and any(ast.unparse(base).split("[")[0] in PROTOCOLS for base in node.bases):
            members = sum(isinstance(part, FunctionNode | ast.AnnAssign) for part in node.body)
            if members > PROTOCOL_STOP:
                yield Finding(
                    path, node.lineno, "protocol", f"{node.name} has {members} members; at most {PROTOCOL_STOP}"
                )


def no_broad_except(path: str, text: str) -> Iterator[Finding]:
    """Below `edge`, catch what you can act on, by its name."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.ExceptHandler):
            caught = "" if node.type is None else ast.unparse(node.type)
            if caught in {"", "Exception", "BaseException"}:
                yield Finding(path, node.lineno, "except", "name the error that is expected here")


def no_machine_in_core(path: str, text: str) -> Iterator[Finding]:
    """Below `edge`: no sockets, files, environment, threads, wall clock, randomness."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            for alias in node.names:
                if alias.name.split(".")[0] in MACHINE_MODULES:
                    yield Finding(path, node.lineno, "core", f"import {alias.name}")
        elif isinstance(node, ast.ImportFrom) and not node.level:
            top = (node.module or "").split(".")[0]
            for alias in node.names:
                if top in MACHINE_MODULES and (top, alias.name) not in PURE_NAMES:
                    yield Finding(path, node.lineno, "core", f"from {node.module} import {alias.name}")
        elif isinstance(node, ast.Call) and reaches_machine(node.func):
            yield Finding(path, node.lineno, "core", f"{ast.unparse(node.func)}() reaches the machine")


def reaches_machine(called: ast.expr) -> bool:
    """Say whether a call opens a file, talks to a person, runs text or reads the wall clock."""
    if isinstance(called, ast.Name):
        return called.id in MACHINE_CALLS
    if isinstance(called, ast.Attribute) and called.attr in CLOCK_CALLS:
        return ast.unparse(called.value).split(".")[-1] in CLOCK_OWNERS
    return False


def no_mocks(path: str, text: str) -> Iterator[Finding]:
    """Tests below `edge` give the real function plain values."""
    for node in ast.walk(ast.parse(text)):
        named: list[str] = []
        if isinstance(node, ast.Import):
            named = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            named = [node.module or "", *(alias.name for alias in node.names)]
        if isinstance(node, ast.Import | ast.ImportFrom) and any("mock" in name for name in named):
            yield Finding(path, node.lineno, "mock", "no mocks below edge")
        if isinstance(node, ast.arg) and node.arg in {"monkeypatch", "mocker"}:
            yield Finding(path, node.lineno, "mock", "no monkeypatching below edge")


def documented(path: str, text: str) -> Iterator[Finding]:
    """Every module and every public name below `edge` has a docstring."""
    tree = ast.parse(text)
    if ast.get_docstring(tree) is None:
        yield Finding(path, 1, "docstring", "what the module is for, and the rule it keeps")
    yield from _undocumented(path, tree.body, "")


def _undocumented(path: str, body: list[ast.stmt], owner: str) -> Iterator[Finding]:
    for node in body:
        if not isinstance(node, ast.ClassDef | FunctionNode) or node.name.startswith("_"):
            continue
        overload = any(ast.unparse(d).endswith("overload") for d in node.decorator_list)
        if ast.get_docstring(node) is None and not overload:
            yield Finding(path, node.lineno, "docstring", f"{owner}{node.name} has none")
        if isinstance(node, ast.ClassDef):
            yield from _undocumented(path, node.body, f"{node.name}.")


# --- the floors ------------------------------------------------------------------------------------------------------------


def unplaced(layers: Iterable[str], modules: Iterable[str]) -> Iterator[Finding]:
    """Every module of the package stands on a floor of the contract, itself or with the package around it.

    Args:
        layers: the lines of the contract, bottom or top first, in import-linter's form.
        modules: dotted names of all modules and packages.
    """
    placed = {part.strip(" ()") for line in layers for part in re.split(r"[|:]", line)}
    for module in modules:
        parts = module.split(".")
        around = {".".join(parts[:n]) for n in range(2, len(parts) + 1)}
        inside = any(name.startswith(module + ".") for name in placed)
        if not around & placed and not inside:
            yield Finding("pyproject.toml", 1, "floor", f"{module} stands on no floor of the contract 'floors'")


def read_layers(pyproject: str) -> list[str]:
    """Return the floors of the contract named `floors`."""
    contracts = tomllib.loads(pyproject)["tool"]["importlinter"]["contracts"]
    return [str(line) for contract in contracts if contract["id"] == "floors" for line in contract["layers"]]


# --- the tree ----------------------------------------------------------------------------------------------------------------


def tracked(root: Path) -> Iterator[tuple[str, str]]:
    """Yield path and text of every text file that git tracks or would."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    for path in sorted(set(filter(None, listed.split("\0")))):
        try:
            yield path, (root / path).read_text(encoding="utf-8")
        except (UnicodeDecodeError, FileNotFoundError, IsADirectoryError):
            continue  # a font, a picture, a file just removed: no rule reads it


def module_names(paths: Iterable[str]) -> Iterator[str]:
    """Return the dotted name of each module under `src`, without the package itself."""
    for path in paths:
        if path.startswith("src/comity/") and path.endswith(".py") and path != "src/comity/__init__.py":
            yield path.removeprefix("src/").removesuffix(".py").removesuffix("/__init__").replace("/", ".")


def examine(files: Iterable[tuple[str, str]], pyproject: str) -> tuple[Finding, ...]:
    """Return everything in these files that breaks a rule of the house."""
    kept = tuple(files)
    found = [finding for path, text in kept for rule in rules_for(path) for finding in rule(path, text)]
    typed = ((path, text) for path, text in kept if path.endswith(".py") and path.startswith(TYPED))
    found += counted_ignores(typed)
    found += unplaced(read_layers(pyproject), module_names(path for path, _ in kept))
    return tuple(found)


def main() -> int:
    """Examine the tree and print what was found."""
    files = tuple(tracked(ROOT))
    found = examine(files, (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    for finding in found:
        print(finding)
    print(f"{len(files)} files examined, {len(found)} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
