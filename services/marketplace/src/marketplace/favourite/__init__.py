"""Requests that members keep an eye on."""
