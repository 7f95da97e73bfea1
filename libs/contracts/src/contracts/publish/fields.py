"""Words for a field: what it holds, and what it means, taken from where the code says it."""

import re
from dataclasses import dataclass

from contracts.publish.schemas import Schema

_ACRONYMS = ("bdc", "bpf", "cra", "rfp")
_BY_NAME = (
    (r"(?P<what>\w+)_id", "the {what}"),
    (r"(?P<what>\w+)_by", "the member by whom it was {what}"),
    (r"(?P<what>\w+)_at", "the moment at which it was {what}, with its time zone"),
    (r"(?P<what>\w+)_on", "the day of the {what}"),
)


@dataclass(frozen=True)
class FieldWords:
    """One line of a table of fields."""

    name: str
    type: str
    required: bool
    meaning: str


def fields_of(schema: Schema, definitions: dict[str, Schema]) -> list[FieldWords]:
    """The fields of an object schema, in the order in which its class declares them."""
    return [
        FieldWords(
            name=name,
            type=type_words(field),
            required=name in schema.get("required", []),
            meaning=_meaning(name, field, definitions),
        )
        for name, field in schema.get("properties", {}).items()
    ]


def type_words(field: Schema) -> str:
    """The type of a field, as a reader of the page would say it."""
    if "$ref" in field:
        name = _referred(field)
        return f"[{name}](#{name.lower()})"
    if "anyOf" in field:
        return " or ".join(type_words(choice) for choice in field["anyOf"])
    kind = str(field.get("type", "anything"))
    said = {
        "array": lambda: f"list of {type_words(field['items'])}",
        "object": lambda: f"map of text to {type_words(field['additionalProperties'])}",
        "string": lambda: f"`{field['const']}`" if "const" in field else str(field.get("format", "text")),
    }
    return said.get(kind, lambda: kind)()


def _meaning(name: str, field: Schema, definitions: dict[str, Schema]) -> str:
    """What the class says of the field; else of its type; else what its name promises."""
    said = field.get("description") or _said_of_type(field, definitions) or _said_by_name(name)
    return one_line(said).rstrip(".")


def _said_of_type(field: Schema, definitions: dict[str, Schema]) -> str:
    for part in (field, *field.get("anyOf", []), field.get("items", {})):
        if "$ref" in part:
            return str(definitions[_referred(part)].get("description", "")).split("\n\n", maxsplit=1)[0]
        if "description" in part:
            return str(part["description"])
    return ""


def _said_by_name(name: str) -> str:
    for pattern, words in _BY_NAME:
        if found := re.fullmatch(pattern, name):
            what = found.groupdict().get("what", "").replace("_", " ")
            return words.format(what=what.upper() if what in _ACRONYMS else what)
    return ""


def _referred(field: Schema) -> str:
    return str(field["$ref"]).rsplit("/", maxsplit=1)[-1]


def one_line(text: str) -> str:
    """Text that fits in a cell of a table."""
    return " ".join(text.split()).replace("|", "\\|")
