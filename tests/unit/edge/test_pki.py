from __future__ import annotations

import ssl
import stat

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms, NodeName
from comity.edge import pki
from tests.unit.edge.parties import US, make_party, real_now

DAY = 86_400_000


@pytest.fixture
def party(tmp_path):
    return make_party(tmp_path / "tls", US)


def certificates(party):
    leaf = x509.load_pem_x509_certificate((party.folder / pki.NODE_FILE).read_bytes())
    return x509.load_der_x509_certificate(party.authority), leaf


def test_the_authority_signs_nodes_and_nothing_below_them(party):
    authority, leaf = certificates(party)
    assert isinstance(authority.public_key(), ec.EllipticCurvePublicKey)
    assert authority.public_key().curve.name == "secp384r1"
    basic = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (basic.critical, basic.value.ca, basic.value.path_length) == (True, True, 0)
    leaf.verify_directly_issued_by(authority)
    assert pki.authority_certificate(party.folder) == party.authority


def test_the_nodes_certificate_says_who_and_what_for_and_ends_in_30_days(party):
    _, leaf = certificates(party)
    names = leaf.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    assert names.get_values_for_type(x509.UniformResourceIdentifier) == ["comity://north.example/comity"]
    assert names.get_values_for_type(x509.DNSName) == ["localhost"]
    assert [str(ip) for ip in names.get_values_for_type(x509.IPAddress)] == ["127.0.0.1"]
    assert not leaf.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    uses = leaf.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    assert set(uses) == {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    assert pki.days_left(party.folder, real_now()) in {29, 30}


def test_private_files_are_private(party):
    for name in (pki.AUTHORITY_FILE, pki.NODE_FILE):
        assert stat.S_IMODE((party.folder / name).stat().st_mode) == 0o600
    (party.folder / pki.NODE_FILE).chmod(0o640)
    with pytest.raises(BadConfiguration, match="other users"):
        pki.server_context(party.folder, party.authority, US)


def test_a_certificate_is_renewed_when_it_is_due_and_not_before(party):
    first = (party.folder / pki.NODE_FILE).read_bytes()
    now = real_now()
    assert not pki.renew_if_due(party.folder, US, Ms(now + 19 * DAY))
    assert (party.folder / pki.NODE_FILE).read_bytes() == first
    assert pki.renew_if_due(party.folder, US, Ms(now + 21 * DAY), ("node.example", "192.0.2.7"))
    assert pki.days_left(party.folder, Ms(now + 21 * DAY)) in {29, 30}
    (party.folder / pki.NODE_FILE).unlink()
    assert pki.renew_if_due(party.folder, US, now)


def test_an_authority_is_never_replaced(party):
    with pytest.raises(BadConfiguration, match="not replaced"):
        pki.make_authority(party.folder, US, real_now())


def test_a_long_name_of_a_node_fits(tmp_path):
    node = NodeName("a" * 100 + ".example/comity")
    party = make_party(tmp_path / "tls", node)
    assert pki.node_uri(node) == f"comity://{node}"
    pki.client_context(party.folder, party.authority, node)


def test_contexts_take_tls_1_3_and_one_authority_only(party):
    for context in (party.server(party), party.client(party)):
        assert context.minimum_version == ssl.TLSVersion.TLSv1_3
        assert context.verify_mode == ssl.CERT_REQUIRED
        assert [ca["serialNumber"] for ca in context.get_ca_certs()] == [
            f"{certificates(party)[0].serial_number:X}".zfill(40)
        ]


def other_kind(party):
    key = ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return certificates(party)[1].public_bytes(Encoding.PEM) + key


@pytest.mark.parametrize("content", [lambda _: b"", lambda _: b"not PEM", other_kind])
def test_a_damaged_file_is_named(party, content):
    (party.folder / pki.NODE_FILE).write_bytes(content(party))
    with pytest.raises(BadConfiguration, match=r"node\.pem"):
        pki.days_left(party.folder, real_now())
    with pytest.raises(BadConfiguration, match=r"node\.pem"):
        pki.client_context(party.folder, party.authority, US)


def test_a_peer_authority_that_is_no_certificate_is_named(party):
    with pytest.raises(BadConfiguration, match="key list"):
        pki.server_context(party.folder, b"no certificate", US)


def test_the_names_of_no_certificate_are_none():
    assert pki.peer_uris(None) == ()
    assert pki.peer_uris({}) == ()
    assert pki.peer_uris({"subjectAltName": (("DNS", "a"), ("URI", "b"), ("URI", "c"))}) == ("b", "c")
