"""Signing up and logging in with an identity provider (ID-24, ID-28)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Response
from fastapi.responses import JSONResponse
from pydantic import Field
from starlette.requests import Request

from chassis.auth import PUBLIC
from chassis.db import Tx
from chassis.errors import TemporarilyUnavailable
from chassis.http import Body, Router, TxDep, View
from chassis.problems import documented
from identity.factor.domain import GivenCode
from identity.member.address import Address
from identity.member.domain import AccountNotActivated, CredentialChangeRequired, Language, Member
from identity.member.entry import open_account, prove_address, record_entry
from identity.member.queries import lock_address, member_at, send_activation_link
from identity.member.routes import ActivationSent, PersonName
from identity.own import Own, OwnDep
from identity.sanction.refusals import social_digest, turned_away
from identity.session.attempts import refusal_of, tries_of
from identity.session.domain import SecondFactorRequired, TooManyAttempts, WrongCode
from identity.session.proof import check_second_factor
from identity.session.queries import Tokens, open_session
from identity.social.domain import (
    AccountExists,
    AuthorizationInvalid,
    EmailNotGiven,
    IdentityNotLinked,
    IdentityNotProven,
    IdentityTaken,
    NameNotGiven,
    ProviderNotFound,
    Purpose,
)
from identity.social.provider import Identity
from identity.social.queries import begin, come_back, holder_of, link_identity
from identity.standing.domain import AccountDeactivated, AccountSuspended

router = Router("identity providers")

COMING_BACK = (ProviderNotFound, AuthorizationInvalid, IdentityNotProven, TemporarilyUnavailable)
State = Annotated[str, Field(min_length=1, max_length=100)]
AuthorizationCode = Annotated[str, Field(min_length=1, max_length=2000)]


class ProviderView(View):
    """One provider to sign up or log in with."""

    name: str
    title: str


class Providers(View):
    """Those that the operator configured."""

    providers: list[ProviderView]


class SettingOut(Body):
    """What for; to link an identity, log in first."""

    purpose: Literal[Purpose.SIGN_UP, Purpose.LOG_IN]


class AuthorizationView(View):
    """Where to send the browser. Keep `state` from that address, and come back only with the same."""

    authorization_url: str
    expires_at: datetime


class Return(Body):
    """What the provider's redirection brought."""

    state: State
    code: AuthorizationCode


class SocialLogIn(Return):
    """With the code of a second factor, where one is on."""

    second_factor: GivenCode | None = None


class SocialSignUp(Return):
    """As every sign-up; `import_profile` says whether the name may be taken from the provider (ID-24)."""

    import_profile: bool
    first_name: PersonName | None = None
    last_name: PersonName | None = None
    accept_terms: Literal[True]
    accept_privacy: Literal[True]
    is_adult: Literal[True]
    is_professional: Literal[True]
    language: Language = "fr"


@router.get("/oidc/providers", access=PUBLIC)
async def list_providers(own: OwnDep) -> Providers:
    """The identity providers there are."""
    return Providers(
        providers=[ProviderView(name=name, title=found.configured.title) for name, found in own.providers.items()]
    )


@router.post(
    "/oidc/{provider}/authorizations",
    access=PUBLIC,
    status_code=201,
    replayable=False,
    responses=documented(ProviderNotFound, TemporarilyUnavailable),
)
async def set_out(provider: str, body: SettingOut, tx: TxDep, own: OwnDep) -> AuthorizationView:
    """Set out for the provider; the way back is open once, for ten minutes."""
    url, until = await begin(tx, own, provider, body.purpose)
    return AuthorizationView(authorization_url=url, expires_at=until)


