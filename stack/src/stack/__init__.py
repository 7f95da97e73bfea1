"""Native launcher."""
