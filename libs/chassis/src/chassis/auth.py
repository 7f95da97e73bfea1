"""Who calls, and who may: ES256 access tokens verified in the process, access declared on every route."""

from __future__ import annotations

import json
import logging
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import monotonic
from typing import Any
from uuid import UUID

from joserfc import jwt
from joserfc.jwk import KeySet

from chassis.clock import Clock
from chassis.errors import Forbidden, TemporarilyUnavailable, Unauthenticated, require
from chassis.revocations import Revocations
from contracts.permissions import MATRIX, Permission
from contracts.roles import CompanyKind, Role, StaffScope

logger = logging.getLogger("chassis.auth")

ALGORITHM = "ES256"
TOKEN_TYPE = "at+jwt"  # noqa: S105 - a media type, RFC 9068
_KEPT = 4096
REREAD_EVERY = 2.0
"""Seconds between two looks at the key file."""
_SKEW = 5
"""Seconds by which the issuer's clock may be ahead of ours; what has expired is void to the second all the same."""


STEP_UP_LASTS = timedelta(minutes=10)
"""How long after proving who one is a sensitive act is allowed."""


class StepUpRequired(Unauthenticated):
    """Sensitive: prove once more who you are (`POST /sessions/current/step-up`), then try again (RFC 9470)."""

    code, title = "step_up_required", "Please confirm that it is you"
    headers = {"WWW-Authenticate": 'Bearer error="insufficient_user_authentication", max_age="600"'}


class ServiceBlocked(Forbidden):
    """A sanction closes this part of the platform to the member (ID-49)."""

    code, title = "service_blocked", "Your access to this part of the platform is blocked"


@dataclass(frozen=True, slots=True)
class Caller:
    """The member behind a request and the capacity they act in.

    `proven_at` is when the member last showed a password, a code or an identity provider's word; `blocked` names
    the services that a sanction closes to them.
    """

    member_id: UUID
    session_id: UUID
    company_id: UUID | None = None
    company_kind: CompanyKind | None = None
    role: Role | None = None
    scopes: frozenset[StaffScope] = frozenset()
    proven_at: datetime | None = None
    blocked: frozenset[str] = frozenset()

    def require_recent_proof(self, now: datetime) -> None:
        """Raise StepUpRequired unless the member proved to be themselves a short while ago."""
        if self.proven_at is None or now - self.proven_at > STEP_UP_LASTS:
            raise StepUpRequired

    @property
    def company(self) -> UUID:
        """The company acted for. Raises Forbidden when the member has none (ID-37)."""
        if self.company_id is None:
            raise Forbidden("this needs an affiliation to a company")
        return self.company_id


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call a route; declared on each, checked before anything is read."""

    description: str
    public: bool = False
    roles: frozenset[Role] = frozenset()
    scope: StaffScope | None = None
    permission: Permission | None = None

    def admit(self, caller: Caller) -> None:
        """Raise Forbidden unless this caller may pass, by role or by scope; anybody signed in if neither is asked."""
        asked = bool(self.roles) or self.scope is not None
        if asked and caller.role not in self.roles and self.scope not in caller.scopes:
            raise Forbidden(f"this is for {self.description}")


PUBLIC = Access("anyone", public=True)
MEMBER = Access("any signed-in member")


def roles(*allowed: Role) -> Access:
    """Members who act for a company in one of these roles."""
    return Access("the roles " + ", ".join(sorted(allowed)), roles=frozenset(allowed))


def may(permission: Permission, *, or_staff: StaffScope | None = None) -> Access:
    """Members whose role for a company allows it, by the one table (`contracts.permissions.MATRIX`)."""
    who = f"whoever may {permission}" + (f", and staff with the scope {or_staff}" if or_staff else "")
    return Access(who, roles=MATRIX[permission], scope=or_staff, permission=permission)


def staff(scope: StaffScope) -> Access:
    """The platform's own staff, with this scope."""
    return Access(f"staff with the scope {scope}", scope=scope)


@dataclass(frozen=True, slots=True)
class _Verified:
    caller: Caller
    issued_us: int
    expires: int


