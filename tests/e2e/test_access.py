"""A token that is void is refused by every service at once, and nobody else's is."""

import time
from dataclasses import replace

import pytest

from stack.demo import people
from stack.demo.client import eventually

PROMISE = 5.0
UNAUTHENTICATED, FINE = 401, 200


def doors(deal):
    """One address of each service that any colleague may read."""
    return {
        "identity": "/api/identity/members/me",
        "company": f"/api/company/companies/{deal.client.id}",
        "marketplace": "/api/marketplace/rfps",
        "contracting": "/api/contracting/missions",
        "timesheet": "/api/timesheet/cras",
        "billing": "/api/billing/bpfs",
    }


def test_a_session_that_ended_is_refused_by_every_service_within_five_seconds(deal):
    elsewhere = replace(deal.helene)
    people.sign_in(elsewhere)
    everywhere = doors(deal)
    assert {name: elsewhere.send("GET", path).status_code for name, path in everywhere.items()} == dict.fromkeys(
        everywhere, FINE
    )
    people.sign_out(elsewhere)
    since = time.monotonic()
    for name, path in everywhere.items():
        eventually(lambda path=path: elsewhere.send("GET", path).status_code == UNAUTHENTICATED, f"{name} to refuse")
    assert time.monotonic() - since < PROMISE
    assert {deal.helene.send("GET", path).status_code for path in everywhere.values()} == {FINE}


@pytest.mark.parametrize("token", ["x", "x.y.z", "eyJhbGciOiJub25lIn0.e30."])
def test_no_service_answers_without_a_valid_token(deal, token):
    stranger = replace(deal.helene, access_token=token)
    for path in doors(deal).values():
        response = stranger.send("GET", path)
        assert response.status_code == UNAUTHENTICATED
        assert response.json()["code"] == "unauthenticated"


def test_a_member_is_not_staff_and_staff_is_not_a_member(deal):
    assert deal.helene.send("POST", f"/api/contracting/missions/{deal.mission_id}/bdc").status_code == 403
    assert deal.helene.send("GET", "/api/company/staff/companies").status_code == 403
    assert deal.staff.send("GET", "/api/billing/bpfs").status_code == 403
