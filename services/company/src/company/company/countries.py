"""What each country asks of a company, as dated data: registration, tax, and account numbers (CO-11, CO-12, CO-46).

One line is one country. Where python-stdnum knows the number, its check digits are verified; elsewhere its shape is.
The VAT numbers of the EU are checked by `contracts.identifiers.VatNumber`, IBANs by `contracts.identifiers.Iban`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import import_module

from stdnum import numdb
from stdnum.eu.vat import MEMBER_STATES
from stdnum.exceptions import ValidationError as StdnumError

from company.company.accounts import ACCOUNTS, ANY_ACCOUNT, DomesticAccount
from company.company.fields import NumberField
from contracts.company import SpecialTaxStatus

EU = frozenset(state.upper() for state in MEMBER_STATES if state != "xi")
"""Countries whose companies have an EU VAT number."""
FRANCE = "FR"
VAT_PREFIX = {"GR": "EL"}
"""Where the prefix of the VAT number is not the country's ISO code."""
IBAN_COUNTRIES = frozenset(prefix[2] for prefix in numdb.get("iban").prefixes)
"""Countries in the IBAN registry (ISO 13616)."""

_FRENCH = frozenset({SpecialTaxStatus.FRANCHISE_EN_BASE, SpecialTaxStatus.AUTO_ENTREPRENEUR})
_UNION = frozenset({SpecialTaxStatus.SMALL_BUSINESS_SCHEME, SpecialTaxStatus.REVERSE_CHARGE})
_ABROAD = frozenset({SpecialTaxStatus.REVERSE_CHARGE})


@dataclass(frozen=True, slots=True)
class CountryRules:
    """What is asked of a company of one country, from `valid_from` on."""

    code: str
    registration: NumberField
    tax: NumberField | None = None
    """The tax number outside the EU, whose members have the VAT number instead."""
    valid_from: date = date(2021, 1, 1)

    @property
    def in_eu(self) -> bool:
        """Whether the company has an EU VAT number."""
        return self.code in EU

    @property
    def vat_prefix(self) -> str:
        """How the VAT number begins, in the EU."""
        return VAT_PREFIX.get(self.code, self.code)

    @property
    def iban(self) -> bool:
        """Whether accounts have an IBAN."""
        return self.code in IBAN_COUNTRIES

    @property
    def account(self) -> DomesticAccount | None:
        """How accounts are written where there are no IBANs."""
        return None if self.iban else ACCOUNTS.get(self.code, ANY_ACCOUNT)

    @property
    def special_statuses(self) -> frozenset[SpecialTaxStatus]:
        """The special tax statuses on offer."""
        if self.code == FRANCE:
            return _FRENCH
        return _UNION if self.in_eu else _ABROAD


def _number(label: str, pattern: str, module: str | None = None) -> NumberField:
    return NumberField(label, pattern, _stdnum(module) if module else None)


def _stdnum(module: str) -> Callable[[str], str]:
    def check(value: str) -> str:
        try:
            return str(import_module(f"stdnum.{module}").validate(value))
        except StdnumError as wrong:
            raise ValueError(str(wrong)) from wrong

    return check


_N, _C = _number, CountryRules

