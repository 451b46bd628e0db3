"""The folder around papers on a case: hash report, certificate value, manifest; and what in it was changed since.

The rule it keeps: every file is named once with its size and SHA-256, and a file that is not named is a fault; the value
that a person certifies is the SHA-256 of the hash report, which any tool for SHA-256 can make again.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from comity.base.hashing import sha256
from comity.base.ids import Ms
from comity.node.casepapers import CASE, FORMAT, KEYS, Json, plain_json
from comity.screen import ProofStep

HASHES, CERTIFICATE, MANIFEST, SEAL = "hashes.txt", "certificate.json", "manifest.json", "manifest.sha256"
PDF: Final = "case.pdf"
ALGORITHM: Final = "SHA-256"
_AROUND: Final = frozenset({HASHES, CERTIFICATE, MANIFEST, SEAL, PDF})
"""What stands around the record: the record's own files are all others."""
_WHAT: Final = (
    (r"README\.txt", "how to check these papers, in plain words"),
    (r"verify\.py", "a program that checks these papers; it needs Python and the package cryptography"),
    (re.escape(KEYS), "both parties' public keys, as arguments of verify.py"),
    (re.escape(CASE), "the facts of the case and of each dispatch, and who had it when"),
    (r"accord(-\d+)?\.cose", "the accord, signed by both parties"),
    (r"keys/.+\.cose", "a key list, signed by its party's root"),
    (r"forms/.+\.toml", "the wording of a form, from a signed law edition"),
    (r"dispatch/.+/entry", "the log entry of a dispatch"),
    (
        r"(dispatch|receipt|l-head|decision-head|keys-entry|accord-entry|reseal)/.*proof",
        "its proof of inclusion, with the co-signed checkpoint",
    ),
    (r"dispatch/.+/part\d", "a part of a dispatch with its salt"),
    (r"dispatch/.+/part\d\.digest", "the digest of a part that is not shown"),
    (r"dispatch/.+/sealed", "the sealed bytes that crossed"),
    (r"receipt/.+/entry", "the log entry of a receipt of the other side"),
    (r"reseal/.+/entry", "the log entry by which a dispatch was sealed anew, its content unchanged"),
    (r"keys-entry/.+/entry", "the log entry from which on a later key list applies"),
    (r"accord-entry/.+/entry", "the log entry from which on a later edition of the accord applies"),
    (r"l-head/.+/entry", "the log entry that names a head of the other side, after which the next ones were made"),
    (r"decision-head/.+", "the head of our decision log, as our exchange log commits to it"),
    (re.escape(HASHES), "the hash report: each file of the record with its SHA-256"),
    (re.escape(CERTIFICATE), "the value to be certified: the SHA-256 of the hash report"),
    (re.escape(PDF), "the same case to be read and printed"),
)


def hash_report(files: Mapping[str, bytes]) -> bytes:
    """Return one line for each file of the record, in the form of `sha256sum`, sorted by name."""
    record = sorted(name for name in files if name not in _AROUND)
    return "".join(f"{sha256(files[name]).hex()}  {name}\n" for name in record).encode()


def with_certificate(files: Mapping[str, bytes]) -> dict[str, bytes]:
    """Return the files of the record with their hash report and the value to be certified."""
    report = hash_report(files)
    value = {"algorithm": ALGORITHM, "of": HASHES, "value": sha256(report).hex()}
    return {**files, HASHES: report, CERTIFICATE: plain_json(value)}


def with_manifest(files: Mapping[str, bytes], now: Ms) -> dict[str, bytes]:
    """Return the files with their manifest and its hash; nothing is added afterwards."""
    manifest = plain_json(_manifest(files, now))
    return {**files, MANIFEST: manifest, SEAL: f"{sha256(manifest).hex()}  {MANIFEST}\n".encode()}


