"""What is left of an account in the end."""

import asyncio
from datetime import timedelta

import pytest
from leaving_steps import leave, sweep
from sqlalchemy import select

from chassis.audit import audit_log
from contracts.identity import MemberErased
from identity.member.domain import Member


class TestErasure:
    @pytest.mark.req("ID-41", "ID-20")
    async def test_leaves_a_row_that_names_nobody_and_frees_the_address(self, world):
        account = await world.activated(first_name="Zebulon", last_name="Quaggaworth")
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        async with world.h.tx() as tx:
            row = (await tx.execute(select(Member.__table__).where(Member.id == account.id))).mappings().one()
        assert (row["standing"], row["email_key"]) == ("erased", f"erased:{account.id}")
        assert row["erased_at"] is not None
        for value in row.values():
            assert not any(word in str(value) for word in ("Zebulon", "Quaggaworth", account.email, "argon2"))
        assert (await world.mails(account.email))[-1]["Subject"] == "Votre compte est effacé"
        await world.sign_up(account.email)
        token = await world.mailed_token(account.email)
        assert (await world.client.post("/activations", json={"token": token})).status_code == 200
        tokens = (await world.log_in(account.email)).json()
        assert world.caller(tokens).member_id != account.id

    async def test_reaches_every_table_of_identity(self, world):
        account = await world.activated()
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        erased = next(e for e in await world.h.emitted(MemberErased) if e.member_id == account.id)
        event_id = await world.h.deliver(erased)
        await world.h.deliver(erased, event_id=event_id)
        left = {}
        async with world.h.tx() as tx:
            for table in Member.metadata.sorted_tables:
                if "member_id" in table.c:
                    rows = await tx.execute(select(table).where(table.c.member_id == account.id))
                    left[table.name] = [dict(row) for row in rows.mappings()]
        kept = {name for name, rows in left.items() if rows}
        assert not kept & {"sessions", "links", "notifications", "affiliations", "identities", "totp_factors"}
        assert "Lovelace" not in str(left)
        assert account.email not in str(left)

    async def test_by_two_sweeps_at_once_tells_once(self, world):
        account = await world.activated()
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await asyncio.gather(*(sweep(world, "erase_closed") for _ in range(3)))
        assert [e.member_id for e in await world.h.emitted(MemberErased)].count(account.id) == 1

    async def test_leaves_no_contact_data_in_the_trail(self, world):
        account = await world.activated()
        await leave(world, account)
        world.h.clock.offset += timedelta(days=31)
        await sweep(world, "erase_closed")
        async with world.h.tx() as tx:
            said = (await tx.execute(select(audit_log).where(audit_log.c.subject == str(account.id)))).all()
        assert {"deletion.requested", "deletion.confirmed", "member.deactivated", "member.erased"} <= {
            entry.action for entry in said
        }
        assert account.email not in str(said)
        assert "Lovelace" not in str(said)


class TestWithoutCompany:
    @pytest.mark.req("ID-37")
    async def test_the_network_is_open(self, world):
        account = await world.activated()
        choice = {"profile_type": "freelance"}
        assert (await world.client.put("/members/me/profile-type", json=choice, headers=account.headers)).is_success
        assert world.caller(account.tokens).company_id is None
        for path in ("/members/me", "/members/me/profile", "/notifications"):
            assert (await world.client.get(path, headers=account.headers)).status_code == 200