RULES: Sequence[CountryRules] = (
    # the European Union
    _C("AT", _N("Firmenbuchnummer", r"[0-9]{1,6}[a-zA-Z]", "at.businessid")),
    _C("BE", _N("Ondernemingsnummer / n° d'entreprise", r"[01][0-9]{9}", "be.vat")),
    _C("BG", _N("ЕИК (UIC)", r"[0-9]{9,10}", "bg.vat")),
    _C("CY", _N("Company number (HE)", r"(HE|C)?[0-9]{1,6}")),
    _C("CZ", _N("IČO", r"[0-9]{8}", "cz.dic")),
    _C("DE", _N("Handelsregisternummer", r"[A-Za-zÀ-ž .()/-]+ (HRA|HRB|PR|GnR|VR|GsR) [0-9]+( [A-Z]{1,3})?",
                "de.handelsregisternummer")),
    _C("DK", _N("CVR-nummer", r"[0-9]{8}", "dk.cvr")),
    _C("EE", _N("Registrikood", r"[0-9]{8}", "ee.registrikood")),
    _C("ES", _N("NIF", r"[A-Z0-9][0-9]{7}[A-Z0-9]", "es.nif")),
    _C("FI", _N("Y-tunnus", r"[0-9]{8}", "fi.ytunnus")),
    _C("FR", _N("SIRET", r"[0-9]{14}", "fr.siret")),
    _C("GR", _N("ΑΦΜ (AFM)", r"[0-9]{9}", "gr.vat")),
    _C("HR", _N("OIB", r"[0-9]{11}", "hr.oib")),
    _C("HU", _N("Adószám", r"[0-9]{8}", "hu.anum")),
    _C("IE", _N("CRO number", r"[0-9]{5,6}")),
    _C("IT", _N("Partita IVA", r"[0-9]{11}", "it.iva")),
    _C("LT", _N("Įmonės kodas", r"[0-9]{7}|[0-9]{9}")),
    _C("LU", _N("RCS", r"[A-Z][0-9]{1,6}")),
    _C("LV", _N("Reģistrācijas numurs", r"[0-9]{11}", "lv.pvn")),
    _C("MT", _N("Registry number", r"C[0-9]{1,6}")),
    _C("NL", _N("KvK-nummer", r"[0-9]{8}")),
    _C("PL", _N("REGON", r"[0-9]{9}([0-9]{5})?", "pl.regon")),
    _C("PT", _N("NIPC", r"[0-9]{9}", "pt.nif")),
    _C("RO", _N("CUI", r"[0-9]{2,10}", "ro.cui")),
    _C("SE", _N("Organisationsnummer", r"[0-9]{10}", "se.orgnr")),
    _C("SI", _N("Matična številka", r"[0-9]{7}([0-9]{3})?", "si.maticna")),
    _C("SK", _N("IČO", r"[0-9]{8}")),
    # Europe outside the Union
    _C("AD", _N("NRT", r"[A-Z][0-9]{6}[A-Z]", "ad.nrt")),
    _C("AL", _N("NIPT", r"[A-Z][0-9]{8}[A-Z]", "al.nipt")),
    _C("CH", _N("UID / IDE", r"CHE[0-9]{9}", "ch.uid"), _N("MWST / TVA / IVA", r"CHE[0-9]{9}(MWST|TVA|IVA|TPV)",
                                                         "ch.vat")),
    _C("GB", _N("Company number", r"[0-9]{8}|[A-Z]{2}[0-9]{6}"), _N("VAT number", r"[0-9]{9}([0-9]{3})?", "gb.vat")),
    _C("IS", _N("Kennitala", r"[0-9]{10}", "is_.kennitala"), _N("VSK-númer", r"[0-9]{5,6}", "is_.vsk")),
    _C("LI", _N("UID", r"CHE[0-9]{9}", "ch.uid"), _N("MWST", r"CHE[0-9]{9}(MWST|TVA|IVA|TPV)", "ch.vat")),
    _C("MC", _N("RCI", r"[0-9]{2}[SPB][0-9]{5}"), _N("N° TVA", r"FR[0-9A-Z]{2}000[0-9]{6}", "mc.tva")),
    _C("MD", _N("IDNO", r"[0-9]{13}", "md.idno")),
    _C("ME", _N("PIB", r"[0-9]{8}", "me.pib")),
    _C("MK", _N("ЕДБ (EDB)", r"[0-9]{13}", "mk.edb")),
    _C("NO", _N("Organisasjonsnummer", r"[0-9]{9}", "no.orgnr"), _N("MVA-nummer", r"[0-9]{9}MVA", "no.mva")),
    _C("RS", _N("PIB", r"[0-9]{9}", "rs.pib")),
    _C("TR", _N("VKN", r"[0-9]{10}", "tr.vkn")),
    _C("UA", _N("ЄДРПОУ (EDRPOU)", r"[0-9]{8}", "ua.edrpou")),
    # Africa and the Middle East
    _C("CI", _N("RCCM", r"[0-9A-Z-]{6,30}"), _N("Compte contribuable", r"[0-9]{7}[A-Z]")),
    _C("DZ", _N("NIF", r"[0-9]{15}([0-9]{5})?", "dz.nif")),
    _C("EG", _N("Tax registration number", r"[0-9]{9}", "eg.tn")),
    _C("GH", _N("TIN", r"[A-Z][0-9]{9}[0-9X]", "gh.tin")),
    _C("IL", _N("Company number (HP)", r"5[0-9]{8}", "il.hp")),
    _C("KE", _N("PIN", r"[AP][0-9]{9}[A-Z]", "ke.pin")),
    _C("MA", _N("ICE", r"[0-9]{15}", "ma.ice"), _N("Identifiant fiscal", r"[0-9]{6,10}")),
    _C("SN", _N("NINEA", r"[0-9]{7,9}([0-9][A-Z][0-9])?", "sn.ninea")),
    _C("TN", _N("Matricule fiscal", r"[0-9]{7}[A-Z]([ABDNP][CMNP][0-9]{3})?", "tn.mf")),
    _C("AE", _N("Trade licence number", r"[0-9A-Z-]{4,20}"), _N("TRN", r"100[0-9]{12}")),
    _C("ZA", _N("Company registration number", r"[0-9]{4}/?[0-9]{6}/?[0-9]{2}"), _N("Tax reference", r"[0-9]{10}",
                                                                               "za.tin")),
    # the Americas
    _C("AR", _N("CUIT", r"[0-9]{11}", "ar.cuit")),
    _C("BR", _N("CNPJ", r"[0-9A-Z]{12}[0-9]{2}", "br.cnpj")),
    _C("CA", _N("Business number", r"[0-9]{9}([A-Z]{2}[0-9]{4})?", "ca.bn"), _N("GST/HST account",
                                                                              r"[0-9]{9}RT[0-9]{4}", "ca.bn")),
    _C("CL", _N("RUT", r"[0-9]{8}[0-9K]", "cl.rut")),
    _C("CO", _N("NIT", r"[0-9]{8,16}", "co.nit")),
    _C("MX", _N("RFC", r"[A-ZÑ&]{3,4}[0-9]{6}[0-9A-Z]{3}", "mx.rfc")),
    _C("PE", _N("RUC", r"[0-9]{11}", "pe.ruc")),
    _C("US", _N("EIN", r"[0-9]{9}", "us.ein")),
    # Asia and the Pacific
    _C("AU", _N("ACN", r"[0-9]{9}", "au.acn"), _N("ABN", r"[0-9]{11}", "au.abn")),
    _C("CN", _N("统一社会信用代码 (USCC)", r"[0-9A-Z]{18}", "cn.uscc")),
    _C("HK", _N("Business registration number", r"[0-9]{8}")),
    _C("ID", _N("NPWP", r"[0-9]{15,16}", "id.npwp")),
    _C("IN", _N("CIN", r"[LU][0-9]{5}[A-Z]{2}[0-9]{4}[A-Z]{3}[0-9]{6}"), _N("GSTIN", r"[0-9A-Z]{15}", "in_.gstin")),
    _C("JP", _N("法人番号", r"[0-9]{13}", "jp.cn"), _N("適格請求書発行事業者", r"T[0-9]{13}")),
    _C("KR", _N("사업자등록번호", r"[0-9]{10}", "kr.brn")),
    _C("NZ", _N("NZBN", r"94[0-9]{11}"), _N("IRD number", r"[0-9]{8,9}", "nz.ird")),
    _C("SG", _N("UEN", r"[0-9A-Z]{9,10}", "sg.uen")),
    _C("TH", _N("TIN", r"[0-9]{13}", "th.tin")),
    _C("TW", _N("統一編號", r"[0-9]{8}", "tw.ubn")),
    _C("VN", _N("MST", r"[0-9]{10}(-?[0-9]{3})?", "vn.mst")),
)  # fmt: skip

ANY_REGISTRATION = NumberField("Registration number", r"[0-9A-Z./ -]{2,30}")
ANY_TAX = NumberField("Tax number", r"[0-9A-Z./ -]{2,30}")
"""What is asked where no line above says better."""


def rules_of(country: str, on: date, rules: Sequence[CountryRules] = RULES) -> CountryRules:
    """The rules of a country on a day; the most general ones where no line is in force."""
    found = [line for line in rules if line.code == country and line.valid_from <= on]
    general = CountryRules(country, ANY_REGISTRATION, ANY_TAX)
    return max(found, key=lambda line: line.valid_from, default=general)


def current_rules(on: date, rules: Sequence[CountryRules] = RULES) -> Mapping[str, CountryRules]:
    """The rules in force on a day by country."""
    return {code: rules_of(code, on, rules) for code in sorted({line.code for line in rules if line.valid_from <= on})}
