"""One number that a country writes in its own way."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass


def compact(text: str) -> str:
    """The text without the signs that people put between groups of digits."""
    return re.sub(r"[\s./-]", "", text).upper()


@dataclass(frozen=True, slots=True)
class NumberField:
    """A number under its local name: `pattern` is what its compact form looks like, `check` verifies its digits."""

    label: str
    pattern: str
    check: Callable[[str], str] | None = None

    def parse(self, value: str) -> str:
        """The number in its compact form. Raises ValueError."""
        found = self.check(value.strip()) if self.check else value.strip()
        for form in (found, compact(found)):
            if re.fullmatch(self.pattern, form):
                return form
        raise ValueError(f"is not like a {self.label}")
