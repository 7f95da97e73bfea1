"""The billing service: what it is made of."""

from billing.bpf.consumers import consumers as bpf_consumers
from billing.bpf.routes import router as bpfs
from billing.directory import personal
from billing.directory.consumers import consumers as directory_consumers
from billing.invariants import check_money
from billing.invoice.routes import router as invoices
from billing.ledger.routes import router as ledger
from billing.own import build
from billing.personal import DATA
from chassis.platform import Service

service = Service(
    name="billing",
    summary="Pre-invoices of validated months, providers' invoices and their payment dates",
    routers=[bpfs, invoices, ledger],
    consumers=[directory_consumers, bpf_consumers],
    sweeps=[check_money],
    state=build,
    personal_data=[*DATA, *personal.DATA],
)
