from sqlalchemy import or_, select

from chassis import Tx
from chassis.errors import require
from company.company.domain import Company, CompanyExists, CompanyStatus


async def refuse_second_registration(tx: Tx, company: Company) -> None:
    """One company per SIRET, abroad per number of its register and per VAT number. Raises CompanyExists.

    A refused registration blocks nobody: it may have been somebody else's attempt.
    """
    same = []
    if company.siret:
        same.append(Company.siret == company.siret)
    if company.registration_number:
        number = Company.registration_number == company.registration_number
        same.append((Company.country == company.country) & number)
    if company.siret is None and company.vat_number:
        same.append((Company.vat_number == company.vat_number) & Company.siret.is_(None))
    query = select(Company.id).where(or_(*same), Company.id != company.id, Company.status != CompanyStatus.REFUSED)
    field = "siret" if company.siret else "registration_number" if company.registration_number else "vat_number"
    with tx.no_autoflush:
        require((await tx.scalars(query.limit(1))).first() is None, CompanyExists(field=field))
