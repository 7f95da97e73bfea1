"""Why something cannot be done with a proposal."""

from chassis.errors import Conflict, NotFound, Unprocessable


class ProposalNotFound(NotFound):
    """No such proposal, or not yours to see."""

    code, title = "proposal_not_found", "There is no such proposal"


class ConsultantAlreadyProposed(Conflict):
    """One live proposal per request and consultant."""

    code, title = "consultant_already_proposed", "This consultant is proposed for this request already"


class UnknownConsultant(Unprocessable):
    """Nobody of the provider's own company."""

    code, title = "unknown_consultant", "The consultant must be a member of your company"


class ConsultantOrCandidate(Unprocessable):
    """A proposal offers one person: a member, or somebody who is to become one."""

    code, title = "consultant_or_candidate", "Name either a consultant of your company or a candidate"


class NotACandidate(Conflict):
    """The proposal names a consultant already: another one is an edit."""

    code, title = "not_a_candidate", "The proposal names a consultant already"


class CandidateNotAConsultant(Conflict):
    """The candidate must be a member of the provider's company before the retention is completed."""

    code, title = "candidate_not_a_consultant", "The candidate is no consultant of the provider yet"


class DailyRateAboveMaximum(Unprocessable):
    """The request says what it may cost at most."""

    code, title = "daily_rate_above_maximum", "The daily rate is above what the request allows"


class DailyRateNotEditable(Conflict):
    """The rate changes only once the client is not interested, or by negotiation."""

    code, title = (
        "daily_rate_not_editable",
        "The daily rate changes by negotiation, or when not interesting",
    )


class ExtensionNotEditable(Conflict):
    """An answer to an extension continues a mission as it is."""

    code, title = "extension_not_editable", "The answer to an extension cannot be edited"


class CancellationUnexplained(Unprocessable):
    """`other` explains nothing by itself."""

    code, title = "cancellation_unexplained", "This reason needs a comment"


class DecisionUnexplained(Unprocessable):
    """Whoever refuses says why."""

    code, title = "decision_unexplained", "A refusal needs a reason"


class ApprovalNotNeeded(Conflict):
    """The spending line's threshold is not passed."""

    code, title = "approval_not_needed", "This amount needs no validation by the buyer"


class ApprovalMissing(Conflict):
    """Above the spending line's threshold the buyer validates first."""

    code, title = "approval_missing", "Above this amount the buyer has to validate the choice first"


class RetentionDecided(Conflict):
    """The platform has decided already."""

    code, title = "retention_decided", "The platform has decided already"
