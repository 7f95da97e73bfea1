"""Every status of a payment, an order and a run, tried with everybody: what is not in the table is refused."""

from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest

from billing.invoice.domain import Invoice
from billing.invoice.statuses import ALLOWED, InvoiceStatus, PaymentActor
from billing.payment.domain import (
    ORDER_MOVES,
    RUN_MOVES,
    ApprovedByAuthor,
    OrderActor,
    OrderStatus,
    PaymentOrder,
    PaymentRun,
    RunStatus,
)
from chassis.errors import Forbidden, IllegalMove
from chassis.transitions import check_move
from contracts.contracting import PaymentRegime
from contracts.roles import StaffScope

NOW, TODAY = datetime(2026, 11, 20, 9, tzinfo=UTC), date(2026, 11, 20)
S, A, R = InvoiceStatus, PaymentActor, RunStatus

INVOICE = {
    (S.AWAITING_CLIENT_PAYMENT, S.SCHEDULED, A.CLIENT),
    (S.SCHEDULED, S.AWAITING_CLIENT_PAYMENT, A.CLIENT),
    (S.AWAITING_CLIENT_PAYMENT, S.ON_HOLD, A.PLATFORM),
    (S.SCHEDULED, S.ON_HOLD, A.PLATFORM),
    (S.ON_HOLD, S.SCHEDULED, A.PLATFORM),
    (S.ON_HOLD, S.AWAITING_CLIENT_PAYMENT, A.PLATFORM),
    (S.SCHEDULED, S.IN_PAYMENT, A.PLATFORM),
    (S.IN_PAYMENT, S.PAID, A.BANK),
    (S.AWAITING_CLIENT_PAYMENT, S.PAID, A.SET_OFF),
    (S.SCHEDULED, S.PAID, A.SET_OFF),
    (S.IN_PAYMENT, S.SCHEDULED, A.BANK),
    (S.PAID, S.SCHEDULED, A.BANK),
    (S.AWAITING_CLIENT_PAYMENT, S.CANCELLED, A.CREDIT_NOTE),
    (S.SCHEDULED, S.CANCELLED, A.CREDIT_NOTE),
    (S.ON_HOLD, S.CANCELLED, A.CREDIT_NOTE),
    (S.PAID, S.CANCELLED, A.CREDIT_NOTE),
}
ORDER = {
    (OrderStatus.PROPOSED, OrderStatus.DROPPED, OrderActor.FINANCE),
    (OrderStatus.PROPOSED, OrderStatus.ORDERED, OrderActor.FINANCE),
    (OrderStatus.ORDERED, OrderStatus.EXECUTED, OrderActor.BANK),
    (OrderStatus.ORDERED, OrderStatus.RETURNED, OrderActor.BANK),
    (OrderStatus.EXECUTED, OrderStatus.RETURNED, OrderActor.BANK),
}
RUN = {
    (R.PROPOSED, R.APPROVED, StaffScope.FINANCE),
    (R.APPROVED, R.EXPORTED, StaffScope.FINANCE),
    (R.PROPOSED, R.DISCARDED, StaffScope.FINANCE),
    (R.APPROVED, R.DISCARDED, StaffScope.FINANCE),
}


@pytest.mark.req("BL-22", "BL-23")
@pytest.mark.parametrize(
    ("table", "statuses", "actors", "allowed"),
    [
        (ALLOWED, InvoiceStatus, PaymentActor, INVOICE),
        (ORDER_MOVES, OrderStatus, OrderActor, ORDER),
        (RUN_MOVES, RunStatus, StaffScope, RUN),
    ],
    ids=["invoice", "order", "run"],
)
def test_every_status_with_everybody(table, statuses, actors, allowed):
    done = set()
    for present in statuses:
        for target in statuses:
            for actor in actors:
                try:
                    check_move(table, present, target, actor)
                except (IllegalMove, Forbidden):
                    continue
                done.add((present, target, actor))
    assert done == allowed


