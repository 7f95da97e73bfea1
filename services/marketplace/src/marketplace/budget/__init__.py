"""What a client may spend, and what of it is spoken for."""
