"""A sales manager sees and invoices the work of the consultants they supervise, and no others' (CO-05)."""

from uuid import uuid4

import pytest
from billing_months import MissionMonth
from facturx_builder import invoice_pdf

from contracts.company import SupervisionChanged
from contracts.contracting import PaymentOption
from contracts.notification import NotificationRequested
from contracts.roles import Role


async def listed(h, path, headers):
    answer = await h.client.get(path, headers=headers)
    assert answer.status_code == 200, answer.text
    return len(answer.json()["items"])


@pytest.mark.req("CO-05")
class TestSupervision:
    @pytest.mark.parametrize("path", ["/bpfs", "/invoices"])
    async def test_shows_the_work_of_chosen_consultants_alone(self, h, given, path):
        month = await given()
        assert (await month.post(invoice_pdf(month.bpf))).status_code == 201
        assert await listed(h, path, await month.supervising(uuid4(), month.month.consultant_id)) == 1
        assert await listed(h, path, await month.supervising(uuid4())) == 0
        assert await listed(h, path, month.seller(Role.COMMERCIAL)) == 0
        assert await listed(h, path, month.seller()) == 1

    async def test_opens_each_of_them_and_nothing_else(self, h, given):
        month = await given()
        invoice = (await month.post(invoice_pdf(month.bpf))).json()
        chosen = await month.supervising(month.month.consultant_id)
        for path in (f"/bpfs/{month.bpf['id']}", f"/invoices/{invoice['id']}", f"/invoices/{invoice['id']}/file"):
            assert (await h.client.get(path, headers=chosen)).status_code == 200
            assert (await h.client.get(path, headers=month.seller(Role.COMMERCIAL))).status_code == 404

    async def test_lets_their_work_be_invoiced_alone(self, given):
        month = await given()
        pdf = invoice_pdf(month.bpf)
        assert (await month.post(pdf, headers=month.seller(Role.COMMERCIAL))).status_code == 404
        assert (await month.post(pdf, headers=await month.supervising(month.month.consultant_id))).status_code == 201

    async def test_only_who_follows_the_consultant_is_told_what_a_month_is_worth(self, h):
        month = MissionMonth()
        for event in month.known:
            await h.deliver(event)
        followers = [h.member(Role.COMMERCIAL, month.provider_id) for _ in range(2)]
        for caller, consultant in zip(followers, (month.consultant_id, uuid4()), strict=True):
            facts = {"member_id": caller.member_id, "company_id": month.provider_id, "consultants": [consultant]}
            await h.deliver(SupervisionChanged(affiliation_id=uuid4(), changed_at=h.clock(), version=1, **facts))
        await h.deliver(month.cra_validated)
        told = [one for one in await h.emitted(NotificationRequested) if one.template == "bpf_available"]
        assert told[-1].members == [followers[0].member_id]
        assert Role.COMMERCIAL not in told[-1].roles[0].roles

    async def test_only_who_follows_the_consultant_is_told_when_the_month_is_paid(self, h, given):
        month = await given(MissionMonth(option=PaymentOption.EXPRESS))
        follower, other = (h.member(Role.COMMERCIAL, month.month.provider_id) for _ in range(2))
        await month.supervising(month.month.consultant_id, by=follower)
        await month.supervising(uuid4(), by=other)
        invoice = (await month.post(invoice_pdf(month.bpf))).json()
        (told,) = [one for one in await h.emitted(NotificationRequested) if str(one.subject_id) == invoice["id"]]
        assert (told.template, told.members) == ("payment_scheduled", [follower.member_id])

    async def test_is_worth_nothing_for_a_rival(self, h, given):
        month = await given()
        rival = await month.supervising(month.month.consultant_id, by=h.member(Role.COMMERCIAL))
        assert await listed(h, "/bpfs", rival) == 0

    async def test_ends_and_does_not_come_back_by_an_older_event(self, h, given):
        month = await given()
        caller = h.member(Role.COMMERCIAL, month.month.provider_id)
        await month.supervising(month.month.consultant_id, version=2, by=caller)
        await month.supervising(version=4, by=caller)
        await month.supervising(month.month.consultant_id, version=3, by=caller)
        assert await listed(h, "/bpfs", h.headers(caller)) == 0
