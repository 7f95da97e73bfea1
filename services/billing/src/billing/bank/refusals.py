"""Why a bank statement, a match or its reversal is refused."""

from __future__ import annotations

from chassis.errors import Conflict, NotFound, Unprocessable


class StatementUnreadable(Unprocessable):
    """Not XML, not camt.053, with a document type declaration, or too heavy."""

    code, title = "statement_unreadable", "The file cannot be read as a bank statement (camt.053)"


class StatementInvalid(Unprocessable):
    """Another currency, a sum with a sign, a reference that stands twice, a balance that is missing."""

    code, title = "statement_invalid", "The bank statement contradicts itself"


class StatementOfAnotherAccount(Unprocessable):
    """Only the platform's own account is kept here."""

    code, title = "statement_of_another_account", "The statement is of another account"


class BalancesDoNotChain(Unprocessable):
    """A movement is missing or too many, or the statement before has not been imported."""

    code, title = "balances_do_not_chain", "The balances do not follow from one another"


class StatementImported(Conflict):
    """The bank's number for it is known already."""

    code, title = "statement_imported", "This statement has been imported already"


class MovementNotFound(NotFound):
    """No statement holds it."""

    code, title = "movement_not_found", "No such bank movement"


class MatchNotFound(NotFound):
    """Nobody made it."""

    code, title = "match_not_found", "No such match"


class MatchUndone(Conflict):
    """A match is taken back once."""

    code, title = "match_undone", "This match has been taken back already"


class TooMuchMatched(Conflict):
    """More than the movement still has, or than the invoice still asks for."""

    code, title = "too_much_matched", "The amount is more than what is left"


class WrongDirection(Conflict):
    """Money that came in settles what companies owe; money that went out does not."""

    code, title = "wrong_direction", "The movement goes the other way"


class MatchStands(Conflict):
    """What the bank shows of our own transfers is not a matter of opinion."""

    code, title = "match_stands", "The bank shows this transfer: the match stands"
