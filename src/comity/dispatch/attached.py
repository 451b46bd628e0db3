"""Attachments of a dispatch as the path knows them: which are ready to leave, what an accord bears, which are waited for.

The rule it keeps: what leaves is named by the hash of its sealed bytes in a part that the leaf commits to; a dispatch with
files has the number under which they were sealed, so that no file opens in another dispatch; and none is filed before all
of its files are whole.
"""  # spec: protocol.md 3, 7

from __future__ import annotations

from dataclasses import replace
from enum import StrEnum
from typing import Final

from comity.base.errors import BadForm
from comity.base.hashing import domain_hash
from comity.base.ids import Digest, DispatchId, Ms
from comity.crypto.chunks import cipher_size
from comity.dispatch import wire
from comity.dispatch.accord import Accord
from comity.dispatch.columns import bytes_of, int_of, text_of
from comity.dispatch.office import Office
from comity.dispatch.ports import Tx
from comity.dispatch.states import Cleared, Form

LONGEST_NAME: Final = 255
LONGEST_MEDIA: Final = 127
_WAITS: Final = "comity/files-of/1"
_ID: Final = 16


class FileState(StrEnum):
    """How far a file has come. Only one that is `CLEAN` is ever given to a person."""

    COMING = "coming"
    """Its bytes are not all here."""
    WHOLE = "whole"
    """All here, with the hash that the dispatch commits to; not looked at yet."""
    CLEAN = "clean"
    """What is inside is what it says it is, and the scan found nothing."""
    OTHER_TYPE = "other-type"
    """What is inside is something else than it says."""
    ACTIVE = "active"
    """Something in it runs: a program, a script, a macro."""
    INFECTED = "infected"
    """The scan found something."""
    SCAN_FAILED = "scan-failed"
    """The scan did not come to an end; it is tried again on demand."""
    UNSCANNED = "unscanned"
    """No scan is set up on this node."""
    UNOPENED = "unopened"
    """The bytes are those that the dispatch commits to, and do not open."""
    ERASED = "erased"
    """Destroyed; its key too."""


def attach(form: Form, tx: Tx, office: Office, *, again: bool = False) -> Form:
    """Return the form with the files that were added to it, in their order.

    Args:
        form: as it was handed in.
        tx: the snapshot.
        office: the node.
        again: it is a held draft that is taken up, which has these files already.

    Raises:
        BadForm: one is not whole and clean, all of them are more than the accord bears, or they have left already.
    """
    if form.files is None:
        return form
    if tx.rows("SELECT 1 FROM sent WHERE id = ?", (form.files,)):
        raise BadForm("these files have left with a dispatch; add them anew to send them again; nothing was kept")
    if not again and tx.rows("SELECT 1 FROM kept WHERE id = ?", (form.files,)):
        raise BadForm("these files belong to a draft that is held or was dropped; add them anew; nothing was kept")
    rows = tx.rows(
        "SELECT name, media, size, key, cipher, state FROM attaching WHERE files = ? ORDER BY number", (form.files,)
    )
    for name, _, _, _, _, state in rows:
        if state != FileState.CLEAN:
            raise BadForm(f"the file {_shown(text_of(name))} cannot leave: it is {text_of(state)}; nothing was kept")
    attachments = tuple(
        wire.Attachment(
            text_of(name), text_of(media), int_of(size), cipher_size(int_of(size)), Digest(bytes_of(cipher)), bytes_of(key)
        )
        for name, media, size, key, cipher, _ in rows
    )  # fmt: skip
    lacks = beyond(attachments, office.accord)
    if lacks:
        raise BadForm(f"{lacks}; nothing was kept")
    return replace(form, attachments=attachments)


def beyond(attachments: tuple[wire.Attachment, ...], accord: Accord) -> str:
    """Say which limit of the accord these files pass, "" if none."""
    each, together = accord.timer("attachment-most"), accord.timer("attachments-most")
    if len(attachments) > wire.MAX_ATTACHMENTS:
        return f"a dispatch has at most {wire.MAX_ATTACHMENTS} files"
    if any(one.cipher_size > each for one in attachments):
        return f"a file is larger than the {each} bytes that the accord bears"
    if sum(one.cipher_size for one in attachments) > together:
        return f"the files of one dispatch are larger than the {together} bytes that the accord bears"
    return ""


