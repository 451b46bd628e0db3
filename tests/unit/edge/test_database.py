"""Where a database is: read as written, or refused with what to write instead; never with a password, never in clear over a network."""

from __future__ import annotations

import ssl

import pytest

from comity.base.errors import BadConfiguration
from comity.edge.config import read_config
from comity.edge.database import read_database
from comity.edge.stores import database_of, in_database


@pytest.mark.parametrize(
    ("text", "hosts", "user", "name"),
    [
        ("postgresql://node@db.example/comity", (("db.example", 5432),), "node", "comity"),
        ("postgres://node@db1.example:6000,db2.example/comity", (("db1.example", 6000), ("db2.example", 5432)), "node", "comity"),
        ("postgresql://node@/comity?host=/run/postgresql", (("/run/postgresql", 5432),), "node", "comity"),
        ("postgresql://node@/comity?host=/run/a,/run/b&port=6000", (("/run/a", 6000), ("/run/b", 6000)), "node", "comity"),
        ("postgresql://a%40b@[::1]:7/c", (("::1", 7),), "a@b", "c"),
    ],
)  # fmt: skip
def test_an_address_is_read(text, hosts, user, name, tmp_path):
    found = read_database(text, tmp_path)
    assert (found.hosts, found.user, found.name, found.password) == (hosts, user, name, None)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("node.db", "postgresql://"), ("https://node@db.example/comity", "postgresql://"), ("postgresql://node:word@db/comity", "password"),
        ("postgresql://db.example/comity", "user"), ("postgresql://node@db.example/", "database"), ("postgresql://node@/comity", "host"),
        ("postgresql://node@db.example:port/comity", "read"), ("postgresql://node@db/comity?sslmode=disable", "sslmode"),
        ("postgresql://node@db/comity?x", "read"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_refused_with_the_reason(text, why, tmp_path):
    with pytest.raises(BadConfiguration, match=why):
        read_database(text, tmp_path)


def test_a_password_comes_from_a_private_file_and_is_never_shown(tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("not a word\n")
    secret.chmod(0o600)
    found = read_database("postgresql://node@db.example/comity", tmp_path, secret)
    assert found.password == "not a word"
    assert "not a word" not in repr(found)
    secret.chmod(0o644)
    with pytest.raises(BadConfiguration, match="other users"):
        read_database("postgresql://node@db.example/comity", tmp_path, secret)
    (tmp_path / "empty").touch(mode=0o600)
    with pytest.raises(BadConfiguration, match="no password"):
        read_database("postgresql://node@db.example/comity", tmp_path, tmp_path / "empty")


def test_another_machine_is_spoken_to_over_tls_with_its_name_checked(tmp_path):
    found = read_database("postgresql://node@db.example,localhost/comity", tmp_path)
    assert found.tls("localhost") is found.tls("127.0.0.1") is found.tls("/run/postgresql") is None
    context = found.tls("db.example")
    assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)


def settings(tmp_path, *lines):
    (tmp_path / "node.toml").write_text('node = "a.example/c"\nparty = "A"\npeer = "b.example/c"\n' + "\n".join(lines))
    return read_config(tmp_path)


def test_the_settings_name_a_file_or_a_database_and_not_half_of_each(tmp_path):
    assert not in_database(settings(tmp_path))
    config = settings(tmp_path, 'store = "postgresql"', 'database = "postgresql://node@/x?host=/run"')
    assert in_database(config)
    assert database_of(config).name == "x"
    for half in ('store = "postgresql"', 'database = "postgresql://node@/x?host=/run"'):
        with pytest.raises(BadConfiguration, match="go together"):
            settings(tmp_path, half)
