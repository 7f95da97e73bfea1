"""The way to a provider and back, and whose an identity is."""

from __future__ import annotations

import base64
from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from chassis.audit import audit
from chassis.db import Tx, get_locked
from identity.link.domain import LinkSecret
from identity.member.domain import Member
from identity.own import Own
from identity.social.domain import (
    STATE_LIFETIME,
    Authorization,
    AuthorizationInvalid,
    IdentityTaken,
    LinkedIdentity,
    ProviderNotFound,
    Purpose,
)
from identity.social.provider import Identity, Provider

_STATE = "oidc_state"


def provider_of(own: Own, name: str) -> Provider:
    """A configured provider. Raises ProviderNotFound."""
    found = own.providers.get(name)
    if found is None:
        raise ProviderNotFound
    return found


async def begin(
    tx: Tx, own: Own, provider_name: str, purpose: Purpose, *, member_id: UUID | None = None
) -> tuple[str, datetime]:
    """Where to send somebody, and until when they may come back."""
    provider = provider_of(own, provider_name)
    setting_out = Authorization.begin(provider_name, purpose, tx.now, member_id=member_id)
    state = own.links.token(setting_out.id, _STATE)
    url = await provider.authorization_url(state, *_derived(own.links, setting_out.id))
    tx.add(setting_out)
    return url, tx.now + STATE_LIFETIME


async def come_back(
    tx: Tx, own: Own, provider_name: str, purpose: Purpose, *, state: str, code: str, member_id: UUID | None = None
) -> Identity:
    """Who came back, once, in time, for what they set out for.

    The provider is asked before the database is, so that a slow one holds no connection of ours.

    Raises:
        AuthorizationInvalid, IdentityNotProven, TemporarilyUnavailable: see Provider.identify.

    """
    provider = provider_of(own, provider_name)
    authorization_id = own.links.read(state, _STATE)
    if authorization_id is None:
        raise AuthorizationInvalid
    identity = await provider.identify(code, *_derived(own.links, authorization_id), tx.now)
    set_out = await get_locked(tx, Authorization, authorization_id, AuthorizationInvalid())
    set_out.use(provider_name, purpose, tx.now, member_id=member_id)
    return identity


def _derived(secret: LinkSecret, authorization_id: UUID) -> tuple[str, str]:
    """Nonce and PKCE verifier of a way: derived, so that neither is stored."""
    kinds = ("oidc_nonce", "oidc_verifier")
    digests = (secret.blur(kind, str(authorization_id)) for kind in kinds)
    nonce, verifier = (base64.urlsafe_b64encode(digest).decode().rstrip("=") for digest in digests)
    return nonce, verifier


async def holder_of(tx: Tx, provider_name: str, identity: Identity) -> Member | None:
    """The member that is this person there, locked."""
    query = (
        select(Member)
        .join(LinkedIdentity, LinkedIdentity.member_id == Member.id)
        .where(LinkedIdentity.provider == provider_name, LinkedIdentity.subject == identity.subject)
        .with_for_update(of=Member)
    )
    return (await tx.scalars(query)).one_or_none()


async def link_identity(
    tx: Tx, member: Member, provider_name: str, identity: Identity, *, import_allowed: bool = False
) -> LinkedIdentity:
    """Make the identity the member's. Raises IdentityTaken when it is anybody's, or they have one there (ID-28)."""
    theirs = (LinkedIdentity.member_id == member.id, LinkedIdentity.provider == provider_name)
    if await holder_of(tx, provider_name, identity) or await tx.scalar(select(LinkedIdentity.id).where(*theirs)):
        raise IdentityTaken
    linked = LinkedIdentity.link(member.id, provider_name, identity.subject, tx.now, import_allowed=import_allowed)
    tx.add(linked)
    audit(tx, "identity.linked", member.id, provider=provider_name, import_allowed=import_allowed)
    return linked
