"""What billing tells of paid subscriptions."""

from chassis import Consumers, Tx, upsert_newer
from company.subscription.paid import PaidSubscription
from company.subscription.plans import Plan
from contracts.billing import SubscriptionChanged

consumers = Consumers("company")


@consumers.on(SubscriptionChanged)
async def apply_plan_on_SubscriptionChanged(event: SubscriptionChanged, tx: Tx) -> None:  # noqa: N802 - named like its queue
    """Give the company the plan that it pays for, as long as it does; what was told late changes nothing (CO-47)."""
    told = event.model_dump(exclude={"changed_at"}) | {"plan": Plan(event.plan)}
    await upsert_newer(tx, PaidSubscription, told)
