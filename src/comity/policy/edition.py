"""A law edition: a folder of data that says what one party's law permits, obliges and forbids, with dates and sources.

The rule it keeps: an edition is loaded whole or not at all, and two files with the same bytes give the same hash. A node
loads only what its own party's law key signed; an edition that no lawyer has signed says so wherever it answers. A
private supplement may only restrict, and an edition without the supplement that it names is read, never decided by.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import cedarpy

from comity.base.errors import BadConfiguration
from comity.base.hashing import sha256
from comity.base.ids import Digest, Ms
from comity.marking.scan import Pattern
from comity.marking.vocabulary import CATEGORIES, GROUNDS, OUTWARD, PARTLY, RECORD_TYPES
from comity.policy.attributes import SCHEMA, Groups
from comity.policy.binding import STATUTES, Binding, bind, read_bindings
from comity.policy.instrument import (
    PRIVATE,
    edition_hash,
    folder_bytes,
    private_part,
    published_part,
    read_payload,
    read_supplement,
)
from comity.policy.listed import LISTED, Entry, in_order, read_listed
from comity.policy.patterns import read_patterns
from comity.policy.rule import Rule, read_rules
from comity.policy.toml import Table
from comity.policy.verdict import Effect

Texts = tuple[tuple[str, str], ...]
"""(language tag, sentence), sorted."""

MANIFEST = "edition.toml"
_PREFIX = re.compile("[A-Z]{2}")


@dataclass(frozen=True, slots=True)
class Basis:
    """A legal basis or arrangement that a dispatch may name and the edition knows.

    Attributes:
        id: as it stands in the dispatch, such as `arrangement:2026-02`.
        form: `arrangement`, `written-arrangement`, `order`, `consent` or `statute`.
        title: what it is, in the edition's first language.
    """

    id: str
    form: str
    title: str


@dataclass(frozen=True, slots=True)
class Edition:
    """One law edition, checked.

    Attributes:
        name: name and date of the edition.
        prefix: two letters; ids of the answers that rest on no rule begin with it.
        parties: whose law it is.
        languages: tags, the first is the one that screens fall back to.
        exercise: no lawyer has signed it.
        notice: the sentence that says so, in each language; empty strings for an edition in force.
        bases: legal bases and arrangements known, sorted by id.
        outward: (inward ground, outward code), sorted: the word that crosses for each ground.
        wording: (outward code, sentences), sorted: how each code is said to people.
        patterns: what the scan looks for.
        groups: which words this law counts as personal or as giving.
        rules: sorted by id.
        bindings: on which text each provision was read, sorted by provision.
        listed: listed entities, sorted by id; `listed.listed_by` asks them for a day.
        no_rule, failed: sentences for "no rule permits this" and for an error.
        footing: sentences that stand beside every comparison of refusals.
        hash: of both parts, see `instrument.edition_hash`.
        private_digest: SHA-256 of the bytes of the private supplement.
        whole: the private supplement is here; the peer's reading of ours is never whole, unless there is none.
    """

    name: str
    prefix: str
    parties: tuple[str, ...]
    languages: tuple[str, ...]
    exercise: bool
    notice: Texts
    bases: tuple[Basis, ...]
    outward: tuple[tuple[str, str], ...]
    wording: tuple[tuple[str, Texts], ...]
    patterns: tuple[Pattern, ...]
    groups: Groups
    rules: tuple[Rule, ...]
    bindings: tuple[Binding, ...]
    listed: tuple[Entry, ...]
    no_rule: Texts
    failed: Texts
    footing: Texts
    hash: Digest
    private_digest: Digest
    whole: bool

    @classmethod
    def load(cls, files: Mapping[str, bytes], *, private_digest: Digest | None = None) -> Edition:
        """Read and check an edition.

        Args:
            files: path inside the edition's folder, with `/`, to content, published and `private/`; `assemble` gathers
                them.
            private_digest: digest of a private supplement that is not among the files; then the edition is not whole.

        Raises:
            BadConfiguration: anything missing, unknown, misspelt or beyond what a rule may do; the message names it.
        """
        if MANIFEST not in files:
            raise BadConfiguration(f"an edition needs {MANIFEST}; nothing was loaded")
        head = _manifest(files[MANIFEST])
        languages, parties, prefix = head.texts("languages"), head.texts("parties"), head.text("prefix")
        if not languages or not parties or not _PREFIX.fullmatch(prefix):
            raise BadConfiguration(f"{MANIFEST}: an edition has languages, parties and a prefix of two capital letters")
        bindings = _bindings(files, head.texts("includes"))
        rules = _bound(_rules(files, head.texts("includes"), languages), bindings)
        _check_permits(rules, frozenset(head.texts("may_permit")))
        bases = tuple(sorted((_basis(table) for table in head.tables("basis")), key=lambda basis: basis.id))
        exercise = head.one_of("status", ("exercise", "in-force")) == "exercise"
        supplement = sha256(folder_bytes(private_part(files)))
        digest = supplement if private_digest is None else private_digest
        if private_part(files) and digest != supplement:
            raise BadConfiguration("the private supplement is not the one that was signed; nothing was loaded")
        edition = cls(
            name=head.text("name"),
            prefix=prefix,
            parties=parties,
            languages=languages,
            exercise=exercise,
            notice=head.table("notice").sentences(languages) if exercise else tuple((tag, "") for tag in languages),
            bases=bases,
            outward=_outward(head.table("outward")),
            wording=_wording(head.table("wording"), languages),
            patterns=read_patterns(files, head.tables("pattern")),
            groups=_groups(head.table("groups"), bases),
            rules=rules,
            bindings=bindings,
            listed=_listed(files, head.texts("includes")),
            no_rule=head.table("no_rule").sentences(languages),
            failed=head.table("failed").sentences(languages),
            footing=head.table("footing").sentences(languages),
            hash=edition_hash(folder_bytes(published_part(files)), digest),
            private_digest=digest,
            whole=digest == supplement,
        )
        head.done()
        return edition

    @property
    def known_bases(self) -> frozenset[str]:
        """Ids of the bases that count when a dispatch names them."""
        return self.groups.bases

    @property
    def private_rules(self) -> int:
        """How many rules of the private supplement are here: a number for our own side only."""
        return sum(rule.private for rule in self.rules)

    def in_force(self, now: Ms) -> tuple[Rule, ...]:
        """Return the rules in force at this instant, sorted by id."""
        return tuple(rule for rule in self.rules if rule.in_force(now))

    def say(self, code: str, language: str) -> str:
        """Return how an outward code is said in a language of the edition, or else in its first."""
        return said(dict(self.wording)[code], language, self.languages)


def said(texts: Texts, language: str, languages: tuple[str, ...]) -> str:
    """Return the sentence in `language`, or in the first of `languages` if there is none."""
    known = dict(texts)
    return known.get(language, known[languages[0]])


def assemble(folders: Mapping[str, Mapping[str, bytes]], name: str) -> dict[str, bytes]:
    """Gather the files of one edition and of the folders that it includes.

    Args:
        folders: for each folder under `laws/` its files by name; only `.toml` and `.cedar` count.
        name: the folder of the edition. What it includes is put under `<folder>/`; its supplement is under `private/`.

    Raises:
        BadConfiguration: a folder is missing, the manifest cannot be read, or what is included has a private part.
    """
    if name not in folders or MANIFEST not in folders[name]:
        raise BadConfiguration(f"there is no edition {name!r}; nothing was loaded")
    files = {path: data for path, data in folders[name].items() if _counts(path)}
    for include in _manifest(files[MANIFEST]).texts("includes"):
        if include not in folders:
            raise BadConfiguration(f"the edition {name!r} includes {include!r}, which is not there")
        if private_part(folders[include]):
            raise BadConfiguration(f"{include!r} is what both parties agreed and has no private supplement")
        files |= {f"{include}/{path}": data for path, data in folders[include].items() if _counts(path)}
    return files


def open_edition(signed: bytes, verify: Callable[[bytes], bytes], private: bytes | None) -> Edition:
    """Load our own edition from its signed instrument and the private supplement kept beside it.

    Args:
        signed: the COSE_Sign of `instrument.edition_payload`, kind `instrument.INSTRUMENT`.
        verify: returns the payload if our own party's law key signed it, else raises BadSignature or BadEnvelope.
        private: the bytes of the supplement, also of an empty one; None if they are not there.

    Raises:
        BadConfiguration: the edition does not hold, or the supplement is not the one that was signed.
    """
    files, digest = read_payload(verify(signed))
    return Edition.load({**files, **read_supplement(private, digest)}, private_digest=digest)


def open_published(signed: bytes, verify: Callable[[bytes], bytes]) -> Edition:
    """Load the published part of an edition, which is all that the peer has of it; see `open_edition`."""
    files, digest = read_payload(verify(signed))
    return Edition.load(files, private_digest=digest)


def _counts(path: str) -> bool:
    return path.endswith((".toml", ".cedar"))


def _manifest(data: bytes) -> Table:
    try:
        return Table(MANIFEST, tomllib.loads(data.decode()))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadConfiguration(f"{MANIFEST}: {error}; nothing was loaded") from error


def _rules(files: Mapping[str, bytes], includes: tuple[str, ...], languages: tuple[str, ...]) -> tuple[Rule, ...]:
    """Read all rules, and check them together against the schema of the question."""
    for include in includes:
        if not any(path.startswith(f"{include}/") for path in files):
            raise BadConfiguration(f"the edition includes {include!r}, which is not among its files")
    rules: list[Rule] = []
    for path, data in sorted(files.items()):
        if not path.endswith(".cedar"):
            if path.startswith(PRIVATE):
                raise BadConfiguration(f"{path}: a private supplement holds rules only; nothing was loaded")
            continue
        try:
            text = data.decode()
        except UnicodeDecodeError as error:
            raise BadConfiguration(f"{path}: not UTF-8; nothing was loaded") from error
        rules += _checked(path, text, languages)
    ids = [rule.id for rule in rules]
    doubled = sorted({rule_id for rule_id in ids if ids.count(rule_id) > 1})
    if doubled or not ids:
        raise BadConfiguration(f"the rule {doubled[0]} stands twice" if doubled else "an edition without any rule")
    return tuple(sorted(rules, key=lambda rule: rule.id))


@lru_cache(maxsize=64)
def _checked(path: str, text: str, languages: tuple[str, ...]) -> tuple[Rule, ...]:
    """Read the rules of one file and check them against the schema; a file that two editions share is read once."""
    rules = read_rules(path, text, languages, private=path.startswith(PRIVATE))
    checked = cedarpy.validate_policies(text, SCHEMA)  # pyright: ignore[reportUnknownMemberType]  typed in part
    if not checked:
        raise BadConfiguration(f"{path}: {'; '.join(str(error) for error in checked.errors)}")
    return rules


def _bindings(files: Mapping[str, bytes], includes: tuple[str, ...]) -> tuple[Binding, ...]:
    """Read what the edition and what it includes say of their texts; both may speak of one provision, alike."""
    found: dict[str, Binding] = {}
    for path, text in _each(STATUTES, files, includes):
        for binding in read_bindings(text, path):
            if found.setdefault(binding.provision, binding) != binding:
                raise BadConfiguration(f"{path}: {binding.provision} is bound otherwise elsewhere; nothing was loaded")
    return tuple(found[provision] for provision in sorted(found))


def _listed(files: Mapping[str, bytes], includes: tuple[str, ...]) -> tuple[Entry, ...]:
    """Read the listed entities of the edition and of what it includes; none where there is no such file."""
    return in_order((one for path, text in _each(LISTED, files, includes) for one in read_listed(text, path)), LISTED)


def _each(name: str, files: Mapping[str, bytes], includes: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    """Yield path and text of a file of the edition and of what it includes; "" where it is not there."""
    for path in (name, *(f"{include}/{name}" for include in includes)):
        try:
            yield path, files.get(path, b"").decode()
        except UnicodeDecodeError as error:
            raise BadConfiguration(f"{path}: not UTF-8; nothing was loaded") from error


def _bound(rules: tuple[Rule, ...], bindings: tuple[Binding, ...]) -> tuple[Rule, ...]:
    known = {binding.provision: binding for binding in bindings}
    return tuple(replace(rule, bound=bind(rule.laws, known)) for rule in rules)


def _check_permits(rules: tuple[Rule, ...], may_permit: frozenset[str]) -> None:
    for rule in rules:
        if rule.effect is Effect.PERMIT and rule.seed not in may_permit:
            raise BadConfiguration(f"the rule {rule.id} permits and is not on the edition's list may_permit")


def _basis(table: Table) -> Basis:
    forms = ("arrangement", "written-arrangement", "order", "consent", "statute")
    basis = Basis(table.text("id"), table.one_of("form", forms), table.text("title"))
    table.done()
    return basis


def _outward(table: Table) -> tuple[tuple[str, str], ...]:
    """Return the word for each ground: the most telling lawful one, unless the edition chose a less telling."""
    chosen: list[tuple[str, str]] = []
    for ground, lawful in sorted(GROUNDS.items()):
        choices = tuple(word for word in lawful if word != PARTLY)
        chosen.append((ground, table.one_of(ground, choices, default=choices[0])))
    table.done()
    return tuple(chosen)


def _wording(table: Table, languages: tuple[str, ...]) -> tuple[tuple[str, Texts], ...]:
    wording = tuple((code, table.table(code).sentences(languages)) for code in sorted(OUTWARD))
    table.done()
    return wording


def _groups(table: Table, bases: tuple[Basis, ...]) -> Groups:
    groups = Groups(
        personal=frozenset(table.texts("personal")),
        personal_records=frozenset(table.texts("personal_records")),
        giving=frozenset(table.texts("giving")),
        bases=frozenset(basis.id for basis in bases),
    )
    table.done()
    unknown = sorted(groups.personal - CATEGORIES) + sorted(groups.personal_records - RECORD_TYPES)
    if unknown:
        raise BadConfiguration(f"{MANIFEST}: groups names {unknown[0]!r}, which is on no list of the vocabulary")
    return groups
