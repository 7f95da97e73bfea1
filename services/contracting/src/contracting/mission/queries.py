"""Missions as their two sides may see them, and the facts that their gates look at."""

from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import ColumnElement, and_, false, select, true

from chassis import Tx
from chassis.auth import Caller
from chassis.clock import business_date
from contracting.contract.domain import Contract
from contracting.contract.queries import in_force
from contracting.directory.domain import CompanyCompliance, CompanyDetails, CompanyValidation
from contracting.directory.queries import known
from contracting.directory.supervision import follows
from contracting.mission.conditions import SpecialConditions
from contracting.mission.domain import Mission, MissionNotFound
from contracting.mission.gates import CompanyFacts, MissionFacts
from contracting.mission.payment import payment_regime
from contracts.contracting import ContractKind, PaymentRegime
from contracts.roles import CompanyKind, Role, StaffScope


@dataclass(frozen=True)
class Known:
    """The copies about one company; each is absent until its event has arrived."""

    details: CompanyDetails | None
    validation: CompanyValidation | None
    compliance: CompanyCompliance | None
    contract: Contract | None

    @property
    def name(self) -> str:
        """The legal name; empty for a company that staff have not validated, which no document shows."""
        return self.details.name if self.details else ""

    @property
    def facts(self) -> CompanyFacts:
        """What the gates look at."""
        compliance, validation, contract = self.compliance, self.validation, self.contract
        return CompanyFacts(
            validated=validation is not None,
            compliant=compliance.compliant if compliance else None,
            missing=tuple(compliance.missing) if compliance else (),
            reasons=compliance.shortcomings if compliance else {},
            valid_until=compliance.valid_until if compliance else None,
            contract_signed_by=contract.signed_by if contract else None,
            verified_signatories=frozenset(validation.capacities) if validation else frozenset(),
        )

    @property
    def regime(self) -> PaymentRegime | None:
        """When this provider is paid; unknown before the framework contract is in force."""
        if self.contract is None or self.contract.signed_at is None:
            return None
        country = self.details.country if self.details else self.contract.country
        return payment_regime(country, business_date(self.contract.signed_at))


@dataclass(frozen=True)
class Sides:
    """Both companies of a mission."""

    client: Known
    provider: Known

    def facts_of(self, mission: Mission, conditions: SpecialConditions | None = None) -> MissionFacts:
        """What the gates of this mission look at."""
        return MissionFacts(
            retained=True,  # by construction: only ProposalRetained opens a mission
            client=self.client.facts,
            provider=self.provider.facts,
            client_order_received=mission.order is not None,
            conditions_to_accept=conditions is not None and conditions.accepted_at is None,
            bank_details_on_file=bool(self.provider.details and self.provider.details.bank_details_on_file),
            payment_option=mission.payment_option,
            payment_regime=self.provider.regime,
        )


async def sides_of(tx: Tx, mission: Mission, *, hold: bool = False) -> Sides:
    """Look both companies up; `hold` lets nothing of it change before the transaction ends.

    The rows are taken in the order of the companies' ids, so that two orders at once never wait in a circle.
    """
    kinds = {mission.client_company_id: ContractKind.PRINCIPAL, mission.provider_company_id: ContractKind.FRAMEWORK}
    found = {company: await company_known(tx, company, kinds[company], hold=hold) for company in sorted(kinds)}
    return Sides(client=found[mission.client_company_id], provider=found[mission.provider_company_id])


async def company_known(tx: Tx, company_id: UUID, kind: ContractKind, *, hold: bool = False) -> Known:
    """All that is known of one company."""
    return Known(
        details=await known(tx, CompanyDetails, company_id, hold=hold),
        validation=await known(tx, CompanyValidation, company_id, hold=hold),
        compliance=await known(tx, CompanyCompliance, company_id, hold=hold),
        contract=await in_force(tx, company_id, kind, hold=hold),
    )


def visible_to(caller: Caller) -> ColumnElement[bool]:
    """Missions of one's side (CT-14, CT-24); every mission for staff.

    On the provider's side a consultant sees their own, a sales manager those of the consultants they supervise (CO-05).
    """
    if StaffScope.CONTRACTS in caller.scopes:
        return true()
    if caller.company_id is None:
        return false()
    if caller.company_kind is CompanyKind.CLIENT:
        return Mission.client_company_id == caller.company_id
    supplied = Mission.provider_company_id == caller.company_id
    if caller.role is Role.CONSULTANT:
        return and_(supplied, Mission.consultant_id == caller.member_id)
    if caller.role is Role.COMMERCIAL:
        return and_(supplied, follows(caller.member_id, caller.company_id, Mission.consultant_id))
    return supplied


async def mission_seen_by(tx: Tx, caller: Caller, mission_id: UUID) -> Mission:
    """Load a mission that the caller may see. Raises MissionNotFound."""
    query = select(Mission).where(Mission.id == mission_id, visible_to(caller))
    found = (await tx.scalars(query)).one_or_none()
    if found is None:
        raise MissionNotFound
    return found
