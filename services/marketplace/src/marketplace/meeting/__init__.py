"""Qualification meetings (QM) between a client and whom a proposal offers."""
