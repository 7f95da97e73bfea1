"""Reads invoices in a process of its own."""

from __future__ import annotations

import json

from pydantic import ValidationError

from billing.reading.document import Reading
from billing.reading.refusals import DocumentTooHeavy, unread
from chassis.apart import FileTooHeavyError, ReadingProcess


class Reader(ReadingProcess):
    """One reading process a service process."""

    def __init__(self, **limits: float) -> None:
        super().__init__("billing.reading.worker", **limits)  # type: ignore[arg-type]

    async def read(self, content: bytes) -> Reading:
        """The invoice in a PDF, or an XML invoice, valid or not, with all that its schema and rules find wrong.

        Raises:
            UnreadableInvoice: there is no invoice that could be read; the subclass says why.
            TemporarilyUnavailable: too many files wait already, or the process does not start.

        """
        try:
            return _interpret(await self.ask(content))
        except FileTooHeavyError as heavy:
            raise DocumentTooHeavy(field="file") from heavy


def _interpret(found: bytes) -> Reading:
    said = json.loads(found)
    if "refused" in said:
        raise unread(said["refused"], said["detail"])
    try:
        return Reading.model_validate(said)
    except ValidationError as wrong:
        raise DocumentTooHeavy("more lines, notes or VAT groups than are taken", field="file") from wrong
