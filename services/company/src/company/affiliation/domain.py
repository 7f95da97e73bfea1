"""Who acts for a company, and in which role (CO-19, CO-20, CO-23)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from company.company.domain import Company
from company.words import words
from contracts.company import AffiliationChanged, AffiliationEnded, AffiliationGranted
from contracts.roles import CLIENT_ROLES, HEADS, PROVIDER_ROLES, CompanyKind, ProfileType, Role

FOUNDER_ROLE = {
    ProfileType.CONSULTANCY: Role.GERANT,
    ProfileType.FREELANCE: Role.FREELANCE,
    ProfileType.CLIENT: Role.DIRECTEUR_ACHATS,
}
"""What the member who creates a company becomes in it."""

ROLES_TO_GIVE = {
    CompanyKind.PROVIDER: PROVIDER_ROLES - {Role.FREELANCE},
    CompanyKind.CLIENT: CLIENT_ROLES,
}
"""What a head may make of a colleague; a freelance has none."""


class AlreadyAffiliated(Conflict):
    """A member acts for one company at a time."""

    code, title = "already_affiliated", "This member acts for a company already"


class CompanyOfOne(Conflict):
    """A freelance has no colleagues."""

    code, title = "company_of_one", "Nobody can join the company of a freelance"


class RoleNotOffered(Unprocessable):
    """Not a role that a member may ask for in this company (CO-04)."""

    code, title = "role_not_offered", "This role cannot be asked for in this company"


class LastHead(Conflict):
    """A company keeps somebody who runs its affairs here."""

    code, title = "last_head", "The company would be left without anybody to run it"


class ColleagueNotFound(NotFound):
    """Acts for another company, or for none."""

    code, title = "colleague_not_found", "There is no such colleague"


class Affiliation(Base):
    """A member acts for a company in one role. A member has one affiliation at most."""

    __tablename__ = "affiliations"
    __table_args__ = (UniqueConstraint("member_id"), Index("ix_affiliations_company_id_id", "company_id", "id"))

    id: Mapped[UUID] = mapped_column(primary_key=True)
    member_id: Mapped[UUID]
    display_name: Mapped[str] = mapped_column(String(200))
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    role: Mapped[Role] = mapped_column(words(Role))
    granted_at: Mapped[datetime]
    promoted_at: Mapped[datetime | None]
    """When a head made them one too; absent for whoever registered the company."""
    version: Mapped[int]

    @classmethod
    def grant(
        cls, member_id: UUID, display_name: str, company: Company, role: Role, at: datetime
    ) -> tuple[Affiliation, AffiliationGranted]:
        """Let the member act for the company from now on."""
        granted = cls(
            id=new_id(),
            member_id=member_id,
            display_name=display_name,
            company_id=company.id,
            role=role,
            granted_at=at,
            version=1,
        )
        event = AffiliationGranted(
            version=granted.version,
            affiliation_id=granted.id,
            member_id=member_id,
            display_name=display_name,
            company_id=company.id,
            company_kind=company.kind,
            role=role,
            granted_at=at,
        )
        return granted, event

    def change_role(self, role: Role, kind: CompanyKind, heads: int, at: datetime) -> AffiliationChanged:
        """Give the member another of the company's roles (ID-09). `heads` are the company's at present.

        Raises:
            CompanyOfOne: a freelance is alone, and everything at once.
            RoleNotOffered: no role of this side.
            LastHead: nobody would run the company.

        """
        require(self.role is not Role.FREELANCE, CompanyOfOne())
        require(role in ROLES_TO_GIVE[kind], RoleNotOffered(field="role"))
        if role not in HEADS:
            self.leave_a_head(heads)
        elif role is not self.role:
            self.promoted_at = at
        self.role = role
        return AffiliationChanged(
            version=self.grow(),
            affiliation_id=self.id,
            member_id=self.member_id,
            company_id=self.company_id,
            company_kind=kind,
            role=role,
            changed_at=at,
        )

    def leave_a_head(self, heads: int) -> None:
        """Raise LastHead when the company, which has so many heads, would be left without one."""
        require(self.role not in HEADS or heads > 1, LastHead())

    def end(self, at: datetime) -> AffiliationEnded:
        """The event of its end; the row goes, the audit trail remembers (ID-38, CO-23)."""
        return AffiliationEnded(
            version=self.grow(),
            affiliation_id=self.id,
            member_id=self.member_id,
            company_id=self.company_id,
            ended_at=at,
        )

    def grow(self) -> int:
        """Count a change; every event of the affiliation carries the count."""
        self.version += 1
        return self.version
