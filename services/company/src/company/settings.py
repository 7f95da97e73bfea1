"""What this service lets its operator choose."""

from datetime import timedelta
from typing import Annotated

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CompanySettings(BaseSettings):
    """Each field is the environment variable `MAILLON_<NAME>`."""

    model_config = SettingsConfigDict(env_prefix="MAILLON_", frozen=True)

    bank_cooling_hours: Annotated[int, Field(ge=0, le=24 * 30)] = 48
    """How long any head may still stop an approved change of bank details."""

    support_url: str = "mailto:support@maillon.example"
    """Where somebody who does not find their company asks for help (CO-08)."""

    urssaf_check_url: str = "https://www.urssaf.fr/portail/home/utile-et-pratique/verification-attestation.html"
    """Where anybody checks the security code of a URSSAF certificate (CO-40)."""
    supplier_documents_months: Annotated[int, Field(ge=0, le=120)] = 12
    """For how long after a mission its client may read the provider's documents (CO-39)."""
    foreign_workers_months: Annotated[int, Field(ge=0, le=120)] = 12
    """For how long after its last mission a provider's lists of foreign workers are kept."""

    @property
    def bank_cooling(self) -> timedelta:
        """The same as a duration."""
        return timedelta(hours=self.bank_cooling_hours)
