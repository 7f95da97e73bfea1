"""The process that reads bank statements: one file in, one answer out, under limits; ended by `reader.py`.

A file is answered with JSON, compressed: `{"statements": [...]}` or `{"refused": code, "detail": text}`.
"""

from __future__ import annotations

import json
import sys
import zlib

from chassis.apart import answers_way, limit_process, serve

MEMORY = 512 * 1024 * 1024
"""Bytes of writable memory."""
CPU_SECONDS = 15


def answer(content: bytes) -> tuple[bytes, bool]:
    """The answer for a file, and whether the process is still sound."""
    from billing.bank import camt  # noqa: PLC0415 - after the limits are set

    found: dict[str, object]
    try:
        found, sound = {"statements": camt.read(content)}, True
    except camt.Refused as no:
        found, sound = {"refused": no.code, "detail": no.detail}, True
    except (MemoryError, RecursionError):
        found, sound = {"refused": "statement_unreadable", "detail": "reading it needs too much memory"}, False
    return zlib.compress(json.dumps(found, default=str).encode(), 1), sound


def main() -> int:
    """Answer files until there are no more."""
    limit_process(MEMORY)
    sink = answers_way()
    from billing.bank import camt  # noqa: F401, PLC0415 - said to be ready only when it is

    return serve(sys.stdin.buffer, sink, answer, CPU_SECONDS)


if __name__ == "__main__":
    raise SystemExit(main())
