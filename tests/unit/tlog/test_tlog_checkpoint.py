"""Heads and cosignatures: the pair, one time, nobody else, no extension line."""

from __future__ import annotations

from base64 import b64encode

import pytest

from comity.base.errors import BadForm, BadSignature
from comity.base.ids import Origin
from comity.tlog.checkpoint import (
    Checkpoint,
    KeyRole,
    NoteKeys,
    NoteVerifier,
    cosign,
    make_checkpoint,
    merge,
    parse_body,
    sign_head,
    verify_cosignature,
    verify_cosigned_head,
    verify_head,
)
from comity.tlog.note import Note, parse_note
from comity.tlog.tree import EMPTY_ROOT

ORIGIN = Origin("north.example/comity/log/1")
LOG = NoteKeys.from_seeds(KeyRole.LOG, ORIGIN, b"1" * 32, b"2" * 32)
NEW = NoteKeys.from_seeds(KeyRole.LOG, ORIGIN, b"3" * 32, b"4" * 32)
PEER = NoteKeys.from_seeds(KeyRole.COSIGNER, "south.example/comity/mirror/1", b"5" * 32, b"6" * 32)
SPARE = NoteKeys.from_seeds(KeyRole.COSIGNER, "south.example/comity/mirror/2", b"7" * 32, b"8" * 32)
HEAD = make_checkpoint(ORIGIN, 7, b"r" * 32)
NOW, LATER = 1_900_000_000, 1_900_000_060
SIGNED = sign_head(HEAD, [LOG], NOW)
COSIGNED = cosign(HEAD, PEER, LATER)


def relined(note, lines):
    return Note(parse_note(note).text, tuple(lines)).join()


def lines_of(*notes):
    return [line for note in notes for line in parse_note(note).lines]


class TestBody:
    def test_three_lines(self):
        assert HEAD.body() == f"{ORIGIN}\n7\n{b64encode(b'r' * 32).decode()}\n"
        assert parse_body(HEAD.body()) == HEAD
        assert make_checkpoint(ORIGIN, 0, EMPTY_ROOT).size == 0

    @pytest.mark.parametrize(
        "text",
        [
            "",
            HEAD.body()[:-1],
            HEAD.body() + "x\n",
            HEAD.body() + "\n",
            HEAD.body().replace("7", "07"),
            HEAD.body().replace("7", ""),
            HEAD.body().replace("7", "9223372036854775808"),
            HEAD.body().replace("north", "no rth"),
            HEAD.body().replace("=", ""),
            HEAD.body().replace("\n7\n", "\n0\n"),
        ],
    )
    def test_refused(self, text):
        with pytest.raises(BadSignature):
            parse_body(text)

    @pytest.mark.parametrize(("origin", "size", "root"), [("a b", 1, 32), ("a", -1, 32), ("a", 1, 31), ("a\nb", 1, 32)])
    def test_not_made(self, origin, size, root):
        with pytest.raises(BadForm):
            make_checkpoint(Origin(origin), size, bytes(root))


class TestHead:
    def test_good(self):
        assert verify_head(SIGNED.note, ORIGIN, [LOG.verifier]) == SIGNED
        assert (SIGNED.checkpoint, SIGNED.time) == (HEAD, NOW)
        assert 3_300 < len(SIGNED.note.encode()) < 3_600, "protocol.md reckons with 3,500"

    def test_a_change_of_keys_needs_both(self):
        both = sign_head(HEAD, [LOG, NEW], NOW)
        assert verify_head(both.note, ORIGIN, [LOG.verifier, NEW.verifier]).time == NOW
        for keys in ([LOG.verifier], [NEW.verifier]):
            with pytest.raises(BadSignature):
                verify_head(both.note, ORIGIN, keys)
        with pytest.raises(BadSignature):
            verify_head(SIGNED.note, ORIGIN, [LOG.verifier, NEW.verifier])

    def test_a_change_of_keys_has_one_time(self):
        torn = relined(SIGNED.note, lines_of(SIGNED.note, sign_head(HEAD, [NEW], LATER).note))
        with pytest.raises(BadSignature, match="one and the same time"):
            verify_head(torn, ORIGIN, [LOG.verifier, NEW.verifier])

    def test_refused(self):
        ed, ml = lines_of(SIGNED.note)
        foreign = lines_of(sign_head(HEAD, [NEW], NOW).note)
        for lines in (
            [ed],
            [ml],
            [ed, ed],
            [ed, ml, ml],
            [ed, foreign[1]],
            foreign,
            [ed, ml, *lines_of(COSIGNED.note)],
        ):
            with pytest.raises(BadSignature):
                verify_head(relined(SIGNED.note, lines), ORIGIN, [LOG.verifier])

    @pytest.mark.parametrize(
        "change",
        [
            lambda n: n.replace("\n7\n", "\n8\n"),
            lambda n: n.replace("north", "south", 1),
            lambda n: n.replace("\n\n", "\nextension\n\n"),
            lambda n: n + "x" * 32_768,
            lambda n: n.replace("\n", "\r\n"),
            lambda n: n[:-1],
        ],
    )
    def test_changed_text_refused(self, change):
        with pytest.raises(BadSignature):
            verify_head(change(SIGNED.note), ORIGIN, [LOG.verifier])

    def test_an_extension_line_is_refused_even_when_signed(self):
        body = HEAD.body() + "extension\n"
        from comity.tlog.checkpoint import _sign_pair

        note = Note(body, _sign_pair(body, LOG, NOW)).join()
        with pytest.raises(BadSignature, match="extension"):
            verify_head(note, ORIGIN, [LOG.verifier])

    def test_misuse(self):
        other = Checkpoint(Origin("north.example/comity/log/2"), 7, HEAD.root)
        for ask in (
            lambda: sign_head(HEAD, [], NOW),
            lambda: sign_head(HEAD, [PEER], NOW),
            lambda: sign_head(other, [LOG], NOW),
            lambda: sign_head(HEAD, [LOG], 0),
            lambda: sign_head(HEAD, [LOG], 2**63),
            lambda: verify_head(SIGNED.note, ORIGIN, []),
            lambda: verify_head(SIGNED.note, ORIGIN, [PEER.verifier]),
        ):
            with pytest.raises(BadForm):
                ask()