def invoice(status):
    dated = status is not S.AWAITING_CLIENT_PAYMENT
    return Invoice(
        id=uuid4(),
        cra_id=uuid4(),
        mission_id=uuid4(),
        provider_company_id=uuid4(),
        number="A-1",
        net_amount=Decimal(100),
        vat_amount=Decimal(20),
        fee_amount=Decimal(0),
        payable_amount=Decimal(120),
        payment_regime=PaymentRegime.BACK_TO_BACK.value,
        immediate=False,
        payment_on=TODAY if dated else None,
        paid_on=TODAY if status is S.PAID else None,
        hold_reason="contested" if status is S.ON_HOLD else None,
        status=status.value,
        version=1,
    )


ACTS = {
    "hold": (lambda found: found.hold("contested"), {S.AWAITING_CLIENT_PAYMENT, S.SCHEDULED}, S.ON_HOLD),
    "release": (lambda found: found.release(), {S.ON_HOLD}, S.SCHEDULED),
    "put in payment": (lambda found: found.put_in_payment(), {S.SCHEDULED}, S.IN_PAYMENT),
    "pay": (lambda found: found.pay(TODAY), {S.IN_PAYMENT}, S.PAID),
    "come back": (lambda found: found.come_back(NOW), {S.IN_PAYMENT, S.PAID}, S.SCHEDULED),
    "cancel": (lambda found: found.cancel("AV-1", NOW), set(S) - {S.IN_PAYMENT, S.CANCELLED}, S.CANCELLED),
    "set off": (lambda found: found.set_off(TODAY), set(), S.PAID),
}


@pytest.mark.parametrize("status", InvoiceStatus)
@pytest.mark.parametrize("act", ACTS)
def test_an_act_moves_from_its_statuses_alone_and_counts(act, status):
    do, sources, target = ACTS[act]
    found = invoice(status)
    if act == "come back" and status is S.AWAITING_CLIENT_PAYMENT:
        found.payment_on = TODAY
    if status not in sources:
        with pytest.raises(IllegalMove):
            do(found)
        assert (found.status, found.version) == (status, 1)
        return
    do(found)
    assert (found.status, found.version) == (target, 2)
    assert (found.hold_reason is not None) == (target is S.ON_HOLD)
    assert (found.paid_on is not None) == (target is S.PAID or (status is S.PAID and target is S.CANCELLED))


@pytest.mark.req("BL-10", "BL-18")
@pytest.mark.parametrize("status", InvoiceStatus)
def test_the_clients_payment_dates_what_had_no_date_and_nothing_else(status):
    found = invoice(status)
    event = found.client_paid(TODAY, NOW)
    if status is S.AWAITING_CLIENT_PAYMENT:
        assert (found.status, found.payment_on, event.payment_on, event.version) == (S.SCHEDULED, TODAY, TODAY, 2)
    else:
        assert (event, found.status, found.version) == (None, status, 1)


@pytest.mark.parametrize("status", InvoiceStatus)
def test_taking_the_clients_payment_back_undates_what_has_not_left(status):
    found = invoice(status)
    found.client_payment_undone()
    undone = status in {S.SCHEDULED, S.ON_HOLD, S.AWAITING_CLIENT_PAYMENT}
    assert (found.payment_on is None) == undone
    assert found.status == (S.AWAITING_CLIENT_PAYMENT if status is S.SCHEDULED else status)


def test_an_author_never_approves_whatever_the_status():
    author = uuid4()
    run = PaymentRun.propose(TODAY, by=author, at=NOW)
    order = PaymentOrder.of(run, invoice(S.SCHEDULED), attempt=1, account_id=uuid4(), owed=Decimal(0))
    for status in RunStatus:
        run.status = status.value
        with pytest.raises(ApprovedByAuthor):
            run.approve([order], by=author, at=NOW, today=TODAY)


@pytest.mark.parametrize(("attempt", "ending"), [(1, ""), (2, "-2"), (99, "-99")])
def test_each_attempt_has_a_reference_that_banks_take(attempt, ending):
    due = invoice(S.SCHEDULED)
    run = PaymentRun.propose(TODAY, by=uuid4(), at=NOW)
    order = PaymentOrder.of(run, due, attempt=attempt, account_id=uuid4(), owed=Decimal(0))
    assert order.end_to_end_id == due.id.hex + ending
    assert len(order.end_to_end_id) <= 35
