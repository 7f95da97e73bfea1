"""A validated month becomes a BPF, once, and only those concerned read it."""

import asyncio
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from billing_months import MissionMonth, foreign_identity, french_identity
from sqlalchemy import func, select

from billing.bpf.domain import ALLOWED, Bpf, BpfAlreadyInvoiced, BpfStatus, Issuer
from chassis.errors import Forbidden, IllegalMove, NotReady
from chassis.transitions import check_move
from contracts.company import CompanyDetailsChanged, TaxStatus
from contracts.notification import NotificationRequested
from contracts.permissions import Permission, allows
from contracts.roles import CLIENT_ROLES, PROVIDER_ROLES, SELLERS, Role


async def count_bpfs(h, month):
    async with h.tx() as tx:
        return await tx.scalar(select(func.count()).select_from(Bpf).where(Bpf.cra_id == month.cra_id))


class TestIssue:
    @pytest.mark.req("BL-01", "BL-02")
    async def test_repeats_what_the_client_validated(self, given):
        month = MissionMonth(days="17.5", daily_rate="487.55")
        bpf = (await given(month)).bpf
        assert bpf["cra_id"] == str(month.cra_id)
        assert bpf["month"] == "2026-10"
        assert bpf["period"] == {"start": "2026-10-01", "end": "2026-10-31"}
        assert bpf["order_reference"] == month.bdc_issued.reference
        assert bpf["consultant_name"] == "Camille Martin"
        (line,) = bpf["lines"]
        assert line["quantity"] == "17.50"
        assert line["unit_price"] == {"amount": "487.55", "currency": "EUR"}
        assert line["net"]["amount"] == bpf["net"]["amount"] == "8532.13"
        assert (bpf["vat"]["amount"], bpf["gross"]["amount"]) == ("1706.43", "10238.56")
        assert bpf["status"] == "open"

    async def test_the_same_event_twice_gives_one_bpf_and_one_mail(self, h, given):
        month = MissionMonth()
        for event in month.known:
            await h.deliver(event)
        seen = await h.deliver(month.cra_validated)
        await h.deliver(month.cra_validated, event_id=seen)
        await h.deliver(month.cra_validated)
        assert await count_bpfs(h, month) == 1
        told = [
            m for m in await h.emitted(NotificationRequested) if month.provider_id in {r.company_id for r in m.roles}
        ]
        assert [m.template for m in told] == ["bpf_available"]
        assert told[0].context == {
            "bpf_reference": told[0].context["bpf_reference"],
            "title": "Refonte du portail",
            "month": "2026-10",
            "net": "9000.00",
        }
        assert set(told[0].roles[0].roles) == {Role.GERANT, Role.FREELANCE}

    async def test_two_deliveries_at_once_give_one_bpf(self, h):
        month = MissionMonth()
        for event in month.known:
            await h.deliver(event)
        await asyncio.gather(*(h.deliver(month.cra_validated) for _ in range(5)))
        assert await count_bpfs(h, month) == 1

    async def test_waits_for_the_terms_of_the_order(self, h):
        month = MissionMonth()
        await h.deliver(month.company_validated)
        await h.deliver(month.client_validated)
        with pytest.raises(NotReady):
            await h.deliver(month.cra_validated)
        await h.deliver(month.bdc_issued)
        await h.deliver(month.cra_validated)
        assert await count_bpfs(h, month) == 1

    @pytest.mark.parametrize("absent", ["company_validated", "client_validated"])
    async def test_waits_for_the_identity_of_each_party(self, h, absent):
        month = MissionMonth()
        for event in month.known:
            if event != getattr(month, absent):
                await h.deliver(event)
        with pytest.raises(NotReady):
            await h.deliver(month.cra_validated)
        await h.deliver(getattr(month, absent))
        await h.deliver(month.cra_validated)
        assert await count_bpfs(h, month) == 1

    async def test_is_not_changed_by_what_the_company_becomes(self, h, given):
        months = await given()
        changed = months.month.identity.model_copy(update={"name": "Autre nom", "tax_status": TaxStatus.VAT_EXEMPT})
        event = CompanyDetailsChanged(
            version=2,
            company_id=months.month.provider_id,
            legal=changed,
            bank_details_on_file=True,
            changed_at=datetime.now(UTC),
        )
        await h.deliver(event)
        after = (await h.client.get(f"/bpfs/{months.bpf['id']}", headers=months.seller())).json()
        assert after == months.bpf


