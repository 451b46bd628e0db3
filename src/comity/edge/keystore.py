"""The private keys of a node, each a file of its own in a folder that no other user can enter.

A file holds the raw seeds and nothing else. The root's keys are kept in another folder, on media that are offline: a
node that runs never opens it. What is destroyed in time (sealing keys) is overwritten and removed.
"""  # spec: protocol.md 10

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar

from comity.base.entropy import Entropy
from comity.base.errors import BadConfiguration, BadForm
from comity.base.ids import Digest
from comity.crypto.keys import CosignerKeys, LogKeys, RootKeys, SealingKey, key_id
from comity.edge.files import flush_folder, make_private_folder, read_private, write_atomic

_KID = re.compile(r"sealing-([0-9a-f]{64})\.key")
_LAW = "law"
_CUSTODIAN = "custodian"
_ROOT = "root"
_PERSON = "persons.key"
_PERSON_BYTES = 32
_KID_DIGITS = 16


class _Private(Protocol):
    def to_private_bytes(self) -> bytes: ...


_Key = TypeVar("_Key")


class KeyStore:
    """The keys that a running node uses: log, decision log, cosigner, sealing.

    Args:
        folder: made with mode 0700 if it is missing.

    Raises:
        BadConfiguration: others can enter the folder.
    """

    def __init__(self, folder: Path) -> None:
        make_private_folder(folder)
        self._folder = folder

    def put_log(self, number: int, keys: LogKeys) -> None:
        """Keep the pair that signs log `number` and its decision log; never over another."""
        _put(self._folder / f"log-{number}.key", keys)

    def log(self, number: int) -> LogKeys:
        """Return the pair of log `number`."""
        return _get(self._folder / f"log-{number}.key", LogKeys.from_private_bytes)

    def put_next_log(self, number: int, keys: LogKeys) -> None:
        """Keep a later pair of log `number`, beside the first one, under the beginning of its key id."""
        kid = key_id(keys.public().cose_keys[0]).hex()[:_KID_DIGITS]
        _put(self._folder / f"log-{number}-{kid}.key", keys)

    def next_logs(self) -> tuple[LogKeys, ...]:
        """Return the later pairs, of the first log and of those that followed it behind a cut."""
        found = sorted(self._folder.glob("log-*-*.key"))
        return tuple(_get(path, LogKeys.from_private_bytes) for path in found)

    def cosigners(self) -> tuple[CosignerKeys, ...]:
        """Return all cosigning pairs that are here."""
        return tuple(_get(path, CosignerKeys.from_private_bytes) for path in sorted(self._folder.glob("mirror-*.key")))

    def put_cosigner(self, number: int, keys: CosignerKeys) -> None:
        """Keep cosigning pair `number`, which may be a spare; never over another."""
        _put(self._folder / f"mirror-{number}.key", keys)

    def cosigner(self, number: int) -> CosignerKeys:
        """Return cosigning pair `number`."""
        return _get(self._folder / f"mirror-{number}.key", CosignerKeys.from_private_bytes)

    def person(self, entropy: Entropy) -> bytes:
        """Return the 32 bytes under which persons asked about are counted; made at the first call.

        Without it the counts of the running period begin anew: it is kept with the other keys.
        """
        path = self._folder / _PERSON
        if not path.exists():
            write_atomic(path, entropy.draw(_PERSON_BYTES))
        found = read_private(path)
        if len(found) != _PERSON_BYTES:
            raise BadConfiguration(f"{path} is not a whole key file; put back the copy that was made of it")
        return found

    def put_sealing(self, kid: Digest, key: SealingKey) -> None:
        """Keep the sealing key that the key list names `kid`."""
        _put(self._folder / f"sealing-{kid.hex()}.key", key)

    def sealing(self) -> dict[Digest, SealingKey]:
        """Return all sealing keys that are not destroyed, by key id."""
        found = (_KID.fullmatch(path.name) for path in sorted(self._folder.iterdir()))
        return {
            Digest(bytes.fromhex(match[1])): _get(self._folder / match[0], SealingKey.from_private_bytes)
            for match in found
            if match
        }

    def destroy_sealing(self, kid: Digest) -> None:
        """Overwrite and remove a sealing key; nothing happens if it is gone.

        On flash or a copying file system old blocks may survive: such a disk must be encrypted.
        """
        path = self._folder / f"sealing-{kid.hex()}.key"
        try:
            handle = os.open(path, os.O_WRONLY | os.O_NOFOLLOW)
        except FileNotFoundError:
            return
        with os.fdopen(handle, "wb") as file:
            file.write(bytes(os.fstat(file.fileno()).st_size))
            file.flush()
            os.fsync(file.fileno())
        path.unlink()
        flush_folder(self._folder)


class RootStore:
    """The party's root and law keys, in a folder of their own that is not on the node's machine in earnest use.

    Args:
        folder: made with mode 0700 if it is missing.

    Raises:
        BadConfiguration: others can enter the folder.
    """

    def __init__(self, folder: Path) -> None:
        make_private_folder(folder)
        self._folder = folder

    def put_root(self, keys: RootKeys) -> None:
        """Keep the pair that signs accords, key lists and cuts; never over another."""
        _put(self._folder / f"{_ROOT}.key", keys)

    def root(self) -> RootKeys:
        """Return the root's pair."""
        return _get(self._folder / f"{_ROOT}.key", RootKeys.from_private_bytes)

    def put_law(self, keys: RootKeys) -> None:
        """Keep the pair that signs law editions (the same algorithms as the root's); never over another."""
        _put(self._folder / f"{_LAW}.key", keys)

    def law(self) -> RootKeys:
        """Return the pair that signs law editions."""
        return _get(self._folder / f"{_LAW}.key", RootKeys.from_private_bytes)

    def put_custodian(self, key: SealingKey) -> None:
        """Keep the key that opens what our law did not admit; never over another."""
        _put(self._folder / f"{_CUSTODIAN}.key", key)

    def custodian(self) -> SealingKey:
        """Return the key that opens what our law did not admit."""
        return _get(self._folder / f"{_CUSTODIAN}.key", SealingKey.from_private_bytes)


def _put(path: Path, key: _Private) -> None:
    if path.exists():
        raise BadConfiguration(
            f"{path} is there already; it was not replaced, for a key once lost cannot be made again"
        )
    write_atomic(path, key.to_private_bytes())


def _get(path: Path, read: Callable[[bytes], _Key]) -> _Key:
    try:
        return read(read_private(path))
    except BadForm as error:
        raise BadConfiguration(
            f"{path} is not a whole key file ({error}); put back the copy that was made of it"
        ) from error
