"""Served language models: one shared, bounded client per OpenAI-compatible endpoint."""
