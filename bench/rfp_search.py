"""P12: a page of the search among 100,000 open requests, against its limit, and never by reading the table."""

from __future__ import annotations

import gc
import json
import random
import statistics
import time
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import asyncpg
from machinery import plain
from measure import Figure, figure
from sqlalchemy.dialects import postgresql
from sqlalchemy.sql import Select

from chassis.auth import Caller
from chassis.rows import new_id
from chassis.testing import Harness, harness
from contracts.company import CompanyValidated, LegalIdentity, SupplierReferenced, TaxStatus
from contracts.contracting import ContractKind, ContractSigned
from contracts.roles import CompanyKind, Role
from contracts.values import PostalAddress
from marketplace.main import service
from marketplace.rfp.criteria import Criteria
from marketplace.rfp.finding import among_newest, by_index, meeting
from marketplace.rfp.queries import open_to_provider

RFPS = 100_000
CLIENTS = 400
SEARCHES = 600
LIMIT_MS = 50.0
FIRST_DAY = date(2026, 12, 1)
SKILLS = """
Python Java C++ C# Go Rust PHP Ruby Kotlin Swift TypeScript JavaScript React Angular Vue.js Node.js Django Spring
PostgreSQL Oracle MongoDB Redis Kafka RabbitMQ Docker Kubernetes Terraform Ansible AWS Azure GCP Linux Windows SAP
Salesforce ServiceNow Tableau Spark Hadoop Airflow dbt Snowflake TensorFlow PyTorch Figma Jira Scrum SAFe ITIL COBOL
Mainframe VHDL Matlab CATIA SolidWorks AutoCAD Simulink LabVIEW Automotive ISO26262 Cybersécurité Réseaux Télécom
""".split()  # noqa: SIM905 - one word a line would fill three screens
TRADES = """
développeur développeuse ingénieur ingénieure architecte consultant consultante chef analyste testeur administrateur
expert data engineer developer scientist manager designer intégrateur pilote référent technicien
""".split()  # noqa: SIM905 - as above
WORDS = """
mission équipe projet client conception développement maintenance évolution application applications plateforme
migration données réseau sécurité qualité tests production déploiement intégration continue cloud infrastructure
architecture agile backlog sprint produit métier banque assurance énergie transport santé industrie aéronautique
automobile distribution télécommunications service public anglais courant français rédaction documentation
spécifications recette support utilisateurs formation pilotage planning budget reporting performance supervision
automatisation refonte portail facturation commandes logistique entrepôt calculateurs embarqué capteurs simulation
team project customer design development delivery platform security quality testing deployment pipeline business
""".split()  # noqa: SIM905 - as above
CITIES = """
Paris Lyon Marseille Toulouse Nantes Lille Bordeaux Rennes Strasbourg Grenoble Montpellier Nice Rouen Tours Dijon
Orléans Metz Nancy Brest Angers Saint-Denis Courbevoie Guyancourt Vélizy Bruxelles Genève Luxembourg Madrid Lisbonne
""".split()  # noqa: SIM905 - as above


def skewed(words: list[str], chance: random.Random, count: int) -> list[str]:
    """Some of them: the first stand in one text of five, the last in one of hundreds."""
    weights = [1 / (rank + 3) for rank in range(len(words))]
    return chance.choices(words, weights, k=count)


def made_up(chance: random.Random) -> str:
    """A rare word, the name of a product or of a project; some 50,000 differ."""
    return "".join(chance.choice("bcdfglmnprstv") + chance.choice("aeiou") for _ in range(4))


def requests(chance: random.Random, clients: list[UUID]) -> list[dict[str, Any]]:
    """Open requests such as a client writes, of 60 to 160 words each."""
    made = []
    for number in range(1, RFPS + 1):
        start = FIRST_DAY + timedelta(days=chance.randrange(200))
        skills = list(dict.fromkeys(skewed(SKILLS, chance, chance.randint(2, 6))))
        words = [*skewed(WORDS, chance, chance.randint(60, 150)), *skills, made_up(chance), made_up(chance)]
        chance.shuffle(words)
        rate = Decimal(chance.randrange(300, 1000, 10)) if number % 3 else None
        made.append(
            {
                "id": new_id(),
                "listing_id": new_id(),
                "number": number,
                "title": f"{' '.join(skewed(TRADES, chance, 2))} {skills[0]} {chance.choice(WORDS)}".capitalize(),
                "description": " ".join(words),
                "skills": json.dumps(skills, ensure_ascii=False),
                "city": skewed(CITIES, chance, 1)[0],
                "country": "FR" if number % 20 else chance.choice(["BE", "CH", "LU", "ES", "PT"]),
                "remote_share": chance.randrange(0, 101, 20),
                "period_start": start,
                "period_end": start + timedelta(days=chance.randrange(30, 400)),
                "days": Decimal(chance.randrange(5, 220)),
                "max_daily_rate_amount": rate,
                "client_company_id": chance.choice(clients),
                "category": "it" if number % 4 else "engineering",
            }
        )
    return made


