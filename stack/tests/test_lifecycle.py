import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import httpx2
import pytest

from stack.lifecycle import Lifecycle
from stack.paths import StackError, State, private_directory
from stack.processes import Launch, alive, descendants, wait_for
from stack.supervision import Supervision
from stack.wiring import SERVICE_NAMES, Platform

STUB = """
import json, os, sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
class Ready(BaseHTTPRequestHandler):
    def do_GET(self):
        body = json.dumps({"service": os.environ["MAILLON_SERVICE"], "pid": os.getpid()}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *_): pass
ThreadingHTTPServer.allow_reuse_address = True
if sys.argv[1] == "chassis.serve":
    ThreadingHTTPServer(("127.0.0.1", int(os.environ["MAILLON_PORT"])), Ready).serve_forever()
"""


class StubbedPlatform(Platform):
    """The real infrastructure with services that only say that they are there."""

    def service_launch(self, name, module="chassis.serve"):
        return Launch([sys.executable, "-c", STUB, module], self.service_environment(name), Path("/"))


@pytest.fixture(scope="module")
def state(tmp_path_factory):
    # The clone's own cache, so that nothing is downloaded again.
    cache = State.of_this_clone().cache
    directory = tmp_path_factory.mktemp("state") / "un état" / ("long" * 25)
    directory.mkdir(parents=True)
    before = os.environ.get("MAILLON_STATE_DIR")
    os.environ["MAILLON_STATE_DIR"] = str(directory)
    (directory / "cache").symlink_to(cache)
    state = State.of_this_clone()
    yield state
    Lifecycle(StubbedPlatform(state)).down()
    for elsewhere in (directory, directory / "postgres", directory / "rabbitmq"):
        shutil.rmtree(private_directory(elsewhere), ignore_errors=True)
    if before is None:
        del os.environ["MAILLON_STATE_DIR"]
    else:
        os.environ["MAILLON_STATE_DIR"] = before


@pytest.fixture
def platform(state):
    lifecycle = Lifecycle(StubbedPlatform(state))
    lifecycle.up()
    return lifecycle


def pids(lifecycle):
    return {name: info["pid"] for name, info in lifecycle.supervision.states().items()}


def through_gateway(lifecycle, service):
    return httpx2.get(f"{lifecycle.platform.gateway.url}/api/{service}/x", trust_env=False)


def test_up_makes_everything_ready(platform):
    assert all(program.ready() for program in platform.supervision.programs.values())
    for name in SERVICE_NAMES:
        assert through_gateway(platform, name).json()["service"] == name


def test_up_again_is_fast_and_restarts_nothing(platform):
    before, began = pids(platform), time.monotonic()
    platform.up()
    assert time.monotonic() - began < 5
    assert pids(platform) == before


def test_a_killed_service_comes_back(platform):
    killed = pids(platform)["timesheet"]
    platform.kill("timesheet")
    wait_for(lambda: pids(platform)["timesheet"] not in {0, killed}, 20, "timesheet was not started again")
    platform.start("timesheet")
    assert through_gateway(platform, "timesheet").status_code == 200


def test_a_stopped_service_stays_down_and_the_others_go_on(platform):
    platform.stop("timesheet")
    assert through_gateway(platform, "timesheet").json()["code"] == "service_unavailable"
    assert through_gateway(platform, "billing").status_code == 200
    platform.start("timesheet")
    assert through_gateway(platform, "timesheet").status_code == 200


def test_the_database_keeps_its_content_over_a_kill(platform):
    postgres = platform.platform.postgres
    postgres.create_database("kept")
    postgres.sql("CREATE TABLE facts (fact text); INSERT INTO facts VALUES ('written')", "kept")
    platform.kill("postgres")
    wait_for(postgres.ready, 30, "postgres was not started again")
    assert postgres.sql("SELECT fact FROM facts", "kept") == "written"


def test_up_recovers_from_the_death_of_the_supervisor(platform):
    supervisor = int(platform.state.read_note("supervisord.pid"))
    os.kill(supervisor, signal.SIGKILL)
    wait_for(lambda: not platform.supervision.running, 5, "the supervisor survived")
    platform.up()
    assert all(program.ready() for program in platform.supervision.programs.values())


