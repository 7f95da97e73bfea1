from uuid import UUID

from sqlalchemy import select

from chassis import Tx
from company.compliance.domain import Document, DocumentStatus


async def documents_of(tx: Tx, company_id: UUID) -> list[Document]:
    """The company's documents that no other has replaced, newest first."""
    query = select(Document).where(Document.company_id == company_id, Document.status != DocumentStatus.REPLACED)
    return list((await tx.scalars(query.order_by(Document.id.desc()))).all())
