"""Talking to an OpenID provider: discovery, authorization code with PKCE, id_token and userinfo (ID-24).

Nothing here touches the database: no connection of ours waits for somebody else's server.
"""

from __future__ import annotations

import asyncio
import hmac
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

import httpx2  # noqa: TID251 - an identity provider is no service of ours
from authlib.integrations.base_client import OAuthError
from authlib.integrations.httpx_client import AsyncOAuth2Client
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from chassis.errors import TemporarilyUnavailable
from identity.social.configuration import OidcProvider, require_tls
from identity.social.domain import AuthorizationInvalid, IdentityNotProven

logger = logging.getLogger("identity.social")

PATIENCE = 8.0
"""Seconds that a provider has for all its answers together."""
KEPT = 3600.0
"""Seconds for which its description and keys are believed."""
REFETCH_EVERY = 60.0
"""Seconds between two looks for a key that we do not know."""
AT_ONCE = 8
"""Conversations with one provider at a time."""
LONGEST_SUBJECT = 255
LEEWAY = 30
"""Seconds by which its clock may differ from ours."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Who the provider says that somebody is."""

    subject: str
    email: str | None
    email_verified: bool
    first_name: str | None
    last_name: str | None


@dataclass(frozen=True, slots=True)
class Endpoints:
    """What the provider says of itself."""

    authorization: str
    token: str
    jwks: str
    userinfo: str | None
    pkce: bool


