"""A compliance document: handed over, reviewed, replaced, expired (CO-28, CO-38, CO-41)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol
from uuid import UUID

from sqlalchemy import ForeignKey, Index, Integer, String, text
from sqlalchemy.orm import Mapped, mapped_column

from chassis.clock import business_date, months_after
from chassis.errors import Forbidden, IllegalMove, NotFound, Unprocessable, require
from chassis.rows import Base, new_id
from chassis.transitions import check_move, moves
from company.company.domain import Company
from company.compliance.rules import DocumentType, Rule, Situation, rules_for
from company.compliance.verdict import AuthenticityCheck, Verdict
from company.files import File
from company.words import words


class DocumentStatus(StrEnum):
    """Where a document stands."""

    UPLOADED = "uploaded"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    EXPIRED = "expired"
    REPLACED = "replaced"
    WITHDRAWN = "withdrawn"


class DocumentActor(StrEnum):
    """Who may try to move a document's status."""

    STAFF = "staff"
    COMPANY = "company"
    CALENDAR = "calendar"


_S, _A = DocumentStatus, DocumentActor
ALLOWED = {
    _S.UPLOADED: moves(set(), set()),
    _S.ACCEPTED: moves({_S.UPLOADED}, {_A.STAFF}),
    _S.REFUSED: moves({_S.UPLOADED, _S.ACCEPTED}, {_A.STAFF}),
    _S.EXPIRED: moves({_S.ACCEPTED}, {_A.CALENDAR}),
    _S.REPLACED: moves({_S.UPLOADED, _S.ACCEPTED, _S.REFUSED, _S.EXPIRED}, {_A.COMPANY, _A.STAFF}),
    _S.WITHDRAWN: moves({_S.UPLOADED}, {_A.COMPANY}),
}

OUT_OF_SIGHT = frozenset({_S.REPLACED, _S.WITHDRAWN})
"""Documents that nothing depends on any more."""


WARNED_BEFORE = 1
"""Months before the expiry at which the company is told (CO-42)."""


class DocumentNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "document_not_found", "There is no such document"


class DocumentTypeNotExpected(Unprocessable):
    """No rule asks this company for such a document."""

    code, title = "document_type_not_expected", "This kind of document is not asked of this company"


class IssuedInTheFuture(Unprocessable):
    """A document cannot be dated after today."""

    code, title = "issued_in_the_future", "The date of issue is after today"


class DocumentTooOld(Unprocessable):
    """It does not hold any more (CO-30)."""

    code, title = "document_too_old", "This document is too old to be accepted"


class CommentMissing(Unprocessable):
    """The company must read why its document is refused (CO-41)."""

    code, title = "comment_missing", "A refusal needs a comment for the company"


class CheckMissing(Unprocessable):
    """What is called authentic was checked somehow (CO-38)."""

    code, title = "check_missing", "Say how the authenticity was checked"


class TranslationMissing(Unprocessable):
    """D8222-8 of the Labour Code."""

    code, title = "translation_missing", "This document must be in French, or come with its translation"


class ReviewerActsForCompany(Forbidden):
    """Nobody judges documents of their own company."""

    code, title = "reviewer_acts_for_company", "You act for this company yourself"


def situation_of(company: Company) -> Situation:
    """What decides which rules concern the company."""
    return Situation(company.profile_type, company.country, company.special_tax_status, company.employs_staff)


class ScannedFile(File, Protocol):
    """A stored file, and what the virus scan said of it."""

    @property
    def scan(self) -> str: ...  # noqa: D102


