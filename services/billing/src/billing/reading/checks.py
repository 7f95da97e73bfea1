"""What is wrong with an invoice that can be read: its profile, its schema, the EN 16931 rules; all of it is named."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from itertools import islice
from typing import Any

import facturx
from facturx.facturx import FACTURX_LEVEL2schematron, FACTURX_LEVEL2xsd
from lxml import etree  # type: ignore[import-untyped]
from saxonche import PySaxonProcessor

from billing.reading.arithmetic import wrong_lines
from billing.reading.extraction import Finding, Refused, clean

MAX_FINDINGS = 50
"""Of each kind; the rest is counted."""
ACCEPTED = "BASIC, EN 16931, EXTENDED"
WITHOUT_LINES = frozenset({"minimum", "basicwl"})
_EN16931 = "urn:cen.eu:en16931:2017"
_GUIDELINE = "{*}ExchangedDocumentContext/{*}GuidelineSpecifiedDocumentContextParameter/{*}ID"
_SVRL = {"s": "http://purl.oclc.org/dsdl/svrl"}
_OTHER_FORMATS = {
    "CrossIndustryDocument": "ZUGFeRD 1.0",
    "Invoice": "UBL",
    "CreditNote": "UBL",
    "SCRDMCCBDACIOMessageStructure": "Order-X",
}


def check_format(root: etree._Element) -> None:
    """Raise Refused, with the format's name, unless it is a Cross Industry Invoice."""
    name = etree.QName(root).localname
    if name != "CrossIndustryInvoice":
        what = f"this is {_OTHER_FORMATS[name]}" if name in _OTHER_FORMATS else f"<{clean(name)[:60]}> is no invoice"
        raise Refused("unsupported_format", f"{what}; Factur-X and ZUGFeRD 2.x (Cross Industry Invoice) are read")


def findings_of(root: etree._Element) -> list[Finding]:
    """Everything that keeps it from being accepted; warnings do not."""
    guideline = (root.findtext(_GUIDELINE) or "").strip()
    profile = profile_of(guideline)
    if profile is None:
        said = f"'{clean(guideline)}' names no Factur-X profile" if guideline else "no profile is named (BT-24)"
        return [Finding("profile", "unknown_profile", f"{said}; accepted: {ACCEPTED}")]
    found = [*_schema_errors(root, profile), *_broken_rules(root, profile), *_wrong_lines(root)]
    if profile in WITHOUT_LINES:
        said = f"the profile {profile.upper()} has no invoice lines; accepted: {ACCEPTED}"
        found.insert(0, Finding("profile", "profile_without_lines", said))
    return found


def profile_of(guideline: str) -> str | None:
    """The profile that a guideline identifier (BT-24) names, in its older spellings too.

    A national specification of EN 16931, such as XRechnung, is held against EN 16931 itself.
    """
    named = re.split(r"[:#]", guideline.lower())[-1]
    if named in FACTURX_LEVEL2xsd:
        return named
    return "en16931" if guideline.lower().startswith(_EN16931) else None


def _schema_errors(root: etree._Element, profile: str) -> list[Finding]:
    schema = _schema(profile)
    if schema.validate(root):
        return []
    errors = schema.error_log
    found = [
        Finding("schema", "schema_invalid", f"line {error.line}: {clean(error.message)}")
        for error in islice(errors, MAX_FINDINGS)
    ]
    return found + _counted("schema", len(errors) - MAX_FINDINGS)


def _broken_rules(root: etree._Element, profile: str) -> list[Finding]:
    try:
        report = _report(root, profile)
    except MemoryError:
        raise
    except Exception as wrong:  # noqa: BLE001 - Saxon raises its own errors, on values that are none for instance
        return [Finding("rules", "rules_not_applicable", f"the rules cannot be applied to it: {clean(wrong)}")]
    broken = {
        failed.get("id") or "unnamed_rule": _said(failed)
        for failed in report.iterfind(".//s:failed-assert", _SVRL)
        if failed.get("flag") != "warning"
    }
    found = [Finding("rules", rule, text) for rule, text in sorted(broken.items())[:MAX_FINDINGS]]
    return found + _counted("rules", len(broken) - MAX_FINDINGS)


def _said(failed: etree._Element) -> str:
    """Some rules name no element: where it is says which."""
    where = "/".join(re.findall(r"\*:(\w+)", failed.get("location") or "")[-2:])
    return clean(failed.findtext("s:text", "", _SVRL)) + (f" ({where})" if where else "")


def _wrong_lines(root: etree._Element) -> list[Finding]:
    found = list(wrong_lines(root))
    return found[:MAX_FINDINGS] + _counted("rules", len(found) - MAX_FINDINGS)


def _counted(kind: str, more: int) -> list[Finding]:
    return [Finding(kind, "more_findings", f"{more} more")] if more > 0 else []


def _report(root: etree._Element, profile: str) -> etree._Element:
    _, stylesheet = _rules(profile)
    node = _saxon().parse_xml(xml_text=etree.tostring(root, encoding="unicode"))
    return etree.fromstring(stylesheet.transform_to_string(xdm_node=node).encode())


@cache
def _schema(profile: str) -> etree.XMLSchema:
    return etree.XMLSchema(file=str(files(facturx) / "xsd_and_schematron" / FACTURX_LEVEL2xsd[profile]))


@cache
def _saxon() -> Any:
    return PySaxonProcessor(license=False)


@cache
def _rules(profile: str) -> tuple[Any, Any]:
    """Compile once a process, from the file, so that the code lists beside it are found."""
    compiler = _saxon().new_xslt30_processor()
    file = files(facturx) / "xsd_and_schematron" / FACTURX_LEVEL2schematron[profile]
    return compiler, compiler.compile_stylesheet(stylesheet_file=str(file))
