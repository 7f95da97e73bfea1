"""Look at a document's seal: `python -m contracting.signing verify FILE [--trust ROOTS.pem]`."""

from __future__ import annotations

import argparse
import asyncio
import sys
from pathlib import Path

from contracting.signing.keys import SealSettings, roots
from contracting.signing.verification import Verdict, verify


def main(arguments: list[str] | None = None) -> int:
    """Print what is to be said of the file; 0 when it is whole, 1 when not, 2 when it cannot be looked at."""
    parser = argparse.ArgumentParser(prog="python -m contracting.signing", description=__doc__)
    verb = parser.add_subparsers(required=True, dest="verb").add_parser("verify", help="look at a document's seal")
    verb.add_argument("file", type=Path)
    verb.add_argument("--trust", type=Path, help="certificates in PEM; those of MAILLON_SEAL_ROOTS otherwise")
    asked = parser.parse_args(arguments)
    try:
        content = asked.file.read_bytes()
        trusted = asked.trust.read_bytes() if asked.trust else roots(SealSettings())
    except OSError as missing:
        sys.stderr.write(f"{missing}\n")
        return 2
    verdict = asyncio.run(verify(content, trusted))
    sys.stdout.write(report(verdict))
    return 0 if verdict.whole else 1


def report(verdict: Verdict) -> str:
    """The verdict in lines."""
    lines = [f"whole: {'yes' if verdict.whole else 'no'}"]
    if verdict.signer:
        lines.append(f"sealed by: {verdict.signer}")
    if verdict.at:
        lines.append(f"at: {verdict.at:%Y-%m-%dT%H:%M:%SZ}, by the clock of {verdict.stamped_by}")
    lines += [f"wrong: {sentence}" for sentence in verdict.wrong]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
