"""Whether a member may look for requests."""

from uuid import UUID

from chassis import Tx
from chassis.errors import require
from marketplace.acknowledgement.domain import Acknowledgement, AcknowledgementNeeded, text_in_force
from marketplace.actor import Actor
from marketplace.directory.domain import Company, FrameworkContractMissing, MarketClosedToUnvalidated
from marketplace.directory.queries import admitted_provider

MARKET_CLOSED = (MarketClosedToUnvalidated, FrameworkContractMissing, AcknowledgementNeeded)
"""How the market refuses."""


async def admit(tx: Tx, actor: Actor) -> None:
    """Let a provider's member in, as `admit_provider` does; a client always sees its own."""
    if not actor.buys:
        await admit_provider(tx, actor)


async def admit_provider(tx: Tx, actor: Actor) -> Company:
    """The provider that the member acts for, if the market is open to both.

    Raises:
        MarketClosedToUnvalidated: the platform has not checked the company (MK-20).
        FrameworkContractMissing: its framework contract is not in force (MK-19).
        AcknowledgementNeeded: the member has not taken note of the law in force (MK-21).

    """
    provider = await admitted_provider(tx, actor.company_id)
    require(await acknowledgement_of(tx, actor.member_id) is not None, AcknowledgementNeeded())
    return provider


async def acknowledgement_of(tx: Tx, member_id: UUID) -> Acknowledgement | None:
    """That the member took note of the text in force, if so."""
    return await tx.get(Acknowledgement, (member_id, text_in_force(tx.today).version))
