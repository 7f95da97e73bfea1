"""Put a contract into words and on paper: from the text in force, or from what was frozen."""

from __future__ import annotations

import hashlib
from datetime import date, datetime

from chassis import Tx
from chassis.platform import Platform
from contracting.contract import paper
from contracting.contract.domain import Contract
from contracting.contract.text import ENGLISH, Document, Parties, write
from contracting.directory.colleagues import name_if_known
from contracting.own import Own
from contracting.settings import OperatorSettings
from contracting.template.domain import Clause, ContractTemplate, TemplateNotFound
from contracting.template.queries import template_in_force, template_of


class NoTranslation(TemplateNotFound):
    """The version was published in French alone."""

    code, title = "no_translation", "This text has no translation"


def document_of(contract: Contract, template: ContractTemplate, operator: OperatorSettings) -> Document:
    """What opening the contract would show."""
    wording = template.wording
    text = write(wording, template.version, _parties(contract, operator))
    return Document(template.version, text, wording.clauses, tuple(template.offers))


async def document_shown(tx: Tx, contract: Contract, operator: OperatorSettings) -> Document:
    """What was frozen at the opening, or what an opening would freeze now."""
    if contract.text is not None and contract.clauses is not None and contract.terms_version is not None:
        clauses = tuple(Clause(**clause) for clause in contract.clauses)
        return Document(contract.terms_version, contract.text, clauses, tuple(contract.offers or ()))
    return document_of(contract, await template_in_force(tx, contract.kind, tx.today), operator)


async def on_paper(tx: Tx, contract: Contract, platform: Platform, own: Own) -> bytes:
    """The sealed document, once signed; the text to read, before. Raises TemporarilyUnavailable or FileMissing."""
    if contract.document_key is not None:
        return await platform.files.read(contract.document_key)
    document = await document_shown(tx, contract, own.operator)
    return await paper.unsigned(document.text, _dated(contract, tx.today))


async def translated(tx: Tx, contract: Contract, own: Own) -> bytes:
    """The English translation, the French text behind it (PL-17). Raises NoTranslation."""
    document = await document_shown(tx, contract, own.operator)
    wording = (await template_of(tx, contract.kind, document.terms_version)).translation
    if wording is None:
        raise NoTranslation
    english = write(wording, document.terms_version, _parties(contract, own.operator), ENGLISH)
    return await paper.translated(english, document.text, _dated(contract, tx.today))


async def seal(tx: Tx, contract: Contract, platform: Platform, own: Own) -> None:
    """Keep the signed contract as a sealed document (CT-02). Raises TemporarilyUnavailable."""
    assert contract.text is not None
    assert contract.signed_at is not None
    content = await paper.signed(contract.text, await _evidence(tx, contract))
    sealed = await own.sealer.seal_pdf(content, f"Contrat {contract.id}")
    contract.document_key = await platform.files.put_made(sealed)
    contract.document_sha256 = hashlib.sha256(sealed).hexdigest()


async def _evidence(tx: Tx, contract: Contract) -> paper.Evidence:
    assert contract.signed_by is not None
    assert contract.signed_at is not None
    assert contract.signed_capacity is not None
    signer, accepted = str(contract.signed_by), contract.signed_clauses or []
    ticks = contract.ticks[signer]
    shown = [clause for clause in contract.clauses or [] if clause["key"] in accepted]
    return paper.Evidence(
        terms_version=contract.terms_version or "",
        company=contract.company_name,
        signatory=contract.signed_by,
        name=await name_if_known(tx, contract.company_id, contract.signed_by),
        capacity=contract.signed_capacity,
        address=contract.signed_from,
        opened_at=datetime.fromisoformat(contract.openings[signer]),
        ticked=[(clause["title"], datetime.fromisoformat(ticks[clause["key"]])) for clause in shown],
        signed_at=contract.signed_at,
    )


def _parties(contract: Contract, operator: OperatorSettings) -> Parties:
    return Parties(operator.operator_name, operator.operator_address, contract.company_name, contract.country)


def _dated(contract: Contract, today: date) -> date:
    return contract.signed_at.date() if contract.signed_at else today


def file_name(contract: Contract, suffix: str = "") -> str:
    """What a contract's document is called."""
    return f"{contract.kind}-{contract.terms_version or 'draft'}{suffix}.pdf"
