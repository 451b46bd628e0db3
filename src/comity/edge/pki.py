"""Each party's own certificate authority, and TLS 1.3 that trusts the peer's authority and nothing else.

TLS proves only "a node of the peer's authority, under the name in the accord"; what was said is proved by the logs.
Certificates are checked by the TLS library against the machine's clock, so `now` here is always the system clock's.
"""  # spec: protocol.md 2

from __future__ import annotations

import ipaddress
import ssl
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from comity.base.errors import BadConfiguration
from comity.base.ids import Ms, NodeName
from comity.edge.files import make_private_folder, read_private, write_atomic

AUTHORITY_FILE = "authority.pem"
"""Certificate and private key of the authority, in the folder given."""
NODE_FILE = "node.pem"
"""Certificate and private key of the node, in one file, so that they are exchanged together."""
NEXT_AUTHORITY_FILE = "authority-next.pem"
"""The authority that is used once a key list which names it is in force."""
AUTHORITY_DAYS = 3650
NODE_DAYS = 30
RENEW_DAYS = 10
_SKEW = timedelta(hours=1)
LOOPBACK = ("localhost", "127.0.0.1")


def node_uri(node: NodeName) -> str:
    """Return the URI that stands in a node's certificate."""
    return f"comity://{node}"


def make_authority(folder: Path, node: NodeName, now: Ms) -> bytes:
    """Make the party's authority in `folder` and return its certificate (DER), which the key list carries.

    Raises:
        BadConfiguration: there is one already; it was not replaced.
    """
    make_private_folder(folder)
    if (folder / AUTHORITY_FILE).exists():
        raise BadConfiguration(f"{folder / AUTHORITY_FILE} is there already; it was not replaced")
    key = ec.generate_private_key(ec.SECP384R1())
    name = _name(f"comity authority of {node}")
    certificate = _sign(_authority(name, key, now), key)
    write_atomic(folder / AUTHORITY_FILE, _pem(certificate, key))
    return certificate.public_bytes(serialization.Encoding.DER)


def authority_certificate(folder: Path) -> bytes:
    """Return the certificate (DER) of the authority in `folder`."""
    return _read(folder / AUTHORITY_FILE)[0].public_bytes(serialization.Encoding.DER)


def make_next_authority(folder: Path, node: NodeName, now: Ms) -> bytes:
    """Make the authority that follows the one in use, beside it, and return its certificate (DER) for the next key list.

    Raises:
        BadConfiguration: one waits there already.
    """
    if (folder / NEXT_AUTHORITY_FILE).exists():
        raise BadConfiguration(f"{folder / NEXT_AUTHORITY_FILE} is there already; it was not replaced")
    key = ec.generate_private_key(ec.SECP384R1())
    certificate = _sign(_authority(_name(f"comity authority of {node}"), key, now), key)
    write_atomic(folder / NEXT_AUTHORITY_FILE, _pem(certificate, key))
    return certificate.public_bytes(serialization.Encoding.DER)


def take_next_authority(folder: Path, node: NodeName, listed: bytes, now: Ms, hosts: Sequence[str] = LOOPBACK) -> bool:
    """Go over to the next authority once the key list in force names it, with a new certificate; say whether it did.

    The peer trusts both from the moment at which it holds the list, so no connection fails in between.
    """
    waiting = folder / NEXT_AUTHORITY_FILE
    if not waiting.exists() or _read(waiting)[0].public_bytes(serialization.Encoding.DER) != listed:
        return False
    waiting.replace(folder / AUTHORITY_FILE)
    issue(folder, node, now, hosts)
    return True


def trust(context: ssl.SSLContext, authorities: Iterable[bytes]) -> None:
    """Let new connections of a context come from these authorities (DER) too.

    Raises:
        BadConfiguration: one is no certificate.
    """
    try:
        context.load_verify_locations(cadata=b"".join(authorities))
    except (ssl.SSLError, ValueError) as error:
        raise BadConfiguration("a key list of the peer names no good certificate as its authority") from error


def show_again(context: ssl.SSLContext, folder: Path) -> None:
    """Let new connections of a context show the certificate that is in the folder now."""
    context.load_cert_chain(folder / NODE_FILE)


def issue(folder: Path, node: NodeName, now: Ms, hosts: Sequence[str] = LOOPBACK) -> None:
    """Make a new key and certificate of 30 days for the node, over any older one.

    Args:
        folder: where the authority is and the certificate goes.
        node: its name in the accord, which becomes the URI name of the certificate.
        now: the system clock.
        hosts: DNS names and IP addresses under which the node listens.
    """
    authority, authority_key = _read(folder / AUTHORITY_FILE)
    key = ec.generate_private_key(ec.SECP384R1())
    certificate = _sign(_leaf(node, key, authority, now, hosts), authority_key)
    write_atomic(folder / NODE_FILE, _pem(certificate, key))


def renew_if_due(folder: Path, node: NodeName, now: Ms, hosts: Sequence[str] = LOOPBACK) -> bool:
    """Issue a new certificate if there is none or fewer than 10 days are left; say whether it did.

    A listener goes on with its old context: make new contexts, or restart, after a renewal.
    """
    if (folder / NODE_FILE).exists() and days_left(folder, now) >= RENEW_DAYS:
        return False
    issue(folder, node, now, hosts)
    return True


