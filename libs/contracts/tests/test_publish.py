import json
import re

import pytest

from contracts.event import Event
from contracts.publish import artefacts
from contracts.publish.__main__ import main
from contracts.publish.asyncapi import asyncapi_document
from contracts.publish.fields import fields_of
from contracts.publish.page import events_page
from contracts.publish.schemas import ROOT, SCHEMAS, current_schemas, shared_schemas
from contracts.topology import EXCHANGE, QUEUES


@pytest.fixture
def checkout(tmp_path):
    (tmp_path / "libs" / "contracts").mkdir(parents=True)
    assert main(["--root", str(tmp_path)]) == 0
    return tmp_path


class TestCommand:
    def test_what_is_committed_is_what_the_code_generates(self):
        assert main(["--check"]) == 0

    def test_two_runs_write_the_same_text(self):
        assert artefacts() == artefacts()

    def test_check_passes_right_after_publishing_and_writes_nothing(self, checkout):
        before = {path: path.stat().st_mtime_ns for path in checkout.rglob("*")}
        assert main(["--root", str(checkout), "--check"]) == 0
        assert {path: path.stat().st_mtime_ns for path in checkout.rglob("*")} == before

    @pytest.mark.parametrize(
        "name", ["docs/events.md", "docs/asyncapi.json", f"{SCHEMAS}/timesheet.CraValidated.v1.json"]
    )
    def test_check_names_a_file_that_differs_or_is_missing_and_publishing_repairs_it(self, checkout, name, capsys):
        for spoil in (lambda path: path.write_text(path.read_text() + "more\n"), lambda path: path.unlink()):
            spoil(checkout / name)
            assert main(["--root", str(checkout), "--check"]) == 1
            assert name in capsys.readouterr().err
            assert main(["--root", str(checkout)]) == 0
            assert main(["--root", str(checkout), "--check"]) == 0

    def test_check_shows_the_line_that_differs(self, checkout, capsys):
        path = checkout / SCHEMAS / "timesheet.CraValidated.v1.json"
        path.write_text(path.read_text().replace('"uuid"', '"uid"', 1))
        assert main(["--root", str(checkout), "--check"]) == 1
        shown = capsys.readouterr().err
        assert re.search(r'^-.*"uid"', shown, re.MULTILINE)
        assert re.search(r'^\+.*"uuid"', shown, re.MULTILINE)

    def test_a_schema_that_no_event_generates_is_named_then_removed_but_a_retired_one_stays(self, checkout, capsys):
        left = checkout / SCHEMAS / "billing.Forgotten.v1.json"
        left.write_text("{}")
        retired = checkout / SCHEMAS / "retired" / left.name
        retired.parent.mkdir()
        retired.write_text("{}")
        assert main(["--root", str(checkout), "--check"]) == 1
        assert "billing.Forgotten.v1.json: no event generates this file" in capsys.readouterr().err
        assert main(["--root", str(checkout)]) == 0
        assert (left.exists(), retired.exists()) == (False, True)

    def test_nothing_is_published_outside_a_checkout(self, tmp_path):
        with pytest.raises(SystemExit):
            main(["--root", str(tmp_path)])
        assert not list(tmp_path.iterdir())


class TestSchemas:
    def test_keys_are_sorted_and_every_object_is_open(self):
        for name in current_schemas():
            text = (ROOT / SCHEMAS / f"{name}.json").read_text()
            assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
            assert '"additionalProperties": false' not in text

    def test_money_is_text_with_two_decimals(self):
        amount = current_schemas()["contracting.BdcIssued.v1"]["$defs"]["Money"]["properties"]["amount"]
        assert (amount["type"], amount["pattern"]) == ("string", r"^-?[0-9]{1,12}\.[0-9]{2}$")


class TestPage:
    def test_every_event_queue_and_field_is_on_it(self):
        page = events_page()
        for event, queues in QUEUES.items():
            section = page.split(f"## {event.__name__}\n")[1].split("\n## ")[0]
            assert f"`{event.type_name}`" in section
            assert all(f"`{queue}`" in section for queue in queues)
            assert all(f"| `{field}` |" in section for field in event.model_fields)

    def test_every_field_says_what_it_means(self):
        definitions = shared_schemas("#/{model}")
        mute = [
            f"{name}.{field.name}"
            for name, schema in definitions.items()
            for field in fields_of(schema, definitions)
            if not field.meaning
        ]
        assert mute == []

    def test_links_lead_somewhere(self):
        page = events_page()
        anchors = {heading.lower() for heading in re.findall(r"^#+ (\w+)$", page, re.MULTILINE)}
        assert set(re.findall(r"\]\(#(\w+)\)", page)) <= anchors

    def test_every_event_has_a_docstring(self):
        assert all(event.__doc__ and event.__doc__ != Event.__doc__ for event in QUEUES)


class TestAsyncApi:
    def test_one_channel_per_event_on_the_exchange(self):
        channels = asyncapi_document()["channels"]
        assert channels.keys() == {event.type_name for event in QUEUES}
        assert {channel["bindings"]["amqp"]["exchange"]["name"] for channel in channels.values()} == {EXCHANGE}
        assert all(name == channel["address"] for name, channel in channels.items())

    def test_one_receive_per_queue_and_a_send_per_event(self):
        operations = asyncapi_document()["operations"]
        received = [name for name, operation in operations.items() if operation["action"] == "receive"]
        assert sorted(received) == sorted(queue for queues in QUEUES.values() for queue in queues)
        sent = {op["channel"]["$ref"] for op in operations.values() if op["action"] == "send"}
        assert sent == {f"#/channels/{event.type_name}" for event in QUEUES}

    def test_titles_are_unique(self):
        document = asyncapi_document()
        titled = [*document["channels"].values(), *document["operations"].values()]
        titled += [*document["components"]["messages"].values()]
        titles = [each["title"] for each in titled]
        assert len(titles) == len(set(titles))

    def test_every_reference_leads_somewhere(self):
        document = asyncapi_document()
        for reference in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(document)):
            place = document
            for step in reference.split("/"):
                place = place[step]
            assert place


def test_published_files_name_no_machine():
    for name, text in artefacts().items():
        assert str(ROOT) not in text, name
