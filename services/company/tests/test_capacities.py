"""Who may sign for a company: declared with a proof, verified by staff (CO-48)."""

from datetime import timedelta

import pytest
from account_steps import declare_capacity as declare

from contracts.company import CompanyDetailsChanged
from contracts.roles import Role, StaffScope


async def decide(world, signatory_id, what="verification", headers=None, **changes):
    said = {"register": "infogreffe", "reference": "Délégation du 3 mars", "checked_on": str(world.today)}
    said = said | changes if what == "verification" else changes
    path = f"/staff/signatories/{signatory_id}/{what}"
    return await world.client.post(path, json=said, headers=headers or world.staff)


async def later(world, company):
    headers = await world.colleague(company, Role.COMMERCIAL)
    answer = await declare(world, company, headers)
    assert answer.status_code == 201, answer.text
    return headers, answer.json()


class TestDeclare:
    @pytest.mark.req("CO-48")
    async def test_by_a_colleague_waits_for_staff(self, world) -> None:
        company = await world.validated()
        _, said = await later(world, company)
        assert (said["verified"], said["capacity"]) == (False, "delegation")
        assert await world.events(CompanyDetailsChanged, company.id) == []
        proof = await world.client.get(f"/staff/signatories/{said['id']}/proof", headers=world.staff)
        assert proof.content.startswith(b"%PDF-")

    async def test_is_only_for_the_empowered(self, world, refused) -> None:
        company = await world.validated()
        answer = await declare(world, company, await world.colleague(company), empowered="false")
        refused(answer, 422, "not_empowered", "empowered")

    async def test_by_a_rival_finds_nothing(self, world, refused) -> None:
        company, rival = await world.validated(), await world.company()
        refused(await declare(world, company, rival.headers), 404, "company_not_found")

    async def test_again_after_a_refusal_is_looked_at_anew(self, world) -> None:
        company = await world.validated()
        headers, said = await later(world, company)
        await decide(world, said["id"], "refusal", reason="No signature on it")
        again = await declare(world, company, headers, capacity="corporate_officer")
        assert (again.json()["id"], again.json()["refusal_reason"]) == (said["id"], None)
        assert (await decide(world, said["id"])).status_code == 200

    async def test_of_what_is_verified_is_refused(self, world, refused) -> None:
        company = await world.validated()
        refused(await declare(world, company, company.headers), 409, "capacity_verified")


class TestVerify:
    @pytest.mark.req("CO-48")
    async def test_lets_the_member_sign_from_now_on(self, world) -> None:
        company = await world.validated()
        _, said = await later(world, company)
        answer = await decide(world, said["id"])
        assert (answer.status_code, answer.json()["verified"]) == (200, True)
        (told,) = await world.events(CompanyDetailsChanged, company.id)
        assert [str(one.member_id) for one in told.verified_signatories] == [
            str(company.founder.member_id),
            said["member_id"],
        ]
        (message,) = await world.messages("capacity_decided", company.id)
        assert [str(member) for member in message.members] == [said["member_id"]]
        (entry,) = [row for row in await world.audited(said["id"]) if row.action == "capacity.verified"]
        assert entry.actor == str(world.officer.member_id)

    @pytest.mark.req("CO-48")
    @pytest.mark.parametrize(("days", "status"), [(0, 200), (1, 422)])
    async def test_takes_a_check_up_to_today(self, world, days, status) -> None:
        _, said = await later(world, await world.validated())
        checked_on = str(world.today + timedelta(days))
        assert (await decide(world, said["id"], checked_on=checked_on)).status_code == status

    async def test_happens_once(self, world, refused) -> None:
        _, said = await later(world, await world.validated())
        await decide(world, said["id"])
        refused(await decide(world, said["id"]), 409, "capacity_verified")

    @pytest.mark.req("CO-48")
    async def test_may_be_taken_back(self, world) -> None:
        company = await world.validated()
        _, said = await later(world, company)
        await decide(world, said["id"])
        await decide(world, said["id"], "refusal", reason="The delegation ended")
        told = (await world.events(CompanyDetailsChanged, company.id))[-1]
        assert [one.member_id for one in told.verified_signatories] == [company.founder.member_id]

    async def test_is_for_compliance_staff(self, world, refused, stranger_id) -> None:
        company = await world.validated()
        _, said = await later(world, company)
        for headers in (company.headers, world.headers(world.h.staff(StaffScope.LEGAL))):
            refused(await decide(world, said["id"], headers=headers), 403, "forbidden")
            refused(await decide(world, said["id"], "refusal", headers, reason="x1"), 403, "forbidden")
            path = f"/staff/signatories/{said['id']}/proof"
            refused(await world.client.get(path, headers=headers), 403, "forbidden")
        refused(await decide(world, stranger_id), 404, "signatory_not_found")

    @pytest.mark.req("CO-48")
    async def test_before_the_validation_counts_with_it(self, world) -> None:
        company = await world.company()
        _, said = await later(world, company)
        await decide(world, said["id"])
        assert await world.events(CompanyDetailsChanged, company.id) == []
        validated = (await world.validate(company)).json()
        assert all(one["verified"] for one in validated["signatories"])


class TestCompany:
    @pytest.mark.req("CO-18")
    async def test_never_acts_but_through_a_member(self, world) -> None:
        company = await world.validated(
            bank={"iban": "FR7630006000011234567890189", "bic": "AGRIFRPPXXX", "holder": "P"}
        )
        _, said = await later(world, company)
        await decide(world, said["id"])
        await world.refuse(await world.company())
        known = {str(world.officer.member_id), str(company.founder.member_id), said["member_id"]}
        trail = [*await world.audited(company.id), *await world.audited(said["id"])]
        assert len(trail) >= 5
        assert {row.actor for row in trail} <= known
        assert company.id not in {row.actor for row in trail}
