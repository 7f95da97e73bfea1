"""Numbers that a company register could have given."""

from __future__ import annotations

import random

PUBLIC_SIRENS = ("732829320", "954506077", "380129866", "552081317", "552032534", "542107651", "552096281")
"""Legal units that stand in the public register."""
NUMBERED_ESTABLISHMENTS = 9999


def luhn_check_digit(digits: str) -> str:
    """The digit that makes `digits` followed by it pass the Luhn test."""
    total = 0
    for position, digit in enumerate(reversed(digits)):
        doubled = int(digit) * (2 if position % 2 == 0 else 1)
        total += doubled - 9 if doubled > 9 else doubled  # noqa: PLR2004 - the sum of its two digits
    return str(-total % 10)


def establishment(siren: str) -> str:
    """A valid SIRET of the legal unit: one of its ten thousand possible establishments, drawn at random."""
    number = random.randint(1, NUMBERED_ESTABLISHMENTS)  # noqa: S311 - picks a number, protects nothing
    digits = f"{siren}{number:04d}"
    return digits + luhn_check_digit(digits)


def french_vat_number(siren: str) -> str:
    """The intra-community VAT number that a SIREN determines."""
    return f"FR{(12 + 3 * (int(siren) % 97)) % 97:02d}{siren}"
