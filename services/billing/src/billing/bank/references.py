"""Invoice numbers in what payers write."""

from __future__ import annotations

import re

_QUOTED = re.compile(r"(?<![A-Z0-9])([A-Z]{1,8})[ ./_-]?(20[0-9]{2})[ ./_-]?0*([1-9][0-9]{0,8})(?![0-9])")
"""Letters, year and number, however a person or a bank separates them: F-2026-12, F2026/0012, f 2026 12."""


def quoted_numbers(*texts: str | None) -> list[str]:
    """What may be numbers of ours, written as ours are, in the order they are quoted and each once."""
    found = [match for text in texts if text for match in _QUOTED.finditer(text.upper())]
    return list(dict.fromkeys(f"{letters}-{year}-{number}" for letters, year, number in (m.groups() for m in found)))
