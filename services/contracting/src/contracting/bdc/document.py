"""The order as people read it, in French."""

from decimal import Decimal

from chassis.clock import business_date
from contracting.bdc.domain import Bdc
from contracting.mission.payment import DayCount, FeeType, Terms, Trigger
from contracting.settings import OperatorSettings

_COUNTED = {DayCount.CALENDAR_DAYS: "jours calendaires", DayCount.BUSINESS_DAYS: "jours ouvrés"}


def write(bdc: Bdc, operator: OperatorSettings) -> str:
    """The whole order as text: parties, mission, price, fee and settlement (CT-22, CT-30)."""
    lines = [
        f"Bon de commande {bdc.reference}",
        f"Émis le {business_date(bdc.issued_at):%d/%m/%Y} par {operator.operator_name}, {operator.operator_address}",
        "",
        f"Prestataire : {bdc.provider_name}",
        f"Client : {bdc.client_name} (bon de commande {bdc.client_order_reference})",
        f"Appel d'offres : {bdc.rfp_reference}",
        f"Mission : {bdc.title}",
        f"Consultant : {bdc.consultant_name}",
        f"Période : du {bdc.starts_on:%d/%m/%Y} au {bdc.ends_on:%d/%m/%Y}, {_comma(bdc.days, 1)} jours",
        f"Taux journalier : {_comma(bdc.daily_rate.amount)} EUR hors taxes",
        f"Total : {_comma(bdc.total.amount)} EUR hors taxes",
        "",
        f"Frais de gestion : {_fee(bdc)}",
        f"Règlement : {_settlement(bdc.terms)}",
    ]
    return "\n".join(lines) + "\n"


def _comma(number: Decimal, places: int = 2) -> str:
    """A number as French documents write it."""
    return f"{number:.{places}f}".replace(".", ",")


def _fee(bdc: Bdc) -> str:
    if bdc.terms.fee_type is FeeType.NONE:
        return "aucun"
    return (
        f"{_comma(bdc.terms.rate, 1)} % du taux journalier par journée validée, à la charge du Prestataire "
        f"(soit {_comma(bdc.fee.amount)} EUR pour {_comma(bdc.days, 1)} jours)"
    )


def _settlement(terms: Terms) -> str:
    if terms.trigger is Trigger.CLIENT_PAID or terms.counted_in is None:
        return "après règlement de la facture par le Client"
    return f"{terms.days} {_COUNTED[terms.counted_in]} après la validation du compte rendu d'activité"
