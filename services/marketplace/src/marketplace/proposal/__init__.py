"""Proposals: what a provider answers, and what the client makes of it."""
