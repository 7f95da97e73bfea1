"""The bundle of everything that binds a company and the platform (CT-27)."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import cast
from uuid import UUID

from fastapi.responses import StreamingResponse
from sqlalchemy import select

from chassis import Tx
from chassis.archives import ZIP_ANSWER, zip_download
from chassis.auth import Caller, may
from chassis.errors import Conflict, require
from chassis.http import CallerDep, PlatformDep, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.platform import Platform
from chassis.problems import documented
from contracting.bdc.domain import Bdc
from contracting.bdc.queries import visible_to as bdc_visible_to
from contracting.contract.domain import Contract, ContractStatus
from contracting.contract.queries import visible_to
from contracting.contract.writing import file_name, on_paper
from contracting.own import Own, OwnDep
from contracting.template.queries import template_of
from contracts.contracting import ContractKind
from contracts.permissions import Permission

router = Router("contractual documents")

CONSENTS = "/api/identity/members/me/consents"
"""Where a member reads which terms and privacy policy they accepted: identity owns those."""
AT_MOST = 500


class BundleTooLarge(Conflict):
    """More documents than one archive takes."""

    code, title = "bundle_too_large", "There are too many documents for one archive: download them one by one"


class ContractInBundle(View):
    """A signed contract, in force or replaced since, with the version that was accepted."""

    contract_id: UUID
    kind: ContractKind
    status: ContractStatus
    terms_version: str
    annexes: list[str]
    signed_at: datetime
    document_sha256: str | None
    document: str


class OrderInBundle(View):
    """One of the platform's orders."""

    bdc_id: UUID
    reference: str
    issued_at: datetime
    document: str


class BundleView(View):
    """Everything that binds a company and the platform; `consents` is where members see what they accepted."""

    consents: str
    contracts: list[ContractInBundle]
    orders: Page[OrderInBundle]


@router.get("/contractual-documents", access=may(Permission.SIGN_CONTRACTS))
async def list_documents(tx: TxDep, caller: CallerDep, page: PageDep) -> BundleView:
    """The documents that bind one's company, each with the version that was accepted (CT-27)."""
    return BundleView(
        consents=CONSENTS,
        contracts=[await _contract(tx, contract) for contract in await _signed(tx, caller)],
        orders=await page_of(tx, select(Bdc).where(bdc_visible_to(caller)), Bdc.id, page, _order),
    )


@router.get(
    "/contractual-documents/archive",
    access=may(Permission.SIGN_CONTRACTS),
    responses=documented(BundleTooLarge) | ZIP_ANSWER,
    response_class=StreamingResponse,
)
async def download_documents(tx: TxDep, caller: CallerDep, platform: PlatformDep, own: OwnDep) -> StreamingResponse:
    """All of them as one ZIP, with a list of what is in it (CT-27)."""
    contracts = await _signed(tx, caller)
    query = select(Bdc).where(bdc_visible_to(caller)).order_by(Bdc.id).limit(AT_MOST + 1)
    orders = (await tx.scalars(query)).all()
    require(len(contracts) + len(orders) <= AT_MOST, BundleTooLarge())
    files = _files(tx, contracts, orders, platform, own)
    return await zip_download("documents-contractuels.zip", files)


async def _files(
    tx: Tx, contracts: Sequence[Contract], orders: Sequence[Bdc], platform: Platform, own: Own
) -> AsyncIterator[tuple[str, bytes]]:
    listed = BundleView(
        consents=CONSENTS,
        contracts=[await _contract(tx, contract) for contract in contracts],
        orders=Page(items=[_order(order) for order in orders], next=None),
    )
    yield "documents.json", listed.model_dump_json(indent=2).encode()
    for contract in contracts:
        yield file_name(contract, f"-{contract.id}"), await on_paper(tx, contract, platform, own)
    for order in orders:
        if order.document is not None:
            yield order.document.name, await platform.files.read(order.document.key)


async def _signed(tx: Tx, caller: Caller) -> Sequence[Contract]:
    query = select(Contract).where(visible_to(caller), Contract.signed_at.is_not(None))
    return (await tx.scalars(query.order_by(Contract.id))).all()


async def _contract(tx: Tx, contract: Contract) -> ContractInBundle:
    version = contract.terms_version or ""
    annexes = (await template_of(tx, contract.kind, version)).wording.annexes
    return ContractInBundle(
        contract_id=contract.id,
        kind=contract.kind,
        status=contract.status,
        terms_version=version,
        annexes=[annex.title for annex in annexes],
        signed_at=cast("datetime", contract.signed_at),
        document_sha256=contract.document_sha256,
        document=f"/api/contracting/contracts/{contract.id}/document",
    )


def _order(bdc: Bdc) -> OrderInBundle:
    return OrderInBundle(
        bdc_id=bdc.id,
        reference=bdc.reference,
        issued_at=bdc.issued_at,
        document=f"/api/contracting/bdcs/{bdc.id}/document",
    )
