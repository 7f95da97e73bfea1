"""What contracting alone holds beside the platform's common parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends

from chassis.http import PlatformDep
from chassis.settings import Settings
from contracting.settings import OperatorSettings
from contracting.signing import Sealer
from contracting.signing.keys import SealSettings


@dataclass(frozen=True)
class Own:
    """The operator as documents show it, and the way to its seal."""

    operator: OperatorSettings
    sealer: Sealer


def build(settings: Settings) -> Own:
    """Read contracting's settings; nothing starts yet. Raises ValidationError for a wrong one."""
    return Own(OperatorSettings(), Sealer(SealSettings(files_url=settings.files_url)))


async def _own(platform: PlatformDep) -> Own:
    return cast("Own", platform.own)


OwnDep = Annotated[Own, Depends(_own)]
