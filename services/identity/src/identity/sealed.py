"""Secrets that must be read again, such as keys, kept so that the database alone gives none of them away."""

from __future__ import annotations

import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
"""Bytes; random, since nothing here is sealed anywhere near 2^32 times (NIST SP 800-38D)."""


class SealBrokenError(Exception):
    """Sealed with another secret, for another thing, or altered."""


class Sealer:
    """Seals with AES-256-GCM under a key derived from a secret setting."""

    def __init__(self, secret: str):
        key = HKDF(SHA256(), 32, salt=None, info=b"maillon identity: sealed columns").derive(secret.encode())
        self._cipher = AESGCM(key)

    def seal(self, plain: bytes, about: str) -> bytes:
        """Return the text sealed for one thing, such as a row's id: moved to another row, it does not open."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain, about.encode())

    def open(self, sealed: bytes, about: str) -> bytes:
        """Return what was sealed. Raises SealBrokenError."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], about.encode())
        except (InvalidTag, ValueError):
            raise SealBrokenError from None
