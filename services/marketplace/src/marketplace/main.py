"""The marketplace service, assembled."""

from chassis.chores import keep_doing
from chassis.platform import Service
from marketplace.acknowledgement import personal as acknowledgement_data
from marketplace.acknowledgement.routes import router as acknowledgements
from marketplace.attachment.removed import drop_removed
from marketplace.attachment.routes import router as attachments
from marketplace.budget.consumers import consumers as budget_consumers
from marketplace.budget.routes import router as budgets
from marketplace.choice.routes import router as choices
from marketplace.choice.staff import router as retentions
from marketplace.clause.routes import router as clauses
from marketplace.directory import personal as directory_data
from marketplace.directory.consumers import consumers
from marketplace.favourite import personal as favourite_data
from marketplace.favourite.routes import router as favourites
from marketplace.meeting.routes import router as meetings
from marketplace.negotiation.routes import router as negotiations
from marketplace.personal import DATA
from marketplace.proposal import personal as proposal_data
from marketplace.proposal.consumers import consumers as proposal_consumers
from marketplace.proposal.routes import router as proposals
from marketplace.question import personal as question_data
from marketplace.question.routes import router as questions
from marketplace.report.routes import router as reports
from marketplace.rfp import personal as rfp_data
from marketplace.rfp.closing import router as closings
from marketplace.rfp.publication import router as publications
from marketplace.rfp.routes import router as rfps
from marketplace.saved_search import personal as saved_search_data
from marketplace.saved_search.routes import router as saved_searches
from marketplace.saved_search.sweep import DAILY
from marketplace.settings import MarketplaceSettings
from marketplace.spam.routes import router as spam
from marketplace.template.routes import router as templates
from marketplace.workflow.routes import router as workflows

service = Service(
    name="marketplace",
    summary="Requests for proposals, the answers to them, and the choice of one",
    routers=[
        budgets,
        acknowledgements,
        rfps,
        publications,
        closings,
        templates,
        clauses,
        workflows,
        favourites,
        saved_searches,
        questions,
        proposals,
        choices,
        retentions,
        attachments,
        negotiations,
        meetings,
        spam,
        reports,
    ],
    consumers=[consumers, budget_consumers, proposal_consumers],
    sweeps=[DAILY],
    personal_data=[
        *DATA,
        *rfp_data.DATA,
        *directory_data.DATA,
        *acknowledgement_data.DATA,
        *favourite_data.DATA,
        *question_data.DATA,
        *saved_search_data.DATA,
        *proposal_data.DATA,
    ],
    background=[keep_doing(drop_removed, rest=60.0, failing="files_not_removed")],
    state=lambda _: MarketplaceSettings(),
)
