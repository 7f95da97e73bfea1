"""The quarterly invoices for the use of the platform in Rise missions (domain facts 1.1)."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID

from sqlalchemy import select

from billing.bpf.vat import VatTreatment, treatment_of_sale
from billing.company_settings.queries import language_of
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from billing.issuing.issue import issue
from billing.issuing.sheet import Draft, DraftLine, Kind, Language
from billing.rise.domain import Payer, Quarter, RiseCharge, RisePayer, Use, uses_of
from billing.settings import BillingSettings
from chassis import Tx, audit, emit
from chassis.clock import business_date
from chassis.rows import new_id
from chassis.sweeps import Sweep
from contracts.contracting import Offer
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import HEADS

_MONTH = "MON"
"""UN/ECE recommendation 20."""
_TITLES = {
    Language.FR: "Utilisation de la plateforme, missions Rise, {quarter}",
    Language.EN: "Use of the platform, Rise missions, {quarter}",
}
_AT_ONCE = 20


async def issue_due(tx: Tx, as_of: datetime) -> bool:
    """Invoice the quarter that is over, from the 10th of the month after it on; True while some are left.

    What could not be invoiced by the 15th, because the service was down, is invoiced as soon as it is up.
    """
    today = business_date(as_of)
    quarter = Quarter.before(today)
    if today < quarter.invoiced_from:
        return False
    due = await _due(tx, quarter)
    for company_id, uses in list(due.items())[:_AT_ONCE]:
        await _invoice(tx, company_id, quarter, uses)
    return len(due) > _AT_ONCE


async def _due(tx: Tx, quarter: Quarter) -> dict[UUID, list[Use]]:
    """Which companies owe what for the quarter and were not invoiced for it yet; those validated alone."""
    period = quarter.period
    running = (MissionTerms.period_start <= period.end) & (MissionTerms.period_end >= period.start)
    orders = (await tx.scalars(select(MissionTerms).where(MissionTerms.offer == Offer.RISE, running))).all()
    agreed = {row.mission_id: row.payer for row in await tx.scalars(select(RisePayer))}
    by_payer: dict[UUID, list[MissionTerms]] = defaultdict(list)
    for order in orders:
        payer = agreed.get(order.mission_id, Payer.CLIENT)
        by_payer[order.client_company_id if payer is Payer.CLIENT else order.provider_company_id].append(order)
    done = set(await tx.scalars(select(RiseCharge.company_id).where(RiseCharge.quarter == str(quarter))))
    known = set(await tx.scalars(select(Company.company_id).where(Company.company_id.in_(by_payer))))
    due = {company: uses_of(by_payer[company], quarter) for company in sorted(known - done)}
    return {company: uses for company, uses in due.items() if uses}


async def _invoice(tx: Tx, company_id: UUID, quarter: Quarter, uses: list[Use]) -> None:
    language = await language_of(tx, company_id)
    company = await tx.get_one(Company, company_id)
    charge = RiseCharge(id=new_id(), company_id=company_id, quarter=str(quarter), issued_at=tx.now)
    vat = treatment_of_sale(company.identity)
    draft = Draft(
        kind=Kind.RISE,
        party_id=company_id,
        source_id=charge.id,
        lines=[_line(use, vat) for use in uses],
        period=quarter.period,
        title=_TITLES[language].format(quarter=quarter),
        language=language,
    )
    invoice = await issue(tx, BillingSettings(), draft)
    charge.issued_invoice_id = invoice.id
    tx.add(charge)
    audit(tx, "rise.charge", charge.id, company=company_id, quarter=str(quarter), invoice=invoice.id)
    heads = RoleInCompany(company_id=company_id, roles=sorted(HEADS))
    emit(
        tx,
        NotificationRequested(
            subject_id=invoice.id,
            template="rise_invoice",
            roles=[heads],
            context={"invoice_number": invoice.number, "quarter": str(quarter), "gross": f"{invoice.gross.amount:.2f}"},
        ),
    )


def _line(use: Use, vat: VatTreatment) -> DraftLine:
    return DraftLine(f"{use.title[:150]} ({use.reference[:40]})", Decimal(use.months), _MONTH, use.price, vat)


SWEEPS = [Sweep("issue_rise_invoices", timedelta(hours=6), issue_due)]
