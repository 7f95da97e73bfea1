"""The company service: companies, who acts for them, their documents and bank details."""

from chassis.chores import keep_doing
from chassis.platform import Service
from company.affiliation import people, personal
from company.affiliation import routes as affiliations
from company.affiliation import staff as affiliation_staff
from company.affiliation.consumers import consumers as invitations
from company.approvals.sweeps import SWEEPS as APPROVAL_SWEEPS
from company.bank import routes as bank
from company.bank import staff as bank_staff
from company.bank.progress import SWEEPS as BANK_SWEEPS
from company.company import account, capacities, country_list, found
from company.company import personal as account_data
from company.company import routes as companies
from company.company import staff as company_staff
from company.compliance import personal as compliance_data
from company.compliance import routes as documents
from company.compliance import staff as document_staff
from company.compliance import statements, suppliers
from company.compliance.consumers import consumers as rechecks
from company.compliance.discarded import remove_discarded
from company.compliance.sweeps import SWEEPS
from company.directory import routes as directory
from company.directory.consumers import consumers
from company.entity import routes as entities
from company.identity_change import routes as identity_changes
from company.platform_documents import routes as platform_documents
from company.referencing import routes as referencing
from company.settings import CompanySettings
from company.subscription import routes as subscriptions
from company.subscription.consumers import consumers as paid_subscriptions
from company.supervision import routes as supervision
from company.work_queue import routes as work_queue
from company.work_queue.sweeps import SWEEPS as WORK_SWEEPS

service = Service(
    name="company",
    summary="Companies, who acts for them, compliance documents, bank details.",
    routers=[
        companies.router,
        account.router,
        country_list.router,
        identity_changes.router,
        capacities.router,
        subscriptions.router,
        platform_documents.router,
        work_queue.router,
        found.router,
        affiliations.router,
        people.router,
        supervision.router,
        entities.router,
        referencing.router,
        directory.router,
        bank.router,
        bank_staff.router,
        documents.router,
        statements.router,
        suppliers.router,
        company_staff.router,
        affiliation_staff.router,
        document_staff.router,
    ],
    consumers=[consumers, invitations, rechecks, paid_subscriptions],
    sweeps=[*SWEEPS, *BANK_SWEEPS, *APPROVAL_SWEEPS, *WORK_SWEEPS],
    background=[keep_doing(remove_discarded, rest=60.0, failing="files_not_removed")],
    state=lambda _: CompanySettings(),
    personal_data=[*personal.DATA, *compliance_data.DATA, *account_data.DATA],
)
