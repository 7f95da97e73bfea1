"""The official lifecycle of an electronic invoice: its codes, who says which after which, and for what reasons.

Codes and closed lists are those of the French rules for status messages (CDAR, BR-FR-CDV-14, -15, CL-06, CL-09):
212 is *encaissée*, 213 is *rejetée*.
"""

from __future__ import annotations

from enum import StrEnum

from chassis.transitions import Move, moves


class Code(StrEnum):
    """Where an electronic invoice stands, for its two parties and the tax administration."""

    DEPOSITED = "200"
    ISSUED = "201"
    RECEIVED = "202"
    MADE_AVAILABLE = "203"
    TAKEN_IN_CHARGE = "204"
    APPROVED = "205"
    PARTLY_APPROVED = "206"
    DISPUTED = "207"
    SUSPENDED = "208"
    COMPLETED = "209"
    REFUSED = "210"
    PAYMENT_SENT = "211"
    COLLECTED = "212"
    REJECTED = "213"
    ENDORSED = "214"
    CANCELLED = "220"
    ROUTING_ERROR = "221"
    INADMISSIBLE = "501"


NAMES: dict[Code, tuple[str, str]] = {
    Code.DEPOSITED: ("Déposée", "Deposited"),
    Code.ISSUED: ("Émise", "Issued"),
    Code.RECEIVED: ("Reçue", "Received"),
    Code.MADE_AVAILABLE: ("Mise à disposition", "Made available"),
    Code.TAKEN_IN_CHARGE: ("Prise en charge", "Taken in charge"),
    Code.APPROVED: ("Approuvée", "Approved"),
    Code.PARTLY_APPROVED: ("Approuvée partiellement", "Partly approved"),
    Code.DISPUTED: ("En litige", "Disputed"),
    Code.SUSPENDED: ("Suspendue", "Suspended"),
    Code.COMPLETED: ("Complétée", "Completed"),
    Code.REFUSED: ("Refusée", "Refused"),
    Code.PAYMENT_SENT: ("Paiement transmis", "Payment sent"),
    Code.COLLECTED: ("Encaissée", "Collected"),
    Code.REJECTED: ("Rejetée", "Rejected"),
    Code.ENDORSED: ("Visée", "Endorsed"),
    Code.CANCELLED: ("Annulée", "Cancelled"),
    Code.ROUTING_ERROR: ("Erreur de routage", "Routing error"),
    Code.INADMISSIBLE: ("Irrecevable", "Inadmissible"),
}
"""The official French name of each, and ours in English."""


class Actor(StrEnum):
    """Who says that an invoice stands there."""

    PLATFORM = "platform"
    """An approved platform, the seller's or the buyer's."""
    BUYER = "buyer"
    SELLER = "seller"


_ON_ITS_WAY = {Code.DEPOSITED, Code.ISSUED, Code.RECEIVED, Code.MADE_AVAILABLE}
_BEFORE_THE_BUYER = _ON_ITS_WAY | {Code.ROUTING_ERROR}
_OPEN = {
    Code.TAKEN_IN_CHARGE,
    Code.ENDORSED,
    Code.PARTLY_APPROVED,
    Code.DISPUTED,
    Code.SUSPENDED,
    Code.COMPLETED,
}
_TREATED = _ON_ITS_WAY | _OPEN
_PAYABLE = _TREATED | {Code.APPROVED, Code.PAYMENT_SENT, Code.COLLECTED}

_BUYER, _SELLER, _PLATFORM = {Actor.BUYER}, {Actor.SELLER}, {Actor.PLATFORM}

FIRST: dict[Code, Actor] = {
    Code.DEPOSITED: Actor.PLATFORM,
    Code.RECEIVED: Actor.PLATFORM,
    Code.REJECTED: Actor.PLATFORM,
    Code.INADMISSIBLE: Actor.PLATFORM,
    Code.TAKEN_IN_CHARGE: Actor.BUYER,
}
"""How a lifecycle begins: with a deposit, or, for an invoice handed to the buyer outside any platform, with them."""

