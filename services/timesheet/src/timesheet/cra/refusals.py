"""Why a CRA is not begun, filled in, sent or billed."""

from chassis.errors import Conflict, NotFound, Unprocessable


class CraNotFound(NotFound):
    """Absent, or of a mission that the caller does not see."""

    code, title = "cra_not_found", "No such CRA"


class MonthOutsideMission(NotFound):
    """No day of the month belongs to the order (TS-07)."""

    code, title = "month_outside_mission", "The mission has no day in this month"


class MissionNotStarted(Conflict):
    """The order's first day is still to come (TS-05)."""

    code, title = "mission_not_started", "The mission has not started yet"


class MonthNotBegun(Conflict):
    """The month's first day is still to come (TS-05)."""

    code, title = "month_not_begun", "The month has not begun yet"


class InvalidDays(Unprocessable):
    """At least one day cannot be counted; each is named with its own code."""

    code, title = "invalid_days", "Some days cannot be counted"


class DaysExceedOrder(Unprocessable):
    """All months together would count more days than were ordered."""

    code, title = "days_exceed_order", "More days than the order has"


class CraNotValidated(Conflict):
    """Only a validated CRA entitles to an invoice (TS-02)."""

    code, title = "cra_not_validated", "The CRA is not validated"


class EmptyCra(Unprocessable):
    """A CRA without a day would entitle to an invoice of nothing, so it is not sent."""

    code, title = "empty_cra", "A CRA without a day cannot be submitted"


class AlreadyReminded(Conflict):
    """The same people were reminded of the same month today."""

    code, title = "already_reminded", "They were reminded today"


class NothingToRemind(Conflict):
    """The month is sent already, or cannot be filled in yet."""

    code, title = "nothing_to_remind", "Nobody is expected to send this month now"
