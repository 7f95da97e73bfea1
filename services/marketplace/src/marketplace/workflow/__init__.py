"""Who validates a request before it is published."""
