"""Who operates the platform: named in every contract and order, so a setting and never a constant."""

from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class OperatorSettings(BaseSettings):
    """The operator as documents show it; each field is the environment variable `MAILLON_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="MAILLON_", frozen=True)

    operator_name: str = "Maillon"
    operator_address: str = "1 rue de l'Exemple, 75001 Paris, France"
    notice_months: Annotated[int, Field(ge=0, le=12)] = 1
    """Notice of an early end, in months, as every new order says (CT-28)."""
