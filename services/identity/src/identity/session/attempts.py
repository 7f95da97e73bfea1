"""Wrong passwords and codes, counted in the database: the limits hold over replicas and restarts.

Whoever fails too often is stopped in their own place first. An account is closed to everywhere much later, and never
to the networks that its owner has logged in from: strangers cannot keep the owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from fastapi import Response
from sqlalchemy import LargeBinary, delete, exists, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Mapped, mapped_column
from starlette.requests import Request

from chassis.db import Base, Tx
from chassis.errors import Problem
from chassis.problems import problem_response
from identity.member.domain import Member
from identity.network import client_address, network_of
from identity.own import Own
from identity.session.domain import Session, TooManyAttempts, TooManyRequests

WINDOW = timedelta(minutes=15)
FAILURES_PER_PLACE = 10
"""Wrong proofs for one account from one network in a window."""
FAILURES_PER_ACCOUNT = 50
"""Wrong proofs for one account from all networks in a window; its owner's own networks stay open."""


class LoginAttempts(Base):
    """Wrong proofs for one account, from one network, or both; who or which is not kept."""

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
        """One more wrong proof, in this window or the first of a new one."""
        if now >= self.window_started_at + WINDOW:
            self.window_started_at, self.failures = now, 0
        self.failures += 1


@dataclass(frozen=True, slots=True)
class Tries:
    """The counters of one try, locked until the commit: a thousand tries at once are still counted one by one."""

    account: LoginAttempts
    here: LoginAttempts
    """The account's from this network."""
    network: LoginAttempts
    network_limit: int
    network_digest: bytes
    """By which a network is recognised that the member has logged in from before."""

    def refusal(self, now: datetime, *, known_here: bool) -> Response | None:
        """The answer when there were too many; None when a try is allowed now."""
        waits = [self.here.wait(FAILURES_PER_PLACE, now), self.network.wait(self.network_limit, now)]
        if not known_here:
            waits.append(self.account.wait(FAILURES_PER_ACCOUNT, now))
        longest = max((wait for wait in waits if wait), default=None)
        return _come_back(TooManyAttempts(), longest) if longest else None

    def failed(self, now: datetime) -> None:
        """A wrong password or code came."""
        for counter in (self.account, self.here, self.network):
            counter.count_failure(now)

    def succeeded(self) -> None:
        """The right one came: this place is forgiven, the others' failures are not."""
        self.here.failures = 0


async def tries_of(tx: Tx, own: Own, email_key: str, request: Request) -> Tries:
    """The counters of an account, whether there is one or not, and of where the request comes from.

    Always the account's first, so that two log-ins never wait for each other.
    """
    where = network_of(client_address(request))
    digest = own.links.blur("network", where)
    keys = (own.links.blur("account", email_key), own.links.blur("account here", f"{where}|{email_key}"), digest)
    account, here, network = [await _locked(tx, key) for key in keys]
    return Tries(account, here, network, own.settings.login_failures_per_address, digest)


async def _locked(tx: Tx, key: bytes) -> LoginAttempts:
    statement = insert(LoginAttempts).values(key=key, window_started_at=tx.now, failures=0)
    statement = statement.on_conflict_do_update(index_elements=["key"], set_={"key": key})
    query = statement.returning(LoginAttempts).execution_options(populate_existing=True)
    return (await tx.scalars(query)).one()


async def refusal_of(tx: Tx, tries: Tries, member: Member | None) -> Response | None:
    """The answer when there were too many tries; None when one is allowed now."""
    member_id = member.id if member else None
    known = exists().where(Session.member_id == member_id, Session.network_digest == tries.network_digest)
    known_here = bool(await tx.scalar(select(known)))
    return tries.refusal(tx.now, known_here=known_here)


async def too_many_mails(tx: Tx, own: Own, request: Request) -> Response | None:
    """Count a stranger's request that makes us write to somebody; the answer when their network made too many.

    Each mailbox is protected by itself (`MAILS_PER_HOUR`); this is for who would have us write to a thousand.
    """
    network = await _locked(tx, own.links.blur("mails from", network_of(client_address(request))))
    wait = network.wait(own.settings.mails_per_address, tx.now)
    if wait is None:
        network.count_failure(tx.now)
        return None
    return _come_back(TooManyRequests(), wait)


def _come_back(refusal: Problem, wait: timedelta) -> Response:
    refused = problem_response(refusal)
    refused.headers["Retry-After"] = str(int(wait.total_seconds()) + 1)
    return refused


REPORTS_PER_ADDRESS = 3
"""Reports about one address in a window, made without logging in."""
REPORTS_PER_NETWORK = 10
"""The same from one network."""


async def allow_reports(tx: Tx, own: Own, email_key: str, where: str) -> timedelta | None:
    """Count a report made without logging in; how long to wait when there were too many."""
    address = await _locked(tx, own.links.blur("reports about", email_key))
    network = await _locked(tx, own.links.blur("reports from", where))
    waits = (address.wait(REPORTS_PER_ADDRESS, tx.now), network.wait(REPORTS_PER_NETWORK, tx.now))
    longest = max((wait for wait in waits if wait), default=None)
    if longest is None:
        address.count_failure(tx.now)
        network.count_failure(tx.now)
    return longest


async def forget_old_attempts(tx: Tx, as_of: datetime) -> None:
    """Drop counters whose window is over."""
    await tx.execute(delete(LoginAttempts).where(LoginAttempts.window_started_at < as_of - WINDOW))
