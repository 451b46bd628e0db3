"""Changes to CBOR that leave it CBOR: most of what a blind change makes falls at the first look at its form.

A value is taken apart, also inside byte strings that hold values themselves, one place of it is changed, and all is written in
canonical form again. A third of the changes are blind ones all the same.
"""

from __future__ import annotations

from collections.abc import Callable
from random import Random

import cbor2

EDGES = (0, 1, 2, 23, 24, 255, 256, 1023, 65535, 65536, 2**31, 2**32 - 1, 2**53, 2**62, 2**63 - 1, 2**63, 1_783_900_800)
BLIND = 0.33
_INSIDE = 6


def mutate(data: bytes, most: int, seed: int, blind: Callable[[bytes, int], bytes]) -> bytes:
    """Return changed bytes, at most `most` of them; `blind` changes bytes of which nothing is known."""
    chance = Random(seed)
    if chance.random() < BLIND:
        return blind(data, most)
    try:
        value = cbor2.loads(data)
        for _ in range(chance.choice((1, 1, 2, 4))):
            value = _changed(value, chance, blind, _places(value))
        made = cbor2.dumps(value, canonical=True)
    except Exception:  # not CBOR, or no longer: then blindly  # noqa: BLE001
        return blind(data, most)
    return made if len(made) <= most else blind(data, most)


def _inner(value: bytes):
    """Return the value that a byte string holds; raises if it holds none worth the name."""
    inner = cbor2.loads(value)
    if not isinstance(inner, (list, dict, cbor2.CBORTag)) or cbor2.dumps(inner, canonical=True) != value:
        raise ValueError("no value inside")
    return inner


def _places(value) -> list:
    """Return some of the values inside a value, to put in other places."""
    found, queue = [], [value]
    while queue and len(found) < 200:
        one = queue.pop()
        found.append(one)
        if isinstance(one, dict):
            queue += one.values()
        elif isinstance(one, list):
            queue += one
    return found


def _changed(value, chance: Random, blind, places: list, depth: int = 0):
    if isinstance(value, cbor2.CBORTag):
        return cbor2.CBORTag(value.tag, _changed(value.value, chance, blind, places, depth + 1))
    if isinstance(value, bytes) and value and chance.random() < 0.8:
        try:
            return cbor2.dumps(_changed(_inner(value), chance, blind, places, depth + 1), canonical=True)
        except (ValueError, cbor2.CBORError):
            pass
    inside = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    if inside and depth < _INSIDE and chance.random() < 0.8:
        key = chance.choice(list(inside))
        made = value.copy()
        made[key] = _changed(made[key], chance, blind, places, depth + 1)
        return made
    return _other(value, chance, blind, places)


def _other(value, chance: Random, blind, places: list):  # noqa: PLR0911  a line for each kind of value
    if chance.random() < 0.15:
        return chance.choice(places)
    if isinstance(value, dict):
        return _members(dict(value), chance, places)
    if isinstance(value, list):
        return _items(list(value), chance, places)
    if isinstance(value, bool) or value is None:
        return chance.choice((None, True, False, 0, b"", "", [], {}))
    if isinstance(value, int):
        return chance.choice((*EDGES, value + 1, max(0, value - 1), value ^ 1 << chance.randrange(63)))
    if isinstance(value, bytes):
        return chance.choice((b"", bytes(len(value)), value[:-1], value + b"\0", blind(value, len(value) + 64)))
    if isinstance(value, str):
        changed = blind(value.encode(), len(value) + 64).decode(errors="ignore")
        return chance.choice(("", value[:-1], value * 2, changed, changed))
    return None


def _members(members: dict, chance: Random, places: list) -> dict:
    keys = list(members)
    if keys and chance.random() < 0.4:
        del members[chance.choice(keys)]
    else:
        members[chance.choice((*range(24), 99)) if not keys or isinstance(keys[0], int) else "x"] = chance.choice(
            places
        )
    return members


def _items(items: list, chance: Random, places: list) -> list:
    at = chance.randrange(len(items) + 1)
    what = chance.randrange(4)
    if what == 0 and items:
        del items[min(at, len(items) - 1)]
    elif what == 1 and items:
        items.insert(at, chance.choice(items))
    elif what == 2:
        items.insert(at, chance.choice(places))
    else:
        chance.shuffle(items)
    return items
