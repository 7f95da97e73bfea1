"""Declarations that come with an account, however it was opened."""

from uuid import UUID

from starlette.requests import Request

from chassis.audit import audit
from chassis.db import Tx
from identity.declaration.domain import AT_SIGN_UP, Declaration
from identity.network import client_address


def declare_at_sign_up(tx: Tx, member_id: UUID, request: Request) -> None:
    """Keep that somebody declared to be an adult and a professional, with the address it came from (ID-26, ID-27)."""
    address = client_address(request)
    for kind in AT_SIGN_UP:
        declared = Declaration.make(member_id, kind, at=tx.now, today=tx.today, ip=str(address) if address else None)
        tx.add(declared)
        audit(tx, "declaration.made", member_id, kind=kind, version=declared.text_version)
