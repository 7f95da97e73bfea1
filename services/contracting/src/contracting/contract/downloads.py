"""Contracts as documents: sealed, to read, or translated with the text that binds (PL-17)."""

from __future__ import annotations

from enum import StrEnum
from uuid import UUID

from fastapi.responses import Response

from chassis.auth import may
from chassis.documents import PDF_ANSWER, pdf_download
from chassis.files import FileMissing
from chassis.http import CallerDep, PlatformDep, Router, TxDep
from chassis.problems import documented
from contracting.contract.queries import contract_seen_by
from contracting.contract.refusals import ContractNotFound
from contracting.contract.writing import NoTranslation, file_name, on_paper, translated
from contracting.own import OwnDep
from contracts.permissions import Permission
from contracts.roles import StaffScope

router = Router("contracts")


class Language(StrEnum):
    """The language that binds, or the translation that does not (PL-17)."""

    FRENCH = "fr"
    ENGLISH = "en"


@router.get(
    "/contracts/{contract_id}/document",
    access=may(Permission.SIGN_CONTRACTS, or_staff=StaffScope.CONTRACTS),
    responses=documented(ContractNotFound, NoTranslation, FileMissing) | PDF_ANSWER,
    response_class=Response,
)
async def download_contract(
    contract_id: UUID,
    *,
    tx: TxDep,
    caller: CallerDep,
    platform: PlatformDep,
    own: OwnDep,
    language: Language = Language.FRENCH,
) -> Response:
    """The contract as PDF/A, sealed once signed; in English never without the French text (CT-25, CT-26, PL-17)."""
    contract = await contract_seen_by(tx, caller, contract_id)
    if language is Language.ENGLISH:
        return pdf_download(file_name(contract, "-en-non-binding"), await translated(tx, contract, own))
    return pdf_download(file_name(contract), await on_paper(tx, contract, platform, own))
