"""New texts: published by staff, signed anew when payment terms change, and never mixed up with older ones."""

import asyncio
from datetime import timedelta

import pytest
from sqlalchemy import delete, or_

from chassis.clock import business_date
from contracting.contract.consumers import draft_successors
from contracting.contract.domain import Contract
from contracting.contract.queries import offers_of
from contracting.template.domain import ContractTemplate
from contracting.template.queries import template_in_force
from contracts.company import Signatory
from contracts.contracting import BdcIssued, ContractKind, ContractSigned, Offer
from contracts.notification import NotificationRequested
from contracts.roles import Role, SignatoryCapacity, StaffScope

FIRST = "2026-11"
CLAUSES = [
    {"key": "object", "title": "Objet", "text": "Un objet."},
    {"key": "payment", "title": "Paiement", "text": "Un paiement."},
    {"key": "news", "title": "Nouvelles", "text": "Des nouvelles.", "mandatory": False},
]
FRENCH = {"title": "Contrat-cadre", "preamble": "Entre {operator} et {company} :", "clauses": CLAUSES, "annexes": []}


async def back_to_the_first_terms(h):
    async with h.tx() as tx:
        await tx.execute(
            delete(Contract).where(or_(Contract.terms_version != FIRST, Contract.replaces_id.is_not(None)))
        )
        await tx.execute(delete(ContractTemplate).where(ContractTemplate.version != FIRST))


@pytest.fixture
async def _first_terms(h):
    """The texts are everybody's: only the first ones are there before a test, and again after it."""
    await back_to_the_first_terms(h)
    yield
    await back_to_the_first_terms(h)


pytestmark = pytest.mark.usefixtures("_first_terms")


@pytest.fixture
def publish(h, deal):
    """Publish a framework contract that takes effect today, unless said otherwise."""

    async def call(version="test-1", *, by=None, days=0, **changes):
        effective_on = business_date(h.clock()) + timedelta(days=days)
        body = {
            "kind": "framework",
            "version": version,
            "effective_on": effective_on.isoformat(),
            "payment_terms_changed": True,
            "french": FRENCH,
        }
        return await deal.call("POST", "/staff/contract-templates", by or deal.staff, json=body | changes)

    return call


@pytest.fixture
async def contract(h, deal):
    await h.deliver(deal.provider.registered())
    return await deal.contract_of(deal.provider)


async def sweep(h):
    async with h.tx() as tx:
        while await draft_successors(tx, h.clock()):
            pass


async def contracts_of(deal):
    return (await deal.call("GET", "/contracts", deal.provider.head)).json()["items"]


