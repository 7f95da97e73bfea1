"""The reading process: one file in, one answer out, under limits; started and ended by `reader.py`.

Frames on stdin and stdout: four bytes of length, then that many bytes. A file is answered with JSON:
`{"invoice": {...}, "findings": [{"kind", "code", "detail"}, ...]}` or `{"refused": code, "detail": text}`.
"""

from __future__ import annotations

import json
import os
import resource
import struct
import sys
from typing import BinaryIO

MEMORY = 1024 * 1024 * 1024
"""Bytes of writable memory; Saxon reserves 32 GB of addresses, so RLIMIT_AS cannot be used."""
CPU_SECONDS = 12
_LENGTH = struct.Struct(">I")
_EXHAUSTED = 75


def limit_process() -> None:
    """No file can be written, no core dumped, little memory and few descriptors taken."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def limit_next_file() -> None:
    """The limit counts the whole process, so it is moved on for each file; beyond it the process is killed."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + CPU_SECONDS
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def answer(content: bytes) -> tuple[bytes, bool]:
    """The JSON answer for a file, and whether the process is still sound."""
    from billing.reading import extraction, facturx_file  # noqa: PLC0415 - after the limits are set

    found: dict[str, object]
    try:
        found, sound = facturx_file.read(content), True
    except extraction.Refused as no:
        found, sound = {"refused": no.code, "detail": no.detail}, True
    except (MemoryError, RecursionError):
        found, sound = {"refused": "document_too_heavy", "detail": "reading it needs too much memory"}, False
    return json.dumps(found).encode(), sound


def serve(source: BinaryIO, sink: BinaryIO) -> int:
    """Answer files until the source ends; the exit code says why."""
    from billing.reading import facturx_file  # noqa: F401, PLC0415 - said to be ready only when it is

    _send(sink, b"ready")
    while (head := source.read(_LENGTH.size)) and len(head) == _LENGTH.size:
        content = source.read(_LENGTH.unpack(head)[0])
        limit_next_file()
        found, sound = answer(content)
        _send(sink, found)
        if not sound:
            return _EXHAUSTED
    return 0


def _send(sink: BinaryIO, body: bytes) -> None:
    sink.write(_LENGTH.pack(len(body)) + body)
    sink.flush()


def main() -> int:
    """Keep the answers' way to ourselves: whatever a library prints goes to stderr."""
    limit_process()
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return serve(sys.stdin.buffer, sink)


if __name__ == "__main__":
    raise SystemExit(main())
