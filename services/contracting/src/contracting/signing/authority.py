"""An authority for development and tests: a key to seal with and one to stamp the time, which nobody trusts."""

from __future__ import annotations

import shutil
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

PASSWORD = "test"  # noqa: S105 - of keys that nobody trusts
_VALID = timedelta(days=3650)


def make(folder: Path) -> None:
    """All of it or nothing: of two processes at once, one folder stays."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(dir=folder.parent, prefix=".seal-"))
    authority, key = _authority()
    (made / "authority.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    people = ((ec.generate_private_key(ec.SECP256R1()), "seal"), (rsa.generate_private_key(65537, 2048), "timestamp"))
    for own, name in people:
        certificate = _issued(own.public_key(), name, authority, key)
        content = pkcs12.serialize_key_and_certificates(
            name.encode(), own, certificate, [authority], BestAvailableEncryption(PASSWORD.encode())
        )
        (made / f"{name}.p12").write_bytes(content)
    with suppress(OSError):
        made.rename(folder)
    shutil.rmtree(made, ignore_errors=True)


def _authority() -> tuple[x509.Certificate, ec.EllipticCurvePrivateKey]:
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _certificate(_name("authority"), _name("authority"), key.public_key())
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    return builder.add_extension(_usage(signs_certificates=True), critical=True).sign(key, hashes.SHA256()), key


def _issued(
    key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
    name: str,
    authority: x509.Certificate,
    authority_key: ec.EllipticCurvePrivateKey,
) -> x509.Certificate:
    builder = _certificate(_name(name), authority.subject, key)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    if name == "timestamp":
        purpose = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.TIME_STAMPING])
        builder = builder.add_extension(purpose, critical=True)
    return builder.sign(authority_key, hashes.SHA256())


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)  # of the certificate, which no business rule looks at
    return x509.CertificateBuilder(
        issuer, subject, key, x509.random_serial_number(), now - timedelta(days=1), now + _VALID
    )


def _name(what: str) -> x509.Name:
    parts = ((NameOID.ORGANIZATION_NAME, "Maillon, for tests alone"), (NameOID.COMMON_NAME, f"Test {what}"))
    return x509.Name([x509.NameAttribute(kind, value) for kind, value in parts])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=not signs_certificates,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )
