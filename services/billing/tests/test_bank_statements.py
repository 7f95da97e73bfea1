"""Importing bank statements: every version, twice, wrong, hostile, long."""

import asyncio
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from bank_desk import BankDesk
from camt_builder import VERSIONS, Line, document
from sqlalchemy import func, select

from billing.bank.domain import BankMovement, BankStatement
from billing.invariants import broken
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from billing.main import service
from chassis.testing import harness
from contracts.roles import Role, StaffScope


async def kept(h):
    async with h.tx() as tx:
        counts = [await tx.scalar(select(func.count()).select_from(row)) for row in (BankStatement, BankMovement)]
        return *counts, (await balance(tx, Account.BANK)).amount, (await balance(tx, Account.UNMATCHED)).amount


class TestImport:
    @pytest.mark.parametrize("version", VERSIONS)
    async def test_every_version_reads_the_same(self, desk, version):
        came = Line(
            "1200.00", on=date(2026, 11, 1), remittance="FACTURE 2026", end_to_end="E2E-1", reference=f"R{version}"
        )
        (movement,) = await desk.receive(came, version=version)
        shown = {name: movement[name] for name in ("direction", "booked_on", "end_to_end_id", "remittance", "status")}
        assert shown == {
            "direction": "in",
            "booked_on": "2026-11-01",
            "end_to_end_id": "E2E-1",
            "remittance": "FACTURE 2026",
            "status": "unmatched",
        }
        assert movement["amount"]["amount"] == movement["left"]["amount"] == "1200.00"
        assert (movement["counterparty_name"], movement["counterparty_iban"]) == (came.name, came.iban)
        assert movement["bank_reference"] == f"R{version}"

    @pytest.mark.req("BL-24")
    async def test_what_is_not_matched_stands_on_its_own_account(self, h, desk):
        *_, bank, unmatched = await kept(h)
        await desk.receive(Line("100.00"), Line("30.00", credit=False))
        *_, bank_after, unmatched_after = await kept(h)
        assert (bank_after - bank, unmatched_after - unmatched) == (Decimal(70), Decimal(-70))

    async def test_only_booked_entries_are_taken(self, desk):
        found = await desk.receive(Line("5.00"), Line("7.00", status="PDNG"), Line("9.00", status="INFO"))
        assert [each["amount"]["amount"] for each in found] == ["5.00"]

    async def test_an_entry_of_several_transfers_is_one_movement_for_each(self, desk):
        parts = (Line("60.00", remittance="A"), Line("40.00", remittance="B"))
        found = await desk.receive(Line("100.00", parts=parts))
        assert [(each["amount"]["amount"], each["remittance"]) for each in found] == [("60.00", "A"), ("40.00", "B")]

    async def test_transfers_that_do_not_explain_their_entry_are_one_movement(self, desk):
        parts = (Line("60.00", remittance="A"), Line("39.99", remittance="B"))
        (movement,) = await desk.receive(Line("100.00", parts=parts))
        assert (movement["amount"]["amount"], movement["remittance"]) == ("100.00", "A B")

    async def test_a_file_of_two_statements_is_taken_whole(self, desk):
        first = await desk.account()
        second = first.with_(
            opening=first.opening + 10, statement_id=first.statement_id + "-2", on=first.on + timedelta(days=1)
        )
        file = document("08", first.xml(Line("10.00")), second.xml(Line("4.00", credit=False)))
        answer = await desk.send(file.encode())
        assert [each["movements"] for each in answer.json()["statements"]] == [1, 1]

    async def test_an_overdrawn_account_has_a_balance_below_zero(self, desk):
        account = await desk.account()
        await desk.receive(Line(f"{account.opening + 50}", credit=False))
        assert (await desk.account()).opening == Decimal(-50)
        await desk.receive(Line(f"{account.opening + 50}"))

    async def test_ten_thousand_entries_are_taken_at_once(self):
        lines = [Line("1.00", remittance=f"PAIEMENT DE LA FACTURE {n} " + "x" * 90) for n in range(10_000)]
        async with harness(service) as own:  # what it leaves unmatched would be tried again by every other test
            desk = BankDesk(own)
            answer = await desk.send((await desk.account()).file(*lines))
            assert answer.status_code == 201, answer.text
            assert (await kept(own))[1:] == (10_000, Decimal(10_000), Decimal(-10_000))
            await own.platform.own.statements.close()


class TestTwice:
    async def test_the_same_file_is_refused_and_nothing_doubled(self, h, desk):
        content = (await desk.account()).file(Line("11.00"))
        assert (await desk.send(content)).status_code == 201
        before = await kept(h)
        answer = await desk.send(content)
        assert (answer.status_code, answer.json()["code"]) == (409, "statement_imported")
        assert await kept(h) == before

    async def test_so_it_is_with_other_content(self, desk):
        account = await desk.account()
        await desk.send(account.file(Line("11.00")))
        answer = await desk.send(account.with_(opening=account.opening + 11).file(Line("12.00")))
        assert answer.json()["code"] == "statement_imported"

    async def test_of_two_at_once_one_is_taken(self, h, desk):
        content, before = (await desk.account()).file(Line("13.00")), await kept(h)
        answers = await asyncio.gather(*(desk.send(content) for _ in range(4)))
        assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
        after = await kept(h)
        assert (after[0] - before[0], after[1] - before[1]) == (1, 1)

    async def test_of_two_that_follow_the_same_one_is_taken(self, desk):
        account = await desk.account()
        files = [account.with_(statement_id=f"{account.statement_id}-{n}").file(Line("2.00")) for n in range(2)]
        answers = await asyncio.gather(*(desk.send(each) for each in files))
        assert sorted(answer.status_code for answer in answers) == [201, 422]


