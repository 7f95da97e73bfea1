"""E-mail addresses: how they are written to, and how two of them are known to be one (ID-03, ID-28)."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

from email_validator import EmailNotValidError, validate_email


@dataclass(frozen=True, slots=True)
class Address:
    """An e-mail address: as it is written to, and as it is recognised."""

    written: str
    key: str

    @classmethod
    def parse(cls, text: str) -> Address:
        """Read an address, whatever its case and width (ID-03). Raises ValueError.

        The part before the @ is ASCII, since many mailboxes still refuse anything else; domains may be
        international.
        """
        try:
            found = validate_email(
                unicodedata.normalize("NFKC", text), check_deliverability=False, allow_smtputf8=False
            )
        except EmailNotValidError as wrong:
            raise ValueError(str(wrong)) from None
        if not found.ascii_email:
            raise ValueError("it cannot be written to")
        return cls(found.ascii_email, unicodedata.normalize("NFKC", found.ascii_email).casefold())
