"""The e-mails that people really received, read from the catcher."""

from __future__ import annotations

import re
from typing import Any

import httpx2

from stack.demo.client import eventually

TOKEN = re.compile(r"[?&#]token=([A-Za-z0-9._~-]+)")


class Postbox:
    """What was delivered to anybody's address."""

    def __init__(self, catcher_url: str):
        self._http = httpx2.Client(base_url=catcher_url, timeout=10, trust_env=False)

    def letters(self, to: str) -> list[dict[str, Any]]:
        """Messages to one address, the newest first."""
        items: list[dict[str, Any]] = self._http.get("/messages", params={"to": to}).json()["items"]
        return items

    def wait_for(self, to: str, *words: str) -> dict[str, Any]:
        """The newest message to `to` whose text or subject holds all the words. Raises TooLate."""

        def look() -> dict[str, Any] | None:
            return next((m for m in self.letters(to) if all(w in f"{m['subject']} {m['text']}" for w in words)), None)

        return eventually(look, f"an e-mail that says {' and '.join(words) or 'anything'}")

    def token(self, to: str) -> str:
        """The token of the link in the newest message that has one. Raises TooLate."""
        message = self.wait_for(to, "token=")
        found = TOKEN.search(message["text"])
        assert found is not None
        return found.group(1)

    def close(self) -> None:
        """Let go of the connection."""
        self._http.close()
