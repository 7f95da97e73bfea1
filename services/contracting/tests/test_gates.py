"""Every gate alone open, both sides of every date, and who must act."""

from dataclasses import replace
from datetime import date
from uuid import uuid4

import pytest

from contracting.mission.gates import CompanyFacts, Gate, MissionFacts, Side, blockers_of, evaluate
from contracts.contracting import PaymentOption, PaymentRegime

TODAY = date(2026, 11, 16)
SIGNER = uuid4()

COMPANY = CompanyFacts(
    validated=True,
    compliant=True,
    missing=(),
    reasons={},
    valid_until=None,
    contract_signed_by=SIGNER,
    verified_signatories=frozenset({SIGNER}),
)
FACTS = MissionFacts(
    retained=True,
    client=COMPANY,
    provider=COMPANY,
    client_order_received=True,
    conditions_to_accept=False,
    bank_details_on_file=True,
    payment_option=PaymentOption.EXPRESS,
    payment_regime=PaymentRegime.GUARANTEED_DATE,
)


def found(facts: MissionFacts, on: date = TODAY) -> list[tuple[str, str, str, str]]:
    return [(one.gate.value, one.side.value, one.code, one.item) for one in blockers_of(evaluate(facts, on))]


def of_company(side: str, **changes) -> MissionFacts:
    return replace(FACTS, **{side: replace(COMPANY, **changes)})


OTHER_SIDE = {"client": "principal", "provider": "framework"}


@pytest.mark.req("CT-06", "CT-07", "CT-08", "CT-09", "CT-10", "CT-12")
class TestEvaluate:
    def test_all_five_hold(self):
        gates = evaluate(FACTS, TODAY)
        assert [gate.gate for gate in gates] == list(Gate)
        assert all(gate.holds for gate in gates)

    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"retained": False}, ("client_approval", "client", "proposal_not_retained", "proposal")),
            ({"client_order_received": False}, ("client_order", "client", "client_order_missing", "client order")),
            ({"bank_details_on_file": False}, ("platform_order", "provider", "bank_details_missing", "bank details")),
            (
                {"conditions_to_accept": True},
                ("platform_order", "provider", "special_conditions_not_accepted", "special conditions"),
            ),
            ({"payment_option": None}, ("platform_order", "provider", "payment_option_missing", "payment option")),
            (
                {"payment_regime": PaymentRegime.BACK_TO_BACK},
                ("platform_order", "provider", "payment_option_not_available", "payment option"),
            ),
        ],
    )
    def test_one_fact_of_the_mission_opens_one_gate_and_no_other(self, changes, expected):
        assert found(replace(FACTS, **changes)) == [expected]

    @pytest.mark.req("CO-50")
    @pytest.mark.parametrize("side", ["client", "provider"])
    @pytest.mark.parametrize(
        ("changes", "expected"),
        [
            ({"validated": False}, ("documents", "platform", "company_not_validated", None)),
            ({"compliant": None}, ("documents", None, "documents_not_reviewed", None)),
            ({"compliant": False}, ("documents", None, "documents_not_accepted", None)),
            ({"compliant": False, "missing": ("kbis",)}, ("documents", None, "document_missing", "kbis")),
            ({"contract_signed_by": None}, ("signatory_capacity", None, "contract_not_signed", "contract")),
            ({"contract_signed_by": uuid4()}, ("signatory_capacity", None, "signatory_refused", "contract")),
            (
                {"verified_signatories": frozenset()},
                ("signatory_capacity", "platform", "signatory_not_verified", "contract"),
            ),
        ],
    )
    def test_one_fact_of_either_company_opens_one_gate_and_no_other(self, side, changes, expected):
        gate, acts, code, item = expected
        item = OTHER_SIDE[side] if item == "contract" else item or side
        assert found(of_company(side, **changes)) == [(gate, acts or side, code, item)]

    @pytest.mark.parametrize("side", ["client", "provider"])
    def test_each_missing_document_is_named(self, side):
        facts = of_company(side, compliant=False, missing=("kbis", "urssaf"))
        assert [(side_, item) for _, side_, _, item in found(facts)] == [(side, "kbis"), (side, "urssaf")]

    @pytest.mark.req("CT-11")
    @pytest.mark.parametrize("side", ["client", "provider"])
    def test_documents_hold_on_their_last_day_and_not_on_the_day_after(self, side):
        facts = of_company(side, valid_until=TODAY)
        assert found(facts, TODAY) == []
        assert found(facts, date(2026, 11, 17)) == [("documents", side, "documents_expired", side)]

    def test_several_sides_may_keep_one_gate_open(self):
        facts = replace(of_company("client", compliant=None), provider=replace(COMPANY, validated=False))
        [gate] = [gate for gate in evaluate(facts, TODAY) if not gate.holds]
        assert {blocker.side for blocker in gate.blockers} == {Side.CLIENT, Side.PLATFORM}

    def test_an_unknown_regime_is_not_held_against_the_option_it_is_the_open_contract(self):
        facts = replace(of_company("provider", contract_signed_by=None), payment_regime=None)
        assert found(facts) == [("signatory_capacity", "provider", "contract_not_signed", "framework")]

    def test_every_blocker_has_words_in_both_languages(self):
        nobody = CompanyFacts(False, None, (), {}, None, None, frozenset())
        refused = replace(COMPANY, compliant=False, missing=("kbis",), valid_until=TODAY, contract_signed_by=uuid4())
        nothing = MissionFacts(False, nobody, refused, False, True, False, None, None)
        blockers = blockers_of(evaluate(nothing, date(2027, 1, 1)))
        assert len(blockers) == 11
        assert all(blocker.text and blocker.french and "{" not in blocker.text + blocker.french for blocker in blockers)

    @pytest.mark.req("CT-12")
    @pytest.mark.parametrize("side", ["client", "provider"])
    @pytest.mark.parametrize(
        ("reason", "who"),
        [("absent", None), ("refused", None), ("expired", None), ("awaiting_review", "platform")],
    )
    def test_each_missing_document_says_why_it_does_not_count_and_who_must_act(self, side, reason, who):
        facts = of_company(side, compliant=False, missing=("kbis", "rib"), reasons={"kbis": reason})
        assert found(facts) == [
            ("documents", who or side, f"document_{reason}", "kbis"),
            ("documents", side, "document_missing", "rib"),
        ]
        assert all(one.text and one.french for one in blockers_of(evaluate(facts, TODAY)))
