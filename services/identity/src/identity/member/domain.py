"""A member: somebody with an account, from sign-up to the choice of a profile."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Literal
from uuid import UUID

from sqlalchemy import String
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Conflict, Forbidden, NotFound
from chassis.rows import Base, new_id
from chassis.transitions import Move, check_move, moves
from contracts.identity import MemberActivated, MemberErased, MemberRenamed
from contracts.roles import ProfileType, StaffScope
from identity.member.address import Address
from identity.standing.domain import STANDINGS, AccountDeactivated, AccountSuspended, Standing, StandingActor

Language = Literal["fr", "en"]


class MemberNotFound(NotFound):
    """No such member."""

    code, title = "member_not_found", "There is no such member"


class AccountNotActivated(Forbidden):
    """Until the mailed link is used, the account can do nothing else (ID-29)."""

    code, title = "account_not_activated", "Activate the account with the link sent by e-mail first"


class ProfileTypeImmutable(Forbidden):
    """It was chosen once (ID-19)."""

    code, title = "profile_type_immutable", "The profile type never changes"


class CredentialChangeRequired(Forbidden):
    """Suspended for the account's own safety until its password is changed (ID-32)."""

    code, title = "credential_change_required", "Choose a new password with the link sent by e-mail"


class EmailTaken(Conflict):
    """Said to operators, and to whoever proved to read the address's mail; a sign-up never tells."""

    code, title = "email_taken", "An account has this address already"


class MemberStatus(StrEnum):
    """How far an account has come."""

    PENDING = "pending"
    ACTIVATED = "activated"
    READY = "ready"


class NextStep(StrEnum):
    """What a member does next on the way in."""

    ACTIVATE = "activate"
    AWAIT_REVIEW = "await_review"
    """Staff look at the address first (ID-14)."""
    CHOOSE_PROFILE = "choose_profile"
    CREATE_COMPANY = "create_company"
    """A freelance's own (ID-18)."""
    JOIN_COMPANY = "join_company"
    """Find one's company and ask to join it, or create it (ID-18, CO-08)."""
    NONE = "none"


class Actor(StrEnum):
    """Who moves an account on."""

    LINK_HOLDER = "link_holder"
    MEMBER = "member"
    STAFF_MEMBER = "staff_member"
    OPERATOR = "operator"


MOVES: dict[MemberStatus, Move[MemberStatus, Actor]] = {
    MemberStatus.ACTIVATED: moves({MemberStatus.PENDING}, {Actor.LINK_HOLDER, Actor.OPERATOR}),
    MemberStatus.READY: moves({MemberStatus.ACTIVATED}, {Actor.MEMBER}),
}


SEEN_EVERY = timedelta(days=1)
KEPT_OF_ERASED = frozenset(
    {"id", "email_key", "language", "status", "standing", "signed_up_at", "last_active_at", "erased_at", "version"}
)
_BLANKS: dict[type[object], object] = {str: "", bool: False, object: []}
"""What stands where a column may not be absent; JSON (`object`) holds lists here."""


