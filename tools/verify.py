# ruff: noqa: D103  kept short enough to be read at one sitting: the names say it
"""Check an exported log, a proof, a bundle or papers on a case, trusting nobody: see docs/protocol/verify-by-hand.md.

Needs Python 3.11 and `cryptography`, shares no code with Comity. Exit: 0 good, 1 something is not verified, 2 misuse.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
import urllib.request
import zipfile
from base64 import b64decode, b64encode
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519, mldsa

LEAVES = ("instrument", "dispatch", "reseal", "receipt", "withdraw", "head", "record", "link", "blind")
FACTS = ("", "arrived", "filed", "quarantined", "refused", "seen")
NOTE = re.compile(r"([^\s+]+)\n(0|[1-9][0-9]{0,18})\n([A-Za-z0-9+/]{43}=)\n\n((?:— [^\s+]+ [A-Za-z0-9+/]+={0,2}\n)+)")
LOOPBACK = re.compile(r"https?://(127(\.\d+){3}|\[::1\]|([a-z0-9-]+\.)*localhost)(:\d+)?(/[^?#]*)?")


class Key(NamedTuple):
    """A note key; type 1: Ed25519 of a log, 4: Ed25519 of a cosigner, 6: ML-DSA-44 of either."""

    name: str
    id: bytes
    type: int
    raw: bytes


class Head(NamedTuple):
    """What a verified checkpoint says."""

    origin: str
    size: int
    root: bytes
    says: str
    cosigned: int | None
    signers: frozenset[bytes]


def when(seconds: int | None) -> str:
    return f"{datetime.fromtimestamp(min(seconds or 0, 2**37), UTC):%Y-%m-%d %H:%M:%S} UTC"


def party(name: str) -> str:
    return name.rsplit("/", 2)[0]


def check(good: object, text: str, *, show: bool = True) -> None:
    if not good:
        raise ValueError("not so: " + text)
    if show:
        print("good  " + text)


def sha(*parts: bytes) -> bytes:
    return hashlib.sha256(b"".join(parts)).digest()


def read_vkey(line: str) -> Key:
    name, key_id, encoded = line.strip().split("+", 2)
    raw = b64decode(encoded, validate=True)
    if len(raw) != {1: 33, 4: 33, 6: 1313}[raw[0]] or sha(name.encode(), b"\n", raw)[:4].hex() != key_id:
        raise argparse.ArgumentTypeError("this verifier key is damaged, or of a type that is not used here")
    return Key(name, bytes.fromhex(key_id), raw[0], raw[1:])


def read_cbor(data: bytes) -> Any:
    """Decode one item of the kinds that stand in leaves and parts."""
    at = 0

    def item() -> Any:
        nonlocal at
        major, value = divmod(data[at], 32)
        at += 1
        check(value < 28 and major not in (1, 6), "well-formed CBOR", show=False)
        if value > 23:
            width = 1 << (value - 24)
            value, at = int.from_bytes(data[at : at + width], "big"), at + width
        if major in (2, 3):
            raw, at = data[at : at + value], at + value
            return raw if major == 2 else raw.decode()
        if major in (4, 5):
            flat = [item() for _ in range(value * (major - 3))]
            return flat if major == 4 else dict(zip(flat[::2], flat[1::2], strict=True))
        return value if major == 0 else {20: False, 21: True, 22: None}[value]

    found = item()
    check(at == len(data), "well-formed CBOR", show=False)
    return found


def check_signature(key: Key, signature: bytes, origin: str, size: int, root: bytes) -> int:
    """Check one signature over a checkpoint's three facts and return its time, 0 for the type without one."""
    message = f"{origin}\n{size}\n{b64encode(root).decode()}\n".encode()
    stamp, rest = (b"", signature) if key.type == 1 else (signature[:8], signature[8:])
    time = int.from_bytes(stamp, "big")
    if key.type == 4:
        message = b"cosignature/v1\ntime %d\n" % time + message
    if key.type == 6:
        name, log = key.name.encode(), origin.encode()
        message = b"subtree/v1\n\0" + bytes([len(name)]) + name + stamp + bytes([len(log)]) + log
        message += bytes(8) + size.to_bytes(8, "big") + root
    public = mldsa.MLDSA44PublicKey if key.type == 6 else ed25519.Ed25519PublicKey
    try:
        public.from_public_bytes(key.raw).verify(rest, message)
    except InvalidSignature:
        raise ValueError(f"not so: {key.name} (type {key.type}) signed {origin} of size {size}") from None
    return time