ALLOWED: dict[Code, Move[Code, Actor]] = {
    Code.ISSUED: moves({Code.DEPOSITED, Code.ROUTING_ERROR}, _PLATFORM),
    Code.ROUTING_ERROR: moves({Code.DEPOSITED, Code.ISSUED}, _PLATFORM),
    Code.RECEIVED: moves({Code.DEPOSITED, Code.ISSUED, Code.ROUTING_ERROR}, _PLATFORM),
    Code.MADE_AVAILABLE: moves({Code.DEPOSITED, Code.ISSUED, Code.RECEIVED}, _PLATFORM),
    Code.REJECTED: moves(_BEFORE_THE_BUYER, _PLATFORM),
    Code.TAKEN_IN_CHARGE: moves(_ON_ITS_WAY, _BUYER),
    Code.ENDORSED: moves(_TREATED - {Code.ENDORSED}, _BUYER),
    Code.APPROVED: moves(_TREATED, _BUYER),
    Code.PARTLY_APPROVED: moves(_TREATED - {Code.PARTLY_APPROVED}, _BUYER),
    Code.DISPUTED: moves(_TREATED | {Code.APPROVED}, _BUYER),
    Code.SUSPENDED: moves(_TREATED - {Code.SUSPENDED}, _BUYER),
    Code.COMPLETED: moves({Code.SUSPENDED}, _SELLER),
    Code.REFUSED: moves(_TREATED, _BUYER),
    Code.PAYMENT_SENT: moves(_TREATED | {Code.APPROVED, Code.PAYMENT_SENT}, _BUYER),
    Code.COLLECTED: moves(_PAYABLE, _SELLER),
    Code.CANCELLED: moves(_PAYABLE | {Code.REFUSED, Code.REJECTED}, _SELLER | _PLATFORM),
}
"""Which code follows which, said by whom. A payment may be sent and collected in parts, so 211 and 212 repeat."""

_ABOUT_ORDER_AND_ADDRESS = {"CMD_ERR", "SIRET_ERR", "CODE_ROUTAGE_ERR", "REF_CT_ABSENT", "REF_ERR"}
_ABOUT_LINES = {"PU_ERR", "REM_ERR", "QTE_ERR", "ART_ERR", "MODPAI_ERR", "QUALITE_ERR", "LIVR_INCOMP"}
_AGAINST_IT = (
    {"TX_TVA_ERR", "MONTANTTOTAL_ERR", "CALCUL_ERR", "NON_CONFORME", "DOUBLON", "DEST_ERR", "TRANSAC_INC"}
    | {"EMMET_INC", "CONTRAT_TERM", "DOUBLE_FACT", "CMD_ERR", "ADR_ERR", "REF_CT_ABSENT"}
)  # fmt: skip

REASONS: dict[Code, frozenset[str]] = {
    Code.PARTLY_APPROVED: frozenset(_ABOUT_ORDER_AND_ADDRESS | _ABOUT_LINES | {"AUTRE"}),
    Code.DISPUTED: frozenset(
        _AGAINST_IT | _ABOUT_ORDER_AND_ADDRESS | _ABOUT_LINES | {"AUTRE", "COORD_BANC_ERR", "DEST_INC"}
    ),
    Code.SUSPENDED: frozenset(_ABOUT_ORDER_AND_ADDRESS | {"JUSTIF_ABS", "COORD_BANC_ERR"}),
    Code.REFUSED: frozenset(_AGAINST_IT),
    Code.REJECTED: frozenset(
        {"MONTANTTOTAL_ERR", "CALCUL_ERR", "DOUBLON", "DEST_INC", "ADR_ERR", "REJ_SEMAN", "REJ_UNI", "REJ_COH"}
        | {"REJ_ADR", "REJ_CONT_B2G", "REJ_REF_PJ", "REJ_ASS_PJ"}
    ),
    Code.INADMISSIBLE: frozenset(
        {"IRR_VIDE_F", "IRR_TYPE_F", "IRR_SYNTAX", "IRR_TAILLE_PJ", "IRR_NOM_PJ", "IRR_VID_PJ", "IRR_EXT_DOC"}
        | {"IRR_TAILLE_F", "IRR_ANTIVIRUS"}
    ),
}
"""Where a reason is mandatory, and the closed list that it comes from (BR-FR-CDV-15, CL-09)."""
