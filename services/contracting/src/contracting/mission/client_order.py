"""The client's order: handed in, or made from the platform's template (CT-09)."""

from datetime import date, datetime
from uuid import UUID

from chassis.documents import typeset
from chassis.files import StoredFile
from contracting.bdc.document import TEMPLATE, comma
from contracting.mission.domain import ClientOrder, LineTerms, Mission
from contracting.settings import OperatorSettings
from contracts.values import Money


def kept(stored: StoredFile, reference: str, *, by: UUID, at: datetime) -> ClientOrder:
    """An order that was handed in, or made from the template."""
    return ClientOrder(
        reference=reference,
        file_key=stored.key,
        file_name=stored.name,
        media_type=stored.media_type,
        sha256=stored.sha256,
        size=stored.size,
        received_by=by,
        received_at=at,
    )


async def write(
    mission: Mission, terms: LineTerms, reference: str, *, client: str, operator: OperatorSettings, today: date
) -> bytes:
    """The order of the client to the platform, with the terms agreed: RFP, consultant, dates, price (CT-30)."""
    rate = Money(amount=terms.rate)
    rows = [
        ("Client", client),
        ("Commandé à", f"{operator.operator_name}, {operator.operator_address}"),
        ("Appel d'offres", mission.rfp_reference),
        ("Proposition", str(mission.proposal_id)),
        ("Mission", mission.title),
        ("Consultant", terms.consultant_name),
        ("Période", f"du {terms.starts_on:%d/%m/%Y} au {terms.ends_on:%d/%m/%Y}, {comma(terms.days, 1)} jours"),
        ("Taux journalier", f"{comma(rate.amount)} EUR hors taxes"),
        ("Total", f"{comma(rate.times(terms.days).amount)} EUR hors taxes"),
    ]
    sheet = {
        "title": f"Bon de commande {reference}",
        "reference": reference,
        "year": today.year,
        "month": today.month,
        "day": today.day,
        "issued": f"Émis le {today:%d/%m/%Y} par {client}",
        "rows": [list(row) for row in rows],
        "conditions": [],
    }
    return await typeset(TEMPLATE, sheet)
