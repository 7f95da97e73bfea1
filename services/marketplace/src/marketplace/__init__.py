"""Requests for proposals and proposals."""
