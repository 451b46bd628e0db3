"""A handling label as the codes that stand first in every dispatch, in full and in one order."""

from __future__ import annotations

from comity.marking.labels import Label


def label_codes(label: Label) -> tuple[str, ...]:
    """Return the label as codes: handling, colours, conditions, evaluation."""
    scale = "6x6" if label.tlp is not None else "4x4"
    return (
        *label.handling,
        *((f"TLP:{label.tlp}",) if label.tlp is not None else ()),
        *((f"PAP:{label.pap}",) if label.pap is not None else ()),
        *label.conditions,
        *((f"{scale} {label.evaluation}",) if label.evaluation is not None else ()),
    )
