"""The text, its clauses, the order of the acts and who may perform them."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from contracting.contract.domain import (
    ClausesNotAccepted,
    Contract,
    ContractAlreadySigned,
    ContractNotOpened,
    ContractStatus,
    NotASignatory,
    UnknownClause,
)
from contracting.contract.text import CURRENT_TERMS, Parties, fingerprint, write
from contracting.settings import OperatorSettings
from contracts.company import CompanyRegistered, Signatory
from contracts.contracting import ContractKind
from contracts.roles import CompanyKind, SignatoryCapacity

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
ANNA, BORIS = uuid4(), uuid4()
LEGAL, DELEGATION = SignatoryCapacity.LEGAL_REPRESENTATIVE, SignatoryCapacity.DELEGATION
PARTIES = Parties("Opérateur SA", "2 rue des Tests, Lyon", "Presta {SARL}", "FR")
DOCUMENT = write(ContractKind.FRAMEWORK, PARTIES)
MANDATORY = [clause.key for clause in DOCUMENT.clauses if clause.mandatory]


@pytest.fixture
def contract() -> Contract:
    event = CompanyRegistered(
        company_id=uuid4(),
        kind=CompanyKind.PROVIDER,
        name="Presta",
        country="FR",
        signatories=[Signatory(member_id=ANNA, capacity=LEGAL), Signatory(member_id=BORIS, capacity=DELEGATION)],
        registered_at=AT,
    )
    drafted = Contract.draft(event)
    drafted.id = uuid4()
    return drafted


def sign(contract: Contract, by=ANNA, verified=None, accepted=None):
    return contract.sign(by, verified, MANDATORY if accepted is None else accepted, "203.0.113.7", AT)


class TestText:
    @pytest.mark.parametrize("kind", ContractKind)
    def test_names_the_parties_the_version_and_every_clause(self, kind):
        document = write(kind, PARTIES)
        assert document.terms_version == CURRENT_TERMS
        for part in ("Opérateur SA, 2 rue des Tests, Lyon", "Presta {SARL}", CURRENT_TERMS):
            assert part in document.text
        for number, clause in enumerate(document.clauses, 1):
            assert f"Article {number}. {clause.title}\n{clause.text}\n" in document.text

    @pytest.mark.parametrize("kind", ContractKind)
    def test_has_mandatory_clauses_and_an_optional_one_under_distinct_keys(self, kind):
        clauses = write(kind, PARTIES).clauses
        assert len({clause.key for clause in clauses}) == len(clauses)
        assert {clause.mandatory for clause in clauses} == {True, False}

    def test_the_fingerprint_is_of_the_exact_text(self):
        assert DOCUMENT.sha256 == fingerprint(DOCUMENT.text)
        assert fingerprint(DOCUMENT.text + " ") != DOCUMENT.sha256

    def test_the_operator_is_a_setting(self, monkeypatch):
        monkeypatch.setenv("MAILLON_OPERATOR_NAME", "Autre SAS")
        monkeypatch.setenv("MAILLON_OPERATOR_ADDRESS", "7 rue de Châteaudun, Paris")
        operator = OperatorSettings()
        assert (operator.operator_name, operator.operator_address) == ("Autre SAS", "7 rue de Châteaudun, Paris")


class TestOpen:
    def test_freezes_the_text_at_the_first_opening(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        contract.open(BORIS, None, write(ContractKind.PRINCIPAL, PARTIES), AT)
        assert contract.status is ContractStatus.OPENED
        assert contract.text == DOCUMENT.text
        assert set(contract.openings) == {str(ANNA), str(BORIS)}

    @pytest.mark.req("CT-03")
    def test_refused_to_somebody_without_declared_capacity(self, contract):
        with pytest.raises(NotASignatory):
            contract.open(uuid4(), None, DOCUMENT, AT)

    def test_refused_once_signed(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        sign(contract)
        with pytest.raises(ContractAlreadySigned):
            contract.open(ANNA, None, DOCUMENT, AT)


@pytest.mark.req("CT-02", "CT-03")
class TestSign:
    def test_keeps_the_evidence_and_says_so_once(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        event = sign(contract, accepted=[*MANDATORY, "commercial_reference", "object"])
        assert (contract.signed_sha256, contract.signed_from) == (DOCUMENT.sha256, "203.0.113.7")
        assert (contract.signed_by, contract.signed_at, contract.signed_capacity) == (ANNA, AT, LEGAL)
        assert contract.signed_clauses == sorted([*MANDATORY, "commercial_reference"])
        assert (event.terms_version, event.kind, event.version) == (CURRENT_TERMS, "framework", contract.version)

    def test_refused_before_the_signer_opened_it(self, contract):
        with pytest.raises(ContractNotOpened):
            sign(contract)
        contract.open(BORIS, None, DOCUMENT, AT)
        with pytest.raises(ContractNotOpened):
            sign(contract, by=ANNA)

    @pytest.mark.parametrize("left_out", MANDATORY)
    def test_each_mandatory_clause_left_out_is_named(self, contract, left_out):
        contract.open(ANNA, None, DOCUMENT, AT)
        with pytest.raises(ClausesNotAccepted) as refused:
            sign(contract, accepted=[key for key in MANDATORY if key != left_out])
        [error] = refused.value.errors
        assert error.field == "accepted_clauses"
        assert error.detail.startswith(f"{left_out}:")
        assert contract.status is ContractStatus.OPENED

    def test_a_clause_that_the_text_does_not_have_is_refused(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        with pytest.raises(UnknownClause):
            sign(contract, accepted=[*MANDATORY, "no_such_clause"])

    def test_refused_a_second_time(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        contract.open(BORIS, None, DOCUMENT, AT)
        sign(contract)
        with pytest.raises(ContractAlreadySigned):
            sign(contract, by=BORIS)

    def test_once_staff_checked_only_who_they_verified_may_sign_and_in_that_capacity(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        with pytest.raises(NotASignatory):
            sign(contract, by=ANNA, verified={BORIS: LEGAL})
        contract.open(BORIS, {BORIS: LEGAL}, DOCUMENT, AT)
        sign(contract, by=BORIS, verified={BORIS: LEGAL})
        assert contract.signed_capacity is LEGAL
