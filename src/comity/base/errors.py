"""Every error of Comity, in three families, each with a stable code.

A refusal by law is never here: it is a result. Messages name what happened, what was kept and what to do next;
they never contain payloads, names of persons or keys.
"""

from __future__ import annotations


class ComityError(Exception):
    """The root of all errors; `code` is stable and safe to log."""

    code = "error"


class LocalError(ComityError):
    """We asked for something that is not allowed or not possible; nothing was changed."""

    code = "local"


class BadForm(LocalError):
    """What a person or program handed in does not fit its schema; nothing was kept."""

    code = "bad-form"


class BadConfiguration(LocalError):
    """A setting, file or instrument of our own is missing or wrong."""

    code = "bad-configuration"


class PeerError(ComityError):
    """The other side sent something that we do not take; `code` crosses the border (docs/protocol/codes.md)."""

    code = "peer"


class BadEnvelope(PeerError):
    """Bytes that break the size, CBOR, shape or profile rules of protocol section 3."""

    code = "bad-envelope"


class UnknownVersion(BadEnvelope):
    """A profile or type version that this program does not speak."""

    code = "version"


class BadSignature(PeerError):
    """A note or instrument without the exact set of good signatures of the profile."""

    code = "bad-signature"


class BadProof(PeerError):
    """An inclusion or consistency proof, or a set of entries, that does not give the signed root."""

    code = "unproven-head"


class StoreError(ComityError):
    """The outcome of a write is unknown: repeat it, never assume. All repeats are idempotent."""

    code = "store"


class MissingTile(LocalError):
    """A log's stored tiles do not hold a hash that its size says they hold: the store is damaged; restore it."""

    code = "missing-tile"


class BadSeal(PeerError):
    """A sealed dispatch that does not open; one message and one code whatever the cause, so that no one can probe."""

    code = "unopened"


class KeyGone(BadSeal):
    """A sealed dispatch for a key of ours that was destroyed in time; its sender may seal it anew."""

    code = "key-expired"


class StoreMisuse(LocalError):
    """A transaction was used against its contract, or a statement was wrong; all of the transaction was rolled back."""

    code = "store-misuse"


class TooLarge(BadEnvelope):
    """A message above a size or count limit of protocol section 5."""

    code = "too-large"


class NotAllowed(LocalError):
    """An officer asked for what their standing, or the rule of two persons, does not allow; nothing was changed."""

    code = "not-allowed"


class Superseded(LocalError):
    """Another store of this node has gone on, so this one takes nothing in; it can be read, and nothing was changed."""

    code = "superseded"


class BadMedia(LocalError):
    """Media that could not be written, or that hold nothing for this node; nothing of the node was changed."""

    code = "bad-media"


class NoRoom(LocalError):
    """The disk has no room for a file; what was kept before stands, and it is gone on with once there is room."""

    code = "no-room"


class BadCut(LocalError):
    """A cut, or the keys that come with it, does not fit what this node holds; nothing was changed."""

    code = "bad-cut"
