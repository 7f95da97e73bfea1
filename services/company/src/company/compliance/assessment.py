"""Whether a company's documents are complete on a day, and when that changes (CO-37, CT-11)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from company.company.domain import Company, CompanyStatus
from company.compliance.domain import Document, DocumentStatus, situation_of
from company.compliance.rules import RULES, Rule, Situation, rules_for
from contracts.company import ComplianceChanged, Shortcoming, ShortcomingReason


class RequirementState(StrEnum):
    """How far a requirement is met."""

    VALID = "valid"
    ABOUT_TO_EXPIRE = "about_to_expire"
    """Met, for less than a month."""
    ABSENT = "absent"
    AWAITING_REVIEW = "awaiting_review"
    REFUSED = "refused"
    EXPIRED = "expired"


_UNMET = {
    DocumentStatus.UPLOADED: RequirementState.AWAITING_REVIEW,
    DocumentStatus.REFUSED: RequirementState.REFUSED,
}
MET = frozenset({RequirementState.VALID, RequirementState.ABOUT_TO_EXPIRE})


@dataclass(frozen=True, slots=True)
class Finding:
    """One requirement on a day: `document` is the one that meets it, or that comes nearest."""

    rule: Rule
    binding: bool
    state: RequirementState
    document: Document | None

    @property
    def met(self) -> bool:
        """Whether a document that holds meets it."""
        return self.state in MET


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the documents say on a day, requirement by requirement."""

    findings: tuple[Finding, ...]

    @property
    def shortcomings(self) -> list[Shortcoming]:
        """What is missing and why, by name."""
        unmet = [finding for finding in self.findings if finding.binding and not finding.met]
        found = [
            Shortcoming(requirement=finding.rule.type.value, reason=ShortcomingReason(finding.state.value))
            for finding in unmet
        ]
        return sorted(found, key=lambda shortcoming: shortcoming.requirement)

    @property
    def missing(self) -> tuple[str, ...]:
        """The requirements that are not met, by name."""
        return tuple(shortcoming.requirement for shortcoming in self.shortcomings)

    @property
    def compliant(self) -> bool:
        """Whether nothing is missing."""
        return not self.missing

    @property
    def valid_until(self) -> date | None:
        """The last day on which everything still holds; none while something is missing or nothing ends."""
        held = [finding.document for finding in self.findings if finding.binding and finding.document]
        ends = [document.expires_on for document in held if document.expires_on]
        return min(ends) - timedelta(days=1) if self.compliant and ends else None


def assess(company: Situation, documents: Sequence[Document], on: date, rules: Sequence[Rule] = RULES) -> Outcome:
    """Compare the documents, newest first, with those the rules require on that day."""
    return Outcome(
        tuple(
            Finding(rule, rule.binds(company), *_state(rule.accepts(company), documents, on))
            for rule in rules_for(company, on, rules)
        )
    )


def _state(
    accepted: Sequence[str], documents: Sequence[Document], on: date
) -> tuple[RequirementState, Document | None]:
    offered = [document for document in documents if document.type in accepted]
    holding = [document for document in offered if document.holds(on)]
    if holding:
        best = max(holding, key=lambda document: document.expires_on or date.max)
        ending = best.warn_on is not None and best.warn_on <= on
        return RequirementState.ABOUT_TO_EXPIRE if ending else RequirementState.VALID, best
    waiting = [d for d in offered if d.status is DocumentStatus.UPLOADED]
    nearest = next(iter([*waiting, *offered]), None)
    if nearest is None:
        return RequirementState.ABSENT, None
    return _UNMET.get(nearest.status, RequirementState.EXPIRED), nearest


def reassess(
    company: Company, documents: Sequence[Document], today: date, at: datetime, rules: Sequence[Rule] = RULES
) -> ComplianceChanged | None:
    """Remember today's outcome for a validated company; the event when it differs from the last one."""
    if company.status is not CompanyStatus.VALIDATED:
        return None
    outcome = assess(situation_of(company), documents, today, rules)
    shortcomings = [shortcoming.model_dump(mode="json") for shortcoming in outcome.shortcomings]
    company.compliance_assessed_on = today
    last = (company.compliant, company.compliance_shortcomings or [], company.compliance_valid_until)
    if last == (outcome.compliant, shortcomings, outcome.valid_until):
        return None
    company.compliant = outcome.compliant
    company.compliance_shortcomings = shortcomings
    company.compliance_valid_until = outcome.valid_until
    return ComplianceChanged(
        version=company.grow(),
        company_id=company.id,
        compliant=outcome.compliant,
        missing=list(outcome.missing),
        shortcomings=outcome.shortcomings,
        valid_until=outcome.valid_until,
        changed_at=at,
    )
