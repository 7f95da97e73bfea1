"""The published language: what services may know about each other."""
