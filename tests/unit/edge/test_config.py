from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from comity.base.errors import BadConfiguration
from comity.edge import config
from comity.edge.config import is_loopback, read_config, settings

DOC = Path(__file__).resolve().parents[3] / "docs" / "configuration.md"
LEAST = 'node = "north.example/comity"\nparty = "north"\npeer = "south.example/comity"\n'


@pytest.fixture
def read(tmp_path):
    def reader(more=""):
        (tmp_path / "node.toml").write_text(LEAST + more, encoding="utf-8")
        return read_config(tmp_path)

    return reader


def test_defaults_are_safe(read, tmp_path):
    found = read()
    assert (found.node, found.party, found.peer) == ("north.example/comity", "north", "south.example/comity")
    assert (found.name, found.peer_name) == (found.node, found.peer)
    assert is_loopback(found.exchange_host)
    assert is_loopback(found.page_host)
    assert found.desks == ()
    assert found.warnings() == ()
    assert found.path(found.store) == tmp_path / "node.db"
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.party = "other"


def test_what_is_set_is_read(read):
    found = read(
        'desks = ["requests"]\nexchange_port = 8461\nkeys = "/elsewhere/keys"\npeer_addresses = ["https://[::1]:8462"]'
    )
    assert found.desks == ("requests",)
    assert found.exchange_port == 8461
    assert found.path(found.keys) == Path("/elsewhere/keys")
    assert found.peer_addresses == ("https://[::1]:8462",)


@pytest.mark.parametrize(
    ("more", "named"),
    [
        ("exchange_prot = 1", "`exchange_prot`; did you mean `exchange_port`?"),
        ("colour = 1", "`colour`"),
        ('folder = "/tmp"', "`folder`"),
        ('exchange_port = "8461"', "exchange_port"),
        ("exchange_port = 65536", "exchange_port"),
        ("exchange_port = true", "exchange_port"),
        ("desks = [1]", "desks"),
        ('desks = ["../requests"]', "desks"),
        ("store = 1", "store"),
        ('peer_addresses = ["http://127.0.0.1:1"]', "peer_addresses"),
        ('peer_addresses = ["https://127.0.0.1:1/path"]', "peer_addresses"),
        ("insecure_demo_clock = 1", "insecure_demo_clock"),
        ("= 1", "could not be read"),
        ('party = "again"', "could not be read"),
    ],
)
def test_what_does_not_fit_is_named_and_nothing_starts(read, more, named):
    with pytest.raises(BadConfiguration, match=re.escape(named)) as error:
        read(more)
    assert "was not started" in str(error.value)


@pytest.mark.parametrize("missing", ["node", "party", "peer"])
def test_what_must_be_given_is_named(tmp_path, missing):
    lines = [line for line in LEAST.splitlines() if not line.startswith(f"{missing} =")]
    (tmp_path / "node.toml").write_text("\n".join(lines))
    with pytest.raises(BadConfiguration, match=f"`{missing}`"):
        read_config(tmp_path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(BadConfiguration, match=r"node\.toml"):
        read_config(tmp_path)


INSECURE = [name for name in settings() if name.startswith("insecure_")]


def test_each_insecure_mode_is_known():
    assert list(config._INSECURE) == INSECURE
    assert len(INSECURE) == 4


@pytest.mark.parametrize("mode", INSECURE)
def test_an_insecure_mode_warns_and_stays_on_this_machine(read, mode):
    (warning,) = read(f"{mode} = true").warnings()
    assert warning.startswith(mode)
    for host in ("exchange_host", "page_host"):
        with pytest.raises(BadConfiguration, match=mode):
            read(f'{mode} = true\n{host} = "0.0.0.0"')
        read(f'{mode} = true\n{host} = "::1"')
        read(f'{host} = "0.0.0.0"')


@pytest.mark.parametrize(
    ("host", "answer"),
    [
        ("127.0.0.1", True),
        ("127.8.8.8", True),
        ("::1", True),
        ("localhost", True),
        ("north.localhost", True),
        ("0.0.0.0", False),
        ("::", False),
        ("192.0.2.1", False),
        ("localhost.example", False),
        ("", False),
    ],
)
def test_loopback(host, answer):
    assert is_loopback(host) is answer


def test_each_setting_is_documented_once_with_its_default():
    rows = re.findall(r"^\| `(\w+)` \| (?:`(.*?)`|must be given) \|", DOC.read_text(encoding="utf-8"), re.MULTILINE)
    shown = dict(rows)
    assert len(rows) == len(shown)
    assert set(shown) == set(settings())
    for field in dataclasses.fields(config.Config):
        if field.name != "folder":
            default = "" if field.default is dataclasses.MISSING else toml(field.default)
            assert shown[field.name] == default, field.name


def toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return {tuple: "[]", int: str(value)}.get(type(value), f'"{value}"')


def test_the_example_of_the_document_is_read(tmp_path):
    example = re.search(r"```toml\n(.*?)```", DOC.read_text(encoding="utf-8"), re.DOTALL)
    (tmp_path / "node.toml").write_text(example[1])
    assert read_config(tmp_path).desks == ("requests", "precursors", "workplan")


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ('page_name = "desk.example"\npage_origin = "http://desk.example"\n', "must begin with https://"),
        ('page_origin = "https://desk.example"\n', "make them one host"),
        ('page_origin = "desk.example"\n', "page_origin"),
        ('page_origin = "https://desk.example/path"\n', "page_origin"),
        (
            'page_name = "desk.example"\npage_origin = "https://desk.example"\ninsecure_demo_roles = true\n',
            "desk.example",
        ),
        ('page_host = "0.0.0.0"\ninsecure_demo_roles = true\n', "insecure_demo_roles"),
    ],
)
def test_pages_have_one_address_that_passkeys_can_have_and_demo_roles_stay_here(read, more, words):
    with pytest.raises(BadConfiguration, match=words):
        read(more)


def test_an_address_behind_a_proxy_and_one_on_this_machine_are_taken(read):
    found = read('page_name = "desk.example"\npage_origin = "https://desk.example"\n')
    assert (found.page_origin, found.warnings()) == ("https://desk.example", ())
    found = read('page_name = "x.localhost"\npage_origin = "http://x.localhost:81"\ninsecure_demo_roles = true\n')
    assert "without a key" in found.warnings()[0]
