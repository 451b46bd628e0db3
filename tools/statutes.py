"""Write the statute texts that the rules of a law edition were written from, and the edition's `statutes.toml`.

    python tools/statutes.py --from FOLDER_OR_GIT_DIRECTORY [EDITION ...]

For each provision that a rule's `@law` names, the text is taken out of the official consolidation and put into one file
under `laws/statutes/`; the edition's `statutes.toml` then has its hash, act, section and dates, or why no text is kept.
Run it after rules were added, or after an amendment was read and the rules written anew; `comity law statutes` only checks.

Exit codes: 0 written, 1 a provision was not found in the consolidation (its old text and hash are left).
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "src"))

from comity.edge.consolidation import ACTS, Collection, extract, folder_reader, read_collection  # noqa: E402
from comity.policy.binding import STATUTES, Binding, read_bindings, unbound  # noqa: E402
from comity.policy.rule import read_rules  # noqa: E402
from comity.policy.statute import text_hash  # noqa: E402

HEAD = "# On which text each provision was read. Written by tools/statutes.py; what it says is checked by `comity law statutes`.\n"


def git_reader(folder: Path) -> Callable[[str], bytes | None]:
    """Return a reader of the newest commit of a git directory."""

    def read(name: str) -> bytes | None:
        done = subprocess.run(["git", "-C", str(folder), "show", f"HEAD:{name}"], capture_output=True, check=False)
        return done.stdout if done.returncode == 0 else None

    return read


def remembering(read: Callable[[str], bytes | None]) -> Callable[[str], bytes | None]:
    """Return the same reader, which reads each file once."""
    known: dict[str, bytes | None] = {}

    def once(name: str) -> bytes | None:
        if name not in known:
            known[name] = read(name)
        return known[name]

    return once


def provisions(folder: Path) -> tuple[str, ...]:
    """Return the provisions that the published rules of a folder name, sorted."""
    named: set[str] = set()
    for file in sorted(folder.glob("*.cedar")):
        for rule in read_rules(file.name, file.read_text(encoding="utf-8"), ()):
            named |= set(rule.laws)
    return tuple(sorted(named))


def file_of(provision: str) -> str:
    """Return where a provision's text lies under the folder of statutes."""
    country, act, section = provision.split("/", 2)
    return f"{country}/{act}/{re.sub('[^a-z0-9.]+', '-', section.lower()).strip('-')}.txt".lower()


def bind(
    provision: str, collection: Collection, read: Callable[[str], bytes | None], old: Binding | None, statutes: Path
) -> tuple[Binding, bool]:
    """Return the binding of one provision and whether it is sound; its text is written."""
    why = collection.why_not(provision)
    if why is not None:
        return unbound(provision, why), True
    found = extract(provision, collection, read)
    if found is None:
        return old or unbound(provision, "it was not found in the consolidation"), False
    file = file_of(provision)
    (statutes / file).parent.mkdir(parents=True, exist_ok=True)
    (statutes / file).write_text(found.text, encoding="utf-8", newline="\n")
    kept = Binding(provision, text_hash(found.text), file, found.act, found.section, found.pit, found.since, "")
    return kept, True


def lines_of(binding: Binding) -> Iterator[str]:
    """Yield the lines of `statutes.toml` for one provision."""
    yield f"\n[provision.{json.dumps(binding.provision)}]"
    names = ("sha256", "file", "act", "section", "pit", "since") if binding.kept else ("not_kept",)
    for name in names:
        yield f"{name} = {json.dumps(getattr(binding, name), ensure_ascii=False)}"


def write(laws: Path, name: str, read: Callable[[str], bytes | None]) -> tuple[int, list[str]]:
    """Write the texts and the list of one folder of laws; return how many texts and what was not found."""
    acts = laws / "statutes" / name / ACTS
    if not acts.exists():
        return 0, []
    collection = read_collection(acts.read_text(encoding="utf-8"), str(acts.relative_to(laws)))
    target = laws / name / STATUTES
    old = (
        {one.provision: one for one in read_bindings(target.read_text(encoding="utf-8"), name)}
        if target.exists()
        else {}
    )
    bound, lost = [], []
    for provision in provisions(laws / name):
        own = collection if provision.startswith(f"{collection.prefix}/") else other(laws, provision) or collection
        binding, sound = bind(provision, own, read, old.get(provision), laws / "statutes")
        bound.append(binding)
        lost += [] if sound else [provision]
    target.write_text(HEAD + "".join(f"{line}\n" for one in bound for line in lines_of(one)), encoding="utf-8")
    return sum(one.kept for one in bound), lost


def other(laws: Path, provision: str) -> Collection | None:
    """Return the collection of another jurisdiction that a provision belongs to, such as the accord's."""
    for acts in sorted((laws / "statutes").glob(f"*/{ACTS}")):
        collection = read_collection(acts.read_text(encoding="utf-8"), acts.parent.name)
        if provision.startswith(f"{collection.prefix}/"):
            return collection
    return None


def main() -> int:
    """Write what the arguments ask for."""
    parser = argparse.ArgumentParser(description="write the statute texts that law editions rest on")
    parser.add_argument(
        "--from", dest="source", type=Path, required=True, help="folder of the consolidation, or git directory"
    )
    parser.add_argument("--laws", type=Path, default=ROOT / "laws")
    parser.add_argument("editions", nargs="*")
    asked = parser.parse_args()
    git = (asked.source / "HEAD").exists() or (asked.source / ".git").exists()
    read = remembering(git_reader(asked.source) if git else folder_reader(asked.source))
    names = asked.editions or sorted(acts.parent.name for acts in (asked.laws / "statutes").glob(f"*/{ACTS}"))
    missing: list[str] = []
    for name in names:
        count, lost = write(asked.laws, name, read)
        print(f"{name}: {count} texts kept, {len(lost)} not found")
        missing += lost
    print("".join(f"not found: {provision}\n" for provision in missing), end="")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
