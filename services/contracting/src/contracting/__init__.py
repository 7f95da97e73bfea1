"""Contracts, missions and purchase orders."""
