"""Which public holidays hold where the work is done."""

from contracts.values import CountryCode, Workplace

_OVERSEAS = {"GP": "971", "MQ": "972", "GF": "973", "RE": "974", "PM": "975", "YT": "976"}
"""Codes of their own in ISO 3166-1, parts of France in ISO 3166-2."""
_APART = frozenset({"57", "67", "68", *_OVERSEAS.values()})
"""Alsace-Moselle keeps two holidays more (local law of 1892), each territory overseas has its own (L3422-2)."""


def workplace_of(country: CountryCode, postcode: str | None) -> Workplace:
    """The country, or the part of France whose holidays differ, as far as the postcode says it."""
    if country in _OVERSEAS:
        return f"FR-{_OVERSEAS[country]}"
    if country != "FR" or postcode is None:
        return country
    digits = postcode.replace(" ", "")
    part = digits[: 3 if digits.startswith("97") else 2]
    return f"FR-{part}" if part in _APART else "FR"
