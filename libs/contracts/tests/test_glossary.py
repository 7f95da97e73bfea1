"""French words in code are the ones that the glossary keeps, and no others."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import contracts
from contracts.publish.schemas import ROOT

GLOSSARY = ROOT / "docs" / "glossary.md"
SOURCES = sorted(Path(contracts.__path__[0]).rglob("*.py"))

FRENCH = frozenset(
    [
        "achat",
        "achats",
        "acheteur",
        "acompte",
        "activite",
        "adresse",
        "annee",
        "annulation",
        "ao",
        "appel",
        "assujetti",
        "astreinte",
        "autofacturation",
        "autoliquidation",
        "avenant",
        "avoir",
        "banque",
        "bdc",
        "bon",
        "bpf",
        "cadre",
        "commande",
        "compte",
        "conformite",
        "conges",
        "contrat",
        "cra",
        "debut",
        "depense",
        "depenses",
        "des",
        "devis",
        "directeur",
        "dirigeant",
        "donneur",
        "du",
        "echeance",
        "ecriture",
        "encaissement",
        "entreprise",
        "entretien",
        "exonere",
        "facturation",
        "facture",
        "factures",
        "ferie",
        "fin",
        "forfait",
        "fournisseur",
        "frais",
        "gerant",
        "greffe",
        "habilitation",
        "heures",
        "indemnite",
        "interlocuteur",
        "jour",
        "journee",
        "journees",
        "jours",
        "justificatif",
        "kbis",
        "les",
        "lettrage",
        "libelle",
        "ligne",
        "litige",
        "mandat",
        "membre",
        "mois",
        "montant",
        "naissance",
        "nom",
        "offre",
        "offres",
        "operationnel",
        "ordre",
        "ouvre",
        "paiement",
        "pays",
        "penalite",
        "penalites",
        "plateforme",
        "prenom",
        "prestataire",
        "prestation",
        "projet",
        "rattachement",
        "reconduction",
        "regie",
        "regularisation",
        "relance",
        "remise",
        "rendu",
        "renouvellement",
        "reponse",
        "resiliation",
        "responsable",
        "rib",
        "rue",
        "salarie",
        "signataire",
        "siren",
        "siret",
        "societe",
        "taux",
        "tjm",
        "traitance",
        "traitant",
        "tva",
        "urssaf",
        "utilisateur",
        "versement",
        "ville",
        "virement",
    ]
)


def words_of(identifier: str) -> list[str]:
    """`CraValidated`, `cra_id` and `timesheet.mark_on_CraValidated` in lower-case words."""
    return [word.lower() for word in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", identifier)]


def identifiers_of(source: str) -> Iterator[str]:
    """Names that the source declares or uses, and the text in it that is a name rather than prose."""
    for node in ast.walk(ast.parse(source)):
        for attribute in ("name", "id", "attr", "arg"):
            if isinstance(name := getattr(node, attribute, None), str):
                yield name
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and re.fullmatch(r"[\w.]+", node.value):
            yield node.value


def kept(glossary: str) -> set[str]:
    """Words of each term that a table of the glossary gives as code."""
    rows = (line for line in glossary.splitlines() if line.lstrip().startswith("|"))
    return {word for row in rows for term in re.findall(r"`([^`]+)`", row) for word in words_of(term)}


def unexplained(source: str, glossary: str) -> set[str]:
    """French words in the identifiers of the source that the glossary does not keep."""
    used = {word for identifier in identifiers_of(source) for word in words_of(identifier)}
    return (used & FRENCH) - kept(glossary)


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_french_identifier_is_in_the_glossary(source):
    assert unexplained(source.read_text("utf-8"), GLOSSARY.read_text("utf-8")) == set()


@pytest.mark.parametrize(
    "source",
    ["class FactureEmise: ...", "facture_id: int", "def annule(facture): ...", "x = 'facture.emise'", "y.Facture"],
)
def test_a_french_identifier_out_of_the_glossary_is_reported(source):
    assert unexplained(source, "| `Cra` | compte rendu |") == {"facture"}


def test_prose_is_not_read_and_what_the_glossary_keeps_passes():
    assert unexplained('class CraValidated:\n    """Une facture."""', "| `Cra` | compte rendu |") == set()
    assert unexplained("class Cra: ...", "Text about `Cra` outside a table.") == {"cra"}
