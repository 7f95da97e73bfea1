from datetime import date, datetime
from uuid import UUID

from sqlalchemy import select

from chassis import Tx, audit, emit
from company.company.domain import Company
from company.compliance.assessment import reassess
from company.compliance.domain import OUT_OF_SIGHT, Document, DocumentNotFound


async def documents_of(tx: Tx, company_id: UUID) -> list[Document]:
    """The company's documents that no other has replaced and nobody took back, newest first."""
    query = select(Document).where(Document.company_id == company_id, Document.status.not_in(OUT_OF_SIGHT))
    return list((await tx.scalars(query.order_by(Document.id.desc()))).all())


async def lock_company_of(tx: Tx, document_id: UUID) -> Company:
    """The document's company, locked before the document, as everywhere. Raises DocumentNotFound."""
    owner = select(Document.company_id).where(Document.id == document_id).scalar_subquery()
    company = (await tx.scalars(select(Company).where(Company.id == owner).with_for_update())).one_or_none()
    if company is None:
        raise DocumentNotFound
    return company


async def assess_again(tx: Tx, company: Company, today: date, at: datetime) -> None:
    """After a change to the locked company's documents: expire what no longer holds, tell a changed outcome."""
    await tx.flush()
    documents = await documents_of(tx, company.id)
    for document in documents:
        if document.is_overdue(today):
            document.expire()
            audit(tx, "document.expired", document.id, company=company.id, type=document.type)
    changed = reassess(company, documents, today, at)
    if changed is not None:
        emit(tx, changed)
