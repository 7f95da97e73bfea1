"""P11: a page of the company search among 100,000 companies, against its limit, and never by reading the table."""

from __future__ import annotations

import random
import statistics
import time
from typing import Any

import asyncpg
from machinery import plain
from measure import Figure, figure
from sqlalchemy.dialects import postgresql

from chassis.rows import new_id
from chassis.testing import Harness, harness
from company.company.finding import Fit, likely, query_for
from company.company.search import normalise
from company.main import service

COMPANIES = 100_000
SEARCHES = 400
LIMIT_MS = 50.0
COMMON = """
conseil services groupe consulting solutions informatique france digital ingenierie partners
technologies systemes formation developpement data paris management expertise studio atelier agence
international conception logiciels reseaux audit strategie industrie energie transports batiment
media communication design lyon ouest
""".split()  # noqa: SIM905 - one word a line would fill three screens
_STARTS = """
ba be bi bo bra bru ca ce cha clo da de dri fa flo ga gre ha ja ka la le lo ma me mo na no pa pla
""".split()  # noqa: SIM905 - one word a line would fill three screens
_ENDS = """
ban cel din dor fer gan lac len mar mel nel nor pel quet ral ric ron sel tal tin tor val ver vin zel
""".split()  # noqa: SIM905 - one word a line would fill three screens


def made_up(chance: random.Random) -> str:
    """A word like a name; some 20,000 differ."""
    return chance.choice(_STARTS) + chance.choice(_ENDS) + chance.choice(_ENDS)


def names(chance: random.Random) -> list[str]:
    """Names of one to three words; the most common word stands in one of eight."""
    weights = [1 / (rank + 3) for rank in range(len(COMMON))]
    made = []
    for _ in range(COMPANIES):
        common = chance.choices(COMMON, weights, k=chance.choice([0, 1, 1, 2]))
        made.append(" ".join([made_up(chance), *common]))
    return made


def mistyped(word: str, chance: random.Random) -> str:
    """Two neighbours in each other's place, or a letter too few."""
    at = chance.randrange(1, len(word) - 1)
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return chance.choice([swapped, word[:at] + word[at + 1 :]])


def searches(made: list[str], chance: random.Random) -> list[str]:
    """What people type: beginnings, whole names, mistyped ones, common words, and what is not there."""
    kinds = [
        lambda: chance.choice(COMMON)[:3],
        lambda: chance.choice(COMMON),
        lambda: mistyped(chance.choice(COMMON), chance),
        lambda: chance.choice(made)[:4],
        lambda: chance.choice(made),
        lambda: mistyped(chance.choice(made), chance),
        lambda: f"{chance.choice(COMMON)[:4]} {chance.choice(COMMON)[:4]}",
        lambda: "xyzzyq" + chance.choice(COMMON),
    ]
    return [kinds[number % len(kinds)]() for number in range(SEARCHES)]


async def fill(h: Harness, made: list[str]) -> None:
    """Register them all by one copy; a trigger keeps their words as it would one by one."""
    fixed = {
        "version": 1,
        "kind": "provider",
        "profile_type": "consultancy",
        "country": "FR",
        "tax_status": "vat_liable",
        "line1": "1 rue de la Paix",
        "postcode": "75002",
        "city": "Paris",
        "address_country": "FR",
        "status": "validated",
        "registered_at": h.clock(),
        "submitted_at": h.clock(),
    }
    connection = await asyncpg.connect(plain(h.database_url))
    try:
        rows = [(new_id(), name.title(), normalise(name), *fixed.values()) for name in made]
        columns = ["id", "name", "search_name", *fixed]
        await connection.copy_records_to_table("companies", records=rows, columns=columns)
        await connection.execute("VACUUM ANALYZE companies")
        await connection.execute("VACUUM ANALYZE name_words")
        for text in ("con", "conseil", "groupe conseil"):
            words = text.split()
            for fit in Fit:
                await _by_index(connection, query_for(words, [["conseils"]] * len(words), fit, None).limit(51))
        await _by_index(connection, likely("conseli"))
    finally:
        await connection.close()


async def _by_index(connection: asyncpg.Connection[Any], query: Any) -> None:
    """Raise AssertionError when PostgreSQL would read a whole table."""
    compiled = query.compile(dialect=postgresql.dialect(), compile_kwargs={"literal_binds": True})
    plan = "\n".join(row[0] for row in await connection.fetch(f"EXPLAIN {str(compiled).replace('%%', '%')}"))
    assert "Index Scan" in plan, plan
    assert "Seq Scan" not in plan, plan


async def search() -> list[Figure]:
    chance = random.Random(7)  # noqa: S311 - names and typing errors, the same in every run
    made = names(chance)
    asked = searches(made, chance)
    async with harness(service) as h:
        await fill(h, made)
        headers = h.headers(h.member())
        taken: list[float] = []
        for text in [*asked[:40], *asked]:
            started = time.perf_counter()
            answer = await h.client.get("/companies", params={"search": text}, headers=headers)
            taken.append((time.perf_counter() - started) * 1000)
            assert answer.status_code == 200, answer.text
    hundredths = statistics.quantiles(taken[40:], n=100)
    return [
        figure("P11", f"company search, {name}", [(value, LIMIT_MS)], goal=1, unit="ms", higher_is_better=False)
        for name, value in (("p50", hundredths[49]), ("p99", hundredths[98]))
    ]
