"""What staying logged in leaves of a person: what they may read of it, and what is left once the account is gone."""

import pyotp
import pytest
from sqlalchemy import select

from identity.account.personal import DATA as ACCOUNT
from identity.factor.personal import DATA as FACTOR
from identity.incident.domain import SecurityIncident
from identity.incident.personal import DATA as INCIDENTS
from identity.main import service
from identity.session.personal import DATA as SESSIONS

CLASSES = [SESSIONS[0], *FACTOR, *ACCOUNT, *INCIDENTS]


async def lived(world):
    """A member with a session, a second factor, a change of address and a report."""
    account, new = await world.activated(), world.new_address()
    headers = account.headers
    secret = (await world.client.post("/members/me/totp", headers=headers)).json()["secret"]
    code = {"code": pyotp.TOTP(secret).at(world.h.clock())}
    confirmed = await world.client.post("/members/me/totp/confirmation", json=code, headers=headers)
    asked = await world.client.post("/members/me/email-changes", json={"email": new}, headers=headers)
    report = {"kind": "other", "description": "A call from somebody who said to be you."}
    reported = await world.client.post("/security-incidents", json=report, headers=headers)
    assert [a.status_code for a in (confirmed, asked, reported)] == [200, 202, 201]
    return account, new, secret, confirmed.json()["recovery_codes"]


@pytest.mark.req("PL-06", "PL-09")
async def test_each_class_shows_its_part_to_the_member_and_no_secret(world):
    account, new, secret, codes = await lived(world)
    async with world.h.tx() as tx:
        found = {kind.name: list(await kind.gather(tx, account.id)) for kind in CLASSES}
    assert {name: len(records) for name, records in found.items()} == {
        "sessions": 1,
        "second factor": 1,
        "changes of address": 1,
        "security incidents": 1,
    }
    assert found["changes of address"][0]["email"] == new
    assert not any(hidden in str(found) for hidden in (secret, *codes, world.place))


@pytest.mark.req("PL-08")
async def test_once_the_account_is_gone_only_that_there_was_an_incident_is_left(world):
    account, other = (await lived(world))[0], (await lived(world))[0]
    async with world.h.tx() as tx:
        for _ in range(2):
            for kind in CLASSES:
                await kind.erase(tx, account.id)
    async with world.h.tx() as tx:
        left = {kind.name: list(await kind.gather(tx, account.id)) for kind in CLASSES}
        kept = {kind.name: len(await kind.gather(tx, other.id)) for kind in CLASSES}
        mine = select(SecurityIncident).where(SecurityIncident.member_id == account.id)
        incident = (await tx.scalars(mine)).one()
    assert [name for name, records in left.items() if records] == ["security incidents"]
    assert (incident.kind, incident.description, incident.contact, incident.outcome) == ("other", "-", None, None)
    assert set(kept.values()) == {1}


def test_every_class_is_part_of_the_service():
    assert {kind.name for kind in CLASSES} <= {kind.name for kind in service.personal_data}
