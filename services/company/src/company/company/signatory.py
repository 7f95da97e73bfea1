"""Who may engage a company: declared by themselves, verified by staff (CO-07, CO-48)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Unprocessable, require
from chassis.rows import Base, new_id
from company.words import words
from contracts.company import Signatory as SignatoryFact
from contracts.roles import SignatoryCapacity


class NotEmpowered(Unprocessable):
    """Only an empowered person creates a company (CO-07)."""

    code, title = "not_empowered", "Only a person empowered to engage the company may create it"


class NotADeclaredSignatory(Unprocessable):
    """Staff verify signatories who declared themselves; nobody is made one (CO-48)."""

    code, title = "not_a_declared_signatory", "This member did not declare to be a signatory"


class Signatory(Base):
    """A member who declared to be empowered to engage the company, and whether staff verified it (CO-07, CO-48)."""

    __tablename__ = "signatories"
    __table_args__ = (UniqueConstraint("company_id", "member_id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    member_id: Mapped[UUID]
    capacity: Mapped[SignatoryCapacity] = mapped_column(words(SignatoryCapacity))
    declared_at: Mapped[datetime]
    verified_at: Mapped[datetime | None]

    @property
    def verified(self) -> bool:
        """Whether staff verified the capacity."""
        return self.verified_at is not None

    def as_fact(self) -> SignatoryFact:
        """What other services may know."""
        return SignatoryFact(member_id=self.member_id, capacity=self.capacity)

    @classmethod
    def declare(
        cls, company_id: UUID, member_id: UUID, capacity: SignatoryCapacity, at: datetime, *, empowered: bool
    ) -> Signatory:
        """Record by what right the member engages the company. Raises NotEmpowered (CO-07)."""
        require(empowered, NotEmpowered(field="empowered"))
        return cls(id=new_id(), company_id=company_id, member_id=member_id, capacity=capacity, declared_at=at)


def verify(declared: Sequence[Signatory], member_ids: Collection[UUID], at: datetime) -> list[Signatory]:
    """Mark those who were found empowered, and return them. Raises NotADeclaredSignatory (CO-48)."""
    unknown = set(member_ids) - {signatory.member_id for signatory in declared}
    require(not unknown, NotADeclaredSignatory(field="verified_signatories"))
    chosen = [signatory for signatory in declared if signatory.member_id in member_ids]
    for signatory in chosen:
        signatory.verified_at = at
    return chosen
