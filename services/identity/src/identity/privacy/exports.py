"""The export: once every service's part has come, one archive that only the request's key opens."""

from __future__ import annotations

import asyncio
import io
import json
import logging
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

from jinja2 import Environment, FileSystemLoader
from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import ECKey
from sqlalchemy import delete, func, select

from chassis.audit import audit
from chassis.clock import PARIS
from chassis.db import Tx
from chassis.personal_data import unseal
from chassis.platform import Platform
from contracts.topology import SERVICES
from identity.member.domain import Member
from identity.own import own_of
from identity.privacy.domain import OPEN, ExportGone, ExportPart, PrivacyRequest
from identity.privacy.queries import tell_member

logger = logging.getLogger("identity.exports")

ZIP = "application/zip"
_SEALING = {"alg": "ECDH-ES", "enc": "A256GCM"}
_PAGES = Environment(loader=FileSystemLoader(Path(__file__).parent), autoescape=True)


async def deliver_next(platform: Platform) -> bool:
    """Make one archive that is complete, or else drop one that has passed its time; say whether there was any."""
    return await build_next(platform) or await drop_next(platform)


async def build_next(platform: Platform) -> bool:
    """Make the archive of one complete request; say whether there was one.

    A crash before the commit leaves a file behind that no key opens, and the next turn makes another.
    """
    async with platform.database.transaction() as tx:
        tx.actor = "identity.exports"
        complete = select(ExportPart.request_id).group_by(ExportPart.request_id).having(func.count() >= len(SERVICES))
        query = select(PrivacyRequest).where(PrivacyRequest.id.in_(complete), PrivacyRequest.status.in_(OPEN))
        request = (await tx.scalars(query.limit(1).with_for_update(skip_locked=True))).one_or_none()
        if request is None:
            return False
        await _build(tx, platform, request)
    return True


async def _build(tx: Tx, platform: Platform, request: PrivacyRequest) -> None:
    parts = list(await tx.scalars(select(ExportPart).where(ExportPart.request_id == request.id)))
    member = await tx.get_one(Member, request.member_id)
    await drop_parts(tx, request.id)
    key = own_of(platform).box.open(request.sealed_key, request.id) if request.sealed_key else None
    try:
        sealed = await asyncio.to_thread(_archive, {p.service: p.sealed for p in parts}, key, member.language, tx.now)
    except (JoseError, ValueError):
        logger.exception("export_not_readable", extra={"request": str(request.id)})
        request.sealed_key = None  # staff answer it by hand before its deadline
        return
    request.deliver(await platform.files.put_made(sealed), tx.now)
    assert request.export_until is not None
    audit(tx, "export.made", request.id)
    until = request.export_until.astimezone(PARIS).date().isoformat()
    tell_member(tx, request, "privacy_export_ready", until=until)


def _archive(parts: dict[str, str], key: str | None, language: str, at: datetime) -> bytes:
    """One JSON file a service and a page to read, as a ZIP sealed for the request's own key."""
    if key is None:
        raise ValueError("the key was sealed with another secret")
    opener = ECKey.import_key(json.loads(key))
    known = {service: unseal(parts[service], opener) for service in SERVICES}
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        packed.writestr("index.html", _index(known, language, at))
        for service, classes in known.items():
            packed.writestr(f"{service}.json", json.dumps(classes, ensure_ascii=False, indent=2))
    return jwe.encrypt_compact(_SEALING, archive.getvalue(), opener).encode()


def _index(known: dict[str, dict[str, Any]], language: str, at: datetime) -> str:
    """What the archive holds, for a reader who is no program, in the member's language."""
    return _PAGES.get_template(f"index.{language}.html").render(services=known, made_on=at.astimezone(PARIS).date())


def open_export(sealed: bytes, key: str | None) -> bytes:
    """The archive in clear. Raises ExportGone when its key was sealed with another secret."""
    if key is None:
        raise ExportGone
    return jwe.decrypt_compact(sealed, ECKey.import_key(json.loads(key))).plaintext or b""


async def drop_next(platform: Platform) -> bool:
    """Delete one export whose seven days are over, and its key with it; say whether there was one."""
    async with platform.database.transaction() as tx:
        query = select(PrivacyRequest).where(
            PrivacyRequest.export_until <= tx.now, PrivacyRequest.export_file.is_not(None)
        )
        request = (await tx.scalars(query.limit(1).with_for_update(skip_locked=True))).one_or_none()
        if request is None or request.export_file is None:
            return False
        await platform.files.remove(request.export_file)
        request.export_file = request.sealed_key = None
    return True


async def drop_parts(tx: Tx, request_id: UUID) -> None:
    """Let go of the parts of a request that needs them no more."""
    await tx.execute(delete(ExportPart).where(ExportPart.request_id == request_id))
