"""Whether a company's documents are complete on a day, and when that changes (CO-37, CT-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from company.company.domain import Company, CompanyStatus
from company.compliance.domain import Document
from company.compliance.rules import RULES, Rule, rules_for
from contracts.company import ComplianceChanged
from contracts.roles import ProfileType


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the documents say on a day: `valid_until` is the last day on which everything still holds."""

    compliant: bool
    missing: tuple[str, ...]
    valid_until: date | None


def assess(
    profile_type: ProfileType,
    country: str,
    documents: Sequence[Document],
    on: date,
    rules: Sequence[Rule] = RULES,
) -> Outcome:
    """Compare the documents that hold on the day with those the rules require on that day."""
    required = {rule.type for rule in rules_for(profile_type, country, on, rules) if rule.required}
    holding = [document for document in documents if document.type in required and document.holds(on)]
    missing = tuple(sorted(required - {document.type for document in holding}))
    ends = [document.expires_on for document in holding if document.expires_on]
    valid_until = None if missing or not ends else min(ends) - timedelta(days=1)
    return Outcome(not missing, missing, valid_until)


def reassess(
    company: Company, documents: Sequence[Document], today: date, at: datetime, rules: Sequence[Rule] = RULES
) -> ComplianceChanged | None:
    """Remember today's outcome for a validated company; the event when it differs from the last one."""
    if company.status is not CompanyStatus.VALIDATED:
        return None
    outcome = assess(company.profile_type, company.country, documents, today, rules)
    company.compliance_assessed_on = today
    last = (company.compliant, tuple(company.compliance_missing or ()), company.compliance_valid_until)
    if last == (outcome.compliant, outcome.missing, outcome.valid_until):
        return None
    company.compliant = outcome.compliant
    company.compliance_missing = list(outcome.missing)
    company.compliance_valid_until = outcome.valid_until
    return ComplianceChanged(
        version=company.grow(),
        company_id=company.id,
        compliant=outcome.compliant,
        missing=list(outcome.missing),
        valid_until=outcome.valid_until,
        changed_at=at,
    )
