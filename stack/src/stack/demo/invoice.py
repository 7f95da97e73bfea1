"""From the pre-invoice (BPF) to the date of payment."""

from __future__ import annotations

from stack.demo.client import Json, Person, eventually

BILLING = "/api/billing"


def bpf_of(person: Person, cra_id: str) -> Json:
    """The pre-invoice of a validated CRA, once billing has issued it (BL-01)."""

    def look() -> Json | None:
        found = next((bpf for bpf in person.all(f"{BILLING}/bpfs") if bpf["cra_id"] == cra_id), None)
        return person.get(f"{BILLING}/bpfs/{found['id']}") if found else None

    return eventually(look, "the pre-invoice")


def hand_in(provider: Person, bpf_id: str, pdf: bytes, name: str) -> Json:
    """Import the provider's own invoice. Raises Refused, with one entry per difference (BL-05, BL-06)."""
    return provider.upload(f"{BILLING}/bpfs/{bpf_id}/invoice", pdf, name, confirmed="true")