def _manifest(files: Mapping[str, bytes], now: Ms) -> Json:
    listed: list[Json] = [
        {"path": name, "size": len(files[name]), "sha256": sha256(files[name]).hex(), "what": what_is(name)}
        for name in sorted(files)
    ]
    return {"format": FORMAT, "algorithm": ALGORITHM, "made": now, "files": listed}


def what_is(name: str) -> str:
    """Return what a file of the folder is, in a few words."""
    return next((what for pattern, what in _WHAT if re.fullmatch(pattern, name)), "another file of the record")


def manifest_hash(files: Mapping[str, bytes]) -> str:
    """Return the SHA-256 of the manifest in hex: one value for the whole folder."""
    return sha256(files[MANIFEST]).hex()


# --- checking ------------------------------------------------------------------------------------------------------


def check_folder(files: Mapping[str, bytes]) -> tuple[ProofStep, ...]:
    """Check every file of a folder against its manifest, hash report and certificate; the proofs are not looked at."""
    steps = list(_manifest_steps(files))
    if all(step.good for step in steps):
        steps.append(_report_step(files))
        steps.append(_certificate_step(files))
    return tuple(steps)


def _manifest_steps(files: Mapping[str, bytes]) -> Iterator[ProofStep]:
    missing = [name for name in (MANIFEST, SEAL, HASHES, CERTIFICATE, CASE, KEYS) if name not in files]
    if missing:
        yield _bad("folder", f"{', '.join(missing)}: missing; this is no folder of papers, or it is not whole")
        return
    if files[SEAL] != f"{manifest_hash(files)}  {MANIFEST}\n".encode():
        yield _bad(MANIFEST, f"the manifest is not the one that {SEAL} names: one of the two was changed")
        return
    listed = _listed(files[MANIFEST])
    if listed is None:
        yield _bad(MANIFEST, "the manifest is not in the form in which this program writes it")
        return
    present = set(files) - {MANIFEST, SEAL}
    yield from (_bad(name, "is named in the manifest and missing") for name in sorted(set(listed) - present))
    yield from (_bad(name, "is not named in the manifest: it was added") for name in sorted(present - set(listed)))
    changed = sorted(one for one in present & set(listed) if listed[one] != (len(files[one]), sha256(files[one]).hex()))
    yield from (_bad(name, "was changed: its size or SHA-256 is not that of the manifest") for name in changed)
    if set(listed) == present and not changed:
        yield ProofStep(MANIFEST, good=True, sentence=f"{len(present)} files, each as the manifest names it")


def _listed(raw: bytes) -> dict[str, tuple[int, str]] | None:
    """Return size and hash of each file that a manifest names; None if it is not one in its one form."""
    try:
        found = json.loads(raw)
        if plain_json(found) != raw or (found["format"], found["algorithm"]) != (FORMAT, ALGORITHM):
            return None
        names = [one["path"] for one in found["files"]]
        listed = {one["path"]: (int(one["size"]), str(one["sha256"])) for one in found["files"]}
    except (ValueError, LookupError, TypeError):
        return None
    return listed if names == sorted(listed) else None


def _report_step(files: Mapping[str, bytes]) -> ProofStep:
    if files[HASHES] != hash_report(files):
        return _bad(HASHES, "the hash report does not name the files of the record as they are")
    return ProofStep(HASHES, good=True, sentence="names each file of the record with its SHA-256")


def _certificate_step(files: Mapping[str, bytes]) -> ProofStep:
    value = sha256(files[HASHES]).hex()
    if files[CERTIFICATE] != plain_json({"algorithm": ALGORITHM, "of": HASHES, "value": value}):
        return _bad(CERTIFICATE, "the value to be certified is not the SHA-256 of the hash report: it was forged")
    return ProofStep(CERTIFICATE, good=True, sentence=f"the value to be certified is {value}")


def _bad(what: str, sentence: str) -> ProofStep:
    return ProofStep(what, good=False, sentence=sentence)
