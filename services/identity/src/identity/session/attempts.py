"""Wrong passwords, counted in the database: the limit holds over replicas and restarts."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import LargeBinary, delete
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column

from chassis.db import Base, Tx

WINDOW = timedelta(minutes=15)
FAILURES_PER_ACCOUNT = 10
"""Wrong passwords for one account in a window."""


class LoginAttempts(Base):
    """Wrong passwords for one account or from one network address; who or which is not kept."""

    __tablename__ = "login_attempts"

    key: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    window_started_at: Mapped[datetime] = mapped_column(index=True)
    failures: Mapped[int]

    def wait(self, limit: int, now: datetime) -> timedelta | None:
        """How long to wait before the next try; None when one is allowed now.

        Refused tries are not counted, so that nobody is locked out beyond the window by somebody else's tries.
        """
        ends = self.window_started_at + WINDOW
        return ends - now if self.failures >= limit and now < ends else None

    def count_failure(self, now: datetime) -> None:
        """One more wrong password, in this window or the first of a new one."""
        if now >= self.window_started_at + WINDOW:
            self.window_started_at, self.failures = now, 0
        self.failures += 1

    def forgive(self) -> None:
        """The right password came."""
        self.failures = 0


async def locked_counters(tx: Tx, account: bytes, address: bytes) -> tuple[LoginAttempts, LoginAttempts]:
    """Both counters, locked until the commit: a thousand tries at once are still counted one by one.

    Always the account's before the address's, so that two log-ins never wait for each other.
    """
    found = []
    for key in (account, address):
        statement = insert(LoginAttempts).values(key=key, window_started_at=tx.now, failures=0)
        statement = statement.on_conflict_do_update(index_elements=["key"], set_={"key": key})
        query = statement.returning(LoginAttempts).execution_options(populate_existing=True)
        found.append((await tx.scalars(query)).one())
    return found[0], found[1]


async def forget_old_attempts(tx: Tx, as_of: datetime) -> None:
    """Drop counters whose window is over."""
    await tx.execute(delete(LoginAttempts).where(LoginAttempts.window_started_at < as_of - WINDOW))
