"""Regenerate what is published about events, or with --check say whether it is up to date."""

import argparse
import difflib
import sys
from pathlib import Path

from contracts.publish import artefacts
from contracts.publish.schemas import ROOT, SCHEMAS

_SHOWN = 40


def main(arguments: list[str] | None = None) -> int:
    """Return 0 when all is written or up to date, 1 when --check found a difference."""
    parser = argparse.ArgumentParser(prog="python -m contracts.publish", description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing, name every difference")
    parser.add_argument("--root", type=Path, default=ROOT, help="top of the checkout")
    chosen = parser.parse_args(arguments)
    if not (chosen.root / "libs" / "contracts").is_dir():
        parser.error("this is not a checkout: nothing is published from an installed package")
    return _check(chosen.root) if chosen.check else _write(chosen.root)


def _write(root: Path) -> int:
    expected = artefacts()
    for name, text in expected.items():
        path = root / name
        if not path.exists() or path.read_text("utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, "utf-8")
            sys.stdout.write(f"wrote {name}\n")
    for name in _leftovers(root, expected):
        (root / name).unlink()
        sys.stdout.write(f"removed {name}\n")
    return 0


def _check(root: Path) -> int:
    expected = artefacts()
    differences = [line for name, text in expected.items() for line in _difference(root, name, text)]
    differences += [f"{name}: no event generates this file" for name in _leftovers(root, expected)]
    if not differences:
        sys.stdout.write(f"{len(expected)} generated files are up to date\n")
        return 0
    sys.stderr.write("\n".join(differences) + "\nRun `python -m contracts.publish` and commit the result.\n")
    return 1


def _difference(root: Path, name: str, text: str) -> list[str]:
    path = root / name
    if not path.exists():
        return [f"{name}: missing"]
    committed = path.read_text("utf-8")
    changes = difflib.unified_diff(
        committed.splitlines(),
        text.splitlines(),
        f"{name} (committed)",
        f"{name} (generated)",
        lineterm="",
        n=1,
    )
    return list(changes)[:_SHOWN]


def _leftovers(root: Path, expected: dict[str, str]) -> list[str]:
    """Schema files of events that no longer exist."""
    found = (path.relative_to(root).as_posix() for path in (root / SCHEMAS).glob("*.json"))
    return sorted(set(found) - set(expected))


if __name__ == "__main__":
    sys.exit(main())
