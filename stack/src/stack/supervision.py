"""The supervisor that keeps the processes of the platform running, and how we talk to it."""

import json
import os
import shlex
import signal
import subprocess
import sys
import xmlrpc.client
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import Faults, SupervisorTransport

from stack.paths import StackError, State, private_directory, write_private
from stack.processes import Launch, alive, descendants, send, tail, wait_for

RPC_INTERFACE = "supervisor.rpcinterface_factory=supervisor.rpcinterface:make_main_rpcinterface"
SOCKET_PATH_LIMIT = 90
STOP_SECONDS = 15
# The launcher's pause before the fourth attempt.
FAILING_PAUSE = 2.0
SHUTDOWN_SECONDS = 45.0
HARMLESS = {Faults.ALREADY_STARTED, Faults.NOT_RUNNING}
INFRASTRUCTURE = "infrastructure"
SERVICES = "services"


@dataclass(frozen=True)
class Program:
    """One supervised process: how it runs, how it is told to stop, how we know that it serves."""

    name: str
    group: str
    launch: Callable[[], Launch]
    ready: Callable[[], bool]
    stop_signal: str = "TERM"


class Supervision:
    """One supervisord for one state directory. Programs are started only when asked for."""

    def __init__(self, state: State, programs: list[Program]) -> None:
        self.state = state
        self.programs = {program.name: program for program in programs}
        self.configuration = state.run / "supervisord.conf"
        self.pids = state.run / "pids"
        socket = state.run / "supervisor.sock"
        too_long = len(str(socket)) > SOCKET_PATH_LIMIT
        self.socket = private_directory(state.directory) / "supervisor.sock" if too_long else socket

    def _rpc(self, method: str, *arguments: object) -> Any:
        # The host name is never looked up: the transport speaks over the socket.
        transport = SupervisorTransport(None, None, f"unix://{self.socket}")
        with xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport) as server:
            return getattr(server.supervisor, method)(*arguments)

    @property
    def running(self) -> bool:
        """Whether the supervisor answers."""
        try:
            self._rpc("getState")
        except (OSError, xmlrpc.client.Error, xmlrpc.client.ResponseError):
            return False
        return True

    def ensure_running(self) -> None:
        """Start the supervisor, without any program, when it does not run."""
        wanted = self._configuration_text()
        if self.running:
            if self.configuration.read_text() == wanted:
                return
            self.shut_down()
        self.end_orphans()
        self.pids.mkdir(mode=0o700, exist_ok=True)
        write_private(self.configuration, wanted)
        command = [sys.executable, "-m", "supervisor.supervisord", "-c", str(self.configuration)]
        log = self.state.logs / "supervisord.out"
        with log.open("ab") as output:
            subprocess.run(
                command,
                env=plain_environment(),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                check=False,
                # It must outlive the command that started it, Ctrl-C in its terminal included.
                start_new_session=True,
            )
        wait_for(lambda: self.running, 20, f"the supervisor did not start:\n{tail(log)}")

    def _configuration_text(self) -> str:
        run, logs = self.state.run, self.state.logs
        sections = [
            f"[unix_http_server]\nfile={self.socket}\nchmod=0700",
            f"[supervisord]\nlogfile={logs}/supervisord.log\nlogfile_maxbytes=5MB\nlogfile_backups=1\n"
            f"pidfile={run}/supervisord.pid\nchildlogdir={logs}\numask=077\nminfds=4096"
            + ("\nuser=root" if os.geteuid() == 0 else ""),
            f"[rpcinterface:supervisor]\n{RPC_INTERFACE}",
        ]
        launcher = Path(__file__).with_name("launch.py")
        for program in self.programs.values():
            files = [str(run / f"{program.name}.json"), str(self.pids / program.name)]
            command = shlex.join([sys.executable, "-I", "-S", str(launcher), *files])
            sections.append(
                f"[program:{program.name}]\ncommand={command}\nautostart=false\nautorestart=true\n"
                # 0: a failed start is no reason to give up, the launcher spaces the attempts.
                f"startsecs=0\nstopsignal={program.stop_signal}\nstopwaitsecs={STOP_SECONDS}\n"
                f"killasgroup=true\nredirect_stderr=true\nstdout_logfile={logs}/{program.name}.log\n"
                "stdout_logfile_maxbytes=20MB\nstdout_logfile_backups=1"
            )
        # A group is stopped as a whole, the last one first: no service outlives its database.
        for priority, group in enumerate((INFRASTRUCTURE, SERVICES), start=1):
            members = ",".join(p.name for p in self.programs.values() if p.group == group)
            if members:
                sections.append(f"[group:{group}]\nprograms={members}\npriority={priority}")
        return "\n\n".join(sections).replace("%", "%%") + "\n"

    def program(self, name: str) -> Program:
        """A program by its name; StackError lists the names when there is none."""
        if name not in self.programs:
            raise StackError(f"no process {name!r}; there are: {', '.join(self.programs)}")
        return self.programs[name]

    def _full_name(self, name: str) -> str:
        return f"{self.program(name).group}:{name}"

    def start(self, name: str) -> None:
        """Start a program now, with what its description says today. Does nothing when it runs."""
        full_name = self._full_name(name)
        if self.pid(name):
            return
        (self.pids / name).unlink(missing_ok=True)
        launch = self.programs[name].launch()
        write_private(self.state.run / f"{name}.json", json.dumps(asdict(launch), default=str))
        self._call_ignoring_no_ops("startProcess", full_name, False)

    def stop(self, name: str) -> None:
        """Stop a program and leave it stopped; returns when it has ended."""
        self._call_ignoring_no_ops("stopProcess", self._full_name(name), True)

    def _call_ignoring_no_ops(self, method: str, *arguments: object) -> None:
        try:
            self._rpc(method, *arguments)
        except xmlrpc.client.Fault as fault:
            if fault.faultCode not in HARMLESS:
                raise StackError(f"supervisor: {fault.faultString}") from fault
        except OSError as error:
            raise StackError("the platform is not running; start it with: python -m stack up") from error

    def kill(self, name: str) -> None:
        """End a program and its children at once; the supervisor starts it again within seconds."""
        pid = self.pid(name)
        if pid is None:
            raise StackError(f"{name} is not running")
        for victim in [pid, *descendants(pid)]:
            send(victim, signal.SIGKILL)

    def pid(self, name: str) -> int | None:
        """Process id of a running program, None when it does not run."""
        info = self.states().get(name)
        return int(info["pid"]) or None if info else None

    def failing(self, name: str) -> bool:
        """Whether a program ended several times in a row as soon as it had started."""
        try:
            return float(json.loads((self.pids / name).read_text())["pause"]) >= FAILING_PAUSE
        except (FileNotFoundError, ValueError):
            return False

    def states(self) -> dict[str, dict[str, Any]]:
        """What the supervisor says of each program (`statename`, `pid`, `start`), nothing when it is down."""
        try:
            found: list[dict[str, Any]] = self._rpc("getAllProcessInfo")
        except (OSError, xmlrpc.client.Error):
            return {}
        return {info["name"]: info for info in found}

    def shut_down(self) -> None:
        """Stop every program and the supervisor itself; nothing of ours runs afterwards. Idempotent."""
        pid_note = self.state.read_note("supervisord.pid")
        if self.running and pid_note:
            pid = int(pid_note)
            with suppress(OSError, xmlrpc.client.Error):
                self._rpc("shutdown")
            try:
                wait_for(lambda: not alive(pid), SHUTDOWN_SECONDS, "the supervisor does not end")
            except StackError:
                for victim in [pid, *descendants(pid)]:
                    send(victim, signal.SIGKILL)
        self.end_orphans()

    def end_orphans(self) -> None:
        """End programs whose supervisor was killed; without it nobody else would."""
        for pid_file in self.pids.glob("*"):
            with suppress(ValueError, KeyError, FileNotFoundError):
                noted = json.loads(pid_file.read_text())
                if start_time(noted["pid"]) == noted["started"]:
                    end_orphan(noted["pid"], self.programs.get(pid_file.name))
            pid_file.unlink(missing_ok=True)


def end_orphan(pid: int, program: Program | None) -> None:
    """Ask first, since a database that may finish its writes starts faster; then insist."""
    send(pid, signal.Signals[f"SIG{program.stop_signal}"] if program else signal.SIGTERM)
    try:
        wait_for(lambda: not alive(pid), STOP_SECONDS, f"process {pid} does not end")
    except StackError:
        for victim in [pid, *descendants(pid)]:
            send(victim, signal.SIGKILL)


def start_time(pid: int) -> str | None:
    """When a process started, in clock ticks since boot; None when there is no such process."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19] if alive(pid) else None
    except (FileNotFoundError, ProcessLookupError):
        return None


def plain_environment() -> dict[str, str]:
    """The few variables that every program may see; nothing secret of the caller's shell is among them."""
    kept = {name: os.environ[name] for name in ("HOME", "LANG", "TZ", "USER", "TMPDIR") if name in os.environ}
    return {"PATH": os.environ.get("PATH", "/usr/local/bin:/usr/bin:/bin"), "LC_ALL": "C.UTF-8", **kept}
