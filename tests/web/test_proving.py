"""Every sentence of a proof stands in the page's language: the sources that make them are read, so that a new one is missed."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from comity.edge import shown
from comity.node import remake
from comity.screen import ProofStep
from comity.web.proving import proved
from comity.web.texts import LANGUAGES, Texts
from comity.web.words.proved import WORDS

PLACES = {"whose": ("our", "their"), "steps": ("1 hash", "4 hashes")}
INTERNAL = {"role", "nothing"}


def sentences(module):
    """Every text of a module that a proof can show, with each of its places filled."""
    tree = ast.parse(Path(module.__file__).read_text())
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found |= filled(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found.add(node.value)
    return {one for one in found if one[:1].isupper() and one.endswith(".") and "\n" not in one}


def filled(node):
    made = {""}
    for part in node.values:
        if isinstance(part, ast.Constant):
            made = {one + str(part.value) for one in made}
        else:
            text = ast.unparse(part.value)
            words = PLACES["whose"] if text.startswith("_whose(") else PLACES["steps"] if text == "steps" else ("7",)
            made = {one + word for one in made for word in words}
    return made


def made_by(module):
    """The sentences of `module` that are not parts of longer ones or of its docstrings."""
    tree = ast.parse(Path(module.__file__).read_text())
    docs = {ast.get_docstring(node, clean=False) for node in ast.walk(tree) if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef))}  # fmt: skip
    parts = {value.value for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for value in node.values if isinstance(value, ast.Constant)}  # fmt: skip
    return sentences(module) - docs - parts


@pytest.mark.parametrize("language", [one for one in LANGUAGES if one != "en"])
@pytest.mark.parametrize("module", [remake, shown], ids=["remake", "shown"])
def test_every_sentence_of_a_proof_has_words(module, language):
    texts, said = Texts(language), made_by(module)
    assert len(said) >= 4
    for sentence in said:
        step = proved(ProofStep("Content", good=True, sentence=sentence), texts)
        assert step[3] == language, sentence
        assert step[2] != sentence
    assert not texts.borrowed & set(WORDS)


@pytest.mark.parametrize(
    "what",
    ["Row to leaf", "Content", "Sealed bytes", "Receipt", "Our decision record", shown.STEP]
    + [of + name for of in ("", "Receipt: ") for name in ("Head signed", "Co-signed", "Leaf in the tree")],
)
def test_every_check_has_a_name(what):
    known = ProofStep(what, good=True, sentence="We have not receipted it yet.")
    assert proved(known, Texts("hi"))[0] != what
    assert proved(known, Texts("hi"))[3] == "hi"


def test_figures_stay_and_what_is_unknown_stays_english():
    step = ProofStep("Content", good=True, sentence="Four parts, 1,234 bytes, commit to 00aa<b>, as the leaf says.")
    assert "1,234" in proved(step, Texts("fr"))[2]
    assert "00aa<b>" in proved(step, Texts("fr"))[2]
    other = ProofStep("Content", good=False, sentence="Four parts. More.")
    assert proved(other, Texts("fr")) == ("Content", False, "Four parts. More.", "en")
    assert proved(step, Texts("en"))[2] == step.sentence
