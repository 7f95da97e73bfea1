import asyncio
import hashlib
from datetime import date, timedelta

import pytest

from chassis.clock import months_after
from chassis.testing import small_pdf
from contracts.company import ComplianceChanged
from contracts.roles import HEADS, ProfileType, StaffScope

PNG = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x06\x00\x00\x00\x1f\x15\xc4\x89"
PDF = small_pdf()
TYPES = ["urssaf_certificate", "registration_extract", "sworn_tax_statement", "sworn_employment_statement"]


async def compliance(world, company, headers=None):
    return await world.client.get(f"/companies/{company.id}/compliance", headers=headers or company.headers)


async def listed(world, company):
    page = await world.client.get(f"/companies/{company.id}/documents", headers=company.headers)
    return [(line["type"], line["status"]) for line in page.json()["items"]]


class TestUpload:
    @pytest.mark.req("CO-28", "CO-18")
    async def test_keeps_the_file_and_its_hash(self, world) -> None:
        company = await world.company()
        answer = await world.upload(company, "urssaf_certificate", content=PDF)
        assert answer.status_code == 201
        found = answer.json()
        assert (found["status"], found["media_type"], found["file_name"]) == (
            "uploaded",
            "application/pdf",
            "certificate.pdf",
        )
        assert found["sha256"] == hashlib.sha256(PDF).hexdigest()
        assert found["uploaded_by"] == str(company.founder.member_id)
        assert found["expires_on"] == str(months_after(world.today, 6))
        (act,) = await world.audited(found["id"])
        assert (act.action, act.actor) == ("document.uploaded", str(company.founder.member_id))

    async def test_takes_pictures(self, world) -> None:
        company = await world.company()
        answer = await world.upload(company, "registration_extract", content=PNG, name="kbis.png")
        assert answer.json()["media_type"] == "image/png"

    @pytest.mark.parametrize(
        ("content", "name"),
        [(b"MZ\x90\x00", "a.pdf"), (b"", "a.pdf"), (PDF, "a.exe"), (PNG, "a.pdf"), (b"<html>", "a.pdf")],
    )
    async def test_refuses_other_files(self, world, refused, content, name) -> None:
        company = await world.company()
        answer = await world.upload(company, "urssaf_certificate", content=content, name=name)
        refused(answer, 422, "file_not_accepted", "file")
        assert await listed(world, company) == []

    async def test_refuses_a_file_that_is_too_large(self, world, refused) -> None:
        company = await world.company()
        answer = await world.upload(company, "urssaf_certificate", content=PDF + b"\x00" * (10 * 1024 * 1024))
        refused(answer, 413, "file_too_large", "file")

    @pytest.mark.req("CO-30")
    async def test_takes_dates_between_six_months_ago_and_today(self, world, refused) -> None:
        company = await world.company()
        today = world.today
        oldest = next(d for n in range(175, 190) if months_after(d := today - timedelta(n), 6) <= today)
        refused(await world.upload(company, "urssaf_certificate", oldest), 422, "document_too_old", "issued_on")
        tomorrow = today + timedelta(1)
        refused(await world.upload(company, "urssaf_certificate", tomorrow), 422, "issued_in_the_future", "issued_on")
        for day in (oldest + timedelta(1), today):
            assert (await world.upload(company, "urssaf_certificate", day)).status_code == 201

    async def test_takes_only_what_is_asked(self, world, refused) -> None:
        company = await world.company(ProfileType.CLIENT)
        answer = await world.upload(company, "urssaf_certificate")
        refused(answer, 422, "document_type_not_expected", "type")
        refused(await world.upload(company, "novel"), 422, "invalid_request", "type")

    @pytest.mark.req("CO-28")
    async def test_replaces_the_former_one_and_keeps_it_in_the_history(self, world) -> None:
        company = await world.company()
        for kind in ("urssaf_certificate", "registration_extract", "urssaf_certificate"):
            await world.upload(company, kind)
        assert await listed(world, company) == [
            ("urssaf_certificate", "uploaded"),
            ("registration_extract", "uploaded"),
            ("urssaf_certificate", "replaced"),
        ]
        current = (await compliance(world, company)).json()["documents"]
        assert [line["type"] for line in current] == ["urssaf_certificate", "registration_extract"]

    @pytest.mark.req("CO-22")
    async def test_is_for_heads(self, world, refused) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company)
        refused(await world.upload(company, "urssaf_certificate", headers=colleague), 403, "forbidden")
        refused(await world.upload(company, "urssaf_certificate", headers=rival.headers), 404, "company_not_found")
        refused(await world.upload(company, "urssaf_certificate", headers=world.staff), 404, "company_not_found")


