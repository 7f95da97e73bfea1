"""How bank accounts are written where there are no IBANs: the bank's number and the account's (CO-12)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from stdnum.ar import cbu

from company.company.fields import NumberField


@dataclass(frozen=True, slots=True)
class DomesticAccount:
    """The bank's number and the account's; in some countries the account begins with its bank."""

    bank: NumberField
    account: NumberField
    bank_leads: bool = False


def _weighted(name: str, weights: str, modulus: int) -> Callable[[str], str]:
    """A check whose weighted sum of digits is a multiple of the modulus."""

    def check(value: str) -> str:
        digits = "".join(c for c in value if c not in " -")
        right = len(digits) == len(weights) and digits.isascii() and digits.isdecimal() and int(digits) > 0
        if not right or sum(int(d) * int(w) for d, w in zip(digits, weights, strict=True)) % modulus:
            raise ValueError(f"is no {name}")
        return digits

    return check


def _key_of_97(name: str, length: int) -> Callable[[str], str]:
    """A check by two key digits: the whole is a multiple of 97 (as the French RIB of former colonies does it)."""

    def check(value: str) -> str:
        digits = "".join(c for c in value if c not in " -")
        if not (len(digits) == length and digits.isascii() and digits.isdecimal()) or int(digits) % 97:
            raise ValueError(f"is no {name}")
        return digits

    return check


def _cbu(value: str) -> str:
    if not cbu.is_valid(value):
        raise ValueError("is no CBU")
    return str(cbu.compact(value))


_F = NumberField
_PLAIN = _F("Account number", r"[0-9]{5,20}")

ACCOUNTS: Mapping[str, DomesticAccount] = {
    "AR": DomesticAccount(_F("Banco", r"[0-9]{3}"), _F("CBU", r"[0-9]{22}", _cbu), bank_leads=True),
    "AU": DomesticAccount(_F("BSB", r"[0-9]{6}"), _F("Account number", r"[0-9]{5,10}")),
    "CA": DomesticAccount(_F("Transit and institution", r"[0-9]{8}"), _F("Account number", r"[0-9]{7,12}")),
    "CL": DomesticAccount(_F("Banco", r"[0-9]{3}"), _PLAIN),
    "CN": DomesticAccount(_F("CNAPS", r"[0-9]{12}"), _F("Account number", r"[0-9]{8,30}")),
    "CO": DomesticAccount(_F("Banco", r"[0-9]{2,4}"), _PLAIN),
    "DZ": DomesticAccount(_F("Banque", r"[0-9]{3}"), _F("RIB", r"[0-9]{20}"), bank_leads=True),
    "GH": DomesticAccount(_F("Sort code", r"[0-9]{6}"), _PLAIN),
    "HK": DomesticAccount(_F("Bank code", r"[0-9]{3}"), _F("Account number", r"[0-9]{9,15}")),
    "ID": DomesticAccount(_F("Kode bank", r"[0-9]{3}"), _PLAIN),
    "IN": DomesticAccount(_F("IFSC", r"[A-Z]{4}0[0-9A-Z]{6}"), _F("Account number", r"[0-9]{9,18}")),
    "JP": DomesticAccount(_F("銀行・支店", r"[0-9]{7}"), _F("口座番号", r"[0-9]{7}")),
    "KE": DomesticAccount(_F("Bank and branch", r"[0-9]{5}"), _PLAIN),
    "KR": DomesticAccount(_F("은행", r"[0-9]{3}"), _F("계좌번호", r"[0-9]{10,14}")),
    "MA": DomesticAccount(
        _F("Banque", r"[0-9]{3}"), _F("RIB", r"[0-9]{24}", _key_of_97("RIB", 24)), bank_leads=True
    ),
    "MX": DomesticAccount(
        _F("Banco", r"[0-9]{3}"), _F("CLABE", r"[0-9]{18}", _weighted("CLABE", "371371371371371371", 10)),
        bank_leads=True,
    ),
    "NZ": DomesticAccount(_F("Bank and branch", r"[0-9]{6}"), _F("Account and suffix", r"[0-9]{9,10}")),
    "PE": DomesticAccount(_F("Banco", r"[0-9]{3}"), _F("CCI", r"[0-9]{20}"), bank_leads=True),
    "SG": DomesticAccount(_F("Bank and branch", r"[0-9]{7}"), _F("Account number", r"[0-9]{6,14}")),
    "TH": DomesticAccount(_F("Bank code", r"[0-9]{3}"), _F("Account number", r"[0-9]{10,12}")),
    "TW": DomesticAccount(_F("銀行", r"[0-9]{7}"), _F("帳號", r"[0-9]{10,14}")),
    "US": DomesticAccount(
        _F("ABA routing number", r"[0-9]{9}", _weighted("ABA routing number", "371371371", 10)),
        _F("Account number", r"[0-9]{4,17}"),
    ),
    "VN": DomesticAccount(_F("Bank code", r"[0-9]{8}"), _PLAIN),
    "ZA": DomesticAccount(_F("Branch code", r"[0-9]{6}"), _F("Account number", r"[0-9]{7,11}")),
}  # fmt: skip

ANY_ACCOUNT = DomesticAccount(_F("Bank code or BIC", r"[0-9A-Z]{3,15}"), _F("Account number", r"[0-9A-Z]{4,34}"))
"""What is asked where no line above says better."""
