"""How a bank account is given and changed, step by step."""

from datetime import timedelta

from sqlalchemy import select

from company.bank.domain import BankDetails

BANK = {"iban": "FR7630006000011234567890189", "bic": "AGRIFRPPXXX", "holder": "La Poste"}


OTHER = {"iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPPAR", "holder": "La Poste"}


THIRD = {"iban": "DE89370400440532013000", "bic": "COBADEFFXXX", "holder": "La Poste"}


COOLING = timedelta(hours=48)


async def put(world, company, body=BANK, headers=None, **extra):
    path = f"/companies/{company.id}/bank-details"
    return await world.client.put(path, json=body, headers=(headers or world.proven(company.founder)) | extra)


async def proposed(world, company, body=OTHER, headers=None):
    answer = await put(world, company, body, headers)
    assert answer.status_code == 202, answer.text
    return answer.json()["id"]


async def post(world, change_id, act, headers):
    return await world.client.post(f"/bank-changes/{change_id}/{act}", headers=headers)


async def call_back(world, company, change_id, headers=None, act="approval", **changes):
    said = {"called_on": str(world.today), "number_source": "register", "spoke_with": str(company.founder.member_id)}
    path = f"/staff/bank-changes/{change_id}/{act}"
    return await world.client.post(path, json=said | changes, headers=headers or world.staff)


async def in_force(world, company):
    seen = await world.client.get(f"/companies/{company.id}", headers=company.headers)
    return seen.json()["bank"] and seen.json()["bank"]["iban"]


async def changes(world, company, headers=None):
    page = await world.client.get(f"/companies/{company.id}/bank-changes", headers=headers or company.headers)
    assert page.status_code == 200
    return page.json()["items"]


async def rows(world, company):
    query = select(BankDetails).where(BankDetails.company_id == company.id).order_by(BankDetails.id)
    async with world.h.tx() as tx:
        return list((await tx.scalars(query)).all())
