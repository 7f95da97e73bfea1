"""What a service must not write itself: the vocabulary that its rules, routes and consumers use."""

from chassis.audit import audit
from chassis.consume import Consumers
from chassis.db import Tx, get_locked, get_or, upsert_newer
from chassis.outbox import emit

__all__ = ["Consumers", "Tx", "audit", "emit", "get_locked", "get_or", "upsert_newer"]
