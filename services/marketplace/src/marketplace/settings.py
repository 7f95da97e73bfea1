"""What the marketplace alone is told, beyond what every service is."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class MarketplaceSettings(BaseSettings):
    """Each is the environment variable `MAILLON_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="MAILLON_", frozen=True)

    spam_warning: Annotated[int, Field(ge=1)] = 3
    """Off-topic proposals of one person in twelve months from which each is answered with a warning."""
    spam_limit: Annotated[int, Field(ge=1)] = 5
    """Off-topic proposals of one person in twelve months at which they answer nothing for a while."""
    spam_pause_days: Annotated[int, Field(ge=1, le=365)] = 30
    """Days for which they do not."""
