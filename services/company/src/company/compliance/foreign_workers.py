"""The list of employees who need a permit to work in France (D8254-2 of the Labour Code; CO-34).

The article asks for hire date, nationality, and kind and number of the permit; it asks for no name, so none is kept.
"""

from __future__ import annotations

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from chassis.errors import Unprocessable, require
from chassis.rows import Base
from company.company.countries import EU, FRANCE
from contracts.values import CountryCode, Name, Value

FREE_TO_WORK = EU | {FRANCE, "IS", "LI", "NO", "CH", "MC", "AD", "SM"}
"""Nationals of the EEA, Switzerland, Monaco, Andorra and San Marino need no permit."""


class NoPermitNeeded(Unprocessable):
    """People who are free to work do not belong on the list, nor does their data here."""

    code, title = "no_permit_needed", "Nationals of this country need no permit and are not to be listed"


class HiredInTheFuture(Unprocessable):
    """The list is of present employees."""

    code, title = "hired_in_the_future", "The date of hire is after today"


class Worker(Value):
    """One employee, as the article describes them."""

    hired_on: date
    nationality: CountryCode
    """ISO 3166-1 alpha-2."""
    permit_type: Name
    """Kind of the document that stands for a permit to work."""
    permit_number: Annotated[str, Field(pattern=r"^[A-Za-z0-9 /.-]{1,40}$")]

    def check(self, today: date) -> None:
        """Raises NoPermitNeeded or HiredInTheFuture."""
        require(self.nationality not in FREE_TO_WORK, NoPermitNeeded(field="workers"))
        require(self.hired_on <= today, HiredInTheFuture(field="workers"))


class ListedWorker(Base):
    """A line of a list; a list without lines declares that there is nobody to list."""

    __tablename__ = "foreign_workers"

    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    hired_on: Mapped[date]
    nationality: Mapped[str] = mapped_column(String(2))
    permit_type: Mapped[str] = mapped_column(String(200))
    permit_number: Mapped[str] = mapped_column(String(40))
