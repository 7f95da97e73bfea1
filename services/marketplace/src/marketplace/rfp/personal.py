"""Who writes, validates and pays for requests, as personal data (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis.db import Tx
from chassis.personal_data import CONTRACT_YEARS, ERASED_NAME, Basis, DataClass, Records, record_of, years_before
from marketplace.budget.domain import Budget
from marketplace.clause.domain import Clause
from marketplace.directory.entities import ClientEntity
from marketplace.directory.orders import Order
from marketplace.rfp.domain import Rfp
from marketplace.rfp.editions import Edition
from marketplace.template.domain import Template
from marketplace.workflow.domain import Approval, Workflow


async def _rfps(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Rfp.author_id == member_id, Rfp.operational_manager_id == member_id, Rfp.buyer_id == member_id)
    query = select(Rfp).where(mine).order_by(Rfp.id)
    return [record_of(row, "title", "status", "created_at", "published_at") for row in await tx.scalars(query)]


async def _approvals(tx: Tx, member_id: UUID) -> Records:
    query = select(Approval).where(Approval.validator_id == member_id).order_by(Approval.id)
    return [record_of(row, "rfp_id", "decision", "reason", "decided_at") for row in await tx.scalars(query)]


async def _anonymise_approvals(tx: Tx, member_id: UUID) -> None:
    said = (Approval.validator_id == member_id, Approval.reason.is_not(None))
    await tx.execute(update(Approval).where(*said).values(reason=ERASED_NAME))
    mine = update(Workflow).where(Workflow.validators.contains([str(member_id)]))
    await tx.execute(mine.values(validators=Workflow.validators.op("-")(str(member_id))))


async def _forget_approvals(tx: Tx, as_of: datetime) -> None:
    """Drop what was said of requests whose period ended so long ago that nobody can argue about them."""
    over = select(Rfp.id).where(Rfp.period_end < years_before(as_of, CONTRACT_YEARS))
    await tx.execute(delete(Approval).where(Approval.rfp_id.in_(over)))


async def _purchasing(tx: Tx, member_id: UUID) -> Records:
    kept = select(Budget).where(or_(Budget.responsible_id == member_id, Budget.deputy_id == member_id))
    answers = or_(ClientEntity.responsible_id == member_id, ClientEntity.substitute_id == member_id)
    written = select(Clause).where(Clause.author_id == member_id)
    return [
        *(record_of(row, "name", "starts_on", "ends_on") for row in await tx.scalars(kept.order_by(Budget.id))),
        *(record_of(row, "name") for row in await tx.scalars(select(ClientEntity).where(answers))),
        *(record_of(row, "title", "created_at") for row in await tx.scalars(written.order_by(Clause.id))),
    ]


async def _orders(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Order.consultant_id == member_id, Order.operational_manager_id == member_id)
    query = select(Order).where(mine).order_by(Order.id)
    return [record_of(row, "title", "starts_on", "ends_on", "daily_rate_amount") for row in await tx.scalars(query)]


async def _forget_orders(tx: Tx, as_of: datetime) -> None:
    await tx.execute(delete(Order).where(Order.ends_on < years_before(as_of, CONTRACT_YEARS)))


DATA = [
    DataClass(
        "requests for proposals",
        purpose="Know who wrote a client's request and who looks after its mission",
        basis=Basis.CONTRACT,
        kept="As long as the request, which is the company's; ids alone",
        tables=(Rfp, Edition, Template),
        gather=_rfps,
    ),
    DataClass(
        "validation of requests",
        purpose="Know who agreed to a client's publication, and why somebody did not",
        basis=Basis.CONTRACT,
        kept=f"{CONTRACT_YEARS} years after the period asked for; words as long as the account",
        tables=(Workflow, Approval),
        gather=_approvals,
        erase=_anonymise_approvals,
        forget=_forget_approvals,
    ),
    DataClass(
        "purchasing",
        purpose="Know who answers for a client's entities and budgets, and who wrote its clauses",
        basis=Basis.CONTRACT,
        kept="As long as the company keeps them; ids alone",
        tables=(ClientEntity, Budget, Clause),
        gather=_purchasing,
    ),
    DataClass(
        "orders",
        purpose="Count what is spent, and ask for more days of a running mission",
        basis=Basis.CONTRACT,
        kept=f"{CONTRACT_YEARS} years after the order; ids alone",
        tables=(Order,),
        gather=_orders,
        forget=_forget_orders,
    ),
]