class TestVat:
    @pytest.mark.parametrize(
        ("identity", "category", "vat", "mention"),
        [
            (french_identity(), "S", "1800.00", None),
            (french_identity(TaxStatus.VAT_EXEMPT), "E", "0.00", "TVA non applicable, art. 293 B du CGI"),
            (foreign_identity("DE", "DE136695976"), "AE", "0.00", "Autoliquidation, art. 283-2 du CGI"),
            (foreign_identity("CH", None), "O", "0.00", "Autoliquidation, art. 283-2 du CGI"),
        ],
        ids=["france", "small business", "member state", "elsewhere"],
    )
    async def test_follows_the_provider(self, given, identity, category, vat, mention):
        bpf = (await given(MissionMonth(identity=identity))).bpf
        assert (bpf["lines"][0]["vat_category"], bpf["vat"]["amount"], bpf["vat_mention"]) == (category, vat, mention)


class TestNumbering:
    async def test_has_no_gap_and_no_double_whoever_comes_at_once(self, h):
        months = [MissionMonth() for _ in range(12)]
        for month in months:
            for event in month.known:
                await h.deliver(event)
        refused = MissionMonth()

        async def refuse():
            with pytest.raises(NotReady):
                await h.deliver(refused.cra_validated)

        await asyncio.gather(*(h.deliver(month.cra_validated) for month in months), *(refuse() for _ in range(3)))
        async with h.tx() as tx:
            numbers = [
                int(r.rsplit("-", 1)[1]) for r in (await tx.scalars(select(Bpf.reference))).all() if "-2026-" in r
            ]
        assert sorted(numbers) == list(range(1, len(numbers) + 1))

    async def test_starts_again_with_the_year_in_paris(self, h):
        present = h.clock()
        months = [MissionMonth(), MissionMonth()]
        for month in months:
            for event in month.known:
                await h.deliver(event)
        try:
            h.clock.set(datetime(2029, 12, 31, 22, 59, tzinfo=UTC))
            await h.deliver(months[0].cra_validated)
            h.clock.set(datetime(2029, 12, 31, 23, 1, tzinfo=UTC))
            await h.deliver(months[1].cra_validated)
        finally:
            h.clock.set(present)
        async with h.tx() as tx:
            ids = [month.cra_id for month in months]
            rows = (await tx.execute(select(Bpf.reference, Bpf.issued_on).where(Bpf.cra_id.in_(ids)))).all()
        assert set(rows) == {("BPF-2029-1", date(2029, 12, 31)), ("BPF-2030-1", date(2030, 1, 1))}


