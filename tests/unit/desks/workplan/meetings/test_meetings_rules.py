"""What operations of a meeting come to: versions, claims, who stands behind what, and when a signature holds."""

from __future__ import annotations

import pytest

from comity.base.cbor import decode, encode
from comity.base.ids import Ms
from comity.desks.workplan.meetings.model import Act, Kind, Sort, Step
from comity.desks.workplan.meetings.rules import Agreed, Signed, fold, lacking, may_edit, running, terms_of, unready
from comity.desks.workplan.meetings.text import digest_of, digest_of_value, signed_value
from tests.unit.desks.workplan.meetings.table import START, TERMS, A, B, Side, meet, seated


def one_agreed(text: str = "Answers within five days.", **more: object) -> tuple[Side, Side, bytes]:
    a, b = seated()
    p = a.paragraph("p")
    a.write(p, text, **more)
    b.hear(a)
    b.accept(p)
    a.hear(b)
    return a, b, p


def test_both_stand_behind_an_accepted_text_and_only_then_it_can_be_signed():
    a, b = seated()
    p = a.paragraph("p")
    a.write(p, "Answers within five days.")
    assert [word for word, _, _ in unready(a.now)] == ["open"]
    b.hear(a)
    b.accept(p)
    a.hear(b)
    assert a.now.agreed(a.now.text.paragraphs[0]) is Agreed.ONE
    assert unready(a.now) == unready(b.now) == ()


def test_a_change_after_the_acceptance_opens_the_paragraph_again():
    a, _b, p = one_agreed()
    a.write(p, "Answers within six days.")
    assert a.now.agreed(a.now.text.paragraphs[0]) is Agreed.OPEN


def test_edits_made_apart_stay_as_two_versions_until_somebody_joins_them():
    a, b, p = one_agreed()
    a.write(p, "Six days.")
    b.write(p, "Four days.")
    meet(a, b)
    (both,) = a.now.text.paragraphs
    assert [(v.side, v.words[0].text) for v in both.versions] == [(A, "Six days."), (B, "Four days.")]
    assert a.now.agreed(both) is Agreed.OPEN
    b.write(p, "Five days, six in August.")
    meet(a, b)
    (joined,) = a.now.text.paragraphs
    assert [v.words[0].text for v in joined.versions] == ["Five days, six in August."]


def test_two_versions_that_both_accept_are_signed_as_two():
    a, b = seated()
    p = a.paragraph("p")
    a.write(p, "Such questions will be refused.")
    b.hear(a)
    b.write(p, "Such questions deserve an answer.", over=[])
    meet(a, b)
    for side in (a, b):
        side.accept(p)
    meet(a, b)
    assert a.now.agreed(a.now.text.paragraphs[0]) is Agreed.APART
    a.sign()
    b.hear(a)
    b.sign()
    a.hear(b)
    assert a.now.signed is b.now.signed is Signed.BOTH
    words = str(signed_value(a.now.text))
    assert "will be refused" in words
    assert "deserve an answer" in words


def test_half_signed_is_not_agreed_and_a_change_voids_the_signature():
    a, b, p = one_agreed()
    a.sign()
    b.hear(a)
    assert b.now.signed is Signed.HALF
    assert [s.holds for s in b.now.signatures] == [True]
    b.write(p, "Answers within four days.")
    a.hear(b)
    assert a.now.signed is Signed.NOT
    assert [(s.sound, s.holds) for s in a.now.signatures] == [(True, False)]
    b.write(p, "Answers within five days.")  # the same words again revive nothing
    a.hear(b)
    assert a.now.signed is Signed.NOT


def test_a_translation_after_a_signature_voids_it_too():
    a, _b, p = one_agreed()
    a.sign()
    head = a.now.text.paragraphs[0].versions[0].id
    a.act(Act.TRANSLATE, paragraph=p, on=[head], texts=[{"language": "fr", "text": "Cinq jours."}])
    assert a.now.signed is Signed.NOT


