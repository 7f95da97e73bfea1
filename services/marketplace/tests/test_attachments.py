"""Files that come with a proposal."""

import asyncio

import pytest
from proposal_steps import PDF, attach, read, sides
from sqlalchemy import select

from chassis.testing import small_pdf
from contracts.identity import MemberErased
from marketplace.attachment.domain import Attachment
from marketplace.attachment.removed import drop_removed

ACTIVE = small_pdf("with a script").replace(b"/Catalog", b"/Catalog/OpenAction<</S/JavaScript/JS(app.alert\\(1\\))>>")


async def listed(market, caller, proposal):
    return (await market.call("GET", f"/proposals/{proposal['id']}/attachments", caller)).json()["items"]


async def fetch(market, caller, added):
    return await market.call("GET", f"/attachments/{added['id']}/file", caller)


class TestAttach:
    async def test_the_client_reads_what_was_added_and_thinks_anew(self, market):
        buyer, seller, proposal = await sides(market)
        added = await attach(market, seller, proposal)
        assert (added.status_code, added.json()["name"]) == (201, "cv.pdf")
        assert (await read(market, seller, proposal))["status"] == "ongoing"
        assert await listed(market, buyer, proposal) == [added.json()]
        file = await fetch(market, buyer, added.json())
        assert (file.content, file.headers["content-type"]) == (PDF, "application/pdf")
        assert file.headers["content-disposition"].startswith("attachment")

    async def test_five_at_most_however_many_come_at_once(self, market):
        _, seller, proposal = await sides(market)
        answers = await asyncio.gather(*(attach(market, seller, proposal, name=f"{n}.pdf") for n in range(6)))
        assert sorted(answer.status_code for answer in answers) == [201] * 5 + [409]
        [refused] = [answer for answer in answers if answer.status_code == 409]
        assert refused.json()["code"] == "too_many_attachments"

    @pytest.mark.parametrize(
        ("content", "name"),
        [(b"<html>", "cv.pdf"), (PDF, "cv.exe"), (ACTIVE, "cv.pdf"), (b"\x89PNG\r\n\x1a\n", "cv.png"), (b"", "cv.pdf")],
    )
    async def test_anything_but_a_harmless_pdf_is_refused(self, market, content, name):
        _, seller, proposal = await sides(market)
        answer = await attach(market, seller, proposal, content, name)
        assert (answer.status_code, answer.json()["code"]) == (422, "file_not_accepted")
        assert await listed(market, seller, proposal) == []

    async def test_refused_once_appointed(self, market):
        buyer, seller, proposal = await sides(market)
        await market.retain(buyer, proposal)
        assert (await attach(market, seller, proposal)).status_code == 409

    async def test_a_rival_finds_nothing(self, market):
        _, seller, proposal = await sides(market)
        added = (await attach(market, seller, proposal)).json()
        for rival in (await market.buyer(), await market.seller()):
            assert (await fetch(market, rival, added)).json()["code"] == "attachment_not_found"
            url = f"/proposals/{proposal['id']}/attachments"
            assert (await market.call("GET", url, rival)).json()["code"] == "proposal_not_found"
        assert (await attach(market, await market.seller(), proposal)).status_code == 404

    async def test_what_is_taken_back_leaves_the_store(self, market):
        _, seller, proposal = await sides(market)
        added = (await attach(market, seller, proposal)).json()
        removed = await market.call("DELETE", f"/attachments/{added['id']}", seller)
        assert removed.status_code == 204
        assert (await fetch(market, seller, added)).status_code == 404
        assert await drop_removed(market.h.platform) >= 1
        async with market.h.tx() as tx:
            assert await tx.scalar(select(Attachment.id).where(Attachment.id == added["id"])) is None

    @pytest.mark.req("ID-41", "PL-08")
    async def test_the_files_about_somebody_go_with_their_account(self, market):
        buyer, seller, proposal = await sides(market)
        added = (await attach(market, seller, proposal)).json()
        erased = MemberErased(member_id=proposal["consultant_id"], erased_at=market.h.clock())
        await market.h.deliver(erased)
        assert (await fetch(market, buyer, added)).status_code == 404
        assert await drop_removed(market.h.platform) >= 1