@pytest.mark.req("CT-26")
class TestPublish:
    async def test_the_text_is_listed_and_read(self, deal, publish):
        published = await publish()
        assert published.status_code == 201, published.text
        answer = published.json()
        assert (answer["kind"], answer["version"], answer["offers"]) == ("framework", "test-1", ["connect", "rise"])
        url = "/staff/contract-templates"
        assert answer["id"] in [one["id"] for one in (await deal.call("GET", url, deal.staff)).json()["items"]]
        assert (await deal.call("GET", f"{url}/framework/test-1", deal.staff)).json() == answer
        missing = await deal.call("GET", f"{url}/principal/test-1", deal.staff)
        assert (missing.status_code, missing.json()["code"]) == (404, "template_not_found")

    async def test_the_first_texts_are_there_with_annexes_and_translation(self, deal):
        for kind in ("framework", "principal"):
            read = await deal.call("GET", f"/staff/contract-templates/{kind}/2026-11", deal.staff)
            assert read.json()["french"]["annexes"]
            assert read.json()["english"]["annexes"]

    async def test_a_company_and_other_staff_publish_nothing(self, h, deal, publish):
        for caller in (deal.provider.head, deal.client.head, h.staff(StaffScope.COMPLIANCE)):
            assert (await publish(by=caller)).status_code == 403

    @pytest.mark.parametrize(
        ("changes", "status", "code", "field"),
        [
            ({"days": -1}, 422, "template_in_the_past", "effective_on"),
            ({"version": "2026-11"}, 409, "template_not_newer", "version"),
            ({"french": FRENCH | {"preamble": "{operator.__class__} {secret}"}}, 422, "unknown_placeholder", "french"),
            ({"english": FRENCH | {"clauses": CLAUSES[:2]}}, 422, "translation_differs", "english"),
            ({"english": FRENCH | {"annexes": [{"title": "A", "text": "a"}]}}, 422, "translation_differs", "english"),
            ({"french": FRENCH | {"clauses": []}}, 422, "invalid_request", "french.clauses"),
            ({"french": FRENCH | {"title": "a\x00b"}}, 422, "invalid_request", "french.title"),
            ({"french": FRENCH | {"preamble": "x" * 20_001}}, 422, "invalid_request", "french.preamble"),
            ({"version": "T 1"}, 422, "invalid_request", "version"),
            ({"kind": "nda"}, 422, "invalid_request", "kind"),
            ({"offers": ["gold"]}, 422, "invalid_request", "offers"),
        ],
    )
    async def test_what_is_wrong_is_refused_with_its_field(self, publish, changes, status, code, field):
        answer = await publish(**changes)
        assert (answer.status_code, answer.json()["code"]) == (status, code), answer.text
        assert answer.json()["errors"][0]["field"].startswith(field)

    async def test_each_takes_effect_after_the_one_before(self, publish):
        assert (await publish("test-1", days=2)).status_code == 201
        for days in (1, 2):
            answer = await publish("test-2", days=days)
            assert (answer.status_code, answer.json()["code"]) == (409, "template_not_newer")
        assert (await publish("test-2", days=3)).status_code == 201

    async def test_one_to_come_is_taken_back_and_one_in_force_stays(self, h, deal, publish):
        await publish("test-1", days=1)
        url = "/staff/contract-templates/framework/test-1"
        assert (await deal.call("DELETE", url, h.staff(StaffScope.COMPLIANCE))).status_code == 403
        assert (await deal.call("DELETE", url, deal.staff)).status_code == 204
        assert (await deal.call("GET", url, deal.staff)).status_code == 404
        await publish("test-1")
        refused = await deal.call("DELETE", url, deal.staff)
        assert (refused.status_code, refused.json()["code"]) == (409, "template_in_force")

    async def test_two_at_once_are_one(self, publish):
        answers = await asyncio.gather(*(publish(f"test-{n}") for n in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


class TestEffect:
    async def test_a_text_is_opened_from_its_first_day_on(self, h, deal, contract, publish):
        await publish(days=1)
        url = f"/contracts/{contract['id']}"
        opened = (await deal.call("POST", f"{url}/opening", deal.provider.head)).json()
        assert opened["terms_version"] == "2026-11"
        h.clock.set(h.clock() + timedelta(days=1))
        opened = (await deal.call("POST", f"{url}/opening", deal.provider.head)).json()
        assert opened["terms_version"] == "test-1"
        assert f"Entre Maillon et {contract['company_name']} :" in opened["text"]

    @pytest.mark.req("CT-21")
    async def test_a_signature_on_an_opened_text_that_is_superseded_is_refused_until_it_is_opened_again(
        self, deal, contract, publish
    ):
        url, head = f"/contracts/{contract['id']}", deal.provider.head
        opened = (await deal.call("POST", f"{url}/opening", head)).json()
        keys = [clause["key"] for clause in opened["clauses"]]
        for key in keys:
            await deal.call("PUT", f"{url}/ticks/{key}", head)
        await publish(payment_terms_changed=False)
        refused = await deal.call("POST", f"{url}/signature", head, json={"accepted_clauses": keys})
        assert (refused.status_code, refused.json()["code"]) == (409, "terms_superseded")
        tick = await deal.call("PUT", f"{url}/ticks/object", head)
        assert (tick.status_code, tick.json()["code"]) == (409, "terms_superseded")
        signed = await deal.sign(deal.provider)
        assert signed["signature"]["terms_version"] == "test-1"

    @pytest.mark.req("CT-21")
    async def test_a_signature_that_races_a_publication_is_in_the_former_text_or_refused(
        self, h, deal, contract, publish
    ):
        url, head = f"/contracts/{contract['id']}", deal.provider.head
        opened = (await deal.call("POST", f"{url}/opening", head)).json()
        keys = [clause["key"] for clause in opened["clauses"] if clause["mandatory"]]
        for key in keys:
            await deal.call("PUT", f"{url}/ticks/{key}", head)
        signature = deal.call("POST", f"{url}/signature", head, json={"accepted_clauses": keys})
        signed, published = await asyncio.gather(signature, publish())
        assert published.status_code == 201
        async with h.tx() as tx:
            row = await tx.get(Contract, contract["id"])
        if signed.status_code == 200:
            assert (row.status, row.terms_version) == ("signed", "2026-11")
        else:
            assert (signed.status_code, signed.json()["code"]) == (409, "terms_superseded")
            assert (row.status, row.signed_at) == ("opened", None)

    async def test_a_publication_waits_for_a_signature_under_way(self, h, deal, contract, publish):
        """The signature holds the text in force: a publication commits after it, never in the middle of it."""
        async with h.tx() as tx:
            await template_in_force(tx, ContractKind.FRAMEWORK, tx.today, hold=True)
            publication = asyncio.create_task(publish())
            done, _ = await asyncio.wait({publication}, timeout=0.5)
            assert not done
        assert (await publication).status_code == 201


@pytest.mark.req("CT-21")
class TestNewPaymentTerms:
    async def test_lead_to_a_new_contract_while_the_old_one_and_its_orders_stand(self, h, deal, publish):
        await deal.ready()
        issued = (await deal.issue()).json()
        before = await deal.contract_of(deal.provider)
        await publish()
        await sweep(h)
        pending, old = await contracts_of(deal)
        assert (pending["status"], pending["replaces_id"]) == ("to_sign", before["id"])
        assert (old["status"], old["terms_version"]) == ("signed", "2026-11")
        [told] = [one for one in await h.emitted(NotificationRequested) if str(one.subject_id) == pending["id"]]
        assert (told.template, told.roles[0].company_id) == ("contract_to_sign", deal.provider.id)

        signed = await deal.sign(deal.provider)
        assert (signed["id"], signed["terms_version"]) == (pending["id"], "test-1")
        assert [one["status"] for one in await contracts_of(deal)] == ["signed", "superseded"]
        events = [one for one in await deal.of(ContractSigned) if one.kind == "framework"]
        assert [one.terms_version for one in events] == ["2026-11", "test-1"]
        same = (await deal.call("GET", f"/bdcs/{issued['id']}", deal.provider.head)).json()
        assert same == issued
        assert len(await deal.of(BdcIssued)) == 1

    async def test_of_a_day_to_come_wait_for_it(self, h, deal, contract, publish):
        await deal.sign(deal.provider)
        await publish(days=1)
        await sweep(h)
        assert len(await contracts_of(deal)) == 1
        h.clock.set(h.clock() + timedelta(days=1))
        await sweep(h)
        assert len(await contracts_of(deal)) == 2
        await sweep(h)
        assert len(await contracts_of(deal)) == 2

    async def test_a_text_with_the_same_payment_terms_is_signed_by_who_asks_for_it(self, h, deal, contract, publish):
        signed = await deal.sign(deal.provider)
        url = f"/contracts/{signed['id']}/successor"
        refused = await deal.call("POST", url, deal.provider.head)
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_sign_anew")
        await publish(payment_terms_changed=False)
        await sweep(h)
        assert len(await contracts_of(deal)) == 1
        asked = await deal.call("POST", url, deal.provider.head)
        assert (asked.status_code, asked.json()["terms_version"]) == (201, "test-1")
        again = await deal.call("POST", url, deal.provider.head)
        assert (again.status_code, again.json()["code"]) == (409, "successor_pending")

    async def test_asked_for_twice_at_once_there_is_one(self, deal, contract, publish):
        signed = await deal.sign(deal.provider)
        await publish()
        url = f"/contracts/{signed['id']}/successor"
        answers = await asyncio.gather(*(deal.call("POST", url, deal.provider.head) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]


@pytest.mark.req("CT-03")
class TestSignedAnew:
    async def test_a_signature_by_somebody_whom_staff_do_not_verify_is_made_good_by_somebody_whom_they_do(
        self, h, deal
    ):
        await deal.ready("validate_provider")
        delegate = deal.provider.member(Role.COMMERCIAL)
        verified = [Signatory(member_id=delegate.member_id, capacity=SignatoryCapacity.DELEGATION)]
        await h.deliver(deal.provider.validated(verified_signatories=verified))
        assert not (await deal.gates())["signatory_capacity"]["holds"]
        refused = await deal.issue()
        assert refused.status_code == 409
        await sweep(h)
        signed = await deal.sign(deal.provider, by=delegate)
        assert signed["signature"]["capacity"] == "delegation"
        assert (await deal.gates())["signatory_capacity"]["holds"]
        assert (await deal.issue()).status_code == 201

    async def test_who_is_not_verified_signs_no_second_time(self, h, deal, contract):
        await deal.sign(deal.provider)
        delegate = deal.provider.member(Role.COMMERCIAL)
        verified = [Signatory(member_id=delegate.member_id, capacity=SignatoryCapacity.DELEGATION)]
        await h.deliver(deal.provider.validated(verified_signatories=verified))
        await sweep(h)
        [pending, _] = await contracts_of(deal)
        answer = await deal.call("POST", f"/contracts/{pending['id']}/opening", deal.provider.head)
        assert (answer.status_code, answer.json()["code"]) == (403, "not_a_signatory")


class TestOffers:
    @pytest.mark.req("CT-04")
    async def test_a_signed_framework_contract_opens_the_offers_of_its_text_and_an_unsigned_one_none(
        self, h, deal, contract, publish
    ):
        assert contract["offers"] == ["connect", "rise"]
        async with h.tx() as tx:
            assert await offers_of(tx, deal.provider.id) == frozenset()
        await publish(offers=["rise"])
        assert (await deal.sign(deal.provider))["offers"] == ["rise"]
        async with h.tx() as tx:
            assert await offers_of(tx, deal.provider.id) == {Offer.RISE}
