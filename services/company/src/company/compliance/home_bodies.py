"""Countries whose law has a body certify that social contributions are paid (D8222-7 1° b; CO-36).

The platform's own reading of each country's practice, to be kept up by its staff: a country that is absent
is asked for the certificate of regulation 883/2004 or of the treaty alone.
"""

HOME_BODIES = {
    "AT": "Österreichische Gesundheitskasse: Unbedenklichkeitsbescheinigung",
    "BE": "ONSS / RSZ: attestation de paiement des cotisations",
    "BG": "NRA: удостоверение за липса на задължения",
    "CH": "caisse de compensation AVS: attestation de paiement",
    "CZ": "ČSSZ: potvrzení o bezdlužnosti",
    "DE": "Krankenkasse: Unbedenklichkeitsbescheinigung",
    "ES": "Tesorería General de la Seguridad Social: certificado de estar al corriente",
    "HR": "Porezna uprava: potvrda o stanju duga",
    "IT": "INPS / INAIL: DURC",
    "LU": "Centre commun de la sécurité sociale: certificat d'affiliation et de paiement",
    "NL": "Belastingdienst: verklaring betalingsgedrag",
    "PL": "ZUS: zaświadczenie o niezaleganiu w opłacaniu składek",
    "PT": "Segurança Social: declaração de situação contributiva",
    "RO": "ANAF: certificat de atestare fiscală",
    "SK": "Sociálna poisťovňa: potvrdenie o stave pohľadávok",
}
"""Country to the body and its certificate, in the country's own words."""


def has_home_body(country: str) -> bool:
    """Say whether such a certificate exists there."""
    return country in HOME_BODIES
