"""Steps of companies that settle how they are invoiced."""

from dataclasses import replace

from contracts.roles import Role


def head(h, company_id, role=Role.GERANT):
    """Headers of whoever runs the company, who proved a moment ago who they are."""
    return h.headers(replace(h.member(role, company_id), proven_at=h.clock()))


async def read_text(h, company_id):
    return (await h.client.get("/self-billing-mandate-text", headers=head(h, company_id))).json()


async def sign(h, company_id, headers=None, **changes):
    """Sign the text as it is today."""
    text = await read_text(h, company_id)
    body = {
        "text_sha256": text.get("sha256", "0" * 64),
        "accepted": True,
        "name": "Camille Martin",
        "capacity": "legal_representative",
    }
    return await h.client.post("/self-billing-mandates", json=body | changes, headers=headers or head(h, company_id))


async def choose(h, company_id, mode="manual", language="fr", role=Role.GERANT, **more):
    body = {"invoice_mode": mode, "language": language}
    return await h.client.put("/billing-settings", json=body, headers=head(h, company_id, role) | more)


async def mode_of(h, company_id):
    answer = await h.client.get("/billing-settings", headers=head(h, company_id))
    return answer.json()["invoice_mode"]