class Member(Base):
    """One person's account."""

    __tablename__ = "members"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    first_name: Mapped[str] = mapped_column(String(80))
    last_name: Mapped[str] = mapped_column(String(80))
    email: Mapped[str] = mapped_column(String(320))
    email_key: Mapped[str] = mapped_column(String(320), unique=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    """Absent until the person sets one: the account was opened by invitation or through another provider."""
    opened_by: Mapped[UUID | None]
    """Who opened the account for somebody that has not taken it over yet (ID-02)."""
    must_change_password: Mapped[bool] = mapped_column(default=False)
    """Nobody logs in until another password is set (ID-32)."""
    phone: Mapped[str | None] = mapped_column(String(16))
    """E.164."""
    language: Mapped[str] = mapped_column(String(2))
    status: Mapped[MemberStatus] = mapped_column(String(20))
    standing: Mapped[Standing] = mapped_column(String(20))
    profile_type: Mapped[ProfileType | None] = mapped_column(String(20))
    staff_scopes: Mapped[list[str]] = mapped_column(JSONB)
    signed_up_at: Mapped[datetime]
    activated_at: Mapped[datetime | None]
    last_active_at: Mapped[datetime] = mapped_column(index=True)
    """The last log-in or refresh, to within a day; at first the sign-up (ID-33)."""
    acted_for_company: Mapped[bool] = mapped_column(default=False)
    """Whether a company ever took the member on: then nothing is erased before its time (ID-20)."""
    erased_at: Mapped[datetime | None]
    version: Mapped[int]

    @classmethod
    def sign_up(
        cls,
        *,
        first_name: str,
        last_name: str,
        address: Address,
        password_hash: str | None,
        language: str,
        at: datetime,
    ) -> Member:
        """A pending account of somebody who declared to be an adult and a professional (ID-10, ID-26, ID-27)."""
        return cls(
            id=new_id(),
            first_name=first_name,
            last_name=last_name,
            email=address.written,
            email_key=address.key,
            password_hash=password_hash,
            language=language,
            status=MemberStatus.PENDING,
            standing=Standing.ACTIVE,
            staff_scopes=[],
            signed_up_at=at,
            last_active_at=at,
            version=1,
        )

    @classmethod
    def invited(
        cls, *, first_name: str, last_name: str, address: Address, language: str, by: UUID, at: datetime
    ) -> Member:
        """A pending account without password, opened for somebody who has agreed to nothing yet (ID-02)."""
        member = cls.sign_up(
            first_name=first_name, last_name=last_name, address=address, password_hash=None, language=language, at=at
        )
        member.opened_by = by
        return member

    @classmethod
    def staff(
        cls, *, name: str, address: Address, password_hash: str, scopes: frozenset[StaffScope], at: datetime
    ) -> Member:
        """An account of the platform's own staff, opened by an operator."""
        first, _, last = name.rpartition(" ")
        member = cls.sign_up(
            first_name=first, last_name=last, address=address, password_hash=password_hash, language="fr", at=at
        )
        member.staff_scopes = sorted(scopes)
        member.activate(Actor.OPERATOR, at)
        return member

    @property
    def display_name(self) -> str:
        """The name that colleagues see."""
        return f"{self.first_name} {self.last_name}".strip()

    @property
    def scopes(self) -> frozenset[StaffScope]:
        """What a staff account may do; empty for everybody else."""
        return frozenset(StaffScope(scope) for scope in self.staff_scopes)

    @property
    def is_anybodys(self) -> bool:
        """Whether somebody signed up under an address that they have not proven: whose account it is, nobody knows."""
        pending = self.status == MemberStatus.PENDING and self.standing == Standing.ACTIVE
        return pending and self.opened_by is None

    def require_activated(self) -> None:
        """Raise AccountNotActivated while the address is not proven (ID-23, ID-29)."""
        if self.status == MemberStatus.PENDING:
            raise AccountNotActivated

    def require_kept_password(self) -> None:
        """Raise CredentialChangeRequired while another password is asked for (ID-32)."""
        if self.must_change_password:
            raise CredentialChangeRequired

    def edit(
        self, *, first_name: str, last_name: str, phone: str | None, language: str, at: datetime
    ) -> MemberRenamed | None:
        """Replace what a member says about themselves (ID-21, ID-54); the event when others know another name."""
        former = self.display_name
        self.first_name, self.last_name, self.phone, self.language = first_name, last_name, phone, language
        self.version += 1
        if self.display_name == former or self.status != MemberStatus.READY:
            return None
        return MemberRenamed(member_id=self.id, display_name=self.display_name, renamed_at=at, version=self.version)

    def move_to_address(self, address: Address) -> None:
        """The mailbox of another address proved to be the member's."""
        self.email, self.email_key = address.written, address.key
        self.version += 1

    def set_password(self, password_hash: str) -> None:
        """Replace the password; a forced change is done with it (ID-31, ID-32)."""
        self.password_hash = password_hash
        self.must_change_password = False

    def require_active(self) -> None:
        """Raise AccountSuspended or AccountDeactivated unless the account may be used (ID-41, ID-44)."""
        if self.standing == Standing.SUSPENDED:
            raise AccountSuspended
        if self.standing != Standing.ACTIVE:
            raise AccountDeactivated

    def stand(self, target: Standing, by: StandingActor) -> None:
        """Move between standings. Raises IllegalMove or Forbidden."""
        self.standing = check_move(STANDINGS, self.standing, target, by)
        self.version += 1

    def seen(self, at: datetime) -> None:
        """Remember that the account is used, at the cost of one write a day (ID-33)."""
        if at - self.last_active_at >= SEEN_EVERY:
            self.last_active_at = at

    def erase(self, by: StandingActor, at: datetime) -> MemberErased:
        """Let go of the person and keep a row that names nobody; the address is free again (ID-20, ID-41).

        Every column goes that is not listed as kept, so that a new one is never forgotten here.
        """
        self.stand(Standing.ERASED, by)
        self.erased_at = at
        for name, column in self.__mapper__.columns.items():
            if name not in KEPT_OF_ERASED:
                setattr(self, name, None if column.nullable else _BLANKS[column.type.python_type])
        self.email_key = f"erased:{self.id}"
        return MemberErased(member_id=self.id, erased_at=at, version=self.version)

    def take_over(
        self,
        *,
        password_hash: str | None,
        first_name: str | None = None,
        last_name: str | None = None,
        language: str | None = None,
    ) -> None:
        """The person that somebody opened the account for enters, by that invitation or by a sign-up of their own."""
        self.opened_by = None
        self.password_hash = password_hash
        self.first_name = first_name or self.first_name
        self.last_name = last_name or self.last_name
        self.language = language or self.language

    def activate(self, by: Actor, at: datetime) -> None:
        """The address is proven (ID-13, ID-15). Raises IllegalMove when it was before."""
        self._move_to(MemberStatus.ACTIVATED, by)
        self.activated_at = at
        self.version += 1

    def require_choice(self) -> None:
        """Raise AccountNotActivated or ProfileTypeImmutable unless a profile can be chosen."""
        self.require_activated()
        if self.profile_type is not None:
            raise ProfileTypeImmutable

    def next_step(self, *, under_review: bool, affiliated: bool) -> NextStep:
        """What comes next on the way in; a provider that is more than one person is joined, or created (ID-18)."""
        if self.status == MemberStatus.PENDING:
            return NextStep.ACTIVATE
        if self.staff_scopes or affiliated:
            return NextStep.NONE
        if self.profile_type is None:
            return NextStep.AWAIT_REVIEW if under_review else NextStep.CHOOSE_PROFILE
        return NextStep.CREATE_COMPANY if self.profile_type == ProfileType.FREELANCE else NextStep.JOIN_COMPANY

    def choose_profile_type(self, chosen: ProfileType, at: datetime) -> MemberActivated:
        """Choose once and for ever (ID-17 to ID-19).

        Raises:
            AccountNotActivated: the address is not proven.
            ProfileTypeImmutable: it was chosen before.
            Forbidden: staff have no profile.

        """
        self.require_choice()
        self._move_to(MemberStatus.READY, Actor.STAFF_MEMBER if self.staff_scopes else Actor.MEMBER)
        self.profile_type = chosen
        self.version += 1
        return MemberActivated(
            member_id=self.id,
            display_name=self.display_name,
            profile_type=chosen,
            activated_at=at,
            version=self.version,
        )

    def _move_to(self, target: MemberStatus, by: Actor) -> None:
        self.status = check_move(MOVES, self.status, target, by)
