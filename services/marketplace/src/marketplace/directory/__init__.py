"""What other services decided, kept here because requests for proposals depend on it."""
