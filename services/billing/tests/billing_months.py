"""What one validated month is made of, with ids of its own."""

import json
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import UUID, uuid4

from stdnum import luhn

from contracts.company import CompanyValidated, LegalIdentity, SupervisionChanged, TaxStatus
from contracts.contracting import BdcIssued, PaymentOption, PaymentRegime
from contracts.roles import CompanyKind, Role
from contracts.timesheet import CraValidated
from contracts.values import Money, Month, Period, PostalAddress, Siret, VatNumber

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
_siren = iter(range(70_000_000, 80_000_000))


def french_identity(tax_status=TaxStatus.VAT_LIABLE, name="Atelier Numérique SARL"):
    """A company with check digits that hold and an identifier of its own."""
    body = str(next(_siren))
    siren = body + luhn.calc_check_digit(body)
    nic = siren + "0001"
    key = f"{(12 + 3 * (int(siren) % 97)) % 97:02d}"
    return LegalIdentity(
        name=name,
        country="FR",
        siret=Siret.parse(nic + luhn.calc_check_digit(nic)),
        vat_number=VatNumber.parse(f"FR{key}{siren}"),
        tax_status=tax_status,
        address=PostalAddress(line1="1 rue de la Paix", postcode="75002", city="Paris", country="FR"),
    )


def foreign_identity(country, vat_number):
    return LegalIdentity(
        name="Werkstatt GmbH",
        country=country,
        siret=None,
        vat_number=vat_number and VatNumber.parse(vat_number),
        tax_status=TaxStatus.VAT_LIABLE,
        address=PostalAddress(line1="Hauptstrasse 1", postcode="10115", city="Berlin", country=country),
    )


@dataclass(frozen=True)
class MissionMonth:
    """One mission's month: who, at what price, validated when. Ids are fresh for each."""

    identity: LegalIdentity = field(default_factory=french_identity)
    client_identity: LegalIdentity = field(default_factory=lambda: french_identity(name="Client SA"))
    daily_rate: str = "500.00"
    days: str = "18"
    month: str = "2026-10"
    option: PaymentOption = PaymentOption.BASIC
    regime: PaymentRegime = PaymentRegime.GUARANTEED_DATE
    lines: tuple | None = None
    validated_at: datetime = datetime(2026, 11, 2, 10, 0, tzinfo=UTC)
    provider_id: UUID = field(default_factory=uuid4)
    client_id: UUID = field(default_factory=uuid4)
    manager_id: UUID = field(default_factory=uuid4)
    consultant_id: UUID = field(default_factory=uuid4)
    bdc_id: UUID = field(default_factory=uuid4)
    cra_id: UUID = field(default_factory=uuid4)
    mission_id: UUID = field(default_factory=uuid4)

    def with_(self, **changes):
        return replace(self, **changes)

    @property
    def company_validated(self):
        return CompanyValidated(
            company_id=self.provider_id,
            kind=CompanyKind.PROVIDER,
            legal=self.identity,
            verified_signatories=[],
            bank_details_on_file=True,
            validated_at=NOW,
        )

    @property
    def client_validated(self):
        legal = self.client_identity
        told = {"company_id": self.client_id, "kind": CompanyKind.CLIENT, "legal": legal, "bank_details_on_file": False}
        return self.company_validated.model_copy(update=told)

    @property
    def known(self):
        """Both parties and the order."""
        return (self.company_validated, self.client_validated, self.bdc_issued)

    @property
    def bdc_issued(self):
        return BdcIssued(
            bdc_id=self.bdc_id,
            reference=f"BDC-{self.bdc_id.hex[:10]}",
            mission_id=self.mission_id,
            title="Refonte du portail",
            client_company_id=self.client_id,
            provider_company_id=self.provider_id,
            operational_manager_id=self.manager_id,
            consultant_id=self.consultant_id,
            consultant_name="Camille Martin",
            daily_rate=Money(amount=Decimal(self.daily_rate)),
            days=Decimal(120),
            period=Period(start=date(2025, 1, 1), end=date(2026, 12, 31)),
            payment_option=self.option,
            payment_regime=self.regime,
            client_order_reference="PO-77",
            issued_at=datetime(2025, 4, 28, 9, 0, tzinfo=UTC),
        )

    @property
    def cra_validated(self):
        return CraValidated(
            cra_id=self.cra_id,
            mission_id=self.mission_id,
            bdc_id=self.bdc_id,
            month=Month.parse(self.month),
            days=Decimal(self.days),
            lines=self.lines,
            validated_by=self.manager_id,
            validated_at=self.validated_at,
        )


@dataclass
class Given:
    """A validated month in the service, and those who look at it."""

    h: object
    month: MissionMonth
    bpf: dict

    def seller(self, role=Role.GERANT):
        return self.h.headers(self.h.member(role, self.month.provider_id))

    async def supervising(self, *consultants, version=1, by=None):
        """Headers of a sales manager who follows the missions of these consultants."""
        caller = by or self.h.member(Role.COMMERCIAL, self.month.provider_id)
        event = SupervisionChanged(
            version=version,
            affiliation_id=caller.member_id,
            member_id=caller.member_id,
            company_id=caller.company_id,
            consultants=list(consultants),
            changed_at=NOW,
        )
        await self.h.deliver(event)
        return self.h.headers(caller)

    async def selling(self, role):
        """Headers of a colleague who sells this consultant's work."""
        chosen = role is Role.COMMERCIAL
        return await self.supervising(self.month.consultant_id) if chosen else self.seller(role)

    def manager(self):
        caller = self.h.member(Role.RESPONSABLE_PROJET, self.month.client_id, self.month.manager_id)
        return self.h.headers(caller)

    async def post(self, pdf, *, headers=None, confirmed="true", name="invoice.pdf", typed=None, **more):
        return await self.h.client.post(
            f"/bpfs/{self.bpf['id']}/invoice",
            files={"file": (name, pdf, "application/pdf")},
            data={"confirmed": confirmed} | ({"data": json.dumps(typed)} if typed else {}),
            headers=(headers or self.seller()) | more,
        )
