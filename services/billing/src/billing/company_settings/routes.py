"""A company's own choice of how it is invoiced (BL-04)."""

from fastapi import Request, Response

from billing.company_settings.domain import CompanySettings, InvoiceMode, MandateRequired
from billing.company_settings.queries import settings_of
from billing.issuing.sheet import Language
from billing.self_billing.queries import mandate_in_force, withdraw_specimens
from chassis import Tx, audit
from chassis.auth import may
from chassis.errors import VersionConflict
from chassis.http import AlreadyExists, Body, CallerDep, Router, TxDep, View, check_if_match, set_etag
from chassis.problems import documented
from contracts.permissions import Permission

router = Router("billing settings")


class SettingsBody(Body):
    """Who writes the company's invoices, and the language of what the platform writes."""

    invoice_mode: InvoiceMode
    language: Language


class SettingsView(View):
    """What holds for the company; `chosen` is false while it left the mode to the platform."""

    invoice_mode: InvoiceMode
    language: Language
    chosen: bool
    version: int


@router.get("/billing-settings", access=may(Permission.MANAGE_BILLING))
async def read_settings(caller: CallerDep, tx: TxDep, response: Response) -> SettingsView:
    """How the company is invoiced."""
    return await _shown(tx, await settings_of(tx, caller.company), response)


@router.put(
    "/billing-settings",
    access=may(Permission.MANAGE_BILLING),
    responses=documented(MandateRequired, VersionConflict, AlreadyExists),
)
async def change_settings(
    body: SettingsBody, caller: CallerDep, tx: TxDep, request: Request, response: Response
) -> SettingsView:
    """Choose; whoever turns to their own invoices takes back the specimens that nobody validated yet."""
    mandated = await mandate_in_force(tx, caller.company, hold=True) is not None
    settings = await settings_of(tx, caller.company, hold=True)
    check_if_match(request, settings.version)
    settings.choose(body.invoice_mode, body.language, mandated=mandated)
    tx.add(settings)
    if settings.mode(mandated=mandated) is InvoiceMode.MANUAL:
        await withdraw_specimens(tx, caller.company)
    await tx.flush()
    audit(tx, "billing_settings.change", caller.company, mode=body.invoice_mode, language=body.language)
    return await _shown(tx, settings, response)


async def _shown(tx: Tx, settings: CompanySettings, response: Response) -> SettingsView:
    mandated = await mandate_in_force(tx, settings.company_id) is not None
    set_etag(response, settings.version)
    return SettingsView(
        invoice_mode=settings.mode(mandated=mandated),
        language=settings.language,
        chosen=settings.invoice_mode is not None,
        version=settings.version,
    )
