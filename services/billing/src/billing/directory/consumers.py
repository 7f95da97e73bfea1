"""Keeps the local copies true: order terms and legal identities."""

from billing.directory.accounts import CompanyAccount
from billing.directory.companies import Company
from billing.directory.missions import MissionTerms
from billing.directory.supervision import Supervision
from chassis import Consumers, Tx, upsert_newer
from chassis.errors import NotReady
from contracts.company import BankDetailsChanged, CompanyDetailsChanged, CompanyValidated, SupervisionChanged
from contracts.contracting import BdcIssued, MissionRescheduled

consumers = Consumers("billing")

_AS_THEY_ARE = (
    "bdc_id",
    "mission_id",
    "reference",
    "title",
    "client_company_id",
    "provider_company_id",
    "operational_manager_id",
    "consultant_id",
    "consultant_name",
    "client_order_reference",
    "issued_at",
    "version",
)


@consumers.on(BdcIssued)
async def record_mission_on_BdcIssued(event: BdcIssued, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """From here on the mission's months can be billed at these terms (BL-25)."""
    changed = {
        "daily_rate_amount": event.daily_rate.amount,
        "period_start": event.period.start,
        "period_end": event.period.end,
        "payment_option": event.payment_option.value,
        "payment_regime": event.payment_regime.value,
        "offer": event.offer,
    }
    await upsert_newer(tx, MissionTerms, {name: getattr(event, name) for name in _AS_THEY_ARE} | changed)


@consumers.on(MissionRescheduled)
async def reschedule_mission_on_MissionRescheduled(event: MissionRescheduled, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Remember until when the order runs; its price and its payment terms stay (CT-28)."""
    terms = await tx.get(MissionTerms, event.bdc_id, with_for_update=True)
    if terms is None:
        raise NotReady("the order is not known yet")
    if event.version > terms.version:
        terms.period_end, terms.version = event.ends_on, event.version


@consumers.on(CompanyValidated)
async def record_company_on_CompanyValidated(event: CompanyValidated, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """A company whose identity was checked can be billed for."""
    await _record(event, tx)


@consumers.on(CompanyDetailsChanged)
async def update_company_on_CompanyDetailsChanged(event: CompanyDetailsChanged, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Both events carry the whole identity under one version counter, so the newer wins in either order."""
    await _record(event, tx)


@consumers.on(BankDetailsChanged)
async def record_account_on_BankDetailsChanged(event: BankDetailsChanged, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Where the company is paid from then on; what came before keeps its own account (CO-45)."""
    await upsert_newer(tx, CompanyAccount, event.model_dump())


async def _record(event: CompanyValidated | CompanyDetailsChanged, tx: Tx) -> None:
    legal = event.legal.model_dump(mode="json")
    await upsert_newer(tx, Company, {"company_id": event.company_id, "legal": legal, "version": event.version})


@consumers.on(SupervisionChanged)
async def record_supervision_on_SupervisionChanged(event: SupervisionChanged, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Show a sales manager the missions of exactly these consultants (CO-05)."""
    await upsert_newer(tx, Supervision, Supervision.values_of(event))
