"""Pre-invoices, invoices and payment dates."""
