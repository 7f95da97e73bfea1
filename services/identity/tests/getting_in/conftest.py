"""Steps that the tests of getting in begin with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import httpx2
import pytest
from sqlalchemy import select, text

from contracts.company import AffiliationGranted
from contracts.roles import CLIENT_ROLES, CompanyKind, Role
from identity.link.domain import Link
from identity.member.domain import Member

AGREED = {"accept_terms": True, "accept_privacy": True, "is_adult": True, "is_professional": True}


@dataclass
class Steps:
    """What people do on their way in."""

    world: object
    provider_url: str
    agreed = AGREED

    def __getattr__(self, name):
        return getattr(self.world, name)

    async def affiliate(self, account, role, company_id=None):
        """Make the account act for a company in a role, and say so in its token."""
        company_id = company_id or uuid4()
        await self.h.deliver(
            AffiliationGranted(
                affiliation_id=uuid4(),
                member_id=account.id,
                display_name="Ada Lovelace",
                company_id=company_id,
                company_kind=CompanyKind.CLIENT if role in CLIENT_ROLES else CompanyKind.PROVIDER,
                role=role,
                granted_at=datetime(2026, 11, 21, tzinfo=UTC),
            )
        )
        account.tokens = (await self.log_in(account.email)).json()
        return company_id

    async def head(self, role=Role.GERANT, company_id=None, **changes):
        account = await self.activated(**changes)
        account.company_id = await self.affiliate(account, role, company_id)
        return account

    async def post(self, path, account=None, **body):
        """Ask with these fields; those that are `...` are left out."""
        body = {name: value for name, value in body.items() if value is not ...}
        return await self.client.post(path, json=body, headers=account.headers if account else {})

    async def invite(self, head, email, /, **changes):
        body = {"last_name": "Hopper", "first_name": "Grace", "email": email} | changes
        return await self.post("/invitations", head, **body)

    async def invited(self, head, email=None):
        """An address with its invitation's id and token."""
        email = email or self.new_address()
        answer = await self.invite(head, email)
        assert answer.status_code == 201, answer.text
        return email, UUID(answer.json()["id"]), await self.mailed_token(email)

    async def accept(self, token, /, **changes):
        return await self.post(
            "/invitations/acceptance", **{"token": token, "password": self.password, **AGREED} | changes
        )

    async def choose(self, account, profile_type):
        body = {"profile_type": profile_type}
        return await self.client.put("/members/me/profile-type", json=body, headers=account.headers)

    async def me(self, headers):
        return (await self.client.get("/members/me", headers=headers)).json()

    async def member(self, email):
        async with self.h.tx() as tx:
            return (await tx.scalars(select(Member).where(Member.email == email))).one_or_none()

    async def last_link(self, email):
        async with self.h.tx() as tx:
            query = select(Link).join(Member, Member.id == Link.member_id).where(Member.email == email)
            return (await tx.scalars(query.order_by(Link.id.desc()).limit(1))).one()

    async def count(self, table, **where):
        """How many rows of a table have these values."""
        terms = " AND ".join(f"{name} = :{name}" for name in where)
        async with self.h.tx() as tx:
            return await tx.scalar(text(f"SELECT count(*) FROM {table} WHERE {terms}"), where)

    def later(self, **time):
        self.h.clock.offset += timedelta(**time)

    @staticmethod
    def code(answer):
        return answer.status_code, answer.json().get("code")

    async def at_provider(self, url, subject=None, **claims):
        """Consent at the provider as somebody with these claims; what its redirection brings back."""
        subject = subject or f"s{uuid4().hex}"
        async with httpx2.AsyncClient(trust_env=False) as browser:
            await browser.put(f"{self.provider_url}/users/{subject}", json=claims)
            answer = await browser.post(url, data={"sub": subject})
            assert answer.status_code == 302, answer.text
        brought = parse_qs(urlsplit(answer.headers["location"]).query)
        return {"state": brought["state"][0], "code": brought["code"][0]}

    async def set_out(self, purpose, provider="linkedin"):
        answer = await self.post(f"/oidc/{provider}/authorizations", purpose=purpose)
        assert answer.status_code == 201, answer.text
        return answer.json()["authorization_url"]

    @staticmethod
    def new_subject():
        return f"s{uuid4().hex}"

    @staticmethod
    def claims(email, **changes):
        """What the provider says of somebody; `...` for what it does not say."""
        given = {"email": email, "email_verified": True, "given_name": "Katherine", "family_name": "Johnson"}
        return {name: value for name, value in (given | changes).items() if value is not ...}

    async def social_sign_up(self, email, *, subject=None, provider="linkedin", said=None, **changes):
        """Go to the provider, consent, come back and sign up."""
        said = self.claims(email) if said is None else said
        brought = await self.at_provider(await self.set_out("sign_up", provider), subject, **said)
        return await self.post(f"/oidc/{provider}/sign-ups", **{**brought, "import_profile": True, **AGREED} | changes)

    async def social_log_in(self, subject, provider="linkedin", **more):
        brought = await self.at_provider(await self.set_out("log_in", provider), subject, email="other@example.com")
        return await self.post(f"/oidc/{provider}/sessions", **brought, **more)

    async def set_out_to_link(self, account, provider="linkedin"):
        answer = await self.post(f"/members/me/identities/{provider}/authorizations", account)
        assert answer.status_code == 201, answer.text
        return answer.json()["authorization_url"]

    async def link(self, account, subject, provider="linkedin"):
        brought = await self.at_provider(await self.set_out_to_link(account, provider), subject)
        return await self.post(f"/members/me/identities/{provider}", account, **brought)

    async def unlink(self, account, provider="linkedin"):
        return await self.client.delete(f"/members/me/identities/{provider}", headers=account.headers)


@pytest.fixture
def steps(world, oidc):
    return Steps(world, oidc)
