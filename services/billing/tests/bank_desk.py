"""Somebody of finance, who imports what the bank sent and matches it."""

from datetime import date
from decimal import Decimal

from camt_builder import Account, Line
from issued_invoices import Seller

from billing.bank.rules import match_movements
from contracts.roles import StaffScope


class BankDesk:
    """The platform's account as it stands, and a finance colleague's hands on it."""

    def __init__(self, h):
        self.h = h
        self.member = h.staff(StaffScope.FINANCE)

    @property
    def headers(self):
        return self.h.headers(self.member)

    async def account(self, **changes):
        """The account where its newest statement left it."""
        newest = (await self.get("/staff/bank-statements", limit=1))["items"]
        found = Account()
        if newest:
            closed = newest[0]
            found = Account(opening=Decimal(closed["closing"]["amount"]), on=date.fromisoformat(closed["to_on"]))
        return found.with_(**changes)

    async def send(self, content, headers=None):
        files = {"file": ("statement.xml", content, "application/xml")}
        return await self.h.client.post("/staff/bank-statements", files=files, headers=headers or self.headers)

    async def receive(self, *lines, **changes):
        """Import a statement with these lines; its movements in the order of the file."""
        answer = await self.send((await self.account(**changes)).file(*lines))
        assert answer.status_code == 201, answer.text
        (statement,) = answer.json()["statements"]
        found = (await self.get("/staff/bank-movements", limit=200))["items"][: statement["movements"]]
        return found[::-1]

    async def get(self, path, **query):
        answer = await self.h.client.get(path, params=query, headers=self.headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def match(self, as_of=None):
        """What the rules find, as the sweep has them look."""
        more = True
        while more:
            async with self.h.tx() as tx:
                more = await match_movements(tx, as_of or self.h.clock())

    async def movement(self, movement):
        found = (await self.get("/staff/bank-movements", limit=200))["items"]
        return next(each for each in found if each["id"] == movement["id"])

    async def matches(self, invoice, language="fr"):
        headers = self.h.headers(self.h.staff(StaffScope.SUPPORT)) | {"Accept-Language": language}
        answer = await self.h.client.get(f"/staff/issued-invoices/{invoice.id}/matches", headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def put(self, movement, target, target_id, amount):
        body = {"target": target, "target_id": str(target_id), "amount": {"amount": amount, "currency": "EUR"}}
        return await self.post(f"/staff/bank-movements/{movement['id']}/matches", body)

    async def settle(self, movement, invoice, amount):
        return await self.put(movement, "issued_invoice", invoice.id, amount)

    async def undo(self, match, reason="in error"):
        return await self.post(f"/staff/bank-matches/{match['id']}/reversal", {"reason": reason})

    async def post(self, path, body):
        return await self.h.client.post(path, json=body, headers=self.headers)


async def bank_objects(h):
    """A movement that is matched in part with an issued invoice, by the names of path parameters and fields."""
    desk, invoice = BankDesk(h), await Seller(h).invoice(gross="6000.00")
    (movement,) = await desk.receive(Line("5000.00"))
    match = (await desk.settle(movement, invoice, "100.00")).json()
    known = {"movement_id": movement["id"], "match_id": match["id"], "issued_invoice_id": str(invoice.id)}
    return known | {"target_id": str(invoice.id)}
