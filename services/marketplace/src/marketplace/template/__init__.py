"""Published requests to begin others from."""
