"""Every status and every actor and every target of each table, split into what is allowed and what is not."""

from itertools import product

import pytest

from chassis.errors import Forbidden, IllegalMove
from chassis.transitions import check_move
from company.affiliation import joining
from company.affiliation.joining import JoinActor, JoinStatus
from company.approvals import domain as approvals
from company.approvals.domain import ApprovalActor, ApprovalStatus
from company.bank import change as bank
from company.bank.change import BankChangeActor, BankChangeStatus
from company.company import domain as company
from company.company.domain import CompanyActor, CompanyStatus
from company.compliance import domain as compliance
from company.compliance.domain import DocumentActor, DocumentStatus
from company.compliance.recheck import RECHECK_ALLOWED, RecheckActor, RecheckStatus
from company.identity_change import domain as identity
from company.identity_change.domain import IdentityChangeActor, IdentityChangeStatus
from company.subscription import domain as plan
from company.subscription.domain import PlanChangeActor, PlanChangeStatus

COMPANY_MOVES = {
    ("to_verify", "validated", "staff"),
    ("to_verify", "refused", "staff"),
    ("refused", "to_verify", "head"),
}
JOIN_MOVES = {
    ("pending", "accepted", "head"),
    ("pending", "rejected", "head"),
    ("pending", "withdrawn", "requester"),
}
DOCUMENT_MOVES = {
    ("uploaded", "accepted", "staff"),
    ("uploaded", "refused", "staff"),
    ("accepted", "refused", "staff"),
    ("uploaded", "withdrawn", "company"),
    ("accepted", "expired", "calendar"),
    *(
        (source, "replaced", actor)
        for source in ("uploaded", "accepted", "refused", "expired")
        for actor in ("company", "staff")
    ),
}
RECHECK_MOVES = {("open", "completed", "staff"), ("open", "lapsed", "calendar")}
APPROVAL_MOVES = {
    ("pending", "given", "approver"),
    ("pending", "refused", "approver"),
    ("pending", "withdrawn", "proposer"),
    ("pending", "withdrawn", "calendar"),
    ("pending", "expired", "calendar"),
}
BANK_MOVES = {
    ("proposed", "cooling", "head"),
    ("proposed", "cooling", "staff"),
    ("proposed", "effective", "platform"),
    ("cooling", "effective", "platform"),
    *((source, "cancelled", actor) for source in ("proposed", "cooling") for actor in ("head", "staff", "platform")),
}
IDENTITY_MOVES = {
    ("requested", "proposed", "staff"),
    ("proposed", "requested", "calendar"),
    ("proposed", "made", "staff"),
    ("requested", "refused", "staff"),
    ("proposed", "refused", "staff"),
}
PLAN_MOVES = {
    ("proposed", "made", "staff"),
    ("proposed", "refused", "staff"),
    ("proposed", "expired", "calendar"),
}
TABLES = [
    (company.ALLOWED, CompanyStatus, CompanyActor, COMPANY_MOVES),
    (joining.ALLOWED, JoinStatus, JoinActor, JOIN_MOVES),
    (compliance.ALLOWED, DocumentStatus, DocumentActor, DOCUMENT_MOVES),
    (RECHECK_ALLOWED, RecheckStatus, RecheckActor, RECHECK_MOVES),
    (approvals.ALLOWED, ApprovalStatus, ApprovalActor, APPROVAL_MOVES),
    (bank.ALLOWED, BankChangeStatus, BankChangeActor, BANK_MOVES),
    (identity.ALLOWED, IdentityChangeStatus, IdentityChangeActor, IDENTITY_MOVES),
    (plan.ALLOWED, PlanChangeStatus, PlanChangeActor, PLAN_MOVES),
]
ALL = [
    (table, source, target, actor, (source, target, actor) in moves)
    for table, statuses, actors, moves in TABLES
    for source, target, actor in product(statuses, statuses, actors)
]


class TestMove:
    @pytest.mark.parametrize(("table", "source", "target", "actor"), [case[:4] for case in ALL if case[4]])
    def test_on_the_table_is_made(self, table, source, target, actor) -> None:
        assert check_move(table, source, target, actor) is target

    @pytest.mark.parametrize(("table", "source", "target", "actor"), [case[:4] for case in ALL if not case[4]])
    def test_off_the_table_is_refused(self, table, source, target, actor) -> None:
        with pytest.raises((IllegalMove, Forbidden)):
            check_move(table, source, target, actor)

    def test_every_status_has_its_line(self) -> None:
        for table, statuses, _, _ in TABLES:
            assert set(table) == set(statuses)
