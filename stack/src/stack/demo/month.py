"""The month's CRA: filled in by the consultant, decided by the operational manager."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from stack.demo.client import Json, Person, eventually

TIMESHEET = "/api/timesheet"


def months(person: Person, mission_id: str) -> list[Json]:
    """Every month of the mission and where it stands, once timesheet knows the order (TS-04)."""
    found: list[Json] = eventually(
        lambda: person.get(f"{TIMESHEET}/missions/{mission_id}/months")["items"], "the months of the mission"
    )
    return found


def fill(consultant: Person, mission_id: str, month: str, days: Iterable[date]) -> Json:
    """Enter full days."""
    body = {"days": [{"date": day.isoformat(), "quantity": "1.0"} for day in days]}
    return consultant.put(f"{TIMESHEET}/missions/{mission_id}/cras/{month}", body)


def submit(consultant: Person, cra_id: str) -> Json:
    """Send the month to the client (TS-01)."""
    return consultant.post(f"{TIMESHEET}/cras/{cra_id}/submission")


def validate(manager: Person, cra_id: str) -> Json:
    """Agree to every day, for good (TS-12)."""
    return manager.post(f"{TIMESHEET}/cras/{cra_id}/validation")


def invoiced(person: Person, cra_id: str) -> Json:
    """The CRA once it shows which invoice bills it (TS-13)."""

    def look() -> Json | None:
        cra = person.get(f"{TIMESHEET}/cras/{cra_id}")
        return cra if cra["invoice_number"] else None

    return eventually(look, "the invoice on the CRA")
