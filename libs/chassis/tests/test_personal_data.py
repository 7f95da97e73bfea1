"""What a service declares of personal data is what export, erasure and retention do."""

import json
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from joserfc.errors import JoseError
from joserfc.jwk import ECKey

from chassis.outbox import outbox
from chassis.personal_data import Basis, DataClass, consumers_for, seal, sweeps_for, unseal
from contracts.identity import DataExportRequested, MemberErased
from contracts.personal_data import MemberDataGathered

NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)


@pytest.fixture
def key():
    return ECKey.generate_key("P-256")


@pytest.fixture
def notes():
    """What a service knows of its members, in memory: the declaration is what is under test."""
    return {"texts": {}, "forgotten_at": None}


@pytest.fixture
def classes(notes):
    async def gather(_tx, member_id):
        return [{"note": note, "written_at": NOW} for note in notes["texts"].get(member_id, [])]

    async def erase(_tx, member_id):
        notes["texts"].pop(member_id, None)

    async def forget(_tx, as_of):
        notes["forgotten_at"] = as_of

    law = DataClass("invoices", "Accounting", Basis.LEGAL_OBLIGATION, "10 years", (), gather)
    return [law, DataClass("notes", "Remembering", Basis.CONTRACT, "while needed", (), gather, erase, forget)]


async def deliver(database, consumers, event):
    (subscription,) = [s for s in consumers.subscriptions if s.event is type(event)]
    async with database.transaction() as tx:
        await subscription.apply(event, tx)


def asked(member, key):
    public = json.dumps(key.as_dict(private=False))
    return DataExportRequested(request_id=uuid4(), member_id=member, public_key=public, requested_at=NOW)


async def answers(database):
    async with database.transaction() as tx:
        bodies = (await tx.scalars(outbox.select().with_only_columns(outbox.c.body))).all()
    return [(body, MemberDataGathered.from_body(body.encode())) for body in bodies]


@pytest.mark.req("PL-06")
class TestExport:
    async def test_answers_with_every_class_for_the_askers_eyes_only(self, database, classes, notes, key):
        member, request = uuid4(), None
        notes["texts"] = {member: ["likes émeraude"], uuid4(): ["another's"]}
        request = asked(member, key)
        await deliver(database, consumers_for("timesheet", classes), request)
        ((body, answer),) = await answers(database)
        assert (answer.request_id, answer.member_id, answer.service) == (request.request_id, member, "timesheet")
        assert "meraude" not in body
        record = {"note": "likes émeraude", "written_at": str(NOW)}
        assert unseal(answer.sealed, key) == {"invoices": [record], "notes": [record]}

    async def test_answers_for_a_stranger_too_so_that_nobody_waits(self, database, classes, key):
        await deliver(database, consumers_for("timesheet", classes), asked(uuid4(), key))
        ((_, answer),) = await answers(database)
        assert unseal(answer.sealed, key) == {"invoices": [], "notes": []}

    def test_no_other_key_opens_a_part(self, key):
        sealed = seal({"a": []}, json.dumps(key.as_dict(private=False)))
        with pytest.raises(JoseError):
            unseal(sealed, ECKey.generate_key("P-256"))


@pytest.mark.req("PL-08")
class TestErasure:
    async def test_lets_go_of_what_may_go(self, database, classes, notes):
        gone, staying = uuid4(), uuid4()
        notes["texts"] = {gone: ["a"], staying: ["b"]}
        await deliver(database, consumers_for("timesheet", classes), MemberErased(member_id=gone, erased_at=NOW))
        assert notes["texts"] == {staying: ["b"]}

    async def test_retention_is_a_daily_sweep_of_every_class_that_forgets(self, database, classes, notes):
        (sweep,) = sweeps_for(classes)
        async with database.transaction() as tx:
            await sweep.run(tx, NOW)
        assert (notes["forgotten_at"], sweep.every) == (NOW, timedelta(days=1))
