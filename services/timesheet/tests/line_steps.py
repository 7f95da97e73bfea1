"""The way of a CRA that holds lines, step by step."""

from typing import Any

from chassis.testing import small_pdf


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
