"""What a provider's people acknowledge before they see a request."""
