"""The text, its clauses, the order of the acts and who may perform them."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from importlib.resources import files
from uuid import uuid4

import pytest

from contracting.contract.domain import Contract, ContractStatus
from contracting.contract.refusals import (
    ClausesNotAccepted,
    ContractAlreadySigned,
    ContractNotOpened,
    NotASignatory,
    NothingToSignAnew,
    TermsSuperseded,
    UnknownClause,
)
from contracting.contract.text import Document, Parties, fingerprint, write
from contracting.settings import OperatorSettings
from contracting.template.domain import Wording
from contracts.company import CompanyRegistered, Signatory
from contracts.contracting import ContractKind
from contracts.roles import CompanyKind, SignatoryCapacity

AT = datetime(2026, 11, 16, 9, 0, tzinfo=UTC)
ANNA, BORIS = uuid4(), uuid4()
LEGAL, DELEGATION = SignatoryCapacity.LEGAL_REPRESENTATIVE, SignatoryCapacity.DELEGATION
PARTIES = Parties("Opérateur SA", "2 rue des Tests, Lyon", "Presta {SARL}", "FR")
FIRST = "2026-11"
TERMS = tomllib.loads(files("contracting.template").joinpath("terms", f"{FIRST}.toml").read_text("utf-8"))
ENGLISH_TERMS = tomllib.loads(files("contracting.template").joinpath("terms", f"{FIRST}.en.toml").read_text("utf-8"))


def wording(kind: str = "framework", terms=TERMS) -> Wording:
    return Wording.of(terms[kind])


def document(version: str = FIRST, kind: str = "framework") -> Document:
    text = write(wording(kind), version, PARTIES)
    return Document(version, text, wording(kind).clauses, ("connect", "rise"))


DOCUMENT = document()
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


def tick(contract: Contract, *keys: str, by=ANNA, verified=None, newest=FIRST):
    for key in keys:
        contract.tick(by, verified, key, newest, AT)


def sign(contract: Contract, by=ANNA, verified=None, accepted=None, newest=FIRST):
    accepted = MANDATORY if accepted is None else accepted
    return contract.sign(by, verified, accepted, newest, address="203.0.113.7", at=AT)


@pytest.fixture
def signed(contract) -> Contract:
    contract.open(ANNA, None, DOCUMENT, AT)
    tick(contract, *MANDATORY)
    sign(contract)
    return contract


class TestText:
    @pytest.mark.req("CT-25", "CT-26")
    @pytest.mark.parametrize("kind", ContractKind)
    def test_names_the_parties_the_version_every_clause_and_every_annex(self, kind):
        written, made_of = write(wording(kind), FIRST, PARTIES), wording(kind)
        for part in ("Opérateur SA, 2 rue des Tests, Lyon", "Presta {SARL}", FIRST):
            assert part in written
        for number, clause in enumerate(made_of.clauses, 1):
            assert f"Article {number}. {clause.title}\n{clause.text}\n" in written
        assert made_of.annexes
        for number, annex in enumerate(made_of.annexes, 1):
            assert f"Annexe {number}. {annex.title}\n{annex.text}\n" in written

    @pytest.mark.parametrize("kind", ContractKind)
    def test_has_mandatory_clauses_and_an_optional_one_under_distinct_keys(self, kind):
        clauses = wording(kind).clauses
        assert len({clause.key for clause in clauses}) == len(clauses)
        assert {clause.mandatory for clause in clauses} == {True, False}

    @pytest.mark.parametrize("kind", ContractKind)
    def test_its_translation_has_the_same_articles_and_annexes(self, kind):
        assert wording(kind, ENGLISH_TERMS).outline == wording(kind).outline

    def test_the_fingerprint_is_of_the_exact_text(self):
        assert DOCUMENT.sha256 == fingerprint(DOCUMENT.text)
        assert fingerprint(DOCUMENT.text + " ") != DOCUMENT.sha256

    def test_the_operator_is_a_setting(self, monkeypatch):
        monkeypatch.setenv("MAILLON_OPERATOR_NAME", "Autre SAS")
        monkeypatch.setenv("MAILLON_OPERATOR_ADDRESS", "7 rue de Châteaudun, Paris")
        operator = OperatorSettings()
        assert (operator.operator_name, operator.operator_address) == ("Autre SAS", "7 rue de Châteaudun, Paris")


class TestOpen:
    def test_freezes_the_text_until_a_newer_one_takes_effect(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        tick(contract, "object")
        contract.open(BORIS, None, replace(DOCUMENT, text="otherwise"), AT)
        assert contract.status is ContractStatus.OPENED
        assert contract.text == DOCUMENT.text
        assert set(contract.openings) == {str(ANNA), str(BORIS)}
        assert contract.ticks == {str(ANNA): {"object": AT.isoformat()}}

    def test_in_a_newer_text_starts_anew(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        tick(contract, *MANDATORY)
        contract.open(BORIS, None, document("2027-01"), AT)
        assert (contract.terms_version, set(contract.openings), contract.ticks) == ("2027-01", {str(BORIS)}, {})

    @pytest.mark.req("CT-03")
    def test_refused_to_somebody_without_declared_capacity(self, contract):
        with pytest.raises(NotASignatory):
            contract.open(uuid4(), None, DOCUMENT, AT)

    def test_refused_once_signed(self, signed):
        with pytest.raises(ContractAlreadySigned):
            signed.open(ANNA, None, DOCUMENT, AT)


@pytest.mark.req("CT-02")
class TestTick:
    def test_keeps_the_first_time_of_each_clause_and_signatory(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        contract.open(BORIS, None, DOCUMENT, AT)
        tick(contract, "object")
        contract.tick(ANNA, None, "object", FIRST, AT.replace(hour=23))
        tick(contract, "payment", by=BORIS)
        assert contract.ticks[str(ANNA)] == {"object": AT.isoformat()}
        assert set(contract.ticks[str(BORIS)]) == {"payment"}

    def test_refused_before_the_opening_after_the_signature_and_for_no_clause(self, contract):
        with pytest.raises(ContractNotOpened):
            tick(contract, "object")
        contract.open(ANNA, None, DOCUMENT, AT)
        with pytest.raises(UnknownClause):
            tick(contract, "no_such_clause")
        with pytest.raises(ContractNotOpened):
            tick(contract, "object", by=BORIS)
        with pytest.raises(NotASignatory):
            tick(contract, "object", by=uuid4())
        tick(contract, *MANDATORY)
        sign(contract)
        with pytest.raises(ContractAlreadySigned):
            tick(contract, "object")

    def test_refused_in_a_text_that_is_no_longer_the_newest(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        with pytest.raises(TermsSuperseded):
            tick(contract, "object", newest="2027-01")


@pytest.mark.req("CT-02", "CT-03")
class TestSign:
    def test_keeps_the_evidence_and_says_so_once(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        tick(contract, *MANDATORY, "commercial_reference")
        event = sign(contract, accepted=[*MANDATORY, "commercial_reference", "object"])
        assert (contract.signed_sha256, contract.signed_from) == (DOCUMENT.sha256, "203.0.113.7")
        assert (contract.signed_by, contract.signed_at, contract.signed_capacity) == (ANNA, AT, LEGAL)
        assert contract.signed_clauses == sorted([*MANDATORY, "commercial_reference"])
        assert (event.terms_version, event.kind, event.version) == (FIRST, "framework", contract.version)

    def test_refused_before_the_signer_opened_it(self, contract):
        with pytest.raises(ContractNotOpened):
            sign(contract)
        contract.open(BORIS, None, DOCUMENT, AT)
        with pytest.raises(ContractNotOpened):
            sign(contract, by=ANNA)

    @pytest.mark.parametrize("left_out", MANDATORY)
    def test_each_mandatory_clause_left_out_is_named(self, contract, left_out):
        contract.open(ANNA, None, DOCUMENT, AT)
        tick(contract, *MANDATORY)
        with pytest.raises(ClausesNotAccepted) as refused:
            sign(contract, accepted=[key for key in MANDATORY if key != left_out])
        [error] = refused.value.errors
        assert error.field == "accepted_clauses"
        assert error.detail.startswith(f"{left_out}:")
        assert contract.status is ContractStatus.OPENED

    def test_a_clause_that_was_not_ticked_before_is_named(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        contract.open(BORIS, None, DOCUMENT, AT)
        tick(contract, *MANDATORY[1:])
        tick(contract, *MANDATORY, by=BORIS)
        with pytest.raises(ClausesNotAccepted) as refused:
            sign(contract)
        assert [error.detail.split(":")[0] for error in refused.value.errors] == [MANDATORY[0]]

    def test_an_optional_clause_that_was_ticked_may_be_left_out(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        tick(contract, *MANDATORY, "commercial_reference")
        sign(contract)
        assert "commercial_reference" not in contract.signed_clauses

    def test_a_clause_that_the_text_does_not_have_is_refused(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        tick(contract, *MANDATORY)
        with pytest.raises(UnknownClause):
            sign(contract, accepted=[*MANDATORY, "no_such_clause"])

    def test_refused_a_second_time(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        contract.open(BORIS, None, DOCUMENT, AT)
        tick(contract, *MANDATORY)
        sign(contract)
        with pytest.raises(ContractAlreadySigned):
            sign(contract, by=BORIS)

    @pytest.mark.req("CT-21")
    def test_refused_in_a_text_that_is_no_longer_the_newest(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        tick(contract, *MANDATORY)
        with pytest.raises(TermsSuperseded):
            sign(contract, newest="2027-01")

    def test_once_staff_checked_only_who_they_verified_may_sign_and_in_that_capacity(self, contract):
        contract.open(ANNA, None, DOCUMENT, AT)
        with pytest.raises(NotASignatory):
            sign(contract, by=ANNA, verified={BORIS: LEGAL})
        contract.open(BORIS, {BORIS: LEGAL}, DOCUMENT, AT)
        tick(contract, *MANDATORY, by=BORIS, verified={BORIS: LEGAL})
        sign(contract, by=BORIS, verified={BORIS: LEGAL})
        assert contract.signed_capacity is LEGAL


@pytest.mark.req("CT-21", "CT-03")
class TestSuccessor:
    def test_in_newer_terms_leaves_this_one_in_force(self, signed):
        successor = signed.successor("2027-01", {ANNA: LEGAL}, "Presta SAS", "BE")
        assert (successor.status, successor.replaces_id) == (ContractStatus.TO_SIGN, signed.id)
        assert (successor.company_name, successor.country) == ("Presta SAS", "BE")
        assert (signed.status, signed.company_name) == (ContractStatus.SIGNED, "Presta")

    def test_in_the_same_terms_only_when_staff_did_not_verify_the_signer(self, signed):
        for verified in (None, {}, {ANNA: LEGAL}):
            with pytest.raises(NothingToSignAnew):
                signed.successor(FIRST, verified, "Presta", "FR")
        assert signed.successor(FIRST, {BORIS: LEGAL}, "Presta", "FR").replaces_id == signed.id

    def test_not_of_a_contract_that_is_not_in_force(self, contract, signed):
        signed.give_way()
        with pytest.raises(NothingToSignAnew):
            signed.successor("2027-01", None, "Presta", "FR")
