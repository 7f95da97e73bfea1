"""Budgets, spending lines, and what retentions, orders and invoices take from them."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest
from market_steps import budget, budget_body, entity, line, line_body, ordered

from chassis.errors import NotReady
from contracts.billing import InvoiceImported
from contracts.roles import Role
from contracts.values import Money
from marketplace.budget.domain import AnotherCurrency, LineExhausted, LineNotUsable
from marketplace.budget.queries import release, reserve
from marketplace.directory.entities import ClientEntity

NOW = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture
async def keeper(market):
    return await market.buyer(Role.DIRECTEUR_ACHATS)


@pytest.fixture
async def entity_id(market, keeper):
    return await entity(market, keeper.company)


async def left(market, caller, of):
    lines = (await market.call("GET", f"/budgets/{of['budget_id']}/lines", caller)).json()["items"]
    return next(one for one in lines if one["id"] == of["id"])


async def figures(market, caller, of):
    now = await left(market, caller, of)
    return tuple(now[name] for name in ("reserved", "ordered", "invoiced", "overrun", "available"))


async def take(market, of, amount, proposal_id=None):
    async with market.h.tx() as tx:
        await reserve(tx, UUID(of["id"]), Money.of(amount), proposal_id or uuid4())


class TestEntities:
    async def test_an_older_description_never_replaces_a_newer_one(self, market):
        company_id = uuid4()
        entity_id = await entity(market, company_id, version=2, name="Newer")
        await entity(market, company_id, version=1, entity_id=entity_id, name="Older")
        async with market.h.tx() as tx:
            assert (await tx.get(ClientEntity, entity_id)).name == "Newer"


@pytest.mark.req("MK-28")
class TestBudget:
    async def test_is_created_and_read_by_the_clients_people(self, market, keeper, entity_id):
        made = await budget(market, keeper, entity_id)
        assert budget_body(keeper, entity_id).items() <= made.items()
        for role in (Role.RESPONSABLE_PROJET, Role.ACHETEUR):
            colleague = market.h.member(role, keeper.company)
            assert (await market.call("GET", f"/budgets/{made['id']}", colleague)).json() == made
            assert (await market.call("GET", "/budgets", colleague)).json()["items"] == [made]

    async def test_is_hidden_from_a_rival(self, market, keeper, entity_id):
        made, rival = await budget(market, keeper, entity_id), await market.buyer(Role.DIRECTEUR_ACHATS)
        url = f"/budgets/{made['id']}"
        answers = [
            await market.call("GET", url, rival),
            await market.call("PUT", url, rival, json=budget_body(rival, entity_id)),
            await market.call("GET", f"{url}/lines", rival),
            await market.call("POST", f"{url}/lines", rival, json=line_body(entity_id)),
        ]
        assert [(one.status_code, one.json()["code"]) for one in answers] == [(404, "budget_not_found")] * 4
        assert (await market.call("GET", "/budgets", rival)).json()["items"] == []

    @pytest.mark.parametrize(("role", "status"), [(Role.RESPONSABLE_PROJET, 403), (Role.ACHETEUR, 201)])
    async def test_is_for_buyers_and_the_head(self, market, keeper, entity_id, role, status):
        colleague = market.h.member(role, keeper.company)
        answer = await market.call("POST", "/budgets", colleague, json=budget_body(keeper, entity_id))
        assert answer.status_code == status

    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"period": {"start": "2027-01-02", "end": "2027-01-01"}}, "period"),
            ({"amount": "0.00"}, "amount"),
            ({"amount": "100.005"}, "amount"),
            ({"additional_amount": "-0.01"}, "additional_amount"),
            ({"currency": "XXX"}, "currency"),
            ({"entity_ids": []}, "entity_ids"),
            ({"entity_ids": [str(uuid4())]}, "entity_ids"),
            ({"responsible_id": str(uuid4())}, "responsible_id"),
            ({"deputy_id": str(uuid4())}, "deputy_id"),
        ],
    )
    async def test_names_the_field_at_fault(self, market, keeper, entity_id, wrong, field):
        answer = await market.call("POST", "/budgets", keeper, json=budget_body(keeper, entity_id, **wrong))
        assert (answer.status_code, [error["field"] for error in answer.json()["errors"]]) == (422, [field])

    async def test_nobody_is_their_own_deputy(self, market, keeper, entity_id):
        body = budget_body(keeper, entity_id, deputy_id=str(keeper.member_id))
        assert (await market.call("POST", "/budgets", keeper, json=body)).json()["code"] == "unknown_keeper"

    async def test_refuses_a_rivals_or_a_closed_entity(self, market, keeper):
        rival = await market.buyer(Role.DIRECTEUR_ACHATS)
        for entity_id in (await entity(market, rival.company), await entity(market, keeper.company, active=False)):
            answer = await market.call("POST", "/budgets", keeper, json=budget_body(keeper, entity_id))
            assert (answer.status_code, answer.json()["code"]) == (422, "unknown_entity")

    async def test_keeps_its_currency_its_entities_and_room_for_its_lines(self, market, keeper, entity_id):
        made, other = await budget(market, keeper, entity_id), await entity(market, keeper.company)
        await line(market, keeper, made)
        codes = []
        for change in ({"currency": "USD"}, {"entity_ids": [str(other)]}, {"amount": "44999.99"}, {"amount": "45000"}):
            body = budget_body(keeper, entity_id, **change)
            answer = await market.call("PUT", f"/budgets/{made['id']}", keeper, json=body)
            codes.append(answer.json().get("code"))
        assert codes == ["budget_currency_fixed", "budget_currency_fixed", "budget_too_small", None]

    async def test_refused_over_a_colleagues_change(self, market, keeper, entity_id):
        made = await budget(market, keeper, entity_id)
        sent = {"json": budget_body(keeper, entity_id, name="Other"), "headers": {"If-Match": '"1"'}}
        answers = [await market.call("PUT", f"/budgets/{made['id']}", keeper, **sent) for _ in range(2)]
        assert [answer.status_code for answer in answers] == [200, 412]


@pytest.mark.req("MK-28")
class TestLines:
    async def test_a_line_shows_what_is_left(self, market, keeper, entity_id):
        made = await line(market, keeper, await budget(market, keeper, entity_id))
        assert line_body(entity_id).items() <= made.items()
        assert await figures(market, keeper, made) == ("0.00", "0.00", "0.00", "0.00", "50000.00")

    async def test_the_lines_of_today_can_be_chosen(self, market, keeper, entity_id):
        made = await line(market, keeper, await budget(market, keeper, entity_id))
        later = {"period": {"start": "2026-11-03", "end": "2026-12-31"}}
        await line(market, keeper, await budget(market, keeper, entity_id, **later))
        await line(market, keeper, await budget(market, keeper, entity_id), active=False)
        found = (await market.call("GET", f"/spending-lines?entity_id={entity_id}", keeper)).json()["items"]
        assert [one["id"] for one in found] == [made["id"]]

    async def test_the_lines_fit_their_budget_to_the_cent(self, market, keeper, entity_id):
        of = await budget(market, keeper, entity_id)
        await line(market, keeper, of)
        url = f"/budgets/{of['id']}/lines"
        above = await market.call("POST", url, keeper, json=line_body(entity_id, amount="55000.01"))
        assert (above.status_code, above.json()["code"]) == (409, "budget_too_small")
        assert (await market.call("POST", url, keeper, json=line_body(entity_id, amount="55000"))).status_code == 201

    async def test_two_lines_at_once_do_not_exceed_the_budget(self, market, keeper, entity_id):
        of = await budget(market, keeper, entity_id)
        body = line_body(entity_id, amount="60000.00")
        answers = await asyncio.gather(
            *(market.call("POST", f"/budgets/{of['id']}/lines", keeper, json=body) for _ in range(4))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]

    async def test_refused_in_another_currency_than_the_budget(self, market, keeper, entity_id):
        of = await budget(market, keeper, entity_id)
        body = line_body(entity_id, currency="USD")
        answer = await market.call("POST", f"/budgets/{of['id']}/lines", keeper, json=body)
        assert (answer.status_code, answer.json()["code"]) == (422, "another_currency")

    async def test_an_entity_has_lines_in_one_currency_even_when_two_are_opened_at_once(
        self, market, keeper, entity_id
    ):
        budgets = [await budget(market, keeper, entity_id, currency=currency) for currency in ("EUR", "USD")]
        answers = await asyncio.gather(
            *(
                market.call(
                    "POST", f"/budgets/{of['id']}/lines", keeper, json=line_body(entity_id, currency=of["currency"])
                )
                for of in budgets
            )
        )
        assert sorted(answer.status_code for answer in answers) == [201, 422]

    async def test_refused_for_an_entity_outside_the_budget(self, market, keeper, entity_id):
        of, other = await budget(market, keeper, entity_id), await entity(market, keeper.company)
        answer = await market.call("POST", f"/budgets/{of['id']}/lines", keeper, json=line_body(other))
        assert (answer.status_code, answer.json()["code"]) == (422, "entity_not_allowed")

    async def test_never_falls_below_what_is_spoken_for(self, market, keeper, entity_id):
        made = await line(market, keeper, await budget(market, keeper, entity_id))
        await take(market, made, "30000.00")
        url = f"/spending-lines/{made['id']}"
        below = await market.call("PUT", url, keeper, json=line_body(entity_id, amount="29999.99"))
        assert (below.status_code, below.json()["code"]) == (409, "line_below_consumption")
        assert (await market.call("PUT", url, keeper, json=line_body(entity_id, amount="30000"))).status_code == 200

    async def test_a_rivals_line_does_not_exist(self, market, keeper, entity_id):
        made = await line(market, keeper, await budget(market, keeper, entity_id))
        rival = await market.buyer(Role.DIRECTEUR_ACHATS)
        answer = await market.call("PUT", f"/spending-lines/{made['id']}", rival, json=line_body(entity_id))
        assert (answer.status_code, answer.json()["code"]) == (404, "spending_line_not_found")


def invoiced(mission_id, net):
    nothing = Money.of(0)
    return InvoiceImported(
        invoice_id=uuid4(),
        bpf_id=uuid4(),
        cra_id=uuid4(),
        mission_id=mission_id,
        provider_company_id=uuid4(),
        number="F-1",
        net=Money.of(net),
        vat=nothing,
        gross=Money.of(net),
        fee=nothing,
        payable=Money.of(net),
        payment_on=None,
        imported_at=NOW,
    )


@pytest.mark.req("MK-28")
class TestConsumption:
    @pytest.fixture
    async def made(self, market, keeper, entity_id):
        return await line(market, keeper, await budget(market, keeper, entity_id))

    async def test_set_aside_once_per_proposal_and_given_back(self, market, keeper, made):
        proposal_id = uuid4()
        for _ in range(2):
            await take(market, made, "20000.00", proposal_id)
        assert await figures(market, keeper, made) == ("20000.00", "0.00", "0.00", "0.00", "30000.00")
        for _ in range(2):
            async with market.h.tx() as tx:
                await release(tx, proposal_id)
        assert await figures(market, keeper, made) == ("0.00", "0.00", "0.00", "0.00", "50000.00")

    async def test_to_the_cent_and_no_further(self, market, made):
        await take(market, made, "49999.99")
        with pytest.raises(LineExhausted):
            await take(market, made, "0.02")
        await take(market, made, "0.01")

    async def test_ten_at_once_on_a_line_that_holds_three(self, market, keeper, made):
        taken = await asyncio.gather(*(take(market, made, "15000.00") for _ in range(10)), return_exceptions=True)
        assert sorted(type(one).__name__ for one in taken) == ["LineExhausted"] * 7 + ["NoneType"] * 3
        assert await figures(market, keeper, made) == ("45000.00", "0.00", "0.00", "0.00", "5000.00")

    async def test_ten_times_the_same_proposal_at_once(self, market, keeper, made):
        proposal_id = uuid4()
        await asyncio.gather(*(take(market, made, "15000.00", proposal_id) for _ in range(10)))
        assert (await figures(market, keeper, made))[0] == "15000.00"

    @pytest.mark.parametrize(
        ("instant", "refused"),
        [
            (datetime(2027, 10, 31, 22, 59, tzinfo=UTC), False),
            (datetime(2027, 10, 31, 23, 0, tzinfo=UTC), True),
            (datetime(2026, 10, 31, 22, 59, tzinfo=UTC), True),
            (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), False),
        ],
    )
    async def test_within_the_budgets_period_alone(self, market, made, instant, refused):
        market.h.clock.set(instant)
        if refused:
            with pytest.raises(LineNotUsable):
                await take(market, made, "1.00")
        else:
            await take(market, made, "1.00")

    async def test_not_from_a_closed_line(self, market, keeper, made, entity_id):
        body = line_body(entity_id, active=False)
        assert (await market.call("PUT", f"/spending-lines/{made['id']}", keeper, json=body)).status_code == 200
        with pytest.raises(LineNotUsable):
            await take(market, made, "1.00")

    async def test_not_euros_from_a_line_in_dollars(self, market, keeper):
        entity_id = await entity(market, keeper.company)
        of = await budget(market, keeper, entity_id, currency="USD")
        with pytest.raises(AnotherCurrency):
            await take(market, await line(market, keeper, of, currency="USD"), "1.00")

    async def test_an_order_takes_the_place_of_what_was_set_aside_once(self, market, keeper, made):
        proposal_id = uuid4()
        await take(market, made, "12000.00", proposal_id)
        order = ordered(proposal_id)
        event_id = await market.h.deliver(order)
        await market.h.deliver(order, event_id=event_id)
        assert await figures(market, keeper, made) == ("0.00", "10000.00", "0.00", "0.00", "40000.00")
        async with market.h.tx() as tx:
            await release(tx, proposal_id)
        assert (await figures(market, keeper, made))[1] == "10000.00"

    async def test_a_renewals_order_beyond_the_line_shows_and_lets_nothing_more_through(self, market, keeper, made):
        proposal_id, mission_id = uuid4(), uuid4()
        await take(market, made, "30000.00", proposal_id)
        for _ in range(2):
            await market.h.deliver(ordered(proposal_id, days="60", mission_id=mission_id))
        assert await figures(market, keeper, made) == ("0.00", "60000.00", "0.00", "10000.00", "-10000.00")
        with pytest.raises(LineExhausted):
            await take(market, made, "0.01")

    async def test_invoices_count_once_the_order_is_known(self, market, keeper, made):
        proposal_id, order = uuid4(), None
        await take(market, made, "10000.00", proposal_id)
        order = ordered(proposal_id)
        bill = invoiced(order.mission_id, "4500.00")
        with pytest.raises(NotReady):
            await market.h.deliver(bill)
        await market.h.deliver(order)
        event_id = await market.h.deliver(bill)
        await market.h.deliver(bill, event_id=event_id)
        await market.h.deliver(invoiced(order.mission_id, "500.00"))
        assert await figures(market, keeper, made) == ("0.00", "10000.00", "5000.00", "0.00", "40000.00")

    async def test_a_mission_outside_of_any_budget_takes_nothing(self, market):
        order = ordered(uuid4())
        await market.h.deliver(order)
        await market.h.deliver(invoiced(order.mission_id, "4500.00"))
        older = ordered(None)
        await market.h.deliver(older)
        await market.h.deliver(invoiced(older.mission_id, "4500.00"))


@pytest.mark.req("MK-28")
class TestRetention:
    async def interesting(self, market, keeper, made, days):
        """A proposal that may be retained, at 500 a day."""
        named = {"entity_id": made["entity_id"], "spending_line_id": made["id"]}
        rfp, seller = await market.published(keeper, days=days, **named), await market.seller()
        proposal = await market.proposed(seller, rfp, daily_rate={"amount": "500.00"})
        await market.interesting(keeper, proposal)
        return proposal

    async def test_ten_at_once_on_a_line_that_holds_three(self, market, keeper, entity_id):
        planned = await budget(market, keeper, entity_id)
        made = await line(market, keeper, planned, buyer_threshold="50000.00")
        proposals = [await self.interesting(market, keeper, made, "30") for _ in range(10)]
        answers = await asyncio.gather(*(market.retain(keeper, proposal) for proposal in proposals))
        assert sorted(answer.status_code for answer in answers) == [200] * 3 + [409] * 7
        assert {answer.json()["code"] for answer in answers if answer.status_code == 409} == {"line_exhausted"}
        assert await figures(market, keeper, made) == ("45000.00", "0.00", "0.00", "0.00", "5000.00")
