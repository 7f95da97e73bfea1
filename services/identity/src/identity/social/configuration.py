"""Which identity providers there are: configuration alone (ID-24)."""

from __future__ import annotations

from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator

_LOCAL = {"localhost", "127.0.0.1", "::1"}

PUBLIC_MAIL_DOMAINS = frozenset(
    {
        "aol.com", "bbox.fr", "example.com", "example.net", "example.org", "free.fr", "gmail.com", "gmx.com",
        "gmx.de", "gmx.fr", "googlemail.com", "hotmail.com", "hotmail.fr", "icloud.com", "laposte.net", "live.com",
        "live.fr", "mac.com", "mail.com", "me.com", "msn.com", "neuf.fr", "numericable.fr", "orange.fr",
        "outlook.com", "outlook.fr", "pm.me", "proton.me", "protonmail.com", "sfr.fr", "wanadoo.fr", "web.de",
        "yahoo.com", "yahoo.fr", "ymail.com",
    }
)  # fmt: skip
"""Providers of mailboxes to anybody, and what RFC 2606 gives to nobody, unless the operator says otherwise."""


def require_tls(url: str) -> str:
    """The address, unless somebody on the way could read what is sent there. Raises ValueError."""
    parts = urlsplit(url)
    if not parts.hostname or not (parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOCAL)):
        raise ValueError("must be an https address")
    return url


class OidcProvider(BaseModel):
    """One OpenID provider; as LinkedIn needs it: `nonce` false, since its id_token carries none."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)

    name: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{1,39}$")]
    """Its name in addresses."""
    title: Annotated[str, Field(min_length=1, max_length=60)]
    """Its name for people."""
    discovery_url: str
    client_id: Annotated[str, Field(min_length=1)]
    client_secret: SecretStr
    scopes: list[str] = ["openid", "profile", "email"]
    client_auth: Literal["client_secret_post", "client_secret_basic"] = "client_secret_post"
    nonce: bool = True
    """Whether the id_token must repeat the nonce that was sent."""
    algorithms: list[Literal["RS256", "PS256", "ES256", "EdDSA"]] = ["RS256", "PS256", "ES256"]
    """Signatures that are believed."""

    @field_validator("discovery_url")
    @classmethod
    def _is_a_discovery_url(cls, value: str) -> str:
        if not value.endswith("/.well-known/openid-configuration"):
            raise ValueError("must end in /.well-known/openid-configuration")
        return require_tls(value)

    @property
    def issuer(self) -> str:
        """Who must have signed (OpenID Connect Discovery 1.0, section 4.3)."""
        return self.discovery_url.removesuffix("/.well-known/openid-configuration")
