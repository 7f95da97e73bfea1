"""Texts that people write."""

from typing import Annotated

from pydantic import Field, StringConstraints

_NO_CONTROLS = r"^[^\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]+$"

Prose = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=1000, pattern=_NO_CONTROLS),
    Field(description="A few sentences; line ends and tabs are allowed"),
]
"""A few sentences: 1 to 1000 characters, none that controls or reorders the others."""
