"""Messages to people; identity writes and sends them."""

from uuid import UUID

from chassis import Tx, emit
from company.company.domain import Company
from contracts.notification import NotificationRequested, RoleInCompany
from contracts.roles import HEADS


def tell_heads(tx: Tx, company: Company, template: str, **context: str) -> None:
    """Tell whoever runs the company's affairs here."""
    heads = RoleInCompany(company_id=company.id, roles=sorted(HEADS))
    emit(
        tx,
        NotificationRequested(
            subject_id=company.id,
            template=template,
            roles=[heads],
            context={"company_name": company.name, **context},
        ),
    )


def tell_member(tx: Tx, member_id: UUID, company: Company, template: str, **context: str) -> None:
    """Tell one member something about a company."""
    emit(
        tx,
        NotificationRequested(
            subject_id=company.id,
            template=template,
            members=[member_id],
            context={"company_name": company.name, **context},
        ),
    )
