"""What has been published: schema files in the working tree, and as they were in the repository."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path, PurePosixPath

from contracts.publish.schemas import SCHEMAS, Schema

MAIN_LINES = ("origin/main", "main", "origin/master", "master")


class NoSuchRevisionError(ValueError):
    """The revision to compare with is not in this repository."""


def committed(root: Path) -> dict[str, Schema]:
    """The schema files as they are in the working tree, by wire type."""
    return {path.stem: json.loads(path.read_text("utf-8")) for path in (root / SCHEMAS).glob("*.json")}


def retired(root: Path) -> set[str]:
    """Types that nothing publishes nor reads any more: somebody moved their schema files aside."""
    return {path.stem for path in (root / SCHEMAS / "retired").glob("*.json")}


def usual_revisions(root: Path) -> list[str]:
    """HEAD, and where it left the main line; on the main line itself, the commit before HEAD."""
    head = _git(root, "rev-parse", "--verify", "HEAD^{commit}")
    if head is None:
        return []
    bases = (_git(root, "merge-base", "HEAD", line) for line in MAIN_LINES)
    left = next((base for base in bases if base is not None), head)
    if left == head:
        left = _git(root, "rev-parse", "--verify", "HEAD~1^{commit}") or head
    return list(dict.fromkeys(revision.decode().strip() for revision in (head, left)))


def at_revision(root: Path, revision: str) -> dict[str, Schema]:
    """The schema files of a revision, by wire type. Raises NoSuchRevisionError."""
    if _git(root, "rev-parse", "--verify", "--end-of-options", f"{revision}^{{commit}}") is None:
        raise NoSuchRevisionError(f"{revision} is not a revision of this repository")
    archive = _git(root, "archive", "--format=tar", revision, SCHEMAS)
    if archive is None:
        return {}
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        return {
            path.stem: json.load(content)
            for member in files
            if (path := PurePosixPath(member.name)).suffix == ".json"
            and path.parent == PurePosixPath(SCHEMAS)
            and (content := files.extractfile(member))
        }


def _git(root: Path, *arguments: str) -> bytes | None:
    """What git answers, or nothing when it refuses or is not there."""
    git = shutil.which("git")
    if git is None:
        return None
    done = subprocess.run([git, "-C", str(root), *arguments], capture_output=True, check=False)  # noqa: S603 - arguments, not a shell
    return done.stdout if done.returncode == 0 else None
