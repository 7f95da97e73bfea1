"""The billing service: what it is made of."""

from billing.bank import personal as bank_data
from billing.bank.late_routes import router as late_charges
from billing.bank.match_routes import router as matches
from billing.bank.reminders import reminders
from billing.bank.routes import router as bank
from billing.bank.rules import matching
from billing.bpf.consumers import consumers as bpf_consumers
from billing.bpf.routes import router as bpfs
from billing.company_settings import routes as company_settings
from billing.directory import personal
from billing.directory.consumers import consumers as directory_consumers
from billing.e_invoicing.exchange import BACKGROUND as EXCHANGE
from billing.e_invoicing.routes import router as e_invoices
from billing.invariants import check_money
from billing.invoice.crediting import router as credit_notes
from billing.invoice.importing import router as importing
from billing.invoice.older_fee_routes import router as older_fees
from billing.invoice.routes import router as invoices
from billing.issuing import personal as issuing_data
from billing.issuing.documents import make_lacking
from billing.issuing.routes import router as issued_invoices
from billing.issuing.staff import router as issued_by_staff
from billing.ledger.routes import router as ledger
from billing.month_end import personal as month_end_data
from billing.month_end.routes import router as month_ends
from billing.month_end.work import BACKGROUND as MONTH_END
from billing.own import build
from billing.payment import personal as payment_data
from billing.payment.member_routes import router as payments
from billing.payment.routes import router as payment_runs
from billing.payment.staff_invoices import router as staff_invoices
from billing.personal import DATA
from billing.rise import routes as rise
from billing.rise.issuing import SWEEPS as RISE_SWEEPS
from billing.self_billing import mandate_routes
from billing.self_billing import personal as self_billing_data
from billing.self_billing import routes as self_bills
from billing.self_billing import staff as self_billing_staff
from billing.subscription import personal as subscription_data
from billing.subscription import routes as subscriptions
from billing.subscription.sweeps import SWEEPS as SUBSCRIPTION_SWEEPS
from chassis.platform import Service

service = Service(
    name="billing",
    summary="Pre-invoices of validated months, providers' invoices and their payment dates",
    routers=[
        bpfs,
        importing,
        invoices,
        ledger,
        e_invoices,
        month_ends,
        bank,
        matches,
        late_charges,
        company_settings.router,
        mandate_routes.router,
        self_bills.router,
        self_billing_staff.router,
        subscriptions.router,
        rise.router,
        older_fees,
        credit_notes,
        payments,
        payment_runs,
        staff_invoices,
        issued_invoices,
        issued_by_staff,
    ],
    consumers=[directory_consumers, bpf_consumers],
    sweeps=[check_money, *SUBSCRIPTION_SWEEPS, *RISE_SWEEPS, *matching, reminders],
    background=[*EXCHANGE, *MONTH_END, make_lacking],
    state=build,
    personal_data=[
        *DATA,
        *personal.DATA,
        *self_billing_data.DATA,
        *subscription_data.DATA,
        *payment_data.DATA,
        *month_end_data.DATA,
        *bank_data.DATA,
        *issuing_data.DATA,
    ],
)
