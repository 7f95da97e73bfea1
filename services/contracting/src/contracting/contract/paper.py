"""A contract on paper (PDF/A): to read, signed with its evidence, or translated with the text that binds (PL-17)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from importlib.resources import files
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from chassis.documents import typeset
from contracting.contract.text import ENGLISH, FRENCH, fingerprint
from contracts.roles import SignatoryCapacity

NON_BINDING = (
    "NON-BINDING TRANSLATION: the French text, which follows it, alone binds · "
    "Traduction non contractuelle : seul le texte français, joint à la suite, fait foi"
)
_TO_SIGN = "Projet, non signé"
_HEADING = re.compile(r"(Article|Annexe|Annex) [0-9]+\. ")
_PARIS = ZoneInfo("Europe/Paris")
_CAPACITIES = {
    SignatoryCapacity.LEGAL_REPRESENTATIVE: "représentant légal",
    SignatoryCapacity.CORPORATE_OFFICER: "mandataire social",
    SignatoryCapacity.DELEGATION: "titulaire d'une délégation",
}


@dataclass(frozen=True, slots=True)
class Evidence:
    """How a text was signed, as its last page says (CT-02, CT-03)."""

    terms_version: str
    company: str
    signatory: UUID
    name: str | None
    capacity: SignatoryCapacity
    address: str | None
    opened_at: datetime
    ticked: list[tuple[str, datetime]]
    """Each accepted clause by its title, and when it was ticked."""
    signed_at: datetime


async def unsigned(text: str, on: date) -> bytes:
    """The text to read before it is signed."""
    return await _typeset([_part(text, FRENCH, _TO_SIGN)], on)


async def signed(text: str, evidence: Evidence) -> bytes:
    """The text, its evidence on a last page, and the exact text attached; to be sealed."""
    proof = {
        "language": FRENCH,
        "title": "Preuve de la signature",
        "banner": "",
        "foot": "Preuve de la signature",
        "lines": [],
        "rows": _rows(text, evidence),
    }
    return await _typeset([_part(text, FRENCH, ""), proof], evidence.signed_at.astimezone(_PARIS).date(), text)


async def translated(english: str, french: str, on: date) -> bytes:
    """The translation, marked on each page, and after it the French text: never one without the other (PL-17)."""
    return await _typeset([_part(english, ENGLISH, NON_BINDING), _part(french, FRENCH, "")], on)


def _part(text: str, language: str, banner: str) -> dict[str, Any]:
    title, version, *lines = text.splitlines()
    shown = [{"heading": bool(_HEADING.match(line)), "text": line} for line in (version, *lines) if line.strip()]
    foot = f"{title} · {version}"
    return {"language": language, "title": title, "banner": banner, "foot": foot, "lines": shown, "rows": []}


async def _typeset(parts: list[dict[str, Any]], on: date, attached: str = "") -> bytes:
    template = files("contracting.contract").joinpath("layout.typ").read_text("utf-8")
    sheet = {"title": parts[0]["title"], "year": on.year, "month": on.month, "day": on.day}
    return await typeset(template, {**sheet, "parts": parts, "attached": attached}, archival=True)


def _rows(text: str, evidence: Evidence) -> list[tuple[str, str]]:
    who = f"{evidence.name}\n" if evidence.name else ""
    ticked = "\n".join(f"{title} ({_instant(at)})" for title, at in evidence.ticked)
    return [
        ("Empreinte du texte (SHA-256)", fingerprint(text)),
        ("Version du texte", evidence.terms_version),
        ("Société engagée", evidence.company),
        ("Signataire", f"{who}membre {evidence.signatory}"),
        ("Qualité déclarée", _CAPACITIES[evidence.capacity]),
        ("Adresse réseau", evidence.address or "inconnue"),
        ("Document ouvert", _instant(evidence.opened_at)),
        ("Clauses acceptées", ticked),
        ("Signé", _instant(evidence.signed_at)),
    ]


def _instant(at: datetime) -> str:
    """An instant in UTC and in Paris."""
    paris = at.astimezone(_PARIS)
    return f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {paris:%d/%m/%Y %H:%M:%S} à Paris"
