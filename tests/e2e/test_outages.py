"""One service goes away in the middle of a deal and comes back: the others work on, nothing is lost."""

import re

import httpx2
import pytest

from stack.demo import invoice, mission, month
from stack.demo.client import Refused, eventually

PARKED = re.compile(r"^maillon_events_parked_total\{.*\} ([0-9.]+)$", re.MULTILINE)
OUTBOX_AGE = re.compile(r"^maillon_outbox_oldest_seconds ([0-9.e+-]+)$", re.MULTILINE)
GATEWAY_SAYS = 503
SERVICES = ("identity", "company", "marketplace", "contracting", "timesheet", "billing")


def measured(stage, service: str, pattern: re.Pattern[str]) -> float:
    """A metric of a service as its operator reads it, all labels together."""
    text = httpx2.get(f"{stage.platform.service_url(service)}/metrics", trust_env=False).text
    return sum(map(float, pattern.findall(text)))


def gives_503(person, path: str) -> bool:
    return person.send("GET", path).status_code == GATEWAY_SAYS


def test_timesheet_is_down_while_the_order_is_issued_and_catches_up(stage):
    deal = stage.deal(through="preparation")
    with stage.without("timesheet"):
        assert gives_503(deal.camille, "/api/timesheet/cras")
        stage.go_on(deal, after="preparation", through="order")
        assert mission.read(deal.camille, deal.mission_id)["status"] == "in_progress"
    stage.go_on(deal, after="order", through="payment")
    assert deal.invoice["status"] == "scheduled"


def test_billing_is_down_while_the_month_is_validated_and_catches_up(stage):
    deal = stage.deal(through="work")
    with stage.without("billing"):
        assert gives_503(deal.camille, "/api/billing/bpfs")
        stage.go_on(deal, after="work", through="validation")
        assert deal.cra["status"] == "validated"
    stage.go_on(deal, after="validation", through="payment")
    assert len(deal.camille.all("/api/billing/bpfs")) == 1


def test_identity_is_down_and_those_who_are_signed_in_work_on(stage):
    deal = stage.deal(through="order")
    with stage.without("identity"):
        assert gives_503(deal.camille, "/api/identity/members/me")
        cra = eventually(lambda: fill(deal), "the order in timesheet")
        month.submit(deal.camille, cra["id"])
        deal.cra = month.validate(deal.marc, cra["id"])
        assert invoice.bpf_of(deal.camille, cra["id"])["status"] == "open"
        assert not [m for m in stage.postbox.letters(deal.camille.email) if "CRA validé" in m["subject"]]
    stage.postbox.wait_for(deal.camille.email, "CRA validé")
    stage.postbox.wait_for(deal.camille.email, "BPF-")


def fill(deal):
    return month.fill(deal.camille, deal.mission_id, deal.plan.month, deal.plan.worked)


def test_a_service_killed_right_after_a_decision_publishes_it_when_it_is_back(stage):
    deal = stage.deal(through="work")
    deal.cra = month.validate(deal.marc, deal.cra["id"])
    stage.lifecycle.kill("timesheet")
    assert invoice.bpf_of(deal.camille, deal.cra["id"])["status"] == "open"
    eventually(lambda: month.months(deal.camille, deal.mission_id), "timesheet after its kill")
    with pytest.raises(Refused, match="illegal_move"):
        month.validate(deal.marc, deal.cra["id"])


def test_nothing_waits_and_nothing_is_parked_in_the_end(stage, deal):
    for service in SERVICES:
        eventually(lambda name=service: measured(stage, name, OUTBOX_AGE) < 1, f"the outbox of {service} to be empty")
        assert measured(stage, service, PARKED) == 0, service
