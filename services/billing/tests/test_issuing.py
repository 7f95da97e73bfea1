"""Numbering and fixing the platform's own invoices, and taking them back."""

import asyncio
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from uuid import uuid4

import pytest
from issuing_world import draft, line
from billing_months import NOW, foreign_identity, french_identity
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError, IntegrityError

from billing.bpf.vat import NORMAL, OUT_OF_SCOPE, REVERSE_CHARGE
from billing.issuing.credit_note import Part, credit
from billing.issuing.domain import (
    IssuedInvoice,
    MoreThanIsLeft,
    NotCreditable,
    NothingToInvoice,
    PartyUnknown,
)
from billing.issuing.issue import issue
from billing.issuing.sheet import Draft, DraftLine, Kind
from billing.ledger.domain import Account
from billing.ledger.posting import balance
from chassis import get_locked
from contracts.company import CompanyValidated
from contracts.roles import CompanyKind
from contracts.values import Money, Period

async def issued(h, a_draft):
    async with h.tx() as tx:
        return await issue(tx, h.platform.own.settings, a_draft)


class TestIssue:
    async def test_is_numbered_fixed_due_and_booked(self, h, known):
        client = await known()
        row = await issued(h, draft(client))
        assert row.number == f"FC-2026-{row.position}"
        assert (row.issued_on, row.due_on) == (date(2026, 11, 20), date(2026, 12, 20))
        assert (row.net_amount, row.vat_amount, row.gross_amount) == (9000, 1800, 10800)
        async with h.tx() as tx:
            assert (await balance(tx, Account.CLIENTS, client)).amount == Decimal("10800.00")
