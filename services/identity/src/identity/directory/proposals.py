"""Which clients were offered whom: a copy of marketplace's proposals, which opens profiles to them (MK-13)."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, Tx
from contracts.roles import CompanyKind, ProfileType
from identity.member.domain import Member


class KnownProposal(Base):
    """A client has received a proposal that names this member, once at least."""

    __tablename__ = "known_proposals"

    client_company_id: Mapped[UUID] = mapped_column(primary_key=True)
    consultant_id: Mapped[UUID] = mapped_column(primary_key=True, index=True)
    first_sent_at: Mapped[datetime]


async def may_read(tx: Tx, member: Member, company_id: UUID | None, kind: CompanyKind | None) -> bool:
    """Whether somebody acting for this company may open the member's profile.

    A client reads a provider's member only once it was offered them; everybody else as the sections allow (MK-13).
    """
    sells = member.profile_type in {ProfileType.FREELANCE, ProfileType.CONSULTANCY}
    if kind != CompanyKind.CLIENT or not sells or company_id is None:
        return True
    return await tx.get(KnownProposal, (company_id, member.id)) is not None