class Provider:
    """One configured provider."""

    def __init__(self, configured: OidcProvider, redirect_uri: str):
        self.configured = configured
        self._redirect_uri = redirect_uri
        self._endpoints: tuple[float, Endpoints] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def authorization_url(self, state: str, nonce: str, verifier: str) -> str:
        """Where somebody is sent. Raises TemporarilyUnavailable."""
        async with self._conversation() as client:
            there = await self._discover(client)
            asked = {"nonce": nonce} if self.configured.nonce else {}
            if there.pkce:
                asked["code_verifier"] = verifier
            url, _ = client.create_authorization_url(there.authorization, state=state, **asked)
            return str(url)

    async def identify(self, code: str, nonce: str, verifier: str, now: datetime) -> Identity:
        """Who came back with this code.

        Raises:
            AuthorizationInvalid: the provider does not take the code.
            IdentityNotProven: its id_token is not to be trusted.
            TemporarilyUnavailable: it does not answer, or not as a provider does.

        """
        async with self._conversation() as client:
            there = await self._discover(client)
            token = await self._redeem(client, there, code, verifier)
            claims = await self._claims(client, there, str(token.get("id_token") or ""), nonce, now)
            if "email" not in claims and there.userinfo:
                more = await _json(client, there.userinfo, withhold_token=False)
                if more.get("sub") != claims["sub"]:
                    raise IdentityNotProven
                claims = {**more, **claims}
        return _identity_of(claims)

    @asynccontextmanager
    async def _conversation(self) -> AsyncIterator[AsyncOAuth2Client]:
        """A turn with the provider, within its time; whatever goes wrong there is no fault of our caller's."""
        client = AsyncOAuth2Client(
            client_id=self.configured.client_id,
            client_secret=self.configured.client_secret.get_secret_value(),
            token_endpoint_auth_method=self.configured.client_auth,
            scope=" ".join(self.configured.scopes),
            redirect_uri=self._redirect_uri,
            code_challenge_method="S256",
            timeout=PATIENCE,
        )
        try:
            async with asyncio.timeout(PATIENCE), self._turn, client:
                yield client
        except _FAILURES as failure:
            reason = type(failure).__name__
            logger.warning("provider_failed", extra={"provider": self.configured.name, "reason": reason})
            raise TemporarilyUnavailable("the identity provider does not answer") from None

    async def _discover(self, client: AsyncOAuth2Client) -> Endpoints:
        if self._endpoints is None or monotonic() - self._endpoints[0] > KEPT:
            said = await _json(client, self.configured.discovery_url)
            if said.get("issuer") != self.configured.issuer:
                raise ValueError("the description is another issuer's")
            found = Endpoints(
                authorization=require_tls(said["authorization_endpoint"]),
                token=require_tls(said["token_endpoint"]),
                jwks=require_tls(said["jwks_uri"]),
                userinfo=require_tls(said["userinfo_endpoint"]) if said.get("userinfo_endpoint") else None,
                pkce="S256" in said.get("code_challenge_methods_supported", []),
            )
            self._endpoints = (monotonic(), found)
        return self._endpoints[1]

    async def _redeem(self, client: AsyncOAuth2Client, there: Endpoints, code: str, verifier: str) -> Mapping[str, Any]:
        proof = {"code_verifier": verifier} if there.pkce else {}
        try:
            token: Mapping[str, Any] = await client.fetch_token(
                there.token, grant_type="authorization_code", code=code, **proof
            )
        except OAuthError as refusal:
            if refusal.error != "invalid_grant":
                raise
            raise AuthorizationInvalid from None
        return token

    async def _claims(
        self, client: AsyncOAuth2Client, there: Endpoints, id_token: str, nonce: str, now: datetime
    ) -> dict[str, Any]:
        """The checked claims of an id_token (OpenID Connect Core 1.0, section 3.1.3.7)."""
        try:
            claims = self._verified(id_token, await self._key_set(client, there, KEPT), now)
        except IdentityNotProven:  # its keys may have changed since
            claims = self._verified(id_token, await self._key_set(client, there, REFETCH_EVERY), now)
        repeated = claims.get("nonce", "" if self.configured.nonce else nonce)
        if not isinstance(repeated, str) or not hmac.compare_digest(repeated.encode(), nonce.encode()):
            raise IdentityNotProven
        return claims

    def _verified(self, id_token: str, keys: KeySet, now: datetime) -> dict[str, Any]:
        rules = jwt.JWTClaimsRegistry(
            now=lambda: int(now.timestamp()),
            leeway=LEEWAY,
            iss={"essential": True, "value": self.configured.issuer},
            aud={"essential": True, "value": self.configured.client_id},
            azp={"value": self.configured.client_id},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        try:
            claims = jwt.decode(id_token, keys, algorithms=list(self.configured.algorithms)).claims
            rules.validate(claims)
        except (JoseError, ValueError, KeyError, TypeError) as wrong:
            logger.warning("id_token_refused", extra={"provider": self.configured.name, "reason": type(wrong).__name__})
            raise IdentityNotProven from None
        return claims

    async def _key_set(self, client: AsyncOAuth2Client, there: Endpoints, oldest: float) -> KeySet:
        """Its keys, read at most so many seconds ago."""
        if self._keys is None or monotonic() - self._keys[0] > oldest:
            said: Any = await _json(client, there.jwks)
            self._keys = (monotonic(), KeySet.import_key_set(said))
        return self._keys[1]


_FAILURES = (
    httpx2.HTTPError,
    httpx2.InvalidURL,
    OAuthError,
    JoseError,
    TimeoutError,
    ValueError,
    KeyError,
    TypeError,
)
"""Ways in which a provider fails: the network, its refusal of us, an answer that is none."""


async def _json(client: AsyncOAuth2Client, url: str, *, withhold_token: bool = True) -> dict[str, Any]:
    answer = await client.request("GET", url, withhold_token=withhold_token)
    answer.raise_for_status()
    said = answer.json()
    if not isinstance(said, dict):
        raise TypeError("an object was expected")
    return said


def _identity_of(claims: Mapping[str, Any]) -> Identity:
    """What we use of the claims; LinkedIn writes `email_verified` as text."""

    def text(name: str) -> str | None:
        value = claims.get(name)
        return value if isinstance(value, str) and value.strip() else None

    subject = text("sub")
    if subject is None or len(subject) > LONGEST_SUBJECT:
        raise IdentityNotProven
    return Identity(
        subject=subject,
        email=text("email"),
        email_verified=claims.get("email_verified") in (True, "true"),
        first_name=text("given_name"),
        last_name=text("family_name"),
    )
