"""The Flow Service itself: takes flows, acknowledges them, and tells what a buyer's platform would."""

import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4
from xml.sax.saxutils import escape

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

LARGEST = 20 * 1024 * 1024
PAGE = 100
SYNTAXES = {"CII", "UBL", "Factur-X", "CDAR", "FRR"}
RULES = {"B2B", "B2BInt", "B2C", "OutOfScope", "ArchiveOnly", "NotApplicable"}
_SHA256 = re.compile(r"[a-f0-9]{64}")
_MESSAGE = """<?xml version="1.0" encoding="UTF-8"?>
<rsm:CrossDomainAcknowledgementAndResponse
 xmlns:rsm="urn:un:unece:uncefact:data:standard:CrossDomainAcknowledgementAndResponse:100"
 xmlns:ram="urn:un:unece:uncefact:data:standard:ReusableAggregateBusinessInformationEntity:100">
<rsm:ExchangedDocument><ram:IssuerTradeParty><ram:RoleCode>{role}</ram:RoleCode></ram:IssuerTradeParty>
</rsm:ExchangedDocument><rsm:AcknowledgementDocument><ram:ReferenceReferencedDocument>
<ram:IssuerAssignedID>{number}</ram:IssuerAssignedID><ram:ProcessConditionCode>{code}</ram:ProcessConditionCode>
<ram:IssuerTradeParty><ram:GlobalID schemeID="0002">{seller}</ram:GlobalID></ram:IssuerTradeParty>
<ram:SpecifiedDocumentStatus>{reason}</ram:SpecifiedDocumentStatus>
</ram:ReferenceReferencedDocument></rsm:AcknowledgementDocument></rsm:CrossDomainAcknowledgementAndResponse>"""


@dataclass
class Held:
    """One flow."""

    info: dict[str, Any]
    content: bytes
    direction: str = "Out"
    kind: str = "CustomerInvoice"
    acknowledged: str = "Pending"
    details: list[dict[str, str]] = field(default_factory=list)
    flow_id: str = field(default_factory=lambda: str(uuid4()))
    at: datetime = field(default_factory=lambda: datetime.now(UTC))

    def shown(self) -> dict[str, Any]:
        """As the interface shows it."""
        acknowledgement: dict[str, Any] = {"status": self.acknowledged}
        if self.details:
            acknowledgement["details"] = self.details
        told: dict[str, Any] = {
            key: self.info[key] for key in ("trackingId", "flowSyntax", "processingRule") if key in self.info
        }
        return {
            **told,
            "flowId": self.flow_id,
            "flowType": self.kind,
            "flowDirection": self.direction,
            "submittedAt": self.at.isoformat(),
            "updatedAt": self.at.isoformat(),
            "acknowledgement": acknowledgement,
        }


