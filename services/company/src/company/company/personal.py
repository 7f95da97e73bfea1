"""What a company's own file says of people: who signs for it, whom to write to, who changed what (PL-06, PL-09)."""

from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis import Tx
from chassis.personal_data import CONTRACT_YEARS, Basis, DataClass, Records, record_of
from company.approvals.domain import Approval
from company.bank.change import BankChange
from company.bank.domain import BankDetails
from company.company.billing import BillingContact
from company.company.domain import Company
from company.company.signatory import Signatory
from company.compliance.discarded import DiscardedFile
from company.identity_change.domain import IdentityChange
from company.platform_documents.domain import PlatformDocument
from company.work_queue.domain import WorkClaim


async def _powers(tx: Tx, member_id: UUID) -> Records:
    query = select(Signatory).where(Signatory.member_id == member_id).order_by(Signatory.id)
    shown = ("company_id", "capacity", "declared_at", "verified_at", "refused_at", "refusal_reason", "file_name")
    return [record_of(row, *shown) for row in await tx.scalars(query)]


async def _drop_proofs(tx: Tx, member_id: UUID) -> None:
    """Keep that somebody could sign and was checked, which contracts rest on; the proof and words about them go."""
    mine = select(Signatory).where(Signatory.member_id == member_id).with_for_update()
    for row in await tx.scalars(mine):
        if row.file_key is not None:
            tx.add(DiscardedFile(key=row.file_key, discarded_at=tx.now))
        row.file_key = row.file_name = row.media_type = row.sha256 = row.size = None
        row.check_reference = row.refusal_reason = None


async def _contacts(tx: Tx, member_id: UUID) -> Records:
    query = select(BillingContact).where(BillingContact.changed_by == member_id)
    shown = ("company_id", "name", "line1", "line2", "postcode", "city", "email", "phone", "changed_at")
    return [record_of(row, *shown) for row in await tx.scalars(query)]


async def _drop_contacts(tx: Tx, member_id: UUID) -> None:
    """Whoever wrote it mostly wrote their own; the company gives another."""
    await tx.execute(delete(BillingContact).where(BillingContact.changed_by == member_id))


async def _changes(tx: Tx, member_id: UUID) -> Records:
    proposed = select(BankChange).where(BankChange.proposed_by == member_id).order_by(BankChange.id)
    asked = select(IdentityChange).where(IdentityChange.requested_by == member_id).order_by(IdentityChange.id)
    recorded = select(BankDetails).where(BankDetails.recorded_by == member_id).order_by(BankDetails.id)
    return [
        *(record_of(row, "company_id", "status", "proposed_at") for row in await tx.scalars(proposed)),
        *(record_of(row, "company_id", "name", "status", "requested_at") for row in await tx.scalars(asked)),
        *(record_of(row, "company_id", "holder", "since", "until") for row in await tx.scalars(recorded)),
    ]


async def _staff_work(tx: Tx, member_id: UUID) -> Records:
    decided = or_(Approval.proposed_by == member_id, Approval.decided_by == member_id)
    claimed = select(WorkClaim).where(WorkClaim.claimed_by == member_id).order_by(WorkClaim.item_id)
    approved = select(Approval).where(decided).order_by(Approval.id)
    return [
        *(record_of(row, "kind", "claimed_at") for row in await tx.scalars(claimed)),
        *(record_of(row, "kind", "status", "proposed_at") for row in await tx.scalars(approved)),
    ]


async def _let_go_of_work(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(WorkClaim).where(WorkClaim.claimed_by == member_id))
    called = update(BankChange).where(BankChange.spoke_with == member_id)
    await tx.execute(called.values(spoke_with=None))


DATA = [
    DataClass(
        "powers to sign",
        purpose="let only people empowered and checked sign for a company",
        basis=Basis.CONTRACT,
        kept=f"as long as the company's contracts and {CONTRACT_YEARS} years; proof and words as long as the account",
        tables=(Signatory,),
        gather=_powers,
        erase=_drop_proofs,
    ),
    DataClass(
        "billing contacts",
        purpose="send a company its invoices",
        basis=Basis.CONTRACT,
        kept="until the company gives another, or the account of whoever gave it is gone",
        tables=(BillingContact,),
        gather=_contacts,
        erase=_drop_contacts,
    ),
    DataClass(
        "changes of accounts and identity",
        purpose="keep anybody from changing alone where a company is paid and what it is called",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="as long as the company; ids alone",
        tables=(BankChange, BankDetails, IdentityChange),
        gather=_changes,
    ),
    DataClass(
        "work of staff",
        purpose="know who of the platform's staff decided and checked what",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="as long as the company; ids alone",
        tables=(Approval, WorkClaim, Company, PlatformDocument),
        gather=_staff_work,
        erase=_let_go_of_work,
    ),
]
