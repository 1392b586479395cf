"""Whoever plays the customer."""
