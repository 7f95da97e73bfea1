"""A mission under way, and short ways to what both sides do with it."""

from datetime import UTC, datetime

from contracting.mission.consumers import advance_missions
from contracts.company import AffiliationEnded, AffiliationGranted
from contracts.roles import CompanyKind, Role

UNDER_WAY = datetime(2026, 12, 10, 9, 0, tzinfo=UTC)
NEXT = {"ends_on": "2027-02-26", "days": "40.0"}


class Running:
    """A deal whose mission runs from 1 to 31 December 2026 at 500 EUR a day, seen on 10 December."""

    def __init__(self, deal):
        self.deal, self.h = deal, deal.h

    async def begin(self, *, option: str = "express"):
        await self.deal.ready(option=option)
        return await self.start()

    async def start(self):
        """From a deal that only waits for the order."""
        self.bdc = (await self.deal.issue()).json()
        self.h.clock.set(UNDER_WAY)
        await self.advance()
        self.client = self.deal.client.member(Role.RESPONSABLE_PROJET)
        self.provider = self.deal.provider.head
        return self

    async def advance(self):
        async with self.h.tx() as tx:
            await advance_missions(tx, self.h.clock())

    async def colleague(self, name: str = "Grace H.", *, over: bool = False):
        """Somebody else who acts for the provider, or did."""
        who = self.deal.provider.member(Role.CONSULTANT)
        granted = AffiliationGranted(
            affiliation_id=who.member_id,
            member_id=who.member_id,
            display_name=name,
            company_id=self.deal.provider.id,
            company_kind=CompanyKind.PROVIDER,
            role=Role.CONSULTANT,
            granted_at=UNDER_WAY,
        )
        ended = AffiliationEnded(
            affiliation_id=who.member_id,
            member_id=who.member_id,
            company_id=self.deal.provider.id,
            ended_at=UNDER_WAY,
            version=2,
        )
        for event in [ended, granted] if over else [granted]:
            await self.h.deliver(event)
        return who

    async def post(self, path: str, by, status: int = 200, **body):
        answer = await self.deal.call("POST", path, by, json=body)
        assert answer.status_code == status, answer.text
        return answer.json()

    async def code(self, path: str, by, **body) -> tuple[int, str]:
        answer = await self.deal.call("POST", path, by, json=body)
        return answer.status_code, answer.json()["code"]

    @property
    def url(self) -> str:
        return f"/missions/{self.deal.mission_id}"

    async def ask(self, status: int = 201, **changes):
        """The client asks for a renewal."""
        return await self.post(f"{self.url}/renewals", self.client, status, **NEXT | changes)

    async def agreed(self, **answer):
        """A renewal that the provider answered and the client validated."""
        renewal = await self.ask()
        await self.post(f"/renewals/{renewal['id']}/answer", self.provider, **answer)
        return await self.post(f"/renewals/{renewal['id']}/validation", self.client)

    async def renewed(self, **answer):
        """The order of a renewal."""
        await self.agreed(**answer)
        assert (await self.deal.order("CMD-43")).status_code == 201
        issued = await self.deal.issue()
        assert issued.status_code == 201, issued.text
        return issued.json()

    async def status(self) -> str:
        return (await self.deal.mission())["status"]
