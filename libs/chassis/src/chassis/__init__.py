"""What a service must not write itself."""
