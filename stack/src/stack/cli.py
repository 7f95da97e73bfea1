"""The command line: `python -m stack <command>`."""

import argparse
import os
import shlex
import sys
from collections.abc import Callable

from rich.console import Console
from rich.table import Table

from stack.lifecycle import Lifecycle
from stack.paths import StackError, progress
from stack.supervision import SERVICES
from stack.wiring import SERVICE_NAMES

LOG_LINES = "200"
NOT_RUNNING = 3


def up(_: argparse.Namespace) -> int:
    """Start the whole platform and say where everything is."""
    lifecycle = Lifecycle()
    lifecycle.up()
    platform = lifecycle.platform
    print(f"""
  gateway     {platform.gateway.url}/
  API         {platform.gateway.url}/docs
  events      {platform.gateway.url}/events
  e-mails     {platform.catcher_url}/
  traces      {platform.catcher_url}/traces
  AMQP        {platform.amqp_url}
  logs        python -m stack logs <name>   (all in {platform.state.logs})
  stop        python -m stack down""")
    return 0


def infra(_: argparse.Namespace) -> int:
    """Start PostgreSQL, RabbitMQ and the catcher only."""
    lifecycle = Lifecycle()
    lifecycle.infra()
    for name, value in lifecycle.test_environment().items():
        print(f"export {name}={shlex.quote(value)}")
    return 0


def down(_: argparse.Namespace) -> int:
    """Stop everything."""
    Lifecycle().down()
    progress("nothing of the platform runs any more")
    return 0


def status(_: argparse.Namespace) -> int:
    """Show every process; exit code 3 when one is not ready."""
    lifecycle = Lifecycle()
    states = lifecycle.supervision.states()
    table = Table(box=None)
    for column in ("process", "state", "pid", "port"):
        table.add_column(column)
    ports = lifecycle.platform.ports.read()
    all_ready = True
    for name, program in lifecycle.supervision.programs.items():
        pid = states.get(name, {}).get("pid") or None
        elsewhere = name in lifecycle.elsewhere
        ready = elsewhere or (pid is not None and program.ready())
        all_ready = all_ready and ready
        word = "elsewhere" if elsewhere else "ready" if ready else "not ready" if pid else "stopped"
        colour = "green" if ready else "red" if program.group == SERVICES or pid else "yellow"
        table.add_row(name, f"[{colour}]{word}[/]", str(pid or ""), ports.get(name, ""))
    Console().print(table)
    return 0 if all_ready else NOT_RUNNING


def start(options: argparse.Namespace) -> int:
    """Start one process."""
    Lifecycle().start(options.name)
    return 0


def stop(options: argparse.Namespace) -> int:
    """Stop one process."""
    Lifecycle().stop(options.name)
    return 0


def kill(options: argparse.Namespace) -> int:
    """Kill one process with SIGKILL; it comes back by itself."""
    Lifecycle().kill(options.name)
    return 0


def logs(options: argparse.Namespace) -> int:
    """Show the log of one process."""
    lifecycle = Lifecycle()
    log = lifecycle.state.logs / f"{lifecycle.supervision.program(options.name).name}.log"
    follow = ["-F"] if options.follow else []
    os.execvp("tail", ["tail", "-n", LOG_LINES, *follow, str(log)])  # noqa: S606 - tail is all we need


def env(options: argparse.Namespace) -> int:
    """Print what one service is told, to run it by hand: eval "$(python -m stack env billing)"."""
    for name, value in Lifecycle().platform.service_environment(options.service).items():
        if name.startswith(("MAILLON_", "OTEL_")):
            print(f"export {name}={shlex.quote(value)}")
    return 0


def execute(options: argparse.Namespace) -> int:
    """Run a command with PostgreSQL, RabbitMQ and the catcher at hand."""
    command = [part for index, part in enumerate(options.command) if index or part != "--"]
    if not command:
        raise StackError("exec what? python -m stack exec -- pytest")
    return Lifecycle().execute(command)


def parser() -> argparse.ArgumentParser:
    """The commands and their arguments."""
    top = argparse.ArgumentParser(prog="python -m stack", description="The whole platform on this machine")
    commands = top.add_subparsers(required=True, metavar="command")

    def add(name: str, action: Callable[[argparse.Namespace], int]) -> argparse.ArgumentParser:
        command = commands.add_parser(name, help=action.__doc__, description=action.__doc__)
        command.set_defaults(action=action)
        return command

    for name, action in (("up", up), ("down", down), ("status", status), ("infra", infra)):
        add(name, action)
    for name, acting in (("start", start), ("stop", stop), ("kill", kill)):
        add(name, acting).add_argument("name")
    log = add("logs", logs)
    log.add_argument("name")
    log.add_argument("-f", "--follow", action="store_true")
    add("env", env).add_argument("service", choices=SERVICE_NAMES)
    add("exec", execute).add_argument("command", nargs=argparse.REMAINDER)
    return top


def main() -> int:
    """Run one command; an error that the reader can mend is one clear text and exit code 1."""
    options = parser().parse_args()
    try:
        return int(options.action(options))
    except StackError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
