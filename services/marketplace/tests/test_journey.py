"""From the draft to the retained proposal, over HTTP alone."""

from contracts.marketplace import ProposalRetained
from contracts.notification import NotificationRequested


async def test_a_request_is_published_answered_and_awarded(market):
    buyer, seller = await market.buyer(), await market.seller()
    rfp = await market.published(buyer)
    proposal = await market.proposed(seller, rfp)
    await market.interesting(buyer, proposal)

    answer = await market.retain(buyer, proposal)

    assert answer.status_code == 200
    assert answer.json()["status"] == "appointed"
    assert await market.about(ProposalRetained, proposal["id"]) == []
    assert (await market.decide(proposal)).status_code == 200
    assert (await market.call("GET", f"/rfps/{rfp['id']}", buyer)).json()["status"] == "awarded"
    [event] = await market.about(ProposalRetained, proposal["id"])
    assert event.model_dump(mode="json") == {
        "version": 5,
        "proposal_id": proposal["id"],
        "rfp_id": rfp["id"],
        "rfp_reference": rfp["reference"],
        "title": "Data engineer",
        "client_company_id": str(buyer.company),
        "provider_company_id": str(seller.company),
        "operational_manager_id": str(buyer.member_id),
        "consultant_id": proposal["consultant_id"],
        "consultant_name": "Alan Turing",
        "daily_rate": {"amount": "550.00", "currency": "EUR"},
        "days": "57.5",
        "period": {"start": "2026-12-01", "end": "2027-02-26"},
        "retained_by": str(buyer.member_id),
        "retained_at": answer.json()["retained_at"],
        "work_type": "time_and_materials",
        "workplace": "FR",
    }
    told = await market.about(NotificationRequested, proposal["id"])
    assert [notice.template for notice in told] == [
        "proposal_received",
        "proposal_qualified",
        "proposal_appointed",
        "proposal_retained",
    ]
