"""Sign-in through the agency, against a provider that runs as a process of its own; and every way it must not work."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms
from comity.edge.agency import is_private_way, open_agency
from comity.edge.openid import OpenId
from comity.web.screens import signin
from comity.web.visit import Enter, Redirect, Refused
from tests.operator.provider import CLIENT, SECRET
from tests.unit.edge.peopleworld import ADMIN, MINUTE, OFFICER, ORIGIN
from tests.web.peopledesk import Screens

SUBJECT = "vm-1"


@pytest.fixture(scope="module")
def provider(tmp_path_factory):
    told = tmp_path_factory.mktemp("provider") / "port"
    root = Path(__file__).parents[2]
    running = subprocess.Popen([sys.executable, "-m", "tests.operator.provider", str(told)], cwd=root)
    try:
        until = time.monotonic() + 60
        while not told.exists():
            assert running.poll() is None
            assert time.monotonic() < until
            time.sleep(0.02)
        yield f"http://127.0.0.1:{told.read_text()}"
    finally:
        running.terminate()
        running.wait(60)


@pytest.fixture
def screens(tmp_path, provider):
    made = Screens(tmp_path, agency=OpenId(provider, CLIENT, SECRET))
    made.desk.now = Ms(int(time.time() * 1000))
    made.desk.accounts.bind(OFFICER, f"{provider} {SUBJECT}", "requests/90")
    return made


def go(function, visit):
    return asyncio.run(function(visit))


def away(screens, token="", begin=signin.to_agency, **more):
    """Begin at the node; return where the browser is sent."""
    answer = go(begin, screens.visit(token, back="/case/7"))
    assert isinstance(answer, Redirect)
    return answer.to + "".join(f"&{key}={value}" for key, value in more.items())


def back(address):
    """Let the provider answer; return what the browser brings back."""
    answer = httpx.get(address, trust_env=False)
    assert answer.status_code == 303, answer.text
    came = urlsplit(answer.headers["location"])
    assert f"{came.scheme}://{came.netloc}{came.path}" == f"{ORIGIN}/sign-in/agency/answer"
    return {key: values[0] for key, values in parse_qs(came.query).items()}


def finish(screens, brought, token=""):
    return go(signin.finish, screens.visit(token, query=brought))


def test_a_bound_subject_signs_in_and_goes_where_the_person_wanted(screens):
    address = away(screens)
    asked = parse_qs(urlsplit(address).query)
    assert asked["response_type"] == ["code"]
    assert asked["scope"] == ["openid"]
    assert asked["code_challenge_method"] == ["S256"]
    assert len(asked["state"][0]) == len(asked["nonce"][0]) == 43
    assert "Vera" not in address
    answer = finish(screens, back(address))
    assert isinstance(answer, Enter)
    assert answer.to == "/case/7"
    signed = screens.desk.people.signed_in(answer.token)
    assert (signed.person.number, signed.how, signed.fresh) == (7, "agency", True)


@pytest.mark.parametrize(
    "wrong",
    [
        "nonce", "audience", "issuer", "expired", "future", "old", "two-audiences", "azp", "key", "alg-hs256", "alg-none", "no-subject",
        "subject-number", "without-nonce", "without-aud", "without-exp", "without-iat", "without-iss", "without-sub",
    ],
)  # fmt: skip
def test_a_token_that_is_wrong_in_one_thing_opens_nothing(screens, wrong):
    brought = back(away(screens, wrong=wrong))
    with pytest.raises(Refused, match="was not accepted"):
        finish(screens, brought)
    assert screens.desk.rows("SELECT count(*) FROM session") == [(0,)]


def test_a_subject_that_is_not_bound_opens_nothing(screens):
    brought = back(away(screens, **{"as": "somebody"}))
    with pytest.raises(Refused, match="no account here is bound to you"):
        finish(screens, brought)


def test_an_officer_who_is_suspended_does_not_come_in(screens):
    screens.desk.accounts.suspend(OFFICER, "x")
    brought = back(away(screens))
    with pytest.raises(Refused, match="not open now"):
        finish(screens, brought)


def test_what_was_brought_back_serves_once(screens):
    brought = back(away(screens))
    finish(screens, brought)
    with pytest.raises(Refused, match="is over"):
        finish(screens, brought)


def test_a_code_serves_once_also_under_another_state(screens):
    brought = back(away(screens))
    finish(screens, brought)
    other = back(away(screens))
    with pytest.raises(Refused, match="was not accepted"):
        finish(screens, {**other, "code": brought["code"]})


def test_a_code_of_another_sign_in_is_refused_by_its_verifier_and_nonce(screens):
    one, two = back(away(screens)), back(away(screens))
    with pytest.raises(Refused, match="was not accepted"):
        finish(screens, {**one, "code": two["code"]})


def test_another_browser_cannot_end_a_sign_in(screens):
    from dataclasses import replace

    brought = back(away(screens))
    visit = screens.visit(query=brought)
    with pytest.raises(Refused, match="another browser"):
        go(signin.finish, replace(visit, who=replace(visit.who, csrf="another browser's")))
    assert finish(screens, brought)


def test_a_state_that_was_never_given_out_is_refused(screens):
    with pytest.raises(Refused, match="is over"):
        finish(screens, {"state": "x", "code": "y"})


def test_a_sign_in_lasts_ten_minutes(screens):
    brought = back(away(screens))
    screens.desk.later(10 * MINUTE)
    with pytest.raises(Refused, match="is over"):
        finish(screens, brought)


def test_another_issuer_that_answers_is_refused(screens):
    brought = back(away(screens))
    with pytest.raises(Refused, match="another sign-in answered"):
        finish(screens, {**brought, "iss": "https://another.example"})


def test_keys_that_the_provider_changed_are_read_again(screens):
    assert finish(screens, back(away(screens)))
    assert finish(screens, back(away(screens, wrong="new-key")))
    assert finish(screens, back(away(screens)))


def test_proving_again_asks_for_a_new_sign_in_there_and_only_of_the_same_officer(screens, provider):
    token = finish(screens, back(away(screens))).token
    screens.desk.later(0)
    address = away(screens, token, signin.again_agency)
    assert "prompt=login" in address
    assert "max_age=0" in address
    with pytest.raises(Refused, match="was not accepted"):
        finish(screens, back(address + "&wrong=long-ago"), token)
    with pytest.raises(Refused, match="was not accepted"):
        finish(screens, back(away(screens, token, signin.again_agency, wrong="without-auth_time")), token)
    screens.desk.accounts.bind(ADMIN, f"{provider} another", "x")
    with pytest.raises(Refused, match="another officer signed in"):
        finish(screens, back(away(screens, token, signin.again_agency, **{"as": "another"})), token)
    entered = finish(screens, back(away(screens, token, signin.again_agency)), token)
    assert screens.desk.people.signed_in(token) is None
    assert screens.desk.people.signed_in(entered.token).fresh


def test_a_wrong_secret_opens_nothing(tmp_path, provider):
    screens = Screens(tmp_path, agency=OpenId(provider, CLIENT, "another"))
    screens.desk.now = Ms(int(time.time() * 1000))
    brought = back(away(screens))
    with pytest.raises(Refused, match="was not accepted"):
        finish(screens, brought)


def test_a_provider_that_does_not_answer_is_told(tmp_path):
    screens = Screens(tmp_path, agency=OpenId("http://127.0.0.1:1", CLIENT, SECRET))
    with pytest.raises(Refused, match="does not answer"):
        go(signin.to_agency, screens.visit())


@pytest.mark.parametrize(
    "said",
    [
        b"[]",
        b"{}",
        b"not json",
        b'{"issuer": "http://other.localhost"}',
        b'{"issuer": "http://a.localhost", "authorization_endpoint": "http://evil.example", "token_endpoint": "https://x.example", "jwks_uri": "https://x.example"}',
    ],
)
def test_a_provider_that_says_something_else_is_not_used(tmp_path, said):
    transport = httpx.MockTransport(lambda _: httpx.Response(200, content=said))
    screens = Screens(tmp_path, agency=OpenId("http://a.localhost", CLIENT, transport=transport))
    with pytest.raises(Refused, match="does not answer"):
        go(signin.to_agency, screens.visit())


class Setting:
    oidc_issuer, oidc_client, oidc_secret = "https://agency.example", CLIENT, "secret"

    def __init__(self, folder, **changes):
        self.folder = folder
        for name, value in changes.items():
            setattr(self, name, value)

    def path(self, path):
        return self.folder / path


def test_the_settings_name_a_provider_whose_secret_nobody_else_can_read(tmp_path):
    assert open_agency(Setting(tmp_path, oidc_issuer="")) is None
    with pytest.raises(BadConfiguration, match="could not be opened"):
        open_agency(Setting(tmp_path))
    secret = tmp_path / "secret"
    secret.write_text("s\n")
    secret.chmod(0o644)
    with pytest.raises(BadConfiguration):
        open_agency(Setting(tmp_path))
    secret.chmod(0o600)
    assert open_agency(Setting(tmp_path))._secret == "s"
    secret.write_bytes(b"\xff")
    with pytest.raises(BadConfiguration, match="no text"):
        open_agency(Setting(tmp_path))
    assert open_agency(Setting(tmp_path, oidc_secret=""))._secret == ""
    with pytest.raises(BadConfiguration, match="oidc_client"):
        open_agency(Setting(tmp_path, oidc_client=""))
    with pytest.raises(BadConfiguration, match="https"):
        open_agency(Setting(tmp_path, oidc_issuer="http://agency.example"))
    assert is_private_way("http://127.0.0.1:5")
    assert not is_private_way("ftp://127.0.0.1")
