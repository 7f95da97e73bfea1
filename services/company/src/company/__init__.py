"""Companies, affiliations, compliance documents, bank details."""
