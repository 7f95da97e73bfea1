"""The order as people keep it: a PDF in French with the platform's seal (CT-22, CT-23, CT-30)."""

from decimal import Decimal

from chassis.clock import business_date
from chassis.documents import typeset
from contracting.bdc.domain import Bdc
from contracting.mission.payment import DayCount, FeeType, Terms, Trigger
from contracting.settings import OperatorSettings
from contracts.contracting import Offer

_COUNTED = {DayCount.CALENDAR_DAYS: "jours calendaires", DayCount.BUSINESS_DAYS: "jours ouvrés"}
_OFFERS = {
    Offer.CONNECT: "Connect : la plateforme est l'intermédiaire contractuel et financier",
    Offer.RISE: "Rise : le Client et le Prestataire contractent directement",
}

TEMPLATE = """#let sheet = json(bytes(sys.inputs.sheet))
#set page(paper: "a4", margin: 2.2cm, footer: context [#text(8pt)[#sheet.reference #h(1fr) #counter(page).display()]])
#set text(lang: "fr", font: "Libertinus Serif", size: 10.5pt, hyphenate: false)
#set document(title: sheet.title, date: datetime(year: sheet.year, month: sheet.month, day: sheet.day))
= #sheet.title
#sheet.issued
#v(1em)
#table(columns: (5cm, 1fr), stroke: 0.4pt + gray, ..sheet.rows.flatten().map(cell => [#cell]))
#if sheet.conditions.len() > 0 [
  == Conditions particulières
  #for sentence in sheet.conditions [#sentence #parbreak()]
]
"""


async def write(bdc: Bdc, operator: OperatorSettings) -> bytes:
    """The whole order: parties, mission, price, fee, settlement, notice and special conditions."""
    issued_on = business_date(bdc.issued_at)
    sheet = {
        "title": f"Bon de commande {bdc.reference}",
        "reference": bdc.reference,
        "year": issued_on.year,
        "month": issued_on.month,
        "day": issued_on.day,
        "issued": f"Émis le {issued_on:%d/%m/%Y} par {operator.operator_name}, {operator.operator_address}",
        "rows": [list(row) for row in rows(bdc)],
        "conditions": (bdc.special_conditions or "").splitlines(),
    }
    return await typeset(TEMPLATE, sheet, archival=True)


def rows(bdc: Bdc) -> list[tuple[str, str]]:
    """What the order says, line by line."""
    return [
        ("Prestataire", bdc.provider_name),
        ("Client", f"{bdc.client_name} (bon de commande {bdc.client_order_reference})"),
        ("Offre", _OFFERS[bdc.offer]),
        ("Appel d'offres", bdc.rfp_reference),
        ("Mission", bdc.title),
        ("Consultant", bdc.consultant_name),
        ("Période", f"du {bdc.starts_on:%d/%m/%Y} au {bdc.ends_on:%d/%m/%Y}, {comma(bdc.days, 1)} jours"),
        ("Taux journalier", f"{comma(bdc.daily_rate.amount)} EUR hors taxes"),
        ("Total", f"{comma(bdc.total.amount)} EUR hors taxes"),
        ("Frais de gestion", _fee(bdc)),
        ("Règlement", _settlement(bdc.terms)),
        ("Préavis", f"{bdc.notice_months} mois, sauf accord des deux parties"),
    ]


def comma(number: Decimal, places: int = 2) -> str:
    """A number as French documents write it."""
    return f"{number:.{places}f}".replace(".", ",")


def _fee(bdc: Bdc) -> str:
    if bdc.terms.fee_type is FeeType.NONE:
        return "aucun"
    return (
        f"{comma(bdc.terms.rate, 1)} % du taux journalier par journée validée, à la charge du Prestataire "
        f"(soit {comma(bdc.fee.amount)} EUR pour {comma(bdc.days, 1)} jours)"
    )


def _settlement(terms: Terms) -> str:
    if terms.trigger is Trigger.CLIENT_PAID or terms.counted_in is None:
        return "après règlement de la facture par le Client"
    return f"{terms.days} {_COUNTED[terms.counted_in]} après la validation du compte rendu d'activité"
