"""Searches that run every day for whoever saved them."""