class FlowService:
    """What it holds, and how it is made to misbehave."""

    def __init__(self, *, decides_at_once: bool = True) -> None:
        self.held: dict[str, Held] = {}
        self.decides_at_once = decides_at_once
        self.failures: list[int | None] = []
        """Answers to give instead of the next ones: a status, or None for one that arrives but is never answered."""
        self.refuse_next: str | None = None
        """The reason for which the next flow is acknowledged with an error."""

    def tell(self, number: str, seller: str, code: str, *, role: str = "BY", reason: str = "") -> Held:
        """A status message of somebody else's comes in for us."""
        said = f"<ram:ReasonCode>{escape(reason)}</ram:ReasonCode>" if reason else ""
        content = _MESSAGE.format(role=role, number=escape(number), code=code, seller=seller, reason=said)
        return self.bring(content.encode())

    def bring(self, content: bytes) -> Held:
        """Any message comes in for us."""
        flow = Held({"flowSyntax": "CDAR"}, content, "In", "CustomerInvoiceLC", "Ok")
        self.held[flow.flow_id] = flow
        return flow

    def named(self, tracking_id: str) -> list[Held]:
        """What was handed over under a name."""
        return [flow for flow in self.held.values() if flow.info.get("trackingId") == tracking_id]

    async def create(self, request: Request) -> Response:
        """POST /v1/flows."""
        failure = self.failures.pop(0) if self.failures else 0
        if failure:
            return _error(failure, "INTERNAL_ERROR")
        async with request.form(max_part_size=LARGEST) as form:
            info, file = form.get("flowInfo"), form.get("file")
            content = await file.read() if isinstance(file, UploadFile) else None
        told = await info.read() if isinstance(info, UploadFile) else info
        wrong = _fault_of(told, content)
        if wrong or content is None:
            return _error(400, wrong or "MISSING_REQUIRED_FIELD")
        flow = Held(json.loads(told or b""), content)
        flow.kind = "CustomerInvoiceLC" if flow.info["flowSyntax"] == "CDAR" else "CustomerInvoice"
        if self.refuse_next:
            flow.acknowledged, reason = "Error", self.refuse_next
            flow.details = [{"level": "Error", "item": "file", "reasonCode": reason, "reasonMessage": "as arranged"}]
            self.refuse_next = None
        elif self.decides_at_once:
            flow.acknowledged = "Ok"
        self.held[flow.flow_id] = flow
        if failure is None:
            return _error(503, "RESOURCE_ERROR")
        return JSONResponse({**flow.info, "flowId": flow.flow_id, "submittedAt": flow.at.isoformat()}, 202)

    async def search(self, request: Request) -> Response:
        """POST /v1/flows/search."""
        asked = await request.json()
        where, limit = asked.get("where"), min(int(asked.get("limit", 25)), PAGE)
        if not where:
            return _error(400, "MISSING_REQUIRED_FIELD")
        tests: list[Callable[[Held], bool]] = []
        if "trackingId" in where:
            tests.append(lambda flow: flow.info.get("trackingId") == where["trackingId"])
        if "updatedAfter" in where:
            after = datetime.fromisoformat(where["updatedAfter"])
            tests.append(lambda flow: flow.at > after)
        if "flowDirection" in where:
            tests.append(lambda flow: flow.direction in where["flowDirection"])
        if "flowType" in where:
            tests.append(lambda flow: flow.kind in where["flowType"])
        found = [flow for flow in self.held.values() if all(test(flow) for test in tests)]
        found.sort(key=lambda flow: flow.at)
        return JSONResponse({"limit": limit, "filters": where, "results": [each.shown() for each in found[:limit]]})

    async def read(self, request: Request) -> Response:
        """GET /v1/flows/{flow_id}."""
        flow = self.held.get(request.path_params["flow_id"])
        if flow is None:
            return _error(404, "MISSING_RESOURCE")
        if request.query_params.get("docType", "Metadata") == "Metadata":
            return JSONResponse(flow.shown())
        return Response(flow.content, media_type="application/octet-stream")

    async def say(self, request: Request) -> Response:
        """POST /buyer/statuses: for people who try things out, what a buyer would say of an invoice."""
        asked = await request.json()
        reason = str(asked.get("reason") or "")
        flow = self.tell(str(asked["number"]), str(asked["seller"]), str(asked["code"]), reason=reason)
        return JSONResponse({"flowId": flow.flow_id}, 201)


def _fault_of(info: bytes | str | None, content: bytes | None) -> str | None:
    """What the interface minds in a flow, if anything."""
    if not info or content is None:
        return "MISSING_REQUIRED_FIELD"
    try:
        told = json.loads(info)
    except ValueError:
        return "INVALID_JSON"
    if told.get("flowSyntax") not in SYNTAXES or told.get("processingRule", "B2B") not in RULES:
        return "INVALID_VALUE"
    if not _SHA256.fullmatch(told.get("sha256", "")) or told["sha256"] != hashlib.sha256(content).hexdigest():
        return "CHECKSUM_MISMATCH"
    return "INVALID_VALUE" if len(told.get("trackingId", "")) > 36 else None  # noqa: PLR2004 - the interface's own


def _error(status: int, code: str) -> Response:
    return JSONResponse({"errorCode": code, "errorMessage": None}, status)


def create_app(service: FlowService) -> Starlette:
    """The application around it; every call needs a bearer token, whichever it is."""

    def guarded(handler: Any) -> Any:
        async def handle(request: Request) -> Response:
            if not request.headers.get("authorization", "").startswith("Bearer "):
                return _error(401, "MISSING_TOKEN")
            response: Response = await handler(request)
            return response

        return handle

    async def healthy(_: Request) -> Response:
        return Response("ok")

    return Starlette(
        routes=[
            Route("/v1/flows", guarded(service.create), methods=["POST"]),
            Route("/v1/flows/search", guarded(service.search), methods=["POST"]),
            Route("/v1/flows/{flow_id}", guarded(service.read)),
            Route("/v1/healthcheck", healthy),
            Route("/buyer/statuses", service.say, methods=["POST"]),
        ]
    )
