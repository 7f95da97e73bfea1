"""What an operator watches, on `/metrics`; names are ours, values never hold personal data."""

from prometheus_client import Counter, Gauge, Histogram

requests = Histogram("http_server_request_duration_seconds", "Time to answer a request", ["method", "route", "status"])
relayed = Counter("maillon_events_relayed", "Events that left the outbox")
applied = Counter("maillon_events_applied", "Events applied by a consumer", ["queue"])
absorbed = Counter("maillon_events_absorbed", "Repeated deliveries that had no further effect", ["queue"])
retried = Counter("maillon_events_retried", "Messages sent up the delay ladder", ["queue", "step"])
parked = Counter("maillon_events_parked", "Messages parked in the dead letters", ["queue"])
outbox_age = Gauge("maillon_outbox_oldest_seconds", "Age of the oldest unpublished event")
broker_up = Gauge("maillon_broker_connected", "1 while the broker's connection is open")
