"""Access tokens: ES256, ten minutes, verified by every service without asking us."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from joserfc import jwt
from joserfc.jwk import ECKey

from chassis.auth import ALGORITHM, TOKEN_TYPE, Caller, access_claims

LIFETIME = 600
"""Seconds that an access token lives."""


class TokenIssuer:
    """Signs what the caller may do now; affiliations that come later show at the next refresh."""

    def __init__(self, key: ECKey, issuer: str, audience: str):
        self._key = key
        self._issuer = issuer
        self._audience = audience

    def access_token(self, caller: Caller, now: datetime) -> str:
        """A signed token for this caller."""
        header = {"alg": ALGORITHM, "kid": self._key.kid, "typ": TOKEN_TYPE}
        claims = access_claims(caller, issuer=self._issuer, audience=self._audience, now=now, lifetime=LIFETIME)
        return jwt.encode(header, claims, self._key)

    def public_keys(self) -> dict[str, Any]:
        """The JSON Web Key Set that verifies our tokens; nothing private is in it."""
        public = self._key.as_dict(private=False)
        return {"keys": [public | {"use": "sig", "alg": ALGORITHM}]}
