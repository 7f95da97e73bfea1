"""Feed the local copies of companies."""

from chassis import Consumers, Tx, upsert_newer
from chassis.errors import NotReady
from contracting.directory.domain import CompanyCompliance, CompanyDetails, CompanyValidation
from contracting.directory.queries import known
from contracting.directory.supervision import Supervision
from contracts.company import (
    CompanyDetailsChanged,
    CompanyValidated,
    ComplianceChanged,
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


@consumers.on(ComplianceChanged)
async def record_compliance_on_ComplianceChanged(event: ComplianceChanged, tx: Tx) -> None:  # noqa: N802 - its queue's name
    """Remember whether the company's documents hold, and until when."""
    compliance = {
        "company_id": event.company_id,
        "compliant": event.compliant,
        "missing": event.missing,
        "valid_until": event.valid_until,
        "version": event.version,
    }
    await upsert_newer(tx, CompanyCompliance, compliance)


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
