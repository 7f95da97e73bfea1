"""Secrets that must be read again, kept so that the database alone gives none of them away."""

from __future__ import annotations

import secrets
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE = 12
"""Bytes; random, since nothing here is sealed anywhere near 2^32 times (NIST SP 800-38D)."""


class SecretBox:
    """Seals what must be read again, with a key derived from the service's secret (AES-256-GCM)."""

    def __init__(self, secret: str):
        key = HKDF(SHA256(), length=32, salt=None, info=b"maillon identity: sealed columns").derive(secret.encode())
        self._cipher = AESGCM(key)

    def seal(self, plain: str, owner: UUID) -> bytes:
        """Seal it for one owner: moved to another's row, it opens no more."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + self._cipher.encrypt(nonce, plain.encode(), owner.bytes)

    def open(self, sealed: bytes, owner: UUID) -> str | None:
        """The text in clear; None when it was sealed with another secret or for another owner."""
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], owner.bytes).decode()
        except InvalidTag:
            return None
