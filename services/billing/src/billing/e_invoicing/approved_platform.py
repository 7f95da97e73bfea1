"""The approved platform behind the Flow Service of AFNOR XP Z12-013, which all of them offer.

Nothing here touches the database: no connection of ours waits for somebody else's server.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from types import TracebackType
from typing import Any, Self

import httpx2  # noqa: TID251 - an approved platform is no service of ours

PATIENCE = 20.0
"""Seconds for one answer; a document is handed over in one request."""
LARGEST_ANSWER = 16 * 1024 * 1024
PAGE = 100
"""Flows in one answer to a search, the most that the interface allows."""

_IRR = {
    "EmptyAttachement": "IRR_VID_PJ",
    "AttachmentTypeError": "IRR_EXT_DOC",
    "EmptyFlow": "IRR_VIDE_F",
    "InvalidSchema": "IRR_SYNTAX",
    "FileSizeExceeded": "IRR_TAILLE_F",
    "FlowTypeError": "IRR_TYPE_F",
    "VirusFound": "IRR_ANTIVIRUS",
}
"""The reason of inadmissibility that the standard gives to each error of a flow."""
NOT_READABLE = "IRR_SYNTAX"
"""For an error that the standard pairs with none."""


class PlatformAwayError(Exception):
    """It does not answer, or asks to come back later: nothing is known of what was handed over."""


class PlatformRefusesError(Exception):
    """It will not take this, however often it is handed over."""


@dataclass(frozen=True, slots=True)
class Parcel:
    """What is handed over: an invoice in PDF, or a message in XML."""

    tracking_id: str
    name: str
    syntax: str
    """Factur-X or CDAR."""
    rule: str
    content: bytes

    @property
    def media_type(self) -> str:
        """By its first bytes."""
        return "application/pdf" if self.content.startswith(b"%PDF-") else "application/xml"

    @property
    def flow_info(self) -> dict[str, str]:
        """What the platform is told of it."""
        return {
            "trackingId": self.tracking_id,
            "name": self.name,
            "processingRule": self.rule,
            "flowSyntax": self.syntax,
            "sha256": hashlib.sha256(self.content).hexdigest(),
        }


@dataclass(frozen=True, slots=True)
class KnownFlow:
    """A flow as the platform tells of it; `accepted` is None while it has not decided."""

    flow_id: str
    tracking_id: str | None
    updated_at: datetime
    accepted: bool | None
    reason: str | None
    """Why not: the code of an inadmissible invoice."""
    error: str | None

    @classmethod
    def of(cls, told: Any) -> Self:
        """Read one. Raises PlatformAwayError for an answer that is none."""
        try:
            acknowledgement = told.get("acknowledgement") or {}
            errors = [each for each in acknowledgement.get("details") or [] if each.get("level") == "Error"]
            first: dict[str, Any] = errors[0] if errors else {}
            return cls(
                flow_id=str(told["flowId"])[:36],
                tracking_id=told.get("trackingId"),
                updated_at=datetime.fromisoformat(told["updatedAt"]).astimezone(UTC),
                accepted={"Ok": True, "Error": False}.get(str(acknowledgement.get("status"))),
                reason=_IRR.get(str(first.get("reasonCode")), NOT_READABLE) if first else None,
                error=f"{first.get('reasonCode')}: {first.get('reasonMessage')}"[:500] if first else None,
            )
        except (KeyError, TypeError, ValueError, AttributeError) as wrong:
            raise PlatformAwayError("an answer that is none") from wrong


class ApprovedPlatform:
    """The connection to it, for as long as one batch lasts."""

    def __init__(self, url: str, token: str):
        self._client = httpx2.AsyncClient(
            base_url=url.rstrip("/") + "/v1",
            headers={"Authorization": f"Bearer {token}"},
            timeout=PATIENCE,
            trust_env=False,
            follow_redirects=False,
        )

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.aclose()

    async def hand_over(self, parcel: Parcel) -> str:
        """The platform's id of what was handed over. Raises PlatformAwayError or PlatformRefusesError."""
        parts = {
            "flowInfo": (None, json.dumps(parcel.flow_info).encode(), "application/json"),
            "file": (parcel.name, parcel.content, parcel.media_type),
        }
        told = await self._json("POST", "/flows", files=parts)
        flow_id = told.get("flowId") if isinstance(told, dict) else None
        if not isinstance(flow_id, str) or not flow_id:
            raise PlatformAwayError("an answer that is none")
        return flow_id[:36]

    async def find(self, tracking_id: str) -> KnownFlow | None:
        """What was handed over under this name, if it arrived at all. Raises as `hand_over` does."""
        found = await self._search({"trackingId": tracking_id}, 1)
        return found[0] if found else None

    async def told_since(self, since: datetime, types: Sequence[str]) -> list[KnownFlow]:
        """The oldest flows that came in for us after an instant. Raises as `hand_over` does."""
        where = {"updatedAfter": since.isoformat(), "flowDirection": ["In"], "flowType": list(types)}
        return await self._search(where, PAGE)

    async def look_up(self, flow_id: str) -> KnownFlow:
        """How far one flow is. Raises as `hand_over` does."""
        return KnownFlow.of(await self._json("GET", f"/flows/{flow_id}", params={"docType": "Metadata"}))

    async def fetch(self, flow_id: str) -> bytes:
        """The document of a flow. Raises as `hand_over` does."""
        return (await self._send("GET", f"/flows/{flow_id}", params={"docType": "Original"})).content

    async def _search(self, where: dict[str, Any], limit: int) -> list[KnownFlow]:
        told = await self._json("POST", "/flows/search", json={"limit": limit, "where": where})
        results = told.get("results") if isinstance(told, dict) else None
        if not isinstance(results, list):
            raise PlatformAwayError("an answer that is none")
        return [KnownFlow.of(each) for each in results]

    async def _json(self, method: str, path: str, **request: Any) -> Any:
        try:
            return (await self._send(method, path, **request)).json()
        except ValueError as wrong:
            raise PlatformAwayError("an answer that is none") from wrong

    async def _send(self, method: str, path: str, **request: Any) -> httpx2.Response:
        try:
            answer = await self._client.request(method, path, **request)
        except httpx2.HTTPError as away:
            raise PlatformAwayError(type(away).__name__) from away
        if answer.status_code in {400, 413, 422}:
            raise PlatformRefusesError(f"{answer.status_code} {answer.text[:200]}")
        if answer.status_code >= 300 or len(answer.content) > LARGEST_ANSWER:  # noqa: PLR2004 - anything but success
            raise PlatformAwayError(str(answer.status_code))
        return answer