def days_left(folder: Path, now: Ms) -> int:
    """Return how many whole days the node's certificate is still good; negative when it has ended."""
    return (_read(folder / NODE_FILE)[0].not_valid_after_utc - _time(now)).days


def server_context(folder: Path, peer_authority: bytes, peer: NodeName) -> ssl.SSLContext:
    """Return the context of a listener that only `peer` can reach; for asyncio and uvloop.

    Args:
        folder: where our `node.pem` is.
        peer_authority: the certificate (DER) of the peer's authority, from its key list.
        peer: the peer's name in the accord.

    Raises:
        BadConfiguration: a file or certificate is missing or wrong.
    """
    return _context(ssl.PROTOCOL_TLS_SERVER, folder, peer_authority, peer)


def client_context(folder: Path, peer_authority: bytes, peer: NodeName) -> ssl.SSLContext:
    """Return the context with which we call `peer`; arguments and errors as for `server_context`.

    Addresses are pinned in the accord and may be bare numbers, so the name checked is the URI, not the host.
    """
    return _context(ssl.PROTOCOL_TLS_CLIENT, folder, peer_authority, peer)


def peer_uris(certificate: object) -> tuple[str, ...]:
    """Return the URI names in what `getpeercert()` gave; empty for no certificate."""
    names = certificate.get("subjectAltName", ()) if isinstance(certificate, dict) else ()
    return tuple(value for kind, value in names if kind == "URI")


class _PinnedObject(ssl.SSLObject):
    """Ends the handshake when the peer is not the one of the context: before a byte of HTTP is read or written."""

    def do_handshake(self) -> None:
        super().do_handshake()
        _check_pinned(self.context, self.getpeercert())


class _PinnedSocket(ssl.SSLSocket):
    """The same for a socket that a thread reads."""

    def do_handshake(self, block: bool = False) -> None:  # noqa: FBT001, FBT002  the library's own form
        super().do_handshake(block)
        _check_pinned(self.context, self.getpeercert())


def _check_pinned(context: ssl.SSLContext, certificate: object) -> None:
    expected = context.peer_uri if isinstance(context, _PinnedContext) else ""
    if peer_uris(certificate) != (expected,):
        raise ssl.SSLCertVerificationError("the certificate is of the peer's authority, but not for the peer's node")


class _PinnedContext(ssl.SSLContext):
    """A context that knows whom it expects: through `wrap_bio`, which asyncio and uvloop use, and `wrap_socket`."""

    sslobject_class = _PinnedObject
    sslsocket_class = _PinnedSocket
    peer_uri: str = ""


def _context(protocol: int, folder: Path, peer_authority: bytes, peer: NodeName) -> ssl.SSLContext:
    read_private(folder / NODE_FILE)
    context = _PinnedContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.check_hostname = False
    context.verify_mode = ssl.CERT_REQUIRED
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    context.peer_uri = node_uri(peer)
    if protocol == ssl.PROTOCOL_TLS_SERVER:
        # No resumption: every connection shows its certificate anew.
        context.num_tickets = 0
    try:
        context.load_cert_chain(folder / NODE_FILE)
        context.load_verify_locations(cadata=peer_authority)
    except (ssl.SSLError, ValueError) as error:
        raise BadConfiguration(
            f"our {NODE_FILE} or the peer's authority is no good certificate; see its key list"
        ) from error
    return context


def _authority(name: x509.Name, key: ec.EllipticCurvePrivateKey, now: Ms) -> x509.CertificateBuilder:
    usage = _usage(sign=False, certify=True)
    return (
        _dated(name, name, key.public_key(), now, AUTHORITY_DAYS)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(usage, critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _leaf(
    node: NodeName, key: ec.EllipticCurvePrivateKey, authority: x509.Certificate, now: Ms, hosts: Sequence[str]
) -> x509.CertificateBuilder:
    names = [x509.UniformResourceIdentifier(node_uri(node)), *map(_host, hosts)]
    issuer_key = authority.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
    purposes = [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    return (
        _dated(_name(node), authority.subject, key.public_key(), now, NODE_DAYS)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(sign=True, certify=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(issuer_key), critical=False)
    )


def _dated(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: Ms, days: int
) -> x509.CertificateBuilder:
    begin = _time(now)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin - _SKEW)
        .not_valid_after(begin + timedelta(days=days))
    )


def _usage(*, sign: bool, certify: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=sign,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certify,
        crl_sign=certify,
        encipher_only=False,
        decipher_only=False,
    )


def _sign(builder: x509.CertificateBuilder, key: ec.EllipticCurvePrivateKey) -> x509.Certificate:
    return builder.sign(key, hashes.SHA384())


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _name(text: str) -> x509.Name:
    # A common name has at most 64 characters (X.520); the URI is what is checked.
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:64])])


def _time(now: Ms) -> datetime:
    return datetime.fromtimestamp(now // 1000, UTC)


def _pem(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> bytes:
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return certificate.public_bytes(serialization.Encoding.PEM) + private


def _read(path: Path) -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    content = read_private(path)
    try:
        certificate = x509.load_pem_x509_certificate(content)
        key = serialization.load_pem_private_key(content, None)
    except ValueError as error:
        raise BadConfiguration(
            f"{path} does not hold a certificate and its key; put back the file or make it anew"
        ) from error
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise BadConfiguration(f"{path} holds a key of another kind; put back the file or make it anew")
    return certificate, key
