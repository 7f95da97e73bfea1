"""The members that this service knows, as identity told it."""

from uuid import UUID

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict
from chassis.rows import Base
from company.words import words
from contracts.roles import ProfileType

GONE = 2**31 - 1
"""The version of a member whose account is gone: no event that comes late is newer."""


class ProfileNotKnownYet(Conflict):
    """The member's profile type has not arrived yet, or was never chosen; trying again may work."""

    code, title = "profile_not_known_yet", "Your profile type is not known here yet"


class KnownMember(Base):
    """The local copy of a member: the name to show, and the side they signed up for."""

    __tablename__ = "known_members"

    member_id: Mapped[UUID] = mapped_column(primary_key=True)
    display_name: Mapped[str] = mapped_column(String(200))
    profile_type: Mapped[ProfileType] = mapped_column(words(ProfileType))
    version: Mapped[int]

    @property
    def gone(self) -> bool:
        """Whether the account was erased: the row alone is left, so that nothing late brings the person back."""
        return self.version == GONE