def searches(made: list[dict[str, Any]], chance: random.Random) -> list[dict[str, Any]]:
    """What people ask for: nothing, common and rare words, skills, places, terms, and all of it together."""
    word = lambda: skewed(WORDS, chance, 1)[0]  # noqa: E731 - one word, as often as it stands in texts
    skill = lambda: skewed(SKILLS, chance, 1)[0]  # noqa: E731 - the same of skills
    kinds = [
        dict,
        lambda: {"query": WORDS[0]},
        lambda: {"query": word()},
        lambda: {"query": f"{word()} {word()}"},
        lambda: {"query": f"{word()} {skill()} {chance.choice(CITIES)}", "sort": "best"},
        lambda: {"query": word(), "sort": "best"},
        lambda: {"query": f"{word()} -{word()}"},
        lambda: {"query": chance.choice(made)["description"].split()[0] + " " + made_up(chance)},
        lambda: {"query": str(chance.randrange(1, RFPS))},
        lambda: {"query": f"RFP-{chance.randrange(1, RFPS)}-1"},
        lambda: {"skills": [skill(), skill()]},
        lambda: {"skills": [skill(), skill()], "skills_match": "any", "city": chance.choice(CITIES)},
        lambda: {"city": chance.choice(CITIES), "remote_from": 60},
        lambda: {"country": chance.choice(["BE", "LU"]), "category": "it"},
        lambda: {"rate_from": "950.00", "starts_from": "2027-05-01", "days_until": "10.0"},
        lambda: {"starts_from": "2030-01-01"},
        lambda: {"query": word(), "starts_from": "2030-01-01"},
        lambda: {"referenced": True},
        lambda: {"referenced": True, "query": word()},
        lambda: {"query": " ".join(skewed(WORDS, chance, 15))},
    ]
    return [kinds[number % len(kinds)]() for number in range(SEARCHES)]


async def admit(h: Harness) -> Caller:
    """A provider's member to whom the market is open, and whom two clients reference."""
    seller = h.member(Role.COMMERCIAL)
    address = PostalAddress(line1="1 rue de la Paix", postcode="75002", city="Paris", country="FR")
    legal = LegalIdentity(
        name="Provider", country="FR", siret=None, vat_number=None, tax_status=TaxStatus.VAT_LIABLE, address=address
    )
    now = h.clock()
    await h.deliver(
        CompanyValidated(
            version=1,
            company_id=seller.company,
            kind=CompanyKind.PROVIDER,
            legal=legal,
            verified_signatories=[],
            bank_details_on_file=True,
            validated_at=now,
        )
    )
    await h.deliver(
        ContractSigned(
            contract_id=uuid4(),
            kind=ContractKind.FRAMEWORK,
            company_id=seller.company,
            terms_version="2026-01",
            signed_by=seller.member_id,
            signed_at=now,
        )
    )
    path = "/acknowledgements/labour-law"
    version = (await h.client.get(path)).json()["version"]
    answer = await h.client.put(path, json={"version": version}, headers=h.headers(seller))
    assert answer.status_code == 200, answer.text
    return seller


async def fill(h: Harness, made: list[dict[str, Any]], seller: Caller) -> None:
    """Publish them all by one copy; the vectors are made as for one."""
    for client in sorted({one["client_company_id"] for one in made})[:2]:
        reference = SupplierReferenced(
            version=1,
            reference_id=uuid4(),
            client_company_id=client,
            provider_company_id=seller.company,
            list_id=uuid4(),
            list_name="Data",
            preferred=True,
            referenced_at=h.clock(),
        )
        await h.deliver(reference)
    now = datetime(2026, 11, 2, tzinfo=UTC)
    fixed = {
        "version": 2,
        "status": "published",
        "edition": 1,
        "client_name": "Client",
        "author_id": uuid4(),
        "operational_manager_id": uuid4(),
        "created_at": now,
        "published_at": now,
        "type": "time_and_materials",
        "clause_ids": "[]",
        "market_after_days": 0,
        "market_opens_on": now.date(),
    }
    connection = await asyncpg.connect(plain(h.database_url))
    try:
        columns = [*made[0], *fixed]
        rows = [(*one.values(), *fixed.values()) for one in made]
        await connection.copy_records_to_table("rfps", records=rows, columns=columns)
        await connection.execute("VACUUM ANALYZE rfps")
        await _check_plans(connection, seller.company)
    finally:
        await connection.close()


async def _check_plans(connection: asyncpg.Connection[Any], company_id: UUID) -> None:
    """Raise AssertionError when a search would read the whole table."""
    scope = open_to_provider(company_id, date(2026, 12, 1))
    asked = [
        Criteria(query="mission"),
        Criteria(query="refonte Kubernetes", city="Lyon"),
        Criteria(skills=["C++"], rate_from=Decimal(900)),
        Criteria(referenced=True),
        Criteria(starts_from=date(2030, 1, 1)),
    ]
    for criteria in asked:
        terms = meeting(criteria, company_id)
        async with connection.transaction():
            await connection.execute("SET LOCAL enable_seqscan = off")
            await _by_index(connection, by_index(scope, terms, 51))
            await connection.execute("SET LOCAL enable_bitmapscan = off")
            await _by_index(connection, among_newest(scope, terms, 51))


async def _by_index(connection: asyncpg.Connection[Any], query: Select[Any]) -> None:
    compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {str(compiled).replace('%%', '%')}"))
    assert "Seq Scan on rfps" not in plan, plan


async def search() -> list[Figure]:
    chance = random.Random(11)  # noqa: S311 - texts and searches, the same in every run
    made = requests(chance, [uuid4() for _ in range(CLIENTS)])
    asked = searches(made, chance)
    async with harness(service) as h:
        seller = await admit(h)
        await fill(h, made, seller)
        # What was made up stays in this process, a service's own would not have to look through it.
        gc.collect()
        gc.freeze()
        headers = h.headers(seller)
        taken: list[float] = []
        for criteria in [*asked[:40], *asked]:
            started = time.perf_counter()
            answer = await h.client.get("/rfps", params=criteria, headers=headers)
            taken.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.text
    hundredths = statistics.quantiles(taken[40:], n=100)
    return [
        figure("P12", f"request search, {name}", [(value, LIMIT_MS)], goal=1, unit="ms", higher_is_better=False)
        for name, value in (("p50", hundredths[49]), ("p99", hundredths[98]))
    ]
