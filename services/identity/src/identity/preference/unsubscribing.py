"""One-click unsubscribing: a signed token in the mail's own headers (RFC 2369, RFC 8058)."""

from __future__ import annotations

import base64
import hmac
from uuid import UUID

from identity.link.domain import LinkSecret
from identity.preference.domain import MANDATORY, Category, UnsubscribeTokenInvalid


def unsubscribe_token(secret: LinkSecret, member_id: UUID, category: Category) -> str:
    """What lets a mail's reader, and nobody else, end the mails of its category."""
    mac = secret.blur("unsubscribe", f"{member_id}|{category}")
    return f"{member_id.hex}.{category}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def read_unsubscribe_token(secret: LinkSecret, token: str) -> tuple[UUID, Category]:
    """Whose mails of which category. Raises UnsubscribeTokenInvalid unless we signed it."""
    try:
        written, name, _ = token.split(".")
        member_id, category = UUID(hex=written), Category(name)
    except ValueError:
        raise UnsubscribeTokenInvalid from None
    if category in MANDATORY or not hmac.compare_digest(token, unsubscribe_token(secret, member_id, category)):
        raise UnsubscribeTokenInvalid
    return member_id, category


def unsubscribe_headers(secret: LinkSecret, public_url: str, member_id: UUID, category: Category) -> dict[str, str]:
    """The headers of a mail that its reader may do without; none for the others."""
    if category in MANDATORY:
        return {}
    token = unsubscribe_token(secret, member_id, category)
    return {
        "List-Unsubscribe": f"<{public_url}/api/identity/unsubscriptions?token={token}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }
