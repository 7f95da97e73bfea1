import copy
import json
import subprocess
from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from contracts.compatibility import Breach, breaches, breaking_changes
from contracts.compatibility.__main__ import main
from contracts.event import Event
from contracts.publish.schemas import SCHEMAS, as_json, current_schemas, schema_of
from contracts.values import Money, Value

Schema = dict[str, Any]
TYPE = "company.CompanyValidated.v1"
BDC = "contracting.BdcIssued.v1"


def edit(type_name: str, *edits: Callable[[Schema], object]) -> tuple[Schema, Schema]:
    """A published schema, and what it became."""
    old = current_schemas()[type_name]
    new = copy.deepcopy(old)
    for change in edits:
        change(new)
    return old, new


def legal(schema: Schema) -> Schema:
    return schema["$defs"]["LegalIdentity"]


BREAKING = {
    "a field removed": (lambda s: s["properties"].pop("validated_at"), "field validated_at was removed"),
    "an optional field removed": (lambda s: s["properties"].pop("version"), "field version was removed"),
    "a nested field removed": (lambda s: legal(s)["properties"].pop("siret"), "field legal.siret was removed"),
    "another type": (lambda s: s["properties"]["bank_details_on_file"].update(type="string"), "type changed"),
    "another format": (lambda s: s["properties"]["company_id"].update(format="date"), "format changed"),
    "another pattern": (lambda s: legal(s)["properties"]["country"].update(pattern="^[A-Z]{3}$"), "pattern changed"),
    "a bound removed": (lambda s: legal(s)["properties"]["name"].pop("maxLength"), "maxLength changed"),
    "an enum value added": (lambda s: s["$defs"]["CompanyKind"]["enum"].append("broker"), 'value "broker" was added'),
    "an enum value removed": (lambda s: s["$defs"]["CompanyKind"]["enum"].pop(), 'value "client" was removed'),
    "an enum opened": (lambda s: s["$defs"]["CompanyKind"].pop("enum"), "allowed values was removed"),
    "a required field added": (
        lambda s: (s["properties"].update(added={"type": "string"}), s["required"].append("added")),
        "field added was added as required",
    ),
    "a nested required field added": (
        lambda s: (legal(s)["properties"].update(x={"type": "string"}), legal(s)["required"].append("x")),
        "field legal.x was added as required",
    ),
    "optional became required": (
        lambda s: s["required"].append("version"),
        "field version was optional and became required",
    ),
    "required became optional": (
        lambda s: s["required"].remove("kind"),
        "field kind was required and became optional",
    ),
    "null allowed": (
        lambda s: s["properties"].update(kind={"anyOf": [s["properties"]["kind"], {"type": "null"}]}),
        "field kind: type changed",
    ),
    "null no longer allowed": (
        lambda s: legal(s)["properties"]["siret"]["anyOf"].pop(),
        "field legal.siret: type changed",
    ),
    "another type in a list": (
        lambda s: s["properties"]["verified_signatories"].update(items={"type": "string"}),
        "field verified_signatories[]",
    ),
    "another default": (lambda s: s["properties"]["version"].update(default=2), "default changed from 1 to 2"),
}

