"""Paths have one form, bundles one reading."""

from __future__ import annotations

import pytest

from comity.base.errors import BadEnvelope, BadForm
from comity.tlog.tiles import TileName, bundle_names, decode_bundle, encode_bundle, parse_path, tile_names


@pytest.mark.parametrize(
    "path",
    [
        "",
        "checkpoint",
        "tile/0/0",
        "tile/0/1000",
        "tile/00/000",
        "tile/8/000",
        "tile/0/x000/000",
        "tile/0/x001",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/000.p/999",
        "tile/0/000.p/01",
        "tile/0/000/",
        "/tile/0/000",
        "tile/entries/../../secret",
        "tile/0/\u0660\u0660\u0660",
        "tile/0/000\n",
    ],
)
def test_paths_refused(path):
    with pytest.raises(BadForm):
        parse_path(path)


def test_names_of_nothing_and_of_exact_tiles():
    assert list(tile_names(0)) == list(bundle_names(0)) == []
    assert list(bundle_names(512)) == [TileName(None, 0), TileName(None, 1)]
    assert list(bundle_names(3)) == [TileName(None, 0, 3)]


def test_bundles():
    entries = [b"", b"a", b"b" * 65_535]
    data = encode_bundle(entries)
    assert data[:5] == b"\x00\x00\x00\x01a"
    assert decode_bundle(data, 3) == entries


@pytest.mark.parametrize("entries", [[], [b"x"] * 257, [b"x" * 65_536]])
def test_bundles_that_cannot_be_written(entries):
    with pytest.raises(BadForm):
        encode_bundle(entries)


@pytest.mark.parametrize(
    ("data", "width"),
    [(b"", 1), (b"\x00", 1), (b"\x00\x01", 1), (b"\x00\x01ab", 1), (b"\x00\x01a\x00", 1), (b"\x00\x01a", 2)],
)
def test_bundles_refused(data, width):
    with pytest.raises(BadEnvelope):
        decode_bundle(data, width)


def test_a_path_with_more_groups_than_any_tree_needs_is_no_path_whatever_its_length():
    for groups in (7, 1_500):  # Python reads no number of more than 4,300 digits
        with pytest.raises(BadForm):
            parse_path("tile/0" + "/x001" * groups + "/001")
    assert parse_path("tile/0" + "/x001" * 6 + "/001").n == 1_001_001_001_001_001_001
