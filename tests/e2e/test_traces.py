"""One trace from the gateway's request to the last consumer, over the outbox and the broker."""

from stack.demo.traces import ancestors

GATEWAY, SERVED = "gateway: gateway POST", "timesheet: POST /cras/{cra_id}/validation"
PUBLISHED = "timesheet: publish timesheet.CraValidated.v1"
APPLIED = "billing: apply billing.issue_bpf_on_CraValidated"
ASKED = "billing: publish platform.NotificationRequested.v1"


def test_the_validation_is_one_tree_from_the_gateway_to_the_mail(deal):
    spans = deal.stage.traces.whole(
        deal.traces["validation"],
        "gateway POST",
        "POST /cras/{cra_id}/validation",
        "apply billing.issue_bpf_on_CraValidated",
        "apply identity.notify_on_NotificationRequested",
    )
    assert {span["service"] for span in spans} == {"gateway", "timesheet", "billing", "contracting", "identity"}
    paths = [
        ancestors(spans, span) for span in spans if span["name"] == "apply identity.notify_on_NotificationRequested"
    ]
    assert [ASKED, APPLIED, PUBLISHED, SERVED, GATEWAY] in paths
    assert not [span["name"] for span in spans if span["status"] == "error"]


def test_a_consumer_is_told_apart_from_the_request_that_caused_it(deal):
    spans = deal.stage.traces.whole(deal.traces["validation"], "apply billing.issue_bpf_on_CraValidated")
    kinds = {span["name"]: span["kind"] for span in spans}
    assert kinds["POST /cras/{cra_id}/validation"] == "server"
    assert kinds["publish timesheet.CraValidated.v1"] == "producer"
    assert kinds["apply billing.issue_bpf_on_CraValidated"] == "consumer"
