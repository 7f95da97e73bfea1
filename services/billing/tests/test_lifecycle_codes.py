"""The official lifecycle: which code follows which, said by whom, for what reasons (conflict C9)."""

from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import product
from uuid import uuid4

import pytest

from billing.e_invoicing import cdar
from billing.e_invoicing.codes import ALLOWED, FIRST, NAMES, REASONS, Actor, Code
from billing.e_invoicing.domain import EInvoice, LifecycleAmountsWrong, LifecycleReasonWrong, RateAmount, Said
from billing.e_invoicing.flow import FLOW_ALLOWED, FlowStatus
from chassis.errors import Forbidden, IllegalMove, Problem
from chassis.transitions import check_move

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
ALL_OF_IT = [RateAmount(rate="20.00", amount="1200.00")]


def e_invoice(code=None, part=Actor.SELLER):
    return EInvoice(
        invoice_id=uuid4(),
        origin="issued",
        our_part=part,
        party_id=uuid4(),
        number="CLI-2026-00001",
        type_code="380",
        issued_on=date(2026, 11, 2),
        seller_siren="999000003",
        buyer_siren="732829320",
        rule="B2B",
        rates=[{"rate": "20.00", "amount": "1200.00"}, {"rate": "0.00", "amount": "80.00"}],
        code=code,
        collected=Decimal(0),
        version=0,
    )


def complete(code, by, **changes):
    listed = sorted(REASONS.get(code, ()))
    said = {"reason": listed[0] if listed else None, "amounts": ALL_OF_IT if code is Code.COLLECTED else ()}
    return Said(code, by, NOW, **(said | changes))


class TestTheTable:
    def test_the_names_are_the_official_ones(self):
        assert (NAMES[Code("212")][0], NAMES[Code("213")][0]) == ("Encaissée", "Rejetée")
        assert {code.value for code in Code} == {str(n) for n in (*range(200, 215), 220, 221, 501)}
        assert set(NAMES) == set(Code)

    @pytest.mark.parametrize("target", Code)
    def test_every_code_and_speaker_leads_to_it_as_the_table_says(self, target):
        for present, by in product(Code, Actor):
            invoice = e_invoice(present.value)
            if (present, by) in moves_to(target):
                assert invoice.say(complete(target, by)).code == invoice.code == target
                continue
            with pytest.raises((IllegalMove, Forbidden)):
                invoice.say(complete(target, by))
            assert invoice.code == present

    def test_it_begins_with_a_deposit_or_with_the_buyer(self):
        for target, by in product(Code, Actor):
            invoice = e_invoice()
            if FIRST.get(target) is by:
                assert invoice.say(complete(target, by)).applied
                continue
            with pytest.raises(IllegalMove):
                invoice.say(complete(target, by))

    def test_nothing_follows_a_rejection_but_a_credit_note(self):
        assert {code for code in Code for by in Actor if (Code.REJECTED, by) in moves_to(code)} == {Code.CANCELLED}
        assert not {code for code in Code for by in Actor if (Code.INADMISSIBLE, by) in moves_to(code)}

    def test_a_flow_moves_as_its_table_says(self):
        for present, target, by in product(FlowStatus, FlowStatus, Actor):
            if target in FLOW_ALLOWED and (present, by) in FLOW_ALLOWED[target].pairs:
                assert check_move(FLOW_ALLOWED, present, target, by) is target
                continue
            with pytest.raises(Problem):
                check_move(FLOW_ALLOWED, present, target, by)


def moves_to(code):
    return ALLOWED[code].pairs if code in ALLOWED else frozenset()


class TestReasons:
    @pytest.mark.parametrize("code", ["206", "207", "208", "210", "213", "501"])
    def test_it_is_mandatory_and_of_a_closed_list(self, code):
        assert REASONS[Code(code)]
        for reason in (None, "NO_SUCH_REASON"):
            with pytest.raises(LifecycleReasonWrong):
                complete(Code(code), Actor.BUYER, reason=reason).check()

    def test_the_lists_are_those_of_the_official_rules(self):
        assert {code: len(listed) for code, listed in REASONS.items()} == {
            Code.PARTLY_APPROVED: 13,
            Code.DISPUTED: 26,
            Code.SUSPENDED: 7,
            Code.REFUSED: 13,
            Code.REJECTED: 12,
            Code.INADMISSIBLE: 9,
        }
        assert "JUSTIF_ABS" not in REASONS[Code.REFUSED]
        assert "TX_TVA_ERR" not in REASONS[Code.REJECTED]

    def test_no_other_status_takes_one(self):
        for code in set(Code) - set(REASONS):
            with pytest.raises(LifecycleReasonWrong):
                complete(code, Actor.SELLER, reason="AUTRE").check()


