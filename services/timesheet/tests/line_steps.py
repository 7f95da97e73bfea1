"""The way of a CRA that holds lines, step by step."""

from typing import Any

from chassis.testing import small_pdf
from contracts.roles import Role


async def act(scene: Any, cra_id: str, action: str, caller: Any) -> None:
    """One decision, which must be taken."""
    answer = await scene.call("POST", f"/cras/{cra_id}/{action}", caller)
    assert answer.status_code == 200, answer.text


async def with_client(scene: Any, cra_id: str) -> None:
    """Sent by the consultant, approved by the provider."""
    await act(scene, cra_id, "submission", scene.consultant)
    await act(scene, cra_id, "approval", scene.head)


async def agreed(scene: Any, cra_id: str) -> None:
    """Validated by everybody."""
    await with_client(scene, cra_id)
    await act(scene, cra_id, "validation", scene.manager)


async def bill(scene: Any, cra_id: str, caller: Any = None) -> dict[str, Any]:
    """What the caller, a head of the provider if nobody else, sees of what will be billed."""
    answer = await scene.call("GET", f"/cras/{cra_id}/lines", caller or scene.head)
    assert answer.status_code == 200, answer.text
    return answer.json()


TRAIN = {"title": "Train Paris-Lyon", "net": "89.50", "vat_rate": "10"}


def receipt(content: bytes | None = None, name: str = "ticket.pdf") -> dict[str, tuple[str, bytes, str]]:
    """A file to hand in."""
    return {"file": (name, small_pdf() if content is None else content, "application/pdf")}


async def spend(
    scene: Any, cra_id: str, caller: Any = None, files: Any = None, headers: Any = None, **form: Any
) -> Any:
    """Report an outlay."""
    url, files = f"/cras/{cra_id}/expenses", receipt() if files is None else files
    return await scene.call(
        "POST", url, caller or scene.consultant, data=TRAIN | form, files=files, headers=headers or {}
    )


RATE = {"code": "ASTR", "label": "Astreinte de nuit", "unit": "HUR", "price": "45.50", "starts_on": "2026-04-15"}


async def propose(scene: Any, caller: Any = None, **changes: Any) -> Any:
    """A code of the rate table, proposed by the client's head."""
    caller = caller or scene.client(Role.DIRECTEUR_ACHATS)
    return await scene.call("POST", f"/missions/{scene.mission_id}/rates", caller, json=RATE | changes)


async def rate(scene: Any, **changes: Any) -> str:
    """A code that both sides agreed on."""
    proposed = await propose(scene, **changes)
    assert proposed.status_code == 201, proposed.text
    rate_id: str = proposed.json()["id"]
    accepted = await scene.call("POST", f"/rates/{rate_id}/acceptance", scene.head)
    assert accepted.status_code == 200, accepted.text
    return rate_id


async def objects(scene: Any) -> dict[str, object]:
    """One of everything that a mission's month may hold, with the client."""
    cra_id = await scene.drafted()
    spent = await spend(scene, cra_id)
    assert spent.status_code == 201, spent.text
    await with_client(scene, cra_id)
    return {
        "cra_id": cra_id,
        "line_id": spent.json()["lines"][-1]["id"],
        "rate_id": await rate(scene),
        "mission_id": str(scene.mission_id),
        "month": "2026-04",
        "title": "Hotel",
        "comment": "Two days more",
        "vat_rate": "10",
        "net": "80.00",
        "amount": "80.00",
        "code": "ASTR",
        "on": "2026-05-06",
        "price": "45.50",
        "starts_on": "2026-04-15",
        "ends_on": None,
        "quantity": "1.0",
        "period": {"start": "2026-04-20", "end": "2026-04-24"},
        "bdc_id": str(scene.order.bdc_id),
    }
