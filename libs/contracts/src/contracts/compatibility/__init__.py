"""The gate that keeps a published event version what it is."""

from contracts.compatibility.differences import breaking_changes
from contracts.compatibility.gate import Breach, breaches

__all__ = ["Breach", "breaches", "breaking_changes"]
