"""What a company received from the platform: a client's invoices, and those of a provider."""

from typing import Annotated
from uuid import UUID

from fastapi import Query
from fastapi.responses import Response
from sqlalchemy import ColumnElement, select

from billing.bpf.domain import Bpf
from billing.bpf.queries import sold_by
from billing.issuing.domain import DocumentNotMade, IssuedInvoice, IssuedInvoiceNotFound, IssuedStatus
from billing.issuing.views import (
    XML_ANSWER,
    IssuedInvoiceDetail,
    IssuedInvoiceView,
    detail_of,
    pdf_answer,
    view_of,
    xml_answer,
)
from billing.own import Own, OwnDep
from chassis import Tx
from chassis.auth import Caller, may
from chassis.documents import PDF_ANSWER
from chassis.errors import Forbidden, TemporarilyUnavailable
from chassis.files import FileMissing
from chassis.http import CallerDep, PlatformDep, Router, TxDep
from chassis.pagination import Page, PageDep, PageRequest, page_of
from chassis.problems import documented
from contracts.permissions import Permission
from contracts.roles import Role

router = Router("issued invoices")
CLIENT = may(Permission.READ_CLIENT_INVOICES)
PROVIDER = may(Permission.HANDLE_INVOICES)
ONE = documented(Forbidden, IssuedInvoiceNotFound)
FILE = documented(Forbidden, IssuedInvoiceNotFound, DocumentNotMade, FileMissing, TemporarilyUnavailable)


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """The company's own; for a project lead those of missions they manage, for a sales manager those they follow.

    Raises:
        Forbidden: the caller acts for no company.

    """
    ours = IssuedInvoice.party_id == caller.company
    if caller.role is Role.RESPONSABLE_PROJET:
        return ours & (IssuedInvoice.manager_id == caller.member_id)
    if caller.role is Role.COMMERCIAL:
        return ours & IssuedInvoice.mission_id.in_(select(Bpf.mission_id).where(sold_by(caller)))
    return ours


async def _one(tx: Tx, invoice_id: UUID, caller: Caller) -> IssuedInvoice:
    query = select(IssuedInvoice).where(IssuedInvoice.id == invoice_id, visible_to(caller))
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise IssuedInvoiceNotFound
    return found


async def _list(
    tx: Tx, caller: Caller, own: Own, page: PageRequest, status: IssuedStatus | None
) -> Page[IssuedInvoiceView]:
    query = select(IssuedInvoice).where(visible_to(caller))
    if status:
        query = query.where(IssuedInvoice.status == status)
    return await page_of(tx, query, IssuedInvoice.id, page, lambda row: view_of(row, own.settings))


@router.get("/client-invoices", access=CLIENT, responses=documented(Forbidden))
async def list_client_invoices(
    tx: TxDep, caller: CallerDep, own: OwnDep, page: PageDep, status: Annotated[IssuedStatus | None, Query()] = None
) -> Page[IssuedInvoiceView]:
    """What the client received from the platform, newest first; a project lead sees their own missions (BL-31)."""
    return await _list(tx, caller, own, page, status)


@router.get("/client-invoices/{issued_invoice_id}", access=CLIENT, responses=ONE)
async def read_client_invoice(
    issued_invoice_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep
) -> IssuedInvoiceDetail:
    """One of them, line by line (BL-31)."""
    return detail_of(await _one(tx, issued_invoice_id, caller), own.settings)


@router.get(
    "/client-invoices/{issued_invoice_id}/document",
    access=CLIENT,
    response_class=Response,
    responses=PDF_ANSWER | FILE,
)
async def read_client_document(
    issued_invoice_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep
) -> Response:
    """Its Factur-X: a PDF/A-3 with the electronic invoice inside."""
    return await pdf_answer(await _one(tx, issued_invoice_id, caller), platform.files)


@router.get(
    "/client-invoices/{issued_invoice_id}/xml", access=CLIENT, response_class=Response, responses=XML_ANSWER | ONE
)
async def read_client_xml(issued_invoice_id: UUID, tx: TxDep, caller: CallerDep) -> Response:
    """The electronic invoice alone (CII)."""
    return xml_answer(await _one(tx, issued_invoice_id, caller))


@router.get("/platform-invoices", access=PROVIDER, responses=documented(Forbidden))
async def list_platform_invoices(
    tx: TxDep, caller: CallerDep, own: OwnDep, page: PageDep, status: Annotated[IssuedStatus | None, Query()] = None
) -> Page[IssuedInvoiceView]:
    """What the platform issued to a provider or in its name: fees, subscriptions, Rise, self-billed invoices."""
    return await _list(tx, caller, own, page, status)


@router.get("/platform-invoices/{issued_invoice_id}", access=PROVIDER, responses=ONE)
async def read_platform_invoice(
    issued_invoice_id: UUID, tx: TxDep, caller: CallerDep, own: OwnDep
) -> IssuedInvoiceDetail:
    """One of them, line by line."""
    return detail_of(await _one(tx, issued_invoice_id, caller), own.settings)


@router.get(
    "/platform-invoices/{issued_invoice_id}/document",
    access=PROVIDER,
    response_class=Response,
    responses=PDF_ANSWER | FILE,
)
async def read_platform_document(
    issued_invoice_id: UUID, tx: TxDep, caller: CallerDep, platform: PlatformDep
) -> Response:
    """Its Factur-X: a PDF/A-3 with the electronic invoice inside."""
    return await pdf_answer(await _one(tx, issued_invoice_id, caller), platform.files)


@router.get(
    "/platform-invoices/{issued_invoice_id}/xml", access=PROVIDER, response_class=Response, responses=XML_ANSWER | ONE
)
async def read_platform_xml(issued_invoice_id: UUID, tx: TxDep, caller: CallerDep) -> Response:
    """The electronic invoice alone (CII)."""
    return xml_answer(await _one(tx, issued_invoice_id, caller))