class TestRead:
    @pytest.mark.req("CO-28")
    async def test_is_for_the_own_company_and_staff(self, world, refused, stranger_id) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company)
        await world.upload(company, "urssaf_certificate")
        for part in ("compliance", "documents"):
            path = f"/companies/{company.id}/{part}"
            for headers in (company.headers, colleague, world.staff):
                assert (await world.client.get(path, headers=headers)).status_code == 200
            contracts = world.headers(world.h.staff(StaffScope.CONTRACTS))
            for headers in (rival.headers, contracts):
                refused(await world.client.get(path, headers=headers), 404, "company_not_found")
            unknown = await world.client.get(f"/companies/{stranger_id}/{part}", headers=world.staff)
            refused(unknown, 404, "company_not_found")

    @pytest.mark.req("CO-30", "CO-31", "CO-32", "CO-33", "CO-34")
    async def test_says_what_is_asked_and_what_is_missing(self, world) -> None:
        found = (await compliance(world, await world.company())).json()
        assert found["compliant"] is False
        assert set(found["missing"]) == {*TYPES, "foreign_worker_list"}
        urssaf = next(line for line in found["requirements"] if line["type"] == "urssaf_certificate")
        assert (urssaf["basis"], urssaf["months"], urssaf["required"]) == ("legal_minimum", 6, True)

    async def test_gives_the_very_file_as_an_attachment(self, world) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate", content=PDF)).json()
        for headers in (company.headers, world.staff):
            answer = await world.client.get(f"/documents/{document['id']}/file", headers=headers)
            assert (answer.status_code, answer.content) == (200, PDF)
            assert answer.headers["content-type"] == "application/pdf"
            assert answer.headers["content-disposition"].startswith("attachment")

    async def test_of_the_file_is_not_for_others(self, world, refused, stranger_id) -> None:
        company, rival = await world.company(), await world.company()
        colleague = await world.colleague(company)
        document = (await world.upload(company, "foreign_worker_list")).json()
        path = f"/documents/{document['id']}/file"
        refused(await world.client.get(path, headers=rival.headers), 404, "document_not_found")
        refused(await world.client.get(path, headers=world.headers(world.h.member())), 404, "document_not_found")
        refused(await world.client.get(path, headers=colleague), 403, "forbidden")
        unknown = await world.client.get(f"/documents/{stranger_id}/file", headers=world.staff)
        refused(unknown, 404, "document_not_found")


class TestReview:
    @pytest.mark.req("CO-38", "CO-41")
    @pytest.mark.parametrize(
        ("exists", "authentic", "status"),
        [(True, True, "accepted"), (True, False, "refused"), (False, True, "refused"), (False, False, "refused")],
    )
    async def test_keeps_both_outcomes_reviewer_and_date(self, world, exists, authentic, status) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate")).json()
        answer = await world.review(document["id"], exists=exists, authentic=authentic, comment="Unreadable seal")
        assert answer.status_code == 200
        (seen,) = (await compliance(world, company)).json()["documents"]
        assert (seen["status"], seen["exists"], seen["authentic"]) == (status, exists, authentic)
        assert seen["comment"] == "Unreadable seal"
        assert seen["reviewed_by"] == str(world.officer.member_id)
        assert seen["reviewed_at"] is not None
        _, act = await world.audited(document["id"])
        assert act.details["authentic"] is authentic

    @pytest.mark.req("CO-41")
    @pytest.mark.parametrize("comment", [None, "", "  "])
    async def test_needs_a_comment_to_refuse(self, world, comment) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate")).json()
        answer = await world.review(document["id"], authentic=False, comment=comment)
        assert answer.status_code == 422
        assert answer.json()["errors"][0]["field"] == "comment"
        assert await listed(world, company) == [("urssaf_certificate", "uploaded")]

    @pytest.mark.req("CO-41")
    async def test_tells_the_heads_of_a_refusal_only(self, world) -> None:
        company = await world.company()
        await world.accepted(company, "registration_extract")
        assert await world.messages("document_refused", company.id) == []
        document = (await world.upload(company, "urssaf_certificate")).json()
        await world.review(document["id"], authentic=False, comment="Unknown to urssaf.fr")
        (message,) = await world.messages("document_refused", company.id)
        assert message.context == {
            "company_name": "La Poste",
            "document_type": "urssaf_certificate",
            "comment": "Unknown to urssaf.fr",
        }
        assert set(message.roles[0].roles) == HEADS

    async def test_happens_once(self, world, refused) -> None:
        document = await world.accepted(await world.company(), "urssaf_certificate")
        refused(await world.review(document["id"]), 409, "illegal_move")
        refused(await world.review(document["id"], authentic=False, comment="x"), 409, "illegal_move")

    async def test_of_a_replaced_document_is_refused(self, world, refused) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate")).json()
        await world.upload(company, "urssaf_certificate")
        refused(await world.review(document["id"]), 409, "illegal_move")

    @pytest.mark.req("CO-30")
    async def test_accepts_none_that_grew_too_old_while_it_waited_and_leaves_the_one_in_force(
        self, world, refused
    ) -> None:
        """A certificate of 21 May serves up to 20 November: reviewed a day later it must not oust a younger one."""
        world.move_to(date(2026, 11, 20))
        company = await world.compliant(date(2026, 11, 1))
        before = await world.events(ComplianceChanged, company.id)
        late = (await world.upload(company, "urssaf_certificate", date(2026, 5, 21))).json()
        world.move_to(date(2026, 11, 21))
        company.headers = world.headers(company.founder)
        refused(await world.review(late["id"]), 422, "document_too_old")
        assert (await world.review(late["id"], authentic=False, comment="Too old")).status_code == 200
        assert await world.events(ComplianceChanged, company.id) == before
        assert ("urssaf_certificate", "accepted") in await listed(world, company)

    @pytest.mark.req("CO-30")
    async def test_accepts_one_on_the_last_day_on_which_it_holds(self, world) -> None:
        world.move_to(date(2026, 11, 20))
        company = await world.company()
        assert (await world.accepted(company, "urssaf_certificate", date(2026, 5, 21)))["status"] == "accepted"

    async def test_is_for_compliance_staff(self, world, refused, stranger_id) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate")).json()
        for headers in (company.headers, world.headers(world.h.staff(StaffScope.CONTRACTS))):
            refused(await world.review(document["id"], headers), 403, "forbidden")
        refused(await world.review(stranger_id), 404, "document_not_found")


