"""A contract between a company and the platform: opened, ticked, signed, in that order, by who may."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import String, Text, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, FieldError, Forbidden, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from contracting.columns import word
from contracting.contract.text import Document, fingerprint
from contracting.directory.domain import capacities_of
from contracts.company import CompanyRegistered
from contracts.contracting import ContractKind, ContractSigned
from contracts.roles import CompanyKind, SignatoryCapacity

KIND_OF = {CompanyKind.PROVIDER: ContractKind.FRAMEWORK, CompanyKind.CLIENT: ContractKind.PRINCIPAL}


class ContractNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "contract_not_found", "There is no such contract"


class NotASignatory(Forbidden):
    """The member declared no capacity to engage the company, or staff did not confirm it (CT-03)."""

    code, title = "not_a_signatory", "You are not known to be empowered to sign for this company"


class ContractNotOpened(Conflict):
    """The signer has not opened the document (CT-02)."""

    code, title = "contract_not_opened", "Open the document before signing it"


class ContractAlreadySigned(Conflict):
    """It is in force."""

    code, title = "contract_already_signed", "This contract is signed"


class ClausesNotAccepted(Unprocessable):
    """A mandatory clause is not ticked; each is named (CT-02)."""

    code, title = "clauses_not_accepted", "Every mandatory clause must be accepted"


class UnknownClause(Unprocessable):
    """A ticked clause is not one of this document."""

    code, title = "unknown_clause", "This clause is not in the contract"


class ContractStatus(StrEnum):
    """How far the signature is; `signed` is in force."""

    TO_SIGN = "to_sign"
    OPENED = "opened"
    SIGNED = "signed"


class Party(StrEnum):
    """Who acts on a contract: somebody empowered, or a colleague who is not."""

    SIGNATORY = "signatory"
    COLLEAGUE = "colleague"


ALLOWED = {
    ContractStatus.OPENED: moves({ContractStatus.TO_SIGN, ContractStatus.OPENED}, {Party.SIGNATORY}),
    ContractStatus.SIGNED: moves({ContractStatus.OPENED}, {Party.SIGNATORY}),
}


class Contract(Base):
    """Framework contract of a provider or principal contract of a client, with the evidence of its signature.

    The text is frozen when it is first opened: what is signed is what was shown.
    """

    __tablename__ = "contracts"
    __table_args__ = (UniqueConstraint("company_id", "kind"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    company_id: Mapped[UUID]
    kind: Mapped[ContractKind] = mapped_column(word(ContractKind))
    company_name: Mapped[str] = mapped_column(String(200))
    country: Mapped[str] = mapped_column(String(2))
    declared_signatories: Mapped[list[dict[str, Any]]] = mapped_column(JSONB)
    status: Mapped[ContractStatus] = mapped_column(word(ContractStatus), default=ContractStatus.TO_SIGN)
    terms_version: Mapped[str | None] = mapped_column(String(20))
    text: Mapped[str | None] = mapped_column(Text)
    clauses: Mapped[list[dict[str, Any]] | None] = mapped_column(JSONB)
    openings: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    signed_by: Mapped[UUID | None]
    signed_at: Mapped[datetime | None]
    signed_capacity: Mapped[SignatoryCapacity | None] = mapped_column(word(SignatoryCapacity))
    signed_sha256: Mapped[str | None] = mapped_column(String(64))
    signed_clauses: Mapped[list[str] | None] = mapped_column(JSONB)
    signed_from: Mapped[str | None] = mapped_column(String(45))
    version: Mapped[int] = mapped_column(default=1)

    @classmethod
    def draft(cls, event: CompanyRegistered) -> Contract:
        """The contract that a company is led to on its creation (CT-01)."""
        return cls(
            company_id=event.company_id,
            kind=KIND_OF[event.kind],
            company_name=event.name,
            country=event.country,
            declared_signatories=[one.model_dump(mode="json") for one in event.signatories],
            status=ContractStatus.TO_SIGN,
            openings={},
            version=1,
        )

    def open(
        self, by: UUID, verified: Mapping[UUID, SignatoryCapacity] | None, document: Document, at: datetime
    ) -> None:
        """Record that this signatory has the document before them; the first opening freezes its text.

        Raises:
            NotASignatory: see `capacity_of`.
            ContractAlreadySigned: nothing is left to open.

        """
        self.capacity_of(by, verified)
        require(self.status is not ContractStatus.SIGNED, ContractAlreadySigned())
        self._move_to(ContractStatus.OPENED, Party.SIGNATORY)
        if self.text is None:
            self.text, self.terms_version = document.text, document.terms_version
            self.clauses = document.clauses_as_data()
        self.openings = {**self.openings, str(by): at.isoformat()}

    def sign(
        self,
        by: UUID,
        verified: Mapping[UUID, SignatoryCapacity] | None,
        accepted: list[str],
        address: str | None,
        at: datetime,
    ) -> ContractSigned:
        """Put the contract in force and keep the evidence: text, version, time, address, ticks, capacity (CT-02).

        Raises:
            NotASignatory: see `capacity_of`.
            ContractAlreadySigned: somebody did.
            ContractNotOpened: not by this signer.
            ClausesNotAccepted: names each mandatory clause that is not ticked.
            UnknownClause: names each tick that is no clause of the text.

        """
        capacity = self.capacity_of(by, verified)
        require(self.status is not ContractStatus.SIGNED, ContractAlreadySigned())
        require(str(by) in self.openings, ContractNotOpened())
        self._check_ticks(accepted)
        assert self.text is not None
        assert self.terms_version is not None
        self._move_to(ContractStatus.SIGNED, Party.SIGNATORY)
        self.signed_by, self.signed_at, self.signed_capacity = by, at, capacity
        self.signed_sha256, self.signed_from = fingerprint(self.text), address
        self.signed_clauses = sorted(set(accepted))
        return ContractSigned(
            contract_id=self.id,
            kind=self.kind,
            company_id=self.company_id,
            terms_version=self.terms_version,
            signed_by=by,
            signed_at=at,
            version=self.version,
        )

    def capacity_of(self, member: UUID, verified: Mapping[UUID, SignatoryCapacity] | None) -> SignatoryCapacity:
        """By what right the member engages the company: as declared, or as checked once staff have (CT-03).

        Raises:
            NotASignatory: by none.

        """
        known = capacities_of(self.declared_signatories) if verified is None else verified
        if member not in known:
            raise NotASignatory
        return known[member]

    def _check_ticks(self, accepted: list[str]) -> None:
        clauses = self.clauses or []
        unknown = sorted(set(accepted) - {clause["key"] for clause in clauses})
        if unknown:
            raise UnknownClause(errors=_each(unknown, UnknownClause.code, "no clause has this key"))
        missing = [clause["key"] for clause in clauses if clause["mandatory"] and clause["key"] not in accepted]
        if missing:
            named = f"not accepted: {', '.join(missing)}"
            raise ClausesNotAccepted(named, errors=_each(missing, "clause_not_accepted", "must be accepted"))

    def _move_to(self, target: ContractStatus, by: Party) -> None:
        self.status = check_move(ALLOWED, self.status, target, by)
        self.version += 1


def _each(keys: list[str], code: str, what: str) -> list[FieldError]:
    return [FieldError("accepted_clauses", code, f"{key}: {what}") for key in keys]
