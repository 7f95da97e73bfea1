"""Where everything lives: the state directory of this clone, and a short private one beside it."""

import hashlib
import os
import stat
import string
import sys
from dataclasses import dataclass
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[3]
SCRATCH = Path("/var/tmp")  # noqa: S108 - short, on a real disk, traversable by all; guarded below
PLAIN = frozenset(string.ascii_letters + string.digits + "/._-")
DIRECTORY_MODE_FOR_ROOT = 0o711


class StackError(Exception):
    """Something that the person at the keyboard must know; its text says what to do."""


@dataclass(frozen=True)
class State:
    """The directory that holds all that the platform keeps on this machine."""

    directory: Path

    @classmethod
    def of_this_clone(cls) -> "State":
        """`.maillon/` of the repository, or `MAILLON_STATE_DIR`; created when missing."""
        chosen = os.environ.get("MAILLON_STATE_DIR")
        state = cls(Path(chosen).resolve() if chosen else REPOSITORY / ".maillon")
        state.directory.mkdir(parents=True, exist_ok=True)
        # As root the database runs as another user who must be able to walk through, not to look around.
        state.directory.chmod(DIRECTORY_MODE_FOR_ROOT if os.geteuid() == 0 else 0o700)
        for part in (state.run, state.logs, state.keys, state.cache):
            part.mkdir(mode=0o700, exist_ok=True)
        return state

    @property
    def run(self) -> Path:
        """What describes the running processes: configuration, pid files, locks."""
        return self.directory / "run"

    @property
    def logs(self) -> Path:
        """One log file per process."""
        return self.directory / "logs"

    @property
    def keys(self) -> Path:
        """The public key set that every service reads."""
        return self.directory / "keys"

    @property
    def cache(self) -> Path:
        """Unpacked third-party programs; may be deleted while nothing runs."""
        return self.directory / "cache"

    @property
    def files(self) -> Path:
        """Uploaded documents, one folder per service."""
        return self.directory / "files"

    def read_note(self, name: str) -> str | None:
        """Text of a small note under `run/`, None when it was never written."""
        try:
            return (self.run / name).read_text()
        except FileNotFoundError:
            return None

    def write_note(self, name: str, text: str) -> None:
        """Keep a small fact between two commands."""
        write_private(self.run / name, text)


def write_private(path: Path, text: str) -> None:
    """Replace a file in one step, readable by its owner only from its first byte."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    draft.replace(path)


def private_directory(for_path: Path) -> Path:
    """A short directory of our own for what cannot live in `for_path`, always the same for that path.

    Raises StackError when somebody else has put something there.
    """
    digest = hashlib.sha256(str(for_path.resolve()).encode()).hexdigest()[:10]
    uid = os.geteuid()
    directory = SCRATCH / f"maillon-{uid}-{digest}"
    mode = DIRECTORY_MODE_FOR_ROOT if uid == 0 else 0o700
    try:
        directory.mkdir(mode=mode)
        directory.chmod(mode)
    except FileExistsError:
        found = directory.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid != uid or found.st_mode & 0o022:
            raise StackError(f"{directory} belongs to somebody else; remove it and start again") from None
    return directory


def plain_directory(wanted: Path) -> Path:
    """`wanted`, or a private directory instead when shell scripts that split words would stumble over it."""
    if set(str(wanted)) <= PLAIN:
        return wanted
    directory = private_directory(wanted) / "plain"
    directory.mkdir(mode=0o700, exist_ok=True)
    write_private(wanted / "is-elsewhere", f"{directory}\n")
    return directory


def can_walk_to(path: Path, uid: int) -> bool:
    """Whether a user who owns nothing here could reach `path` through its parents."""
    if uid == os.geteuid():
        return True
    return all(step.stat().st_mode & stat.S_IXOTH for step in path.resolve().parents if step.exists())


def progress(text: str) -> None:
    """Tell the person who waits what is going on; standard output stays free for results."""
    print(text, file=sys.stderr, flush=True)
