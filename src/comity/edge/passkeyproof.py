"""Passkeys by WebAuthn: what a browser is asked, and whether its answer is good.

The rule it keeps: the key is on this host's name, the page on an address of ours, the person verified by the key, the
challenge ours; a counter that went back means that there may be two of one key, and nobody comes in by it. It loads a library
of every form of key, so it is itself loaded when somebody first comes to sign in, not when a node starts.
"""  # spec: WebAuthn Level 3, 7.1 and 7.2

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticationCredential,
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from comity.edge.passkeys import MOST_CREDENTIAL, CounterWentBack, NewPasskey, NotProved, RelyingParty
from comity.edge.peoplerows import CEREMONY_MS

_REQUIRED = UserVerificationRequirement.REQUIRED
_LIBRARY_ERRORS = (WebAuthnException, ValueError, TypeError, KeyError, IndexError, OverflowError, AttributeError)
"""What the library can raise on bytes of a stranger; each is a refusal."""


def to_register(party: RelyingParty, challenge: bytes, handle: bytes, who: str, known: Sequence[bytes]) -> str:
    """Return, as JSON, what a browser hands to `navigator.credentials.create`; `who` is desk and number, never a name."""
    options = generate_registration_options(
        rp_id=party.id,
        rp_name=party.name,
        user_name=who,
        user_id=handle,
        user_display_name=who,
        challenge=challenge,
        timeout=CEREMONY_MS,
        authenticator_selection=AuthenticatorSelectionCriteria(
            resident_key=ResidentKeyRequirement.REQUIRED, require_resident_key=True, user_verification=_REQUIRED
        ),
        exclude_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
    )
    return options_to_json(options)


def to_enter(party: RelyingParty, challenge: bytes, known: Sequence[bytes] = ()) -> str:
    """Return, as JSON, what a browser hands to `navigator.credentials.get`; without `known` it offers whatever keys it has here."""
    options = generate_authentication_options(
        rp_id=party.id,
        challenge=challenge,
        timeout=CEREMONY_MS,
        allow_credentials=[PublicKeyCredentialDescriptor(id=one) for one in known],
        user_verification=_REQUIRED,
    )
    return options_to_json(options)


def registered(party: RelyingParty, origin: str, challenge: bytes, answer: str) -> NewPasskey:
    """Return the passkey that a browser made.

    Raises:
        NotProved: for any cause.
    """
    try:
        made = verify_registration_response(
            credential=_within(answer),
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin(origin),
            require_user_verification=True,
        )
    except _LIBRARY_ERRORS as error:
        raise NotProved("this passkey could not be registered; nothing was kept. Begin again") from error
    return NewPasskey(made.credential_id, made.credential_public_key, made.sign_count)


@dataclass(frozen=True, slots=True)
class Answered:
    """A passkey's answer before it is checked: which credential says so, and whose it says it is."""

    parsed: AuthenticationCredential
    credential: bytes
    handle: bytes | None


def read_answer(answer: str) -> Answered:
    """Read which credential answers.

    Raises:
        NotProved: it is no answer of a passkey.
    """
    try:
        parsed = parse_authentication_credential_json(_within(answer))
    except _LIBRARY_ERRORS as error:
        raise _refused() from error
    return Answered(parsed, parsed.raw_id, parsed.response.user_handle)


def proved(party: RelyingParty, origin: str, challenge: bytes, answer: Answered, known: tuple[bytes, int]) -> int:
    """Check an answer against (public key, sign count) that are kept, and return the new sign count.

    Raises:
        CounterWentBack: all is good but for the counter.
        NotProved: for any other cause.
    """
    public_key, kept = known
    try:
        # The counter is ours to judge, after everything else: a stranger must not be able to ring the alarm.
        found = verify_authentication_response(
            credential=answer.parsed,
            expected_challenge=challenge,
            expected_rp_id=party.id,
            expected_origin=party.origin(origin),
            credential_public_key=public_key,
            credential_current_sign_count=-1,
            require_user_verification=True,
        )
    except _LIBRARY_ERRORS as error:
        raise _refused() from error
    if (found.new_sign_count or kept) and found.new_sign_count <= kept:  # spec: WebAuthn Level 3, 7.2 step 22
        raise CounterWentBack("this passkey was not accepted; the administrator was told. Use another, or ask for one")
    return found.new_sign_count


def _within(answer: str) -> str:
    if len(answer) > MOST_CREDENTIAL:
        raise msgspec.ValidationError("larger than an answer can be")
    return answer


def _refused() -> NotProved:
    return NotProved("this passkey was not accepted; nothing was opened. Try again, or ask the administrator")
