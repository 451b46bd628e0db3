"""Who is on whose list on which day: found however written, on its days only, and two lists of two entities never add up."""

from __future__ import annotations

from collections import defaultdict

import pytest

from comity.base.errors import BadConfiguration
from comity.policy.edition import Edition, assemble
from comity.policy.instrument import published_part
from comity.policy.listed import LISTED, listed_by, other_side, read_listed
from comity.policy.rule import day_begins
from tests.unit.policy.policy_laws import edition, folders

DAY = day_begins("2026-07-13")
NAME, ALIAS = "Tern Hollow", "टर्न हॉलो"


def entity(**changes: str) -> str:
    entry = {
        "id": '"tern"', "name": f'"{NAME}"', "aliases": f'["{ALIAS}", "Société Térn"]', "kind": '"body"', "jurisdiction": '"ours"',
        "instrument": '"A list"', "from": '"2026-07-01"', "to": '"2026-07-31"', "source": '"invented"',
    }  # fmt: skip
    return "[[entity]]\n" + "\n".join(f"{key} = {value}" for key, value in (entry | changes).items() if value) + "\n"


def listed(text: str, *entries: str, day=DAY):
    return listed_by([text], read_listed("".join(entries), LISTED), day)


@pytest.mark.parametrize(
    "text",
    [
        NAME, "TERN HOLLOW", "Hollow, Tern", "the house of Tern-Hollow, upper gate", "Tern\u200b Hollow", "\uff34ern Hollow",
        ALIAS, "हॉलो टर्न", "societe tern", "TÉRN, société", "Tern of Hollow",
    ],
)  # fmt: skip
def test_another_spelling_is_the_same_entity(text):
    assert listed(text, entity()) == {"ours"}


@pytest.mark.parametrize("text", ["Tern", "Fern Hollow", "टरन हालो", "Tern went home and only later came Hollow", ""])
def test_another_name_is_not(text):
    assert listed(text, entity()) == frozenset()


def test_a_listing_holds_from_its_first_day_to_the_end_of_its_last():
    days = ("2026-06-30T23:59:59Z", "2026-07-01", "2026-07-31T23:59:59Z", "2026-08-01")
    held = [bool(listed(NAME, entity(), day=day_begins(day))) for day in days]
    assert held == [False, True, True, False]
    assert listed(NAME, entity(to='"open"'), day=day_begins("2090-01-01")) == {"ours"}


def test_an_entity_is_on_every_list_on_which_its_id_stands_under_any_of_its_names():
    theirs = entity(jurisdiction='"theirs"', name='"Other Hollow"', aliases="[]", to='"2026-07-15"')
    assert listed(NAME, entity(), theirs) == {"ours", "theirs"}
    assert listed("Other Hollow", entity(), theirs) == {"ours", "theirs"}
    assert listed(NAME, entity(), theirs, day=day_begins("2026-07-16")) == {"ours"}
    assert listed("Other Hollow", entity(), theirs, day=day_begins("2026-07-16")) == {
        "ours"
    }  # who it is does not expire


def test_two_entities_on_one_list_each_never_add_up_to_one_on_both():
    other = entity(id='"gull"', name='"Gull Mere"', aliases="[]", jurisdiction='"theirs"')
    united = entity(id='"skua"', name='"Skua Pond"', aliases="[]", jurisdiction='"un"')
    assert listed("Tern Hollow with Gull Mere", entity(), other) == {"theirs"}
    assert listed("Tern Hollow with Skua Pond", entity(), united) == {"ours"}
    assert listed("Skua Pond", entity(), united) == {"un"}
    both = (entity(), entity(jurisdiction='"theirs"'))
    assert listed("Tern Hollow with Skua Pond", *both, united) == {"ours", "theirs", "un"}


def test_the_other_side_sees_the_same_lists_turned():
    assert other_side(frozenset({"ours"})) == {"theirs"}
    assert other_side(frozenset({"theirs", "un"})) == {"ours", "un"}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (entity(colour='"red"'), "no key colour"),
        (entity(jurisdiction='"both"'), "jurisdiction"),
        (entity(kind='"community"'), "kind"),
        (entity(source=""), "source"),
        (entity(to=""), "to is a text"),
        (entity(to='"soon"'), "days"),
        (entity(to='"2026-06-30"'), "ends before"),
        (entity(aliases='["--"]'), "no word"),
        (entity() + entity(**{"from": '"2026-07-31"', "to": '"open"'}), "twice"),
        (entity(to='"open"') + entity(**{"from": '"2027-01-01"', "to": '"open"'}), "twice"),
        (entity() + entity(jurisdiction='"un"', kind='"person"'), "two kinds"),
        ("[[entity", "nothing was loaded"),
        ("colour = 1", "no key colour"),
    ],
)
def test_what_is_not_as_it_should_be_stops_the_edition(text, why):
    with pytest.raises(BadConfiguration, match=why):
        read_listed(text, LISTED)


def test_one_list_may_hold_an_entity_again_after_it_ended():
    again = entity(**{"from": '"2026-09-01"', "to": '"open"'})
    days = ("2026-07-31", "2026-08-01", "2026-09-01")
    assert [listed(NAME, entity(), again, day=day_begins(day)) for day in days] == [{"ours"}, frozenset(), {"ours"}]


# --- the editions -----------------------------------------------------------------------------------------------------


def test_both_editions_list_the_same_entities_each_from_its_side():
    kept = {name: edition(name).listed for name in ("ca", "in")}
    assert all(kept.values())
    seen: dict[str, list[tuple]] = defaultdict(list)
    for name, entries in kept.items():
        for one in entries:
            words = frozenset({one.jurisdiction.value})
            (side,) = words if name == "ca" else other_side(words)
            seen[name].append((one.id, one.name, one.aliases, one.kind, side, one.instrument, one.starts, one.ends))
    assert sorted(seen["ca"], key=repr) == sorted(seen["in"], key=repr)


def test_the_list_is_signed_with_the_edition_and_a_change_is_another_edition():
    given = assemble(folders(), "ca")
    assert LISTED in published_part(given)
    changed = {**given, LISTED: given[LISTED].replace(b"2026-06-30", b"2026-06-29")}
    assert changed[LISTED] != given[LISTED]
    assert Edition.load(changed).hash != edition("ca").hash


@pytest.mark.parametrize("data", [b"\xff", b"[[entity]]\nid = 1\n"])
def test_an_edition_with_a_list_that_cannot_be_read_is_not_loaded(data):
    with pytest.raises(BadConfiguration, match=LISTED):
        Edition.load({**assemble(folders(), "ca"), LISTED: data})


def test_an_edition_without_the_file_lists_nobody():
    assert Edition.load({path: data for path, data in assemble(folders(), "ca").items() if path != LISTED}).listed == ()


def test_entities_whose_names_share_their_longest_word_are_told_apart():
    other = entity(id='"other"', name='"Hollow Reed"', aliases='["Tern"]', jurisdiction='"theirs"')
    assert listed("Tern Hollow", entity(aliases="[]"), other) == {"theirs"}  # by its alias, and alone it decides
    other = entity(id='"other"', name='"Hollow Reed"', aliases="[]", jurisdiction='"theirs"')
    assert listed("Tern Hollow", entity(aliases="[]"), other) == {"ours"}
    assert listed("Hollow Reed", entity(aliases="[]"), other) == {"theirs"}
