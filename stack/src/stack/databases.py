"""One database and one login for each service, and nobody in the database of another."""

import os
from dataclasses import dataclass
from urllib.parse import quote, urlsplit, urlunsplit

from stack.paths import StackError
from stack.postgres import checked, run_psql
from stack.remembered import Book

# psql runs a statement only when the row that makes it exists: safe to repeat on every start.
PROVISION = """
SELECT format('CREATE ROLE %I LOGIN', '{name}')
 WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = '{name}') \\gexec
ALTER ROLE "{name}" WITH LOGIN PASSWORD '{password}';
GRANT "{name}" TO CURRENT_USER;
SELECT format('CREATE DATABASE %I OWNER %I', '{name}', '{name}')
 WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = '{name}') \\gexec
REVOKE ALL ON DATABASE "{name}" FROM PUBLIC;
GRANT CONNECT, TEMPORARY ON DATABASE "{name}" TO "{name}";
"""
CLOSE_SHARED = "REVOKE CONNECT ON DATABASE postgres, template1 FROM PUBLIC;\n"


def external_url() -> str | None:
    """The server to use instead of ours: `DATABASE_URL_BASE`, a URL with the rights to create."""
    return os.environ.get("DATABASE_URL_BASE")


@dataclass(frozen=True)
class Databases:
    """The databases of the services on one PostgreSQL server."""

    admin_url: str
    secrets: Book
    ours: bool

    def provision(self, services: tuple[str, ...]) -> None:
        """Create what is missing; a quarter of a second when all is there."""
        script = CLOSE_SHARED if self.ours else ""
        for service in services:
            script += PROVISION.format(name=checked(service), password=self.password(service))
        result = run_psql(self._with_scheme(self.admin_url, "postgresql"), script)
        if result.returncode != 0:
            raise StackError(f"the databases could not be created: {result.stderr.strip()}")

    def password(self, service: str) -> str:
        """The password of a service's login."""
        return self.secrets.secret(f"{service}-database-password")

    def url_for_tests(self) -> str:
        """SQLAlchemy URL of a login that may create databases."""
        return self._with_scheme(self.admin_url, "postgresql+asyncpg")

    def url(self, service: str) -> str:
        """SQLAlchemy URL of a service's own database for its own login."""
        server = urlsplit(self.admin_url).netloc.rpartition("@")[2]
        return f"postgresql+asyncpg://{service}:{quote(self.password(service))}@{server}/{service}"

    @staticmethod
    def _with_scheme(url: str, scheme: str) -> str:
        parts = urlsplit(url)
        path = parts.path if parts.path.strip("/") else "/postgres"
        return urlunsplit((scheme, parts.netloc, path, parts.query, ""))
