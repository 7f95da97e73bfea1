import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError
from stdnum import luhn

from contracts.identifiers import Bic, Iban, Siren, Siret, VatNumber

GOOD = [
    (Siren, "732829320", "732829320"),
    (Siren, "732 829 320", "732829320"),
    (Siret, "73282932000074", "73282932000074"),
    (Siret, "732 829 320 00074", "73282932000074"),
    (Siret, "35600000000048", "35600000000048"),  # La Poste's head office keeps Luhn
    (Siret, "35600000049837", "35600000049837"),  # its other establishments: digits sum to a multiple of 5
    (VatNumber, "FR44732829320", "FR44732829320"),
    (VatNumber, "fr 44 732829320", "FR44732829320"),
    (VatNumber, "DE136695976", "DE136695976"),
    (Iban, "FR76 3000 6000 0112 3456 7890 189", "FR7630006000011234567890189"),
    (Iban, "DE89370400440532013000", "DE89370400440532013000"),
    (Bic, "AGRIFRPP", "AGRIFRPP"),
    (Bic, "agrifrppxxx", "AGRIFRPPXXX"),
]
BAD = [
    (Siren, ["732829321", "73282932", "7328293200", "٧٣٢٨٢٩٣٢٠", "000000000", "", "73282932A"]),
    (
        Siret,
        [
            "73282932000079",
            "7328293200007",
            "732829320000741",
            "73282932100073",
            "35600000000049",
            "35600000049838",
            "00000000000000",
            "732-829-320-00074",
            "",
        ],
    ),
    (VatNumber, ["FR45732829320", "732829320", "GB123456789", "FR", "", "FR٤٤732829320"]),
    (
        Iban,
        [
            "FR7630006000011234567890188",
            "FR763000600001123456789018",
            "XX8200",
            "",
            "DE8937040044053201300",
            "FR\N{ARABIC-INDIC DIGIT SEVEN}630006000011234567890189",
        ],
    ),
    (Bic, ["AGRIFRPPX", "AGRIFRPPXX", "AGR1FRPP", "AGRIXXPP", ""]),
]


@pytest.mark.parametrize(("kind", "written", "kept"), GOOD)
def test_a_valid_identifier_is_kept_in_its_compact_form(kind, written, kept):
    parsed = kind.parse(written)
    assert (parsed, type(parsed)) == (kept, kind)


@pytest.mark.parametrize(("kind", "text"), [(kind, text) for kind, texts in BAD for text in texts])
def test_an_invalid_identifier_is_refused_without_being_quoted(kind, text):
    with pytest.raises(ValueError, match="is not") as refusal:
        kind.parse(text)
    assert not text or text not in str(refusal.value)


@pytest.mark.parametrize("kind", [Siren, Siret, VatNumber, Iban, Bic])
def test_the_same_check_guards_json_and_the_schema_shows_a_valid_example(kind):
    adapter = TypeAdapter(kind)
    schema = adapter.json_schema()
    assert adapter.validate_python(schema["examples"][0]) == kind.example
    for wrong in ("x" * 65, "nonsense", 732829320, None):
        with pytest.raises(ValidationError):
            adapter.validate_python(wrong)


@given(st.integers(1, 99_999_999))
def test_exactly_one_check_digit_makes_a_siren(stem):
    text = f"{stem:08d}"
    accepted = [digit for digit in "0123456789" if _taken(text + digit)]
    assert accepted == [luhn.calc_check_digit(text)]


def test_a_siret_knows_its_legal_unit():
    assert Siret.parse("73282932000074").siren == Siren.parse("732829320")


def _taken(text):
    try:
        Siren.parse(text)
    except ValueError:
        return False
    return True
