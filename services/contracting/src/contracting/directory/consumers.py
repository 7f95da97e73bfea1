"""Feed the local copies of companies."""

from chassis import Consumers, Tx, upsert_newer
from chassis.errors import NotReady
from contracting.directory.colleagues import Colleague
from contracting.directory.domain import CompanyDetails, CompanyValidation
from contracting.directory.queries import known
from contracting.directory.supervision import Supervision
from contracts.company import (
    AffiliationEnded,
    AffiliationGranted,
    CompanyDetailsChanged,
    CompanyValidated,
    LegalIdentity,
    SupervisionChanged,
)

consumers = Consumers("contracting")


@consumers.on(CompanyValidated)
async def record_company_on_CompanyValidated(event: CompanyValidated, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Remember that the company was checked, who may sign for it, and its details."""
    validation = {
        "company_id": event.company_id,
        "kind": event.kind,
        "verified_signatories": [one.model_dump(mode="json") for one in event.verified_signatories],
        "version": event.version,
    }
    await upsert_newer(tx, CompanyValidation, validation)
    await _record_details(tx, event, event.legal)


@consumers.on(CompanyDetailsChanged)
async def update_company_on_CompanyDetailsChanged(event: CompanyDetailsChanged, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Remember the newest details, even of a company whose validation has yet to arrive.

    Who may sign is part of the validation, which has to be here before it is changed (CO-48).
    """
    await _record_details(tx, event, event.legal)
    if event.verified_signatories is not None:
        validation = await known(tx, CompanyValidation, event.company_id, hold=True)
        if validation is None:
            raise NotReady
        if event.version > validation.version:
            validation.verified_signatories = [one.model_dump(mode="json") for one in event.verified_signatories]
            validation.version = event.version


async def _record_details(tx: Tx, event: CompanyValidated | CompanyDetailsChanged, legal: LegalIdentity) -> None:
    details = {
        "company_id": event.company_id,
        "name": legal.name,
        "country": legal.country,
        "bank_details_on_file": event.bank_details_on_file,
        "version": event.version,
    }
    await upsert_newer(tx, CompanyDetails, details)


@consumers.on(SupervisionChanged)
async def record_supervision_on_SupervisionChanged(event: SupervisionChanged, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Show a sales manager the missions of exactly these consultants (CO-05)."""
    await upsert_newer(tx, Supervision, Supervision.values_of(event))


@consumers.on(AffiliationGranted)
async def record_affiliation_on_AffiliationGranted(event: AffiliationGranted, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Let a provider name this colleague as its next consultant."""
    values = event.model_dump(include={"affiliation_id", "member_id", "company_id", "display_name", "version"})
    await upsert_newer(tx, Colleague, values | {"active": True})


@consumers.on(AffiliationEnded)
async def end_affiliation_on_AffiliationEnded(event: AffiliationEnded, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Let nobody name who left, whichever of the two events arrives first."""
    values = event.model_dump(include={"affiliation_id", "member_id", "company_id", "version"})
    await upsert_newer(tx, Colleague, values | {"display_name": "", "active": False})
