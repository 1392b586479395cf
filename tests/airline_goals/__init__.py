"""Tests of what airline customers want and how they describe it."""