def pairs(keys: list[Key], type_: int, times: dict[Key, int]) -> list[tuple[int | None, int | None]]:
    """Return the times of each pair of keys, in the order given, that has signed; None for a half that is missing."""
    whole = zip([k for k in keys if k.type == type_], [k for k in keys if k.type == 6], strict=True)
    return [(times.get(first), times.get(second)) for first, second in whole if first in times or second in times]


def open_checkpoint(raw: bytes, args: argparse.Namespace) -> Head:
    """Demand exactly the log's pair of lines (two at a change of keys) and, if keys are given, the other party's."""
    if not (note := NOTE.fullmatch(raw.decode())):
        raise ValueError("not so: a checkpoint is three lines, a blank line and signature lines")
    origin, size, root = note[1], int(note[2]), b64decode(note[3])
    ours = [key for key in args.log_vkey if key.name == origin]
    theirs = [key for key in args.cosigner_vkey if party(key.name) != party(origin)]
    known, times = {(key.name, key.id): key for key in ours + theirs}, {}
    for name, encoded in re.findall("— (.+) (.+)\n", note[4]):
        signature = b64decode(encoded)
        key = known.pop((name, signature[:4]), None)
        if not key or b64encode(signature).decode() != encoded:
            raise ValueError(f"not so: each line under {origin} of size {size} is by a given key, and by it once")
        times[key] = check_signature(key, signature[4:], origin, size, root)
    by_log, by_peer = pairs(ours, 1, times), pairs(theirs, 4, times)
    whole = len(set(by_log)) == 1 and by_log[0][0] == 0 and all(first == second for first, second in by_peer)
    whole = whole and bool(by_log[0][1]) and bool(by_peer) == bool(args.cosigner_vkey)
    check(whole, f"{origin} of size {size} is signed by whole pairs, each with one time", show=False)
    says = f"{origin} of size {size}, signed {when(by_log[0][1])}, "
    says += f"cosigned {when(by_peer[0][0])}" if by_peer else "not cosigned"
    signers = frozenset(key.raw for key in ours if key in times)
    return Head(origin, size, root, says, by_peer[0][0] if by_peer else None, signers)


def read_list(raw: bytes) -> tuple[str, int, bytes]:
    """Return node, edition and the bytes of the log keys of a key list; who signed it is not looked at."""
    found = read_cbor(read_cbor(raw[2:])[2])  # behind the tag: headers, payload, signatures
    return found[2], found[3], found[5][1] + found[5][2]


def check_order(head: Head, entered: list[tuple[int, bytes]], args: argparse.Namespace) -> None:
    """Check that a head is signed by the keys of the lists in force at its size: both where a list enters with its end."""
    lists = {sha(raw): read_list(raw) for raw in (file.read_bytes() for file in args.key_list)}
    ours = {digest: one for digest, one in lists.items() if one[0] == party(head.origin)}
    if not ours:
        return
    expected = [min(ours.values(), key=lambda one: one[1])[2]]
    for index, digest in entered:
        if index < head.size:
            check(digest in ours, f"the key list that entry {index} of {head.origin} brings in is given", show=False)
            expected = [*expected[-1:], ours[digest][2]] if index == head.size - 1 else [ours[digest][2]]
    named = [any(raw in keys for raw in head.signers) for keys in expected]
    foreign = [raw for raw in head.signers if not any(raw in keys for keys in expected)]
    check(all(named) and not foreign, f"{head.says}: by the keys in force at its size")


