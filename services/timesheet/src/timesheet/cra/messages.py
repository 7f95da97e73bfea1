"""Who is told what about a CRA."""

from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import SELLERS
from timesheet.cra.domain import Cra


def submitted(cra: Cra) -> NotificationRequested:
    """The operational manager has a month to decide on."""
    return NotificationRequested(
        subject_id=cra.id,
        template="cra_submitted",
        members=[cra.mission.operational_manager_id],
        context={**_facts(cra), "consultant_name": cra.mission.consultant_name, "days": _days(cra)},
    )


def refused(cra: Cra) -> NotificationRequested:
    """The consultant reads why the month came back."""
    return NotificationRequested(
        subject_id=cra.id,
        template="cra_refused",
        members=[cra.mission.consultant_id],
        context={**_facts(cra), "reason": cra.refusal_reason or ""},
    )


def validated(cra: Cra) -> NotificationRequested:
    """The supplier's side knows that the month can be invoiced (TS-12)."""
    return NotificationRequested(
        subject_id=cra.id,
        template="cra_validated",
        members=[cra.mission.consultant_id],
        roles=[RoleInCompany(company_id=cra.mission.provider_company_id, roles=sorted(SELLERS))],
        context={**_facts(cra), "days": _days(cra)},
    )


def _facts(cra: Cra) -> dict[str, str]:
    return {"title": cra.mission.title, "month": cra.month}


def _days(cra: Cra) -> str:
    return f"{cra.total_days:.1f}"
