"""What a company's account keeps of people, for how long, and what goes with them (PL-06, PL-08, PL-09)."""

from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import delete, or_, select, update

from chassis import Tx
from chassis.personal_data import CONTRACT_YEARS, Basis, DataClass, Records, record_of
from company.affiliation.domain import Affiliation
from company.approvals.domain import Approval
from company.bank.change import BankChange, BankChangeStatus
from company.bank.domain import BankDetails, HoldsAccount
from company.company.billing import BillingContact
from company.company.domain import Company
from company.company.signatory import Signatory
from company.compliance.discarded import DiscardedFile
from company.identity_change.domain import IdentityChange, IdentityChangeStatus
from company.platform_documents.domain import PlatformDocument
from company.work_queue.domain import WorkClaim

KEPT_AFTER_DECISION = timedelta(days=5 * 365)
"""How long a change that came to nothing is kept: as long as somebody could argue about it (code civil, art. 2224)."""


async def _signatories(tx: Tx, member_id: UUID) -> Records:
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
    """Of a company that nobody is left in, it is the person's own; colleagues go on using theirs."""
    peopled = select(Affiliation.company_id).where(Affiliation.member_id != member_id)
    alone = (BillingContact.changed_by == member_id, BillingContact.company_id.not_in(peopled))
    await tx.execute(delete(BillingContact).where(*alone))


def _ending(row: HoldsAccount) -> str:
    return (row.iban or row.account_number or "")[-4:]


async def _accounts(tx: Tx, member_id: UUID) -> Records:
    """Enough to recognise an account, and not the account: it is the company's."""
    proposed = select(BankChange).where(BankChange.proposed_by == member_id).order_by(BankChange.id)
    recorded = select(BankDetails).where(BankDetails.recorded_by == member_id).order_by(BankDetails.id)
    return [
        *(
            record_of(row, "company_id", "holder", "status", "proposed_at") | {"ending": _ending(row)}
            for row in await tx.scalars(proposed)
        ),
        *(
            record_of(row, "company_id", "holder", "since", "until") | {"ending": _ending(row)}
            for row in await tx.scalars(recorded)
        ),
    ]


async def _forget_accounts(tx: Tx, as_of: datetime) -> None:
    over = BankChange.cancelled_at <= as_of - KEPT_AFTER_DECISION
    await tx.execute(delete(BankChange).where(BankChange.status == BankChangeStatus.CANCELLED, over))


async def _identities(tx: Tx, member_id: UUID) -> Records:
    query = select(IdentityChange).where(IdentityChange.requested_by == member_id).order_by(IdentityChange.id)
    shown = ("company_id", "name", "former_name", "status", "reason", "requested_at", "decided_at")
    return [record_of(row, *shown) for row in await tx.scalars(query)]


async def _forget_identities(tx: Tx, as_of: datetime) -> None:
    over = (
        IdentityChange.status == IdentityChangeStatus.REFUSED,
        IdentityChange.decided_at <= as_of - KEPT_AFTER_DECISION,
    )
    for key in (await tx.scalars(delete(IdentityChange).where(*over).returning(IdentityChange.file_key))).all():
        tx.add(DiscardedFile(key=key, discarded_at=as_of))


async def _decisions(tx: Tx, member_id: UUID) -> Records:
    mine = or_(Approval.proposed_by == member_id, Approval.decided_by == member_id)
    shown = ("kind", "company_id", "status", "proposed_at", "decided_at")
    return [record_of(row, *shown) for row in await tx.scalars(select(Approval).where(mine).order_by(Approval.id))]


async def _work(tx: Tx, member_id: UUID) -> Records:
    claimed = select(WorkClaim).where(WorkClaim.claimed_by == member_id).order_by(WorkClaim.item_id)
    return [record_of(row, "kind", "claimed_at") for row in await tx.scalars(claimed)]


async def _let_go_of_work(tx: Tx, member_id: UUID) -> None:
    await tx.execute(delete(WorkClaim).where(WorkClaim.claimed_by == member_id))


async def _forget_calls(tx: Tx, member_id: UUID) -> None:
    await tx.execute(update(BankChange).where(BankChange.spoke_with == member_id).values(spoke_with=None))


DATA = [
    DataClass(
        "signatories",
        purpose="let only people empowered and checked sign for a company",
        basis=Basis.CONTRACT,
        kept=f"as long as the company's contracts and {CONTRACT_YEARS} years; proof and words as long as the account",
        tables=(Signatory,),
        gather=_signatories,
        erase=_drop_proofs,
    ),
    DataClass(
        "billing contacts",
        purpose="send a company its invoices",
        basis=Basis.CONTRACT,
        kept="until the company gives another, or whoever gave it was alone and their account is gone",
        tables=(BillingContact,),
        gather=_contacts,
        erase=_drop_contacts,
    ),
    DataClass(
        "bank details",
        purpose="pay a company, and let nobody alone change where",
        basis=Basis.CONTRACT,
        kept="as long as the company; a change that came to nothing, five years",
        tables=(BankChange, BankDetails),
        gather=_accounts,
        erase=_forget_calls,
        forget=_forget_accounts,
    ),
    DataClass(
        "changes of name or registration",
        purpose="know who asked that a company be called otherwise, and why",
        basis=Basis.CONTRACT,
        kept="as long as the company; a change that was refused, five years",
        tables=(IdentityChange,),
        gather=_identities,
        forget=_forget_identities,
    ),
    DataClass(
        "decisions of two people",
        purpose="prove that nobody moved money or access alone",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="as long as the company; ids alone",
        tables=(Approval,),
        gather=_decisions,
    ),
    DataClass(
        "work of staff",
        purpose="know who of the platform's staff looks into what, and decided it",
        basis=Basis.LEGITIMATE_INTEREST,
        kept="claims until the account is gone; decisions as long as the company, ids alone",
        tables=(WorkClaim, Company, PlatformDocument),
        gather=_work,
        erase=_let_go_of_work,
    ),
]
