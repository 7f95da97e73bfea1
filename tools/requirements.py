"""Count which rows of docs/requirements.md the tests prove; fail when a test names an unknown row."""

import ast
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CATALOGUE = Path("docs") / "requirements.md"
REPORT = Path(".maillon") / "requirements.json"
TEST_FOLDERS = ("libs", "services", "stack", "tests")
ROW = re.compile(r"^\|\s*(?P<id>[A-Z]{2}-\d{2,})\s*\|[^|]*\|[^|]*\|\s*(?P<text_only>T?)\s*\|")
LIKE_A_ROW = re.compile(r"^\|\s*[A-Z]{2}-\d")
WIDTH = 108


@dataclass(frozen=True)
class Mark:
    """One requirement named by one test file."""

    row: str
    path: Path
    line: int


@dataclass(frozen=True)
class Tally:
    """How one prefix of the catalogue stands."""

    due: int
    proved: int
    missing: list[str]


class CatalogueError(ValueError):
    """The catalogue cannot be read as a list of distinct rows."""


def read_catalogue(text: str) -> dict[str, bool]:
    """Give each row of the catalogue and whether a proof of it is due, in the order of the document."""
    due: dict[str, bool] = {}
    for line in text.splitlines():
        row = ROW.match(line)
        if row is None:
            if LIKE_A_ROW.match(line):
                raise CatalogueError(f"not readable as a row: {line[:60]}")
            continue
        if row["id"] in due:
            raise CatalogueError(f"{row['id']} stands twice")
        due[row["id"]] = not row["text_only"]
    return due


def marks_in(path: Path) -> Iterator[Mark]:
    """Find every `mark.req(...)` on a function, a class or a whole module."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path))):
        if isinstance(node, ast.Call) and _is_req_mark(node.func):
            for argument in node.args:
                yield Mark(_row_name(argument), path, argument.lineno)


def _is_req_mark(function: ast.expr) -> bool:
    match function:
        case ast.Attribute(attr="req", value=ast.Attribute(attr="mark") | ast.Name(id="mark")):
            return True
    return False


def _row_name(argument: ast.expr) -> str:
    if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
        return argument.value
    return ast.unparse(argument)


def pytest_files(root: Path) -> list[Path]:
    """List the files pytest would collect."""
    found = {
        path
        for folder in TEST_FOLDERS
        for pattern in ("test_*.py", "*_test.py")
        for path in (root / folder).rglob(pattern)
    }
    return sorted(found)


def tally(catalogue: dict[str, bool], proved: set[str]) -> dict[str, Tally]:
    """Count due and proved rows per prefix."""
    due: dict[str, list[str]] = {}
    for row, is_due in catalogue.items():
        due.setdefault(row.partition("-")[0], []).extend([row] if is_due else [])
    return {
        prefix: Tally(len(rows), len(proved.intersection(rows)), [row for row in rows if row not in proved])
        for prefix, rows in due.items()
    }


def render(tallies: dict[str, Tally]) -> str:
    """Write the tallies as the lines a person reads."""
    lines = []
    for prefix, counted in tallies.items():
        lines.append(f"{prefix}  {counted.proved:>3} / {counted.due:<3} proved")
        lines.extend(_wrapped(counted.missing))
    proved, due = (sum(getattr(one, field) for one in tallies.values()) for field in ("proved", "due"))
    return "\n".join([*lines, f"all {proved} / {due} proved"])


def _wrapped(rows: list[str]) -> Iterator[str]:
    line = "    missing:"
    for row in rows:
        if len(line) + 1 + len(row) > WIDTH:
            yield line
            line = "            "
        line = f"{line} {row}"
    if rows:
        yield line


def main(root: Path = ROOT) -> int:
    """Report on the tree under `root`; 1 when a test names an unknown row."""
    catalogue = read_catalogue((root / CATALOGUE).read_text(encoding="utf-8"))
    marks = [mark for path in pytest_files(root) for mark in marks_in(path)]
    tallies = tally(catalogue, {mark.row for mark in marks})
    report = root / REPORT
    report.parent.mkdir(exist_ok=True)
    written = {prefix: vars(counted) for prefix, counted in tallies.items()}
    report.write_text(json.dumps(written, indent=2) + "\n", encoding="utf-8")
    print(render(tallies))
    unknown = [mark for mark in marks if mark.row not in catalogue]
    for mark in unknown:
        print(f"{mark.path.relative_to(root)}:{mark.line}: unknown requirement {mark.row}", file=sys.stderr)
    return 1 if unknown else 0


if __name__ == "__main__":
    sys.exit(main())