class TestCompliance:
    async def test_is_told_when_the_last_document_is_accepted_and_only_then(self, world) -> None:
        company = await world.compliant()
        changes = await world.events(ComplianceChanged, company.id)
        assert [change.compliant for change in changes] == [False] * 10 + [True]
        assert [len(change.missing) for change in changes] == [5, 5, 4, 4, 3, 3, 2, 2, 1, 1, 0]
        assert [[one.requirement for one in change.shortcomings] for change in changes] == [c.missing for c in changes]
        reasons = [sorted({one.reason.value for one in change.shortcomings}) for change in changes]
        assert reasons == [["absent"], *([["absent", "awaiting_review"], ["absent"]] * 4), ["awaiting_review"], []]
        assert changes[-1].valid_until == months_after(world.today, 6) - timedelta(1)
        versions = [change.version for change in changes]
        assert versions == sorted(set(versions))

    async def test_is_told_at_the_validation_when_documents_came_first(self, world) -> None:
        company = await world.company(ProfileType.CLIENT)
        await world.accepted(company, "registration_extract")
        assert await world.events(ComplianceChanged, company.id) == []
        await world.validate(company)
        (change,) = await world.events(ComplianceChanged, company.id)
        assert (change.compliant, change.missing, change.valid_until) == (True, [], None)

    async def test_is_not_told_again_by_uploads_and_refusals_that_change_nothing(self, world) -> None:
        company = await world.compliant()
        before = len(await world.events(ComplianceChanged, company.id))
        document = (await world.upload(company, "urssaf_certificate")).json()
        await world.review(document["id"], authentic=False, comment="Forged")
        assert len(await world.events(ComplianceChanged, company.id)) == before
        assert (await compliance(world, company)).json()["compliant"] is True

    async def test_outlives_a_renewal_and_its_end_moves(self, world) -> None:
        started = world.today - timedelta(100)
        company = await world.compliant(started)
        await world.accepted(company, "urssaf_certificate")
        assert ("urssaf_certificate", "replaced") in await listed(world, company)
        changes = await world.events(ComplianceChanged, company.id)
        assert [change.compliant for change in changes[-2:]] == [False, True]
        for kind in ("sworn_tax_statement", "sworn_employment_statement", "foreign_worker_list"):
            await world.accepted(company, kind)
        last = (await world.events(ComplianceChanged, company.id))[-1]
        assert last.valid_until == months_after(world.today, 6) - timedelta(1)


class TestTogether:
    async def test_uploads_are_told_one_after_the_other(self, world) -> None:
        company = await world.validated()
        answers = await asyncio.gather(*(world.upload(company, kind) for kind in TYPES))
        assert [answer.status_code for answer in answers] == [201] * len(TYPES)
        changes = await world.events(ComplianceChanged, company.id)
        versions = [change.version for change in changes]
        assert versions == sorted(set(versions))
        waiting = [s.requirement for s in changes[-1].shortcomings if s.reason.value == "awaiting_review"]
        assert waiting == sorted(TYPES)

    async def test_a_review_and_a_withdrawal_exclude_each_other(self, world) -> None:
        company = await world.company()
        document = (await world.upload(company, "urssaf_certificate")).json()
        withdrawal = world.client.post(f"/documents/{document['id']}/withdrawal", headers=company.headers)
        answers = await asyncio.gather(world.review(document["id"]), withdrawal)
        assert sorted(answer.status_code for answer in answers) == [200, 409]
