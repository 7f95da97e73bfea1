"""An electronic invoice, a flow of it and a month end, for tests that try every route."""

from datetime import date
from decimal import Decimal
from random import randint
from uuid import uuid4

from billing.e_invoicing.codes import Actor, Code
from billing.e_invoicing.domain import EInvoice, Said
from billing.e_invoicing.flow import Flow
from billing.month_end.domain import MonthEnd, MonthEndStatus
from contracts.values import Month


async def reform_objects(h):
    """Their ids, by the names of path parameters."""
    invoice = EInvoice(
        invoice_id=uuid4(),
        origin="imported",
        our_part="buyer",
        party_id=uuid4(),
        number="F-1",
        type_code="380",
        issued_on=date(2026, 11, 2),
        seller_siren="732829320",
        buyer_siren="999000003",
        rule="B2B",
        rates=[{"rate": "20.00", "amount": "1200.00"}],
        collected=Decimal(0),
        settled=True,
        version=0,
    )
    async with h.tx() as tx:
        flow = Flow.queue(invoice.invoice_id, tx.now)
        flow.refused("by hand")
        ended = MonthEnd.start(
            Month(f"20{randint(10, 25)}-{randint(1, 12):02d}"), by=uuid4(), at=tx.now, traceparent=None
        )
        ended.status = MonthEndStatus.FINISHED.value
        step = invoice.say(Said(Code.TAKEN_IN_CHARGE, Actor.BUYER, tx.now))
        tx.add(invoice)
        await tx.flush()
        tx.add_all([step, flow, ended])
    return {"e_invoice_id": str(invoice.invoice_id), "flow_id": str(flow.id), "month_end_id": str(ended.id)}
