"""What the platform seals with: its own PKCS#12, or a test authority made on the spot for development."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from chassis.errors import TemporarilyUnavailable

logger = logging.getLogger("contracting.signing")


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
    from contracting.signing import authority  # noqa: PLC0415 - whoever has keys of their own does without it

    if not folder.exists():
        authority.make(folder)
    return KeyPair((folder / f"{name}.p12").read_bytes(), authority.PASSWORD)
