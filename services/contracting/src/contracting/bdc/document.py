"""The order as people read it, in French."""

from contracting.bdc.domain import Bdc
from contracting.mission.payment import DayCount, FeeType, Terms, Trigger
from contracting.settings import OperatorSettings

_COUNTED = {DayCount.CALENDAR_DAYS: "jours calendaires", DayCount.BUSINESS_DAYS: "jours ouvrés"}


def write(bdc: Bdc, operator: OperatorSettings) -> str:
    """The whole order as text: parties, mission, price, fee and settlement (CT-22, CT-30)."""
    lines = [
        f"Bon de commande {bdc.reference}",
        f"Émis le {bdc.issued_at:%d/%m/%Y} par {operator.operator_name}, {operator.operator_address}",
        "",
        f"Prestataire : {bdc.provider_name}",
        f"Client : {bdc.client_name} (bon de commande {bdc.client_order_reference})",
        f"Appel d'offres : {bdc.rfp_reference}",
        f"Mission : {bdc.title}",
        f"Consultant : {bdc.consultant_name}",
        f"Période : du {bdc.starts_on:%d/%m/%Y} au {bdc.ends_on:%d/%m/%Y}, {bdc.days} jours",
        f"Taux journalier : {bdc.daily_rate.amount} EUR hors taxes",
        f"Total : {bdc.total.amount} EUR hors taxes",
        "",
        f"Frais de gestion : {_fee(bdc)}",
        f"Règlement : {_settlement(bdc.terms)}",
    ]
    return "\n".join(lines) + "\n"


def _fee(bdc: Bdc) -> str:
    if bdc.terms.fee_type is FeeType.NONE:
        return "aucun"
    return (
        f"{bdc.terms.rate} % du taux journalier par journée validée, à la charge du Prestataire "
        f"(soit {bdc.fee.amount} EUR pour {bdc.days} jours)"
    )


def _settlement(terms: Terms) -> str:
    if terms.trigger is Trigger.CLIENT_PAID or terms.counted_in is None:
        return "après règlement de la facture par le Client"
    return f"{terms.days} {_COUNTED[terms.counted_in]} après la validation du compte rendu d'activité"
