"""An access token is judged before a body is read, and once more when a long upload has arrived."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from company.compliance.domain import Document
from contracts.identity import MemberAccessRevoked

LIFETIME = timedelta(minutes=10)
BOUNDARY = "maillon"
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Note(slow)>>endobj\ntrailer<<>>\n%%EOF\n"
HEAD = (
    '--maillon\r\nContent-Disposition: form-data; name="type"\r\n\r\nurssaf_certificate\r\n'
    '--maillon\r\nContent-Disposition: form-data; name="issued_on"\r\n\r\n{day}\r\n'
    '--maillon\r\nContent-Disposition: form-data; name="file"; filename="certificate.pdf"\r\n'
    "Content-Type: application/pdf\r\n\r\n"
)


class SlowUpload:
    """A client that sends its file in two pieces, ten minutes apart; it knows how many it was asked for."""

    def __init__(self, world, content, meanwhile=None):
        self.world, self.content, self.asked_for = world, content, 0
        self.meanwhile = meanwhile

    async def __aiter__(self):
        self.asked_for += 1
        yield HEAD.format(day=self.world.today).encode()
        self.asked_for += 1
        if self.meanwhile is None:
            self.world.h.clock.offset += LIFETIME
        else:
            await self.meanwhile()
        yield self.content + b"\r\n--maillon--\r\n"


async def send(world, company, headers, upload, kind="multipart/form-data"):
    return await world.client.post(
        f"/companies/{company.id}/documents",
        content=upload,
        headers=headers | {"Content-Type": f"{kind}; boundary={BOUNDARY}"},
    )


async def documents(world, company):
    seen = await world.client.get(f"/companies/{company.id}/documents", headers=world.headers(company.founder))
    return seen.json()["items"]


async def test_a_token_that_expires_during_an_upload_is_void_at_its_end_and_nothing_is_stored(world):
    company = await world.company()
    upload = SlowUpload(world, PDF)
    refused = await send(world, company, world.headers(company.founder), upload)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert upload.asked_for == 2
    assert await documents(world, company) == []


async def test_one_that_had_expired_before_is_refused_with_the_body_unread_and_nothing_stored(world):
    company = await world.company()
    headers = world.headers(company.founder)
    world.h.clock.offset += LIFETIME
    upload = SlowUpload(world, PDF)
    refused = await send(world, company, headers, upload)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert upload.asked_for == 0
    assert await documents(world, company) == []


@pytest.mark.parametrize("kind", ["multipart/form-data", "Multipart/Form-Data"])
async def test_a_session_that_ends_during_an_upload_stores_nothing(world, kind):
    company = await world.company()

    async def end_the_session():
        caller = company.founder
        now = world.h.clock()
        ended = MemberAccessRevoked(member_id=caller.member_id, session_id=caller.session_id, revoked_at=now)
        await world.h.deliver(ended)
        await world.h.platform.revocations.refresh()

    upload = SlowUpload(world, PDF, end_the_session)
    refused = await send(world, company, world.headers(company.founder), upload, kind)
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert upload.asked_for == 2
    async with world.h.tx() as tx:
        assert (await tx.scalars(select(Document).where(Document.company_id == company.id))).all() == []
