"""Whoever takes up a head's invitation acts for the company at once."""

import asyncio
from uuid import UUID, uuid4

import pytest

from chassis.errors import NotReady
from company.affiliation.queries import affiliation_of
from contracts.company import AffiliationGranted
from contracts.identity import InvitationAccepted
from contracts.roles import ProfileType, Role


def accepted(world, company, caller, role=Role.CONSULTANT, profile=ProfileType.CONSULTANCY):
    return InvitationAccepted(
        invitation_id=uuid4(),
        member_id=caller.member_id,
        display_name="Bob Durand",
        profile_type=profile,
        company_id=UUID(company.id),
        role=role,
        invited_by=company.founder.member_id,
        accepted_at=world.h.clock(),
    )


async def of(world, caller):
    async with world.h.tx() as tx:
        found = await affiliation_of(tx, caller.member_id)
        return found and (str(found.company_id), found.role)


@pytest.mark.req("ID-07")
class TestAffiliate:
    @pytest.mark.parametrize(
        ("profile", "role"),
        [
            (ProfileType.CONSULTANCY, Role.CONSULTANT),
            (ProfileType.CONSULTANCY, Role.GERANT),
            (ProfileType.CLIENT, Role.ACHETEUR),
            (ProfileType.CLIENT, Role.DIRECTEUR_ACHATS),
        ],
    )
    async def test_needs_nobodys_approval(self, world, profile, role) -> None:
        company, caller = await world.company(profile), await world.member(profile)
        event = accepted(world, company, caller, role, profile)
        event_id = await world.h.deliver(event)
        await world.h.deliver(event, event_id=event_id)
        assert await of(world, caller) == (company.id, role)
        _, granted = await world.events(AffiliationGranted, company.id)
        assert (granted.member_id, granted.role) == (caller.member_id, role)
        (act,) = await world.audited(granted.affiliation_id)
        assert act.details["invited_by"] == str(company.founder.member_id)

    async def test_waits_for_the_member_and_the_company(self, world) -> None:
        company, stranger = await world.company(), world.h.member()
        with pytest.raises(NotReady):
            await world.h.deliver(accepted(world, company, stranger))
        unknown = accepted(world, company, await world.member()).model_copy(update={"company_id": uuid4()})
        with pytest.raises(NotReady):
            await world.h.deliver(unknown)

    async def test_withdraws_what_the_member_asked_for(self, world) -> None:
        company, other, caller = await world.company(), await world.company(), await world.member()
        request = (await world.ask(caller, other, Role.CONSULTANT)).json()["id"]
        await world.h.deliver(accepted(world, company, caller))
        assert (await world.decide(request, "acceptance", other.headers)).status_code == 409

    async def test_twice_by_two_companies_at_once_affiliates_once(self, world) -> None:
        one, other, caller = await world.company(), await world.company(), await world.member()
        await asyncio.gather(
            world.h.deliver(accepted(world, one, caller)), world.h.deliver(accepted(world, other, caller))
        )
        assert (await of(world, caller))[0] in {one.id, other.id}

    async def test_has_no_effect_for_who_acts_for_a_company(self, world) -> None:
        company, other = await world.company(), await world.company()
        event = accepted(world, company, other.founder)
        await world.h.deliver(event)
        assert (await of(world, other.founder))[0] == other.id
        (act,) = await world.audited(event.invitation_id)
        assert (act.action, act.details["why"]) == ("invitation.ignored", "acts_for_a_company")

    @pytest.mark.parametrize(
        ("founder", "profile", "role"),
        [
            (ProfileType.CONSULTANCY, ProfileType.CLIENT, Role.CONSULTANT),
            (ProfileType.CONSULTANCY, ProfileType.CONSULTANCY, Role.FREELANCE),
            (ProfileType.CONSULTANCY, ProfileType.CONSULTANCY, Role.ACHETEUR),
            (ProfileType.CLIENT, ProfileType.CLIENT, Role.GERANT),
            (ProfileType.FREELANCE, ProfileType.FREELANCE, Role.CONSULTANT),
        ],
    )
    async def test_has_no_effect_across_sides_or_for_a_company_of_one(self, world, founder, profile, role) -> None:
        company, caller = await world.company(founder), await world.member(profile)
        await world.h.deliver(accepted(world, company, caller, role, profile))
        assert await of(world, caller) is None

    async def test_has_no_effect_for_a_refused_company(self, world) -> None:
        company, caller = await world.company(), await world.member()
        await world.refuse(company)
        await world.h.deliver(accepted(world, company, caller))
        assert await of(world, caller) is None
