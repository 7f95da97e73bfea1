"""Steps that several tests of a company's account take."""

from typing import Any

NEW_ACCOUNT = {"iban": "FR1420041010050500013M02606", "bic": "PSSTFRPPPAR", "holder": "La Poste"}


async def propose_account(world: Any, company: Any, body: Any = None) -> str:
    """A head proposes another account; its id."""
    path = f"/companies/{company.id}/bank-details"
    answer = await world.client.put(path, json=body or NEW_ACCOUNT, headers=world.proven(company.founder))
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


async def ask_for_identity(world: Any, company: Any, headers: Any = None, **changes: str) -> Any:
    """A head asks for another name, or number."""
    said = {"name": "Poste Nouvelle", "reason": "Assemblée du 2 novembre"}
    said |= {name: company.json[name] for name in ("siret", "vat_number") if company.json[name]}
    return await world.client.post(
        f"/companies/{company.id}/identity-changes",
        data=said | changes,
        files={"file": ("kbis.pdf", world.pdf())},
        headers=headers or company.headers,
    )


async def declare_capacity(world: Any, company: Any, headers: Any, **changes: str) -> Any:
    """A colleague declares to be empowered."""
    said = {"capacity": "delegation", "empowered": "true"} | changes
    files = {"file": ("delegation.pdf", world.pdf())}
    path = f"/companies/{company.id}/signatories"
    return await world.client.post(path, data=said, files=files, headers=headers)
