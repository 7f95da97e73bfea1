"""What an operator does at the command line: `billing inspect-invoice FILE…` says what invoice files hold."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from errno import EINVAL
from pathlib import Path
from typing import Any

from billing.reading.reader import Reader
from chassis.errors import Problem
from chassis.files import MAX_BYTES

_SHOWN = ("number", "type_code", "issued_on", "due_on", "period_start", "period_end", "currency", "order_reference")
_TOTALS = ("net", "vat", "gross", "prepaid", "due")


def main(arguments: list[str] | None = None) -> int:
    """Print one JSON object a file, whatever the file is. Exits with 2 for a wrong usage."""
    parser = argparse.ArgumentParser(prog="billing", description="Tools of the billing service.")
    commands = parser.add_subparsers(dest="command", required=True)
    inspect = commands.add_parser("inspect-invoice", help="print one line of JSON for each invoice file")
    inspect.add_argument("files", nargs="+", metavar="FILE", type=Path)
    asyncio.run(_inspect(parser.parse_args(arguments).files))
    return 0


async def _inspect(files: list[Path]) -> None:
    reader = Reader()
    try:
        for file in files:
            sys.stdout.write(json.dumps({"file": str(file)} | await _said(reader, file)) + "\n")
            sys.stdout.flush()
    finally:
        await reader.close()


async def _said(reader: Reader, file: Path) -> dict[str, Any]:
    """What the file says, or why it cannot be read: findings are data here, never errors."""
    try:
        content = _content(file)
    except OSError as wrong:
        return _refused("unreadable", wrong.strerror or type(wrong).__name__)
    if content is None:
        return _refused("file_too_large", f"at most {MAX_BYTES} bytes are taken")
    if not content:
        return _refused("empty_file", "the file is empty")
    try:
        reading = await reader.read(content)
    except Problem as refused:
        return _refused(refused.code, refused.detail or refused.title)
    said = reading.invoice.model_dump()
    return {
        "profile": reading.profile,
        **{name: said[name] for name in _SHOWN},
        "seller": said["seller"],
        "buyer": said["buyer"],
        "ibans": said["ibans"],
        "lines": len(said["lines"]),
        "totals": {name: said[name] for name in _TOTALS},
        "findings": [finding.model_dump(mode="json") for finding in reading.findings],
    }


def _content(file: Path) -> bytes | None:
    """Nothing beyond the limit is read, however large the file; a pipe would be waited for without end."""
    if not file.is_file():
        file.stat()
        raise OSError(EINVAL, "it is no regular file")
    with file.open("rb") as source:
        content = source.read(MAX_BYTES + 1)
    return None if len(content) > MAX_BYTES else content


def _refused(code: str, detail: str) -> dict[str, Any]:
    finding = {"kind": "file", "code": code, "detail": detail}
    return {"profile": None, "number": None, "totals": None, "findings": [finding]}


if __name__ == "__main__":
    sys.exit(main())