def tree_root(row: list[bytes]) -> bytes:
    """RFC 6962 2.1: join neighbours level by level; an odd last one rises as it is."""
    while len(row) > 1:
        joined = [sha(b"\x01", a, b) for a, b in zip(row[::2], row[1::2], strict=False)]
        row = joined + row[len(row) & ~1 :]
    return row[0] if row else sha()


def path_root(folded: bytes, index: int, size: int, path: list[bytes]) -> bytes:
    """RFC 9162 2.1.3.2; nothing if the path has a wrong length."""
    last = size - 1
    for step in path:
        left = index & 1 or index == last
        while left and index and not index & 1:
            index, last = index >> 1, last >> 1
        folded = sha(b"\x01", step, folded) if left else sha(b"\x01", folded, step)
        check(last, "a proof as long as the tree is high", show=False)
        index, last = index >> 1, last >> 1
    return b"" if last else folded


def read_at(prefix: str, path: str) -> bytes | None:
    if "://" not in prefix:
        file = Path(prefix) / path
        return file.read_bytes() if file.is_file() else None
    opener = urllib.request.OpenerDirector()  # no proxy, no redirect
    for handler in (urllib.request.HTTPHandler(), urllib.request.HTTPSHandler()):
        opener.add_handler(handler)
    with opener.open(f"{prefix.rstrip('/')}/{path}", timeout=30) as answer:
        return bytes(answer.read(1 << 25)) if answer.status == 200 else None


def fetch(prefix: str, level: int | str, n: int, width: int) -> bytes:
    path = f"tile/{level}/" + "/".join(f"x{part:0>3}" for part in f"{n:,}".split(","))
    path = path[:-4] + path[-3:]  # the last part has no x
    data = read_at(prefix, f"{path}.p/{width}") if width < 256 else None
    data = read_at(prefix, path) if data is None else data
    check(data is not None, f"{path} (width {width}) is there", show=False)
    return data or b""


