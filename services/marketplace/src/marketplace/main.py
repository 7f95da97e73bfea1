"""The marketplace service, assembled."""

from chassis.platform import Service
from marketplace.budget.consumers import consumers as budget_consumers
from marketplace.budget.routes import router as budgets
from marketplace.directory import personal as directory_data
from marketplace.directory.consumers import consumers
from marketplace.personal import DATA
from marketplace.proposal.routes import router as proposals
from marketplace.rfp.routes import router as rfps

service = Service(
    name="marketplace",
    summary="Requests for proposals, the answers to them, and the choice of one",
    routers=[budgets, rfps, proposals],
    consumers=[consumers, budget_consumers],
    personal_data=[*DATA, *directory_data.DATA],
)
