"""Which plan a company has, changed by two people of the staff (CO-47)."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, NotFound, Problem, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.subscription.plans import Feature, Plan, features_of
from company.words import words


class PlanChangeStatus(StrEnum):
    """Where a change of plan stands."""

    PROPOSED = "proposed"
    MADE = "made"
    REFUSED = "refused"
    EXPIRED = "expired"


class PlanChangeActor(StrEnum):
    """Who may try to move it."""

    STAFF = "staff"
    CALENDAR = "calendar"


_S, _A = PlanChangeStatus, PlanChangeActor
ALLOWED = {
    _S.PROPOSED: moves(set(), set()),
    _S.MADE: moves({_S.PROPOSED}, {_A.STAFF}),
    _S.REFUSED: moves({_S.PROPOSED}, {_A.STAFF}),
    _S.EXPIRED: moves({_S.PROPOSED}, {_A.CALENDAR}),
}


class FeatureNotInPlan(Problem):
    """The company's plan does not offer this function (CO-47)."""

    status, code, title = 402, "feature_not_in_plan", "Your company's plan does not offer this"


class PlanChangeNotFound(NotFound):
    """Absent."""

    code, title = "plan_change_not_found", "There is no such change"


class PlanInForce(Conflict):
    """The company has this plan already."""

    code, title = "plan_in_force", "The company has this plan already"


class PlanChangePending(Conflict):
    """One proposal at a time."""

    code, title = "plan_change_pending", "A change of plan is waiting already"


class PlanChange(Base):
    """A plan for a company; the last one that was made is in force."""

    __tablename__ = "plan_changes"
    __table_args__ = (
        Index("uq_plan_changes_proposed", "company_id", unique=True, postgresql_where=text("status = 'proposed'")),
        Index("ix_plan_changes_company_id_id", "company_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    plan: Mapped[Plan] = mapped_column(words(Plan))
    status: Mapped[PlanChangeStatus] = mapped_column(words(PlanChangeStatus))
    made_at: Mapped[datetime | None]

    @classmethod
    def propose(cls, company_id: UUID, plan: Plan, present: Plan) -> PlanChange:
        """Another plan for the company. Raises PlanInForce."""
        require(plan is not present, PlanInForce(field="plan"))
        return cls(id=new_id(), company_id=company_id, plan=plan, status=PlanChangeStatus.PROPOSED)

    def make(self, at: datetime) -> None:
        """A second person agreed. Raises IllegalMove."""
        self._move_to(PlanChangeStatus.MADE, PlanChangeActor.STAFF)
        self.made_at = at

    def refuse(self) -> None:
        """A second person disagreed. Raises IllegalMove."""
        self._move_to(PlanChangeStatus.REFUSED, PlanChangeActor.STAFF)

    def expire(self) -> None:
        """Nobody decided. Raises IllegalMove."""
        self._move_to(PlanChangeStatus.EXPIRED, PlanChangeActor.CALENDAR)

    def _move_to(self, target: PlanChangeStatus, actor: PlanChangeActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)


def check_feature(plan: Plan, feature: Feature, on: date) -> None:
    """Raise FeatureNotInPlan unless the plan offers the function on that day."""
    require(feature in features_of(plan, on), FeatureNotInPlan(f"{feature} needs another plan than {plan}"))
