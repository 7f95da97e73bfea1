"""Off-topic proposals, and what many of them lead to."""
