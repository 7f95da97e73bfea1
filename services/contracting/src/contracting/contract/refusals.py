"""What may be wrong with a request about a contract."""

from chassis.errors import Conflict, Forbidden, NotFound, Unprocessable


class ContractNotFound(NotFound):
    """Absent, or another company's."""

    code, title = "contract_not_found", "There is no such contract"


class NotASignatory(Forbidden):
    """The member declared no capacity to engage the company, or staff did not confirm it (CT-03)."""

    code, title = "not_a_signatory", "You are not known to be empowered to sign for this company"


class ContractNotOpened(Conflict):
    """The signer has not opened the document (CT-02)."""

    code, title = "contract_not_opened", "Open the document before signing it"


class ContractAlreadySigned(Conflict):
    """It is in force, or was."""

    code, title = "contract_already_signed", "This contract is signed"


class TermsSuperseded(Conflict):
    """A newer text took effect since the document was opened (CT-21)."""

    code, title = "terms_superseded", "There is a newer text: open the document again"


class NothingToSignAnew(Conflict):
    """The contract in force is in the newest text, and its signer's capacity stands."""

    code, title = "nothing_to_sign_anew", "There is nothing to sign anew"


class SuccessorPending(Conflict):
    """A contract that is to replace this one waits for its signature."""

    code, title = "successor_pending", "A new contract waits for its signature already"


class ClausesNotAccepted(Unprocessable):
    """A mandatory clause is not ticked; each is named (CT-02)."""

    code, title = "clauses_not_accepted", "Every mandatory clause must be accepted"


class UnknownClause(Unprocessable):
    """A ticked clause is not one of this document."""

    code, title = "unknown_clause", "This clause is not in the contract"
