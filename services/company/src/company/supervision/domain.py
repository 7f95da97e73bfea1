"""Which consultants a sales manager supervises (CO-05)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, ForeignKey, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Unprocessable, require
from chassis.rows import Base
from company.affiliation.domain import Affiliation
from contracts.company import SupervisionChanged
from contracts.roles import Role


class NotASupervisor(Conflict):
    """Gérants see every mission, consultants their own: only a sales manager is given some (CO-05)."""

    code, title = "not_a_supervisor", "Only a sales manager supervises chosen consultants"


class NotAColleague(Unprocessable):
    """A company shares out its own people only."""

    code, title = "not_a_colleague", "This member does not act for the company"


class Supervision(Base):
    """The consultants of one sales manager. Whoever leaves stays listed: their last months are still to be approved."""

    __tablename__ = "supervisions"

    affiliation_id: Mapped[UUID] = mapped_column(ForeignKey("affiliations.id", ondelete="CASCADE"), primary_key=True)
    consultants: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    changed_at: Mapped[datetime]

    @classmethod
    def none_yet(cls, supervisor: Affiliation, at: datetime) -> Supervision:
        """What a sales manager starts with: nobody."""
        return cls(affiliation_id=supervisor.id, consultants=[], changed_at=at)

    def choose(
        self, supervisor: Affiliation, consultants: Collection[UUID], colleagues: Collection[UUID], at: datetime
    ) -> SupervisionChanged:
        """Supervise exactly these from now on.

        Raises:
            NotASupervisor: the member is no sales manager.
            NotAColleague: one of them neither acts for the company nor was supervised before.

        """
        require(supervisor.role is Role.COMMERCIAL, NotASupervisor())
        require(set(consultants) <= {*colleagues, *self.consultants}, NotAColleague(field="consultants"))
        return self._now(supervisor, sorted(set(consultants)), at)

    def end(self, supervisor: Affiliation, at: datetime) -> SupervisionChanged:
        """Supervise nobody any more: the member left, or is no sales manager any more."""
        return self._now(supervisor, [], at)

    def _now(self, supervisor: Affiliation, consultants: list[UUID], at: datetime) -> SupervisionChanged:
        self.consultants, self.changed_at = consultants, at
        return SupervisionChanged(
            version=supervisor.grow(),
            affiliation_id=supervisor.id,
            member_id=supervisor.member_id,
            company_id=supervisor.company_id,
            consultants=consultants,
            changed_at=at,
        )
