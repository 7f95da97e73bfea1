"""docs/asyncapi.json: the same facts for tools, as AsyncAPI 3.0.0 with AMQP bindings."""

from contracts.event import Event
from contracts.publish.page import producer_of
from contracts.publish.schemas import Schema, published_events, shared_schemas
from contracts.topology import EXCHANGE, QUEUES, SERVICES

_BINDING = "0.3.0"


def asyncapi_document() -> Schema:
    """The whole document: who sends what through the exchange, and which queue receives it."""
    events = published_events()
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Maillon events",
            "version": "1.0.0",
            "description": (
                "Every event that services exchange, generated from the event classes. Messages are "
                "CloudEvents 1.0 in binary mode; delivery is at least once, in no promised order."
            ),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": "application/json",
        "servers": {
            "rabbitmq": {
                "host": "{host}",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "The RabbitMQ broker that all services share.",
                "variables": {"host": {"default": "localhost:5672", "description": "Host and port."}},
            }
        },
        "channels": {event.type_name: _channel(event) for event in events},
        "operations": {name: operation for event in events for name, operation in _operations(event)},
        "components": {
            "messages": {event.__name__: _message(event) for event in events},
            "messageTraits": {"cloudEvent": _cloud_event()},
            "schemas": shared_schemas("#/components/schemas/{model}"),
        },
    }


def _channel(event: type[Event]) -> Schema:
    return {
        "address": event.type_name,
        "title": event.type_name,
        "summary": _summary(event),
        "servers": [{"$ref": "#/servers/rabbitmq"}],
        "messages": {event.__name__: {"$ref": f"#/components/messages/{event.__name__}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {
                    "name": EXCHANGE,
                    "type": "topic",
                    "durable": True,
                    "autoDelete": False,
                    "vhost": "/",
                },
                "bindingVersion": _BINDING,
            }
        },
    }


def _operations(event: type[Event]) -> list[tuple[str, Schema]]:
    """One `send` for each service that may publish the event, one `receive` for each queue."""
    producer = producer_of(event)
    senders = SERVICES if producer == "platform" else (producer,)
    sent = [(f"{sender}.send_{event.__name__}", _send(sender, event)) for sender in senders]
    return sent + [(queue, _receive(queue, event)) for queue in QUEUES[event]]


def _send(sender: str, event: type[Event]) -> Schema:
    return {
        "action": "send",
        "title": f"{sender} sends {event.__name__}",
        **_on_channel(event),
        "tags": [{"name": sender}],
        "bindings": {"amqp": {"deliveryMode": 2, "mandatory": True, "bindingVersion": _BINDING}},
    }


def _receive(queue: str, event: type[Event]) -> Schema:
    return {
        "action": "receive",
        "title": queue,
        **_on_channel(event),
        "tags": [{"name": queue.split(".", maxsplit=1)[0]}],
        "bindings": {"amqp": {"ack": True, "bindingVersion": _BINDING}},
        "x-queue": {"name": queue, "type": "quorum", "durable": True},
    }


def _on_channel(event: type[Event]) -> Schema:
    channel = f"#/channels/{event.type_name}"
    return {
        "channel": {"$ref": channel},
        "messages": [{"$ref": f"{channel}/messages/{event.__name__}"}],
    }


def _message(event: type[Event]) -> Schema:
    return {
        "name": event.type_name,
        "title": event.__name__,
        "summary": _summary(event),
        "contentType": "application/json",
        "traits": [{"$ref": "#/components/messageTraits/cloudEvent"}],
        "headers": {
            "type": "object",
            "properties": {
                "ce-type": {"type": "string", "const": event.type_name},
                "ce-subject": {"type": "string", "description": f"The body's `{event.subject_field}`."},
            },
            "required": ["ce-type", "ce-subject"],
        },
        "payload": {"$ref": f"#/components/schemas/{event.__name__}"},
        "bindings": {"amqp": {"messageType": event.type_name, "bindingVersion": _BINDING}},
    }


def _cloud_event() -> Schema:
    """The headers that every message has in common."""
    return {
        "headers": {
            "type": "object",
            "properties": {
                "ce-specversion": {"type": "string", "const": "1.0"},
                "ce-id": {"type": "string", "description": "Unique; also the AMQP message id."},
                "ce-source": {"type": "string", "format": "uri-reference", "description": "The producer."},
                "ce-time": {"type": "string", "format": "date-time"},
                "traceparent": {"type": "string", "description": "W3C trace context of the request."},
            },
            "required": ["ce-specversion", "ce-id", "ce-source", "ce-time"],
        }
    }


def _summary(event: type[Event]) -> str:
    return (event.__doc__ or "").strip().splitlines()[0]
