"""What the platform seals with: its own PKCS#12, or a test authority made on the spot for development."""

from __future__ import annotations

import logging
import shutil
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import mkdtemp
from urllib.parse import urlsplit

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.errors import TemporarilyUnavailable

logger = logging.getLogger("contracting.signing")

_TEST_PASSWORD = "test"  # noqa: S105 - of keys that nobody trusts
_VALID = timedelta(days=3650)


class SealSettings(BaseSettings):
    """Where the keys are; each field is the environment variable `MAILLON_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="MAILLON_", frozen=True)

    seal_pkcs12: Path | None = None
    """The seal's key, its certificate and their chain."""
    seal_password: SecretStr = SecretStr("")
    seal_roots: Path | None = None
    """Certificates, in PEM, that a verification trusts: the seal's authority and the time stamps'."""
    timestamp_url: str | None = None
    """A time-stamping authority (RFC 3161)."""
    files_url: str = "file:///var/lib/maillon"
    """Where the test authority is kept when there is no other."""


@dataclass(frozen=True, slots=True)
class KeyPair:
    """A PKCS#12 and its password."""

    pkcs12: bytes
    password: str


@dataclass(frozen=True, slots=True)
class SealKeys:
    """The seal, and who says what time it is: an authority's address, or a key of our own."""

    seal: KeyPair
    timestamp_url: str | None
    timestamper: KeyPair | None


def load(settings: SealSettings) -> SealKeys:
    """Read the keys; what is not configured comes from the test authority. Raises TemporarilyUnavailable."""
    if settings.seal_pkcs12 is not None:
        seal = KeyPair(settings.seal_pkcs12.read_bytes(), settings.seal_password.get_secret_value())
    else:
        logger.warning("sealed_by_a_test_authority", extra={"reason": "MAILLON_SEAL_PKCS12 is not set"})
        seal = _test_pair(settings, "seal")
    if settings.timestamp_url is not None:
        return SealKeys(seal, settings.timestamp_url, None)
    logger.warning("time_stamped_by_a_test_authority", extra={"reason": "MAILLON_TIMESTAMP_URL is not set"})
    return SealKeys(seal, None, _test_pair(settings, "timestamp"))


def roots(settings: SealSettings) -> bytes:
    """The certificates that a verification trusts, in PEM. Raises FileNotFoundError when none is configured or made."""
    return (settings.seal_roots or _test_folder(settings) / "authority.pem").read_bytes()


def _test_folder(settings: SealSettings) -> Path:
    parts = urlsplit(settings.files_url)
    if parts.scheme != "file":
        logger.error("no_seal", extra={"reason": "MAILLON_SEAL_PKCS12 and MAILLON_TIMESTAMP_URL are not set"})
        raise TemporarilyUnavailable("documents cannot be sealed just now")
    return Path(parts.path) / "test-seal"


def _test_pair(settings: SealSettings, name: str) -> KeyPair:
    folder = _test_folder(settings)
    if not folder.exists():
        _make_test_authority(folder)
    return KeyPair((folder / f"{name}.p12").read_bytes(), _TEST_PASSWORD)


def _make_test_authority(folder: Path) -> None:
    """All of it or nothing: of two processes at once, one folder stays."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    made = Path(mkdtemp(dir=folder.parent, prefix=".seal-"))
    authority, key = _authority()
    (made / "authority.pem").write_bytes(authority.public_bytes(Encoding.PEM))
    people = ((ec.generate_private_key(ec.SECP256R1()), "seal"), (rsa.generate_private_key(65537, 2048), "timestamp"))
    for own, name in people:
        certificate = _issued(own.public_key(), name, authority, key)
        content = pkcs12.serialize_key_and_certificates(
            name.encode(), own, certificate, [authority], BestAvailableEncryption(_TEST_PASSWORD.encode())
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
