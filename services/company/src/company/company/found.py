"""Search for one's company, and the ways on when it is not there (CO-01, CO-06, CO-07, CO-08)."""

from enum import StrEnum
from typing import Annotated

from fastapi import Query
from pydantic import Field

from chassis.auth import MEMBER
from chassis.http import PlatformDep, Router, TxDep, View
from chassis.problems import documented
from company.company.finding import SearchPageDep, find
from company.company.search import SearchTooShort, searched
from company.company.views import FoundCompany

router = Router("companies")


class Path(StrEnum):
    """What a member may do whose company is not on the platform."""

    CREATE_COMPANY = "create_company"
    NAME_RESPONSIBLE_PERSON = "name_responsible_person"


class Offer(View):
    """A way on: send a POST there."""

    path: Path
    href: str


OFFERS = [
    Offer(path=Path.CREATE_COMPANY, href="/api/company/companies"),
    Offer(path=Path.NAME_RESPONSIBLE_PERSON, href="/api/identity/responsible-persons"),
]


class FoundCompanies(View):
    """Companies that may be meant, the best match first."""

    items: list[FoundCompany]
    next: str | None
    offers: list[Offer] = Field(description="The two ways on when nothing was found; empty otherwise")
    support: str | None = Field(description="Where to ask for help when nothing was found")


@router.get("/companies", access=MEMBER, responses=documented(SearchTooShort))
async def search_companies(
    tx: TxDep, page: SearchPageDep, platform: PlatformDep, search: Annotated[str, Query(max_length=200)]
) -> FoundCompanies:
    """Find a company to join, whatever accents, case or typing errors; words by their beginnings."""
    words = searched(search)
    found, following = await find(tx, words, page)
    nothing = not found and page.after is None
    return FoundCompanies(
        items=[FoundCompany.model_validate(company) for company in found],
        next=following,
        offers=OFFERS if nothing else [],
        support=platform.own.support_url if nothing else None,
    )
