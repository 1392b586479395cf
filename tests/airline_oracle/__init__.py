"""Tests of what airline customers and their oracle say and do."""