@router.post(
    "/oidc/{provider}/sign-ups",
    access=PUBLIC,
    status_code=201,
    replayable=False,
    response_model=Tokens,
    responses={202: {"model": ActivationSent, "description": "The address must be proven first"}}
    | documented(*COMING_BACK, EmailNotGiven, NameNotGiven, IdentityTaken, AccountExists),
)
async def sign_up(
    provider: str, *, body: SocialSignUp, request: Request, response: Response, tx: TxDep, own: OwnDep
) -> Tokens | Response:
    """Open an account for whom the provider vouches for; an address that it verified counts as proven (ID-24).

    A known address is never taken over: its owner logs in and links.
    """
    identity = await come_back(tx, own, provider, Purpose.SIGN_UP, state=body.state, code=body.code)
    if await holder_of(tx, provider, identity):
        raise IdentityTaken
    member = await _open(tx, own, provider, identity, body)
    if member is None:
        return _activation_sent()
    await record_entry(tx, member, request)
    await link_identity(tx, member, provider, identity, import_allowed=body.import_profile)
    if not identity.email_verified:
        await send_activation_link(tx, member, own.links)
        return _activation_sent()
    await prove_address(tx, member)
    return await open_session(tx, own, member, request, response, proven_at=tx.now)


async def _open(tx: Tx, own: Own, provider: str, identity: Identity, body: SocialSignUp) -> Member | None:
    """The account; nothing when a sanction refuses one, or an unproven address has one: only its mailbox is told."""
    first_name, last_name = _name_of(identity, body)
    try:
        address = Address.parse(identity.email or "")
    except ValueError:
        raise EmailNotGiven from None
    await lock_address(tx, address)
    refusable = social_digest(own.links, provider, identity.subject)
    if await turned_away(tx, own.links, address, refusable, name=first_name, language=body.language):
        return None
    known = await member_at(tx, address)
    if known is not None and known.opened_by is None and identity.email_verified:
        raise AccountExists
    return await open_account(
        tx, address, first_name=first_name, last_name=last_name, password_hash=None, language=body.language
    )


def _name_of(identity: Identity, body: SocialSignUp) -> tuple[str, str]:
    """As the member writes it, or else as the provider does, where the member allows it."""
    imported = (identity.first_name, identity.last_name) if body.import_profile else (None, None)
    first_name, last_name = body.first_name or _plain(imported[0]), body.last_name or _plain(imported[1])
    if not first_name or not last_name:
        raise NameNotGiven(field="last_name" if first_name else "first_name")
    return first_name, last_name


def _plain(name: str | None) -> str | None:
    """A stranger's text, made what a name may be: one printable line of 80 characters."""
    printable = "".join(letter for letter in name or "" if letter.isprintable())
    return printable.strip()[:80].strip() or None


def _activation_sent() -> Response:
    return JSONResponse(ActivationSent().model_dump(), 202)


@router.post(
    "/oidc/{provider}/sessions",
    access=PUBLIC,
    status_code=201,
    replayable=False,
    response_model=Tokens,
    responses=documented(
        *COMING_BACK,
        IdentityNotLinked,
        AccountNotActivated,
        AccountSuspended,
        AccountDeactivated,
        CredentialChangeRequired,
        SecondFactorRequired,
        WrongCode,
        TooManyAttempts,
    ),
)
async def log_in(
    provider: str, *, body: SocialLogIn, request: Request, response: Response, tx: TxDep, own: OwnDep
) -> Tokens | Response:
    """Open a session for the member that is linked to the identity; a second factor is asked for all the same."""
    identity = await come_back(tx, own, provider, Purpose.LOG_IN, state=body.state, code=body.code)
    member = await holder_of(tx, provider, identity)
    if member is None:
        raise IdentityNotLinked
    if refusal := await _second_factor(tx, own, member, body, request):
        return refusal
    return await open_session(tx, own, member, request, response, proven_at=tx.now)


async def _second_factor(tx: Tx, own: Own, member: Member, body: SocialLogIn, request: Request) -> Response | None:
    member.require_activated()
    tries = await tries_of(tx, own, member.email_key, request)
    refused = await refusal_of(tx, tries, member)
    return refused or await check_second_factor(tx, own, member, tries, body.second_factor)
