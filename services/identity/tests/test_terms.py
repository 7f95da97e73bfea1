"""Terms and privacy policy: published as versions, read by anybody, accepted, and what may be shared."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import DBAPIError

from chassis.audit import audit_log
from contracts.roles import StaffScope
from identity.member.domain import Member
from identity.terms.domain import SHARING, Consent, SharingConsent, SharingPurpose, SharingText
from identity.terms.personal import DATA
from identity.terms.queries import agrees

FRENCH = "Les présentes conditions remplacent les précédentes. " * 3
ENGLISH = "These terms replace the former ones, and say so at some length. " * 3


@pytest.fixture
async def published(world):
    """Publish versions that are gone after the test, since others sign up under the first ones."""

    async def publish(name, *, days=0, scopes=(StaffScope.LEGAL,), **changes):
        body = {
            "document": "terms",
            "version": name,
            "effective_on": str((world.h.clock() + timedelta(days=days)).date()),
            "text_fr": FRENCH,
            "text_en": ENGLISH,
        }
        headers = world.h.headers(world.h.staff(*scopes))
        return await world.client.post("/staff/terms", json=body | changes, headers=headers)

    yield publish
    async with world.h.tx() as tx:
        await tx.execute(text("ALTER TABLE terms_versions DISABLE TRIGGER only_added_to"))
        await tx.execute(text("DELETE FROM terms_versions WHERE published_by IS NOT NULL"))
        await tx.execute(text("ALTER TABLE terms_versions ENABLE TRIGGER only_added_to"))


async def current(world, document="terms"):
    return (await world.client.get(f"/terms/{document}")).json()


class TestRead:
    @pytest.mark.req("PL-02")
    async def test_anybody_reads_the_version_and_date_in_force(self, world):
        answer = await world.client.get("/terms")
        assert answer.status_code == 200
        assert answer.json() == [
            {"document": document, "version": "2026-11-01", "effective_on": "2026-11-01"}
            for document in ("terms", "privacy")
        ]

    @pytest.mark.req("PL-02")
    @pytest.mark.parametrize("document", ["terms", "privacy"])
    async def test_the_text_begins_with_its_date_and_names_the_operator(self, world, document):
        read = await current(world, document)
        assert read["text_fr"].startswith("Version 2026-11-01, mise à jour du 01/11/2026\n")
        assert read["text_en"].startswith("Version 2026-11-01, updated 01/11/2026\n")
        for words in (read["text_fr"], read["text_en"]):
            assert "1 rue de l'Exemple, 75001 Paris" in words
            assert "{" not in words

    async def test_a_version_is_read_by_name_and_an_unknown_one_is_not_there(self, world):
        found = await world.client.get("/terms/terms/versions/2026-11-01")
        assert found.json() == await current(world)
        missing = await world.client.get("/terms/terms/versions/1999")
        assert (missing.status_code, missing.json()["code"]) == (404, "terms_not_found")


class TestPublish:
    @pytest.mark.req("PL-01")
    async def test_takes_effect_today_without_notice_and_is_audited(self, world, published):
        answer = await published("2027-a")
        assert answer.status_code == 201
        assert (await current(world))["version"] == "2027-a"
        async with world.h.tx() as tx:
            act = (await tx.execute(select(audit_log).where(audit_log.c.subject == "terms/2027-a"))).one()
        assert act.action == "terms.published"

    @pytest.mark.req("PL-01")
    async def test_waits_for_its_day_and_then_binds(self, world, published):
        assert (await published("2027-b", days=2)).status_code == 201
        day = timedelta(days=1)
        world.h.clock.offset = day
        assert (await current(world))["version"] == "2026-11-01"
        world.h.clock.offset = 2 * day
        assert (await current(world))["version"] == "2027-b"
        versions = (await world.client.get("/terms/terms/versions")).json()
        assert [kept["version"] for kept in versions] == ["2027-b", "2026-11-01"]

    async def test_is_refused_for_a_day_that_has_passed(self, world, published):
        answer = await published("2027-c", days=-1)
        assert (answer.status_code, answer.json()["code"]) == (422, "terms_in_the_past")
        assert answer.json()["errors"][0]["field"] == "effective_on"

    @pytest.mark.req("PL-01")
    async def test_never_changes_what_was_published(self, world, published):
        assert (await published("2027-d")).status_code == 201
        again = await published("2027-d", text_fr=ENGLISH)
        assert (again.status_code, again.json()["code"]) == (409, "terms_version_taken")
        assert FRENCH in (await current(world))["text_fr"]
        with pytest.raises(DBAPIError, match="never changes"):
            async with world.h.tx() as tx:
                await tx.execute(text("UPDATE terms_versions SET text_fr = 'x'"))

    async def test_of_two_at_once_one_is_published(self, world, published):
        answers = await asyncio.gather(*(published("2027-e") for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    @pytest.mark.parametrize("scope", sorted(set(StaffScope) - {StaffScope.LEGAL}))
    async def test_is_for_legal_staff_alone(self, world, published, scope):
        assert (await published("2027-f", scopes=[scope])).status_code == 403

    @pytest.mark.parametrize(
        "changes", [{"version": "../x"}, {"version": ""}, {"text_fr": "short"}, {"document": "cookies"}]
    )
    async def test_names_the_field_that_is_wrong(self, world, published, changes):
        answer = await published("2027-g", **changes)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] in changes


class TestAccept:
    @pytest.mark.req("PL-21")
    async def test_the_contract_starts_with_the_acceptance_at_sign_up(self, world, published):
        account = await world.activated()
        started = (await world.client.get("/members/me", headers=account.headers)).json()["contract_started_at"]
        async with world.h.tx() as tx:
            accepted = select(Consent).where(Consent.member_id == account.id, Consent.document == "terms")
            first = (await tx.scalars(accepted)).one()
            member = await tx.get_one(Member, account.id)
        assert first.accepted_at == member.signed_up_at
        assert started == first.accepted_at.isoformat().replace("+00:00", "Z")
        await published("2028-a")
        await world.client.post(
            "/members/me/consents", json={"document": "terms", "version": "2028-a"}, headers=account.headers
        )
        again = (await world.client.get("/members/me", headers=account.headers)).json()
        assert again["contract_started_at"] == started

    @pytest.mark.req("PL-01")
    async def test_a_new_version_is_due_until_it_is_accepted(self, world, published):
        account = await world.activated()
        assert (await self.consents(world, account))["due"] == []
        await published("2028-b")
        assert [due["version"] for due in (await self.consents(world, account))["due"]] == ["2028-b"]
        me = await world.client.get("/members/me", headers=account.headers)
        assert me.json()["documents_due"] == ["terms"]
        answers = await asyncio.gather(*(self.accept(world, account, "2028-b") for _ in range(3)))
        assert [answer.status_code for answer in answers] == [201, 201, 201]
        seen = await self.consents(world, account)
        assert seen["due"] == []
        assert [kept["document_version"] for kept in seen["accepted"]].count("2028-b") == 1

    @pytest.mark.req("PL-01")
    async def test_only_the_version_in_force_is_accepted(self, world, published):
        account = await world.activated()
        await published("2028-c", days=1)
        answer = await self.accept(world, account, "2028-c")
        assert (answer.status_code, answer.json()["code"]) == (409, "not_the_current_terms")
        assert answer.json()["errors"][0]["field"] == "version"

    @staticmethod
    async def consents(world, account):
        return (await world.client.get("/members/me/consents", headers=account.headers)).json()

    @staticmethod
    async def accept(world, account, version):
        body = {"document": "terms", "version": version}
        return await world.client.post("/members/me/consents", json=body, headers=account.headers)


class TestSharing:
    @staticmethod
    async def choose(world, account, agreed, purpose="newsletter"):
        return await world.client.put(
            f"/members/me/sharing/{purpose}", json={"agreed": agreed}, headers=account.headers
        )

    @pytest.mark.req("PL-07")
    async def test_nothing_is_shared_until_the_member_agrees_and_no_longer_after(self, world):
        account = await world.activated()
        consents = (await world.client.get("/members/me/consents", headers=account.headers)).json()
        assert {row["purpose"]: row["agreed"] for row in consents["sharing"]} == dict.fromkeys(SharingPurpose, False)
        for agreed in (True, False):
            answer = await self.choose(world, account, agreed)
            assert answer.status_code == 200
            shown = {row["purpose"]: row["agreed"] for row in answer.json()["sharing"]}
            assert shown == dict.fromkeys(SharingPurpose, False) | {"newsletter": agreed}
            async with world.h.tx() as tx:
                assert await agrees(tx, account.id, SharingPurpose.NEWSLETTER) is agreed

    @pytest.mark.req("PL-07")
    async def test_the_log_keeps_every_agreement_with_its_withdrawal(self, world):
        account = await world.activated()
        for agreed in (True, True, False, False, True):
            answer = await self.choose(world, account, agreed)
        log = [(row["purpose"], row["withdrawn_at"] is None) for row in answer.json()["sharing_log"]]
        assert log == [("newsletter", False), ("newsletter", True)]
        async with world.h.tx() as tx:
            acts = list(await tx.scalars(select(audit_log.c.action).where(audit_log.c.subject == str(account.id))))
        assert (acts.count("sharing.agreed"), acts.count("sharing.withdrawn")) == (2, 1)

    async def test_agreed_many_times_at_once_is_one_agreement(self, world):
        account = await world.activated()
        answers = await asyncio.gather(*(self.choose(world, account, agreed=True) for _ in range(5)))
        assert {answer.status_code for answer in answers} == {200}
        assert len(answers[-1].json()["sharing_log"]) == 1

    @pytest.mark.req("PL-07")
    async def test_another_wording_is_not_agreed_to(self, world, monkeypatch):
        account = await world.activated()
        await self.choose(world, account, agreed=True)
        monkeypatch.setitem(SHARING, SharingPurpose.NEWSLETTER, SharingText("2030", "Autre", "Other"))
        async with world.h.tx() as tx:
            assert not await agrees(tx, account.id, SharingPurpose.NEWSLETTER)
        answer = await self.choose(world, account, agreed=True)
        assert [row["text_version"] for row in answer.json()["sharing_log"]] == ["2026-11-01", "2030"]


class TestRetention:
    """Five years: after the account for acceptances, after the withdrawal for what was shared (PL-08)."""

    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("days", "left"), [(0, 2), (2, 0)])
    async def test_acceptances_go_five_years_after_the_account(self, world, days, left):
        account = await world.activated()
        async with world.h.tx() as tx:
            erased_at = tx.now
            await tx.execute(update(Member).where(Member.id == account.id).values(erased_at=erased_at))
            await DATA[0].forget(tx, erased_at.replace(year=erased_at.year + 5) + timedelta(days=days))
            kept = list(await tx.scalars(select(Consent).where(Consent.member_id == account.id)))
            assert len(kept) == left

    @pytest.mark.req("PL-08")
    @pytest.mark.parametrize(("days", "left"), [(0, 1), (2, 0)])
    async def test_agreements_go_five_years_after_the_withdrawal(self, world, days, left):
        account = await world.activated()
        for agreed in (True, False):
            await TestSharing.choose(world, account, agreed)
        async with world.h.tx() as tx:
            await DATA[1].forget(tx, tx.now.replace(year=tx.now.year + 5) + timedelta(days=days))
            kept = list(await tx.scalars(select(SharingConsent).where(SharingConsent.member_id == account.id)))
            assert len(kept) == left
