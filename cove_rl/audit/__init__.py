"""Whose fault it was: faults of a customer, found in a transcript with the task beside it and without a model."""
