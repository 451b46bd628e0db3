"""A proof, made again."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "proof.h": "Proof, made again while you watch",
    "proof.good": "All {count} checks hold",
    "proof.bad": "Broken: {bad} of {count} checks fail",
    "proof.at": "checked {time} UTC in {micros} µs",
    "proof.holds": "holds",
    "proof.fails": "fails",
    "proof.none": "There is no proof for this dispatch: the node does not have it.",
    "proof.note": "The node reads the stored rows again every few seconds and recomputes each hash and signature.",
    "proof.kept": "Keep both texts and the checkpoint, and telephone the other desk. Nothing was deleted.",
}
