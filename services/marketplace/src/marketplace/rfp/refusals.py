"""How acts on a request are refused."""

from chassis.errors import Conflict, NotFound, Unprocessable


class RfpNotFound(NotFound):
    """No such request, or not yours to see."""

    code, title = "rfp_not_found", "There is no such request for proposals"


class RfpAlreadyPublished(Conflict):
    """What was published never changes."""

    code, title = "rfp_already_published", "The request is published and cannot change"


class RfpAlreadyAwarded(Conflict):
    """A proposal was retained already."""

    code, title = "rfp_already_awarded", "The request was awarded already"


class RfpClosed(Conflict):
    """Nobody may answer, correct or award it."""

    code, title = "rfp_closed", "The request is not open"


class ClosingUnexplained(Unprocessable):
    """`other` explains nothing by itself."""

    code, title = "closing_unexplained", "This reason needs a comment"


class RfpStartsInThePast(Conflict):
    """The period begins too long before the day of publication."""

    code, title = "rfp_starts_in_the_past", "The period started more than 31 days ago"


class UnknownOperationalManager(Unprocessable):
    """Nobody who may follow a mission for this client."""

    code, title = "unknown_operational_manager", "The operational manager must be a buyer of your company"
