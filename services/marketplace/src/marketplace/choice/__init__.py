"""Choosing among proposals: the client's opinion, the buyer's validation, the platform's decision."""
