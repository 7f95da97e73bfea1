"""Companies: founded, joined, documented, and verified by staff."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from stack.demo.client import Json, Person, Refused, eventually
from stack.demo.identifiers import establishment, french_vat_number
from stack.demo.papers import certificate
from stack.demo.people import wait_for_role

COMPANY = "/api/company"
ATTEMPTS = 5


@dataclass
class Account:
    """Where a company is paid."""

    iban: str
    bic: str
    holder: str


@dataclass
class Company:
    """A company as its founder would describe it; `id` and `siret` once it is registered."""

    name: str
    siren: str
    line1: str
    postcode: str
    city: str
    capacity: str = "legal_representative"
    account: Account | None = field(default=None, repr=False)
    id: str = ""
    siret: str = ""

    @property
    def vat_number(self) -> str:
        """Its intra-community VAT number."""
        return french_vat_number(self.siren)

    def as_body(self) -> Json:
        """The request that registers it."""
        bank = {"bank": vars(self.account)} if self.account else {}
        return {
            "name": self.name,
            "country": "FR",
            "siret": self.siret,
            "vat_number": self.vat_number,
            "tax_status": "vat_liable",
            "address": {"line1": self.line1, "postcode": self.postcode, "city": self.city, "country": "FR"},
            "capacity": self.capacity,
            "empowered": True,
            **bank,
        }


def found(person: Person, company: Company) -> None:
    """Register the company with the person as its empowered head (CO-07), who then acts for it."""
    company.id = eventually(lambda: _register(person, company), "the registration of a company")
    wait_for_role(person, company.id)


def _register(person: Person, company: Company) -> str:
    """An establishment that an earlier run has taken already is left alone for another one."""
    for _ in range(ATTEMPTS):
        company.siret = establishment(company.siren)
        try:
            return str(person.post(f"{COMPANY}/companies", company.as_body())["id"])
        except Refused as refusal:
            if refusal.code != "company_exists":
                raise
    raise AssertionError(f"{ATTEMPTS} establishments of {company.siren} are taken")


def missing_documents(person: Person, company: Company) -> list[str]:
    """Types of the documents that the company still has to hand in, or that staff has not accepted."""
    return list(person.get(f"{COMPANY}/companies/{company.id}/compliance")["missing"])


def hand_in_documents(person: Person, company: Company, day: date) -> list[str]:
    """Upload every required document as a PDF; give their types (CO-28)."""
    kinds = missing_documents(person, company)
    for kind in kinds:
        pdf = certificate(kind, company.name, company.siret, day)
        path = f"{COMPANY}/companies/{company.id}/documents"
        person.upload(path, pdf, f"{kind}.pdf", type=kind, issued_on=day.isoformat())
    return kinds


def join(person: Person, head: Person, company: Company, role: str) -> None:
    """Ask to join a company; its head accepts (CO-02, CO-03); the person then acts for it."""
    asked = eventually(
        lambda: person.post(f"{COMPANY}/companies/{company.id}/join-requests", {"role": role}), "a request to join"
    )
    head.post(f"{COMPANY}/join-requests/{asked['id']}/acceptance")
    wait_for_role(person, company.id)


def review_documents(staff: Person, company: Company) -> int:
    """Staff finds every document that waits for it real and authentic (CO-38); give how many."""
    documents = staff.get(f"{COMPANY}/companies/{company.id}/compliance")["documents"]
    waiting = [document for document in documents if document["status"] == "uploaded"]
    for document in waiting:
        staff.post(
            f"{COMPANY}/documents/{document['id']}/review", {"exists": True, "authentic": True, "method": "issuer"}
        )
    return len(waiting)


def validate(staff: Person, company: Company, signatory: Person, day: date) -> None:
    """Staff checks the register and the signatory's capacity, and admits the company (CO-15, CO-48)."""
    body = {
        "register": "sirene",
        "reference": f"Répertoire Sirene, établissement {company.siret}",
        "checked_on": day.isoformat(),
        "verified_signatories": [signatory.id],
    }
    staff.post(f"{COMPANY}/companies/{company.id}/validation", body)


def prefer(client: Person, company: Company, provider: Company) -> None:
    """Put a provider on a list that sees requests for proposals before the market does (CO-26)."""
    path = f"{COMPANY}/companies/{company.id}/referencing-lists"
    listed = client.post(path, {"name": "Partenaires de longue date", "preferred": True})
    client.ask("PUT", f"{path}/{listed['id']}/suppliers/{provider.id}")
