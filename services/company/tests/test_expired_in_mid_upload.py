"""An access token is judged before a body is read, and once more when a long upload has arrived."""

from datetime import timedelta

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

    def __init__(self, world, content):
        self.world, self.content, self.asked_for = world, content, 0

    async def __aiter__(self):
        self.asked_for += 1
        yield HEAD.format(day=self.world.today).encode()
        self.asked_for += 1
        self.world.h.clock.offset += LIFETIME
        yield self.content + b"\r\n--maillon--\r\n"


async def send(world, company, headers, upload):
    return await world.client.post(
        f"/companies/{company.id}/documents",
        content=upload,
        headers=headers | {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}"},
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
