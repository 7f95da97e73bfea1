"""Invitations that were taken up (ID-07)."""

from chassis import Consumers, Tx, audit, emit, get_or
from chassis.errors import NotReady
from company.affiliation.domain import ROLES_TO_GIVE, Affiliation
from company.affiliation.ending import hold_member, withdraw_others
from company.affiliation.queries import affiliation_of
from company.company.domain import KIND_OF, Company, CompanyStatus
from company.directory.domain import KnownMember
from contracts.identity import InvitationAccepted
from contracts.roles import ProfileType

consumers = Consumers("company")


@consumers.on(InvitationAccepted)
async def affiliate_on_InvitationAccepted(event: InvitationAccepted, tx: Tx) -> None:  # noqa: N802 - the queue's name
    """Let the invited member act for the company; a head wanted them, so nobody need approve."""
    await get_or(tx, Company, event.company_id, NotReady("the company is not known yet"))
    member = await get_or(tx, KnownMember, event.member_id, NotReady("the member is not known yet"))
    company = (await hold_member(tx, event.member_id, event.company_id))[event.company_id]
    refusal = "account_is_gone" if member.gone else await _refusal(tx, event, company)
    if refusal is not None:
        audit(tx, "invitation.ignored", event.invitation_id, member=event.member_id, company=company.id, why=refusal)
        return
    await withdraw_others(tx, event.member_id)
    affiliation, granted = Affiliation.grant(event.member_id, member.display_name, company, event.role, tx.now)
    tx.add(affiliation)
    emit(tx, granted)
    details = {"member": event.member_id, "company": company.id, "role": event.role, "invited_by": event.invited_by}
    audit(tx, "affiliation.granted", affiliation.id, **details)


async def _refusal(tx: Tx, event: InvitationAccepted, company: Company) -> str | None:
    """Why an invitation has no effect, if it has none: by now the company or the member may stand otherwise."""
    if await affiliation_of(tx, event.member_id) is not None:
        return "acts_for_a_company"
    if company.status is CompanyStatus.REFUSED:
        return "company_refused"
    alone = company.profile_type is ProfileType.FREELANCE
    if alone or KIND_OF[event.profile_type] is not company.kind or event.role not in ROLES_TO_GIVE[company.kind]:
        return "role_not_offered"
    return None
