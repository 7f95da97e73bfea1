"""Reports: what somebody wants the platform to look into."""
