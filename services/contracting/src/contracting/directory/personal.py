"""What this service knows of who follows whose missions (PL-06, PL-09)."""

from uuid import UUID

from sqlalchemy import any_, select

from chassis import Tx
from chassis.personal_data import Basis, DataClass, Records
from contracting.directory.supervision import Supervision


async def _supervision(tx: Tx, member_id: UUID) -> Records:
    mine = (await tx.scalars(select(Supervision).where(Supervision.member_id == member_id))).all()
    others = (await tx.scalars(select(Supervision).where(any_(Supervision.consultants) == member_id))).all()
    return [
        *({"company_id": str(row.company_id), "supervises": [str(one) for one in row.consultants]} for row in mine),
        *({"company_id": str(row.company_id), "supervised_by": str(row.member_id)} for row in others),
    ]


DATA = [
    DataClass(
        "supervision",
        purpose="limit what a sales manager sees to the consultants they look after",
        basis=Basis.CONTRACT,
        kept="until the sales manager leaves the company; ids alone",
        tables=(Supervision,),
        gather=_supervision,
    ),
]
