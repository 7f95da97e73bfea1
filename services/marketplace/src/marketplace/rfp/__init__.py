"""Requests for proposals: what a client looks for."""
