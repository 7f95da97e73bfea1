"""Reads bank statements in a process of its own."""

from __future__ import annotations

import json
import zlib

from pydantic import TypeAdapter, ValidationError

from billing.bank.document import Statement
from billing.bank.refusals import StatementInvalid, StatementUnreadable
from chassis.apart import FileTooHeavyError, ReadingProcess

_MAX_TEXT = 64 * 1024 * 1024
"""Bytes that an answer may unfold to."""
_STATEMENTS = TypeAdapter(list[Statement])


class StatementReader(ReadingProcess):
    """One reading process a service process."""

    def __init__(self, **limits: float) -> None:
        super().__init__("billing.bank.worker", **limits)  # type: ignore[arg-type]

    async def read(self, content: bytes) -> list[Statement]:
        """Every statement of a camt.053 file.

        Raises:
            StatementUnreadable: it is no statement, or none that could be read within the limits.
            StatementInvalid: it says something that a statement cannot say.
            TemporarilyUnavailable: too many files wait already, or the process does not start.

        """
        try:
            said = json.loads(zlib.decompressobj().decompress(await self.ask(content), _MAX_TEXT))
            if "refused" in said:
                kind = StatementInvalid if said["refused"] == StatementInvalid.code else StatementUnreadable
                raise kind(said["detail"], field="file")
            return _STATEMENTS.validate_python(said["statements"])
        except (FileTooHeavyError, ValidationError, json.JSONDecodeError) as heavy:
            raise StatementUnreadable("it is too heavy to be read", field="file") from heavy
