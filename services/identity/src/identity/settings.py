"""What identity alone is told, beyond what every service is."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Annotated

from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from pydantic import Field, SecretStr, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from identity.closing.domain import Periods
from identity.social.configuration import PUBLIC_MAIL_DOMAINS, OidcProvider


class IdentitySettings(BaseSettings):
    """Each is the environment variable `MAILLON_<NAME>`; a missing or weak secret stops the start.

    Raises:
        ValidationError: names each variable at fault, never its value.

    """

    model_config = SettingsConfigDict(env_prefix="MAILLON_", frozen=True, hide_input_in_errors=True)

    signing_key: SecretStr
    """Private P-256 key with a `kid`, as a JSON Web Key: it signs access tokens."""
    link_secret: Annotated[SecretStr, Field(min_length=32)]
    """What the tokens in mailed links are derived from; at least 32 characters."""
    smtp_url: Annotated[str, Field(pattern=r"^smtps?://[^/]+$")]
    """The relay: `smtp://host:port` or `smtps://user:password@host:port`."""
    mail_from: Annotated[str, Field(pattern=r"^[^@\s]+@[^@\s]+$")]
    """The one sender of all mail (ID-16)."""
    operator_name: str = "Maillon"
    operator_address: str = "1 rue de l'Exemple, 75001 Paris, France"
    """Who the terms are with: a setting and never a constant."""
    login_failures_per_address: Annotated[int, Field(ge=10)] = 100
    """Wrong passwords in 15 minutes from one network address, which a whole office may share."""
    mails_per_address: Annotated[int, Field(ge=10)] = 200
    """Sign-ups, links sent again and lost passwords in 15 minutes from one network address."""
    inactivity_months: Annotated[int, Field(ge=1, le=120)] = 36
    """Months without a log-in after which an account is deactivated (ID-33)."""
    deletion_hours: Annotated[int, Field(ge=1, le=47)] = 24
    """Hours from a confirmed deletion request to its execution, which 48 hours bound (ID-40)."""
    return_days: Annotated[int, Field(ge=30, le=90)] = 30
    """Days on which a deactivated account may come back, the last included (ID-35, ID-41)."""
    heirs_months: Annotated[int, Field(ge=1, le=60)] = 12
    """Months that a dead member's content stays for heirs to bring a court's decision (ID-36)."""

    public_mail_domains: frozenset[str] = PUBLIC_MAIL_DOMAINS
    """Domains that belong to nobody's company: an address there says nothing of who gave it (ID-14)."""
    oidc_providers: list[OidcProvider] = []
    """Identity providers by which people sign up and log in, as a JSON list (ID-24)."""

    @field_validator("oidc_providers")
    @classmethod
    def _have_names_of_their_own(cls, value: list[OidcProvider]) -> list[OidcProvider]:
        if len({provider.name for provider in value}) < len(value):
            raise ValueError("two providers have the same name")
        return value

    @field_validator("signing_key")
    @classmethod
    def _is_a_private_key(cls, value: SecretStr) -> SecretStr:
        read_signing_key(value)
        return value

    @property
    def periods(self) -> Periods:
        """How long each step of a closure lasts."""
        return Periods(timedelta(hours=self.deletion_hours), self.return_days, self.heirs_months)

    @field_validator("link_secret")
    @classmethod
    def _is_not_one_letter(cls, value: SecretStr) -> SecretStr:
        if len(set(value.get_secret_value())) < 8:  # noqa: PLR2004 - "aaaa…" is long and still no secret
            raise ValueError("has too few different characters")
        return value


def read_signing_key(value: SecretStr) -> ECKey:
    """The key of `MAILLON_SIGNING_KEY`. Raises ValueError unless it is private, P-256 and has a `kid`."""
    try:
        key = ECKey.import_key(json.loads(value.get_secret_value()))
    except (JoseError, ValueError, KeyError, TypeError):
        raise ValueError("is not a JSON Web Key") from None
    if not key.is_private or key.curve_name != "P-256" or not key.kid:
        raise ValueError("is not a private P-256 key with a kid")
    return key
