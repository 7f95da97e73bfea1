"""Local copies of companies, affiliations and contracts, and who they let into the market."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Forbidden, require
from chassis.rows import Base
from contracts.company import AffiliationGranted, CompanyValidated
from contracts.contracting import ContractKind, ContractSigned


class CompanyNotValidated(Conflict):
    """The platform has not validated the company yet."""

    code, title = "company_not_validated", "The company is not validated yet"


class PrincipalContractMissing(Conflict):
    """The client has not accepted the principal contract."""

    code, title = "principal_contract_missing", "The principal contract is not in force"


class MarketClosedToUnvalidated(CompanyNotValidated):
    """A provider looks for requests before its company is validated."""

    status = 403


class FrameworkContractMissing(Forbidden):
    """A provider looks for requests before its framework contract is in force."""

    code, title = "framework_contract_missing", "The framework contract is not in force"


class Company(Base):
    """A company that the platform validated."""

    __tablename__ = "companies"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    kind: Mapped[str]
    name: Mapped[str]
    validated_at: Mapped[datetime]

    @staticmethod
    def values_of(event: CompanyValidated) -> dict[str, object]:
        """What to keep of the event."""
        return {
            "id": event.company_id,
            "version": event.version,
            "kind": event.kind,
            "name": event.legal.name,
            "validated_at": event.validated_at,
        }


class Affiliation(Base):
    """A member who acts for a company in a role."""

    __tablename__ = "affiliations"
    __table_args__ = (Index(None, "company_id", "member_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    member_id: Mapped[UUID]
    display_name: Mapped[str]
    company_id: Mapped[UUID]
    role: Mapped[str]
    granted_at: Mapped[datetime]

    @staticmethod
    def values_of(event: AffiliationGranted) -> dict[str, object]:
        """What to keep of the event."""
        return {
            "id": event.affiliation_id,
            "version": event.version,
            "member_id": event.member_id,
            "display_name": event.display_name,
            "company_id": event.company_id,
            "role": event.role,
            "granted_at": event.granted_at,
        }


class MemberName(Base):
    """The name that a member took last; it wins over the one that an affiliation brought."""

    __tablename__ = "member_names"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    display_name: Mapped[str]
    version: Mapped[int]


class Contract(Base):
    """A contract in force between a company and the platform."""

    __tablename__ = "contracts"
    __table_args__ = (Index(None, "company_id", "kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int]
    company_id: Mapped[UUID]
    kind: Mapped[str]
    signed_at: Mapped[datetime]

    @staticmethod
    def values_of(event: ContractSigned) -> dict[str, object]:
        """What to keep of the event."""
        return {
            "id": event.contract_id,
            "version": event.version,
            "company_id": event.company_id,
            "kind": event.kind,
            "signed_at": event.signed_at,
        }


def check_may_publish(company: Company | None, in_force: set[ContractKind]) -> Company:
    """Return the client's copy when it may publish (MK-17).

    Raises:
        CompanyNotValidated: the platform has not checked the company.
        PrincipalContractMissing: the principal contract is not accepted.

    """
    if company is None:
        raise CompanyNotValidated
    require(ContractKind.PRINCIPAL in in_force, PrincipalContractMissing())
    return company


def check_may_find(company: Company | None, in_force: set[ContractKind]) -> Company:
    """Return the provider's copy when it may see and answer requests (MK-14, MK-19, MK-20).

    Raises:
        MarketClosedToUnvalidated: the platform has not checked the company.
        FrameworkContractMissing: the framework contract is not in force.

    """
    if company is None:
        raise MarketClosedToUnvalidated
    require(ContractKind.FRAMEWORK in in_force, FrameworkContractMissing())
    return company
