"""Message properties that cannot be read count as absent.

pamqp raises on a text that is no UTF-8, a moment beyond the calendar or a table nested too deep, and aiormq then
drops the connection: one such message would take down every consumer of its process, again at each delivery.
It leans on pamqp's table of decoders: a test sends what it is for.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pamqp import decode

Decoder = Callable[[bytes], tuple[int, Any]]

_SIZES: dict[str, Callable[[bytes], int]] = {
    "shortstr": lambda value: 1 + value[0],
    "timestamp": lambda _: 8,
    "table": lambda value: 4 + int.from_bytes(value[:4], "big"),
}
"""Bytes that a value takes, readable or not."""


def tolerate_unreadable_properties() -> None:
    """Let pamqp read on past what it cannot read; harmless when done before."""
    for kind, size in _SIZES.items():
        strict = decode.METHODS[kind]
        if not hasattr(strict, "lenient"):
            decode.METHODS[kind] = _lenient(strict, size)


def _lenient(strict: Decoder, size: Callable[[bytes], int]) -> Decoder:
    def read(value: bytes) -> tuple[int, Any]:
        try:
            return strict(value)
        except Exception:  # noqa: BLE001 - a stranger's bytes may be wrong in ways that no list of errors foresees
            return size(value), None

    read.lenient = True  # type: ignore[attr-defined]
    return read
