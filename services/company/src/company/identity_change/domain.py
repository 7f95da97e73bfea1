"""After the validation, name and registration change only through two people of the staff (CO-09, CO-49)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import business_date
from chassis.errors import Conflict, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.company.domain import Company, CompanyStatus
from company.files import HoldsFile
from company.words import words
from contracts.company import LegalIdentity


class IdentityChangeStatus(StrEnum):
    """Where a request stands."""

    REQUESTED = "requested"
    PROPOSED = "proposed"
    MADE = "made"
    REFUSED = "refused"


class IdentityChangeActor(StrEnum):
    """Who may try to move it."""

    STAFF = "staff"
    CALENDAR = "calendar"


_S, _A = IdentityChangeStatus, IdentityChangeActor
ALLOWED = {
    _S.REQUESTED: moves({_S.PROPOSED}, {_A.CALENDAR}),
    _S.PROPOSED: moves({_S.REQUESTED}, {_A.STAFF}),
    _S.MADE: moves({_S.PROPOSED}, {_A.STAFF}),
    _S.REFUSED: moves({_S.REQUESTED, _S.PROPOSED}, {_A.STAFF}),
}


class IdentityChangeNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "identity_change_not_found", "There is no such request"


class IdentityChangePending(Conflict):
    """One request at a time."""

    code, title = "identity_change_pending", "A change of name or registration is waiting already"


class IdentityNotVerified(Conflict):
    """Before the validation the identity is corrected directly."""

    code, title = "identity_not_verified", "Nothing was verified yet: correct it yourself"


class NothingChanges(Unprocessable):
    """The request says what is so already."""

    code, title = "nothing_changes", "Name and registration are like that already"


_FIELDS = ("name", "siret", "registration_number", "vat_number")


class IdentityChange(HoldsFile, Base):
    """What a head asks to be changed, why, with a proof; the former values stay beside the new ones."""

    __tablename__ = "identity_changes"
    __table_args__ = (
        Index(
            "uq_identity_changes_pending",
            "company_id",
            unique=True,
            postgresql_where=text("status IN ('requested', 'proposed')"),
        ),
        Index("ix_identity_changes_company_id_id", "company_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    status: Mapped[IdentityChangeStatus] = mapped_column(words(IdentityChangeStatus))
    name: Mapped[str] = mapped_column(String(200))
    siret: Mapped[str | None] = mapped_column(String(14))
    registration_number: Mapped[str | None] = mapped_column(String(60))
    vat_number: Mapped[str | None] = mapped_column(String(20))
    former_name: Mapped[str] = mapped_column(String(200))
    former_siret: Mapped[str | None] = mapped_column(String(14))
    former_registration_number: Mapped[str | None] = mapped_column(String(60))
    former_vat_number: Mapped[str | None] = mapped_column(String(20))
    reason: Mapped[str] = mapped_column(String(1000))
    requested_by: Mapped[UUID]
    requested_at: Mapped[datetime]
    decided_at: Mapped[datetime | None]
    remark: Mapped[str | None] = mapped_column(String(1000))

    @classmethod
    def request(cls, company: Company, wanted: LegalIdentity, reason: str, by: UUID, at: datetime) -> IdentityChange:
        """A request about a validated company; its proof comes with `attach`. `wanted` was checked.

        Raises:
            IdentityNotVerified: staff verified nothing yet.
            NothingChanges: the company is like that already.

        """
        require(company.status is CompanyStatus.VALIDATED, IdentityNotVerified())
        new = {name: getattr(wanted, name) for name in _FIELDS}
        former = {f"former_{name}": getattr(company, name) for name in _FIELDS}
        require(list(new.values()) != list(former.values()), NothingChanges(field="name"))
        return cls(
            id=new_id(),
            company_id=company.id,
            status=IdentityChangeStatus.REQUESTED,
            reason=reason,
            requested_by=by,
            requested_at=at,
            **new,
            **former,
        )

    def wanted(self, company: Company) -> LegalIdentity:
        """The company's identity once this is made."""
        return LegalIdentity.model_validate(dict(company.legal) | {name: getattr(self, name) for name in _FIELDS})

    def propose(self) -> None:
        """A first person of the staff agrees. Raises IllegalMove."""
        self._move_to(IdentityChangeStatus.PROPOSED, IdentityChangeActor.STAFF)

    def make(self, company: Company, at: datetime) -> None:
        """A second person agreed: the company is called so from now on. Raises IllegalMove, or as `describe`."""
        self._move_to(IdentityChangeStatus.MADE, IdentityChangeActor.STAFF)
        company.describe(self.wanted(company), business_date(at))
        self.decided_at = at

    def refuse(self, remark: str, at: datetime) -> None:
        """It is not made, for a reason that the company reads. Raises IllegalMove."""
        self._move_to(IdentityChangeStatus.REFUSED, IdentityChangeActor.STAFF)
        self.decided_at, self.remark = at, remark

    def wait_again(self) -> None:
        """Nobody came as the second in time; the first look is void. Raises IllegalMove."""
        self._move_to(IdentityChangeStatus.REQUESTED, IdentityChangeActor.CALENDAR)

    def _move_to(self, target: IdentityChangeStatus, actor: IdentityChangeActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)
