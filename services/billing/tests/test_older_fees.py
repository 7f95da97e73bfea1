"""The fees of older orders: an amount for each billed unit, or a percentage (BL-28, settled question C4)."""

from datetime import UTC, datetime

import pytest
from billing_months import MissionMonth
from facturx_builder import invoice_pdf

from billing.invariants import broken
from contracts.contracting import PaymentRegime
from contracts.roles import StaffScope

OLD = datetime(2025, 4, 27, 21, 59, tzinfo=UTC)
"""The last minute in Paris before the present terms."""
NEW = datetime(2025, 4, 27, 22, 0, tzinfo=UTC)


@pytest.fixture
def ordered(h, given):
    """A validated month, paid once the client has paid, of an order that was issued then."""

    async def arrange(issued_at):
        month = MissionMonth(regime=PaymentRegime.BACK_TO_BACK)
        order = month.bdc_issued.model_copy(update={"issued_at": issued_at})
        await h.deliver(order)
        return await given(month)

    return arrange


async def record(h, bdc_id, kind="percentage", rate="5.00", scope=StaffScope.FINANCE):
    body = {"kind": kind, "rate": rate}
    return await h.client.put(f"/staff/orders/{bdc_id}/older-fee", json=body, headers=h.headers(h.staff(scope)))


class TestOlderFee:
    @pytest.mark.req("BL-28")
    @pytest.mark.parametrize(
        ("kind", "fee", "payable"), [("per_unit", "90.00", "10710.00"), ("percentage", "450.00", "10350.00")]
    )
    async def test_is_withheld_as_the_order_stipulates(self, h, ordered, kind, fee, payable):
        month = await ordered(OLD)
        assert (await record(h, month.month.bdc_id, kind)).json()["rate"] == "5.00"
        invoice = (await month.post(invoice_pdf(month.bpf))).json()
        assert (invoice["fee"]["amount"], invoice["payable"]["amount"]) == (fee, payable)
        async with h.tx() as tx:
            assert await broken(tx) == {}

    @pytest.mark.req("BL-28")
    async def test_is_none_where_nothing_was_stipulated(self, ordered):
        month = await ordered(OLD)
        assert (await month.post(invoice_pdf(month.bpf))).json()["fee"]["amount"] == "0.00"

    @pytest.mark.req("BL-28")
    async def test_is_closed_to_orders_at_the_present_terms(self, h, ordered):
        month = await ordered(NEW)
        assert (await record(h, month.month.bdc_id)).json()["code"] == "older_fees_closed"
        assert (await month.post(invoice_pdf(month.bpf))).json()["fee"]["amount"] == "0.00"

    @pytest.mark.parametrize(
        ("kind", "rate", "code"),
        [
            ("percentage", "100.00", None),
            ("percentage", "100.01", "fee_above_the_rate"),
            ("per_unit", "500.00", None),
            ("per_unit", "500.01", "fee_above_the_rate"),
            ("per_unit", "0.00", "fee_above_the_rate"),
            ("per_unit", "-1.00", "fee_above_the_rate"),
            ("per_unit", "1.001", "invalid_request"),
        ],
    )
    async def test_is_no_more_than_the_price_of_a_day(self, h, ordered, kind, rate, code):
        answer = (await record(h, (await ordered(OLD)).month.bdc_id, kind, rate)).json()
        assert answer.get("code") == code
        assert code is None or answer["errors"][0]["field"] == "rate"

    async def test_is_recorded_by_finance_staff_for_known_orders(self, h, ordered):
        month = await ordered(OLD)
        assert (await record(h, month.month.bdc_id, scope=StaffScope.CONTRACTS)).status_code == 403
        assert (await record(h, month.month.cra_id)).json()["code"] == "order_unknown"
