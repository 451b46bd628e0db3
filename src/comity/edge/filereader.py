"""The files of one node as screens read them, in its own process or a further one: rows, and plain bytes piece by piece.

The rule it keeps: nothing is handed out here that the door has not given to the person just before.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from comity.base.ids import DispatchId
from comity.dispatch.attached import FileState
from comity.dispatch.book import Ledger
from comity.edge.filescan import plain_of
from comity.edge.filestore import FileStore
from comity.node.attached import FileOf, file_of, files_of
from comity.screen.files import FileLine
from comity.screen.visitor import Refused

_COUNT = "SELECT dispatch FROM attachment WHERE dispatch = ? LIMIT 1"


class FileReader:
    """A `screen.files.FileBoard` over one node's store."""

    def __init__(self, ledger: Ledger, store: FileStore) -> None:
        """Take the rows, which are only read, and the folder."""
        self._ledger, self._store = ledger, store

    def of(self, dispatches: Sequence[DispatchId]) -> tuple[FileLine, ...]:
        """Return the files of these dispatches, in their order."""
        with self._ledger.read() as tx:
            return tuple(
                self._line(one)
                for dispatch in dispatches
                if tx.rows(_COUNT, (dispatch,))
                for one in files_of(dispatch, tx)
            )

    def plain(self, dispatch: DispatchId, number: int) -> Iterator[bytes]:
        """Yield the plain bytes of a file.

        Raises:
            Refused: it is not here, or may not be handed out.
        """
        with self._ledger.read() as tx:
            one = file_of(dispatch, number, tx)
        if one is None or one.state is not FileState.CLEAN:
            raise Refused(409, "not-allowed", "this file cannot be opened; nothing was given out")
        return plain_of(self._store, one.dispatch, one.file)

    def _line(self, one: FileOf) -> FileLine:
        whole = one.file.cipher_size
        have = self._store.have(one.file.cipher) if one.state is FileState.COMING else whole
        return FileLine(
            dispatch=one.dispatch,
            number=one.number,
            ours=one.ours,
            name=one.file.name,
            media=one.file.media,
            size=one.file.size,
            have=have,
            whole=whole,
            hash=one.file.cipher.hex(),
            state=one.state.value,
            found=one.found,
        )
