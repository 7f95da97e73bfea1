from contracts.contracting import BdcIssued, ContractSigned


class TestFromCompanyToOrder:
    async def test_all_gates_hold_and_the_order_is_issued(self, deal):
        await deal.ready()
        mission = await deal.mission()
        assert [gate["gate"] for gate in mission["gates"]] == [
            "client_approval",
            "documents",
            "signatory_capacity",
            "client_order",
            "platform_order",
        ]
        assert all(gate["holds"] for gate in mission["gates"]), mission["gates"]
        assert mission["ready_to_issue"]

        issued = await deal.issue()
        assert issued.status_code == 201, issued.text
        assert (await deal.mission())["status"] == "yet_to_start"
        assert len(await deal.of(ContractSigned)) == 2
        [event] = await deal.of(BdcIssued)
        assert event.reference == issued.json()["reference"]
