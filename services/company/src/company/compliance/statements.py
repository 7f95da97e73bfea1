from uuid import UUID

from fastapi.responses import Response

from chassis import get_or
from chassis.documents import PDF_ANSWER, pdf_download
from chassis.http import CallerDep, Router, TxDep
from chassis.problems import documented
from company.affiliation.queries import by_rows, checks_compliance, permitted
from company.company.domain import Company, CompanyNotFound
from company.compliance.paper import statement_template
from company.compliance.rules import DocumentType
from company.compliance.statement_texts import NoStatementTemplate, statement_on
from contracts.permissions import Permission

router = Router("compliance documents")


@router.get(
    "/companies/{company_id}/statement-templates/{kind}",
    access=by_rows(Permission.BELONG, or_staff=True),
    response_class=Response,
    responses=PDF_ANSWER | documented(CompanyNotFound, NoStatementTemplate),
)
async def download_template(company_id: UUID, kind: DocumentType, caller: CallerDep, tx: TxDep) -> Response:
    """A sworn statement with the company's data and the offences named, to be signed and uploaded (CO-44)."""
    if not checks_compliance(caller):
        await permitted(tx, caller, company_id, Permission.BELONG)
    company = await get_or(tx, Company, company_id, CompanyNotFound())
    pdf = await statement_template(company, statement_on(kind, tx.today), tx.today)
    return pdf_download(f"{kind}.pdf", pdf)