class TestRefused:
    @pytest.mark.parametrize(
        ("changes", "code", "said"),
        [
            ({"iban": "FR1420041010050500013M02606"}, "statement_of_another_account", ""),
            ({"closing": Decimal("-0.01")}, "balances_do_not_chain", "-5.01 unexplained"),
            ({"currency": "USD"}, "statement_invalid", "in USD"),
            ({"statement_id": ""}, "statement_invalid", "no Id"),
            ({"version": "01"}, "statement_unreadable", "version"),
            ({"on": date(2026, 11, 1)}, "balances_do_not_chain", "ends before"),
        ],
    )
    async def test_a_statement_that_is_wrong_in_one_place(self, h, desk, changes, code, said):
        await desk.receive()
        before, account = await kept(h), await desk.account()
        if "closing" in changes:
            changes = {"closing": account.opening + changes["closing"]}
        answer = await desk.send(account.with_(**changes).file(Line("5.00")))
        assert (answer.status_code, answer.json()["code"]) == (422, code)
        assert said in answer.json()["detail"]
        assert answer.json()["errors"][0]["field"] == "file"
        assert await kept(h) == before

    async def test_one_that_does_not_open_where_the_former_closed(self, desk):
        await desk.receive()
        account = await desk.account()
        answer = await desk.send(account.with_(opening=account.opening - 3).file(Line("5.00")))
        assert answer.json()["code"] == "balances_do_not_chain"
        assert "opens -3.00 away" in answer.json()["detail"]

    @pytest.mark.parametrize(
        "wrong",
        [
            {"amount": "-5.00"},
            {"amount": "5.001"},
            {"amount": "1e3"},
            {"amount": ""},
            {"currency": "GBP"},
            {"on": "2026-02-30"},
        ],
    )
    async def test_an_entry_that_is_wrong(self, desk, wrong):
        account = await desk.account()
        line = replace(Line("5.00"), **wrong)
        answer = await desk.send(account.with_(closing=account.opening + 5).file(line))
        assert (answer.status_code, answer.json()["code"]) == (422, "statement_invalid")

    async def test_an_entry_that_stands_twice(self, desk):
        answer = await desk.send((await desk.account()).file(*2 * [Line("5.00", reference="SAME")]))
        assert answer.json()["code"] == "statement_invalid"
        assert "SAME" in answer.json()["detail"]

    async def test_the_second_of_two_statements_being_wrong_keeps_neither(self, h, desk):
        before, first = await kept(h), await desk.account()
        second = first.with_(statement_id=first.statement_id + "-2")
        answer = await desk.send(document("08", first.xml(Line("10.00")), second.xml()).encode())
        assert answer.json()["code"] == "balances_do_not_chain"
        assert await kept(h) == before


BOMB = "<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'>" + "".join(
    f"<!ENTITY {chr(97 + n)} '{('&' + chr(96 + n) + ';') * 10}'>" for n in range(1, 9)
)


class TestHostile:
    @pytest.mark.parametrize(
        "content",
        [
            b"",
            b"%PDF-1.7",
            b"<Document/>",
            b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]><d>&x;</d>',
            f"{BOMB}]><d>&i;</d>".encode(),
            b"<a>" * 100_000,
            "é".encode("latin-1"),
            document("08").encode(),
        ],
    )
    async def test_is_refused_and_the_next_is_read(self, desk, content):
        answer = await desk.send(content)
        assert (answer.status_code, answer.json()["code"]) == (422, "statement_unreadable")
        await desk.receive(Line("1.00"))

    async def test_a_truncated_file_is_refused(self, desk):
        content = (await desk.account()).file(Line("5.00"))
        assert (await desk.send(content[:-30])).json()["code"] == "statement_unreadable"

    async def test_an_entity_in_a_whole_statement_is_refused(self, desk):
        content = (await desk.account()).file(Line("5.00", remittance="MARK")).decode()
        declared = '<!DOCTYPE Document [<!ENTITY x SYSTEM "file:///etc/passwd">]><Document'
        content = content.replace("<Document", declared, 1).replace("MARK", "&x;")
        assert (await desk.send(content.encode())).json()["code"] == "statement_unreadable"

    async def test_more_than_ten_megabytes_are_not_read(self, desk):
        answer = await desk.send(b" " * (10 * 1024 * 1024 + 1))
        assert answer.status_code == 413


async def test_staff_of_other_scopes_and_members_stay_outside(h, desk):
    content = (await desk.account()).file(Line("5.00"))
    for caller in (h.staff(StaffScope.SUPPORT), h.member(Role.GERANT), h.member()):
        assert (await desk.send(content, h.headers(caller))).status_code == 403


async def test_the_books_hold(h):
    async with h.tx() as tx:
        assert await broken(tx) == {}
