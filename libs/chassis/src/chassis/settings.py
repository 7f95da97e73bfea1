"""Everything that differs between two runs of the same code, read from the environment once."""

from functools import lru_cache
from pathlib import Path
from typing import Annotated

from pydantic import SecretStr, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class Settings(BaseSettings):
    """A service's settings; each is the environment variable `MAILLON_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="MAILLON_", frozen=True)

    service: str
    database_url: SecretStr
    amqp_url: SecretStr
    jwks_file: Path
    host: str = "127.0.0.1"
    port: int = 8000
    roles: Annotated[frozenset[str], NoDecode] = frozenset({"api", "worker"})
    files_url: str = "file:///var/lib/maillon"
    clamav: str | None = None
    """Where ClamAV's daemon listens, `host:port` or the path of a socket; files are kept unscanned without it."""
    public_url: str = "http://127.0.0.1:8000"
    migrations: Path | None = None
    pool_size: int = 10
    prefetch: int = 50
    telemetry: bool = True
    trace_sampling: float = 0.1
    log_level: str = "INFO"
    token_issuer: str = "maillon"  # noqa: S105 - a name
    token_audience: str = "maillon"  # noqa: S105 - a name

    @field_validator("roles", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        return frozenset(value.split(",")) if isinstance(value, str) else value


@lru_cache
def get_settings() -> Settings:
    """The process's settings. Raises pydantic's ValidationError naming each variable that is missing."""
    return Settings()
