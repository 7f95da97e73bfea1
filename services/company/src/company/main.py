"""The company service: companies, who acts for them, their documents and bank details."""

from chassis.platform import Service
from company.affiliation import routes as affiliations
from company.bank import routes as bank
from company.company import routes as companies
from company.company import staff as company_staff
from company.compliance import routes as documents
from company.compliance import staff as document_staff
from company.compliance.sweeps import SWEEPS
from company.directory.consumers import consumers

service = Service(
    name="company",
    summary="Companies, who acts for them, compliance documents, bank details.",
    routers=[
        companies.router,
        affiliations.router,
        bank.router,
        documents.router,
        company_staff.router,
        document_staff.router,
    ],
    consumers=[consumers],
    sweeps=SWEEPS,
)
