"""Who may engage a company: declared by themselves, verified by staff (CO-07, CO-48)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from company.company.existence import ExistenceCheck, Register
from company.files import File
from company.words import words
from contracts.company import Signatory as SignatoryFact
from contracts.roles import SignatoryCapacity


class NotEmpowered(Unprocessable):
    """Only an empowered person creates a company (CO-07)."""

    code, title = "not_empowered", "Only a person empowered to engage the company may create it"


class NotADeclaredSignatory(Unprocessable):
    """Staff verify signatories who declared themselves; nobody is made one (CO-48)."""

    code, title = "not_a_declared_signatory", "This member did not declare to be a signatory"


class SignatoryNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "signatory_not_found", "There is no such signatory"


class CapacityVerified(Conflict):
    """Staff verified it already."""

    code, title = "capacity_verified", "This capacity was verified already"


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
    decided_by: Mapped[UUID | None]
    register_consulted: Mapped[Register | None] = mapped_column(words(Register))
    check_reference: Mapped[str | None] = mapped_column(String(1000))
    checked_on: Mapped[date | None]
    refused_at: Mapped[datetime | None]
    refusal_reason: Mapped[str | None] = mapped_column(String(1000))
    file_key: Mapped[str | None] = mapped_column(String(64))
    """The proof of the capacity; the founder's is in the register itself."""
    file_name: Mapped[str | None] = mapped_column(String(120))
    media_type: Mapped[str | None] = mapped_column(String(64))
    sha256: Mapped[str | None] = mapped_column(String(64))
    size: Mapped[int | None]

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

    def declare_again(self, capacity: SignatoryCapacity, at: datetime, *, empowered: bool) -> None:
        """Another capacity, or another proof, which staff look at anew. Raises NotEmpowered or CapacityVerified."""
        require(empowered, NotEmpowered(field="empowered"))
        require(not self.verified, CapacityVerified())
        self.capacity, self.declared_at, self.refused_at, self.refusal_reason = capacity, at, None, None

    def prove(self, file: File) -> None:
        """What shows the capacity: a delegation, minutes, articles."""
        self.file_key, self.file_name, self.media_type = file.key, file.name, file.media_type
        self.sha256, self.size = file.sha256, file.size

    def confirm(self, staff_id: UUID, check: ExistenceCheck, at: datetime) -> None:
        """Staff found the capacity to be true (CO-48). Raises CapacityVerified."""
        require(not self.verified, CapacityVerified())
        self.verified_at, self.decided_by, self.refused_at, self.refusal_reason = at, staff_id, None, None
        self.register_consulted, self.check_reference = check.register, check.reference
        self.checked_on = check.checked_on

    def deny(self, staff_id: UUID, reason: str, at: datetime) -> None:
        """Staff found that the member may not, or may no longer, sign."""
        self.verified_at, self.decided_by, self.refused_at, self.refusal_reason = None, staff_id, at, reason


def verify(declared: Sequence[Signatory], member_ids: Collection[UUID], at: datetime) -> list[Signatory]:
    """Mark those who were found empowered, and return all who are. Raises NotADeclaredSignatory (CO-48)."""
    unknown = set(member_ids) - {signatory.member_id for signatory in declared}
    require(not unknown, NotADeclaredSignatory(field="verified_signatories"))
    chosen = [signatory for signatory in declared if signatory.member_id in member_ids]
    for signatory in chosen:
        signatory.verified_at, signatory.refused_at = at, None
    return [signatory for signatory in declared if signatory.verified]
