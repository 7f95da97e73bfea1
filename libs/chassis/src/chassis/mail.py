"""Mail: Jinja templates in MJML with a plain-text part, sent by SMTP with a Message-ID of ours."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path
from urllib.parse import urlsplit

import aiosmtplib
import mrml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

_GAPS = re.compile(r"\n\s*\n\s*\n")
"""What a part that is left out leaves behind."""
_METHOD = re.compile(r"^METHOD:([A-Z]+)\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Rendered:
    """A message before it has a recipient."""

    subject: str
    text: str
    html: str


class Templates:
    """A folder of `<name>.<language>.txt`, with a block `subject`, and `<name>.<language>.mjml`."""

    def __init__(self, folder: Path):
        self._html = Environment(loader=FileSystemLoader(folder), autoescape=True, undefined=StrictUndefined)
        self._text = Environment(loader=FileSystemLoader(folder), autoescape=False, undefined=StrictUndefined)  # noqa: S701 - plain text

    def render(self, name: str, language: str, context: Mapping[str, str]) -> Rendered:
        """Fill both parts. Raises jinja2.TemplateNotFound or UndefinedError."""
        text = self._text.get_template(f"{name}.{language}.txt").render(context)
        mjml = self._html.get_template(f"{name}.{language}.mjml").render(context)
        plain = _GAPS.sub("\n\n", text.strip()) + "\n"
        return Rendered(self.subject(name, language, context), plain, mrml.to_html(mjml).content)

    def subject(self, name: str, language: str, context: Mapping[str, str]) -> str:
        """The subject alone, on one line whatever the values hold. Raises like `render`."""
        template = self._text.get_template(f"{name}.{language}.txt")
        parts = template.blocks["subject"](template.new_context(dict(context)))
        return " ".join("".join(parts).split())


class Mailer:
    """The SMTP relay that mail leaves through: `smtp://host:port`, or `smtps://user:password@host`."""

    def __init__(self, url: str, sender: str):
        self._url = urlsplit(url)
        self._sender = sender

    async def send(
        self,
        to: str,
        rendered: Rendered,
        *,
        message_id: str,
        at: datetime,
        headers: Mapping[str, str] | None = None,
        calendar: str | None = None,
    ) -> None:
        """Send one message, with an iCalendar file if there is one; sending again keeps the Message-ID.

        Raises aiosmtplib.SMTPException or OSError.
        """
        message = EmailMessage()
        message["From"], message["To"], message["Subject"] = self._sender, to, rendered.subject
        message["Message-ID"] = f"<{message_id}@{self._sender.rpartition('@')[2].rstrip('>')}>"
        message["Date"] = format_datetime(at)
        message["Auto-Submitted"] = "auto-generated"
        for name, value in (headers or {}).items():
            message[name] = value
        message.set_content(rendered.text)
        message.add_alternative(rendered.html, subtype="html")
        if calendar is not None:  # an alternative, so that mail programs offer to answer it (RFC 6047)
            method = _METHOD.search(calendar)
            asked = {"method": method[1]} if method else {}
            message.add_alternative(calendar, subtype="calendar", params=asked)
        await aiosmtplib.send(
            message,
            hostname=self._url.hostname,
            port=self._url.port,
            username=self._url.username,
            password=self._url.password,
            use_tls=self._url.scheme == "smtps",
            start_tls=False if self._url.scheme == "smtp" and not self._url.username else None,
            timeout=15,
        )
