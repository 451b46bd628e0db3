"""`comity evidence make | verify`: papers on a whole case for a court or an office, and how such a folder is checked."""

from __future__ import annotations

import argparse
import zipfile
from base64 import b64decode
from collections.abc import Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

from comity.base.errors import BadConfiguration, BadForm, ComityError
from comity.base.hashing import sha256
from comity.cli.acts import add_node, add_officer, officer_of
from comity.cli.approvals import read_assessment
from comity.cli.doorway import ask
from comity.cli.log import read_keys
from comity.cli.out import show_json, show_table
from comity.edge.casepages import LANGUAGES
from comity.edge.casepdf import same_pdf
from comity.edge.files import PRIVATE_FILE, make_private_folder, write_atomic
from comity.node.casecheck import check_papers
from comity.node.casefolder import MANIFEST, PDF
from comity.screen import ProofStep

DONE, REFUSED = 0, 1
_BIGGEST = 1 << 30


def add_commands(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands to the program's."""
    parser = commands.add_parser("evidence", help="papers on a whole case for a court: make them, check them")
    inner = parser.add_subparsers(dest="evidence", metavar="ACTION", required=True)
    make = inner.add_parser("make", help="ask our law for each dispatch of a case and write its papers into a folder")
    make.add_argument("case", metavar="CASE", help="number of the case, ours or 26 letters and digits")
    make.add_argument("--to", type=Path, required=True, metavar="DIR", help="the folder, made here")
    make.add_argument("--for", dest="recipient", required=True, metavar="WHO", help="court or agency that gets them")
    make.add_argument(
        "--purpose", choices=("evidence", "court", "export"), default="evidence", help="default: evidence"
    )
    make.add_argument(
        "--basis", action="append", default=[], help="legal basis, such as a court's order; may be repeated"
    )
    make.add_argument("--reason", default="", help="why, in words; for our own records")
    make.add_argument(
        "--assessment",
        type=Path,
        action="append",
        default=[],
        metavar="FILE",
        help="as JSON, act `use`, for every dispatch",
    )
    make.add_argument("--language", choices=LANGUAGES, default="en", help="of the printed pages; default: en")
    make.add_argument("--pdf", action="store_true", help="print them too, with the forms that persons sign")
    add_officer(make)
    add_node(make)
    make.set_defaults(run=run_make)
    verify = inner.add_parser("verify", help="check a folder of papers; no node is needed")
    verify.add_argument("folder", type=Path, metavar="DIR")
    verify.add_argument(
        "--keys",
        type=Path,
        nargs="+",
        metavar="FILE",
        help="keys from a source you trust; default: those in the folder",
    )
    verify.add_argument("--manifest", metavar="SHA256", help="hash of the manifest as the other side or our log has it")
    verify.add_argument("--json", action="store_true", help="for machines")
    verify.set_defaults(run=run_verify)


# --- make ----------------------------------------------------------------------------------------------------------


def run_make(asked: argparse.Namespace) -> int:
    """Have the running node make the papers, and write them into a folder of this account only."""
    if asked.to.exists():
        raise BadConfiguration(f"{asked.to} is there already; nothing was made. Move it away or name another folder")
    wish = {
        "case": asked.case,
        "purpose": asked.purpose,
        "recipient": asked.recipient,
        "by": officer_of(asked.officer),
        "basis": asked.basis,
        "reason": asked.reason,
        "assessments": [read_assessment(path) for path in asked.assessment],
        "language": asked.language,
        "pdf": asked.pdf,
    }
    made: dict[str, Any] = ask(asked.node, "POST", "/evidence/make", wish)
    _unpack(b64decode(made.pop("zip")), asked.to)
    if asked.json:
        show_json({**made, "folder": str(asked.to)})
        return DONE
    rows = [[one["dispatch"], one["act"]["outcome"], ", ".join(one["act"]["missing"])] for one in made["dispatches"]]
    show_table("Papers", ("dispatch", "our law", "missing"), rows)
    print(f"made {asked.to}. It is readable by this account only; read README.txt first")
    print(f"value to be certified ({made['certificate']['algorithm']}): {made['certificate']['value']}")
    print(f"manifest: {made['manifest']}, entry {made['record']} of our decision log")
    return DONE


def _unpack(content: bytes, folder: Path) -> None:
    try:
        make_private_folder(folder)
        with zipfile.ZipFile(BytesIO(content)) as pack:
            for one in pack.infolist():
                path = folder / one.filename
                make_private_folder(path.parent)
                write_atomic(path, pack.read(one), mode=PRIVATE_FILE)
    except OSError as error:
        raise BadConfiguration(
            f"{folder} could not be written ({error}); the papers were made and are in our log, but this folder is not whole"
        ) from error


# --- verify --------------------------------------------------------------------------------------------------------


def run_verify(asked: argparse.Namespace) -> int:
    """Check a folder; 0 only if everything in it holds."""
    files = _read(asked.folder)
    steps, notes = _keys_and_steps(asked, files)
    if asked.manifest is not None and MANIFEST in files:
        steps = (_same_manifest(files, asked.manifest.strip().lower()), *steps)
    if PDF in files and all(one.good for one in steps):
        good, sentence = same_pdf(files)
        steps = (*steps, ProofStep(PDF, good=good, sentence=sentence))
    holds = all(one.good for one in steps)
    if asked.json:
        rows = [{"what": one.what, "good": one.good, "sentence": one.sentence} for one in steps]
        show_json({"verified": holds, "checks": rows, "keys": notes})
    else:
        for one in steps:
            print(f"{'good' if one.good else 'BAD '}  {one.what}: {one.sentence}")
        for note in notes:
            print(note)
        print("VERIFIED" if holds else "NOT VERIFIED: keep what you have, and ask for the papers again")
    return DONE if holds else REFUSED


def _keys_and_steps(
    asked: argparse.Namespace, files: Mapping[str, bytes]
) -> tuple[tuple[ProofStep, ...], tuple[str, ...]]:
    own = [path for path in _signed(asked.folder, files) if asked.keys is None]
    try:
        keys, notes = read_keys(asked.keys or own)
    except (ComityError, ValueError) as error:
        if asked.keys is not None:
            raise
        return (ProofStep("keys", good=False, sentence=f"the keys in the folder cannot be read: {error}"),), ()
    where = () if asked.keys is not None else ("The keys came with the papers: compare the fingerprints above.",)
    return check_papers(files, keys), (*notes, *where)


def _signed(folder: Path, files: Mapping[str, bytes]) -> Sequence[Path]:
    """Return the accord and the key lists of a folder, the newest accord first."""
    return [folder / name for name in sorted(files) if name.endswith(".cose")]


def _same_manifest(files: Mapping[str, bytes], wanted: str) -> ProofStep:
    found = sha256(files[MANIFEST]).hex()
    same = found == wanted
    sentence = "has the hash that you gave" if same else f"has another hash than you gave: {found}"
    return ProofStep(MANIFEST, good=same, sentence=sentence)


def _read(folder: Path) -> dict[str, bytes]:
    if not folder.is_dir():
        raise BadForm(f"{folder} is no folder; nothing was verified")
    found = sorted(path for path in folder.rglob("*") if path.is_symlink() or not path.is_dir())
    strange = [path for path in found if path.is_symlink() or not path.is_file()]
    if strange:
        raise BadForm(f"{strange[0]} is no plain file; nothing was verified: papers have plain files only")
    if sum(path.lstat().st_size for path in found) > _BIGGEST:
        raise BadForm(f"{folder} is larger than any papers are; nothing was verified")
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}
