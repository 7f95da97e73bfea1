"""The JSON Schema of each event version, as a message carries it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, models_json_schema

from contracts.event import Event
from contracts.topology import QUEUES

Schema = dict[str, Any]
"""A JSON Schema, or a part of one."""

ROOT = Path(__file__).resolve().parents[5]
"""The top of the checkout; meaningless in an installed package, where nothing is published from."""

SCHEMAS = "libs/contracts/schemas"


class OpenSchema(GenerateJsonSchema):
    """Objects stay open: a reader of events ignores the fields that it does not know, at every depth."""

    def model_schema(self, schema: Any) -> Schema:
        """Write a model without `additionalProperties: false`."""
        written = super().model_schema(schema)
        if written.get("additionalProperties") is False:
            del written["additionalProperties"]
        return written


def published_events() -> list[type[Event]]:
    """Every event of the topology page, by wire type."""
    return sorted(QUEUES, key=lambda event: event.type_name)


def schema_of(event: type[Event]) -> Schema:
    """The schema of one event's body."""
    body = event.model_json_schema(mode="serialization", schema_generator=OpenSchema)
    return {"$schema": GenerateJsonSchema.schema_dialect, **body, "title": event.type_name}


def current_schemas() -> dict[str, Schema]:
    """The schemas that the code promises now, by wire type."""
    return {event.type_name: schema_of(event) for event in published_events()}


def shared_schemas(ref_template: str) -> dict[str, Schema]:
    """The schemas of all events and of the types inside them, each once, by a name that is unique."""
    models: list[type[BaseModel]] = list(published_events())
    _, everything = models_json_schema(
        [(model, "serialization") for model in models],
        ref_template=ref_template,
        schema_generator=OpenSchema,
    )
    definitions: dict[str, Schema] = everything["$defs"]
    return definitions


def as_json(document: Mapping[str, Any], *, sort: bool = True) -> str:
    """Write a document so that the same content is always the same text."""
    return json.dumps(document, indent=2, sort_keys=sort, ensure_ascii=False) + "\n"
