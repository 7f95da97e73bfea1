"""What is generated from the event classes: a schema per version, docs/events.md, docs/asyncapi.json."""

from contracts.publish.asyncapi import asyncapi_document
from contracts.publish.page import events_page
from contracts.publish.schemas import SCHEMAS, as_json, current_schemas


def artefacts() -> dict[str, str]:
    """Every generated file, by its path in the repository, with what it must contain."""
    schemas = {f"{SCHEMAS}/{name}.json": as_json(schema) for name, schema in current_schemas().items()}
    return schemas | {
        "docs/events.md": events_page(),
        "docs/asyncapi.json": as_json(asyncapi_document(), sort=False),
    }