class TokenVerifier:
    """Verifies access tokens against a mounted public key set; no service is asked.

    A verified token is remembered until it expires, so that its signature is checked once; expiry and
    revocation are checked on every call.
    """

    def __init__(self, jwks_file: Path, issuer: str, audience: str, revocations: Revocations, clock: Clock):
        self._file = jwks_file
        self._clock = clock
        self._revocations = revocations
        self._claims = jwt.JWTClaimsRegistry(
            now=lambda: int(clock().timestamp()),
            leeway=_SKEW,
            iss={"essential": True, "value": issuer},
            aud={"essential": True, "value": audience},
            exp={"essential": True},
            iat={"essential": True},
            sub={"essential": True},
        )
        self._keys, self._read_at, self._content = KeySet([]), -60.0, b""
        self._known: OrderedDict[str, _Verified] = OrderedDict()

    def verify(self, token: str) -> Caller:
        """Return the caller.

        Raises:
            Unauthenticated: the token is void; nobody is told why.
            TemporarilyUnavailable: no key was ever read.

        """
        self._reread_keys()
        verified = self._known.get(token)
        if verified is None:
            verified = self._check(token)
            self._known[token] = verified
            if len(self._known) > _KEPT:
                self._known.popitem(last=False)
        caller = verified.caller
        if verified.expires <= self._clock().timestamp():
            raise Unauthenticated
        if self._revocations.covers(caller.member_id, caller.session_id, verified.issued_us):
            raise Unauthenticated
        return caller

    def _check(self, token: str) -> _Verified:
        try:
            decoded = jwt.decode(token, self._keys, algorithms=[ALGORITHM])
            require(decoded.header.get("typ") == TOKEN_TYPE and "kid" in decoded.header, Unauthenticated())
            self._claims.validate(decoded.claims)
            return _read(decoded.claims)
        except Exception:  # noqa: BLE001 - a stranger's token may be wrong in ways that no list of errors foresees
            raise Unauthenticated from None

    def _reread_keys(self) -> None:
        """Follow a rotation of the mounted keys within seconds, and drop what the old ones vouched for.

        A file that is missing or half-written leaves the known keys in use.
        """
        if monotonic() - self._read_at >= REREAD_EVERY:
            self._read_at = monotonic()
            try:
                self._take_keys(self._file.read_bytes())
            except Exception as wrong:  # noqa: BLE001 - whatever is wrong with the file, the next look may find it whole
                logger.warning("keys_not_read", extra={"reason": type(wrong).__name__})
        if not self._keys.keys:
            raise TemporarilyUnavailable

    def _take_keys(self, content: bytes) -> None:
        if content != self._content:
            keys = KeySet.import_key_set(json.loads(content))
            if not keys.keys:
                raise ValueError("no key is left")
            self._keys, self._content = keys, content
            self._known.clear()


def _read(claims: dict[str, Any]) -> _Verified:
    company = claims.get("company")
    caller = Caller(
        member_id=UUID(claims["sub"]),
        session_id=UUID(claims["sid"]),
        company_id=UUID(company["id"]) if company is not None else None,
        company_kind=CompanyKind(company["kind"]) if company is not None else None,
        role=Role(company["role"]) if company is not None else None,
        scopes=frozenset(StaffScope(scope) for scope in claims.get("staff", [])),
        proven_at=datetime.fromtimestamp(claims["auth_time"], UTC) if "auth_time" in claims else None,
        blocked=frozenset(claims.get("blocked", ())),
    )
    issued_us = claims["iat_us"]
    if type(issued_us) is not int or issued_us // 1_000_000 > claims["iat"]:
        raise ValueError("a token that seems younger than it is would outlive its revocation")
    return _Verified(caller, issued_us, int(claims["exp"]))


def access_claims(caller: Caller, *, issuer: str, audience: str, now: datetime, lifetime: int) -> dict[str, Any]:
    """The claims of an access token for this caller, valid for `lifetime` seconds."""
    issued = int(now.astimezone(UTC).timestamp())
    claims: dict[str, Any] = {
        "iss": issuer,
        "aud": audience,
        "sub": str(caller.member_id),
        "sid": str(caller.session_id),
        "iat": issued,
        "iat_us": int(now.timestamp() * 1_000_000),
        "exp": issued + lifetime,
    }
    if caller.company_id and caller.company_kind and caller.role:
        company = {"id": str(caller.company_id), "kind": caller.company_kind.value, "role": caller.role.value}
        claims["company"] = company
    if caller.scopes:
        claims["staff"] = sorted(scope.value for scope in caller.scopes)
    if caller.proven_at:
        claims["auth_time"] = int(caller.proven_at.timestamp())
    if caller.blocked:
        claims["blocked"] = sorted(caller.blocked)
    return claims