def test_what_both_signed_stays_and_later_words_stand_beside_it():
    a, b, p = one_agreed()
    a.sign()
    late = b.write(p, "No answers.")  # cut off: has not seen the signature
    b.hear(a)
    assert b.now.signed is Signed.NOT
    c, d, q = one_agreed()
    c.sign()
    d.sign()
    late = d.write(q, "No answers.")
    meet(c, d)
    assert c.now.signed is Signed.BOTH
    assert c.now.text.paragraphs[0].versions[0].words[0].text == "Answers within five days."
    assert [one.id for one in c.now.late] == [late.id]
    assert not may_edit(c.now)
    assert unready(c.now) == ()


@pytest.mark.parametrize(
    "fault",
    [
        {"hash": bytes(32)},
        {"role": "officer"},
        {"of": [bytes(16)]},
    ],
)
def test_a_forged_signature_is_shown_and_counts_for_nothing(fault):
    a, b, _ = one_agreed()
    a.sign(**{k: v for k, v in fault.items() if k != "role"}) if "role" not in fault else a.say(
        Kind.MINUTES, Act.SIGN, role="officer", hash=a.now.hash, of=list(a.now.text.of), function="Clerk"
    )
    b.hear(a)
    b.sign()
    a.hear(b)
    assert a.now.signed is Signed.HALF
    assert [s.sound for s in a.now.signatures] == [False, True]


def test_a_signature_needs_every_language_of_the_meeting():
    a, b = seated(languages=["en", "fr"])
    p = a.paragraph("p")
    text = a.write(p, "Five days.")
    assert lacking(a.now.text) == ((p, "fr"),)
    a.sign()
    assert a.now.signed is Signed.NOT
    b.hear(a)
    b.act(Act.TRANSLATE, paragraph=p, on=[text.id], texts=[{"language": "fr", "text": "Cinq jours."}])
    assert lacking(b.now.text) == ()
    b.sign()
    a.hear(b)
    assert a.now.signed is Signed.HALF


def test_two_translations_made_apart_both_stand():
    a, b, p = one_agreed()
    head = a.now.text.paragraphs[0].versions[0].id
    for side, words in ((a, "Cinq jours."), (b, "En cinq jours.")):
        side.act(Act.TRANSLATE, paragraph=p, on=[head], texts=[{"language": "fr", "text": words}])
    meet(a, b)
    said = [w for w in a.now.text.paragraphs[0].versions[0].words if w.language == "fr"]
    assert sorted(w.text for w in said) == ["Cinq jours.", "En cinq jours."]
    b.act(Act.TRANSLATE, paragraph=p, on=[head], over=[w.by for w in said], texts=[{"language": "fr", "text": "Cinq."}])
    a.hear(b)
    assert [w.text for w in a.now.text.paragraphs[0].versions[0].words if w.language == "fr"] == ["Cinq."]


def test_the_earlier_claim_holds_on_both_sides_and_ends_by_itself():
    a, b = seated()
    p = a.paragraph("p")
    first = a.act(Act.CLAIM, paragraph=p, seconds=60)
    second = b.act(Act.CLAIM, paragraph=p, seconds=120)
    meet(a, b)
    assert running(a.now, Ms(second.at))[p].id == first.id
    assert running(b.now, Ms(first.at + 59_999))[p].side == A
    assert running(b.now, Ms(first.at + 60_000))[p].side == B
    assert running(b.now, Ms(second.at + 120_000)) == {}


def test_a_claim_ends_with_the_text_or_when_it_is_given_up():
    a, _ = seated()
    p, q = a.paragraph("p"), a.paragraph("q")
    one, two = a.act(Act.CLAIM, paragraph=p), a.act(Act.CLAIM, paragraph=q)
    a.write(p, "Done.", on=[one.id])
    a.act(Act.FREE, paragraph=q, on=[two.id])
    assert running(a.now, Ms(a.clock)) == {}


def test_moves_made_apart_leave_two_proposals_and_neither_is_accepted():
    a, b = seated()
    for side, day in ((a, 1), (b, 2)):
        side.say(Kind.MEETING, Step.MOVE, over=[side.now.terms[0].id], **(TERMS | {"at": START + day}))
    meet(a, b)
    assert len(a.now.terms) == 2
    assert a.now.accepted == frozenset()
    assert ("terms", b"", "") in unready(a.now)
    last = b.say(Kind.MEETING, Step.MOVE, over=[t.id for t in b.now.terms], **TERMS)
    a.hear(b)
    a.say(Kind.MEETING, Step.ACCEPT, over=[last.id])
    assert a.now.accepted == {A, B}
    assert terms_of(a.now).at == START