def test_a_service_gets_only_its_own_secrets(platform, monkeypatch):
    monkeypatch.setenv("MAILLON_SIGNING_KEY", "of somebody else")
    monkeypatch.setenv("DATABASE_PASSWORD", "of somebody else")
    environments = {name: platform.platform.service_environment(name) for name in SERVICE_NAMES}
    secrets = platform.platform.secrets.read()
    for name, environment in environments.items():
        seen = "\n".join(environment.values())
        assert "of somebody else" not in seen
        for other in set(SERVICE_NAMES) - {name}:
            assert secrets[f"{other}-database-password"] not in seen
    holders = [name for name, environment in environments.items() if "MAILLON_SIGNING_KEY" in environment]
    assert holders == ["identity"]
    assert '"d"' not in Path(environments["billing"]["MAILLON_JWKS_FILE"]).read_text()


def test_secrets_are_for_their_owner_only(platform):
    for path in (platform.state.directory / "secrets.json", platform.state.run / "identity.json"):
        assert path.stat().st_mode & 0o077 == 0
    every_command = [path.read_bytes() for path in Path("/proc").glob("[0-9]*/cmdline") if path.exists()]
    for secret in platform.platform.secrets.read().values():
        assert not any(secret.encode() in command for command in every_command)


def test_a_service_that_cannot_start_is_reported_with_its_log(platform, monkeypatch):
    broken = Launch([sys.executable, "-c", "raise SystemExit('no such table')"], {}, Path("/"))
    platform.stop("billing")
    monkeypatch.setattr(platform.platform, "service_launch", lambda *_: broken)
    with pytest.raises(StackError, match=r"billing ends as soon as it starts(.|\n)*no such table"):
        platform.start("billing")
    monkeypatch.undo()
    platform.stop("billing")
    platform.start("billing")


def test_names_that_do_not_exist_are_explained(platform):
    with pytest.raises(StackError, match="no process 'invoices'; there are: postgres"):
        platform.start("invoices")


def test_down_leaves_nothing_and_may_be_repeated(platform):
    supervisor = int(platform.state.read_note("supervisord.pid"))
    family = [supervisor, *descendants(supervisor)]
    began = time.monotonic()
    platform.down()
    assert time.monotonic() - began < 15
    assert not any(map(alive, family))
    platform.down()


def test_a_program_that_fails_at_once_is_tried_again_more_and_more_slowly(tmp_path):
    launch = Path(sys.modules["stack.supervision"].__file__).with_name("launch.py")
    description = tmp_path / "program.json"
    program = {"argv": ["/bin/false"], "env": {}, "cwd": "/", "uid": None, "gid": None}
    description.write_text(json.dumps(program))
    pauses = []
    for _ in range(3):
        subprocess.run([sys.executable, "-I", "-S", launch, description, tmp_path / "pid"], check=False)
        pauses.append(json.loads((tmp_path / "pid").read_text())["pause"])
    assert pauses == [0.0, 0.5, 1.0]


class TestExec:
    def run(self, *command):
        return subprocess.run(
            [sys.executable, "-m", "stack", "exec", "--", *command], capture_output=True, text=True, check=False
        )

    def test_gives_addresses_and_passes_the_exit_code_on(self, state):
        result = self.run("sh", "-c", "env; exit 7")
        assert result.returncode == 7
        given = dict(line.split("=", 1) for line in result.stdout.splitlines() if line.startswith("MAILLON_TEST_"))
        assert given["MAILLON_TEST_DATABASE_URL"].startswith("postgresql+asyncpg://")
        assert given["MAILLON_TEST_AMQP_URL"].startswith("amqp://")
        assert set(given) >= {"MAILLON_TEST_CATCHER_URL", "MAILLON_TEST_SMTP_URL"}
        assert not Supervision(state, []).running

    def test_leaves_alone_what_ran_before(self, state):
        lifecycle = Lifecycle(StubbedPlatform(state))
        lifecycle.infra()
        assert self.run("true").returncode == 0
        assert lifecycle.supervision.running
        lifecycle.down()

    def test_the_last_of_two_stops_the_infrastructure(self, state):
        lifecycle = Lifecycle(StubbedPlatform(state))
        with lifecycle.borrowed_infrastructure():
            assert self.run("true").returncode == 0
            assert lifecycle.platform.postgres.ready()
        assert not lifecycle.supervision.running
