"""Say whether every published event version still is what it was when it was published."""

import argparse
import sys
from pathlib import Path

from contracts.compatibility.gate import Published, breaches
from contracts.compatibility.published import (
    NoSuchRevisionError,
    at_revision,
    committed,
    retired,
    usual_revisions,
)
from contracts.publish.schemas import ROOT, current_schemas


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when nothing published changed, 1 when something did, 2 when asked for what is not there."""
    parser = argparse.ArgumentParser(prog="python -m contracts.compatibility", description=__doc__)
    parser.add_argument("--root", type=Path, default=ROOT, help="top of the checkout")
    parser.add_argument(
        "--against",
        action="append",
        metavar="REVISION",
        help="compare with this revision (repeatable) instead of HEAD and where it left the main line",
    )
    chosen = parser.parse_args(arguments)
    try:
        sources = _sources(chosen.root, chosen.against)
    except NoSuchRevisionError as wrong:
        parser.error(str(wrong))
    found = breaches(current_schemas(), sources, retired(chosen.root))
    for breach, where in found.items():
        sys.stderr.write(f"{breach} [published in {', '.join(where)}]\n")
    if not found:
        sys.stdout.write(f"every published version is intact; compared with {', '.join(sources)}\n")
    return 1 if found else 0


def _sources(root: Path, against: list[str] | None) -> dict[str, Published]:
    revisions = usual_revisions(root) if against is None else against
    sources: dict[str, Published] = {"the working tree": committed(root)}
    return sources | {revision[:12]: at_revision(root, revision) for revision in revisions}


if __name__ == "__main__":
    sys.exit(main())
