"""Which BPF a caller sees."""

from sqlalchemy import ColumnElement, and_, false, or_

from billing.bpf.domain import Bpf
from billing.directory.supervision import follows
from chassis.auth import Caller
from contracts.roles import SELLERS, Role


def sold_by(caller: Caller) -> ColumnElement[bool]:
    """Those of the caller's company, for whoever sells for it.

    A sales manager sees those of the consultants that they supervise (CO-05). Raises Forbidden without a company.
    """
    sold = Bpf.provider_company_id == caller.company
    if caller.role is Role.COMMERCIAL:
        return and_(sold, follows(caller.member_id, caller.company, Bpf.consultant_id))
    return sold if caller.role in SELLERS else false()


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """Those who sell for its provider, and its operational manager while with the client (BL-03).

    Raises:
        Forbidden: the caller acts for no company.

    """
    managed = and_(Bpf.operational_manager_id == caller.member_id, Bpf.client_company_id == caller.company)
    return or_(sold_by(caller), managed)