class Document(Base):
    """One file of one type, with what staff found out about it."""

    __tablename__ = "documents"
    __table_args__ = (
        Index("ix_documents_company_id_id", "company_id", "id"),
        Index("ix_documents_expires_on", "expires_on", postgresql_where=text("status = 'accepted'")),
        Index("ix_documents_warn_on", "warn_on", postgresql_where=text("status = 'accepted' AND warned_at IS NULL")),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    company_id: Mapped[UUID] = mapped_column(ForeignKey("companies.id"))
    type: Mapped[DocumentType] = mapped_column(words(DocumentType))
    issued_on: Mapped[date]
    expires_on: Mapped[date | None]
    """The first day on which it no longer holds."""
    warn_on: Mapped[date | None]
    warned_at: Mapped[datetime | None]
    status: Mapped[DocumentStatus] = mapped_column(words(DocumentStatus))
    exists: Mapped[bool | None]
    authentic: Mapped[bool | None]
    check_method: Mapped[AuthenticityCheck | None] = mapped_column(words(AuthenticityCheck))
    check_reference: Mapped[str | None] = mapped_column(String(200))
    comment: Mapped[str | None] = mapped_column(String(1000))
    reviewed_by: Mapped[UUID | None]
    reviewed_at: Mapped[datetime | None]
    uploaded_by: Mapped[UUID]
    uploaded_at: Mapped[datetime]
    file_key: Mapped[str] = mapped_column(String(64))
    file_name: Mapped[str] = mapped_column(String(120))
    media_type: Mapped[str] = mapped_column(String(64))
    sha256: Mapped[str] = mapped_column(String(64))
    size: Mapped[int] = mapped_column(Integer)
    scan: Mapped[str] = mapped_column(String(20))
    """Whether a virus scanner saw it, in the words of `chassis.files.ScanState`."""
    security_code: Mapped[str | None] = mapped_column(String(40))
    """Of a URSSAF certificate, by which anybody can check it (CO-40)."""
    forgotten_at: Mapped[datetime | None]
    """When the file was given up because its time had passed."""

    @classmethod
    def announce(
        cls, company: Company, kind: DocumentType, issued_on: date, today: date, *, in_french: bool = False
    ) -> Document:
        """A document that the company is about to hand over; its file comes with `attach`.

        `in_french` says that it is, or that a translation is in the same file.

        Raises:
            DocumentTypeNotExpected: no rule asks this company for it.
            IssuedInTheFuture: dated after `today`.
            DocumentTooOld: it no longer holds today.
            TranslationMissing: the rule asks for French.

        """
        rule = _rule_for(kind, company, today)
        require(issued_on <= today, IssuedInTheFuture(field="issued_on"))
        require(in_french or not rule.in_french, TranslationMissing(field="in_french"))
        expires_on = rule.expires_on(issued_on)
        require(expires_on is None or today < expires_on, DocumentTooOld(field="issued_on"))
        return cls(
            id=new_id(),
            company_id=company.id,
            type=kind,
            issued_on=issued_on,
            expires_on=expires_on,
            warn_on=months_after(expires_on, -WARNED_BEFORE) if expires_on else None,
            status=DocumentStatus.UPLOADED,
        )

    def attach(self, file: ScannedFile, by: UUID, at: datetime) -> None:
        """The file that was handed over, by whom and when."""
        self.file_key, self.file_name, self.media_type = file.key, file.name, file.media_type
        self.sha256, self.size, self.scan = file.sha256, file.size, file.scan
        self.uploaded_by, self.uploaded_at = by, at

    def holds(self, on: date) -> bool:
        """Say whether it counts on that day: accepted and in date."""
        return self.status is DocumentStatus.ACCEPTED and (self.expires_on is None or on < self.expires_on)

    def is_overdue(self, on: date) -> bool:
        """Say whether it is still accepted though it no longer holds on that day."""
        return self.status is DocumentStatus.ACCEPTED and not self.holds(on)

    def review(self, staff_id: UUID, verdict: Verdict, at: datetime) -> None:
        """Record both outcomes; accepted only when both hold (CO-38), and while the document itself does (CO-30).

        Raises:
            CommentMissing: refused without a word to the company (CO-41).
            CheckMissing: called authentic without a word about how that was checked.
            DocumentTooOld: it stopped holding while it waited; accepted, it would oust one that holds.
            IllegalMove: it was reviewed, replaced or withdrawn already.

        """
        require(self.status is DocumentStatus.UPLOADED, IllegalMove())
        require(verdict.accepts or bool(verdict.comment), CommentMissing(field="comment"))
        require(verdict.method is not None or not verdict.authentic, CheckMissing(field="method"))
        in_date = self.expires_on is None or business_date(at) < self.expires_on
        require(in_date or not verdict.accepts, DocumentTooOld())
        self._judge(staff_id, verdict, at)

    def fail(self, staff_id: UUID, comment: str, at: datetime) -> None:
        """At a re-check it turned out not to hold after all. Raises IllegalMove unless it was accepted."""
        require(self.status is DocumentStatus.ACCEPTED, IllegalMove())
        self._judge(staff_id, Verdict(bool(self.exists), authentic=False, comment=comment), at)

    def _judge(self, staff_id: UUID, verdict: Verdict, at: datetime) -> None:
        self._move_to(DocumentStatus.ACCEPTED if verdict.accepts else DocumentStatus.REFUSED, DocumentActor.STAFF)
        self.exists, self.authentic, self.comment = verdict.exists, verdict.authentic, verdict.comment
        self.check_method, self.check_reference = verdict.method, verdict.reference
        self.reviewed_by, self.reviewed_at = staff_id, at

    def withdraw(self) -> None:
        """The company takes it back before anybody looked at it. Raises IllegalMove."""
        self._move_to(DocumentStatus.WITHDRAWN, DocumentActor.COMPANY)

    def expire(self) -> None:
        """It no longer holds. Raises IllegalMove."""
        self._move_to(DocumentStatus.EXPIRED, DocumentActor.CALENDAR)

    def replace(self, by: DocumentActor) -> None:
        """A newer one takes its place; the row and the file stay. Raises IllegalMove."""
        self._move_to(DocumentStatus.REPLACED, by)

    def _move_to(self, target: DocumentStatus, actor: DocumentActor) -> None:
        self.status = check_move(ALLOWED, self.status, target, actor)


def supersede(former: Sequence[Document], by: Document, actor: DocumentActor) -> None:
    """Let a document take the place of the others of its type.

    One that was only handed over leaves an accepted one in force until it is accepted itself, so that a
    company that renews in time never falls out of compliance.
    """
    for document in former:
        if document.id == by.id or document.type is not by.type or document.status in OUT_OF_SIGHT:
            continue
        if by.status is DocumentStatus.ACCEPTED or document.status is not DocumentStatus.ACCEPTED:
            document.replace(actor)


def _rule_for(kind: DocumentType, company: Company, on: date) -> Rule:
    situation = situation_of(company)
    for rule in rules_for(situation, on):
        if kind in rule.accepts(situation):
            return rule
    raise DocumentTypeNotExpected(field="type")
