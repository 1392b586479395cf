"""Measure agents: recorded benchmark runs replayed, success rates and their uncertainty."""
