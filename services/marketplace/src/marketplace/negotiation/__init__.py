"""Negotiating the daily rate of a proposal."""