def verify_log(args: argparse.Namespace) -> None:
    """Read every entry and every tile."""
    head = open_checkpoint(read_at(args.path, "checkpoint") or b"", args)
    check(head, f"checkpoint: {head.says}")
    row, kinds, entered = [], Counter[str](), list[tuple[int, bytes]]()
    for n in range(-(-head.size // 256)):
        width, at = min(256, head.size - n * 256), 0
        data = fetch(args.path, "entries", n, width)
        for _ in range(width):
            end = at + 2 + int.from_bytes(data[at : at + 2], "big")
            check(at + 2 <= len(data) >= end, f"bundle {n} of entries is whole", show=False)
            entry, at = data[at + 2 : end], end
            row.append(sha(b"\0", entry))
            number = entry[15] if entry[1:15] == b"\x6dcomity/leaf/1" and len(entry) > 15 else len(LEAVES)
            if number == 0 and len(row) > 3 and read_cbor(entry)[2] == "keys":
                entered.append((len(row) - 1, read_cbor(entry)[3]))
            kinds[LEAVES[number] if number < len(LEAVES) else "other"] += 1
    check(tree_root(row) == head.root, f"all {head.size} entries hash to the signed root")
    check_order(head, entered, args)
    for older in [open_checkpoint(file.read_bytes(), args) for file in args.older]:
        check_order(older, entered, args)
        same = older.origin == head.origin and older.size <= head.size
        check(same and tree_root(row[: older.size]) == older.root, f"an older checkpoint is a prefix: {older.says}")
    level = 0
    while row:
        for n in range(-(-len(row) // 256)):
            tile = row[n * 256 : n * 256 + 256]
            same = fetch(args.path, level, n, len(tile))[: len(tile) * 32] == b"".join(tile)
            check(same, f"tile {n} of level {level} is what the entries hash to", show=False)
        row, level = [tree_root(row[i : i + 256]) for i in range(0, len(row) & ~255, 256)], level + 1
    print(f"good  all tiles of {level} levels are what the entries hash to")
    print("      entries: " + (", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items())) or "none"))


def open_proof(raw: bytes, entry: bytes, args: argparse.Namespace) -> tuple[int, Head]:
    head_lines = rb"c2sp\.org/tlog-proof@v1\n(?:extra [A-Za-z0-9+/]*={0,2}\n)?index (0|[1-9][0-9]{0,18})\n"
    if not (shape := re.match(head_lines + rb"((?:[A-Za-z0-9+/]{43}=\n)*)\n", raw)):
        raise ValueError("not so: this is a proof file")
    head, index = open_checkpoint(raw[shape.end() :], args), int(shape[1])
    found = path_root(sha(b"\0", entry), index, head.size, [b64decode(line) for line in shape[2].split()])
    check(index < head.size and found == head.root, f"entry {index} is in {head.says}")
    return index, head


def verify_dispatch(name: str, files: dict[str, bytes], proven: dict[str, tuple[Any, int, Head]]) -> set[bytes]:
    """Recompute the commitment from the parts shown, and return the hashes of the sealed bytes that the log names."""
    leaf, index, head = proven[name]
    if not any(one.startswith(f"{name}/part") for one in files):
        print(f"      {name}: its entry stands in the log; nothing of its content is here")
        return {leaf[6]}
    digests, shown = [], [p for p in range(4) if f"{name}/part{p}" in files]
    parts = {p: read_cbor(files[f"{name}/part{p}"]) for p in shown}
    for p in range(4):
        salt, content = parts.get(p, (files.get(f"{name}/part{p}.digest", b""), b""))
        check(len(salt) == 32, f"{name}: part {p} or its digest is there", show=False)
        digests.append(sha(b"comity/part/1\0", bytes([p]), salt, content) if p in shown else salt)
    check(sha(b"comity/commit/1\0", *digests) == leaf[5], f"{name}: parts {shown} give the commitment in its entry")
    if shown[:1] == [0]:
        header, accords = read_cbor(parts[0][1]), [files[one] for one in files if re.match(r"accord.*\.cose", one)]
        editions = {sha(raw): read_cbor(read_cbor(raw[2:])[2])[3] for raw in accords}  # behind the tag: the payload
        laws = [
            (at, one[3])
            for one, at, over in proven.values()
            if one[1:3] == [0, "accord"] and over.origin == head.origin
        ]
        before = max(
            ((at, digest) for at, digest in laws if at < index), default=(2, min(editions, key=editions.__getitem__))
        )
        same = header[1] == leaf[2] and header[12] == leaf[3] and editions.get(header[18]) == leaf[4]
        same = same and header[18] == before[1]
        check(same, f"{name}: its header has the entry's number and lane, and names the accord in force at its entry")
    others = [(one, at.origin) for one, _, at in proven.values() if one[1] == 2 and one[2] == index]
    sealed = {leaf[6]} | {one[3] for one, origin in others if origin == head.origin}
    if f"{name}/sealed" in files:
        check(sha(files[f"{name}/sealed"]) in sealed, f"{name}: the sealed bytes are those that its entry names")
    return sealed


def verify_bundle(args: argparse.Namespace) -> None:
    """Verify a zip with papers on one dispatch."""
    with zipfile.ZipFile(args.path) as pack:
        stored = [one for one in pack.infolist() if one.compress_type == zipfile.ZIP_STORED]
        files = {one.filename: pack.read(one) for one in stored}
        check(len(files) == len(pack.infolist()), "the bundle is stored, not packed, and no name stands twice")
    verify_entries(files, args)


def verify_entries(files: dict[str, bytes], args: argparse.Namespace) -> dict[str, tuple[Any, int, Head]]:
    """Verify every entry among the papers, then tie dispatches, receipts and the other party's heads together."""
    for name in sorted(name for name in files if name.endswith(".cose")):
        print(f"      fingerprint of {name}: " + re.sub("(.{8})", r"\1 ", sha(files[name]).hex()))
    proven: dict[str, tuple[Any, int, Head]] = {}
    kinds = "(dispatch|receipt|l-head|decision-head|keys-entry|accord-entry|reseal)/"
    for name in sorted({name.rpartition("/")[0] for name in files if re.match(kinds, name)}):
        entry = files[f"{name}/entry"]
        proven[name] = (read_cbor(entry), *open_proof(files[f"{name}/proof"], entry, args))
        check(proven[name][0][0] == "comity/leaf/1", f"{name}: its entry is of a known version", show=False)
    entered = [(found[1], found[0][3], found[2].origin) for found in proven.values() if found[0][1:3] == [0, "keys"]]
    for _, _, head in proven.values():
        check_order(head, sorted((at, digest) for at, digest, origin in entered if origin == head.origin), args)
    sealed = {name: verify_dispatch(name, files, proven) for name, found in proven.items() if found[0][1] == 1}
    check(sealed, f"{len(sealed)} dispatches in the bundle")
    for name, (leaf, index, head) in proven.items():
        if leaf[1] == 3:
            about = next((one for one in sealed if proven[one][0][2] == leaf[3] and leaf[4] in sealed[one]), "")
            fits = about and proven[about][1] == leaf[2] and party(proven[about][2].origin) != party(head.origin)
            check(fits, f"{name}: the other party's receipt ({FACTS[leaf[5]]}) of {about}")
        if leaf[1] == 5 and party(leaf[2]) != party(head.origin):
            print(f"      {name}: entries of {head.origin} from {index} on are later than {when(leaf[5])} of {leaf[2]}")
        if leaf[1] == 6:
            opened = sha(b"comity/record/1\0", files[f"{name}/salt"], files[f"{name}/record"])
            check(opened == leaf[3], f"{name}: a record of kind {leaf[2]} is what its entry commits to")
    return proven


def verify_papers(args: argparse.Namespace) -> None:
    """Verify a folder with papers on a case: its files, its certificate, every proof, and what the list says of them."""
    folder = Path(args.path)
    files = {one.relative_to(folder).as_posix(): one.read_bytes() for one in folder.rglob("*") if not one.is_dir()}
    verify_files(files)
    proven = verify_entries(files, args)
    listed = read_json(files["case.json"])["dispatches"]
    dispatches = {name for name, found in proven.items() if found[0][1] == 1}
    once = len(listed) == len(dispatches) and {one["folder"] for one in listed} == dispatches
    check(once, "the list names each dispatch among the papers once")
    order = [
        (one["cosigned"], one["after"] or 0, "ours" if one["ours"] else "theirs", one["index"], one["number"])
        for one in listed
    ]
    numbered = [one["number"] for one in listed] == list(range(1, len(listed) + 1))
    check(numbered and order == sorted(order), "they stand in the order in which the logs prove them")
    for one in listed:
        verify_listed(one, files, proven)
    receipts = {name for name, found in proven.items() if found[0][1] == 3}
    named = [receipt["folder"] for one in listed for receipt in one["receipts"]]
    check(sorted(named) == sorted(receipts), "the list names each receipt once")


def read_json(raw: bytes) -> Any:
    found = json.loads(raw)
    plain = json.dumps(found, ensure_ascii=False, indent=1, sort_keys=True) + "\n"
    check(plain.encode() == raw, "a JSON file stands in its one form", show=False)
    return found


def verify_files(files: dict[str, bytes]) -> None:
    """Compare every file with the manifest, the hash report with the record, the certificate with the hash report."""
    seal, raw = files["manifest.sha256"], files["manifest.json"]
    check(seal == f"{sha(raw).hex()}  manifest.json\n".encode(), f"the manifest's SHA-256 is {sha(raw).hex()}")
    manifest = read_json(raw)
    check(
        (manifest["format"], manifest["algorithm"]) == ("comity/case-papers/1", "SHA-256"), "a known format", show=False
    )
    listed = {one["path"]: (one["size"], one["sha256"]) for one in manifest["files"]}
    present = {name: (len(data), sha(data).hex()) for name, data in files.items()}
    del present["manifest.json"], present["manifest.sha256"]
    for name in sorted(listed.keys() | present.keys()):
        check(name in present, f"{name} is there, as the manifest says", show=False)
        check(name in listed, f"{name} is named in the manifest; it was added", show=False)
        check(present[name] == listed[name], f"{name} is as the manifest names it; it was changed", show=False)
    print(f"good  {len(present)} files, each as the manifest names it")
    around = ("hashes.txt", "certificate.json", "case.pdf")
    report = "".join(f"{present[name][1]}  {name}\n" for name in sorted(present) if name not in around)
    check(files["hashes.txt"] == report.encode(), "the hash report names the files of the record as they are")
    value = sha(files["hashes.txt"]).hex()
    same = read_json(files["certificate.json"]) == {"algorithm": "SHA-256", "of": "hashes.txt", "value": value}
    check(same, f"the value to be certified is the SHA-256 of the hash report, {value}")


def verify_listed(said: Any, files: dict[str, bytes], proven: dict[str, tuple[Any, int, Head]]) -> None:
    """Compare what the list says of one dispatch with its entry, its parts, the head before it and its receipts."""
    name = said["folder"]
    leaf, index, head = proven[name]
    places = ((0, "header"), (1, "body"), (2, "attachments"), (3, "author"))
    shown = [word for part, word in places if f"{name}/part{part}" in files]
    shown += ["sealed"] if f"{name}/sealed" in files else []
    tie, at, above = proven[said["l_head"]] if said["l_head"] else ([0] * 6, index, head)
    tied = (tie[1] == 5 and tie[5] == said["after"]) if said["l_head"] else said["after"] is None
    same = base32(leaf[2]) == said["id"] and (said["log"], said["index"]) == (head.origin, index)
    same = same and (said["size"], said["cosigned"], said["shown"]) == (head.size, head.cosigned, shown)
    same = same and tied and above.origin == head.origin and at <= index
    check(same and (said["removed"] is None) == (len(shown) == 5), f"the list says of {name} what its proof says")
    for receipt in said["receipts"]:
        entry, place, under = proven[receipt["folder"]]
        same = (
            entry[1] == 3 and entry[3] == leaf[2] and (FACTS[entry[5]], entry[6]) == (receipt["fact"], receipt["code"])
        )
        same = same and (receipt["index"], receipt["cosigned"]) == (place, under.cosigned)
        check(same, f"the list says of {receipt['folder']} what it says", show=False)


def base32(number: bytes) -> str:
    digits, value = "0123456789ABCDEFGHJKMNPQRSTVWXYZ", int.from_bytes(number, "big")
    return "".join(digits[value >> shift & 31] for shift in range(125, -1, -5))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, fromfile_prefix_chars="@")
    parser.add_argument("what", choices=("log", "proof", "bundle", "evidence"))
    parser.add_argument("path", help="folder or address of a log, .tlog-proof file, .zip bundle, folder of papers")
    parser.add_argument("--log-vkey", type=read_vkey, action="append", required=True, help="Ed25519, then ML-DSA-44")
    parser.add_argument("--cosigner-vkey", type=read_vkey, action="append", default=[], help="of the other party")
    parser.add_argument("--key-list", type=Path, action="append", default=[], help="keys.cose: judge which keys apply")
    parser.add_argument("--older", type=Path, action="append", default=[], help="log: a checkpoint seen earlier")
    parser.add_argument("--entry", type=Path, help="proof: the file with the entry")
    args = parser.parse_args()
    path, files = Path(args.path), [*args.older, *args.key_list, *([args.entry] if args.entry else [])]
    there = path.is_dir() if args.what in ("log", "evidence") else path.is_file()
    there = there or (args.what == "log" and LOOPBACK.fullmatch(args.path) is not None)
    if not there or not all(file.is_file() for file in files) or (args.what == "proof") != (args.entry is not None):
        parser.error("a file or folder is not there, the address is not of this machine, or a proof has no --entry")
    try:
        if args.what == "proof":
            open_proof(path.read_bytes(), args.entry.read_bytes(), args)
        else:
            {"log": verify_log, "bundle": verify_bundle, "evidence": verify_papers}[args.what](args)
    except (ValueError, LookupError, TypeError, OSError, RecursionError, zipfile.BadZipFile) as error:
        print(f"BAD   {error}" if str(error).startswith("not so") else f"BAD   missing or malformed: {error}")
        return 1
    print("VERIFIED")
    return 0


if __name__ == "__main__":
    sys.exit(main())
