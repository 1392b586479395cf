"""Whoever plays the assistant."""