class TestAmounts:
    def test_what_is_collected_is_said_by_rate_of_vat(self):
        with pytest.raises(LifecycleAmountsWrong):
            complete(Code.COLLECTED, Actor.SELLER, amounts=()).check()
        with pytest.raises(LifecycleAmountsWrong):
            complete(Code.APPROVED, Actor.BUYER, amounts=ALL_OF_IT).check()

    @pytest.mark.parametrize(("rate", "amount", "taken"), [("20", "1200", True), ("20", "1200.01", False)])
    def test_no_more_than_was_billed_at_that_rate(self, rate, amount, taken):
        self.collect(RateAmount(rate=rate, amount=amount), taken)

    def test_nothing_at_a_rate_that_was_not_billed(self):
        self.collect(RateAmount(rate="10", amount="1"), taken=False)

    def collect(self, amount, taken):
        invoice = e_invoice(Code.APPROVED.value)
        said = complete(Code.COLLECTED, Actor.SELLER, amounts=[amount])
        if taken:
            assert invoice.say(said).amounts == [amount.model_dump(mode="json")]
        else:
            with pytest.raises(LifecycleAmountsWrong):
                invoice.say(said)


class TestMessages:
    @pytest.mark.parametrize("code", sorted(set(Code)))
    def test_what_is_written_reads_back_as_it_was_said(self, code):
        said = complete(code, Actor.SELLER, text="Résumé & <détails>")
        message = cdar.read(cdar.write(e_invoice(), said, uuid4()), NOW)
        assert (message.number, message.seller_siren) == ("CLI-2026-00001", "999000003")
        assert (message.said.code, message.said.by, message.said.reason) == (code, Actor.SELLER, said.reason)
        assert (message.said.text, list(message.said.amounts)) == (said.text, list(said.amounts))

    def test_a_collection_names_amount_and_rate_as_the_rules_ask(self):
        written = cdar.write(e_invoice(), complete(Code.COLLECTED, Actor.SELLER), uuid4()).decode()
        assert "<ram:TypeCode>MEN</ram:TypeCode>" in written
        assert '<ram:ValueAmount currencyID="EUR">1200.00</ram:ValueAmount>' in written
        assert "<ram:ValuePercent>20.00</ram:ValuePercent>" in written
        assert "<ram:ProcessConditionCode>212</ram:ProcessConditionCode>" in written
        assert '<ram:URIID schemeID="0225">732829320</ram:URIID>' in written

    def test_a_party_without_siren_is_told_by_its_platform(self):
        abroad = e_invoice()
        abroad.buyer_siren, abroad.rule = None, "B2BInt"
        written = cdar.write(abroad, complete(Code.COLLECTED, Actor.SELLER), uuid4()).decode()
        assert "<ram:RecipientTradeParty><ram:RoleCode>WK</ram:RoleCode></ram:RecipientTradeParty>" in written
        assert "<ram:ID>B2BINT</ram:ID>" in written

    @pytest.mark.parametrize(
        "bad",
        [
            b"",
            b"<a/>",
            b"\xff\xfe",
            b"<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>",
            b"x" * (cdar.MAX_BYTES + 1),
            cdar.write(e_invoice(), complete(Code.APPROVED, Actor.BUYER), uuid4()).replace(b">205<", b">299<"),
            cdar.write(e_invoice(), complete(Code.COLLECTED, Actor.SELLER), uuid4()).replace(b">1200.00<", b">NaN<"),
        ],
    )
    def test_anything_else_is_refused_as_unreadable(self, bad):
        with pytest.raises(cdar.UnreadableMessageError):
            cdar.read(bad, NOW)
