"""A contract between a company and the platform: opened, ticked, signed, in that order, by who may (CT-02)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import Index, String, Text, column
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import FieldError, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from contracting.columns import word
from contracting.contract.refusals import (
    ClausesNotAccepted,
    ContractAlreadySigned,
    ContractNotOpened,
    NotASignatory,
    NothingToSignAnew,
    TermsSuperseded,
    UnknownClause,
)
from contracting.contract.text import Document, fingerprint
from contracting.directory.domain import capacities_of
from contracts.company import CompanyRegistered
from contracts.contracting import ContractKind, ContractSigned
from contracts.roles import CompanyKind, SignatoryCapacity

KIND_OF = {CompanyKind.PROVIDER: ContractKind.FRAMEWORK, CompanyKind.CLIENT: ContractKind.PRINCIPAL}


class ContractStatus(StrEnum):
    """How far the signature is; `signed` is in force until a successor is signed."""

    TO_SIGN = "to_sign"
    OPENED = "opened"
    SIGNED = "signed"
    SUPERSEDED = "superseded"


class Party(StrEnum):
    """Who acts on a contract: somebody empowered, or a colleague who is not."""

    SIGNATORY = "signatory"
    COLLEAGUE = "colleague"


ALLOWED = {
    ContractStatus.OPENED: moves({ContractStatus.TO_SIGN, ContractStatus.OPENED}, {Party.SIGNATORY}),
    ContractStatus.SIGNED: moves({ContractStatus.OPENED}, {Party.SIGNATORY}),
    ContractStatus.SUPERSEDED: moves({ContractStatus.SIGNED}, {Party.SIGNATORY}),
}
_PENDING = column("status").in_(("to_sign", "opened"))


class Contract(Base):
    """Framework contract of a provider or principal contract of a client, with the evidence of its signature.

    The text is frozen when it is opened: what is signed is what was shown. Of each kind a company has at most one
    contract in force and one that waits for its signature.
    """

    __tablename__ = "contracts"
    __table_args__ = (
        Index("uq_contracts_pending", "company_id", "kind", unique=True, postgresql_where=_PENDING),
        Index("uq_contracts_signed", "company_id", "kind", unique=True, postgresql_where=column("status") == "signed"),
    )

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
    offers: Mapped[list[str] | None] = mapped_column(JSONB)
    """The offers that the signature opens to missions (CT-04)."""
    openings: Mapped[dict[str, str]] = mapped_column(JSONB, default=dict)
    """When each signatory opened the text."""
    ticks: Mapped[dict[str, dict[str, str]]] = mapped_column(JSONB, default=dict, server_default="{}")
    """When each signatory ticked which clause."""
    signed_by: Mapped[UUID | None]
    signed_at: Mapped[datetime | None]
    signed_capacity: Mapped[SignatoryCapacity | None] = mapped_column(word(SignatoryCapacity))
    signed_sha256: Mapped[str | None] = mapped_column(String(64))
    signed_clauses: Mapped[list[str] | None] = mapped_column(JSONB)
    signed_from: Mapped[str | None] = mapped_column(String(45))
    document_key: Mapped[str | None] = mapped_column(String(32))
    """Where the sealed document is."""
    document_sha256: Mapped[str | None] = mapped_column(String(64))
    replaces_id: Mapped[UUID | None]
    """The contract that was in force before."""
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
            ticks={},
            version=1,
        )

    def successor(
        self, newest: str, verified: Mapping[UUID, SignatoryCapacity] | None, name: str, country: str
    ) -> Contract:
        """The contract to sign anew, in newer terms (CT-21) or by somebody empowered (CT-03); this one stays meanwhile.

        Raises:
            NothingToSignAnew: it is not in force, or neither reason applies.

        """
        empowered = not verified or self.signed_by in verified
        current = self.terms_version == newest and empowered
        require(self.status is ContractStatus.SIGNED and not current, NothingToSignAnew())
        return Contract(
            company_id=self.company_id,
            kind=self.kind,
            company_name=name,
            country=country,
            declared_signatories=self.declared_signatories,
            status=ContractStatus.TO_SIGN,
            openings={},
            ticks={},
            replaces_id=self.id,
            version=1,
        )

    def open(
        self, by: UUID, verified: Mapping[UUID, SignatoryCapacity] | None, document: Document, at: datetime
    ) -> None:
        """Record that this signatory has the document before them; the text is frozen until a newer one takes effect.

        Raises:
            NotASignatory: see `capacity_of`.
            ContractAlreadySigned: nothing is left to open.

        """
        self.capacity_of(by, verified)
        self._expect_unsigned()
        self._move_to(ContractStatus.OPENED, Party.SIGNATORY)
        if self.terms_version != document.terms_version:
            self.text, self.terms_version = document.text, document.terms_version
            self.clauses, self.offers = document.clauses_as_data(), list(document.offers)
            self.openings, self.ticks = {}, {}
        self.openings = {**self.openings, str(by): at.isoformat()}

    def tick(
        self, by: UUID, verified: Mapping[UUID, SignatoryCapacity] | None, clause: str, newest: str, at: datetime
    ) -> None:
        """Record that this signatory accepts the clause, after having opened the document; the first time counts.

        Raises:
            NotASignatory, ContractAlreadySigned, ContractNotOpened, TermsSuperseded: see `sign`.
            UnknownClause: the text has no such clause.

        """
        self.capacity_of(by, verified)
        self._expect_open_to(by, newest)
        known = {one["key"] for one in self.clauses or []}
        require(clause in known, UnknownClause(errors=_each([clause], UnknownClause.code, "no clause has this key")))
        self.ticks = {**self.ticks, str(by): {clause: at.isoformat(), **self.ticks.get(str(by), {})}}
        self.version += 1

    def sign(
        self,
        by: UUID,
        verified: Mapping[UUID, SignatoryCapacity] | None,
        accepted: list[str],
        newest: str,
        *,
        address: str | None,
        at: datetime,
    ) -> ContractSigned:
        """Put the contract in force and keep the evidence: text, version, time, address, ticks, capacity (CT-02).

        `newest` is the version in force. Raises:
            NotASignatory: see `capacity_of`.
            ContractAlreadySigned: somebody did.
            ContractNotOpened: not by this signer.
            TermsSuperseded: a newer text took effect since.
            ClausesNotAccepted: names each mandatory clause that is not accepted, and each accepted that was not ticked.
            UnknownClause: names each accepted one that is no clause of the text.

        """
        capacity = self.capacity_of(by, verified)
        self._expect_open_to(by, newest)
        self._check_ticks(by, accepted)
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

    def give_way(self) -> None:
        """Leave the place to the successor that is being signed."""
        self._move_to(ContractStatus.SUPERSEDED, Party.SIGNATORY)

    def _expect_unsigned(self) -> None:
        signed = {ContractStatus.SIGNED, ContractStatus.SUPERSEDED}
        require(self.status not in signed, ContractAlreadySigned())

    def _expect_open_to(self, by: UUID, newest: str) -> None:
        self._expect_unsigned()
        require(self.status is not ContractStatus.OPENED or self.terms_version == newest, TermsSuperseded())
        require(str(by) in self.openings, ContractNotOpened())

    def _check_ticks(self, by: UUID, accepted: list[str]) -> None:
        clauses, ticked = self.clauses or [], self.ticks.get(str(by), {})
        unknown = sorted(set(accepted) - {clause["key"] for clause in clauses})
        if unknown:
            raise UnknownClause(errors=_each(unknown, UnknownClause.code, "no clause has this key"))
        missing = [one["key"] for one in clauses if one["mandatory"] and one["key"] not in accepted]
        missing += [key for key in dict.fromkeys(accepted) if key not in ticked]
        if missing:
            named = f"not accepted: {', '.join(missing)}"
            raise ClausesNotAccepted(named, errors=_each(missing, "clause_not_accepted", "must be ticked and accepted"))

    def _move_to(self, target: ContractStatus, by: Party) -> None:
        self.status = check_move(ALLOWED, self.status, target, by)
        self.version += 1


def _each(keys: list[str], code: str, what: str) -> list[FieldError]:
    return [FieldError("accepted_clauses", code, f"{key}: {what}") for key in keys]