class TestCosignature:
    def test_good(self):
        found = verify_cosignature(COSIGNED.note, ORIGIN, PEER.verifier)
        assert found == COSIGNED
        assert (found.checkpoint, found.cosigner, found.time) == (HEAD, PEER.verifier.name, LATER)

    def test_one_time_in_both(self):
        ed, _ = lines_of(COSIGNED.note)
        _, ml = lines_of(cosign(HEAD, PEER, LATER + 1).note)
        with pytest.raises(BadSignature, match="one and the same time"):
            verify_cosignature(relined(COSIGNED.note, [ed, ml]), ORIGIN, PEER.verifier)

    def test_refused(self):
        for note in (SIGNED.note, cosign(HEAD, SPARE, LATER).note, merge(SIGNED.note, COSIGNED.note)):
            with pytest.raises(BadSignature):
                verify_cosignature(note, ORIGIN, PEER.verifier)
        with pytest.raises(BadSignature):
            verify_cosignature(COSIGNED.note, Origin("north.example/comity/log/2"), PEER.verifier)

    def test_misuse(self):
        with pytest.raises(BadForm):
            cosign(HEAD, LOG, NOW)
        with pytest.raises(BadForm):
            verify_cosignature(COSIGNED.note, ORIGIN, LOG.verifier)


class TestBoth:
    def test_good(self):
        note = merge(SIGNED.note, COSIGNED.note)
        found = verify_cosigned_head(note, ORIGIN, [LOG.verifier], PEER.verifier)
        assert (found.head, found.cosigned, found.note) == (SIGNED, COSIGNED, note)

    def test_refused(self):
        spare = cosign(HEAD, SPARE, LATER)
        for note in (
            SIGNED.note,
            COSIGNED.note,
            merge(merge(SIGNED.note, COSIGNED.note), spare.note),
            merge(SIGNED.note, spare.note),
            merge(merge(SIGNED.note, COSIGNED.note), COSIGNED.note),
        ):
            with pytest.raises(BadSignature):
                verify_cosigned_head(note, ORIGIN, [LOG.verifier], PEER.verifier)

    def test_two_checkpoints_do_not_merge(self):
        other = cosign(make_checkpoint(ORIGIN, 8, b"r" * 32), PEER, LATER)
        with pytest.raises(BadSignature):
            merge(SIGNED.note, other.note)

    def test_misuse(self):
        note = merge(SIGNED.note, COSIGNED.note)
        with pytest.raises(BadForm):
            verify_cosigned_head(note, ORIGIN, [LOG.verifier], LOG.verifier)


class TestKeys:
    def test_vkeys_come_back(self):
        for keys in (LOG, PEER):
            assert NoteVerifier.from_vkeys(*keys.verifier.vkeys()) == keys.verifier

    def test_pairs_refused(self):
        log, peer = LOG.verifier.vkeys(), PEER.verifier.vkeys()
        for pair in ((log[0], log[0]), (log[1], log[0]), (log[0], peer[1]), (peer[0], log[1])):
            with pytest.raises(BadForm):
                NoteVerifier.from_vkeys(*pair)

    def test_private_keys_are_not_printed(self):
        assert "ed25519" not in repr(LOG)