class TestRead:
    @pytest.mark.req("BL-03")
    @pytest.mark.parametrize("role", sorted(PROVIDER_ROLES))
    async def test_is_for_those_who_sell_for_the_provider(self, h, given, role):
        month = await given()
        seller = await month.selling(role)
        answer = await h.client.get(f"/bpfs/{month.bpf['id']}", headers=seller)
        listed = await h.client.get("/bpfs", headers=seller)
        if role not in SELLERS:
            assert (answer.status_code, listed.status_code) == (403, 403)
            return
        assert (answer.status_code, len(listed.json()["items"])) == (200, 1)

    @pytest.mark.req("BL-03")
    async def test_is_for_the_operational_manager_of_the_mission(self, h, given):
        month = await given()
        assert (await h.client.get(f"/bpfs/{month.bpf['id']}", headers=month.manager())).json() == month.bpf
        assert (await h.client.get("/bpfs", headers=month.manager())).json()["items"] == [month.bpf]

    @pytest.mark.req("BL-03")
    @pytest.mark.parametrize("role", sorted(CLIENT_ROLES))
    async def test_is_not_for_others_of_the_client(self, h, given, role):
        month = await given()
        other = h.headers(h.member(role, month.month.client_id))
        answer, listed = [await h.client.get(path, headers=other) for path in (f"/bpfs/{month.bpf['id']}", "/bpfs")]
        if allows(Permission.READ_BPFS, role):
            assert (answer.status_code, listed.json()["items"]) == (404, [])
        else:
            assert (answer.status_code, listed.status_code) == (403, 403)

    async def test_is_not_for_a_manager_who_left_the_client(self, h, given):
        month = await given()
        gone = h.headers(h.member(Role.RESPONSABLE_PROJET, uuid4(), month.month.manager_id))
        assert (await h.client.get(f"/bpfs/{month.bpf['id']}", headers=gone)).status_code == 404

    async def test_is_not_for_a_rival(self, h, given):
        month = await given()
        rival = h.headers(h.member(Role.GERANT))
        assert (await h.client.get(f"/bpfs/{month.bpf['id']}", headers=rival)).status_code == 404
        assert (await h.client.get("/bpfs", headers=rival)).json()["items"] == []

    async def test_needs_an_affiliation(self, h):
        assert (await h.client.get("/bpfs", headers=h.headers(h.member()))).status_code == 403

    async def test_can_be_narrowed_to_a_status(self, h, given):
        month = await given()
        assert len((await h.client.get("/bpfs?status=open", headers=month.seller())).json()["items"]) == 1
        assert (await h.client.get("/bpfs?status=invoiced", headers=month.seller())).json()["items"] == []
        assert (await h.client.get("/bpfs?status=lost", headers=month.seller())).status_code == 422


class TestMoves:
    @pytest.mark.parametrize("target", BpfStatus)
    @pytest.mark.parametrize("present", BpfStatus)
    @pytest.mark.parametrize("actor", [*Role, Issuer.PLATFORM])
    def test_sellers_and_the_platform_invoice_an_open_one_and_the_platform_opens_it_again(self, present, target, actor):
        invoicing = (present, target) == (BpfStatus.OPEN, BpfStatus.INVOICED) and actor in {*SELLERS, Issuer.PLATFORM}
        reopening = (present, target) == (BpfStatus.INVOICED, BpfStatus.OPEN) and actor is Issuer.PLATFORM
        if invoicing or reopening:
            assert check_move(ALLOWED, present, target, actor) is target
        else:
            with pytest.raises((Forbidden, IllegalMove)):
                check_move(ALLOWED, present, target, actor)

    def test_is_invoiced_once(self):
        bpf = Bpf(status=BpfStatus.OPEN.value, version=1)
        bpf.mark_invoiced(Role.GERANT)
        assert (bpf.status, bpf.version) == ("invoiced", 2)
        with pytest.raises(BpfAlreadyInvoiced):
            bpf.mark_invoiced(Role.GERANT)

    def test_a_refused_move_changes_nothing(self):
        bpf = Bpf(status=BpfStatus.OPEN.value, version=1)
        with pytest.raises(Forbidden):
            bpf.mark_invoiced(Role.CONSULTANT)
        assert (bpf.status, bpf.version) == ("open", 1)


class TestArithmetic:
    @pytest.mark.parametrize(
        ("rate", "days", "net", "vat"),
        [
            ("500.00", "18", "9000.00", "1800.00"),
            ("333.33", "0.5", "166.67", "33.33"),
            ("0.01", "0.5", "0.01", "0.00"),
            ("999999.99", "31", "30999999.69", "6199999.94"),
            ("500.00", "0", "0.00", "0.00"),
        ],
    )
    async def test_is_exact_and_rounded_once(self, given, rate, days, net, vat):
        bpf = (await given(MissionMonth(daily_rate=rate, days=days))).bpf
        assert (bpf["net"]["amount"], bpf["vat"]["amount"]) == (net, vat)
        assert Decimal(bpf["gross"]["amount"]) == Decimal(net) + Decimal(vat)
