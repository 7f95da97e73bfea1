"""What contracting keeps about people (PL-06, PL-08, PL-09)."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import case, or_, select, update

from chassis.db import Tx
from chassis.personal_data import (
    ACCOUNTING_YEARS,
    CONTRACT_YEARS,
    ERASED_NAME,
    NOBODY,
    Basis,
    DataClass,
    Records,
    record_of,
    years_before,
)
from contracting.bdc.domain import Bdc
from contracting.contract.domain import Contract
from contracting.directory.domain import CompanyValidation
from contracting.mission.conditions import SpecialConditions
from contracting.mission.domain import ClientOrder, Mission

_WORK = ("title", "rfp_reference", "consultant_name", "days", "starts_on", "ends_on")


async def _signatures(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Contract.signed_by == member_id, Contract.openings.has_key(str(member_id)))
    query = select(Contract).where(mine).order_by(Contract.id)
    shown = ("kind", "company_name", "status", "signed_at", "signed_capacity", "signed_from", "signed_clauses")
    return [
        record_of(row, *(shown if row.signed_by == member_id else shown[:3]))
        | {"opened_at": row.openings.get(str(member_id)), "ticked": row.ticks.get(str(member_id), {})}
        for row in await tx.scalars(query)
    ]


async def _capacities(tx: Tx, member_id: UUID) -> Records:
    named = CompanyValidation.verified_signatories.contains([{"member_id": str(member_id)}])
    query = select(CompanyValidation).where(named)
    return [{"company_id": row.company_id, "capacity": row.capacities[member_id]} for row in await tx.scalars(query)]


async def _missions(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Mission.consultant_id == member_id, Mission.operational_manager_id == member_id)
    rows = await tx.scalars(select(Mission).where(mine).order_by(Mission.id))
    return [record_of(row, *_WORK, "status") for row in rows]


async def _anonymise_missions(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(Mission).where(Mission.consultant_id == member_id).values(consultant_name=ERASED_NAME))


async def _forget_missions(tx: Tx, as_of: datetime) -> None:
    over = Mission.ends_on < years_before(as_of, ACCOUNTING_YEARS)
    nobody = {"consultant_id": NOBODY, "operational_manager_id": NOBODY, "retained_by": NOBODY}
    await tx.execute(update(Mission).where(over).values(consultant_name=ERASED_NAME, **nobody))
    old = select(Mission.id).where(over)
    await tx.execute(update(ClientOrder).where(ClientOrder.mission_id.in_(old)).values(received_by=NOBODY))
    conditions = update(SpecialConditions).where(SpecialConditions.mission_id.in_(old))
    accepted = case((SpecialConditions.accepted_by.is_(None), None), else_=NOBODY)
    await tx.execute(conditions.values(written_by=NOBODY, accepted_by=accepted, accepted_from=None))


async def _orders(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Bdc.consultant_id == member_id, Bdc.operational_manager_id == member_id)
    rows = await tx.scalars(select(Bdc).where(mine).order_by(Bdc.id))
    return [record_of(row, *_WORK, "reference", "rate", "issued_at") for row in rows]


async def _anonymise_orders(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(Bdc).where(Bdc.consultant_id == member_id).values(consultant_name=ERASED_NAME))


async def _forget_orders(tx: Tx, as_of: datetime) -> None:
    over = Bdc.ends_on < years_before(as_of, ACCOUNTING_YEARS)
    nobody = {"consultant_id": NOBODY, "operational_manager_id": NOBODY, "issued_by": NOBODY}
    await tx.execute(update(Bdc).where(over).values(consultant_name=ERASED_NAME, **nobody))


DATA = [
    DataClass(
        "signatures",
        purpose="Prove who signed a company's contract, when, from where and by what right",
        basis=Basis.CONTRACT,
        kept=f"As long as the contract is in force and {CONTRACT_YEARS} years; it is the company's",
        tables=(Contract,),
        gather=_signatures,
    ),
    DataClass(
        "powers to sign",
        purpose="Let only empowered people sign for a company",
        basis=Basis.CONTRACT,
        kept="As long as the company; ids alone",
        tables=(CompanyValidation,),
        gather=_capacities,
    ),
    DataClass(
        "missions",
        purpose="Carry out a mission with the consultant who was chosen",
        basis=Basis.CONTRACT,
        kept=f"{ACCOUNTING_YEARS} years after the mission's end, the name as long as the account",
        tables=(Mission, ClientOrder, SpecialConditions),
        gather=_missions,
        erase=_anonymise_missions,
        forget=_forget_missions,
    ),
    DataClass(
        "orders",
        purpose="Prove what was ordered, from whom and for which consultant's days",
        basis=Basis.LEGAL_OBLIGATION,
        kept=f"{ACCOUNTING_YEARS} years after the order's end, the name as long as the account",
        tables=(Bdc,),
        gather=_orders,
        erase=_anonymise_orders,
        forget=_forget_orders,
    ),
]
