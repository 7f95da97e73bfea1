"""The contract between a company and the platform: opened, ticked clause by clause, signed."""

from __future__ import annotations

from stack.demo.client import Json, Person, eventually

CONTRACTING = "/api/contracting"


def sign(person: Person) -> Json:
    """Sign the company's contract in the order that makes it valid (CT-02); give the contract."""

    def waiting() -> Json | None:
        return next((c for c in person.all(f"{CONTRACTING}/contracts") if c["status"] in ("to_sign", "opened")), None)

    contract = eventually(waiting, "the contract to sign")
    opened = person.post(f"{CONTRACTING}/contracts/{contract['id']}/opening")
    keys = [clause["key"] for clause in opened["clauses"]]
    for key in keys:
        person.put(f"{CONTRACTING}/contracts/{contract['id']}/ticks/{key}", {})
    return person.post(f"{CONTRACTING}/contracts/{contract['id']}/signature", {"accepted_clauses": keys})
