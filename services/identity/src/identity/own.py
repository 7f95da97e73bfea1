"""What identity alone holds beside the platform's common parts."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from fastapi import Depends

from chassis.http import PlatformDep
from chassis.mail import Mailer, Templates
from chassis.platform import Platform
from chassis.settings import Settings
from identity.link.domain import LinkSecret
from identity.passwords import Passwords
from identity.sealed import SecretBox
from identity.settings import IdentitySettings, read_signing_key
from identity.social.provider import Provider
from identity.tokens import TokenIssuer

TEMPLATES = Path(__file__).parent / "mail_templates"


@dataclass(frozen=True)
class Own:
    """Settings, keys and the way out for mail."""

    settings: IdentitySettings
    public_url: str
    passwords: Passwords
    issuer: TokenIssuer
    links: LinkSecret
    box: SecretBox
    mailer: Mailer
    templates: Templates
    providers: dict[str, Provider]


def build(settings: Settings) -> Own:
    """Read identity's settings and make its parts. Raises ValidationError for a missing or weak one."""
    own, public_url = IdentitySettings(), settings.public_url.rstrip("/")
    return Own(
        settings=own,
        public_url=public_url,
        passwords=Passwords(),
        issuer=TokenIssuer(read_signing_key(own.signing_key), settings.token_issuer, settings.token_audience),
        links=LinkSecret(own.link_secret.get_secret_value()),
        box=SecretBox(own.link_secret.get_secret_value()),
        mailer=Mailer(own.smtp_url, own.mail_from),
        templates=Templates(TEMPLATES),
        providers={
            found.name: Provider(found, f"{public_url}/oidc/{found.name}/callback") for found in own.oidc_providers
        },
    )


def own_of(platform: Platform) -> Own:
    """Identity's parts of a running platform."""
    return cast("Own", platform.own)


async def _own(platform: PlatformDep) -> Own:
    return own_of(platform)


OwnDep = Annotated[Own, Depends(_own)]
