"""Files that may be hostile are read in a process of their own, under limits: the two ends of the pipe to it.

Frames on stdin and stdout: four bytes of length, then that many bytes. One file in, one answer out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import resource
import struct
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable
from typing import BinaryIO

from chassis.errors import TemporarilyUnavailable

logger = logging.getLogger("chassis.apart")

_LENGTH = struct.Struct(">I")
_MAX_ANSWER = 4 * 1024 * 1024
_KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")
"""The process is given no secret: nothing that it could be tricked into giving away."""
_EXHAUSTED = 75


class FileTooHeavyError(Exception):
    """The process died of the file, or was too slow over it."""


class ReadingProcess:
    """One process `python -m <module>`: started at the first file, recycled, ended when idle.

    Files wait in line, and not for long: a request's transaction is open meanwhile.
    """

    def __init__(
        self,
        module: str,
        *,
        idle_seconds: float = 300.0,
        files_per_process: int = 200,
        seconds_per_file: float = 20.0,
        seconds_to_start: float = 15.0,
        seconds_in_line: float = 15.0,
        line: int = 6,
    ):
        self._module = module
        self._idle_seconds = idle_seconds
        self._files_per_process = files_per_process
        self._seconds_per_file = seconds_per_file
        self._seconds_to_start = seconds_to_start
        self._seconds_in_line = seconds_in_line
        self._line = line
        self._waiting = 0
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._files = 0
        self._end_when_idle: asyncio.TimerHandle | None = None

    @property
    def pid(self) -> int | None:
        """The reading process, while there is one."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def ask(self, content: bytes) -> bytes:
        """The process's answer to one file.

        Raises:
            FileTooHeavyError: it did not survive the file, or took too long.
            TemporarilyUnavailable: too many files wait already, or the process does not start.

        """
        if self._waiting >= self._line:
            raise TemporarilyUnavailable("too many files are being read just now")
        self._waiting += 1
        try:
            await self._take_turn()
            try:
                self._keep_awake()
                return await self._answer(content)
            finally:
                self._end_later()
                self._turn.release()
        finally:
            self._waiting -= 1

    async def close(self) -> None:
        """End the process; the next file starts another."""
        self._keep_awake()
        process, self._process = self._process, None
        if process is not None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()

    async def _take_turn(self) -> None:
        """Wait no longer than a request's transaction may."""
        try:
            async with asyncio.timeout(self._seconds_in_line):
                await self._turn.acquire()
        except TimeoutError as slow:
            raise TemporarilyUnavailable("too many files are being read just now") from slow

    async def _answer(self, content: bytes) -> bytes:
        """One file, one answer; a process that had died before it saw the file is replaced once."""
        for last_try in (False, True):
            process = await self._running()
            self._files += 1
            try:
                async with asyncio.timeout(self._seconds_per_file):
                    found = await _exchange(process, _LENGTH.pack(len(content)) + content)
            except (asyncio.IncompleteReadError, ConnectionError, TimeoutError) as ended:
                await self.close()
                logger.warning("reading_process_lost", extra={"reader": self._module, "reason": type(ended).__name__})
                if last_try or self._files == 1 or isinstance(ended, TimeoutError):
                    raise FileTooHeavyError from ended
            except BaseException:  # cancelled halfway: its answer must not be taken for the next file's
                await self.close()
                raise
            else:
                if self._files >= self._files_per_process:
                    await self.close()
                return found
        raise FileTooHeavyError

    async def _running(self) -> Process:
        if self._process is not None and self._process.returncode is None:
            return self._process
        self._process, self._files = await _start(self._module), 0
        try:
            async with asyncio.timeout(self._seconds_to_start):
                await _exchange(self._process, b"")
        except (asyncio.IncompleteReadError, ConnectionError, TimeoutError) as failed:
            await self.close()
            logger.exception("reading_process_does_not_start", extra={"reader": self._module})
            raise TemporarilyUnavailable("files cannot be read just now") from failed
        return self._process

    def _keep_awake(self) -> None:
        if self._end_when_idle is not None:
            self._end_when_idle.cancel()
            self._end_when_idle = None

    def _end_later(self) -> None:
        loop = asyncio.get_running_loop()
        self._end_when_idle = loop.call_later(self._idle_seconds, self._end_if_idle)

    def _end_if_idle(self) -> None:
        """Forget it before it ends, so that the next file never meets a dying process."""
        if not self._waiting and self._process is not None:
            ended, self._process = self._process, None
            with contextlib.suppress(ProcessLookupError):
                ended.kill()


async def _start(module: str) -> Process:
    environment = {name: os.environ[name] for name in _KEPT_ENVIRONMENT if name in os.environ}
    return await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, stderr=DEVNULL, env=environment
    )


async def _exchange(process: Process, message: bytes) -> bytes:
    """Write a message, if any, and read one answer."""
    if process.stdin is None or process.stdout is None:
        raise ConnectionError("the reading process has no pipes")
    process.stdin.write(message)
    await process.stdin.drain()
    (length,) = _LENGTH.unpack(await process.stdout.readexactly(_LENGTH.size))
    if length > _MAX_ANSWER:
        raise ConnectionError("the answer is too long")
    return await process.stdout.readexactly(length)


Answer = Callable[[bytes], tuple[bytes, bool]]
"""The answer to a file, and whether the process is still sound after it."""


def limit_process(memory: int) -> None:
    """No file can be written, no core dumped, little memory (writable bytes) and few descriptors taken.

    Some libraries reserve far more addresses than they use, so that RLIMIT_AS cannot be the limit.
    """
    resource.setrlimit(resource.RLIMIT_DATA, (memory, memory))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (64, 64))


def serve(source: BinaryIO, sink: BinaryIO, answer: Answer, cpu_seconds: int) -> int:
    """In the process itself: answer files until the source ends; the exit code says why."""
    _send(sink, b"ready")
    while (head := source.read(_LENGTH.size)) and len(head) == _LENGTH.size:
        content = source.read(_LENGTH.unpack(head)[0])
        _limit_next_file(cpu_seconds)
        found, sound = answer(content)
        _send(sink, found)
        if not sound:
            return _EXHAUSTED
    return 0


def answers_way() -> BinaryIO:
    """Keep the way of the answers to ourselves: whatever a library prints goes to stderr."""
    sink = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return sink


def _limit_next_file(cpu_seconds: int) -> None:
    """The limit counts the whole process, so it is moved on for each file; beyond it the process is killed."""
    used = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(used.ru_utime + used.ru_stime) + 1 + cpu_seconds
    resource.setrlimit(resource.RLIMIT_CPU, (soft, resource.getrlimit(resource.RLIMIT_CPU)[1]))


def _send(sink: BinaryIO, body: bytes) -> None:
    sink.write(_LENGTH.pack(len(body)) + body)
    sink.flush()
