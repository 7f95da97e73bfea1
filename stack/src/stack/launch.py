"""Becomes the program that a file describes: `python -I -S launch.py <program.json> <pid file>`.

Run by the supervisor for every process, so that secrets stay out of command lines and of its
configuration, and so that a program that keeps failing is started at ever longer intervals.
Imports nothing of ours: it stands on the path of every start.
"""

import json
import os
import sys
import time

STEADY_SECONDS = 10.0
FIRST_PAUSE = 0.5
LONGEST_PAUSE = 8.0


def pause_before(pid_file: str, now: float) -> float:
    """Seconds to wait: none for a program that ran for a while, doubling while it keeps failing."""
    try:
        with open(pid_file) as file:  # noqa: PTH123 - pathlib would triple the start time
            previous = json.load(file)
    except (FileNotFoundError, ValueError):
        return 0.0
    if now - float(previous["at"]) > STEADY_SECONDS:
        return 0.0
    return min(max(float(previous["pause"]) * 2, FIRST_PAUSE), LONGEST_PAUSE)


def note(pid_file: str, pause: float) -> None:
    """Leave our process id and its start time, which together name this process for ever."""
    with open("/proc/self/stat") as file:  # noqa: PTH123
        started = file.read().rpartition(")")[2].split()[19]
    with open(pid_file, "w") as file:  # noqa: PTH123
        json.dump({"pid": os.getpid(), "started": started, "at": time.time(), "pause": pause}, file)


def main() -> None:
    """Wait if need be, drop rights, become the program."""
    description, pid_file = sys.argv[1:3]
    pause = pause_before(pid_file, time.time())
    note(pid_file, pause)
    time.sleep(pause)
    note(pid_file, pause)
    with open(description) as file:  # noqa: PTH123
        program = json.load(file)
    os.chdir(program["cwd"])
    if program["uid"] is not None:
        os.setgroups([])
        os.setgid(program["gid"])
        os.setuid(program["uid"])
    os.execve(program["argv"][0], program["argv"], program["env"])  # noqa: S606 - the point of this file


if __name__ == "__main__":
    main()
