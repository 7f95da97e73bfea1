"""A member goes by another name: the market shows it from then on, whichever event arrives first."""

from uuid import uuid4

import pytest

from contracts.identity import MemberErased, MemberRenamed
from contracts.roles import Role
from marketplace.directory.queries import affiliation_of


def renamed(market, caller, name="Ada King", version=2):
    return MemberRenamed(member_id=caller.member_id, display_name=name, version=version, renamed_at=market.h.clock())


async def name_of(market, caller):
    async with market.h.tx() as tx:
        return (await affiliation_of(tx, caller.company, caller.member_id)).display_name


@pytest.mark.parametrize("first", ["affiliation", "name"])
async def test_the_newest_name_is_shown_whichever_event_arrives_first(market, first):
    caller = market.h.member(Role.CONSULTANT)
    if first == "affiliation":
        await market.affiliate(caller, "Ada Lovelace")
    await market.h.deliver(renamed(market, caller))
    if first == "name":
        await market.affiliate(caller, "Ada Lovelace")
    assert await name_of(market, caller) == "Ada King"


async def test_an_older_name_never_comes_back(market):
    caller = market.h.member(Role.CONSULTANT)
    await market.affiliate(caller, "Ada Lovelace")
    await market.h.deliver(renamed(market, caller, "Newest", version=5))
    await market.h.deliver(renamed(market, caller, "Older", version=4))
    assert await name_of(market, caller) == "Newest"


async def test_nor_does_any_once_the_account_is_erased(market):
    caller = market.h.member(Role.CONSULTANT)
    await market.affiliate(caller, "Ada Lovelace")
    await market.h.deliver(MemberErased(member_id=caller.member_id, erased_at=market.h.clock()))
    await market.h.deliver(renamed(market, caller, version=9))
    assert await name_of(market, caller) == "—"


@pytest.mark.req("ID-21")
async def test_a_proposal_made_before_keeps_the_old_name(market):
    buyer, seller = await market.buyer(), await market.seller()
    consultant = await market.consultant(seller, "Alan Turing")
    rfp = await market.published(buyer)
    made = await market.proposed(seller, rfp, consultant_id=consultant.member_id)
    await market.h.deliver(renamed(market, consultant, "Alan Newman"))
    seen = await market.call("GET", f"/proposals/{made['id']}", seller)
    assert seen.json()["consultant_name"] == "Alan Turing"
    assert await name_of(market, consultant) == "Alan Newman"


async def test_somebody_without_a_company_is_renamed_all_the_same(market):
    caller = market.h.member(Role.CONSULTANT, uuid4())
    event = renamed(market, caller)
    event_id = await market.h.deliver(event)
    await market.h.deliver(event, event_id=event_id)
    await market.affiliate(caller, "Ada Lovelace")
    assert await name_of(market, caller) == "Ada King"
