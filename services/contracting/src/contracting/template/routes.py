"""Staff publish new texts; nothing that was published changes (CT-21, CT-25, CT-26)."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints
from sqlalchemy import select, text

from chassis import audit
from chassis.auth import staff
from chassis.http import Body, Router, TxDep, View
from chassis.pagination import Page, PageDep, page_of
from chassis.problems import documented
from contracting.template.domain import (
    Annex,
    Clause,
    ContractTemplate,
    TemplateInForce,
    TemplateInThePast,
    TemplateNotFound,
    TemplateNotNewer,
    TranslationDiffers,
    UnknownPlaceholder,
    Wording,
)
from contracting.template.queries import is_published, newest_template, template_of
from contracts.contracting import ContractKind, Offer
from contracts.roles import StaffScope

router = Router("contract templates")

Version = Annotated[str, StringConstraints(pattern=r"^[0-9a-z][0-9a-z.-]{0,19}$")]
ClauseKey = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z_]{1,40}$")]
Title = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Paragraphs = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=20_000, pattern=r"^[^\x00-\x09\x0b-\x1f\x7f]+$")
]


class ClauseBody(Body):
    """One article; a mandatory one must be ticked."""

    key: ClauseKey
    title: Title
    text: Paragraphs
    mandatory: bool = True


class AnnexBody(Body):
    """One annex."""

    title: Title
    text: Paragraphs


class WordingBody(Body):
    """The text in one language; the preamble may name {operator}, {operator_address}, {company} and {country}."""

    title: Title
    preamble: Paragraphs
    clauses: Annotated[list[ClauseBody], Field(min_length=1, max_length=40)]
    annexes: Annotated[list[AnnexBody], Field(max_length=20)] = []

    @property
    def wording(self) -> Wording:
        """As the rules take it."""
        clauses = tuple(Clause(**one.model_dump()) for one in self.clauses)
        return Wording(self.title, self.preamble, clauses, tuple(Annex(one.title, one.text) for one in self.annexes))


class PublicationRequest(Body):
    """A new version of a kind of contract."""

    kind: ContractKind
    version: Version
    effective_on: date
    payment_terms_changed: bool
    offers: frozenset[Offer] = frozenset(Offer)
    french: WordingBody
    english: WordingBody | None = None


class TemplateSummary(View):
    """A version in a list."""

    id: UUID
    kind: ContractKind
    version: str
    effective_on: date
    payment_terms_changed: bool
    offers: list[Offer]
    published_at: datetime


class ClauseView(View):
    """One article."""

    key: str
    title: str
    text: str
    mandatory: bool


class AnnexView(View):
    """One annex."""

    title: str
    text: str


class WordingView(View):
    """The text in one language."""

    title: str
    preamble: str
    clauses: list[ClauseView]
    annexes: list[AnnexView]


class TemplateView(TemplateSummary):
    """A version with its texts."""

    french: WordingView
    english: WordingView | None


@router.post(
    "/staff/contract-templates",
    access=staff(StaffScope.CONTRACTS),
    status_code=201,
    responses=documented(TemplateNotNewer, TemplateInThePast, UnknownPlaceholder, TranslationDiffers),
)
async def publish_template(body: PublicationRequest, tx: TxDep) -> TemplateView:
    """Publish a text that is signed from its day on; contracts in force stay so until a new one is signed (CT-21)."""
    # Waits for the signatures that are under way, which hold the text in force, and lets none begin.
    await tx.execute(text("LOCK TABLE contract_templates IN EXCLUSIVE MODE"))
    newest = await newest_template(tx, body.kind)
    if await is_published(tx, body.kind, body.version):
        raise TemplateNotNewer(field="version")
    template = ContractTemplate.publish(
        newest,
        body.version,
        body.effective_on,
        body.french.wording,
        body.english.wording if body.english else None,
        payment_terms_changed=body.payment_terms_changed,
        offers=body.offers,
        at=tx.now,
        today=tx.today,
    )
    tx.add(template)
    await tx.flush()
    audit(tx, "contract_template.published", template.id, kind=template.kind, version=template.version)
    return TemplateView.model_validate(template)


@router.get("/staff/contract-templates", access=staff(StaffScope.CONTRACTS))
async def list_templates(tx: TxDep, page: PageDep) -> Page[TemplateSummary]:
    """Every version of both kinds of contract."""
    return await page_of(tx, select(ContractTemplate), ContractTemplate.id, page, TemplateSummary.model_validate)


@router.get(
    "/staff/contract-templates/{kind}/{terms_version}",
    access=staff(StaffScope.CONTRACTS),
    responses=documented(TemplateNotFound),
)
async def read_template(kind: ContractKind, terms_version: Version, tx: TxDep) -> TemplateView:
    """A version with its texts."""
    return TemplateView.model_validate(await template_of(tx, kind, terms_version))


@router.delete(
    "/staff/contract-templates/{kind}/{terms_version}",
    access=staff(StaffScope.CONTRACTS),
    status_code=204,
    responses=documented(TemplateNotFound, TemplateInForce),
)
async def withdraw_template(kind: ContractKind, terms_version: Version, tx: TxDep) -> None:
    """Take a text back before its day."""
    template = await template_of(tx, kind, terms_version)
    template.expect_to_come(tx.today)
    await tx.delete(template)
    audit(tx, "contract_template.withdrawn", template.id, kind=template.kind, version=template.version)
