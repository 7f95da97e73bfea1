"""Who is told what about a CRA."""

from collections.abc import Sequence
from uuid import UUID

from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import HEADS, PROVIDER_ROLES
from contracts.values import Month
from timesheet.cra.domain import Cra
from timesheet.directory.missions import Mission


def submitted(cra: Cra) -> NotificationRequested:
    """The operational manager has a month to decide on."""
    return NotificationRequested(
        subject_id=cra.id,
        template="cra_submitted",
        members=[cra.mission.operational_manager_id],
        context={**_facts(cra), "consultant_name": cra.mission.consultant_name, "days": _days(cra)},
    )


def to_approve(cra: Cra, supervisors: Sequence[UUID]) -> NotificationRequested:
    """Whoever looks after the consultant, and whoever runs the provider, have a month to approve."""
    return NotificationRequested(
        subject_id=cra.id,
        template="cra_to_approve",
        members=list(supervisors),
        roles=[heads_of_provider(cra.mission)],
        context={**_facts(cra), "consultant_name": cra.mission.consultant_name, "days": _days(cra)},
    )


def approval_refused(cra: Cra) -> NotificationRequested:
    """The consultant reads why their own company sent the month back."""
    return NotificationRequested(
        subject_id=cra.id,
        template="cra_approval_refused",
        members=[cra.mission.consultant_id],
        context={**_facts(cra), "reason": cra.refusal_reason or ""},
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
    """The supplier's side knows that the month counts (TS-12); billing tells its sales managers."""
    return NotificationRequested(
        subject_id=cra.id,
        template="cra_validated",
        members=[cra.mission.consultant_id],
        roles=[heads_of_provider(cra.mission)],
        context={**_facts(cra), "days": _days(cra)},
    )


def submission_due(mission: Mission, month: Month) -> NotificationRequested:
    """The consultant is reminded of a month that they have not sent."""
    return NotificationRequested(
        subject_id=mission.bdc_id,
        template="cra_reminder",
        members=[mission.consultant_id],
        context={"title": mission.title, "month": month},
    )


def validation_due(cra: Cra) -> NotificationRequested:
    """The operational manager is reminded of a month that waits for them, before the first of the next."""
    return NotificationRequested(
        subject_id=cra.id,
        template="cra_validation_reminder",
        members=[cra.mission.operational_manager_id],
        context={**_facts(cra), "consultant_name": cra.mission.consultant_name, "days": _days(cra)},
    )


def heads_of_provider(mission: Mission) -> RoleInCompany:
    """Whoever runs the provider: sales managers are told by name, since each follows some consultants only (CO-05)."""
    return RoleInCompany(company_id=mission.provider_company_id, roles=sorted(HEADS & PROVIDER_ROLES))


def _facts(cra: Cra) -> dict[str, str]:
    return {"title": cra.mission.title, "month": cra.month}


def _days(cra: Cra) -> str:
    return f"{cra.total_days:.1f}"
