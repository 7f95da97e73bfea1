"""Which BPF a caller sees."""

from sqlalchemy import ColumnElement, and_, false, or_

from billing.bpf.domain import Bpf
from chassis.auth import Caller
from contracts.roles import SELLERS


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """Those who sell for its provider, and its operational manager while with the client (BL-03).

    Raises:
        Forbidden: the caller acts for no company.

    """
    company = caller.company
    managed = and_(Bpf.operational_manager_id == caller.member_id, Bpf.client_company_id == company)
    sold = Bpf.provider_company_id == company if caller.role in SELLERS else false()
    return or_(sold, managed)
