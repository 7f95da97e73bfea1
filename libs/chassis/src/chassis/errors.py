"""Errors that know their HTTP meaning, and the two that steer the redelivery of messages.

A domain module raises these; only the web layer turns them into an answer (RFC 9457).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True, slots=True)
class FieldError:
    """One field at fault: its path in the request, a stable code, a sentence."""

    field: str
    code: str
    detail: str


class Problem(Exception):
    """Base of every refusal. Subclasses fix `status`, `code` and `title`; the code never changes."""

    status: ClassVar[int] = 400
    code: ClassVar[str] = "problem"
    title: ClassVar[str] = "The request was refused"
    headers: ClassVar[dict[str, str] | None] = None
    """Headers of the answer, in the place of those that go with the status."""
    catalogue: ClassVar[dict[str, type[Problem]]] = {}

    def __init__(self, detail: str = "", *, field: str | None = None, errors: list[FieldError] | None = None):
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.errors = errors or ([FieldError(field, self.code, self.detail)] if field else [])

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        if "code" not in cls.__dict__:
            return  # a family, not a refusal of its own
        known = Problem.catalogue.setdefault(cls.code, cls)
        if known.__qualname__ != cls.__qualname__:
            raise TypeError(f"the code {cls.code!r} belongs to {known.__qualname__} already")


class NotFound(Problem):
    """Absent, or not yours to see: the two are told apart by nobody."""

    status = 404


class Conflict(Problem):
    """What was asked does not fit the state things are in."""

    status = 409


class Gone(Problem):
    """It was there, and will not be again."""

    status = 410


class Unprocessable(Problem):
    """Well-formed, understood, and against a rule."""

    status = 422


class Forbidden(Problem):
    """Known caller, not allowed."""

    status, code, title = 403, "forbidden", "You may not do this"


class Unauthenticated(Problem):
    """No token, or one that is void."""

    status, code, title = 401, "unauthenticated", "A valid access token is needed"


class InvalidRequest(Problem):
    """The request does not have the announced shape."""

    status, code, title = 422, "invalid_request", "The request is not valid"


class MalformedBody(Problem):
    """The body cannot be read at all."""

    status, code, title = 400, "malformed_body", "The body cannot be read"


class IllegalMove(Conflict):
    """The status does not allow this move."""

    code, title = "illegal_move", "The present status does not allow this"


class VersionConflict(Problem):
    """Somebody changed it since you read it (If-Match)."""

    status, code, title = 412, "version_conflict", "It changed since you read it"


class TemporarilyUnavailable(Problem):
    """A part that the request needs is down; the same request may be sent again."""

    status, code, title = 503, "temporarily_unavailable", "Please try again shortly"


class TransientError(Exception):
    """Trying the message again later may work."""


class NotReady(TransientError):
    """Something that another event brings has not arrived yet."""


def require(holds: bool, otherwise: Problem) -> None:
    """Raise the given problem unless the condition holds."""
    if not holds:
        raise otherwise
