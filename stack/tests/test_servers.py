import os
import shutil
import signal
import socket
from pathlib import Path

import pytest

from stack.databases import Databases
from stack.paths import StackError
from stack.postgres import Postgres, run_psql
from stack.processes import alive, descendants, wait_for
from stack.remembered import Book


def as_service(url):
    return url.replace("postgresql+asyncpg", "postgresql")


class TestPostgres:
    def test_what_was_committed_survives_a_kill(self, postgres):
        postgres.create_database("kept")
        postgres.sql("CREATE TABLE facts (fact text); INSERT INTO facts VALUES ('written')", "kept")
        port, family = postgres.port, [postgres.pid, *descendants(postgres.pid)]
        postgres.kill9()
        assert not any(alive(pid) for pid in family)
        postgres.start()
        assert postgres.port == port
        assert postgres.sql("SELECT fact FROM facts", "kept") == "written"

    def test_an_immediate_stop_is_recovered_from(self, postgres):
        postgres.create_database("kept")
        postgres.sql("CREATE TABLE facts (fact text); INSERT INTO facts VALUES ('written')", "kept")
        postgres.restart("immediate")
        assert postgres.sql("SELECT fact FROM facts", "kept") == "written"

    def test_the_same_directory_is_the_same_cluster(self, postgres):
        again = Postgres(postgres.log.parent)
        assert (again.home, again.port, again.password) == (postgres.home, postgres.port, postgres.password)

    def test_a_directory_that_the_server_cannot_reach_is_no_obstacle(self, tmp_path):
        hidden = tmp_path / "hidden"
        hidden.mkdir(mode=0o700)
        homes = {Postgres(hidden / "pg").home for _ in range(2)}
        assert len(homes) == 1
        for home in homes - {hidden / "pg" / "postgres"}:
            assert home.parent.stat().st_mode & 0o066 == 0
            shutil.rmtree(home.parent)

    def test_promises_durability(self, postgres):
        assert postgres.sql("SHOW fsync; SHOW synchronous_commit; SHOW full_page_writes") == "on\non\non"
        assert postgres.sql("SHOW max_connections") == "300"
        assert postgres.sql("SELECT datcollate FROM pg_database WHERE datname = 'postgres'") == "C.UTF-8"

    def test_creating_a_database_again_empties_it(self, postgres):
        postgres.create_database("scratch")
        postgres.sql("CREATE TABLE leftovers ()", "scratch")
        postgres.create_database("scratch")
        assert postgres.sql("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'", "scratch") == "0"

    def test_a_name_cannot_carry_sql(self, postgres):
        with pytest.raises(StackError, match="not a usable database name"):
            postgres.create_database('x"; DROP DATABASE postgres; --')

    def test_frozen_means_connected_and_silent(self, postgres):
        postgres.freeze()
        with socket.create_connection(("127.0.0.1", postgres.port), 5) as connection:
            connection.settimeout(0.3)
            connection.sendall(b"\x00\x00\x00\x08\x04\xd2\x16\x2f")
            with pytest.raises(TimeoutError):
                connection.recv(1)
        postgres.thaw()
        assert postgres.sql("SELECT 1") == "1"


class TestDatabases:
    @pytest.fixture
    def databases(self, postgres, tmp_path):
        databases = Databases(postgres.url(), Book(tmp_path / "secrets.json"), ours=True)
        databases.provision(("timesheet", "billing"))
        return databases

    def test_a_service_owns_its_database(self, databases):
        result = run_psql(as_service(databases.url("billing")), "CREATE TABLE invoices (); SELECT current_user")
        assert result.stdout.strip() == "billing"

    @pytest.mark.parametrize("other", ["timesheet", "postgres", "template1"])
    def test_a_service_cannot_enter_another_database(self, databases, other):
        server, _, _ = as_service(databases.url("billing")).rpartition("/")
        result = run_psql(f"{server}/{other}", "SELECT 1")
        assert result.returncode != 0
        assert "permission denied for database" in result.stderr

    def test_a_wrong_password_is_refused(self, databases):
        url = as_service(databases.url("billing")).replace(databases.password("billing"), "guess")
        assert "password authentication failed" in run_psql(url, "SELECT 1").stderr

    def test_provisioning_again_changes_nothing(self, databases):
        billing = as_service(databases.url("billing"))
        run_psql(billing, "CREATE TABLE invoices (); ")
        databases.provision(("timesheet", "billing"))
        assert run_psql(billing, "SELECT count(*) FROM invoices").stdout.strip() == "0"


class TestRabbit:
    def test_what_is_durable_survives_a_kill(self, rabbit):
        rabbit.rabbitmqctl("add_vhost", "kept")
        port, url = rabbit.port, rabbit.url
        rabbit.kill9()
        assert not rabbit.ready()
        rabbit.start()
        assert (rabbit.port, rabbit.url) == (port, url)
        assert "kept" in rabbit.rabbitmqctl("list_vhosts", "--no-table-headers").split()

    def test_its_only_user_is_ours(self, rabbit):
        assert rabbit.rabbitmqctl("list_users", "--no-table-headers").split()[0] == "maillon"
        assert "guest" not in rabbit.rabbitmqctl("list_users", "--no-table-headers")

    def test_frozen_means_connected_and_silent(self, rabbit):
        rabbit.freeze()
        assert not rabbit.ready()
        rabbit.thaw()
        rabbit.wait_ready()

    def test_listens_on_the_loopback_only(self, rabbit):
        listening = {hex_address(line) for line in tcp_listeners() if hex_port(line) in ports_of(rabbit)}
        assert listening == {"0100007F"}

    def test_leaves_no_process_behind(self, rabbit):
        family = [rabbit.pid, *descendants(rabbit.pid)]
        mapper = rabbit._epmd.pid
        rabbit.stop()
        wait_for(lambda: not any(map(alive, [*family, mapper])), 10, "something still runs")


def tcp_listeners():
    lines = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return [line.split() for line in lines if line.split()[3] == "0A"]


def hex_address(line):
    return line[1].split(":")[0]


def hex_port(line):
    return int(line[1].split(":")[1], 16)


def ports_of(rabbit):
    return {rabbit.port, rabbit.distribution_port, rabbit.epmd_port}


def test_servers_end_with_the_program_that_started_them(tmp_path):
    """A test run that is killed cannot tidy up; the guard of each child does."""
    reader, writer = os.pipe()
    parent = os.fork()
    if parent == 0:
        os.close(reader)
        from stack.processes import Child, Launch

        child = Child(Launch(["/bin/sleep", "600"], {}, tmp_path), tmp_path / "log")
        child.start()
        os.write(writer, str(child.pid).encode())
        os.kill(os.getpid(), signal.SIGKILL)
    os.close(writer)
    orphan = int(os.read(reader, 20))
    os.waitpid(parent, 0)
    wait_for(lambda: not alive(orphan), 10, "the child outlived its parent")
