"""Catches every e-mail and every trace of the platform and shows them over HTTP."""
