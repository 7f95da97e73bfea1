import json
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from contracts.company import CompanyRegistered
from contracts.event import Event, UnreadableEvent
from contracts.identity import MemberActivated
from contracts.notification import NotificationRequested
from contracts.timesheet import CraValidated
from contracts.values import Money


@pytest.fixture(autouse=True)
def _registry_as_before():
    before = dict(Event.registry)
    yield
    Event.registry.clear()
    Event.registry.update(before)


def cra() -> CraValidated:
    return CraValidated(
        cra_id=uuid4(),
        mission_id=uuid4(),
        bdc_id=uuid4(),
        month="2026-11",
        days="19.5",
        validated_by=uuid4(),
        validated_at=datetime(2026, 12, 1, tzinfo=UTC),
        version=3,
    )


def body(event, **changes) -> bytes:
    return json.dumps(json.loads(event.model_dump_json()) | changes).encode()


class TestDeclare:
    @pytest.mark.parametrize(
        "wire_type",
        [
            "",
            "paid",
            "billing.paid.v1",
            "Billing.Paid.v1",
            "billing.Paid",
            "billing.Paid.v0",
            "billing.Paid.v1x",
            "billing.Paid.v1\n",
            "billing.Payé.v1",
            "billing.Paid.V1",
        ],
    )
    def test_a_type_out_of_pattern_is_refused(self, wire_type):
        with pytest.raises(TypeError, match="is not <service>"):
            type("Paid", (Event,), {"__annotations__": {"a": UUID}}, type=wire_type, subject="a")

    def test_two_versions_may_stand_side_by_side_but_not_one_type_twice(self):
        class Paid(Event, type="billing.Paid.v1", subject="invoice_id"):
            invoice_id: UUID

        class PaidV2(Event, type="billing.Paid.v2", subject="invoice_id"):
            invoice_id: UUID

        assert Event.registry["billing.Paid.v2"] is PaidV2
        with pytest.raises(TypeError, match="declared twice"):
            type("Other", (Event,), {"__annotations__": {"a": UUID}}, type="billing.Paid.v1", subject="a")
        assert Event.registry["billing.Paid.v1"] is Paid

    def test_the_subject_must_be_a_field(self):
        with pytest.raises(TypeError, match="no field"):
            type("Paid", (Event,), {"__annotations__": {"a": UUID}}, type="billing.Paid.v1", subject="b")
        assert "billing.Paid.v1" not in Event.registry

    def test_the_subject_is_the_id_as_text(self):
        event = cra()
        assert event.subject == str(event.cra_id)


class TestConstruct:
    def test_a_misspelt_field_is_refused(self):
        with pytest.raises(ValidationError, match="extra_forbidden"):
            CraValidated(**cra().model_dump(), comment="x")

    def test_a_moment_needs_its_time_zone(self):
        with pytest.raises(ValidationError, match="no_time_zone"):
            CraValidated(**cra().model_dump(exclude={"validated_at"}), validated_at=datetime(2026, 12, 1))  # noqa: DTZ001

    @pytest.mark.parametrize("version", [0, -1, 2**31])
    def test_a_version_fits_its_column(self, version):
        with pytest.raises(ValidationError):
            CraValidated(**cra().model_dump(exclude={"version"}), version=version)

    def test_it_never_changes(self):
        with pytest.raises(ValidationError):
            cra().month = "2026-12"


class TestFromBody:
    def test_what_is_written_is_read_back(self):
        event = cra()
        read = CraValidated.from_body(event.model_dump_json().encode())
        assert read == event
        assert read.days == Decimal("19.5")

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("version", "3"),
            ("version", 3.5),
            ("version", True),
            ("days", 19.5),
            ("days", "19.25"),
            ("cra_id", 7),
            ("cra_id", "x"),
            ("month", "2026-13"),
            ("validated_at", 1764547200),
            ("validated_at", "2026-12-01T00:00:00"),
            ("validated_by", None),
        ],
    )
    def test_a_field_of_another_type_is_refused(self, field, value):
        with pytest.raises(UnreadableEvent, match=r"timesheet\.CraValidated\.v1"):
            CraValidated.from_body(body(cra(), **{field: value}))

    def test_a_missing_field_is_named(self):
        fields = json.loads(cra().model_dump_json())
        del fields["days"]
        with pytest.raises(UnreadableEvent, match="days: missing"):
            CraValidated.from_body(json.dumps(fields).encode())

    @pytest.mark.parametrize(
        "broken",
        [
            b"",
            b"{",
            b"null",
            b"[]",
            b'"text"',
            b"\xff\xfe",
            b'{"month": "\xff"}',
            b'{"month": "\\ud800"}',
            b"NaN",
            b"[" * 100_000,
            b'{"a":' * 100_000,
            b'{"version": ' + b"9" * 5_000 + b"}",
        ],
        ids=lambda broken: repr(broken[:20]),
    )
    def test_a_malformed_body_is_refused(self, broken):
        with pytest.raises(UnreadableEvent):
            CraValidated.from_body(broken)

    @given(st.binary(max_size=200))
    def test_no_bytes_at_all_raise_anything_else(self, noise):
        with pytest.raises(UnreadableEvent):
            CraValidated.from_body(noise)

    def test_the_error_quotes_neither_values_nor_keys_of_the_body(self):
        secret = "jeanne.dupont@example.org"
        asked = NotificationRequested(subject_id=uuid4(), template="welcome")
        bodies = [
            (CraValidated, body(cra(), month=secret, days=secret, cra_id=secret, validated_at=secret)),
            (NotificationRequested, body(asked, context={secret: 3}, template=secret, members=[secret])),
            (MemberActivated, json.dumps({"display_name": f"{secret}\n", "profile_type": secret}).encode()),
            (CraValidated, secret.encode()),
        ]
        for event, content in bodies:
            with pytest.raises(UnreadableEvent) as refusal:
                event.from_body(content)
            assert secret not in str(refusal.value)
            assert "dupont" not in repr(refusal.value).lower()
            assert refusal.value.__cause__ is None
        with pytest.raises(UnreadableEvent, match=r"context\.\*: string_type"):
            NotificationRequested.from_body(body(asked, context={secret: 3}))


class TestUnknownFields:
    def test_an_event_is_read_past_them_at_every_depth(self):
        signatory = {"member_id": str(uuid4()), "capacity": "delegation", "added_later": {"x": [1]}}
        fields = {
            "company_id": str(uuid4()),
            "kind": "client",
            "name": "Acme",
            "country": "FR",
            "added_later": 1,
            "signatories": [signatory],
            "registered_at": "2026-11-21T08:00:00Z",
        }
        read = CompanyRegistered.from_body(json.dumps(fields).encode())
        assert "added_later" not in read.model_dump_json()
        assert str(read.signatories[0].member_id) == signatory["member_id"]

    def test_an_http_body_refuses_them_at_every_depth(self):
        for adapter, content in (
            (TypeAdapter(Money), {"amount": "1.00", "added_later": 1}),
            (TypeAdapter(list[Money]), [{"amount": "1.00", "added_later": 1}]),
        ):
            with pytest.raises(ValidationError, match="extra_forbidden"):
                adapter.validate_python(content)