def test_a_meeting_is_called_off_before_it_is_open_and_not_after():
    a = Side(A)
    a.call()
    a.say(Kind.MEETING, Step.CANCEL)
    assert a.now.cancelled
    assert {word for word, _, _ in unready(a.now)} == {"cancelled", "not-open", "terms", "empty"}
    b, _ = seated()
    b.say(Kind.MEETING, Step.CANCEL)
    assert not b.now.cancelled


def test_a_consultation_is_worked_on_without_a_day():
    a = Side(A)
    a.call(sort=Sort.CONSULTATION, at=None, minutes=None)
    assert may_edit(a.now)
    a.act(Act.CLOSE)
    assert not may_edit(a.now)


def test_paragraphs_stand_where_they_were_put():
    a, b = seated()
    first = a.paragraph("1")
    a.write(first, "One.")
    third = a.paragraph("3")
    a.write(third, "Three.", under=first)
    second = a.paragraph("2")
    a.write(second, "Two.", under=first)
    stray = b.paragraph("s")
    b.write(stray, "Stray.", under=b"x" * 16)
    meet(a, b)
    assert [p.id for p in a.now.text.paragraphs] == [first, second, third, stray]
    ring = [a.paragraph("r"), a.paragraph("q")]
    a.write(ring[0], "R.", under=ring[1])
    a.write(ring[1], "Q.", under=ring[0])
    assert {p.id for p in a.now.text.paragraphs} == {first, second, third, stray, *ring}


def test_a_struck_paragraph_is_not_in_what_is_signed():
    a, _b, p = one_agreed()
    a.act(Act.TEXT, paragraph=p, struck=True, over=[v.id for v in a.now.text.paragraphs[0].versions])
    assert a.now.text.standing == ()
    assert "empty" in {word for word, _, _ in unready(a.now)}


def test_a_comment_is_kept_and_changes_nothing_that_is_signed():
    a, _, p = one_agreed()
    before = a.now.hash
    a.act(Act.COMMENT, paragraph=p, text="Is August counted?")
    assert a.now.hash == before
    assert [c.text for c in a.now.comments] == ["Is August counted?"]


def test_the_hash_is_that_of_its_bytes_and_moves_with_every_part():
    a, _, _p = one_agreed(
        decision={
            "measure": "Share answered in time",
            "due": "2026-08-31",
            "owners": [{"party": "XV", "agency": "paper-office"}, {"party": "XO", "agency": "seal-house"}],
        }
    )
    now = a.now
    value = signed_value(now.text)
    assert digest_of_value(decode(encode(value))) == digest_of(now.text) == now.hash
    changed = encode(value).replace(b"five days", b"nine days")
    assert digest_of_value(decode(changed)) != now.hash


def test_an_operation_twice_counts_once():
    a, _, _ = one_agreed()
    ones = list(a.has.values())
    assert fold(a.meeting, (A, B), ones + ones) == a.now


def test_what_a_signed_text_replaced_is_not_late_and_what_it_names_may_be_gone():
    a, b, p = one_agreed()
    a.write(p, "Six days.")
    b.write(p, "Four days.")
    meet(a, b)
    heads = [one.id for one in a.now.text.paragraphs[0].versions]
    gone = a.paragraph("erased since")
    a.write(p, "Five days, six in August.", over=[*heads, gone])
    b.hear(a)
    b.accept(p)
    b.sign()
    a.hear(b)
    a.sign()
    late = a.write(p, "No answers.")
    meet(a, b)
    assert a.now.signed is b.now.signed is Signed.BOTH
    # Both versions replace the first text: it is behind the signed one by two ways, and late by none.
    assert [one.id for one in a.now.late] == [late.id]


def test_what_both_strike_out_apart_is_shown_once():
    a, b, p = one_agreed()
    head = a.now.text.paragraphs[0].versions[0].id
    for side in (a, b):
        side.act(Act.TEXT, paragraph=p, struck=True, over=[head, side.paragraph("erased since")])
    meet(a, b)
    assert len(a.now.text.paragraphs[0].versions) == 2
    assert [one.id for one in a.now.struck[p]] == [one.id for one in b.now.struck[p]] == [head]
