"""What somebody who looked at a document found."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class AuthenticityCheck(StrEnum):
    """How somebody found out whether a document is authentic (CO-38)."""

    URSSAF_CODE = "urssaf_code"
    """The certificate's security code, entered at urssaf.fr."""
    REGISTER = "register"
    """A public register says the same."""
    ISSUER = "issuer"
    """Whoever issued it was asked."""
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a reviewer found: both outcomes, how authenticity was checked and under which reference."""

    exists: bool
    authentic: bool
    method: AuthenticityCheck | None = None
    reference: str | None = None
    comment: str | None = None

    @property
    def accepts(self) -> bool:
        """Whether the document counts from now on."""
        return self.exists and self.authentic
