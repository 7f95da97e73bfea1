"""Every route with every role, of the own and of a rival company; roles are those of this service's own rows."""

from dataclasses import replace
from uuid import UUID, uuid4

import pytest
from account_steps import NEW_ACCOUNT as OTHER_BANK
from account_steps import ask_for_identity, declare_capacity, propose_account

from chassis.matrix import World, try_every_caller, try_every_colleague, try_every_rival
from contracts.roles import ProfileType, Role, StaffScope

OPEN_TO_ALL = frozenset(
    {"POST /companies/{company_id}/join-requests", "GET /platform-documents/{platform_document_id}/file"}
)
STATEMENT = "/companies/{company_id}/statement-templates/{kind}"
SUPPLIER_DOCUMENT = "/suppliers/{provider_id}/documents/{document_id}"


class People:
    """A company with somebody in every role of its side, and an object of every kind."""

    def __init__(self, world, company, head):
        self.world, self.company = world, company
        self.roles = {head: self.proven(company.founder)}
        self.asking = company.founder
        self.known = {
            "company_id": company.id,
            "siret": None,
            "iban": OTHER_BANK["iban"],
            "bic": OTHER_BANK["bic"],
            STATEMENT: {"kind": "sworn_tax_statement"},
        }

    def proven(self, caller):
        return replace(caller, proven_at=self.world.h.clock())

    async def hire(self, role):
        caller = await self.world.member(self.company.profile, f"Somebody {role}")
        request = (await self.world.ask(caller, self.company, role)).json()
        accepted = await self.world.decide(request["id"], "acceptance", self.company.headers)
        assert accepted.status_code == 200, accepted.text
        return caller

    async def fill(self, *roles):
        for role in roles:
            self.roles[role] = self.proven(await self.hire(role))
        first = roles[0]
        colleague, asking = await self.hire(first), await self.world.member(self.company.profile)
        request = await self.world.ask(asking, self.company, first)
        self.asking = asking
        signatory = await declare_capacity(self.world, self.company, self.world.headers(colleague))
        document = await self.world.upload(self.company, "registration_extract")
        self.known |= {
            "member_id": str(colleague.member_id),
            "request_id": request.json()["id"],
            "signatory_id": signatory.json()["id"],
            "document_id": document.json()["id"],
            "item_id": document.json()["id"],
        }
        await self.change()

    async def change(self):
        """What only a validated company has."""
        assert (await self.world.validate(self.company)).status_code == 200
        identity = await ask_for_identity(self.world, self.company)
        assert identity.status_code == 201, identity.text
        self.known["identity_change_id"] = identity.json()["id"]
        self.known["bank_change_id"] = await propose_account(self.world, self.company, OTHER_BANK)


@pytest.fixture
async def provider(world):
    people = People(world, await world.company(), Role.GERANT)
    await people.fill(Role.CONSULTANT, Role.COMMERCIAL)
    return people


async def published(world):
    """One of the platform's own documents, which every client may read and no provider."""
    answer = await world.client.post(
        "/staff/platform-documents",
        data={"type": "registration_extract", "valid_from": str(world.today)},
        files={"file": ("kbis.pdf", world.pdf())},
        headers=world.staff,
    )
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


@pytest.fixture
async def client(world, provider):
    company = await world.company(ProfileType.CLIENT)
    people = People(world, company, Role.DIRECTEUR_ACHATS)
    await people.fill(Role.RESPONSABLE_PROJET, Role.ACHETEUR)
    await world.h.deliver(world.order(company, provider.company, world.today, world.today))
    headers = world.proven(company.founder)
    path = f"/companies/{company.id}"
    entity = await world.client.post(
        f"{path}/entities", json={"name": "Siège", "kind": "organisational"}, headers=headers
    )
    listed = await world.client.post(
        f"{path}/referencing-lists", json={"name": "Préférés", "preferred": True}, headers=headers
    )
    assert (entity.status_code, listed.status_code) == (201, 201), entity.text + listed.text
    listing = f"{path}/referencing-lists/{listed.json()['id']}/suppliers/{provider.company.id}"
    assert (await world.client.put(listing, headers=headers)).status_code < 300
    people.known |= {
        "platform_document_id": await published(world),
        "entity_id": entity.json()["id"],
        "list_id": listed.json()["id"],
        "provider_id": provider.company.id,
    }
    shown = {"document_id": provider.known["document_id"]}
    people.known |= {f"{SUPPLIER_DOCUMENT}/file": shown, f"{SUPPLIER_DOCUMENT}/checks": shown}
    return people


def world_of(world, people, others):
    """The objects of one company, with the people of another as rivals; what it cannot have is made up."""
    made_up = dict.fromkeys(
        ["entity_id", "list_id", "provider_id", "plan_change_id", "platform_document_id", "recheck_id"], str(uuid4())
    )
    staff = [world.h.staff(StaffScope.COMPLIANCE), world.h.staff(StaffScope.CONTRACTS)]
    return World(
        world.h,
        UUID(people.company.id),
        made_up | people.known,
        [*people.roles.values(), people.asking, *staff],
        rivals=others.roles,
        open_to_all=OPEN_TO_ALL,
    )


@pytest.mark.req("CO-22", "CO-19", "CO-20")
async def test_every_route_role_and_company(world, provider, client, record_property):
    rival_client = People(world, await world.company(ProfileType.CLIENT), Role.DIRECTEUR_ACHATS)
    await rival_client.fill(Role.RESPONSABLE_PROJET, Role.ACHETEUR)
    rival = People(world, await world.company(), Role.GERANT)
    await rival.fill(Role.CONSULTANT, Role.COMMERCIAL)
    rival.roles |= rival_client.roles
    of_provider, of_client = world_of(world, provider, rival), world_of(world, client, rival)
    tried = await try_every_caller(of_provider)
    tried += await try_every_rival(of_provider, reach=False) + await try_every_rival(of_client)
    tried += await try_every_colleague(of_provider, provider.roles) + await try_every_colleague(of_client, client.roles)
    record_property("role x route x company pairs in company", tried)
