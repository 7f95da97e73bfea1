"""Activity reports (CRA)."""
