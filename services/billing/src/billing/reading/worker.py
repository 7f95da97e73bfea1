"""The reading process: one file in, one answer out, under limits; started and ended by `reader.py`.

A file is answered with JSON: `{"invoice": {...}, "findings": [{"kind", "code", "detail"}, ...]}` or
`{"refused": code, "detail": text}`.
"""

from __future__ import annotations

import json
import sys

from chassis.apart import answers_way, limit_process, serve

MEMORY = 1024 * 1024 * 1024
"""Bytes of writable memory."""
CPU_SECONDS = 12


def answer(content: bytes) -> tuple[bytes, bool]:
    """The JSON answer for a file, and whether the process is still sound."""
    from billing.reading import extraction, invoice_file  # noqa: PLC0415 - after the limits are set

    found: dict[str, object]
    try:
        found, sound = invoice_file.read(content), True
    except extraction.Refused as no:
        found, sound = {"refused": no.code, "detail": no.detail}, True
    except (MemoryError, RecursionError):
        found, sound = {"refused": "document_too_heavy", "detail": "reading it needs too much memory"}, False
    return json.dumps(found).encode(), sound


def main() -> int:
    """Answer files until there are no more."""
    limit_process(MEMORY)
    sink = answers_way()
    from billing.reading import invoice_file  # noqa: F401, PLC0415 - said to be ready only when it is

    return serve(sys.stdin.buffer, sink, answer, CPU_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