def well_formed(attachments: tuple[wire.Attachment, ...]) -> bool:
    """Say whether what a peer says of its files can be: one length for each, and no file or key twice."""
    ciphers, keys = {one.cipher for one in attachments}, {one.key for one in attachments}
    return len(ciphers) == len(keys) == len(attachments) and all(
        one.cipher_size == cipher_size(one.size)
        and 1 <= len(one.name) <= LONGEST_NAME
        and 1 <= len(one.media) <= LONGEST_MEDIA
        for one in attachments
    )


def uncut(cleared: Cleared) -> Cleared:
    """Return a cleared draft, unless our law lets it leave only cut: nobody can cut a file.

    Raises:
        BadForm: it has files, and law removes something.
    """
    classes = sorted(duty.value for duty in cleared.verdict.obligations if duty.verb == "redact")
    if classes and cleared.labelled.draft.form.attachments:
        raise BadForm(
            f"our law lets this leave only without {', '.join(classes)}, and a file cannot be cut; leave the files out,"
            " or add them without it; nothing was kept"
        )
    return cleared


def bind(dispatch: DispatchId, attachments: tuple[wire.Attachment, ...], tx: Tx, now: Ms) -> None:
    """Note the files of a dispatch of ours that was committed; their keys stand in its parts alone from now on."""
    found = {
        cipher: text_of(what)
        for cipher, what in tx.rows("SELECT cipher, found FROM attaching WHERE files = ?", (dispatch,))
    }
    rows = [
        (dispatch, number, 1, one.cipher, one.cipher_size, FileState.CLEAN.value, found.get(one.cipher, ""), now)
        for number, one in enumerate(attachments)
    ]
    tx.many(_INSERT, rows)
    tx.run("DELETE FROM attaching WHERE files = ?", (dispatch,))


def expect(dispatch: DispatchId, attachments: tuple[wire.Attachment, ...], tx: Tx, now: Ms) -> None:
    """Note the files of a dispatch of theirs that our law admitted, to be fetched."""
    rows = [
        (dispatch, number, 0, one.cipher, one.cipher_size, FileState.COMING.value, "", now)
        for number, one in enumerate(attachments)
    ]
    tx.many(_INSERT, rows)


def give_up(dispatch: DispatchId, tx: Tx, now: Ms) -> None:
    """Note that nobody has the files of a dispatch of theirs any more, for it was refused after they had begun to come.

    What is whole of one that is on hold stays, sealed; its keys lie with the custodian.
    """
    statement = (
        "UPDATE attachment SET state = ?, found = '', since = ? WHERE dispatch = ? AND ours = 0 AND (state = ? OR NOT EXISTS"
        " (SELECT 1 FROM legal_hold h JOIN got g ON h.target IN (g.id, g.case_id) WHERE g.id = ? AND h.ended_at IS NULL))"
    )
    tx.run(statement, (FileState.ERASED.value, now, dispatch, FileState.COMING.value, dispatch))


def waits_on(dispatch: DispatchId) -> DispatchId:
    """Return what stands in the place of a predecessor while the files of a dispatch are not whole."""
    return DispatchId(domain_hash(_WAITS, dispatch)[:_ID])


def coming(dispatch: DispatchId, tx: Tx) -> bool:
    """Say whether any file of a dispatch is not whole yet."""
    row = "SELECT 1 FROM attachment WHERE dispatch = ? AND state = ? LIMIT 1"
    return bool(tx.rows(row, (dispatch, FileState.COMING.value)))


def names(attachments: tuple[wire.Attachment, ...]) -> tuple[str, ...]:
    """Return the names of files, which are read by the scan as every text is."""
    return tuple(one.name for one in attachments)


def _shown(name: str) -> str:
    return repr(name[:60])


_INSERT = (
    "INSERT INTO attachment (dispatch, number, ours, cipher, cipher_size, state, found, since)"
    " VALUES (?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (dispatch, number) DO NOTHING"
)