ALLOWED = {
    "nothing": lambda s: None,
    "an optional field added": lambda s: s["properties"].update(added={"type": "string", "default": ""}),
    "a nested optional field added": lambda s: legal(s)["properties"].update(x={"type": "integer"}),
    "an optional object added": lambda s: (
        s["properties"].update(added={"anyOf": [{"$ref": "#/$defs/New"}, {"type": "null"}], "default": None}),
        s["$defs"].update(New={"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}),
    ),
    "another wording": lambda s: (s.update(description="x", title="y"), s["properties"]["kind"].update(title="z")),
    "another order": lambda s: (s["required"].reverse(), s["$defs"]["CompanyKind"]["enum"].reverse()),
    "another class name inside": lambda s: (
        s["$defs"].update(Side=s["$defs"].pop("CompanyKind")),
        s["properties"].update(kind={"$ref": "#/$defs/Side"}),
    ),
}


class TestBreakingChanges:
    @pytest.mark.parametrize("case", BREAKING)
    def test_each_is_reported_where_it_is(self, case):
        change, words = BREAKING[case]
        assert any(words in found for found in breaking_changes(*edit(TYPE, change)))

    @pytest.mark.parametrize("case", ALLOWED)
    def test_what_is_allowed_passes(self, case):
        assert breaking_changes(*edit(TYPE, ALLOWED[case])) == []

    def test_all_of_several_are_reported(self):
        both = (BREAKING["a field removed"][0], BREAKING["an enum value added"][0])
        assert len(breaking_changes(*edit(TYPE, *both))) == 2

    def test_a_change_in_a_shared_type_is_reported_in_every_field_that_holds_it(self):
        def dollars(schema):
            currency = schema["$defs"]["Money"]["properties"]["currency"]
            currency["enum"] = [currency.pop("const"), "USD"]

        assert breaking_changes(*edit(BDC, dollars)) == ['field daily_rate.currency: value "USD" was added']

    def test_types_that_contain_themselves_are_compared_once(self):
        tree = {"$ref": "#/$defs/T", "$defs": {"T": {"type": "object", "properties": {"t": {"$ref": "#/$defs/T"}}}}}
        assert breaking_changes(tree, copy.deepcopy(tree)) == []


class TestTheRulesOnClasses:
    """The same rules, from real classes rather than from edited schemas."""

    @pytest.fixture(autouse=True)
    def _registry_as_before(self):
        before = dict(Event.registry)
        yield
        Event.registry.clear()
        Event.registry.update(before)

    def schema(self, base=Event, **fields) -> Schema:
        annotations = {name: field[0] if isinstance(field, tuple) else field for name, field in fields.items()}
        defaults = {name: field[1] for name, field in fields.items() if isinstance(field, tuple)}
        Event.registry.pop("billing.Paid.v1", None)
        namespace = {"__annotations__": {"invoice_id": UUID} | annotations, **defaults}
        return schema_of(type("Paid", (base,), namespace, type="billing.Paid.v1", subject="invoice_id"))

    def test_optional_fields_may_come_and_others_may_not(self):
        before = self.schema()
        assert breaking_changes(before, self.schema(note=(str | None, None))) == []
        assert breaking_changes(before, self.schema(total=(Money | None, None))) == []
        assert breaking_changes(before, self.schema(note=str)) == ["field note was added as required"]

    def test_an_optional_field_may_come_inside_a_value(self):
        def signer(**extra):
            return type("Signer", (Value,), {"__annotations__": {"name": str} | dict.fromkeys(extra, str), **extra})

        before, after = self.schema(by=signer()), self.schema(by=signer(title=""))
        assert breaking_changes(before, after) == []
        assert breaking_changes(after, before) == ["field by.title was removed"]


class TestBreaches:
    def test_a_removed_event_is_a_breach_unless_it_was_retired(self):
        published = current_schemas()
        code = {name: schema for name, schema in published.items() if name != TYPE}
        (breach,) = breaches(code, {"HEAD": published}, set())
        assert breach == Breach(TYPE, "the event was removed, and queues may still hold it")
        assert breaches(code, {"HEAD": published}, {TYPE}) == {}

    def test_a_retired_type_never_comes_back(self):
        assert [breach.change for breach in breaches(current_schemas(), {}, {TYPE})] == ["a retired type came back"]

    def test_a_new_event_is_welcome(self):
        code = current_schemas()
        assert breaches(code, {"HEAD": {TYPE: code[TYPE]}}, set()) == {}

    def test_the_message_says_what_to_do_instead(self):
        assert 'make a new class CompanyValidatedV2 (type="company.CompanyValidated.v2")' in str(Breach(TYPE, "x"))
        assert "CompanyValidatedV11" in str(Breach("company.CompanyValidated.v10", "x"))

    def test_one_breach_names_every_place_that_published_it(self):
        old, new = edit(TYPE, BREAKING["a field removed"][0])
        found = breaches({TYPE: new}, {"HEAD": {TYPE: old}, "main": {TYPE: old}}, set())
        assert list(found.values()) == [["HEAD", "main"]]


class TestCommand:
    @pytest.fixture
    def checkout(self, tmp_path):
        folder = tmp_path / SCHEMAS
        folder.mkdir(parents=True)
        for name, schema in current_schemas().items():
            (folder / f"{name}.json").write_text(as_json(schema))
        return tmp_path

    @pytest.fixture
    def repository(self, checkout):
        git(checkout, "init", "-q", "-b", "main")
        commit(checkout)
        return checkout

    def publish(self, checkout, *, was: Callable[[Schema], object]):
        """Have the checkout hold a schema from which today's code has departed."""
        path = checkout / SCHEMAS / f"{TYPE}.json"
        _, other = edit(TYPE, was)
        path.write_text(as_json(other))

    def restore(self, checkout):
        (checkout / SCHEMAS / f"{TYPE}.json").write_text(as_json(current_schemas()[TYPE]))

    def had_a_field_more(self, schema):
        schema["properties"]["gone"] = {"type": "string"}
        schema["required"].append("gone")

    def test_intact(self, repository, capsys):
        assert main(["--root", str(repository)]) == 0
        assert "intact" in capsys.readouterr().out

    def test_without_a_repository_the_files_alone_are_compared(self, checkout, capsys):
        assert main(["--root", str(checkout)]) == 0
        self.publish(checkout, was=self.had_a_field_more)
        assert main(["--root", str(checkout)]) == 1
        assert "field gone was removed" in capsys.readouterr().err

    def test_regenerating_the_file_in_the_same_change_does_not_hide_it(self, repository, capsys):
        self.publish(repository, was=self.had_a_field_more)
        commit(repository)
        self.restore(repository)
        assert main(["--root", str(repository)]) == 1
        assert "field gone was removed" in capsys.readouterr().err

    def test_committing_it_on_a_branch_does_not_hide_it(self, repository, capsys):
        self.publish(repository, was=self.had_a_field_more)
        commit(repository)
        git(repository, "checkout", "-q", "-b", "feature")
        self.restore(repository)
        commit(repository)
        commit(repository)
        assert main(["--root", str(repository)]) == 1
        assert "CompanyValidatedV2" in capsys.readouterr().err

    def test_committing_it_on_the_main_line_does_not_hide_it_either(self, repository):
        self.publish(repository, was=self.had_a_field_more)
        commit(repository)
        self.restore(repository)
        commit(repository)
        assert main(["--root", str(repository)]) == 1

    def test_removing_the_file_does_not_hide_a_removed_event(self, repository, capsys):
        (repository / SCHEMAS / "billing.Forgotten.v1.json").write_text(json.dumps({"type": "object"}))
        commit(repository)
        (repository / SCHEMAS / "billing.Forgotten.v1.json").unlink()
        assert main(["--root", str(repository)]) == 1
        assert "billing.Forgotten.v1: the event was removed" in capsys.readouterr().err
        (repository / SCHEMAS / "retired").mkdir()
        (repository / SCHEMAS / "retired" / "billing.Forgotten.v1.json").write_text("{}")
        assert main(["--root", str(repository)]) == 0

    def test_a_chosen_revision_replaces_the_usual_ones(self, repository):
        self.publish(repository, was=self.had_a_field_more)
        commit(repository)
        self.restore(repository)
        commit(repository)
        assert main(["--root", str(repository), "--against", "HEAD"]) == 0
        assert main(["--root", str(repository), "--against", "HEAD", "--against", "HEAD~1"]) == 1

    @pytest.mark.parametrize("revision", ["nowhere", "--output=x"])
    def test_a_revision_that_is_not_there_is_an_error_not_a_pass(self, repository, revision):
        with pytest.raises(SystemExit) as leaving:
            main(["--root", str(repository), f"--against={revision}"])
        assert leaving.value.code == 2


def git(folder, *arguments):
    who = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    subprocess.run(["git", "-C", str(folder), *who, *arguments], check=True, capture_output=True)


def commit(folder):
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "--allow-empty", "-m", "x")
